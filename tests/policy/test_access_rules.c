/* Access tables against definitions and the rules of Access Control (lwm2m-objects.md section 4).
 */
#include "bootstrap/policy/policy.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "imprint: 1\n"                                                                                 \
    "servers:\n"                                                                                   \
    "  a: {id: 101, uri: coaps://a.example}\n"                                                     \
    "  b: {id: 102, uri: coaps://b.example}\n"                                                     \
    "access:\n"                                                                                    \
    "  t:\n"
#define BOTH                                                                                       \
    "policies:\n"                                                                                  \
    "  - name: p\n"                                                                                \
    "    servers: {a: {psk: stored}, b: {psk: stored}}\n"                                          \
    "    access: t\n"                                                                              \
    "    others: remove\n"
#define KEEPING                                                                                    \
    "policies:\n"                                                                                  \
    "  - name: p\n"                                                                                \
    "    servers: {a: {psk: stored}, b: {psk: stored}}\n"                                          \
    "    access: t\n"                                                                              \
    "    others: keep\n"
#define ALONE                                                                                      \
    "policies:\n"                                                                                  \
    "  - name: p\n"                                                                                \
    "    servers: {a: {psk: stored}}\n"                                                            \
    "    access: t\n"                                                                              \
    "    others: remove\n"
#define OWN    "    /1/a: {owner: a}\n    /1/b: {owner: b}\n"
#define DEVICE "    /3/0: {owner: a, b: r}\n"

/* The definitions of one test: 33000 can only be read, 33001 has one instance that may be absent.
 */
#define DEFINITION(id, instances, operations)                                                      \
    "<LWM2M><Object><Name>O" id "</Name><ObjectID>" id "</ObjectID><MultipleInstances>" instances  \
    "</MultipleInstances><Mandatory>Optional</Mandatory><Resources><Item ID=\"0\"><Name>N</Name>"  \
    "<Operations>" operations "</Operations><MultipleInstances>Single</MultipleInstances>"         \
    "<Mandatory>Optional</Mandatory><Type>Integer</Type></Item></Resources></Object></LWM2M>"

static const struct {
    const char *what;
    const char *text;
    bool is_error;    /* else a warning */
    unsigned line;    /* of the one problem; 0: there is none */
    const char *says; /* part of it */
} rows[] = {
    {"nothing wrong", HEAD OWN DEVICE BOTH, false, 0, NULL},
    {"one entry twice", HEAD OWN DEVICE "    /3/0: {owner: b}\n" BOTH, true, 10,
     "'/3/0' is given twice"},
    {"one server twice in an entry", HEAD OWN "    /3/0: {a: r, a: rw}\n" BOTH, true, 9,
     "'a' is given twice"},
    {"an owner that the policy does not provision",
     HEAD "    /1/a: {owner: a}\n"
          "    /3/0: {owner: b, a: r}\n" ALONE "    access-when: always\n",
     true, 12, "names server 'b'"},

    {"creation of an object that is there once", HEAD OWN DEVICE "    /3: {a: c}\n" BOTH, true, 10,
     "object 3 (Device) has one instance, always"},
    {"creation of an object of one instance", HEAD OWN DEVICE "    /33001: {a: c}\n" BOTH, false,
     10, "object 33001 (O33001) has one instance: c counts"},
    {"creation of an object of several", HEAD OWN DEVICE "    /33000: {a: c}\n" BOTH, false, 0,
     NULL},
    {"a right to write what can only be read",
     HEAD OWN DEVICE "    /33000/0: {owner: a, b: rw}\n" BOTH, false, 10, "w: no server can write"},
    {"a right to execute nothing", HEAD OWN DEVICE "    /33000/0: {owner: a, b: re}\n" BOTH, false,
     10, "e: it has nothing to execute"},
    {"a right to delete what stays", HEAD OWN "    /3/0: {owner: a, b: rd}\n" BOTH, false, 9,
     "d: its one instance is always there"},
    {"a right to delete what may go", HEAD OWN DEVICE "    /33001/0: {owner: a, b: rd}\n" BOTH,
     false, 0, NULL},
    {"rights that have a use", HEAD OWN "    /3/0: {owner: a, b: rwe}\n" BOTH, false, 0, NULL},
    {"an object without a definition", HEAD OWN DEVICE "    /44444/0: {owner: a}\n" BOTH, false, 10,
     "object 44444 has no definition"},

    {"nobody has any right", HEAD OWN DEVICE "    /33000/0: {owner: bootstrap}\n" BOTH, false, 10,
     "no server has any right on /33000/0"},
    {"nobody has any right, said at length",
     HEAD OWN DEVICE "    /33000/0: {owner: a, a: none, b: none}\n" BOTH, false, 10,
     "no server has any right on /33000/0"},
    {"an account of which the server is shut out",
     HEAD "    /1/a: {owner: a, a: none}\n    /1/b: {owner: b}\n" DEVICE BOTH, false, 7,
     "server 'a' has no right on its own account"},
    {"an account that belongs to another",
     HEAD "    /1/a: {owner: b}\n    /1/b: {owner: b}\n" DEVICE BOTH, false, 7,
     "server 'a' has no right on its own account"},
    {"an account that belongs to another, with a right",
     HEAD "    /1/a: {owner: b, a: r}\n    /1/b: {owner: b}\n" DEVICE BOTH, false, 0, NULL},
    {"an account by default",
     HEAD "    /1/a: {owner: b, default: r}\n    /1/b: {owner: b}\n" DEVICE BOTH, false, 0, NULL},
    {"an account without an entry", HEAD "    /1/a: {owner: a}\n" DEVICE BOTH, false, 12,
     "has no /1/b: server 'b' can neither read nor change its own account"},
    {"no entry for the device", HEAD OWN BOTH, false, 12, "has no /3/0"},

    {"kept accounts, no default", HEAD OWN DEVICE KEEPING, false, 13, "has no default"},
    {"kept accounts, a default here and there",
     HEAD OWN "    /3/0: {owner: a, default: r}\n    /33000/0: {owner: b}\n" KEEPING, false, 10,
     "/33000/0 has no default"},
    {"kept accounts, a default everywhere", HEAD OWN "    /3/0: {owner: a, default: r}\n" KEEPING,
     false, 0, NULL},
    {"one server", HEAD "    /1/a: {owner: a}\n    /3/0: {owner: a}\n" ALONE, false, 12,
     "access table 't' is not written: the one server"},
    {"one server, always",
     HEAD "    /1/a: {owner: a}\n    /3/0: {owner: a}\n" ALONE "    access-when: always\n", false,
     0, NULL},
    {"one server, always, without the device",
     HEAD "    /1/a: {owner: a}\n" ALONE "    access-when: always\n", false, 11, "has no /3/0"},
};

