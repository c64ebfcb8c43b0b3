#include "bootstrap/coap/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootstrap/coap/endpoint_parts.h"
#include "bootstrap/coap/stream.h"

static void list_add(struct cc_endpoint *endpoint, struct cc_session *session)
{
    session->next = endpoint->sessions;
    session->prev = NULL;
    if (session->next) {
        session->next->prev = session;
    }
    endpoint->sessions = session;
}

static void list_remove(struct cc_endpoint *endpoint, struct cc_session *session)
{
    if (session->prev) {
        session->prev->next = session->next;
    } else {
        endpoint->sessions = session->next;
    }
    if (session->next) {
        session->next->prev = session->prev;
    }
}

/* Among those in the handshake, in order of arrival. */
static void half_open_add(struct cc_endpoint *endpoint, struct cc_session *session)
{
    session->older = endpoint->half_open_last;
    *(session->older ? &session->older->younger : &endpoint->half_open) = session;
    endpoint->half_open_last = session;
}

static void half_open_remove(struct cc_endpoint *endpoint, struct cc_session *session)
{
    if (!session->older && endpoint->half_open != session) {
        return;
    }
    *(session->older ? &session->older->younger : &endpoint->half_open) = session->younger;
    *(session->younger ? &session->younger->older : &endpoint->half_open_last) = session->older;
    session->older = NULL;
    session->younger = NULL;
}

struct cc_session *cc_session_new(struct cc_endpoint *endpoint, struct cc_listener *listener,
                                  const struct cc_path *path)
{
    struct cc_session *session = calloc(1, sizeof *session);
    if (!session) {
        return NULL;
    }
    session->source = (struct cc_source){.kind = CC_SOURCE_SESSION, .fd = -1};
    session->endpoint = endpoint;
    session->listener = listener;
    session->node.key.peer = path->peer;
    session->node.key.listener = listener ? listener->id : 0;
    session->local = path->local;
    session->parameters = endpoint->config.parameters;
    session->user_at_ms = CC_NEVER;
    session->close_at_ms = CC_NEVER;
    session->fail_at_ms = CC_NEVER;
    session->retransmit_at_ms = CC_NEVER;
    session->handshake_at_ms = endpoint->now_ms + endpoint->config.handshake_ms;
    session->active_at_ms = endpoint->now_ms;
    cc_address_text(&path->peer, session->peer_text, sizeof session->peer_text);
    list_add(endpoint, session);
    if (listener) {
        endpoint->accepted++;
        half_open_add(endpoint, session);
    }
    return session;
}

/* ---- the message layer's way out and up ---- */

void cc_session_transmit(void *context, const uint8_t *datagram, size_t len)
{
    struct cc_session *session = context;
    if (session->stream) {
        cc_stream_queue(session, datagram, len);
        return;
    }
    session->endpoint->stats.datagrams_out++;
    if (session->listener) {
        struct cc_path path = {session->node.key.peer, session->local};
        cc_listener_send(session->listener, &path, datagram, len);
    } else {
        /* A full socket is loss like any other: RFC 7252 4.2 sends again. */
        (void)!write(session->source.fd, datagram, len);
    }
}

static void on_send(void *context, const uint8_t *datagram, size_t len)
{
    struct cc_session *session = context;
    session->active_at_ms = session->endpoint->now_ms;
    if (!session->dtls) {
        cc_session_transmit(session, datagram, len);
        return;
    }
    /* What cannot be sent is lost, and the exchange ends by its timer. */
    (void)!cc_dtls_send(session->dtls, datagram, len);
}

static void on_stream(void *context, const struct cc_message *message)
{
    struct cc_session *session = context;
    size_t waiting;
    cc_outbox_rest(&session->stream->out, &waiting);
    /* What piles up before a peer that does not read is no sign of life. */
    if (!waiting) {
        session->active_at_ms = session->endpoint->now_ms;
    }
    cc_stream_message(session, message);
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct cc_session *session = context;
    struct cc_endpoint *endpoint = session->endpoint;
    if (endpoint->handlers.request) {
        endpoint->handlers.request(endpoint->config.context, session, request, ticket);
    }
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    struct cc_session *session = context;
    struct cc_endpoint *endpoint = session->endpoint;
    if (endpoint->handlers.response) {
        endpoint->handlers.response(endpoint->config.context, session, id, result, response);
    }
}

