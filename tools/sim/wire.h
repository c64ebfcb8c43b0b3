/*
 * A client's connection under the hand of a test: the message layer of bootstrap/coap over a socket
 * of its own, with a filter between the two that sees each datagram and can drop it, and a way to
 * send any octets.
 *
 * Over TCP there are no datagrams: no filter, no raw octets. Blocking, one thread; the clock is
 * read here.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "bootstrap/coap/endpoint.h"

struct sim_wire;

struct sim_wire_config {
    struct cc_client connection;
    uint32_t handshake_ms;
    uint16_t block_bytes; /* 0 = as cc_parameters_default */
    void *context;
    void (*request)(void *context, const struct cc_message *request,
                    const struct cc_ticket *ticket);
    void (*response)(void *context, enum cc_result result, const struct cc_message *response);
    /* True lets a datagram (plaintext) pass. */
    bool (*filter)(void *context, enum cc_direction direction, const uint8_t *datagram, size_t len);
};

/* CONFIG is copied, what it points at is borrowed. CC_EADDRESS: nobody listens there;
 * CC_ECREDENTIAL: the handshake failed or took too long. */
enum cc_error sim_wire_open(const struct sim_wire_config *config, struct sim_wire **wire) MUST_USE;
void sim_wire_close(struct sim_wire *wire);
/* Waits at most TIMEOUT_MS for something to happen and does it. False once the peer has closed. */
bool sim_wire_poll(struct sim_wire *wire, uint32_t timeout_ms);
/* True when the network said that nobody listens there. */
bool sim_wire_is_refused(const struct sim_wire *wire);
/* As cc_session_request; the response is not named: there is one at a time. */
enum cc_error sim_wire_request(struct sim_wire *wire, const struct cc_request *request) MUST_USE;
/* As cc_session_respond. */
enum cc_error sim_wire_respond(struct sim_wire *wire, const struct cc_ticket *ticket,
                               const struct cc_response *response) MUST_USE;
/* Sends octets as one datagram, past the filter and the message layer. */
void sim_wire_send(struct sim_wire *wire, const uint8_t *datagram, size_t len);
/* Monotonic milliseconds. */
uint64_t sim_clock_ms(void);

#endif
