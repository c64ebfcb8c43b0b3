/* Floods, stolen cookies, garbage, a full house. */
#include "tests/support/cmocka_all.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/trio.h"

/* The ClientHello that a client of ours sends first, without a cookie. */
static size_t capture_hello(struct trio *trio, uint8_t *hello, size_t capacity)
{
    struct tap local;
    tap_open(&local, trio->server.bound);
    struct cc_session *session = peer_connect(&trio->client, local.uri, "device", PEER_KEY, NULL);
    ssize_t len = -1;
    for (int i = 0; i < 100 && len < 0; i++) {
        assert_int_equal(cc_endpoint_poll(trio->client.endpoint, 1), CC_OK);
        len = recv(local.outer, hello, capacity, MSG_DONTWAIT);
    }
    cc_session_close(session);
    tap_close(&local);
    assert_true(len > 60);
    return (size_t)len;
}

#define FLOOD       10000
#define FLOOD_FDS   50
#define HELLO_BEGIN 27 /* of the random: record 13, handshake 12, version 2 */

static void test_flood_without_cookie(void **state)
{
    struct trio *trio = *state;
    uint8_t hello[CC_DATAGRAM_MAX];
    size_t len = capture_hello(trio, hello, sizeof hello);
    int fds[FLOOD_FDS];
    for (size_t i = 0; i < FLOOD_FDS; i++) {
        fds[i] = peer_raw_socket(trio->server.bound, "127.0.0.1:0");
        assert_true(fds[i] >= 0);
    }
    size_t held = mallinfo2().uordblks;
    for (unsigned i = 0; i < FLOOD; i++) {
        peer_random(NULL, hello + HELLO_BEGIN, 32);
        assert_int_equal(send(fds[i % FLOOD_FDS], hello, len, 0), len);
        if (i % 32 == 31) {
            assert_int_equal(cc_endpoint_poll(trio->server.endpoint, 0), CC_OK);
        }
    }
    trio_pass(trio, 20);
    struct cc_endpoint_stats stats = trio_stats(trio);
    assert_int_equal(stats.cookies, FLOOD);
    assert_int_equal(stats.handshakes, 0);
    assert_int_equal(stats.sessions, 0);
    assert_int_equal(mallinfo2().uordblks, held);
    /* No amplification: the answer is smaller than the question. */
    uint8_t answer[CC_DATAGRAM_MAX];
    ssize_t answer_len = recv(fds[0], answer, sizeof answer, MSG_DONTWAIT);
    assert_in_range(answer_len, 20, len - 1);
    for (size_t i = 0; i < FLOOD_FDS; i++) {
        close(fds[i]);
    }
    trio_open(trio, &trio->client);
    trio_exchange(trio, &trio->client);
}

/* A cookie counts only at the address that it was sent to. */
static void test_stolen_cookie(void **state)
{
    struct trio *trio = *state;
    trio->tap.drop_up_after = 2; /* the ClientHello with the cookie is the last to pass */
    struct cc_session *session =
        peer_connect(&trio->client, trio->tap.uri, "device", PEER_KEY, NULL);
    trio_pass(trio, 50);
    assert_int_equal(trio->tap.up, 2);
    assert_int_equal(trio_stats(trio).handshakes, 1);
    assert_int_equal(trio_stats(trio).cookies, 1);
    int thief = peer_raw_socket(trio->server.bound, "127.0.0.1:0");
    assert_int_equal(send(thief, trio->tap.last_up, trio->tap.last_up_len, 0),
                     trio->tap.last_up_len);
    trio_pass(trio, 20);
    close(thief);
    assert_int_equal(trio_stats(trio).handshakes, 1);
    assert_int_equal(trio_stats(trio).cookies, 2);
    cc_session_close(session);
}

