/* Thousands of sessions cost a packet no more; two endpoints on two threads share one port. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/peer.h"

#define MANY 5000
#define FEW  100
/* A chain of the table at a load of one, two buckets moved, timers: far below what a walk over
 * sessions would cost. */
#define WORK_MAX 32

static struct cc_endpoint_stats stats_of(const struct peer *peer)
{
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(peer->endpoint, &stats);
    return stats;
}

/* Each datagram comes from a port of its own and opens a plain session. */
static void open_plain(struct peer *server, unsigned from, unsigned to)
{
    static const uint8_t get[] = {0x50, 0x01, 1, 2};
    for (unsigned i = from; i < to; i++) {
        char local[CC_ADDRESS_TEXT];
        snprintf(local, sizeof local, "127.%u.%u.1:%u", 1 + i / 200, 1 + i % 200, 20000 + i);
        int fd = peer_raw_socket(server->bound, local);
        assert_true(fd >= 0);
        assert_int_equal(send(fd, get, sizeof get, 0), sizeof get);
        if (i % 32 == 31) {
            assert_int_equal(cc_endpoint_poll(server->endpoint, 0), CC_OK);
        }
        close(fd);
    }
    peer_pass(server, NULL, 10);
}

static void test_work_does_not_grow(void **state)
{
    (void)state;
    struct peer server = {.is_mute = true};
    peer_start(&server, NULL);
    peer_listen(&server, "coap://127.0.0.1:0", false);
    open_plain(&server, 0, FEW);
    assert_int_equal(stats_of(&server).sessions, FEW);
    open_plain(&server, FEW, MANY);
    assert_int_equal(stats_of(&server).sessions, MANY);
    assert_in_range(stats_of(&server).work_per_packet_max, 1, WORK_MAX);
    peer_stop(&server);
    assert_int_equal(server.closed, MANY);
}

#define SECURE 60

static bool all_answered(const void *context)
{
    return ((const struct peer *)context)->responses >= SECURE;
}

struct worker {
    struct peer peer;
    atomic_bool stop;
};

static void on_wake(void *context)
{
    (void)context; /* the loop looks at `stop` after each round */
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    while (!atomic_load(&worker->stop)) {
        if (cc_endpoint_poll(worker->peer.endpoint, -1) != CC_OK) {
            return context;
        }
    }
    return NULL;
}

static void post_when_open(void *context, struct cc_session *session)
{
    struct peer *peer = context;
    peer->opened++;
    peer_post(session, 700);
}

static void test_two_threads_share_a_port(void **state)
{
    (void)state;
    static struct worker workers[2];
    static struct peer client;
    pthread_t threads[2];
    struct cc_endpoint_config config;
    for (size_t i = 0; i < 2; i++) {
        workers[i].peer = (struct peer){.is_open = true, .is_echo = true};
        config = peer_config(&workers[i].peer);
        memset(config.cookie_key, 1, sizeof config.cookie_key);
        peer_start(&workers[i].peer, &config);
        cc_endpoint_on_wake(workers[i].peer.endpoint, on_wake, NULL);
        peer_listen(&workers[i].peer, i ? workers[0].peer.uri : "coaps://127.0.0.1:0", true);
        assert_int_equal(pthread_create(&threads[i], NULL, worker_run, &workers[i]), 0);
    }
    config = peer_config(&client);
    struct cc_handlers handlers = *config.handlers;
    handlers.opened = post_when_open;
    config.handlers = &handlers;
    peer_start(&client, &config);
    for (unsigned i = 0; i < SECURE; i++) {
        char identity[16];
        snprintf(identity, sizeof identity, "dev%u", i);
        peer_connect(&client, workers[0].peer.uri, identity, PEER_KEY, NULL);
    }
    assert_true(peer_run(&client, NULL, all_answered, &client, PEER_RUN_MS));
    assert_int_equal(client.opened, SECURE);
    for (size_t i = 0; i < 2; i++) {
        void *failed = NULL;
        atomic_store(&workers[i].stop, true);
        cc_endpoint_wake(workers[i].peer.endpoint);
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(workers[0].peer.requests + workers[1].peer.requests, SECURE);
    assert_true(workers[0].peer.requests > 0);
    assert_true(workers[1].peer.requests > 0);
    peer_stop(&client);
    peer_stop(&workers[0].peer);
    peer_stop(&workers[1].peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work_does_not_grow),
        cmocka_unit_test(test_two_threads_share_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
