#include "bootstrap/lwm2m/value.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 2048

/* Chunks never move: values keep pointers into them. */
struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    uint8_t data[];
};

void lwm2m_content_clear(struct lwm2m_content *content)
{
    struct chunk *chunk = content->arena;
    while (chunk) {
        struct chunk *next = chunk->next;
        explicit_bzero(chunk->data, chunk->used);
        free(chunk);
        chunk = next;
    }
    if (content->leaves) {
        explicit_bzero(content->leaves, content->count * sizeof content->leaves[0]);
        free(content->leaves);
    }
    *content = (struct lwm2m_content){0};
}

uint8_t *lwm2m_content_alloc(struct lwm2m_content *content, size_t len)
{
    struct chunk *chunk = content->arena;
    if (!chunk || chunk->size - chunk->used < len) {
        const size_t size = len > CHUNK_BYTES ? len : CHUNK_BYTES;
        if (size > SIZE_MAX - sizeof *chunk || !(chunk = malloc(sizeof *chunk + size))) {
            return NULL;
        }
        *chunk = (struct chunk){.next = content->arena, .size = size};
        content->arena = chunk;
    }
    uint8_t *data = chunk->data + chunk->used;
    chunk->used += len;
    return data;
}

static enum lwm2m_error grow(struct lwm2m_content *content)
{
    if (content->count < content->capacity) {
        return LWM2M_OK;
    }
    if (content->count >= LWM2M_LEAVES_MAX) {
        return LWM2M_ELIMIT;
    }
    const size_t capacity = content->capacity == 0 ? 16 : content->capacity * 2;
    struct lwm2m_leaf *leaves = realloc(content->leaves, capacity * sizeof leaves[0]);
    if (!leaves) {
        return LWM2M_ENOMEM;
    }
    content->leaves = leaves;
    content->capacity = capacity;
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_content_add(struct lwm2m_content *content, struct lwm2m_path path,
                                   const struct lwm2m_value *value)
{
    const enum lwm2m_error error = grow(content);
    if (error) {
        return error;
    }
    struct lwm2m_leaf leaf = {.path = path, .value = *value};
    if (lwm2m_type_has_bytes(value->type)) {
        uint8_t *copy = lwm2m_content_alloc(content, value->as.bytes.len);
        if (!copy) {
            return LWM2M_ENOMEM;
        }
        if (value->as.bytes.len > 0) {
            memcpy(copy, value->as.bytes.data, value->as.bytes.len);
        }
        leaf.value.as.bytes.data = copy;
    }
    content->leaves[content->count++] = leaf;
    return LWM2M_OK;
}

static int leaf_compare(const void *a, const void *b)
{
    return lwm2m_path_compare(((const struct lwm2m_leaf *)a)->path,
                              ((const struct lwm2m_leaf *)b)->path);
}

enum lwm2m_error lwm2m_content_sort(struct lwm2m_content *content)
{
    struct lwm2m_leaf *leaves = content->leaves;
    size_t sorted = 1;
    while (sorted < content->count && leaf_compare(&leaves[sorted - 1], &leaves[sorted]) < 0) {
        sorted++;
    }
    if (sorted < content->count) {
        qsort(leaves, content->count, sizeof leaves[0], leaf_compare);
    }
    /* In this order whatever lies under a leaf follows it at once. */
    for (size_t i = 1; i < content->count; i++) {
        if (lwm2m_path_under(leaves[i].path, leaves[i - 1].path)) {
            return LWM2M_EPATH;
        }
    }
    return LWM2M_OK;
}

const struct lwm2m_value *lwm2m_content_find(const struct lwm2m_content *content,
                                             struct lwm2m_path path)
{
    if (content->count == 0) {
        return NULL;
    }
    const struct lwm2m_leaf key = {.path = path};
    const struct lwm2m_leaf *leaf =
        bsearch(&key, content->leaves, content->count, sizeof key, leaf_compare);
    return leaf ? &leaf->value : NULL;
}
