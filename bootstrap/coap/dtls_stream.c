/* TLS 1.2 for coaps+tcp: the same credentials and the same session, over a stream of octets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/dtls_internal.h"

#define MESSAGE_MAX 16384 /* of the handshake: what a peer may make the library hold */

/* As over DTLS: what LwM2M asks for first. */
static const char STREAM_SUITES[] =
    "NONE:+VERS-TLS1.2:+AES-128-CCM-8:+AES-128-CCM:+AES-128-GCM:+AES-128-CBC:+AEAD:+SHA256:"
    "+PSK:+ECDHE-PSK:+SIGN-ECDSA-SHA256:+GROUP-SECP256R1:+COMP-NULL:%SERVER_PRECEDENCE";

bool cc_tls_context_init(struct cc_dtls_context *context)
{
    return gnutls_priority_init(&context->stream_priority, STREAM_SUITES, NULL) >= 0;
}

/* The caller queues what is sent: it never blocks and never takes a part. */
static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t len)
{
    struct cc_dtls *dtls = transport;
    dtls->context->config.send(dtls->peer, data, len);
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *out, size_t capacity)
{
    struct cc_dtls *dtls = transport;
    size_t len = dtls->in.len < capacity ? dtls->in.len : capacity;
    if (!len) {
        gnutls_transport_set_errno(dtls->session, EAGAIN);
        return -1;
    }
    memcpy(out, dtls->in.at, len);
    dtls->in.at += len;
    dtls->in.len -= len;
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t transport, unsigned ms)
{
    (void)ms;
    const struct cc_dtls *dtls = transport;
    return dtls->in.len > 0;
}

/* RFC 8323 8.2: the protocol is named "coap"; a peer that names none is served too. */
static bool name_protocol(gnutls_session_t session)
{
    static unsigned char name[] = "coap";
    const gnutls_datum_t protocol = {name, sizeof name - 1};
    return gnutls_alpn_set_protocols(session, &protocol, 1, 0) >= 0;
}

static enum cc_error stream_new(struct cc_dtls_context *context, unsigned role, void *peer,
                                struct cc_dtls **dtls)
{
    struct cc_dtls *made = calloc(1, sizeof *made);
    if (!made) {
        return CC_ENOMEM;
    }
    made->context = context;
    made->peer = peer;
    made->is_stream = true;
    unsigned flags = role | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL;
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
    gnutls_handshake_set_max_packet_length(session, MESSAGE_MAX);
    /* The caller's budget ends a handshake, not the library's own clock. */
    gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
    if (gnutls_priority_set(session, context->stream_priority) < 0 || !name_protocol(session)) {
        cc_dtls_free(made);
        return CC_ENOMEM;
    }
    *dtls = made;
    return CC_OK;
}

enum cc_error cc_tls_accept(struct cc_dtls_context *context, void *peer, struct cc_dtls **dtls)
{
    struct cc_dtls *made;
    enum cc_error error = stream_new(context, GNUTLS_SERVER, peer, &made);
    if (error != CC_OK) {
        return error;
    }
    if (gnutls_credentials_set(made->session, GNUTLS_CRD_PSK, context->server) < 0) {
        cc_dtls_free(made);
        return CC_ENOMEM;
    }
    *dtls = made;
    return CC_OK;
}

enum cc_error cc_tls_connect(struct cc_dtls_context *context, const struct cc_client *client,
                             void *peer, struct cc_dtls **dtls)
{
    struct cc_dtls *made;
    enum cc_error error = stream_new(context, GNUTLS_CLIENT, peer, &made);
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

enum cc_error cc_tls_send(struct cc_dtls *dtls, const uint8_t *data, size_t len)
{
    while (len) {
        ssize_t rc = gnutls_record_send(dtls->session, data, len);
        if (rc <= 0) {
            return CC_EIO;
        }
        data += rc;
        len -= (size_t)rc;
    }
    return CC_OK;
}

/* Unlike DTLS, TLS fails at once and says so: the first record under the new keys is unreadable. */
bool cc_tls_is_mismatch(const struct cc_dtls *dtls, int rc)
{
    return dtls->was_asked && rc == GNUTLS_E_DECRYPTION_FAILED;
}
