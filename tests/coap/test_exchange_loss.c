/*
 * Two exchanges back to back over a wire that loses, doubles and reorders datagrams by a seed,
 * under a clock of its own.
 *
 * What must hold whatever happens: each request ends exactly once; a body that arrives is the body
 * that was sent; the handler runs at most once a request, and exactly once when a response came;
 * memory is bounded and given back.
 */
#include "bootstrap/coap/exchange.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUESTS = 12,
    BODY_MAX = 3000,
    FLIGHT_MAX = 64,
    SIDES = 2,
    MEMORY_MAX = 24000,
    IDLE_MAX = 400
};

struct flight {
    uint64_t at_ms;
    size_t len;
    int to;
    uint8_t octets[CC_DATAGRAM_MAX];
};

struct wire;

struct side {
    struct wire *wire;
    struct cc_exchange *exchange;
    int index;
    unsigned asked; /* requests started */
    unsigned ended[REQUESTS];
    unsigned handled[REQUESTS]; /* by the other side's number */
    bool has_response[REQUESTS];
    bool is_pending; /* a request waits for its separate answer */
    struct cc_ticket ticket;
    unsigned pending;
    uint64_t answer_at_ms;
};

struct wire {
    uint64_t seed;
    uint64_t now_ms;
    unsigned loss_percent;
    struct flight flights[FLIGHT_MAX];
    size_t count;
    struct side sides[SIDES];
    unsigned responses;
};

static uint32_t draw(struct wire *wire, uint32_t below)
{
    wire->seed ^= wire->seed << 13;
    wire->seed ^= wire->seed >> 7;
    wire->seed ^= wire->seed << 17;
    return (uint32_t)(wire->seed >> 32) % below;
}

static const uint8_t *pattern(void)
{
    static uint8_t octets[BODY_MAX];
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = coap_script_octet(i);
    }
    return octets;
}

/* Sizes depend on side and number alone, so that the other side knows them too. */
static size_t request_len(int side, unsigned number)
{
    static const size_t sizes[] = {0, 1, 64, 65, 200, 1024, 2999};
    return sizes[(number * 5 + (unsigned)side) % 7];
}

static size_t response_len(int side, unsigned number)
{
    static const size_t sizes[] = {0, 2900, 3, 64, 129, 700};
    return sizes[(number * 7 + (unsigned)side) % 6];
}

static void put_flight(struct wire *wire, int to, const uint8_t *octets, size_t len)
{
    assert_true(wire->count < FLIGHT_MAX);
    struct flight *flight = &wire->flights[wire->count++];
    flight->to = to;
    flight->len = len;
    memcpy(flight->octets, octets, len);
    /* 50 to 150 ms, and now and then up to 3 s: overtaken by what follows. */
    bool is_late = draw(wire, 100) < wire->loss_percent;
    flight->at_ms = wire->now_ms + 50 + draw(wire, is_late ? 3000 : 100);
}

static void on_send(void *context, const uint8_t *datagram, size_t len)
{
    struct side *side = context;
    struct wire *wire = side->wire;
    unsigned copies = draw(wire, 100) < wire->loss_percent ? 2 : 1;
    for (unsigned i = 0; i < copies; i++) {
        if (draw(wire, 100) >= wire->loss_percent) {
            put_flight(wire, 1 - side->index, datagram, len);
        }
    }
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    struct side *side = context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)draw(side->wire, 256);
    }
}

static void answer(struct side *side, const struct cc_ticket *ticket, unsigned number)
{
    struct cc_response response = {.code = CC_CHANGED,
                                   .content_format = 42,
                                   .payload = pattern(),
                                   .payload_len = response_len(side->index, number)};
    assert_int_equal(cc_exchange_respond(side->exchange, side->wire->now_ms, ticket, &response),
                     CC_OK);
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct side *side = context;
    const uint8_t *value = NULL;
    size_t len = 0;
    assert_true(cc_message_query(request, "n", &value, &len, NULL) && len == 1);
    unsigned number = (unsigned)(value[0] - 'a');
    assert_true(number < REQUESTS);
    side->handled[number]++;
    assert_int_equal(request->payload_len, request_len(1 - side->index, number));
    if (request->payload_len > 0) {
        assert_memory_equal(request->payload, pattern(), request->payload_len);
    }
    if (number % 3 != 0 || side->is_pending) {
        answer(side, ticket, number);
        return;
    }
    side->is_pending = true;
    side->ticket = *ticket;
    side->pending = number;
    side->answer_at_ms = side->wire->now_ms + draw(side->wire, 4000);
}

