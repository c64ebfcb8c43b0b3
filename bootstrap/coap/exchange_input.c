#include "bootstrap/coap/exchange_private.h"

/* RFC 7252 4.2: a Confirmable message that cannot be processed is rejected by a matching Reset. */
static void reject(struct cc_exchange *exchange, const struct cc_message *message)
{
    if (message->type == CC_CON) {
        cc_exchange_emit_empty(exchange, CC_RST, message->mid, false);
    }
}

/* RFC 7252 4.5: the same answer again; one that is being worked on, the empty ACK. */
static void answer_repeat(struct cc_exchange *exchange, const struct cc_seen *row)
{
    if (row->is_acked) {
        cc_exchange_emit_empty(exchange, CC_ACK, row->mid, true);
    } else if (row->reply != NULL) {
        cc_exchange_emit_again(exchange, row->reply, row->reply_len);
    }
}

/* A separate response is acknowledged, and so are its duplicates, long after the request has ended.
 */
static void take_response(struct cc_exchange *exchange, uint64_t now_ms,
                          const struct cc_message *message, enum cc_error error)
{
    if (!cc_client_matches(exchange, message)) {
        reject(exchange, message);
        return;
    }
    if (error != CC_OK) {
        reject(exchange, message);
    } else if (message->type == CC_CON) {
        struct cc_seen *row =
            cc_dedup_add(&exchange->dedup, message, now_ms + CC_EXCHANGE_LIFETIME_MS);
        if (row != NULL) {
            row->state = CC_SEEN_DONE;
            row->is_acked = true;
        }
        cc_exchange_emit_empty(exchange, CC_ACK, message->mid, false);
    }
    cc_client_response(exchange, now_ms, message, error);
}

static void take_message(struct cc_exchange *exchange, uint64_t now_ms,
                         const struct cc_message *message, enum cc_error error)
{
    if (message->code == CC_EMPTY) {
        /* RFC 7252 4.3: an empty Confirmable message is a ping; Reset is the pong. */
        reject(exchange, message);
    } else if (message->code >> 5 == 0) {
        cc_server_request(exchange, now_ms, message, error);
    } else {
        take_response(exchange, now_ms, message, error);
    }
}

static void take_ack(struct cc_exchange *exchange, uint64_t now_ms,
                     const struct cc_message *message, enum cc_error error)
{
    struct cc_seen *row = cc_dedup_find_separate(&exchange->dedup, message->mid);
    if (row != NULL && message->code == CC_EMPTY) {
        cc_seen_drop_reply(row);
        row->state = CC_SEEN_DONE;
        return;
    }
    if (exchange->out == NULL || exchange->out->mid != message->mid) {
        return;
    }
    if (message->code == CC_EMPTY) {
        cc_client_acked(exchange, now_ms);
    } else if (message->code >> 5 != 0 && cc_client_matches(exchange, message)) {
        cc_client_response(exchange, now_ms, message, error);
    }
}

static void take_reset(struct cc_exchange *exchange, const struct cc_message *message)
{
    /* RFC 7252 4.2: a Reset that is not empty is ignored. */
    if (message->code != CC_EMPTY) {
        return;
    }
    struct cc_seen *row = cc_dedup_find_separate(&exchange->dedup, message->mid);
    if (row != NULL) {
        cc_seen_drop_reply(row);
        row->state = CC_SEEN_DONE;
    } else if (exchange->out != NULL && exchange->out->mid == message->mid) {
        cc_client_end(exchange, CC_RESULT_RESET, NULL);
    }
}

static bool is_initiating(const struct cc_message *message)
{
    return message->type == CC_CON || message->type == CC_NON;
}

static void take(struct cc_exchange *exchange, uint64_t now_ms, const struct cc_message *message,
                 enum cc_error error)
{
    struct cc_seen *row =
        is_initiating(message) ? cc_dedup_find(&exchange->dedup, message->mid) : NULL;
    if (row != NULL && exchange->parameters.is_forgetful && row->state == CC_SEEN_DONE) {
        cc_seen_drop_reply(row);
        *row = (struct cc_seen){.state = CC_SEEN_FREE};
        row = NULL;
    }
    if (exchange->ops.trace != NULL) {
        exchange->ops.trace(exchange->context, CC_IN, message, row != NULL);
    }
    if (row != NULL) {
        answer_repeat(exchange, row);
    } else if (is_initiating(message)) {
        take_message(exchange, now_ms, message, error);
    } else if (message->type == CC_ACK) {
        take_ack(exchange, now_ms, message, error);
    } else {
        take_reset(exchange, message);
    }
}

void cc_exchange_input(struct cc_exchange *exchange, uint64_t now_ms, const uint8_t *datagram,
                       size_t len)
{
    struct cc_message message;
    cc_dedup_expire(&exchange->dedup, now_ms);
    enum cc_error error = cc_message_parse(datagram, len, &message);
    if (error == CC_OK || error == CC_EOPTION) {
        take(exchange, now_ms, &message, error);
    } else if (error == CC_EFORMAT && len >= 4 && datagram[0] >> 6 == 1) {
        /* RFC 7252 3: an unknown version is met with silence. */
        reject(exchange, &message);
    }
}
