/*
 * One peer: what is between its address and the user. Private to the endpoint's files; the public
 * half is in endpoint.h.
 *
 * Life: handshake -> open -> closed (plain sessions are born open). A session is found by its
 * address in the endpoint's table. A new handshake from the address of a session that still lives
 * is a candidate: it hangs on that session until it is complete, then takes its place. All
 * deadlines of a session share one timer, which is moved only when a deadline comes before it.
 */
#ifndef CC_SESSION_H
#define CC_SESSION_H

#include "bootstrap/coap/dtls.h"
#include "bootstrap/coap/table.h"
#include "bootstrap/coap/timer.h"

struct cc_listener;
struct cc_stream;

/* What an epoll event belongs to. */
enum cc_source_kind { CC_SOURCE_WAKE, CC_SOURCE_LISTENER, CC_SOURCE_SESSION };
struct cc_source {
    enum cc_source_kind kind;
    int fd; /* -1 = none */
};

/* Where a datagram came from and which of our addresses it came to (the wildcard unless the
 * listener is bound to it). */
struct cc_path {
    struct cc_address peer;
    struct cc_address local;
};

enum cc_session_state { CC_SESSION_HANDSHAKE, CC_SESSION_OPEN, CC_SESSION_CLOSED };

struct cc_session {
    struct cc_source source; /* its own socket: a client's, a connection's */
    bool ends_unreachable;   /* see struct cc_client */
    enum cc_session_state state;
    uint32_t busy; /* callbacks of this session that are running */
    struct cc_node node;
    struct cc_timer timer;
    struct cc_session *next; /* of all sessions of the endpoint; of the ended ones */
    struct cc_session *prev;
    struct cc_session *younger; /* of the endpoint's half-open ones */
    struct cc_session *older;
    struct cc_endpoint *endpoint;
    struct cc_listener *listener; /* NULL on a client session */
    struct cc_session *candidate;
    struct cc_session *primary; /* of a candidate */
    struct cc_dtls *dtls;       /* NULL on a plain session */
    struct cc_stream *stream;   /* NULL unless over TCP */
    struct cc_exchange *exchange;
    uint32_t retransmissions; /* of the exchange that has ended */
    void *data;
    void (*user_timer)(void *context, struct cc_session *session);
    uint64_t user_at_ms;
    uint64_t close_at_ms;
    uint64_t handshake_at_ms;  /* its budget */
    uint64_t fail_at_ms;       /* the end of a suspect one */
    uint64_t retransmit_at_ms; /* of its flight */
    uint64_t active_at_ms;     /* last packet in or out */
    uint64_t hello;            /* which ClientHello began it */
    uint64_t number;           /* the how-manieth to open */
    struct cc_parameters parameters;
    struct cc_address local;
    char peer_text[CC_ADDRESS_TEXT];
};

/* A session in the handshake state, in no table yet. LISTENER is NULL for a client. NULL = no
 * memory. */
struct cc_session *cc_session_new(struct cc_endpoint *endpoint, struct cc_listener *listener,
                                  const struct cc_path *path);
/* The handshake is done, or there is none: makes the exchange, replaces the primary, tells the
 * user. */
void cc_session_open(struct cc_session *session);
/* One datagram for this session. */
void cc_session_input(struct cc_session *session, const uint8_t *datagram, size_t len);
/* Its timer fired. */
void cc_session_due(struct cc_session *session);
/* Makes room for a new handshake: ends the oldest one if it is old enough; false when none is. */
bool cc_session_evict(struct cc_endpoint *endpoint);
/* Ends it now: callbacks, socket, table; the memory goes with the round. */
void cc_session_end(struct cc_session *session, enum cc_close reason);
/* Ends one that the user never got to know: no callback. */
void cc_session_discard(struct cc_session *session);
/* Sends one datagram to the peer; SESSION as the DTLS door hands it back. */
void cc_session_transmit(void *session, const uint8_t *datagram, size_t len);

/* Its transport stands: DTLS or TLS sets out, plain TCP sends its CSM. */
void cc_session_begin(struct cc_session *session);
/* Its transport has ended, by the peer or because it is broken: refused, or closed. */
void cc_session_broken(struct cc_session *session, bool is_by_peer);
/* Moves the timer forward after anything that may have brought a deadline nearer. */
void cc_session_rearm(struct cc_session *session);
/* Gives it its message layer; false = no memory. */
bool cc_session_carry(struct cc_session *session);

#endif
