#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S INT64_C(86400)

static const char one_server[] = "imprint: 1\n"
                                 "servers:\n"
                                 "  main: {id: 101, uri: 'coaps://lwm2m.example', lifetime: 1d}\n"
                                 "policies:\n"
                                 "  - name: all\n"
                                 "    servers: {main: {psk: {}}}\n";

static struct pki_credential held_key(uint32_t serial)
{
    struct pki_credential held = {.device_id = 7,
                                  .server_id = 101,
                                  .serial = serial,
                                  .mode = PKI_MODE_PSK,
                                  .identity_len = strlen("urn:dev:os:example-1/101"),
                                  .secret_len = 16,
                                  .staged_at = POLICY_MADE_AT - 1,
                                  .active_at = POLICY_MADE_AT};
    memcpy(held.identity, "urn:dev:os:example-1/101", held.identity_len);
    memset(held.secret, 'k', 16);
    return held;
}

static void test_minted(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made, one_server, NULL);
    assert_int_equal(made.plan->minted_count, 1);
    struct pki_credential minted;
    policy_minted_credential(made.plan->minted, &minted);
    assert_int_equal(minted.server_id, 101);
    assert_int_equal(minted.mode, PKI_MODE_PSK);
    assert_int_equal(minted.identity_len, strlen("urn:dev:os:example-1/101"));
    assert_memory_equal(minted.identity, "urn:dev:os:example-1/101", minted.identity_len);
    assert_false(minted.is_stored);
    assert_int_equal(minted.secret_len, 16);
    assert_memory_equal(minted.secret, "@ABCDEFGHIJKLMNO", 16);
    assert_int_equal(minted.public_len, 0);
    minted.staged_at = POLICY_MADE_AT;
    assert_int_equal(pki_credential_check(&minted), PKI_OK);
    assert_int_equal(pki_credential_state(&minted), PKI_CREDENTIAL_STAGED);
    policy_made_clear(&made);
}

static void test_renewal(void **state)
{
    (void)state;
    static const struct renewal_case {
        const char *psk;
        int64_t age_s;
        bool is_minted;
    } cases[] = {
        {"{}", 400 * DAY_S, false},
        {"{renew: never}", 400 * DAY_S, false},
        {"{renew: always}", 1, true},
        {"{renew: 365d}", 365 * DAY_S - 1, false},
        {"{renew: 365d}", 365 * DAY_S, true},
        {"{renew: 365d}", -5, true}, /* a clock that went back */
        {"{bytes: 32}", 1, true},
        {"{identity: other}", 1, true},
        {"{identity: \"{endpoint}/101\"}", 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[400];
        struct pki_credential held = held_key(1);
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
                 "policies: [{name: p, servers: {main: {psk: %s}}}]\n",
                 cases[i].psk);
        policy_made_init(&made, text, NULL);
        made.subject.credentials = &held;
        made.subject.credential_count = 1;
        policy_made_again(&made, POLICY_MADE_AT + cases[i].age_s);
        assert_int_equal(made.plan->minted_count, cases[i].is_minted);
        const struct lwm2m_leaf *key = &policy_made_write(made.plan, "/0/1")->leaves[5];
        bool is_held = memcmp(key->value.as.bytes.data, held.secret, 16) == 0;
        assert_int_equal(is_held, !cases[i].is_minted);
        policy_made_clear(&made);
    }
}

/* Of several keys the newest that the device may hold counts; what was given up does not. */
static void test_which_key(void **state)
{
    (void)state;
    struct pki_credential held[5];
    for (uint32_t i = 0; i < 5; i++) {
        held[i] = held_key(i + 1);
        memset(held[i].secret, 'a' + (int)i, 16);
    }
    held[1].server_id = 9;
    held[2].active_at = 0;
    held[2].unconfirmed_at = POLICY_MADE_AT;
    held[3].active_at = 0;
    held[3].abandoned_at = POLICY_MADE_AT;
    held[4].active_at = 0; /* staged: never reached the device for sure */
    struct policy_made made;
    policy_made_init(&made, one_server, NULL);
    made.subject.credentials = held;
    made.subject.credential_count = 5;
    policy_made_again(&made, POLICY_MADE_AT + 1);
    assert_int_equal(made.plan->minted_count, 0);
    assert_int_equal(policy_made_write(made.plan, "/0/1")->leaves[5].value.as.bytes.data[0], 'c');
    policy_made_clear(&made);
}

static void test_stored(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made,
                     "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
                     "policies: [{name: p, servers: {main: {psk: stored}}}]\n",
                     NULL);
    assert_null(made.plan);
    assert_string_equal(made.reason, "no key is stored for server 'main' (id 101)");
    struct pki_credential held = held_key(1);
    held.is_stored = true;
    made.subject.credentials = &held;
    made.subject.credential_count = 1;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_non_null(made.plan);
    assert_int_equal(made.plan->minted_count, 0);
    policy_made_clear(&made);
}

