#include "tests/pki/store_support.h"

#include "pki/home.h"
#include "pki/store_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY 65534

static enum pki_error open_error(const struct home *home, const char *passphrase, bool is_read_only,
                                 struct pki_fault *fault)
{
    struct pki_store_options options = {.passphrase = passphrase, .read_only = is_read_only};
    struct pki_store *store = NULL;
    enum pki_error error = pki_store_open(home->path, &options, &store, fault);

    pki_store_close(store);
    return error;
}

/* What does not open says so in one line that names the place and no secret. */
static void assert_refused(const struct home *home, const char *passphrase, enum pki_error expected)
{
    struct pki_fault fault = {0};
    enum pki_error error = open_error(home, passphrase, false, &fault);

    if (error != expected) {
        fail_msg("%s, not %s", pki_error_text(error), pki_error_text(expected));
    }
    assert_int_equal(fault.code, expected);
    assert_non_null(strstr(fault.text, home->path));
    assert_null(strchr(fault.text, '\n'));
    assert_true(passphrase == NULL || strstr(fault.text, passphrase) == NULL);
}

static void path_in(const struct home *home, const char *name, char out[static 160])
{
    snprintf(out, 160, "%s%s%s", home->path, name[0] != '\0' ? "/" : "", name);
}

static size_t file_read(const char *path, uint8_t *out, size_t cap)
{
    int fd = open(path, O_RDONLY);
    ssize_t len;

    assert_true(fd >= 0);
    len = read(fd, out, cap);
    close(fd);
    assert_true(len >= 0);
    return (size_t)len;
}

static void file_write(const char *path, const uint8_t *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static void assert_device(struct pki_store *store, const char *endpoint, enum pki_error expected)
{
    struct pki_reader *reader = reader_new(store);
    struct pki_device device;

    assert_int_equal(pki_store_device_by_endpoint(reader, endpoint, &device), expected);
    pki_reader_free(reader);
}

/* A home with device "a" and "b". */
static void home_with_devices(struct home *home)
{
    home_init(home, NULL);
    struct pki_store *store = home_open(home, false);

    device_add(store, "a");
    device_add(store, "b");
    pki_store_close(store);
}

/* ---- making a home ---- */

static void home_is_made_where_nothing_is(void **state)
{
    static const struct {
        const char *prepare;
        enum pki_error expected;
    } rows[] = {
        {"true", PKI_OK},
        {"mkdir -m 700 home", PKI_OK},
        {"mkdir -m 755 home", PKI_EMODE},
        {"mkdir -m 700 home; touch home/anything", PKI_EEXISTS},
        {"touch home", PKI_EEXISTS},
        {"mkdir -m 700 home home/.init home/.init/store; touch home/home.key", PKI_OK},
        {"mkdir -m 700 home home/.init home/store; touch home/store/data.mdb", PKI_EEXISTS},
        {"mkdir -m 700 home; touch home/home.key", PKI_EEXISTS},
    };
    const struct pki_store_options options = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct home home;
        struct pki_fault fault = {0};
        char command[256];

        home_new(&home);
        snprintf(command, sizeof(command), "cd %s && %s", home.base, rows[i].prepare);
        assert_int_equal(system(command), 0);
        assert_int_equal(pki_store_init(home.path, &options, NOW, &fault), rows[i].expected);
        if (rows[i].expected == PKI_OK) {
            pki_store_close(home_open(&home, false));
            assert_int_equal(pki_store_init(home.path, &options, NOW, &fault), PKI_EEXISTS);
            pki_store_close(home_open(&home, false));
        }
        home_remove(&home);
    }
}

