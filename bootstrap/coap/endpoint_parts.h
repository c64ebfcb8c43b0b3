/*
 * The parts of an endpoint that its files share. Private to endpoint*.c and session*.c.
 */
#ifndef CC_ENDPOINT_PARTS_H
#define CC_ENDPOINT_PARTS_H

#include "bootstrap/coap/session.h"

struct cc_batch;

struct cc_listener {
    struct cc_source source;
    struct cc_listener *next;
    struct cc_endpoint *endpoint;
    uint32_t id;
    bool is_secure;
    bool is_tcp;
    bool is_wildcard; /* replies name the local address */
    bool is_v6;
};

struct cc_endpoint {
    struct cc_endpoint_config config;
    struct cc_handlers handlers;
    int epoll_fd;
    struct cc_source wake_source;
    void (*wake)(void *context);
    void *wake_context;
    struct cc_listener *listeners;
    uint32_t listener_count;
    struct cc_table table;
    struct cc_wheel wheel;
    uint64_t timer_steps;
    struct cc_dtls_context *dtls;
    struct cc_session *sessions;
    struct cc_session *ended;                      /* freed at the end of the round */
    size_t accepted;                               /* server sessions that hold memory */
    struct cc_session *half_open, *half_open_last; /* server handshakes, the oldest first */
    struct cc_endpoint_stats stats;
    uint64_t now_ms;
    uint64_t capacity_told_ms;
    struct cc_timer accept_timer; /* set while TCP listeners wait for descriptors */
    bool is_polling;
    bool is_draining;
    struct cc_batch *batch;
    uint8_t plain[CC_DATAGRAM_MAX]; /* the record at hand, decrypted */
};

/* Reads the clock, unless a round is running: that has one time. */
void cc_endpoint_clock(struct cc_endpoint *endpoint);
/* Adds SOURCE to the endpoint's epoll. */
enum cc_error cc_endpoint_watch(struct cc_endpoint *endpoint, struct cc_source *source) MUST_USE;
/* Changes what epoll tells of SOURCE. */
enum cc_error cc_endpoint_rewatch(struct cc_endpoint *endpoint, struct cc_source *source,
                                  uint32_t events) MUST_USE;
/* Frees the ended sessions unless a round is running. */
void cc_endpoint_reap(struct cc_endpoint *endpoint);
/* Counts a refusal and tells the user, CAPACITY at most once a second. SESSION may be NULL. */
void cc_endpoint_refuse(struct cc_endpoint *endpoint, const struct cc_address *peer,
                        enum cc_refusal refusal, const struct cc_session *session);

/* ---- sockets ---- */

/* One UDP socket of the address's family, non-blocking; -1 on failure. */
int cc_socket_open(const struct cc_address *address);
struct cc_batch *cc_batch_new(void);
void cc_batch_free(struct cc_batch *batch);
/* The room for what is read, at least 64 KiB; used by one read at a time. */
uint8_t *cc_batch_octets(struct cc_batch *batch);
/* Reads what waits at LISTENER, a bounded number of datagrams. */
void cc_listener_read(struct cc_listener *listener);
/* Reads what waits at a client session's socket, bounded too. */
void cc_client_read(struct cc_session *session);
void cc_listener_send(struct cc_listener *listener, const struct cc_path *path,
                      const uint8_t *datagram, size_t len);
void cc_listener_free(struct cc_listener *listener);

/* ---- routing ---- */

/* Takes one datagram to its session, to the cookie or nowhere. */
void cc_packet(struct cc_listener *listener, const struct cc_path *path, const uint8_t *datagram,
               size_t len);
/* Begins and ends the count of work for one packet. */
void cc_work_begin(struct cc_endpoint *endpoint);
void cc_work_end(struct cc_endpoint *endpoint);

#endif
