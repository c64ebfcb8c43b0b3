/* Object definitions from a file or a folder: what is read, and every problem with its place. */
#include "bootstrap/policy/policy.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECT(id, version)                                                                        \
    "<LWM2M><Object><Name>O</Name><ObjectID>" id "</ObjectID><ObjectVersion>" version              \
    "</ObjectVersion><MultipleInstances>Multiple</MultipleInstances>"                              \
    "<Mandatory>Optional</Mandatory><Resources><Item ID=\"0\"><Name>Limit</Name>"                  \
    "<Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>"                     \
    "<Mandatory>Optional</Mandatory><Type>Integer</Type>"                                          \
    "<RangeEnumeration>0..9</RangeEnumeration></Item></Resources></Object></LWM2M>\n"

#define FILES_MAX 4

static const struct {
    const char *what;
    struct {
        const char *name, *text;
    } files[FILES_MAX];
    const char *lines[FILES_MAX]; /* of the report, without the folder */
    bool is_refused;
    uint16_t object; /* that the collection has then; 0: the built-in ones only */
} folders[] = {
    {"two files",
     {{"1.xml", OBJECT("33000", "1.0")}, {"2.xml", OBJECT("33001", "1.0")}},
     {NULL},
     false,
     33001},
    {"other files and hidden ones are passed over",
     {{"1.xml", OBJECT("33000", "1.0")}, {"README.md", "x"}, {".2.xml", "x"}, {"xml", "x"}},
     {NULL},
     false,
     33000},
    {"no file", {{"README.md", "x"}}, {": error: holds no *.xml file"}, true, 0},
    {"XML that defines nothing",
     {{"1.xml", "<DDF/>"}, {"2.xml", OBJECT("33000", "1.0")}},
     {"/1.xml: warning: no object is defined here"},
     false,
     33000},
    {"every error at once",
     {{"1.xml", "nothing\n"},
      {"2.xml", OBJECT("33000", "1.0")},
      {"3.xml", "<LWM2M>\n <Object>\n  <ObjectID>70000</ObjectID>\n </Object></LWM2M>"}},
     {"/1.xml:1:1: error: not XML: syntax error", "/3.xml:3:3: error: ObjectID must be 0 to 65534"},
     true,
     0},
    {"an empty file", {{"1.xml", ""}}, {"/1.xml:1:1: error: not XML: no element found"}, true, 0},
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

/* Line I of the report, behind the name of FOLDER. */
static void check_line(const struct policy_report *report, size_t i, const char *folder,
                       const char *expected)
{
    char line[1024];
    policy_report_line(report, i, line, sizeof line);
    print_message("    %s\n", line);
    assert_int_equal(strncmp(line, folder, strlen(folder)), 0);
    assert_string_equal(line + strlen(folder), expected);
}

static void reads_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char folder[] = "/tmp/imprint-test-XXXXXX";
        struct policy_report report = {0};
        size_t lines = 0;
        print_message("%s\n", folders[i].what);
        assert_non_null(mkdtemp(folder));
        for (size_t k = 0; k < FILES_MAX && folders[i].files[k].name != NULL; k++) {
            write_file(folder, folders[i].files[k].name, folders[i].files[k].text);
        }
        struct lwm2m_definitions *definitions = policy_definitions_load(folder, &report);
        for (; lines < FILES_MAX && folders[i].lines[lines] != NULL; lines++) {
            assert_true(lines < report.count);
            check_line(&report, lines, folder, folders[i].lines[lines]);
        }
        assert_int_equal(report.count, lines);
        assert_int_equal(definitions == NULL, folders[i].is_refused);
        if (folders[i].object != 0) {
            assert_non_null(
                lwm2m_object_find(lwm2m_definitions_registry(definitions), folders[i].object));
        }
        lwm2m_definitions_unref(definitions);
        policy_report_clear(&report);
        for (size_t k = 0; k < FILES_MAX && folders[i].files[k].name != NULL; k++) {
            remove_file(folder, folders[i].files[k].name);
        }
        assert_int_equal(rmdir(folder), 0);
    }
}