static void failed_making_leaves_nothing(void **state)
{
    struct home home;
    struct pki_fault fault = {0};
    struct stat status;
    const struct pki_store_options short_phrase = {.passphrase = "1234567"};
    const struct pki_store_options read_only = {.read_only = true};
    const struct pki_store_options large_map = {.map_bytes = UINT64_C(1) << 62};

    (void)state;
    home_new(&home);
    assert_int_equal(pki_store_init(home.path, &short_phrase, NOW, &fault), PKI_EINVAL);
    assert_null(strstr(fault.text, "1234567"));
    assert_int_equal(pki_store_init(home.path, &read_only, NOW, &fault), PKI_EINVAL);
    assert_int_equal(pki_store_init(home.path, &large_map, NOW, &fault), PKI_EADDRSPACE);
    assert_int_equal(stat(home.path, &status), -1);
    snprintf(home.path, sizeof(home.path), "%s/no/home", home.base);
    assert_int_equal(pki_store_init(home.path, &large_map, NOW, &fault), PKI_ENOTFOUND);
    home_remove(&home);
}

static void no_home_is_told(void **state)
{
    struct home home;

    (void)state;
    home_new(&home);
    assert_refused(&home, NULL, PKI_ENOTFOUND);
    assert_int_equal(mkdir(home.path, 0700), 0);
    assert_refused(&home, NULL, PKI_ENOTFOUND);
    home_remove(&home);
}

/* ---- keys ---- */

static void wrong_master_key_is_told(void **state)
{
    static const struct {
        size_t len;
        bool is_changed;
    } rows[] = {
        {PKI_KEY_LEN, true}, {PKI_KEY_LEN - 1, false}, {PKI_KEY_LEN + 1, false}, {0, false}};
    struct home home;
    char path[160];
    uint8_t key[PKI_KEY_LEN + 1] = {0};

    (void)state;
    home_with_devices(&home);
    path_in(&home, "home.key", path);
    assert_int_equal(file_read(path, key, sizeof(key)), PKI_KEY_LEN);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t other[PKI_KEY_LEN + 1];

        memcpy(other, key, sizeof(key));
        other[0] ^= rows[i].is_changed ? 1 : 0;
        file_write(path, other, rows[i].len);
        assert_refused(&home, NULL, PKI_EKEY);
    }
    assert_int_equal(unlink(path), 0);
    assert_refused(&home, NULL, PKI_EKEY);
    assert_refused(&home, "zzzzzzzz", PKI_EKEY);
    file_write(path, key, PKI_KEY_LEN);
    struct pki_store *store = home_open(&home, false);

    assert_device(store, "a", PKI_OK);
    pki_store_close(store);
    home_remove(&home);
}

static void passphrase_opens_alone(void **state)
{
    struct home home;
    struct pki_fault fault = {0};
    char path[160];
    struct stat status;

    (void)state;
    home_init(&home, "correct horse");
    path_in(&home, "home.key", path);
    assert_int_equal(stat(path, &status), -1);
    assert_refused(&home, "correct horsf", PKI_EKEY);
    assert_refused(&home, NULL, PKI_EKEY);
    assert_int_equal(open_error(&home, "correct horse", false, &fault), PKI_OK);
    home_remove(&home);
}

/* ---- owners and modes ---- */

static void open_modes_are_refused(void **state)
{
    static const struct {
        const char *name;
        mode_t bad;
        mode_t good;
    } rows[] = {
        {"", 0750, 0700},
        {"", 0701, 0700},
        {"store", 0755, 0700},
        {"store/data.mdb", 0644, 0600},
        {"store/lock.mdb", 0660, 0600},
        {"home.key", 0640, 0600},
        {"home.key", 0604, 0400},
    };
    struct home home;

    (void)state;
    home_with_devices(&home);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[160];

        path_in(&home, rows[i].name, path);
        assert_int_equal(chmod(path, rows[i].bad), 0);
        assert_refused(&home, NULL, PKI_EMODE);
        assert_int_equal(chmod(path, rows[i].good), 0);
        pki_store_close(home_open(&home, false));
    }
    home_remove(&home);
}

static void links_within_the_home_are_refused(void **state)
{
    struct home home;
    char path[160];
    char moved[160];

    (void)state;
    home_with_devices(&home);
    path_in(&home, "home.key", path);
    path_in(&home, "moved.key", moved);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
    assert_refused(&home, NULL, PKI_EMODE);
    home_remove(&home);
}

