#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 4096

/* Every problem of TEXT, one a line, into OUT; true when it loads. */
static bool problems_of(const char *text, size_t len, char out[static LINES_MAX])
{
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text("p.yaml", text, len, NULL, &report);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < report.count; i++) {
        char line[600];
        policy_report_line(&report, i, line, sizeof line);
        used += (size_t)snprintf(out + used, LINES_MAX - used, "%s\n", line);
    }
    bool is_loaded = set != NULL;
    assert_int_equal(is_loaded, report.error_count == 0);
    policy_set_unref(set);
    policy_report_clear(&report);
    return is_loaded;
}

static void assert_problems(const char *text, const char *expected)
{
    char lines[LINES_MAX];
    problems_of(text, strlen(text), lines);
    assert_string_equal(lines, expected);
}

static void test_five_errors(void **state)
{
    (void)state;
    static const char text[] = "imprint: 1\n"
                               "servers:\n"
                               "  main: {id: 70000, uri: 'coaps://x.example', lifetme: 1d}\n"
                               "links:\n"
                               "  slow: {ack-timeout: 12}\n"
                               "policies:\n"
                               "  - name: all\n"
                               "    match: {auth: pks}\n"
                               "    link: slw\n"
                               "    servers: {main: {psk: {}}}\n";
    assert_problems(
        text,
        "p.yaml:3:14: error: id: '70000' is outside 1 to 65534\n"
        "p.yaml:3:47: error: unknown key 'lifetme' in a server: did you mean 'lifetime'?\n"
        "p.yaml:5:23: error: ack-timeout: '12' must be a time with a unit (ms, s, m, h, d, w), "
        "such as 30s\n"
        "p.yaml:8:19: error: auth: 'pks' is not one of none, psk, rpk, x509: did you mean 'psk'?\n"
        "p.yaml:9:11: error: unknown link 'slw': did you mean 'slow'?\n");
}

/* ---- what libfyaml would pass over ---- */

static const struct trap_case {
    const char *text;
    size_t len;
    const char *problem; /* a part of it */
} trap_cases[] = {
#define TRAP(text, problem)                                                                        \
    {                                                                                              \
        text, sizeof(text) - 1, problem                                                            \
    }
    TRAP("imprint: 1\n#a\0b\npolicies: []\n", "p.yaml:2:3: error: character U+0000"),
    TRAP("imprint: 1\n# \xff\npolicies: []\n", "p.yaml:2:3: error: octet 0xff is not UTF-8"),
    TRAP("imprint: 1\n# \xc3\npolicies: []\n", "p.yaml:2:3: error: octet 0xc3 is not UTF-8"),
    TRAP("imprint: 1\n# \xed\xa0\x80\n", "p.yaml:2:3: error: octet 0xed is not UTF-8"),
    TRAP("imprint: 1\n# \xc0\x80\n", "octet 0xc0 is not UTF-8"),
    TRAP("imprint: 1\n# \xf4\x90\x80\x80\n", "octet 0xf4 is not UTF-8"),
    TRAP("imprint: 1\n# \xe0\x80\x80\n", "octet 0xe0 is not UTF-8"),
    TRAP("imprint: 1\n# \xf0\x80\x80\x80\n", "octet 0xf0 is not UTF-8"),
    TRAP("imprint: 1\n# \xf0\x9f\x98", "octet 0xf0 is not UTF-8"),
    TRAP("imprint: 1\n# \x1b[0m\n", "character U+001B"),
    TRAP("imprint: 1\n# \xef\xbf\xbe\n", "character U+FFFE"),
    TRAP("imprint: 1\n# \xef\xbb\xbf\n", "character U+FEFF"),
    TRAP("imprint: 1\n# \xc2\x85\n", "character U+0085"),
    TRAP("imprint: 1\n---\nunmatched: deny\n", "p.yaml:2:1: error: a second document"),
    TRAP("imprint: 1\n...\nunmatched: deny\n", "error: "),
    TRAP("imprint: \"1\\0\"\n", "p.yaml:1:10: error: a NUL character"),
    TRAP("a: &x [1]\n", "p.yaml:1:7: error: anchors"),
    TRAP("a: &x 1\nb: *x\n", "p.yaml:2:4: error: aliases"),
    TRAP("a: !!str 1\n", "error: tags"),
    TRAP("? [a]\n: 1\n", "p.yaml:1:3: error: a key must be a word"),
    TRAP("imprint: 1\nimprint: 1\n", "p.yaml:2:1: error: key 'imprint' is given twice; the first "
                                     "is on line 1"),
    TRAP("a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "nested too deeply"),
    TRAP("a: [1, 2\nb: 3\n", "YAML: 'flow sequence"),
    TRAP("a: \"x\n", "YAML: "),
    TRAP("a: 'x''''''''''''''''y'\n", "p.yaml:1:4: error: too many quotes within single quotes"),
    TRAP("a: 'x''''''\n\n\n\n\n y'\n", "p.yaml:1:4: error: too many quotes within single quotes"),
    TRAP("a: \"x\r\n\r\n\r\n\r\n\r\n y\"\n", "too many lines that end in CR within quotes"),
    TRAP("\ta: 1\n", "error: "),
    TRAP("- a\n", "must be a map"),
    TRAP("plain", "must be a map"),
    TRAP("", "needs the key 'imprint'"),
    TRAP("# nothing\n", "needs the key 'imprint'"),
#undef TRAP
};

static void test_traps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trap_cases / sizeof trap_cases[0]; i++) {
        char lines[LINES_MAX];
        bool is_loaded = problems_of(trap_cases[i].text, trap_cases[i].len, lines);
        if (is_loaded || strstr(lines, trap_cases[i].problem) == NULL) {
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, lines, trap_cases[i].problem);
        }
    }
}

