#include "tools/sim/wire.h"

#include "bootstrap/coap/address.h"
#include "bootstrap/coap/dtls.h"
#include "tools/sim/file.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 20 };

struct sim_wire {
    struct sim_wire_config config;
    int fd;
    bool is_open, is_closed, is_refused;
    struct cc_exchange *exchange;
    struct cc_dtls_context *context;
    struct cc_dtls *dtls;
    uint64_t retransmit_at_ms;  /* of the handshake's flight */
    struct cc_endpoint *stream; /* TCP: the whole endpoint */
    struct cc_session *session;
    uint8_t plain[CC_DATAGRAM_MAX];
};

uint64_t sim_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- datagrams ---- */

void sim_wire_send(struct sim_wire *wire, const uint8_t *datagram, size_t len)
{
    if (wire->dtls != NULL) {
        (void)!cc_dtls_send(wire->dtls, datagram, len); /* loss is not an error */
    } else if (wire->fd >= 0) {
        (void)!send(wire->fd, datagram, len, 0);
    }
}

static void send_record(void *peer, const uint8_t *datagram, size_t len)
{
    const struct sim_wire *wire = peer;
    (void)!send(wire->fd, datagram, len, 0);
}

static void on_send(void *context, const uint8_t *datagram, size_t len)
{
    struct sim_wire *wire = context;
    if (wire->config.filter == NULL ||
        wire->config.filter(wire->config.context, CC_OUT, datagram, len)) {
        sim_wire_send(wire, datagram, len);
    }
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct sim_wire *wire = context;
    wire->config.request(wire->config.context, request, ticket);
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    struct sim_wire *wire = context;
    (void)id;
    wire->config.response(wire->config.context, result, response);
}

static void take(struct sim_wire *wire, const uint8_t *datagram, size_t len)
{
    if (wire->config.filter == NULL ||
        wire->config.filter(wire->config.context, CC_IN, datagram, len)) {
        cc_exchange_input(wire->exchange, sim_clock_ms(), datagram, len);
    }
}

static void drive(struct sim_wire *wire)
{
    for (;;) {
        size_t len = 0;
        switch (cc_dtls_step(wire->dtls, wire->plain, sizeof wire->plain, &len)) {
        case CC_DTLS_WAIT:
            wire->retransmit_at_ms =
                wire->is_open ? UINT64_MAX : sim_clock_ms() + cc_dtls_timeout_ms(wire->dtls);
            return;
        case CC_DTLS_OPENED:
            wire->is_open = true;
            break;
        case CC_DTLS_DATA:
            take(wire, wire->plain, len);
            break;
        case CC_DTLS_ENDED:
        case CC_DTLS_FAILED:
            wire->is_closed = true;
            return;
        }
    }
}

static void receive(struct sim_wire *wire)
{
    uint8_t datagram[CC_DATAGRAM_MAX];
    ssize_t len = recv(wire->fd, datagram, sizeof datagram, MSG_DONTWAIT);
    if (len < 0) {
        wire->is_refused = wire->is_refused || errno == ECONNREFUSED;
        wire->is_closed = wire->is_closed || errno == ECONNREFUSED;
        return;
    }
    if (wire->dtls != NULL) {
        cc_dtls_feed(wire->dtls, datagram, (size_t)len);
        drive(wire);
    } else {
        take(wire, datagram, (size_t)len);
    }
}

static bool poll_datagrams(struct sim_wire *wire, uint32_t timeout_ms)
{
    struct pollfd wait = {.fd = wire->fd, .events = POLLIN};
    uint64_t now_ms = sim_clock_ms();
    uint64_t deadline_ms = cc_exchange_deadline(wire->exchange);
    uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
    uint64_t wait_ms = left_ms < timeout_ms ? left_ms : timeout_ms;
    if (poll(&wait, 1, (int)(wait_ms < STEP_MS ? wait_ms : STEP_MS)) > 0) {
        receive(wire);
    }
    now_ms = sim_clock_ms();
    if (wire->dtls != NULL && !wire->is_closed && wire->retransmit_at_ms <= now_ms) {
        drive(wire);
    }
    if (cc_exchange_deadline(wire->exchange) <= now_ms) {
        cc_exchange_timer(wire->exchange, now_ms);
    }
    return !wire->is_closed;
}

static enum cc_error connect_datagrams(struct sim_wire *wire, const struct cc_uri *uri)
{
    struct sockaddr_storage storage;
    socklen_t len = cc_address_to_socket(&uri->address, &storage);
    wire->fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (wire->fd < 0 || connect(wire->fd, (struct sockaddr *)&storage, len) != 0) {
        return CC_EADDRESS;
    }
    const struct cc_exchange_ops ops = {
        .send = on_send, .request = on_request, .response = on_response, .random = sim_random};
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    if (wire->config.block_bytes != 0) {
        parameters.block_bytes = wire->config.block_bytes;
    }
    enum cc_error error = cc_exchange_new(&ops, wire, &parameters, &wire->exchange);
    if (error != CC_OK || !uri->is_secure) {
        wire->is_open = error == CC_OK;
        return error;
    }
    const struct cc_dtls_config config = {
        .send = send_record, .random = sim_random, .handshake_ms = wire->config.handshake_ms};
    error = cc_dtls_context_new(&config, &wire->context);
    if (error == CC_OK) {
        error = cc_dtls_connect(wire->context, &wire->config.connection, wire, &wire->dtls);
    }
    if (error == CC_OK) {
        drive(wire);
    }
    return error;
}

