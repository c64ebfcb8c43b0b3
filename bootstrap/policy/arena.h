/*
 * A bump allocator: many small pieces that live and die together.
 *
 * Pieces are zeroed and aligned for any object. The first failure sticks: `is_failed` is set and
 * every later call gives NULL. policy_arena_clear wipes what was handed out, so secrets may lie
 * here. Not thread-safe while allocating.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct policy_block;

/* Zero-initialise. */
struct policy_arena {
    struct policy_block *blocks; /* newest first */
    bool is_failed;              /* out of memory */
};

/* SIZE zeroed octets, or NULL. A SIZE of 0 gives a valid pointer. */
void *policy_arena_alloc(struct policy_arena *arena, size_t size);
/* COUNT * SIZE zeroed octets; NULL also when the product overflows. */
void *policy_arena_array(struct policy_arena *arena, size_t count, size_t size);
/* A copy of LEN octets with a NUL after them, or NULL. */
char *policy_arena_text(struct policy_arena *arena, const char *text, size_t len);
/* Wipes and frees every piece; the arena is as zero-initialised. */
void policy_arena_clear(struct policy_arena *arena);

/* A growing array of items of one size inside an arena. Zero-initialise. */
struct policy_array {
    void *items;
    size_t count;
    size_t capacity;
};

/* Adds one zeroed item of SIZE octets and returns it; NULL when out of memory. Items may move. */
void *policy_array_add(struct policy_arena *arena, struct policy_array *array, size_t size);

#endif