static void test_harmless(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "imprint: 1\n",
        "\xef\xbb\xbfimprint: 1\n",
        "---\nimprint: 1\n...\n",
        "%YAML 1.2\n---\nimprint: 1\n",
        "imprint: 1 # \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
        "{imprint: 1, policies: []}",
        "\"imprint\": '1'\r\n",
        "imprint: 1\n# the end without a newline",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char lines[LINES_MAX];
        if (!problems_of(texts[i], strlen(texts[i]), lines)) {
            fail_msg("case %zu: %s", i, lines);
        }
    }
}

/* A file at its bound, and one octet more. */
static void test_size(void **state)
{
    (void)state;
    size_t len = POLICY_FILE_MAX + 1;
    char *text = malloc(len);
    char lines[LINES_MAX];
    assert_non_null(text);
    memset(text, '\n', len);
    memcpy(text, "imprint: 1", 10);
    assert_true(problems_of(text, len - 1, lines));
    assert_false(problems_of(text, len, lines));
    assert_string_equal(lines, "p.yaml: error: the file is larger than 4 MiB\n");
    free(text);
}

static void test_too_many_values(void **state)
{
    (void)state;
    size_t len = 1100000;
    char *text = malloc(len);
    char lines[LINES_MAX];
    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        text[i] = "1,"[i % 2];
    }
    memcpy(text, "a: [", 4);
    text[len - 1] = ']';
    assert_false(problems_of(text, len, lines));
    assert_non_null(strstr(lines, "the file holds too many values"));
    free(text);
}

/* ---- each key and its range ---- */

#define IN_SERVER(row)                                                                             \
    "imprint: 1\nservers: {s: {id: 1, uri: 'coap://x', " row "}}\n"                                \
    "policies: [{name: p, servers: {s: {nosec: true}}}]\n"
#define IN_LINK(row) "imprint: 1\nlinks: {l: {" row "}}\n"
#define IN_PSK(row)                                                                                \
    "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x'}}\n"                                        \
    "policies: [{name: p, servers: {s: {psk: {" row "}}}}]\n"
