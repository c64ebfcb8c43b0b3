#include "bootstrap/policy/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

struct policy_block {
    struct policy_block *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) unsigned char data[];
};

static struct policy_block *block_new(struct policy_arena *arena, size_t size)
{
    size_t capacity = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
    struct policy_block *block = calloc(1, sizeof *block + capacity);
    if (block == NULL) {
        arena->is_failed = true;
        return NULL;
    }
    block->capacity = capacity;
    /* A large piece gets a block of its own behind the current one, which keeps its room. */
    if (arena->blocks != NULL && capacity != BLOCK_BYTES) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *policy_arena_alloc(struct policy_arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    if (arena->is_failed || size > SIZE_MAX / 2) {
        arena->is_failed = true;
        return NULL;
    }
    size = (size + unit - 1) / unit * unit;
    struct policy_block *block = arena->blocks;
    if (block == NULL || block->capacity - block->used < size) {
        block = block_new(arena, size);
        if (block == NULL) {
            return NULL;
        }
    }
    void *piece = block->data + block->used;
    block->used += size;
    return piece;
}

void *policy_arena_array(struct policy_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        arena->is_failed = true;
        return NULL;
    }
    return policy_arena_alloc(arena, count * size);
}

char *policy_arena_text(struct policy_arena *arena, const char *text, size_t len)
{
    char *copy = policy_arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void policy_arena_clear(struct policy_arena *arena)
{
    struct policy_block *block = arena->blocks;
    while (block != NULL) {
        struct policy_block *next = block->next;
        explicit_bzero(block->data, block->used);
        free(block);
        block = next;
    }
    *arena = (struct policy_arena){0};
}

void *policy_array_add(struct policy_arena *arena, struct policy_array *array, size_t size)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity == 0 ? 4 : array->capacity * 2;
        unsigned char *items = policy_arena_array(arena, capacity, size);
        if (items == NULL) {
            return NULL;
        }
        if (array->count > 0) {
            memcpy(items, array->items, array->count * size);
        }
        array->items = items;
        array->capacity = capacity;
    }
    return (unsigned char *)array->items + array->count++ * size;
}
