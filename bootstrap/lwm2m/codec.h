/*
 * Content formats: one table, one encode and one decode for all (lwm2m-encodings.md section 1).
 *
 * encode: leaves -> octets in the caller's buffer. decode: octets -> leaves in a content that the caller clears.
 * Names are absolute: leaves carry full paths and BASE is the request path; what a format leaves out (TLV) is taken from BASE.
 * Pure: no I/O, no state; safe from any thread. Bounds: at most LWM2M_LEAVES_MAX leaves, nesting 8, any input length.
 */
#ifndef LWM2M_CODEC_H
#define LWM2M_CODEC_H

#include "bootstrap/lwm2m/object.h"
#include "bootstrap/lwm2m/value.h"

#define LWM2M_FORMAT_TEXT 0
#define LWM2M_FORMAT_LINK 40
#define LWM2M_FORMAT_OPAQUE 42
#define LWM2M_FORMAT_CBOR 60
#define LWM2M_FORMAT_SENML_JSON 110
#define LWM2M_FORMAT_SENML_CBOR 112
#define LWM2M_FORMAT_TLV 11542
#define LWM2M_FORMAT_JSON 11543
#define LWM2M_FORMAT_LWM2M_CBOR 11544
#define LWM2M_FORMAT_NONE 0xffff

#define LWM2M_LEAVES_MAX 4096

typedef enum lwm2m_error lwm2m_encode_fn(struct lwm2m_path base, const struct lwm2m_leaf *leaves, size_t count,
                                         uint8_t *out, size_t capacity, size_t *len);
typedef enum lwm2m_error lwm2m_decode_fn(struct lwm2m_path base, const struct lwm2m_registry *registry,
                                         const uint8_t *in, size_t len, struct lwm2m_content *content);

struct lwm2m_format {
    uint16_t number;
    const char *name;      /* as policies and the CLI write it: "tlv", "senml-cbor" .. */
    const char *media_type;
    bool single_only;      /* carries one resource only */
    lwm2m_encode_fn *encode; /* NULL: not available */
    lwm2m_decode_fn *decode;
};

/* Rows of the table; NULL when unknown. */
const struct lwm2m_format *lwm2m_format_by_number(uint16_t number);
const struct lwm2m_format *lwm2m_format_by_name(const char *name, size_t len);

/*
 * Encodes COUNT leaves, all under BASE, grouped by instance. LWM2M_ESPACE: *LEN is what it would have taken, if known, else 0.
 * LWM2M_EUNSUPPORTED: unknown format, or the format cannot carry them.
 */
enum lwm2m_error lwm2m_encode(uint16_t format, struct lwm2m_path base, const struct lwm2m_leaf *leaves, size_t count,
                              uint8_t *out, size_t capacity, size_t *len) MUST_USE;
/*
 * Decodes IN. Types come from REGISTRY; an unknown object or resource is kept as OPAQUE (TLV) or as the format's own type.
 * A leaf outside BASE is LWM2M_EPATH. CONTENT is cleared on error.
 */
enum lwm2m_error lwm2m_decode(uint16_t format, struct lwm2m_path base, const struct lwm2m_registry *registry,
                              const uint8_t *in, size_t len, struct lwm2m_content *content) MUST_USE;

#endif
