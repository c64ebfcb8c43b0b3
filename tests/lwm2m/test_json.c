/* The JSON writer and reader. */
#include "bootstrap/lwm2m/json.h"
#include "tests/support/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_written(struct lwm2m_json_writer *writer, const char *expected)
{
    assert_int_equal(writer->error, LWM2M_OK);
    print_message("%.*s\n", (int)writer->len, writer->data);
    assert_int_equal(writer->len, strlen(expected));
    assert_memory_equal(writer->data, expected, writer->len);
    lwm2m_json_clear(writer);
    assert_null(writer->data);
}

static void writes_a_document(void **state)
{
    (void)state;
    struct lwm2m_json_writer writer = {0};
    static const uint8_t octets[] = {0x00, 0x9f, 0xff};
    lwm2m_json_object_begin(&writer);
    lwm2m_json_key(&writer, "list");
    lwm2m_json_array_begin(&writer);
    lwm2m_json_int(&writer, INT64_MIN);
    lwm2m_json_uint(&writer, UINT64_MAX);
    lwm2m_json_array_begin(&writer);
    lwm2m_json_array_end(&writer);
    lwm2m_json_object_begin(&writer);
    lwm2m_json_object_end(&writer);
    lwm2m_json_bool(&writer, true);
    lwm2m_json_array_end(&writer);
    lwm2m_json_key(&writer, "a\"b");
    lwm2m_json_bool(&writer, false);
    lwm2m_json_key(&writer, "hex");
    lwm2m_json_hex(&writer, octets, sizeof octets);
    lwm2m_json_key(&writer, "none");
    lwm2m_json_text(&writer, NULL);
    lwm2m_json_key(&writer, "text");
    lwm2m_json_text(&writer, "x");
    lwm2m_json_object_end(&writer);
    assert_written(&writer, "{\"list\":[-9223372036854775808,18446744073709551615,[],{},true],"
                            "\"a\\\"b\":false,\"hex\":\"009fff\",\"none\":null,\"text\":\"x\"}");
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *json;
    } rows[] = {
        {"plain", 5, "\"plain\""},
        {"", 0, "\"\""},
        {"\"\\/\n\r\t", 6, "\"\\\"\\\\/\\n\\r\\t\""},
        {"\0\x01\x1b\x7f", 4, "\"\\u0000\\u0001\\u001b\\u007f\""},
        {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", 9, "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91\""},
        {"\xc2\x80\xc2\x9f\xc2\xa0", 6, "\"\\u0080\\u009f\xc2\xa0\""},
        {"\xff", 1, "\"\\ufffd\""},
        {"a\xc3", 2, "\"a\\ufffd\""},
        {"\xe2\x82z", 3, "\"\\ufffd\\ufffdz\""},
        {"\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xc0\x80", 2, "\"\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_json_writer writer = {0};
        lwm2m_json_string(&writer, rows[i].text, rows[i].len);
        assert_written(&writer, rows[i].json);
    }
}

static void doubles(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *json;
    } rows[] = {{0, "0"},
                {-0.0, "-0.0"},
                {0.1, "0.1"},
                {22.5, "22.5"},
                {1e300, "1e+300"},
                {1.0 / 3, "0.3333333333333333"},
                {NAN, "null"},
                {INFINITY, "null"},
                {5e-324, "4.94065645841247e-324"},
                {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_json_writer writer = {0};
        lwm2m_json_double(&writer, rows[i].number);
        assert_written(&writer, rows[i].json);
    }
}

struct sunk {
    char text[64];
    size_t len;
};

static void sink(void *context, const char *text, size_t len)
{
    struct sunk *sunk = context;
    assert_true(len <= sizeof sunk->text - sunk->len);
    memcpy(sunk->text + sunk->len, text, len);
    sunk->len += len;
}

static void writes_into_a_sink(void **state)
{
    (void)state;
    struct sunk sunk = {.len = 0};
    struct lwm2m_json_writer writer = {.sink = sink, .context = &sunk};
    lwm2m_json_array_begin(&writer);
    lwm2m_json_int(&writer, -1);
    lwm2m_json_text(&writer, "a\nb");
    lwm2m_json_array_end(&writer);
    assert_int_equal(writer.error, LWM2M_OK);
    assert_null(writer.data);
    assert_int_equal(sunk.len, strlen("[-1,\"a\\nb\"]"));
    assert_memory_equal(sunk.text, "[-1,\"a\\nb\"]", sunk.len);
    lwm2m_json_clear(&writer);
}

