#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_AT INT64_C(1000000)
#define DAY_S  INT64_C(86400)

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

/* A plan, and all that it was made from. */
struct made {
    struct policy_set *set;
    struct pki_device device;
    struct lwm2m_discover discover;
    bool has_discover;
    struct policy_subject subject;
    struct policy_decision decision;
    struct policy_plan *plan;
    char reason[POLICY_REASON_MAX + 1];
};

static void made_plan(struct made *made, int64_t now_at)
{
    uint8_t counter = 0x40;
    policy_plan_free(made->plan);
    policy_decide(made->set, &made->subject, now_at, &made->decision);
    made->plan = policy_plan_new(made->set, &made->decision, &made->subject, now_at,
                                 policy_case_random, &counter, made->reason);
}

/* SHOWN NULL: the device could not be asked. */
static void made_init(struct made *made, const char *text, const char *shown)
{
    *made = (struct made){.set = policy_case_set(text), .has_discover = shown != NULL};
    if (shown != NULL) {
        made->discover = policy_case_discover(shown);
    }
    made->subject = policy_case_subject(&made->device, shown != NULL ? &made->discover : NULL);
    made_plan(made, NOW_AT);
}

static void made_clear(struct made *made)
{
    policy_plan_free(made->plan);
    policy_set_unref(made->set);
    lwm2m_discover_clear(&made->discover);
}

/* "D/0 D/1 W/0/0! W/3/0": '!' marks what is required. */
static void list_ops(const struct policy_plan *plan, char *out, size_t capacity)
{
    out[0] = '\0';
    for (size_t i = 0; plan != NULL && i < plan->op_count; i++) {
        char path[25];
        size_t used = strlen(out);
        snprintf(out + used, capacity - used, "%s%c%s%s", used > 0 ? " " : "",
                 plan->ops[i].kind == POLICY_OP_DELETE ? 'D' : 'W',
                 lwm2m_path_text(plan->ops[i].path, path), plan->ops[i].is_required ? "!" : "");
    }
}

static const struct policy_op *find_write(const struct policy_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        char text[25];
        if (plan->ops[i].kind == POLICY_OP_WRITE &&
            strcmp(lwm2m_path_text(plan->ops[i].path, text), path) == 0) {
            return &plan->ops[i];
        }
    }
    fail_msg("no write of %s", path);
    return NULL;
}

/* "0=3 1=0 2/101=15 3=101" */
static void list_leaves(const struct policy_op *op, char *out, size_t capacity)
{
    out[0] = '\0';
    for (size_t i = 0; i < op->leaf_count; i++) {
        const struct lwm2m_leaf *leaf = &op->leaves[i];
        size_t used = strlen(out);
        long long value = leaf->value.type == LWM2M_BOOLEAN ? leaf->value.as.boolean
                                                            : (long long)leaf->value.as.integer;
        used += (size_t)snprintf(out + used, capacity - used, "%s%u", i > 0 ? " " : "",
                                 (unsigned)leaf->path.id[2]);
        if (leaf->path.depth == 4) {
            used +=
                (size_t)snprintf(out + used, capacity - used, "/%u", (unsigned)leaf->path.id[3]);
        }
        if (leaf->value.type == LWM2M_STRING || leaf->value.type == LWM2M_OPAQUE) {
            snprintf(out + used, capacity - used, "=%.*s", (int)leaf->value.as.bytes.len,
                     (const char *)leaf->value.as.bytes.data);
        } else {
            snprintf(out + used, capacity - used, "=%lld", value);
        }
    }
}

static void assert_leaves(const struct policy_plan *plan, const char *path, const char *expected)
{
    char text[600];
    list_leaves(find_write(plan, path), text, sizeof text);
    assert_string_equal(text, expected);
}

/* ---- which operations ---- */

#define ONE_SERVER_KEEP                                                                            \
    "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"                           \
    "policies: [{name: all, servers: {main: {psk: {}}}, others: keep}]\n"

