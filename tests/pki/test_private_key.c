/* The DER of private keys, by the templates of lwm2m-objects.md section 2.1. */
#include "tests/support/cmocka_all.h"

#include "pki/private_key.h"

#include <string.h>

#define D(x)  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
#define XY    D("\x22") D("\x33")
#define CURVE "\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define POINT "\xa1\x44\x03\x42\x00\x04" XY
#define EC    "\x02\x01\x01\x04\x20" D("\x11")
#define HEADER                                                                                     \
    "\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01" \
    "\x07"
#define SPAN(text) text, sizeof text - 1

static const struct {
    const char *what;
    const char *given;
    size_t given_len;
    const char *made; /* NULL: stays */
    size_t made_len;
} rows[] = {
    {"SEC1, 121 octets", SPAN("\x30\x77" EC CURVE POINT),
     SPAN("\x30\x81\x87" HEADER "\x04\x6d\x30\x6b" EC POINT)},
    {"SEC1 without the point", SPAN("\x30\x31" EC CURVE),
     SPAN("\x30\x41" HEADER "\x04\x27\x30\x25" EC)},
    {"PKCS#8, 138 octets", SPAN("\x30\x81\x87" HEADER "\x04\x6d\x30\x6b" EC POINT), NULL, 0},
    {"PKCS#8, 67 octets", SPAN("\x30\x41" HEADER "\x04\x27\x30\x25" EC), NULL, 0},
    {"without the curve", SPAN("\x30\x25" EC), NULL, 0},
    {"another curve", SPAN("\x30\x31" EC "\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x08"), NULL,
     0},
    {"octets behind it", SPAN("\x30\x31" EC CURVE "\x00"), NULL, 0},
    {"cut", SPAN("\x30\x77" EC CURVE), NULL, 0},
    {"a point that is cut", SPAN("\x30\x35" EC CURVE "\xa1\x44\x03\x42"), NULL, 0},
    {"octets that are no DER", SPAN("0123456789abcdef"), NULL, 0},
    {"one octet", SPAN("\x30"), NULL, 0},
    {"nothing", SPAN(""), NULL, 0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[192];
        size_t len = rows[i].given_len;
        bool is_made = rows[i].made != NULL;
        print_message("%s\n", rows[i].what);
        memcpy(key, rows[i].given, len);
        assert_int_equal(pki_private_key_normalize(key, sizeof key, &len), is_made);
        assert_int_equal(len, is_made ? rows[i].made_len : rows[i].given_len);
        assert_memory_equal(key, is_made ? rows[i].made : rows[i].given, len);
    }
}

static void test_room(void **state)
{
    (void)state;
    uint8_t key[192];
    size_t len = rows[0].given_len;
    memcpy(key, rows[0].given, len);
    assert_false(pki_private_key_normalize(key, rows[0].made_len - 1, &len));
    assert_int_equal(len, rows[0].given_len);
    assert_memory_equal(key, rows[0].given, len);
    assert_true(pki_private_key_normalize(key, rows[0].made_len, &len));
    assert_int_equal(len, 138);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
