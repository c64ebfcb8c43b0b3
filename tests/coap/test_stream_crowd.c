/* Peers on TCP that come in crowds or say nothing; no descriptors; the cost of one among many. */
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

static void test_silence(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    config.handshake_ms = 50;
    listen_with(&config, "coaps+tcp://127.0.0.1:0");
    raw_open(&raw);
    assert_true(peer_run(&server, NULL, peer_has_refused, &server, PEER_RUN_MS));
    assert_int_equal(server.refusal, CC_REFUSED_TIMEOUT);
    raw_hear_end(&raw);
    assert_int_equal(server.opened + server.closed, 0);
}

/* ---- crowds ---- */

/* A full house of silent connections: the newcomer is turned away, and later takes the place of the
 * oldest. */
static void test_full_house(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    config.sessions_max = 2;
    config.half_open_ms = 100;
    listen_with(&config, "coap+tcp://127.0.0.1:0");
    int silent[2] = {peer_raw_tcp(server.bound), peer_raw_tcp(server.bound)};
    peer_pass(&server, NULL, 5);
    raw_open(&raw);
    raw_hear_end(&raw);
    assert_int_equal(server.refused, 1);
    assert_int_equal(server.refusal, CC_REFUSED_CAPACITY);
    close(raw.fd);
    peer_pass(&server, NULL, 120);
    raw_open(&raw);
    raw_hear_hex(&raw, RAW_OUR_CSM);
    raw_say_hex(&raw, RAW_CSM RAW_POST_BS);
    raw_hear_hex(&raw, RAW_CHANGED);
    /* Who is established stays: now only the second silent one may go. */
    peer_pass(&server, NULL, 120);
    struct raw third = {&server, -1};
    raw_open(&third);
    raw_hear_hex(&third, RAW_OUR_CSM);
    raw_say_hex(&raw, RAW_POST_BS);
    raw_hear_hex(&raw, RAW_CHANGED);
    close(third.fd);
    close(silent[0]);
    close(silent[1]);
}

static void test_come_and_go(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    config.sessions_max = 10;
    listen_with(&config, "coaps+tcp://127.0.0.1:0");
    for (int i = 0; i < 500; i++) {
        int fd = peer_raw_tcp(server.bound);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(cc_endpoint_poll(server.endpoint, 0), CC_OK);
        assert_int_equal(cc_endpoint_poll(server.endpoint, 0), CC_OK);
    }
    struct peer client = {.is_echo = true};
    peer_start(&client, NULL);
    peer_connect(&client, server.uri, "device", PEER_KEY, NULL);
    assert_true(peer_run(&client, &server, peer_has_opened, &client, PEER_RUN_MS));
    peer_stop(&client);
}

/* Without descriptors the listener rests, and goes on when there are some again. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct rlimit old;
    listen_with(NULL, "coap+tcp://127.0.0.1:0");
    raw_open(&raw);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)raw.fd + 1, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    unsigned rounds = 0;
    uint64_t begin_ms = peer_clock_ms();
    while (peer_clock_ms() - begin_ms < 200) {
        assert_int_equal(cc_endpoint_poll(server.endpoint, 20), CC_OK);
        rounds++;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_in_range(rounds, 1, 30);
    raw_hear_hex(&raw, RAW_OUR_CSM);
    raw_say_hex(&raw, RAW_CSM RAW_POST_BS);
    raw_hear_hex(&raw, RAW_CHANGED);
}

/* A crowd of connections leaves descriptors to the rest of the process: the newcomer is turned
 * away, until he may take the place of one that says nothing. */
static void test_descriptors_are_kept(void **state)
{
    (void)state;
    struct cc_endpoint_config config = peer_config(&server);
    int next = dup(0);
    assert_true(next >= 0);
    close(next);
    /* The listener takes one, then each connection two: the client's own and the server's. */
    config.descriptors_max = (uint32_t)next + 3;
    config.half_open_ms = 50;
    listen_with(&config, "coap+tcp://127.0.0.1:0");
    int silent = peer_raw_tcp(server.bound);
    peer_pass(&server, NULL, 5);
    assert_int_equal(server.refused, 0);
    raw_open(&raw);
    raw_hear_end(&raw);
    assert_int_equal(server.refused, 1);
    assert_int_equal(server.refusal, CC_REFUSED_CAPACITY);
    close(raw.fd);
    peer_pass(&server, NULL, 60);
    raw_open(&raw);
    raw_hear_hex(&raw, RAW_OUR_CSM);
    close(silent);
}

#define MANY 1000
#define FEW  50
/* Timers of the session, moved and moved again: far below what a walk over sessions would cost. */
#define WORK_MAX 32

static int fds[MANY];

static bool has_served(const void *context)
{
    return server.requests == *(const unsigned *)context;
}

static bool have_closed(const void *context)
{
    (void)context;
    return server.closed == MANY;
}

static void open_many(unsigned from, unsigned to)
{
    uint8_t octets[16];
    size_t len = coap_script_hex(RAW_CSM RAW_POST_BS, octets, sizeof octets);
    for (unsigned i = from; i < to; i++) {
        fds[i] = peer_raw_tcp(server.bound);
        assert_true(fds[i] >= 0);
        assert_int_equal(send(fds[i], octets, len, MSG_NOSIGNAL), len);
        assert_int_equal(cc_endpoint_poll(server.endpoint, 0), CC_OK);
    }
    assert_true(peer_run(&server, NULL, has_served, &to, PEER_RUN_MS));
    assert_int_equal(server.opened, to);
}

static void test_work_does_not_grow(void **state)
{
    (void)state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit more = {.rlim_cur = old.rlim_max, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &more), 0);
    if (old.rlim_max < 2 * MANY + 100) {
        print_message("too few descriptors are allowed here\n");
        skip();
    }
    struct cc_endpoint_stats stats;
    listen_with(NULL, "coap+tcp://127.0.0.1:0");
    open_many(0, FEW);
    open_many(FEW, MANY);
    cc_endpoint_stats(server.endpoint, &stats);
    assert_int_equal(stats.sessions, MANY);
    assert_in_range(stats.work_per_packet_max, 1, WORK_MAX);
    for (unsigned i = 0; i < MANY; i++) {
        close(fds[i]);
    }
    assert_true(peer_run(&server, NULL, have_closed, NULL, PEER_RUN_MS));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_silence),        CASE(test_full_house),           CASE(test_come_and_go),
        CASE(test_no_descriptors), CASE(test_descriptors_are_kept), CASE(test_work_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
