/* Two endpoints over TCP and over TLS on loopback: the same API above as over UDP and DTLS. */
#include <stdio.h>
#include <string.h>

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

static void restart_server(const struct cc_endpoint_config *config)
{
    peer_stop(&server);
    peer_start(&server, config);
}

static void open_pair(const char *uri)
{
    peer_listen(&server, uri, false);
    bool is_secure = strncmp(uri, "coaps", 5) == 0;
    peer_connect(&client, server.uri, is_secure ? "device" : NULL, is_secure ? PEER_KEY : NULL,
                 NULL);
    assert_true(peer_run(&client, &server, peer_has_opened, &client, PEER_RUN_MS));
    assert_true(peer_run(&client, &server, peer_has_opened, &server, PEER_RUN_MS));
}

static const char *const uris[] = {"coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0"};
#define URIS (sizeof uris / sizeof *uris)

/* Runs TEST over both transports, each with endpoints of its own. */
static void each(void (*test)(const char *uri))
{
    for (size_t i = 0; i < URIS; i++) {
        if (i > 0) {
            void *none = NULL;
            teardown(&none);
            setup(&none);
        }
        test(uris[i]);
    }
}

static void echo(size_t len)
{
    server.responses = 0;
    peer_post(server.session, len);
    assert_true(peer_run(&client, &server, peer_has_response, &server, PEER_RUN_MS));
    assert_int_equal(server.result, CC_RESULT_RESPONSE);
    assert_int_equal(server.code, CC_CHANGED);
    assert_int_equal(server.payload_len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(server.payload[i], (uint8_t)(i * 7));
    }
}

static void exchange(const char *uri)
{
    bool is_secure = strncmp(uri, "coaps", 5) == 0;
    open_pair(uri);
    peer_post(client.session, 10);
    assert_true(peer_run(&client, &server, peer_has_response, &client, PEER_RUN_MS));
    assert_int_equal(client.result, CC_RESULT_RESPONSE);
    assert_int_equal(client.code, CC_CHANGED);
    assert_int_equal(server.requests, 1);
    /* In one message, at the edge of the peer's size, and in blocks. */
    static const size_t sizes[] = {0, 1, 12, 13, 256, 1024, 3000, 16300, 16384, 16385, 60000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        echo(sizes[i]);
    }
    assert_true(cc_session_is_tcp(server.session));
    assert_true(cc_session_is_tcp(client.session));
    assert_int_equal(cc_session_is_secure(server.session), is_secure);
    assert_false(cc_session_is_client(server.session));
    assert_true(cc_session_is_client(client.session));
    assert_string_equal(cc_session_peer(client.session), server.bound);
    assert_int_equal(cc_session_retransmissions(server.session), 0);
    size_t len = 0;
    const uint8_t *identity = cc_session_identity(server.session, &len);
    assert_int_equal(len, is_secure ? 6 : 0);
    assert_memory_equal(identity, "device", len);
    assert_int_equal(cc_session_owner(server.session), is_secure ? PEER_OWNER : 0);
    assert_true(server.traced >= 4);
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(server.endpoint, &stats);
    assert_int_equal(stats.sessions, 1);
    assert_int_equal(stats.handshakes, 1);
    assert_int_equal(stats.established, 1);
}

static void test_exchange(void **state)
{
    (void)state;
    each(exchange);
}

static void test_ipv6(void **state)
{
    (void)state;
    open_pair("coaps+tcp://[::1]:0");
    echo(100);
}

/* A small message goes in one piece, without Block1. */
static void test_one_message(void **state)
{
    (void)state;
    open_pair("coap+tcp://127.0.0.1:0");
    server.traced = 0;
    echo(16300);
    assert_int_equal(server.traced, 2);
}

static void close_by_client(const char *uri)
{
    open_pair(uri);
    cc_session_close(client.session);
    assert_int_equal(client.close, CC_CLOSE_LOCAL);
    assert_true(peer_run(&client, &server, peer_has_closed, &server, PEER_RUN_MS));
    assert_int_equal(server.close, CC_CLOSE_PEER);
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(server.endpoint, &stats);
    assert_int_equal(stats.sessions, 0);
}

static void test_close_by_client(void **state)
{
    (void)state;
    each(close_by_client);
}

static void close_inside_callback(const char *uri)
{
    server.closes_inside = true;
    open_pair(uri);
    peer_post(client.session, 1);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.responses, 1);
    assert_int_equal(client.result, CC_RESULT_RESPONSE);
    assert_int_equal(client.close, CC_CLOSE_PEER);
    assert_int_equal(server.close, CC_CLOSE_LOCAL);
}

static void test_close_inside_callback(void **state)
{
    (void)state;
    each(close_inside_callback);
}

static void shutdown_ends_request(const char *uri)
{
    server.is_mute = true;
    open_pair(uri);
    peer_post(client.session, 1);
    peer_pass(&client, &server, 20);
    peer_stop(&server);
    assert_int_equal(server.close, CC_CLOSE_SHUTDOWN);
    assert_true(peer_run(&client, NULL, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.close, CC_CLOSE_PEER);
    assert_int_equal(client.responses, 1);
    assert_int_equal(client.result, CC_RESULT_CLOSED);
}

static void test_shutdown(void **state)
{
    (void)state;
    each(shutdown_ends_request);
}

static void idle(const char *uri)
{
    struct cc_endpoint_config config = peer_config(&server);
    config.idle_ms = 100;
    restart_server(&config);
    open_pair(uri);
    assert_true(peer_run(&client, &server, peer_has_closed, &server, PEER_RUN_MS));
    assert_int_equal(server.close, CC_CLOSE_IDLE);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.close, CC_CLOSE_PEER);
}

static void test_idle(void **state)
{
    (void)state;
    each(idle);
}

