#include "tests/pki/store_support.h"

#include "pki/bulk.h"

#include <sys/resource.h>

/* Page faults of opening HOME and one look-up, in a process that never saw it. */
static long open_faults(const struct home *home)
{
    int ends[2];
    long faults = -1;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct rusage before;
        struct rusage after;
        struct pki_device device;

        getrusage(RUSAGE_SELF, &before);
        struct pki_store *store = home_open(home, true);
        struct pki_reader *reader = reader_new(store);
        bool is_found = pki_store_device_by_endpoint(reader, "device-000050", &device) == PKI_OK;

        getrusage(RUSAGE_SELF, &after);
        faults = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;
        _exit(is_found && write(ends[1], &faults, sizeof(faults)) == sizeof(faults) ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &faults, sizeof(faults)), sizeof(faults));
    assert_child_ends_well(child);
    close(ends[0]);
    close(ends[1]);
    return faults;
}

static void home_of(struct home *home, unsigned int count)
{
    struct pki_bulk_report report;
    struct pki_bulk *bulk;

    home_init(home, NULL);
    struct pki_store *store = home_open(home, false);

    assert_int_equal(pki_bulk_open(store, "test", NOW, NULL, &bulk), PKI_OK);
    for (unsigned int i = 0; i < count; i++) {
        char endpoint[32];

        snprintf(endpoint, sizeof(endpoint), "device-%06u", i);
        struct pki_device device = device_of(endpoint);

        assert_int_equal(pki_bulk_device_add(bulk, &device), PKI_OK);
    }
    assert_int_equal(pki_bulk_close(bulk, &report), PKI_OK);
    assert_int_equal(report.added, count);
    pki_store_close(store);
}

/*
 * A thousand times the devices, and opening touches the same pages but for a level or two of each
 * tree on its way; a walk over them would touch thousands.
 */
static void opening_does_not_grow_with_the_devices(void **state)
{
    struct home small;
    struct home large;

    (void)state;
    home_of(&small, 100);
    home_of(&large, 100000);
    long few = open_faults(&small);
    long many = open_faults(&large);

    assert_true(few > 0);
    if (many > few + 24) {
        fail_msg("%ld page faults with 100 devices, %ld with 100,000", few, many);
    }
    home_remove(&small);
    home_remove(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_does_not_grow_with_the_devices),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
