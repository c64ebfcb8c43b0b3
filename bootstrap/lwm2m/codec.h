/*
 * Content formats: one table, one encode and one decode for all (lwm2m-encodings.md section 1).
 *
 * encode: leaves -> octets in the caller's buffer; the same leaves always give the same octets.
 * decode: octets -> leaves in a content that the caller clears. Leaves carry full paths, BASE is
 * the request path, and what a format leaves out (TLV) is taken from BASE. Decoding checks
 * structure and types, not ranges: see lwm2m_resource_check. Pure: no I/O, no state; safe from any
 * thread. Bounds: at most LWM2M_LEAVES_MAX leaves, nesting 8, any input length; nothing is
 * allocated for a size that the input merely announces.
 */
#ifndef LWM2M_CODEC_H
#define LWM2M_CODEC_H

#include "bootstrap/lwm2m/object.h"
#include "bootstrap/lwm2m/value.h"

#define LWM2M_FORMAT_TEXT       0
#define LWM2M_FORMAT_LINK       40
#define LWM2M_FORMAT_OPAQUE     42
#define LWM2M_FORMAT_CBOR       60
#define LWM2M_FORMAT_SENML_JSON 110
#define LWM2M_FORMAT_SENML_CBOR 112
#define LWM2M_FORMAT_TLV        11542
#define LWM2M_FORMAT_JSON       11543
#define LWM2M_FORMAT_LWM2M_CBOR 11544
#define LWM2M_FORMAT_NONE       0xffff

typedef enum lwm2m_error lwm2m_encode_fn(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                         size_t count, uint8_t *out, size_t capacity, size_t *len);
typedef enum lwm2m_error lwm2m_decode_fn(struct lwm2m_path base,
                                         const struct lwm2m_registry *registry, const uint8_t *in,
                                         size_t len, struct lwm2m_content *content);

struct lwm2m_format {
    uint16_t number;
    const char *name; /* as policies and the CLI write it: "tlv", "senml-cbor" .. */
    const char *media_type;
    bool single_only;        /* carries one resource or resource instance only */
    lwm2m_encode_fn *encode; /* never NULL */
    lwm2m_decode_fn *decode; /* never NULL */
};

/* Rows of the table; NULL when unknown. */
const struct lwm2m_format *lwm2m_format_by_number(uint16_t number);
const struct lwm2m_format *lwm2m_format_by_name(const char *name, size_t len);
/* Row INDEX of the table, for listings; NULL behind the last. */
const struct lwm2m_format *lwm2m_format_at(size_t index);

/*
 * Encodes COUNT leaves, all under BASE, in any order (ascending ones are not copied). A format that
 * leaves the instance out of the body does so when BASE names it.
 * LWM2M_ESPACE: *LEN is what it would have taken. LWM2M_EPATH: a leaf outside BASE, of another
 * depth than a leaf has, or twice. LWM2M_EUNSUPPORTED: unknown format, or it cannot carry them (an
 * empty instance in SenML, infinity in JSON, another leaf than BASE itself where single_only is
 * set). LWM2M_ETYPE: a string that is not UTF-8, in JSON. LWM2M_ENOMEM. *LEN is 0 on every error
 * but ESPACE.
 */
enum lwm2m_error lwm2m_encode(uint16_t format, struct lwm2m_path base,
                              const struct lwm2m_leaf *leaves, size_t count, uint8_t *out,
                              size_t capacity, size_t *len) MUST_USE;
/*
 * Decodes IN; the leaves ascend. Types come from REGISTRY (NULL: none known); an unknown object or
 * resource is kept as OPAQUE (TLV), as STRING (text) or as the format's own type.
 * LWM2M_EFORMAT: malformed. LWM2M_ETYPE: a value that is not its resource's type. LWM2M_EPATH: a
 * leaf outside BASE, twice, with a reserved id, or single where multiple is defined and the
 * reverse. LWM2M_ERANGE: a number that 64 bits cannot hold. LWM2M_ELIMIT, LWM2M_ENOMEM,
 * LWM2M_EUNSUPPORTED. CONTENT is cleared first, and left empty on error.
 */
enum lwm2m_error lwm2m_decode(uint16_t format, struct lwm2m_path base,
                              const struct lwm2m_registry *registry, const uint8_t *in, size_t len,
                              struct lwm2m_content *content) MUST_USE;

#endif
