#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <string.h>

/* The bootstrap account is written in place, once, last, and only where it is certain. */

#define POLICY(move, tail)                                                                         \
    "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'}}\n"                              \
    "policies: [{name: p, servers: {a: {psk: {}}}, bootstrap-server: {" move "}" tail "}]\n"

#define MOVED   "uri: 'coaps://bs2.example'"
#define RENEWED "uri: 'coaps://bs2.example', credential: {psk: {identity: '{endpoint}/bs2'}}"
#define SHOWN   "</>;lwm2m=1.1,</0/0>;uri=\"coaps://bs.example\",</1>"

static const struct move_case {
    const char *name;
    const char *text;
    const char *shown;
    const char *ops;    /* NULL: refused */
    const char *reason; /* a part of it */
} cases[] = {
    {"moved, the credential kept", POLICY(MOVED, ""), SHOWN, "W/0/1! W/1/0! W/0/0!", NULL},
    {"moved with a new credential", POLICY(RENEWED, ""), SHOWN, "W/0/1! W/1/0! W/0/0!", NULL},
    {"at another instance", POLICY(MOVED, ""), "</>;lwm2m=1.1,</0/7>,</1>", "W/0/0! W/1/0! W/0/7!",
     NULL},
    {"is there already", POLICY("uri: 'coaps://bs.example'", ""), SHOWN, "W/0/1! W/1/0!", NULL},
    {"a new credential at the old place", POLICY("credential: {psk: {identity: new}}", ""), SHOWN,
     "W/0/1! W/1/0! W/0/0!", NULL},
    {"a new credential by its usual name", POLICY("credential: {psk: {}}", ""), SHOWN,
     "W/0/1! W/1/0! W/0/0!", NULL},
    {"several without ssid", POLICY(MOVED, ""), "</0/0>,</0/1>,</1>", NULL, "shows several"},
    {"none shown", POLICY(MOVED, ""), "</0/0>;ssid=5,</1>", NULL, "shows none"},
    {"blind", POLICY(MOVED, ""), NULL, NULL, "no bootstrap-instance is given"},
    {"blind, told which", POLICY(MOVED, ", client: {bootstrap-instance: 3}"), NULL,
     "D/0! D/1! W/0/0! W/1/0! W/0/3!", NULL},
    {"URI not known", POLICY("credential: {psk: {identity: new}}", ""), "</0/0>,</1>", NULL,
     "its URI is not shown"},
    {"the same identity with another key",
     POLICY("uri: 'coaps://bs2.example', credential: {psk: {identity: factory, bytes: 32}}", ""),
     SHOWN, NULL, "an identity other than the old"},
    {"no security for a key", POLICY("uri: 'coap://bs2.example'", ""), SHOWN, NULL,
     "without security"},
};

static void make(struct policy_made *made, const char *text, const char *shown)
{
    policy_made_init(made, text, shown);
    made->device.psk_len = 16;
    memcpy(made->device.psk, "the factory's key", 16);
    policy_made_again(made, POLICY_MADE_AT);
}

static void check_last(const struct policy_made *made)
{
    const struct policy_op *last = &made->plan->ops[made->plan->op_count - 1];
    assert_true(made->plan->moves_bootstrap);
    assert_int_equal(last->leaf_count, 6);
    assert_int_equal(last->path.id[1], made->plan->bootstrap_instance);
    assert_true(last->leaves[1].value.as.boolean);
    assert_true(last->leaves[3].value.as.bytes.len > 0);
    assert_true(last->leaves[5].value.as.bytes.len > 0);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char ops[200];
        make(&made, cases[i].text, cases[i].shown);
        policy_made_ops(made.plan, ops, sizeof ops);
        if (cases[i].ops == NULL ? made.plan != NULL || !strstr(made.reason, cases[i].reason)
                                 : strcmp(ops, cases[i].ops) != 0) {
            fail_msg("%s: %s (%s)", cases[i].name, ops, made.reason);
        }
        const char *broken =
            made.plan != NULL
                ? policy_case_broken(made.plan, made.has_discover ? &made.discover : NULL)
                : NULL;
        if (broken != NULL) {
            fail_msg("%s: %s", cases[i].name, broken);
        }
        bool moves = made.plan != NULL && made.plan->op_count > 2;
        if (moves) {
            check_last(&made);
        }
        policy_made_clear(&made);
    }
}

static void test_kept_key(void **state)
{
    struct policy_made made;
    (void)state;
    make(&made, POLICY(MOVED, ""), SHOWN);
    const struct policy_op *op = policy_made_write(made.plan, "/0/0");
    assert_int_equal(made.plan->minted_count, 1); /* of the server */
    assert_int_equal(op->leaves[5].value.as.bytes.len, made.device.psk_len);
    assert_memory_equal(op->leaves[5].value.as.bytes.data, made.device.psk, made.device.psk_len);
    assert_memory_equal(op->leaves[3].value.as.bytes.data, "factory", 7);
    policy_made_clear(&made);
}

/* The new credential is for this server; once the device came with it, there is nothing to do. */
static void test_renewed_key(void **state)
{
    struct policy_made made;
    (void)state;
    make(&made, POLICY(RENEWED, ""), SHOWN);
    assert_int_equal(made.plan->minted_count, 2);
    struct pki_credential fresh;
    policy_minted_credential(&made.plan->minted[1], &fresh);
    assert_int_equal(fresh.server_id, PKI_SERVER_BOOTSTRAP);
    assert_memory_equal(fresh.identity, "urn:dev:os:example-1/bs2", fresh.identity_len);

    /* Finish was answered, and yet the device comes with the old one: it is written again. */
    fresh.serial = 1;
    fresh.active_at = POLICY_MADE_AT;
    made.subject.credentials = &fresh;
    made.subject.credential_count = 1;
    policy_made_again(&made, POLICY_MADE_AT + 1);
    assert_int_equal(made.plan->minted_count, 1);
    assert_true(made.plan->moves_bootstrap);
    assert_memory_equal(policy_made_write(made.plan, "/0/0")->leaves[5].value.as.bytes.data,
                        fresh.secret, fresh.secret_len);

    memcpy(made.device.identity, fresh.identity, fresh.identity_len);
    made.device.identity_len = fresh.identity_len;
    made.device.psk_len = fresh.secret_len;
    memcpy(made.device.psk, fresh.secret, fresh.secret_len);
    lwm2m_discover_clear(&made.discover);
    made.discover = policy_case_discover("</>;lwm2m=1.1,</0/0>;uri=\"coaps://bs2.example\",</1>");
    policy_made_again(&made, POLICY_MADE_AT + 2);
    assert_int_equal(made.plan->minted_count, 1);
    assert_false(made.plan->moves_bootstrap);
    policy_made_clear(&made);
}

static void test_never_by_pack(void **state)
{
    struct policy_made made;
    (void)state;
    make(&made, POLICY(MOVED, ", client: {bootstrap-instance: 3}"), NULL);
    made.subject.is_pack = true;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_null(made.plan);
    assert_non_null(strstr(made.reason, "Pack cannot move"));
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_kept_key),
        cmocka_unit_test(test_renewed_key), cmocka_unit_test(test_never_by_pack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
