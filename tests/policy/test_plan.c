#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char one_server[] = "imprint: 1\n"
                                 "servers:\n"
                                 "  main: {id: 101, uri: 'coaps://lwm2m.example', lifetime: 1d}\n"
                                 "policies:\n"
                                 "  - name: all\n"
                                 "    servers: {main: {psk: {}}}\n";

/* lwm2m-objects.md 4.5: servers A, B on a device with /1/0(A), /1/1(B), /3/0. */
static const char two_servers[] = "imprint: 1\n"
                                  "servers:\n"
                                  "  a: {id: 101, uri: 'coaps://a.example'}\n"
                                  "  b: {id: 102, uri: 'coaps://b.example'}\n"
                                  "access:\n"
                                  "  shared:\n"
                                  "    /1/a: {owner: a}\n"
                                  "    /1/b: {owner: b}\n"
                                  "    /3/0: {owner: a, b: r}\n"
                                  "    /5: {b: c, a: c}\n"
                                  "    /6/0: {default: r}\n"
                                  "policies:\n"
                                  "  - name: all\n"
                                  "    servers: {a: {psk: {}}, b: {psk: {}}}\n"
                                  "    access: shared\n";

/* ---- which operations ---- */

#define ONE_SERVER_KEEP                                                                            \
    "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"                           \
    "policies: [{name: all, servers: {main: {psk: {}}}, others: keep}]\n"

#define ONE_SERVER_KEEP_UNASKED                                                                    \
    "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"                           \
    "policies: [{name: all, servers: {main: {psk: {}}}, others: keep, client: {discover: "         \
    "false}}]\n"

