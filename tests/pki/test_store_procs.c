#include "tests/pki/store_support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

/* What parent and children tell each other. */
struct shared {
    unsigned int committed; /* pairs that a killed writer had committed */
    unsigned int is_over;
};

static struct shared *shared_new(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(shared != MAP_FAILED);
    return shared;
}

static unsigned int load(const unsigned int *value)
{
    return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static void store_value(unsigned int *value, unsigned int to)
{
    __atomic_store_n(value, to, __ATOMIC_SEQ_CST);
}

/* Two devices in one transaction: a reader sees both or none. */
static enum pki_error add_pair(struct pki_store *store, const char *prefix, unsigned int number)
{
    struct pki_txn *txn = txn_begin(store);

    for (int i = 0; i < 2; i++) {
        char endpoint[64];

        snprintf(endpoint, sizeof(endpoint), "%s-%06u-%d", prefix, number, i);
        struct pki_device device = device_of(endpoint);

        pki_txn_device_add(txn, &device);
    }
    return pki_txn_commit(txn);
}

static enum pki_error remove_pair(struct pki_store *store, const char *prefix, unsigned int number)
{
    struct pki_txn *txn = txn_begin(store);

    for (int i = 0; i < 2; i++) {
        char endpoint[64];
        struct pki_device device;

        snprintf(endpoint, sizeof(endpoint), "%s-%06u-%d", prefix, number, i);
        if (pki_txn_device_get(txn, endpoint, &device) == PKI_OK) {
            pki_txn_device_remove(txn, device.id);
        }
    }
    return pki_txn_commit(txn);
}

/* How many devices one transaction of READER lists; all of them belong to pairs. */
static size_t assert_pairs(struct pki_reader *reader, struct pki_device *page, size_t max)
{
    size_t count;

    assert_int_equal(pki_store_device_page(reader, "", NULL, page, max, &count), PKI_OK);
    assert_int_equal(count % 2, 0);
    for (size_t i = 0; i < count; i += 2) {
        size_t len = strlen(page[i].endpoint) - 1;

        assert_memory_equal(page[i].endpoint, page[i + 1].endpoint, len);
        assert_int_equal(page[i].endpoint[len], '0');
        assert_int_equal(page[i + 1].endpoint[len], '1');
    }
    return count;
}

/* ---- writers and readers at once ---- */

#define PAIRS 150

static void run_writer(const struct home *home, const char *prefix)
{
    struct pki_store *store = home_open(home, false);
    enum pki_error error = PKI_OK;

    for (unsigned int i = 0; i < PAIRS && error == PKI_OK; i++) {
        error = add_pair(store, prefix, i);
    }
    pki_store_close(store);
    _exit(error == PKI_OK ? 0 : 1);
}

static void two_writers_and_a_reader_at_once(void **state)
{
    static struct pki_device page[4 * PAIRS];
    static const char *const prefixes[] = {"left", "right"};
    struct home home;
    pid_t children[2];
    size_t count = 0;
    int looks = 0;

    (void)state;
    home_init(&home, NULL);
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            run_writer(&home, prefixes[i]);
        }
    }
    struct pki_store *store = home_open(&home, true);
    struct pki_reader *reader = reader_new(store);

    for (; looks < 100000 && count < sizeof(page) / sizeof(page[0]); looks++) {
        size_t seen = assert_pairs(reader, page, sizeof(page) / sizeof(page[0]));

        assert_true(seen >= count);
        count = seen;
    }
    assert_child_ends_well(children[0]);
    assert_child_ends_well(children[1]);
    assert_int_equal(assert_pairs(reader, page, sizeof(page) / sizeof(page[0])), 4 * PAIRS);
    assert_true(looks > 1);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
}

/* ---- threads of one process: one writes, others read ---- */

struct reading {
    struct pki_store *store;
    struct shared *shared;
    unsigned int looks;
    enum pki_error error;
};

static void *read_on(void *context)
{
    struct reading *reading = context;
    struct pki_reader *reader = NULL;
    struct pki_device device;

    reading->error = pki_reader_new(reading->store, &reader);
    while (reading->error == PKI_OK && load(&reading->shared->is_over) == 0) {
        reading->error = pki_store_device_by_identity(
            reader, PKI_AUTH_PSK, (const uint8_t *)"thread-000000-0", 15, &device);
        reading->looks++;
    }
    pki_reader_free(reader);
    return NULL;
}

static void threads_read_beside_the_writer(void **state)
{
    struct home home;
    struct reading readings[3] = {0};
    struct shared *shared = shared_new();
    pthread_t threads[3];

    (void)state;
    home_init(&home, NULL);
    struct pki_store *store = home_open(&home, false);

    assert_int_equal(add_pair(store, "thread", 0), PKI_OK);
    for (size_t i = 0; i < 3; i++) {
        readings[i] = (struct reading){.store = store, .shared = shared};
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readings[i]), 0);
    }
    for (unsigned int i = 1; i < 100; i++) {
        assert_int_equal(add_pair(store, "thread", i), PKI_OK);
    }
    store_value(&shared->is_over, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(readings[i].error, PKI_OK);
        assert_true(readings[i].looks > 0);
    }
    pki_store_close(store);
    home_remove(&home);
    munmap(shared, sizeof(*shared));
}

