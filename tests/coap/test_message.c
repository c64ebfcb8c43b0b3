/* One message: RFC 7252 section 3 (format), 5.4 (options), and the traps of the codec underneath.
 */
#include "bootstrap/coap/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * SUMMARY: type, code, Message ID, token, then number=value of each option, then the payload. A row
 * that is not lossy must be built again to the same octets.
 */
static const struct {
    const char *name;
    const char *hex;
    enum cc_error error;
    bool is_lossy;
    const char *summary;
} vectors[] = {
    {"plain", "40020001b26273", CC_OK, false, "CON POST 0001 - 11=6273"},
    {"RFC 7252 figure 16: GET /temperature, piggybacked", "40017d34bb74656d7065726174757265", CC_OK,
     false, "CON GET 7d34 - 11=74656d7065726174757265"},
    {"RFC 7252 figure 16: its response", "60457d34ff32322e332043", CC_OK, false,
     "ACK 2.05 7d34 - |32322e332043"},
    {"RFC 7252 figure 17: one octet of token", "41017d3520bb74656d7065726174757265", CC_OK, false,
     "CON GET 7d35 20 11=74656d7065726174757265"},
    {"empty", "40001234", CC_OK, false, "CON empty 1234 -"},
    {"Reset", "7000ffff", CC_OK, false, "RST empty ffff -"},
    {"Non-confirmable", "50010000", CC_OK, false, "NON GET 0000 -"},
    {"method 0.05", "40050000", CC_OK, false, "CON 0.05 0000 -"},
    {"token of eight octets", "480200010102030405060708", CC_OK, false,
     "CON POST 0001 0102030405060708"},
    {"empty Uri-Path", "40020001b0", CC_OK, false, "CON POST 0001 - 11="},
    {"Uri-Query by an extended delta", "40020001d2026869", CC_OK, false, "CON POST 0001 - 15=6869"},
    {"extended length", "40020001bd02303132333435363738396162636465", CC_OK, false,
     "CON POST 0001 - 11=303132333435363738396162636465"},
    {"Size1 by an extended delta", "40020001d12f03", CC_OK, false, "CON POST 0001 - 60=03"},
    {"Request-Tag by a delta of two octets", "40020001e2001701ff", CC_OK, false,
     "CON POST 0001 - 292=01ff"},
    {"all that we send",
     "440200010a0b0c0d b26273 112a 3465703d61 2128 6108 410a 111d d1130c d2db0001 ff00", CC_OK,
     false,
     "CON POST 0001 0a0b0c0d 11=6273 12=2a 15=65703d61 17=28 23=08 27=0a 28=1d 60=0c 292=0001 |00"},
    {"payload of one octet", "40020001ff00", CC_OK, false, "CON POST 0001 - |00"},
    /* ---- options that are not understood ---- */
    {"5.4.3 Content-Format of five octets: elective, dropped", "40020001b2627315 0102030405", CC_OK,
     true, "CON POST 0001 - 11=6273"},
    {"5.4.3 Max-Age of five octets: elective, dropped", "40020001b2627335 0102030405", CC_OK, true,
     "CON POST 0001 - 11=6273"},
    {"5.4.3 what stands behind the dropped one stays", "40020001b2627315 0102030405 313f 2128 ffaa",
     CC_OK, true, "CON POST 0001 - 11=6273 15=3f 17=28 |aa"},
    {"5.4.3 ETag of no octets", "4045000140", CC_OK, true, "CON 2.05 0001 -"},
    {"5.4.3 ETag of nine octets", "4045000149 010203040506070809 810b", CC_OK, true,
     "CON 2.05 0001 - 12=0b"},
    {"5.4.1 unknown elective option 244", "40020001b26273d0dc", CC_OK, true,
     "CON POST 0001 - 11=6273"},
    {"5.4.1 unknown elective option 65000", "40020001e1fcdb00", CC_OK, true, "CON POST 0001 -"},
    {"5.4.1 unknown critical option 245", "40020001b26273d0dd", CC_EOPTION, true,
     "CON POST 0001 - 11=6273"},
    {"5.4.1 the rest is filled in", "41020001aab26273d0dd ffbb", CC_EOPTION, true,
     "CON POST 0001 aa 11=6273 |bb"},
    {"5.4.1 If-Match", "400300011101 a161", CC_EOPTION, true, "CON PUT 0001 - 11=61"},
    {"5.4.1 If-None-Match", "4003000150 6161", CC_EOPTION, true, "CON PUT 0001 - 11=61"},
    {"OSCORE is not understood", "4002000190", CC_EOPTION, true, "CON POST 0001 -"},
    {"Proxy-Uri is not understood", "40020001d1 16 61", CC_EOPTION, true, "CON POST 0001 -"},
    {"Observe is elective", "4001000160", CC_OK, true, "CON GET 0001 -"},
    {"5.4.3 Block1 of four octets: critical", "40020001d40e01020304", CC_EOPTION, true,
     "CON POST 0001 -"},
    {"5.4.3 Uri-Host of no octets: critical", "4002000130", CC_EOPTION, true, "CON POST 0001 -"},
    {"5.4.3 Accept of three octets: critical", "40020001d304010203", CC_EOPTION, true,
     "CON POST 0001 -"},
    {"5.4.5 Content-Format twice: the second is dropped", "40020001c12a012b", CC_OK, true,
     "CON POST 0001 - 12=2a"},
    {"5.4.5 Accept twice: critical", "40020001d1042a012b", CC_EOPTION, true,
     "CON POST 0001 - 17=2a"},
    {"an empty Uri-Query says nothing", "40020001b2627340 0165 ff01", CC_OK, true,
     "CON POST 0001 - 11=6273 15=65 |01"},
    /* ---- not CoAP ---- */
    {"marker without payload", "40020001b26273ff", CC_EFORMAT, false, ""},
    {"token of nine octets", "49020001010203040506070809", CC_EFORMAT, false, ""},
    {"token length 15", "4f020001", CC_EFORMAT, false, ""},
    {"token cut", "440200010102", CC_EFORMAT, false, ""},
    {"empty code with an option", "40000001b26273", CC_EFORMAT, false, ""},
    {"empty code with a token", "4100000101", CC_EFORMAT, false, ""},
    {"empty code with a payload", "40000001ff01", CC_EFORMAT, false, ""},
    {"version 0", "00020001", CC_EFORMAT, false, ""},
    {"version 2", "80020001", CC_EFORMAT, false, ""},
    {"class 1", "40200001", CC_EFORMAT, false, ""},
    {"class 6", "40c00001", CC_EFORMAT, false, ""},
    {"class 7", "40e10001", CC_EFORMAT, false, ""},
    {"nothing", "", CC_EFORMAT, false, ""},
    {"three octets", "400200", CC_EFORMAT, false, ""},
    {"value cut", "40020001b262", CC_EFORMAT, false, ""},
    {"extended delta cut", "40020001d0", CC_EFORMAT, false, ""},
    {"extended delta of two octets cut", "40020001e001", CC_EFORMAT, false, ""},
    {"extended length cut", "400200010d", CC_EFORMAT, false, ""},
    {"extended length of two octets cut", "400200010e00", CC_EFORMAT, false, ""},
    {"delta nibble 15", "40020001f0", CC_EFORMAT, false, ""},
    {"length nibble 15", "400200010f", CC_EFORMAT, false, ""},
    {"option number over 65535", "40020001e0ffffe0ffff", CC_EFORMAT, false, ""},
};

