/*
 * Requests of a bootstrap server to a simulated device and its answers: methods, paths, formats,
 * codes, payloads. Rules: lwm2m-bootstrap.md 3.2 to 3.6, clients.md "Anjay".
 */
#include "tools/sim/answer.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"
#include "tests/support/sim_device.h"
#include "tests/support/sim_request.h"

#include <stdlib.h>
#include <string.h>

enum { V1_0 = LWM2M_VERSION(1, 0), V1_1 = LWM2M_VERSION(1, 1), NONE = CC_FORMAT_NONE };
enum { LINK = LWM2M_FORMAT_LINK, TLV = LWM2M_FORMAT_TLV, CBOR = LWM2M_FORMAT_SENML_CBOR };

static void write_both(struct sim_device *device)
{
    assert_int_equal(test_device_write(device, "/0/1", TEST_SECURITY), CC_CHANGED);
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
}

/* ---- codes ---- */

static const struct row {
    const char *name;
    uint16_t version;
    uint8_t method;
    const char *path;
    uint16_t format;
    const char *leaves; /* encoded in FORMAT; NULL = no payload */
    uint8_t code;
} rows[] = {
    {"Discover /", V1_1, CC_GET, "/", LINK, NULL, CC_CONTENT},
    {"Discover / without Accept", V1_1, CC_GET, "/", NONE, NULL, CC_CONTENT},
    {"Discover /1", V1_1, CC_GET, "/1", LINK, NULL, CC_CONTENT},
    {"Discover of an instance", V1_1, CC_GET, "/1/0", LINK, NULL, CC_BAD_REQUEST},
    {"Discover of an unknown object", V1_1, CC_GET, "/3303", LINK, NULL, CC_NOT_FOUND},
    {"Discover with 1.0", V1_0, CC_GET, "/", LINK, NULL, CC_CONTENT},
    {"Read /1", V1_1, CC_GET, "/1", CBOR, NULL, CC_CONTENT},
    {"Read /1 without Accept", V1_1, CC_GET, "/1", NONE, NULL, CC_CONTENT},
    {"Read /1/0 as TLV", V1_1, CC_GET, "/1/0", TLV, NULL, CC_CONTENT},
    {"Read /2, empty", V1_1, CC_GET, "/2", TLV, NULL, CC_CONTENT},
    {"Read of an absent instance", V1_1, CC_GET, "/1/9", CBOR, NULL, CC_NOT_FOUND},
    {"Read in a foreign format", V1_1, CC_GET, "/1", 50, NULL, CC_NOT_ACCEPTABLE},
    {"Read of secrets", V1_1, CC_GET, "/0", CBOR, NULL, CC_METHOD_NOT_ALLOWED},
    {"Read of the root", V1_1, CC_GET, "/", CBOR, NULL, CC_METHOD_NOT_ALLOWED},
    {"Read of a resource", V1_1, CC_GET, "/1/0/0", CBOR, NULL, CC_METHOD_NOT_ALLOWED},
    {"Read with 1.0", V1_0, CC_GET, "/1", TLV, NULL, CC_METHOD_NOT_ALLOWED},
    {"Write TLV", V1_1, CC_PUT, "/1/1", TLV, "/1/1/0 i 102", CC_CHANGED},
    {"Write SenML CBOR", V1_1, CC_PUT, "/1/1", CBOR, "/1/1/0 i 102", CC_CHANGED},
    {"Write of an object", V1_1, CC_PUT, "/1", CBOR, "/1/1/0 i 102; /1/2/0 i 103", CC_CHANGED},
    {"Write of a resource", V1_1, CC_PUT, "/1/0/1", TLV, "/1/0/1 i 60", CC_CHANGED},
    {"Write SenML CBOR to 1.0", V1_0, CC_PUT, "/1/1", CBOR, "/1/1/0 i 102", CC_UNSUPPORTED_FORMAT},
    {"Write TLV to 1.0", V1_0, CC_PUT, "/1/1", TLV, "/1/1/0 i 102", CC_CHANGED},
    {"Write without Content-Format", V1_1, CC_PUT, "/1/1", NONE, NULL, CC_METHOD_NOT_ALLOWED},
    {"Write of an unknown format", V1_1, CC_PUT, "/1/1", 50, NULL, CC_UNSUPPORTED_FORMAT},
    {"Write of LwM2M CBOR to 1.1", V1_1, CC_PUT, "/1/1", LWM2M_FORMAT_LWM2M_CBOR, NULL,
     CC_UNSUPPORTED_FORMAT},
    {"Write of text to an instance", V1_1, CC_PUT, "/1/1", LWM2M_FORMAT_TEXT, NULL,
     CC_UNSUPPORTED_FORMAT},
    {"Write of the root", V1_1, CC_PUT, "/", TLV, NULL, CC_METHOD_NOT_ALLOWED},
    {"Write of a resource instance", V1_1, CC_PUT, "/2/0/2/1", TLV, NULL, CC_METHOD_NOT_ALLOWED},
    {"Write of an unknown object", V1_1, CC_PUT, "/3303/0", TLV, NULL, CC_NOT_FOUND},
    {"Write of a second bootstrap account", V1_1, CC_PUT, "/0/2", TLV, "/0/2/1 b 1",
     CC_BAD_REQUEST},
    {"Delete /", V1_1, CC_DELETE, "/", NONE, NULL, CC_DELETED},
    {"Delete /0", V1_1, CC_DELETE, "/0", NONE, NULL, CC_DELETED},
    {"Delete of nothing", V1_1, CC_DELETE, "/2/9", NONE, NULL, CC_DELETED},
    {"Delete of a resource", V1_1, CC_DELETE, "/1/0/1", NONE, NULL, CC_BAD_REQUEST},
    {"Finish", V1_1, CC_POST, "/bs", NONE, NULL, CC_CHANGED},
    {"GET /bs", V1_1, CC_GET, "/bs", NONE, NULL, CC_METHOD_NOT_ALLOWED},
    {"POST /1/0/8", V1_1, CC_POST, "/1/0/8", NONE, NULL, CC_METHOD_NOT_ALLOWED},
    {"foreign path", V1_1, CC_GET, "/rd", NONE, NULL, CC_BAD_REQUEST},
    {"number too large", V1_1, CC_DELETE, "/70000", NONE, NULL, CC_BAD_REQUEST},
};

