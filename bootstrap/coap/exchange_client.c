#include "bootstrap/coap/exchange_private.h"

#include <stdlib.h>
#include <string.h>

enum { QUERIES_MAX = 16 };

/* ---- building ---- */

static void add_block_options(const struct cc_outgoing *out, struct cc_draft *draft)
{
    if (out->is_fetching) {
        struct cc_block block = {.num = (uint32_t)(out->body.len / cc_block_bytes(out->fetch_szx)),
                                 .szx = out->fetch_szx};
        cc_draft_uint(draft, CC_OPT_BLOCK2, cc_block_value(&block));
    } else if (out->is_block1) {
        bool has_more = out->offset + cc_block_client_len(out) < out->payload_len;
        struct cc_block block = {.num = (uint32_t)(out->offset / cc_block_bytes(out->szx)),
                                 .szx = out->szx,
                                 .has_more = has_more};
        cc_draft_uint(draft, CC_OPT_BLOCK1, cc_block_value(&block));
        if (out->offset == 0) {
            cc_draft_uint(draft, CC_OPT_SIZE1, (uint32_t)out->payload_len);
        }
        cc_draft_opaque(draft, CC_OPT_REQUEST_TAG, out->request_tag, sizeof out->request_tag);
    }
}

/* The message that is on the way; the same state gives the same octets, so nothing is kept for
 * retransmission. */
static void build(const struct cc_outgoing *out, struct cc_draft *draft)
{
    cc_draft_start(draft, out->is_reliable ? CC_NON : CC_CON, out->method, out->mid);
    draft->message.token_len = CC_TOKEN_BYTES;
    memcpy(draft->message.token, out->token, CC_TOKEN_BYTES);
    const char *text = (const char *)out->data;
    cc_draft_path(draft, text);
    if (out->content_format != CC_FORMAT_NONE) {
        cc_draft_uint(draft, CC_OPT_CONTENT_FORMAT, out->content_format);
    }
    for (uint8_t i = 0; i < out->query_count; i++) {
        text += strlen(text) + 1;
        cc_draft_option(draft, CC_OPT_URI_QUERY, text, strlen(text));
    }
    if (out->accept != CC_FORMAT_NONE) {
        cc_draft_uint(draft, CC_OPT_ACCEPT, out->accept);
    }
    add_block_options(out, draft);
    draft->message.payload_len = cc_block_client_len(out);
    draft->message.payload = out->data + out->text_len + out->offset;
}

/* A new message of the request: own Message ID, own token, the retransmission counter afresh. */
static enum cc_error send_new(struct cc_exchange *exchange, uint64_t now_ms)
{
    struct cc_outgoing *out = exchange->out;
    struct cc_draft draft;
    uint32_t token = exchange->next_token++;
    for (size_t i = 0; i < CC_TOKEN_BYTES; i++) {
        out->token[i] = (uint8_t)(token >> (8 * (CC_TOKEN_BYTES - 1 - i)));
    }
    out->mid = cc_exchange_next_mid(exchange);
    out->is_acked = out->is_reliable;
    cc_backoff_start(exchange, &out->backoff, now_ms);
    if (out->is_reliable) {
        out->backoff.deadline_ms = now_ms + out->wait_ms;
    }
    build(out, &draft);
    return cc_exchange_emit(exchange, &draft, false, NULL);
}

/* ---- life ---- */

static size_t text_bytes(const struct cc_request *request)
{
    size_t len = strlen(request->path) + 1;
    for (size_t i = 0; i < request->query_count; i++) {
        len += strlen(request->queries[i]) + 1;
    }
    return len;
}

static void copy_text(struct cc_outgoing *out, const struct cc_request *request)
{
    char *at = stpcpy((char *)out->data, request->path) + 1;
    for (size_t i = 0; i < request->query_count; i++) {
        at = stpcpy(at, request->queries[i]) + 1;
    }
    if (request->payload_len > 0) {
        memcpy(at, request->payload, request->payload_len);
    }
}

/* RFC 7252 4.8.2: MAX_TRANSMIT_WAIT. */
static uint64_t transmit_wait(const struct cc_parameters *parameters)
{
    return (uint64_t)parameters->ack_timeout_ms * ((2ULL << parameters->max_retransmit) - 1) *
           parameters->ack_random_permille / 1000;
}

static struct cc_outgoing *outgoing_new(struct cc_exchange *exchange,
                                        const struct cc_request *request)
{
    size_t text_len = text_bytes(request);
    struct cc_outgoing *out = calloc(1, sizeof *out + text_len + request->payload_len);
    if (out == NULL) {
        return NULL;
    }
    out->id = ++exchange->next_id;
    out->method = request->method;
    out->content_format = request->content_format;
    out->accept = request->accept;
    out->query_count = (uint8_t)request->query_count;
    out->text_len = text_len;
    out->payload_len = request->payload_len;
    out->szx = cc_block_szx(exchange->parameters.block_bytes);
    out->is_block1 = request->payload_len > cc_block_bytes(out->szx);
    out->request_tag = exchange->next_request_tag;
    /* One more is kept for a transfer that has to start again. */
    exchange->next_request_tag = (uint16_t)(exchange->next_request_tag + 2);
    out->wait_ms = transmit_wait(&exchange->parameters);
    out->is_reliable = cc_exchange_is_reliable(exchange);
    copy_text(out, request);
    return out;
}