static size_t put_hex(char *out, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sprintf(out + 2 * i, "%02x", octets[i]);
    }
    out[2 * len] = '\0';
    return 2 * len;
}

static void summarise(const struct cc_message *message, char *out)
{
    char code[8];
    out += sprintf(out, "%s %s %04x ", cc_type_text(message->type),
                   cc_code_text(message->code, code), message->mid);
    out += message->token_len > 0 ? put_hex(out, message->token, message->token_len)
                                  : (size_t)sprintf(out, "-");
    for (size_t i = 0; i < message->option_count; i++) {
        out += sprintf(out, " %u=", message->options[i].number);
        out += put_hex(out, message->options[i].value, message->options[i].len);
    }
    if (message->payload_len > 0) {
        out += sprintf(out, " |");
        put_hex(out, message->payload, message->payload_len);
    }
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t octets[256];
        uint8_t again[256];
        char summary[1024] = "";
        struct cc_message message;
        size_t len = coap_script_hex(vectors[i].hex, octets, sizeof octets);
        enum cc_error error = cc_message_parse(octets, len, &message);
        if (error == CC_OK || error == CC_EOPTION) {
            summarise(&message, summary);
        }
        if (error != vectors[i].error || strcmp(summary, vectors[i].summary) != 0) {
            fail_msg("%s: %s, \"%s\"", vectors[i].name, cc_error_text(error), summary);
        }
        if (error == CC_OK && !vectors[i].is_lossy) {
            size_t again_len = 0;
            assert_int_equal(cc_message_build(&message, again, sizeof again, &again_len), CC_OK);
            assert_int_equal(again_len, len);
            assert_memory_equal(again, octets, len);
        }
    }
}

