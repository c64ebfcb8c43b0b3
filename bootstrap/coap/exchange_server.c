#include "bootstrap/coap/exchange_private.h"

#include <string.h>

/*
 * RFC 7252 5.4.1: 4.02 for a Confirmable request; a Non-confirmable one is rejected in silence.
 * Needs no row: the same again gives the same. On a reliable transport nobody would ask again.
 */
static void refuse(struct cc_exchange *exchange, const struct cc_message *request, uint8_t code)
{
    bool is_reliable = cc_exchange_is_reliable(exchange);
    if (request->type != CC_CON && !is_reliable) {
        return;
    }
    struct cc_draft draft;
    cc_draft_start(&draft, is_reliable ? CC_NON : CC_ACK, code, request->mid);
    draft.message.token_len = request->token_len;
    memcpy(draft.message.token, request->token, request->token_len);
    (void)!cc_exchange_emit(exchange, &draft, false, NULL);
}

static uint32_t block_of(const struct cc_message *request, uint16_t number)
{
    return cc_message_uint(request, number, CC_BLOCK_NONE);
}

void cc_server_request(struct cc_exchange *exchange, uint64_t now_ms,
                       const struct cc_message *request, enum cc_error error)
{
    if (error != CC_OK) {
        refuse(exchange, request, CC_BAD_OPTION);
        return;
    }
    struct cc_seen *row = cc_dedup_add(&exchange->dedup, request, now_ms + CC_EXCHANGE_LIFETIME_MS);
    if (row == NULL) {
        if (cc_exchange_is_reliable(exchange)) {
            refuse(exchange, request, CC_UNAVAILABLE);
        }
        return;
    }
    row->block1 = block_of(request, CC_OPT_BLOCK1);
    row->block2 = block_of(request, CC_OPT_BLOCK2);
    row->key = cc_block_key(request, false);
    struct cc_message whole = *request;
    struct cc_body body = {.data = NULL};
    if (cc_block_server_take(exchange, now_ms, row, &whole, &body)) {
        struct cc_ticket ticket = {.token_len = row->token_len, .mid = row->mid};
        memcpy(ticket.token, row->token, row->token_len);
        exchange->ops.request(exchange->context, &whole, &ticket);
    }
    cc_body_clear(&body);
    if (row->state == CC_SEEN_OPEN && row->is_confirmable) {
        row->backoff.deadline_ms = now_ms + CC_ACK_DELAY_MS;
    }
}

/* RFC 7252 5.2.1, 5.2.2, 5.2.3: piggybacked, separate, or Non-confirmable as the request was. */
enum cc_error cc_server_reply(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                              struct cc_draft *draft)
{
    struct cc_message *message = &draft->message;
    bool is_piggybacked = row->is_confirmable && !row->is_acked;
    message->type = !row->is_confirmable ? CC_NON : is_piggybacked ? CC_ACK : CC_CON;
    message->mid = is_piggybacked ? row->mid : cc_exchange_next_mid(exchange);
    message->token_len = row->token_len;
    memcpy(message->token, row->token, row->token_len);
    enum cc_error error =
        cc_exchange_emit(exchange, draft, false, row->is_confirmable ? row : NULL);
    if (error != CC_OK) {
        return error;
    }
    row->state = CC_SEEN_DONE;
    if (cc_exchange_is_reliable(exchange)) {
        row->expires_ms = now_ms; /* no duplicate will come */
    }
    if (message->type == CC_CON) {
        row->state = CC_SEEN_SEPARATE;
        row->our_mid = message->mid;
        cc_backoff_start(exchange, &row->backoff, now_ms);
    }
    return CC_OK;
}

void cc_server_reply_code(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                          uint8_t code)
{
    struct cc_draft draft;
    cc_draft_start(&draft, CC_ACK, code, 0);
    (void)!cc_server_reply(exchange, now_ms, row, &draft);
}

enum cc_error cc_exchange_respond(struct cc_exchange *exchange, uint64_t now_ms,
                                  const struct cc_ticket *ticket,
                                  const struct cc_response *response)
{
    struct cc_seen *row = cc_dedup_find(&exchange->dedup, ticket->mid);
    if (row == NULL || row->state != CC_SEEN_OPEN || row->token_len != ticket->token_len ||
        memcmp(row->token, ticket->token, row->token_len) != 0 || response->code >> 5 < 2 ||
        response->code >> 5 > 5) {
        return CC_EINVAL;
    }
    return response->payload_len > CC_BODY_LIMIT
               ? CC_ESPACE
               : cc_block_server_reply(exchange, now_ms, row, response);
}

/* A separate response that nobody acknowledges is sent again, then given up. */
static void retransmit(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row)
{
    if (row->state != CC_SEEN_SEPARATE || row->backoff.deadline_ms > now_ms) {
        return;
    }
    if (cc_backoff_next(exchange, &row->backoff, now_ms)) {
        cc_exchange_emit_again(exchange, row->reply, row->reply_len);
        return;
    }
    cc_seen_drop_reply(row);
    row->state = CC_SEEN_DONE;
}

/* RFC 7252 5.2.2: the answer takes longer, so the request is acknowledged without it. */
static void acknowledge(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row)
{
    if (cc_seen_awaits_ack(row) && row->backoff.deadline_ms <= now_ms) {
        row->is_acked = true;
        cc_exchange_emit_empty(exchange, CC_ACK, row->mid, false);
    }
}

void cc_server_timer(struct cc_exchange *exchange, uint64_t now_ms)
{
    cc_dedup_expire(&exchange->dedup, now_ms);
    for (size_t i = 0; exchange->dedup.rows != NULL && i < CC_DEDUP_MAX; i++) {
        acknowledge(exchange, now_ms, &exchange->dedup.rows[i]);
        retransmit(exchange, now_ms, &exchange->dedup.rows[i]);
    }
}
