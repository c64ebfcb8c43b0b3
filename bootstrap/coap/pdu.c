#include "bootstrap/coap/pdu.h"

#include <coap3/coap.h>
#include <pthread.h>
#include <string.h>

enum { HEADER_BYTES = 4 };

/* libcoap prints a warning for each bad message of a peer; a library does not print. */
static void silence(void)
{
    coap_set_log_level(LOG_EMERG);
}

static coap_pdu_t *pdu_new(const struct cc_message *message, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence);
    return coap_pdu_init((coap_pdu_type_t)message->type, (coap_pdu_code_t)message->code,
                         message->mid, size);
}

static void pdu_free(coap_pdu_t **pdu)
{
    coap_delete_pdu(*pdu);
}

#define SCOPED_PDU __attribute__((cleanup(pdu_free))) coap_pdu_t *

static enum cc_error read_options(const coap_pdu_t *pdu, const uint8_t *head,
                                  struct cc_message *message)
{
    const uint8_t *base = coap_pdu_get_token(pdu).s;
    coap_opt_iterator_t iterator;
    coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
    for (const coap_opt_t *option = coap_option_next(&iterator); option != NULL;
         option = coap_option_next(&iterator)) {
        if (message->option_count == CC_OPTIONS_MAX) {
            return CC_EFORMAT;
        }
        struct cc_option *slot = &message->options[message->option_count++];
        slot->number = iterator.number;
        slot->len = (uint16_t)coap_opt_length(option);
        slot->value = head + HEADER_BYTES + (coap_opt_value(option) - base);
    }
    return CC_OK;
}

enum cc_error cc_pdu_read(const uint8_t *head, size_t len, struct cc_message *message)
{
    struct cc_message blank = {.type = CC_CON};
    SCOPED_PDU pdu = pdu_new(&blank, len);
    if (pdu == NULL) {
        return CC_ENOMEM;
    }
    if (!coap_pdu_parse(COAP_PROTO_UDP, head, len, pdu) ||
        coap_pdu_get_token(pdu).length > CC_TOKEN_MAX) {
        return CC_EFORMAT;
    }
    coap_bin_const_t token = coap_pdu_get_token(pdu);
    message->type = (enum cc_type)coap_pdu_get_type(pdu);
    message->code = (uint8_t)coap_pdu_get_code(pdu);
    message->mid = (uint16_t)coap_pdu_get_mid(pdu);
    message->token_len = (uint8_t)token.length;
    memcpy(message->token, token.s, token.length);
    message->option_count = 0;
    return read_options(pdu, head, message);
}

/* libcoap exports no header encoder: the token, the options and the data stand together behind it.
 */
static size_t write_head(const struct cc_message *message, const coap_pdu_t *pdu, uint8_t *out,
                         size_t capacity)
{
    const uint8_t *base = coap_pdu_get_token(pdu).s;
    const uint8_t *data = NULL;
    size_t data_len = 0;
    if (!coap_get_data(pdu, &data_len, &data)) {
        return 0;
    }
    size_t body = (size_t)(data - base) - 1;
    if (HEADER_BYTES + body > capacity) {
        return 0;
    }
    out[0] = (uint8_t)(0x40 | (unsigned)message->type << 4 | message->token_len);
    out[1] = message->code;
    out[2] = (uint8_t)(message->mid >> 8);
    out[3] = (uint8_t)message->mid;
    memcpy(out + HEADER_BYTES, base, body);
    return HEADER_BYTES + body;
}

enum cc_error cc_pdu_write(const struct cc_message *message, uint8_t *out, size_t capacity,
                           size_t *len)
{
    SCOPED_PDU pdu = pdu_new(message, CC_DATAGRAM_MAX);
    if (pdu == NULL) {
        return CC_ENOMEM;
    }
    if (message->token_len > 0 && !coap_add_token(pdu, message->token_len, message->token)) {
        return CC_ESPACE;
    }
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (coap_add_option(pdu, option->number, option->len, option->value) == 0) {
            return CC_ESPACE;
        }
    }
    /* One octet of data shows where the options end without walking them again. */
    if (!coap_add_data(pdu, 1, (const uint8_t *)"")) {
        return CC_ESPACE;
    }
    *len = write_head(message, pdu, out, capacity);
    return *len > 0 ? CC_OK : CC_ESPACE;
}
