/*
 * Clients recognised by what they send: the real answers of clients.md and lwm2m-encodings.md
 * section 9, and that no row's effects can harm a client that was taken for another.
 */
#include "bootstrap/policy/policy.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

#define NONE LWM2M_FORMAT_NONE

#define ANJAY(version) "</>;lwm2m=" version ",</0>,</0/1>;uri=\"coaps://bs.example:5684\",</1>,</2>"
#define LESHAN                                                                                     \
    "</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"coap://s:p\",</1/0>;"          \
    "ssid=2222,</2>,</3442/0>,</3/0>"
#define WAKAAMA "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://h\",</1>;ver=1.1,</1/1>;ssid=1"
#define ZEPHYR  "</>;lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>"

static const struct {
    const char *what;
    uint16_t pct;
    bool asked_pack, has_public_key;
    const char *discover; /* NULL: not asked */
    const char *name;     /* NULL: no row */
} clients[] = {
    /* clients.md "Anjay 3.x": the pack is asked for first, then pct=112 */
    {"Anjay 1.2 before Discover", 112, true, false, NULL, "anjay-1.2"},
    {"Anjay 1.2, the pack itself", NONE, true, false, NULL, "anjay-1.2"},
    {"Anjay 1.2", 112, true, false, ANJAY("1.2"), "anjay-1.2"},
    {"Anjay 1.2 that was never seen to ask for a pack", 112, false, false, ANJAY("1.2"),
     "anjay-1.2"},
    {"Anjay 1.2, certificate", 112, true, true, ANJAY("1.2"), "anjay-1.2"},
    {"Anjay 1.1", 112, false, false, ANJAY("1.1"), "anjay-1.1"},
    {"Anjay set back to 1.1 since its pack", 112, true, false, ANJAY("1.1"), "anjay-1.1"},
    {"Anjay 1.1 with a server", 112, false, false,
     "</>;lwm2m=1.1,</0>,</0/0>;ssid=1;uri=\"coap://s\",</0/1>;uri=\"coap://b\",</1>,</1/0>;ssid=1",
     "anjay-1.1"},
    {"Anjay 2.x", NONE, false, false, "lwm2m=\"1.0\",</0>,</0/1>,</1>,</2>,</3>,</3/0>",
     "anjay-1.0"},
    /* clients.md "Leshan's client": always 1.0, pct may be absent */
    {"Leshan", 112, false, false, LESHAN, "leshan"},
    {"Leshan, TLV", 11542, false, true, LESHAN, "leshan"},
    {"Leshan without pct", NONE, false, false, LESHAN, "leshan-1.0"},
    {"Leshan with OSCORE", 110, false, false,
     "</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=1;uri=\"u\",</1/0>;ssid=1,"
     "</21/10>;ssid=1;uri=\"u\"",
     "leshan"},
    /* clients.md "Wakaama" */
    {"Wakaama", 110, false, false, WAKAAMA, "wakaama"},
    {"Wakaama built with CBOR", 112, false, false, WAKAAMA, "wakaama"},
    {"Wakaama before its first server", 110, false, false,
     "</>;lwm2m=1.1,</0/0>,</1>;ver=1.1,</2>,</3/0>", "wakaama"},
    {"Wakaama built for 1.0", NONE, false, false, "lwm2m=1.0,</0/0>,</0/1>;ssid=1,</1/1>;ssid=1",
     "wakaama-1.0"},
    /* lwm2m-encodings.md section 9, "Zephyr" */
    {"Zephyr", NONE, false, false, ZEPHYR, "zephyr"},
    {"Zephyr with 1.1", 110, false, false, "</>;lwm2m=\"1.1\",</0/0>,</1>,</3/0>", "zephyr"},

    /* nobody in particular: lwm2m-encodings.md section 9 and ets-bootstrap-cases.md */
    {"nothing known", NONE, false, false, NULL, NULL},
    {"a pct alone", 110, false, false, NULL, NULL},
    {"1.0 text", NONE, false, false, "lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</0/2>;ssid=102", NULL},
    {"1.1 text", 112, false, false,
     "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://server_1.example.com\",</0/1>,</1/0/>;ssid=101, "
     "</3/0>,</5>,</4>",
     NULL},
    {"conformance suite", NONE, false, false, "lwm2m=\"1.0\",</0/0>;ssid=1,</0/1>, </1/0>;ssid=1",
     NULL},
    {"an empty answer", NONE, false, false, "", NULL},
    {"a pack, and an answer like nobody's", 112, true, false, "</>;lwm2m=1.2,</0/0>,</1>", NULL},
    {"what Wakaama would show, with a certificate", 110, false, true, WAKAAMA, NULL},
    {"what Wakaama 1.0 would show, with pct", 110, false, false, "lwm2m=1.0,</0/0>", NULL},
    {"garbage that is link format", NONE, false, false, "</a>,</b>;x", NULL},
};

