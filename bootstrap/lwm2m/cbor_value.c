#include "bootstrap/lwm2m/cbor.h"

#include <cbor.h>
#include <string.h>

#define TAG_DATE    0 /* RFC 8949 3.4.1 */
#define TAG_EPOCH   1 /* RFC 8949 3.4.2 */
#define TAG_DECIMAL 4 /* RFC 8949 3.4.4 */
#define HEAD_MAX    9

/* Reading ---------------------------------------------------------------------------------------
 */

static enum lwm2m_error string_scalar(struct lwm2m_cbor_reader *reader,
                                      const struct lwm2m_cbor_item *item,
                                      struct lwm2m_content *content, struct lwm2m_scalar *scalar)
{
    const bool is_text = item->kind == LWM2M_CBOR_TEXT || item->kind == LWM2M_CBOR_TEXT_CHUNKED;
    *scalar = (struct lwm2m_scalar){.kind = is_text ? LWM2M_SCALAR_TEXT : LWM2M_SCALAR_BYTES};
    return lwm2m_cbor_string(reader, item, content, &scalar->data, &scalar->len);
}

/* A scalar from ITEM, which is no tag. */
static enum lwm2m_error plain_scalar(struct lwm2m_cbor_reader *reader,
                                     const struct lwm2m_cbor_item *item,
                                     struct lwm2m_content *content, struct lwm2m_scalar *scalar)
{
    switch (item->kind) {
    case LWM2M_CBOR_UINT:
    case LWM2M_CBOR_NEGATIVE:
        *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_INTEGER,
                                        .is_negative = item->kind == LWM2M_CBOR_NEGATIVE,
                                        .number = item->number};
        return LWM2M_OK;
    case LWM2M_CBOR_REAL:
        *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_REAL, .real = item->real};
        return LWM2M_OK;
    case LWM2M_CBOR_BOOLEAN:
        *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_BOOLEAN, .boolean = item->boolean};
        return LWM2M_OK;
    case LWM2M_CBOR_NULL:
        *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_NULL};
        return LWM2M_OK;
    case LWM2M_CBOR_BYTES:
    case LWM2M_CBOR_BYTES_CHUNKED:
    case LWM2M_CBOR_TEXT:
    case LWM2M_CBOR_TEXT_CHUNKED:
        return string_scalar(reader, item, content, scalar);
    case LWM2M_CBOR_ARRAY:
    case LWM2M_CBOR_MAP:
    case LWM2M_CBOR_TAG:
    case LWM2M_CBOR_BREAK:
        break;
    }
    return LWM2M_EFORMAT;
}

static enum lwm2m_error next_plain(struct lwm2m_cbor_reader *reader, struct lwm2m_content *content,
                                   struct lwm2m_scalar *scalar)
{
    struct lwm2m_cbor_item item;
    const enum lwm2m_error error = lwm2m_cbor_next(reader, &item);
    return error ? error : plain_scalar(reader, &item, content, scalar);
}

/* [exponent, mantissa] */
static enum lwm2m_error decimal_scalar(struct lwm2m_cbor_reader *reader,
                                       struct lwm2m_content *content, struct lwm2m_scalar *scalar)
{
    struct lwm2m_cbor_item item;
    struct lwm2m_cbor_group group = {0};
    struct lwm2m_scalar part[2];
    size_t count = 0;
    bool more = true;
    enum lwm2m_error error = lwm2m_cbor_next(reader, &item);
    if (error || item.kind != LWM2M_CBOR_ARRAY) {
        return LWM2M_EFORMAT;
    }
    error = lwm2m_cbor_enter(reader, &item, &group);
    while (!error && !(error = lwm2m_cbor_more(reader, &group, &more)) && more) {
        error = count < 2 ? next_plain(reader, content, &part[count++]) : LWM2M_EFORMAT;
    }
    int64_t exponent;
    if (error || count != 2 || lwm2m_scalar_int64(&part[0], &exponent)) {
        return error ? error : LWM2M_EFORMAT;
    }
    return lwm2m_scalar_decimal(&part[1], exponent, scalar);
}

