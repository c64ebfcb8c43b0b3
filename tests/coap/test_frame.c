/* Framing over a reliable transport (RFC 8323 3.2): lengths, pieces, limits, memory. */
#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/frame.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

/* ---- headers ---- */

static const struct {
    size_t len;
    const char *header; /* of 2.05 with a token of two */
} lengths[] = {
    {0, "0245"},
    {1, "1245"},
    {12, "c245"},
    {13, "d20045"},
    {14, "d20145"},
    {268, "d2ff45"},
    {269, "e2000045"},
    {270, "e2000145"},
    {16384, "e23ef345"},
    {65804, "e2ffff45"},
    {65805, "f20000000045"},
    {65806, "f20000000145"},
};

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t expected[CC_FRAME_HEADER_MAX];
        uint8_t header[CC_FRAME_HEADER_MAX];
        size_t expected_len = coap_script_hex(lengths[i].header, expected, sizeof expected);
        assert_int_equal(cc_frame_header(header, CC_CONTENT, 2, lengths[i].len), expected_len);
        assert_memory_equal(header, expected, expected_len);
    }
}

/* ---- reading ---- */

/* RFC 8323 3.2, "CoAP Message with No Options or Payload": 01 43 7f; and the lengths above. */
static const struct {
    const char *name;
    const char *wire;
    const char *datagram; /* NULL = nothing whole */
    enum cc_error error;
} frames[] = {
    {"no options, no payload", "01437f", "514300007f", CC_OK},
    {"empty message", "0000", "50000000", CC_OK},
    {"token of eight", "0845 0102030405060708", "58450000 0102030405060708", CC_OK},
    {"twelve octets", "c045 ff@0+11", "50450000 ff@0+11", CC_OK},
    {"thirteen", "d00045 ff@0+12", "50450000 ff@0+12", CC_OK},
    {"268", "d0ff45 ff@0+267", "50450000 ff@0+267", CC_OK},
    {"269", "e0000045 ff@0+268", "50450000 ff@0+268", CC_OK},
    {"a short length in the long form", "d10045 aa ff@0+12", "51450000 aa ff@0+12", CC_OK},
    {"nothing", "", NULL, CC_OK},
    {"half a header", "e100", NULL, CC_OK},
    {"no code", "01", NULL, CC_OK},
    {"half a token", "024501", NULL, CC_OK},
    {"half a payload", "d00045 ff@0+11", NULL, CC_OK},
    {"token of nine", "0945 010203040506070809", NULL, CC_EFORMAT},
    {"reserved token length", "0f45", NULL, CC_EFORMAT},
    {"just the largest", "e03eef45", NULL, CC_OK}, /* 16,380 = 16,384 - 4 of header */
    {"one too large", "e03ef045", NULL, CC_ESPACE},
    {"one too large by its token", "e13eef45", NULL, CC_ESPACE},
    {"the largest length of all", "f0ffffffff45", NULL, CC_ESPACE},
};

enum { ROOM = 1024 };

static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        uint8_t wire[ROOM];
        uint8_t datagram[ROOM];
        struct cc_octets input = {wire, coap_script_hex(frames[i].wire, wire, sizeof wire)};
        struct cc_frame_reader reader = {.data = NULL};
        struct cc_frame frame;
        print_message("%s\n", frames[i].name);
        assert_int_equal(cc_frame_read(&reader, &input, &frame), frames[i].error);
        if (frames[i].datagram) {
            size_t len = coap_script_hex(frames[i].datagram, datagram, sizeof datagram);
            assert_int_equal(frame.len, len);
            assert_memory_equal(frame.datagram, datagram, len);
            assert_int_equal(frame.code, datagram[1]);
            assert_int_equal(input.len, 0);
        } else {
            assert_null(frame.datagram);
        }
        cc_frame_reader_clear(&reader);
    }
}

/* Three messages; reads them from pieces and returns how many were whole. */
static size_t read_pieces(const uint8_t *wire, size_t len, size_t piece, const uint8_t *expected)
{
    struct cc_frame_reader reader = {.data = NULL};
    size_t count = 0;
    for (size_t at = 0; at < len; at += piece) {
        struct cc_octets input = {wire + at, len - at < piece ? len - at : piece};
        struct cc_frame frame;
        assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
        while (frame.datagram) {
            assert_memory_equal(frame.datagram, expected, frame.len);
            expected += frame.len;
            count++;
            assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
        }
        assert_int_equal(input.len, 0);
    }
    assert_null(reader.data);
    return count;
}

static void test_pieces(void **state)
{
    (void)state;
    uint8_t wire[ROOM];
    uint8_t expected[ROOM];
    size_t len = coap_script_hex("01437f 0000 e1001f45 aa ff@0+299", wire, sizeof wire);
    coap_script_hex("514300007f 50000000 51450000 aa ff@0+299", expected, sizeof expected);
    for (size_t piece = 1; piece <= len; piece++) {
        assert_int_equal(read_pieces(wire, len, piece, expected), 3);
    }
}

/* A header promises 16 kB and nothing follows: nearly nothing is held. */
static void test_promise(void **state)
{
    (void)state;
    uint8_t wire[] = {0xe0, 0x3e, 0x00, 0x45, 0xff};
    struct cc_octets input = {wire, sizeof wire};
    struct cc_frame_reader reader = {.data = NULL};
    struct cc_frame frame;
    assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    assert_null(frame.datagram);
    assert_in_range(reader.capacity, 1, 256);
    cc_frame_reader_clear(&reader);
}

/* ---- writing ---- */

static void test_head(void **state)
{
    (void)state;
    static const uint8_t payload[300];
    struct cc_message message = {.type = CC_NON,
                                 .code = CC_POST,
                                 .token = {0xaa},
                                 .token_len = 1,
                                 .options = {{CC_OPT_URI_PATH, 2, (const uint8_t *)"bs"}},
                                 .option_count = 1,
                                 .payload = payload};
    static const struct {
        size_t payload_len;
        const char *head;
    } rows[] = {{0, "3102aab26273"},     {1, "5102aab26273ff"},     {8, "c102aab26273ff"},
                {9, "d10002aab26273ff"}, {264, "d1ff02aab26273ff"}, {265, "e1000002aab26273ff"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cc_frame_head head;
        uint8_t expected[32];
        size_t len = coap_script_hex(rows[i].head, expected, sizeof expected);
        message.payload_len = rows[i].payload_len;
        assert_int_equal(cc_frame_head(&message, &head), CC_OK);
        assert_int_equal(head.len, len);
        assert_memory_equal(head.octets + head.begin, expected, len);
    }
    message.options[1] = (struct cc_option){CC_OPT_ETAG, 1, payload};
    message.option_count = 2;
    struct cc_frame_head head;
    assert_int_equal(cc_frame_head(&message, &head), CC_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_frames),
        cmocka_unit_test(test_pieces),  cmocka_unit_test(test_promise),
        cmocka_unit_test(test_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
