#include "bootstrap/server/queue.h"

bool bs_queue_push(struct bs_queue *queue, struct bs_node *node)
{
    struct bs_node *head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    do {
        node->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&queue->head, &head, node, memory_order_release,
                                                    memory_order_relaxed));
    return head == NULL;
}

struct bs_node *bs_queue_take(struct bs_queue *queue)
{
    struct bs_node *node = atomic_exchange_explicit(&queue->head, NULL, memory_order_acquire);
    struct bs_node *oldest_first = NULL;
    while (node) {
        struct bs_node *next = node->next;
        node->next = oldest_first;
        oldest_first = node;
        node = next;
    }
    return oldest_first;
}
