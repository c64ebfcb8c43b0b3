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
/* Devices from this index on are sent their Writes in blocks of 64 octets. */
#define BENCH_BLOCKWISE 500000u

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
/* A home with DEVICES devices and BLOCKWISE more from BENCH_BLOCKWISE on; HOME gets its path. */
void bench_home_make(unsigned devices, unsigned blockwise, char home[static 64]);
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
