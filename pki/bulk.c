#include "pki/bulk.h"

#include "pki/store_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX     1024 /* devices collected and sorted at once */
#define INSERT_MIN_US 1000 /* even beside a disk whose commit takes all of the 20 ms */

struct pki_bulk {
    struct pki_store *store;
    struct pki_bulk_pace pace;
    char actor[PKI_NAME_MAX + 1];
    int64_t now_at;
    enum pki_error error; /* sticks */
    uint64_t commit_us;   /* what commits take lately */
    struct pki_bulk_report report;
    size_t count;
    struct pki_device devices[BATCH_MAX];
};

static uint64_t standing_clock(void *context)
{
    (void)context;
    return 0;
}

static void no_pause(void *context, uint64_t us)
{
    (void)context;
    (void)us;
}

enum pki_error pki_bulk_open(struct pki_store *store, const char *actor, int64_t now_at,
                             const struct pki_bulk_pace *pace, struct pki_bulk **bulk)
{
    struct pki_bulk *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->store = store;
    fresh->now_at = now_at;
    snprintf(fresh->actor, sizeof(fresh->actor), "%s", actor);
    fresh->pace = pace != NULL ? *pace : (struct pki_bulk_pace){standing_clock, no_pause, NULL};
    pki_kv_check_readers(store->kv);
    *bulk = fresh;
    return PKI_OK;
}

static int by_endpoint(const void *a, const void *b)
{
    return strcmp(((const struct pki_device *)a)->endpoint,
                  ((const struct pki_device *)b)->endpoint);
}

/* Adds devices from FIRST on until the time is over; *DONE of them. */
static enum pki_error fill_group(struct pki_bulk *bulk, struct pki_txn *txn, size_t first,
                                 uint64_t end_us, size_t *done)
{
    enum pki_error error = PKI_OK;

    *done = 0;
    do {
        struct pki_device *device = &bulk->devices[first + *done];

        error = pki_txn_device_add(txn, device);
        if (error != PKI_OK) {
            snprintf(bulk->report.failed, sizeof(bulk->report.failed), "%s", device->endpoint);
            return error;
        }
        *done += 1;
    } while (first + *done < bulk->count && bulk->pace.clock_us(bulk->pace.context) < end_us);
    return PKI_OK;
}

static uint64_t insert_time(const struct pki_bulk *bulk)
{
    uint64_t left = bulk->commit_us < PKI_BULK_HOLD_US ? PKI_BULK_HOLD_US - bulk->commit_us : 0;

    return left > INSERT_MIN_US ? left : INSERT_MIN_US;
}

/* One group, from the lock's taking to its yielding. */
static enum pki_error write_group(struct pki_bulk *bulk, size_t first, size_t *done)
{
    struct pki_txn *txn;
    enum pki_error error = pki_txn_begin(bulk->store, bulk->actor, bulk->now_at, &txn);

    if (error != PKI_OK) {
        return error;
    }
    uint64_t taken_us = bulk->pace.clock_us(bulk->pace.context);

    error = fill_group(bulk, txn, first, taken_us + insert_time(bulk), done);
    uint64_t filled_us = bulk->pace.clock_us(bulk->pace.context);
    enum pki_error committed = pki_txn_commit(txn);
    uint64_t released_us = bulk->pace.clock_us(bulk->pace.context);

    if (error != PKI_OK || committed != PKI_OK) {
        return error != PKI_OK ? error : committed;
    }
    /* The slowest lately counts at once, a faster one by and by. */
    uint64_t commit_us = released_us - filled_us;
    uint64_t learned_us = bulk->commit_us - bulk->commit_us / 8 + commit_us / 8;

    bulk->commit_us = commit_us > learned_us ? commit_us : learned_us;
    bulk->report.added += *done;
    bulk->report.groups++;
    bulk->pace.pause_us(bulk->pace.context, released_us - taken_us);
    return PKI_OK;
}

static enum pki_error write_batch(struct pki_bulk *bulk)
{
    enum pki_error error = PKI_OK;

    qsort(bulk->devices, bulk->count, sizeof(bulk->devices[0]), by_endpoint);
    for (size_t first = 0; first < bulk->count && error == PKI_OK;) {
        size_t done = 0;

        error = write_group(bulk, first, &done);
        first += done;
    }
    explicit_bzero(bulk->devices, bulk->count * sizeof(bulk->devices[0]));
    bulk->count = 0;
    return error;
}

enum pki_error pki_bulk_device_add(struct pki_bulk *bulk, const struct pki_device *device)
{
    if (bulk->error != PKI_OK) {
        return bulk->error;
    }
    bulk->error = pki_device_check(device, NULL);
    if (bulk->error != PKI_OK) {
        return bulk->error;
    }
    bulk->devices[bulk->count++] = *device;
    if (bulk->count == BATCH_MAX) {
        bulk->error = write_batch(bulk);
    }
    return bulk->error;
}

enum pki_error pki_bulk_close(struct pki_bulk *bulk, struct pki_bulk_report *report)
{
    if (bulk->error == PKI_OK) {
        bulk->error = write_batch(bulk);
    }
    enum pki_error error = bulk->error;

    if (report != NULL) {
        *report = bulk->report;
    }
    explicit_bzero(bulk, sizeof(*bulk));
    free(bulk);
    return error;
}
