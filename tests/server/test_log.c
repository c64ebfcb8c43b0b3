/* Log lines: one event a line whatever a peer put into its name; levels; JSON that reads back. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/lwm2m/json.h"
#include "bootstrap/server/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Logs one event and returns the line without its time and newline. */
static void logged(bool is_json, const struct bs_field *fields, size_t count, char out[static 2048])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct bs_log *log = bs_log_new(ends[1]);
    assert_non_null(log);
    bs_log_configure(log, BS_INFO, is_json);
    bs_log_event(log, BS_WARNING, "refused", fields, count);
    bs_log_event(log, BS_DEBUG, "message", fields, count);
    bs_log_free(log);
    close(ends[1]);
    ssize_t len = read(ends[0], out, 2047);
    close(ends[0]);
    assert_true(len > 0);
    out[len] = '\0';
    assert_ptr_equal(strchr(out, '\n'), out + len - 1);
    out[len - 1] = '\0';
}

static const struct row {
    struct bs_field field;
    const char *expected;
} rows[] = {
    {{.key = "n", .number = -3}, "warning refused n=-3"},
    {{.key = "a", .text = "urn:dev:os:1"}, "warning refused a=urn:dev:os:1"},
    {{.key = "a", .text = ""}, "warning refused"},
    {{.key = "a", .text = "two words"}, "warning refused a=\"two words\""},
    {{.key = "a", .text = "x\nerror y"}, "warning refused a=\"x\\x0aerror y\""},
    {{.key = "a", .text = "q\"=\\"}, "warning refused a=\"q\\x22=\\x5c\""},
    {{.key = "a", .text = "\x1b[2J\xff\0z", .len = 7}, "warning refused a=\"\\x1b[2J\\xff\\x00z\""},
};

static void test_text(void **state)
{
    (void)state;
    char line[2048];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        logged(false, &rows[i].field, 1, line);
        assert_int_equal(line[23], 'Z');
        assert_string_equal(line + 25, rows[i].expected);
    }
}

static void test_text_is_cut(void **state)
{
    (void)state;
    char text[1000], line[2048];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct bs_field field = BS_TEXT("a", text);
    logged(false, &field, 1, line);
    assert_int_equal(strlen(line + 25), strlen("warning refused a=...") + BS_LOG_VALUE_MAX);
}

static void test_json(void **state)
{
    (void)state;
    char line[2048];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].field.len)
            continue; /* the reader refuses NUL in a string */
        struct lwm2m_json_fault fault;
        const char *text = NULL;
        logged(true, &rows[i].field, 1, line);
        struct lwm2m_json_document *document =
            lwm2m_json_parse(line, strlen(line), sizeof line, &fault);
        assert_non_null(document);
        assert_int_equal(lwm2m_json_get_string(lwm2m_json_root(document), "event", &text, NULL), 0);
        assert_string_equal(text, "refused");
        lwm2m_json_free(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_is_cut),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
