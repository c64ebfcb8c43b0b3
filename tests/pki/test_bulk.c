#include "tests/pki/store_support.h"

#include "pki/bulk.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

/* ---- alone, with a clock of our own ---- */

struct fake {
    uint64_t now_us;
    uint64_t step_us; /* that passes with each look at the clock */
    uint64_t pauses;
    uint64_t paused_us;
    uint64_t longest_us;
};

static uint64_t fake_clock(void *context)
{
    struct fake *fake = context;

    fake->now_us += fake->step_us;
    return fake->now_us;
}

static void fake_pause(void *context, uint64_t us)
{
    struct fake *fake = context;

    fake->pauses++;
    fake->paused_us += us;
    fake->longest_us = us > fake->longest_us ? us : fake->longest_us;
}

static enum pki_error add_many(struct pki_store *store, const struct pki_bulk_pace *pace,
                               unsigned int count, struct pki_bulk_report *report)
{
    struct pki_bulk *bulk;
    enum pki_error error = pki_bulk_open(store, "factory", NOW, pace, &bulk);

    assert_int_equal(error, PKI_OK);
    for (unsigned int i = 0; i < count && error == PKI_OK; i++) {
        char endpoint[32];

        /* An order that is not the store's. */
        snprintf(endpoint, sizeof(endpoint), "device-%06u", i * 7919 % count);
        struct pki_device device = device_of(endpoint);

        error = pki_bulk_device_add(bulk, &device);
    }
    return pki_bulk_close(bulk, report);
}

static void all_devices_arrive(void **state)
{
    struct home home;
    struct pki_bulk_report report;
    struct pki_store_stats stats;
    struct pki_device found;
    struct fake fake = {0};
    const struct pki_bulk_pace pace = {fake_clock, fake_pause, &fake};

    (void)state;
    home_init(&home, NULL);
    struct pki_store *store = home_open(&home, false);
    struct pki_reader *reader = reader_new(store);

    assert_int_equal(add_many(store, &pace, 2500, &report), PKI_OK);
    assert_int_equal(report.added, 2500);
    assert_int_equal(report.groups, 3);
    assert_string_equal(report.failed, "");
    assert_int_equal(pki_store_stats(reader, &stats), PKI_OK);
    assert_int_equal(stats.devices, 2500);
    assert_int_equal(stats.audit_records, 2500);
    assert_int_equal(pki_store_device_by_endpoint(reader, "device-001234", &found), PKI_OK);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
}

/* With 1 ms a device a group holds the lock for 20 ms, its commit included, and pauses as long. */
static void groups_are_short_and_yield_as_long(void **state)
{
    struct home home;
    struct pki_bulk_report report;
    struct fake fake = {.step_us = 1000};
    const struct pki_bulk_pace pace = {fake_clock, fake_pause, &fake};

    (void)state;
    home_init(&home, NULL);
    struct pki_store *store = home_open(&home, false);

    assert_int_equal(add_many(store, &pace, 400, &report), PKI_OK);
    assert_int_equal(report.added, 400);
    assert_true(report.groups >= 20 && report.groups <= 24);
    assert_int_equal(fake.pauses, report.groups);
    assert_true(fake.longest_us <= PKI_BULK_HOLD_US + 2 * fake.step_us);
    /* What was not paused was held or spent between groups. */
    assert_true(fake.paused_us >= fake.now_us - report.groups * fake.step_us - fake.step_us);
    pki_store_close(store);
    home_remove(&home);
}