static void made_files_are_closed_to_others(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = {{"", 0700},
                {"store", 0700},
                {"store/data.mdb", 0600},
                {"store/lock.mdb", 0600},
                {"home.key", 0600}};
    struct home home;
    mode_t before = umask(0);

    (void)state;
    home_with_devices(&home);
    umask(before);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[160];
        struct stat status;

        path_in(&home, rows[i].name, path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, rows[i].mode);
    }
    home_remove(&home);
}

static void foreign_owner_is_refused(void **state)
{
    struct home home;
    char path[160];

    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give a file away\n");
        skip();
    }
    home_with_devices(&home);
    path_in(&home, "home.key", path);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    assert_refused(&home, NULL, PKI_EMODE);
    home_remove(&home);
}

/* ---- damaged files ---- */

static void truncated_file_is_told_and_loses_nothing(void **state)
{
    static uint8_t data[4 << 20];
    struct home home;
    char path[160];

    (void)state;
    home_with_devices(&home);
    path_in(&home, "store/data.mdb", path);
    size_t len = file_read(path, data, sizeof(data));
    const size_t cuts[] = {0, 1, 4096, 8191, 8192, len / 2, len - 4096, len - 1};

    assert_true(len < sizeof(data));
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        uint8_t after[1];

        file_write(path, data, cuts[i]);
        assert_refused(&home, NULL, PKI_ECORRUPT);
        assert_int_equal(file_read(path, after, 0), 0);
    }
    file_write(path, data, len);
    struct pki_store *store = home_open(&home, false);

    assert_device(store, "a", PKI_OK);
    assert_device(store, "b", PKI_OK);
    pki_store_close(store);
    home_remove(&home);
}

static void foreign_file_is_told(void **state)
{
    static uint8_t data[1 << 16];
    struct home home;
    char path[160];

    (void)state;
    home_with_devices(&home);
    path_in(&home, "store/data.mdb", path);
    memset(data, 'x', sizeof(data));
    file_write(path, data, sizeof(data));
    assert_refused(&home, NULL, PKI_ECORRUPT);
    home_remove(&home);
}

/* Puts octets at KEY of TABLE, past all checks. */
static void put_raw(const struct home *home, enum pki_table table, const struct pki_key *key,
                    const uint8_t *data, size_t len)
{
    struct pki_store *store = home_open(home, false);
    struct pki_txn *txn = txn_begin(store);

    assert_int_equal(
        pki_kv_put(txn->view.kv, table, pki_key_span(key), (struct pki_span){data, len}), PKI_OK);
    txn->has_changed = true;
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    pki_store_close(store);
}

static size_t get_raw(const struct home *home, enum pki_table table, const struct pki_key *key,
                      uint8_t out[static PKI_SEALED_MAX])
{
    struct pki_store *store = home_open(home, false);
    struct pki_txn *txn = txn_begin(store);
    struct pki_span value = {0};

    assert_int_equal(pki_kv_get(txn->view.kv, table, pki_key_span(key), &value), PKI_OK);
    memcpy(out, value.data, value.len);
    pki_txn_abort(txn);
    pki_store_close(store);
    return value.len;
}

/* The record at KEY with its first octet, the version, one higher: properly sealed. */
static void put_newer(const struct home *home, enum pki_table table, const struct pki_key *key)
{
    struct pki_store *store = home_open(home, false);
    struct pki_txn *txn = txn_begin(store);
    struct pki_plain plain;

    assert_int_equal(pki_view_get(&txn->view, table, key, &plain), PKI_OK);
    plain.data[0]++;
    assert_int_equal(pki_view_put(&txn->view, table, key, &plain), PKI_OK);
    txn->has_changed = true;
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    pki_store_close(store);
}

