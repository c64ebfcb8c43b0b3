/*
 * How often a device may begin a bootstrap: each writes history and audit, which no single device
 * shall fill.
 *
 * A bucket of tokens a device, in a table of fixed size. A device that falls on another's row takes
 * it over with a full bucket. Pure.
 */
#ifndef BS_PACE_H
#define BS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define BS_PACE_BURST     32   /* bootstraps at once */
#define BS_PACE_REFILL_MS 1000 /* and one more for each of these */
#define BS_PACE_ROWS      4096

struct bs_pace {
    struct {
        uint64_t device_id;
        uint64_t full_ms; /* when its bucket is full again */
    } rows[BS_PACE_ROWS];
};

/* Takes a token of DEVICE_ID; false when it has none left. */
bool bs_pace_take(struct bs_pace *pace, uint64_t device_id, uint64_t now_ms);

#endif
