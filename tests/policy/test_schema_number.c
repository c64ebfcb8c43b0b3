#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/base64.h"
#include "bootstrap/policy/schema_number.h"

#include <string.h>

static const struct number_case {
    enum policy_schema_type type;
    const char *text;
    int64_t value;
    const char *shown; /* NULL: not a number */
} numbers[] = {
    {SCHEMA_SECONDS, "30s", 30, "30s"},
    {SCHEMA_SECONDS, "90s", 90, "90s"},
    {SCHEMA_SECONDS, "120s", 120, "2m"},
    {SCHEMA_SECONDS, "7d", 604800, "1w"},
    {SCHEMA_SECONDS, "0", 0, "0s"},
    {SCHEMA_SECONDS, "0s", 0, "0s"},
    {SCHEMA_SECONDS, "30", 0, NULL},
    {SCHEMA_SECONDS, "30ms", 0, NULL},
    {SCHEMA_SECONDS, "s", 0, NULL},
    {SCHEMA_SECONDS, "", 0, NULL},
    {SCHEMA_SECONDS, "30 s", 0, NULL},
    {SCHEMA_SECONDS, "9223372036854775808s", 0, NULL},
    {SCHEMA_MILLISECONDS, "1500ms", 1500, "1500ms"},
    {SCHEMA_MILLISECONDS, "2s", 2000, "2s"},
    {SCHEMA_MILLISECONDS, "2h", 7200000, "2h"},
    {SCHEMA_BYTES, "512", 512, "512B"},
    {SCHEMA_BYTES, "4KiB", 4096, "4KiB"},
    {SCHEMA_BYTES, "1TiB", INT64_C(1) << 40, "1TiB"},
    {SCHEMA_BYTES, "9999999TiB", 0, NULL},
    {SCHEMA_PERCENT, "5%", 50000, "5%"},
    {SCHEMA_PERCENT, "0.25%", 2500, "0.25%"},
    {SCHEMA_PERCENT, "100.0%", 1000000, "100%"},
    {SCHEMA_PERCENT, "0.0001%", 1, "0.0001%"},
    {SCHEMA_PERCENT, "0%", 0, "0%"},
    {SCHEMA_PERCENT, "0.00001%", 0, NULL},
    {SCHEMA_PERCENT, "5", 0, NULL},
    {SCHEMA_PERCENT, "5.%", 0, NULL},
    {SCHEMA_PERCENT, ".5%", 0, NULL},
    {SCHEMA_PERCENT, "-5%", 0, NULL},
    {SCHEMA_PERCENT, "", 0, NULL},
    {SCHEMA_DATE, "1970-01-01", 0, "1970-01-01"},
    {SCHEMA_DATE, "2000-02-29", 951782400, "2000-02-29"},
    {SCHEMA_DATE, "2026-12-01", 1796083200, "2026-12-01"},
    {SCHEMA_DATE, "2026-12-01T06:30:05Z", 1796106605, "2026-12-01T06:30:05Z"},
    {SCHEMA_DATE, "2026-12-01T00:30:00+01:00", 1796081400, "2026-11-30T23:30:00Z"},
    {SCHEMA_DATE, "2026-12-01t00:00:00-00:30", 1796085000, "2026-12-01T00:30:00Z"},
    {SCHEMA_DATE, "9999-12-31", INT64_C(253402214400), "9999-12-31"},
    {SCHEMA_DATE, "2100-02-29", 0, NULL},
    {SCHEMA_DATE, "2026-13-01", 0, NULL},
    {SCHEMA_DATE, "2026-00-01", 0, NULL},
    {SCHEMA_DATE, "2026-04-31", 0, NULL},
    {SCHEMA_DATE, "1969-12-31", 0, NULL},
    {SCHEMA_DATE, "1970-01-01T00:00:00+01:00", 0, NULL},
    {SCHEMA_DATE, "2026-12-01T", 0, NULL},
    {SCHEMA_DATE, "2026-12-01T24:00:00Z", 0, NULL},
    {SCHEMA_DATE, "2026-12-01T06:30:05", 0, NULL},
    {SCHEMA_DATE, "2026-12-01 06:30:05Z", 0, NULL},
    {SCHEMA_DATE, "2026-12-01T06:30:05+25:00", 0, NULL},
    {SCHEMA_DATE, "26-12-01", 0, NULL},
    {SCHEMA_DATE, "", 0, NULL},
    {SCHEMA_INTEGER, "-5", -5, "-5"},
    {SCHEMA_INTEGER, "9223372036854775807", INT64_MAX, "9223372036854775807"},
    {SCHEMA_INTEGER, "5x", 0, NULL},
    {SCHEMA_INTEGER, "0x", 0, NULL},
    {SCHEMA_INTEGER, "+5", 0, NULL},
    {SCHEMA_INTEGER, "-", 0, NULL},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t value = 0;
        char shown[40] = "";
        const char *wrong = policy_schema_number_parse(numbers[i].type, numbers[i].text,
                                                       strlen(numbers[i].text), &value);
        if ((wrong == NULL) != (numbers[i].shown != NULL)) {
            fail_msg("\"%s\": %s", numbers[i].text, wrong != NULL ? wrong : "good");
        }
        if (wrong == NULL) {
            assert_true(value == numbers[i].value);
            policy_schema_number_text(numbers[i].type, value, shown, sizeof shown);
            assert_string_equal(shown, numbers[i].shown);
        }
    }
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *octets; /* NULL: it is none */
    } cases[] = {
        /* RFC 4648 section 10 */
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9v YmFy\r\n", "foobar"},
        {"Zg", "f"},
        {"_-8", "\xff\xef"},
        {"/+8=", "\xff\xef"},
        {"Z", NULL},
        {"Zh==", NULL},
        {"Zg=", NULL},
        {"Z=g=", NULL},
        {"====", NULL},
        {"Zm9v*", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[20];
        size_t len = 0;
        bool is_good = policy_base64_decode(cases[i].text, strlen(cases[i].text), out, &len);
        if (is_good != (cases[i].octets != NULL)) {
            fail_msg("\"%s\"", cases[i].text);
        }
        if (is_good) {
            assert_int_equal(len, strlen(cases[i].octets));
            assert_memory_equal(out, cases[i].octets, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
