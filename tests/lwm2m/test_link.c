/* Link format: the forms of lwm2m-encodings.md section 9 and of clients.md, and what is refused. */
#include "bootstrap/lwm2m/link.h"
#include "bootstrap/lwm2m/object.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1024

static const struct {
    const char *source;
    const char *text;
    const char *built; /* as we build it again */
    int32_t bootstrap; /* instance of the Bootstrap-Server Account */
} taken[] = {
    {"1.0 text", "lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</0/2>;ssid=102",
     "lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</0/2>;ssid=102", 1},
    {"1.1 text",
     "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://server_1.example.com\",</0/1>,</1/0/>;ssid=101, "
     "</3/0>,</5>,</4>",
     "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://server_1.example.com\",</0/1>,</1/0>;ssid=101,"
     "</3/0>,</4>,</5>",
     1},
    {"with OSCORE", "</>;lwm2m=1.1,</21/0>;ssid=101,</21/2>;ssid=102,</0/1>,</21/1>",
     "</>;lwm2m=1.1,</0/1>,</21/0>;ssid=101,</21/1>,</21/2>;ssid=102", 1},
    {"object version", "</55>;ver=1.9,</55/0>", "</55>;ver=1.9,</55/0>", -1},
    {"Anjay", "</>;lwm2m=1.1,</0>,</0/1>;uri=\"coap://h:5683\",</1>,</2>",
     "</>;lwm2m=1.1,</0>,</0/1>;uri=\"coap://h:5683\",</1>,</2>", 1},
    {"Zephyr", "</>;lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>", "lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>",
     1},
    {"Wakaama", "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://h\",</1>;ver=1.1,</1/1>;ssid=1",
     "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://h\",</1>;ver=1.1,</1/1>;ssid=1", 0},
    {"Leshan",
     "</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"u\",</1/0>;ssid=2222,</2>,"
     "</3442/0>,</3/0>",
     "lwm2m=\"1.0\",</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"u\",</1/0>;ssid=2222,</2>,"
     "</3/0>,</3442/0>",
     0},
    {"nothing", "", "", -1},
    {"blanks", " \r\n\t", "", -1},
    {"blanks around signs", "</> ; lwm2m = \"1.2\" , </0/0> ; ssid = \"7\" ",
     "</>;lwm2m=1.2,</0/0>;ssid=7", -1},
    {"empty items", ",,</1>,,</2>,", "</1>,</2>", -1},
    {"unquoted uri", "</0/0>;uri=coaps://h:5684/p", "</0/0>;uri=\"coaps://h:5684/p\"", 0},
    {"separators and backslashes in quotes", "</0/0>;uri=\"a,b;c<d>\\\"e\\\\\";ssid=3",
     "</0/0>;ssid=3;uri=\"a,b;c<d>\\\"e\\\\\"", -1},
    {"unknown attributes", "</0/0>;dim=3;rt=\"oma.lwm2m\";ct=11542;flag;ssid=3", "</0/0>;ssid=3",
     -1},
    {"capitals", "</>;LwM2M=1.1,</0/0>;SSID=3", "</>;lwm2m=1.1,</0/0>;ssid=3", -1},
    {"unknown links", "</.well-known/core>;ct=40,</sensors/1>,</1/2/3/4>,</65535>,</1/0>", "</1/0>",
     -1},
    {"resource", "</1/0/1>;dim=3,</1/0>", "</1/0>,</1/0/1>", -1},
    {"twice", "</0/0>,</0/0>;ssid=1,</0/0>;uri=\"a\";ssid=2;ver=1.1,</0/0>;uri=\"b\"",
     "</0/0>;ver=1.1;ssid=1;uri=\"a\"", -1},
    {"short server IDs that stand for none", "</0/0>;ssid=65535,</0/1>;ssid=0", "</0/0>,</0/1>", 0},
    {"short server IDs that are none",
     "</0/0>;ssid,</0/1>;ssid=,</0/2>;ssid=x,</0/3>;ssid=1x,</0/4>;ssid=-1,</0/5>;ssid=65536,"
     "</0/6>;ssid=99999999999999999999,</0/7>;ssid=7",
     "</0/0>,</0/1>,</0/2>,</0/3>,</0/4>,</0/5>,</0/6>,</0/7>;ssid=7", 0},
    {"uri that is no text", "</0/0>;uri=\"\xff\";ssid=3,</0/1>", "</0/0>;ssid=3,</0/1>", 1},
    {"version of three parts", "</>;lwm2m=1.2.2", "</>;lwm2m=1.2", -1},
    {"versions that are none", "</>;lwm2m=x,</1>;ver=300.1,</2>;ver=1,</3>;ver", "</1>,</2>,</3>",
     -1},
    {"attribute twice: the last", "</0/0>;uri=a;uri=b;ssid=1;ssid=2", "</0/0>;ssid=2;uri=\"b\"",
     -1},
    {"UTF-8", "</0/0>;uri=\"coaps://\xc3\xbc\"", "</0/0>;uri=\"coaps://\xc3\xbc\"", 0},
    {"lwm2m elsewhere", "</1>;lwm2m=1.1", "</1>", -1},
    {"empty uri", "</0/0>;uri=\"\"", "</0/0>;uri=\"\"", 0},
};

