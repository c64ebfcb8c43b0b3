#include "bootstrap/coap/exchange_private.h"

#include <string.h>

void cc_draft_start(struct cc_draft *draft, enum cc_type type, uint8_t code, uint16_t mid)
{
    draft->message.type = type;
    draft->message.code = code;
    draft->message.mid = mid;
    draft->message.token_len = 0;
    draft->message.option_count = 0;
    draft->message.payload = NULL;
    draft->message.payload_len = 0;
    draft->used = 0;
    draft->error = CC_OK;
}

void cc_draft_option(struct cc_draft *draft, uint16_t number, const void *value, size_t len)
{
    struct cc_message *message = &draft->message;
    if (message->option_count == CC_OPTIONS_MAX || len > UINT8_MAX) {
        draft->error = CC_EINVAL;
        return;
    }
    message->options[message->option_count++] =
        (struct cc_option){.number = number, .len = (uint16_t)len, .value = value};
}

/* RFC 7252 3.2: network order, as short as it goes. */
void cc_draft_uint(struct cc_draft *draft, uint16_t number, uint32_t value)
{
    size_t len = 0;
    for (uint32_t rest = value; rest > 0; rest >>= 8) {
        len++;
    }
    cc_draft_opaque(draft, number, value, len);
}

void cc_draft_opaque(struct cc_draft *draft, uint16_t number, uint64_t value, size_t len)
{
    uint8_t *octets = draft->octets + draft->used;
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    }
    draft->used += len;
    cc_draft_option(draft, number, octets, len);
}

void cc_draft_path(struct cc_draft *draft, const char *path)
{
    while (*path == '/' && path[1] != '\0') {
        path++;
        size_t len = strcspn(path, "/");
        cc_draft_option(draft, CC_OPT_URI_PATH, path, len);
        path += len;
    }
}

static void trace(struct cc_exchange *exchange, const struct cc_message *message, bool is_repeat)
{
    if (exchange->ops.trace != NULL) {
        exchange->ops.trace(exchange->context, CC_OUT, message, is_repeat);
    }
}

enum cc_error cc_exchange_emit(struct cc_exchange *exchange, const struct cc_draft *draft,
                               bool is_repeat, struct cc_seen *keep)
{
    uint8_t datagram[CC_DATAGRAM_MAX];
    size_t len = 0;
    enum cc_error error = draft->error;
    if (cc_exchange_is_reliable(exchange)) {
        return cc_stream_emit(exchange, draft);
    }
    if (error == CC_OK) {
        error = cc_message_build(&draft->message, datagram, sizeof datagram, &len);
    }
    if (error == CC_OK && keep != NULL) {
        error = cc_dedup_keep(&exchange->dedup, keep, datagram, len);
    }
    if (error == CC_OK) {
        trace(exchange, &draft->message, is_repeat);
        exchange->ops.send(exchange->context, datagram, len);
    }
    explicit_bzero(datagram, len);
    return error;
}

void cc_exchange_emit_empty(struct cc_exchange *exchange, enum cc_type type, uint16_t mid,
                            bool is_repeat)
{
    /* RFC 7252 4.1: a header and nothing else; needs no codec and cannot fail. */
    struct cc_message message = {.type = type, .code = CC_EMPTY, .mid = mid};
    uint8_t datagram[4] = {(uint8_t)(0x40 | (unsigned)type << 4), CC_EMPTY, (uint8_t)(mid >> 8),
                           (uint8_t)mid};
    trace(exchange, &message, is_repeat);
    exchange->ops.send(exchange->context, datagram, sizeof datagram);
}

void cc_exchange_emit_again(struct cc_exchange *exchange, const uint8_t *datagram, size_t len)
{
    struct cc_message message;
    if (exchange->ops.trace != NULL && cc_message_parse(datagram, len, &message) == CC_OK) {
        trace(exchange, &message, true);
    }
    exchange->ops.send(exchange->context, datagram, len);
}
