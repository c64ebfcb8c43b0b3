/* Peers on TCP that send in pieces, break the rules or do not read. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bootstrap/coap/signal.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"
#include "tests/support/raw_stream.h"

static struct peer server;
static struct raw raw;

static int setup(void **state)
{
    (void)state;
    server = (struct peer){.identity = "device", .identity_len = 6};
    raw = (struct raw){&server, -1};
    peer_start(&server, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (raw.fd >= 0) {
        close(raw.fd);
    }
    peer_stop(&server);
    return 0;
}

static void listen_with(const struct cc_endpoint_config *config, const char *uri)
{
    if (config) {
        peer_stop(&server);
        peer_start(&server, config);
    }
    peer_listen(&server, uri, false);
}

/* An Abort with whatever diagnostic payload, then the end. */
static void hear_abort(void)
{
    uint8_t heard[CC_SIGNAL_MAX];
    size_t len = raw_hear(&raw, heard, sizeof heard);
    assert_in_range(len, 3, sizeof heard - 1);
    assert_int_equal(heard[2], CC_ABORT);
    raw_hear_end(&raw);
}

static void begin(void)
{
    listen_with(NULL, "coap+tcp://127.0.0.1:0");
    raw_open(&raw);
    raw_hear_hex(&raw, RAW_OUR_CSM);
    assert_int_equal(server.opened, 0);
}

static void begin_open(void)
{
    begin();
    raw_say_hex(&raw, RAW_CSM);
    assert_true(peer_run(&server, NULL, peer_has_opened, &server, PEER_RUN_MS));
}

/* ---- pieces ---- */

static void test_byte_by_byte(void **state)
{
    (void)state;
    uint8_t octets[64];
    begin();
    size_t len = coap_script_hex(RAW_CSM RAW_POST_BS RAW_POST_BS, octets, sizeof octets);
    for (size_t i = 0; i < len; i++) {
        raw_say(&raw, octets + i, 1);
        peer_pass(&server, NULL, 0);
    }
    raw_hear_hex(&raw, RAW_CHANGED RAW_CHANGED);
    assert_int_equal(server.requests, 2);
    assert_int_equal(server.opened, 1);
}

static void test_one_segment(void **state)
{
    (void)state;
    begin();
    raw_say_hex(&raw, RAW_CSM RAW_POST_BS "0000"
                                          "11e2aa20" RAW_POST_BS "01e2bb" RAW_POST_BS);
    raw_hear_hex(&raw, RAW_CHANGED "11e3aa20" RAW_CHANGED "01e3bb" RAW_CHANGED);
    assert_int_equal(server.requests, 3);
}

/* ---- rules ---- */

static void test_no_csm(void **state)
{
    (void)state;
    begin();
    raw_say_hex(&raw, RAW_POST_BS);
    hear_abort();
    assert_int_equal(server.refused, 1);
    assert_int_equal(server.refusal, CC_REFUSED_HANDSHAKE);
    assert_int_equal(server.opened + server.closed + server.requests, 0);
}

static void test_broken(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "e0430045", /* too large */
        "0945",     /* token of nine */
        "1002 b2",  /* options run over the end */
        "0021",     /* a reserved class */
        "10e1 10",  /* an unknown critical option of a signal */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server.opened = server.closed = 0;
        begin_open();
        raw_say_hex(&raw, rows[i]);
        hear_abort();
        assert_int_equal(server.closed, 1);
        assert_int_equal(server.close, CC_CLOSE_ERROR);
        close(raw.fd);
    }
    raw.fd = -1;
    assert_int_equal(server.requests, 0);
}

static void test_peer_ends(void **state)
{
    (void)state;
    static const char *const rows[] = {"00e5", "00e4", ""};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server.opened = server.closed = 0;
        begin_open();
        raw_say_hex(&raw, rows[i]);
        shutdown(raw.fd, SHUT_WR);
        raw_hear_end(&raw);
        assert_int_equal(server.closed, 1);
        assert_int_equal(server.close, CC_CLOSE_PEER);
        close(raw.fd);
    }
    raw.fd = -1;
}

