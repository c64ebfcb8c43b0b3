#include "bootstrap/lwm2m/cbor.h"

#include <cbor.h>
#include <string.h>

static void on_uint(void *context, enum lwm2m_cbor_kind kind, uint64_t number)
{
    struct lwm2m_cbor_item *item = context;
    item->kind = kind;
    item->number = number;
}

static void on_string(void *context, enum lwm2m_cbor_kind kind, const uint8_t *data, size_t len)
{
    struct lwm2m_cbor_item *item = context;
    item->kind = kind;
    item->data = data;
    item->len = len;
}

static void on_uint8(void *context, uint8_t number)
{
    on_uint(context, LWM2M_CBOR_UINT, number);
}

static void on_uint16(void *context, uint16_t number)
{
    on_uint(context, LWM2M_CBOR_UINT, number);
}

static void on_uint32(void *context, uint32_t number)
{
    on_uint(context, LWM2M_CBOR_UINT, number);
}

static void on_uint64(void *context, uint64_t number)
{
    on_uint(context, LWM2M_CBOR_UINT, number);
}

static void on_negint8(void *context, uint8_t number)
{
    on_uint(context, LWM2M_CBOR_NEGATIVE, number);
}

static void on_negint16(void *context, uint16_t number)
{
    on_uint(context, LWM2M_CBOR_NEGATIVE, number);
}

static void on_negint32(void *context, uint32_t number)
{
    on_uint(context, LWM2M_CBOR_NEGATIVE, number);
}

static void on_negint64(void *context, uint64_t number)
{
    on_uint(context, LWM2M_CBOR_NEGATIVE, number);
}

static void on_bytes(void *context, cbor_data data, size_t len)
{
    on_string(context, LWM2M_CBOR_BYTES, data, len);
}

static void on_bytes_start(void *context)
{
    on_uint(context, LWM2M_CBOR_BYTES_CHUNKED, 0);
}

static void on_text(void *context, cbor_data data, size_t len)
{
    on_string(context, LWM2M_CBOR_TEXT, data, len);
}

static void on_text_start(void *context)
{
    on_uint(context, LWM2M_CBOR_TEXT_CHUNKED, 0);
}

static void on_array(void *context, size_t count)
{
    on_uint(context, LWM2M_CBOR_ARRAY, count);
}

static void on_map(void *context, size_t count)
{
    on_uint(context, LWM2M_CBOR_MAP, count);
}

static void on_array_start(void *context)
{
    on_uint(context, LWM2M_CBOR_ARRAY, 0);
    ((struct lwm2m_cbor_item *)context)->is_indefinite = true;
}

static void on_map_start(void *context)
{
    on_uint(context, LWM2M_CBOR_MAP, 0);
    ((struct lwm2m_cbor_item *)context)->is_indefinite = true;
}

static void on_tag(void *context, uint64_t tag)
{
    on_uint(context, LWM2M_CBOR_TAG, tag);
}

static void on_double(void *context, double real)
{
    on_uint(context, LWM2M_CBOR_REAL, 0);
    ((struct lwm2m_cbor_item *)context)->real = real;
}

static void on_float(void *context, float real)
{
    on_double(context, (double)real);
}

static void on_boolean(void *context, bool boolean)
{
    on_uint(context, LWM2M_CBOR_BOOLEAN, 0);
    ((struct lwm2m_cbor_item *)context)->boolean = boolean;
}

static void on_null(void *context)
{
    on_uint(context, LWM2M_CBOR_NULL, 0);
}

static void on_break(void *context)
{
    on_uint(context, LWM2M_CBOR_BREAK, 0);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string = on_bytes,
    .byte_string_start = on_bytes_start,
    .string = on_text,
    .string_start = on_text_start,
    .array_start = on_array,
    .indef_array_start = on_array_start,
    .map_start = on_map,
    .indef_map_start = on_map_start,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .boolean = on_boolean,
    .null = on_null,
    .undefined = on_null,
    .indef_break = on_break,
};

