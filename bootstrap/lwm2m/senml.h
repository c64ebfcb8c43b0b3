/*
 * Inside the module: what SenML JSON and SenML CBOR share (RFC 8428; lwm2m-encodings.md section 5):
 * the fields of a record, base name and base value, and a record's way into a leaf.
 */
#ifndef LWM2M_SENML_H
#define LWM2M_SENML_H

#include "bootstrap/lwm2m/scalar.h"

#define LWM2M_SENML_NAME_MAX    32 /* longer than any path: no longer name can be right */
#define LWM2M_SENML_VERSION_MAX 10
#define LWM2M_SENML_TEXT        16 /* a name or a base name as it is written, with its NUL */

enum lwm2m_senml_field {
    LWM2M_SENML_BVER,
    LWM2M_SENML_BN,
    LWM2M_SENML_BV,
    LWM2M_SENML_N,
    LWM2M_SENML_V,
    LWM2M_SENML_VS,
    LWM2M_SENML_VB,
    LWM2M_SENML_VD,
    LWM2M_SENML_VLO,
    LWM2M_SENML_OTHER /* read over: units, times, sums */
};

/* One record while its map is read. Zero-initialise for each. Octets are borrowed. */
struct lwm2m_senml_record {
    unsigned fields; /* bit 1 << enum lwm2m_senml_field of each field met */
    struct lwm2m_scalar base_name;
    struct lwm2m_scalar base_value;
    struct lwm2m_scalar name;
    struct lwm2m_scalar value;
};

/* What lasts from record to record. Zero-initialise, then set registry and content. */
struct lwm2m_senml {
    const struct lwm2m_registry *registry;
    struct lwm2m_content *content;
    char base_name[LWM2M_SENML_NAME_MAX];
    size_t base_name_len;
    struct lwm2m_scalar base_value; /* NULL kind: none */
};

/*
 * Puts SCALAR into RECORD as FIELD (never OTHER). LWM2M_EFORMAT: field twice, second value field, a
 * kind that the field cannot have, a version above LWM2M_SENML_VERSION_MAX.
 */
enum lwm2m_error lwm2m_senml_set(struct lwm2m_senml_record *record, enum lwm2m_senml_field field,
                                 const struct lwm2m_scalar *scalar) MUST_USE;
/*
 * The end of a record: takes over its base fields and adds its leaf. LWM2M_EFORMAT: no value.
 * LWM2M_EPATH: the name is no resource. Else as lwm2m_scalar_value and lwm2m_content_add.
 */
enum lwm2m_error lwm2m_senml_end(struct lwm2m_senml *senml, const struct lwm2m_senml_record *record)
    MUST_USE;
/* "/0/1/" and "16/0" of /0/1/16/0: how a leaf is named; each returns the characters. */
size_t lwm2m_senml_base_name(struct lwm2m_path path, char out[static LWM2M_SENML_TEXT]);
size_t lwm2m_senml_name(struct lwm2m_path path, char out[static LWM2M_SENML_TEXT]);
/* The field in which a value of TYPE is written. */
enum lwm2m_senml_field lwm2m_senml_field_of(enum lwm2m_type type);

#endif
