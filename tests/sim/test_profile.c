/*
 * Behaviours of simulated clients, one by one: each row is a behaviour (or a profile's list of
 * them), what stands before, one request and what it is answered. Facts: clients.md.
 */
#include "tools/sim/profile.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"
#include "tests/support/sim_device.h"
#include "tests/support/sim_request.h"
#include "bootstrap/lwm2m/link.h"
#include "tools/sim/answer.h"

#include <string.h>

enum {
    NONE = CC_FORMAT_NONE,
    LINK = LWM2M_FORMAT_LINK,
    TLV = LWM2M_FORMAT_TLV,
    JSON = LWM2M_FORMAT_JSON,
    SENML_JSON = LWM2M_FORMAT_SENML_JSON,
    CBOR = LWM2M_FORMAT_SENML_CBOR,
    LWM2M_CBOR = LWM2M_FORMAT_LWM2M_CBOR
};

#define SECOND_ACCOUNT "/0/1/0 s coaps://x; /0/1/1 b 1; /0/1/2 i 0; /0/1/3 o 61; /0/1/5 o 61"
#define LONG_KEY                                                                                   \
    "/0/1/2 i 0; /0/1/3 o 61; /0/1/5 o 000102030405060708090a0b0c0d0e0f10" /* 17 octets */

