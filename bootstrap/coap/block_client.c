#include "bootstrap/coap/exchange_private.h"

#include <string.h>

static bool is_success(const struct cc_message *response)
{
    return response->code >> 5 == 2;
}

size_t cc_block_client_len(const struct cc_outgoing *out)
{
    size_t left = out->payload_len - out->offset;
    if (out->is_fetching) {
        return 0; /* RFC 7959 3.3: the body was delivered before */
    }
    return out->is_block1 && left > cc_block_bytes(out->szx) ? cc_block_bytes(out->szx) : left;
}

static enum cc_step bad(enum cc_result *result)
{
    *result = CC_RESULT_BAD_RESPONSE;
    return CC_STEP_END;
}

/* ---- Block1: sending the body ---- */

/* Begins again at the first block, under a new Request-Tag (RFC 9175 3.3). */
static enum cc_step start_again(struct cc_outgoing *out, uint8_t szx)
{
    out->is_block1 = true;
    out->offset = 0;
    out->szx = szx;
    out->request_tag++;
    return CC_STEP_SEND;
}

/* True when BLOCK acknowledges the block on the way, counted in its size or in the smaller one
 * asked for. */
static bool acknowledges(const struct cc_outgoing *out, const struct cc_block *block)
{
    return block->num == out->offset / cc_block_bytes(out->szx) ||
           cc_block_offset(block) == out->offset;
}

/*
 * RFC 7959 2.5, and figure 9 for a server that answers each block by a success of its own. A
 * success that does not name the block before all of them were sent is no success of the whole
 * body.
 */
static enum cc_step next_block(struct cc_outgoing *out, const struct cc_block *block,
                               enum cc_result *result)
{
    if (block == NULL || !acknowledges(out, block)) {
        return bad(result);
    }
    out->offset += cc_block_client_len(out);
    if (block->szx < out->szx) {
        out->szx = block->szx;
    }
    return CC_STEP_SEND;
}

/* True when the response concerns the sending of the body; *STEP says what follows. */
static bool block1_concerns(struct cc_outgoing *out, const struct cc_message *response,
                            enum cc_step *step, enum cc_result *result)
{
    struct cc_block block;
    bool has_block = cc_block_get(response, CC_OPT_BLOCK1, &block);
    bool is_last = out->offset + cc_block_client_len(out) == out->payload_len;
    if (has_block && block.szx > CC_SZX_MAX && !out->is_reliable) {
        *step = bad(result);
    } else if (response->code == CC_TOO_LARGE && has_block && block.szx < out->szx &&
               cc_block_bytes(block.szx) < out->payload_len) {
        /* RFC 7959 2.9.3: the response hints at a smaller size. */
        *step = start_again(out, block.szx);
    } else if (response->code == CC_INCOMPLETE && out->is_block1 && !out->is_restarted) {
        out->is_restarted = true;
        *step = start_again(out, out->szx);
    } else if (is_success(response) && !is_last) {
        *step = next_block(out, has_block ? &block : NULL, result);
    } else if (response->code == CC_CONTINUE) {
        *step = bad(result);
    } else {
        return false;
    }
    return true;
}

/* ---- Block2: collecting the response ---- */

/* RFC 7959 2.4: all blocks are of one representation. */
static bool same_etag(struct cc_outgoing *out, const struct cc_message *response)
{
    const struct cc_option *etag = cc_message_option(response, CC_OPT_ETAG);
    uint8_t len = etag != NULL ? (uint8_t)etag->len : 0;
    if (!out->is_fetching) {
        out->etag_len = len;
        if (len > 0) {
            memcpy(out->etag, etag->value, len);
        }
        return true;
    }
    return len == out->etag_len && (len == 0 || memcmp(out->etag, etag->value, len) == 0);
}

static bool is_next(const struct cc_outgoing *out, const struct cc_block *block,
                    const struct cc_message *response)
{
    return cc_block_is_sound(block, response->payload_len, out->is_reliable) &&
           cc_block_offset(block) == out->body.len;
}

static enum cc_step collect(struct cc_outgoing *out, const struct cc_block *block,
                            const struct cc_message *response,
                            const struct cc_parameters *parameters, enum cc_result *result)
{
    if (!is_next(out, block, response) || !same_etag(out, response)) {
        return bad(result);
    }
    if (cc_body_append(&out->body, response->payload, response->payload_len,
                       parameters->body_max_bytes) != CC_OK) {
        *result = CC_RESULT_TOO_LARGE;
        return CC_STEP_END;
    }
    if (!block->has_more) {
        return CC_STEP_END;
    }
    uint8_t own = out->is_reliable ? CC_SZX_BERT : cc_block_szx(parameters->block_bytes);
    out->fetch_szx = block->szx < own ? block->szx : own;
    out->is_fetching = true;
    return CC_STEP_SEND;
}

static enum cc_step block2_step(struct cc_outgoing *out, const struct cc_message *response,
                                const struct cc_parameters *parameters, enum cc_result *result)
{
    struct cc_block block;
    bool has_block = cc_block_get(response, CC_OPT_BLOCK2, &block);
    if (out->is_fetching && !is_success(response)) {
        return CC_STEP_END;
    }
    if (has_block) {
        return collect(out, &block, response, parameters, result);
    }
    if (out->is_fetching) {
        return bad(result);
    }
    if (response->payload_len > parameters->body_max_bytes) {
        *result = CC_RESULT_TOO_LARGE;
    }
    return CC_STEP_END;
}

enum cc_step cc_block_client(struct cc_outgoing *out, const struct cc_message *response,
                             const struct cc_parameters *parameters, enum cc_result *result)
{
    enum cc_step step = CC_STEP_END;
    *result = CC_RESULT_RESPONSE;
    if (!out->is_fetching && block1_concerns(out, response, &step, result)) {
        return step;
    }
    return block2_step(out, response, parameters, result);
}