static void recognises(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        struct lwm2m_discover discover = {0};
        const char *const text = clients[i].discover;
        print_message("%s\n", clients[i].what);
        if (text != NULL) {
            assert_int_equal(lwm2m_discover_parse(text, strlen(text), &discover), LWM2M_OK);
        }
        const struct policy_traits traits = {.pct = clients[i].pct,
                                             .asked_pack = clients[i].asked_pack,
                                             .has_public_key = clients[i].has_public_key,
                                             .discover = text != NULL ? &discover : NULL};
        const struct policy_quirk *quirk = policy_quirk_of(&traits);
        assert_string_equal(quirk != NULL ? quirk->name : "none",
                            clients[i].name != NULL ? clients[i].name : "none");
        lwm2m_discover_clear(&discover);
    }
}

/* Whichever answer is shown, at most one row claims it: their order decides nothing. */
static void rows_exclude_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        struct lwm2m_discover discover = {0};
        const char *const text = clients[i].discover;
        if (text != NULL) {
            assert_int_equal(lwm2m_discover_parse(text, strlen(text), &discover), LWM2M_OK);
        }
        const struct policy_traits traits = {.pct = clients[i].pct,
                                             .asked_pack = clients[i].asked_pack,
                                             .has_public_key = clients[i].has_public_key,
                                             .discover = text != NULL ? &discover : NULL};
        size_t claims = 0;
        const struct policy_quirk *quirk;
        for (size_t k = 0; (quirk = policy_quirk_at(k)) != NULL; k++) {
            claims += quirk->recognises(&traits) ? 1 : 0;
        }
        print_message("%s\n", clients[i].what);
        assert_int_equal(claims, clients[i].name != NULL ? 1 : 0);
        lwm2m_discover_clear(&discover);
    }
}

/* What clients.md tells of each, as effects. 0 or false: nothing told. */
static void effects(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t version;
        size_t key_max, identity_max, credential_max, servers_max;
        uint16_t block_max;
        enum policy_write_effect to_server, to_security;
        bool is_psk_only, ends_at_refused_finish, is_deaf, by_instance;
    } rows[] = {
        {"anjay-1.2", 0x102, 0, 0, 0, 0, 0, POLICY_WRITE_MERGES, POLICY_WRITE_MERGES, false, false,
         false, false},
        {"anjay-1.1", 0, 0, 0, 0, 0, 0, POLICY_WRITE_MERGES, POLICY_WRITE_MERGES, false, false,
         false, false},
        {"anjay-1.0", 0, 0, 0, 0, 0, 0, POLICY_WRITE_MERGES, POLICY_WRITE_MERGES, false, false,
         false, false},
        {"leshan", 0x101, 0, 0, 0, 1, 0, POLICY_WRITE_REPLACES, POLICY_WRITE_REPLACES, false, true,
         false, false},
        {"leshan-1.0", 0, 0, 0, 0, 1, 0, POLICY_WRITE_REPLACES, POLICY_WRITE_REPLACES, false, true,
         false, false},
        {"zephyr", 0, 16, 16, 1024, 1, 0, POLICY_WRITE_UNKNOWN, POLICY_WRITE_UNKNOWN, false, false,
         false, false},
        {"wakaama", 0, 16, 32, 0, 0, 512, POLICY_WRITE_REPLACES, POLICY_WRITE_MERGES, true, false,
         true, true},
        {"wakaama-1.0", 0, 16, 32, 0, 0, 512, POLICY_WRITE_REPLACES, POLICY_WRITE_MERGES, true,
         false, true, true},
    };
    const size_t count = sizeof rows / sizeof rows[0];
    assert_null(policy_quirk_at(count));
    for (size_t i = 0; i < count; i++) {
        const struct policy_quirk *quirk = policy_quirk_by_name(rows[i].name);
        print_message("%s\n", rows[i].name);
        assert_non_null(quirk);
        assert_ptr_equal(quirk, policy_quirk_at(i));
        assert_int_equal(quirk->version, rows[i].version);
        assert_int_equal(quirk->key_max, rows[i].key_max);
        assert_int_equal(quirk->identity_max, rows[i].identity_max);
        assert_int_equal(quirk->credential_max, rows[i].credential_max);
        assert_int_equal(quirk->server_accounts_max, rows[i].servers_max);
        assert_int_equal(quirk->block_max, rows[i].block_max);
        assert_int_equal(quirk->write_to_server, rows[i].to_server);
        assert_int_equal(quirk->write_to_security, rows[i].to_security);
        assert_int_equal(quirk->is_psk_only, rows[i].is_psk_only);
        assert_int_equal(quirk->ends_at_refused_finish, rows[i].ends_at_refused_finish);
        assert_int_equal(quirk->is_deaf_after_finish, rows[i].is_deaf);
        assert_int_equal(quirk->writes_by_instance, rows[i].by_instance);
    }
    assert_null(policy_quirk_by_name("nobody"));
    assert_null(policy_quirk_by_name(""));
}

