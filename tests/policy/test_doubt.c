/* What a plan says that its client is known not to take (clients.md: limits of clients). */
#include "tests/support/cmocka_all.h"

#include "tests/support/policy_made.h"

#include <stdio.h>

#define HEAD                                                                                       \
    "imprint: 1\n"                                                                                 \
    "servers:\n"                                                                                   \
    "  a: {id: 101, uri: \"coaps://a.example\"}\n"                                                 \
    "  b: {id: 102, uri: \"coaps://b.example\"}\n"                                                 \
    "policies:\n"

static const struct {
    const char *policy, *shown, *doubt; /* DOUBT "": none */
} rows[] = {
    {"client: {kind: zephyr}, servers: {a: {psk: {bytes: 16, identity: short}}}", NULL, ""},
    {"servers: {a: {psk: {bytes: 64}}, b: {psk: {bytes: 64}}}", NULL, ""},
    {"client: {kind: zephyr}, servers: {a: {psk: {bytes: 16, identity: a-text-of-17-octe}}}", NULL,
     "/0/1/3 has 17 octets, zephyr takes 16"},
    {"client: {kind: wakaama}, servers: {a: {psk: {bytes: 17, identity: short}}}", NULL,
     "/0/1/5 has 17 octets, wakaama takes 16"},
    {"client: {kind: leshan}, servers: {a: {psk: {bytes: 16}}, b: {psk: {bytes: 16}}}", NULL,
     "2 servers, leshan takes 1"},
    {"client: {kind: zephyr}, servers: {a: {psk: {bytes: 24, identity: short}}, "
     "b: {psk: {bytes: 16, identity: short-too}}}",
     NULL, "/0/1/5 has 24 octets, zephyr takes 16; 2 servers, zephyr takes 1"},
    {"client: {kind: wakaama}, servers: {a: {psk: {bytes: 16}}}, "
     "bootstrap-server: {uri: \"coaps://bs.example\", credential: {psk: {bytes: 32, identity: n}}}",
     "</>;lwm2m=1.1,</0/0>,</1>", "/0/0/5 has 32 octets, wakaama takes 16"},
};

static void test_doubts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_made made;
        char text[600], doubt[POLICY_REASON_MAX + 1];
        snprintf(text, sizeof text, HEAD "  - {name: p, %s}\n", rows[i].policy);
        print_message("%s\n", rows[i].policy);
        policy_made_init(&made, text, rows[i].shown);
        assert_non_null(made.plan);
        assert_int_equal(policy_plan_doubt(made.plan, doubt), rows[i].doubt[0] != '\0');
        assert_string_equal(doubt, rows[i].doubt);
        policy_made_clear(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_doubts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
