#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/load.h"
#include "bootstrap/policy/model.h"
#include "bootstrap/policy/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_glob(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *text;
        bool is_match;
    } cases[] = {
        {"", "", true},         {"", "a", false},
        {"a", "a", true},       {"a", "b", false},
        {"a", "", false},       {"?", "a", true},
        {"?", "", false},       {"*", "", true},
        {"*", "abc", true},     {"a*c", "abbbc", true},
        {"a*c", "abbb", false}, {"a*b*c", "axxbyybzzc", true},
        {"*ab", "aab", true},   {"*a?c*", "xxabcyy", true},
        {"**", "x", true},      {"a*", "ba", false},
        {"[a]", "[a]", true},   {"*.example", "a.example", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (policy_glob_match(cases[i].glob, cases[i].text) != cases[i].is_match) {
            fail_msg("%s on %s", cases[i].glob, cases[i].text);
        }
    }
}

static void test_uri(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool is_good, is_secure, is_tcp;
    } cases[] = {
        {"coaps://a", true, true, false},
        {"coap://a:5683/p?q=1", true, false, false},
        {"coaps+tcp://[::1]:5684", true, true, true},
        {"coap+tcp://1.2.3.4/", true, false, true},
        {"coaps://[fe80::1%eth0]", false, false, false},
        {"coaps:/a", false, false, false},
        {"COAPS://a", false, false, false},
        {"coaps://a:65536", false, false, false},
        {"coaps://a:", false, false, false},
        {"coaps://a#f", false, false, false},
        {"coaps://a\tb", false, false, false},
        {"coaps://\xc3\xa9", false, false, false},
        {"coaps://[]", false, false, false},
        {"coaps://[::1]x", false, false, false},
        {"coaps://:5684", false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_secure = false;
        bool is_tcp = false;
        const char *wrong = policy_uri_check(cases[i].uri, &is_secure, &is_tcp);
        if ((wrong == NULL) != cases[i].is_good ||
            (wrong == NULL && (is_secure != cases[i].is_secure || is_tcp != cases[i].is_tcp))) {
            fail_msg("%s: %s", cases[i].uri, wrong != NULL ? wrong : "good");
        }
    }
}

static void test_template(void **state)
{
    (void)state;
    struct pki_device device = {.endpoint = "urn:dev:ops:32473-Meter-17", .group = "g"};
    memcpy(device.identity, "id", 2);
    device.identity_len = 2;
    memcpy(device.attributes[0].name, "region", 7);
    memcpy(device.attributes[0].value, "eu", 3);
    device.attribute_count = 1;
    struct policy_subject subject = {.device = &device, .endpoint = device.endpoint};
    struct policy_template_values values = {&subject, "main", 101};
    static const struct {
        const char *text, *filled; /* NULL: no value */
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"{endpoint}", "urn:dev:ops:32473-Meter-17"},
        {"{serial}", "32473-Meter-17"},
        {"<{identity}|{group}|{attr.region}|{server}|{id}>", "<id|g|eu|main|101>"},
        {"{{{id}}} }}{{", "{101} }{"},
        {"{{id}}", "{id}"},
        {"{attr.other}", NULL},
        {"{endpoint}{endpoint}", NULL}, /* longer than the room */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[40];
        char reason[POLICY_REASON_MAX + 1];
        size_t len = policy_template_fill(cases[i].text, &values, out, sizeof out, reason);
        if (cases[i].filled == NULL) {
            assert_true(len == SIZE_MAX);
        } else {
            assert_int_equal(len, strlen(cases[i].filled));
            assert_string_equal(out, cases[i].filled);
        }
    }
    subject.endpoint = "plain-name";
    subject.device = NULL;
    char out[40];
    char reason[POLICY_REASON_MAX + 1];
    assert_int_equal(policy_template_fill("{serial}", &values, out, sizeof out, reason), 10);
    assert_true(policy_template_fill("{group}", &values, out, sizeof out, reason) == SIZE_MAX);
    assert_string_equal(reason, "the device has no value for {group}");
    assert_int_equal(policy_template_literal("ab{id}c{attr.x}"), 3);
    assert_int_equal(policy_template_literal("{{{id}}}"), 2);
    assert_true(policy_template_has_placeholder("{{{id}"));
    assert_false(policy_template_has_placeholder("{{id}}"));
    policy_template_sample("a{id}{{b", out, sizeof out);
    assert_string_equal(out, "a1{b");
    policy_template_sample("{id}{id}{id}", out, 3);
    assert_string_equal(out, "11");
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        enum lwm2m_type type;
        const char *text;
        bool is_good;
    } cases[] = {
        {LWM2M_STRING, "", true},
        {LWM2M_STRING, "x", true},
        {LWM2M_INTEGER, "-3", true},
        {LWM2M_INTEGER, "3.0", false},
        {LWM2M_TIME, "1700000000", true},
        {LWM2M_TIME, "today", false},
        {LWM2M_UNSIGNED, "3", true},
        {LWM2M_UNSIGNED, "-3", false},
        {LWM2M_FLOAT, "-1.5e3", true},
        {LWM2M_FLOAT, "1.5x", false},
        {LWM2M_FLOAT, "", false},
        {LWM2M_FLOAT, "nan", false},
        {LWM2M_FLOAT, "1e999", false},
        {LWM2M_BOOLEAN, "true", true},
        {LWM2M_BOOLEAN, "false", true},
        {LWM2M_BOOLEAN, "1", false},
        {LWM2M_OPAQUE, "base64:AP8=", true},
        {LWM2M_OPAQUE, "base64:AP8=x", false},
        {LWM2M_TIME, "2026-12-01", true},
        {LWM2M_OPAQUE, "", true},
        {LWM2M_OPAQUE, "00fFA0", true},
        {LWM2M_OPAQUE, "0", false},
        {LWM2M_OPAQUE, "0g", false},
        {LWM2M_OBJLNK, "3:0", true},
        {LWM2M_OBJLNK, "65536:0", false},
        {LWM2M_OBJLNK, "3:", false},
        {LWM2M_OBJLNK, "3", false},
        {LWM2M_CORELNK, "</3/0>", true},
        {LWM2M_NONE, "x", false},
    };
    struct policy_arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lwm2m_value value;
        struct policy_node node = {
            .kind = POLICY_YAML_SCALAR, .text = cases[i].text, .len = strlen(cases[i].text)};
        const char *wrong = policy_value_parse(&arena, &node, cases[i].type, &value);
        if ((wrong == NULL) != cases[i].is_good) {
            fail_msg("\"%s\" as %s: %s", cases[i].text, lwm2m_type_name(cases[i].type),
                     wrong != NULL ? wrong : "good");
        }
        assert_int_equal(value.type, cases[i].type);
    }
    struct lwm2m_value value;
    struct policy_node hex = {.kind = POLICY_YAML_SCALAR, .text = "00fFA0", .len = 6};
    assert_null(policy_value_parse(&arena, &hex, LWM2M_OPAQUE, &value));
    assert_int_equal(value.as.bytes.len, 3);
    assert_memory_equal(value.as.bytes.data, "\x00\xff\xa0", 3);
    policy_arena_clear(&arena);
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *word, *best;
    } cases[] = {
        {"lifetme", "lifetime"},
        {"lifetiem", "lifetime"},
        {"bindings", "binding"},
        {"xyz", NULL},
        {"", NULL},
        {"pmn", "pmin"},
        {"a-word-of-more-than-forty-octets-is-never-meant", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_nearest nearest = {.word = cases[i].word, .len = strlen(cases[i].word)};
        policy_nearest_try(&nearest, "binding");
        policy_nearest_try(&nearest, "lifetime");
        policy_nearest_try(&nearest, "pmin");
        policy_nearest_try(&nearest, "pmax");
        if (cases[i].best == NULL) {
            assert_null(nearest.best);
        } else {
            assert_string_equal(nearest.best, cases[i].best);
        }
    }
}

