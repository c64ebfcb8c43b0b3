#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <string.h>

/*
 * Which operations are spared, by what is shown, read and remembered. A device was provisioned by
 * FIRST; then SECOND (often the same) meets what it shows now.
 */

#define ONE(server, more)                                                                          \
    "imprint: 1\nservers: {a: {id: 101, " server "}}\n"                                            \
    "policies: [{name: p, servers: {a: {psk: {}}}" more "}]\n"
#define PLAIN   "uri: 'coaps://a.example', lifetime: 1d"
#define SIMPLE  ONE(PLAIN, "")
#define BEFORE  "</>;lwm2m=1.1,</0/0>,</1>,</2>,</3/0>,</5/0>"
#define STANDS  ",</0/1>;ssid=101;uri=\"coaps://a.example\",</1/0>;ssid=101"
#define AFTER   BEFORE STANDS
#define NO_URI  "</>;lwm2m=1.1,</0/0>,</1>,</3/0>,</0/1>;ssid=101,</1/0>;ssid=101"
#define FOREIGN ",</0/4>;ssid=9;uri=\"coaps://b.example\",</1/4>;ssid=9"

enum read { UNREAD, AS_WRITTEN, OTHER_LIFETIME, OTHER_TWO, WITH_EXTRA };
enum memory { CONFIRMED, FORGOTTEN, NO_PRINT };

#define LESHAN                                                                                     \
    "</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"coap://s:p\",</1/0>;"          \
    "ssid=2222,</2>,</3442/0>,</3/0>"

static const struct difference_case {
    const char *name;
    const char *first, *second;
    const char *shown;
    enum read read;
    enum memory memory;
    const char *ops;
} cases[] = {
    {"nothing to do", SIMPLE, SIMPLE, AFTER, AS_WRITTEN, CONFIRMED, ""},
    {"nothing to do, values not read", SIMPLE, SIMPLE, AFTER, UNREAD, CONFIRMED, ""},
    {"a client that shows no URI", SIMPLE, SIMPLE, NO_URI, UNREAD, CONFIRMED, ""},
    {"nothing is remembered: the key is not known", SIMPLE, SIMPLE, AFTER, AS_WRITTEN, FORGOTTEN,
     "D/0! D/1! W/0/1! W/1/0!"},
    {"nothing secret is ever taken for unchanged", SIMPLE, SIMPLE, AFTER, AS_WRITTEN, NO_PRINT,
     "D/0! D/1! W/0/1! W/1/0!"},
    {"one value differs", SIMPLE, SIMPLE, AFTER, OTHER_LIFETIME, CONFIRMED, "W/1/0/1!"},
    {"two values differ", SIMPLE, SIMPLE, AFTER, OTHER_TWO, CONFIRMED, "W/1/0!"},
    {"a resource of the client's own making", SIMPLE, SIMPLE, AFTER, WITH_EXTRA, CONFIRMED, ""},
    {"a resource that the policy dropped", ONE(PLAIN ", pmin: 9s", ""), SIMPLE, AFTER, WITH_EXTRA,
     CONFIRMED, "D/1! W/1/0!"},
    {"another server URI: same shape, one Write", ONE("uri: 'coaps://c.example', lifetime: 1d", ""),
     SIMPLE, "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coaps://c.example\",</1/0>;ssid=101",
     AS_WRITTEN, CONFIRMED, "W/0/1!"},
    {"another shape: the account goes whole", SIMPLE, ONE(PLAIN ", sni: a", ""), AFTER, AS_WRITTEN,
     CONFIRMED, "D/0! D/1! W/0/1! W/1/0!"},
    {"the device was given another URI", SIMPLE, SIMPLE,
     "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coaps://evil.example\",</1/0>;ssid=101",
     AS_WRITTEN, CONFIRMED, "W/0/1!"},
    {"the Server instance is lost", SIMPLE, SIMPLE,
     BEFORE ",</0/1>;ssid=101;uri=\"coaps://a.example\"", UNREAD, CONFIRMED, "W/1/0!"},
    {"the Security instance is lost", SIMPLE, SIMPLE, BEFORE ",</1/0>;ssid=101", AS_WRITTEN,
     CONFIRMED, "W/0/1!"},
    {"an account of others goes alone", SIMPLE, SIMPLE, AFTER FOREIGN, AS_WRITTEN, CONFIRMED,
     "D/1/4! D/0/4!"},
    {"an account of others is kept", ONE(PLAIN, ", others: keep"), ONE(PLAIN, ", others: keep"),
     AFTER FOREIGN, AS_WRITTEN, CONFIRMED, ""},
    {"erase", SIMPLE, ONE(PLAIN, ", apply: erase"), AFTER, AS_WRITTEN, CONFIRMED,
     "D/0! D/1! W/0/1! W/1/0!"},
    {"blank", SIMPLE, ONE(PLAIN, ", apply: blank, delete: [/5]"), AFTER FOREIGN ",</2/0>,</5/0>",
     AS_WRITTEN, CONFIRMED, "D/! W/0/1! W/1/0!"},
    {"blank spares an OSCORE bootstrap account", SIMPLE, ONE(PLAIN, ", apply: blank"),
     AFTER ",</21/0>", AS_WRITTEN, CONFIRMED, "D/0! D/1! W/0/1! W/1/0!"},
    {"other objects stand", ONE(PLAIN, ", write: {/3/0: {15: A}}"),
     ONE(PLAIN, ", write: {/3/0: {15: A}}"), AFTER, AS_WRITTEN, CONFIRMED, ""},
    {"other objects change", ONE(PLAIN, ", write: {/3/0: {15: A}}"),
     ONE(PLAIN, ", write: {/3/0: {15: B}}"), AFTER, AS_WRITTEN, CONFIRMED, "W/3/0"},
    {"a device that was reset", ONE(PLAIN, ", write: {/3/0: {15: A}}"),
     ONE(PLAIN, ", write: {/3/0: {15: A}}"), BEFORE, UNREAD, CONFIRMED, "W/0/1! W/1/0! W/3/0"},
    {"required", SIMPLE, ONE(PLAIN, ", write: {/3/0: {15: A}}, required: [/3/0]"), AFTER,
     AS_WRITTEN, CONFIRMED, "W/3/0!"},
    {"access control that one server needs not", SIMPLE, SIMPLE, AFTER ",</2/0>", AS_WRITTEN,
     CONFIRMED, "D/2"},
};

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    (void)context;
    memset(print, (int)len, PKI_PRINT_OCTETS);
    for (size_t i = 0; i < len; i++) {
        print[i % PKI_PRINT_OCTETS] = (uint8_t)(31 * print[i % PKI_PRINT_OCTETS] + data[i]);
    }
}