static void on_trace(void *context, enum cc_direction direction, const struct cc_message *message,
                     bool is_repeat)
{
    struct cc_session *session = context;
    struct cc_endpoint *endpoint = session->endpoint;
    endpoint->handlers.trace(endpoint->config.context, session, direction, message, is_repeat);
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    const struct cc_session *session = context;
    const struct cc_endpoint_config *config = &session->endpoint->config;
    config->random(config->random_context, out, len);
}

bool cc_session_carry(struct cc_session *session)
{
    struct cc_exchange_ops ops = {.send = on_send,
                                  .stream = session->stream ? on_stream : NULL,
                                  .request = on_request,
                                  .response = on_response,
                                  .trace = session->endpoint->handlers.trace ? on_trace : NULL,
                                  .random = on_random};
    return cc_exchange_new(&ops, session, &session->parameters, &session->exchange) == CC_OK;
}

/* ---- beginning and end ---- */

void cc_session_open(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (session->primary) {
        cc_session_end(session->primary, CC_CLOSE_REPLACED);
    }
    if (!session->exchange && !cc_session_carry(session)) {
        cc_session_end(session, CC_CLOSE_ERROR);
        return;
    }
    session->state = CC_SESSION_OPEN;
    half_open_remove(endpoint, session);
    session->active_at_ms = endpoint->now_ms;
    session->number = ++endpoint->stats.established;
    endpoint->stats.sessions++;
    if (endpoint->handlers.opened) {
        session->busy++;
        endpoint->handlers.opened(endpoint->config.context, session);
        session->busy--;
    }
}

/* Its place in the table goes to the candidate, if there is one. */
static void leave_table(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (!session->listener) {
        return;
    }
    endpoint->accepted--;
    if (session->listener->is_tcp) {
        return; /* found by its socket */
    }
    if (session->primary) {
        session->primary->candidate = NULL;
        session->primary = NULL;
        return;
    }
    cc_table_remove(&endpoint->table, &session->node);
    if (session->candidate) {
        session->candidate->primary = NULL;
        cc_table_insert(&endpoint->table, &session->candidate->node);
        session->candidate = NULL;
    }
}

static bool says_goodbye(enum cc_close reason)
{
    return reason == CC_CLOSE_LOCAL || reason == CC_CLOSE_IDLE || reason == CC_CLOSE_SHUTDOWN;
}

static void say_goodbye(struct cc_session *session)
{
    if (session->stream) {
        cc_stream_bye(session);
    } else if (session->dtls) {
        cc_dtls_bye(session->dtls);
    }
}

/* Everything but telling the user. */
static void release(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    cc_dtls_free(session->dtls);
    session->dtls = NULL;
    cc_stream_free(session);
    if (session->source.fd >= 0) {
        close(session->source.fd);
        session->source.fd = -1;
    }
    list_remove(endpoint, session);
    session->next = endpoint->ended;
    endpoint->ended = session;
}

void cc_session_end(struct cc_session *session, enum cc_close reason)
{
    struct cc_endpoint *endpoint = session->endpoint;
    if (session->state == CC_SESSION_CLOSED) {
        return;
    }
    bool was_open = session->state == CC_SESSION_OPEN;
    session->state = CC_SESSION_CLOSED;
    endpoint->stats.sessions -= was_open ? 1 : 0;
    if (session->exchange) {
        session->retransmissions = cc_exchange_retransmissions(session->exchange);
        cc_exchange_free(session->exchange, true);
        session->exchange = NULL;
    }
    if (was_open && says_goodbye(reason)) {
        say_goodbye(session);
    }
    leave_table(session);
    half_open_remove(endpoint, session);
    cc_wheel_stop(&endpoint->wheel, &session->timer);
    if ((was_open || !session->listener) && endpoint->handlers.closed) {
        endpoint->handlers.closed(endpoint->config.context, session, reason);
    }
    release(session);
}

bool cc_session_evict(struct cc_endpoint *endpoint)
{
    struct cc_session *oldest = endpoint->half_open;
    /* Every handshake has the same budget, so that its end tells its beginning. */
    if (!oldest ||
        oldest->handshake_at_ms - endpoint->config.handshake_ms + endpoint->config.half_open_ms >
            endpoint->now_ms) {
        return false;
    }
    cc_endpoint_refuse(endpoint, &oldest->node.key.peer, CC_REFUSED_CAPACITY, oldest);
    cc_session_end(oldest, CC_CLOSE_ERROR);
    return true;
}

void cc_session_discard(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    session->state = CC_SESSION_CLOSED;
    if (session->exchange) {
        cc_exchange_free(session->exchange, false);
        session->exchange = NULL;
    }
    release(session);
    cc_endpoint_reap(endpoint);
}