enum lwm2m_error lwm2m_cbor_scalar(struct lwm2m_cbor_reader *reader, struct lwm2m_content *content,
                                   struct lwm2m_scalar *scalar)
{
    struct lwm2m_cbor_item item;
    enum lwm2m_error error = lwm2m_cbor_next(reader, &item);
    if (error || item.kind != LWM2M_CBOR_TAG) {
        return error ? error : plain_scalar(reader, &item, content, scalar);
    }
    if (item.number == TAG_DECIMAL) {
        return decimal_scalar(reader, content, scalar);
    }
    if (item.number != TAG_DATE && item.number != TAG_EPOCH) {
        return LWM2M_EFORMAT;
    }
    error = next_plain(reader, content, scalar);
    if (error) {
        return error;
    }
    if (item.number == TAG_DATE) {
        return scalar->kind == LWM2M_SCALAR_TEXT
                   ? lwm2m_scalar_date(scalar->data, scalar->len, scalar)
                   : LWM2M_EFORMAT;
    }
    return scalar->kind == LWM2M_SCALAR_INTEGER || scalar->kind == LWM2M_SCALAR_REAL
               ? LWM2M_OK
               : LWM2M_EFORMAT;
}

/* Writing ---------------------------------------------------------------------------------------
 */

void lwm2m_cbor_put_array(struct lwm2m_out *out, size_t count)
{
    uint8_t head[HEAD_MAX];
    lwm2m_out_put(out, head, cbor_encode_array_start(count, head, sizeof head));
}

void lwm2m_cbor_put_map(struct lwm2m_out *out, size_t pairs)
{
    uint8_t head[HEAD_MAX];
    lwm2m_out_put(out, head, cbor_encode_map_start(pairs, head, sizeof head));
}

static void put_unsigned(struct lwm2m_out *out, uint64_t number)
{
    uint8_t head[HEAD_MAX];
    lwm2m_out_put(out, head, cbor_encode_uint(number, head, sizeof head));
}

void lwm2m_cbor_put_integer(struct lwm2m_out *out, int64_t number)
{
    uint8_t head[HEAD_MAX];
    if (number >= 0) {
        put_unsigned(out, (uint64_t)number);
    } else {
        lwm2m_out_put(out, head, cbor_encode_negint((uint64_t)(-1 - number), head, sizeof head));
    }
}

void lwm2m_cbor_put_text(struct lwm2m_out *out, const char *text, size_t len)
{
    uint8_t head[HEAD_MAX];
    lwm2m_out_put(out, head, cbor_encode_string_start(len, head, sizeof head));
    lwm2m_out_put(out, (const uint8_t *)text, len);
}

static void put_bytes(struct lwm2m_out *out, const uint8_t *data, size_t len)
{
    uint8_t head[HEAD_MAX];
    lwm2m_out_put(out, head, cbor_encode_bytestring_start(len, head, sizeof head));
    lwm2m_out_put(out, data, len);
}

/* No half floats: small clients do not all read them. */
static void put_real(struct lwm2m_out *out, double real)
{
    size_t width;
    const uint64_t bits = lwm2m_float_bits(real, &width);
    lwm2m_out_number(out, width == 4 ? 0xfa : 0xfb, 1);
    lwm2m_out_number(out, bits, width);
}

static void put_simple(struct lwm2m_out *out, const struct lwm2m_value *value)
{
    uint8_t head[HEAD_MAX];
    const size_t len = value->type == LWM2M_BOOLEAN
                           ? cbor_encode_bool(value->as.boolean, head, sizeof head)
                           : cbor_encode_null(head, sizeof head);
    lwm2m_out_put(out, head, len);
}

void lwm2m_cbor_put_value(struct lwm2m_out *out, const struct lwm2m_value *value)
{
    char text[LWM2M_LINK_TEXT];
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        lwm2m_cbor_put_integer(out, value->as.integer);
        break;
    case LWM2M_UNSIGNED:
        put_unsigned(out, value->as.uinteger);
        break;
    case LWM2M_FLOAT:
        put_real(out, value->as.real);
        break;
    case LWM2M_OBJLNK:
        (void)lwm2m_link_value_text(value->as.link, text);
        lwm2m_cbor_put_text(out, text, strlen(text));
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        lwm2m_cbor_put_text(out, (const char *)value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_OPAQUE:
        put_bytes(out, value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_BOOLEAN:
    case LWM2M_NONE:
        put_simple(out, value);
        break;
    }
}
