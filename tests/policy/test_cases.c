#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/cases.h"
#include "tests/support/policy_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char policies[] =
    "imprint: 1\n"
    "servers: {main: {id: 101, uri: \"coaps://a.example\", lifetime: 1d}}\n"
    "policies:\n"
    "  - name: meters\n"
    "    match: {group: meters}\n"
    "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
    "unmatched: hold\n";

static struct policy_cases *load(const char *text, struct policy_report *report)
{
    return policy_cases_load_text("x.cases.yaml", text, strlen(text), report);
}

/* What the only case of TEXT makes of the policies above; the first problem into LINE. */
static bool run(const char *text, char *line, size_t capacity, char **diff)
{
    struct policy_report report = {0};
    struct policy_set *set = policy_case_set(policies);
    struct policy_cases *cases = load(text, &report);
    line[0] = '\0';
    if (cases == NULL) {
        policy_report_line(&report, 0, line, capacity);
        fail_msg("%s", line);
    }
    assert_int_equal(policy_cases_count(cases), 1);
    bool is_good = policy_cases_run(cases, 0, set, &report, diff);
    assert_int_equal(is_good, report.error_count == 0);
    if (!is_good) {
        policy_report_line(&report, 0, line, capacity);
    }
    policy_report_clear(&report);
    policy_cases_free(cases);
    policy_set_unref(set);
    return is_good;
}

#define DEVICE   "cases:\n- name: one\n  device: {endpoint: ep, group: meters}\n"
#define DISCOVER "  discover: '</>;lwm2m=1.1,</0/0>,</3/0>'\n"

static void cases_hold(void **state)
{
    static const char *const rows[] = {
        DEVICE "  expect: {verdict: apply, policy: meters, blind: true}\n",
        DEVICE DISCOVER "  expect: {verdict: apply, blind: false}\n",
        DEVICE DISCOVER "  pct: tlv\n  expect: {policy: meters}\n",
        "cases:\n- name: one\n  device: {group: others}\n  expect: {verdict: hold}\n",
        "cases:\n- name: one\n  device: {group: others}\n  expect: {reason: no policy}\n",
    };
    char line[512];
    char *diff;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!run(rows[i], line, sizeof line, &diff)) {
            fail_msg("row %zu: %s", i, line);
        }
        assert_null(diff);
    }
}

static void what_is_not_so_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {DEVICE "  expect: {verdict: hold}\n", "x.cases.yaml:4:3: error: the verdict is apply"},
        {DEVICE "  expect: {policy: other}\n", "x.cases.yaml:4:3: error: the policy is meters"},
        {DEVICE "  expect: {reason: nonsense}\n", "error: the reason is "},
        {DEVICE "  expect: {fails: nonsense}\n", "error: there is a plan, or no policy"},
        {DEVICE "  expect: {blind: false}\n", "error: blind is true"},
        {DEVICE "  expect: {unchanged: true}\n", "error: unchanged is false"},
        {DEVICE "  expect: {client: nobody}\n", "error: the client is "},
        {DEVICE "  expect: {overlays: [a]}\n", "error: the list of overlays is nothing"},
        {DEVICE "  expect: {rollouts: a}\n", "error: the list of rollouts is nothing"},
        {DEVICE "  expect: {note: a}\n", "error: the note is "},
        {DEVICE "  expect: {formats: json}\n", "error: the list of formats is "},
        {DEVICE "  discover: '<<'\n  expect: {}\n",
         "x.cases.yaml:2:3: error: 'discover' is no answer to Discover"},
        {DEVICE "  reads: {servers: '{'}\n  expect: {}\n",
         "'servers' is no answer to a Read of /1"},
        {"cases:\n- name: one\n  device: {group: others}\n  expect: {operations: [delete /0]}\n",
         "there is no plan, so no operation"},
        {"cases:\n- name: one\n  device: {group: others}\n  expect: {unchanged: true}\n",
         "the plan is nothing"},
        {"cases:\n- name: one\n  device: {group: others}\n  before: ''\n  expect: {}\n",
         "the bootstrap 'before' has no plan"},
    };
    char line[512];
    char *diff;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(run(rows[i].text, line, sizeof line, &diff));
        if (strstr(line, rows[i].expected) == NULL) {
            fail_msg("row %zu: %s", i, line);
        }
        free(diff);
    }
}

/* The plan's own operations, as a case writes them. */
static char *planned(void)
{
    char line[512];
    char *diff = NULL;
    assert_false(
        run(DEVICE DISCOVER "  expect: {operations: [delete /65534]}\n", line, sizeof line, &diff));
    assert_non_null(strstr(line, "x.cases.yaml:5:12: error: the operations are others"));
    assert_non_null(diff);
    return diff;
}

