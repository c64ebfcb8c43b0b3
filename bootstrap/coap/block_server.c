#include "bootstrap/coap/exchange_private.h"

#include <stdlib.h>
#include <string.h>

enum { REPLY_HEAD = 64 }; /* more than header, token, marker and all options of a reply take */

/* Octets of payload that fit into one reply over a reliable transport. */
static size_t reply_room(const struct cc_exchange *exchange)
{
    return exchange->message_max > REPLY_HEAD ? exchange->message_max - REPLY_HEAD : 0;
}

static uint8_t own_szx(const struct cc_exchange *exchange)
{
    if (cc_exchange_is_reliable(exchange)) {
        return CC_SZX_BERT;
    }
    return cc_block_szx(exchange->parameters.block_bytes);
}

static uint8_t smaller(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

void cc_inbound_free(struct cc_exchange *exchange)
{
    if (exchange->inbound != NULL) {
        cc_body_clear(&exchange->inbound->body);
        free(exchange->inbound);
        exchange->inbound = NULL;
    }
}

void cc_served_free(struct cc_exchange *exchange)
{
    if (exchange->served != NULL) {
        cc_body_clear(&exchange->served->body);
        free(exchange->served);
        exchange->served = NULL;
    }
}

/* ---- Block1: collecting a body ---- */

/* RFC 7959 2.9.3: Size1 says how large a body may be. */
static void reply_too_large(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row)
{
    struct cc_draft draft;
    cc_draft_start(&draft, CC_ACK, CC_TOO_LARGE, 0);
    cc_draft_uint(&draft, CC_OPT_SIZE1, exchange->parameters.body_max_bytes);
    (void)!cc_server_reply(exchange, now_ms, row, &draft);
}

static void reply_continue(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                           struct cc_block block)
{
    struct cc_draft draft;
    block.szx = smaller(block.szx, own_szx(exchange));
    cc_draft_start(&draft, CC_ACK, CC_CONTINUE, 0);
    cc_draft_uint(&draft, CC_OPT_BLOCK1, cc_block_value(&block));
    (void)!cc_server_reply(exchange, now_ms, row, &draft);
}

/* One body at a time: a first block starts anew, whatever was there. */
static struct cc_inbound *inbound_start(struct cc_exchange *exchange, uint64_t key)
{
    cc_inbound_free(exchange);
    exchange->inbound = calloc(1, sizeof *exchange->inbound);
    if (exchange->inbound != NULL) {
        exchange->inbound->key = key;
    }
    return exchange->inbound;
}

/* The code that ends the transfer here, or CC_CONTINUE when the block has joined the body. */
static uint8_t join(struct cc_exchange *exchange, uint64_t now_ms, const struct cc_block *block,
                    const struct cc_message *request)
{
    uint64_t key = cc_block_key(request, true);
    struct cc_inbound *inbound = exchange->inbound;
    if (block->num == 0) {
        inbound = inbound_start(exchange, key);
        if (inbound == NULL) {
            return CC_INTERNAL;
        }
    } else if (inbound == NULL || inbound->key != key ||
               cc_block_offset(block) != inbound->body.len) {
        /* RFC 7959 2.9.2. What was collected stays: the stray block may be a late duplicate. */
        return CC_INCOMPLETE;
    }
    if (cc_body_append(&inbound->body, request->payload, request->payload_len,
                       exchange->parameters.body_max_bytes) != CC_OK) {
        cc_inbound_free(exchange);
        return CC_INTERNAL;
    }
    inbound->expires_ms = now_ms + CC_EXCHANGE_LIFETIME_MS;
    return CC_CONTINUE;
}

static bool is_too_large(const struct cc_exchange *exchange, const struct cc_block *block,
                         const struct cc_message *request)
{
    size_t max = exchange->parameters.body_max_bytes;
    return cc_block_offset(block) + request->payload_len > max ||
           cc_message_uint(request, CC_OPT_SIZE1, 0) > max;
}

static bool take_block1(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                        struct cc_message *request, struct cc_body *body)
{
    struct cc_block block = cc_block_from(row->block1);
    if (!cc_block_is_sound(&block, request->payload_len, cc_exchange_is_reliable(exchange))) {
        cc_server_reply_code(exchange, now_ms, row, CC_BAD_REQUEST);
        return false;
    }
    if (is_too_large(exchange, &block, request)) {
        cc_inbound_free(exchange);
        reply_too_large(exchange, now_ms, row);
        return false;
    }
    if (block.num == 0 && !block.has_more) {
        return true;
    }
    uint8_t code = join(exchange, now_ms, &block, request);
    if (code != CC_CONTINUE) {
        cc_server_reply_code(exchange, now_ms, row, code);
        return false;
    }
    if (block.has_more) {
        reply_continue(exchange, now_ms, row, block);
        return false;
    }
    *body = exchange->inbound->body;
    exchange->inbound->body = (struct cc_body){.data = NULL};
    cc_inbound_free(exchange);
    request->payload = body->data;
    request->payload_len = body->len;
    return true;
}

/* ---- Block2: serving a response ---- */

/* RFC 7959 2.3: the block asked for, in our size when that is smaller. IS_ASKED: the request had
 * the option. */
struct slice {
    struct cc_block block;
    size_t offset;
    size_t len;
    bool is_asked;
};

static struct slice slice_of(const struct cc_exchange *exchange, const struct cc_seen *row,
                             const struct cc_response *response)
{
    bool is_reliable = cc_exchange_is_reliable(exchange);
    size_t room = reply_room(exchange);
    struct slice slice = {.block = {.szx = is_reliable ? cc_block_szx(room) : own_szx(exchange)}};
    if (row->block2 != CC_BLOCK_NONE) {
        struct cc_block asked = cc_block_from(row->block2);
        slice.is_asked = true;
        slice.block.szx = smaller(asked.szx, is_reliable ? cc_stream_szx(room) : slice.block.szx);
        /* An error is no representation: it has no later blocks to ask for. */
        slice.offset = response->code >> 5 == 2 ? cc_block_offset(&asked) : 0;
    }
    size_t left = slice.offset < response->payload_len ? response->payload_len - slice.offset : 0;
    size_t bytes = cc_block_bytes(slice.block.szx);
    if (is_reliable) {
        /* What fits goes in one message, unless the peer asked for a size. */
        bytes = !slice.is_asked && left <= room ? room : cc_stream_block(slice.block.szx, room);
    }
    slice.len = left < bytes ? left : bytes;
    slice.block.has_more = left > bytes;
    slice.block.num = (uint32_t)(slice.offset / cc_block_bytes(slice.block.szx));
    return slice;
}

static void add_options(const struct cc_seen *row, const struct cc_response *response,
                        const struct slice *slice, struct cc_draft *draft)
{
    bool is_blockwise = slice->is_asked || slice->block.has_more;
    if (is_blockwise && response->code >> 5 == 2) {
        cc_draft_opaque(draft, CC_OPT_ETAG, cc_block_etag(response->payload, response->payload_len),
                        8);
    }
    if (response->content_format != CC_FORMAT_NONE) {
        cc_draft_uint(draft, CC_OPT_CONTENT_FORMAT, response->content_format);
    }
    if (response->max_age_s != 0) {
        cc_draft_uint(draft, CC_OPT_MAX_AGE, response->max_age_s);
    }
    if (is_blockwise) {
        cc_draft_uint(draft, CC_OPT_BLOCK2, cc_block_value(&slice->block));
    }
    if (row->block1 != CC_BLOCK_NONE && response->code >> 5 == 2) {
        cc_draft_uint(draft, CC_OPT_BLOCK1, row->block1);
    }
    if (slice->block.has_more && slice->offset == 0) {
        cc_draft_uint(draft, CC_OPT_SIZE2, (uint32_t)response->payload_len);
    }
}

static enum cc_error send_slice(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                                const struct cc_response *response, const struct slice *slice)
{
    struct cc_draft draft;
    if (slice->offset > 0 && slice->len == 0) {
        cc_server_reply_code(exchange, now_ms, row, CC_BAD_REQUEST);
        return CC_OK;
    }
    cc_draft_start(&draft, CC_ACK, response->code, 0);
    add_options(row, response, slice, &draft);
    draft.message.payload = slice->len > 0 ? response->payload + slice->offset : NULL;
    draft.message.payload_len = slice->len;
    return cc_server_reply(exchange, now_ms, row, &draft);
}

/* Keeps the response while blocks of it are still to be fetched. */
static enum cc_error served_start(struct cc_exchange *exchange, uint64_t now_ms,
                                  const struct cc_seen *row, const struct cc_response *response)
{
    cc_served_free(exchange);
    struct cc_served *served = calloc(1, sizeof *served);
    if (served == NULL) {
        return CC_ENOMEM;
    }
    *served = (struct cc_served){.key = row->key,
                                 .expires_ms = now_ms + CC_EXCHANGE_LIFETIME_MS,
                                 .max_age_s = response->max_age_s,
                                 .content_format = response->content_format,
                                 .code = response->code};
    exchange->served = served;
    return cc_body_append(&served->body, response->payload, response->payload_len,
                          response->payload_len);
}

enum cc_error cc_block_server_reply(struct cc_exchange *exchange, uint64_t now_ms,
                                    struct cc_seen *row, const struct cc_response *response)
{
    struct slice slice = slice_of(exchange, row, response);
    enum cc_error error = CC_OK;
    if (slice.block.has_more && cc_exchange_is_reliable(exchange) && !slice.is_asked &&
        !exchange->has_blocks) {
        return CC_ESPACE;
    }
    if (slice.block.has_more) {
        error = served_start(exchange, now_ms, row, response);
    }
    if (error == CC_OK) {
        error = send_slice(exchange, now_ms, row, response, &slice);
    }
    if (error != CC_OK && slice.block.has_more) {
        cc_served_free(exchange);
    }
    return error;
}

static void serve_next(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row)
{
    struct cc_served *served = exchange->served;
    struct cc_response response = {.code = served->code,
                                   .content_format = served->content_format,
                                   .payload = served->body.data,
                                   .payload_len = served->body.len,
                                   .max_age_s = served->max_age_s};
    struct slice slice = slice_of(exchange, row, &response);
    served->expires_ms = now_ms + CC_EXCHANGE_LIFETIME_MS;
    bool is_last = slice.len > 0 && !slice.block.has_more;
    (void)!send_slice(exchange, now_ms, row, &response, &slice);
    if (is_last) {
        cc_served_free(exchange);
    }
}

/* True when the request asks for a later block and was answered here. */
static bool take_block2(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                        const struct cc_message *request)
{
    struct cc_block block = cc_block_from(row->block2);
    if (block.szx > CC_SZX_MAX && !cc_exchange_is_reliable(exchange)) {
        cc_server_reply_code(exchange, now_ms, row, CC_BAD_REQUEST);
        return true;
    }
    if (block.num == 0) {
        return false;
    }
    if (exchange->served != NULL && exchange->served->key == row->key) {
        serve_next(exchange, now_ms, row);
        return true;
    }
    if (request->code != CC_GET) {
        /* The response is gone, and asking for a part of it must not do the work again. */
        cc_server_reply_code(exchange, now_ms, row, CC_INCOMPLETE);
        return true;
    }
    return false;
}

bool cc_block_server_take(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                          struct cc_message *request, struct cc_body *body)
{
    if (row->block2 != CC_BLOCK_NONE && take_block2(exchange, now_ms, row, request)) {
        return false;
    }
    if (row->block1 != CC_BLOCK_NONE) {
        return take_block1(exchange, now_ms, row, request, body);
    }
    if (request->payload_len > exchange->parameters.body_max_bytes) {
        reply_too_large(exchange, now_ms, row);
        return false;
    }
    return true;
}
