#include "bootstrap/coap/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define READS_PER_ROUND 4
#define READ_BYTES      16384
#define DISCARD_BYTES   (1 << 20)
#define GATHER_BYTES    16384

enum cc_error cc_stream_new(struct cc_session *session)
{
    session->stream = calloc(1, sizeof *session->stream);
    if (!session->stream) {
        return CC_ENOMEM;
    }
    cc_signals_init(&session->stream->signals);
    return CC_OK;
}

void cc_stream_free(struct cc_session *session)
{
    struct cc_stream *stream = session->stream;
    if (stream) {
        /* What is unread when a socket is closed resets the connection, and takes from the peer
         * what it was told last. */
        if (session->source.fd >= 0) {
            shutdown(session->source.fd, SHUT_WR);
            (void)!recv(session->source.fd, NULL, DISCARD_BYTES, MSG_TRUNC | MSG_DONTWAIT);
        }
        cc_frame_reader_clear(&stream->reader);
        cc_outbox_clear(&stream->out);
        free(stream);
        session->stream = NULL;
    }
}

/* ---- out ---- */

static void doom(struct cc_session *session, enum cc_close reason)
{
    struct cc_stream *stream = session->stream;
    if (session->state == CC_SESSION_CLOSED || stream->is_doomed) {
        return;
    }
    stream->is_doomed = true;
    stream->doom = reason;
    session->fail_at_ms = session->endpoint->now_ms;
    cc_session_rearm(session);
}

void cc_stream_settle(struct cc_session *session)
{
    const struct cc_stream *stream = session->stream;
    size_t len;
    cc_outbox_rest(&stream->out, &len);
    if (stream->signals.is_released && len == 0 && session->exchange &&
        !cc_exchange_is_answering(session->exchange)) {
        doom(session, CC_CLOSE_PEER);
    }
}

static void arm(struct cc_session *session, bool is_armed)
{
    struct cc_stream *stream = session->stream;
    if (stream->is_armed != is_armed) {
        uint32_t events = EPOLLIN | (is_armed ? (uint32_t)EPOLLOUT : 0);
        stream->is_armed = cc_endpoint_rewatch(session->endpoint, &session->source, events) == CC_OK
                               ? is_armed
                               : stream->is_armed;
    }
}

static bool write_some(struct cc_session *session)
{
    struct cc_stream *stream = session->stream;
    size_t len;
    const uint8_t *octets = cc_outbox_rest(&stream->out, &len);
    if (!len) {
        return false;
    }
    ssize_t sent = send(session->source.fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
        session->endpoint->stats.datagrams_out++;
        cc_outbox_sent(&stream->out, (size_t)sent);
        return true;
    }
    if (errno == EINTR) {
        return true;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        doom(session, CC_CLOSE_PEER);
    }
    return false;
}

void cc_stream_flush(struct cc_session *session)
{
    struct cc_stream *stream = session->stream;
    if (stream->is_connecting || session->source.fd < 0) {
        return;
    }
    while (!stream->is_doomed && write_some(session)) {
    }
    size_t left;
    cc_outbox_rest(&stream->out, &left);
    if (session->state != CC_SESSION_CLOSED) {
        arm(session, left > 0 && !stream->is_doomed);
        cc_stream_settle(session);
    }
}

void cc_stream_queue(struct cc_session *session, const uint8_t *octets, size_t len)
{
    struct cc_stream *stream = session->stream;
    if (!stream->is_doomed &&
        cc_outbox_put(&stream->out, octets, len, CC_STREAM_QUEUE_MAX) != CC_OK) {
        /* It does not read what it asks for. */
        doom(session, CC_CLOSE_ERROR);
    }
}

/* Thousands of Pings fit into what is read at once: an answer each must not cost a call each. */
static void transmit(struct cc_session *session, const uint8_t *octets, size_t len)
{
    size_t waiting;
    if (!session->dtls) {
        cc_stream_queue(session, octets, len);
    } else if (cc_dtls_send(session->dtls, octets, len) != CC_OK) {
        doom(session, CC_CLOSE_ERROR);
    }
    cc_outbox_rest(&session->stream->out, &waiting);
    if (!session->stream->is_reading || waiting >= GATHER_BYTES) {
        cc_stream_flush(session);
    }
}

void cc_stream_message(struct cc_session *session, const struct cc_message *message)
{
    struct cc_frame_head head;
    uint8_t *octets = NULL;
    if (session->stream->is_doomed) {
        return;
    }
    if (cc_frame_head(message, &head) == CC_OK) {
        octets = malloc(head.len + message->payload_len);
    }
    if (!octets) {
        doom(session, CC_CLOSE_ERROR);
        return;
    }
    size_t len = head.len;
    memcpy(octets, head.octets + head.begin, head.len);
    if (message->payload_len) {
        memcpy(octets + len, message->payload, message->payload_len);
        len += message->payload_len;
    }
    transmit(session, octets, len);
    explicit_bzero(octets, len);
    free(octets);
}

void cc_stream_hello(struct cc_session *session)
{
    struct cc_signal csm;
    cc_signal_csm(&csm);
    transmit(session, csm.octets, csm.len);
}

