#include "tests/pki/fault_support.h"

#include "pki/store_inner.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated_file_is_told_and_loses_nothing),
        cmocka_unit_test(foreign_file_is_told),
        cmocka_unit_test(newer_record_is_told_and_its_neighbour_read),
        cmocka_unit_test(newer_seal_is_told),
        cmocka_unit_test(newer_home_is_told),
        cmocka_unit_test(damaged_first_records_are_told),
        cmocka_unit_test(moved_and_flipped_records_are_told),
        cmocka_unit_test(rewritten_audit_is_told),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
