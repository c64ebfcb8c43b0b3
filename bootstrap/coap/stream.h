/*
 * A session over TCP, and over TLS on TCP (RFC 8323): its connection, the frames on it, what waits
 * to be written. Private to the endpoint's files.
 *
 * A connection is half-open, like a DTLS handshake, until TLS is done and the peer's CSM has come:
 * the same budget ends it, the same rule lets it make room for a newcomer. Nothing blocks: what the
 * socket does not take waits in a bounded queue, and a peer that lets that overflow is closed. What
 * ends a session while its own callbacks may run (a write that failed, a queue that is full, a
 * Release whose last answer went out) only dooms it; its timer ends it within the same round.
 */
#ifndef CC_STREAM_H
#define CC_STREAM_H

#include "bootstrap/coap/endpoint_parts.h"
#include "bootstrap/coap/outbox.h"
#include "bootstrap/coap/signal.h"

#define CC_STREAM_SEND_MAX  (65536 + 1024) /* a message of ours, whatever more the peer takes */
#define CC_STREAM_QUEUE_MAX (256 * 1024)

struct cc_stream {
    struct cc_frame_reader reader;
    struct cc_outbox out;
    struct cc_signals signals;
    bool is_connecting;
    bool is_armed;   /* epoll tells when the socket takes more */
    bool is_reading; /* what is sent meanwhile goes out together */
    bool is_doomed;
    enum cc_close doom;
};

/* Gives SESSION its stream; CC_ENOMEM. */
enum cc_error cc_stream_new(struct cc_session *session) MUST_USE;
/* Wipes and frees. */
void cc_stream_free(struct cc_session *session);
/* Its socket is ready for EVENTS. */
void cc_stream_ready(struct cc_session *session, uint32_t events);
/* The connection stands, and TLS where there is one: sends our CSM. */
void cc_stream_hello(struct cc_session *session);
/* Octets of the peer, deciphered. */
void cc_stream_octets(struct cc_session *session, const uint8_t *octets, size_t len);
/* Sends MESSAGE. */
void cc_stream_message(struct cc_session *session, const struct cc_message *message);
/* Queues octets for the socket, ciphered where they must be. */
void cc_stream_queue(struct cc_session *session, const uint8_t *octets, size_t len);
/* Writes what the socket takes. */
void cc_stream_flush(struct cc_session *session);
/* RFC 8323 5.5: who was asked to release answers what is open, then closes. */
void cc_stream_settle(struct cc_session *session);
/* Release and close_notify, as far as the socket takes them. */
void cc_stream_bye(struct cc_session *session);

/* ---- stream_socket.c ---- */

/* A listening socket; *ADDRESS gets what it is bound to; -1 and errno. */
int cc_stream_listen(struct cc_address *address, bool is_shared);
/* Takes what waits at LISTENER, a bounded number of connections. */
void cc_stream_accept(struct cc_listener *listener);
/* Lets the listeners of TCP take connections again, or stops them. */
void cc_stream_accept_all(struct cc_endpoint *endpoint, bool is_on);
/* Begins to connect SESSION's socket; CC_EADDRESS, CC_EIO. */
enum cc_error cc_stream_connect(struct cc_session *session, const char *local) MUST_USE;

#endif
