#include "tests/pki/fault_support.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- limits of the system ---- */

static void small_address_space_is_told(void **state)
{
    struct home home;

    (void)state;
    home_with_devices(&home);
    pid_t child = fork();

    if (child == 0) {
        unsigned long pages = 0;
        FILE *file = fopen("/proc/self/statm", "r");
        int fields = fscanf(file, "%lu", &pages);
        rlim_t bytes = (rlim_t)pages * 4096 + (256 << 20);
        const struct rlimit limit = {bytes, bytes};
        struct pki_fault fault = {0};

        setrlimit(RLIMIT_AS, &limit);
        bool is_told = fields == 1 && open_error(&home, NULL, false, &fault) == PKI_EADDRSPACE &&
                       strstr(fault.text, "address space") != NULL;

        _exit(is_told ? 0 : 1);
    }
    assert_child_ends_well(child);
    pki_store_close(home_open(&home, false));
    home_remove(&home);
}

/* 0 when HOME can be read and not written. */
static int check_read_only(const struct home *home)
{
    struct pki_store_options options = {.read_only = true};
    struct pki_fault fault = {0};
    struct pki_store *store = NULL;
    struct pki_reader *reader = NULL;
    struct pki_device device;

    if (open_error(home, NULL, false, &fault) != PKI_EREADONLY ||
        strstr(fault.text, home->path) == NULL) {
        return 1;
    }
    if (pki_store_open(home->path, &options, &store, &fault) != PKI_OK ||
        pki_reader_new(store, &reader) != PKI_OK ||
        pki_store_device_by_endpoint(reader, "b", &device) != PKI_OK) {
        return 2;
    }
    pki_reader_free(reader);
    pki_store_close(store);
    return 0;
}

/* As the owner, who is not root: for root no mode is read-only. */
static void read_only_folder_can_be_read(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
        mode_t mode_after;
    } parts[] = {{"store/data.mdb", 0400, 0600},
                 {"store/lock.mdb", 0400, 0600},
                 {"home.key", 0400, 0600},
                 {"store", 0500, 0700},
                 {"", 0500, 0700}};
    const size_t count = sizeof(parts) / sizeof(parts[0]);
    struct home home;
    char path[160];

    (void)state;
    home_with_devices(&home);
    assert_int_equal(chmod(home.base, 0755), 0);
    for (size_t i = 0; i < count; i++) {
        path_in(&home, parts[i].name, path);
        assert_int_equal(chmod(path, parts[i].mode), 0);
        assert_true(geteuid() != 0 || chown(path, NOBODY, NOBODY) == 0);
    }
    pid_t child = fork();

    if (child == 0) {
        bool is_nobody = geteuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0);

        _exit(is_nobody ? check_read_only(&home) : 3);
    }
    assert_child_ends_well(child);
    for (size_t i = count; i > 0; i--) {
        path_in(&home, parts[i - 1].name, path);
        assert_int_equal(chmod(path, parts[i - 1].mode_after), 0);
    }
    home_remove(&home);
}

/* A small tmpfs of its own at BASE, or the test is skipped. */
static void mount_small(const struct home *home, const char *options)
{
    if (mount("tmpfs", home->base, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
        int error = errno;

        rmdir(home->base);
        print_message("skipped: mounting a tmpfs needs root: %s\n", strerror(error));
        skip();
    }
}

static void unmount(const struct home *home)
{
    assert_int_equal(umount2(home->base, MNT_DETACH), 0);
    rmdir(home->base);
}

static void make_in(const struct home *home)
{
    const struct pki_store_options options = {0};
    struct pki_fault fault = {0};

    if (pki_store_init(home->path, &options, NOW, &fault) != PKI_OK) {
        fail_msg("init: %s", fault.text);
    }
}

static void read_only_file_system_can_be_read(void **state)
{
    struct home home;

    (void)state;
    home_new(&home);
    mount_small(&home, "size=4m");
    make_in(&home);
    struct pki_store *store = home_open(&home, false);

    device_add(store, "b");
    pki_store_close(store);
    assert_int_equal(mount(NULL, home.base, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(check_read_only(&home), 0);
    unmount(&home);
}

static enum pki_error add_numbered(struct pki_store *store, unsigned int first, unsigned int count)
{
    struct pki_txn *txn = txn_begin(store);

    for (unsigned int i = first; i < first + count; i++) {
        char endpoint[32];

        snprintf(endpoint, sizeof(endpoint), "device-%06u", i);
        struct pki_device device = device_of(endpoint);

        pki_txn_device_add(txn, &device);
    }
    return pki_txn_commit(txn);
}

static void assert_numbered(struct pki_store *store, unsigned int count)
{
    struct pki_reader *reader = reader_new(store);
    struct pki_store_stats stats;
    struct pki_device device;
    unsigned int records = 0;

    assert_int_equal(pki_store_stats(reader, &stats), PKI_OK);
    assert_int_equal(stats.devices, count);
    for (unsigned int i = 0; i < count; i++) {
        char endpoint[32];

        snprintf(endpoint, sizeof(endpoint), "device-%06u", i);
        assert_int_equal(pki_store_device_by_endpoint(reader, endpoint, &device), PKI_OK);
    }
    assert_int_equal(pki_store_audit(reader, 1, count_record, &records), PKI_OK);
    assert_int_equal(records, count);
    pki_reader_free(reader);
}

/* Takes all of the file system but LEFT octets. */
static void fill_disk(const struct home *home, size_t left)
{
    static const uint8_t block[4096];
    char path[160];
    size_t written = 0;

    snprintf(path, sizeof(path), "%s/filler", home->base);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block)) {
        written += sizeof(block);
    }
    assert_int_equal(ftruncate(fd, (off_t)(written > left ? written - left : 0)), 0);
    close(fd);
}

static void empty_disk(const struct home *home)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/filler", home->base);
    assert_int_equal(unlink(path), 0);
}