static void test_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct sim_device *device = test_device(row->version, 0);
        struct test_request request;
        struct sim_answer answer = {0};
        print_message("  %s\n", row->name);
        write_both(device);
        test_request_init(&request, row->method, row->path, row->format);
        if (row->leaves != NULL) {
            test_request_body(&request, row->path, row->format, row->leaves);
        }
        sim_answer(device, &request.message, &answer);
        assert_int_equal(answer.code, row->code);
        assert_int_equal(answer.is_finish, strcmp(row->name, "Finish") == 0);
        sim_answer_clear(&answer);
        sim_device_free(device);
    }
}

/* ---- payloads ---- */

static void assert_discover(uint16_t version, const char *path, const char *expected)
{
    struct sim_device *device = test_device(version, 0);
    struct test_request request;
    struct sim_answer answer = {0};
    write_both(device);
    test_request_init(&request, CC_GET, path, LINK);
    sim_answer(device, &request.message, &answer);
    assert_int_equal(answer.code, CC_CONTENT);
    assert_int_equal(answer.format, LINK);
    assert_int_equal(answer.payload_len, strlen(expected));
    assert_memory_equal(answer.payload, expected, answer.payload_len);
    sim_answer_clear(&answer);
    sim_device_free(device);
}

/* lwm2m-encodings.md section 9, the row of Anjay: object links too, the bootstrap account has a uri
 * and no ssid. */
static void test_discover(void **state)
{
    (void)state;
    assert_discover(
        V1_1, "/",
        "</>;lwm2m=1.1,</0>,</0/0>;uri=\"coaps://bs.example\","
        "</0/1>;ssid=101;uri=\"coaps://a.example\",</1>,</1/0>;ssid=101,</2>,</3>,</3/0>,</21>");
    assert_discover(
        V1_0, "/",
        "lwm2m=\"1.0\",</0>,</0/0>,</0/1>;ssid=101,</1>,</1/0>;ssid=101,</2>,</3>,</3/0>");
    assert_discover(V1_1, "/2", "</>;lwm2m=1.1,</2>");
}

