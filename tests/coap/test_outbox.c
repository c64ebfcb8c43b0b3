/* What waits to be written: in order, bounded, and no memory held when nothing waits. */
#include <string.h>

#include "bootstrap/coap/outbox.h"
#include "tests/support/cmocka_all.h"

static void test_bound(void **state)
{
    (void)state;
    static const uint8_t octets[100];
    struct cc_outbox box = {.data = NULL};
    size_t len;
    assert_int_equal(cc_outbox_put(&box, octets, 100, 150), CC_OK);
    assert_int_equal(cc_outbox_put(&box, octets, 51, 150), CC_ESPACE);
    assert_int_equal(cc_outbox_put(&box, octets, 100, 50), CC_ESPACE);
    cc_outbox_rest(&box, &len);
    assert_int_equal(len, 100);
    assert_int_equal(cc_outbox_put(&box, octets, 50, 150), CC_OK);
    /* What has gone makes room. */
    cc_outbox_sent(&box, 60);
    assert_int_equal(cc_outbox_put(&box, octets, 61, 150), CC_ESPACE);
    assert_int_equal(cc_outbox_put(&box, octets, 60, 150), CC_OK);
    cc_outbox_rest(&box, &len);
    assert_int_equal(len, 150);
    cc_outbox_clear(&box);
    assert_null(cc_outbox_rest(&box, &len));
    assert_int_equal(len, 0);
}

/* Pieces of all sizes go in, others come out: the octets are those that went in. */
static void test_order(void **state)
{
    (void)state;
    struct cc_outbox box = {.data = NULL};
    uint8_t piece[97];
    size_t in = 0;
    size_t out = 0;
    for (size_t turn = 0; turn < 5000; turn++) {
        size_t put = turn * 31 % sizeof piece;
        for (size_t i = 0; i < put; i++) {
            piece[i] = (uint8_t)((in + i) * 7);
        }
        if (cc_outbox_put(&box, piece, put, 4096) == CC_OK) {
            in += put;
        }
        size_t len;
        const uint8_t *rest = cc_outbox_rest(&box, &len);
        size_t take = turn * 17 % 93 < len ? turn * 17 % 93 : len;
        for (size_t i = 0; i < take; i++) {
            assert_int_equal(rest[i], (uint8_t)((out + i) * 7));
        }
        cc_outbox_sent(&box, take);
        out += take;
        assert_int_equal(len - take, in - out);
        assert_in_range(box.capacity, 0, 3 * 4096);
    }
    assert_true(out > 100000);
    cc_outbox_sent(&box, in - out);
    assert_null(box.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound), cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
