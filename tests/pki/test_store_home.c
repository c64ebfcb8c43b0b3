#include "tests/pki/fault_support.h"

#include "pki/record_codec.h"

#include <lmdb.h>
#include <sys/stat.h>

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
        {"", 0730, 0710},
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

/* ---- homes of before ---- */

/* As homes were made before there were memories and rollouts. */
static void drop_later_tables(const struct home *home)
{
    char folder[160];
    MDB_env *env;
    MDB_txn *txn;
    static const char *const names[] = {"memory", "rollout"};

    path_in(home, "store", folder);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 2), 0);
    assert_int_equal(mdb_env_open(env, folder, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    for (size_t i = 0; i < 2; i++) {
        MDB_dbi table;

        assert_int_equal(mdb_dbi_open(txn, names[i], 0, &table), 0);
        assert_int_equal(mdb_drop(txn, table, 1), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void assert_nothing_learnt(struct pki_store *store)
{
    struct pki_reader *reader = reader_new(store);
    struct pki_memory memory;
    struct pki_rollout rollout;
    size_t count;

    assert_int_equal(pki_store_memory(reader, 1, &memory), PKI_ENOTFOUND);
    assert_int_equal(pki_store_rollouts(reader, &rollout, 1, &count), PKI_OK);
    assert_int_equal(count, 0);
    pki_reader_free(reader);
    assert_device(store, "a", PKI_OK);
}

static void homes_of_before_keep_opening(void **state)
{
    struct home home;
    struct pki_memory memory = {.device_id = 1};
    struct pki_store *store;

    (void)state;
    home_with_devices(&home);
    drop_later_tables(&home);
    store = home_open(&home, true);
    assert_nothing_learnt(store);
    pki_store_close(store);
    store = home_open(&home, false);
    assert_nothing_learnt(store);
    struct pki_txn *txn = txn_begin(store);

    pki_txn_memory_put(txn, &memory);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    pki_store_close(store);
    store = home_open(&home, true);
    struct pki_reader *reader = reader_new(store);

    assert_int_equal(pki_store_memory(reader, 1, &memory), PKI_OK);
    pki_reader_free(reader);
    pki_store_close(store);
    home_remove(&home);
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
        cmocka_unit_test(homes_of_before_keep_opening),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
