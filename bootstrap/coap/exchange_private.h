/*
 * Inside of cc_exchange, shared by exchange.c (life, timers), exchange_input.c (what arrives),
 * exchange_client.c (our requests), exchange_server.c (the peer's), exchange_draft.c (messages to
 * send), exchange_stream.c (reliable transports), block_client.c and block_server.c (RFC 7959).
 */
#ifndef CC_EXCHANGE_PRIVATE_H
#define CC_EXCHANGE_PRIVATE_H

#include "bootstrap/coap/block.h"
#include "bootstrap/coap/dedup.h"
#include "bootstrap/coap/exchange.h"

#define CC_TOKEN_BYTES 4 /* of our requests */

/* Our request from its start to its end: one message after the other, each with its own token and
 * Message ID. */
struct cc_outgoing {
    struct cc_backoff backoff; /* its deadline bounds the wait for a separate response too */
    struct cc_body body;       /* Block2: what has been collected */
    uint64_t wait_ms;          /* for a separate response: MAX_TRANSMIT_WAIT */
    size_t payload_len;
    size_t text_len; /* path and queries, each with its NUL */
    size_t offset;   /* Block1: of the block that is on the way */
    uint32_t id;
    uint16_t mid;
    uint16_t content_format;
    uint16_t accept;
    uint16_t request_tag;
    uint8_t token[CC_TOKEN_BYTES];
    uint8_t method;
    uint8_t query_count;
    uint8_t szx;       /* Block1 size in use */
    uint8_t fetch_szx; /* Block2 size to ask for */
    uint8_t etag_len;
    uint8_t etag[8];
    bool is_acked; /* an empty ACK came: the response will be separate */
    bool is_block1;
    bool is_restarted; /* a 4.08 was answered by starting again */
    bool is_fetching;  /* Block2: more than one block */
    bool is_reliable;
    uint8_t data[]; /* text, then payload */
};

/* A request body of the peer that is being collected (Block1). */
struct cc_inbound {
    struct cc_body body;
    uint64_t key;
    uint64_t expires_ms;
};

/* A response of ours larger than a block, until its last block was fetched (Block2). */
struct cc_served {
    struct cc_body body;
    uint64_t key;
    uint64_t expires_ms;
    uint32_t max_age_s;
    uint16_t content_format;
    uint8_t code;
};

struct cc_exchange {
    struct cc_exchange_ops ops;
    void *context;
    struct cc_parameters parameters;
    struct cc_outgoing *out;
    struct cc_inbound *inbound;
    struct cc_served *served;
    struct cc_dedup dedup;
    uint32_t next_id;
    uint32_t next_token;
    uint32_t retransmissions;
    uint16_t next_mid;
    uint16_t next_request_tag;
    uint16_t peer_mid;    /* reliable: names the peer's messages here */
    uint32_t message_max; /* reliable: octets of a whole message that the peer takes */
    bool has_blocks;      /* reliable: the peer knows block-wise transfer */
    bool is_closing;
};

/* ---- exchange.c ---- */

/* Message IDs count up from a random start (RFC 7252 4.4). */
uint16_t cc_exchange_next_mid(struct cc_exchange *exchange);
/* The first, random, timeout of a Confirmable message that is sent now. */
void cc_backoff_start(struct cc_exchange *exchange, struct cc_backoff *backoff, uint64_t now_ms);
/* Doubles and counts down; false when MAX_RETRANSMIT is reached. */
bool cc_backoff_next(struct cc_exchange *exchange, struct cc_backoff *backoff, uint64_t now_ms);

/* ---- exchange_draft.c ---- */

/* A message to send and the octets of its numeric options. Sticky: what does not fit is told by
 * cc_exchange_emit. */
struct cc_draft {
    struct cc_message message;
    uint8_t octets[48];
    size_t used;
    enum cc_error error;
};

