#include <errno.h>
#include <gnutls/dtls.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/dtls_internal.h"

#define FLIGHT_MAX    1232 /* 1,280 less IPv6 and UDP headers */
#define RETRANSMIT_MS 1000 /* RFC 6347 4.2.4.1 */

/* The suites of LwM2M PSK (C0A8, 00AE) first; then what else a modern peer may offer with a PSK. */
static const char SUITES[] =
    "NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AES-128-CCM:+AES-128-GCM:+AES-128-CBC:+AEAD:+SHA256:"
    "+PSK:+ECDHE-PSK:+SIGN-ECDSA-SHA256:+GROUP-SECP256R1:+COMP-NULL:%SERVER_PRECEDENCE";

/* ---- transport ---- */

static void flush(struct cc_dtls *dtls)
{
    struct cc_dtls_context *context = dtls->context;
    if (context->flight_len) {
        size_t len = context->flight_len;
        context->flight_len = 0;
        context->config.send(dtls->peer, context->flight, len);
    }
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t len)
{
    struct cc_dtls *dtls = transport;
    struct cc_dtls_context *context = dtls->context;
    if (len > sizeof context->flight) {
        gnutls_transport_set_errno(dtls->session, EMSGSIZE);
        return -1;
    }
    if (context->flight_len + len > FLIGHT_MAX) {
        flush(dtls);
    }
    memcpy(context->flight + context->flight_len, data, len);
    context->flight_len += len;
    return (ssize_t)len;
}

/* One record at a time, so that what the library thinks of one does not touch those behind it. */
static ssize_t pull(gnutls_transport_ptr_t transport, void *out, size_t capacity)
{
    struct cc_dtls *dtls = transport;
    size_t len = cc_records_take(&dtls->in, out, capacity);
    if (!len) {
        gnutls_transport_set_errno(dtls->session, EAGAIN);
        return -1;
    }
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t transport, unsigned ms)
{
    (void)ms;
    const struct cc_dtls *dtls = transport;
    return dtls->in.len > 0;
}

/* ---- context ---- */

uint8_t *cc_dtls_cookie_key(struct cc_dtls_context *context)
{
    return context->config.cookie_key;
}

/* An unknown identity is answered with a dummy key: -1 would send an alert and tell the peer that
 * it is unknown. */
static int psk_for_peer(gnutls_session_t session, const gnutls_datum_t *identity,
                        gnutls_datum_t *key)
{
    struct cc_dtls *dtls = gnutls_session_get_ptr(session);
    const struct cc_dtls_config *config = &dtls->context->config;
    struct cc_psk psk = {.key_len = 0};
    dtls->is_known = config->psk(config->psk_context, identity->data, identity->size, &psk) &&
                     psk.key_len > 0 && psk.key_len <= sizeof psk.key;
    dtls->was_asked = true;
    dtls->owner = dtls->is_known ? psk.owner : 0;
    dtls->stamp = dtls->is_known ? psk.stamp : 0;
    if (!dtls->is_known) {
        psk.key_len = DUMMY_KEY;
        memcpy(psk.key, dtls->context->dummy, DUMMY_KEY);
    }
    key->data = gnutls_malloc(psk.key_len);
    if (key->data) {
        memcpy(key->data, psk.key, psk.key_len);
        key->size = (unsigned)psk.key_len;
    }
    explicit_bzero(&psk, sizeof psk);
    return key->data ? 0 : -1;
}

enum cc_error cc_dtls_context_new(const struct cc_dtls_config *config,
                                  struct cc_dtls_context **context)
{
    struct cc_dtls_context *made = calloc(1, sizeof *made);
    if (!made) {
        return CC_ENOMEM;
    }
    made->config = *config;
    config->random(config->random_context, made->dummy, sizeof made->dummy);
    if (gnutls_priority_init(&made->priority, SUITES, NULL) < 0 || !cc_tls_context_init(made) ||
        gnutls_psk_allocate_server_credentials(&made->server) < 0) {
        cc_dtls_context_free(made);
        return CC_ENOMEM;
    }
    gnutls_psk_set_server_credentials_function2(made->server, psk_for_peer);
    *context = made;
    return CC_OK;
}

void cc_dtls_context_free(struct cc_dtls_context *context)
{
    if (!context) {
        return;
    }
    if (context->server) {
        gnutls_psk_free_server_credentials(context->server);
    }
    if (context->priority) {
        gnutls_priority_deinit(context->priority);
    }
    if (context->stream_priority) {
        gnutls_priority_deinit(context->stream_priority);
    }
    explicit_bzero(context, sizeof *context);
    free(context);
}