static void reads_one_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/imprint-test-XXXXXX";
    char path[512];
    struct policy_report report = {0};
    assert_non_null(mkdtemp(folder));
    write_file(folder, "any.name", OBJECT("33000", "1.0"));
    (void)snprintf(path, sizeof path, "%s/any.name", folder);
    struct lwm2m_definitions *definitions = policy_definitions_load(path, &report);
    assert_non_null(definitions);
    assert_int_equal(report.count, 0);
    assert_non_null(lwm2m_object_find(lwm2m_definitions_registry(definitions), 33000));
    lwm2m_definitions_unref(definitions);
    remove_file(folder, "any.name");
    assert_int_equal(rmdir(folder), 0);
    assert_null(policy_definitions_load(path, &report));
    assert_int_equal(report.count, 1);
    assert_non_null(strstr(report.problems[0].text, "cannot be opened"));
    policy_report_clear(&report);
}

/* An error before is no error of this load; the file of a name in order counts last. */
static void counts_its_own_errors(void **state)
{
    (void)state;
    char folder[] = "/tmp/imprint-test-XXXXXX";
    struct policy_report report = {0};
    assert_null(policy_definitions_load("/nonexistent/objects", &report));
    assert_non_null(mkdtemp(folder));
    write_file(folder, "b.xml", OBJECT("33000", "1.0"));
    write_file(folder, "a.xml", OBJECT("33000", "1.1"));
    struct lwm2m_definitions *definitions = policy_definitions_load(folder, &report);
    assert_non_null(definitions);
    assert_int_equal(lwm2m_object_find(lwm2m_definitions_registry(definitions), 33000)->newest,
                     LWM2M_VERSION(1, 1));
    lwm2m_definitions_unref(definitions);
    policy_report_clear(&report);
    remove_file(folder, "a.xml");
    remove_file(folder, "b.xml");
    assert_int_equal(rmdir(folder), 0);
}

/* A set keeps the definitions that it was loaded with, and gives them back. */
static void a_set_keeps_them(void **state)
{
    (void)state;
    static const char text[] = "imprint: 1\n"
                               "servers:\n"
                               "  a: {id: 101, uri: coaps://a.example}\n"
                               "policies:\n"
                               "  - name: p\n"
                               "    servers: {a: {psk: stored}}\n"
                               "    write: {/33000/0: {0: 9}}\n";
    static const char out_of_range[] = "imprint: 1\n"
                                       "servers:\n"
                                       "  a: {id: 101, uri: coaps://a.example}\n"
                                       "policies:\n"
                                       "  - name: p\n"
                                       "    servers: {a: {psk: stored}}\n"
                                       "    write: {/33000/0: {0: 10}}\n";
    struct lwm2m_definition_fault fault;
    struct policy_report report = {0};
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    assert_non_null(definitions);
    assert_int_equal(lwm2m_definitions_add(definitions, OBJECT("33000", "1.0"),
                                           strlen(OBJECT("33000", "1.0")), &fault),
                     LWM2M_OK);
    struct policy_set *set =
        policy_set_load_text("p.yaml", text, strlen(text), definitions, &report);
    assert_non_null(set);
    assert_null(
        policy_set_load_text("p.yaml", out_of_range, strlen(out_of_range), definitions, &report));
    assert_int_equal(report.error_count, 1);
    assert_int_equal(report.problems[report.count - 1].line, 7);
    lwm2m_definitions_unref(definitions);
    assert_non_null(lwm2m_object_find(policy_set_registry(set), 33000));
    policy_set_unref(set);
    policy_report_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_folders),
        cmocka_unit_test(reads_one_file),
        cmocka_unit_test(counts_its_own_errors),
        cmocka_unit_test(a_set_keeps_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