/* The header of what is not understood is still there for a Reset (RFC 7252 4.2). */
static void test_rejectable(void **state)
{
    (void)state;
    static const uint8_t bad[] = {0x50, 0x02, 0x12, 0x34, 0xff};
    struct cc_message message;
    assert_int_equal(cc_message_parse(bad, sizeof bad, &message), CC_EFORMAT);
    assert_int_equal(message.type, CC_NON);
    assert_int_equal(message.mid, 0x1234);
    assert_int_equal(message.option_count, 0);
    assert_int_equal(message.payload_len, 0);
}

/* More options than a message holds: critical ones are refused, elective ones dropped. */
static void test_many_options(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        uint8_t octet; /* of the options after the first, all of its number */
        uint8_t first;
        enum cc_error error;
        size_t kept;
    } rows[] = {
        {CC_OPTIONS_MAX, 0x00, 0xb0, CC_OK, CC_OPTIONS_MAX},
        {CC_OPTIONS_MAX + 1, 0x00, 0xb0, CC_EOPTION, CC_OPTIONS_MAX},
        {CC_OPTIONS_MAX + 9, 0x00, 0x60, CC_OK, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[64] = {0x40, 0x02, 0x00, 0x01};
        struct cc_message message;
        memset(octets + 4, rows[i].octet, sizeof octets - 4);
        octets[4] = rows[i].first;
        assert_int_equal(cc_message_parse(octets, 4 + rows[i].count, &message), rows[i].error);
        assert_int_equal(message.option_count, rows[i].kept);
    }
}

static void test_large(void **state)
{
    (void)state;
    static uint8_t octets[CC_DATAGRAM_MAX + 1] = {0x40, 0x02, 0x00, 0x01, 0xff};
    struct cc_message message;
    assert_int_equal(cc_message_parse(octets, CC_DATAGRAM_MAX, &message), CC_OK);
    assert_int_equal(message.payload_len, CC_DATAGRAM_MAX - 5);
    assert_int_equal(cc_message_parse(octets, CC_DATAGRAM_MAX + 1, &message), CC_EFORMAT);
    /* A dropped option must not lose the payload, however long. */
    octets[4] = 0x60;
    octets[5] = 0xff;
    assert_int_equal(cc_message_parse(octets, CC_DATAGRAM_MAX, &message), CC_OK);
    assert_int_equal(message.payload_len, CC_DATAGRAM_MAX - 6);
    assert_ptr_equal(message.payload, octets + 6);
}

static void test_build_errors(void **state)
{
    (void)state;
    static const uint8_t text[300] = "text";
    struct cc_message good = {.type = CC_CON,
                              .code = CC_POST,
                              .token_len = 2,
                              .options = {{CC_OPT_URI_PATH, 2, text}, {CC_OPT_ACCEPT, 1, text}},
                              .option_count = 2,
                              .payload = text,
                              .payload_len = 10};
    uint8_t out[64];
    size_t len = 0;
    assert_int_equal(cc_message_build(&good, out, sizeof out, &len), CC_OK);
    size_t whole = len;
    for (size_t capacity = 0; capacity < whole; capacity++) {
        assert_int_equal(cc_message_build(&good, out, capacity, &len), CC_ESPACE);
    }
    struct cc_message bad = good;
    bad.option_count = CC_OPTIONS_MAX + 1;
    assert_int_equal(cc_message_build(&bad, out, sizeof out, &len), CC_EINVAL);
    bad = good;
    bad.token_len = 9;
    assert_int_equal(cc_message_build(&bad, out, sizeof out, &len), CC_EINVAL);
    bad = good;
    bad.options[1].number = 1;
    assert_int_equal(cc_message_build(&bad, out, sizeof out, &len), CC_EINVAL);
    bad = good;
    bad.code = CC_EMPTY;
    assert_int_equal(cc_message_build(&bad, out, sizeof out, &len), CC_EINVAL);
}

/* A head over what a datagram may hold. */
static void test_build_too_long(void **state)
{
    (void)state;
    static const uint8_t text[255] = "text";
    static uint8_t out[2 * CC_DATAGRAM_MAX];
    struct cc_message message = {.type = CC_CON, .code = CC_POST};
    size_t len = 0;
    for (size_t i = 0; i < 9; i++) {
        message.options[message.option_count++] = (struct cc_option){CC_OPT_URI_PATH, 255, text};
    }
    assert_int_equal(cc_message_build(&message, out, sizeof out, &len), CC_ESPACE);
    assert_int_equal(len, 0);
}