/* Reliable: in one message, or in blocks that leave room for their options. */
static enum cc_error choose_size(const struct cc_exchange *exchange, struct cc_outgoing *out)
{
    struct cc_draft draft;
    out->is_block1 = false;
    build(out, &draft);
    if (draft.error != CC_OK) {
        return draft.error;
    }
    out->szx = CC_SZX_BERT;
    if (out->payload_len <= cc_stream_room(exchange, &draft)) {
        return CC_OK;
    }
    out->is_block1 = true;
    build(out, &draft);
    size_t room = cc_stream_room(exchange, &draft);
    out->szx = cc_block_szx(room);
    return exchange->has_blocks && room >= cc_block_bytes(0) ? CC_OK : CC_ESPACE;
}

static void outgoing_free(struct cc_outgoing *out)
{
    cc_body_clear(&out->body);
    explicit_bzero(out, sizeof *out + out->text_len + out->payload_len);
    free(out);
}

static enum cc_error check_request(const struct cc_exchange *exchange,
                                   const struct cc_request *request)
{
    if (exchange->is_closing) {
        return CC_ECLOSED;
    }
    if (exchange->out != NULL) {
        return CC_EBUSY;
    }
    if (request->method == CC_EMPTY || request->method >> 5 != 0 || request->path[0] != '/' ||
        request->query_count > QUERIES_MAX) {
        return CC_EINVAL;
    }
    return request->payload_len > CC_BODY_LIMIT ? CC_ESPACE : CC_OK;
}

enum cc_error cc_exchange_request(struct cc_exchange *exchange, uint64_t now_ms,
                                  const struct cc_request *request, uint32_t *id)
{
    enum cc_error error = check_request(exchange, request);
    if (error != CC_OK) {
        return error;
    }
    exchange->out = outgoing_new(exchange, request);
    if (exchange->out == NULL) {
        return CC_ENOMEM;
    }
    *id = exchange->out->id;
    if (exchange->out->is_reliable) {
        error = choose_size(exchange, exchange->out);
    }
    if (error == CC_OK) {
        error = send_new(exchange, now_ms);
    }
    if (error != CC_OK) {
        outgoing_free(exchange->out);
        exchange->out = NULL;
    }
    return error;
}

void cc_client_end(struct cc_exchange *exchange, enum cc_result result,
                   const struct cc_message *response)
{
    struct cc_outgoing *out = exchange->out;
    if (out == NULL) {
        return;
    }
    exchange->out = NULL;
    if (exchange->ops.response != NULL) {
        exchange->ops.response(exchange->context, out->id, result, response);
    }
    outgoing_free(out);
}

/* RFC 7252 4.2: retransmission may be given up before MAX_RETRANSMIT. */
void cc_exchange_cancel(struct cc_exchange *exchange)
{
    if (exchange->out != NULL) {
        outgoing_free(exchange->out);
        exchange->out = NULL;
    }
}

/* ---- events ---- */

bool cc_client_matches(const struct cc_exchange *exchange, const struct cc_message *response)
{
    return exchange->out != NULL && response->token_len == CC_TOKEN_BYTES &&
           memcmp(response->token, exchange->out->token, CC_TOKEN_BYTES) == 0;
}

void cc_client_acked(struct cc_exchange *exchange, uint64_t now_ms)
{
    if (!exchange->out->is_acked) {
        exchange->out->is_acked = true;
        exchange->out->backoff.deadline_ms = now_ms + exchange->out->wait_ms;
    }
}

void cc_client_response(struct cc_exchange *exchange, uint64_t now_ms,
                        const struct cc_message *response, enum cc_error error)
{
    struct cc_outgoing *out = exchange->out;
    enum cc_result result = CC_RESULT_BAD_RESPONSE;
    enum cc_step step = CC_STEP_END;
    if (error == CC_OK) {
        step = cc_block_client(out, response, &exchange->parameters, &result);
    }
    if (step == CC_STEP_SEND) {
        /* What cannot be sent now is lost like any datagram: the timer sends it again. */
        (void)!send_new(exchange, now_ms);
        return;
    }
    if (result != CC_RESULT_RESPONSE) {
        cc_client_end(exchange, result, NULL);
        return;
    }
    struct cc_message whole = *response;
    if (out->is_fetching && out->body.data != NULL && response->code >> 5 == 2) {
        whole.payload = out->body.data;
        whole.payload_len = out->body.len;
    }
    cc_client_end(exchange, result, &whole);
}

void cc_client_timer(struct cc_exchange *exchange, uint64_t now_ms)
{
    struct cc_outgoing *out = exchange->out;
    if (out == NULL || out->backoff.deadline_ms > now_ms) {
        return;
    }
    if (out->is_acked || !cc_backoff_next(exchange, &out->backoff, now_ms)) {
        cc_client_end(exchange, CC_RESULT_TIMEOUT, NULL);
        return;
    }
    struct cc_draft draft;
    build(out, &draft);
    (void)!cc_exchange_emit(exchange, &draft, true, NULL);
}
