/* What an endpoint does with wrong keys, unknown identities, rebooted devices and forged records.
 */
#include "tests/support/cmocka_all.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/trio.h"

/* ---- refusals ---- */

/* What an observer on the path sees of a refused handshake. */
struct sight {
    unsigned up, down;
    size_t up_sizes[TAP_NOTES], down_sizes[TAP_NOTES];
    uint64_t ms;
};

static struct sight refused_handshake(struct trio *trio, const char *identity, const char *key)
{
    tap_close(&trio->tap);
    tap_open(&trio->tap, trio->server.bound);
    trio->server.refused = 0;
    uint64_t begin_ms = peer_clock_ms();
    struct cc_session *session = peer_connect(&trio->client, trio->tap.uri, identity, key, NULL);
    assert_true(trio_run(trio, &trio->server.refused, 1, PEER_RUN_MS));
    struct sight sight = {.ms = peer_clock_ms() - begin_ms};
    trio_pass(trio, 50);
    sight.up = trio->tap.up;
    sight.down = trio->tap.down;
    memcpy(sight.up_sizes, trio->tap.up_sizes, sizeof sight.up_sizes);
    memcpy(sight.down_sizes, trio->tap.down_sizes, sizeof sight.down_sizes);
    cc_session_close(session);
    return sight;
}

static void test_wrong_key_looks_like_unknown(void **state)
{
    struct trio *trio = *state;
    struct sight wrong = refused_handshake(trio, "device", "0123456789abcdeX");
    assert_int_equal(trio->server.refusal, CC_REFUSED_PSK_MISMATCH);
    assert_int_equal(trio->server.refused_identity_len, 6);
    assert_memory_equal(trio->server.refused_identity, "device", 6);
    struct sight unknown = refused_handshake(trio, "nobody", "0123456789abcdeX");
    assert_int_equal(trio->server.refusal, CC_REFUSED_UNKNOWN_IDENTITY);
    assert_memory_equal(trio->server.refused_identity, "nobody", 6);
    assert_int_equal(wrong.up, unknown.up);
    assert_int_equal(wrong.down, unknown.down);
    assert_memory_equal(wrong.up_sizes, unknown.up_sizes, sizeof wrong.up_sizes);
    assert_memory_equal(wrong.down_sizes, unknown.down_sizes, sizeof wrong.down_sizes);
    assert_in_range(wrong.ms, TRIO_FAIL_MS, TRIO_FAIL_MS + 250);
    assert_in_range(unknown.ms, TRIO_FAIL_MS, TRIO_FAIL_MS + 250);
    assert_int_equal(trio->server.opened, 0);
    assert_int_equal(trio->server.closed, 0);
    assert_int_equal(trio_stats(trio).sessions, 0);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_PSK_MISMATCH], 1);
    assert_int_equal(trio_stats(trio).refused[CC_REFUSED_UNKNOWN_IDENTITY], 1);
}

/* The client hears nothing and gives up by its own budget: refused, then closed. */
static void test_client_side_of_refusal(void **state)
{
    struct trio *trio = *state;
    struct cc_endpoint_config config = peer_config(&trio->second);
    config.handshake_ms = 400;
    peer_stop(&trio->second);
    peer_start(&trio->second, &config);
    peer_connect(&trio->second, trio->tap.uri, "nobody", PEER_KEY, NULL);
    assert_true(trio_run(trio, &trio->second.closed, 1, PEER_RUN_MS));
    assert_int_equal(trio->second.refused, 1);
    assert_int_equal(trio->second.refusal, CC_REFUSED_TIMEOUT);
    assert_int_equal(trio->second.close, CC_CLOSE_ERROR);
    assert_int_equal(trio->second.opened, 0);
}

static void test_identity_with_nul(void **state)
{
    struct trio *trio = *state;
    static const char identity[5] = {'a', '\0', 'b', '\xff', '\0'};
    trio->server.identity = identity;
    trio->server.identity_len = sizeof identity;
    struct cc_client options = {.uri = trio->server.uri,
                                .identity = (const uint8_t *)identity,
                                .identity_len = sizeof identity,
                                .key = (const uint8_t *)PEER_KEY,
                                .key_len = 16};
    struct cc_session *session;
    assert_int_equal(cc_endpoint_connect(trio->client.endpoint, &options, &session), CC_OK);
    assert_true(trio_run(trio, &trio->server.opened, 1, PEER_RUN_MS));
    size_t len;
    const uint8_t *seen = cc_session_identity(trio->server.session, &len);
    assert_int_equal(len, sizeof identity);
    assert_memory_equal(seen, identity, sizeof identity);
    trio_exchange(trio, &trio->client);
}

/* ---- the same address again ---- */

