/* One device cannot fill the books: a burst, then one bootstrap a second. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/pace.h"

static struct bs_pace pace;

static unsigned taken(uint64_t device_id, uint64_t now_ms, unsigned tries)
{
    unsigned count = 0;
    for (unsigned i = 0; i < tries; i++)
        count += bs_pace_take(&pace, device_id, now_ms);
    return count;
}

static void test_burst_then_refill(void **state)
{
    (void)state;
    assert_int_equal(taken(1, 5000, 100), BS_PACE_BURST);
    assert_int_equal(taken(1, 5999, 100), 0);
    assert_int_equal(taken(1, 6000, 100), 1);
    assert_int_equal(taken(1, 9000, 100), 3);
    assert_int_equal(taken(1, 9000 + BS_PACE_BURST * BS_PACE_REFILL_MS, 100), BS_PACE_BURST);
    assert_int_equal(taken(1, UINT64_MAX / 2, 100), BS_PACE_BURST);
}

static void test_devices_are_apart(void **state)
{
    (void)state;
    assert_int_equal(taken(2, 1000, 100), BS_PACE_BURST);
    assert_int_equal(taken(3, 1000, 100), BS_PACE_BURST);
    assert_int_equal(taken(2, 1000, 1), 0);
}

/* Two devices on one row: the one that comes is let in. */
static void test_shared_row(void **state)
{
    (void)state;
    assert_int_equal(taken(4, 1000, 100), BS_PACE_BURST);
    assert_int_equal(taken(4 + BS_PACE_ROWS, 1000, 1), 1);
    assert_int_equal(taken(4, 1000, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_refill),
        cmocka_unit_test(test_devices_are_apart),
        cmocka_unit_test(test_shared_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