static const struct ops_case {
    const char *name;
    const char *text;
    const char *shown; /* NULL: blind */
    const char *ops;
} ops_cases[] = {
    /* lwm2m-bootstrap.md section 7, first time: DELETE /0, /1, then PUT /0, /1. */
    {"fresh device, account at /0/0", one_server, "</>;lwm2m=1.1,</0/0>,</1>,</3/0>",
     "W/0/1! W/1/0!"},
    {"fresh device, account at /0/1", one_server, "</>;lwm2m=1.1,</0/1>,</1>,</3/0>",
     "W/0/0! W/1/0!"},
    {"account at /0/7 beside a server's", one_server,
     "</>;lwm2m=1.1,</0/0>;ssid=5,</0/7>,</1/0>;ssid=5", "D/0! D/1! W/0/0! W/1/0!"},
    {"no account shown: the configured /0/0 is spared", one_server, "</>;lwm2m=1.1,</1>",
     "W/0/1! W/1/0!"},
    {"no account shown, a server's at /0/0", one_server, "</>;lwm2m=1.1,</0/0>;ssid=9,</1/0>",
     "D/0! D/1! W/0/0! W/1/0!"},
    {"two without ssid: both are spared", one_server, "</0/0>,</0/1>,</1/0>", "D/1! W/0/2! W/1/0!"},
    {"access control stands: it goes first", one_server,
     "</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</2/0>,</2/1>", "D/2 D/0! D/1! W/0/1! W/1/0!"},
    /* clients.md, every client: what Discover shows there. */
    {"Wakaama, first", one_server, "</>;lwm2m=1.1,</0/0>,</1>;ver=1.1,</3/0>", "W/0/1! W/1/0!"},
    {"Wakaama, again", one_server,
     "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://h\",</1>;ver=1.1,</1/1>;ssid=1,</3/0>",
     "D/0! D/1! W/0/1! W/1/0!"},
    {"Anjay", one_server, "</>;lwm2m=1.1,</0>,</0/1>;uri=\"coaps://b:5684\",</1>,</2>,</3>,</3/0>",
     "W/0/0! W/1/0!"},
    {"Leshan's client", one_server,
     "</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"coap://h:q\",</1/0>;ssid=2222,"
     "</2>,</3442/0>,</3/0>",
     "D/0! D/1! W/0/1! W/1/0!"},
    {"Zephyr", one_server, "</>;lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</1/0>;ssid=101,</3/0>",
     "D/0! D/1! W/0/0! W/1/0!"},
    {"1.0 head, blanks, slashes", one_server,
     "lwm2m=\"1.0\",</0/0/>;ssid=101, </0/1>, </1/0/>;ssid=101,</3/0>", "D/0! D/1! W/0/0! W/1/0!"},
    {"a short server ID that is none: the instance is spared", one_server,
     "</0/0>;ssid=x,</0/1>;ssid=70000,</1>", "W/0/2! W/1/0!"},
    {"nothing is shown", one_server, "", "W/0/1! W/1/0!"},
    {"OSCORE goes one by one, the account's stays", one_server,
     "</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</21/0>,</21/3>;ssid=101",
     "D/0! D/1! D/21/3 W/0/1! W/1/0!"},
    {"blind", one_server, NULL, "D/0! D/1! W/0/1! W/1/0!"},
    {"keep: only ours goes, its instances are used again", ONE_SERVER_KEEP,
     "</0/0>;ssid=9,</0/1>,</0/2>;ssid=101,</0/3>;ssid=8,</1/0>;ssid=9,</1/1>;ssid=101",
     "D/1/1! D/0/2! W/0/2! W/1/1!"},
    {"keep: next to others", ONE_SERVER_KEEP, "</0/0>,</0/1>;ssid=9,</1/0>;ssid=9",
     "W/0/2! W/1/1!"},
    {"keep, and not asked on purpose", ONE_SERVER_KEEP_UNASKED, NULL, "W/0/1! W/1/0!"},
    {"two servers, no access control there", two_servers, "</0/0>,</1>,</3/0>",
     "W/0/1! W/0/2! W/1/0! W/1/1!"},
    {"two servers, what is lacking is skipped", two_servers, "</0/1>,</1>,</2>,</3/0>",
     "W/0/0! W/0/2! W/1/0! W/1/1! W/2/0! W/2/1! W/2/2!"},
    {"two servers, all there", two_servers, "</0/1>,</1>,</2/4>,</3/0>,</5>,</6/0>",
     "D/2 W/0/0! W/0/2! W/1/0! W/1/1! W/2/0! W/2/1! W/2/2! W/2/3! W/2/4!"},
    {"two servers, blind", two_servers, NULL,
     "D/2 D/0! D/1! W/0/1! W/0/2! W/1/0! W/1/1! W/2/0 W/2/1 W/2/2 W/2/3 W/2/4"},
};

static void test_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ops_cases / sizeof ops_cases[0]; i++) {
        struct policy_made made;
        char text[400];
        policy_made_init(&made, ops_cases[i].text, ops_cases[i].shown);
        policy_made_ops(made.plan, text, sizeof text);
        if (strcmp(text, ops_cases[i].ops) != 0) {
            fail_msg("%s: %s, not %s (%s)", ops_cases[i].name, text, ops_cases[i].ops, made.reason);
        }
        const char *broken =
            policy_case_broken(made.plan, made.has_discover ? &made.discover : NULL);
        if (broken != NULL) {
            fail_msg("%s: %s", ops_cases[i].name, broken);
        }
        policy_made_clear(&made);
    }
}

/* What others hold cannot be kept where the device did not tell what it is. */
static void test_keep_needs_discover(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made, ONE_SERVER_KEEP, NULL);
    assert_null(made.plan);
    assert_non_null(strstr(made.reason, "did not tell what it holds"));
    policy_made_clear(&made);
}