/* An empty draft without token. */
void cc_draft_start(struct cc_draft *draft, enum cc_type type, uint8_t code, uint16_t mid);
/* Options come in ascending order. VALUE is borrowed until the draft is sent. */
void cc_draft_option(struct cc_draft *draft, uint16_t number, const void *value, size_t len);
/* An unsigned option, as short as it goes. */
void cc_draft_uint(struct cc_draft *draft, uint16_t number, uint32_t value);
/* LEN octets of VALUE, the last ones, in network order. */
void cc_draft_opaque(struct cc_draft *draft, uint16_t number, uint64_t value, size_t len);
/* Uri-Path options of "/a/b". */
void cc_draft_path(struct cc_draft *draft, const char *path);

/* Sends; with KEEP the datagram is also stored in that row. */
enum cc_error cc_exchange_emit(struct cc_exchange *exchange, const struct cc_draft *draft,
                               bool is_repeat, struct cc_seen *keep) MUST_USE;
void cc_exchange_emit_empty(struct cc_exchange *exchange, enum cc_type type, uint16_t mid,
                            bool is_repeat);
/* The same octets again. */
void cc_exchange_emit_again(struct cc_exchange *exchange, const uint8_t *datagram, size_t len);

/* ---- exchange_stream.c ---- */

/* True when the transport delivers each message once and in order. */
bool cc_exchange_is_reliable(const struct cc_exchange *exchange);
/* Sends over the reliable transport. */
enum cc_error cc_stream_emit(struct cc_exchange *exchange, const struct cc_draft *draft) MUST_USE;
/* Octets left for the payload of a message whose head is DRAFT's. */
size_t cc_stream_room(const struct cc_exchange *exchange, const struct cc_draft *draft);
/* The largest block not over ROOM, BERT when that is over 1,024; and its octets. */
uint8_t cc_stream_szx(size_t room);
size_t cc_stream_block(uint8_t szx, size_t room);

/* ---- exchange_client.c ---- */

/* A response that belongs to the outstanding request; ERROR is what cc_message_parse said. */
void cc_client_response(struct cc_exchange *exchange, uint64_t now_ms,
                        const struct cc_message *response, enum cc_error error);
bool cc_client_matches(const struct cc_exchange *exchange, const struct cc_message *response);
void cc_client_acked(struct cc_exchange *exchange, uint64_t now_ms);
void cc_client_end(struct cc_exchange *exchange, enum cc_result result,
                   const struct cc_message *response);
void cc_client_timer(struct cc_exchange *exchange, uint64_t now_ms);

/* ---- block_client.c ---- */

enum cc_step { CC_STEP_SEND, CC_STEP_END };
/* What a response means for the transfer: send the next message, or end with *RESULT. */
enum cc_step cc_block_client(struct cc_outgoing *out, const struct cc_message *response,
                             const struct cc_parameters *parameters, enum cc_result *result);
/* Octets of payload in the message that is on the way. */
size_t cc_block_client_len(const struct cc_outgoing *out);

/* ---- exchange_server.c ---- */

/* A request of the peer that was not seen before. */
void cc_server_request(struct cc_exchange *exchange, uint64_t now_ms,
                       const struct cc_message *request, enum cc_error error);
void cc_server_timer(struct cc_exchange *exchange, uint64_t now_ms);
/* Gives DRAFT its type, Message ID and token, sends it as the answer to ROW. */
enum cc_error cc_server_reply(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                              struct cc_draft *draft) MUST_USE;
/* Answers ROW by a bare code. */
void cc_server_reply_code(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                          uint8_t code);

/* ---- block_server.c ---- */

/*
 * The block-wise part of a request: true when REQUEST, its payload now the whole body, is to be
 * handed up; false when it was answered here. BODY owns the collected body, the caller clears it.
 */
bool cc_block_server_take(struct cc_exchange *exchange, uint64_t now_ms, struct cc_seen *row,
                          struct cc_message *request, struct cc_body *body);
/* Answers ROW with RESPONSE or the block of it that was asked for. */
enum cc_error cc_block_server_reply(struct cc_exchange *exchange, uint64_t now_ms,
                                    struct cc_seen *row, const struct cc_response *response)
    MUST_USE;
void cc_inbound_free(struct cc_exchange *exchange);
void cc_served_free(struct cc_exchange *exchange);

#endif
