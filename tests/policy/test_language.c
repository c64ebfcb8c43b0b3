#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include "bootstrap/policy/model.h"

#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 4096 };

#define SERVERS                                                                                    \
    "imprint: 1\n"                                                                                 \
    "servers: {s: {id: 1, uri: 'coaps://x'}, p: {id: 2, uri: 'coap://y'}}\n"
#define IN_SERVER(row) "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x',\n " row "}}\n"
#define IN_POLICY(row) SERVERS "policies: [{name: a, servers: {s: {psk: {}}},\n " row "}]\n"
#define IN_GRANT(row)  SERVERS "policies: [{name: a, servers: {s: {\n " row "}}}]\n"
#define IN_PLAIN(row)  SERVERS "policies: [{name: a, servers: {p: {\n " row "}}}]\n"
#define IN_OVERLAY(row)                                                                            \
    SERVERS "policies: [{name: a, servers: {s: {psk: {}}}}]\n"                                     \
            "overlays: [{name: o,\n " row "}]\n"

/* Lines that must be said, each with its place; "": it loads without a word. */
static const struct case_of_language {
    const char *text, *said;
} cases[] = {
    /* servers */
    {IN_SERVER("sni: '{attr.region}.example', apn: 0"), ""},
    {IN_SERVER("sni: '{region}'"), "p.yaml:3:7: error: sni: unknown placeholder '{region}'"},
    {IN_SERVER("apn: 65535"), "p.yaml:3:7: error: apn: '65535' is outside 0 to 65534"},
    {IN_SERVER("cipher-suites: [TLS_PSK_WITH_AES_128_CCM_8, 0xC0A4, 168]"), ""},
    {IN_SERVER("cipher-suites: TLS_PSK_WITH_AES_128_CCM_9"),
     "did you mean 'TLS_PSK_WITH_AES_128_CCM_8'?"},
    {IN_SERVER("cipher-suites: [0x10000]"), "'0x10000' is outside 1 to 65535"},
    {IN_SERVER("cipher-suites: []"), "p.yaml:3:17: error: cipher-suites: the list is empty"},
    {IN_SERVER("sms: {number: '491234567', security: secured-packet, keys: stored}"), ""},
    {IN_SERVER("sms: {number: '+491234567'}"), "a number is digits, without +"},
    {IN_SERVER("sms: {number: '49123', security: secured-packet}"), "needs 'keys: stored'"},
    {IN_SERVER("sms: {security: dtls}"), "this sms binding needs the key 'number'"},
    {IN_SERVER("sms: {number: '49123', keys: {}}"), "'keys': making one is not supported"},
    {IN_SERVER("security-resources: {22: 4, Groups To Use by Client: [23, 24]}"), ""},
    {IN_SERVER("security-resources: {5: 00}"),
     "p.yaml:3:23: error: resource 5 (Secret Key) is not written here: it follows from the"},
    {IN_SERVER("security-resources: {SNI: x}"), "is not written here: use sni"},
    {IN_SERVER("security-resources: {22: x}"), "must be a whole number from 0"},
    {IN_SERVER("security-resources: {99: 1}"), "has no resource '99'"},
    {IN_SERVER("server-resources: {Lifetime: 60}"), "is not written here: use lifetime"},
    {IN_SERVER("server-resources: {4: 1}"), "is executable and has no value"},
    {IN_SERVER("server-resources: {}"), "names no resource"},
    {IN_SERVER("trust: {}"), "this trust needs the key 'certificate'"},
    {IN_SERVER("trust: {certificate: /etc/passwd}"), "leads out of the folder"},
    {IN_SERVER("trust: {certificate: ../x.pem}"), "the file '../x.pem'"},
    {IN_SERVER("trust: {certificate: none.pem}"),
     "p.yaml:3:23: error: the file 'none.pem' cannot be used: No such file"},
    /* credentials */
    {IN_GRANT("psk: {}, oscore: {}"), ""},
    {IN_GRANT("psk: stored, oscore: stored"), ""},
    {IN_PLAIN("oscore: {sender: '{serial}', recipient: s, aead: aes-ccm-16-64-128}"), ""},
    {IN_PLAIN("nosec: true, oscore: {bytes: 32, salt-bytes: 0, hmac: hkdf-sha-256}"), ""},
    {IN_GRANT("oscore: {}"), "has a coaps URI, which oscore alone does not fit"},
    {IN_PLAIN("oscore: {sender: '12345678'}"), "sender has more than 7 octets"},
    {IN_PLAIN("oscore: {sender: a, recipient: a}"), "sender and recipient must differ"},
    {IN_PLAIN("oscore: minted"), "must be a map"},
    {IN_GRANT("rpk: stored"), "server 's' has no trust: with rpk: stored the device needs"},
    {IN_GRANT("cert: stored"),
     "p.yaml:3:32: error: server 's' has no trust: with cert: stored the device needs the "
     "server's certificate"},
    {IN_GRANT("cert: stored, psk: {}"), "needs exactly one credential"},
    {IN_GRANT("rpk: {bytes: 1}"), "'rpk': making one is not supported by this version"},
    {IN_GRANT("est: {}"), "'est' is not supported by this version"},
    {IN_PLAIN("psk: {}"), "without security, which a psk does not fit"},
    /* match */
    {IN_POLICY("match: {identity: 'm*', transport: [coaps, coaps+tcp], version: ['1.1', '1.2'],\n"
               "   object: [/5, /3303/0], lacks: /9, share: 12.5%, kind: [zephyr, wakaama]}"),
     ""},
    {IN_POLICY("match: {share: 101%}"), "p.yaml:4:17: error: share: '101%' is outside 0% to 100%"},
    {IN_POLICY("match: {share: 5}"), "must be a share in percent"},
    {IN_POLICY("match: {object: 5}"), "object: '5' is no path here: /object or /object/instance"},
    {IN_POLICY("match: {lacks: /5/0/1}"), "is no path here"},
    {IN_POLICY("match: {version: '2.0'}"), "is not one of 1.0, 1.1, 1.2"},
    {IN_POLICY("match: {transport: udp}"), "is not one of coap, coaps, coap+tcp, coaps+tcp"},
    {IN_POLICY("match: {kind: zephir}"), "no client is called 'zephir': did you mean 'zephyr'?"},
    {IN_POLICY("client: {kind: x-y-z}"), "no client is called 'x-y-z'"},
    {IN_POLICY("client: {objects: [/3, /5], kind: wakaama}"), ""},
    {IN_POLICY("client: {objects: /3/0}"), "objects: '/3/0' is no path here: /object"},
    {IN_POLICY("valid: {from: 2026-12-01, until: 2027-01-01T06:00:00+01:00}"), ""},
    {IN_POLICY("valid: {from: 2026-12-01, until: 2026-12-01}"), "it ends before it begins"},
    {IN_POLICY("valid: {from: 2026-02-29}"), "must be a date from 1970 on"},
    {IN_POLICY("valid: {from: tomorrow}"), "p.yaml:4:16: error: from: 'tomorrow' must be a date"},
    {IN_POLICY("priority: 10"), ""},
    {IN_POLICY("priority: high"), "must be a whole number"},
    /* what is done */
    {IN_POLICY("apply: erase, verify: always, pack: true,\n"
               " on-error: {discover: stop, read: retry, delete: go-on, account: retry,\n"
               "  access: go-on, write: stop, verify: go-on}"),
     ""},
    {IN_POLICY("on-error: {write: ignore}"), "is not one of stop, go-on, retry"},
    {IN_POLICY("on-error: {finish: stop}"), "unknown key 'finish' in an on-error"},
    {IN_POLICY("verify: often"), "is not one of changed, always, never"},
    {IN_POLICY("apply: all"), "is not one of difference, erase, blank"},
    {IN_POLICY("write: {/3/0: {15: x}}, required: /3/0"), ""},
    {IN_POLICY("required: [/3/0]"), "required: /3/0 is not under write"},
    {IN_POLICY("required: /3"), "required: '/3' is no path here: /object/instance"},
    {IN_POLICY("use: basics"), "p.yaml:4:7: error: unknown block 'basics'"},
    /* write */
    {IN_POLICY("write: {/3/0: {15: 'Zone/{attr.zone}', 14: '{{+01:00}}'}}"), ""},
    {IN_POLICY("write: {/3/0: {15: '{zone}'}}"), "'Timezone': holds an unknown placeholder"},
    {IN_POLICY("write: {/3/0: {15: 'a}'}}"), "a brace itself is doubled"},
    {IN_POLICY("write: {/3/0: {13: 2026-12-01T00:00:00Z}}"), ""},
    {IN_POLICY("write: {/3/0: {13: soon}}"), "must be a time: seconds since 1970, or such as"},
    {IN_POLICY("write: {/2/0: {0: 3}}"), "made from access: name a table under access"},
    {IN_POLICY("write: {/0/1: {0: x}}"), "use their keys, or security-resources"},
    /* the bootstrap account */
    {IN_OVERLAY("bootstrap-server: {uri: 'coaps://{attr.region}.example', credential: keep,\n"
                "  hold-off: 10s, timeout: 0s}"),
     ""},
    {IN_OVERLAY("bootstrap-server: {credential: {psk: {bytes: 16, identity: '{serial}'}}}"), ""},
    {IN_OVERLAY("bootstrap-server: {credential: new}"), "'credential' must be a map"},
    {IN_OVERLAY("bootstrap-server: {credential: {}}"), "must be 'keep' or a new psk"},
    {IN_OVERLAY("bootstrap-server: {credential: {psk: stored}}"), "must be 'keep' or a new psk"},
    {IN_OVERLAY("bootstrap-server: {credential: {rpk: {}}}"), "'rpk' is not supported by this"},
    {IN_OVERLAY("bootstrap-server: {uri: 'http://x'}"), "uri of bootstrap-server must begin with"},
    {IN_OVERLAY("bootstrap-server: {uri: 'coap://x', credential: {psk: {}}}"),
     "has a URI without security"},
    /* overlays */
    {IN_OVERLAY(
         "rollout: {share: 5%, always: [pilot, 'test-*'], pause: {failed: 2%, of-last: 200}}"),
     ""},
    {IN_OVERLAY("rollout: {pause: {of-last: 200}}"), "this pause needs the key 'failed'"},
    {IN_OVERLAY("rollout: {share: 5%, pause: {failed: 2%, of-last: 2000}}"),
     "is outside 1 to 1024"},
    {IN_OVERLAY("match: {group: g}, hold: maintenance"), ""},
    {IN_OVERLAY("hold: x, deny: y"), "hold or deny, not both"},
    {IN_OVERLAY("hold: x, write: {/3/0: {15: x}}"), "provisions nothing"},
    {IN_OVERLAY("link: none"), "unknown link 'none'"},
    {SERVERS "overlays: [{link: x}]\nlinks: {x: {}}\n", "this overlay needs the key 'name'"},
    {SERVERS "overlays: [{name: o}, {name: o}]\n", "overlay 'o' is given twice"},
    /* blocks */
    {SERVERS "blocks: {b: {others: keep, servers: {s: {psk: {}}}}}\n"
             "policies: [{name: a, use: b}]\n",
     ""},
    {SERVERS "blocks: {b: {match: {}}}\n", "the key 'match' has no place in a block"},
    {SERVERS "blocks: {b: {use: c}}\n", "the key 'use' has no place in a block"},
    {SERVERS "blocks: {b: {link: none}}\npolicies: [{name: a, use: [b, b], servers: {s: {psk: "
             "{}}}}, {name: c, match: {group: g}, use: b, hold: x}]\n",
     "p.yaml:3:20: error: unknown link 'none'\np.yaml:4:61: warning"},
};

