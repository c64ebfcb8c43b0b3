#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include <stdio.h>
#include <string.h>

static const char text[] =
    "imprint: 1\n"
    "unmatched: deny\n"
    "links: {slow: {ack-timeout: 12s, max-retransmit: 2, block: 256, budget: 200s}}\n"
    "policies:\n"
    "  - {name: stolen, match: {group: stolen}, deny: reported stolen}\n"
    "  - {name: eu, match: {attr.region: ['eu*', uk], auth: psk}, link: slow, hold: eu waits}\n"
    "  - {name: two, match: {attr.region: 'us*', attr.vendor: acme}, hold: both}\n"
    "  - {name: names, match: {endpoint: ['urn:imei:*', 'test-?']}, hold: by name,\n"
    "     client: {discover: false}}\n"
    "  - {name: keys, match: {auth: [rpk, x509]}, hold: by key}\n";

static const struct decide_case {
    const char *endpoint, *group, *region, *vendor, *override;
    enum pki_auth auth;
    enum policy_verdict verdict;
    const char *policy, *reason;
} cases[] = {
    {"a", "stolen", "eu", "", "", PKI_AUTH_PSK, POLICY_DENY, "stolen", "reported stolen"},
    {"a", "", "eu-1", "", "", PKI_AUTH_PSK, POLICY_HOLD, "eu", "eu waits"},
    {"a", "", "uk", "", "", PKI_AUTH_PSK, POLICY_HOLD, "eu", "eu waits"},
    {"a", "", "ukx", "", "", PKI_AUTH_PSK, POLICY_DENY, "", "no policy matches"},
    {"a", "", "eu", "", "", PKI_AUTH_X509, POLICY_HOLD, "keys", "by key"},
    {"a", "", "us", "acme", "", PKI_AUTH_PSK, POLICY_HOLD, "two", "both"},
    {"a", "", "us", "other", "", PKI_AUTH_PSK, POLICY_DENY, "", "no policy matches"},
    {"a", "", "us", "", "", PKI_AUTH_PSK, POLICY_DENY, "", "no policy matches"},
    {"test-1", "", "", "", "", PKI_AUTH_NONE, POLICY_HOLD, "names", "by name"},
    {"test-12", "", "", "", "", PKI_AUTH_NONE, POLICY_DENY, "", "no policy matches"},
    {"urn:imei:", "", "", "", "", PKI_AUTH_RPK, POLICY_HOLD, "names", "by name"},
    {"a", "stolen", "", "", "keys", PKI_AUTH_PSK, POLICY_HOLD, "keys", "by key"},
    {"a", "", "", "", "gone", PKI_AUTH_PSK, POLICY_HOLD, "",
     "the device is set to policy 'gone', which does not exist"},
};

static void set_attribute(struct pki_device *device, const char *name, const char *value)
{
    if (*value != '\0') {
        struct pki_attribute *attribute = &device->attributes[device->attribute_count++];
        snprintf(attribute->name, sizeof attribute->name, "%s", name);
        snprintf(attribute->value, sizeof attribute->value, "%s", value);
    }
}

static void test_first_match(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pki_device device;
        struct policy_decision decision;
        struct policy_subject subject = policy_case_subject(&device, NULL);
        subject.endpoint = cases[i].endpoint;
        subject.auth = cases[i].auth;
        snprintf(device.group, sizeof device.group, "%s", cases[i].group);
        snprintf(device.policy, sizeof device.policy, "%s", cases[i].override);
        set_attribute(&device, "region", cases[i].region);
        set_attribute(&device, "vendor", cases[i].vendor);
        policy_decide(set, &subject, true, 0, &decision);
        assert_int_equal(decision.verdict, cases[i].verdict);
        assert_string_equal(decision.policy, cases[i].policy);
        assert_string_equal(decision.reason, cases[i].reason);
        assert_int_equal(decision.rule == SIZE_MAX, cases[i].policy[0] == '\0');
    }
    policy_set_unref(set);
}

static void test_link(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct pki_device device;
    struct policy_decision decision;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    set_attribute(&device, "region", "eu");
    policy_decide(set, &subject, true, 0, &decision);
    assert_true(decision.has_link && decision.wants_discover);
    assert_int_equal(decision.link.ack_timeout_ms, 12000);
    assert_int_equal(decision.link.max_retransmit, 2);
    assert_int_equal(decision.link.block_bytes, 256);
    assert_int_equal(decision.link.budget_ms, 200000);
    subject.endpoint = "test-1";
    device.attribute_count = 0;
    policy_decide(set, &subject, true, 0, &decision);
    assert_false(decision.has_link || decision.wants_discover);
    assert_int_equal(decision.link.ack_timeout_ms, 2000);
    assert_int_equal(decision.link.max_retransmit, 4);
    assert_int_equal(decision.link.block_bytes, 512);
    assert_int_equal(decision.link.budget_ms, 80000);
    policy_set_unref(set);
}

static void test_without_record(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct policy_decision decision;
    struct policy_subject subject = {.endpoint = "test-1", .pct = LWM2M_FORMAT_NONE};
    policy_decide(set, &subject, true, 0, &decision);
    assert_string_equal(decision.policy, "names");
    subject.endpoint = "a";
    policy_decide(set, &subject, true, 0, &decision);
    assert_int_equal(decision.verdict, POLICY_DENY);
    policy_set_unref(set);
}

static void test_disabled(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct pki_device device;
    struct policy_decision decision;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    set_attribute(&device, "region", "eu");
    device.disabled_at = 1;
    policy_decide(set, &subject, true, 2, &decision);
    assert_int_equal(decision.verdict, POLICY_DENY);
    assert_string_equal(decision.reason, "the device is disabled");
    policy_set_unref(set);
}

static void test_unmatched_default(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set("imprint: 1\n");
    struct pki_device device;
    struct policy_decision decision;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    policy_decide(set, &subject, true, 0, &decision);
    assert_int_equal(decision.verdict, POLICY_HOLD);
    assert_int_equal(decision.rule, SIZE_MAX);
    policy_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_match),       cmocka_unit_test(test_link),
        cmocka_unit_test(test_without_record),    cmocka_unit_test(test_disabled),
        cmocka_unit_test(test_unmatched_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