static void test_uint(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0x01, 0x02, 0x03, 0x04, 0x05};
    static const struct {
        uint16_t len;
        uint32_t value;
    } rows[] = {{0, 0}, {1, 1}, {2, 0x0102}, {3, 0x010203}, {4, 0x01020304}, {5, 77}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cc_message message = {.options = {{CC_OPT_SIZE1, rows[i].len, octets}},
                                     .option_count = 1};
        assert_int_equal(cc_message_uint(&message, CC_OPT_SIZE1, 77), rows[i].value);
        assert_int_equal(cc_message_uint(&message, CC_OPT_SIZE2, 78), 78);
    }
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        const char *is;
        const char *is_not;
        const char *text;
        size_t capacity;
    } rows[] = {
        {"", "", "a", "/", 32},
        {"b26273", "bs", "b", "/bs", 32},
        {"b26273", "bs", "bs/", "/bs", 32},
        {"b26273", "bs", "", "/bs", 32},
        {"b131013001 37", "1/0/7", "1/0", "/1/0/7", 32},
        {"b131013001 37", "1/0/7", "1/07", "/1/0/7", 32},
        {"b131013001 37", "1/0/7", "1/0/7/8", "/1/0/7", 32},
        {"b0", "", "a", "/", 32},
        {"b3612f62", "none", "a/b", "/a%2Fb", 32},
        {"b3612062", "a b", "a", "/a%20b", 32},
        {"b2ff00", "none", "", "/%FF%00", 32},
        {"b26273", "bs", "b", "/b", 3},
        {"b220 20", "  ", " ", "/%20", 5},
        {"b220 20", "  ", " ", "/%20", 7},
        {"b26273", "bs", "b", "", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[64] = {0x40, 0x01, 0x00, 0x01};
        char text[32];
        struct cc_message message;
        size_t len = 4 + coap_script_hex(rows[i].options, octets + 4, sizeof octets - 4);
        assert_int_equal(cc_message_parse(octets, len, &message), CC_OK);
        if (strcmp(rows[i].is, "none") != 0) {
            assert_true(cc_message_path_is(&message, rows[i].is));
        }
        assert_false(cc_message_path_is(&message, rows[i].is_not));
        cc_message_path_text(&message, text, rows[i].capacity);
        assert_string_equal(text, rows[i].text);
    }
    char untouched = 'x';
    struct cc_message empty = {.option_count = 0};
    cc_message_path_text(&empty, &untouched, 0);
    assert_int_equal(untouched, 'x');
}

static void test_query(void **state)
{
    (void)state;
    uint8_t octets[64] = {0x40, 0x02, 0x00, 0x01};
    struct cc_message message;
    const uint8_t *value = NULL;
    size_t value_len = 0;
    size_t count = 9;
    size_t len = 4 + coap_script_hex("d4 02 65703d61 05 6570783d31 04 65703d62 03 65703d 02 6570",
                                     octets + 4, sizeof octets - 4);
    assert_int_equal(cc_message_parse(octets, len, &message), CC_OK);
    assert_true(cc_message_query(&message, "ep", &value, &value_len, &count));
    assert_int_equal(count, 3);
    assert_int_equal(value_len, 1);
    assert_memory_equal(value, "a", 1);
    assert_true(cc_message_query(&message, "epx", &value, &value_len, NULL));
    assert_memory_equal(value, "1", 1);
    assert_false(cc_message_query(&message, "e", &value, &value_len, &count));
    assert_int_equal(count, 0);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        const char *text;
    } codes[] = {{CC_EMPTY, "empty"},      {CC_GET, "GET"},       {CC_POST, "POST"},
                 {CC_PUT, "PUT"},          {CC_DELETE, "DELETE"}, {CC_CODE(0, 5), "0.05"},
                 {CC_CONTENT, "2.05"},     {CC_CONTINUE, "2.31"}, {CC_TOO_LARGE, "4.13"},
                 {CC_UNAVAILABLE, "5.03"}, {0xff, "7.31"}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char text[8];
        assert_string_equal(cc_code_text(codes[i].code, text), codes[i].text);
    }
    for (int i = CC_OK; i <= CC_EIO; i++) {
        assert_string_not_equal(cc_error_text((enum cc_error)i), "unknown error");
    }
    assert_string_equal(cc_error_text((enum cc_error)99), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),      cmocka_unit_test(test_rejectable),
        cmocka_unit_test(test_many_options), cmocka_unit_test(test_large),
        cmocka_unit_test(test_build_errors), cmocka_unit_test(test_build_too_long),
        cmocka_unit_test(test_uint),         cmocka_unit_test(test_paths),
        cmocka_unit_test(test_query),        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