/* Every problem of TEXT, one a line. */
static void problems_of(const char *text, char out[static LINES_MAX])
{
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text("p.yaml", text, strlen(text), NULL, &report);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < report.count; i++) {
        char line[600];
        policy_report_line(&report, i, line, sizeof line);
        used += (size_t)snprintf(out + used, LINES_MAX - used, "%s\n", line);
    }
    assert_int_equal(set != NULL, report.error_count == 0);
    policy_set_unref(set);
    policy_report_clear(&report);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char lines[LINES_MAX];
        problems_of(cases[i].text, lines);
        bool is_wanted =
            cases[i].said[0] == '\0' ? lines[0] == '\0' : strstr(lines, cases[i].said) != NULL;
        if (!is_wanted || (lines[0] != '\0' && strncmp(lines, "p.yaml:", 7) != 0)) {
            fail_msg("case %zu:\n%s\nsays \"%s\",\nnot \"%s\"", i, cases[i].text, lines,
                     cases[i].said);
        }
    }
}

/* Five errors of five kinds give five messages, each with its place. */
static void test_five_errors(void **state)
{
    (void)state;
    char lines[LINES_MAX];
    problems_of("imprint: 1\n"
                "servers: {s: {id: 1, uri: 'coaps://x', security-resources: {22: -1}}}\n"
                "policies:\n"
                "  - name: a\n"
                "    match: {version: '1.3'}\n"
                "    servers: {s: {cert: stored}}\n"
                "    write:\n"
                "      /3/0: {Timezon: Etc/UTC}\n"
                "      /3303/0: {5700: 20}\n",
                lines);
    assert_string_equal(
        lines,
        "p.yaml:2:65: error: 'TLS 1.3 Features To Use by Client': must be a whole number from 0\n"
        "p.yaml:5:22: error: version: '1.3' is not one of 1.0, 1.1, 1.2: did you mean '1.0'?\n"
        "p.yaml:6:15: error: server 's' has no trust: with cert: stored the device needs the "
        "server's certificate\n"
        "p.yaml:8:14: error: object Device has no resource 'Timezon': did you mean "
        "'Timezone'?\n"
        "p.yaml:9:7: error: '/3303/0': this object has no definition here: give its OMA definition "
        "file by --objects\n");
}

