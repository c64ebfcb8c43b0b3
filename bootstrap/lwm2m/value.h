/*
 * LwM2M paths and typed values (lwm2m-encodings.md section 2): the struct in the middle between every format.
 *
 * A document of any format is an ordered list of leaves (path + value). Byte values are borrowed from whoever owns the list.
 */
#ifndef LWM2M_VALUE_H
#define LWM2M_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MUST_USE
#define MUST_USE __attribute__((warn_unused_result))
#endif

#define LWM2M_ID_MAX 65534     /* object, instance, resource ids */
#define LWM2M_ID_NONE 65535    /* MAX_ID: null link, object-level access control */

enum lwm2m_error {
    LWM2M_OK = 0,
    LWM2M_ENOMEM,
    LWM2M_EFORMAT,      /* malformed octets */
    LWM2M_ETYPE,        /* value does not fit the resource's type */
    LWM2M_ERANGE,       /* number or length outside its range */
    LWM2M_EPATH,        /* name outside the request path, duplicate, unknown depth */
    LWM2M_ELIMIT,       /* more items or depth than allowed */
    LWM2M_ESPACE,       /* output buffer too small */
    LWM2M_EUNSUPPORTED  /* format cannot express this (e.g. plain text for an instance) */
};
const char *lwm2m_error_text(enum lwm2m_error error);

enum lwm2m_type {
    LWM2M_NONE = 0, /* executable; or, in a leaf, "this node exists and is empty" */
    LWM2M_STRING,
    LWM2M_INTEGER,
    LWM2M_UNSIGNED,
    LWM2M_FLOAT,
    LWM2M_BOOLEAN,
    LWM2M_OPAQUE,
    LWM2M_TIME,
    LWM2M_OBJLNK,
    LWM2M_CORELNK
};
const char *lwm2m_type_name(enum lwm2m_type type);

/* /o, /o/i, /o/i/r or /o/i/r/ri; depth 0 is the root. ids beyond depth are 0. */
struct lwm2m_path {
    uint16_t id[4];
    uint8_t depth;
};

struct lwm2m_link_value {
    uint16_t object;
    uint16_t instance;
};

struct lwm2m_value {
    enum lwm2m_type type;
    union {
        int64_t integer;    /* INTEGER, TIME */
        uint64_t uinteger;  /* UNSIGNED */
        double real;
        bool boolean;
        struct {
            const uint8_t *data;
            size_t len;
        } bytes;            /* STRING, CORELNK (UTF-8, no NUL at the end), OPAQUE */
        struct lwm2m_link_value link;
    } as;
};

/*
 * One leaf. Depth 3 = single resource, 4 = resource instance of a multiple resource.
 * Depth 2 with type NONE = an instance without resources; depth 3 with type NONE = an empty multiple resource.
 */
struct lwm2m_leaf {
    struct lwm2m_path path;
    struct lwm2m_value value;
};

/* A decoded document: leaves and one arena for their octets. Zero-initialise; lwm2m_content_clear wipes and frees. */
struct lwm2m_content {
    struct lwm2m_leaf *leaves;
    size_t count;
    size_t capacity;
    void *arena;
};
void lwm2m_content_clear(struct lwm2m_content *content);

/* "/1/0/7" -> path. Strict: decimal ids 0..65535, no trailing slash but for "/" itself. LWM2M_EPATH. */
enum lwm2m_error lwm2m_path_parse(const char *text, size_t len, struct lwm2m_path *path) MUST_USE;
/* Writes PATH as text (at most 25 octets with NUL) and returns OUT. */
char *lwm2m_path_text(struct lwm2m_path path, char out[static 25]);
struct lwm2m_path lwm2m_path_of(uint8_t depth, uint16_t o, uint16_t i, uint16_t r, uint16_t ri);
/* True when PATH is BASE or lies under it. */
bool lwm2m_path_under(struct lwm2m_path path, struct lwm2m_path base);
int lwm2m_path_compare(struct lwm2m_path a, struct lwm2m_path b);

#endif
