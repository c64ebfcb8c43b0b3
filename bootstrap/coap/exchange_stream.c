/* Requests and responses over a reliable transport: RFC 8323. */
#include "bootstrap/coap/exchange_private.h"
#include "bootstrap/coap/frame.h"

bool cc_exchange_is_reliable(const struct cc_exchange *exchange)
{
    return exchange->ops.stream != NULL;
}

void cc_exchange_limits(struct cc_exchange *exchange, uint32_t message_max, bool has_blocks)
{
    exchange->message_max = message_max;
    exchange->has_blocks = has_blocks;
}

bool cc_exchange_is_answering(const struct cc_exchange *exchange)
{
    for (size_t i = 0; exchange->dedup.rows != NULL && i < CC_DEDUP_MAX; i++) {
        if (exchange->dedup.rows[i].state == CC_SEEN_OPEN) {
            return true;
        }
    }
    return false;
}

enum cc_error cc_stream_emit(struct cc_exchange *exchange, const struct cc_draft *draft)
{
    if (draft->error != CC_OK) {
        return draft->error;
    }
    if (exchange->ops.trace != NULL) {
        exchange->ops.trace(exchange->context, CC_OUT, &draft->message, false);
    }
    exchange->ops.stream(exchange->context, &draft->message);
    return CC_OK;
}

size_t cc_stream_room(const struct cc_exchange *exchange, const struct cc_draft *draft)
{
    struct cc_frame_head head;
    size_t max = exchange->message_max;
    if (cc_frame_head(&draft->message, &head) != CC_OK) {
        return 0;
    }
    /* The header in its longest form, and the marker. */
    size_t taken = head.len + CC_FRAME_HEADER_MAX;
    return max > taken ? max - taken : 0;
}

uint8_t cc_stream_szx(size_t room)
{
    return room >= 2 * cc_block_bytes(CC_SZX_BERT) ? CC_SZX_BERT : cc_block_szx(room);
}

size_t cc_stream_block(uint8_t szx, size_t room)
{
    size_t bytes = cc_block_bytes(szx);
    return szx == CC_SZX_BERT ? room / bytes * bytes : bytes;
}

static void take(struct cc_exchange *exchange, uint64_t now_ms, const struct cc_message *message,
                 enum cc_error error)
{
    if (message->code >> 5 == 0) {
        cc_server_request(exchange, now_ms, message, error);
    } else if (cc_client_matches(exchange, message)) {
        cc_client_response(exchange, now_ms, message, error);
    }
}

enum cc_error cc_exchange_input_stream(struct cc_exchange *exchange, uint64_t now_ms,
                                       const uint8_t *octets, size_t len)
{
    struct cc_message message;
    cc_dedup_expire(&exchange->dedup, now_ms);
    enum cc_error error = cc_message_parse_stream(octets, len, &message);
    if (error != CC_OK && error != CC_EOPTION) {
        return error;
    }
    message.mid = exchange->peer_mid++;
    if (exchange->ops.trace != NULL) {
        exchange->ops.trace(exchange->context, CC_IN, &message, false);
    }
    take(exchange, now_ms, &message, error);
    return CC_OK;
}
