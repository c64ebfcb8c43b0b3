/* The public half of a session: endpoint.h, "sessions". */
#include "bootstrap/coap/stream.h"

enum cc_error cc_session_request(struct cc_session *session, const struct cc_request *request,
                                 uint32_t *id)
{
    /* RFC 8323 5.5: nothing new for a peer that wants to end. */
    if (session->state != CC_SESSION_OPEN ||
        (session->stream && session->stream->signals.is_released)) {
        return CC_ECLOSED;
    }
    cc_endpoint_clock(session->endpoint);
    session->busy++;
    enum cc_error error =
        cc_exchange_request(session->exchange, session->endpoint->now_ms, request, id);
    session->busy--;
    cc_session_rearm(session);
    return error;
}

void cc_session_cancel(struct cc_session *session)
{
    if (session->state == CC_SESSION_OPEN) {
        cc_exchange_cancel(session->exchange);
        cc_session_rearm(session);
    }
}

enum cc_error cc_session_respond(struct cc_session *session, const struct cc_ticket *ticket,
                                 const struct cc_response *response)
{
    if (session->state != CC_SESSION_OPEN) {
        return CC_ECLOSED;
    }
    cc_endpoint_clock(session->endpoint);
    session->busy++;
    enum cc_error error =
        cc_exchange_respond(session->exchange, session->endpoint->now_ms, ticket, response);
    session->busy--;
    if (session->stream) {
        cc_stream_settle(session);
    }
    cc_session_rearm(session);
    return error;
}

void cc_session_parameters(struct cc_session *session, const struct cc_parameters *parameters)
{
    session->parameters = *parameters;
    if (session->exchange) {
        cc_exchange_parameters(session->exchange, parameters);
    }
}

void cc_session_close(struct cc_session *session)
{
    if (session->busy) {
        cc_session_close_later(session, 0);
        return;
    }
    struct cc_endpoint *endpoint = session->endpoint;
    cc_session_end(session, CC_CLOSE_LOCAL);
    cc_endpoint_reap(endpoint);
}

void cc_session_close_later(struct cc_session *session, uint32_t delay_ms)
{
    cc_endpoint_clock(session->endpoint);
    session->close_at_ms = session->endpoint->now_ms + delay_ms;
    cc_session_rearm(session);
}

void *cc_session_data(const struct cc_session *session)
{
    return session->data;
}

void cc_session_data_set(struct cc_session *session, void *data)
{
    session->data = data;
}

const char *cc_session_peer(const struct cc_session *session)
{
    return session->peer_text;
}

bool cc_session_is_secure(const struct cc_session *session)
{
    return session->dtls != NULL;
}

bool cc_session_is_tcp(const struct cc_session *session)
{
    return session->stream != NULL;
}

bool cc_session_is_client(const struct cc_session *session)
{
    return session->listener == NULL;
}

const uint8_t *cc_session_identity(const struct cc_session *session, size_t *len)
{
    if (session->dtls) {
        return cc_dtls_identity(session->dtls, len);
    }
    *len = 0;
    return (const uint8_t *)"";
}

uint64_t cc_session_owner(const struct cc_session *session)
{
    return session->dtls ? cc_dtls_owner(session->dtls) : 0;
}

uint64_t cc_session_stamp(const struct cc_session *session)
{
    return session->dtls ? cc_dtls_stamp(session->dtls) : 0;
}

uint64_t cc_session_number(const struct cc_session *session)
{
    return session->number;
}

uint32_t cc_session_retransmissions(const struct cc_session *session)
{
    return session->exchange ? cc_exchange_retransmissions(session->exchange)
                             : session->retransmissions;
}

void cc_session_timer(struct cc_session *session, uint32_t delay_ms,
                      void (*timer)(void *context, struct cc_session *session))
{
    cc_endpoint_clock(session->endpoint);
    session->user_timer = timer;
    session->user_at_ms = timer ? session->endpoint->now_ms + delay_ms : CC_NEVER;
    cc_session_rearm(session);
}