/* ---- any object, by its definition ---- */

#define ITEM(id, name, operations, instances, mandatory, type, range)                              \
    "<Item ID=\"" id "\"><Name>" name "</Name><Operations>" operations                             \
    "</Operations><MultipleInstances>" instances "</MultipleInstances><Mandatory>" mandatory       \
    "</Mandatory><Type>" type "</Type><RangeEnumeration>" range                                    \
    "</RangeEnumeration><Units></Units><Description></Description></Item>"

static const char meter[] =
    "<LWM2M><Object ObjectType=\"MODefinition\"><Name>Meter</Name><ObjectID>33000</ObjectID>"
    "<ObjectVersion>1.0</ObjectVersion><MultipleInstances>Multiple</MultipleInstances>"
    "<Mandatory>Optional</Mandatory><Resources>" ITEM("0", "Label", "RW", "Single", "Mandatory",
                                                      "String", "1..8")
        ITEM("1", "Limit", "RW", "Single", "Optional", "Float", "")
            ITEM("2", "Reset", "E", "Single", "Mandatory", "", "")
                ITEM("3", "Level", "R", "Single", "Mandatory", "Integer", "0..100")
                    ITEM("4", "Codes", "RW", "Multiple", "Optional", "Opaque", "")
                        ITEM("5", "Armed", "RW", "Single", "Optional", "Boolean", "")
                            ITEM("6", "Peer", "RW", "Single", "Optional", "Objlnk",
                                 "") "</Resources></Object></LWM2M>";