/* ---- sessions ---- */

static enum cc_error session_new(struct cc_dtls_context *context, unsigned role, void *peer,
                                 struct cc_dtls **dtls)
{
    struct cc_dtls *made = calloc(1, sizeof *made);
    if (!made) {
        return CC_ENOMEM;
    }
    made->context = context;
    made->peer = peer;
    unsigned flags =
        role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL;
    if (gnutls_init(&made->session, flags) < 0) {
        made->session = NULL;
        cc_dtls_free(made);
        return CC_ENOMEM;
    }
    gnutls_session_t session = made->session;
    /* Else the library would write session secrets to the file that SSLKEYLOGFILE names. */
    gnutls_session_set_keylog_function(session, NULL);
    gnutls_session_set_ptr(session, made);
    gnutls_transport_set_ptr(session, made);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_dtls_set_mtu(session, FLIGHT_MAX);
    /* The caller's budget ends a handshake, not the library's own clock. */
    gnutls_dtls_set_timeouts(session, RETRANSMIT_MS, context->config.handshake_ms * 2);
    if (gnutls_priority_set(session, context->priority) < 0) {
        cc_dtls_free(made);
        return CC_ENOMEM;
    }
    *dtls = made;
    return CC_OK;
}

enum cc_error cc_dtls_accept(struct cc_dtls_context *context, const uint8_t *hello, void *peer,
                             struct cc_dtls **dtls)
{
    struct cc_dtls *made;
    enum cc_error error = session_new(context, GNUTLS_SERVER, peer, &made);
    if (error != CC_OK) {
        return error;
    }
    if (gnutls_credentials_set(made->session, GNUTLS_CRD_PSK, context->server) < 0) {
        cc_dtls_free(made);
        return CC_ENOMEM;
    }
    gnutls_dtls_prestate_st prestate = {.record_seq = hello[DTLS_SEQUENCE_LOW],
                                        .hsk_read_seq = hello[DTLS_MESSAGE_SEQ],
                                        .hsk_write_seq = 0};
    gnutls_dtls_prestate_set(made->session, &prestate);
    *dtls = made;
    return CC_OK;
}

enum cc_error cc_dtls_client_credentials(struct cc_dtls *dtls, const struct cc_client *client)
{
    if (!client->identity || !client->key || client->key_len == 0 || client->key_len > CC_KEY_MAX ||
        client->identity_len > CC_DTLS_IDENTITY_MAX) {
        return CC_ECREDENTIAL;
    }
    if (gnutls_psk_allocate_client_credentials(&dtls->client) < 0) {
        dtls->client = NULL;
        return CC_ENOMEM;
    }
    /* The library copies both. */
    gnutls_datum_t identity = {(unsigned char *)(uintptr_t)client->identity,
                               (unsigned)client->identity_len};
    gnutls_datum_t key = {(unsigned char *)(uintptr_t)client->key, (unsigned)client->key_len};
    if (gnutls_psk_set_client_credentials2(dtls->client, &identity, &key, GNUTLS_PSK_KEY_RAW) < 0 ||
        gnutls_credentials_set(dtls->session, GNUTLS_CRD_PSK, dtls->client) < 0) {
        return CC_ECREDENTIAL;
    }
    return CC_OK;
}

enum cc_error cc_dtls_connect(struct cc_dtls_context *context, const struct cc_client *client,
                              void *peer, struct cc_dtls **dtls)
{
    struct cc_dtls *made;
    enum cc_error error = session_new(context, GNUTLS_CLIENT, peer, &made);
    if (error != CC_OK) {
        return error;
    }
    error = cc_dtls_client_credentials(made, client);
    if (error != CC_OK) {
        cc_dtls_free(made);
        return error;
    }
    *dtls = made;
    return CC_OK;
}

void cc_dtls_free(struct cc_dtls *dtls)
{
    if (!dtls) {
        return;
    }
    if (dtls->session) {
        gnutls_deinit(dtls->session);
    }
    if (dtls->client) {
        gnutls_psk_free_client_credentials(dtls->client);
    }
    explicit_bzero(dtls, sizeof *dtls);
    free(dtls);
}

void cc_dtls_feed(struct cc_dtls *dtls, const uint8_t *datagram, size_t len)
{
    if (dtls->is_stream) {
        dtls->in = (struct cc_records){.at = datagram, .len = len};
        return;
    }
    dtls->in = cc_records_of(datagram, len);
    dtls->saw_ccs |= dtls->in.has_ccs;
}

/* Only a protected record that is dropped after the peer's identity and ChangeCipherSpec tells of a
 * wrong key; one that overtook them does not. */
