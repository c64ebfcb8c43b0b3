/*
 * What the benchmarks share: a home full of devices, the servers under test as child processes, and
 * what those cost.
 *
 * A device's key is the first octets of its name, so that bench_floor needs no store. Any failure
 * ends the program with one sentence.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "bootstrap/coap/endpoint.h"

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define BENCH_KEY_LEN 16
/*
 * Kinds of devices: each has BENCH_KIND_SPAN indexes of its own, from its number times that on, and
 * a policy by its name.
 */
enum bench_kind {
    BENCH_USUAL, /* as the policy language's defaults have it: what was written is verified */
    BENCH_NEVER, /* `verify: never` */
    BENCH_SAME,  /* as usual, and comes again with what it holds */
    BENCH_TLV,   /* as usual, in this content format .. */
    BENCH_CBOR,
    BENCH_JSON,
    BENCH_LWM2M,
    BENCH_PACK,   /* asks for a Bootstrap-Pack */
    BENCH_BLOCKS, /* is sent its Writes in blocks of 64 octets */
    BENCH_KINDS
};
#define BENCH_KIND_SPAN 100000u

struct bench_server {
    pid_t pid;
    int out, in; /* its pipe to us, ours to it */
    char address[CC_ADDRESS_TEXT];
    clockid_t clock;
};

/* Says WHAT and errno on standard error, exits with 1. */
void bench_die(const char *what) __attribute__((noreturn));
/* Name and key of device INDEX. */
void bench_device(unsigned index, char endpoint[static 32], uint8_t key[static BENCH_KEY_LEN]);
/* A home with DEVICES[kind] devices of each kind; HOME gets its path. */
void bench_home_make(const unsigned devices[static BENCH_KINDS], char home[static 64]);
void bench_home_remove(const char *home);
/* imprintd from folder BIN on HOME; bench_floor beside it. */
void bench_daemon_start(const char *bin, const char *home, unsigned workers,
                        struct bench_server *server);
void bench_floor_start(const char *bin, struct bench_server *server);
void bench_server_stop(struct bench_server *server);
/* Microseconds of CPU, user and system, that SERVER has used. */
double bench_cpu_us(const struct bench_server *server);
/* Octets of SERVER's resident set. */
double bench_resident_bytes(const struct bench_server *server);

#endif
