#include "tests/support/cmocka_all.h"

#include "bootstrap/lwm2m/json.h"
#include "bootstrap/policy/load.h"
#include "bootstrap/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMITTED IMPRINT_SRC "/policies/schema.json"

/*
 * The committed file is what the rows give: `IMPRINT_RENEW=1 test_policy_schema_json` writes it
 * anew, as `imprint policy schema > policies/schema.json` does.
 */
static void test_committed(void **state)
{
    (void)state;
    struct lwm2m_json_writer writer = {0};
    struct policy_report report = {0};
    size_t len = 0;
    policy_language_schema(&writer);
    assert_int_equal(writer.error, LWM2M_OK);
    if (getenv("IMPRINT_RENEW") != NULL) {
        FILE *file = fopen(COMMITTED, "we");
        assert_non_null(file);
        assert_int_equal(fwrite(writer.data, 1, writer.len, file), writer.len);
        assert_int_equal(fputs("\n", file) < 0, 0);
        assert_int_equal(fclose(file), 0);
    }
    char *text = policy_file_read(COMMITTED, &len, &report);
    assert_non_null(text);
    if (len != writer.len + 1 || memcmp(text, writer.data, writer.len) != 0) {
        fail_msg("policies/schema.json is not what the rows of the language give: renew it by "
                 "'imprint policy schema > policies/schema.json'");
    }
    free(text);
    lwm2m_json_clear(&writer);
    policy_report_clear(&report);
}

/* Every $ref leads to one of $defs; keys of a later version are not offered. */
static void test_references(void **state)
{
    (void)state;
    static const char prefix[] = "\"$ref\":\"#/$defs/";
    struct lwm2m_json_writer writer = {0};
    policy_language_schema(&writer);
    char *text = strndup(writer.data, writer.len);
    assert_non_null(text);
    const char *defs = strstr(text, "\"$defs\":");
    size_t count = 0;
    for (const char *at = strstr(text, prefix); at != NULL; at = strstr(at + 1, prefix)) {
        char wanted[100];
        const char *name = at + sizeof prefix - 1;
        snprintf(wanted, sizeof wanted, "\"%.*s\":{\"type\":\"object\"", (int)strcspn(name, "\""),
                 name);
        if (strstr(defs, wanted) == NULL) {
            fail_msg("no $defs for %s", wanted);
        }
        count++;
    }
    assert_true(count > 20);
    assert_null(strstr(text, "\"profiles\""));
    assert_null(strstr(text, "\"est\""));
    free(text);
    lwm2m_json_clear(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_committed),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
