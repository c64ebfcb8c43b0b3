/* The queue from thread to thread: order, wake-ups, nothing lost under contention. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct item {
    struct bs_node node;
    unsigned producer;
    unsigned number;
};

static void test_order_and_wake(void **state)
{
    (void)state;
    struct bs_queue queue = {NULL};
    struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    assert_null(bs_queue_take(&queue));
    assert_true(bs_queue_push(&queue, &items[0].node));
    assert_false(bs_queue_push(&queue, &items[1].node));
    assert_false(bs_queue_push(&queue, &items[2].node));
    unsigned expected = 0;
    for (struct bs_node *node = bs_queue_take(&queue); node; node = node->next)
        assert_int_equal(BS_CONTAINER(node, struct item, node)->number, expected++);
    assert_int_equal(expected, 3);
    assert_true(bs_queue_push(&queue, &items[0].node));
}

enum { PRODUCERS = 4, ITEMS = 20000 };

struct producer {
    struct bs_queue *queue;
    unsigned index;
    struct item *items;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (unsigned i = 0; i < ITEMS; i++) {
        producer->items[i] = (struct item){.producer = producer->index, .number = i};
        bs_queue_push(producer->queue, &producer->items[i].node);
    }
    return NULL;
}

/* What one producer pushed comes out in its order, all of it, whatever the others do meanwhile. */
static void test_many_producers(void **state)
{
    (void)state;
    struct bs_queue queue = {NULL};
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    unsigned next[PRODUCERS] = {0}, total = 0;
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){&queue, i, calloc(ITEMS, sizeof(struct item))};
        assert_non_null(producers[i].items);
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    while (total < PRODUCERS * ITEMS)
        for (struct bs_node *node = bs_queue_take(&queue); node; node = node->next, total++) {
            const struct item *item = BS_CONTAINER(node, struct item, node);
            assert_int_equal(item->number, next[item->producer]++);
        }
    for (unsigned i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        free(producers[i].items);
    }
    assert_null(bs_queue_take(&queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_wake),
        cmocka_unit_test(test_many_producers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
