/*
 * What the files of the TLS door share: the insides of a context and of a session. Private to
 * dtls*.c.
 */
#ifndef CC_DTLS_INTERNAL_H
#define CC_DTLS_INTERNAL_H

#include <gnutls/gnutls.h>

#include "bootstrap/coap/dtls_record.h"

#define RECORD_MAX 1400 /* what the smallest known client buffer takes */
#define DUMMY_KEY  32

struct cc_dtls_context {
    struct cc_dtls_config config;
    gnutls_priority_t priority;
    gnutls_priority_t stream_priority; /* TLS */
    gnutls_psk_server_credentials_t server;
    uint8_t dummy[DUMMY_KEY];
    size_t flight_len;
    uint8_t flight[RECORD_MAX + 64];
};

struct cc_dtls {
    struct cc_dtls_context *context;
    gnutls_session_t session;
    gnutls_psk_client_credentials_t client; /* NULL on a server session */
    void *peer;
    struct cc_records in;
    uint64_t owner;
    uint64_t stamp;
    unsigned discarded;
    bool is_stream; /* TLS: `in` holds octets, not records */
    bool is_open;
    bool was_asked; /* the peer named an identity */
    bool is_known;
    bool is_suspect;
    bool saw_ccs;
};

/* ---- dtls_session.c ---- */

/* The credentials of CLIENT for the session; CC_ENOMEM, CC_ECREDENTIAL. */
enum cc_error cc_dtls_client_credentials(struct cc_dtls *dtls, const struct cc_client *client)
    MUST_USE;

/* ---- dtls_stream.c ---- */

/* False when the library refuses the suites. */
bool cc_tls_context_init(struct cc_dtls_context *context);
/* One record, or as many as it takes. */
enum cc_error cc_tls_send(struct cc_dtls *dtls, const uint8_t *data, size_t len) MUST_USE;
/* The handshake failed by RC: true when that is how a wrong key shows. */
bool cc_tls_is_mismatch(const struct cc_dtls *dtls, int rc);

#endif