static void takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        struct lwm2m_discover discover = {0};
        char text[TEXT_MAX];
        size_t len;
        print_message("%s\n", taken[i].source);
        const enum lwm2m_error error =
            lwm2m_discover_parse(taken[i].text, strlen(taken[i].text), &discover);
        assert_int_equal(error, LWM2M_OK);
        assert_int_equal(lwm2m_discover_build(&discover, text, sizeof text, &len), LWM2M_OK);
        assert_int_equal(len, strlen(taken[i].built));
        assert_memory_equal(text, taken[i].built, len);
        assert_int_equal(lwm2m_discover_bootstrap_instance(&discover), taken[i].bootstrap);
        lwm2m_discover_clear(&discover);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len; /* 0: up to NUL */
        enum lwm2m_error error;
    } rows[] = {
        {"garbage", 0, LWM2M_EFORMAT},           {"</0/0", 0, LWM2M_EFORMAT},
        {"</0/0>;", 0, LWM2M_EFORMAT},           {"</0/0>;=1", 0, LWM2M_EFORMAT},
        {"</0/0>;uri=\"a", 0, LWM2M_EFORMAT},    {"</0/0>;uri=\"a\\", 0, LWM2M_EFORMAT},
        {"</0/0>;uri=\"a\"b", 0, LWM2M_EFORMAT}, {"</0/0></0/1>", 0, LWM2M_EFORMAT},
        {"</0/0> x", 0, LWM2M_EFORMAT},          {"ssid=1", 0, LWM2M_EFORMAT},
        {"</0/0>\0", 7, LWM2M_EFORMAT},          {"</0/0>;ssid=1\0", 14, LWM2M_EFORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_discover discover = {0};
        const size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        print_message("%s\n", rows[i].text);
        assert_int_equal(lwm2m_discover_parse(rows[i].text, len, &discover), rows[i].error);
        assert_int_equal(discover.count, 0);
        assert_null(discover.entries);
    }
}

/* COUNT links, each to another instance, from the last to the first. */
static char *many_links(size_t count, size_t *len)
{
    char *text = malloc(count * 16 + 1);
    assert_non_null(text);
    *len = 0;
    for (size_t i = count; i > 0; i--) {
        *len += (size_t)snprintf(text + *len, 17, "</1/%zu>,", i - 1);
    }
    return text;
}

static void is_bounded(void **state)
{
    (void)state;
    struct lwm2m_discover discover = {0};
    char uri[300];
    size_t len;
    char *text = many_links(LWM2M_DISCOVER_MAX, &len);
    assert_int_equal(lwm2m_discover_parse(text, len, &discover), LWM2M_OK);
    assert_int_equal(discover.count, LWM2M_DISCOVER_MAX);
    for (size_t i = 0; i < discover.count; i++) {
        assert_int_equal(discover.entries[i].path.id[1], i);
    }
    assert_int_equal(lwm2m_discover_free_instance(&discover, 1, NULL, NULL), LWM2M_DISCOVER_MAX);
    free(text);
    text = many_links(LWM2M_DISCOVER_MAX + 1, &len);
    assert_int_equal(lwm2m_discover_parse(text, len, &discover), LWM2M_ELIMIT);
    assert_int_equal(discover.count, 0);
    free(text);
    for (size_t octets = 255; octets < 257; octets++) {
        (void)snprintf(uri, sizeof uri, "</0/0>;uri=%0*d", (int)octets, 0);
        assert_int_equal(lwm2m_discover_parse(uri, strlen(uri), &discover), LWM2M_OK);
        assert_int_equal(discover.count, 1);
        assert_int_equal(discover.entries[0].uri != NULL, octets <= LWM2M_URI_MAX);
    }
    lwm2m_discover_clear(&discover);
}