static void first_error_ends_it_and_names_the_device(void **state)
{
    struct home home;
    struct pki_bulk_report report;
    struct pki_store_stats stats;
    struct pki_bulk *bulk;
    struct fake fake = {0};
    const struct pki_bulk_pace pace = {fake_clock, fake_pause, &fake};

    (void)state;
    home_init(&home, NULL);
    struct pki_store *store = home_open(&home, false);
    struct pki_reader *reader = reader_new(store);

    device_add(store, "device-000100");
    assert_int_equal(add_many(store, &pace, 200, &report), PKI_EEXISTS);
    assert_string_equal(report.failed, "device-000100");
    assert_int_equal(pki_store_stats(reader, &stats), PKI_OK);
    assert_int_equal(stats.devices, 1 + report.added);

    struct pki_device bad = device_of("bad");

    bad.psk_len = 1;
    assert_int_equal(pki_bulk_open(store, "factory", NOW, &pace, &bulk), PKI_OK);
    assert_int_equal(pki_bulk_device_add(bulk, &bad), PKI_EINVAL);
    bad.psk_len = PKI_PSK_DEFAULT;
    assert_int_equal(pki_bulk_device_add(bulk, &bad), PKI_EINVAL);
    assert_int_equal(pki_bulk_close(bulk, NULL), PKI_EINVAL);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
}

/* ---- beside a daemon ---- */

struct shared {
    unsigned int groups;  /* that the bulk has committed */
    unsigned int waiting; /* the daemon wants the lock */
    unsigned int is_over;
};

static void nap(void)
{
    const struct timespec ms = {.tv_nsec = 200000};

    nanosleep(&ms, NULL);
}

/* A pause that lasts until whoever waits has come in; bounded, so that a failure ends. */
static void yielding_pause(void *context, uint64_t us)
{
    struct shared *shared = context;

    (void)us;
    __atomic_add_fetch(&shared->groups, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 20000 && __atomic_load_n(&shared->waiting, __ATOMIC_SEQ_CST) != 0; i++) {
        nap();
    }
}

static uint64_t quick_clock(void *context)
{
    static uint64_t now_us;

    (void)context;
    return now_us += 1000;
}

static void run_bulk(const struct home *home, struct shared *shared)
{
    const struct pki_bulk_pace pace = {quick_clock, yielding_pause, shared};
    struct pki_store *store = home_open(home, false);
    struct pki_bulk_report report;
    enum pki_error error = add_many(store, &pace, 4000, &report);

    pki_store_close(store);
    __atomic_store_n(&shared->is_over, 1, __ATOMIC_SEQ_CST);
    _exit(error == PKI_OK && report.added == 4000 ? 0 : 1);
}

/* How many groups the bulk committed while one commit of ours waited for the lock. */
static unsigned int commit_beside(struct pki_store *store, struct shared *shared, unsigned int turn)
{
    char endpoint[32];

    snprintf(endpoint, sizeof(endpoint), "daemon-%u", turn);
    struct pki_device device = device_of(endpoint);

    __atomic_store_n(&shared->waiting, 1, __ATOMIC_SEQ_CST);
    unsigned int before = __atomic_load_n(&shared->groups, __ATOMIC_SEQ_CST);
    struct pki_txn *txn = txn_begin(store);
    unsigned int after = __atomic_load_n(&shared->groups, __ATOMIC_SEQ_CST);

    pki_txn_device_add(txn, &device);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    __atomic_store_n(&shared->waiting, 0, __ATOMIC_SEQ_CST);
    return after - before;
}

static void commit_waits_for_one_group_at_most(void **state)
{
    struct home home;
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned int commits = 0;
    int status;

    (void)state;
    assert_true(shared != MAP_FAILED);
    home_init(&home, NULL);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        run_bulk(&home, shared);
    }
    struct pki_store *store = home_open(&home, false);

    while (__atomic_load_n(&shared->is_over, __ATOMIC_SEQ_CST) == 0) {
        assert_true(commit_beside(store, shared, commits) <= 1);
        commits++;
        nap();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(commits > 10);
    pki_store_close(store);
    home_remove(&home);
    munmap(shared, sizeof(*shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_devices_arrive),
        cmocka_unit_test(groups_are_short_and_yield_as_long),
        cmocka_unit_test(first_error_ends_it_and_names_the_device),
        cmocka_unit_test(commit_waits_for_one_group_at_most),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