static void depth_is_bounded_and_the_error_sticks(void **state)
{
    (void)state;
    struct lwm2m_json_writer writer = {0};
    for (int i = 0; i < LWM2M_JSON_DEPTH_MAX; i++) {
        lwm2m_json_array_begin(&writer);
    }
    lwm2m_json_int(&writer, 1);
    lwm2m_json_int(&writer, 2);
    assert_int_equal(writer.error, LWM2M_OK);
    const size_t len = writer.len;
    lwm2m_json_object_begin(&writer);
    assert_int_equal(writer.error, LWM2M_ELIMIT);
    lwm2m_json_int(&writer, 3);
    lwm2m_json_array_begin(&writer);
    assert_int_equal(writer.error, LWM2M_ELIMIT);
    assert_in_range(writer.len, len, len + 1);
    lwm2m_json_clear(&writer);
}

static struct lwm2m_json_document *parse(const char *text)
{
    struct lwm2m_json_fault fault;
    struct lwm2m_json_document *document = lwm2m_json_parse(text, strlen(text), 4096, &fault);
    assert_non_null(document);
    return document;
}

static void reads(void **state)
{
    (void)state;
    struct lwm2m_json_document *document =
        parse("{\"a\":{\"b\":{\"text\":\"x\\u00fc\",\"n\":-5,\"u\":7,\"r\":0.5,\"t\":true}},"
              "\"list\":[1,null,\"z\"],\"e\":{}}");
    const struct lwm2m_json_node *root = lwm2m_json_root(document);
    const char *text;
    size_t len;
    int64_t number = 99;
    uint64_t large = 99;
    bool boolean = false;
    double real = 99;
    assert_int_equal(lwm2m_json_get_string(root, "a.b.text", &text, &len), LWM2M_OK);
    assert_int_equal(len, 3);
    assert_string_equal(text, "x\xc3\xbc");
    assert_int_equal(lwm2m_json_get_int(root, "a.b.n", &number), LWM2M_OK);
    assert_int_equal(number, -5);
    assert_int_equal(lwm2m_json_get_uint(root, "a.b.u", &large), LWM2M_OK);
    assert_int_equal(large, 7);
    assert_int_equal(lwm2m_json_get_bool(root, "a.b.t", &boolean), LWM2M_OK);
    assert_true(boolean);
    assert_int_equal(lwm2m_json_get_double(root, "a.b.r", &real), LWM2M_OK);
    assert_true(real > 0.49 && real < 0.51);
    assert_int_equal(lwm2m_json_get_double(root, "a.b.n", &real), LWM2M_OK);
    assert_true(real > -5.1 && real < -4.9);

    assert_int_equal(lwm2m_json_get_uint(root, "a.b.n", &large), LWM2M_ERANGE);
    assert_int_equal(lwm2m_json_get_int(root, "a.b.r", &number), LWM2M_ETYPE);
    assert_int_equal(lwm2m_json_get_int(root, "a.x.n", &number), LWM2M_EPATH);
    assert_int_equal(lwm2m_json_get_int(root, "list.n", &number), LWM2M_EPATH);
    assert_int_equal(lwm2m_json_get_int(NULL, "a", &number), LWM2M_EPATH);
    assert_int_equal(lwm2m_json_get_string(root, "a.b.n", &text, NULL), LWM2M_ETYPE);
    assert_int_equal(lwm2m_json_get_bool(root, "a.b.n", &boolean), LWM2M_ETYPE);
    assert_int_equal(lwm2m_json_get_double(root, "a.b.text", &real), LWM2M_ETYPE);
    assert_int_equal(lwm2m_json_get_double(root, "a.b.c", &real), LWM2M_EPATH);
    assert_int_equal(number, -5);
    assert_int_equal(large, 7);
    lwm2m_json_free(document);
}

static void walks(void **state)
{
    (void)state;
    struct lwm2m_json_document *document = parse("{\"z\":[1,null,\"z\",{}],\"y\":true,\"x\":1.5}");
    const struct lwm2m_json_node *root = lwm2m_json_root(document);
    const struct lwm2m_json_node *list = lwm2m_json_at(root, "z");
    const char *key;
    void *cursor = NULL;
    assert_int_equal(lwm2m_json_count(list), 4);
    assert_int_equal(lwm2m_json_kind(lwm2m_json_item(list, 0)), LWM2M_JSON_INTEGER);
    assert_int_equal(lwm2m_json_kind(lwm2m_json_item(list, 1)), LWM2M_JSON_NULL);
    assert_int_equal(lwm2m_json_kind(lwm2m_json_item(list, 2)), LWM2M_JSON_STRING);
    assert_int_equal(lwm2m_json_kind(lwm2m_json_item(list, 3)), LWM2M_JSON_OBJECT);
    assert_int_equal(lwm2m_json_kind(lwm2m_json_item(list, 4)), LWM2M_JSON_ABSENT);
    assert_int_equal(lwm2m_json_count(root), 3);
    assert_int_equal(lwm2m_json_count(lwm2m_json_at(root, "y")), 0);
    assert_ptr_equal(lwm2m_json_at(root, ""), root);
    assert_ptr_equal(lwm2m_json_next(root, &cursor, &key), list);
    assert_string_equal(key, "z");
    assert_int_equal(lwm2m_json_kind(lwm2m_json_next(root, &cursor, &key)), LWM2M_JSON_BOOL);
    assert_string_equal(key, "y");
    assert_int_equal(lwm2m_json_kind(lwm2m_json_next(root, &cursor, &key)), LWM2M_JSON_REAL);
    assert_null(lwm2m_json_next(root, &cursor, &key));
    cursor = NULL;
    assert_null(lwm2m_json_next(list, &cursor, &key));
    lwm2m_json_free(document);
    lwm2m_json_free(NULL);
}

