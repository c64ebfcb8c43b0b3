/* Outgoing sessions: one connected socket each. */
#include <sys/socket.h>

#include "bootstrap/coap/stream.h"

static enum cc_error socket_connect(struct cc_session *session, const char *local)
{
    const struct cc_address *peer = &session->node.key.peer;
    struct sockaddr_storage storage;
    struct cc_address from;
    session->source.fd = cc_socket_open(peer);
    if (session->source.fd < 0) {
        return CC_EIO;
    }
    if (local) {
        if (cc_address_parse(local, 0, &from) != CC_OK || from.is_v6 != peer->is_v6) {
            return CC_EADDRESS;
        }
        socklen_t len = cc_address_to_socket(&from, &storage);
        if (bind(session->source.fd, (struct sockaddr *)&storage, len) != 0) {
            return CC_EADDRESS;
        }
    }
    socklen_t len = cc_address_to_socket(peer, &storage);
    if (connect(session->source.fd, (struct sockaddr *)&storage, len) != 0) {
        return CC_EADDRESS;
    }
    return cc_endpoint_watch(session->endpoint, &session->source);
}

static enum cc_error stream_connect(struct cc_session *session, const char *local)
{
    enum cc_error error = cc_stream_new(session);
    return error == CC_OK ? cc_stream_connect(session, local) : error;
}

static enum cc_error prepare(struct cc_session *session, const struct cc_client *client,
                             const struct cc_uri *uri)
{
    struct cc_dtls_context *dtls = session->endpoint->dtls;
    enum cc_error error =
        uri->is_tcp ? stream_connect(session, client->bind) : socket_connect(session, client->bind);
    if (error == CC_OK && uri->is_secure) {
        error =
            (uri->is_tcp ? cc_tls_connect : cc_dtls_connect)(dtls, client, session, &session->dtls);
    }
    if (error == CC_OK && !cc_session_carry(session)) {
        error = CC_ENOMEM;
    }
    return error;
}

enum cc_error cc_endpoint_connect(struct cc_endpoint *endpoint, const struct cc_client *client,
                                  struct cc_session **session)
{
    struct cc_uri uri;
    enum cc_error error = cc_uri_parse(client->uri, &uri);
    if (error != CC_OK) {
        return error;
    }
    cc_endpoint_clock(endpoint);
    struct cc_path path = {.peer = uri.address};
    struct cc_session *made = cc_session_new(endpoint, NULL, &path);
    if (!made) {
        return CC_ENOMEM;
    }
    error = prepare(made, client, &uri);
    if (error != CC_OK) {
        cc_session_discard(made);
        return error;
    }
    /* The first flight, or `opened` of a plain session, comes with the next round: never from
     * inside this call. */
    made->retransmit_at_ms = uri.is_tcp ? CC_NEVER : endpoint->now_ms;
    made->ends_unreachable = client->ends_unreachable;
    cc_session_rearm(made);
    *session = made;
    return CC_OK;
}
