#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES_MAX = 4096, PATH_MAX_OCTETS = 300 };

/* ---- a folder of files that is gone after the test ---- */

static char folder[] = "/tmp/imprint-files-XXXXXX";

static void path_of(const char *name, char out[static PATH_MAX_OCTETS])
{
    snprintf(out, PATH_MAX_OCTETS, "%s/%s", folder, name);
}

static void put(const char *name, const void *data, size_t len)
{
    char path[PATH_MAX_OCTETS];
    path_of(name, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

static void drop(const char *name)
{
    char path[PATH_MAX_OCTETS];
    path_of(name, path);
    assert_int_equal(unlink(path), 0);
}

static int make_folder(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* The set of NAME ("": the folder), and every problem, one a line without the folder. */
static struct policy_set *load(const char *name, char lines[static LINES_MAX])
{
    char path[PATH_MAX_OCTETS];
    struct policy_report report = {0};
    path_of(name, path);
    path[strlen(path) - (*name == '\0')] = '\0';
    struct policy_set *set = policy_set_load(path, NULL, &report);
    size_t used = 0;
    lines[0] = '\0';
    for (size_t i = 0; i < report.count; i++) {
        const struct policy_problem *problem = &report.problems[i];
        const char *file = strrchr(problem->file, '/');
        used += (size_t)snprintf(lines + used, LINES_MAX - used, "%s:%u:%u: %s\n",
                                 file != NULL ? file + 1 : problem->file, problem->line,
                                 problem->column, problem->text);
    }
    policy_report_clear(&report);
    return set;
}

static void assert_rules(const struct policy_set *set, const char *const *names)
{
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        assert_non_null(policy_set_rule_name(set, count));
        assert_string_equal(policy_set_rule_name(set, count), names[count]);
    }
    assert_int_equal(policy_set_rule_count(set), count);
}

/* ---- include ---- */

#define RULE(name) "policies: [{name: " name ", match: {group: " name "}, hold: x}]\n"

/* A file counts once, where it is first named; cases of tests are no policies. */
static void test_include(void **state)
{
    (void)state;
    char lines[LINES_MAX];
    put_text("10-a.yaml", "imprint: 1\ninclude: [30-c.yaml, 20-b.yaml]\n" RULE("a"));
    put_text("20-b.yaml", "imprint: 1\ninclude: 30-c.yaml\n" RULE("b"));
    put_text("30-c.yaml", "imprint: 1\n" RULE("c"));
    put_text("10-a.cases.yaml", "no policy\n");
    struct policy_set *set = load("", lines);
    assert_string_equal(lines, "");
    assert_rules(set, (const char *const[]){"c", "b", "a", NULL});
    policy_set_unref(set);
    set = load("20-b.yaml", lines);
    assert_rules(set, (const char *const[]){"c", "b", NULL});
    policy_set_unref(set);
    drop("10-a.yaml");
    drop("20-b.yaml");
    drop("30-c.yaml");
    drop("10-a.cases.yaml");
}

static void test_cycle(void **state)
{
    (void)state;
    char lines[LINES_MAX];
    put_text("a.yaml", "imprint: 1\ninclude: b.yaml\n");
    put_text("b.yaml", "imprint: 1\ninclude: [a.yaml]\n");
    assert_null(load("", lines));
    assert_string_equal(lines, "b.yaml:2:1: 'a.yaml' includes itself, directly or by others\n");
    put_text("b.yaml", "imprint: 1\ninclude: b.yaml\n");
    assert_null(load("a.yaml", lines));
    assert_string_equal(lines, "b.yaml:2:1: 'b.yaml' includes itself, directly or by others\n");
    drop("a.yaml");
    drop("b.yaml");
}

static void test_escape(void **state)
{
    (void)state;
    static const struct {
        const char *name, *said;
    } names[] = {
        {"/etc/hostname", "leads out of the folder of this file"},
        {"../../etc/hostname", ""},
        {"way-out", "leads out of the folder of this file"},
        {"none.yaml", "cannot be used: No such file or directory"},
        {".", "of this file"},
        {"below", "is no plain file"},
    };
    char lines[LINES_MAX];
    char path[PATH_MAX_OCTETS];
    path_of("way-out", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    path_of("below", path);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "imprint: 1\ninclude: %s\n", names[i].name);
        put_text("a.yaml", text);
        assert_null(load("a.yaml", lines));
        if (strncmp(lines, "a.yaml:2:1: ", 12) != 0 || strstr(lines, names[i].said) == NULL) {
            fail_msg("%s: %s", names[i].name, lines);
        }
    }
    put_text("below/b.yaml", "imprint: 1\n" RULE("b"));
    put_text("a.yaml", "imprint: 1\ninclude: below/b.yaml\n");
    struct policy_set *set = load("a.yaml", lines);
    assert_rules(set, (const char *const[]){"b", NULL});
    policy_set_unref(set);
    drop("below/b.yaml");
    drop("way-out");
    drop("a.yaml");
    assert_int_equal(rmdir(path), 0);
}

/* An error in an included file stands at its place there. */
static void test_error_within(void **state)
{
    (void)state;
    char lines[LINES_MAX];
    put_text("a.yaml", "imprint: 1\ninclude: b.yaml\nunmatched: hold\n");
    put_text("b.yaml", "imprint: 1\nunmatched: deny\nquux: 1\n");
    assert_null(load("a.yaml", lines));
    assert_non_null(strstr(lines, "a.yaml:3:1: 'unmatched' is given by another file too\n"));
    assert_non_null(strstr(lines, "b.yaml:3:1: unknown key 'quux'"));
    drop("a.yaml");
    drop("b.yaml");
}

/* ---- trust ---- */

/* The outermost shape of a certificate, of a public key, and of neither. */
static const uint8_t certificate[] = {0x30, 0x0b, 0x30, 0x03, 0x02, 0x01, 0x01,
                                      0x30, 0x00, 0x03, 0x02, 0x00, 0xff};
static const uint8_t public_key[] = {0x30, 0x06, 0x30, 0x00, 0x03, 0x02, 0x00, 0x04};
static const uint8_t private_key[] = {0x30, 0x05, 0x02, 0x01, 0x00, 0x30, 0x00};
static const char pem[] = "A note before.\n-----BEGIN CERTIFICATE-----\nMAswAwIBATAA\nAwIA/w==\n"
                          "-----END CERTIFICATE-----\n";

static void put_policy(const char *credential)
{
    char text[300];
    snprintf(text, sizeof text,
             "imprint: 1\n"
             "servers: {s: {id: 1, uri: 'coaps://x', trust: {certificate: t.der}}}\n"
             "policies: [{name: p, servers: {s: {%s: stored}}}]\n",
             credential);
    put_text("p.yaml", text);
}

static const char bad_base64[] = "-----BEGIN CERTIFICATE-----\nMAs!\n-----END CERTIFICATE-----\n";
static const char no_end[] = "-----BEGIN CERTIFICATE-----\nMAswAwIBATAAAwIA/w==\n";

static const struct trust_case {
    const char *credential;
    const void *data;
    size_t len;
    const char *said; /* "": loads */
} trusts[] = {
    {"cert", certificate, sizeof certificate, ""},
    {"cert", pem, sizeof pem - 1, ""},
    {"rpk", public_key, sizeof public_key, ""},
    {"rpk", certificate, sizeof certificate, "trust of server 's' is no public key"},
    {"cert", public_key, sizeof public_key, "trust of server 's' is no certificate"},
    {"cert", private_key, sizeof private_key, "is no whole certificate or public key"},
    {"cert", certificate, sizeof certificate - 1, "is no whole certificate or public key"},
    {"cert", "", 0, "holds no certificate and no public key"},
    {"cert", bad_base64, sizeof bad_base64 - 1, "holds no certificate and no public key"},
    {"cert", no_end, sizeof no_end - 1, "holds no certificate and no public key"},
};

static void test_trust(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trusts / sizeof trusts[0]; i++) {
        char lines[LINES_MAX];
        put("t.der", trusts[i].data, trusts[i].len);
        put_policy(trusts[i].credential);
        struct policy_set *set = load("p.yaml", lines);
        bool is_wanted = trusts[i].said[0] == '\0' ? set != NULL && lines[0] == '\0'
                                                   : strstr(lines, trusts[i].said) != NULL;
        if (!is_wanted) {
            fail_msg("case %zu: %s", i, lines);
        }
        if (set != NULL && strcmp(trusts[i].credential, "cert") == 0) {
            assert_int_equal(policy_server_at(set, 0)->trust.der_len, sizeof certificate);
            assert_memory_equal(policy_server_at(set, 0)->trust.der, certificate,
                                sizeof certificate);
        }
        policy_set_unref(set);
    }
    drop("t.der");
    drop("p.yaml");
}

static void test_long_certificate(void **state)
{
    (void)state;
    static uint8_t data[1100] = {0x30, 0x82, 0x04, 0x48, 0x30, 0x82, 0x04, 0x3e};
    char lines[LINES_MAX];
    memcpy(data + sizeof data - 6, "\x30\x00\x03\x02\x00\x01", 6);
    put("t.der", data, sizeof data);
    put_policy("cert");
    struct policy_set *set = load("p.yaml", lines);
    assert_non_null(set);
    assert_string_equal(lines, "p.yaml:2:40: trust of server 's': a certificate of 1100 octets; "
                               "some clients take no more than 1000\n");
    policy_set_unref(set);
    drop("t.der");
    drop("p.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_include, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_cycle, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_escape, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_error_within, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_trust, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_long_certificate, make_folder, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