static void test_quote(void **state)
{
    (void)state;
    char out[POLICY_QUOTE_MAX];
    assert_string_equal(policy_quote("a\n\xff", 3, out), "'a?\?'");
    char longer[200];
    memset(longer, 'x', sizeof longer);
    policy_quote(longer, sizeof longer, out);
    assert_true(strlen(out) < POLICY_QUOTE_MAX);
    assert_string_equal(out + strlen(out) - 4, "x..'");
}

/* Each default that a row gives must be readable by that row. */
static void check_defaults(const struct policy_schema_table *table)
{
    struct policy_arena arena = {0};
    struct policy_report report = {0};
    struct policy_schema_context context = {.arena = &arena, .report = &report};
    if (table->fields != NULL) {
        unsigned char *target = policy_arena_alloc(&arena, table->size);
        policy_schema_defaults(&context, table, target);
        if (report.error_count > 0) {
            fail_msg("%s: %s", table->what, report.problems[0].text);
        }
        for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
            assert_non_null(field->help);
            assert_false(field->is_required && field->fallback != NULL);
            if (field->table != NULL) {
                check_defaults(field->table);
            }
        }
    }
    policy_arena_clear(&arena);
    policy_report_clear(&report);
}

static void test_rows(void **state)
{
    (void)state;
    check_defaults(&policy_language);
    check_defaults(&policy_settings_language);
}

/* Every key of TABLE stands in DOCUMENT as `key`. */
static void check_documented(const struct policy_schema_table *table, const char *document)
{
    for (const struct policy_schema_field *field = table->fields;
         field != NULL && field->key != NULL; field++) {
        char wanted[80];
        size_t len = strcspn(field->key, "*");
        snprintf(wanted, sizeof wanted, "`%.*s", (int)len, field->key);
        if (strstr(document, wanted) == NULL) {
            fail_msg("key %s of a %s is not documented", field->key, table->what);
        }
        if (field->table != NULL) {
            check_documented(field->table, document);
        }
    }
}

static void test_documents(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const struct policy_schema_table *table;
    } documents[] = {{IMPRINT_SRC "/docs/policy.md", &policy_language},
                     {IMPRINT_SRC "/docs/settings.md", &policy_settings_language}};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct policy_report report = {0};
        size_t len = 0;
        char *document = policy_file_read(documents[i].path, &len, &report);
        assert_non_null(document);
        char *text = strndup(document, len);
        assert_non_null(text);
        check_documented(documents[i].table, text);
        free(text);
        free(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glob),     cmocka_unit_test(test_uri),
        cmocka_unit_test(test_template), cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_quote),    cmocka_unit_test(test_rows),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