static void newer_record_is_told_and_its_neighbour_read(void **state)
{
    struct home home;
    struct pki_key key = pki_key_number(1);

    (void)state;
    home_with_devices(&home);
    put_newer(&home, PKI_TABLE_DEVICE, &key);
    struct pki_store *store = home_open(&home, false);
    struct pki_device device = device_of("a");
    struct pki_txn *txn = txn_begin(store);

    assert_device(store, "a", PKI_EVERSION);
    assert_device(store, "b", PKI_OK);
    device.id = 1;
    assert_int_equal(pki_txn_device_put(txn, &device), PKI_EVERSION);
    assert_int_equal(pki_txn_commit(txn), PKI_EVERSION);
    assert_device(store, "a", PKI_EVERSION);
    pki_store_close(store);
    home_remove(&home);
}

static void newer_seal_is_told(void **state)
{
    struct home home;
    struct pki_key key = pki_key_number(1);
    uint8_t sealed[PKI_SEALED_MAX];

    (void)state;
    home_with_devices(&home);
    size_t len = get_raw(&home, PKI_TABLE_DEVICE, &key, sealed);

    sealed[0]++;
    put_raw(&home, PKI_TABLE_DEVICE, &key, sealed, len);
    struct pki_store *store = home_open(&home, false);

    assert_device(store, "a", PKI_EVERSION);
    assert_device(store, "b", PKI_OK);
    pki_store_close(store);
    home_remove(&home);
}

static void newer_home_is_told(void **state)
{
    static const char *const names[] = {PKI_META_HOME, PKI_META_KEY};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct home home;
        struct pki_key key = pki_key_meta(names[i]);
        uint8_t record[PKI_SEALED_MAX];

        home_with_devices(&home);
        size_t len = get_raw(&home, PKI_TABLE_META, &key, record);

        record[0]++;
        put_raw(&home, PKI_TABLE_META, &key, record, len);
        assert_refused(&home, NULL, PKI_EVERSION);
        home_remove(&home);
    }
}

static void damaged_first_records_are_told(void **state)
{
    static const char *const names[] = {PKI_META_HOME, PKI_META_KEY, PKI_META_COUNTERS};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct home home;
        struct pki_key key = pki_key_meta(names[i]);
        uint8_t record[PKI_SEALED_MAX];

        home_with_devices(&home);
        size_t len = get_raw(&home, PKI_TABLE_META, &key, record);
        struct pki_store *store = home_open(&home, false);
        struct pki_txn *txn = txn_begin(store);

        assert_int_equal(pki_kv_put(txn->view.kv, PKI_TABLE_META, pki_key_span(&key),
                                    (struct pki_span){record, len - 1}),
                         PKI_OK);
        assert_int_equal(pki_kv_commit(txn->view.kv), PKI_OK);
        txn->view.kv = NULL;
        pki_txn_abort(txn);
        pki_store_close(store);
        assert_refused(&home, NULL, PKI_ECORRUPT);
        home_remove(&home);
    }
}

static void moved_and_flipped_records_are_told(void **state)
{
    struct home home;
    struct pki_key first = pki_key_number(1);
    struct pki_key second = pki_key_number(2);
    struct pki_key name = pki_key_endpoint("b");
    struct pki_key identity = pki_key_identity(PKI_AUTH_PSK, (const uint8_t *)"b", 1);
    uint8_t sealed[PKI_SEALED_MAX];
    struct pki_device device;

    (void)state;
    home_with_devices(&home);
    size_t len = get_raw(&home, PKI_TABLE_DEVICE, &first, sealed);

    /* The record of device 1 in the place of device 2. */
    put_raw(&home, PKI_TABLE_DEVICE, &second, sealed, len);
    struct pki_store *store = home_open(&home, false);

    assert_device(store, "b", PKI_ECORRUPT);
    assert_device(store, "a", PKI_OK);
    pki_store_close(store);

    /* Indexes that lead to another device, and to none. */
    put_raw(&home, PKI_TABLE_ENDPOINT, &name, first.data, first.len);
    put_raw(&home, PKI_TABLE_IDENTITY, &identity, first.data, first.len);
    store = home_open(&home, false);
    struct pki_reader *reader = reader_new(store);

    assert_device(store, "b", PKI_ECORRUPT);
    assert_int_equal(
        pki_store_device_by_identity(reader, PKI_AUTH_PSK, (const uint8_t *)"b", 1, &device),
        PKI_ECORRUPT);
    pki_reader_free(reader);
    pki_store_close(store);

    sealed[len - 1] ^= 1;
    put_raw(&home, PKI_TABLE_DEVICE, &first, sealed, len);
    put_raw(&home, PKI_TABLE_ENDPOINT, &name, sealed, 7);
    store = home_open(&home, false);
    assert_device(store, "a", PKI_ECORRUPT);
    assert_device(store, "b", PKI_ECORRUPT);
    pki_store_close(store);
    home_remove(&home);
}

