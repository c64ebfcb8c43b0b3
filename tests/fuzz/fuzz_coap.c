/* A CoAP datagram from anywhere: what parses can be built again and then parses to the same. */
#include "bootstrap/coap/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void require_same(const struct cc_message *a, const struct cc_message *b)
{
    require(a->type == b->type && a->code == b->code && a->mid == b->mid);
    require(a->token_len == b->token_len && memcmp(a->token, b->token, a->token_len) == 0);
    require(a->option_count == b->option_count && a->payload_len == b->payload_len);
    require(a->payload_len == 0 || memcmp(a->payload, b->payload, a->payload_len) == 0);
    for (size_t i = 0; i < a->option_count; i++) {
        const struct cc_option *x = &a->options[i];
        const struct cc_option *y = &b->options[i];
        require(x->number == y->number && x->len == y->len &&
                (x->len == 0 || memcmp(x->value, y->value, x->len) == 0));
    }
}

static void look(const struct cc_message *message)
{
    char path[64];
    char code[8];
    const uint8_t *value = NULL;
    size_t len = 0;
    size_t count = 0;
    cc_message_path_text(message, path, sizeof path);
    require(path[0] == '/' && strlen(path) < sizeof path);
    require(strlen(cc_code_text(message->code, code)) < sizeof code);
    require(strlen(cc_type_text(message->type)) == 3);
    if (cc_message_query(message, "ep", &value, &len, &count)) {
        require(count > 0 && count <= message->option_count && value[-1] == '=');
    }
    require(!cc_message_path_is(message, "bs") || strcmp(path, "/bs") == 0);
    require(!cc_message_path_is(message, "1/0") || strcmp(path, "/1/0") == 0);
}

static void look_up(const struct cc_message *message)
{
    for (size_t i = 0; i < message->option_count; i++) {
        uint16_t number = message->options[i].number;
        const struct cc_option *first = cc_message_option(message, number);
        require(first != NULL && first <= &message->options[i]);
        require(first->len > 4 || cc_message_uint(message, number, 0) ==
                                      cc_message_uint(message, number, UINT32_MAX));
    }
    require(cc_message_uint(message, CC_OPT_IF_MATCH, 7) == 7);
}

/* No capacity below what is needed is enough, and no more is written than there is. */
static void require_refused(const struct cc_message *message, size_t len)
{
    static uint8_t out[CC_DATAGRAM_MAX];
    size_t short_len = 0;
    size_t capacity = len - 1 - message->mid % len;
    out[capacity] = 0xa5;
    require(cc_message_build(message, out, capacity, &short_len) == CC_ESPACE && short_len == 0);
    require(out[capacity] == 0xa5);
}

/* More options of one kind than fit: refused, or else what was built parses. */
static void grow(struct cc_message message)
{
    static const uint8_t text[UINT8_MAX];
    static uint8_t out[2 * CC_DATAGRAM_MAX];
    struct cc_message parsed;
    size_t len = 0;
    while (message.option_count < CC_OPTIONS_MAX) {
        message.options[message.option_count++] =
            (struct cc_option){CC_OPT_URI_QUERY, (uint16_t)(1 + message.mid % UINT8_MAX), text};
    }
    enum cc_error error = cc_message_build(&message, out, sizeof out, &len);
    require(error == CC_OK || error == CC_ESPACE || error == CC_EINVAL);
    require(error != CC_OK || cc_message_parse(out, len, &parsed) == CC_OK ||
            len > CC_DATAGRAM_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[CC_DATAGRAM_MAX];
    struct cc_message message;
    struct cc_message second;
    enum cc_error error = cc_message_parse(data, size, &message);
    require(strlen(cc_error_text(error)) > 0);
    if (error != CC_OK && error != CC_EOPTION) {
        require(error == CC_EFORMAT && message.option_count == 0 && message.payload_len == 0);
        return 0;
    }
    look(&message);
    look_up(&message);
    size_t len = 0;
    require(cc_message_build(&message, again, sizeof again, &len) == CC_OK && len <= size);
    require(cc_message_parse(again, len, &second) == CC_OK);
    require_same(&message, &second);
    require_refused(&message, len);
    grow(message);
    return 0;
}
