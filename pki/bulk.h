/*
 * Writing many devices fairly beside a daemon.
 *
 * The store's writer lock is not fair: whoever loops over transactions starves everybody else (the
 * architecture's decision 8 measured 30 s). A bulk writer therefore collects devices without the
 * lock, sorts them (keys in order write 25 times faster), and commits in groups that hold the lock
 * for at most 20 ms, after each of which it pauses as long as the group held it: whoever waits
 * comes in between. The group's share of the 20 ms that its commit takes is learned from the groups
 * before.
 *
 * Devices are durable group by group; the first error ends the bulk, what was committed stays.
 * One thread uses a bulk at a time. No other transaction of that thread may be open.
 */
#ifndef PKI_BULK_H
#define PKI_BULK_H

#include "pki/error.h"
#include "pki/record.h"
#include "pki/store.h"

#include <stdint.h>

#define PKI_BULK_HOLD_US 20000

struct pki_bulk;

/* What a bulk needs of the world: a program gives CLOCK_MONOTONIC and nanosleep, a test its own. */
struct pki_bulk_pace {
    uint64_t (*clock_us)(void *context); /* monotonic */
    void (*pause_us)(void *context, uint64_t us);
    void *context;
};

struct pki_bulk_report {
    uint64_t added;
    uint64_t groups;                   /* commits that it took */
    char failed[PKI_ENDPOINT_MAX + 1]; /* endpoint of the device that ended it, "" = none */
};

/*
 * Begins a bulk. ACTOR and PACE are copied. PACE NULL: nobody else writes to the home, and the bulk
 * neither measures nor pauses. PKI_ENOMEM.
 */
enum pki_error pki_bulk_open(struct pki_store *store, const char *actor, int64_t now_at,
                             const struct pki_bulk_pace *pace, struct pki_bulk **bulk) MUST_USE;
/*
 * Takes a copy of DEVICE, to be added with an id of the store's choice. Writes when enough have
 * come. Sticky: after an error it returns that error. Errors: as pki_txn_device_add and
 * pki_txn_commit.
 */
enum pki_error pki_bulk_device_add(struct pki_bulk *bulk, const struct pki_device *device) MUST_USE;
/* Writes what is left and frees BULK in any case. REPORT may be NULL. The first error. */
enum pki_error pki_bulk_close(struct pki_bulk *bulk, struct pki_bulk_report *report) MUST_USE;

#endif