void cc_stream_bye(struct cc_session *session)
{
    struct cc_signal release;
    cc_signal_release(&release);
    transmit(session, release.octets, release.len);
    if (session->dtls) {
        cc_dtls_bye(session->dtls);
    }
    cc_stream_flush(session);
}

/* ---- in ---- */

/* Tells the peer why and ends. */
static void abort_with(struct cc_session *session, const struct cc_signal *abort)
{
    transmit(session, abort->octets, abort->len);
    cc_session_broken(session, false);
}

static void abort_for(struct cc_session *session, enum cc_error error)
{
    struct cc_signal abort;
    cc_signal_abort(&abort, error == CC_ESPACE   ? "message too large"
                            : error == CC_ENOMEM ? "out of memory"
                                                 : "malformed message");
    abort_with(session, &abort);
}

static void take_limits(struct cc_session *session)
{
    const struct cc_signals *signals = &session->stream->signals;
    uint32_t max =
        signals->message_max < CC_STREAM_SEND_MAX ? signals->message_max : CC_STREAM_SEND_MAX;
    cc_exchange_limits(session->exchange, max, signals->has_blocks);
}

static void take_message(struct cc_session *session, const struct cc_frame *frame)
{
    uint64_t now_ms = session->endpoint->now_ms;
    session->busy++;
    enum cc_error error =
        cc_exchange_input_stream(session->exchange, now_ms, frame->datagram, frame->len);
    session->busy--;
    if (error != CC_OK) {
        abort_for(session, error);
    }
}

static void take_csm(struct cc_session *session)
{
    if (!session->exchange && !cc_session_carry(session)) {
        cc_session_broken(session, false);
        return;
    }
    take_limits(session);
    cc_session_open(session);
}

static void take_frame(struct cc_session *session, const struct cc_frame *frame)
{
    struct cc_signal answer;
    switch (cc_signal_take(&session->stream->signals, frame, &answer)) {
    case CC_SIGNAL_MESSAGE:
        take_message(session, frame);
        break;
    case CC_SIGNAL_NOTHING:
        break;
    case CC_SIGNAL_READY:
        take_csm(session);
        break;
    case CC_SIGNAL_LIMITS:
        take_limits(session);
        break;
    case CC_SIGNAL_ANSWER:
        transmit(session, answer.octets, answer.len);
        break;
    case CC_SIGNAL_RELEASED:
        cc_stream_settle(session);
        break;
    case CC_SIGNAL_ABORTED:
        cc_session_broken(session, true);
        break;
    case CC_SIGNAL_BROKEN:
        abort_with(session, &answer);
        break;
    }
}

void cc_stream_octets(struct cc_session *session, const uint8_t *octets, size_t len)
{
    struct cc_octets input = {octets, len};
    while (session->state != CC_SESSION_CLOSED && !session->stream->is_doomed) {
        struct cc_frame frame;
        enum cc_error error = cc_frame_read(&session->stream->reader, &input, &frame);
        if (error != CC_OK) {
            abort_for(session, error);
            return;
        }
        if (!frame.datagram) {
            return;
        }
        /* A trickle that never becomes a message does not keep a session. */
        session->active_at_ms = session->endpoint->now_ms;
        take_frame(session, &frame);
    }
}

/* A server's TLS begins with what the peer says. */
static bool is_equipped(struct cc_session *session)
{
    if (session->dtls || !session->listener || !session->listener->is_secure ||
        cc_tls_accept(session->endpoint->dtls, session, &session->dtls) == CC_OK) {
        return true;
    }
    cc_session_broken(session, false);
    return false;
}

static void take_octets(struct cc_session *session, const uint8_t *octets, size_t len)
{
    struct cc_endpoint *endpoint = session->endpoint;
    endpoint->stats.datagrams_in++;
    session->stream->is_reading = true;
    cc_work_begin(endpoint);
    cc_session_input(session, octets, len);
    cc_work_end(endpoint);
    if (session->state != CC_SESSION_CLOSED) {
        session->stream->is_reading = false;
    }
}

static void read_some(struct cc_session *session)
{
    uint8_t *octets = cc_batch_octets(session->endpoint->batch);
    for (int i = 0; i < READS_PER_ROUND; i++) {
        ssize_t len = recv(session->source.fd, octets, READ_BYTES, MSG_DONTWAIT);
        if (len > 0 && is_equipped(session)) {
            take_octets(session, octets, (size_t)len);
        } else if (len == 0 ||
                   (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            cc_session_broken(session, true);
        }
        if (len < READ_BYTES || session->state == CC_SESSION_CLOSED || session->stream->is_doomed) {
            return;
        }
    }
}

static void connected(struct cc_session *session)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(session->source.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error) {
        cc_session_end(session, CC_CLOSE_UNREACHABLE);
        return;
    }
    session->stream->is_connecting = false;
    arm(session, false);
    cc_session_begin(session);
}

void cc_stream_ready(struct cc_session *session, uint32_t events)
{
    struct cc_stream *stream = session->stream;
    if (session->state == CC_SESSION_CLOSED || stream->is_doomed) {
        return;
    }
    if (stream->is_connecting) {
        connected(session);
    } else if (events & EPOLLOUT) {
        cc_stream_flush(session);
    }
    if (session->state != CC_SESSION_CLOSED && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        read_some(session);
    }
    if (session->state != CC_SESSION_CLOSED) {
        cc_session_rearm(session);
    }
}
