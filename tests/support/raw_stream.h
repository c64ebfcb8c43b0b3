/*
 * A peer on TCP by hand: what it says are frames in hex (tests/support/coap_script.h), what it
 * hears are octets. The endpoint it speaks to runs while it listens; waits are bounded.
 */
#ifndef IMPRINT_TESTS_SUPPORT_RAW_STREAM_H
#define IMPRINT_TESTS_SUPPORT_RAW_STREAM_H

#include "tests/support/peer.h"

#define RAW_CSM     "00e1"
#define RAW_OUR_CSM "40e1 224000 20"
#define RAW_POST_BS "3102aab26273"
#define RAW_CHANGED "0144aa"

struct raw {
    struct peer *server;
    int fd;
};

/* Connects to where the server listens. */
void raw_open(struct raw *raw);
void raw_say(const struct raw *raw, const void *octets, size_t len);
void raw_say_hex(const struct raw *raw, const char *hex);
/* Reads until LEN octets or the end have come; how many they were. */
size_t raw_hear(const struct raw *raw, uint8_t *out, size_t len);
void raw_hear_hex(const struct raw *raw, const char *hex);
/* The connection ends in order. */
void raw_hear_end(const struct raw *raw);

#endif