static void tells_the_space_needed(void **state)
{
    (void)state;
    static const char text[] = "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://a\",</1>;ver=1.1";
    struct lwm2m_discover discover = {0};
    assert_int_equal(lwm2m_discover_parse(text, sizeof text - 1, &discover), LWM2M_OK);
    for (size_t capacity = 0; capacity < sizeof text; capacity++) {
        char out[sizeof text];
        size_t len;
        memset(out, 0x5a, sizeof out);
        assert_int_equal(lwm2m_discover_build(&discover, out, capacity, &len),
                         capacity < sizeof text - 1 ? LWM2M_ESPACE : LWM2M_OK);
        assert_int_equal(len, sizeof text - 1);
        assert_int_equal(out[capacity], 0x5a);
    }
    lwm2m_discover_clear(&discover);
}

static bool below_four(void *context, uint16_t instance)
{
    (*(unsigned *)context)++;
    return instance < 4;
}

static void finds(void **state)
{
    (void)state;
    static const char text[] = "</0>,</0/0>;ssid=1,</0/1>,</0/4>;ssid=2,</1/0>";
    struct lwm2m_discover discover = {0};
    unsigned asked = 0;
    assert_int_equal(lwm2m_discover_parse(text, sizeof text - 1, &discover), LWM2M_OK);
    assert_int_equal(lwm2m_discover_find(&discover, lwm2m_path_of(2, 0, 4, 0, 0))->ssid, 2);
    assert_null(lwm2m_discover_find(&discover, lwm2m_path_of(2, 0, 2, 0, 0)));
    assert_null(lwm2m_discover_find(&discover, lwm2m_path_of(1, 1, 0, 0, 0)));
    assert_int_equal(lwm2m_discover_free_instance(&discover, 0, NULL, NULL), 2);
    assert_int_equal(lwm2m_discover_free_instance(&discover, 5, NULL, NULL), 0);
    assert_int_equal(lwm2m_discover_free_instance(&discover, 0, below_four, &asked), 5);
    assert_int_equal(asked, 3);
    lwm2m_discover_clear(&discover);
}

/* How an answer is written: lwm2m-encodings.md section 9, clients.md. */
static void tells_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned form;
    } rows[] = {
        {"lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</0/2>;ssid=102",
         LWM2M_FORM_BARE_VERSION | LWM2M_FORM_QUOTED_VERSION},
        {"</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://server_1.example.com\",</0/1>,</1/0/"
         ">;ssid=101",
         LWM2M_FORM_ROOT | LWM2M_FORM_URI},
        {"</55>;ver=1.9,</55/0>", LWM2M_FORM_INSTANCED_OBJECT},
        {"</>;lwm2m=1.1,</0>,</0/1>;uri=\"coap://h:5683\",</1>,</2>",
         LWM2M_FORM_ROOT | LWM2M_FORM_URI | LWM2M_FORM_BOOTSTRAP_URI | LWM2M_FORM_INSTANCED_OBJECT},
        {"</>;lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>", LWM2M_FORM_ROOT | LWM2M_FORM_QUOTED_VERSION},
        {"</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://h\",</1>;ver=1.1,</1/1>;ssid=1",
         LWM2M_FORM_ROOT | LWM2M_FORM_URI | LWM2M_FORM_INSTANCED_OBJECT},
        {"</>;lwm2m=1.0,</0/0>;uri=\"coap://h:p\",</0/1>;ssid=2222;uri=\"u\",</1/0>;ssid=2222,</2>",
         LWM2M_FORM_ROOT | LWM2M_FORM_URI | LWM2M_FORM_BOOTSTRAP_URI},
        {"lwm2m=1.0,</1/0>;uri=\"u\"", LWM2M_FORM_BARE_VERSION},
        {"</>,</0>,</1/0>", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_discover discover = {0};
        print_message("%s\n", rows[i].text);
        assert_int_equal(lwm2m_discover_parse(rows[i].text, strlen(rows[i].text), &discover),
                         LWM2M_OK);
        assert_int_equal(discover.form, rows[i].form);
        lwm2m_discover_clear(&discover);
    }
}