static const struct ops_case {
    const char *name;
    const char *text;
    const char *shown; /* NULL: blind */
    const char *ops;
} ops_cases[] = {
    /* lwm2m-bootstrap.md section 7, first time: DELETE /0, /1, then PUT /0, /1. */
    {"fresh device, account at /0/0", one_server, "</>;lwm2m=1.1,</0/0>,</1>,</3/0>",
     "D/0! D/1! W/0/1! W/1/0!"},
    {"fresh device, account at /0/1", one_server, "</>;lwm2m=1.1,</0/1>,</1>,</3/0>",
     "D/0! D/1! W/0/0! W/1/0!"},
    {"account at /0/7 beside a server's", one_server,
     "</>;lwm2m=1.1,</0/0>;ssid=5,</0/7>,</1/0>;ssid=5", "D/0! D/1! W/0/0! W/1/0!"},
    {"no account shown: the configured /0/0 is spared", one_server, "</>;lwm2m=1.1,</1>",
     "D/0! D/1! W/0/1! W/1/0!"},
    {"no account shown, a server's at /0/0", one_server, "</>;lwm2m=1.1,</0/0>;ssid=9,</1/0>",
     "D/0! D/1! W/0/0! W/1/0!"},
    {"two without ssid: both are spared", one_server, "</0/0>,</0/1>,</1/0>",
     "D/0! D/1! W/0/2! W/1/0!"},
    {"access control stands: it goes first", one_server,
     "</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</2/0>,</2/1>", "D/2 D/0! D/1! W/0/1! W/1/0!"},
    {"OSCORE goes one by one, the account's stays", one_server,
     "</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</21/0>,</21/3>;ssid=101",
     "D/0! D/1! D/21/3 W/0/1! W/1/0!"},
    {"blind", one_server, NULL, "D/0! D/1! W/0/1! W/1/0!"},
    {"keep: only ours goes, its instances are used again", ONE_SERVER_KEEP,
     "</0/0>;ssid=9,</0/1>,</0/2>;ssid=101,</0/3>;ssid=8,</1/0>;ssid=9,</1/1>;ssid=101",
     "D/0/2! D/1/1! W/0/2! W/1/1!"},
    {"keep: next to others", ONE_SERVER_KEEP, "</0/0>,</0/1>;ssid=9,</1/0>;ssid=9",
     "W/0/2! W/1/1!"},
    {"keep, blind", ONE_SERVER_KEEP, NULL, "W/0/1! W/1/0!"},
    {"two servers, no access control there", two_servers, "</0/0>,</1>,</3/0>",
     "D/0! D/1! W/0/1! W/0/2! W/1/0! W/1/1!"},
    {"two servers, what is lacking is skipped", two_servers, "</0/1>,</1>,</2>,</3/0>",
     "D/0! D/1! W/0/0! W/0/2! W/1/0! W/1/1! W/2/0! W/2/1! W/2/2!"},
    {"two servers, all there", two_servers, "</0/1>,</1>,</2/4>,</3/0>,</5>,</6/0>",
     "D/2 D/0! D/1! W/0/0! W/0/2! W/1/0! W/1/1! W/2/0! W/2/1! W/2/2! W/2/3! W/2/4!"},
    {"two servers, blind", two_servers, NULL,
     "D/2 D/0! D/1! W/0/1! W/0/2! W/1/0! W/1/1! W/2/0 W/2/1 W/2/2 W/2/3 W/2/4"},
};

static void test_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ops_cases / sizeof ops_cases[0]; i++) {
        struct made made;
        char text[400];
        made_init(&made, ops_cases[i].text, ops_cases[i].shown);
        list_ops(made.plan, text, sizeof text);
        if (strcmp(text, ops_cases[i].ops) != 0) {
            fail_msg("%s: %s, not %s (%s)", ops_cases[i].name, text, ops_cases[i].ops, made.reason);
        }
        const char *broken =
            policy_case_broken(made.plan, made.has_discover ? &made.discover : NULL);
        if (broken != NULL) {
            fail_msg("%s: %s", ops_cases[i].name, broken);
        }
        made_clear(&made);
    }
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
    struct made made;
    char ops[200];
    made_init(&made, text, "</0/0>,</1>,</3/0>,</5/0>,</11/3>");
    list_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "D/0! D/1! D/5 D/11/3 W/0/1! W/1/0! W/3/0");
    assert_leaves(made.plan, "/3/0", "14=+01:00 15=Europe/Berlin");
    assert_null(made.plan->note);
    made_clear(&made);
    made_init(&made, text, "</0/0>,</1>");
    list_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "D/0! D/1! W/0/1! W/1/0!");
    assert_string_equal(made.plan->note, "the device lacks /3/0");
    made_clear(&made);
}

/* ---- what is in them ---- */

static void test_accounts(void **state)
{
    (void)state;
    struct made made;
    made_init(&made, one_server, "</>;lwm2m=1.1,</0/0>,</1>");
    assert_leaves(made.plan, "/0/1",
                  "0=coaps://lwm2m.example 1=0 2=0 3=urn:dev:os:example-1/101 4= "
                  "5=@ABCDEFGHIJKLMNO 10=101");
    assert_leaves(made.plan, "/1/0", "0=101 1=86400 6=1 7=U");
    assert_int_equal(made.plan->bootstrap_instance, 0);
    assert_true(policy_plan_memory(made.plan) < 1536);
    made_clear(&made);
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
        const char *shown;
        const char *leaves;
    } cases[] = {
        {"</>;lwm2m=1.1,</0/1>,</1>", new},
        {"</>;lwm2m=1.0,</0/1>,</1>", old},
        {"</>;lwm2m=1.0,</0/1>,</1>;ver=1.1", new},
        {"</0/1>,</1>;ver=1.0", old},
        {"</0/1>,</1>", new}, /* the policy's word */
        {NULL, new},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made made;
        made_init(&made, full_server, cases[i].shown);
        assert_leaves(made.plan, "/1/0", cases[i].leaves);
        const struct policy_op *op = find_write(made.plan, "/1/0");
        assert_true(policy_op_has_optional(op));
        assert_int_equal(made.plan->minted_count, 0);
        made_clear(&made);
    }
}