static const struct {
    const char *written, *said; /* "": loads */
} any_object[] = {
    {"/33000/0: {Label: a, Limit: -1.5, 4: [00ff, 'base64:AP8='], Armed: true, Peer: '3:0'}", ""},
    {"/33000/7: {Label: '{serial}-x', Level: 100}", ""},
    {"/33000/0: {Limit: 1}", "p.yaml:5:13: error: '/33000/0': an instance of Meter needs resource "
                             "0 (Label)"},
    {"/33000/0: {Label: a, Reset: 1}", "'Reset': is executable and has no value"},
    {"/33000/0: {Label: 123456789}", "the text is shorter or longer than the resource allows"},
    {"/33000/0: {Label: '{serial}123456789'}", "the text is shorter or longer"},
    {"/33000/0: {Label: a, Level: 101}", "'Level': the value is outside the resource's range"},
    {"/33000/0: {Label: a, Limit: high}", "'Limit': must be a number"},
    {"/33000/0: {Label: a, Codes: xyz}", "must be octets in hex, or base64:"},
    {"/33000/0: {Label: a, Armed: 1}", "must be true or false"},
    {"/33000/0: {Label: a, Peer: 3}", "must be a link object:instance"},
    {"/33000/0: {Lable: a}", "object Meter has no resource 'Lable': did you mean 'Label'?"},
    {"/33001/0: {0: a}", "has no definition here"},
};

