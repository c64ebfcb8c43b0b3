/* One bootstrap an endpoint at a time: the newer wins, the older cannot let go what is not its own.
 */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/owners.h"
#include "pki/secret.h"

#include <stdio.h>

static void test_newer_wins(void **state)
{
    (void)state;
    struct bs_owners *owners = bs_owners_new();
    const struct bs_owner first = {.worker = 0, .run = 1}, second = {.worker = 3, .run = 9};
    struct bs_owner previous = {.worker = 0}, found;
    bool is_replacing = true;
    assert_non_null(owners);
    assert_true(bs_owners_claim(owners, "a", first, &previous, &is_replacing));
    assert_false(is_replacing);
    assert_true(bs_owners_claim(owners, "a", second, &previous, &is_replacing));
    assert_true(is_replacing);
    assert_int_equal(previous.worker, first.worker);
    assert_int_equal(previous.run, first.run);
    bs_owners_release(owners, "a", first);
    assert_true(bs_owners_find(owners, "a", &found));
    assert_int_equal(found.worker, second.worker);
    assert_int_equal(found.run, second.run);
    bs_owners_release(owners, "a", second);
    assert_false(bs_owners_find(owners, "a", &found));
    bs_owners_release(owners, "a", second);
    bs_owners_free(owners);
}

/* Anybody can say a name over plain CoAP: that ends no bootstrap of who proved it. */
static void test_plain_yields(void **state)
{
    (void)state;
    struct bs_owners *owners = bs_owners_new();
    const struct bs_owner plain = {.run = 1}, secure = {.run = 2, .is_secure = true};
    struct bs_owner previous = {.run = 0}, found;
    bool is_replacing;
    assert_non_null(owners);
    assert_true(bs_owners_claim(owners, "a", plain, &previous, &is_replacing));
    assert_true(bs_owners_claim(owners, "a", secure, &previous, &is_replacing));
    assert_true(is_replacing);
    assert_int_equal(previous.run, plain.run);
    assert_false(bs_owners_claim(owners, "a", plain, &previous, &is_replacing));
    assert_false(is_replacing);
    assert_true(bs_owners_find(owners, "a", &found));
    assert_int_equal(found.run, secure.run);
    assert_true(found.is_secure);
    bs_owners_release(owners, "a", plain);
    assert_true(bs_owners_find(owners, "a", &found));
    bs_owners_free(owners);
}

static void test_many_endpoints(void **state)
{
    (void)state;
    struct bs_owners *owners = bs_owners_new();
    struct bs_owner previous, found;
    bool is_replacing;
    char name[32];
    assert_non_null(owners);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "urn:dev:os:%u", i);
        const struct bs_owner owner = {.worker = i % 4, .run = i};
        assert_true(bs_owners_claim(owners, name, owner, &previous, &is_replacing));
        assert_false(is_replacing);
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "urn:dev:os:%u", i);
        assert_true(bs_owners_find(owners, name, &found));
        assert_int_equal(found.run, i);
        if (i % 2)
            bs_owners_release(owners, name, found);
        assert_int_equal(bs_owners_find(owners, name, &found), i % 2 == 0);
    }
    bs_owners_free(owners);
}

static int setup(void **state)
{
    (void)state;
    return pki_secret_setup() == PKI_OK ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newer_wins),
        cmocka_unit_test(test_plain_yields),
        cmocka_unit_test(test_many_endpoints),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