static void other_operations_are_told_line_by_line(void **state)
{
    char *diff = planned();
    (void)state;
    assert_non_null(strstr(diff, "- delete /65534\n"));
    assert_non_null(strstr(diff, "+ write /0/1\n"));
    assert_non_null(strstr(diff, "+ write /1/0\n"));
    free(diff);
}

/* A case of the operations that are planned, with VALUES in the Write of /0/1. */
static void case_of(const char *values, char *out, size_t capacity)
{
    char *diff = planned();
    size_t len = (size_t)snprintf(out, capacity, DEVICE DISCOVER "  expect:\n    operations:\n");
    for (const char *line = diff; *line != '\0'; line = strchr(line, '\n') + 1) {
        int words = (int)strcspn(line, "\n") - 2;
        bool has_values = strncmp(line, "+ write /0/1\n", 13) == 0;
        if (line[0] == '+') {
            len += (size_t)snprintf(out + len, capacity - len, "    - %.*s%s%s\n", words, line + 2,
                                    has_values ? ": " : "", has_values ? values : "");
        }
    }
    free(diff);
}

static void values_are_compared(void **state)
{
    static const struct {
        const char *values, *expected; /* NULL: as planned */
    } rows[] = {
        {"{0: \"coaps://a.example\", LwM2M Server URI: \"coaps://a.example\"}", NULL},
        {"{10: 101, Short Server ID: 101}", NULL},
        {"{5: 16 octets, 3: ep/101}", NULL},
        {"{5: 000102030405060708090a0b0c0d0e0f}", NULL},
        {"{5: \"base64:AAECAwQFBgcICQoLDA0ODw==\"}", NULL},
        {"{10: 102}", "/0/1/10 is 101"},
        {"{10: many}", "'10': the value must be a whole number"},
        {"{5: 17 octets}", "/0/1/5 is 16 octets"},
        {"{5: 00}", "/0/1/5 is 16 octets"},
        {"{0: elsewhere}", "/0/1/0 is 'coaps://a.example'"},
        {"{999: 1}", "'999' is no resource of /0"},
        {"{10/x: 1}", "'10/x' is no resource of /0"},
        {"{7: 1}", "/0/1/7 is not written"},
    };
    char text[2048], line[512];
    char *diff;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        case_of(rows[i].values, text, sizeof text);
        bool is_good = run(text, line, sizeof line, &diff);
        if (is_good != (rows[i].expected == NULL) ||
            (!is_good && strstr(line, rows[i].expected) == NULL)) {
            fail_msg("row %zu: %s", i, line);
        }
        assert_null(diff);
    }
}

static void wrong_files_are_told(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", "needs the key 'cases'"},
        {"cases: {}\n", "x.cases.yaml:1:8: error: "},
        {"cases:\n- device: {}\n  expect: {}\n", "needs the key 'name'"},
        {"cases:\n- name: a\n", "needs the key 'expect'"},
        {"cases:\n- name: a\n  expct: {}\n  expect: {}\n", "3:3: error: unknown key 'expct'"},
        {"cases:\n- name: a\n  expect: {verdict: maybe}\n", "3:21: error: "},
        {"cases:\n- name: a\n  now: tomorrow\n  expect: {}\n", "3:8: error: "},
        {"cases:\n- name: a\n  pct: text\n  expect: {}\n", "3:8: error: "},
        {"cases:\n- name: a\n  expect: {operations: [read /0]}\n", "3:25: error: an operation is"},
        {"cases:\n- name: a\n  expect: {operations: [delete 0]}\n", "an operation is"},
        {"cases:\n- name: a\n  expect: {operations: [{delete /0: {}}]}\n", "an operation is"},
        {"cases:\n- name: a\n  expect: {operations: [{write /0/1: 5}]}\n", "3:38: error: "},
        {"cases:\n- name: a\n  credentials: [{server: 0}]\n  expect: {}\n", "3:26: error: "},
        {"cases:\n- name: a\n  rollouts: {m: {share: 101%}}\n  expect: {}\n", "3:25: error: "},
        {"cases:\n- name: a\n  memory: {objects: /3/0}\n  expect: {}\n", "3:21: error: "},
    };
    char line[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_report report = {0};
        assert_null(load(rows[i].text, &report));
        policy_report_line(&report, 0, line, sizeof line);
        if (strstr(line, rows[i].expected) == NULL) {
            fail_msg("row %zu: %s", i, line);
        }
        policy_report_clear(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_hold),
        cmocka_unit_test(what_is_not_so_is_told_with_its_place),
        cmocka_unit_test(other_operations_are_told_line_by_line),
        cmocka_unit_test(values_are_compared),
        cmocka_unit_test(wrong_files_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