/* ---- killed in the middle ---- */

#define KILLS 40

/* Adds a pair, takes away an older one, tells, and so on, until it is killed. */
static void run_doomed(const struct home *home, struct shared *shared)
{
    struct pki_store *store = home_open(home, false);
    enum pki_error error = PKI_OK;

    for (unsigned int i = load(&shared->committed); error == PKI_OK; i++) {
        error = add_pair(store, "pair", i);
        if (error == PKI_OK) {
            store_value(&shared->committed, i + 1);
        }
        if (error == PKI_OK && i % 3 == 2) {
            error = remove_pair(store, "pair", i - 2);
        }
    }
    _exit(1);
}

static bool count_record(void *context, const struct pki_audit *record)
{
    (void)record;
    *(uint64_t *)context += 1;
    return true;
}

static bool is_kept(unsigned int number)
{
    return number % 3 != 0;
}

static void assert_nothing_lost(const struct home *home, unsigned int committed)
{
    static struct pki_device page[4096];
    struct pki_store *store = home_open(home, false);
    struct pki_reader *reader = reader_new(store);
    struct pki_store_stats stats;
    struct pki_device device;
    uint64_t records = 0;
    size_t count = assert_pairs(reader, page, sizeof(page) / sizeof(page[0]));

    assert_int_equal(pki_store_stats(reader, &stats), PKI_OK);
    assert_int_equal(stats.devices, count);
    for (unsigned int i = 0; i < committed; i++) {
        char endpoint[64];

        snprintf(endpoint, sizeof(endpoint), "pair-%06u-1", i);
        if (is_kept(i)) {
            assert_int_equal(pki_store_device_by_endpoint(reader, endpoint, &device), PKI_OK);
            assert_int_equal(pki_store_device_by_identity(reader, PKI_AUTH_PSK, device.identity,
                                                          device.identity_len, &device),
                             PKI_OK);
        }
    }
    assert_int_equal(pki_store_audit(reader, 1, count_record, &records), PKI_OK);
    assert_int_equal(records, stats.audit_records);
    pki_reader_free(reader);
    pki_store_close(store);
}

/* A kill between commit and telling leaves one pair more than told: the next child begins after it.
 */
static void catch_up(const struct home *home, struct shared *shared)
{
    struct pki_store *store = home_open(home, true);
    struct pki_reader *reader = reader_new(store);
    struct pki_device device;
    char endpoint[64];

    snprintf(endpoint, sizeof(endpoint), "pair-%06u-0", load(&shared->committed));
    if (pki_store_device_by_endpoint(reader, endpoint, &device) == PKI_OK) {
        store_value(&shared->committed, load(&shared->committed) + 1);
    }
    pki_reader_free(reader);
    pki_store_close(store);
}

/* Every other child is let live until it told of a pair, however slow the machine is. */
static void await_pair(const struct shared *shared, unsigned int before)
{
    for (unsigned int i = 0; i < 10000 && load(&shared->committed) == before; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(load(&shared->committed) > before);
}

static void kill_at_any_point_loses_nothing(void **state)
{
    struct home home;
    struct shared *shared = shared_new();
    unsigned int seed = 7;

    (void)state;
    home_init(&home, NULL);
    for (unsigned int round = 0; round < KILLS; round++) {
        unsigned int before = load(&shared->committed);
        pid_t child = fork();
        struct timespec delay = {0};
        int status;

        assert_true(child >= 0);
        if (child == 0) {
            run_doomed(&home, shared);
        }
        if (round % 2 == 0) {
            await_pair(shared, before);
        }
        seed = seed * 1103515245 + 12345;
        delay.tv_nsec = 1000000 + (long)(seed >> 8) % 14000000;
        nanosleep(&delay, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_nothing_lost(&home, load(&shared->committed));
        catch_up(&home, shared);
    }
    assert_true(load(&shared->committed) >= KILLS / 2);
    home_remove(&home);
    munmap(shared, sizeof(*shared));
}

/* A reader that dies within a look-up leaves a slot behind; the next one who opens clears it. */
static void killed_readers_leave_their_slots(void **state)
{
    struct home home;

    (void)state;
    home_init(&home, NULL);
    for (int round = 0; round < 4; round++) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
            struct pki_store *store = home_open(&home, true);

            for (int i = 0; i < 200; i++) {
                reader_new(store);
            }
            kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    struct pki_store *store = home_open(&home, false);
    struct pki_reader *reader = reader_new(store);

    assert_int_equal(add_pair(store, "after", 0), PKI_OK);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_writers_and_a_reader_at_once),
        cmocka_unit_test(threads_read_beside_the_writer),
        cmocka_unit_test(kill_at_any_point_loses_nothing),
        cmocka_unit_test(killed_readers_leave_their_slots),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
