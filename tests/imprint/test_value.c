/* Values of the command line and of key files, and text made safe for a terminal. */
#include "tests/support/cmocka_all.h"
#include "tools/imprint/out.h"
#include "tools/imprint/value.h"

#include <string.h>

static void test_number(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        uint64_t value;
    } rows[] = {{"8", true, 8},
                {"64", true, 64},
                {"008", true, 8},
                {"7", false, 0},
                {"65", false, 0},
                {"", false, 0},
                {"-8", false, 0},
                {"+8", false, 0},
                {" 8", false, 0},
                {"8 ", false, 0},
                {"8x", false, 0},
                {"0x8", false, 0},
                {"18446744073709551616", false, 0},
                {"99999999999999999999999", false, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        assert_int_equal(cli_number(rows[i].text, 8, 64, &value), rows[i].is_good);
        assert_int_equal(value, rows[i].value);
    }
}

static void test_key(void **state)
{
    /* RFC 4648 section 10 gives base64 of "foobar"; here with two octets more. */
    static const struct {
        enum cli_key_format format;
        const char *text;
        size_t key_len; /* 0: refused */
        const char *reason;
    } rows[] = {
        {CLI_KEY_HEX, "000102030405060708090a0b0c0d0e0f", 16, ""},
        {CLI_KEY_HEX, "000102030405060708090A0B0C0D0E0F", 16, ""},
        {CLI_KEY_HEX, "0001020304050607", 8, ""},
        {CLI_KEY_HEX, "00010203040506", 0, "7 octets: a key has 8 to 64"},
        {CLI_KEY_HEX, "", 0, "0 octets: a key has 8 to 64"},
        {CLI_KEY_HEX, "000102030405060", 0, "15 hex digits: a key has an even number of them"},
        {CLI_KEY_HEX, "0001_203", 0,
         "character 5 is no hex digit; if the file is not hex, say --psk-format base64 or raw"},
        {CLI_KEY_BASE64, "Zm9vYmFyMTI=", 8, ""},
        {CLI_KEY_BASE64, "Zm9vYmFyMTIz", 9, ""},
        {CLI_KEY_BASE64, "Zm9vYmFyMQ==", 0, "7 octets: a key has 8 to 64"},
        {CLI_KEY_BASE64, "Zm9vYmFyMTI", 0, "11 characters are no base64 of at most 64 octets"},
        {CLI_KEY_BASE64, "Zm9v=mFyMTI=", 0, "character 5 is not of base64"},
        {CLI_KEY_BASE64, "Zm9vYmFy====", 0, "character 9 is not of base64"},
        {CLI_KEY_RAW, "not hex!", 8, ""},
        {CLI_KEY_RAW, "0123456789", 0,
         "the file holds 10 hex digits, not raw octets: use --psk-format hex (a key that really is "
         "such text can be given as the hex of its octets)"},
        {CLI_KEY_BASE64, "000102030405060708090a0b0c0d0e0f", 0,
         "the file holds 32 hex digits, not base64: use --psk-format hex (a key that really is "
         "such text can be given as the hex of its octets)"},
        {CLI_KEY_RAW, "short", 0, "5 octets: a key has 8 to 64"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[PKI_PSK_MAX];
        size_t len = 0;
        char reason[256] = "";
        bool is_good = cli_key_decode((const uint8_t *)rows[i].text, strlen(rows[i].text),
                                      rows[i].format, key, &len, reason);
        assert_string_equal(reason, rows[i].reason);
        assert_int_equal(is_good, rows[i].key_len > 0);
        if (is_good) {
            assert_int_equal(len, rows[i].key_len);
        }
    }
}

static void test_key_octets(void **state)
{
    uint8_t key[PKI_PSK_MAX];
    size_t len = 0;
    char reason[256] = "";
    (void)state;
    assert_true(
        cli_key_decode((const uint8_t *)"Zm9vYmFyMTI=", 12, CLI_KEY_BASE64, key, &len, reason));
    assert_memory_equal(key, "foobar12", 8);
    assert_true(
        cli_key_decode((const uint8_t *)"ff00Ff00fF00ff00", 16, CLI_KEY_HEX, key, &len, reason));
    assert_memory_equal(key, "\xff\0\xff\0\xff\0\xff\0", 8);
}

/* One octet more than a key may have is refused in each form, and nothing is written past the key.
 */
static void test_key_too_long(void **state)
{
    uint8_t text[2 * PKI_PSK_MAX + 2];
    struct {
        uint8_t key[PKI_PSK_MAX];
        uint8_t guard[8];
    } out;
    size_t len = 0;
    char reason[256];
    (void)state;
    memset(&out, 0x5a, sizeof out);
    memset(text, 'a', sizeof text);
    assert_false(cli_key_decode(text, sizeof text, CLI_KEY_HEX, out.key, &len, reason));
    assert_string_equal(reason, "130 hex digits are more than 64 octets");
    assert_false(cli_key_decode(text, 88, CLI_KEY_BASE64, out.key, &len, reason));
    memset(text, 'x', sizeof text);
    assert_false(cli_key_decode(text, PKI_PSK_MAX + 1, CLI_KEY_RAW, out.key, &len, reason));
    assert_string_equal(reason, "more than 64 octets");
    for (size_t i = 0; i < sizeof out.guard; i++) {
        assert_int_equal(out.guard[i], 0x5a);
    }
}

static void test_key_format(void **state)
{
    enum cli_key_format format;
    (void)state;
    assert_true(cli_key_format(NULL, &format) && format == CLI_KEY_HEX);
    assert_true(cli_key_format("base64", &format) && format == CLI_KEY_BASE64);
    assert_true(cli_key_format("raw", &format) && format == CLI_KEY_RAW);
    assert_false(cli_key_format("", &format));
    assert_false(cli_key_format("HEX", &format));
}

static void test_safe(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *safe;
        bool is_text;
    } rows[] = {
        {"urn:dev:os:1", 12, "urn:dev:os:1", true},
        {"z\xc3\xbcrich", 7, "z\xc3\xbcrich", true},
        {"a\0b", 3, "a\\x00b", false},
        {"\x1b[2J", 4, "\\x1b[2J", false},
        {"\x7f", 1, "\\x7f", false},
        {"\xc2\x9b"
         "2J",
         4, "\\xc2\\x9b2J", false},                             /* C1 control */
        {"\xc0\x80", 2, "\\xc0\\x80", false},                   /* overlong */
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80", false},          /* surrogate */
        {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80", false}, /* beyond U+10FFFF */
        {"\xe2\x82", 2, "\\xe2\\x82", false},                   /* cut */
        {"\xf0\x9f\x94\x91", 4, "\xf0\x9f\x94\x91", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        assert_string_equal(cli_safe(rows[i].text, rows[i].len, out, sizeof out), rows[i].safe);
        assert_int_equal(cli_is_text(rows[i].text, rows[i].len), rows[i].is_text);
    }
    char out[6];
    assert_string_equal(cli_safe("ab\x01zz", 5, out, sizeof out), "ab");
}

static void test_time(void **state)
{
    char at[24], code[8];
    (void)state;
    assert_string_equal(cli_time(0, at), "-");
    assert_string_equal(cli_time(951782399, at), "2000-02-28 23:59:59Z");
    assert_string_equal(cli_time(INT64_MAX, at), "-");
    assert_string_equal(cli_code(0, code), "-");
    assert_string_equal(cli_code(0x44, code), "2.04");
    assert_string_equal(cli_code(0x8f, code), "4.15");
}

static void percentages_are_exact(void **state)
{
    static const struct {
        const char *text;
        uint32_t ppm; /* 0: refused */
    } rows[] = {
        {"5%", 50000}, {"0.25%", 2500}, {"100%", 1000000}, {"0.0001%", 1},   {"12.5%", 125000},
        {"", 0},       {"%", 0},        {"5", 0},          {"5 %", 0},       {"-5%", 0},
        {"0%", 0},     {"0.0%", 0},     {"101%", 0},       {"100.0001%", 0}, {".5%", 0},
        {"5.%", 0},    {"0.00001%", 0}, {"5%%", 0},        {"1.2.3%", 0},    {"99999999999%", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t ppm = 0;
        assert_int_equal(cli_percent(rows[i].text, &ppm), rows[i].ppm != 0);
        assert_int_equal(ppm, rows[i].ppm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentages_are_exact),
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_key_octets),
        cmocka_unit_test(test_key_too_long),
        cmocka_unit_test(test_key_format),
        cmocka_unit_test(test_safe),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