static void test_garbage(void **state)
{
    struct trio *trio = *state;
    trio_open(trio, &trio->client);
    int fd = peer_raw_socket(trio->server.bound, "127.0.0.1:0");
    uint8_t noise[600];
    for (unsigned i = 0; i < 3000; i++) {
        peer_random(NULL, noise, sizeof noise);
        if (i % 3) {
            static const uint8_t head[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
            memcpy(noise, head, sizeof head);
            noise[0] = (uint8_t)(20 + i % 4);
        }
        size_t len = i % sizeof noise;
        tap_inject(&trio->tap, noise, len);
        assert_int_equal(send(fd, noise, len, 0), len);
        if (i % 16 == 15) {
            assert_int_equal(cc_endpoint_poll(trio->server.endpoint, 0), CC_OK);
        }
    }
    close(fd);
    trio_pass(trio, 20);
    assert_int_equal(trio_stats(trio).handshakes, 1);
    trio_exchange(trio, &trio->client);
    assert_int_equal(trio->server.closed, 0);
}

static void test_capacity(void **state)
{
    struct trio *trio = *state;
    for (unsigned i = 0; i < 5; i++) {
        peer_connect(&trio->client, trio->server.uri, "device", PEER_KEY, NULL);
    }
    assert_true(trio_run(trio, &trio->server.opened, 3, PEER_RUN_MS));
    trio_pass(trio, 50);
    assert_int_equal(trio->client.opened, 3);
    assert_int_equal(trio->server.refused, 1); /* told once a second, counted each time */
    assert_int_equal(trio->server.refusal, CC_REFUSED_CAPACITY);
    assert_true(trio_stats(trio).refused[CC_REFUSED_CAPACITY] >= 2);
    assert_int_equal(trio->client.refused, 0);
    /* A place comes free: who waits gets in with its next try. */
    cc_session_close(trio->client.session);
    assert_true(trio_run(trio, &trio->server.opened, 4, PEER_RUN_MS));
}

/* Handshakes at the server that stop in the middle: MUTE is not polled again. */
static void begin_handshakes(struct trio *trio, struct peer *mute, unsigned count)
{
    uint64_t wanted = trio_stats(trio).handshakes + count;
    for (unsigned i = 0; i < count; i++) {
        peer_connect(mute, trio->server.uri, "device", PEER_KEY, NULL);
    }
    for (unsigned i = 0; i < 100 && trio_stats(trio).handshakes < wanted; i++) {
        assert_int_equal(cc_endpoint_poll(mute->endpoint, 1), CC_OK);
        assert_int_equal(cc_endpoint_poll(trio->server.endpoint, 1), CC_OK);
    }
    assert_int_equal(trio_stats(trio).handshakes, wanted);
}

#define HALF_OPEN_MS 200

static void restart_server(struct trio *trio, size_t sessions_max)
{
    struct cc_endpoint_config config = peer_config(&trio->server);
    config.half_open_ms = HALF_OPEN_MS;
    config.sessions_max = sessions_max;
    tap_close(&trio->tap);
    peer_stop(&trio->server);
    peer_start(&trio->server, &config);
    peer_listen(&trio->server, "coaps://127.0.0.1:0", false);
    tap_open(&trio->tap, trio->server.bound);
}

/* Handshakes that were only begun do not keep a device out, sessions that were completed do. */
static void test_half_open_give_way(void **state)
{
    struct trio *trio = *state;
    struct peer mute = {.opened = 0};
    restart_server(trio, 3);
    peer_start(&mute, NULL);
    peer_connect(&trio->client, trio->server.uri, "device", PEER_KEY, NULL);
    assert_true(trio_run(trio, &trio->server.opened, 1, PEER_RUN_MS));
    begin_handshakes(trio, &mute, 2);
    peer_connect(&trio->client, trio->server.uri, "device", PEER_KEY, NULL);
    trio_pass(trio, HALF_OPEN_MS / 4);
    assert_int_equal(trio->server.opened, 1); /* nobody is old enough yet */
    assert_int_equal(trio_stats(trio).handshakes, 3);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_CAPACITY], 1);
    assert_true(trio_run(trio, &trio->server.opened, 2, PEER_RUN_MS));
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_CAPACITY], 2);
    peer_connect(&trio->client, trio->server.uri, "device", PEER_KEY, NULL);
    assert_true(trio_run(trio, &trio->server.opened, 3, PEER_RUN_MS));
    peer_connect(&trio->client, trio->server.uri, "device", PEER_KEY, NULL);
    trio_pass(trio, 2 * HALF_OPEN_MS);
    assert_int_equal(trio->server.opened, 3);
    assert_int_equal(trio->server.closed, 0);
    assert_int_equal(trio_stats(trio).sessions, 3);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_CAPACITY], 4);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_TIMEOUT], 0);
    peer_stop(&mute);
}