static bool count_record(void *context, const struct pki_audit *record)
{
    (void)record;
    *(unsigned int *)context += 1;
    return true;
}

/* Whoever has the data key can seal a record, but not one that the chain's next record names. */
static void rewritten_audit_is_told(void **state)
{
    struct home home;
    struct pki_key key = pki_key_number(2);
    struct pki_audit_link link;
    struct pki_plain plain;
    unsigned int count = 0;

    (void)state;
    home_with_devices(&home);
    struct pki_store *store = home_open(&home, false);

    device_add(store, "c");
    struct pki_reader *reader = reader_new(store);

    assert_int_equal(pki_store_audit(reader, 1, count_record, &count), PKI_OK);
    assert_int_equal(count, 3);
    struct pki_txn *txn = txn_begin(store);

    assert_int_equal(pki_view_get(&txn->view, PKI_TABLE_AUDIT, &key, &plain), PKI_OK);
    assert_int_equal(pki_audit_decode(plain.data, plain.len, &link), PKI_OK);
    snprintf(link.record.actor, sizeof(link.record.actor), "nobody");
    assert_int_equal(pki_audit_encode(&link, plain.data, sizeof(plain.data), &plain.len), PKI_OK);
    assert_int_equal(pki_view_put(&txn->view, PKI_TABLE_AUDIT, &key, &plain), PKI_OK);
    txn->has_changed = true;
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    count = 0;
    assert_int_equal(pki_store_audit(reader, 1, count_record, &count), PKI_ECORRUPT);
    assert_int_equal(count, 2);
    assert_int_equal(pki_store_audit(reader, 3, count_record, &count), PKI_OK);
    key = pki_key_number(3);
    txn = txn_begin(store);
    assert_int_equal(pki_kv_delete(txn->view.kv, PKI_TABLE_AUDIT, pki_key_span(&key)), PKI_OK);
    txn->has_changed = true;
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_audit(reader, 3, count_record, &count), PKI_ECORRUPT);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
}

/* ---- limits of the system ---- */

static void child_ends_well(pid_t child)
{
    int status;

    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

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
    child_ends_well(child);
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
    child_ends_well(child);
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
        cmocka_unit_test(home_is_made_where_nothing_is),
        cmocka_unit_test(failed_making_leaves_nothing),
        cmocka_unit_test(no_home_is_told),
        cmocka_unit_test(wrong_master_key_is_told),
        cmocka_unit_test(passphrase_opens_alone),
        cmocka_unit_test(open_modes_are_refused),
        cmocka_unit_test(links_within_the_home_are_refused),
        cmocka_unit_test(made_files_are_closed_to_others),
        cmocka_unit_test(foreign_owner_is_refused),
        cmocka_unit_test(truncated_file_is_told_and_loses_nothing),
        cmocka_unit_test(foreign_file_is_told),
        cmocka_unit_test(newer_record_is_told_and_its_neighbour_read),
        cmocka_unit_test(newer_seal_is_told),
        cmocka_unit_test(newer_home_is_told),
        cmocka_unit_test(damaged_first_records_are_told),
        cmocka_unit_test(moved_and_flipped_records_are_told),
        cmocka_unit_test(rewritten_audit_is_told),
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
