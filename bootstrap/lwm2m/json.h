/*
 * JSON for the whole house: the one door to jansson. A streaming writer and a bounded reader.
 *
 * Writer: into a buffer that grows, or piece by piece into a sink. Always well-formed ASCII-safe
 * lines: control characters (C1 and DEL too) are escaped, and octets that are no UTF-8 become
 * U+FFFD. The first failure sticks, later calls do nothing: check once, at the end.
 * Reader: a document up to a size that the caller names, duplicate keys refused, then look-ups by
 * key path. Octets of both are wiped when freed.
 * Not here: numbers beyond 64 signed bits (json_scan.h has them, for the content formats), pretty
 * printing. One writer or document, one thread.
 */
#ifndef LWM2M_JSON_H
#define LWM2M_JSON_H

#include "bootstrap/lwm2m/value.h"

/* Writer ----------------------------------------------------------------------------------------
 */

#define LWM2M_JSON_DEPTH_MAX 32

/* Zero-initialise: into DATA. With SINK set first: into the sink, DATA stays NULL. */
struct lwm2m_json_writer {
    void (*sink)(void *context, const char *text, size_t len);
    void *context;
    char *data; /* LEN octets, no NUL; owned by the writer */
    size_t len;
    size_t capacity;
    enum lwm2m_error error; /* LWM2M_ENOMEM, LWM2M_ELIMIT: deeper than LWM2M_JSON_DEPTH_MAX */
    unsigned depth;
    uint32_t has_members; /* bit of each open level: a comma is due */
    bool is_after_key;
};
/* Wipes and frees; SINK and CONTEXT are forgotten too. */
void lwm2m_json_clear(struct lwm2m_json_writer *writer);

/* { and }, [ and ]: as a value, or as the value of the key before. */
void lwm2m_json_object_begin(struct lwm2m_json_writer *writer);
void lwm2m_json_object_end(struct lwm2m_json_writer *writer);
void lwm2m_json_array_begin(struct lwm2m_json_writer *writer);
void lwm2m_json_array_end(struct lwm2m_json_writer *writer);
/* Inside an object; one value follows. */
void lwm2m_json_key(struct lwm2m_json_writer *writer, const char *key);
void lwm2m_json_string(struct lwm2m_json_writer *writer, const char *text, size_t len);
/* NUL-terminated; NULL writes null. */
void lwm2m_json_text(struct lwm2m_json_writer *writer, const char *text);
void lwm2m_json_int(struct lwm2m_json_writer *writer, int64_t number);
void lwm2m_json_uint(struct lwm2m_json_writer *writer, uint64_t number);
void lwm2m_json_bool(struct lwm2m_json_writer *writer, bool boolean);
/* The shortest text that reads back the same; null for what JSON has no number for. */
void lwm2m_json_double(struct lwm2m_json_writer *writer, double number);
/* The same, but never to be taken for an integer: "22.0". */
void lwm2m_json_real(struct lwm2m_json_writer *writer, double number);
/* Octets as a string of lower-case hexadecimal digits. */
void lwm2m_json_hex(struct lwm2m_json_writer *writer, const uint8_t *data, size_t len);
/* Octets as a string of Base64: with - and _ and without padding (RFC 8428 4.3), or the standard.
 */
void lwm2m_json_base64(struct lwm2m_json_writer *writer, const uint8_t *data, size_t len,
                       bool is_url);
void lwm2m_json_null(struct lwm2m_json_writer *writer);

/* Reader ----------------------------------------------------------------------------------------
 */

struct lwm2m_json_document;
struct lwm2m_json_node; /* borrowed from its document */

enum lwm2m_json_kind {
    LWM2M_JSON_ABSENT, /* of a NULL node */
    LWM2M_JSON_NULL,
    LWM2M_JSON_OBJECT,
    LWM2M_JSON_ARRAY,
    LWM2M_JSON_STRING,
    LWM2M_JSON_INTEGER,
    LWM2M_JSON_REAL,
    LWM2M_JSON_BOOL
};

/* Where and why a document was refused. Never holds text of the document but single tokens. */
struct lwm2m_json_fault {
    enum lwm2m_error error; /* LWM2M_EFORMAT, LWM2M_ELIMIT, LWM2M_ENOMEM */
    int line;               /* from 1 */
    int column;
    size_t offset; /* octets from the start */
    char text[64];
};

/*
 * Parses one document of at most LIMIT octets. NULL on error, with *FAULT filled. Nesting is
 * bounded by the library (2048).
 */
struct lwm2m_json_document *lwm2m_json_parse(const char *text, size_t len, size_t limit,
                                             struct lwm2m_json_fault *fault) MUST_USE;
/* Wipes and frees; NULL is allowed. */
void lwm2m_json_free(struct lwm2m_json_document *document);
const struct lwm2m_json_node *lwm2m_json_root(const struct lwm2m_json_document *document);

/*
 * The node at PATH, keys joined by dots ("session.peer"); "" is NODE itself. NULL: a key is
 * missing, what holds it is no object, or NODE is NULL.
 */
const struct lwm2m_json_node *lwm2m_json_at(const struct lwm2m_json_node *node, const char *path);
enum lwm2m_json_kind lwm2m_json_kind(const struct lwm2m_json_node *node);
/* Members of an array or object; 0 for all else. */
size_t lwm2m_json_count(const struct lwm2m_json_node *node);
/* Member INDEX of an array, or NULL. */
const struct lwm2m_json_node *lwm2m_json_item(const struct lwm2m_json_node *node, size_t index);
/*
 * The members of an object in their order: start with *CURSOR = NULL. Returns the value and sets
 * *KEY; NULL at the end.
 */
const struct lwm2m_json_node *lwm2m_json_next(const struct lwm2m_json_node *node, void **cursor,
                                              const char **key);
/*
 * Typed values at PATH. LWM2M_EPATH: nothing there, LWM2M_ETYPE: of another kind, LWM2M_ERANGE: a
 * negative number for uint. The result is untouched on error. A string lives as long as its
 * document, ends with NUL and holds no other; LEN may be NULL. double takes integers too.
 */
enum lwm2m_error lwm2m_json_get_string(const struct lwm2m_json_node *node, const char *path,
                                       const char **text, size_t *len) MUST_USE;
enum lwm2m_error lwm2m_json_get_int(const struct lwm2m_json_node *node, const char *path,
                                    int64_t *number) MUST_USE;
enum lwm2m_error lwm2m_json_get_uint(const struct lwm2m_json_node *node, const char *path,
                                     uint64_t *number) MUST_USE;
enum lwm2m_error lwm2m_json_get_bool(const struct lwm2m_json_node *node, const char *path,
                                     bool *boolean) MUST_USE;
enum lwm2m_error lwm2m_json_get_double(const struct lwm2m_json_node *node, const char *path,
                                       double *number) MUST_USE;

#endif