static void test_discover_oscore(void **state)
{
    (void)state;
    struct sim_device *device = test_device(V1_1, 0);
    struct test_request request;
    struct sim_answer answer = {0};
    static const char expected[] = "</>;lwm2m=1.1,</21>,</21/4>;ssid=101,</21/5>";
    assert_int_equal(test_device_write(device, "/0/1", TEST_SECURITY "; /0/1/17 l 21:4"),
                     CC_CHANGED);
    assert_int_equal(test_device_write(device, "/21", "/21/4/1 o 01; /21/5/1 o 02"), CC_CHANGED);
    test_request_init(&request, CC_GET, "/21", LINK);
    sim_answer(device, &request.message, &answer);
    assert_int_equal(answer.payload_len, sizeof expected - 1);
    assert_memory_equal(answer.payload, expected, sizeof expected - 1);
    sim_answer_clear(&answer);
    sim_device_free(device);
}

static void test_read(void **state)
{
    (void)state;
    static const uint16_t formats[] = {TLV, CBOR};
    for (size_t i = 0; i < 2; i++) {
        struct sim_device *device = test_device(V1_1, 0);
        struct test_request request;
        struct sim_answer answer = {0};
        struct lwm2m_content content = {0};
        write_both(device);
        test_request_init(&request, CC_GET, "/1", formats[i]);
        sim_answer(device, &request.message, &answer);
        assert_int_equal(answer.format, formats[i]);
        assert_int_equal(lwm2m_decode(formats[i], lwm2m_path_of(1, 1, 0, 0, 0),
                                      lwm2m_registry_builtin(), answer.payload, answer.payload_len,
                                      &content),
                         LWM2M_OK);
        assert_string_equal(test_leaves_text(&content), TEST_SERVER);
        lwm2m_content_clear(&content);
        sim_answer_clear(&answer);
        sim_device_free(device);
    }
}

/* A written instance stands as it was sent; octets that are no TLV change nothing. */
static void test_write(void **state)
{
    (void)state;
    struct sim_device *device = test_device(V1_1, 0);
    struct test_request request;
    struct sim_answer answer = {0};
    test_request_init(&request, CC_PUT, "/0/1", CBOR);
    test_request_body(&request, "/0/1", CBOR, TEST_SECURITY);
    sim_answer(device, &request.message, &answer);
    assert_int_equal(answer.code, CC_CHANGED);
    assert_int_equal(answer.format, CC_FORMAT_NONE);
    assert_string_equal(test_device_text(device, "/0/1"), TEST_SECURITY);
    sim_answer_clear(&answer);
    test_request_init(&request, CC_PUT, "/1/0", TLV);
    request.message.payload = (const uint8_t *)"\xc8\x00\xff";
    request.message.payload_len = 3;
    sim_answer(device, &request.message, &answer);
    assert_int_equal(answer.code, CC_BAD_REQUEST);
    assert_string_equal(test_device_text(device, "/1"), "");
    sim_answer_clear(&answer);
    sim_device_free(device);
}

/* lwm2m-bootstrap.md 3.6: refused, corrected, repeated. */
static void test_finish(void **state)
{
    (void)state;
    struct sim_device *device = test_device(V1_1, 0);
    struct test_request request;
    struct sim_answer answer = {0};
    assert_int_equal(test_device_write(device, "/0/1", TEST_SECURITY), CC_CHANGED);
    test_request_init(&request, CC_POST, "/bs", NONE);
    sim_answer(device, &request.message, &answer);
    assert_true(answer.is_finish);
    assert_int_equal(answer.code, CC_NOT_ACCEPTABLE);
    assert_string_equal(answer.reason, "/0/1: no Server instance with short server ID 101");
    assert_int_equal(answer.payload_len, strlen(answer.reason));
    sim_answer_clear(&answer);
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
    for (int i = 0; i < 2; i++) {
        sim_answer(device, &request.message, &answer);
        assert_int_equal(answer.code, CC_CHANGED);
        assert_int_equal(answer.payload_len, 0);
        sim_answer_clear(&answer);
    }
    sim_device_free(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),           cmocka_unit_test(test_discover),
        cmocka_unit_test(test_discover_oscore), cmocka_unit_test(test_read),
        cmocka_unit_test(test_write),           cmocka_unit_test(test_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
