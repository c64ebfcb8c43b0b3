/* The message layer, rule by rule: RFC 7252 section 4 and 5. The steps are explained in
 * tests/support/coap_script.h. */
#include "bootstrap/coap/exchange.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

#include <string.h>

static const struct {
    const char *name;
    const char *script;
} cases[] = {
    /* ---- our requests ---- */
    {"5.2.1 piggybacked response",
     "req GET /a; out 4401000000000000b161; in 6445000000000000ff@0+2; end response 2.05 2"},
    {"4.2 retransmission: 2, 4, 8, 16 s, then 32 s of waiting",
     "req GET /a; out 4401000000000000b161; wait 1999; none; wait 1; out 4401000000000000b161;"
     "wait 3999; none; wait 1; out 4401000000000000b161; wait 8000; out 4401000000000000b161;"
     "wait 16000; out 4401000000000000b161; wait 31999; none; wait 1; end timeout; mem 400"},
    {"4.2 a response to a retransmission counts",
     "req GET /a; out 4401000000000000b161; wait 2000; out 4401000000000000b161;"
     "in 6445000000000000; end response 2.05 0; wait 100000; none"},
    {"5.2.2 separate response; its duplicates are acknowledged again",
     "req GET /a; out 4401000000000000b161; in 60000000; wait 30000; none;"
     "in 4445123400000000ff@0+1; out 60001234; end response 2.05 1;"
     "in 4445123400000000ff@0+1; out 60001234; wait 100000; in 4445123400000000ff@0+1; out "
     "60001234"},
    {"5.2.2 the wait for a separate response is bounded by MAX_TRANSMIT_WAIT",
     "req GET /a; out 4401000000000000b161; in 60000000; in 60000000; wait 92999; none; wait 1; "
     "end timeout"},
    {"5.2.2 the ACK was lost: the separate response stands for it",
     "req GET /a; out 4401000000000000b161; in 4445123400000000; out 60001234; end response 2.05 0;"
     "in 60000000; wait 100000; none"},
    {"5.2.3 a Non-confirmable response is taken",
     "req GET /a; out 4401000000000000b161; in 60000000; in 5445123400000000; end response 2.05 0"},
    {"4.2 Reset ends the request", "req GET /a; out 4401000000000000b161; in 70000000; end reset"},
    {"4.2 a Reset that is not empty is ignored",
     "req GET /a; out 4401000000000000b161; in 7045000000; wait 2000; out 4401000000000000b161"},
    {"4.2 a Reset of another message is ignored",
     "req GET /a; out 4401000000000000b161; in 70000001; wait 2000; out 4401000000000000b161"},
    {"5.3.2 token of another request: ignored in an ACK, reset when Confirmable",
     "req GET /a; out 4401000000000000b161; in 6445000000000009; in 4445123400000009; out 70001234;"
     "in 6445000000000000; end response 2.05 0"},
    {"5.3.2 token of another length",
     "req GET /a; out 4401000000000000b161; in 62450000ffff; none"},
    {"4.4 ACK of another Message ID",
     "req GET /a; out 4401000000000000b161; in 6445000100000000; none"},
    {"4.2 an ACK with a request code is ignored",
     "req GET /a; out 4401000000000000b161; in 6401000000000000b161; none"},
    {"4.7 one outstanding request",
     "req GET /a; out 4401000000000000b161; req GET /b !a request is outstanding already;"
     "in 6445000000000000; end response 2.05 0; req GET /b; out 4401000100000001b162"},
    {"5.4.1 unknown critical option in a piggybacked response",
     "req GET /a; out 4401000000000000b161; in 6445000000000000d1fc00; end bad response"},
    {"5.4.1 unknown critical option in a Confirmable response: Reset",
     "req GET /a; out 4401000000000000b161; in 4445123400000000d1fc00; out 70001234; end bad "
     "response"},
    {"5.4.1 unknown elective option in a response is ignored",
     "req GET /a; out 4401000000000000b161; in 6445000000000000d1fb00; end response 2.05 0"},
    {"4.8 MAX_RETRANSMIT and ACK_TIMEOUT are parameters",
     "set retransmit 1; set timeout 100; req GET /a; out 4401000000000000b161; wait 100;"
     "out 4401000000000000b161; wait 199; none; wait 1; end timeout"},
    {"3 path, query and payload",
     "req POST /bs 3 ep=x; out 4402000000000000b262734465703d78ff@0+3; in 6444000000000000; end "
     "response 2.04 0"},
    {"request arguments",
     "req GET a !argument out of bounds; req 2.05 /a !argument out of bounds;"
     "req empty /a !argument out of bounds; req GET / 0; out 4401000000000000"},
    /* ---- requests of the peer ---- */
    {"4.5 a duplicate gets the same octets, the handler runs once",
     "auto 2.04; in 41021234aab26273; out 61441234aa; got POST /bs 0; in 41021234aab26273; out "
     "61441234aa;"
     "wait 246000; in 41021234aab26273; out 61441234aa"},
    {"a forgetful peer handles a duplicate anew",
     "set forgetful 1; auto 2.04; in 41021234aab26273; out 61441234aa; got POST /bs 0;"
     "in 41021234aab26273; out 61441234aa; got POST /bs 0"},
    {"4.5 after EXCHANGE_LIFETIME the Message ID is new, and memory is given back",
     "auto 2.04; in 41021234aab26273; out 61441234aa; got POST /bs 0; wait 247000; mem 400;"
     "in 41021234aab26273; out 61441234aa; got POST /bs 0"},
    {"5.2.2 separate response: empty ACK, CON until acknowledged",
     "in 41021234aab26273; got POST /bs 0; wait 100; out 60001234; in 41021234aab26273; out "
     "60001234; wait "
     "5000;"
     "respond 2.04; out 41440000aa; wait 2000; out 41440000aa; in 41021234aab26273; out 60001234;"
     "wait 4000; out 41440000aa; in 60000000; wait 100000; none; in 41021234aab26273; out "
     "60001234"},
    {"5.2.1 an answer that does not take long goes with the ACK; a duplicate before it is met with "
     "silence",
     "in 41021234aab26273; got POST /bs 0; in 41021234aab26273; none; wait 99; none; respond 2.04;"
     "out 61441234aa; wait 100; none; in 41021234aab26273; out 61441234aa"},
    {"4.2 a separate response that nobody acknowledges is given up",
     "in 41021234aab26273; got POST /bs 0; wait 100; out 60001234; respond 2.04; out 41440000aa; "
     "wait 2000;"
     "out 41440000aa; wait 4000; out 41440000aa; wait 8000; out 41440000aa; wait 16000; out "
     "41440000aa;"
     "wait 200000; none"},
    {"4.2 Reset stops a separate response", "in 41021234aab26273; got POST /bs 0; wait 100; out "
                                            "60001234; respond 2.04; out 41440000aa; in "
                                            "70000000; wait 100000; none"},
    {"a ticket is good for one answer",
     "auto 2.04; in 41021234aab26273; out 61441234aa; got POST /bs 0; respond 2.04 !"},
    {"a ticket ends with EXCHANGE_LIFETIME",
     "in 41021234aab26273; got POST /bs 0; wait 100; out 60001234; wait 247000; respond 2.04 !"},
    {"a request code is no answer",
     "in 41021234aab26273; got POST /bs 0; wait 100; out 60001234; respond 0.02 !"},
    {"5.2.3 Non-confirmable request: Non-confirmable response, duplicates ignored",
     "auto 2.05 2; in 51011234aab161; out 51450000aaff@0+2; got GET /a 0; in 51011234aab161; none"},
    {"4.3 Non-confirmable request answered later",
     "in 51011234aab161; got GET /a 0; none; respond 2.05; out 51450000aa; wait 100000; none"},
    {"5.4.1 unknown critical option: 4.02, again for a duplicate",
     "in 41021234aad1fc00; out 61821234aa; in 41021234aad1fc00; out 61821234aa"},
    {"5.4.1 If-Match and If-None-Match are not understood: 4.02",
     "in 4003123411aa; out 60821234; in 4003123550; out 60821235"},
    {"5.4.1 unknown critical option in a Non-confirmable request: silence",
     "in 51021234aad1fc00; none"},
    {"5.4.3 elective option of bad length is ignored",
     "auto 2.04; in 40020001b2627315aaaaaaaaaa; out 60440001; got POST /bs 0"},
    {"4.3 ping", "in 40001234; out 70001234; in 40001234; out 70001234"},
    {"4.3 empty Non-confirmable message: silence", "in 50001234; none"},
    {"4.2 malformed Confirmable: Reset; Non-confirmable, ACK, Reset: silence",
     "in 40021234b2; out 70001234; in 50021234b2; in 60021234b2; in 70021234b2; none"},
    {"4.2 reserved class: Reset", "in 40211234; out 70001234; in 40c11234; out 70001234"},
    {"3 unknown version: silence", "in 80021234; in 00021234; in c0021234; none"},
    {"3 runt: silence", "in 400212; in 40; in ; none"},
    {"4.2 response that nobody awaits: Reset if Confirmable",
     "in 4145123499; out 70001234; in 5145123499; none"},
    {"4.2 ACK and Reset that nobody awaits: silence",
     "in 60001234; in 70001234; in 6045123499; none"},
    {"both roles at once: a request arrives while ours is outstanding",
     "auto 2.04; req GET /a; out 4401000000000000b161; in 40020000b26273; out 60440000; got POST "
     "/bs 0;"
     "in 6445000000000000; end response 2.05 0"},
    {"4.5 the ninth request makes the first forgotten, however fast they come",
     "auto 2.04; in 40010001; out 60440001; got GET / 0; in 40010002; out 60440002; got GET / 0;"
     "in 40010003; out 60440003; got GET / 0; in 40010004; out 60440004; got GET / 0;"
     "in 40010005; out 60440005; got GET / 0; in 40010006; out 60440006; got GET / 0;"
     "in 40010007; out 60440007; got GET / 0; in 40010008; out 60440008; got GET / 0;"
     "in 40010009; out 60440009; got GET / 0; in 4001000a; out 6044000a; got GET / 0;"
     "in 40010003; out 60440003; in 40010009; out 60440009; in 40010001; out 60440001; got GET / 0;"
     "in 40010009; out 60440009; in 40010003; out 60440003; got GET / 0"},
    {"eight requests at work: the ninth waits for the peer's retransmission",
     "in 40010001; got GET / 0; wait 100; out 60000001; in 40010002; got GET / 0; wait 100; out "
     "60000002;"
     "in 40010003; got GET / 0; wait 100; out 60000003; in 40010004; got GET / 0; wait 100; out "
     "60000004;"
     "in 40010005; got GET / 0; wait 100; out 60000005; in 40010006; got GET / 0; wait 100; out "
     "60000006;"
     "in 40010007; got GET / 0; wait 100; out 60000007; in 40010008; got GET / 0; wait 100; out "
     "60000008;"
     "in 40010009; none; respond 2.04; out 40440000; in 60000000; in 40010009; got "
     "GET / 0; wait 100; out 60000009"},
    {"replies kept are bounded: an old one is met with silence, never handled again",
     "set block 1024; auto 2.05 1000; in 40010001; out 60450001ff@0+1000; got GET / 0;"
     "in 40010002; out 60450002ff@0+1000; got GET / 0; in 40010003; out 60450003ff@0+1000;"
     "got GET / 0; in 40010004; out 60450004ff@0+1000; got GET / 0; mem 5500;"
     "in 40010005; out 60450005ff@0+1000; got GET / 0; mem 5500; in 40010001; none; in 40010002; "
     "out 60450002ff@0+1000"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        coap_script_run(cases[i].name, cases[i].script);
    }
}