static void test_rebooted_device_replaces(void **state)
{
    struct trio *trio = *state;
    trio_open(trio, &trio->client);
    trio_exchange(trio, &trio->client);
    trio_open(trio, &trio->second);
    assert_true(trio_run(trio, &trio->server.opened, 2, PEER_RUN_MS));
    assert_int_equal(trio->server.closed, 1);
    assert_int_equal(trio->server.close, CC_CLOSE_REPLACED);
    assert_int_equal(trio_stats(trio).sessions, 1);
    trio_exchange(trio, &trio->second);
    /* The old keys are worth nothing now, and do no harm. */
    peer_post(trio->client.session, 3);
    trio_pass(trio, 100);
    assert_int_equal(trio->client.responses, 1);
    trio_exchange(trio, &trio->second);
}

/* A handshake that stops half way leaves the old session as it was. */
static void test_unfinished_candidate_harms_nobody(void **state)
{
    struct trio *trio = *state;
    trio_open(trio, &trio->client);
    trio_exchange(trio, &trio->client);
    struct cc_address old = trio->tap.target;
    trio->tap.drop_up_after = trio->tap.up + 2; /* both ClientHellos pass, the rest is lost */
    struct cc_session *stranger =
        peer_connect(&trio->second, trio->tap.uri, "device", PEER_KEY, NULL);
    trio_pass(trio, 100);
    assert_int_equal(trio_stats(trio).handshakes, 2);
    trio->tap.drop_up_after = 0;
    cc_session_close(stranger);
    trio->tap.target = old;
    trio->tap.keeps_target = true;
    trio_exchange(trio, &trio->client);
    assert_true(trio_run(trio, &trio->server.refused, 1, PEER_RUN_MS));
    assert_int_equal(trio->server.refusal, CC_REFUSED_TIMEOUT);
    trio_exchange(trio, &trio->client);
    assert_int_equal(trio->server.closed, 0);
    assert_int_equal(trio->server.opened, 1);
}

/* Records that anybody could forge: epoch 0 alerts and handshakes, wrong epochs, noise. */
static void test_forged_records_harm_nobody(void **state)
{
    struct trio *trio = *state;
    static const uint8_t forged[][20] = {
        {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40},          /* fatal alert, epoch 0 */
        {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0},           /* close_notify, epoch 0 */
        {21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 99, 0, 2, 1, 0},          /* close_notify, epoch 1 */
        {23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 99, 0, 4, 1, 2, 3, 4},    /* data, epoch 1 */
        {23, 254, 253, 0, 2, 0, 0, 0, 0, 0, 99, 0, 4, 1, 2, 3, 4},    /* data, epoch 2 */
        {20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1},              /* CCS, epoch 0 */
        {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 4, 20, 0, 0, 12},   /* Finished, cut */
        {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 255, 255, 1, 0, 0, 9}, /* length beyond the end */
        {0},
    };
    trio_open(trio, &trio->client);
    trio_exchange(trio, &trio->client);
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        for (size_t len = 0; len <= sizeof forged[i]; len++) {
            tap_inject(&trio->tap, forged[i], len);
        }
        trio_exchange(trio, &trio->client);
    }
    assert_int_equal(trio->server.closed, 0);
    assert_int_equal(trio->client.closed, 0);
}

static void test_replayed_flight_harms_nobody(void **state)
{
    struct trio *trio = *state;
    trio_open(trio, &trio->client);
    uint8_t flight[CC_DATAGRAM_MAX];
    size_t len = trio->tap.last_up_len;
    memcpy(flight, trio->tap.last_up, len);
    trio_exchange(trio, &trio->client);
    for (int i = 0; i < 5; i++) {
        tap_inject(&trio->tap, flight, len);
        trio_exchange(trio, &trio->client);
    }
    assert_int_equal(trio->server.opened, 1);
    assert_int_equal(trio->server.closed, 0);
}

/* Each flight of the handshake may be lost; the next second brings it again (RFC 6347 4.2.4). */
static void test_lost_flights(void **state)
{
    struct trio *trio = *state;
    for (unsigned lost = 1; lost <= 6; lost++) {
        tap_close(&trio->tap);
        tap_open(&trio->tap, trio->server.bound);
        trio->tap.lose_up = lost <= 3 ? lost : 0;
        trio->tap.lose_down = lost > 3 ? lost - 3 : 0;
        trio->client.opened = 0;
        trio_open(trio, &trio->client);
        trio_exchange(trio, &trio->client);
        cc_session_close(trio->client.session);
        assert_true(trio_run(trio, &trio->server.closed, lost, PEER_RUN_MS));
    }
    assert_int_equal(trio->server.opened, 6);
    assert_int_equal(trio->server.refused, 0);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, trio_setup, trio_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_wrong_key_looks_like_unknown),
        CASE(test_client_side_of_refusal),
        CASE(test_identity_with_nul),
        CASE(test_rebooted_device_replaces),
        CASE(test_unfinished_candidate_harms_nobody),
        CASE(test_forged_records_harm_nobody),
        CASE(test_replayed_flight_harms_nobody),
        CASE(test_lost_flights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