static void test_extra_deletes_and_writes(void **state)
{
    (void)state;
    static const char text[] = "imprint: 1\n"
                               "servers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
                               "policies:\n"
                               "  - name: all\n"
                               "    servers: {main: {psk: {}}}\n"
                               "    delete: [/5, /11/2, /11/3]\n"
                               "    write:\n"
                               "      /3/0: {Timezone: Europe/Berlin, 14: \"+01:00\"}\n";
    struct policy_made made;
    char ops[200];
    policy_made_init(&made, text, "</0/0>,</1>,</3/0>,</5/0>,</11/3>");
    policy_made_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "D/5 D/11/3 W/0/1! W/1/0! W/3/0");
    policy_made_leaves(made.plan, "/3/0", "14=+01:00 15=Europe/Berlin");
    assert_null(made.plan->note);
    policy_made_clear(&made);
    policy_made_init(&made, text, "</0/0>,</1>");
    policy_made_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "W/0/1! W/1/0!");
    assert_string_equal(made.plan->note, "the device lacks /3/0");
    policy_made_clear(&made);
}

static void test_texts_are_filled_in(void **state)
{
    static const struct {
        const char *text;
        const char *leaves; /* NULL: refused */
    } cases[] = {
        {"Europe/{serial}", "15=Europe/example-1"}, {"a{{b}}c", "15=a{b}c"}, {"{attr.none}", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[300];
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
                 "policies: [{name: p, servers: {main: {psk: {}}}, write: {/3/0: {15: '%s'}}}]\n",
                 cases[i].text);
        policy_made_init(&made, text, "</0/0>,</1>,</3/0>");
        if (cases[i].leaves != NULL) {
            policy_made_leaves(made.plan, "/3/0", cases[i].leaves);
        } else {
            assert_null(made.plan);
            assert_non_null(strstr(made.reason, "no value for {attr.none}"));
        }
        policy_made_clear(&made);
    }
}

/* Two servers with one ID would be one to the device, whoever brought them together. */
static void test_ids_differ(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made,
                     "imprint: 1\n"
                     "servers: {a: {id: 1, uri: 'coaps://a'}, b: {id: 1, uri: 'coaps://b'}}\n"
                     "policies: [{name: p, servers: {a: {psk: {}}}}]\n"
                     "overlays: [{name: o, servers: {b: {psk: {}}}}]\n",
                     "</0/0>,</1>");
    assert_null(made.plan);
    assert_string_equal(made.reason, "servers 'a' and 'b' have the same id 1");
    policy_made_clear(&made);
}

/* ---- what is in them ---- */

static void test_accounts(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made, one_server, "</>;lwm2m=1.1,</0/0>,</1>");
    policy_made_leaves(made.plan, "/0/1",
                       "0=coaps://lwm2m.example 1=0 2=0 3=urn:dev:os:example-1/101 4= "
                       "5=@ABCDEFGHIJKLMNO 10=101");
    policy_made_leaves(made.plan, "/1/0", "0=101 1=86400 6=1 7=U");
    assert_int_equal(made.plan->bootstrap_instance, 0);
    /* With the key that it mints and what it teaches: as much as they hold, no more. */
    assert_int_equal(made.plan->minted_count, 1);
    assert_true(policy_plan_memory(made.plan) < 2048);
    policy_made_clear(&made);
}

static const char full_server[] =
    "imprint: 1\n"
    "servers:\n"
    "  main: {id: 65534, uri: 'coap+tcp://10.0.0.1:5683', lifetime: forever, pmin: 1s, pmax: 1m,\n"
    "         disable-timeout: 1h, store-notifications: false, registration-order: 1,\n"
    "         registration-delay: 2s, registration-failure-blocks: true,\n"
    "         bootstrap-on-registration-failure: false, retry-count: 3, retry-timer: 4s,\n"
    "         sequence-delay: 5s, sequence-count: 6, trigger: true, preferred-transport: T,\n"
    "         mute-send: false}\n"
    "policies:\n"
    "  - name: all\n"
    "    client: {version: '1.1'}\n"
    "    servers: {main: {nosec: true}}\n";