static void merges(void **state)
{
    (void)state;
    static const struct {
        const char *first, *more, *together;
        unsigned form;
    } rows[] = {
        {"", "", "", 0},
        {"</>;lwm2m=1.1,</0>,</3/0>", "</0/1>;uri=\"u\",</0/2>;ssid=7",
         "</>;lwm2m=1.1,</0>,</0/1>;uri=\"u\",</0/2>;ssid=7,</3/0>",
         LWM2M_FORM_ROOT | LWM2M_FORM_URI | LWM2M_FORM_BOOTSTRAP_URI | LWM2M_FORM_INSTANCED_OBJECT},
        {"</0/1>;ssid=1;uri=\"old\",</1/0>;ssid=1", "</0/1>;ssid=2", "</0/1>;ssid=2,</1/0>;ssid=1",
         0},
        {"</1>", "lwm2m=\"1.0\",</1>;ver=1.0", "lwm2m=\"1.0\",</1>;ver=1.0",
         LWM2M_FORM_BARE_VERSION | LWM2M_FORM_QUOTED_VERSION},
        {"</>;lwm2m=1.2,</5>", "", "</>;lwm2m=1.2,</5>", LWM2M_FORM_ROOT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_discover discover = {0};
        struct lwm2m_discover more = {0};
        char text[TEXT_MAX];
        size_t len;
        print_message("row %zu\n", i);
        assert_int_equal(lwm2m_discover_parse(rows[i].first, strlen(rows[i].first), &discover),
                         LWM2M_OK);
        assert_int_equal(lwm2m_discover_parse(rows[i].more, strlen(rows[i].more), &more), LWM2M_OK);
        assert_int_equal(lwm2m_discover_merge(&discover, &more), LWM2M_OK);
        assert_int_equal(more.count, 0);
        assert_null(more.entries);
        assert_int_equal(lwm2m_discover_build(&discover, text, sizeof text, &len), LWM2M_OK);
        assert_int_equal(len, strlen(rows[i].together));
        assert_memory_equal(text, rows[i].together, len);
        assert_int_equal(discover.form, rows[i].form);
        lwm2m_discover_clear(&discover);
    }
}

static void merges_within_bounds(void **state)
{
    (void)state;
    struct lwm2m_discover discover = {0};
    struct lwm2m_discover more = {0};
    size_t len;
    char *text = many_links(LWM2M_DISCOVER_MAX, &len);
    assert_int_equal(lwm2m_discover_parse(text, len, &discover), LWM2M_OK);
    assert_int_equal(lwm2m_discover_parse("</1/0>;ssid=5", 13, &more), LWM2M_OK);
    assert_int_equal(lwm2m_discover_merge(&discover, &more), LWM2M_OK);
    assert_int_equal(discover.count, LWM2M_DISCOVER_MAX);
    assert_int_equal(discover.entries[0].ssid, 5);
    assert_int_equal(lwm2m_discover_parse("</2/0>", 6, &more), LWM2M_OK);
    assert_int_equal(lwm2m_discover_merge(&discover, &more), LWM2M_ELIMIT);
    assert_int_equal(discover.count, LWM2M_DISCOVER_MAX);
    assert_int_equal(more.count, 1);
    lwm2m_discover_clear(&discover);
    lwm2m_discover_clear(&more);
    free(text);
}

/* lwm2m-bootstrap.md 3.7: `acc` of a Bootstrap-Pack-Request. */
static void reads_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum lwm2m_error error;
        const char *paths;
    } rows[] = {
        {"</0/0>", LWM2M_OK, "/0/0 "},
        {"</0/2>,</21/0>", LWM2M_OK, "/0/2 /21/0 "},
        {"</21/0>, </0/2/>,</0/2>", LWM2M_OK, "/0/2 /21/0 "},
        {"</0>,</x>,</0/1>;ssid=3", LWM2M_OK, "/0/1 "},
        {"", LWM2M_OK, ""},
        {"</0/0>,</0/1>,</0/2>,</0/3>,</0/4>", LWM2M_ELIMIT, ""},
        {"0/0", LWM2M_EFORMAT, ""},
        {"</0/0", LWM2M_EFORMAT, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_path paths[4];
        char text[LWM2M_PATH_TEXT];
        char all[128] = "";
        size_t count = 99;
        print_message("%s\n", rows[i].text);
        assert_int_equal(lwm2m_account_parse(rows[i].text, strlen(rows[i].text), paths, 4, &count),
                         rows[i].error);
        for (size_t k = 0; k < count; k++) {
            strcat(strcat(all, lwm2m_path_text(paths[k], text)), " ");
        }
        assert_string_equal(all, rows[i].paths);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),          cmocka_unit_test(refuses),
        cmocka_unit_test(is_bounded),     cmocka_unit_test(tells_the_space_needed),
        cmocka_unit_test(finds),          cmocka_unit_test(tells_the_form),
        cmocka_unit_test(merges),         cmocka_unit_test(merges_within_bounds),
        cmocka_unit_test(reads_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
