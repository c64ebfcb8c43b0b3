/*
 * What the store costs:  bench_store [DEVICES]
 *
 * Look-ups by identity with unsealing (random devices, one thread), and group commits of outcomes
 * with their staged credentials, by the number of bootstraps in a group. The home is under TMPDIR.
 */
#include "pki/bulk.h"
#include "pki/secret.h"
#include "pki/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOKUPS    200000
#define BOOTSTRAPS 2000

static void must(enum pki_error error, const char *what)
{
    if (error != PKI_OK) {
        fprintf(stderr, "bench_store: %s: %s\n", what, pki_error_text(error));
        exit(1);
    }
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void name_device(struct pki_device *device, unsigned long number)
{
    memset(device, 0, sizeof(*device));
    snprintf(device->endpoint, sizeof(device->endpoint), "urn:dev:os:bench-%08lu", number);
    device->identity_len = strlen(device->endpoint);
    memcpy(device->identity, device->endpoint, device->identity_len);
    device->auth = PKI_AUTH_PSK;
    device->psk_len = PKI_PSK_DEFAULT;
}

static void fill(struct pki_store *store, unsigned long count)
{
    struct pki_bulk *bulk = NULL;
    struct pki_bulk_report report;
    struct pki_device device;
    double begun_us = now_us();

    must(pki_bulk_open(store, "bench", 1, NULL, &bulk), "bulk");
    for (unsigned long i = 0; i < count; i++) {
        name_device(&device, i);
        must(pki_bulk_device_add(bulk, &device), "add");
    }
    must(pki_bulk_close(bulk, &report), "close");
    printf("add in bulk, %lu devices        %10.0f a second\n", count,
           (double)count * 1e6 / (now_us() - begun_us));
}

static void look_up(struct pki_store *store, unsigned long count)
{
    struct pki_reader *reader = NULL;
    struct pki_device wanted;
    struct pki_device found;
    unsigned long number = 1;

    must(pki_reader_new(store, &reader), "reader");
    double begun_us = now_us();

    for (int i = 0; i < LOOKUPS; i++) {
        number = (number * 6364136223846793005UL + 1442695040888963407UL);
        name_device(&wanted, (number >> 33) % count);
        must(pki_store_device_by_identity(reader, PKI_AUTH_PSK, wanted.identity,
                                          wanted.identity_len, &found),
             "look-up");
    }
    printf("look-up by identity, unsealed   %10.2f us\n", (now_us() - begun_us) / LOOKUPS);
    pki_reader_free(reader);
}

static void commit_group(struct pki_store *store, unsigned long first, unsigned long size,
                         unsigned long count)
{
    struct pki_txn *txn = NULL;

    must(pki_txn_begin(store, "bench", 2, &txn), "begin");
    for (unsigned long i = 0; i < size; i++) {
        uint64_t id = (first + i) * 7919 % count + 1;
        struct pki_credential credential = {
            .device_id = id, .server_id = 101, .mode = PKI_MODE_PSK, .staged_at = 2};
        struct pki_outcome outcome = {.device_id = id, .result = PKI_RESULT_FINISHED};

        pki_txn_credential_add(txn, &credential);
        pki_txn_credential_settle(txn, id, 101, credential.serial, PKI_RESULT_FINISHED);
        pki_txn_outcome_append(txn, &outcome);
    }
    must(pki_txn_commit(txn), "commit");
}

static void commit_groups(struct pki_store *store, unsigned long size, unsigned long count)
{
    double begun_us = now_us();

    for (unsigned long done = 0; done < BOOTSTRAPS; done += size) {
        commit_group(store, done, size, count);
    }
    printf("commit of %4lu bootstraps        %10.0f bootstraps a second\n", size,
           BOOTSTRAPS * 1e6 / (now_us() - begun_us));
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    const char *base = getenv("TMPDIR");
    const struct pki_store_options options = {0};
    struct pki_store *store = NULL;
    struct pki_fault fault = {0};
    char home[256];
    char command[300];

    snprintf(home, sizeof(home), "%s/bench-store-XXXXXX", base != NULL ? base : "/tmp");
    if (count == 0 || mkdtemp(home) == NULL) {
        fprintf(stderr, "usage: bench_store [DEVICES]\n");
        return 2;
    }
    must(pki_secret_setup(), "setup");
    must(pki_store_init(home, &options, 1, &fault), fault.text);
    must(pki_store_open(home, &options, &store, &fault), fault.text);
    fill(store, count);
    look_up(store, count);
    for (unsigned long size = 1; size <= 1000; size *= 10) {
        commit_groups(store, size, count);
    }
    pki_store_close(store);
    snprintf(command, sizeof(command), "rm -rf '%s'", home);
    return system(command) == 0 ? 0 : 1;
}
