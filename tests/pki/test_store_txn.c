#include "tests/pki/store_support.h"

#include "pki/store_inner.h"

/* ---- audit ---- */

static void audit_tells_every_change(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};

    for (int i = 0; i < 200; i++) {
        char endpoint[16];

        snprintf(endpoint, sizeof(endpoint), "e%d", i);
        device_add(fixture->store, endpoint);
    }
    struct pki_txn *txn = txn_begin_at(fixture->store, NOW + 9);

    pki_txn_device_remove(txn, 5);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
    assert_int_equal(seen.count, 201);
    assert_int_equal(seen.last.number, 201);
    assert_int_equal(seen.last.at, NOW + 9);
    assert_string_equal(seen.last.actor, "test");
    assert_string_equal(seen.last.action, "device.remove");
    assert_string_equal(seen.last.subject, "e4");
    seen = (struct seen){.stop_after = 3};
    assert_int_equal(pki_store_audit(fixture->reader, 100, see, &seen), PKI_OK);
    assert_int_equal(seen.last.number, 102);
    assert_int_equal(stats_of(fixture).audit_records, 201);
}

/* A chain that is made out to be full: with the next record the first one goes. */
static void audit_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device = device_of("next");
    struct pki_key first = pki_key_number(1);
    struct pki_key last = pki_key_number(1 + PKI_AUDIT_MAX);

    device_add(fixture->store, "first");
    struct pki_txn *txn = txn_begin(fixture->store);

    txn->counters.audit_next = 1 + PKI_AUDIT_MAX;
    assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
    assert_int_equal(pki_kv_get(txn->view.kv, PKI_TABLE_AUDIT, pki_key_span(&first), NULL),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_kv_get(txn->view.kv, PKI_TABLE_AUDIT, pki_key_span(&last), NULL), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(stats_of(fixture).audit_records, PKI_AUDIT_MAX);
}

/* A record without a change beside it is kept, in its own right. */
static void audit_keeps_notes(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    struct pki_txn *txn = txn_begin_at(fixture->store, NOW + 3);

    assert_int_equal(pki_txn_audit_note(txn, "device.export", "e"), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.at, NOW + 3);
    assert_string_equal(seen.last.actor, "test");
    assert_string_equal(seen.last.action, "device.export");
    assert_string_equal(seen.last.subject, "e");
}

static void audit_refuses_bad_notes(void **state)
{
    struct fixture *fixture = *state;
    char long_action[PKI_NAME_MAX + 2] = "";
    char long_subject[PKI_ENDPOINT_MAX + 2] = "";
    const struct {
        const char *action, *subject;
    } bad[] = {{"", "e"}, {long_action, "e"}, {"device.export", long_subject}};

    memset(long_action, 'a', sizeof(long_action) - 1);
    memset(long_subject, 's', sizeof(long_subject) - 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pki_txn *txn = txn_begin(fixture->store);

        assert_int_equal(pki_txn_audit_note(txn, bad[i].action, bad[i].subject), PKI_EINVAL);
        assert_int_equal(pki_txn_audit_note(txn, "device.export", "e"), PKI_EINVAL); /* sticks */
        assert_int_equal(pki_txn_commit(txn), PKI_EINVAL);
    }
    assert_int_equal(stats_of(fixture).audit_records, 0);
}

/* ---- transactions ---- */

static void only_changes_move_the_last_transaction(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = pki_store_last_transaction(fixture->store);
    struct pki_device found;

    assert_int_equal(pki_txn_commit(txn_begin(fixture->store)), PKI_OK);
    pki_txn_abort(txn_begin(fixture->store));
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "x", &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_last_transaction(fixture->store), before);
    device_add(fixture->store, "x");
    assert_true(pki_store_last_transaction(fixture->store) > before);
    assert_int_equal(stats_of(fixture).last_transaction,
                     pki_store_last_transaction(fixture->store));
}

static void transaction_sees_itself_and_abort_undoes(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device = device_of("t");
    struct pki_device found;
    struct pki_txn *txn = txn_begin(fixture->store);

    assert_int_equal(pki_txn_device_get(txn, "t", &found), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
    assert_int_equal(pki_txn_device_get(txn, "t", &found), PKI_OK);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "t", &found), PKI_ENOTFOUND);
    pki_txn_abort(txn);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "t", &found), PKI_ENOTFOUND);
    assert_int_equal(device_add(fixture->store, "t"), 1);
}

static void secrets_are_not_in_the_file(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device = device_of("sealed");
    char path[128];
    static uint8_t data[1 << 20];
    struct pki_txn *txn = txn_begin(fixture->store);

    memcpy(device.psk, "SECRETSECRETSECR", PKI_PSK_DEFAULT);
    pki_txn_device_add(txn, &device);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    snprintf(path, sizeof(path), "%s/store/data.mdb", fixture->home.path);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t len = fread(data, 1, sizeof(data), file);

    fclose(file);
    assert_non_null(memmem(data, len, "sealed", 6));
    assert_null(memmem(data, len, "SECRETSECRETSECR", PKI_PSK_DEFAULT));
}

static void all_is_there_after_reopening(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device found;

    device_add(fixture->store, "kept");
    pki_reader_free(fixture->reader);
    pki_store_close(fixture->store);
    fixture->store = home_open(&fixture->home, true);
    fixture->reader = reader_new(fixture->store);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "kept", &found), PKI_OK);
    struct pki_txn *txn = NULL;

    assert_int_equal(pki_txn_begin(fixture->store, "test", NOW, &txn), PKI_EREADONLY);
}

static void a_process_opens_a_home_once(void **state)
{
    struct fixture *fixture = *state;
    const struct pki_store_options options = {.read_only = true};
    struct pki_store *second = NULL;
    struct pki_fault fault = {0};

    assert_int_equal(pki_store_open(fixture->home.path, &options, &second, &fault), PKI_ELIMIT);
    assert_non_null(strstr(fault.text, "open already"));
    assert_null(second);
    /* The first one is unharmed. */
    device_add(fixture->store, "still");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(audit_tells_every_change),
        STORE_TEST(audit_is_bounded),
        STORE_TEST(audit_keeps_notes),
        STORE_TEST(audit_refuses_bad_notes),
        STORE_TEST(only_changes_move_the_last_transaction),
        STORE_TEST(transaction_sees_itself_and_abort_undoes),
        STORE_TEST(secrets_are_not_in_the_file),
        STORE_TEST(all_is_there_after_reopening),
        STORE_TEST(a_process_opens_a_home_once),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
