/*
 * What a peer sent lately, by Message ID (RFC 7252 4.5): the requests with what they were answered,
 * the separate responses.
 *
 * One allocation of CC_DEDUP_MAX rows, made with the first message and given back when all have
 * expired. The replies kept are bounded in sum by CC_DEDUP_BYTES_MAX: the oldest go first; a
 * duplicate of a request whose reply is gone is met with silence, never handled again. Pure.
 */
#ifndef CC_DEDUP_H
#define CC_DEDUP_H

#include "bootstrap/coap/exchange.h"

#define CC_DEDUP_BYTES_MAX 4096
/* How long an answer may take and still go with the ACK (RFC 7252 5.2.1); well under ACK_TIMEOUT.
 * Some clients do not go on with Block2 after a separate response. */
#define CC_ACK_DELAY_MS 100

enum cc_seen_state {
    CC_SEEN_FREE = 0,
    CC_SEEN_OPEN,     /* a request that is being worked on */
    CC_SEEN_SEPARATE, /* our separate response waits for its ACK */
    CC_SEEN_DONE
};

/* Retransmission of one Confirmable message of ours (RFC 7252 4.2). */
struct cc_backoff {
    uint64_t deadline_ms;
    uint64_t timeout_ms;
    uint8_t left;
};

struct cc_seen {
    uint64_t expires_ms;
    uint64_t key; /* cc_block_key of the request */
    struct cc_backoff backoff;
    uint8_t *reply; /* the datagram sent for it, or the separate response */
    uint32_t order; /* of arrival: many come within a millisecond */
    uint32_t block1;
    uint32_t block2;
    uint16_t reply_len;
    uint16_t mid;
    uint16_t our_mid; /* of the separate response */
    uint8_t state;
    bool is_confirmable;
    bool is_acked; /* an empty ACK went out: duplicates get that again */
    uint8_t token_len;
    uint8_t token[CC_TOKEN_MAX];
};

struct cc_dedup {
    struct cc_seen *rows;
    uint32_t next_order;
};

/* True while ROW is a Confirmable request that is neither answered nor acknowledged: its backoff
 * says when the empty ACK is due. */
static inline bool cc_seen_awaits_ack(const struct cc_seen *row)
{
    return row->state == CC_SEEN_OPEN && row->is_confirmable && !row->is_acked;
}
/* The row of a message of the peer, or NULL. */
struct cc_seen *cc_dedup_find(const struct cc_dedup *dedup, uint16_t mid);
/* The row whose separate response of ours has OUR_MID and waits for its ACK, or NULL. */
struct cc_seen *cc_dedup_find_separate(const struct cc_dedup *dedup, uint16_t our_mid);
/*
 * A new open row for MESSAGE; the oldest that is done makes room. NULL when memory is short or all
 * rows are at work.
 */
struct cc_seen *cc_dedup_add(struct cc_dedup *dedup, const struct cc_message *message,
                             uint64_t expires_ms);
/* Keeps a copy of the reply of ROW. CC_ENOMEM. */
enum cc_error cc_dedup_keep(struct cc_dedup *dedup, struct cc_seen *row, const uint8_t *reply,
                            size_t len) MUST_USE;
/* Wipes and frees the reply of ROW. */
void cc_seen_drop_reply(struct cc_seen *row);
/* Forgets what has expired; frees the table when nothing is left. */
void cc_dedup_expire(struct cc_dedup *dedup, uint64_t now_ms);
/* When something expires or is to be retransmitted, UINT64_MAX = never. */
uint64_t cc_dedup_deadline(const struct cc_dedup *dedup);
void cc_dedup_clear(struct cc_dedup *dedup);
size_t cc_dedup_memory(const struct cc_dedup *dedup);

#endif