/* ---- what a script cannot say ---- */

struct closing {
    struct cc_exchange *exchange;
    int ended;
};

static void no_send(void *context, const uint8_t *datagram, size_t len)
{
    (void)context;
    assert_true(datagram != NULL && len >= 4);
}

static void ones(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0xff, len);
}

static void no_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    (void)context;
    assert_true(request != NULL && ticket != NULL);
}

static const struct cc_request get_root = {
    .method = CC_GET, .path = "/", .content_format = CC_FORMAT_NONE, .accept = CC_FORMAT_NONE};

static void closed_then_asks_again(void *context, uint32_t id, enum cc_result result,
                                   const struct cc_message *response)
{
    struct closing *closing = context;
    uint32_t again = 0;
    assert_int_equal(id, 1);
    assert_int_equal(result, CC_RESULT_CLOSED);
    assert_null(response);
    assert_int_equal(cc_exchange_request(closing->exchange, 0, &get_root, &again), CC_ECLOSED);
    closing->ended++;
}

static const struct cc_exchange_ops closing_ops = {
    .send = no_send, .request = no_request, .response = closed_then_asks_again, .random = ones};

static void test_free_ends_the_request(void **state)
{
    (void)state;
    for (int notify = 0; notify <= 1; notify++) {
        struct closing closing = {.ended = 0};
        struct cc_parameters parameters;
        uint32_t id = 0;
        cc_parameters_default(&parameters);
        assert_int_equal(cc_exchange_new(&closing_ops, &closing, &parameters, &closing.exchange),
                         CC_OK);
        assert_int_equal(cc_exchange_request(closing.exchange, 0, &get_root, &id), CC_OK);
        cc_exchange_free(closing.exchange, notify == 1);
        assert_int_equal(closing.ended, notify);
    }
    cc_exchange_free(NULL, true);
}

