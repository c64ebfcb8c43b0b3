#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <string.h>

static const char one_server[] = "imprint: 1\n"
                                 "servers:\n"
                                 "  main: {id: 101, uri: 'coaps://x.example', lifetime: 1d}\n"
                                 "policies: [{name: all, servers: {main: {psk: {}}}}]\n";

#define BEFORE "</>;lwm2m=1.1,</0/0>,</1>"
#define AFTER  "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coaps://x.example\",</1/0>;ssid=101"

static struct lwm2m_content server_content(int64_t lifetime)
{
    struct lwm2m_content content = {0};
    const struct {
        uint16_t rid;
        struct lwm2m_value value;
    } rows[] = {
        {0, {.type = LWM2M_INTEGER, .as.integer = 101}},
        {1, {.type = LWM2M_INTEGER, .as.integer = lifetime}},
        {6, {.type = LWM2M_BOOLEAN, .as.boolean = true}},
        {7, {.type = LWM2M_STRING, .as.bytes = {(const uint8_t *)"U", 1}}},
        {12, {.type = LWM2M_TIME, .as.integer = 5}}, /* the client's own */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(
            lwm2m_content_add(&content, lwm2m_path_of(3, 1, 0, rows[i].rid, 0), &rows[i].value),
            LWM2M_OK);
    }
    return content;
}

static const struct verify_case {
    const char *shown;  /* afterwards; NULL: no answer */
    int64_t lifetime;   /* as read; 0: not read */
    const char *reason; /* NULL: content */
    const char *mends;  /* operations of the corrective round */
} cases[] = {
    {AFTER, 86400, NULL, "D/1/0 D/0/1 W/0/1! W/1/0!"},
    {AFTER, 0, NULL, "D/1/0 D/0/1 W/0/1! W/1/0!"},
    {NULL, 0, NULL, "D/1/0 D/0/1 W/0/1! W/1/0!"},
    {AFTER, 60, "/1/0/1 is 60, not 86400", "D/1/0 W/1/0!"},
    {"</0/0>,</0/1>;ssid=101;uri=\"coaps://x.example\"", 0, "/1/0 is missing", "W/1/0!"},
    {"</0/0>,</1/0>;ssid=101", 0, "/0/1 is missing", "W/0/1!"},
    {"</0/0>,</0/1>;ssid=101;uri=\"coaps://y.example\",</1/0>;ssid=101", 0, "/0/1 has another URI",
     "D/1/0 D/0/1 W/0/1! W/1/0!"},
    {"</0/0>,</0/1>;ssid=9,</1/0>;ssid=101", 0, "/0/1 has short server ID 9, not 101",
     "D/1/0 D/0/1 W/0/1! W/1/0!"},
    {AFTER ",</0/4>;ssid=5,</1/4>;ssid=5", 0, "/0/4 is still there", "D/1/4 D/0/4"},
    {"</0/1>;ssid=101;uri=\"coaps://x.example\",</1/0>;ssid=101", 0,
     "/0/0 is missing, the bootstrap account", "D/1/0 D/0/1 W/0/1! W/1/0!"},
};

static void test_verify_and_correct(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct verify_case *one = &cases[i];
        struct policy_made made;
        char reason[POLICY_REASON_MAX + 1];
        char ops[200];
        struct lwm2m_discover after = {0};
        struct lwm2m_content servers = server_content(one->lifetime);
        if (one->shown != NULL) {
            after = policy_case_discover(one->shown);
        }
        struct policy_observation seen = {.discover = one->shown != NULL ? &after : NULL,
                                          .servers = one->lifetime > 0 ? &servers : NULL};
        policy_made_init(&made, one_server, BEFORE);
        bool is_content = policy_plan_verify(made.plan, &seen, reason);
        assert_string_equal(reason, one->reason != NULL ? one->reason : "");
        assert_int_equal(is_content, one->reason == NULL);
        struct policy_plan *mending = policy_plan_correct(made.plan, &seen);
        assert_non_null(mending);
        policy_made_ops(mending, ops, sizeof ops);
        if (strcmp(ops, one->mends) != 0) {
            fail_msg("%zu: %s, not %s", i, ops, one->mends);
        }
        assert_int_equal(mending->minted_count, 0);
        assert_int_equal(mending->teaching.print_count, made.plan->teaching.print_count);
        policy_plan_free(mending);
        lwm2m_content_clear(&servers);
        lwm2m_discover_clear(&after);
        policy_made_clear(&made);
    }
}

/* Without Discover which account is the bootstrap's is a guess: nothing is deleted by instance. */
static void test_blind(void **state)
{
    struct policy_made made;
    char ops[200];
    struct policy_observation seen = {0};
    (void)state;
    policy_made_init(&made, one_server, NULL);
    struct policy_plan *mending = policy_plan_correct(made.plan, &seen);
    policy_made_ops(mending, ops, sizeof ops);
    assert_string_equal(ops, "D/0! D/1! W/0/1! W/1/0!");
    assert_true(mending->is_blind);
    policy_plan_free(mending);
    policy_made_clear(&made);
}

/* A pack holds every instance under its full path, as what it was made of. */
static void test_pack(void **state)
{
    static const uint16_t formats[] = {LWM2M_FORMAT_SENML_CBOR, LWM2M_FORMAT_SENML_JSON,
                                       LWM2M_FORMAT_LWM2M_CBOR};
    const struct lwm2m_path own = lwm2m_path_of(2, 0, 0, 0, 0);
    struct policy_made made;
    uint8_t body[1000];
    size_t len = 0;
    (void)state;
    policy_made_init(&made, one_server, NULL);
    made.subject.is_pack = true;
    made.subject.account = &own;
    made.subject.account_count = 1;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_non_null(made.plan);
    assert_int_equal(made.plan->teaching.version, LWM2M_VERSION(1, 2));
    assert_int_equal(made.plan->bootstrap_instance, 0);
    assert_true(made.plan->teaching.is_pack);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct lwm2m_content content = {0};
        assert_int_equal(policy_plan_pack(made.plan, formats[i], body, sizeof body, &len),
                         LWM2M_OK);
        assert_int_equal(lwm2m_decode(formats[i], lwm2m_path_of(0, 0, 0, 0, 0),
                                      lwm2m_registry_builtin(), body, len, &content),
                         LWM2M_OK);
        assert_int_equal(content.count, 11);
        assert_non_null(lwm2m_content_find(&content, lwm2m_path_of(3, 0, 1, 5, 0)));
        assert_non_null(lwm2m_content_find(&content, lwm2m_path_of(3, 1, 0, 7, 0)));
        lwm2m_content_clear(&content);
    }
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verify_and_correct),
                                       cmocka_unit_test(test_blind), cmocka_unit_test(test_pack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
