/* Sessions of one device at a worker: four, then the oldest idle one goes. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/guests.h"

#include <stdint.h>

enum { OWNERS = 500 };

/* Sessions are only names here. */
static char names[16];
static const struct cc_session *busy[16];

static struct cc_session *session(size_t number)
{
    return (struct cc_session *)(void *)&names[number];
}

static bool is_idle(const struct cc_session *one)
{
    for (size_t i = 0; i < 16; i++)
        if (busy[i] == one)
            return false;
    return true;
}

static int setup(void **state)
{
    static struct bs_guests guests;
    for (size_t i = 0; i < 16; i++)
        busy[i] = NULL;
    assert_true(bs_guests_init(&guests, 100));
    *state = &guests;
    return 0;
}

static int teardown(void **state)
{
    bs_guests_clear(*state);
    return 0;
}

static void fill(struct bs_guests *guests, uint64_t owner)
{
    for (size_t i = 0; i < BS_GUESTS_EACH; i++)
        assert_null(bs_guests_enter(guests, owner, session(i), is_idle));
}

static void test_the_oldest_goes(void **state)
{
    fill(*state, 7);
    assert_ptr_equal(bs_guests_enter(*state, 7, session(4), is_idle), session(0));
    assert_ptr_equal(bs_guests_enter(*state, 7, session(5), is_idle), session(1));
    /* What was told to go is known no more: its end takes nobody's place away. */
    bs_guests_leave(*state, 7, session(0));
    assert_ptr_equal(bs_guests_enter(*state, 7, session(6), is_idle), session(2));
}

static void test_a_running_one_stays(void **state)
{
    fill(*state, 7);
    busy[0] = session(0);
    busy[1] = session(1);
    assert_ptr_equal(bs_guests_enter(*state, 7, session(4), is_idle), session(2));
    assert_ptr_equal(bs_guests_enter(*state, 7, session(5), is_idle), session(3));
    busy[2] = session(4);
    busy[3] = session(5);
    assert_ptr_equal(bs_guests_enter(*state, 7, session(6), is_idle), session(0));
}

static void test_leaving_makes_room(void **state)
{
    fill(*state, 7);
    bs_guests_leave(*state, 7, session(1));
    bs_guests_leave(*state, 7, session(3));
    assert_null(bs_guests_enter(*state, 7, session(4), is_idle));
    assert_null(bs_guests_enter(*state, 7, session(5), is_idle));
    assert_ptr_equal(bs_guests_enter(*state, 7, session(6), is_idle), session(0));
    assert_ptr_equal(bs_guests_enter(*state, 7, session(7), is_idle), session(2));
}

/* More devices than buckets: each has its own four, and those that left are gone. */
static void test_owners_are_apart(void **state)
{
    for (uint64_t owner = 1; owner <= OWNERS; owner++)
        fill(*state, owner);
    for (uint64_t owner = 1; owner <= OWNERS; owner += 2)
        for (size_t i = 0; i < BS_GUESTS_EACH; i++)
            bs_guests_leave(*state, owner, session(i));
    for (uint64_t owner = 1; owner <= OWNERS; owner++)
        assert_ptr_equal(bs_guests_enter(*state, owner, session(9), is_idle),
                         owner % 2 ? NULL : session(0));
    bs_guests_leave(*state, OWNERS + 1, session(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_oldest_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_running_one_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaving_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owners_are_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