/* The one that gives way may stand at the very address that knocks: a device that rebooted. */
static void test_half_open_of_same_address(void **state)
{
    struct trio *trio = *state;
    restart_server(trio, 1);
    trio->tap.drop_up_after = 2;
    struct cc_session *lost = peer_connect(&trio->second, trio->tap.uri, "device", PEER_KEY, NULL);
    trio_pass(trio, HALF_OPEN_MS + 50);
    assert_int_equal(trio_stats(trio).handshakes, 1);
    cc_session_close(lost);
    trio->tap.drop_up_after = 0;
    trio_open(trio, &trio->client);
    trio_exchange(trio, &trio->client);
    assert_int_equal(trio_stats(trio).handshakes, 2);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_CAPACITY], 1);
    assert_int_equal(trio_stats(trio).sessions, 1);
}

/* An address on plain CoAP may be invented: it makes nobody give way. */
static void test_plain_makes_nobody_give_way(void **state)
{
    struct trio *trio = *state;
    struct peer mute = {.opened = 0};
    char plain[CC_ADDRESS_TEXT];
    static const uint8_t get[] = {0x40, 0x01, 1, 2};
    restart_server(trio, 1);
    peer_start(&mute, NULL);
    assert_int_equal(cc_endpoint_listen(trio->server.endpoint, "coap://127.0.0.1:0", false, plain),
                     CC_OK);
    begin_handshakes(trio, &mute, 1);
    trio_pass(trio, HALF_OPEN_MS + 50);
    int fd = peer_raw_socket(plain, NULL);
    assert_int_equal(send(fd, get, sizeof get, 0), sizeof get);
    trio_pass(trio, 20);
    assert_int_equal(trio->server.opened, 0);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_CAPACITY], 1);
    assert_true(peer_run(&trio->server, &mute, peer_has_opened, &mute, PEER_RUN_MS));
    close(fd);
    peer_stop(&mute);
}

static void test_plain_needs_a_request(void **state)
{
    struct trio *trio = *state;
    static const uint8_t rows[][12] = {
        {0x40, 0x00, 1, 2}, /* empty CON: ping */ {0x60, 0x00, 1, 2},       /* ACK */
        {0x40, 0x45, 1, 2}, /* response */ {0x00, 0x01, 1, 2},              /* version 0 */
        {0x4f, 0x01, 1, 2}, /* token length reserved */ {0x70, 0x00, 1, 2}, /* RST */
    };
    peer_listen(&trio->server, "coap://127.0.0.1:0", false);
    int fd = peer_raw_socket(trio->server.bound, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(send(fd, rows[i], 4, 0), 4);
    }
    trio_pass(trio, 20);
    assert_int_equal(trio->server.opened, 0);
    static const uint8_t get[] = {0x40, 0x01, 1, 2};
    assert_int_equal(send(fd, get, sizeof get, 0), sizeof get);
    assert_true(trio_run(trio, &trio->server.requests, 1, PEER_RUN_MS));
    assert_int_equal(trio->server.opened, 1);
    close(fd);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, trio_setup, trio_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_flood_without_cookie),
        CASE(test_stolen_cookie),
        CASE(test_garbage),
        CASE(test_capacity),
        CASE(test_half_open_give_way),
        CASE(test_half_open_of_same_address),
        CASE(test_plain_makes_nobody_give_way),
        CASE(test_plain_needs_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
