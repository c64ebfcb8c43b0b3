/*
 * A home in a temporary folder, and devices to put into it.
 *
 * Everything here fails the running test when it does not succeed.
 */
#ifndef IMPRINT_TESTS_PKI_STORE_SUPPORT_H
#define IMPRINT_TESTS_PKI_STORE_SUPPORT_H

#include "tests/support/cmocka_all.h"

#include "pki/psk.h"
#include "pki/secret.h"
#include "pki/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1700000000

struct home {
    char base[64];
    char path[96];
};

static inline int remove_entry(const char *path, const struct stat *status, int type,
                               struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void home_new(struct home *home)
{
    snprintf(home->base, sizeof(home->base), "/tmp/imprint-test-XXXXXX");
    assert_non_null(mkdtemp(home->base));
    snprintf(home->path, sizeof(home->path), "%s/home", home->base);
}

static inline void home_init(struct home *home, const char *passphrase)
{
    struct pki_store_options options = {.passphrase = passphrase};
    struct pki_fault fault = {0};

    home_new(home);
    if (pki_store_init(home->path, &options, NOW, &fault) != PKI_OK) {
        fail_msg("init: %s", fault.text);
    }
}

static inline void home_remove(struct home *home)
{
    nftw(home->base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct pki_store *home_open(const struct home *home, bool is_read_only)
{
    struct pki_store_options options = {.read_only = is_read_only};
    struct pki_store *store = NULL;
    struct pki_fault fault = {0};

    if (pki_store_open(home->path, &options, &store, &fault) != PKI_OK) {
        fail_msg("open: %s", fault.text);
    }
    return store;
}

static inline struct pki_reader *reader_new(struct pki_store *store)
{
    struct pki_reader *reader = NULL;

    assert_int_equal(pki_reader_new(store, &reader), PKI_OK);
    return reader;
}

static inline struct pki_txn *txn_begin_at(struct pki_store *store, int64_t now_at)
{
    struct pki_txn *txn = NULL;

    assert_int_equal(pki_txn_begin(store, "test", now_at, &txn), PKI_OK);
    return txn;
}

static inline struct pki_txn *txn_begin(struct pki_store *store)
{
    return txn_begin_at(store, NOW);
}

/* A PSK device, its endpoint as identity. */
static inline struct pki_device device_of(const char *endpoint)
{
    struct pki_device device = {0};

    snprintf(device.endpoint, sizeof(device.endpoint), "%s", endpoint);
    assert_int_equal(pki_psk_mint(&device, PKI_PSK_DEFAULT, pki_secret_random, NULL), PKI_OK);
    return device;
}

/* Adds such a device in a transaction of its own; its id. */
static inline uint64_t device_add(struct pki_store *store, const char *endpoint)
{
    struct pki_device device = device_of(endpoint);
    struct pki_txn *txn = txn_begin(store);

    assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    return device.id;
}

/* A child of the test that ended with exit 0. */
static inline void assert_child_ends_well(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static inline int group_setup(void **state)
{
    (void)state;
    return pki_secret_setup() == PKI_OK ? 0 : -1;
}

/* What pki_store_audit showed. */
struct seen {
    size_t count;
    struct pki_audit last;
    size_t stop_after;
};

static inline bool see(void *context, const struct pki_audit *record)
{
    struct seen *seen = context;

    seen->count++;
    seen->last = *record;
    return seen->count != seen->stop_after;
}

struct fixture {
    struct home home;
    struct pki_store *store;
    struct pki_reader *reader;
};

static inline int fixture_setup(void **state)
{
    static struct fixture fixture;

    home_init(&fixture.home, NULL);
    fixture.store = home_open(&fixture.home, false);
    fixture.reader = reader_new(fixture.store);
    *state = &fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    pki_reader_free(fixture->reader);
    pki_store_close(fixture->store);
    home_remove(&fixture->home);
    return 0;
}

static inline struct pki_store_stats stats_of(struct fixture *fixture)
{
    struct pki_store_stats stats;

    assert_int_equal(pki_store_stats(fixture->reader, &stats), PKI_OK);
    return stats;
}

/* A test with a fresh fixture as its state. */
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
