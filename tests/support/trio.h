/*
 * One server (three sessions at most, short deadlines) and two clients behind a tap: what tests of
 * an endpoint under attack start from.
 */
#ifndef IMPRINT_TESTS_SUPPORT_TRIO_H
#define IMPRINT_TESTS_SUPPORT_TRIO_H

#include "tests/support/peer.h"
#include "tests/support/tap.h"

#define TRIO_FAIL_MS 300

struct trio {
    struct peer server; /* knows "device" */
    struct peer client;
    struct peer second; /* the same device after a reboot, or a stranger */
    struct tap tap;
};

/* Set-up and teardown of a cmocka test; the trio is *STATE. */
int trio_setup(void **state);
int trio_teardown(void **state);

/* Polls all until *COUNTER reaches WANTED; false after MS. */
bool trio_run(struct trio *trio, const unsigned *counter, unsigned wanted, unsigned ms);
/* Polls all for MS. */
void trio_pass(struct trio *trio, unsigned ms);
/* Handshake of PEER with the server through the tap. Asserts success. */
void trio_open(struct trio *trio, struct peer *peer);
/* One request of PEER's last session and its answer. Asserts success. */
void trio_exchange(struct trio *trio, struct peer *peer);
/* The server's counters. */
struct cc_endpoint_stats trio_stats(const struct trio *trio);

#endif