static struct lwm2m_content read_of(enum read read)
{
    struct lwm2m_content content = {0};
    const struct {
        uint16_t rid;
        struct lwm2m_value value;
    } rows[] = {
        {0, {.type = LWM2M_INTEGER, .as.integer = 101}},
        {1,
         {.type = LWM2M_INTEGER,
          .as.integer = read >= OTHER_LIFETIME && read < WITH_EXTRA ? 60 : 86400}},
        {2, {.type = LWM2M_INTEGER, .as.integer = 9}},
        {6, {.type = LWM2M_BOOLEAN, .as.boolean = read != OTHER_TWO}},
        {7, {.type = LWM2M_STRING, .as.bytes = {(const uint8_t *)"U", 1}}},
        {11, {.type = LWM2M_UNSIGNED, .as.uinteger = 3}}, /* the client's own */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].rid != 2 || read == WITH_EXTRA) {
            assert_int_equal(
                lwm2m_content_add(&content, lwm2m_path_of(3, 1, 0, rows[i].rid, 0), &rows[i].value),
                LWM2M_OK);
        }
    }
    return content;
}

/* Takes over what a confirmed bootstrap leaves. */
static void confirm(struct policy_made *made, struct pki_credential *key, struct pki_memory *memory)
{
    assert_int_equal(made->plan->minted_count, 1);
    policy_minted_credential(&made->plan->minted[0], key);
    key->serial = 1;
    key->active_at = POLICY_MADE_AT;
    policy_plan_teach(made->plan, true, memory);
    made->subject.credentials = key;
    made->subject.credential_count = 1;
}

