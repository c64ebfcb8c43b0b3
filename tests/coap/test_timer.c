#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/timer.h"

#define COUNT 2000

struct item {
    struct cc_timer timer;
    uint64_t want_ms;
    unsigned fired;
};

struct world {
    struct cc_wheel wheel;
    struct item items[COUNT];
    unsigned fired;
    uint64_t before_ms; /* of the advance before */
};

static void on_fire(void *context, struct cc_timer *timer)
{
    struct world *world = context;
    struct item *item = (struct item *)timer;
    assert_false(cc_timer_is_set(timer));
    assert_true(item->want_ms <= world->wheel.now_ms);
    assert_true(item->want_ms > world->before_ms);
    item->fired++;
    world->fired++;
}

static void advance(struct world *world, uint64_t now_ms)
{
    world->before_ms = world->wheel.now_ms;
    cc_wheel_advance(&world->wheel, now_ms, on_fire, world);
}

/* Random times over eleven orders of magnitude: each fires once, in the advance that reaches it. */
static void test_against_sorting(void **state)
{
    (void)state;
    static struct world world;
    uint64_t start = UINT64_C(0x123456789);
    cc_wheel_init(&world.wheel, start);
    srandom(1);
    uint64_t last = 0;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t span = UINT64_C(1) << (random() % 36);
        world.items[i].want_ms = start + 1 + (uint64_t)random() % span;
        last = world.items[i].want_ms > last ? world.items[i].want_ms : last;
        cc_wheel_set(&world.wheel, &world.items[i].timer, world.items[i].want_ms);
    }
    for (size_t i = 0; i < COUNT; i += 10) {
        cc_wheel_stop(&world.wheel, &world.items[i].timer);
    }
    uint64_t next;
    unsigned rounds = 0;
    while ((next = cc_wheel_next(&world.wheel)) != CC_NEVER) {
        assert_true(next > world.wheel.now_ms);
        advance(&world, next + (uint64_t)(random() % 3));
        rounds++;
    }
    assert_in_range(rounds, 10, COUNT * CC_WHEEL_LEVELS);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(world.items[i].fired, i % 10 ? 1 : 0);
    }
    assert_true(world.wheel.now_ms >= last || world.items[0].want_ms == last);
}

/* cc_wheel_next is never after the earliest timer. */
static void test_next_is_never_late(void **state)
{
    (void)state;
    static const uint64_t starts[] = {0, 1, 63, 64, 4095, 4096, 262143, UINT64_C(1) << 41};
    static const uint64_t delays[] = {1,    2,    63,   64,     65,
                                      4031, 4032, 4033, 262144, UINT64_C(1) << 35};
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        for (size_t d = 0; d < sizeof delays / sizeof *delays; d++) {
            static struct world world;
            memset(&world, 0, sizeof world);
            cc_wheel_init(&world.wheel, starts[s]);
            world.items[0].want_ms = starts[s] + delays[d];
            cc_wheel_set(&world.wheel, &world.items[0].timer, world.items[0].want_ms);
            while (!world.fired) {
                uint64_t next = cc_wheel_next(&world.wheel);
                assert_true(next <= world.items[0].want_ms);
                assert_true(next > world.wheel.now_ms);
                advance(&world, next);
            }
            assert_int_equal(world.wheel.now_ms, world.items[0].want_ms);
            assert_int_equal(cc_wheel_next(&world.wheel), CC_NEVER);
        }
    }
}

static struct cc_wheel again_wheel;

static void set_again(void *context, struct cc_timer *timer)
{
    ++*(unsigned *)context;
    cc_wheel_set(&again_wheel, timer, 0);
}

/* A timer that sets itself for the past fires once an advance. */
static void test_set_while_firing(void **state)
{
    (void)state;
    struct cc_timer timer = {.at_ms = 0};
    unsigned fired = 0;
    cc_wheel_init(&again_wheel, 1000);
    cc_wheel_set(&again_wheel, &timer, 5);
    assert_int_equal(cc_wheel_next(&again_wheel), 1000);
    for (unsigned i = 1; i < 5; i++) {
        cc_wheel_advance(&again_wheel, 1000, set_again, &fired);
        assert_int_equal(fired, i);
    }
    cc_wheel_stop(&again_wheel, &timer);
    cc_wheel_stop(&again_wheel, &timer);
    assert_int_equal(cc_wheel_next(&again_wheel), CC_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_sorting),
        cmocka_unit_test(test_next_is_never_late),
        cmocka_unit_test(test_set_while_firing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