/* A cancelled request is neither sent again nor answered to the user, and another may follow. */
static void test_cancel(void **state)
{
    (void)state;
    struct closing closing = {.ended = 0};
    struct cc_parameters parameters;
    uint32_t first = 0;
    uint32_t second = 0;
    static const uint8_t late_answer[] = {0x64, 0x45, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    cc_parameters_default(&parameters);
    assert_int_equal(cc_exchange_new(&closing_ops, &closing, &parameters, &closing.exchange),
                     CC_OK);
    cc_exchange_cancel(closing.exchange);
    size_t idle = cc_exchange_memory(closing.exchange);
    assert_int_equal(cc_exchange_request(closing.exchange, 0, &get_root, &first), CC_OK);
    cc_exchange_cancel(closing.exchange);
    assert_int_equal(cc_exchange_memory(closing.exchange), idle);
    assert_int_equal(cc_exchange_deadline(closing.exchange), UINT64_MAX);
    assert_int_equal(cc_exchange_request(closing.exchange, 5, &get_root, &second), CC_OK);
    assert_int_not_equal(first, second);
    cc_exchange_input(closing.exchange, 6, late_answer, sizeof late_answer);
    assert_int_equal(closing.ended, 0);
    assert_in_range(cc_exchange_deadline(closing.exchange), 5 + 2000, 5 + 3000);
    cc_exchange_free(closing.exchange, false);
}

/* RFC 7252 4.2: the first timeout is at most ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
static void test_random_factor(void **state)
{
    (void)state;
    struct closing closing = {.ended = 0};
    struct cc_parameters parameters;
    uint32_t id = 0;
    cc_parameters_default(&parameters);
    assert_int_equal(cc_exchange_new(&closing_ops, &closing, &parameters, &closing.exchange),
                     CC_OK);
    assert_int_equal(cc_exchange_deadline(closing.exchange), UINT64_MAX);
    assert_int_equal(cc_exchange_request(closing.exchange, 7, &get_root, &id), CC_OK);
    assert_in_range(cc_exchange_deadline(closing.exchange), 7 + 2000, 7 + 3000);
    cc_exchange_timer(closing.exchange, 7 + 3000);
    assert_int_equal(cc_exchange_retransmissions(closing.exchange), 1);
    assert_in_range(cc_exchange_deadline(closing.exchange), 3007 + 4000, 3007 + 6000);
    cc_exchange_free(closing.exchange, false);
}

/* Parameters out of range are brought into it. */
static void test_parameters(void **state)
{
    (void)state;
    struct closing closing = {.ended = 0};
    struct cc_parameters parameters = {.ack_timeout_ms = 0, .block_bytes = 5};
    uint32_t id = 0;
    assert_int_equal(cc_exchange_new(&closing_ops, &closing, &parameters, &closing.exchange),
                     CC_OK);
    assert_int_equal(cc_exchange_request(closing.exchange, 0, &get_root, &id), CC_OK);
    assert_int_equal(cc_exchange_deadline(closing.exchange), 1);
    assert_in_range(cc_exchange_memory(closing.exchange), 1, 700);
    cc_exchange_free(closing.exchange, false);
}

static void test_arguments(void **state)
{
    (void)state;
    struct closing closing = {.ended = 0};
    struct cc_parameters parameters;
    uint32_t id = 0;
    static char long_path[2048];
    static char segment[300];
    memset(long_path, 'a', sizeof long_path - 1);
    for (size_t i = 0; i < sizeof long_path; i += 100) {
        long_path[i] = '/';
    }
    memset(segment, 'a', sizeof segment - 1);
    segment[0] = '/';
    cc_parameters_default(&parameters);
    assert_int_equal(cc_exchange_new(&closing_ops, &closing, &parameters, &closing.exchange),
                     CC_OK);
    const struct {
        const char *path;
        size_t payload_len;
        size_t query_count;
        enum cc_error error;
    } rows[] = {
        {long_path, 0, 0, CC_ESPACE},
        {segment, 0, 0, CC_EINVAL},
        {"/", ((size_t)1 << 24) + 1, 0, CC_ESPACE},
        {"/", 0, 17, CC_EINVAL},
        {"/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", 0, 0, CC_EINVAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cc_request request = get_root;
        request.path = rows[i].path;
        request.payload_len = rows[i].payload_len;
        request.query_count = rows[i].query_count;
        assert_int_equal(cc_exchange_request(closing.exchange, 0, &request, &id), rows[i].error);
        assert_int_equal(cc_exchange_deadline(closing.exchange), UINT64_MAX);
    }
    cc_exchange_free(closing.exchange, true);
    assert_int_equal(closing.ended, 0);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = CC_RESULT_RESPONSE; i <= CC_RESULT_CLOSED; i++) {
        assert_string_not_equal(cc_result_text((enum cc_result)i), "unknown");
    }
    assert_string_equal(cc_result_text((enum cc_result)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),      cmocka_unit_test(test_free_ends_the_request),
        cmocka_unit_test(test_cancel),     cmocka_unit_test(test_random_factor),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