static size_t list_len(const uint8_t *list)
{
    size_t len = 0;
    while (list != NULL && list[len] != 0xff) {
        len++;
    }
    return len;
}

static void refused_resources(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *security, *server; /* clients.md */
    } rows[] = {
        {"anjay-1.2", "", "\4\x8\x9"},
        {"anjay-1.1", "", "\4\x8\x9"},
        {"anjay-1.0", "", "\4\x8\x9"},
        {"leshan", "", ""},
        {"zephyr", "", ""},
        {"wakaama", "\15\16\17\20\21", "\4\10\11\12\13\14\25\26\30"},
        {"wakaama-1.0", "\15\16\17\20\21", "\4\10\11\12\13\14\25\26\30"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct policy_quirk *quirk = policy_quirk_by_name(rows[i].name);
        print_message("%s\n", rows[i].name);
        assert_int_equal(list_len(quirk->refuses_security), strlen(rows[i].security));
        assert_int_equal(list_len(quirk->refuses_server), strlen(rows[i].server));
        assert_true(strlen(rows[i].security) == 0 ||
                    memcmp(quirk->refuses_security, rows[i].security, strlen(rows[i].security)) ==
                        0);
        assert_true(strlen(rows[i].server) == 0 ||
                    memcmp(quirk->refuses_server, rows[i].server, strlen(rows[i].server)) == 0);
    }
}

static bool has_format(const struct policy_quirk *quirk, uint16_t format)
{
    for (size_t i = 0; i < POLICY_QUIRK_FORMATS_MAX && quirk->formats[i] != NONE; i++) {
        if (quirk->formats[i] == format) {
            return true;
        }
    }
    return false;
}

/* A row must name TLV, which every version has, end its list, and write what the codec can. */
static void formats_suit_everybody(void **state)
{
    (void)state;
    const struct policy_quirk *quirk;
    for (size_t i = 0; (quirk = policy_quirk_at(i)) != NULL; i++) {
        size_t count = 0;
        print_message("%s\n", quirk->name);
        while (count < POLICY_QUIRK_FORMATS_MAX && quirk->formats[count] != NONE) {
            assert_non_null(lwm2m_format_by_number(quirk->formats[count++]));
        }
        assert_in_range(count, 1, POLICY_QUIRK_FORMATS_MAX - 1);
        assert_true(has_format(quirk, LWM2M_FORMAT_TLV));
    }
    /* clients.md: "Wakaama .. never LwM2M CBOR"; "Anjay 2.x .. 112 and 11544: 4.15" */
    assert_false(has_format(policy_quirk_by_name("wakaama"), LWM2M_FORMAT_LWM2M_CBOR));
    assert_false(has_format(policy_quirk_by_name("anjay-1.0"), LWM2M_FORMAT_SENML_CBOR));
    assert_false(has_format(policy_quirk_by_name("anjay-1.0"), LWM2M_FORMAT_LWM2M_CBOR));
}

static bool is_needed(uint16_t object, uint8_t id)
{
    /* lwm2m-objects.md section 8: what every account must hold to be one */
    static const uint8_t security[] = {0, 1, 2, 3, 4, 5, 10};
    static const uint8_t server[] = {0, 1, 6, 7};
    const bool is_server = object == 1;
    return is_server ? memchr(server, id, sizeof server) != NULL
                     : memchr(security, id, sizeof security) != NULL;
}

