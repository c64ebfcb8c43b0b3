/* Signalling messages: RFC 8323 section 5, rule by rule. */
#include <stdio.h>
#include <string.h>

#include "bootstrap/coap/signal.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

enum { ROOM = 256 };

/* An Abort with its diagnostic payload, as text after the octets. */
static const char unknown_option[] = "unknown critical option";
static const char csm_expected[] = "CSM expected";
static const char malformed[] = "malformed message";

static const struct {
    const char *name;
    const char *wire; /* all but the last are given before */
    enum cc_signal_event event;
    const char *answer; /* "" = none */
    const char *text;   /* of the Abort */
} cases[] = {
    {"5.3 an empty CSM", "00e1", CC_SIGNAL_READY, "", NULL},
    {"5.3 a CSM with a payload", "30e1 ff6869", CC_SIGNAL_READY, "", NULL},
    {"5.3 a second CSM", "00e1 00e1", CC_SIGNAL_LIMITS, "", NULL},
    {"5.3 first a request", "0001", CC_SIGNAL_BROKEN, "d000e5", csm_expected},
    {"5.3 first a Ping", "00e2", CC_SIGNAL_BROKEN, "d000e5", csm_expected},
    {"5.3 first an Abort", "00e5", CC_SIGNAL_ABORTED, "", NULL},
    {"3.4 first an empty message", "0000", CC_SIGNAL_NOTHING, "", NULL},
    {"a request after it", "00e1 0001", CC_SIGNAL_MESSAGE, "", NULL},
    {"5.2 unknown elective option", "10e1 60", CC_SIGNAL_READY, "", NULL},
    {"5.2 unknown critical option", "10e1 50", CC_SIGNAL_BROKEN, "d00de5 2105", unknown_option},
    {"5.2 the first of two is named", "30e1 50 21aa", CC_SIGNAL_BROKEN, "d00de5 2105",
     unknown_option},
    {"5.2 one with a long number", "30e1 e0 0001", CC_SIGNAL_READY, "", NULL},
    {"5.2 one with a long, critical number", "30e1 e0 0002", CC_SIGNAL_BROKEN, "d00ee5 22010f",
     unknown_option},
    {"5.2 in a Ping", "00e1 10e2 10", CC_SIGNAL_BROKEN, "d00be5", unknown_option},
    {"5.3.1 a size of five octets is ignored", "60e1 250102030405", CC_SIGNAL_READY, "", NULL},
    {"malformed options", "10e1 b2", CC_SIGNAL_BROKEN, "d005e5", malformed},
    {"a marker without payload", "10e1 ff", CC_SIGNAL_BROKEN, "d005e5", malformed},
    {"5.4 Ping without token", "00e1 00e2", CC_SIGNAL_ANSWER, "00e3", NULL},
    {"5.4 Ping", "00e1 04e2 01020304", CC_SIGNAL_ANSWER, "04e3 01020304", NULL},
    {"5.4.1 Ping that asks for custody", "00e1 12e2 aabb 20", CC_SIGNAL_ANSWER, "12e3 aabb 20",
     NULL},
    {"5.4 Pong", "00e1 00e3", CC_SIGNAL_NOTHING, "", NULL},
    {"5.5 Release", "00e1 00e4", CC_SIGNAL_RELEASED, "", NULL},
    {"5.5 Release with an alternative address", "00e1 80e4 2768692e74656c6c", CC_SIGNAL_RELEASED,
     "", NULL},
    {"5.6 Abort", "00e1 00e5", CC_SIGNAL_ABORTED, "", NULL},
    {"an unknown signal", "00e1 00e6", CC_SIGNAL_NOTHING, "", NULL},
    {"an unknown signal with a critical option", "00e1 10e6 10", CC_SIGNAL_BROKEN, "d00be5",
     unknown_option},
};

static enum cc_signal_event take_all(const char *wire, struct cc_signals *signals,
                                     struct cc_signal *answer)
{
    uint8_t octets[ROOM];
    struct cc_octets input = {octets, coap_script_hex(wire, octets, sizeof octets)};
    struct cc_frame_reader reader = {.data = NULL};
    enum cc_signal_event event = CC_SIGNAL_NOTHING;
    struct cc_frame frame;
    assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    while (frame.datagram) {
        answer->len = 0;
        event = cc_signal_take(signals, &frame, answer);
        assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    }
    assert_int_equal(reader.header_len, 0);
    return event;
}

/* The length in the header of an answer counts its text. */
static size_t expected_answer(const char *hex, const char *text, uint8_t out[ROOM])
{
    size_t len = coap_script_hex(hex, out, ROOM);
    if (text) {
        out[len++] = 0xff;
        memcpy(out + len, text, strlen(text));
        len += strlen(text);
        out[1] = (uint8_t)(len - 3 - 13);
    }
    return len;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cc_signals signals;
        struct cc_signal answer = {.len = 0};
        uint8_t expected[ROOM];
        cc_signals_init(&signals);
        print_message("%s\n", cases[i].name);
        assert_int_equal(take_all(cases[i].wire, &signals, &answer), cases[i].event);
        size_t len = expected_answer(cases[i].answer, cases[i].text, expected);
        assert_int_equal(answer.len, len);
        assert_memory_equal(answer.octets, expected, len);
    }
}

/* RFC 8323 5.3: what a CSM does not name stays; before the first, the base value. */
static void test_limits(void **state)
{
    (void)state;
    struct cc_signals signals;
    struct cc_signal answer;
    cc_signals_init(&signals);
    assert_int_equal(signals.message_max, 1152);
    assert_false(signals.has_blocks);
    take_all("30e1220800", &signals, &answer);
    assert_int_equal(signals.message_max, 2048);
    assert_false(signals.has_blocks);
    take_all("10e140", &signals, &answer);
    assert_int_equal(signals.message_max, 2048);
    assert_true(signals.has_blocks);
    take_all("50e124ffffffff", &signals, &answer);
    assert_int_equal(signals.message_max, UINT32_MAX);
    assert_true(signals.has_blocks);
}

/* Our own, octet by octet, and as a peer like us reads it. */
static void test_own(void **state)
{
    (void)state;
    struct cc_signal csm;
    struct cc_signal release;
    struct cc_signal abort;
    uint8_t expected[ROOM];
    cc_signal_csm(&csm);
    size_t len = coap_script_hex("40e1 224000 20", expected, sizeof expected);
    assert_int_equal(csm.len, len);
    assert_memory_equal(csm.octets, expected, len);
    cc_signal_release(&release);
    assert_int_equal(release.len, 2);
    assert_memory_equal(release.octets, "\x00\xe4", 2);
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cc_signal_abort(&abort, text);
    assert_in_range(abort.len, 40, CC_SIGNAL_MAX);
    struct cc_signals signals;
    struct cc_frame_reader reader = {.data = NULL};
    struct cc_octets input = {csm.octets, csm.len};
    struct cc_frame frame;
    cc_signals_init(&signals);
    assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    assert_int_equal(cc_signal_take(&signals, &frame, &abort), CC_SIGNAL_READY);
    assert_int_equal(signals.message_max, CC_FRAME_MAX);
    assert_true(signals.has_blocks);
    cc_frame_reader_clear(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