static void start_request(struct side *side)
{
    char query[] = "n=a";
    const char *queries[] = {query};
    uint32_t id = 0;
    if (side->asked == REQUESTS) {
        return;
    }
    query[2] = (char)('a' + side->asked);
    struct cc_request request = {.method = CC_POST,
                                 .path = "/x",
                                 .queries = queries,
                                 .query_count = 1,
                                 .content_format = 42,
                                 .accept = CC_FORMAT_NONE,
                                 .payload = pattern(),
                                 .payload_len = request_len(side->index, side->asked)};
    assert_int_equal(cc_exchange_request(side->exchange, side->wire->now_ms, &request, &id), CC_OK);
    side->asked++;
    assert_int_equal(id, side->asked);
    assert_int_equal(cc_exchange_request(side->exchange, side->wire->now_ms, &request, &id),
                     CC_EBUSY);
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    struct side *side = context;
    unsigned number = id - 1;
    assert_true(number < REQUESTS);
    side->ended[number]++;
    if (result == CC_RESULT_RESPONSE) {
        /* 4.08: the transfer was disturbed for good; an honest failure. */
        if (response->code == CC_CHANGED) {
            assert_int_equal(response->payload_len, response_len(1 - side->index, number));
            assert_true(response->payload_len == 0 ||
                        memcmp(response->payload, pattern(), response->payload_len) == 0);
            side->has_response[number] = true;
            side->wire->responses++;
        } else {
            assert_int_equal(response->code, CC_INCOMPLETE);
        }
    } else {
        assert_true(result == CC_RESULT_TIMEOUT || result == CC_RESULT_RESET ||
                    result == CC_RESULT_BAD_RESPONSE);
    }
    start_request(side);
}

static const struct cc_exchange_ops ops = {
    .send = on_send, .request = on_request, .response = on_response, .random = on_random};

/* ---- the clock ---- */

static uint64_t next_event(const struct wire *wire)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < wire->count; i++) {
        first = wire->flights[i].at_ms < first ? wire->flights[i].at_ms : first;
    }
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = &wire->sides[i];
        uint64_t deadline = cc_exchange_deadline(side->exchange);
        first = deadline < first ? deadline : first;
        first = side->is_pending && side->answer_at_ms < first ? side->answer_at_ms : first;
    }
    return first;
}

static void deliver(struct wire *wire)
{
    for (size_t i = 0; i < wire->count;) {
        if (wire->flights[i].at_ms > wire->now_ms) {
            i++;
            continue;
        }
        struct flight flight = wire->flights[i];
        wire->flights[i] = wire->flights[--wire->count];
        cc_exchange_input(wire->sides[flight.to].exchange, wire->now_ms, flight.octets, flight.len);
    }
}

static void run_side(struct side *side)
{
    struct wire *wire = side->wire;
    if (cc_exchange_deadline(side->exchange) <= wire->now_ms) {
        cc_exchange_timer(side->exchange, wire->now_ms);
    }
    if (side->is_pending && side->answer_at_ms <= wire->now_ms) {
        side->is_pending = false;
        answer(side, &side->ticket, side->pending);
    }
    assert_true(cc_exchange_memory(side->exchange) <= MEMORY_MAX);
}

static void run_wire(struct wire *wire)
{
    unsigned rounds = 0;
    for (int i = 0; i < SIDES; i++) {
        start_request(&wire->sides[i]);
    }
    for (uint64_t at = next_event(wire); at != UINT64_MAX; at = next_event(wire)) {
        assert_true(at >= wire->now_ms && ++rounds < 200000);
        wire->now_ms = at;
        deliver(wire);
        for (int i = 0; i < SIDES; i++) {
            run_side(&wire->sides[i]);
        }
    }
}

static void check_wire(const struct wire *wire)
{
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = &wire->sides[i];
        assert_int_equal(side->asked, REQUESTS);
        for (unsigned n = 0; n < REQUESTS; n++) {
            assert_int_equal(side->ended[n], 1);
            assert_true(wire->sides[1 - i].handled[n] <= 1);
            assert_true(!side->has_response[n] || wire->sides[1 - i].handled[n] == 1);
        }
        assert_true(cc_exchange_memory(side->exchange) <= IDLE_MAX);
    }
}

/* Requests of SIDES * REQUESTS that ended with their response. */
static unsigned run_seed(uint64_t seed, unsigned loss_percent)
{
    static struct wire wire;
    wire = (struct wire){.seed = seed * 0x9e3779b97f4a7c15U, .loss_percent = loss_percent};
    for (int i = 0; i < SIDES; i++) {
        struct side *side = &wire.sides[i];
        struct cc_parameters parameters;
        cc_parameters_default(&parameters);
        parameters.block_bytes = (uint16_t)(64U << draw(&wire, 4));
        side->wire = &wire;
        side->index = i;
        assert_int_equal(cc_exchange_new(&ops, side, &parameters, &side->exchange), CC_OK);
    }
    run_wire(&wire);
    check_wire(&wire);
    for (int i = 0; i < SIDES; i++) {
        cc_exchange_free(wire.sides[i].exchange, true);
    }
    return wire.responses;
}

static void test_loss(void **state)
{
    (void)state;
    /* Of each hundred requests, at least so many must be answered. */
    static const struct {
        unsigned loss_percent;
        unsigned answered_percent;
    } rows[] = {{0, 100}, {5, 99}, {10, 99}, {20, 94}, {30, 84}};
    enum { SEEDS = 40 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned answered = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            answered += run_seed(seed, rows[i].loss_percent);
        }
        print_message("%u%% lost, doubled, late: %u of %u answered\n", rows[i].loss_percent,
                      answered, SEEDS * SIDES * REQUESTS);
        assert_true(answered * 100 >= rows[i].answered_percent * SEEDS * SIDES * REQUESTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_loss)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