/* Resources 13 and on belong to Server 1.1 (lwm2m-objects.md section 3): only where it is there. */
static void test_server_versions(void **state)
{
    (void)state;
    static const char old[] = "0=65534 1=0 2=1 3=60 5=3600 6=0 7=T";
    static const char new[] = "0=65534 1=0 2=1 3=60 5=3600 6=0 7=T 13=1 14=2 15=1 16=0 17=3 18=4 "
                              "19=5 20=6 21=1 22=T 23=0";
    static const struct {
        uint16_t pct;
        const char *shown;
        const char *leaves;
    } cases[] = {
        {LWM2M_FORMAT_NONE, "</>;lwm2m=1.1,</0/1>,</1>", new},
        {LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/1>,</1>", old},
        {LWM2M_FORMAT_TLV, "</>;lwm2m=1.0,</0/1>,</1>", new}, /* 1.0 knows no pct */
        {LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/1>,</1>;ver=1.1", new},
        {LWM2M_FORMAT_TLV, "</0/1>,</1>;ver=1.0", old},
        {LWM2M_FORMAT_NONE, "</0/1>,</1>", new}, /* the policy's word */
        {LWM2M_FORMAT_NONE, NULL, new},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        policy_made_init(&made, full_server, cases[i].shown);
        made.subject.pct = cases[i].pct;
        policy_made_again(&made, POLICY_MADE_AT);
        policy_made_leaves(made.plan, "/1/0", cases[i].leaves);
        const struct policy_op *op = policy_made_write(made.plan, "/1/0");
        assert_true(policy_op_has_optional(op));
        assert_int_equal(made.plan->minted_count, 0);
        policy_made_clear(&made);
    }
}

static void test_without_optional(void **state)
{
    (void)state;
    struct policy_made made;
    uint8_t body[400];
    size_t len = 0;
    policy_made_init(&made, full_server, NULL);
    for (size_t i = 0; i < made.plan->op_count; i++) {
        struct lwm2m_content content = {0};
        const struct policy_op *op = &made.plan->ops[i];
        if (op->kind != POLICY_OP_WRITE) {
            continue;
        }
        assert_int_equal(
            policy_plan_encode(made.plan, i, LWM2M_FORMAT_TLV, true, body, sizeof body, &len),
            LWM2M_OK);
        assert_int_equal(
            lwm2m_decode(LWM2M_FORMAT_TLV, op->path, lwm2m_registry_builtin(), body, len, &content),
            LWM2M_OK);
        assert_int_equal(content.count, op->path.id[0] == 0 ? 7 : 4);
        lwm2m_content_clear(&content);
    }
    policy_made_clear(&made);
}

static void test_access_vectors(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made, two_servers, "</0/5>,</1>,</2>,</3/0>,</5>,</6/0>");
    policy_made_leaves(made.plan, "/2/0", "0=1 1=0 2/101=15 3=101");
    policy_made_leaves(made.plan, "/2/1", "0=1 1=1 2/102=15 3=102");
    policy_made_leaves(made.plan, "/2/2", "0=3 1=0 2/101=15 2/102=1 3=101");
    policy_made_leaves(made.plan, "/2/3", "0=5 1=65535 2/101=16 2/102=16 3=65535");
    policy_made_leaves(made.plan, "/2/4", "0=6 1=0 2/0=1 3=65535");
    policy_made_clear(&made);
}

/* One server has all rights without access control (4.2), unless the policy wants it always. */
static void test_access_of_one_server(void **state)
{
    (void)state;
    static const char *const head = "imprint: 1\nservers: {a: {id: 1, uri: 'coaps://a.example'}}\n"
                                    "access: {t: {/1/a: {owner: a}}}\n"
                                    "policies: [{name: p, servers: {a: {psk: {}}}, access: t";
    static const struct {
        const char *tail;
        const char *shown;
        const char *ops;
    } cases[] = {
        {"}]\n", "</0/0>,</1>,</2>", "W/0/1! W/1/0!"},
        {", access-when: always}]\n", "</0/0>,</1>,</2>", "W/0/1! W/1/0! W/2/0!"},
        {", others: keep}]\n", "</0/0>,</1>,</2>", "W/0/1! W/1/0!"},
        {", others: keep}]\n", "</0/0>,</0/1>;ssid=9,</1/0>;ssid=9,</2/0>",
         "D/2 W/0/2! W/1/1! W/2/0!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[500];
        char ops[200];
        snprintf(text, sizeof text, "%s%s", head, cases[i].tail);
        policy_made_init(&made, text, cases[i].shown);
        policy_made_ops(made.plan, ops, sizeof ops);
        assert_string_equal(ops, cases[i].ops);
        policy_made_clear(&made);
    }
}

/* An owner that has a right of its own has no more than that (4.4). */
static void test_access_of_owner(void **state)
{
    (void)state;
    struct policy_made made;
    policy_made_init(&made,
                     "imprint: 1\nservers: {a: {id: 1, uri: 'coaps://a.example'}}\n"
                     "access: {t: {/3/0: {owner: a, a: r, default: none}}}\n"
                     "policies: [{name: p, servers: {a: {psk: {}}}, access: t,\n"
                     "            access-when: always}]\n",
                     NULL);
    policy_made_leaves(made.plan, "/2/0", "0=3 1=0 2/0=0 2/1=1 3=1");
    policy_made_clear(&made);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        uint16_t pct;
        const char *shown;
        uint16_t first;
    } cases[] = {
        {LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/0>", LWM2M_FORMAT_TLV},
        {LWM2M_FORMAT_NONE, "</>;lwm2m=1.1,</0/0>", LWM2M_FORMAT_TLV},
        {LWM2M_FORMAT_SENML_CBOR, NULL, LWM2M_FORMAT_SENML_CBOR},
        {LWM2M_FORMAT_TLV, "</>;lwm2m=1.1,</0/0>", LWM2M_FORMAT_TLV},
        {LWM2M_FORMAT_TEXT, NULL, LWM2M_FORMAT_TLV}, /* carries no instance */
        {12345, NULL, LWM2M_FORMAT_TLV},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        policy_made_init(&made, one_server, cases[i].shown);
        made.subject.pct = cases[i].pct;
        policy_made_again(&made, POLICY_MADE_AT);
        assert_int_equal(made.plan->formats[0], cases[i].first);
        assert_true(made.plan->format_count >= 3); /* the others after a 4.15 */
        policy_made_clear(&made);
    }
    struct policy_made made;
    policy_made_init(&made,
                     "imprint: 1\nservers: {a: {id: 1, uri: 'coaps://a.example'}}\n"
                     "policies: [{name: p, client: {format: tlv}, servers: {a: {psk: {}}}}]\n",
                     NULL);
    assert_int_equal(made.plan->formats[0], LWM2M_FORMAT_TLV);
    assert_int_equal(made.plan->formats[1], LWM2M_FORMAT_SENML_CBOR);
    policy_made_clear(&made);
}

/* ---- whatever a device shows ---- */

static void test_property(void **state)
{
    (void)state;
    uint32_t seed = 20261122;
    const char *const texts[] = {one_server, two_servers, ONE_SERVER_KEEP, full_server};
    for (unsigned i = 0; i < 4000; i++) {
        uint32_t before = seed;
        struct policy_made made;
        policy_made_init(&made, texts[i % 4], NULL);
        made.discover = policy_case_random_discover(&seed);
        made.subject.seen.discover = &made.discover;
        policy_made_again(&made, POLICY_MADE_AT);
        const char *broken =
            made.plan != NULL ? policy_case_broken(made.plan, &made.discover) : made.reason;
        if (broken != NULL) {
            fail_msg("seed %u, policy %u: %s", before, i % 4, broken);
        }
        policy_made_clear(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_keep_needs_discover),
        cmocka_unit_test(test_ids_differ),
        cmocka_unit_test(test_texts_are_filled_in),
        cmocka_unit_test(test_extra_deletes_and_writes),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_server_versions),
        cmocka_unit_test(test_without_optional),
        cmocka_unit_test(test_access_vectors),
        cmocka_unit_test(test_access_of_one_server),
        cmocka_unit_test(test_access_of_owner),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