/* RFC 8323 5.5: what is open is answered before the end; nothing new is asked. */
static void test_release(void **state)
{
    (void)state;
    server.is_mute = true;
    begin_open();
    raw_say_hex(&raw, RAW_POST_BS "00e4");
    peer_pass(&server, NULL, 30);
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.closed, 0);
    struct cc_request request = {
        .method = CC_GET, .path = "/", .content_format = CC_FORMAT_NONE, .accept = CC_FORMAT_NONE};
    uint32_t id;
    assert_int_equal(cc_session_request(server.session, &request, &id), CC_ECLOSED);
    /* The first request of a session has ticket 0. */
    struct cc_ticket ticket = {.token = {0xaa}, .token_len = 1};
    struct cc_response response = {.code = CC_CHANGED, .content_format = CC_FORMAT_NONE};
    assert_int_equal(cc_session_respond(server.session, &ticket, &response), CC_OK);
    raw_hear_hex(&raw, RAW_CHANGED);
    raw_hear_end(&raw);
    assert_int_equal(server.close, CC_CLOSE_PEER);
}

static void test_our_release(void **state)
{
    (void)state;
    begin_open();
    cc_session_close(server.session);
    raw_hear_hex(&raw, "00e4");
    raw_hear_end(&raw);
}

static void test_garbage_for_tls(void **state)
{
    (void)state;
    listen_with(NULL, "coaps+tcp://127.0.0.1:0");
    raw_open(&raw);
    raw_say_hex(&raw, "@0+600");
    assert_true(peer_run(&server, NULL, peer_has_refused, &server, PEER_RUN_MS));
    assert_int_equal(server.refusal, CC_REFUSED_HANDSHAKE);
    assert_int_equal(server.opened, 0);
}

/* ---- who does not read, who does not speak ---- */

/* The same request, whole, over and over, as fast as the socket takes it. */
static void send_on(const uint8_t *request, size_t len, size_t *at)
{
    ssize_t sent = send(raw.fd, request + *at, len - *at, MSG_NOSIGNAL | MSG_DONTWAIT);
    *at = sent > 0 ? (*at + (size_t)sent) % len : *at;
}

static void test_does_not_read(void **state)
{
    (void)state;
    static uint8_t request[16384];
    struct cc_frame_head head;
    struct cc_message message = {
        .type = CC_NON, .code = CC_POST, .payload = request, .payload_len = sizeof request - 64};
    assert_int_equal(cc_frame_head(&message, &head), CC_OK);
    memcpy(request, head.octets + head.begin, head.len);
    server.is_echo = true;
    begin_open();
    raw_say_hex(&raw, "50e1 240000ffff");
    size_t at = 0;
    uint64_t end_ms = peer_clock_ms() + PEER_RUN_MS;
    while (!server.closed && peer_clock_ms() < end_ms) {
        send_on(request, head.len + message.payload_len, &at);
        assert_int_equal(cc_endpoint_poll(server.endpoint, 0), CC_OK);
    }
    assert_int_equal(server.closed, 1);
    assert_int_equal(server.close, CC_CLOSE_ERROR);
    assert_true(server.requests > 16);
}

/* What is answered while reading goes out together: a flood of two octets each does not cost the
 * other sessions a call of the kernel each. */
static void test_many_pings(void **state)
{
    (void)state;
    enum { PINGS = 4000 };
    static uint8_t pings[2 * PINGS];
    static uint8_t pongs[2 * PINGS];
    struct cc_endpoint_stats before;
    struct cc_endpoint_stats after;
    for (size_t i = 0; i < sizeof pings; i += 2) {
        pings[i + 1] = CC_PING;
    }
    begin_open();
    cc_endpoint_stats(server.endpoint, &before);
    raw_say(&raw, pings, sizeof pings);
    assert_int_equal(raw_hear(&raw, pongs, sizeof pongs), sizeof pongs);
    cc_endpoint_stats(server.endpoint, &after);
    for (size_t i = 0; i < sizeof pongs; i += 2) {
        assert_true(pongs[i] == 0 && pongs[i + 1] == CC_PONG);
    }
    assert_in_range(after.datagrams_out - before.datagrams_out, 1, 50);
}

/* A message that never becomes whole does not keep a session alive. */
static void test_trickle(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    config.idle_ms = 100;
    peer_stop(&server);
    peer_start(&server, &config);
    begin_open();
    raw_say_hex(&raw, "e0100002");
    uint64_t end_ms = peer_clock_ms() + PEER_RUN_MS;
    while (!server.closed && peer_clock_ms() < end_ms) {
        (void)!send(raw.fd, "", 1, MSG_NOSIGNAL);
        peer_pass(&server, NULL, 10);
    }
    assert_int_equal(server.close, CC_CLOSE_IDLE);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_byte_by_byte), CASE(test_one_segment),     CASE(test_no_csm),
        CASE(test_broken),       CASE(test_peer_ends),       CASE(test_release),
        CASE(test_our_release),  CASE(test_garbage_for_tls), CASE(test_does_not_read),
        CASE(test_many_pings),   CASE(test_trickle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