static const struct row {
    const char *behaviours; /* or the name of a profile */
    bool has_account;       /* TEST_SECURITY and TEST_SERVER stand before */
    uint8_t method;
    const char *path;
    uint16_t format;
    const char *leaves; /* NULL = no payload */
    uint8_t code;
    const char *under, *after; /* NULL = not looked at */
} rows[] = {
    /* formats */
    {"anjay-2", 0, CC_PUT, "/1/0", TLV, TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"anjay-2", 0, CC_PUT, "/1/0", CBOR, TEST_SERVER, CC_UNSUPPORTED_FORMAT, "/1", ""},
    {"anjay-2", 1, CC_GET, "/1", TLV, NULL, CC_METHOD_NOT_ALLOWED, NULL, NULL},
    {"lwm2m-1.0", 0, CC_PUT, "/1/0", JSON, TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"lwm2m-1.0", 0, CC_PUT, "/1/0", SENML_JSON, TEST_SERVER, CC_UNSUPPORTED_FORMAT, "/1", ""},
    {"lwm2m-1.1", 0, CC_PUT, "/1/0", LWM2M_CBOR, TEST_SERVER, CC_UNSUPPORTED_FORMAT, "/1", ""},
    {"lwm2m-1.2", 0, CC_PUT, "/1/0", LWM2M_CBOR, TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"anjay-3", 0, CC_PUT, "/1/0", SENML_JSON, TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"wakaama", 0, CC_PUT, "/1/0", JSON, TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"wakaama", 0, CC_PUT, "/1/0", CBOR, TEST_SERVER, CC_NOT_ACCEPTABLE, "/1", ""},
    {"wakaama", 0, CC_PUT, "/1/0", NONE, NULL, CC_BAD_REQUEST, "/1", ""},
    {"leshan", 0, CC_PUT, "/1/0", NONE, NULL, CC_BAD_REQUEST, "/1", ""},
    {"leshan", 0, CC_PUT, "/1/0", LWM2M_CBOR, TEST_SERVER, CC_UNSUPPORTED_FORMAT, "/1", ""},
    {"tlv-only-4.00", 0, CC_PUT, "/1/0", CBOR, TEST_SERVER, CC_BAD_REQUEST, "/1", ""},
    {"formats=lwm2m-cbor+tlv,version=1.1", 0, CC_PUT, "/1/0", LWM2M_CBOR, TEST_SERVER,
     CC_UNSUPPORTED_FORMAT, "/1", ""},
    /* unknown objects and resources */
    {"leshan", 0, CC_PUT, "/3303/0", TLV, "/3303/0/5700 f 1", CC_INTERNAL, NULL, NULL},
    {"wakaama", 0, CC_PUT, "/1/0", TLV, "/1/0/0 i 101; /1/0/99 i 1", CC_NOT_FOUND, "/1", ""},
    {"wakaama", 0, CC_PUT, "/0/1", TLV, "/0/1/0 s coaps://x; /0/1/13 t 1", CC_BAD_REQUEST, "/0/1",
     ""},
    {"wakaama", 0, CC_PUT, "/0/1", TLV, "/0/1/0 s coaps://x; /0/1/16/0 u 1", CC_NOT_FOUND, "/0/1",
     ""},
    {"wakaama", 0, CC_PUT, "/1/0", TLV, "/1/0/0 i 101; /1/0/10 l 11:0", CC_NOT_FOUND, "/1", ""},
    {"wakaama", 0, CC_PUT, "/1/0", TLV, "/1/0/0 i 101; /1/0/16 b 1", CC_CHANGED, "/1",
     "/1/0/0 i 101; /1/0/16 b 1"},
    /* merge, replace, renumber, forget */
    {"anjay-3", 1, CC_PUT, "/1/0", TLV, "/1/0/1 i 60", CC_CHANGED, "/1",
     "/1/0/0 i 101; /1/0/1 i 60; /1/0/6 b 1; /1/0/7 s U"},
    {"wakaama", 1, CC_PUT, "/1/0", TLV, "/1/0/1 i 60", CC_CHANGED, "/1", "/1/0/1 i 60"},
    {"wakaama", 1, CC_PUT, "/0/1", TLV, "/0/1/10 i 102", CC_CHANGED, "/0/1",
     "/0/1/0 s coaps://a.example; /0/1/1 b 0; /0/1/2 i 0; /0/1/3 o 6d31; /0/1/4 o; "
     "/0/1/5 o 00112233445566778899aabbccddeeff; /0/1/10 i 102"},
    {"leshan", 1, CC_PUT, "/0/1", TLV, "/0/1/10 i 102", CC_CHANGED, "/0/1", "/0/1/10 i 102"},
    {"leshan", 1, CC_PUT, "/1/0/1", TLV, "/1/0/1 i 60", CC_CHANGED, "/1",
     "/1/0/0 i 101; /1/0/1 i 60; /1/0/6 b 1; /1/0/7 s U"},
    {"renumbers", 1, CC_PUT, "/1", TLV, "/1/5/0 i 102; /1/9/0 i 103", CC_CHANGED, "/1",
     TEST_SERVER "; /1/1/0 i 102; /1/2/0 i 103"},
    {"renumbers", 0, CC_PUT, "/1/5", TLV, "/1/5/0 i 102", CC_CHANGED, "/1", "/1/5/0 i 102"},
    {"forgetful", 0, CC_PUT, "/1/0", TLV, TEST_SERVER, CC_CHANGED, "/1", ""},
    {"leshan", 0, CC_PUT, "/1/0", TLV, "/1/0/0 i 70000", CC_CHANGED, "/1", ""},
    /* second account, buffers */
    {"anjay-3", 0, CC_PUT, "/0/1", TLV, SECOND_ACCOUNT, CC_BAD_REQUEST, "/0/1", ""},
    {"leshan", 0, CC_PUT, "/0/1", TLV, SECOND_ACCOUNT, CC_CHANGED, "/0/1", SECOND_ACCOUNT},
    {"zephyr", 0, CC_PUT, "/0/1", TLV, LONG_KEY, CC_INTERNAL, "/0/1", ""},
    {"wakaama", 0, CC_PUT, "/0/1", TLV, LONG_KEY, CC_INTERNAL, "/0/1", ""},
    {"key-max=17", 0, CC_PUT, "/0/1", TLV, LONG_KEY, CC_CHANGED, "/0/1", LONG_KEY},
    {"identity-max=3", 0, CC_PUT, "/0/1", TLV, "/0/1/2 i 0; /0/1/3 o 61626364", CC_INTERNAL, "/0/1",
     ""},
    {"credential-max=3", 0, CC_PUT, "/0/1", TLV, "/0/1/2 i 2; /0/1/4 o 30020000", CC_INTERNAL,
     "/0/1", ""},
    {"zephyr", 1, CC_PUT, "/0/2", TLV, "/0/2/1 b 0", CC_INTERNAL, "/0/2", ""},
    /* Delete */
    {"leshan", 1, CC_DELETE, "/0/0", NONE, NULL, CC_BAD_REQUEST, NULL, NULL},
    {"leshan", 1, CC_DELETE, "/3", NONE, NULL, CC_BAD_REQUEST, NULL, NULL},
    {"leshan", 0, CC_DELETE, "/1/7", NONE, NULL, CC_BAD_REQUEST, NULL, NULL},
    {"leshan", 1, CC_DELETE, "/1/0", NONE, NULL, CC_DELETED, "/1", ""},
    {"wakaama", 0, CC_DELETE, "/1/7", NONE, NULL, CC_NOT_FOUND, NULL, NULL},
    {"wakaama", 0, CC_DELETE, "/3303", NONE, NULL, CC_NOT_FOUND, NULL, NULL},
    {"anjay-3", 0, CC_DELETE, "/3303", NONE, NULL, CC_DELETED, NULL, NULL},
    {"strict", 1, CC_DELETE, "/0/1", NONE, NULL, CC_DELETED, "/1", ""},
    {"anjay-3", 1, CC_DELETE, "/0/1", NONE, NULL, CC_DELETED, "/1", TEST_SERVER},
    /* denied */
    {"no-discover", 0, CC_GET, "/", LINK, NULL, CC_METHOD_NOT_ALLOWED, NULL, NULL},
    {"no-read", 1, CC_GET, "/1", TLV, NULL, CC_METHOD_NOT_ALLOWED, NULL, NULL},
    {"lwm2m-1.2", 1, CC_GET, "/1/0", LWM2M_CBOR, NULL, CC_CONTENT, NULL, NULL},
    {"lwm2m-1.1", 1, CC_GET, "/1/0", LWM2M_CBOR, NULL, CC_NOT_ACCEPTABLE, NULL, NULL},
    /* Finish */
    {"needs-binding", 1, CC_POST, "/bs", NONE, NULL, CC_CHANGED, NULL, NULL},
    {"no-validation", 0, CC_POST, "/bs", NONE, NULL, CC_CHANGED, NULL, NULL},
    {"anjay-3", 0, CC_POST, "/bs", NONE, NULL, CC_NOT_ACCEPTABLE, NULL, NULL},
};