/* Each is refused with its place, and without a word of what stood there. */
/* What the content formats need of the writer. */
static void writes_reals_and_base64(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0xff, 0xef, 0xbe, 0x00};
    static const char expected[] = "[22.0,-0.0,1e+300,0.5,\"\",\"_w\",\"_-8\",\"_---\",\"_---AA\","
                                   "\"/w==\",\"/+8=\",\"/+++\",\"/+++AA==\"]";
    static const double reals[] = {22.0, -0.0, 1e300, 0.5};
    struct lwm2m_json_writer writer = {0};
    lwm2m_json_array_begin(&writer);
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        lwm2m_json_real(&writer, reals[i]);
    }
    for (size_t len = 0; len <= 4; len++) {
        lwm2m_json_base64(&writer, octets, len, true);
    }
    for (size_t len = 1; len <= 4; len++) {
        lwm2m_json_base64(&writer, octets, len, false);
    }
    lwm2m_json_array_end(&writer);
    assert_int_equal(writer.error, LWM2M_OK);
    assert_int_equal(writer.len, strlen(expected));
    assert_memory_equal(writer.data, expected, writer.len);
    lwm2m_json_clear(&writer);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len; /* 0: up to NUL */
        enum lwm2m_error error;
        int line;
    } rows[] = {
        {"", 0, LWM2M_EFORMAT, 1},
        {"{\"a\":1,}", 0, LWM2M_EFORMAT, 1},
        {"{\n\"secretword\": 1,\n\"secretword\": 2}", 0, LWM2M_EFORMAT, 3},
        {"{\"a\":1} secretword", 0, LWM2M_EFORMAT, 1},
        {"[\n\nsecretword]", 0, LWM2M_EFORMAT, 3},
        {"\"\xff\"", 0, LWM2M_EFORMAT, 1},
        {"[\"\\u0000\"]", 0, LWM2M_EFORMAT, 1},
        {"[99999999999999999999]", 0, LWM2M_EFORMAT, 1},
        {"[1]\0", 4, LWM2M_EFORMAT, 1},
        {"[1.5\0]", 6, LWM2M_EFORMAT, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_json_fault fault = {.error = LWM2M_OK};
        const size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        assert_null(lwm2m_json_parse(rows[i].text, len, 4096, &fault));
        print_message("%d:%d: %s\n", fault.line, fault.column, fault.text);
        assert_int_equal(fault.error, rows[i].error);
        assert_int_equal(fault.line, rows[i].line);
        assert_true(fault.text[0] != '\0');
        assert_null(strstr(fault.text, "secretword"));
        assert_true(fault.offset <= len);
    }
}

static void documents_are_bounded(void **state)
{
    (void)state;
    struct lwm2m_json_fault fault;
    char *deep = malloc(10000);
    assert_non_null(deep);
    memset(deep, '[', 10000);
    assert_null(lwm2m_json_parse("[1]", 3, 2, &fault));
    assert_int_equal(fault.error, LWM2M_ELIMIT);
    assert_null(lwm2m_json_parse(deep, 10000, 10000, &fault));
    assert_int_equal(fault.error, LWM2M_ELIMIT);
    free(deep);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct lwm2m_json_writer writer = {0};
    struct lwm2m_json_fault fault;
    char text[256];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i == 0 ? 1 : i);
    }
    lwm2m_json_array_begin(&writer);
    for (int i = 0; i < 500; i++) {
        lwm2m_json_string(&writer, text, sizeof text);
    }
    lwm2m_json_array_end(&writer);
    assert_int_equal(writer.error, LWM2M_OK);
    struct lwm2m_json_document *document =
        lwm2m_json_parse(writer.data, writer.len, writer.len, &fault);
    assert_non_null(document);
    assert_int_equal(lwm2m_json_count(lwm2m_json_root(document)), 500);
    lwm2m_json_free(document);
    lwm2m_json_clear(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_document),
        cmocka_unit_test(escapes),
        cmocka_unit_test(doubles),
        cmocka_unit_test(writes_into_a_sink),
        cmocka_unit_test(depth_is_bounded_and_the_error_sticks),
        cmocka_unit_test(reads),
        cmocka_unit_test(walks),
        cmocka_unit_test(writes_reals_and_base64),
        cmocka_unit_test(refuses),
        cmocka_unit_test(documents_are_bounded),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