static void run(const struct difference_case *one)
{
    struct policy_made made;
    struct pki_credential key;
    struct pki_memory memory = {0};
    struct lwm2m_content servers = read_of(one->read);
    char ops[300];
    policy_made_init(&made, one->first, BEFORE);
    made.subject.print = print_of;
    policy_made_again(&made, POLICY_MADE_AT);
    confirm(&made, &key, &memory);

    policy_set_unref(made.set);
    made.set = policy_case_set(one->second);
    lwm2m_discover_clear(&made.discover);
    made.discover = policy_case_discover(one->shown);
    made.subject.seen.servers = one->read != UNREAD ? &servers : NULL;
    made.subject.memory = one->memory == FORGOTTEN ? NULL : &memory;
    made.subject.print = one->memory == NO_PRINT ? NULL : print_of;
    policy_made_again(&made, POLICY_MADE_AT + 1);
    policy_made_ops(made.plan, ops, sizeof ops);
    if (strcmp(ops, one->ops) != 0) {
        fail_msg("%s: %s, not %s (%s)", one->name, ops, one->ops, made.reason);
    }
    assert_int_equal(made.plan->is_unchanged, one->ops[0] == '\0');
    assert_int_equal(made.plan->teaching.print_count > 0, one->memory != NO_PRINT);
    lwm2m_content_clear(&servers);
    policy_made_clear(&made);
}

static void test_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run(&cases[i]);
    }
}

/* ---- access control of others (lwm2m-objects.md section 4) ---- */

#define SHARED                                                                                     \
    "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'}}\n"                              \
    "access: {t: {/1/a: {owner: a}, /3/0: {a: rw}}}\n"                                             \
    "policies: [{name: p, servers: {a: {psk: {}}}, access: t, others: keep}]\n"

static void put(struct lwm2m_content *content, uint16_t id, uint16_t rid, int32_t row,
                int64_t number)
{
    struct lwm2m_value value = {.type = LWM2M_INTEGER, .as.integer = number};
    struct lwm2m_path path =
        row < 0 ? lwm2m_path_of(3, 2, id, rid, 0) : lwm2m_path_of(4, 2, id, rid, (uint16_t)row);
    assert_int_equal(lwm2m_content_add(content, path, &value), LWM2M_OK);
}

/* /3/0 is owned by the kept server 9; /1/4 is its own; /5/0 was of a server that is gone. */
static void put_access(struct lwm2m_content *content)
{
    static const struct {
        uint16_t object, instance, row;
        int64_t mask, owner;
    } rows[] = {{3, 0, 9, 3, 9}, {1, 4, 9, 15, 9}, {5, 0, 77, 15, 77}};
    for (uint16_t i = 0; i < 3; i++) {
        put(content, i, 0, -1, rows[i].object);
        put(content, i, 1, -1, rows[i].instance);
        put(content, i, 2, rows[i].row, rows[i].mask);
        put(content, i, 3, -1, rows[i].owner);
    }
}

static void test_access_is_extended(void **state)
{
    struct policy_made made;
    struct lwm2m_content access = {0};
    char ops[300];
    (void)state;
    put_access(&access);
    policy_made_init(&made, SHARED, BEFORE FOREIGN ",</2/0>,</2/1>,</2/2>");
    assert_int_equal(policy_reads(made.set, &made.decision, &made.subject), POLICY_READ_ACCESS);
    made.subject.seen.access = &access;
    policy_made_again(&made, POLICY_MADE_AT);
    policy_made_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "D/2/2 W/0/1! W/1/0! W/2/0! W/2/3!");
    policy_made_leaves(made.plan, "/2/0", "0=3 1=0 2/9=3 2/101=3 3=9");
    policy_made_leaves(made.plan, "/2/3", "0=1 1=0 2/101=15 3=101");
    lwm2m_content_clear(&access);
    policy_made_clear(&made);
}