/* ---- failures ---- */

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *psk;
        const char *reason;
    } cases[] = {
        {"coaps://{attr.region}.example", "{}",
         "uri of 'main': the device has no value for {attr.region}"},
        {"coaps://{group}.example", "{}", "uri of 'main': the device has no value for {group}"},
        {"coaps://x.example", "{identity: \"{attr.pin}\"}",
         "identity for 'main': the device has no value for {attr.pin}"},
        {"coaps://{endpoint}.example", "{}",
         "uri of 'main', filled in, has a port outside 1 to 65535"},
        {"coaps://x.example",
         "{identity: \"{endpoint}{endpoint}{endpoint}{endpoint}{endpoint}"
         "{endpoint}{endpoint}\"}",
         "identity for 'main': a filled-in text exceeds 128 octets"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[500];
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: '%s'}}\n"
                 "policies: [{name: p, servers: {main: {psk: %s}}}]\n",
                 cases[i].uri, cases[i].psk);
        policy_made_init(&made, text, NULL);
        assert_null(made.plan);
        assert_string_equal(made.reason, cases[i].reason);
        policy_made_clear(&made);
    }
}

/* What a device's attribute may make of a URI: a host, a port, a path where the policy has one; it
 * cannot end the host before the policy does. */
static void test_values_in_uris(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *value;
        const char *reason; /* NULL: fine */
    } cases[] = {
        {"coaps://{attr.region}.example", "north", NULL},
        {"coaps://{attr.region}", "north.example:5685", NULL},
        {"coaps://x.example/{attr.region}", "a/b?c", NULL},
        {"coaps://{attr.region}.example", "evil.example/", "changes its host"},
        {"coaps://{attr.region}.example/rd", "evil.example?", "changes its host"},
        {"coaps://{attr.region}.example", "evil.example:1/", "changes its host"},
        {"coaps://{attr.region}:5684", "evil.example/", "changes its host"},
        {"coaps://{attr.region}.example", "evil.example:1", "has a malformed port"},
        {"coaps://{attr.region}.example", "user@evil",
         "has an octet that may not stand in a host name"},
        {"coaps://{attr.region}.example", "evil.example#",
         "has an octet that may not stand in a URI"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[300];
        char reason[POLICY_REASON_MAX + 1];
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: '%s'}}\n"
                 "policies: [{name: p, servers: {main: {psk: {}}}}]\n",
                 cases[i].uri);
        policy_made_init(&made, text, NULL);
        snprintf(made.device.attributes[0].name, sizeof made.device.attributes[0].name, "region");
        snprintf(made.device.attributes[0].value, sizeof made.device.attributes[0].value, "%s",
                 cases[i].value);
        made.device.attribute_count = 1;
        policy_made_again(&made, POLICY_MADE_AT);
        snprintf(reason, sizeof reason, "uri of 'main', filled in, %s",
                 cases[i].reason != NULL ? cases[i].reason : "");
        assert_int_equal(made.plan != NULL, cases[i].reason == NULL);
        assert_string_equal(made.reason, cases[i].reason != NULL ? reason : "");
        policy_made_clear(&made);
    }
}

static void test_without_record(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made, one_server, NULL);
    made.subject.device = NULL;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_null(made.plan);
    assert_string_equal(made.reason, "a key cannot be minted for a device without a record");
    made.decision.verdict = POLICY_HOLD;
    uint8_t counter = 0;
    assert_null(policy_plan_new(made.set, &made.decision, &made.subject, POLICY_MADE_AT,
                                policy_case_random, &counter, made.reason));
    assert_string_equal(made.reason, "there is nothing to apply");
    policy_made_clear(&made);
}

static void test_identity_octets(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(
        &made,
        "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://{server}.example'}}\n"
        "policies: [{name: p, servers: {main: {psk: {identity: '{identity}.{serial}'}}}}]\n",
        NULL);
    const struct lwm2m_leaf *uri = &policy_made_write(made.plan, "/0/1")->leaves[0];
    assert_int_equal(uri->value.as.bytes.len, strlen("coaps://main.example"));
    assert_memory_equal(uri->value.as.bytes.data, "coaps://main.example",
                        strlen("coaps://main.example"));
    assert_memory_equal(made.plan->minted[0].identity, "factory.example-1", 17);
    made.device.identity[3] = '\0';
    policy_made_again(&made, POLICY_MADE_AT);
    assert_null(made.plan);
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minted),         cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_which_key),      cmocka_unit_test(test_stored),
        cmocka_unit_test(test_failures),       cmocka_unit_test(test_values_in_uris),
        cmocka_unit_test(test_without_record), cmocka_unit_test(test_identity_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
