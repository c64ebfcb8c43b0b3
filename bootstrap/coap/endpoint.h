/*
 * Sockets, sessions and timers of one thread: UDP and TCP (IPv4, IPv6), DTLS 1.2 and TLS 1.2 server
 * and client, plain CoAP where asked for.
 *
 * Model. A cc_endpoint is one thread's loop: any number of listeners and outgoing connections, one
 * epoll, one session table hashed by address, one timer queue. Nothing on the path of a packet is
 * linear in the number of sessions. A ClientHello without a valid cookie allocates nothing. A
 * session is known to the user by pointer from `opened` until `closed` returns.
 *
 * DTLS (GnuTLS behind dtls.c): an unknown identity meets a dummy key, so that it and a wrong key
 * look alike to the peer; both end within handshake_fail_ms of the failing record and reach
 * `refused` by their true name. A ClientHello of epoch 0 on a known address takes the cookie path;
 * when the new handshake completes, the old session is closed as CC_CLOSE_REPLACED.
 *
 * A full house (sessions_max). Whoever proves his address takes the place of the oldest handshake
 * that is older than half_open_ms, in O(1); when there is none he meets silence and may try again.
 * An established session never gives way to a stranger, and plain CoAP, which proves nothing, makes
 * nobody give way.
 *
 * TCP (RFC 8323): all of this holds above it alike. A connection is half-open until TLS is done and
 * the peer's CSM came (`opened`), may give way and be given way to as a handshake does, plain ones
 * too since TCP proves an address; refusal by capacity closes it. A wrong or unknown identity ends
 * the handshake at once. cc_session_close sends Release and close_notify as far as the socket takes
 * them. A peer that does not read is closed when 256 KiB wait for it, or as idle.
 *
 * The user's callbacks run inside cc_endpoint_poll on the same thread and must not block. Only
 * cc_endpoint_wake may be called from another thread. The monotonic clock is read here, once a
 * round.
 */
#ifndef CC_ENDPOINT_H
#define CC_ENDPOINT_H

#include "bootstrap/coap/exchange.h"

#define CC_IDENTITY_MAX 255
#define CC_KEY_MAX      64
#define CC_ADDRESS_TEXT 64 /* "[v6]:port" with NUL */

struct cc_endpoint;
struct cc_session;

/* What a PSK look-up gave. OWNER (device id) and STAMP (which key it was) are the caller's; the
 * session keeps them. */
struct cc_psk {
    uint8_t key[CC_KEY_MAX];
    size_t key_len;
    uint64_t owner;
    uint64_t stamp;
};

enum cc_close {
    CC_CLOSE_PEER,       /* close_notify or fatal alert */
    CC_CLOSE_LOCAL,      /* cc_session_close */
    CC_CLOSE_IDLE,       /* idle_ms without a packet */
    CC_CLOSE_REPLACED,   /* the same address came with a new handshake */
    CC_CLOSE_ERROR,      /* record layer broken */
    CC_CLOSE_SHUTDOWN,   /* endpoint freed */
    CC_CLOSE_UNREACHABLE /* the network says that nobody listens there; TCP, or
                            with ends_unreachable */
};
/* A few words for a log line. */
const char *cc_close_text(enum cc_close reason);

enum cc_refusal {
    CC_REFUSED_UNKNOWN_IDENTITY, /* psk() said no */
    CC_REFUSED_PSK_MISMATCH,     /* identity known, wrong key */
    CC_REFUSED_HANDSHAKE,        /* no common suite, malformed, alert .. */
    CC_REFUSED_TIMEOUT,          /* handshake_ms over */
    CC_REFUSED_CAPACITY          /* sessions_max reached: met with silence, or a handshake that
                                    gave way */
};
/* A few words for a log line. */
const char *cc_refusal_text(enum cc_refusal refusal);

struct cc_handlers {
    /* Looks a PSK identity up; false = unknown. Must answer within microseconds. */
    bool (*psk)(void *context, const uint8_t *identity, size_t identity_len, struct cc_psk *psk);
    /* Handshake complete (plain: first valid message; TCP: the peer's CSM). */
    void (*opened)(void *context, struct cc_session *session);
    void (*request)(void *context, struct cc_session *session, const struct cc_message *request,
                    const struct cc_ticket *ticket);
    void (*response)(void *context, struct cc_session *session, uint32_t id, enum cc_result result,
                     const struct cc_message *response);
    /* The session is freed when this returns. Outstanding requests have ended with CC_RESULT_CLOSED
     * before. */
    void (*closed)(void *context, struct cc_session *session, enum cc_close reason);
    /* A handshake that did not get through; IDENTITY may be empty. */
    void (*refused)(void *context, const char *peer, enum cc_refusal refusal,
                    const uint8_t *identity, size_t identity_len);
    /* Every CoAP message but signalling ones of TCP; NULL = no tracing cost. */
    void (*trace)(void *context, struct cc_session *session, enum cc_direction direction,
                  const struct cc_message *message, bool is_repeat);
};

struct cc_endpoint_config {
    const struct cc_handlers *handlers;
    void *context;
    struct cc_parameters parameters; /* of new sessions */
    size_t sessions_max;             /* 0 = 100,000 */
    /* TCP: a descriptor from this number on means a full house, so that the rest of the process
     * has some left; 0 = as many as there are. */
    uint32_t descriptors_max;
    uint32_t handshake_ms;      /* whole handshake; 0 = 60,000 */
    uint32_t half_open_ms;      /* a handshake so old may have to give way; 0 = 2,000 */
    uint32_t handshake_fail_ms; /* after a record that failed at Finished; 0 = 2,000 */
    uint32_t idle_ms;           /* 0 = 300,000 */
    uint8_t cookie_key[16];     /* same in all workers; all zero = make one */
    void (*random)(void *context, uint8_t *out, size_t len);
    void *random_context;
};

