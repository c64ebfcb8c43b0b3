/* Paths, object links, UTF-8, equality and contents. */
#include "bootstrap/lwm2m/value.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <math.h>
#include <string.h>

static void paths_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "/", "/0", "/65535", "/1/0", "/3/0/15", "/2/65534/2/101", "/65535/65535/65535/65535"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[LWM2M_PATH_TEXT];
        struct lwm2m_path path;
        assert_int_equal(lwm2m_path_parse(texts[i], strlen(texts[i]), &path), LWM2M_OK);
        assert_string_equal(lwm2m_path_text(path, text), texts[i]);
    }
}

static void bad_paths(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "1",
                                        "//",
                                        "/1/",
                                        "/1//0",
                                        "/65536",
                                        "/-1",
                                        "/a",
                                        "/1/0x1",
                                        "/ 1",
                                        "/1 ",
                                        "/01",
                                        "/100000",
                                        "1/0/0",
                                        "/1/2/3/4/5",
                                        "/1/2/3/4/",
                                        "/99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct lwm2m_path path = {.depth = 9};
        print_message("%s\n", texts[i]);
        assert_int_equal(lwm2m_path_parse(texts[i], strlen(texts[i]), &path), LWM2M_EPATH);
        assert_int_equal(path.depth, 9);
    }
}

static void paths_are_ordered(void **state)
{
    (void)state;
    static const char *const ascending[] = {"/",  "/0",       "/0/0",     "/0/0/1", "/0/1",
                                            "/1", "/1/0/0/0", "/1/0/0/1", "/1/0/1"};
    const size_t count = sizeof ascending / sizeof ascending[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            struct lwm2m_path a;
            struct lwm2m_path b;
            assert_int_equal(lwm2m_path_parse(ascending[i], strlen(ascending[i]), &a), LWM2M_OK);
            assert_int_equal(lwm2m_path_parse(ascending[k], strlen(ascending[k]), &b), LWM2M_OK);
            assert_int_equal(lwm2m_path_compare(a, b), (i > k) - (i < k));
        }
    }
    assert_true(lwm2m_path_under(lwm2m_path_of(3, 1, 0, 7, 0), lwm2m_path_of(1, 1, 0, 0, 0)));
    assert_true(lwm2m_path_under(lwm2m_path_of(1, 1, 0, 0, 0), lwm2m_path_of(1, 1, 0, 0, 0)));
    assert_true(lwm2m_path_under(lwm2m_path_of(1, 1, 0, 0, 0), lwm2m_path_of(0, 0, 0, 0, 0)));
    assert_false(lwm2m_path_under(lwm2m_path_of(1, 1, 0, 0, 0), lwm2m_path_of(2, 1, 0, 0, 0)));
    assert_false(lwm2m_path_under(lwm2m_path_of(2, 2, 0, 0, 0), lwm2m_path_of(1, 1, 0, 0, 0)));
}

static void links(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *out; /* NULL: refused */
    } rows[] = {
        {"21:1", 4, "21:1"},
        {"65535:65535", 11, "65535:65535"},
        {"11:FFFF", 7, "11:65535"},
        {"ffff:FFFF", 9, "65535:65535"},
        {"21:1\0", 5, "21:1"},
        {"", 0, NULL},
        {"21", 2, NULL},
        {"21:", 3, NULL},
        {":1", 2, NULL},
        {"21:1:1", 6, NULL},
        {"65536:1", 7, NULL},
        {"21:1 ", 5, NULL},
        {"21:1\0\0", 6, NULL},
        {"FFFE:1", 6, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[LWM2M_LINK_TEXT];
        struct lwm2m_link_value link;
        assert_int_equal(lwm2m_link_value_parse(rows[i].text, rows[i].len, &link),
                         rows[i].out ? LWM2M_OK : LWM2M_ETYPE);
        if (rows[i].out) {
            assert_string_equal(lwm2m_link_value_text(link, text), rows[i].out);
        }
    }
}

/* RFC 3629 section 4 and its examples of what is no UTF-8. */
static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool is_valid;
    } rows[] = {
        {"", true},
        {"41 7f", true},
        {"c2 80", true},
        {"df bf", true},
        {"e0 a0 80", true},
        {"ed 9f bf", true},
        {"ee 80 80", true},
        {"f0 90 80 80", true},
        {"f4 8f bf bf", true},
        {"00", false},
        {"41 00 42", false},
        {"80", false},
        {"c0 80", false},
        {"c1 bf", false},
        {"c2", false},
        {"c2 41", false},
        {"e0 9f bf", false},
        {"ed a0 80", false},
        {"e1 80", false},
        {"e1 80 41", false},
        {"f0 8f bf bf", false},
        {"f4 90 80 80", false},
        {"f5 80 80 80", false},
        {"ff", false},
        {"f1 80 80", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t text[8];
        const size_t len = test_hex(rows[i].hex, text, sizeof text);
        print_message("%s\n", rows[i].hex);
        assert_int_equal(lwm2m_utf8_valid(text, len), rows[i].is_valid);
    }
}

