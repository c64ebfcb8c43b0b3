#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include "bootstrap/policy/match.h"

#include <stdio.h>
#include <string.h>

/* ---- what a policy matches ---- */

static const char shown[] = "</>;lwm2m=1.1,</0/0>,</1>,</3/0>,</5/0>,</3303/1>";

/* Discover: not yet, answered, none but what is remembered, none and nothing remembered. */
enum when { BEFORE, AFTER, NEVER, UNKNOWN };

static const struct match_case {
    const char *match;
    enum when when;
    enum policy_fit fit;
    const char *reason;
} matches[] = {
    {"identity: 'exam*'", BEFORE, POLICY_FITS, ""},
    {"identity: other", BEFORE, POLICY_DIFFERS, "the identity does not fit"},
    {"endpoint: 'x*'", BEFORE, POLICY_DIFFERS, "the endpoint name does not fit"},
    {"transport: [coaps, coap]", BEFORE, POLICY_FITS, ""},
    {"transport: coap+tcp", BEFORE, POLICY_DIFFERS, "transport is coaps"},
    {"auth: x509", BEFORE, POLICY_DIFFERS, "auth is psk"},
    {"group: [a, pilot]", BEFORE, POLICY_FITS, ""},
    {"group: a", BEFORE, POLICY_DIFFERS, "group is 'pilot'"},
    {"attr.region: eu", BEFORE, POLICY_DIFFERS, "attr.region is not set"},
    {"share: 100%", BEFORE, POLICY_FITS, ""},
    {"share: 0%", BEFORE, POLICY_DIFFERS, "the device is not in the share"},
    {"version: '1.1'", BEFORE, POLICY_UNKNOWN, NULL},
    {"version: '1.1'", AFTER, POLICY_FITS, ""},
    {"version: ['1.0', '1.2']", AFTER, POLICY_DIFFERS, "version is 1.1"},
    {"version: '1.2'", NEVER, POLICY_FITS, ""}, /* remembered */
    {"version: '1.1'", NEVER, POLICY_DIFFERS, "version is 1.2"},
    {"version: '1.0'", UNKNOWN, POLICY_DIFFERS, "the version is not known"},
    {"lacks: /9", UNKNOWN, POLICY_DIFFERS, "it is not known whether the device has /9"},
    {"kind: zephyr", UNKNOWN, POLICY_DIFFERS, "the device is taken for no known client"},
    {"object: /5", BEFORE, POLICY_UNKNOWN, NULL},
    {"object: [/5, /3303/1]", AFTER, POLICY_FITS, ""},
    {"object: [/5, /3303/0]", AFTER, POLICY_DIFFERS, "the device does not show /3303/0"},
    {"object: /9", NEVER, POLICY_FITS, ""},
    {"object: /5", NEVER, POLICY_DIFFERS, "the device does not show /5"},
    {"lacks: /9", AFTER, POLICY_FITS, ""},
    {"lacks: [/9, /3]", AFTER, POLICY_DIFFERS, "the device shows /3"},
    {"lacks: /9", NEVER, POLICY_DIFFERS, "the device shows /9"},
    {"kind: wakaama", BEFORE, POLICY_UNKNOWN, NULL},
    {"kind: wakaama", NEVER, POLICY_FITS, ""},
    {"kind: zephyr", NEVER, POLICY_DIFFERS, "the device is taken for wakaama"},
    {"group: a, object: /5", BEFORE, POLICY_DIFFERS, "group is 'pilot'"},
};

static struct pki_memory remembered(void)
{
    struct pki_memory memory = {.version = LWM2M_VERSION(1, 2), .object_count = 1};
    memory.objects[0] = 9;
    snprintf(memory.kind, sizeof memory.kind, "wakaama");
    return memory;
}