#define IN_POLICY(row)                                                                             \
    "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x'}, t: {id: 2, uri: 'coap://y'}}\n"           \
    "access: {a: {/1/s: {owner: s}}, b: {/1/t: {owner: t}}}\nlinks: {l: {}}\n"                     \
    "policies: [{name: p, servers: {s: {psk: {}}}, " row "}]\n"
#define IN_ACCESS(row)                                                                             \
    "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x'}}\naccess: {a: {" row "}}\n"
#define IN_FILE(rows) "imprint: 1\n" rows "\n"
#define TWINS         "servers: {a: {id: 1, uri: 'coaps://x'}, b: {id: 1, uri: 'coaps://y'}}\n"

/* PROBLEM NULL: loads. Else a part of what is said. */
static const struct key_case {
    const char *text;
    const char *problem;
} key_cases[] = {
    /* servers */
    {IN_SERVER("lifetime: 1s"), NULL},
    {IN_SERVER("lifetime: 2147483647s"), NULL},
    {IN_SERVER("lifetime: forever"), NULL},
    {IN_SERVER("lifetime: 0"), "lifetime: '0' is outside 1s to"},
    {IN_SERVER("lifetime: 2147483648s"), "is outside"},
    {IN_SERVER("lifetime: 99999999999999999999s"), "is too large"},
    {IN_SERVER("lifetime: 999999999999999999w"), "is too large"},
    {IN_SERVER("lifetime: -1s"), "is outside"},
    {IN_SERVER("lifetime: 1.5d"), "must be a time with a unit"},
    {IN_SERVER("lifetime: ever"), "or one of: forever"},
    {IN_SERVER("lifetime: [1d]"), "'lifetime' must be a single value, not a list"},
    {IN_SERVER("lifetime: "), "'lifetime' has no value"},
    {IN_SERVER("binding: UQ"), NULL},
    {IN_SERVER("binding: UU"), "letters of U, T, S"},
    {IN_SERVER("binding: X"), "letters of U, T, S"},
    {IN_SERVER("binding: S"), "warning: binding of server 's' lacks U"},
    {IN_SERVER("binding: UTSNQMH"), "a text of 7 octets; it must have 1 to 6"},
    {IN_SERVER("pmin: 0, pmax: 0"), NULL},
    {IN_SERVER("pmin: 5s, pmax: 5s"), NULL},
    {IN_SERVER("pmin: 6s, pmax: 5s"), "pmin of server 's' exceeds its pmax"},
    {IN_SERVER("disable-timeout: 1w"), NULL},
    {IN_SERVER("store-notifications: false"), NULL},
    {IN_SERVER("store-notifications: no"), "'no' must be true or false"},
    {IN_SERVER("registration-order: 65535"), NULL},
    {IN_SERVER("registration-order: 65536"), "is outside 0 to 65535"},
    {IN_SERVER("registration-delay: 1m"), NULL},
    {IN_SERVER("registration-failure-blocks: true"), NULL},
    {IN_SERVER("bootstrap-on-registration-failure: true"), NULL},
    {IN_SERVER("retry-count: 1000001"), "is outside 0 to 1000000"},
    {IN_SERVER("retry-timer: 1s, sequence-delay: 1s, sequence-count: 1"), NULL},
    {IN_SERVER("sequence-count: one"), "must be a whole number"},
    {IN_SERVER("trigger: true, mute-send: true, preferred-transport: U"), NULL},
    {IN_SERVER("preferred-transport: Q"), "one of U, T, S, N, M, H"},
    {IN_SERVER("quux: x"), "unknown key 'quux' in a server; keys are: id, uri, lifetime"},
    {IN_FILE("servers: {s: {uri: 'coaps://x'}}"), "this server needs the key 'id'"},
    {IN_FILE("servers: {s: {id: 1}}"), "this server needs the key 'uri'"},
    {IN_FILE("servers: {s: {id: 0, uri: 'coaps://x'}}"), "'0' is outside 1 to 65534"},
    {IN_FILE("servers: {s: {id: 65535, uri: 'coaps://x'}}"), "'65535' is outside"},
    {IN_FILE("servers: {s: {id: 1, uri: 'http://x'}}"), "must begin with coaps://"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://'}}"), "has no host"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x:0'}}"), "has a port outside"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x:1y'}}"), "has a malformed port"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://[::1'}}"), "malformed address"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://a@b'}}"), "may not stand in a host name"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://a b'}}"), "may not stand in a URI"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://{attr.h}:{attr.p}/x?{serial}'}}"), NULL},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://{host}'}}"), "unknown placeholder '{host}'"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://{serial'}}"), "unknown placeholder '{'"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x}'}}"), "unknown placeholder '}'"},
    {IN_FILE("servers: {default: {id: 1, uri: 'coaps://x'}}"), "cannot name a server"},
    {IN_FILE("servers: {12: {id: 1, uri: 'coaps://x'}}"), "cannot name a server"},
    {IN_FILE("servers: {'a b': {id: 1, uri: 'coaps://x'}}"), "is not a name for a server"},
    /* IDs are told apart within a policy, with its blocks; over it, by overlays */
    {IN_FILE(TWINS "policies: [{name: p, servers: {a: {psk: {}}}}, {name: q, priority: 1, match: "
                   "{group: g}, servers: {b: {psk: {}}}}]"),
     NULL},
    {IN_FILE(TWINS "policies: [{name: p, servers: {a: {psk: {}}, b: {psk: {}}}}]"),
     "error: two servers with one id: 'a' and 'b' have 1"},
    {IN_FILE(TWINS "blocks: {k: {servers: {a: {psk: {}}}}}\n"
                   "policies: [{name: p, use: k, servers: {b: {psk: {}}}}]"),
     "error: two servers with one id: 'a' and 'b' have 1"},
    {IN_FILE(TWINS "policies: [{name: p, hold: x}]\n"
                   "overlays: [{name: o, servers: {a: {psk: {}}, b: {psk: {}}}}]"),
     "error: two servers with one id: 'a' and 'b' have 1"},
    {IN_FILE(TWINS "policies: [{name: p, servers: {a: {psk: {}}}}]\n"
                   "overlays: [{name: o, match: {group: g}, servers: {b: {psk: {}}}}]"),
     "warning: a device that gets this over policy 'p' gets no plan: servers 'a' and 'b' have"},
    {IN_FILE(TWINS "policies: [{name: p, servers: {a: {psk: {}}}}]\n"
                   "overlays: [{name: o, match: {group: g}, servers: {a: {psk: {bytes: 16}}}}]"),
     NULL},
    {IN_FILE("servers: [a]"), "'servers' must be a map (key: value), not a list"},
    {IN_FILE("servers: {a: 1}"), "'a' must be a map"},
    /* links */
    {IN_LINK("ack-timeout: 500ms, max-retransmit: 0, block: 16, budget: 5s"), NULL},
    {IN_LINK("ack-timeout: 60s, max-retransmit: 10, block: 1024, budget: 1h"), NULL},
    {IN_LINK("ack-timeout: 499ms"), "is outside 500ms to 1m"},
    {IN_LINK("ack-timeout: 61s"), "is outside"},
    {IN_LINK("max-retransmit: 11"), "is outside 0 to 10"},
    {IN_LINK("block: 500"), "is not one of 16, 32, 64, 128, 256, 512, 1024"},
    {IN_LINK("budget: 4s"), "is outside 5s to 1h"},
    /* psk */
    {IN_PSK("bytes: 8, renew: 1h"), NULL},
    {IN_PSK("bytes: 64"), "warning: bytes: some clients take no more than 16"},
    {IN_PSK("bytes: 7"), "is outside 8 to 64"},
    {IN_PSK("bytes: 65"), "is outside"},
    {IN_PSK("renew: 59m"), "is outside 1h to"},
    {IN_PSK("renew: sometimes"), "or one of: always, never"},
    {IN_PSK("identity: ''"), "a text of 0 octets"},
    {IN_PSK("identity: '{endpoints}'"), "unknown placeholder '{endpoints}'"},
    {IN_PSK("identity: '123456789012345678901234567890123'"), "warning: identity: some clients"},
    {IN_PSK("lenght: 16"), "unknown key 'lenght' in a psk; keys are: bytes, identity, renew"},
    /* policies */
    {IN_POLICY("link: l, others: keep"), NULL},
    {IN_POLICY("others: kept"), "did you mean 'keep'?"},
    {IN_POLICY("match: {endpoint: 'a*', group: [g, h], auth: [psk, x509], attr.v: [a, 'b*']}"),
     NULL},
    {IN_POLICY("match: {endpoint: []}"), "the list is empty"},
    {IN_POLICY("match: {auth: []}"), "the list is empty"},
    {IN_POLICY("match: {endpoint: ''}"), "a text of 0 octets"},
    {IN_POLICY("match: {endpoint: {a: b}}"), "must be a single value"},
    {IN_POLICY("match: {attr.: x}"), "unknown key 'attr.' in a match"},
    {IN_POLICY("match: {attr.abcdefghijklmnopqrstuvwxyz0123456: x}"), "has 1 to 32 octets"},
    {IN_POLICY("match: {grup: x}"), "did you mean 'group'?"},
    {IN_POLICY("client: {version: '1.0', format: tlv, bootstrap-instance: 65534}"), NULL},
    {IN_POLICY("client: {version: '1.3'}"), "is not one of 1.0, 1.1, 1.2"},
    {IN_POLICY("client: {format: xml}"), "is not one of tlv, senml-cbor"},
    {IN_POLICY("client: {format: [tlv, senml-cbor]}"), NULL},
    {IN_POLICY("client: {bootstrap-instance: 65535}"), "is outside 0 to 65534"},
    {IN_POLICY("client: {discover: false}"), NULL},
    {IN_POLICY("access: a, access-when: always"), NULL},
    {IN_POLICY("access: c"), "unknown access table 'c': did you mean 'a'?"},
    {IN_POLICY("access: b"), "names server 't', which this policy does not provision"},
    {IN_POLICY("access: a, others: keep"), "warning: access table 'a' has no default"},
    {IN_POLICY("access: [a]"), "must be a single value"},
    {IN_POLICY("access: 'a b'"), "is not a name"},
    {IN_POLICY("hold: later"), "provisions nothing"},
    {IN_POLICY("rollout: {share: 5%}"), "the key 'rollout' has no place in a policy"},
    {IN_POLICY("delete: [/5, /3303/1]"), NULL},
    {IN_POLICY("delete: /5"), "must be a list"},
    {IN_POLICY("apply: blank, others: keep"), "deletes every account, 'others: keep' keeps"},
    {IN_POLICY("delete: [/]"), "everything is deleted by 'apply: blank'"},
    {IN_POLICY("delete: [/0]"), "the bootstrap account lies here"},
    {IN_POLICY("delete: [/0/3]"), "the bootstrap account lies here"},
    {IN_POLICY("delete: [/21]"), "the bootstrap account lies here"},
    {IN_POLICY("delete: [/3]"), "devices do not delete their Device object"},
    {IN_POLICY("delete: [/5/0/1]"), "a path here is"},
    {IN_POLICY("delete: [5]"), "a path here is"},
    {IN_POLICY("delete: [[/5]]"), "must be a single value"},
    {IN_POLICY("delete: [/65535]"), "a path here is"},
    {IN_POLICY("write: {/3/0: {15: Europe/Berlin, Current Time: 1700000000}}"), NULL},
    {IN_POLICY("write: {/3/0: {6: [1, 2], 22: ['3:0', '65535:65535'], 7: 3300}}"), NULL},
    {IN_POLICY("write: {/3/0: {9: 101}}"), "outside the resource's range"},
    {IN_POLICY("write: {/3/0: {9: many}}"), "must be a whole number"},
    {IN_POLICY("write: {/3/0: {22: '3'}}"), "must be a link"},
    {IN_POLICY("write: {/3/0: {4: 1}}"), "is executable"},
    {IN_POLICY("write: {/3/0: {99: 1}}"), "has no resource '99'"},
    {IN_POLICY("write: {/3/0: {Timezon: x}}"), "did you mean 'Timezone'?"},
    {IN_POLICY("write: {/3/0: {15: x, Timezone: y}}"), "a resource is given twice"},
    {IN_POLICY("write: {/3/0: {15: [x]}}"), "must be a single value"},
    {IN_POLICY("write: {/3/0: {}}"), "names no resource"},
    {IN_POLICY("write: {/3/0: 1}"), "must be a map"},
    {IN_POLICY("write: {/3/1: {15: x}}"), "only instance 0"},
    {IN_POLICY("write: {/3: {15: x}}"), "a path here is /object/instance"},
    {IN_POLICY("write: {/1/0: {1: 5}}"), "use their keys, or server-resources"},
    {IN_POLICY("write: {/21/0: {1: 5}}"), "use oscore of a policy's server"},
    {IN_POLICY("write: {/3303/0: {5700: 5}}"), "has no definition here: give its OMA definition"},
    {IN_POLICY("write: [a]"), "must be a map"},
    {IN_POLICY("unmatched: hold"), "unknown key 'unmatched' in a policy"},
    {IN_FILE("policies: [{name: p, hold: x}]"), NULL},
    {IN_FILE("policies: [{name: p, deny: x}]"), NULL},
    {IN_FILE("policies: [{name: p, hold: x, deny: y}]"), "hold or deny, not both"},
    {IN_FILE("policies: [{name: p, deny: ''}]"), "a text of 0 octets"},
    {IN_FILE("policies: [{name: p}]"), "a policy needs servers, or hold or deny"},
    {IN_FILE("policies: [{hold: x}]"), "this policy needs the key 'name'"},
    {IN_FILE("policies: [{name: 'a/b', hold: x}]"), "is not a name"},
    {IN_FILE("policies: [{name: p, match: {group: g}, hold: x}, {name: p, hold: x}]"),
     "policy 'p' is given twice"},
    {IN_FILE("policies: [{name: p, hold: x}, {name: q, hold: x}]"),
     "warning: never reached: policy 'p' before it matches every device"},
    {IN_FILE("policies: [{name: p, servers: {s: {psk: {}}}}]"), "unknown server 's'"},
    {IN_FILE("policies: [x]"), "this item must be a map"},
    {IN_FILE("policies: {}"), "'policies' must be a list"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coap://x'}}\n"
             "policies: [{name: p, servers: {s: {psk: {}}}}]"),
     "which a psk does not fit"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {nosec: true}}}]"),
     "which nosec does not fit"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coap://x'}}\n"
             "policies: [{name: p, servers: {s: {nosec: true}}}]"),
     "warning: devices will speak to server 's' without any protection"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {}}}]"),
     "needs exactly one credential"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {psk: {}, nosec: true}}}]"),
     "needs exactly one credential"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {psk: minted}}}]"),
     "must be 'stored' or a map"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {psk: }}}]"),
     "must be 'stored' or a map"},
    {IN_FILE("servers: {s: {id: 1, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {s: {cert: {}}}}]"),
     "'cert': making one is not supported by this version; it must be 'stored'"},
    {IN_FILE("servers: {a: {id: 1, uri: 'coaps://x'}, b: {id: 2, uri: 'coaps://x'}}\n"
             "policies: [{name: p, servers: {a: {psk: {}}, b: {psk: {}}}}]"),
     "warning: several servers without access"},
    /* access */
    {IN_ACCESS("/1/s: {owner: s}, /3/0: {owner: bootstrap, s: rw, default: none}, /5: {s: c}"),
     NULL},
    {IN_ACCESS("/1/t: {owner: s}"), "unknown server 't': did you mean 's'?"},
    {IN_ACCESS("/3/0: {owner: t}"), "unknown server 't'"},
    {IN_ACCESS("/3/0: {t: r}"), "unknown server 't'"},
    {IN_ACCESS("/3/0: {s: x}"), "'x' is not a right here"},
    {IN_ACCESS("/3/0: {s: rr}"), "is not a right here"},
    {IN_ACCESS("/3/0: {s: ''}"), "is not a right here"},
    {IN_ACCESS("/3/0: {s: c}"), "c stands on the object"},
    {IN_ACCESS("/3/0: {s: [r]}"), "must be a single value"},
    {IN_ACCESS("/3/0: {}"), "needs an owner or rights"},
    {IN_ACCESS("/3/0: r"), "must be a map"},
    {IN_ACCESS("/5: {s: r}"), "c (create) is the only one"},
    {IN_ACCESS("/5: {owner: s}"), "has no owner"},
    {IN_ACCESS("/5: {default: c}"), "has no default"},
    {IN_ACCESS("/1/0: {owner: s}"), "name the server"},
    {IN_ACCESS("/0/0: {owner: s}"), "no server ever has access"},
    {IN_ACCESS("/2: {s: c}"), "no server ever has access"},
    {IN_ACCESS("/3/0/1: {s: r}"), "for an object or an instance"},
    {IN_ACCESS("/3/x: {s: r}"), "a path is /object"},
    {IN_ACCESS("three: {s: r}"), "a path is /object"},
    {IN_FILE("access: {a: [x]}"), "'a' must be a map"},
    /* the file */
    {IN_FILE("unmatched: deny"), NULL},
    {IN_FILE("unmatched: dney"), "did you mean 'deny'?"},
    {IN_FILE("profiles: {}"), "'profiles' is not supported by this version"},
    {IN_FILE("objects: x"), "'objects' is not supported by this version"},
    {IN_FILE("polices: []"), "did you mean 'policies'?"},
    {"imprint: 2\n", "imprint: '2' is outside 1 to 1"},
};

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_cases / sizeof key_cases[0]; i++) {
        const struct key_case *one = &key_cases[i];
        char lines[LINES_MAX];
        bool is_loaded = problems_of(one->text, strlen(one->text), lines);
        bool is_warning = one->problem != NULL && strncmp(one->problem, "warning", 7) == 0;
        if (is_loaded != (one->problem == NULL || is_warning)) {
            fail_msg("case %zu loads or not: %s\n%s", i, one->text, lines);
        }
        if (one->problem != NULL && strstr(lines, one->problem) == NULL) {
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, lines, one->problem);
        }
        if (one->problem != NULL && strncmp(lines, "p.yaml:", 7) != 0) {
            fail_msg("case %zu has no place: %s", i, lines);
        }
    }
}

