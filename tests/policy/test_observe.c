/*
 * What is taken for known of a device: its version, the formats that it is sent, where its
 * bootstrap account is; by what it shows before what is remembered or said of it.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <string.h>

#define HEAD   "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'}"
#define POLICY "}\npolicies: [{name: p, servers: {a: {psk: {}}}"

/* lwm2m-bootstrap.md section 0: what the client sends and shows counts, what is remembered or said
 * of its kind only where it shows no version. */
static void test_version(void **state)
{
    static const struct {
        const char *client; /* of the policy */
        const char *kind;   /* remembered */
        uint16_t pct;
        const char *shown;
        uint16_t version;
    } cases[] = {
        {"", "", LWM2M_FORMAT_NONE, NULL, LWM2M_VERSION(1, 0)},
        {"", "", LWM2M_FORMAT_TLV, NULL, LWM2M_VERSION(1, 1)},
        {"", "", LWM2M_FORMAT_NONE, "</>;lwm2m=1.2,</0/0>,</1>", LWM2M_VERSION(1, 2)},
        {"", "anjay-1.2", LWM2M_FORMAT_NONE, NULL, LWM2M_VERSION(1, 2)},
        {"", "anjay-1.2", LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/0>,</1>", LWM2M_VERSION(1, 0)},
        {"", "anjay-1.2", LWM2M_FORMAT_NONE, "</0/0>,</1>", LWM2M_VERSION(1, 2)},
        {", client: {kind: anjay-1.2}", "", LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/0>,</1>",
         LWM2M_VERSION(1, 0)},
        {", client: {version: '1.2'}", "", LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/0>,</1>",
         LWM2M_VERSION(1, 0)},
        {", client: {version: '1.2'}", "", LWM2M_FORMAT_NONE, NULL, LWM2M_VERSION(1, 2)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pki_memory memory = {0};
        struct policy_made made;
        char text[300];
        print_message("%zu\n", i);
        snprintf(text, sizeof text, "%s%s}]\n", HEAD POLICY, cases[i].client);
        snprintf(memory.kind, sizeof memory.kind, "%s", cases[i].kind);
        policy_made_init(&made, text, cases[i].shown);
        made.subject.pct = cases[i].pct;
        made.subject.memory = &memory;
        policy_made_again(&made, POLICY_MADE_AT);
        assert_int_equal(made.plan->teaching.version, cases[i].version);
        policy_made_clear(&made);
    }
}

static bool has_format(const struct policy_plan *plan, uint16_t format)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (plan->formats[i] == format) {
            return true;
        }
    }
    return false;
}

/* lwm2m-encodings.md 1.1, section 8: JSON of 1.0 goes to who may have it, or asks for it; LwM2M
 * CBOR came with 1.2. */
static void test_formats_of_versions(void **state)
{
    static const char wakaama[] = "</>;lwm2m=1.1,</0/0>,</1>;ver=1.1,</2>,</3/0>";
    static const struct {
        const char *client;
        uint16_t pct;
        const char *shown;
        bool has_json, has_lwm2m_cbor;
    } cases[] = {
        {"", LWM2M_FORMAT_NONE, "</>;lwm2m=1.0,</0/0>,</1>", true, false},
        {"", LWM2M_FORMAT_NONE, "</>;lwm2m=1.1,</0/0>,</1>", false, false},
        {"", LWM2M_FORMAT_NONE, "</>;lwm2m=1.2,</0/0>,</1>", false, true},
        {"", LWM2M_FORMAT_SENML_JSON, wakaama, false, false},
        {"", LWM2M_FORMAT_JSON, wakaama, true, false},
        {"", LWM2M_FORMAT_LWM2M_CBOR, "</>;lwm2m=1.1,</0/0>,</1>", false, true},
        {", client: {format: json}", LWM2M_FORMAT_SENML_CBOR, NULL, true, false},
        {", client: {format: lwm2m-cbor}", LWM2M_FORMAT_SENML_CBOR, NULL, false, true},
    };
    struct pki_memory memory = {.format_count = 1};
    memory.formats[0] = LWM2M_FORMAT_JSON; /* it was a 1.0 client then */
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[300];
        print_message("%zu\n", i);
        snprintf(text, sizeof text, "%s%s}]\n", HEAD POLICY, cases[i].client);
        policy_made_init(&made, text, cases[i].shown);
        made.subject.pct = cases[i].pct;
        made.subject.memory = &memory;
        policy_made_again(&made, POLICY_MADE_AT);
        assert_int_equal(has_format(made.plan, LWM2M_FORMAT_JSON), cases[i].has_json);
        assert_int_equal(has_format(made.plan, LWM2M_FORMAT_LWM2M_CBOR), cases[i].has_lwm2m_cbor);
        policy_made_clear(&made);
    }
}

/* lwm2m-bootstrap.md 3.7: a pack that nobody tells where the bootstrap account is might be written
 * over it: then the device is to ask by Bootstrap-Request, and shows it. */
