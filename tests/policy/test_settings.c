#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_defaults(const struct policy_settings *settings)
{
    assert_int_equal(settings->listen_count, 2);
    assert_string_equal(settings->listen[0], "coaps://[::]:5684");
    assert_string_equal(settings->listen[1], "coaps://0.0.0.0:5684");
    assert_false(settings->allow_plain_secrets);
    assert_int_equal(settings->workers, 1);
    assert_string_equal(settings->policies, "policies");
    assert_null(settings->objects);
    assert_int_equal(settings->sessions_max, 100000);
    assert_int_equal(settings->handshake_ms, 60000);
    assert_int_equal(settings->handshake_fail_ms, 2000);
    assert_int_equal(settings->idle_ms, 300000);
    assert_int_equal(settings->link.ack_timeout_ms, 2000);
    assert_int_equal(settings->link.max_retransmit, 4);
    assert_int_equal(settings->link.block_bytes, 512);
    assert_int_equal(settings->link.budget_ms, 80000);
    assert_int_equal(settings->drain_ms, 90000);
    assert_false(settings->log_json);
    assert_int_equal(settings->log_level, 2);
    assert_int_equal(settings->control_mode, 0600);
    assert_int_equal(settings->map_bytes, 0);
}

static void test_defaults(void **state)
{
    (void)state;
    struct policy_settings settings;
    struct policy_report report = {0};
    policy_settings_default(&settings);
    assert_defaults(&settings);
    assert_true(policy_settings_load("/nonexistent/imprintd.yaml", &settings, &report));
    assert_defaults(&settings);
    policy_settings_clear(&settings);
}

static const char all[] = "imprintd: 1\n"
                          "listen: [coaps://127.0.0.1:5684, 'coap://[::1]:5683']\n"
                          "allow-plain-secrets: true\n"
                          "workers: 4\n"
                          "policies: /etc/imprint/policies\n"
                          "objects: /etc/imprint/objects\n"
                          "sessions: 5\n"
                          "handshake-timeout: 10s\n"
                          "handshake-failure-timeout: 500ms\n"
                          "idle-timeout: 1m\n"
                          "link: {ack-timeout: 1s, max-retransmit: 6, block: 64, budget: 60s}\n"
                          "drain: 0\n"
                          "log: {format: json, level: debug}\n"
                          "control-mode: 0660\n"
                          "map: 2GiB\n";

static void test_every_key(void **state)
{
    (void)state;
    struct policy_settings settings;
    struct policy_report report = {0};
    policy_settings_default(&settings);
    assert_true(policy_settings_load_text("s.yaml", all, strlen(all), &settings, &report));
    assert_int_equal(settings.listen_count, 2);
    assert_string_equal(settings.listen[1], "coap://[::1]:5683");
    assert_true(settings.allow_plain_secrets && settings.log_json);
    assert_int_equal(settings.workers, 4);
    assert_string_equal(settings.policies, "/etc/imprint/policies");
    assert_string_equal(settings.objects, "/etc/imprint/objects");
    assert_int_equal(settings.sessions_max, 5);
    assert_int_equal(settings.handshake_ms, 10000);
    assert_int_equal(settings.handshake_fail_ms, 500);
    assert_int_equal(settings.idle_ms, 60000);
    assert_int_equal(settings.link.max_retransmit, 6);
    assert_int_equal(settings.link.block_bytes, 64);
    assert_int_equal(settings.drain_ms, 0);
    assert_int_equal(settings.log_level, 3);
    assert_int_equal(settings.control_mode, 0660);
    assert_true(settings.map_bytes == UINT64_C(2) << 30);
    policy_settings_clear(&settings);
}

static const struct settings_case {
    const char *text;
    const char *problem;
} bad_cases[] = {
    {"listen: [http://x]\n", "s.yaml:1:9: error: listen: 'http://x' must begin with coaps://"},
    {"listen: coaps+tcp://x:5684/p\n", "has no path"},
    {"listen: coaps://x/path\n", "a listener has no path"},
    {"listen: []\n", "the list is empty"},
    {"listen: [coap://a, coap://a, coap://a, coap://a, coap://a, coap://a, coap://a, coap://a, "
     "coap://a]\n",
     "at most 8 listeners"},
    {"workers: 0\n", "s.yaml:1:10: error: workers: '0' is outside 1 to 64"},
    {"workers: 65\n", "is outside"},
    {"sessions: 10000001\n", "is outside 1 to 10000000"},
    {"handshake-timeout: 999ms\n", "is outside 1s to 10m"},
    {"handshake-failure-timeout: 99ms\n", "is outside 100ms to 1m"},
    {"idle-timeout: 25h\n", "is outside 1s to 1d"},
    {"drain: 61m\n", "is outside 0ms to 1h"},
    {"link: {block: 100}\n", "is not one of 16"},
    {"link: 5\n", "'link' must be a map"},
    {"log: {level: warn}\n", "is not one of error, warning, info, debug"},
    {"log: {format: xml}\n", "is not one of text, json"},
    {"control-mode: 0666\n", "did you mean '0660'?"},
    {"map: 1023KiB\n", "is outside 1MiB to 64TiB"},
    {"map: 1GB\n", "must be a size"},
    {"policies: ''\n", "a text of 0 octets"},
    {"imprintd: 2\n", "is outside 1 to 1"},
    {"metrics: 1\n", "'metrics' is not supported by this version"},
    {"worker: 1\n", "did you mean 'workers'?"},
    {"- listen\n", "must be a map"},
    {"workers: 1\n---\nworkers: 2\n", "a second document"},
};

/* On an error nothing changes. */
static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        struct policy_settings settings;
        struct policy_report report = {0};
        char line[600] = "";
        policy_settings_default(&settings);
        bool is_loaded = policy_settings_load_text("s.yaml", bad_cases[i].text,
                                                   strlen(bad_cases[i].text), &settings, &report);
        if (report.count > 0) {
            policy_report_line(&report, 0, line, sizeof line);
        }
        if (is_loaded || strstr(line, bad_cases[i].problem) == NULL) {
            fail_msg("%s gives \"%s\"", bad_cases[i].text, line);
        }
        assert_defaults(&settings);
        policy_settings_clear(&settings);
        policy_report_clear(&report);
    }
}

static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/imprint-settings-XXXXXX";
    struct policy_settings settings;
    struct policy_report report = {0};
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "workers: 3\n", 11), 11);
    assert_int_equal(close(file), 0);
    policy_settings_default(&settings);
    assert_true(policy_settings_load(path, &settings, &report));
    assert_int_equal(settings.workers, 3);
    assert_int_equal(unlink(path), 0);
    assert_false(policy_settings_load("/", &settings, &report));
    assert_non_null(strstr(report.problems[0].text, "cannot be read"));
    assert_int_equal(settings.workers, 3);
    policy_report_clear(&report);
    policy_settings_clear(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