static void test_match(void **state)
{
    (void)state;
    struct lwm2m_discover discover = policy_case_discover(shown);
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        char text[300];
        char reason[POLICY_REASON_MAX + 1];
        snprintf(text, sizeof text, "imprint: 1\npolicies: [{name: p, match: {%s}, hold: x}]\n",
                 matches[i].match);
        struct policy_set *set = policy_case_set(text);
        struct pki_device device;
        struct pki_memory memory = remembered();
        struct policy_subject subject =
            policy_case_subject(&device, matches[i].when == AFTER ? &discover : NULL);
        struct policy_view view;
        struct policy_misfit misfit;
        subject.transport = POLICY_COAPS;
        subject.memory = matches[i].when == NEVER ? &memory : NULL;
        snprintf(device.group, sizeof device.group, "pilot");
        memcpy(device.identity, "example", 7);
        device.identity_len = 7;
        subject.pct = matches[i].when == UNKNOWN ? LWM2M_FORMAT_NONE : subject.pct;
        policy_view_init(&view, &subject, matches[i].when >= NEVER, 0);
        enum policy_fit fit = policy_rule_fit(&view, policy_rule_at(set, 0), &misfit);
        policy_misfit_text(&view, &misfit, reason);
        if (fit != matches[i].fit ||
            (matches[i].reason != NULL && strcmp(reason, matches[i].reason) != 0)) {
            fail_msg("case %zu, %s: %d, %s", i, matches[i].match, (int)fit, reason);
        }
        policy_set_unref(set);
    }
    lwm2m_discover_clear(&discover);
}

static void test_order(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(
        "imprint: 1\n"
        "policies:\n"
        "  - {name: all, hold: x}\n"
        "  - {name: urgent, priority: 5, valid: {from: 2026-01-01, until: 2026-02-01}, hold: y}\n");
    static const struct {
        int64_t now_at;
        const char *policy;
    } times[] = {
        {1767225599, "all"}, {1767225600, "urgent"}, {1769903999, "urgent"}, {1769904000, "all"}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct pki_device device;
        struct policy_decision decision;
        struct policy_subject subject = policy_case_subject(&device, NULL);
        policy_decide(set, &subject, false, times[i].now_at, &decision);
        assert_string_equal(decision.policy, times[i].policy);
        assert_false(decision.is_open);
    }
    struct policy_report report = {0};
    policy_set_lint(set, 1769904000, &report);
    assert_int_equal(report.count, 1);
    assert_true(report.problems[0].is_warning);
    assert_string_equal(report.problems[0].text, "'urgent' counts no more: its validity ended");
    policy_report_clear(&report);
    policy_set_unref(set);
}

/* Of many devices as many as the share says; a larger share keeps those of the smaller. */
static void test_share(void **state)
{
    (void)state;
    unsigned count[2] = {0, 0};
    for (unsigned i = 0; i < 20000; i++) {
        char endpoint[40];
        snprintf(endpoint, sizeof endpoint, "urn:imei:%015u", i);
        bool small = policy_share_holds(endpoint, "move", 50000);
        bool large = policy_share_holds(endpoint, "move", 200000);
        assert_true(large || !small);
        count[0] += small;
        count[1] += large;
    }
    assert_in_range(count[0], 900, 1100);
    assert_in_range(count[1], 3800, 4200);
    assert_true(policy_share_holds("a", "b", 1000000));
    assert_false(policy_share_holds("a", "b", 0));
    /* The hash is a promise: docs/policy.md. FNV-1a and fmix64 over "urn:dev:1" 00 "move". */
    assert_false(policy_share_holds("urn:dev:1", "move", 560668));
    assert_true(policy_share_holds("urn:dev:1", "move", 560669));
}

/* ---- two stages ---- */

static const char staged[] = "imprint: 1\n"
                             "links: {slow: {}}\n"
                             "servers: {s: {id: 1, uri: 'coaps://x'}}\n"
                             "policies:\n"
                             "  - {name: firmware, match: {object: /5}, link: slow, deny: x}\n"
                             "  - {name: rest, servers: {s: {psk: {}}}, verify: never}\n"
                             "overlays:\n"
                             "  - {name: sensors, match: {object: /3303}, verify: always}\n";

static void decide(const char *text, const char *discovered, bool is_final,
                   struct policy_decision *decision)
{
    struct policy_set *set = policy_case_set(text);
    struct lwm2m_discover discover = {0};
    struct pki_device device;
    if (discovered != NULL) {
        discover = policy_case_discover(discovered);
    }
    struct policy_subject subject =
        policy_case_subject(&device, discovered != NULL ? &discover : NULL);
    policy_decide(set, &subject, is_final, 0, decision);
    lwm2m_discover_clear(&discover);
    policy_set_unref(set);
}

