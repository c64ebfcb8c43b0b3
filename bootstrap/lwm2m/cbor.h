/*
 * Inside the module: the one door to libcbor. A reader that walks octets item by item and never
 * allocates for an announced size, and a writer of single items.
 */
#ifndef LWM2M_CBOR_H
#define LWM2M_CBOR_H

#include "bootstrap/lwm2m/formats.h"
#include "bootstrap/lwm2m/scalar.h"

#define LWM2M_CBOR_DEPTH_MAX 8

enum lwm2m_cbor_kind {
    LWM2M_CBOR_UINT,
    LWM2M_CBOR_NEGATIVE, /* -1 - number */
    LWM2M_CBOR_BYTES,
    LWM2M_CBOR_BYTES_CHUNKED,
    LWM2M_CBOR_TEXT,
    LWM2M_CBOR_TEXT_CHUNKED,
    LWM2M_CBOR_ARRAY,
    LWM2M_CBOR_MAP,
    LWM2M_CBOR_TAG,
    LWM2M_CBOR_REAL,
    LWM2M_CBOR_BOOLEAN,
    LWM2M_CBOR_NULL,
    LWM2M_CBOR_BREAK
};

/* One head, with its octets when it is a string. */
struct lwm2m_cbor_item {
    enum lwm2m_cbor_kind kind;
    bool boolean;
    bool is_indefinite; /* ARRAY, MAP */
    uint64_t number;    /* also the tag, and the members of an array or pairs of a map */
    double real;
    const uint8_t *data; /* borrowed from the input */
    size_t len;
};

struct lwm2m_cbor_reader {
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
};

/* An open array or map. */
struct lwm2m_cbor_group {
    bool is_indefinite;
    uint64_t left;
};

/* The next head. LWM2M_EFORMAT: truncated or reserved. */
enum lwm2m_error lwm2m_cbor_next(struct lwm2m_cbor_reader *reader, struct lwm2m_cbor_item *item)
    MUST_USE;
/*
 * Opens the array or map whose head is ITEM. LWM2M_ELIMIT: deeper than LWM2M_CBOR_DEPTH_MAX.
 * LWM2M_EFORMAT: more members announced than octets are left.
 */
enum lwm2m_error lwm2m_cbor_enter(struct lwm2m_cbor_reader *reader,
                                  const struct lwm2m_cbor_item *item,
                                  struct lwm2m_cbor_group *group) MUST_USE;
/* *MORE: another member (pair) follows; else GROUP is closed. LWM2M_EFORMAT. */
enum lwm2m_error lwm2m_cbor_more(struct lwm2m_cbor_reader *reader, struct lwm2m_cbor_group *group,
                                 bool *more) MUST_USE;
/* Skips the next item whatever it holds. */
enum lwm2m_error lwm2m_cbor_skip(struct lwm2m_cbor_reader *reader) MUST_USE;
/*
 * The whole string whose head is ITEM (BYTES or TEXT, chunked or not): borrowed from the input, or,
 * when it came in chunks, joined in the arena of CONTENT.
 */
enum lwm2m_error lwm2m_cbor_string(struct lwm2m_cbor_reader *reader,
                                   const struct lwm2m_cbor_item *item,
                                   struct lwm2m_content *content, const uint8_t **data, size_t *len)
    MUST_USE;
/* The next item as a scalar; tags 0, 1 and 4 are understood, others are LWM2M_EFORMAT. */
enum lwm2m_error lwm2m_cbor_scalar(struct lwm2m_cbor_reader *reader, struct lwm2m_content *content,
                                   struct lwm2m_scalar *scalar) MUST_USE;

/* Heads of definite arrays and maps, and single items in their shortest form. */
void lwm2m_cbor_put_array(struct lwm2m_out *out, size_t count);
void lwm2m_cbor_put_map(struct lwm2m_out *out, size_t pairs);
void lwm2m_cbor_put_integer(struct lwm2m_out *out, int64_t number);
void lwm2m_cbor_put_text(struct lwm2m_out *out, const char *text, size_t len);
/* VALUE; an object link as text. NONE is null. */
void lwm2m_cbor_put_value(struct lwm2m_out *out, const struct lwm2m_value *value);

#endif