static void test_pack_spares_the_account(void **state)
{
    static const struct lwm2m_path own[] = {{{0, 0}, 2}, {{0, 1}, 2}, {{21, 1}, 2}};
    static const struct {
        const char *client;
        size_t first, count; /* of OWN */
        const char *ops;     /* NULL: no plan */
    } cases[] = {
        {"", 0, 0, NULL},
        {"", 2, 1, NULL},
        {"", 0, 1, "W/0/1! W/1/0!"},
        {"", 1, 2, "W/0/0! W/1/0!"},
        {"", 0, 2, "W/0/2! W/1/0!"},
        {", client: {bootstrap-instance: 0}", 0, 0, "W/0/1! W/1/0!"},
        {", client: {bootstrap-instance: 1}", 0, 0, "W/0/0! W/1/0!"},
        {", client: {bootstrap-instance: 0}", 1, 1, "W/0/0! W/1/0!"}, /* its own word counts */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[300];
        char ops[100];
        print_message("%zu\n", i);
        snprintf(text, sizeof text, "%s%s}]\n", HEAD POLICY, cases[i].client);
        policy_made_init(&made, text, NULL);
        made.subject.is_pack = true;
        made.subject.account = own + cases[i].first;
        made.subject.account_count = cases[i].count;
        policy_made_again(&made, POLICY_MADE_AT);
        if (cases[i].ops == NULL) {
            assert_null(made.plan);
            assert_non_null(strstr(made.reason, "names the bootstrap account"));
        } else {
            policy_made_ops(made.plan, ops, sizeof ops);
            assert_string_equal(ops, cases[i].ops);
        }
        policy_made_clear(&made);
    }
}

/* clients.md, Anjay: an object in a pack that the client lacks crashed it. In it is what every
 * client has, what the policy says that it has, and what it showed before. */
static void test_pack_holds_known_objects(void **state)
{
    static const char policy[] =
        HEAD ", b: {id: 102, uri: 'coaps://b.example'}}\n"
             "access: {t: {/1/a: {owner: a}, /1/b: {owner: b}}}\n"
             "policies: [{name: p, servers: {a: {psk: {}}, b: {psk: {}}}, access: t,\n"
             "  write: {/3/0: {15: Europe/Berlin}}%s}]\n";
    static const struct {
        const char *client;
        uint16_t remembered; /* 0: nothing */
        const char *ops;
    } cases[] = {
        {"", 0, "W/0/1! W/0/2! W/1/0! W/1/1! W/3/0"},
        {", client: {objects: /2}", 0, "W/0/1! W/0/2! W/1/0! W/1/1! W/2/0 W/2/1 W/3/0"},
        {", client: {objects: /5}", 0, "W/0/1! W/0/2! W/1/0! W/1/1! W/3/0"},
        {"", 2, "W/0/1! W/0/2! W/1/0! W/1/1! W/2/0 W/2/1 W/3/0"},
        {"", 5, "W/0/1! W/0/2! W/1/0! W/1/1! W/3/0"},
    };
    static const struct lwm2m_path own = {{0, 0}, 2};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pki_memory memory = {.object_count = cases[i].remembered != 0};
        memory.objects[0] = cases[i].remembered;
        struct policy_made made;
        char text[700];
        char ops[200];
        print_message("%zu\n", i);
        snprintf(text, sizeof text, policy, cases[i].client);
        policy_made_init(&made, text, NULL);
        made.subject.is_pack = true;
        made.subject.account = &own;
        made.subject.account_count = 1;
        made.subject.memory = &memory;
        policy_made_again(&made, POLICY_MADE_AT);
        policy_made_ops(made.plan, ops, sizeof ops);
        assert_string_equal(ops, cases[i].ops);
        policy_made_clear(&made);
    }
}

/* lwm2m-objects.md section 3: queue mode is a letter of the binding in 1.0 alone. */
static void test_binding(void **state)
{
    static const struct {
        const char *binding;
        const char *shown;
        const char *leaves;
    } cases[] = {
        {"UQ", "</>;lwm2m=1.0,</0/0>,</1>", "0=101 1=86400 6=1 7=UQ"},
        {"UQ", "</>;lwm2m=1.1,</0/0>,</1>", "0=101 1=86400 6=1 7=U"},
        {"UQS", "</>;lwm2m=1.2,</0/0>,</1>", "0=101 1=86400 6=1 7=US"},
        {"UQ", "</>;lwm2m=1.1,</0/0>,</1>;ver=1.0", "0=101 1=86400 6=1 7=UQ"},
        {"UT", "</>;lwm2m=1.1,</0/0>,</1>", "0=101 1=86400 6=1 7=UT"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char text[300];
        print_message("%zu\n", i);
        snprintf(text, sizeof text, "%s, binding: %s%s}]\n",
                 "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'", cases[i].binding,
                 "}}\npolicies: [{name: p, servers: {a: {psk: {}}}");
        policy_made_init(&made, text, cases[i].shown);
        made.subject.pct = LWM2M_FORMAT_NONE;
        policy_made_again(&made, POLICY_MADE_AT);
        policy_made_leaves(made.plan, "/1/0", cases[i].leaves);
        policy_made_clear(&made);
    }
}

/* lwm2m-objects.md section 8, 6: access names servers that are on the device. */
static void test_access_names_known_servers(void **state)
{
    static const char text[] =
        "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'}, b: {id: 102, uri: "
        "'coaps://b.example'}}\naccess: {t: {/3/0: {owner: a, b: r}}}\n"
        "policies: [{name: p, servers: {a: {psk: {}}}, others: keep}]\n"
        "overlays: [{name: o, access: t, access-when: always}]\n";
    struct policy_made made;
    (void)state;
    policy_made_init(&made, text, "</0/0>,</0/1>;ssid=102,</1/0>;ssid=102,</2>,</3/0>");
    assert_non_null(made.plan); /* b stands, and is kept */
    policy_made_clear(&made);
    policy_made_init(&made, text, "</0/0>,</1>,</2>,</3/0>");
    assert_null(made.plan);
    assert_string_equal(made.reason, "access names server 'b', which is not provisioned here");
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_formats_of_versions),
        cmocka_unit_test(test_pack_spares_the_account),
        cmocka_unit_test(test_pack_holds_known_objects),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_access_names_known_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
