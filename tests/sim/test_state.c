/* What a device keeps from run to run, and the key file: written, read back, refused when wrong. */
#include "tools/sim/state.h"

#include "bootstrap/coap/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sim_device.h"
#include "tools/sim/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/imprint-sim-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
    struct sim_device *other = test_device(LWM2M_VERSION(1, 1), 7);
    struct stat status;
    char fault[SIM_FAULT_MAX + 1];
    char before[2048];
    bool is_there = true;
    assert_true(sim_state_load(path, other, &is_there, fault));
    assert_false(is_there);
    assert_int_equal(sim_device_bootstrap_instance(other), 7);
    assert_int_equal(test_device_write(device, "/0/1", TEST_SECURITY), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/1/9", ""), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/2/0", "/2/0/0 i 3; /2/0/2/1 i 15; /2/0/2/7 i 1"),
                     CC_CHANGED);
    snprintf(before, sizeof before, "%s", test_device_text(device, "/"));
    assert_true(sim_state_save(path, device, fault));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(sim_state_load(path, other, &is_there, fault));
    assert_true(is_there);
    assert_string_equal(test_device_text(other, "/"), before);
    sim_device_free(other);
    sim_device_free(device);
}

static void test_wrong_state(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "{\"imprint_sim_state\":2}",
        "{\"imprint_sim_state\":1,\"objects\":[{\"id\":1}]}",
        "{\"imprint_sim_state\":1,\"objects\":[{\"id\":70000,\"tlv\":\"\"}]}",
        "{\"imprint_sim_state\":1,\"objects\":[{\"id\":1,\"tlv\":\"0\"}]}",
        "{\"imprint_sim_state\":1,\"objects\":[{\"id\":1,\"tlv\":\"08ff\"}]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 7);
        char fault[SIM_FAULT_MAX + 1] = "";
        bool is_there;
        write_text(wrong[i]);
        assert_false(sim_state_load(path, device, &is_there, fault));
        assert_memory_equal(fault, path, strlen(path));
        assert_int_equal(sim_device_bootstrap_instance(device), 7);
        sim_device_free(device);
    }
}

static void test_key_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len; /* 0 = refused */
    } keys[] = {{"00ff\n", 2}, {"  00FF10  \n", 3}, {"", 0}, {"0", 0}, {"zz", 0}, {"\n", 0}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct sim_credentials credentials;
        char fault[256] = "";
        write_text(keys[i].text);
        assert_int_equal(chmod(path, 0600), 0);
        bool is_ok = sim_credentials_key("me", path, &credentials, fault, sizeof fault);
        assert_int_equal(is_ok, keys[i].len > 0);
        assert_int_equal(credentials.key_len, keys[i].len);
        assert_int_equal(credentials.identity_len, is_ok ? 2 : 0);
        assert_false(credentials.is_open);
        if (!is_ok) {
            assert_null(strstr(fault, "zz"));
        }
        sim_credentials_clear(&credentials);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_state, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