/* What another server lost with our account's /0 instance is written again. */
static void test_access_is_restored(void **state)
{
    struct policy_made made;
    struct lwm2m_content access = {0};
    char ops[300];
    (void)state;
    put_access(&access);
    policy_made_init(&made, SHARED, AFTER FOREIGN ",</2/0>,</2/1>,</2/2>");
    made.subject.seen.access = &access;
    policy_made_again(&made, POLICY_MADE_AT);
    policy_made_ops(made.plan, ops, sizeof ops);
    assert_string_equal(ops, "D/2 D/1/0! D/0/1! W/0/1! W/1/0! W/2/0! W/2/1! W/2/3!");
    policy_made_leaves(made.plan, "/2/1", "0=1 1=4 2/9=15 3=9");
    lwm2m_content_clear(&access);
    policy_made_clear(&made);
}

/* Entries of others without end are refused, not worked off: a device may show what it likes. */
static void test_access_without_end(void **state)
{
    struct policy_made made;
    struct lwm2m_content access = {0};
    (void)state;
    for (uint16_t id = 0; id < 1000; id++) {
        put(&access, id, 3, -1, 9);
    }
    policy_made_init(&made, SHARED, BEFORE FOREIGN ",</2/0>");
    made.subject.seen.access = &access;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_null(made.plan);
    assert_string_equal(made.reason,
                        "the device has more than 256 entries of other servers in object 2");
    lwm2m_content_clear(&access);
    policy_made_clear(&made);
}

/* ---- what is known besides ---- */

/* Reads are for what may stay: remembered, of ours, and of a version that knows Read. */
static void test_reads(void **state)
{
    static const struct {
        const char *shown;
        uint16_t pct;
        bool is_remembered;
        unsigned reads;
    } rows[] = {
        {AFTER, LWM2M_FORMAT_NONE, true, POLICY_READ_SERVERS},
        {AFTER, LWM2M_FORMAT_NONE, false, 0},
        {BEFORE FOREIGN, LWM2M_FORMAT_NONE, true, 0},
        {BEFORE ",</1/0>", LWM2M_FORMAT_NONE, true, POLICY_READ_SERVERS},
        {BEFORE, LWM2M_FORMAT_NONE, true, 0},
        {"</>;lwm2m=\"1.0\",</0/0>,</0/1>;ssid=101,</1/0>;ssid=101", LWM2M_FORMAT_NONE, true, 0},
        {NULL, LWM2M_FORMAT_SENML_CBOR, true, 0},
    };
    struct pki_memory memory = {.print_count = 1};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_made made;
        policy_made_init(&made, SIMPLE, rows[i].shown);
        made.subject.pct = rows[i].pct;
        made.subject.print = print_of;
        made.subject.memory = rows[i].is_remembered ? &memory : NULL;
        assert_int_equal(policy_reads(made.set, &made.decision, &made.subject), rows[i].reads);
        policy_made_clear(&made);
    }
}

/* A format that worked comes first, one that was refused last; no LwM2M CBOR before 1.2. */
static void test_formats(void **state)
{
    struct policy_made made;
    struct pki_memory memory = {.formats = {LWM2M_FORMAT_SENML_JSON},
                                .format_count = 1,
                                .refused = {LWM2M_FORMAT_TLV},
                                .refused_count = 1};
    (void)state;
    policy_made_init(&made, SIMPLE, BEFORE);
    made.subject.pct = LWM2M_FORMAT_NONE;
    made.subject.memory = &memory;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_int_equal(made.plan->formats[0], LWM2M_FORMAT_SENML_JSON);
    assert_int_equal(made.plan->formats[made.plan->format_count - 1], LWM2M_FORMAT_TLV);
    for (size_t i = 0; i < made.plan->format_count; i++) {
        assert_int_not_equal(made.plan->formats[i], LWM2M_FORMAT_LWM2M_CBOR);
    }
    policy_made_clear(&made);
}

/* Wakaama takes some resources for errors: they are left out where it is recognised, optional where
 * the policy only says that it is one (clients.md). */
static void test_refused_resources(void **state)
{
    static const char known[] = "</>;lwm2m=1.1,</0/0>,</1>;ver=1.1,</3/0>";
    static const struct {
        const char *more, *shown;
        bool is_there;
    } rows[] = {
        {"", known, false}, {", client: {kind: wakaama}", "</0/0>,</1>", true}, {"", BEFORE, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[400];
        struct policy_made made;
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {a: {id: 101, " PLAIN ", trigger: true}}\n"
                 "policies: [{name: p, servers: {a: {psk: {}}}%s}]\n",
                 rows[i].more);
        policy_made_init(&made, text, rows[i].shown);
        const struct policy_op *op = policy_made_write(made.plan, "/1/0");
        const struct lwm2m_leaf *last = &op->leaves[op->leaf_count - 1];
        assert_int_equal(last->path.id[2] == 21, rows[i].is_there);
        assert_true(!rows[i].is_there || op->is_optional[op->leaf_count - 1]);
        assert_int_equal(made.plan->kind != NULL, i < 2);
        policy_made_clear(&made);
    }
}