static void test_without_optional(void **state)
{
    (void)state;
    struct made made;
    uint8_t body[400];
    size_t len = 0;
    made_init(&made, full_server, NULL);
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
    made_clear(&made);
}

static void test_access_vectors(void **state)
{
    (void)state;
    struct made made;
    made_init(&made, two_servers, "</0/5>,</1>,</2>,</3/0>,</5>,</6/0>");
    assert_leaves(made.plan, "/2/0", "0=1 1=0 2/101=15 3=101");
    assert_leaves(made.plan, "/2/1", "0=1 1=1 2/102=15 3=102");
    assert_leaves(made.plan, "/2/2", "0=3 1=0 2/101=15 2/102=1 3=101");
    assert_leaves(made.plan, "/2/3", "0=5 1=65535 2/101=16 2/102=16 3=65535");
    assert_leaves(made.plan, "/2/4", "0=6 1=0 2/0=1 3=65535");
    made_clear(&made);
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
        {"}]\n", "</0/0>,</1>,</2>", "D/0! D/1! W/0/1! W/1/0!"},
        {", access-when: always}]\n", "</0/0>,</1>,</2>", "D/0! D/1! W/0/1! W/1/0! W/2/0!"},
        {", others: keep}]\n", "</0/0>,</1>,</2>", "W/0/1! W/1/0!"},
        {", others: keep}]\n", "</0/0>,</0/1>;ssid=9,</1/0>;ssid=9,</2/0>",
         "D/2 W/0/2! W/1/1! W/2/0!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made made;
        char text[500];
        char ops[200];
        snprintf(text, sizeof text, "%s%s", head, cases[i].tail);
        made_init(&made, text, cases[i].shown);
        list_ops(made.plan, ops, sizeof ops);
        assert_string_equal(ops, cases[i].ops);
        made_clear(&made);
    }
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
        struct made made;
        made_init(&made, one_server, cases[i].shown);
        made.subject.pct = cases[i].pct;
        made_plan(&made, NOW_AT);
        assert_int_equal(made.plan->formats[0], cases[i].first);
        made_clear(&made);
    }
    struct made made;
    made_init(&made,
              "imprint: 1\nservers: {a: {id: 1, uri: 'coaps://a.example'}}\n"
              "policies: [{name: p, client: {format: tlv}, servers: {a: {psk: {}}}}]\n",
              NULL);
    assert_int_equal(made.plan->formats[0], LWM2M_FORMAT_TLV);
    assert_int_equal(made.plan->formats[1], LWM2M_FORMAT_SENML_CBOR);
    made_clear(&made);
}

/* ---- credentials ---- */

static struct pki_credential held_key(uint32_t serial)
{
    struct pki_credential held = {.device_id = 7,
                                  .server_id = 101,
                                  .serial = serial,
                                  .mode = PKI_AUTH_PSK,
                                  .identity_len = strlen("urn:dev:os:example-1/101"),
                                  .secret_len = 16,
                                  .staged_at = NOW_AT - 1,
                                  .active_at = NOW_AT};
    memcpy(held.identity, "urn:dev:os:example-1/101", held.identity_len);
    memset(held.secret, 'k', 16);
    return held;
}

