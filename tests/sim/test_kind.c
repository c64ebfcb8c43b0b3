/*
 * The profiles that play a known client show it as the server knows it: what each answers to
 * Discover, before and after a Server Account is written, is recognised as its row.
 */
#include "bootstrap/policy/quirk.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sim_device.h"
#include "tools/sim/discover.h"

#include <stdlib.h>

static const struct {
    const char *profile;
    uint16_t version;
    uint16_t pct;
    const char *kind;
} rows[] = {
    {"anjay-3", LWM2M_VERSION(1, 2), LWM2M_FORMAT_SENML_CBOR, "anjay-1.2"},
    {"anjay-3", LWM2M_VERSION(1, 1), LWM2M_FORMAT_SENML_CBOR, "anjay-1.1"},
    {"anjay-2", LWM2M_VERSION(1, 0), LWM2M_FORMAT_NONE, "anjay-1.0"},
    {"wakaama", LWM2M_VERSION(1, 1), LWM2M_FORMAT_SENML_JSON, "wakaama"},
    {"leshan", LWM2M_VERSION(1, 1), LWM2M_FORMAT_SENML_CBOR, "leshan"},
    {"leshan", LWM2M_VERSION(1, 1), LWM2M_FORMAT_NONE, "leshan-1.0"},
    {"zephyr", LWM2M_VERSION(1, 0), LWM2M_FORMAT_NONE, "zephyr"},
};

static void assert_kind(const struct sim_device *device, uint16_t pct, const char *kind)
{
    struct lwm2m_discover discover = {0};
    char *text = NULL;
    size_t len = 0;
    assert_true(sim_discover(device, lwm2m_path_of(0, 0, 0, 0, 0), &text, &len));
    print_message("%s: %.*s\n", kind, (int)len, text);
    assert_int_equal(lwm2m_discover_parse(text, len, &discover), LWM2M_OK);
    const struct policy_traits traits = {.pct = pct, .discover = &discover};
    const struct policy_quirk *quirk = policy_quirk_of(&traits);
    assert_non_null(quirk);
    assert_string_equal(quirk->name, kind);
    lwm2m_discover_clear(&discover);
    free(text);
}

static void profiles_are_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_profile profile = {0};
        char fault[SIM_FAULT_MAX + 1];
        const struct sim_profile_row *row = sim_profile_by_name(rows[i].profile);
        assert_non_null(row);
        assert_true(sim_profile_apply(&profile, row->behaviours, fault));
        const struct sim_factory factory = {.version = rows[i].version,
                                            .profile = &profile,
                                            .server_uri = "coaps://bs.example",
                                            .identity = (const uint8_t *)"device",
                                            .identity_len = 6,
                                            .key = (const uint8_t *)"0123456789abcdef",
                                            .key_len = 16};
        struct sim_device *device = sim_device_new(&factory);
        assert_non_null(device);
        assert_kind(device, rows[i].pct, rows[i].kind);
        (void)test_device_write(device, "/0/1", TEST_SECURITY);
        (void)test_device_write(device, "/1/0", TEST_SERVER);
        assert_kind(device, rows[i].pct, rows[i].kind);
        sim_device_free(device);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(profiles_are_recognised)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