/* ---- streams ---- */

static void stream_opened(void *context, struct cc_session *session)
{
    struct sim_wire *wire = context;
    (void)session;
    wire->is_open = true;
}

static void stream_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    struct sim_wire *wire = context;
    (void)session;
    wire->is_refused = reason == CC_CLOSE_UNREACHABLE;
    wire->is_closed = true;
    wire->session = NULL;
}

static void stream_request(void *context, struct cc_session *session,
                           const struct cc_message *request, const struct cc_ticket *ticket)
{
    (void)session;
    on_request(context, request, ticket);
}

static void stream_response(void *context, struct cc_session *session, uint32_t id,
                            enum cc_result result, const struct cc_message *response)
{
    (void)session;
    on_response(context, id, result, response);
}

static enum cc_error connect_stream(struct sim_wire *wire)
{
    static const struct cc_handlers handlers = {.opened = stream_opened,
                                                .closed = stream_closed,
                                                .request = stream_request,
                                                .response = stream_response};
    struct cc_endpoint_config config = {.handlers = &handlers,
                                        .context = wire,
                                        .handshake_ms = wire->config.handshake_ms,
                                        .random = sim_random};
    cc_parameters_default(&config.parameters);
    enum cc_error error = cc_endpoint_new(&config, &wire->stream);
    return error != CC_OK
               ? error
               : cc_endpoint_connect(wire->stream, &wire->config.connection, &wire->session);
}

/* ---- both ---- */

bool sim_wire_poll(struct sim_wire *wire, uint32_t timeout_ms)
{
    if (wire->stream == NULL) {
        return poll_datagrams(wire, timeout_ms);
    }
    bool is_ok =
        cc_endpoint_poll(wire->stream, (int)(timeout_ms < STEP_MS ? timeout_ms : STEP_MS)) == CC_OK;
    return is_ok && !wire->is_closed;
}

bool sim_wire_is_refused(const struct sim_wire *wire)
{
    return wire->is_refused;
}

static enum cc_error handshake(struct sim_wire *wire)
{
    uint64_t end_ms = sim_clock_ms() + wire->config.handshake_ms;
    while (!wire->is_open && !wire->is_closed && sim_clock_ms() < end_ms) {
        sim_wire_poll(wire, STEP_MS);
    }
    if (wire->is_open) {
        return CC_OK;
    }
    return wire->is_refused ? CC_EADDRESS : CC_ECREDENTIAL;
}

enum cc_error sim_wire_open(const struct sim_wire_config *config, struct sim_wire **wire)
{
    struct cc_uri uri;
    enum cc_error error = cc_uri_parse(config->connection.uri, &uri);
    if (error != CC_OK) {
        return error;
    }
    struct sim_wire *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return CC_ENOMEM;
    }
    made->config = *config;
    made->fd = -1;
    made->retransmit_at_ms = UINT64_MAX;
    error = sim_uri_is_stream(config->connection.uri) ? connect_stream(made)
                                                      : connect_datagrams(made, &uri);
    if (error == CC_OK) {
        error = handshake(made);
    }
    if (error != CC_OK) {
        sim_wire_close(made);
        return error;
    }
    *wire = made;
    return CC_OK;
}

void sim_wire_close(struct sim_wire *wire)
{
    if (wire == NULL) {
        return;
    }
    cc_exchange_free(wire->exchange, false);
    if (wire->dtls != NULL && !wire->is_closed) {
        cc_dtls_bye(wire->dtls);
    }
    cc_dtls_free(wire->dtls);
    cc_dtls_context_free(wire->context);

    if (wire->session != NULL) {
        cc_session_close(wire->session);
    }
    cc_endpoint_free(wire->stream);
    if (wire->fd >= 0) {
        close(wire->fd);
    }
    explicit_bzero(wire, sizeof *wire);
    free(wire);
}

enum cc_error sim_wire_request(struct sim_wire *wire, const struct cc_request *request)
{
    uint32_t id;
    if (wire->stream != NULL) {
        return wire->session == NULL ? CC_ECLOSED : cc_session_request(wire->session, request, &id);
    }
    return cc_exchange_request(wire->exchange, sim_clock_ms(), request, &id);
}

enum cc_error sim_wire_respond(struct sim_wire *wire, const struct cc_ticket *ticket,
                               const struct cc_response *response)
{
    if (wire->stream != NULL) {
        return wire->session == NULL ? CC_ECLOSED
                                     : cc_session_respond(wire->session, ticket, response);
    }
    return cc_exchange_respond(wire->exchange, sim_clock_ms(), ticket, response);
}
