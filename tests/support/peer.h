/*
 * One endpoint of bootstrap/coap with handlers that note what happened, for tests over real
 * loopback. Time is bounded: a run that does not reach its condition ends after its milliseconds
 * and says false.
 */
#ifndef IMPRINT_TESTS_SUPPORT_PEER_H
#define IMPRINT_TESTS_SUPPORT_PEER_H

#include "bootstrap/coap/endpoint.h"

#define PEER_KEY    "0123456789abcdef"
#define PEER_OWNER  7
#define PEER_RUN_MS 10000

struct peer {
    struct cc_endpoint *endpoint;
    char bound[CC_ADDRESS_TEXT];
    char uri[CC_ADDRESS_TEXT + 16];
    /* What psk() knows: one identity with PEER_KEY; with is_open any identity that begins with
     * "dev". */
    const char *identity;
    size_t identity_len;
    bool is_open;
    bool is_mute;               /* requests are left unanswered */
    bool is_echo;               /* the request's payload comes back, else 2.04 without one */
    bool closes_inside;         /* cc_session_close from the request handler */
    struct cc_session *session; /* last opened, NULL once closed */
    unsigned opened, closed, requests, responses, refused, timers;
    enum cc_close close;
    enum cc_refusal refusal;
    uint8_t refused_identity[CC_IDENTITY_MAX];
    size_t refused_identity_len;
    enum cc_result result;
    uint8_t code;
    uint8_t payload[65536];
    size_t payload_len;
    uint8_t written[1024]; /* of the last PUT */
    size_t written_len;
    unsigned traced;
    bool wants_trace;
};

/* The settings that the tests start from. */
struct cc_endpoint_config peer_config(struct peer *peer);
/* Makes the endpoint; CONFIG may be NULL. Asserts success. */
void peer_start(struct peer *peer, const struct cc_endpoint_config *config);
/* Listens on "coaps://127.0.0.1:0" and the like; sets `bound` and `uri`. */
void peer_listen(struct peer *peer, const char *uri, bool is_shared);
void peer_stop(struct peer *peer);

/* A client session to URI with a PSK (NULL identity for coap:// and coap+tcp://); BIND may be NULL.
 */
struct cc_session *peer_connect(struct peer *peer, const char *uri, const char *identity,
                                const char *key, const char *bind);
/* POST /bs with LEN octets. */
uint32_t peer_post(struct cc_session *session, size_t len);

/* Polls both (B may be NULL) by turns until IS_DONE(context) or MS are over. */
bool peer_run(struct peer *a, struct peer *b, bool (*is_done)(const void *context),
              const void *context, unsigned ms);
/* Polls both for MS whatever happens. */
void peer_pass(struct peer *a, struct peer *b, unsigned ms);
/* Conditions on one peer. */
bool peer_has_opened(const void *peer);
bool peer_has_closed(const void *peer);
bool peer_has_refused(const void *peer);
bool peer_has_response(const void *peer);

/* A UDP socket connected to BOUND, bound to BIND or any; -1 on failure. */
int peer_raw_socket(const char *bound, const char *bind);
/* A TCP socket connected to BOUND; -1 on failure. */
int peer_raw_tcp(const char *bound);
/* The system's random octets, as an endpoint wants them. */
void peer_random(void *context, uint8_t *out, size_t len);
uint64_t peer_clock_ms(void);

#endif
