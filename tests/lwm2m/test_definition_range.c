/* Ranges of object definitions: every form of the registry's files, and prose, which is none. */
#include "bootstrap/lwm2m/definition_xml.h"
#include "tests/support/cmocka_all.h"

static const struct {
    enum lwm2m_type type;
    const char *text;
    bool has_range;
    int64_t min, max, step;
    size_t values;
} whole_rows[] = {
    {LWM2M_INTEGER, "0..255", true, 0, 255, 0, 0},
    {LWM2M_INTEGER, "0-65535", true, 0, 65535, 0, 0},
    {LWM2M_INTEGER, "1 to 65534", true, 1, 65534, 0, 0},
    {LWM2M_INTEGER, " 0 .. 255 ", true, 0, 255, 0, 0},
    {LWM2M_INTEGER, "0...255", true, 0, 255, 0, 0},
    {LWM2M_INTEGER,
     "0\xe2\x80\x93"
     "10",
     true, 0, 10, 0, 0},
    {LWM2M_INTEGER, "-10..100", true, -10, 100, 0, 0},
    {LWM2M_INTEGER, "-10 - -5", true, -10, -5, 0, 0},
    {LWM2M_INTEGER, "[0..7]", true, 0, 7, 0, 0},
    {LWM2M_INTEGER, "(1-9) s", true, 1, 9, 0, 0},
    {LWM2M_INTEGER, "0..100 %", true, 0, 100, 0, 0},
    {LWM2M_INTEGER, "0x00..0xFF", true, 0, 255, 0, 0},
    {LWM2M_UNSIGNED, "0..4294967295", true, 0, 4294967295, 0, 0},
    {LWM2M_TIME, "0..1000", true, 0, 1000, 0, 0},
    {LWM2M_FLOAT, "0..1 s", true, 0, 1, 0, 0},
    {LWM2M_FLOAT, "-180..180", true, -180, 180, 0, 0},
    {LWM2M_STRING, "0..255 bytes", true, 0, 255, 0, 0},
    {LWM2M_STRING, "0-255 bytes", true, 0, 255, 0, 0},
    {LWM2M_OPAQUE, "6", true, 6, 6, 0, 0},
    {LWM2M_OPAQUE, "6 bytes", true, 6, 6, 0, 0},
    {LWM2M_OPAQUE, "16,32,48", true, 16, 48, 16, 0},
    {LWM2M_OPAQUE, "16-32-48 bytes", true, 16, 48, 16, 0},
    {LWM2M_INTEGER, "0,1,2,3", true, 0, 3, 0, 0},
    {LWM2M_INTEGER, "1, 4, 16", true, 1, 16, 0, 3},
    {LWM2M_INTEGER, "-4,-2,9", true, -4, 9, 0, 3},
    /* no range */
    {LWM2M_INTEGER, "", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "16-bit", false, 0, 0, 0, 0},
    {LWM2M_OPAQUE, "16-bit", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "6", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0..255..300", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "255..0", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "3,2,1", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "1,1,1", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0.5..1", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0..", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "..5", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0x..0xg", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0..1 or more than that", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0: off, 1: on", false, 0, 0, 0, 0},
    {LWM2M_UNSIGNED, "0..18446744073709551615", false, 0, 0, 0, 0},
    {LWM2M_INTEGER, "0..99999999999999999999999999999999999999999999999999", false, 0, 0, 0, 0},
    {LWM2M_STRING, "-5..5", false, 0, 0, 0, 0},
    {LWM2M_STRING, "The possible values are those listed in the LwM2M Core Specification", false, 0,
     0, 0, 0},
    {LWM2M_BOOLEAN, "0..1", false, 0, 0, 0, 0},
    {LWM2M_OBJLNK, "0..1", false, 0, 0, 0, 0},
    {LWM2M_NONE, "0..9", false, 0, 0, 0, 0},
};

static void ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof whole_rows / sizeof whole_rows[0]; i++) {
        struct lwm2m_resource resource = {.type = whole_rows[i].type};
        int64_t values[LWM2M_RANGE_VALUES_MAX];
        size_t count;
        print_message("%s\n", whole_rows[i].text);
        lwm2m_definition_range(whole_rows[i].text, &resource, values, &count);
        assert_int_equal(resource.has_range, whole_rows[i].has_range);
        assert_false(resource.has_real_range);
        assert_int_equal(resource.min, whole_rows[i].min);
        assert_int_equal(resource.max, whole_rows[i].max);
        assert_int_equal(resource.step, whole_rows[i].step);
        assert_int_equal(count, whole_rows[i].values);
    }
}

static const struct {
    const char *text;
    bool has_range;
    double min, max;
} real_rows[] = {
    {"-90.0..90.0", true, -90, 90},
    {"0.5-1", true, 0.5, 1},
    {"-273.15 to 1000 Cel", true, -273.15, 1000},
    {"1.5", false, 0, 0},
    {"1.5..0.5", false, 0, 0},
    {"1.5..two", false, 0, 0},
};

static void real_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real_rows / sizeof real_rows[0]; i++) {
        struct lwm2m_resource resource = {.type = LWM2M_FLOAT};
        int64_t values[LWM2M_RANGE_VALUES_MAX];
        size_t count;
        print_message("%s\n", real_rows[i].text);
        lwm2m_definition_range(real_rows[i].text, &resource, values, &count);
        assert_int_equal(resource.has_real_range, real_rows[i].has_range);
        assert_false(resource.has_range);
        assert_float_equal(resource.real_min, real_rows[i].min, 0.0001);
        assert_float_equal(resource.real_max, real_rows[i].max, 0.0001);
        assert_int_equal(count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(real_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