static void full_disk_loses_nothing(void **state)
{
    struct home home;
    unsigned int count = 0;
    enum pki_error error = PKI_OK;

    (void)state;
    home_new(&home);
    mount_small(&home, "size=2m");
    make_in(&home);
    struct pki_store *store = home_open(&home, false);

    while (error == PKI_OK && count < 100000) {
        error = add_numbered(store, count, 20);
        count += error == PKI_OK ? 20 : 0;
    }
    assert_int_equal(error, PKI_EFULL);
    assert_true(count >= 100);
    /* The one who ran into it reads on, tries again, and another process opens. */
    assert_numbered(store, count);
    assert_int_equal(add_numbered(store, count, 20), PKI_EFULL);
    pki_store_close(store);
    store = home_open(&home, true);
    assert_numbered(store, count);
    pki_store_close(store);
    store = home_open(&home, false);
    assert_numbered(store, count);
    pki_store_close(store);
    unmount(&home);
}

static void room_again_is_used_by_the_same_store(void **state)
{
    struct home home;
    unsigned int count = 0;

    (void)state;
    home_new(&home);
    mount_small(&home, "size=4m");
    make_in(&home);
    struct pki_store *store = home_open(&home, false);

    for (size_t left = 0; left <= 65536; left += 12288) {
        enum pki_error error = PKI_OK;

        fill_disk(&home, left);
        for (int i = 0; i < 40 && error == PKI_OK; i++) {
            error = add_numbered(store, count, 5);
            count += error == PKI_OK ? 5 : 0;
        }
        assert_int_equal(error, PKI_EFULL);
        assert_numbered(store, count);
        empty_disk(&home);
        assert_int_equal(add_numbered(store, count, 5), PKI_OK);
        count += 5;
        assert_numbered(store, count);
    }
    pki_store_close(store);
    unmount(&home);
}

static void readers_come_and_go_on_a_full_disk(void **state)
{
    struct home home;

    (void)state;
    home_new(&home);
    mount_small(&home, "size=1m");
    make_in(&home);
    struct pki_store *store = home_open(&home, false);
    struct pki_reader *readers[400];

    device_add(store, "device-000000");
    fill_disk(&home, 0);
    for (size_t i = 0; i < 400; i++) {
        readers[i] = reader_new(store);
    }
    assert_numbered(store, 1);
    for (size_t i = 0; i < 400; i++) {
        pki_reader_free(readers[i]);
    }
    pki_store_close(store);
    unmount(&home);
}

static void no_home_is_made_on_a_full_disk(void **state)
{
    const struct pki_store_options options = {0};
    struct home home;
    struct pki_fault fault = {0};
    struct stat status;

    (void)state;
    home_new(&home);
    mount_small(&home, "size=1m");
    for (size_t left = 0; left <= 24576; left += 4096) {
        fill_disk(&home, left);
        assert_int_equal(pki_store_init(home.path, &options, NOW, &fault), PKI_EFULL);
        assert_int_equal(stat(home.path, &status), -1);
        empty_disk(&home);
    }
    make_in(&home);
    pki_store_close(home_open(&home, false));
    unmount(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_address_space_is_told),
        cmocka_unit_test(read_only_folder_can_be_read),
        cmocka_unit_test(read_only_file_system_can_be_read),
        cmocka_unit_test(full_disk_loses_nothing),
        cmocka_unit_test(room_again_is_used_by_the_same_store),
        cmocka_unit_test(readers_come_and_go_on_a_full_disk),
        cmocka_unit_test(no_home_is_made_on_a_full_disk),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