static void test_stages(void **state)
{
    (void)state;
    struct policy_decision decision;
    decide(staged, NULL, false, &decision);
    assert_true(decision.is_open && decision.has_link && decision.wants_discover);
    assert_int_equal(decision.verdict, POLICY_APPLY);
    decide(staged, "</5/0>", false, &decision);
    assert_false(decision.is_open);
    assert_int_equal(decision.verdict, POLICY_DENY);
    assert_int_equal(decision.overlay_count, 0);
    decide(staged, "</3303/0>", false, &decision);
    assert_string_equal(decision.policy, "rest");
    assert_int_equal(decision.overlay_count, 1);
    assert_int_equal(decision.verify, POLICY_VERIFY_ALWAYS);
    decide(staged, "</3/0>", false, &decision);
    assert_int_equal(decision.overlay_count, 0);
    assert_int_equal(decision.verify, POLICY_VERIFY_NEVER);
    decide(staged, NULL, true, &decision);
    assert_false(decision.is_open);
    assert_string_equal(decision.policy, "rest");
}

/* A policy that does not ask the device is decided at once. */
static void test_unasked(void **state)
{
    (void)state;
    struct policy_decision decision;
    decide("imprint: 1\n"
           "policies:\n"
           "  - {name: a, match: {object: /5}, client: {discover: false}, hold: x}\n"
           "  - {name: b, hold: y}\n",
           NULL, false, &decision);
    assert_false(decision.is_open);
    assert_string_equal(decision.policy, "b");
}

/* ---- overlays and rollouts ---- */

static const char campaign[] =
    "imprint: 1\n"
    "servers: {s: {id: 1, uri: 'coaps://x'}}\n"
    "policies:\n"
    "  - {name: base, servers: {s: {psk: {}}}}\n"
    "  - {name: named, match: {group: nobody}, servers: {s: {psk: {}}}}\n"
    "overlays:\n"
    "  - {name: pilots, match: {group: pilot}, pack: true}\n"
    "  - {name: move, rollout: {share: 5%, always: 'pil*', pause: {failed: 2%, of-last: 200}},\n"
    "     bootstrap-server: {uri: 'coaps://y'}}\n"
    "  - {name: freeze, match: {group: frozen}, hold: maintenance}\n";

static const struct rollout_case {
    const char *group;
    enum pki_rollout_state state; /* 0: never started */
    uint32_t share_ppm;
    bool took_part;
    bool is_in;
    const char *reason;
} rollouts[] = {
    {"pilot", 0, 0, false, false, "the rollout was not started"},
    {"pilot", 0, 0, true, false, "the rollout was not started"},
    {"pilot", PKI_ROLLOUT_RUNNING, 0, false, true, ""},
    {"other", PKI_ROLLOUT_RUNNING, 0, false, false,
     "the device is not in the share of the rollout"},
    {"other", PKI_ROLLOUT_RUNNING, 1000000, false, true, ""},
    {"other", PKI_ROLLOUT_RUNNING, 0, true, true, ""},
    {"pilot", PKI_ROLLOUT_PAUSED, 1000000, false, false, "the rollout is paused"},
    {"other", PKI_ROLLOUT_PAUSED, 1000000, true, true, ""},
    {"pilot", PKI_ROLLOUT_ABORTED, 1000000, true, false, "the rollout was aborted"},
};

struct told {
    struct policy_explanation all[8];
    size_t count;
};

static void keep_told(void *context, const struct policy_explanation *one)
{
    struct told *told = context;
    assert_true(told->count < 8);
    told->all[told->count++] = *one;
}

