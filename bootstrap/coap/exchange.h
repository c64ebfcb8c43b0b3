/*
 * The CoAP message layer of one session, and block-wise transfer above it: RFC 7252 section 4, RFC
 * 7959.
 *
 * Model. One cc_exchange a session, both roles at once. Our requests: Confirmable, one at a time
 * (NSTART = 1), retransmitted with exponential back-off, answered piggybacked or separately, bodies
 * larger than a block sent by Block1 and answers collected by Block2. The peer's requests:
 * deduplicated by Message ID for EXCHANGE_LIFETIME (same octets sent again), bodies collected by
 * Block1 up to body_max, answers larger than a block served by Block2. A request not answered when
 * its handler returns gets an empty ACK, the answer follows as a separate CON.
 *
 * Block-wise as a client: a body larger than block_bytes goes by Block1 (with Size1 and a
 * Request-Tag), down to the peer's smaller size; 4.08 starts the body again once, 4.13 with a
 * smaller size starts it again in that size. A 2.xx that does not name the block before the last
 * one was sent counts as CC_RESULT_BAD_RESPONSE: the body has not arrived. Further blocks of a
 * response are asked for in block_bytes at most. As a server: one body a session is collected at a
 * time; the payload handed to `request` is valid until that call returns. A response of several
 * blocks is kept until its last block went out or EXCHANGE_LIFETIME has passed; a later block of a
 * GET whose response is gone is a new request to the handler, and respond() sends the block asked
 * for.
 *
 * Over a reliable transport (`stream` is set, RFC 8323) there are no acknowledgements, no
 * retransmissions and no duplicates. A body goes in one message where the peer's Max-Message-Size
 * allows it, else in blocks of 1,024 octets at most, in BERT's where the peer asks for them; each
 * message of a request of ours is answered within MAX_TRANSMIT_WAIT (RFC 7252 4.8.2 of the
 * parameters: 93 s by default) or ends as CC_RESULT_TIMEOUT.
 *
 * Pure: time, randomness and sending are arguments or callbacks. Memory: small when idle; buffers
 * exist only while in use. Not thread safe: one session belongs to one thread. Callbacks may call
 * cc_exchange_request and cc_exchange_respond, not _clear.
 */
#ifndef CC_EXCHANGE_H
#define CC_EXCHANGE_H

#include "bootstrap/coap/message.h"

#define CC_EXCHANGE_LIFETIME_MS 247000 /* RFC 7252 4.8.2 with the default parameters */
#define CC_DEDUP_MAX            8      /* remembered requests of a peer; the oldest makes room */

/* RFC 7252 4.8; block and body bounds. */
struct cc_parameters {
    uint32_t ack_timeout_ms;      /* 2000 */
    uint16_t ack_random_permille; /* 1500 */
    uint8_t max_retransmit;       /* 4 */
    uint16_t block_bytes;         /* 16, 32 .. 1024; default 512 */
    uint32_t body_max_bytes;      /* largest body collected; default 65536 */
    bool is_forgetful;            /* handles a repeated request anew (against RFC 7252 4.5): for
                                     simulated peers that do so */
};
void cc_parameters_default(struct cc_parameters *parameters);

/* How a request of ours ended. */
enum cc_result {
    CC_RESULT_RESPONSE = 0, /* a final response, whatever its code; the body is whole */
    CC_RESULT_TIMEOUT,      /* MAX_RETRANSMIT reached, or no separate response in time */
    CC_RESULT_RESET,        /* the peer sent Reset */
    CC_RESULT_TOO_LARGE,    /* response body over body_max */
    CC_RESULT_BAD_RESPONSE, /* block-wise sequence or critical option of the response unusable */
    CC_RESULT_CLOSED        /* session ended first */
};
const char *cc_result_text(enum cc_result result);

/* A request of ours. PATH "/a/b", "/" = root. PAYLOAD is copied. */
struct cc_request {
    uint8_t method;
    const char *path;
    const char *const *queries; /* "ep=..", may be NULL */
    size_t query_count;
    uint16_t content_format; /* CC_FORMAT_NONE = no option */
    uint16_t accept;         /* CC_FORMAT_NONE = no option */
    const uint8_t *payload;
    size_t payload_len;
};

/* Names one request of the peer until it is answered. */
struct cc_ticket {
    uint8_t token[CC_TOKEN_MAX];
    uint8_t token_len;
    uint16_t mid;
};

struct cc_response {
    uint8_t code;
    uint16_t content_format; /* CC_FORMAT_NONE = no option */
    const uint8_t *payload;  /* copied */
    size_t payload_len;
    uint32_t max_age_s; /* 0 = no option */
};

