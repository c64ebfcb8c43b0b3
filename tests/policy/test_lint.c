#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/policy.h"

#include <stdio.h>
#include <string.h>

#define SERVERS                                                                                    \
    "imprint: 1\n"                                                                                 \
    "servers: {s: {id: 1, uri: 'coaps://x'}, t: {id: 2, uri: 'coaps://y'}}\n"
#define RULES(a, b) SERVERS "policies:\n  - {name: a, " a "}\n  - {name: b, " b "}\n"
#define RULE(a)     SERVERS "policies:\n  - {name: a, " a "}\n"
#define KEYS        "servers: {s: {psk: {bytes: 16}}}"

static const struct lint_case {
    const char *text;
    const char *said; /* "": nothing at all */
} cases[] = {
    /* never reached */
    {RULES("match: {group: g}, hold: x", "match: {group: h}, hold: x"), ""},
    {RULES("match: {group: 'g*'}, hold: x", "match: {group: [g1, 'g2*']}, deny: y"),
     "p.yaml:5:5: warning: never reached: policy 'a' before it matches every device that it"},
    {RULES("match: {group: 'g?'}, hold: x", "match: {group: 'g*'}, hold: x"), ""},
    {RULES("match: {group: 'g*'}, hold: x", "match: {group: 'g?'}, hold: x"), "never reached"},
    {RULES("match: {group: g}, hold: x", "match: {group: [g, h]}, hold: x"), ""},
    {RULES("match: {auth: [psk, rpk]}, hold: x", "match: {auth: psk, group: g}, hold: x"),
     "never reached"},
    {RULES("match: {auth: psk}, hold: x", "match: {auth: [psk, rpk]}, hold: x"), ""},
    {RULES("match: {attr.a: 'x*'}, hold: x", "match: {attr.a: xy, attr.b: z}, hold: x"),
     "never reached"},
    {RULES("match: {attr.a: 'x*'}, hold: x", "match: {attr.b: xy}, hold: x"), ""},
    {RULES("match: {object: /5}, hold: x", "match: {object: [/3, /5]}, hold: x"), "never reached"},
    {RULES("match: {share: 50%}, hold: x", "match: {share: 50%}, hold: x"), ""},
    {RULES("valid: {until: 2030-01-01}, hold: x", "hold: x"), ""},
    {RULES("valid: {until: 2030-01-01}, hold: x", "valid: {until: 2029-01-01}, hold: x"),
     "never reached"},
    {RULES("valid: {from: 2030-01-01}, hold: x", "valid: {until: 2029-01-01}, hold: x"), ""},
    {RULES("hold: x", "match: {group: g}, priority: 1, hold: x"), ""},
    {RULES("priority: 1, hold: x", "match: {group: g}, hold: x"),
     "never reached: policy 'a' before it matches every device\n"},
    /* contradictions */
    {RULES("match: {group: g, auth: psk}, hold: x", "match: {auth: psk, group: g}, deny: x"),
     "p.yaml:5:5: error: policy 'b' contradicts policy 'a' at p.yaml:4: the same match, another"},
    {RULES("match: {group: g}, " KEYS, "match: {group: g}, hold: x"),
     "error: policy 'b' contradicts"},
    /* keys in the clear */
    {RULE("match: {transport: [coap, coaps]}, " KEYS), "its keys are sent in the clear"},
    {RULE("match: {auth: none}, " KEYS), "its keys are sent in the clear"},
    {RULE("match: {transport: coap}, hold: x"), ""},
    /* clients */
    {RULE("match: {kind: zephyr}, servers: {s: {psk: {bytes: 32}}}"),
     "bytes: zephyr takes no more than 16 octets"},
    {RULE("client: {kind: zephyr}, servers: {s: {psk: {identity: '01234567890123456'}}}"),
     "identity: zephyr takes no more than 16 octets"},
    {RULE("client: {kind: zephyr}, servers: {s: {psk: {}}, t: {psk: {}}}"),
     "2 servers: zephyr takes no more than 1 accounts"},
    /* the rest */
    {RULE("match: {object: /5}, client: {discover: false}, " KEYS), "and does not ask it"},
    {RULE("match: {share: 0%}, hold: x"), "'a' matches 0% of the devices"},
    {RULE("bootstrap-server: {uri: 'coaps://z'}, " KEYS), "moves every matching device at once"},
    {SERVERS "overlays: [{name: o, rollout: {always: g}}]\n", "a rollout without share"},
    {SERVERS "overlays: [{name: o, bootstrap-server: {uri: 'coaps://z'}}]\n", ""},
};

static void test_lint(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_report report = {0};
        char lines[2000] = "";
        size_t used = 0;
        policy_set_unref(
            policy_set_load_text("p.yaml", cases[i].text, strlen(cases[i].text), NULL, &report));
        for (size_t j = 0; j < report.count; j++) {
            char line[600];
            policy_report_line(&report, j, line, sizeof line);
            used += (size_t)snprintf(lines + used, sizeof lines - used, "%s\n", line);
        }
        bool is_wanted =
            cases[i].said[0] == '\0' ? report.count == 0 : strstr(lines, cases[i].said) != NULL;
        policy_report_clear(&report);
        if (!is_wanted) {
            fail_msg("case %zu:\n%ssays \"%s\"", i, cases[i].text, lines);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lint)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
