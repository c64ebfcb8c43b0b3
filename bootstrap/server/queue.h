/*
 * A lock-free queue of many producers and one consumer: the only way from thread to thread.
 *
 * Nodes are embedded in what is queued and belong to the queue from push to take. Producers never
 * wait; the consumer takes all at once.
 */
#ifndef BS_QUEUE_H
#define BS_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct bs_node {
    struct bs_node *next;
};

struct bs_queue {
    _Atomic(struct bs_node *) head;
};

/* True when the queue was empty: the consumer may be asleep and wants a wake-up. */
bool bs_queue_push(struct bs_queue *queue, struct bs_node *node);
/* Everything queued, oldest first; NULL when empty. */
struct bs_node *bs_queue_take(struct bs_queue *queue);

/* The structure of TYPE whose MEMBER is NODE. */
#define BS_CONTAINER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