/* CONFIG and its handlers are copied. CC_EINVAL without handlers or random, CC_ENOMEM, CC_EIO. */
enum cc_error cc_endpoint_new(const struct cc_endpoint_config *config,
                              struct cc_endpoint **endpoint) MUST_USE;
/* Sends close_notify on every session, calls closed(CC_CLOSE_SHUTDOWN), frees. */
void cc_endpoint_free(struct cc_endpoint *endpoint);

/*
 * Listens on URI "coaps://host[:port]", "coap://..", "coaps+tcp://.." or "coap+tcp://..", host a
 * literal address or "localhost", port 0 = any. With is_shared the socket has SO_REUSEPORT. BOUND
 * (may be NULL) gets "127.0.0.1:5684". CC_EINVAL; CC_EADDRESS, errno says why.
 */
enum cc_error cc_endpoint_listen(struct cc_endpoint *endpoint, const char *uri, bool is_shared,
                                 char bound[CC_ADDRESS_TEXT]) MUST_USE;
/* Stops taking new handshakes and plain sessions, closes TCP listeners; existing sessions go on. */
void cc_endpoint_drain(struct cc_endpoint *endpoint);

/* Client side: one PSK credential for a connection. */
struct cc_client {
    const char *uri;         /* as for cc_endpoint_listen */
    const uint8_t *identity; /* NULL for coap:// and coap+tcp:// */
    size_t identity_len;
    const uint8_t *key;
    size_t key_len;
    const char *bind;      /* local address "127.0.0.1:0", NULL = any */
    bool ends_unreachable; /* an ICMP refusal ends it at once; else the peer may yet come up */
};
/* Starts connecting; `opened` or `refused` + `closed` follow. */
enum cc_error cc_endpoint_connect(struct cc_endpoint *endpoint, const struct cc_client *client,
                                  struct cc_session **session) MUST_USE;

/* One round: waits at most TIMEOUT_MS (-1 = until something happens), handles all that is due. */
enum cc_error cc_endpoint_poll(struct cc_endpoint *endpoint, int timeout_ms) MUST_USE;
/* Makes a waiting poll return and call the function set here; the only call allowed from other
 * threads is _wake. */
void cc_endpoint_on_wake(struct cc_endpoint *endpoint, void (*wake)(void *context), void *context);
void cc_endpoint_wake(struct cc_endpoint *endpoint);
/* Monotonic milliseconds of this round. */
uint64_t cc_endpoint_now_ms(const struct cc_endpoint *endpoint);

struct cc_endpoint_stats {
    uint64_t sessions;   /* open now, handshakes not counted */
    uint64_t handshakes; /* begun after a valid cookie; connections accepted */
    uint64_t established;
    uint64_t refused[5];                  /* by enum cc_refusal */
    uint64_t cookies;                     /* HelloVerifyRequests sent */
    uint64_t datagrams_in, datagrams_out; /* TCP: reads and writes */
    uint64_t work_per_packet_max; /* session-table and timer steps of the costliest packet: must not
                                     grow with sessions */
};
/* A copy of the counters as of this round. */
void cc_endpoint_stats(const struct cc_endpoint *endpoint, struct cc_endpoint_stats *stats);

/* ---- sessions ---- */

/* cc_exchange_request on this session; CC_ECLOSED before `opened` and after `closed`. */
enum cc_error cc_session_request(struct cc_session *session, const struct cc_request *request,
                                 uint32_t *id) MUST_USE;
/* cc_exchange_cancel on this session. */
void cc_session_cancel(struct cc_session *session);
/* cc_exchange_respond on this session; CC_ECLOSED after `closed`. */
enum cc_error cc_session_respond(struct cc_session *session, const struct cc_ticket *ticket,
                                 const struct cc_response *response) MUST_USE;
/* Transport parameters of this session from the next request on. */
void cc_session_parameters(struct cc_session *session, const struct cc_parameters *parameters);
/* close_notify, closed(CC_CLOSE_LOCAL), freed. From inside a callback of the same session it is put
 * off until that returns. */
void cc_session_close(struct cc_session *session);
void cc_session_close_later(struct cc_session *session, uint32_t delay_ms);

/* One pointer of the user's, NULL at first; never freed here. */
void *cc_session_data(const struct cc_session *session);
/* Replaces it. */
void cc_session_data_set(struct cc_session *session, void *data);
/* The peer's address, valid as long as the session. */
const char *cc_session_peer(const struct cc_session *session); /* "127.0.0.1:40000" */
bool cc_session_is_secure(const struct cc_session *session);
bool cc_session_is_tcp(const struct cc_session *session);
bool cc_session_is_client(const struct cc_session *session);
/* PSK identity, owner and stamp of a secure server session; empty and 0 otherwise. */
const uint8_t *cc_session_identity(const struct cc_session *session, size_t *len);
uint64_t cc_session_owner(const struct cc_session *session);
uint64_t cc_session_stamp(const struct cc_session *session);
/* The how-manieth of the endpoint's sessions to open, from 1; 0 before it did. */
uint64_t cc_session_number(const struct cc_session *session);
uint32_t cc_session_retransmissions(const struct cc_session *session);
/* One timer of the user's a session: TIMER(context, session) after DELAY_MS; a new call replaces
 * it, NULL stops it. */
void cc_session_timer(struct cc_session *session, uint32_t delay_ms,
                      void (*timer)(void *context, struct cc_session *session));

#endif