/* More errors than are kept: all are counted, the report stays bounded. */
static void test_many_errors(void **state)
{
    (void)state;
    char text[8192] = "imprint: 1\n";
    size_t used = strlen(text);
    for (unsigned i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "key%u: 1\n", i);
    }
    struct policy_report report = {0};
    assert_null(policy_set_load_text("p.yaml", text, used, NULL, &report));
    assert_int_equal(report.error_count, 300);
    assert_int_equal(report.count, POLICY_ERRORS_MAX);
    policy_report_clear(&report);
}

static void test_limits(void **state)
{
    (void)state;
    char text[8192] = "imprint: 1\nservers:\n";
    char lines[LINES_MAX];
    size_t used = strlen(text);
    for (unsigned i = 1; i <= 33; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "  s%u: {id: %u, uri: 'coaps://x'}\n", i, i);
    }
    used +=
        (size_t)snprintf(text + used, sizeof text - used, "policies:\n  - name: p\n    servers:\n");
    for (unsigned i = 1; i <= 33; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "      s%u: {psk: {}}\n", i);
    }
    assert_false(problems_of(text, used, lines));
    assert_non_null(strstr(lines, "33 servers in a policy: at most 32"));
}

/* ---- folders ---- */

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

/* All files of a folder make one set, in name order; names reach across files. */
static void test_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/imprint-policy-XXXXXX";
    struct policy_report report = {0};
    assert_non_null(mkdtemp(folder));
    assert_null(policy_set_load(folder, NULL, &report));
    assert_non_null(strstr(report.problems[0].text, "holds no *.yaml file"));
    policy_report_clear(&report);

    put_file(folder, "20-last.yaml", "imprint: 1\npolicies: [{name: last, hold: x}]\n");
    put_file(folder, "10-first.yaml",
             "imprint: 1\nunmatched: deny\n"
             "policies: [{name: first, match: {group: g}, servers: {s: {psk: {}}}}]\n");
    put_file(folder, "30-servers.yaml", "imprint: 1\nservers: {s: {id: 1, uri: 'coaps://x'}}\n");
    put_file(folder, "40-not.yml", "not a policy");
    struct policy_set *set = policy_set_load(folder, NULL, &report);
    assert_non_null(set);
    assert_int_equal(report.count, 0);
    assert_int_equal(policy_set_rule_count(set), 2);
    assert_string_equal(policy_set_rule_name(set, 0), "first");
    assert_string_equal(policy_set_rule_name(set, 1), "last");
    assert_null(policy_set_rule_name(set, 2));
    assert_true(policy_set_has_rule(set, "last"));
    assert_false(policy_set_has_rule(set, "middle"));
    assert_ptr_equal(policy_set_ref(set), set);
    policy_set_unref(set);
    policy_set_unref(set);

    put_file(folder, "50-again.yaml",
             "imprint: 1\nunmatched: hold\nservers: {s: {id: 2, uri: 'coaps://x'}}\n");
    assert_null(policy_set_load(folder, NULL, &report));
    assert_int_equal(report.error_count, 2);
    assert_non_null(strstr(report.problems[0].text, "'unmatched' is given by another file too"));
    assert_int_equal(report.problems[0].line, 2);
    assert_non_null(strstr(report.problems[1].text, "server 's' is given twice; the other is at"));
    assert_non_null(strstr(report.problems[1].file, "50-again.yaml"));
    policy_report_clear(&report);

    remove_file(folder, "10-first.yaml");
    remove_file(folder, "20-last.yaml");
    remove_file(folder, "30-servers.yaml");
    remove_file(folder, "40-not.yml");
    remove_file(folder, "50-again.yaml");
    assert_int_equal(rmdir(folder), 0);
    assert_null(policy_set_load(folder, NULL, &report));
    assert_non_null(strstr(report.problems[0].text, "cannot be opened"));
    policy_report_clear(&report);
}

/* ---- shipped examples ---- */

static void test_examples(void **state)
{
    (void)state;
    static const char *const names[] = {
        "one-server", "two-servers-access", "nb-iot", "hold-unmatched", "fleet",
        "campaign",   "bootstrap-move",     "oscore", "any-object"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[300];
        struct policy_report report = {0};
        snprintf(path, sizeof path, IMPRINT_SRC "/policies/%s.yaml", names[i]);
        struct policy_set *set = policy_set_load(path, NULL, &report);
        for (size_t j = 0; j < report.count; j++) {
            fail_msg("%s:%u: %s", report.problems[j].file, report.problems[j].line,
                     report.problems[j].text);
        }
        assert_non_null(set);
        policy_set_unref(set);
        policy_report_clear(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_errors),     cmocka_unit_test(test_traps),
        cmocka_unit_test(test_harmless),        cmocka_unit_test(test_size),
        cmocka_unit_test(test_too_many_values), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_many_errors),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_folder),          cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