static void test_rollouts(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(campaign);
    for (size_t i = 0; i < sizeof rollouts / sizeof rollouts[0]; i++) {
        const struct rollout_case *one = &rollouts[i];
        struct pki_device device;
        struct pki_memory memory = {.rollout_count = one->took_part};
        struct pki_rollout rollout = {.state = one->state, .share_ppm = one->share_ppm};
        struct policy_subject subject = policy_case_subject(&device, NULL);
        struct policy_decision decision;
        struct told told = {.count = 0};
        snprintf(memory.rollouts[0], sizeof memory.rollouts[0], "move");
        snprintf(rollout.name, sizeof rollout.name, "move");
        snprintf(device.group, sizeof device.group, "%s", one->group);
        subject.memory = &memory;
        subject.rollouts = &rollout;
        subject.rollout_count = one->state != 0;
        policy_decide(set, &subject, false, 0, &decision);
        bool is_pilot = strcmp(one->group, "pilot") == 0;
        if (decision.rollout_count != one->is_in ||
            decision.overlay_count != (size_t)one->is_in + is_pilot ||
            decision.allows_pack != is_pilot) {
            fail_msg("case %zu: %zu overlays, %zu rollouts", i, decision.overlay_count,
                     decision.rollout_count);
        }
        policy_explain(set, &subject, 0, keep_told, &told);
        assert_int_equal(told.count, 5);
        assert_true(told.all[3].is_overlay);
        assert_string_equal(told.all[3].name, "move");
        assert_int_equal(told.all[3].is_applied, one->is_in);
        assert_string_equal(told.all[3].reason, one->reason);
    }
    policy_set_unref(set);
}

static void test_overlay_holds(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(campaign);
    struct pki_device device;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    struct policy_decision decision;
    snprintf(device.group, sizeof device.group, "frozen");
    snprintf(device.policy, sizeof device.policy, "named");
    policy_decide(set, &subject, false, 0, &decision);
    assert_int_equal(decision.verdict, POLICY_HOLD);
    assert_string_equal(decision.policy, "named");
    assert_string_equal(decision.reason, "maintenance");
    policy_set_unref(set);
}

static void test_explain(void **state)
{
    (void)state;
    struct policy_set *set =
        policy_case_set("imprint: 1\n"
                        "servers: {s: {id: 1, uri: 'coaps://x'}}\n"
                        "policies:\n"
                        "  - {name: a, match: {attr.region: eu}, hold: x}\n"
                        "  - {name: b, match: {auth: psk}, servers: {s: {psk: {}}}}\n"
                        "  - {name: c, match: {endpoint: 'urn:*'}, hold: y}\n");
    struct pki_device device;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    struct told told = {.count = 0};
    policy_explain(set, &subject, 0, keep_told, &told);
    assert_int_equal(told.count, 3);
    assert_string_equal(told.all[0].reason, "attr.region is not set");
    assert_int_equal(told.all[0].mark.line, 4);
    assert_true(told.all[1].is_applied && told.all[1].fits && !told.all[0].fits);
    assert_string_equal(told.all[2].reason, "an earlier policy is applied");
    snprintf(device.policy, sizeof device.policy, "a");
    told.count = 0;
    policy_explain(set, &subject, 0, keep_told, &told);
    assert_true(told.all[0].is_applied);
    assert_string_equal(told.all[0].reason, "the device's record names it");
    assert_string_equal(told.all[1].reason, "the device's record names another");
    policy_set_unref(set);
}

static void test_set_rollout(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(campaign);
    struct pki_rollout rollout;
    assert_string_equal(policy_set_rollout_name(set, 0), "move");
    assert_null(policy_set_rollout_name(set, 1));
    assert_false(policy_set_rollout(set, "pilots", &rollout));
    assert_true(policy_set_rollout(set, "move", &rollout));
    assert_string_equal(rollout.name, "move");
    assert_int_equal(rollout.share_ppm, 50000);
    assert_int_equal(rollout.pause_ppm, 20000);
    assert_int_equal(rollout.pause_of, 200);
    policy_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),         cmocka_unit_test(test_order),
        cmocka_unit_test(test_share),         cmocka_unit_test(test_stages),
        cmocka_unit_test(test_unasked),       cmocka_unit_test(test_rollouts),
        cmocka_unit_test(test_overlay_holds), cmocka_unit_test(test_explain),
        cmocka_unit_test(test_set_rollout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
