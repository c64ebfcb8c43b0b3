#include "bootstrap/coap/exchange_private.h"

#include <stdlib.h>
#include <string.h>

enum { ACK_TIMEOUT_MAX_MS = 600000, RETRANSMIT_MAX = 12, RANDOM_MIN_PERMILLE = 1000 };

/* RFC 7252 4.8 */
void cc_parameters_default(struct cc_parameters *parameters)
{
    *parameters = (struct cc_parameters){
        .ack_timeout_ms = 2000,
        .ack_random_permille = 1500,
        .max_retransmit = 4,
        .block_bytes = 512,
        .body_max_bytes = 65536,
    };
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

void cc_exchange_parameters(struct cc_exchange *exchange, const struct cc_parameters *parameters)
{
    struct cc_parameters *own = &exchange->parameters;
    *own = *parameters;
    own->ack_timeout_ms = clamp(own->ack_timeout_ms, 1, ACK_TIMEOUT_MAX_MS);
    own->ack_random_permille =
        (uint16_t)clamp(own->ack_random_permille, RANDOM_MIN_PERMILLE, UINT16_MAX);
    own->max_retransmit = (uint8_t)clamp(own->max_retransmit, 0, RETRANSMIT_MAX);
    own->block_bytes = (uint16_t)cc_block_bytes(cc_block_szx(own->block_bytes));
    own->body_max_bytes = clamp(own->body_max_bytes, 1, CC_BODY_LIMIT);
}

enum cc_error cc_exchange_new(const struct cc_exchange_ops *ops, void *context,
                              const struct cc_parameters *parameters, struct cc_exchange **exchange)
{
    struct cc_exchange *made = calloc(1, sizeof *made);
    *exchange = made;
    if (made == NULL) {
        return CC_ENOMEM;
    }
    made->ops = *ops;
    made->context = context;
    cc_exchange_parameters(made, parameters);
    /* RFC 7252 4.4 and 5.3.1: random start of the Message IDs; tokens that cannot be guessed from
     * afar. */
    ops->random(context, (uint8_t *)&made->next_mid, sizeof made->next_mid);
    ops->random(context, (uint8_t *)&made->next_token, sizeof made->next_token);
    return CC_OK;
}

void cc_exchange_free(struct cc_exchange *exchange, bool notify)
{
    if (exchange == NULL) {
        return;
    }
    exchange->is_closing = true;
    if (!notify) {
        exchange->ops.response = NULL;
    }
    cc_client_end(exchange, CC_RESULT_CLOSED, NULL);
    cc_inbound_free(exchange);
    cc_served_free(exchange);
    cc_dedup_clear(&exchange->dedup);
    explicit_bzero(exchange, sizeof *exchange);
    free(exchange);
}

uint16_t cc_exchange_next_mid(struct cc_exchange *exchange)
{
    return exchange->next_mid++;
}

/* RFC 7252 4.2: the first timeout is random between ACK_TIMEOUT and ACK_TIMEOUT *
 * ACK_RANDOM_FACTOR. */
void cc_backoff_start(struct cc_exchange *exchange, struct cc_backoff *backoff, uint64_t now_ms)
{
    const struct cc_parameters *parameters = &exchange->parameters;
    uint32_t random = 0;
    exchange->ops.random(exchange->context, (uint8_t *)&random, sizeof random);
    uint64_t spread = (uint64_t)parameters->ack_timeout_ms *
                      (parameters->ack_random_permille - RANDOM_MIN_PERMILLE) / 1000;
    backoff->timeout_ms = parameters->ack_timeout_ms + random % (spread + 1);
    backoff->deadline_ms = now_ms + backoff->timeout_ms;
    backoff->left = parameters->max_retransmit;
}

bool cc_backoff_next(struct cc_exchange *exchange, struct cc_backoff *backoff, uint64_t now_ms)
{
    if (backoff->left == 0) {
        return false;
    }
    backoff->left--;
    backoff->timeout_ms *= 2;
    backoff->deadline_ms = now_ms + backoff->timeout_ms;
    exchange->retransmissions++;
    return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t cc_exchange_deadline(const struct cc_exchange *exchange)
{
    uint64_t first = cc_dedup_deadline(&exchange->dedup);
    if (exchange->out != NULL) {
        first = earlier(first, exchange->out->backoff.deadline_ms);
    }
    if (exchange->inbound != NULL) {
        first = earlier(first, exchange->inbound->expires_ms);
    }
    if (exchange->served != NULL) {
        first = earlier(first, exchange->served->expires_ms);
    }
    return first;
}

void cc_exchange_timer(struct cc_exchange *exchange, uint64_t now_ms)
{
    if (exchange->inbound != NULL && exchange->inbound->expires_ms <= now_ms) {
        cc_inbound_free(exchange);
    }
    if (exchange->served != NULL && exchange->served->expires_ms <= now_ms) {
        cc_served_free(exchange);
    }
    cc_server_timer(exchange, now_ms);
    cc_client_timer(exchange, now_ms);
}

uint32_t cc_exchange_retransmissions(const struct cc_exchange *exchange)
{
    return exchange->retransmissions;
}

size_t cc_exchange_memory(const struct cc_exchange *exchange)
{
    size_t sum = sizeof *exchange + cc_dedup_memory(&exchange->dedup);
    if (exchange->out != NULL) {
        sum += sizeof *exchange->out + exchange->out->text_len + exchange->out->payload_len +
               exchange->out->body.capacity;
    }
    if (exchange->inbound != NULL) {
        sum += sizeof *exchange->inbound + exchange->inbound->body.capacity;
    }
    if (exchange->served != NULL) {
        sum += sizeof *exchange->served + exchange->served->body.capacity;
    }
    return sum;
}

const char *cc_result_text(enum cc_result result)
{
    static const char *const texts[] = {
        [CC_RESULT_RESPONSE] = "response",
        [CC_RESULT_TIMEOUT] = "timeout",
        [CC_RESULT_RESET] = "reset",
        [CC_RESULT_TOO_LARGE] = "too large",
        [CC_RESULT_BAD_RESPONSE] = "bad response",
        [CC_RESULT_CLOSED] = "closed",
    };
    return (size_t)result < sizeof texts / sizeof texts[0] ? texts[result] : "unknown";
}