/* lwm2m-bootstrap.md 3.4: PUT /o names its instances in the body. */
static void test_whole_objects(void **state)
{
    static const struct {
        const char *more, *shown, *security, *server;
    } rows[] = {
        {"client: {whole-objects: true}", BEFORE, "/0", "/1"},
        {"client: {whole-objects: true}, apply: blank", AFTER, "/0", "/1"},
        {"client: {whole-objects: false}", BEFORE, "/0/1", "/1/0"},
        {"client: {whole-objects: true}, on-error: {account: go-on}", BEFORE, "/0/1", "/1/0"},
        {"client: {whole-objects: true}", "</>;lwm2m=1.1,</0/0>,</1>;ver=1.1,</3/0>", "/0/1",
         "/1/0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[500];
        uint8_t body[2048];
        size_t len = 0;
        struct policy_made made;
        struct lwm2m_content content = {0};
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {a: {id: 101, " PLAIN "}, b: {id: 102, " PLAIN "}}\n"
                 "policies: [{name: p, servers: {a: {psk: {}}, b: {psk: {}}}, %s}]\n",
                 rows[i].more);
        policy_made_init(&made, text, rows[i].shown);
        const struct policy_op *server = policy_made_write(made.plan, rows[i].server);
        assert_non_null(policy_made_write(made.plan, rows[i].security));
        assert_non_null(server);
        size_t op = (size_t)(server - made.plan->ops);
        assert_int_equal(
            policy_plan_encode(made.plan, op, LWM2M_FORMAT_TLV, false, body, sizeof body, &len),
            LWM2M_OK);
        assert_int_equal(lwm2m_decode(LWM2M_FORMAT_TLV, server->path, lwm2m_registry_builtin(),
                                      body, len, &content),
                         LWM2M_OK);
        const struct lwm2m_value *second =
            lwm2m_content_find(&content, lwm2m_path_of(3, LWM2M_OBJECT_SERVER, 1, 0, 0));
        assert_int_equal(second != NULL, server->path.depth == 1);
        assert_true(second == NULL || second->as.integer == 102);
        lwm2m_content_clear(&content);
        policy_made_clear(&made);
    }
}

/* Leshan's client replaces what a Write names: one resource of an instance that stands goes alone,
 * so that it keeps the others (it refuses Finish without /3/0/16, clients.md). */
static void test_one_resource_of_a_replacer(void **state)
{
    static const char leshan[] = LESHAN;
    static const struct {
        const char *more, *shown, *path;
    } rows[] = {
        {"write: {/3/0: {15: A}}", leshan, "/3/0/15"},
        {"apply: blank, write: {/3/0: {15: A}}", leshan, "/3/0/15"},
        {"write: {/3/0: {14: '+01:00', 15: A}}", leshan, "/3/0"},
        {"write: {/3/0: {15: A}}", "</>;lwm2m=1.1,</0/0>,</1>,</3/0>", "/3/0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[400];
        struct policy_made made;
        snprintf(text, sizeof text,
                 "imprint: 1\nservers: {a: {id: 101, " PLAIN "}}\n"
                 "policies: [{name: p, servers: {a: {psk: {}}}, %s}]\n",
                 rows[i].more);
        policy_made_init(&made, text, rows[i].shown);
        assert_non_null(policy_made_write(made.plan, rows[i].path));
        assert_null(policy_case_broken(made.plan, &made.discover));
        policy_made_clear(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_access_is_extended),
        cmocka_unit_test(test_access_is_restored),
        cmocka_unit_test(test_access_without_end),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_refused_resources),
        cmocka_unit_test(test_whole_objects),
        cmocka_unit_test(test_one_resource_of_a_replacer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