/* MAX_TRANSMIT_WAIT bounds the wait for a response; nothing is sent again. */
static void test_response_timeout(void **state)
{
    (void)state;
    server.is_mute = true;
    open_pair("coap+tcp://127.0.0.1:0");
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    parameters.ack_timeout_ms = 20;
    parameters.ack_random_permille = 1000;
    parameters.max_retransmit = 1;
    cc_session_parameters(client.session, &parameters);
    uint64_t begin_ms = peer_clock_ms();
    peer_post(client.session, 1);
    assert_true(peer_run(&client, &server, peer_has_response, &client, PEER_RUN_MS));
    assert_int_equal(client.result, CC_RESULT_TIMEOUT);
    assert_true(peer_clock_ms() - begin_ms >= 59);
    assert_int_equal(server.requests, 1);
    assert_int_equal(cc_session_retransmissions(client.session), 0);
}

/* Existing sessions go on, new connections are refused by the kernel. */
static void test_drain(void **state)
{
    (void)state;
    open_pair("coaps+tcp://127.0.0.1:0");
    cc_endpoint_drain(server.endpoint);
    echo(3000);
    client.closed = 0;
    peer_connect(&client, server.uri, "device", PEER_KEY, NULL);
    assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.close, CC_CLOSE_UNREACHABLE);
    assert_int_equal(server.opened, 1);
}

/* Unknown identity and wrong key look alike to the peer; each is reported by its name here. */
static void test_refusal(void **state)
{
    static const struct {
        const char *identity;
        const char *key;
        enum cc_refusal refusal;
    } rows[] = {{"stranger", PEER_KEY, CC_REFUSED_UNKNOWN_IDENTITY},
                {"device", "another key 1234", CC_REFUSED_PSK_MISMATCH}};
    (void)state;
    peer_listen(&server, "coaps+tcp://127.0.0.1:0", false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server.refused = client.refused = client.closed = 0;
        peer_connect(&client, server.uri, rows[i].identity, rows[i].key, NULL);
        assert_true(peer_run(&client, &server, peer_has_refused, &server, PEER_RUN_MS));
        assert_int_equal(server.refusal, rows[i].refusal);
        assert_int_equal(server.refused_identity_len, strlen(rows[i].identity));
        assert_memory_equal(server.refused_identity, rows[i].identity, server.refused_identity_len);
        assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
        assert_int_equal(client.refusal, CC_REFUSED_HANDSHAKE);
        assert_int_equal(client.refused, 1);
        assert_int_equal(client.close, CC_CLOSE_ERROR);
    }
    assert_int_equal(server.opened + client.opened + server.closed, 0);
}

/* A secure client at a plain listener and the other way round. */
static void test_wrong_scheme(void **state)
{
    (void)state;
    static const struct {
        const char *listen;
        const char *connect;
    } rows[] = {{"coap+tcp://127.0.0.1:0", "coaps+tcp"}, {"coaps+tcp://127.0.0.1:0", "coap+tcp"}};
    for (size_t i = 0; i < 2; i++) {
        char uri[CC_ADDRESS_TEXT + 16];
        server.refused = client.closed = 0;
        peer_listen(&server, rows[i].listen, false);
        snprintf(uri, sizeof uri, "%s://%s", rows[i].connect, server.bound);
        peer_connect(&client, uri, "device", PEER_KEY, NULL);
        assert_true(peer_run(&client, &server, peer_has_refused, &server, PEER_RUN_MS));
        assert_true(peer_run(&client, &server, peer_has_closed, &client, PEER_RUN_MS));
    }
    assert_int_equal(server.opened, 0);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    peer_listen(&server, "coap+tcp://127.0.0.1:0", false);
    peer_stop(&server);
    peer_connect(&client, server.uri, NULL, NULL, NULL);
    assert_true(peer_run(&client, NULL, peer_has_closed, &client, PEER_RUN_MS));
    assert_int_equal(client.refused, 0);
    assert_int_equal(client.close, CC_CLOSE_UNREACHABLE);
    peer_start(&server, NULL);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    assert_int_equal(cc_endpoint_listen(server.endpoint, "coap+tcp://203.0.113.1:0", false, NULL),
                     CC_EADDRESS);
    peer_listen(&server, "coap+tcp://127.0.0.1:0", false);
    assert_int_equal(cc_endpoint_listen(client.endpoint, server.uri, false, NULL), CC_EADDRESS);
    struct cc_session *session = NULL;
    struct cc_client without_key = {.uri = "coaps+tcp://127.0.0.1:9"};
    assert_int_equal(cc_endpoint_connect(client.endpoint, &without_key, &session), CC_ECREDENTIAL);
    struct cc_client wrong_bind = {.uri = server.uri, .bind = "[::1]:0"};
    assert_int_equal(cc_endpoint_connect(client.endpoint, &wrong_bind, &session), CC_EADDRESS);
}

/* The port is shared: a second endpoint may listen there too. */
static void test_shared_port(void **state)
{
    (void)state;
    struct peer second = {.is_open = true};
    peer_start(&second, NULL);
    peer_listen(&server, "coap+tcp://127.0.0.1:0", true);
    peer_listen(&second, server.uri, true);
    assert_string_equal(second.bound, server.bound);
    peer_stop(&second);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_exchange),
        CASE(test_ipv6),
        CASE(test_one_message),
        CASE(test_close_by_client),
        CASE(test_close_inside_callback),
        CASE(test_shutdown),
        CASE(test_idle),
        CASE(test_response_timeout),
        CASE(test_drain),
        CASE(test_refusal),
        CASE(test_wrong_scheme),
        CASE(test_nobody_listens),
        CASE(test_bad_arguments),
        CASE(test_shared_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