static void test_any_object(void **state)
{
    (void)state;
    struct lwm2m_definition_fault fault;
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    assert_non_null(definitions);
    assert_int_equal(lwm2m_definitions_add(definitions, meter, sizeof meter - 1, &fault), LWM2M_OK);
    for (size_t i = 0; i < sizeof any_object / sizeof any_object[0]; i++) {
        char text[400];
        char lines[LINES_MAX] = "";
        struct policy_report report = {0};
        int len = snprintf(text, sizeof text,
                           "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x'}}\npolicies:\n"
                           "  - {name: a, servers: {s: {psk: {}}},\n    write: {%s}}\n",
                           any_object[i].written);
        struct policy_set *set =
            policy_set_load_text("p.yaml", text, (size_t)len, definitions, &report);
        if (report.count > 0) {
            policy_report_line(&report, 0, lines, sizeof lines);
        }
        bool is_wanted = any_object[i].said[0] == '\0' ? set != NULL && report.count == 0
                                                       : strstr(lines, any_object[i].said) != NULL;
        if (!is_wanted) {
            fail_msg("%s: %s", any_object[i].written, lines);
        }
        policy_set_unref(set);
        policy_report_clear(&report);
    }
    lwm2m_definitions_unref(definitions);
}

/* What a row reads stands where the plan looks for it. */
static void test_places(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(
        "imprint: 1\n"
        "servers: {s: {id: 1, uri: 'coaps+tcp://x', cipher-suites: [0xC0A8, 168]}}\n"
        "blocks: {b: {client: {format: [senml-json, json]}, others: keep, verify: never}}\n"
        "policies:\n"
        "  - {name: low, match: {group: g}, hold: x}\n"
        "  - {name: high, use: b, verify: always, priority: 5, match: {share: 0.25%},\n"
        "     servers: {s: {psk: {}, oscore: {sender: a}}}}\n"
        "overlays:\n"
        "  - {name: last, priority: 1, link: l}\n"
        "  - {name: first, rollout: {share: 5%, pause: {failed: 2%}}, others: remove}\n"
        "links: {l: {}}\n");
    assert_string_equal(policy_set_rule_name(set, 0), "high");
    assert_string_equal(policy_set_rule_name(set, 1), "low");
    const struct policy_rule *rule = policy_rule_at(set, 0);
    const int64_t *formats = rule->client.formats.items;
    const int64_t *suites = policy_server_at(set, 0)->suites.items;
    const struct policy_grant *grant = rule->grants.items;
    assert_int_equal(rule->client.formats.count, 2);
    assert_int_equal(formats[1], LWM2M_FORMAT_JSON);
    assert_int_equal(rule->others, POLICY_OTHERS_KEEP);
    assert_int_equal(rule->verify, POLICY_VERIFY_ALWAYS);
    assert_int_equal(rule->match.share_ppm, 2500);
    assert_true(policy_server_at(set, 0)->is_tcp && policy_server_at(set, 0)->is_secure);
    assert_int_equal(suites[0], 0xC0A8);
    assert_int_equal(suites[1], 168);
    assert_string_equal(grant->oscore.sender, "a");
    assert_int_equal(grant->oscore.bytes, 16);
    assert_true(grant->oscore.aead == SCHEMA_UNSET);
    assert_string_equal(policy_overlay_at(set, 0)->item.name, "first");
    assert_int_equal(policy_overlay_at(set, 0)->rollout.share_ppm, 50000);
    assert_int_equal(policy_overlay_at(set, 0)->rollout.pause.of_last, 100);
    assert_int_equal(policy_overlay_at(set, 1)->rollout.item.mark.line, 0);
    policy_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_five_errors),
        cmocka_unit_test(test_any_object),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
