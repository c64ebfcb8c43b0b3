/*
 * LwM2M paths and typed values (lwm2m-encodings.md section 2): the struct in the middle between
 * every format.
 *
 * A document of any format is an ordered list of leaves (path + value). Byte values are borrowed
 * from whoever owns the list. Pure: no I/O, no state; safe from any thread.
 */
#ifndef LWM2M_VALUE_H
#define LWM2M_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MUST_USE
#define MUST_USE __attribute__((warn_unused_result))
#endif

#define LWM2M_ID_MAX     65534 /* object, instance, resource ids */
#define LWM2M_ID_NONE    65535 /* MAX_ID: null link, object-level access control */
#define LWM2M_LEAVES_MAX 4096  /* leaves of one content */
#define LWM2M_PATH_TEXT  25    /* longest path as text, with its NUL */
#define LWM2M_LINK_TEXT  12    /* longest object link as text, with its NUL */

enum lwm2m_error {
    LWM2M_OK = 0,
    LWM2M_ENOMEM,
    LWM2M_EFORMAT,     /* malformed octets */
    LWM2M_ETYPE,       /* value does not fit the resource's type */
    LWM2M_ERANGE,      /* number or length outside its range */
    LWM2M_EPATH,       /* name outside the request path, duplicate, unknown depth */
    LWM2M_ELIMIT,      /* more items or depth than allowed */
    LWM2M_ESPACE,      /* output buffer too small */
    LWM2M_EUNSUPPORTED /* format cannot express this (e.g. plain text for an instance) */
};
/* Never NULL; a short English phrase. */
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
/* Never NULL; the word of the OMA registry, e.g. "Unsigned Integer". */
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
        int64_t integer;   /* INTEGER, TIME */
        uint64_t uinteger; /* UNSIGNED */
        double real;
        bool boolean;
        struct {
            const uint8_t *data;
            size_t len;
        } bytes; /* STRING, CORELNK (UTF-8, no NUL at the end), OPAQUE */
        struct lwm2m_link_value link;
    } as;
};

/* Same type and same value; all NaN are one, 0.0 and -0.0 are two. */
bool lwm2m_value_equal(const struct lwm2m_value *a, const struct lwm2m_value *b);
/* The octets of VALUE as IEEE 754 has them. */
uint64_t lwm2m_double_bits(double value);
/* True for STRING, CORELNK and OPAQUE: as.bytes is the member in use. */
bool lwm2m_type_has_bytes(enum lwm2m_type type);
/* True when TEXT is well-formed UTF-8 (RFC 3629) without NUL. */
bool lwm2m_utf8_valid(const uint8_t *text, size_t len);

/*
 * One leaf. Depth 3 = single resource, 4 = resource instance of a multiple resource.
 * Depth 2 with type NONE = an instance without resources; depth 3 with type NONE = an empty
 * multiple resource.
 */
struct lwm2m_leaf {
    struct lwm2m_path path;
    struct lwm2m_value value;
};

/*
 * A document: leaves and one arena for their octets. Zero-initialise; lwm2m_content_clear wipes and
 * frees. What a decoder leaves here ascends by path, without duplicates.
 */
struct lwm2m_content {
    struct lwm2m_leaf *leaves;
    size_t count;
    size_t capacity;
    void *arena;
};
void lwm2m_content_clear(struct lwm2m_content *content);
/*
 * Appends a leaf; octets of VALUE are copied into the arena. LWM2M_ELIMIT: LWM2M_LEAVES_MAX
 * reached; LWM2M_ENOMEM.
 */
enum lwm2m_error lwm2m_content_add(struct lwm2m_content *content, struct lwm2m_path path,
                                   const struct lwm2m_value *value) MUST_USE;
/* LEN octets that live and are wiped with CONTENT; NULL: out of memory. Contents undefined. */
uint8_t *lwm2m_content_alloc(struct lwm2m_content *content, size_t len) MUST_USE;
/* Sorts by path. LWM2M_EPATH: a path twice, or a leaf under another leaf. */
enum lwm2m_error lwm2m_content_sort(struct lwm2m_content *content) MUST_USE;
/* The value at exactly PATH of a sorted content, or NULL. O(log n). */
const struct lwm2m_value *lwm2m_content_find(const struct lwm2m_content *content,
                                             struct lwm2m_path path);

/*
 * "/1/0/7" -> path. Strict: decimal ids 0..65535 without leading zeros, no trailing slash but for
 * "/" itself. LWM2M_EPATH.
 */
enum lwm2m_error lwm2m_path_parse(const char *text, size_t len, struct lwm2m_path *path) MUST_USE;
/* Writes PATH as text and returns OUT. */
char *lwm2m_path_text(struct lwm2m_path path, char out[static LWM2M_PATH_TEXT]);
struct lwm2m_path lwm2m_path_of(uint8_t depth, uint16_t o, uint16_t i, uint16_t r, uint16_t ri);
/* PATH with ID below it; PATH must not be deeper than 3. */
struct lwm2m_path lwm2m_path_child(struct lwm2m_path path, uint16_t id);
/* True when PATH is BASE or lies under it. */
bool lwm2m_path_under(struct lwm2m_path path, struct lwm2m_path base);
/* Like strcmp: by ids, a path before what lies under it. */
int lwm2m_path_compare(struct lwm2m_path a, struct lwm2m_path b);

/*
 * "21:1" -> link. Decimal; FFFF stands for 65535 too, and one NUL at the end is forgiven.
 * LWM2M_ETYPE.
 */
enum lwm2m_error lwm2m_link_value_parse(const char *text, size_t len, struct lwm2m_link_value *link)
    MUST_USE;
/* Writes LINK as decimal text and returns OUT. */
char *lwm2m_link_value_text(struct lwm2m_link_value link, char out[static LWM2M_LINK_TEXT]);

#endif