static void suspect(struct cc_dtls *dtls)
{
    unsigned discarded = gnutls_record_get_discarded(dtls->session);
    if (discarded != dtls->discarded && dtls->in.has_protected && dtls->saw_ccs &&
        dtls->was_asked) {
        dtls->is_suspect = true;
    }
    dtls->discarded = discarded;
}

static enum cc_dtls_event ending(int rc)
{
    return rc == GNUTLS_E_FATAL_ALERT_RECEIVED || rc == GNUTLS_E_PREMATURE_TERMINATION
               ? CC_DTLS_ENDED
               : CC_DTLS_FAILED;
}

static enum cc_dtls_event step_handshake(struct cc_dtls *dtls)
{
    int rc;
    do {
        rc = gnutls_handshake(dtls->session);
    } while (rc < 0 && !gnutls_error_is_fatal(rc) && dtls->in.len);
    if (dtls->is_stream) {
        dtls->is_suspect = cc_tls_is_mismatch(dtls, rc);
    } else {
        suspect(dtls);
    }
    if (rc == GNUTLS_E_SUCCESS) {
        dtls->is_open = true;
        dtls->is_suspect = false;
        if (!dtls->is_stream) {
            gnutls_dtls_set_mtu(dtls->session, RECORD_MAX);
        }
        flush(dtls);
        return CC_DTLS_OPENED;
    }
    if (gnutls_error_is_fatal(rc) && rc != GNUTLS_E_FATAL_ALERT_RECEIVED) {
        gnutls_alert_send_appropriate(dtls->session, rc);
    }
    flush(dtls);
    return gnutls_error_is_fatal(rc) ? ending(rc) : CC_DTLS_WAIT;
}

static enum cc_dtls_event step_record(struct cc_dtls *dtls, uint8_t *buffer, size_t capacity,
                                      size_t *len)
{
    ssize_t rc;
    do {
        rc = gnutls_record_recv(dtls->session, buffer, capacity);
    } while (rc < 0 && !gnutls_error_is_fatal((int)rc) &&
             (rc != GNUTLS_E_REHANDSHAKE || !dtls->is_stream) &&
             (rc != GNUTLS_E_AGAIN || dtls->in.len));
    flush(dtls);
    if (rc > 0) {
        *len = (size_t)rc;
        return CC_DTLS_DATA;
    }
    if (rc == 0) {
        return CC_DTLS_ENDED;
    }
    return rc == GNUTLS_E_AGAIN ? CC_DTLS_WAIT : ending((int)rc);
}

enum cc_dtls_event cc_dtls_step(struct cc_dtls *dtls, uint8_t *buffer, size_t capacity, size_t *len)
{
    return dtls->is_open ? step_record(dtls, buffer, capacity, len) : step_handshake(dtls);
}

uint32_t cc_dtls_timeout_ms(const struct cc_dtls *dtls)
{
    return dtls->is_open || dtls->is_stream ? UINT32_MAX : gnutls_dtls_get_timeout(dtls->session);
}

enum cc_error cc_dtls_send(struct cc_dtls *dtls, const uint8_t *data, size_t len)
{
    if (!dtls->is_open) {
        return CC_ECLOSED;
    }
    if (dtls->is_stream) {
        return cc_tls_send(dtls, data, len);
    }
    ssize_t rc = gnutls_record_send(dtls->session, data, len);
    flush(dtls);
    if (rc == GNUTLS_E_LARGE_PACKET) {
        return CC_ESPACE;
    }
    return rc == (ssize_t)len ? CC_OK : CC_EIO;
}

void cc_dtls_bye(struct cc_dtls *dtls)
{
    if (dtls->is_open) {
        gnutls_bye(dtls->session, GNUTLS_SHUT_WR);
        flush(dtls);
    }
}

bool cc_dtls_is_suspect(const struct cc_dtls *dtls)
{
    return dtls->is_suspect;
}

bool cc_dtls_is_known(const struct cc_dtls *dtls)
{
    return dtls->is_known;
}

uint64_t cc_dtls_owner(const struct cc_dtls *dtls)
{
    return dtls->owner;
}

uint64_t cc_dtls_stamp(const struct cc_dtls *dtls)
{
    return dtls->stamp;
}

const uint8_t *cc_dtls_identity(const struct cc_dtls *dtls, size_t *len)
{
    gnutls_datum_t identity = {NULL, 0};
    bool has = !dtls->client && dtls->was_asked &&
               gnutls_psk_server_get_username2(dtls->session, &identity) >= 0;
    *len = has ? identity.size : 0;
    return has ? identity.data : (const uint8_t *)"";
}