static void test_minted(void **state)
{
    (void)state;
    struct made made;
    made_init(&made, one_server, NULL);
    assert_int_equal(made.plan->minted_count, 1);
    const struct pki_credential *minted = made.plan->minted;
    assert_int_equal(minted->device_id, 7);
    assert_int_equal(minted->server_id, 101);
    assert_int_equal(minted->mode, PKI_AUTH_PSK);
    assert_int_equal(minted->staged_at, NOW_AT);
    assert_false(minted->is_stored);
    assert_int_equal(minted->secret_len, 16);
    assert_memory_equal(minted->secret, "@ABCDEFGHIJKLMNO", 16);
    assert_int_equal(pki_credential_state(minted), PKI_CREDENTIAL_STAGED);
    made_clear(&made);
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
        struct made made;
        char text[400];
        struct pki_credential held = held_key(1);
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
                 "policies: [{name: p, servers: {main: {psk: %s}}}]\n",
                 cases[i].psk);
        made_init(&made, text, NULL);
        made.subject.credentials = &held;
        made.subject.credential_count = 1;
        made_plan(&made, NOW_AT + cases[i].age_s);
        assert_int_equal(made.plan->minted_count, cases[i].is_minted);
        const struct lwm2m_leaf *key = &find_write(made.plan, "/0/1")->leaves[5];
        bool is_held = memcmp(key->value.as.bytes.data, held.secret, 16) == 0;
        assert_int_equal(is_held, !cases[i].is_minted);
        made_clear(&made);
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
    held[2].unconfirmed_at = NOW_AT;
    held[3].active_at = 0;
    held[3].abandoned_at = NOW_AT;
    held[4].active_at = 0; /* staged: never reached the device for sure */
    struct made made;
    made_init(&made, one_server, NULL);
    made.subject.credentials = held;
    made.subject.credential_count = 5;
    made_plan(&made, NOW_AT + 1);
    assert_int_equal(made.plan->minted_count, 0);
    assert_int_equal(find_write(made.plan, "/0/1")->leaves[5].value.as.bytes.data[0], 'c');
    made_clear(&made);
}

static void test_stored(void **state)
{
    (void)state;
    struct made made;
    made_init(&made,
              "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://x.example'}}\n"
              "policies: [{name: p, servers: {main: {psk: stored}}}]\n",
              NULL);
    assert_null(made.plan);
    assert_string_equal(made.reason, "no key is stored for server 'main' (id 101)");
    struct pki_credential held = held_key(1);
    held.is_stored = true;
    made.subject.credentials = &held;
    made.subject.credential_count = 1;
    made_plan(&made, NOW_AT);
    assert_non_null(made.plan);
    assert_int_equal(made.plan->minted_count, 0);
    made_clear(&made);
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
        struct made made;
        char text[500];
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {main: {id: 101, uri: '%s'}}\n"
                 "policies: [{name: p, servers: {main: {psk: %s}}}]\n",
                 cases[i].uri, cases[i].psk);
        made_init(&made, text, NULL);
        assert_null(made.plan);
        assert_string_equal(made.reason, cases[i].reason);
        made_clear(&made);
    }
}

static void test_without_record(void **state)
{
    (void)state;
    struct made made;
    made_init(&made, one_server, NULL);
    made.subject.device = NULL;
    made_plan(&made, NOW_AT);
    assert_null(made.plan);
    assert_string_equal(made.reason, "a key cannot be minted for a device without a record");
    made.decision.verdict = POLICY_HOLD;
    uint8_t counter = 0;
    assert_null(policy_plan_new(made.set, &made.decision, &made.subject, NOW_AT, policy_case_random,
                                &counter, made.reason));
    assert_string_equal(made.reason, "there is nothing to apply");
    made_clear(&made);
}

static void test_identity_octets(void **state)
{
    (void)state;
    struct made made;
    made_init(&made,
              "imprint: 1\nservers: {main: {id: 101, uri: 'coaps://{server}.example'}}\n"
              "policies: [{name: p, servers: {main: {psk: {identity: '{identity}.{serial}'}}}}]\n",
              NULL);
    const struct lwm2m_leaf *uri = &find_write(made.plan, "/0/1")->leaves[0];
    assert_int_equal(uri->value.as.bytes.len, strlen("coaps://main.example"));
    assert_memory_equal(uri->value.as.bytes.data, "coaps://main.example",
                        strlen("coaps://main.example"));
    assert_memory_equal(made.plan->minted[0].identity, "factory.example-1", 17);
    made.device.identity[3] = '\0';
    made_plan(&made, NOW_AT);
    assert_null(made.plan);
    made_clear(&made);
}

/* ---- whatever a device shows ---- */

static void test_property(void **state)
{
    (void)state;
    uint32_t seed = 20261122;
    const char *const texts[] = {one_server, two_servers, ONE_SERVER_KEEP, full_server};
    for (unsigned i = 0; i < 4000; i++) {
        uint32_t before = seed;
        struct made made;
        made_init(&made, texts[i % 4], NULL);
        made.discover = policy_case_random_discover(&seed);
        made.subject.discover = &made.discover;
        made_plan(&made, NOW_AT);
        const char *broken =
            made.plan != NULL ? policy_case_broken(made.plan, &made.discover) : made.reason;
        if (broken != NULL) {
            fail_msg("seed %u, policy %u: %s", before, i % 4, broken);
        }
        made_clear(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_extra_deletes_and_writes),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_server_versions),
        cmocka_unit_test(test_without_optional),
        cmocka_unit_test(test_access_vectors),
        cmocka_unit_test(test_access_of_one_server),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_minted),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_which_key),
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_without_record),
        cmocka_unit_test(test_identity_octets),
        cmocka_unit_test(test_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
