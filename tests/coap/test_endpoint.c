/* Two endpoints over loopback: handshake, exchange in both directions, closing, draining, waking,
 * timers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/peer.h"

static struct peer server;
static struct peer client;

static int setup(void **state)
{
    (void)state;
    server = (struct peer){.identity = "device", .identity_len = 6, .wants_trace = true};
    client = (struct peer){.is_echo = true};
    peer_start(&server, NULL);
    peer_start(&client, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_stop(&client);
    peer_stop(&server);
    return 0;
}

static void open_pair(const char *uri)
{
    peer_listen(&server, uri, false);
    bool is_secure = strncmp(uri, "coaps", 5) == 0;
    peer_connect(&client, server.uri, is_secure ? "device" : NULL, is_secure ? PEER_KEY : NULL,
                 NULL);
    assert_true(peer_run(&client, &server, peer_has_opened, &client, PEER_RUN_MS));
}

static void exchange_both_ways(void)
{
    peer_post(client.session, 10);
    assert_true(peer_run(&client, &server, peer_has_response, &client, PEER_RUN_MS));
    assert_int_equal(client.result, CC_RESULT_RESPONSE);
    assert_int_equal(client.code, CC_CHANGED);
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.opened, 1);
    assert_non_null(server.session);
    /* More than a block each way: Block1 up, Block2 down. */
    peer_post(server.session, 3000);
    assert_true(peer_run(&client, &server, peer_has_response, &server, PEER_RUN_MS));
    assert_int_equal(server.result, CC_RESULT_RESPONSE);
    assert_int_equal(server.payload_len, 3000);
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(server.payload[i], (uint8_t)(i * 7));
    }
}

/* RFC 1122 3.2.2.1: port unreachable reaches a connected socket. */
static void test_nobody_listens(void **state)
{
    (void)state;
    struct cc_client nobody = {.uri = "coap://127.0.0.1:9", .ends_unreachable = true};
    struct cc_session *session;
    assert_int_equal(cc_endpoint_connect(client.endpoint, &nobody, &session), CC_OK);
    assert_true(peer_run(&client, NULL, peer_has_opened, &client, PEER_RUN_MS));
    peer_post(session, 10);
    for (int i = 0; i < 100 && client.closed == 0; i++) {
        assert_int_equal(cc_endpoint_poll(client.endpoint, 10), CC_OK);
    }
    assert_int_equal(client.closed, 1);
    assert_int_equal(client.close, CC_CLOSE_UNREACHABLE);
    assert_string_equal(cc_close_text(client.close), "connection refused");
}

static void test_secure(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    exchange_both_ways();
    size_t len = 0;
    const uint8_t *identity = cc_session_identity(server.session, &len);
    assert_int_equal(len, 6);
    assert_memory_equal(identity, "device", 6);
    assert_int_equal(cc_session_owner(server.session), PEER_OWNER);
    assert_true(cc_session_is_secure(server.session));
    assert_false(cc_session_is_client(server.session));
    assert_true(cc_session_is_client(client.session));
    assert_string_equal(cc_session_peer(client.session), server.bound);
    assert_int_equal(cc_session_retransmissions(server.session), 0);
    assert_true(server.traced >= 4);
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(server.endpoint, &stats);
    assert_int_equal(stats.sessions, 1);
    assert_int_equal(stats.handshakes, 1);
    assert_int_equal(stats.established, 1);
    assert_int_equal(stats.cookies, 1);
}

static void test_ipv6(void **state)
{
    (void)state;
    open_pair("coaps://[::1]:0");
    exchange_both_ways();
}

static void test_plain(void **state)
{
    (void)state;
    open_pair("coap://127.0.0.1:0");
    assert_int_equal(server.opened, 0);
    exchange_both_ways();
    assert_false(cc_session_is_secure(server.session));
}

/* A wildcard listener answers from the address that was written to: a connected client sees nothing
 * else. */
static void test_wildcard(void **state)
{
    (void)state;
    static const struct {
        const char *listen;
        const char *connect;
    } rows[] = {{"coaps://0.0.0.0:0", "coaps://127.0.0.5:%s"},
                {"coaps://[::]:0", "coaps://[::1]:%s"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        peer_listen(&server, rows[i].listen, false);
        char uri[CC_ADDRESS_TEXT];
        snprintf(uri, sizeof uri, rows[i].connect, strrchr(server.bound, ':') + 1);
        client.opened = 0;
        client.responses = 0;
        peer_connect(&client, uri, "device", PEER_KEY, NULL);
        assert_true(peer_run(&client, &server, peer_has_opened, &client, PEER_RUN_MS));
        peer_post(client.session, 10);
        assert_true(peer_run(&client, &server, peer_has_response, &client, PEER_RUN_MS));
    }
}

static void test_close_by_client(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    assert_true(peer_run(&client, &server, peer_has_opened, &server, PEER_RUN_MS));
    cc_session_close(client.session);
    assert_int_equal(client.close, CC_CLOSE_LOCAL);
    assert_true(peer_run(&client, &server, peer_has_closed, &server, PEER_RUN_MS));
    assert_int_equal(server.close, CC_CLOSE_PEER);
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(server.endpoint, &stats);
    assert_int_equal(stats.sessions, 0);
}

/* An outstanding request ends before the session does. */
static void test_close_ends_request(void **state)
{
    (void)state;
    server.is_mute = true;
    open_pair("coaps://127.0.0.1:0");
    peer_post(client.session, 1);
    cc_session_close(client.session);
    assert_int_equal(client.responses, 1);
    assert_int_equal(client.result, CC_RESULT_CLOSED);
    assert_int_equal(client.closed, 1);
}

static void test_close_inside_callback(void **state)
{
    (void)state;
    server.closes_inside = true;
    open_pair("coaps://127.0.0.1:0");
    peer_post(client.session, 1);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.responses, 1);
    assert_int_equal(client.result, CC_RESULT_RESPONSE);
    assert_int_equal(client.close, CC_CLOSE_PEER);
    assert_int_equal(server.close, CC_CLOSE_LOCAL);
}

