#include "tests/support/trio.h"

#include <string.h>

#include "tests/support/cmocka_all.h"

int trio_setup(void **state)
{
    static struct trio trio;
    memset(&trio, 0, sizeof trio);
    trio.server = (struct peer){.identity = "device", .identity_len = 6};
    trio.client.is_echo = true;
    trio.second.is_echo = true;
    struct cc_endpoint_config config = peer_config(&trio.server);
    config.handshake_fail_ms = TRIO_FAIL_MS;
    config.handshake_ms = 3000;
    config.sessions_max = 3;
    peer_start(&trio.server, &config);
    peer_start(&trio.client, NULL);
    peer_start(&trio.second, NULL);
    peer_listen(&trio.server, "coaps://127.0.0.1:0", false);
    tap_open(&trio.tap, trio.server.bound);
    *state = &trio;
    return 0;
}

int trio_teardown(void **state)
{
    struct trio *trio = *state;
    tap_close(&trio->tap);
    peer_stop(&trio->second);
    peer_stop(&trio->client);
    peer_stop(&trio->server);
    return 0;
}

static void poll_all(struct trio *trio)
{
    tap_move(&trio->tap);
    assert_int_equal(cc_endpoint_poll(trio->client.endpoint, 0), CC_OK);
    assert_int_equal(cc_endpoint_poll(trio->second.endpoint, 0), CC_OK);
    tap_move(&trio->tap);
    assert_int_equal(cc_endpoint_poll(trio->server.endpoint, 1), CC_OK);
}

bool trio_run(struct trio *trio, const unsigned *counter, unsigned wanted, unsigned ms)
{
    uint64_t end_ms = peer_clock_ms() + ms;
    while (*counter < wanted) {
        if (peer_clock_ms() > end_ms) {
            return false;
        }
        poll_all(trio);
    }
    return true;
}

void trio_pass(struct trio *trio, unsigned ms)
{
    unsigned never = 0;
    assert_false(trio_run(trio, &never, 1, ms));
}

void trio_open(struct trio *trio, struct peer *peer)
{
    peer_connect(peer, trio->tap.uri, "device", PEER_KEY, NULL);
    assert_true(trio_run(trio, &peer->opened, 1, PEER_RUN_MS));
}

void trio_exchange(struct trio *trio, struct peer *peer)
{
    unsigned before = peer->responses;
    assert_true(trio_run(trio, &peer->opened, 1, PEER_RUN_MS));
    peer_post(peer->session, 10);
    assert_true(trio_run(trio, &peer->responses, before + 1, PEER_RUN_MS));
    assert_int_equal(peer->result, CC_RESULT_RESPONSE);
}

struct cc_endpoint_stats trio_stats(const struct trio *trio)
{
    struct cc_endpoint_stats stats;
    cc_endpoint_stats(trio->server.endpoint, &stats);
    return stats;
}
