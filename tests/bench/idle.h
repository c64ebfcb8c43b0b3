/*
 * Client sessions of a benchmark that do little: one exchange, stay open, or stop half-way.
 */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "tests/bench/server.h"

#define BENCH_AT_ONCE 32 /* handshakes or bootstraps under way */

enum bench_purpose {
    BENCH_EXCHANGE, /* handshake, one request and its answer, close */
    BENCH_STAY,     /* handshake, then silence */
    BENCH_STALL     /* a bootstrap up to its first Write, which is never answered */
};

struct bench_idle {
    struct cc_endpoint *endpoint;
    unsigned opened, refused;
};

/* Opens the endpoint; freed with cc_endpoint_free. */
void bench_idle_open(struct bench_idle *bench);
/* ROUNDS handshakes with one exchange each; microseconds of SERVER's CPU for one. */
double bench_handshakes_us(struct bench_idle *bench, const struct bench_server *server,
                           unsigned rounds);
/* COUNT sessions more, of devices FROM on, each brought as far as PURPOSE says. */
void bench_sessions_open(struct bench_idle *bench, const struct bench_server *server, unsigned from,
                         unsigned count, enum bench_purpose purpose);
/*
 * COUNT sessions that stay open until this program ends, held by processes of their own: the limit
 * of open files is often 20,000.
 */
void bench_sessions_hold(struct bench_idle *bench, const struct bench_server *server, unsigned from,
                         unsigned count);

#endif
