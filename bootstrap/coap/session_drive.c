/* What moves a session on: its datagrams, its DTLS, its deadlines. */
#include "bootstrap/coap/endpoint_parts.h"
#include "bootstrap/coap/stream.h"

#define RETRANSMIT_FLOOR_MS 10

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void refuse(struct cc_session *session, enum cc_refusal refusal)
{
    cc_endpoint_refuse(session->endpoint, &session->node.key.peer, refusal, session);
    cc_session_end(session, CC_CLOSE_ERROR);
}

/* ---- DTLS ---- */

static void wait_more(struct cc_session *session)
{
    uint64_t now_ms = session->endpoint->now_ms;
    if (session->state != CC_SESSION_HANDSHAKE || session->stream) {
        return;
    }
    uint32_t left_ms = cc_dtls_timeout_ms(session->dtls);
    session->retransmit_at_ms =
        now_ms + (left_ms > RETRANSMIT_FLOOR_MS ? left_ms : RETRANSMIT_FLOOR_MS);
    if (cc_dtls_is_suspect(session->dtls) && session->fail_at_ms == CC_NEVER) {
        session->fail_at_ms = now_ms + session->endpoint->config.handshake_fail_ms;
    }
}

static enum cc_refusal mismatch(const struct cc_session *session)
{
    return cc_dtls_is_known(session->dtls) ? CC_REFUSED_PSK_MISMATCH : CC_REFUSED_UNKNOWN_IDENTITY;
}

void cc_session_broken(struct cc_session *session, bool is_by_peer)
{
    if (session->stream) {
        cc_stream_flush(session); /* the alert that says why */
    }
    if (session->state != CC_SESSION_HANDSHAKE) {
        cc_session_end(session, is_by_peer ? CC_CLOSE_PEER : CC_CLOSE_ERROR);
    } else if (session->stream && session->dtls && cc_dtls_is_suspect(session->dtls)) {
        refuse(session, mismatch(session));
    } else {
        refuse(session, CC_REFUSED_HANDSHAKE);
    }
}

static void complete(struct cc_session *session)
{
    if (session->listener && !cc_dtls_is_known(session->dtls)) {
        refuse(session, CC_REFUSED_UNKNOWN_IDENTITY);
    } else if (session->stream) {
        cc_stream_hello(session);
    } else {
        cc_session_open(session);
    }
}

static void message_in(struct cc_session *session, const uint8_t *message, size_t len)
{
    session->active_at_ms = session->endpoint->now_ms;
    session->busy++;
    cc_exchange_input(session->exchange, session->endpoint->now_ms, message, len);
    session->busy--;
}

static void data_in(struct cc_session *session, const uint8_t *data, size_t len)
{
    if (session->stream) {
        cc_stream_octets(session, data, len);
    } else {
        message_in(session, data, len);
    }
}

static void drive(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    while (session->state != CC_SESSION_CLOSED) {
        size_t len = 0;
        enum cc_dtls_event event =
            cc_dtls_step(session->dtls, endpoint->plain, sizeof endpoint->plain, &len);
        switch (event) {
        case CC_DTLS_WAIT:
            wait_more(session);
            return;
        case CC_DTLS_OPENED:
            complete(session);
            break;
        case CC_DTLS_DATA:
            data_in(session, endpoint->plain, len);
            break;
        case CC_DTLS_ENDED:
        case CC_DTLS_FAILED:
            cc_session_broken(session, event == CC_DTLS_ENDED);
            return;
        }
    }
}

void cc_session_input(struct cc_session *session, const uint8_t *datagram, size_t len)
{
    if (session->dtls) {
        cc_dtls_feed(session->dtls, datagram, len);
        drive(session);
    } else if (session->stream) {
        cc_stream_octets(session, datagram, len);
    } else if (session->state == CC_SESSION_OPEN) {
        message_in(session, datagram, len);
    }
    if (session->state != CC_SESSION_CLOSED && session->stream) {
        cc_stream_flush(session);
    }
    cc_session_rearm(session);
}

void cc_session_begin(struct cc_session *session)
{
    if (session->dtls) {
        drive(session);
    } else {
        cc_stream_hello(session);
    }
    if (session->state != CC_SESSION_CLOSED && session->stream) {
        cc_stream_flush(session);
    }
    cc_session_rearm(session);
}

/* ---- time ---- */

static uint64_t deadline(const struct cc_session *session)
{
    uint64_t at_ms = earlier(session->user_at_ms, session->close_at_ms);
    if (session->state == CC_SESSION_HANDSHAKE) {
        at_ms = earlier(at_ms, session->handshake_at_ms);
        at_ms = earlier(at_ms, session->fail_at_ms);
        return earlier(at_ms, session->retransmit_at_ms);
    }
    at_ms = earlier(at_ms, session->fail_at_ms);
    at_ms = earlier(at_ms, session->active_at_ms + session->endpoint->config.idle_ms);
    return earlier(at_ms, cc_exchange_deadline(session->exchange));
}

void cc_session_rearm(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (session->state == CC_SESSION_CLOSED) {
        return;
    }
    uint64_t at_ms = deadline(session);
    if (!cc_timer_is_set(&session->timer) || at_ms < session->timer.at_ms) {
        cc_wheel_set(&endpoint->wheel, &session->timer, at_ms);
        endpoint->timer_steps++;
    }
}

static void due_handshake(struct cc_session *session)
{
    uint64_t now_ms = session->endpoint->now_ms;
    bool is_over = session->handshake_at_ms <= now_ms;
    if (session->fail_at_ms <= now_ms || (is_over && session->fail_at_ms != CC_NEVER)) {
        refuse(session, session->stream ? CC_REFUSED_HANDSHAKE : mismatch(session));
    } else if (is_over) {
        refuse(session, CC_REFUSED_TIMEOUT);
    } else if (session->retransmit_at_ms <= now_ms) {
        session->retransmit_at_ms = CC_NEVER;
        if (session->dtls) {
            drive(session);
        } else {
            cc_session_open(session);
        }
    }
}

static void due_open(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (session->fail_at_ms <= endpoint->now_ms) {
        cc_session_end(session, session->stream ? session->stream->doom : CC_CLOSE_ERROR);
        return;
    }
    if (session->active_at_ms + endpoint->config.idle_ms <= endpoint->now_ms) {
        cc_session_end(session, CC_CLOSE_IDLE);
        return;
    }
    if (cc_exchange_deadline(session->exchange) <= endpoint->now_ms) {
        session->busy++;
        cc_exchange_timer(session->exchange, endpoint->now_ms);
        session->busy--;
    }
}

void cc_session_due(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (session->close_at_ms <= endpoint->now_ms) {
        cc_session_end(session, CC_CLOSE_LOCAL);
        return;
    }
    if (session->state == CC_SESSION_HANDSHAKE) {
        due_handshake(session);
    } else {
        due_open(session);
    }
    if (session->state != CC_SESSION_CLOSED && session->user_at_ms <= endpoint->now_ms) {
        session->user_at_ms = CC_NEVER;
        session->busy++;
        session->user_timer(endpoint->config.context, session);
        session->busy--;
    }
    cc_session_rearm(session);
}