static struct sim_device *device_of(const char *behaviours)
{
    const struct sim_profile_row *row = sim_profile_by_name(behaviours);
    return test_device_with(row != NULL ? row->behaviours : behaviours, 0);
}

static void add_account(struct sim_device *device)
{
    assert_int_equal(test_device_write(device, "/0/1", TEST_SECURITY), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct sim_device *device = device_of(row->behaviours);
        struct test_request request;
        struct sim_answer answer = {0};
        print_message("  %s: %s %s\n", row->behaviours, row->path, row->leaves ? row->leaves : "");
        if (row->has_account) {
            add_account(device);
        }
        test_request_init(&request, row->method, row->path, row->format);
        if (row->leaves != NULL) {
            test_request_body(&request, row->path, row->format, row->leaves);
        }
        sim_answer(device, &request.message, &answer);
        assert_int_equal(answer.code, row->code);
        if (row->after != NULL) {
            assert_string_equal(test_device_text(device, row->under), row->after);
        }
        sim_answer_clear(&answer);
        sim_device_free(device);
    }
}

/* lwm2m-encodings.md section 9; one account stands. */
static const struct {
    const char *behaviours;
    const char *expected;
} shown[] = {
    {"wakaama", "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coaps://a.example\",</1>;ver=1.1,"
                "</1/0>;ssid=101,</2>,</3>;ver=1.1,</3/0>,</21>"},
    {"leshan",
     "</>;lwm2m=1.0,</0/0>;uri=\"coaps://bs.example\",</0/1>;ssid=101;uri=\"coaps://a.example\","
     "</1/0>;ssid=101,</2>,</3/0>,</21>"},
    {"zephyr", "</>;lwm2m=\"1.0\",</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</2>,</3/0>"},
    {"discover-bare,discover-version=1.0,discover-no-uri",
     "lwm2m=1.0,</0>,</0/0>,</0/1>;ssid=101,</1>,</1/0>;ssid=101,</2>,</3>,</3/0>,</21>"},
    {"discover-slash,discover-terse,discover-no-uri",
     "</>;lwm2m=1.1,</0/0/>,</0/1/>;ssid=101,</1/0/>;ssid=101,</2/>,</3/0/>,</21/>"},
    {"discover-no-security,discover-terse", "</>;lwm2m=1.1,</1/0>;ssid=101,</2>,</3/0>,</21>"},
    {"discover-empty", ""},
};

static void test_discover(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        struct sim_device *device = device_of(shown[i].behaviours);
        struct test_request request;
        struct sim_answer answer = {0};
        char text[512];
        add_account(device);
        test_request_init(&request, CC_GET, "/", LINK);
        sim_answer(device, &request.message, &answer);
        assert_int_equal(answer.code, CC_CONTENT);
        assert_true(answer.payload_len < sizeof text);
        memcpy(text, answer.payload, answer.payload_len);
        text[answer.payload_len] = '\0';
        assert_string_equal(text, shown[i].expected);
        sim_answer_clear(&answer);
        sim_device_free(device);
    }
}

/* What is odd in Discover is still what a server reads, or is refused as a whole. */
static void test_discover_odd(void **state)
{
    (void)state;
    static const struct {
        const char *behaviours;
        enum lwm2m_error error;
        size_t least;
    } odd[] = {{"discover-commas", LWM2M_OK, 0},
               {"discover-big", LWM2M_OK, 60000},
               {"discover-garbage", LWM2M_EFORMAT, 0}};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct sim_device *device = device_of(odd[i].behaviours);
        struct test_request request;
        struct sim_answer answer = {0};
        struct lwm2m_discover discover = {0};
        test_request_init(&request, CC_GET, "/", LINK);
        sim_answer(device, &request.message, &answer);
        assert_int_equal(
            lwm2m_discover_parse((const char *)answer.payload, answer.payload_len, &discover),
            odd[i].error);
        assert_true(answer.payload_len >= odd[i].least);
        if (odd[i].error == LWM2M_OK) {
            assert_int_equal(lwm2m_discover_bootstrap_instance(&discover), 0);
        }
        lwm2m_discover_clear(&discover);
        sim_answer_clear(&answer);
        sim_device_free(device);
    }
}

