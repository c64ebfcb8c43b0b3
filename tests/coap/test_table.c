#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/table.h"

#define COUNT 20000

/* SipHash-2-4 of 00 01 .. under the key 00 01 .. 0f: the first rows of the table that the paper's
 * reference code prints. */
static void test_siphash_vectors(void **state)
{
    (void)state;
    static const uint8_t rows[][8] = {
        {0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72},
        {0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74},
        {0x5a, 0x4f, 0xa9, 0xd9, 0x09, 0x80, 0x6c, 0x0d},
        {0x2d, 0x7e, 0xfb, 0xd7, 0x96, 0x66, 0x67, 0x85},
        {0xb7, 0x87, 0x71, 0x27, 0xe0, 0x94, 0x27, 0xcf},
        {0x8d, 0xa6, 0x99, 0xcd, 0x64, 0x55, 0x76, 0x18},
        {0xce, 0xe3, 0xfe, 0x58, 0x6e, 0x46, 0xc9, 0xcb},
        {0x37, 0xd1, 0x01, 0x8b, 0xf5, 0x00, 0x02, 0xab},
        {0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93},
    };
    uint8_t octets[16];
    for (uint8_t i = 0; i < sizeof octets; i++) {
        octets[i] = i;
    }
    for (size_t len = 0; len < sizeof rows / sizeof *rows; len++) {
        uint64_t hash = cc_siphash(octets, octets, len);
        for (size_t i = 0; i < 8; i++) {
            assert_int_equal((uint8_t)(hash >> (8 * i)), rows[len][i]);
        }
    }
}

static struct cc_key key_of(unsigned i)
{
    struct cc_key key = {.listener = i % 3};
    key.peer.ip[0] = (uint8_t)(i >> 16);
    key.peer.ip[3] = (uint8_t)(i >> 8);
    key.peer.port = (uint16_t)i;
    key.peer.is_v6 = i % 2;
    return key;
}

static void test_insert_find_remove(void **state)
{
    (void)state;
    static const uint8_t seed[CC_TABLE_SEED] = {1, 2, 3};
    struct cc_table table;
    struct cc_node *nodes = calloc(COUNT, sizeof *nodes);
    assert_non_null(nodes);
    assert_int_equal(cc_table_init(&table, seed), CC_OK);
    uint64_t worst = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        struct cc_key key = key_of(i);
        table.steps = 0;
        assert_null(cc_table_find(&table, &key));
        nodes[i].key = key;
        cc_table_insert(&table, &nodes[i]);
        worst = table.steps > worst ? table.steps : worst;
    }
    assert_int_equal(table.entries, COUNT);
    assert_in_range(worst, 1, 40);
    for (unsigned i = 0; i < COUNT; i++) {
        struct cc_key key = key_of(i);
        table.steps = 0;
        assert_ptr_equal(cc_table_find(&table, &key), &nodes[i]);
        assert_in_range(table.steps, 1, 20);
    }
    for (unsigned i = 0; i < COUNT; i += 2) {
        cc_table_remove(&table, &nodes[i]);
        cc_table_remove(&table, &nodes[i]);
    }
    assert_int_equal(table.entries, COUNT / 2);
    for (unsigned i = 0; i < COUNT; i++) {
        struct cc_key key = key_of(i);
        assert_ptr_equal(cc_table_find(&table, &key), i % 2 ? &nodes[i] : NULL);
    }
    cc_table_clear(&table);
    free(nodes);
}

/* Removing and finding work while the old buckets are being moved. */
static void test_while_growing(void **state)
{
    (void)state;
    static const uint8_t seed[CC_TABLE_SEED] = {9};
    enum { AMID = 70 };
    struct cc_node nodes[AMID];
    struct cc_table table;
    assert_int_equal(cc_table_init(&table, seed), CC_OK);
    for (unsigned i = 0; i < AMID; i++) {
        nodes[i].key = key_of(i);
        cc_table_insert(&table, &nodes[i]);
    }
    assert_true(table.old.count > 0);
    for (unsigned i = 0; i < AMID; i++) {
        assert_ptr_equal(cc_table_find(&table, &nodes[i].key), &nodes[i]);
        cc_table_remove(&table, &nodes[i]);
        assert_null(cc_table_find(&table, &nodes[i].key));
    }
    assert_int_equal(table.entries, 0);
    cc_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash_vectors),
        cmocka_unit_test(test_insert_find_remove),
        cmocka_unit_test(test_while_growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
