#include "bootstrap/coap/block.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_FIRST_BYTES = 512 };

struct cc_block cc_block_from(uint32_t value)
{
    return (struct cc_block){.num = value >> 4, .szx = value & 7, .has_more = (value & 8) != 0};
}

uint32_t cc_block_value(const struct cc_block *block)
{
    return block->num << 4 | (block->has_more ? 8U : 0U) | block->szx;
}

bool cc_block_get(const struct cc_message *message, uint16_t number, struct cc_block *block)
{
    if (cc_message_option(message, number) == NULL) {
        return false;
    }
    *block = cc_block_from(cc_message_uint(message, number, 0));
    return true;
}

size_t cc_block_bytes(uint8_t szx)
{
    return (size_t)16 << (szx < CC_SZX_MAX ? szx : CC_SZX_MAX);
}

bool cc_block_is_sound(const struct cc_block *block, size_t len, bool is_reliable)
{
    size_t bytes = cc_block_bytes(block->szx);
    if (block->szx == CC_SZX_BERT) {
        return is_reliable && (!block->has_more || (len > 0 && len % bytes == 0));
    }
    return block->has_more ? len == bytes : len <= bytes;
}

size_t cc_block_offset(const struct cc_block *block)
{
    return block->num * cc_block_bytes(block->szx);
}

uint8_t cc_block_szx(size_t bytes)
{
    uint8_t szx = 0;
    while (szx < CC_SZX_MAX && cc_block_bytes((uint8_t)(szx + 1)) <= bytes) {
        szx++;
    }
    return szx;
}

/* FNV-1a. Only its own session can make two of its transfers meet. */
static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *octets = data;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ octets[i]) * 0x100000001b3U;
    }
    return hash;
}

static const uint64_t mix_start = 0xcbf29ce484222325U;

static bool counts(uint16_t number, bool is_body)
{
    switch (number) {
    case CC_OPT_BLOCK1:
    case CC_OPT_BLOCK2:
    case CC_OPT_SIZE1:
    case CC_OPT_SIZE2:
        return false;
    case CC_OPT_CONTENT_FORMAT:
    case CC_OPT_REQUEST_TAG:
        return is_body;
    default:
        return true;
    }
}

uint64_t cc_block_key(const struct cc_message *message, bool is_body)
{
    uint64_t hash = mix(mix_start, &message->code, 1);
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (counts(option->number, is_body)) {
            hash = mix(hash, &option->number, sizeof option->number);
            hash = mix(hash, &option->len, sizeof option->len);
            hash = mix(hash, option->value, option->len);
        }
    }
    return hash;
}

uint64_t cc_block_etag(const uint8_t *body, size_t len)
{
    return mix(mix_start, body, len);
}

static bool body_reserve(struct cc_body *body, size_t need, size_t max)
{
    if (need <= body->capacity) {
        return true;
    }
    size_t capacity = body->capacity > 0 ? body->capacity : BODY_FIRST_BYTES;
    while (capacity < need) {
        capacity *= 2;
    }
    capacity = capacity < max ? capacity : max;
    uint8_t *data = malloc(capacity);
    if (data == NULL) {
        return false;
    }
    if (body->len > 0) {
        memcpy(data, body->data, body->len);
    }
    size_t len = body->len;
    cc_body_clear(body);
    *body = (struct cc_body){.data = data, .len = len, .capacity = capacity};
    return true;
}

enum cc_error cc_body_append(struct cc_body *body, const uint8_t *data, size_t len, size_t max)
{
    if (body->len > max || len > max - body->len) {
        return CC_ESPACE;
    }
    if (len == 0) {
        return CC_OK;
    }
    if (!body_reserve(body, body->len + len, max)) {
        return CC_ENOMEM;
    }
    memcpy(body->data + body->len, data, len);
    body->len += len;
    return CC_OK;
}

void cc_body_clear(struct cc_body *body)
{
    if (body->data != NULL) {
        explicit_bzero(body->data, body->capacity);
        free(body->data);
    }
    *body = (struct cc_body){.data = NULL};
}