static struct lwm2m_definitions *definitions_of_tests(void)
{
    static const char *const texts[] = {DEFINITION("33000", "Multiple", "R"),
                                        DEFINITION("33001", "Single", "RW")};
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    assert_non_null(definitions);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct lwm2m_definition_fault fault;
        assert_int_equal(lwm2m_definitions_add(definitions, texts[i], strlen(texts[i]), &fault),
                         LWM2M_OK);
    }
    return definitions;
}

static void show(const struct policy_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        char line[512];
        policy_report_line(report, i, line, sizeof line);
        print_message("    %s\n", line);
    }
}

static void tables_are_checked(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = definitions_of_tests();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_report report = {0};
        print_message("%s\n", rows[i].what);
        struct policy_set *set = policy_set_load_text("p.yaml", rows[i].text, strlen(rows[i].text),
                                                      definitions, &report);
        show(&report);
        assert_int_equal(report.count, rows[i].line != 0 ? 1 : 0);
        assert_int_equal(set == NULL, rows[i].is_error);
        if (rows[i].line != 0) {
            assert_int_equal(report.problems[0].is_warning, !rows[i].is_error);
            assert_int_equal(report.problems[0].line, rows[i].line);
            assert_true(report.problems[0].column > 0);
            assert_non_null(strstr(report.problems[0].text, rows[i].says));
        }
        policy_set_unref(set);
        policy_report_clear(&report);
    }
    lwm2m_definitions_unref(definitions);
}

/* Who loads no definitions is not told that there are none. */
static void unknown_objects_without_definitions(void **state)
{
    (void)state;
    static const char text[] = HEAD OWN DEVICE "    /44444/0: {owner: a, b: rwed}\n" BOTH;
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text("p.yaml", text, strlen(text), NULL, &report);
    show(&report);
    assert_non_null(set);
    assert_int_equal(report.count, 0);
    policy_set_unref(set);
    policy_report_clear(&report);
}

/* A table that two policies use is held against the definitions once. */
static void tables_are_checked_once(void **state)
{
    (void)state;
    static const char text[] =
        HEAD OWN DEVICE "    /33000/0: {owner: a, b: rw}\n" BOTH "    match: {group: one}\n"
                        "  - name: q\n"
                        "    servers: {a: {psk: stored}, b: {psk: stored}}\n"
                        "    access: t\n"
                        "    others: remove\n";
    struct lwm2m_definitions *definitions = definitions_of_tests();
    struct policy_report report = {0};
    struct policy_set *set =
        policy_set_load_text("p.yaml", text, strlen(text), definitions, &report);
    show(&report);
    assert_non_null(set);
    assert_int_equal(report.count, 1);
    policy_set_unref(set);
    policy_report_clear(&report);
    lwm2m_definitions_unref(definitions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_checked),
        cmocka_unit_test(unknown_objects_without_definitions),
        cmocka_unit_test(tables_are_checked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
