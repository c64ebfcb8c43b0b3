/*
 * A hostile peer, a clock and a user, all by the input, against one cc_exchange.
 *
 * The input is a list of steps: an octet that selects one, then its arguments; missing octets count
 * as 0. What must hold: at most one request of ours is outstanding, each ends exactly once and in
 * order, a passed deadline does not stay, memory is bounded.
 */
#include "bootstrap/coap/exchange.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096, TICKETS = 4, MEMORY_MAX = 7 * BODY_MAX };

/* What the user does within callbacks, besides answering. */
enum { CANCELS_WHEN_ASKED = 1, GOES_ON = 2 };

struct play {
    const uint8_t *at;
    const uint8_t *end;
    struct cc_exchange *exchange;
    uint64_t now_ms;
    uint32_t started;
    uint32_t ended;
    struct cc_ticket tickets[TICKETS];
    uint8_t ticket_next;
    uint8_t habits;
    uint8_t answers;            /* 0 = later, else at once with so many blocks of 64 */
    struct cc_message sent;     /* type, code, mid, token of the last message of ours */
    struct cc_message sent_own; /* of the last Confirmable one */
    uint8_t repeat[CC_DATAGRAM_MAX];
    size_t repeat_len;
};

static const uint8_t body[BODY_MAX + 64];

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint8_t take(struct play *play)
{
    return play->at < play->end ? *play->at++ : 0;
}

/* ---- callbacks ---- */

static void on_send(void *context, const uint8_t *datagram, size_t len)
{
    struct play *play = context;
    struct cc_message message;
    require(cc_message_parse(datagram, len, &message) == CC_OK);
    play->sent = message;
    if (message.type == CC_CON) {
        play->sent_own = message;
    }
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0x5a, len);
}

static void respond(struct play *play, const struct cc_ticket *ticket, uint8_t code, size_t len)
{
    struct cc_response response = {.code = code,
                                   .content_format = len % 2 == 0 ? 40 : CC_FORMAT_NONE,
                                   .payload = body,
                                   .payload_len = len < BODY_MAX ? len : BODY_MAX,
                                   .max_age_s = len % 3 == 0 ? 60 : 0};
    enum cc_error error = cc_exchange_respond(play->exchange, play->now_ms, ticket, &response);
    require(error == CC_OK || error == CC_EINVAL || error == CC_ENOMEM);
}

/* A cancelled request ends without a word. */
static void cancel(struct play *play)
{
    cc_exchange_cancel(play->exchange);
    play->ended = play->started;
}

static void ask(struct play *play, const struct cc_request *request)
{
    uint32_t id = 0;
    bool is_busy = play->started != play->ended;
    play->started++;
    enum cc_error error = cc_exchange_request(play->exchange, play->now_ms, request, &id);
    require(error != CC_OK || (!is_busy && id == play->started));
    require(error == CC_OK || error == CC_EBUSY || error == CC_EINVAL || error == CC_ECLOSED);
    play->started -= error != CC_OK;
}

static void go_on(struct play *play)
{
    struct cc_request request = {.method = CC_PUT,
                                 .path = "/0/1",
                                 .content_format = 11542,
                                 .accept = CC_FORMAT_NONE,
                                 .payload = body,
                                 .payload_len = play->answers * 4U};
    if (play->habits & GOES_ON) {
        ask(play, &request);
    }
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct play *play = context;
    require(request->payload_len <= BODY_MAX);
    if (play->habits & CANCELS_WHEN_ASKED) {
        cancel(play);
        go_on(play);
    }
    play->tickets[play->ticket_next++ % TICKETS] = *ticket;
    if (play->answers > 0) {
        respond(play, ticket, CC_CONTENT, (size_t)(play->answers - 1) * 64);
    }
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    struct play *play = context;
    play->ended++;
    require(id == play->ended && play->ended <= play->started);
    require((result == CC_RESULT_RESPONSE) == (response != NULL));
    require(response == NULL || response->payload_len <= BODY_MAX);
    go_on(play);
}

static void on_trace(void *context, enum cc_direction direction, const struct cc_message *message,
                     bool is_repeat)
{
    struct play *play = context;
    require(direction == CC_IN || direction == CC_OUT || is_repeat);
    require(play->exchange != NULL && message->option_count <= CC_OPTIONS_MAX);
}

static const struct cc_exchange_ops ops = {.send = on_send,
                                           .request = on_request,
                                           .response = on_response,
                                           .trace = on_trace,
                                           .random = on_random};

/* ---- steps ---- */

static void input(struct play *play, const uint8_t *datagram, size_t len)
{
    memcpy(play->repeat, datagram, len);
    play->repeat_len = len;
    cc_exchange_input(play->exchange, play->now_ms, datagram, len);
}

static void step_wait(struct play *play)
{
    uint64_t ms = take(play);
    play->now_ms += ms << (take(play) % 12);
    if (cc_exchange_deadline(play->exchange) <= play->now_ms) {
        cc_exchange_timer(play->exchange, play->now_ms);
        require(cc_exchange_deadline(play->exchange) > play->now_ms);
    }
}

static void step_raw(struct play *play)
{
    size_t len = take(play);
    size_t left = (size_t)(play->end - play->at);
    len = len < left ? len : left;
    input(play, play->at, len);
    play->at += len;
}