/* Each text stands for one value: equal to itself, to no other. */
static void equality(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    test_leaves_parse("/9/0/0 i 1; /9/0/1 i 2; /9/0/2 t 1; /9/0/3 u 1; /9/0/4 u 2; /9/0/5 f 1; "
                      "/9/0/6 f nan; /9/0/7 f 0; /9/0/8 f -0; /9/0/9 b 0; /9/0/10 b 1; "
                      "/9/0/11 s a; /9/0/12 s b; /9/0/13 s ; /9/0/14 c a; /9/0/15 o 61; "
                      "/9/0/16 l 1:2; /9/0/17 l 1:3; /9/0/18 l 2:2; /9/0/19 -; /9/0/20 s ab",
                      &content);
    for (size_t i = 0; i < content.count; i++) {
        for (size_t k = 0; k < content.count; k++) {
            assert_int_equal(lwm2m_value_equal(&content.leaves[i].value, &content.leaves[k].value),
                             i == k);
        }
    }
    lwm2m_content_clear(&content);
}

static void contents_own_their_octets(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    char text[] = "abc";
    struct lwm2m_value value = {
        .type = LWM2M_STRING,
        .as.bytes = {(const uint8_t *)text, sizeof text - 1},
    };
    for (uint16_t id = 1000; id > 0; id--) {
        assert_int_equal(lwm2m_content_add(&content, lwm2m_path_of(3, 9, 0, id, 0), &value),
                         LWM2M_OK);
    }
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(lwm2m_content_sort(&content), LWM2M_OK);
    for (uint16_t id = 1; id <= 1000; id++) {
        const struct lwm2m_value *found =
            lwm2m_content_find(&content, lwm2m_path_of(3, 9, 0, id, 0));
        assert_non_null(found);
        assert_int_equal(found->as.bytes.len, 3);
        assert_memory_equal(found->as.bytes.data, "abc", 3);
    }
    assert_null(lwm2m_content_find(&content, lwm2m_path_of(3, 9, 0, 1001, 0)));
    lwm2m_content_clear(&content);
    assert_null(lwm2m_content_find(&content, lwm2m_path_of(3, 9, 0, 1, 0)));
}

static void contents_are_bounded_and_without_duplicates(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    const struct lwm2m_value value = {.type = LWM2M_BOOLEAN, .as.boolean = true};
    for (uint16_t id = 0; id < LWM2M_LEAVES_MAX; id++) {
        assert_int_equal(lwm2m_content_add(&content, lwm2m_path_of(3, 9, 0, id, 0), &value),
                         LWM2M_OK);
    }
    assert_int_equal(lwm2m_content_add(&content, lwm2m_path_of(3, 9, 0, 5000, 0), &value),
                     LWM2M_ELIMIT);
    lwm2m_content_clear(&content);
    test_leaves_parse("/9/0/1 i 1; /9/1/1 i 1; /9/0/1 i 1", &content);
    assert_int_equal(lwm2m_content_sort(&content), LWM2M_EPATH);
    test_leaves_parse("/9/0/1/3 i 1; /9/0/1 i 1", &content);
    assert_int_equal(lwm2m_content_sort(&content), LWM2M_EPATH);
    test_leaves_parse("/9/0 -; /9/0/1 i 1", &content);
    assert_int_equal(lwm2m_content_sort(&content), LWM2M_EPATH);
    lwm2m_content_clear(&content);
}

static void words(void **state)
{
    (void)state;
    for (int error = LWM2M_OK; error <= LWM2M_EUNSUPPORTED; error++) {
        assert_string_not_equal(lwm2m_error_text((enum lwm2m_error)error), "unknown error");
    }
    assert_string_equal(lwm2m_error_text((enum lwm2m_error)99), "unknown error");
    assert_string_equal(lwm2m_type_name(LWM2M_UNSIGNED), "Unsigned Integer");
    assert_string_equal(lwm2m_type_name((enum lwm2m_type)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_read_back),
        cmocka_unit_test(bad_paths),
        cmocka_unit_test(paths_are_ordered),
        cmocka_unit_test(links),
        cmocka_unit_test(utf8),
        cmocka_unit_test(equality),
        cmocka_unit_test(contents_own_their_octets),
        cmocka_unit_test(contents_are_bounded_and_without_duplicates),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