enum cc_direction { CC_IN, CC_OUT };

struct cc_exchange_ops {
    /* Sends one message over a reliable transport (RFC 8323); set = the transport is one, and
     * `send` is not called. Not sent is lost: the session ends soon. */
    void (*stream)(void *context, const struct cc_message *message);
    /* Sends one datagram (plaintext; the session encrypts). Loss is not an error. */
    void (*send)(void *context, const uint8_t *datagram, size_t len);
    /* A whole request of the peer (payload = whole body). Answer with cc_exchange_respond now or
     * later. */
    void (*request)(void *context, const struct cc_message *request,
                    const struct cc_ticket *ticket);
    /* The end of our request ID. RESPONSE is NULL unless CC_RESULT_RESPONSE. Exactly once a
     * request, never for a cancelled one. */
    void (*response)(void *context, uint32_t id, enum cc_result result,
                     const struct cc_message *response);
    /* Every message sent or received, retransmissions and duplicates too; may be NULL. */
    void (*trace)(void *context, enum cc_direction direction, const struct cc_message *message,
                  bool is_repeat);
    /* Random octets for Message IDs, tokens and ACK_RANDOM_FACTOR. */
    void (*random)(void *context, uint8_t *out, size_t len);
};

struct cc_exchange;

/* OPS is copied. PARAMETERS out of range are brought into it. CC_ENOMEM. */
enum cc_error cc_exchange_new(const struct cc_exchange_ops *ops, void *context,
                              const struct cc_parameters *parameters, struct cc_exchange **exchange)
    MUST_USE;
/* Ends an outstanding request with CC_RESULT_CLOSED (if NOTIFY), wipes and frees. */
void cc_exchange_free(struct cc_exchange *exchange, bool notify);
/* Takes effect with the next request. */
void cc_exchange_parameters(struct cc_exchange *exchange, const struct cc_parameters *parameters);

/* One received datagram. */
void cc_exchange_input(struct cc_exchange *exchange, uint64_t now_ms, const uint8_t *datagram,
                       size_t len);
/*
 * One message of a reliable transport, with a datagram's header as frame.h gives it. CC_EFORMAT:
 * the connection cannot go on (RFC 8323 5.6). CC_ENOMEM.
 */
enum cc_error cc_exchange_input_stream(struct cc_exchange *exchange, uint64_t now_ms,
                                       const uint8_t *octets, size_t len) MUST_USE;
/* What the peer of a reliable transport takes: octets of a whole message, and blocks. */
void cc_exchange_limits(struct cc_exchange *exchange, uint32_t message_max, bool has_blocks);
/* True while a request of the peer waits for its answer. */
bool cc_exchange_is_answering(const struct cc_exchange *exchange);
/* When cc_exchange_timer wants to be called next (milliseconds, same clock), UINT64_MAX = never. */
uint64_t cc_exchange_deadline(const struct cc_exchange *exchange);
void cc_exchange_timer(struct cc_exchange *exchange, uint64_t now_ms);

/*
 * Starts a request; *ID names it in the response callback. CC_EBUSY, CC_ENOMEM, CC_ECLOSED (while
 * the exchange is freed), CC_ESPACE (path and queries leave no room, body over 16 MiB or, where the
 * peer knows no blocks, over its message size), CC_EINVAL (path without "/", segment or query over
 * 255 octets, over CC_OPTIONS_MAX of them, not a method).
 */
enum cc_error cc_exchange_request(struct cc_exchange *exchange, uint64_t now_ms,
                                  const struct cc_request *request, uint32_t *id) MUST_USE;
/*
 * Answers a request of the peer. CC_EINVAL when the ticket is not (or no longer) open or the code
 * is no response code; CC_ENOMEM and CC_ESPACE leave it open. A separate response is sent at once,
 * whether or not a request of ours is outstanding.
 */
enum cc_error cc_exchange_respond(struct cc_exchange *exchange, uint64_t now_ms,
                                  const struct cc_ticket *ticket,
                                  const struct cc_response *response) MUST_USE;
/* Forgets the outstanding request, if there is one: it is not sent again, and `response` is not
 * called for it. */
void cc_exchange_cancel(struct cc_exchange *exchange);
/* Retransmissions of ours since the session began. */
uint32_t cc_exchange_retransmissions(const struct cc_exchange *exchange);
/* Octets of memory held by this exchange now, for the budget and the benchmarks. */
size_t cc_exchange_memory(const struct cc_exchange *exchange);

#endif