/* An option present when BIT of FLAGS is set, its value two octets of the input. */
static void add(struct play *play, struct cc_message *message, uint16_t number, uint8_t value[2],
                bool is_present)
{
    if (is_present) {
        value[0] = take(play);
        value[1] = take(play);
        bool is_short = value[0] == 0;
        message->options[message->option_count++] =
            (struct cc_option){number, is_short ? 1 : 2, is_short ? value + 1 : value};
    }
}

static void send_crafted(struct play *play, struct cc_message *message, uint8_t flags)
{
    uint8_t values[6][2];
    uint8_t datagram[CC_DATAGRAM_MAX];
    size_t len = 0;
    add(play, message, CC_OPT_ETAG, values[0], flags & 1);
    add(play, message, CC_OPT_URI_PATH, values[1], flags & 2);
    add(play, message, CC_OPT_BLOCK2, values[2], flags & 4);
    add(play, message, CC_OPT_BLOCK1, values[3], flags & 8);
    add(play, message, CC_OPT_SIZE1, values[4], flags & 16);
    add(play, message, CC_OPT_REQUEST_TAG, values[5], flags & 32);
    message->payload = body;
    /* Mostly whole blocks; the top bits make odd ones. */
    uint8_t size = take(play);
    message->payload_len = size < 128 ? ((size_t)16 << (size % 7)) * (size / 7 % 2) : size % 40U;
    if (cc_message_build(message, datagram, sizeof datagram, &len) == CC_OK) {
        input(play, datagram, len);
    }
}

/* An answer to what was sent last: ACK or CON, with its token; or an empty ACK or Reset. */
static void step_answer(struct play *play)
{
    uint8_t how = take(play);
    const struct cc_message *to = how & 8 ? &play->sent : &play->sent_own;
    struct cc_message message = {.type = (enum cc_type)(how & 3), .mid = to->mid};
    if (how & 4) {
        uint8_t empty[4] = {(uint8_t)(0x40 | (how & 3) << 4), 0, (uint8_t)(to->mid >> 8),
                            (uint8_t)to->mid};
        input(play, empty, sizeof empty);
        return;
    }
    if (message.type == CC_CON || message.type == CC_NON) {
        message.mid = take(play);
    }
    message.code = take(play);
    message.token_len = to->token_len;
    memcpy(message.token, to->token, to->token_len);
    send_crafted(play, &message, take(play));
}

static void step_ask(struct play *play)
{
    uint8_t how = take(play);
    struct cc_message message = {.type = (enum cc_type)(how & 1),
                                 .code = (uint8_t)(1 + (how >> 1) % 4),
                                 .mid = take(play),
                                 .token = {how, 2},
                                 .token_len = how % 3};
    send_crafted(play, &message, take(play));
}

static void step_request(struct play *play)
{
    static const char *const queries[] = {"ep=a", "x"};
    uint8_t how = take(play);
    struct cc_request request = {.method = (uint8_t)(how % 5),
                                 .path = how & 64 ? "/1/0/7" : "/",
                                 .queries = queries,
                                 .query_count = how % 3,
                                 .content_format = how & 32 ? 11542 : CC_FORMAT_NONE,
                                 .accept = how & 16 ? 112 : CC_FORMAT_NONE,
                                 .payload = body,
                                 .payload_len = (size_t)take(play) * 16};
    ask(play, &request);
}

static void step_respond(struct play *play)
{
    uint8_t how = take(play);
    uint8_t code = take(play);
    respond(play, &play->tickets[how % TICKETS], code, (size_t)take(play) * 16);
}

static void step_set(struct play *play)
{
    uint32_t timeout_ms = take(play) * 16U;
    uint8_t how = take(play);
    uint16_t block_bytes = (uint16_t)(16U << (take(play) % 7));
    uint32_t body_max_bytes = take(play) * 16U;
    play->habits = how / 64;
    struct cc_parameters parameters = {.ack_timeout_ms = timeout_ms,
                                       .ack_random_permille = 1500,
                                       .max_retransmit = how % 5,
                                       .block_bytes = block_bytes,
                                       .body_max_bytes = body_max_bytes};
    cc_exchange_parameters(play->exchange, &parameters);
    play->answers = take(play);
}

static void step_repeat(struct play *play)
{
    cc_exchange_input(play->exchange, play->now_ms, play->repeat, play->repeat_len);
}

static void (*const steps[])(struct play *play) = {
    step_wait, step_raw, step_answer, step_ask, step_request, step_respond, step_set, step_repeat};

enum { STEPS = sizeof steps / sizeof steps[0], CANCEL = 255 };

static void step(struct play *play)
{
    uint8_t which = take(play);
    if (which == CANCEL) {
        cancel(play);
    } else {
        steps[which % STEPS](play);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play play = {.at = data, .end = data + size, .now_ms = 1};
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    parameters.body_max_bytes = BODY_MAX;
    parameters.block_bytes = 64;
    require(cc_exchange_new(&ops, &play, &parameters, &play.exchange) == CC_OK);
    while (play.at < play.end) {
        step(&play);
        require(play.started - play.ended <= 1);
        require(cc_exchange_memory(play.exchange) <= MEMORY_MAX);
        require(cc_exchange_retransmissions(play.exchange) < UINT32_MAX);
    }
    cc_exchange_free(play.exchange, true);
    require(play.started == play.ended);
    return 0;
}