static void test_close_later(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    uint64_t begin_ms = peer_clock_ms();
    cc_session_close_later(client.session, 50);
    assert_int_equal(client.closed, 0);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_true(peer_clock_ms() - begin_ms >= 49);
    assert_int_equal(client.close, CC_CLOSE_LOCAL);
}

static void test_shutdown(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    assert_true(peer_run(&client, &server, peer_has_opened, &server, PEER_RUN_MS));
    peer_stop(&server);
    assert_int_equal(server.close, CC_CLOSE_SHUTDOWN);
    assert_true(peer_run(&client, NULL, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.close, CC_CLOSE_PEER);
}

static void test_idle(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    config.idle_ms = 100;
    peer_stop(&server);
    peer_start(&server, &config);
    open_pair("coaps://127.0.0.1:0");
    assert_true(peer_run(&client, &server, peer_has_closed, &server, PEER_RUN_MS));
    assert_int_equal(server.close, CC_CLOSE_IDLE);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.close, CC_CLOSE_PEER);
}

static void count_timer(void *context, struct cc_session *session)
{
    struct peer *peer = context;
    if (++peer->timers < 3) {
        cc_session_timer(session, 10, count_timer);
    }
}

static bool has_three_timers(const void *context)
{
    return ((const struct peer *)context)->timers == 3;
}

static void test_user_timer(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    cc_session_timer(client.session, 10, count_timer);
    assert_true(peer_run(&client, &server, has_three_timers, &client, PEER_RUN_MS));
    cc_session_timer(client.session, 10, count_timer);
    cc_session_timer(client.session, 0, NULL);
    peer_pass(&client, &server, 40);
    assert_int_equal(client.timers, 3);
}

static void test_drain(void **state)
{
    (void)state;
    open_pair("coaps://127.0.0.1:0");
    cc_endpoint_drain(server.endpoint);
    exchange_both_ways();
    struct cc_session *late = peer_connect(&client, server.uri, "device", PEER_KEY, NULL);
    peer_pass(&client, &server, 200);
    assert_int_equal(client.opened, 1);
    assert_int_equal(server.opened, 1);
    cc_session_close(late);
}

static void note_wake(void *context)
{
    ++*(unsigned *)context;
}

static void test_wake(void **state)
{
    (void)state;
    unsigned woken = 0;
    cc_endpoint_on_wake(server.endpoint, note_wake, &woken);
    cc_endpoint_wake(server.endpoint);
    cc_endpoint_wake(server.endpoint);
    assert_int_equal(cc_endpoint_poll(server.endpoint, 1000), CC_OK);
    assert_int_equal(woken, 1);
    assert_int_equal(cc_endpoint_poll(server.endpoint, 0), CC_OK);
    assert_int_equal(woken, 1);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "coaps://",
                                      "http://127.0.0.1",
                                      "coaps://example.org",
                                      "coaps://127.0.0.1:70000",
                                      "coaps://127.0.0.1/bs",
                                      "coaps://[::1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(cc_endpoint_listen(server.endpoint, bad[i], false, NULL), CC_EINVAL);
    }
    /* 203.0.113.0/24 is for documentation (RFC 5737): no address of ours. */
    assert_int_equal(cc_endpoint_listen(server.endpoint, "coaps://203.0.113.1:0", false, NULL),
                     CC_EADDRESS);
    struct cc_session *session = NULL;
    struct cc_client without_key = {.uri = "coaps://127.0.0.1:9"};
    assert_int_equal(cc_endpoint_connect(client.endpoint, &without_key, &session), CC_ECREDENTIAL);
    struct cc_endpoint_config config = peer_config(&server);
    config.random = NULL;
    struct cc_endpoint *endpoint = NULL;
    assert_int_equal(cc_endpoint_new(&config, &endpoint), CC_EINVAL);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_nobody_listens),
        CASE(test_secure),
        CASE(test_ipv6),
        CASE(test_plain),
        CASE(test_wildcard),
        CASE(test_close_by_client),
        CASE(test_close_ends_request),
        CASE(test_close_inside_callback),
        CASE(test_close_later),
        CASE(test_shutdown),
        CASE(test_idle),
        CASE(test_user_timer),
        CASE(test_drain),
        CASE(test_wake),
        CASE(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