enum lwm2m_error lwm2m_cbor_next(struct lwm2m_cbor_reader *reader, struct lwm2m_cbor_item *item)
{
    *item = (struct lwm2m_cbor_item){.kind = LWM2M_CBOR_NULL};
    if (reader->at == reader->end) {
        return LWM2M_EFORMAT;
    }
    const struct cbor_decoder_result result =
        cbor_stream_decode(reader->at, (size_t)(reader->end - reader->at), &callbacks, item);
    if (result.status != CBOR_DECODER_FINISHED) {
        return LWM2M_EFORMAT;
    }
    reader->at += result.read;
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_cbor_enter(struct lwm2m_cbor_reader *reader,
                                  const struct lwm2m_cbor_item *item,
                                  struct lwm2m_cbor_group *group)
{
    if (reader->depth == LWM2M_CBOR_DEPTH_MAX) {
        return LWM2M_ELIMIT;
    }
    if (item->number > (uint64_t)(reader->end - reader->at)) {
        return LWM2M_EFORMAT;
    }
    reader->depth++;
    *group = (struct lwm2m_cbor_group){item->is_indefinite, item->number};
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_cbor_more(struct lwm2m_cbor_reader *reader, struct lwm2m_cbor_group *group,
                                 bool *more)
{
    if (group->is_indefinite) {
        if (reader->at == reader->end) {
            return LWM2M_EFORMAT;
        }
        *more = *reader->at != 0xff;
        reader->at += *more ? 0 : 1;
    } else {
        *more = group->left > 0;
        group->left -= *more ? 1 : 0;
    }
    reader->depth -= *more ? 0 : 1;
    return LWM2M_OK;
}

static bool is_chunked(const struct lwm2m_cbor_item *item)
{
    return item->kind == LWM2M_CBOR_BYTES_CHUNKED || item->kind == LWM2M_CBOR_TEXT_CHUNKED;
}

/* Walks the chunks of the string whose head is ITEM; copies them to TO unless it is NULL. */
static enum lwm2m_error walk_chunks(struct lwm2m_cbor_reader *reader,
                                    const struct lwm2m_cbor_item *item, uint8_t *to, size_t *len)
{
    const enum lwm2m_cbor_kind kind =
        item->kind == LWM2M_CBOR_BYTES_CHUNKED ? LWM2M_CBOR_BYTES : LWM2M_CBOR_TEXT;
    for (*len = 0;;) {
        struct lwm2m_cbor_item chunk;
        const enum lwm2m_error error = lwm2m_cbor_next(reader, &chunk);
        if (error) {
            return error;
        }
        if (chunk.kind == LWM2M_CBOR_BREAK) {
            return LWM2M_OK;
        }
        if (chunk.kind != kind) {
            return LWM2M_EFORMAT;
        }
        if (to && chunk.len > 0) {
            memcpy(to + *len, chunk.data, chunk.len);
        }
        *len += chunk.len;
    }
}

enum lwm2m_error lwm2m_cbor_string(struct lwm2m_cbor_reader *reader,
                                   const struct lwm2m_cbor_item *item,
                                   struct lwm2m_content *content, const uint8_t **data, size_t *len)
{
    if (!is_chunked(item)) {
        *data = item->data;
        *len = item->len;
        return LWM2M_OK;
    }
    struct lwm2m_cbor_reader ahead = *reader;
    const enum lwm2m_error error = walk_chunks(&ahead, item, NULL, len);
    if (error) {
        return error;
    }
    uint8_t *joined = lwm2m_content_alloc(content, *len);
    if (!joined) {
        return LWM2M_ENOMEM;
    }
    *data = joined;
    return walk_chunks(reader, item, joined, len);
}

static enum lwm2m_error skip_group(struct lwm2m_cbor_reader *reader,
                                   const struct lwm2m_cbor_item *item)
{
    struct lwm2m_cbor_group group;
    enum lwm2m_error error = lwm2m_cbor_enter(reader, item, &group);
    bool more = true;
    while (!error && !(error = lwm2m_cbor_more(reader, &group, &more)) && more) {
        error = lwm2m_cbor_skip(reader);
        if (!error && item->kind == LWM2M_CBOR_MAP) {
            error = lwm2m_cbor_skip(reader);
        }
    }
    return error;
}

/* Recursion ends at LWM2M_CBOR_DEPTH_MAX groups; tags are walked in the loop. */
enum lwm2m_error lwm2m_cbor_skip(struct lwm2m_cbor_reader *reader)
{
    struct lwm2m_cbor_item item;
    size_t len;
    enum lwm2m_error error;
    do {
        error = lwm2m_cbor_next(reader, &item);
    } while (!error && item.kind == LWM2M_CBOR_TAG);
    if (error || item.kind == LWM2M_CBOR_BREAK) {
        return LWM2M_EFORMAT;
    }
    if (is_chunked(&item)) {
        return walk_chunks(reader, &item, NULL, &len);
    }
    return item.kind == LWM2M_CBOR_ARRAY || item.kind == LWM2M_CBOR_MAP ? skip_group(reader, &item)
                                                                        : LWM2M_OK;
}