/* An object without a definition is kept as it came. */
static void test_further_object(void **state)
{
    (void)state;
    struct sim_device *device = test_device_with("", 3303);
    assert_int_equal(test_device_write(device, "/3303/0", "/3303/0/5700 f 1"), CC_CHANGED);
    assert_string_equal(test_device_text(device, "/3303"), "/3303/0/5700 f 1");
    assert_int_equal(test_device_write(device, "/3304/0", "/3304/0/5700 f 1"), CC_NOT_FOUND);
    sim_device_free(device);
}

/* Anjay protects /0 alone, others the account's OSCORE instance too (lwm2m-bootstrap.md 3.5). */
static void test_oscore_account(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *after;
    } cases[] = {{"anjay-3", ""}, {"lwm2m-1.1", "/21/0/1 o 01"}};
    for (size_t i = 0; i < 2; i++) {
        struct sim_device *device = device_of(cases[i].profile);
        assert_int_equal(test_device_write(device, "/0/0", "/0/0/17 l 21:0"), CC_CHANGED);
        assert_int_equal(test_device_write(device, "/21", "/21/0/1 o 01; /21/1/1 o 02"),
                         CC_CHANGED);
        assert_int_equal(test_device_delete(device, "/21"), CC_DELETED);
        assert_string_equal(test_device_text(device, "/21"), cases[i].after);
        sim_device_free(device);
    }
}

/* lwm2m-bootstrap.md 3.7: what the Pack has is replaced; the account, /3 and the rest stay. */
static void test_pack(void **state)
{
    (void)state;
    struct sim_device *device = device_of("lwm2m-1.2");
    struct lwm2m_content content = {0};
    assert_int_equal(test_device_write(device, "/1/7", "/1/7/0 i 107"), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/2/7", "/2/7/0 i 3"), CC_CHANGED);
    test_leaves_parse(TEST_SECURITY "; " TEST_SERVER, &content);
    assert_int_equal(sim_device_pack(device, content.leaves, content.count), CC_CHANGED);
    assert_string_equal(test_device_text(device, "/1"), TEST_SERVER);
    assert_string_equal(test_device_text(device, "/0/1"), TEST_SECURITY);
    assert_string_equal(test_device_text(device, "/2"), "/2/7/0 i 3");
    assert_int_equal(sim_device_bootstrap_instance(device), 0);
    test_leaves_parse("/1/0/0 i 102; /3303/0/5700 f 1", &content);
    assert_int_equal(sim_device_pack(device, content.leaves, content.count), CC_NOT_FOUND);
    assert_string_equal(test_device_text(device, "/1"), TEST_SERVER);
    lwm2m_content_clear(&content);
    sim_device_free(device);
}

/* Every profile is made of known words; a word that is none is named. */
static void test_words(void **state)
{
    (void)state;
    static const char *const wrong[] = {"nonsense",     "replaces=1", "silent-at", "code=9.99",
                                        "code=4.32",    "pct=text",   "formats=",  "version=1.3",
                                        "silent-at=-1", "key-max=1x", ",",         "version=1.10",
                                        "formats=tlv+"};
    struct sim_profile profile = {.renumbers = true};
    char fault[SIM_FAULT_MAX + 1];
    const struct sim_profile_row *row;
    for (size_t i = 0; (row = sim_profile_at(i)) != NULL; i++) {
        struct sim_profile made = {0};
        assert_true(sim_profile_apply(&made, row->behaviours, fault));
        assert_ptr_equal(sim_profile_by_name(row->name), row);
    }
    assert_null(sim_profile_by_name("nobody"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fault[0] = '\0';
        assert_false(sim_profile_apply(&profile, wrong[i], fault));
        assert_memory_equal(fault, "no such behaviour: ", 19);
    }
    assert_true(sim_profile_apply(&profile, "code=4.06,code-at=3,formats=tlv+text", fault));
    assert_int_equal(profile.code, CC_NOT_ACCEPTABLE);
    assert_int_equal(profile.code_at, 3);
    assert_true(profile.renumbers);
    assert_int_equal(profile.formats, sim_format_bit(TLV) | sim_format_bit(LWM2M_FORMAT_TEXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_discover),
        cmocka_unit_test(test_discover_odd),   cmocka_unit_test(test_further_object),
        cmocka_unit_test(test_oscore_account), cmocka_unit_test(test_pack),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