/* Taken for the wrong client, a device still gets a plan that it can take. */
static void limits_are_sane(void **state)
{
    (void)state;
    const struct policy_quirk *quirk;
    for (size_t i = 0; (quirk = policy_quirk_at(i)) != NULL; i++) {
        print_message("%s\n", quirk->name);
        assert_non_null(quirk->recognises);
        assert_true(strlen(quirk->clients) > 0);
        assert_true(quirk->version == 0 || (quirk->version >= LWM2M_VERSION(1, 0) &&
                                            quirk->version <= LWM2M_VERSION(1, 2)));
        /* 128 bits of key, an identity as long as a name, a certificate as short as they come */
        assert_true(quirk->key_max == 0 || quirk->key_max >= 16);
        assert_true(quirk->identity_max == 0 || quirk->identity_max >= 16);
        assert_true(quirk->credential_max == 0 || quirk->credential_max >= 1000);
        /* RFC 7959: a size of block, none so small that a plan outlasts its budget */
        assert_true(quirk->block_max == 0 || quirk->block_max == 256 || quirk->block_max == 512 ||
                    quirk->block_max == 1024);
        /* four tries fit into the 80 s of a usual link: 5 + 10 + 20 + 40 */
        assert_in_range(quirk->ack_timeout_ms, 0, 5000);
        for (size_t k = 0; k < list_len(quirk->refuses_security); k++) {
            assert_false(is_needed(0, quirk->refuses_security[k]));
        }
        for (size_t k = 0; k < list_len(quirk->refuses_server); k++) {
            assert_false(is_needed(1, quirk->refuses_server[k]));
        }
    }
}

static void names_are_words(void **state)
{
    (void)state;
    const struct policy_quirk *quirk;
    for (size_t i = 0; (quirk = policy_quirk_at(i)) != NULL; i++) {
        assert_int_equal(strspn(quirk->name, "abcdefghijklmnopqrstuvwxyz0123456789.-"),
                         strlen(quirk->name));
        assert_ptr_equal(policy_quirk_by_name(quirk->name), quirk);
    }
}

#define POLICY(kind, first, second)                                                                \
    "imprint: 1\n"                                                                                 \
    "servers:\n"                                                                                   \
    "  a: {id: 101, uri: coaps://a.example}\n"                                                     \
    "  b: {id: 102, uri: coaps://b.example}\n"                                                     \
    "policies:\n"                                                                                  \
    "  - name: p\n"                                                                                \
    "    client: {kind: " kind "}\n"                                                               \
    "    servers: {a: {" first "}" second "}\n"

/* What `policy check` says of a policy that names its clients' kind. */
static void policies_for_a_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says; /* NULL: no word of the kind's limits */
    } rows[] = {
        {POLICY("wakaama", "psk: {bytes: 16, identity: 'm{serial}'}", ""), NULL},
        {POLICY("wakaama", "psk: {bytes: 32}", ""), "wakaama takes no more than 16 octets"},
        {POLICY("wakaama", "psk: {identity: 'a-name-that-is-longer-than-32-octets'}", ""),
         "wakaama takes no more than 32 octets"},
        {POLICY("wakaama", "rpk: stored", ""), "wakaama knows neither raw public keys"},
        {POLICY("wakaama", "cert: stored", ""), "nor certificates"},
        {POLICY("leshan", "cert: stored", ""), NULL},
        {POLICY("zephyr", "psk: {identity: 'longer-than-16-octets'}", ""),
         "zephyr takes no more than 16 octets"},
        {POLICY("zephyr", "psk: stored", ", b: {psk: stored}"), "no more than 1 accounts"},
        {POLICY("leshan", "psk: stored", ", b: {psk: stored}"), "no more than 1 accounts"},
        {POLICY("anjay-1.2", "psk: {bytes: 32}", ", b: {psk: stored}"), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_report report = {0};
        bool is_said = false;
        struct policy_set *set =
            policy_set_load_text("p.yaml", rows[i].text, strlen(rows[i].text), NULL, &report);
        for (size_t k = 0; k < report.count; k++) {
            const char *const text = report.problems[k].text;
            print_message("row %zu: %s\n", i, text);
            is_said = is_said || (rows[i].says != NULL && strstr(text, rows[i].says) != NULL &&
                                  report.problems[k].is_warning);
            assert_true(rows[i].says != NULL || strstr(text, "takes no more than") == NULL);
            assert_true(rows[i].says != NULL || strstr(text, "knows neither") == NULL);
        }
        assert_int_equal(is_said, rows[i].says != NULL);
        policy_set_unref(set);
        policy_report_clear(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognises),
        cmocka_unit_test(rows_exclude_each_other),
        cmocka_unit_test(effects),
        cmocka_unit_test(refused_resources),
        cmocka_unit_test(formats_suit_everybody),
        cmocka_unit_test(limits_are_sane),
        cmocka_unit_test(names_are_words),
        cmocka_unit_test(policies_for_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
