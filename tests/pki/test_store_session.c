#include "tests/pki/store_support.h"

/* ---- credentials ---- */

static uint32_t stage(struct fixture *fixture, uint64_t id, uint16_t server)
{
    struct pki_credential credential = {
        .device_id = id, .server_id = server, .mode = PKI_MODE_PSK, .staged_at = NOW};
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_add(txn, &credential);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    return credential.serial;
}

static enum pki_error settle(struct fixture *fixture, uint64_t id, uint32_t serial,
                             enum pki_result result)
{
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_settle(txn, id, 101, serial, result);
    return pki_txn_commit(txn);
}

static enum pki_credential_state state_of(struct fixture *fixture, uint64_t id, uint32_t serial)
{
    struct pki_credential rows[PKI_CREDENTIALS_MAX];
    size_t count;

    assert_int_equal(pki_store_credentials(fixture->reader, id, rows, PKI_CREDENTIALS_MAX, &count),
                     PKI_OK);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].serial == serial && rows[i].server_id == 101) {
            return pki_credential_state(&rows[i]);
        }
    }
    fail_msg("serial %u is not there", serial);
    return PKI_CREDENTIAL_STAGED;
}

static void credential_lives_as_decided(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "c");
    struct pki_credential active;

    assert_int_equal(pki_store_credential_active(fixture->reader, id, 101, &active), PKI_ENOTFOUND);
    uint32_t first = stage(fixture, id, 101);

    assert_int_equal(state_of(fixture, id, first), PKI_CREDENTIAL_STAGED);
    assert_int_equal(settle(fixture, id, first, PKI_RESULT_FINISHED), PKI_OK);
    assert_int_equal(state_of(fixture, id, first), PKI_CREDENTIAL_ACTIVE);
    assert_int_equal(settle(fixture, id, first, PKI_RESULT_FINISHED), PKI_EINVAL);

    uint32_t failed = stage(fixture, id, 101);

    assert_true(failed > first);
    assert_int_equal(settle(fixture, id, failed, PKI_RESULT_FAILED), PKI_OK);
    assert_int_equal(state_of(fixture, id, failed), PKI_CREDENTIAL_ABANDONED);
    assert_int_equal(state_of(fixture, id, first), PKI_CREDENTIAL_ACTIVE);

    uint32_t unsure = stage(fixture, id, 101);

    assert_int_equal(settle(fixture, id, unsure, PKI_RESULT_UNCONFIRMED), PKI_OK);
    assert_int_equal(state_of(fixture, id, unsure), PKI_CREDENTIAL_UNCONFIRMED);
    assert_int_equal(state_of(fixture, id, first), PKI_CREDENTIAL_ACTIVE);

    uint32_t crashed = stage(fixture, id, 101);
    uint32_t last = stage(fixture, id, 101);

    assert_int_equal(settle(fixture, id, last, PKI_RESULT_FINISHED), PKI_OK);
    assert_int_equal(state_of(fixture, id, first), PKI_CREDENTIAL_RETIRED);
    assert_int_equal(state_of(fixture, id, unsure), PKI_CREDENTIAL_RETIRED);
    assert_int_equal(state_of(fixture, id, crashed), PKI_CREDENTIAL_ABANDONED);
    assert_int_equal(pki_store_credential_active(fixture->reader, id, 101, &active), PKI_OK);
    assert_int_equal(active.serial, last);
    assert_int_equal(settle(fixture, id, last + 1, PKI_RESULT_FINISHED), PKI_ENOTFOUND);
}

static void servers_do_not_touch_each_other(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "s");
    uint32_t one = stage(fixture, id, 101);

    assert_int_equal(settle(fixture, id, one, PKI_RESULT_FINISHED), PKI_OK);
    struct pki_credential other = {
        .device_id = id, .server_id = 102, .mode = PKI_MODE_PSK, .active_at = NOW};
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_add(txn, &other);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(other.serial, 1);
    assert_int_equal(state_of(fixture, id, one), PKI_CREDENTIAL_ACTIVE);
}

static void modes_do_not_touch_each_other(void **state)
{
    static const uint8_t ids[] = {1, 's', 1, 'r'};
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "m");
    uint32_t psk = stage(fixture, id, 101);
    struct pki_credential context = {.device_id = id,
                                     .server_id = 101,
                                     .mode = PKI_MODE_OSCORE,
                                     .identity_len = sizeof(ids),
                                     .secret_len = 16,
                                     .active_at = NOW};
    struct pki_txn *txn = txn_begin(fixture->store);

    memcpy(context.identity, ids, sizeof(ids));
    pki_txn_credential_add(txn, &context);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_true(context.serial > psk);
    assert_int_equal(settle(fixture, id, psk, PKI_RESULT_FINISHED), PKI_OK);
    uint32_t next = stage(fixture, id, 101);

    assert_int_equal(settle(fixture, id, next, PKI_RESULT_FINISHED), PKI_OK);
    assert_int_equal(state_of(fixture, id, psk), PKI_CREDENTIAL_RETIRED);
    assert_int_equal(state_of(fixture, id, context.serial), PKI_CREDENTIAL_ACTIVE);
    assert_int_equal(state_of(fixture, id, next), PKI_CREDENTIAL_ACTIVE);
}

static void credentials_are_bounded_and_the_active_one_stays(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "b");
    uint32_t active = stage(fixture, id, 101);
    uint32_t last = active;
    struct pki_credential rows[32];
    size_t count;

    assert_int_equal(settle(fixture, id, active, PKI_RESULT_FINISHED), PKI_OK);
    for (int i = 0; i < 30; i++) {
        uint32_t serial = stage(fixture, id, 101);

        assert_int_equal(serial, last + 1);
        last = serial;
        if (i % 2 == 0) {
            assert_int_equal(settle(fixture, id, serial, PKI_RESULT_FAILED), PKI_OK);
        }
    }
    assert_int_equal(pki_store_credentials(fixture->reader, id, rows, 32, &count), PKI_OK);
    assert_int_equal(count, PKI_CREDENTIALS_MAX);
    assert_int_equal(rows[0].serial, active);
    assert_int_equal(rows[count - 1].serial, last);
    assert_int_equal(stats_of(fixture).credentials, PKI_CREDENTIALS_MAX);
    assert_int_equal(pki_store_credentials(fixture->reader, id, rows, 2, &count), PKI_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[1].serial, last);
}

/* However many have ended, those in use are seen; too many of these are told, not cut. */
static void what_has_ended_hides_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "many");
    static struct pki_credential rows[16];
    size_t count;

    for (uint16_t server = 1; server <= 10; server++) {
        for (int i = 0; i < PKI_CREDENTIALS_MAX; i++) {
            uint32_t serial = stage(fixture, id, server);
            struct pki_txn *txn = txn_begin(fixture->store);

            pki_txn_credential_settle(txn, id, server, serial, PKI_RESULT_FINISHED);
            assert_int_equal(pki_txn_commit(txn), PKI_OK);
        }
    }
    assert_int_equal(pki_store_credentials_alive(fixture->reader, id, rows, 16, &count), PKI_OK);
    assert_int_equal(count, 10);
    for (uint16_t i = 0; i < 10; i++) {
        assert_int_equal(rows[i].server_id, i + 1);
        assert_int_equal(rows[i].serial, PKI_CREDENTIALS_MAX);
        assert_int_equal(pki_credential_state(&rows[i]), PKI_CREDENTIAL_ACTIVE);
    }
    assert_int_equal(pki_store_credentials_alive(fixture->reader, id, rows, 10, &count), PKI_OK);
    assert_int_equal(pki_store_credentials_alive(fixture->reader, id, rows, 9, &count), PKI_ELIMIT);
}

/* ---- outcomes ---- */

static void history_keeps_the_last_outcomes(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "h");
    struct pki_outcome outcomes[PKI_HISTORY_MAX + 4];
    struct pki_device device;
    size_t count;
    struct pki_txn *txn = txn_begin(fixture->store);

    for (uint16_t i = 1; i <= 20; i++) {
        struct pki_outcome outcome = {
            .device_id = id,
            .result = i == 20 ? PKI_RESULT_FAILED : PKI_RESULT_FINISHED,
            .writes = i,
            .step = "write /1/0",
            .reason = "4.15",
        };

        pki_txn_outcome_append(txn, &outcome);
    }
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_history(fixture->reader, id, outcomes, PKI_HISTORY_MAX + 4, &count),
                     PKI_OK);
    assert_int_equal(count, PKI_HISTORY_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(outcomes[i].writes, 20 - i);
        assert_int_equal(outcomes[i].device_id, id);
    }
    assert_string_equal(outcomes[0].step, "write /1/0");
    assert_int_equal(pki_store_device_by_id(fixture->reader, id, &device), PKI_OK);
    assert_int_equal(pki_device_state(&device), PKI_DEVICE_FAILING);
    assert_int_equal(device.bootstrapped_at, NOW);
}

/* ---- unknown ---- */

static void note(struct fixture *fixture, const char *name, int64_t at, uint64_t times)
{
    struct pki_txn *txn = txn_begin_at(fixture->store, at);

    pki_txn_unknown_note(txn, PKI_UNKNOWN_IDENTITY, (const uint8_t *)name, strlen(name),
                         "127.0.0.1:1", times);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
}

static void unknown_are_counted_newest_first(void **state)
{
    struct fixture *fixture = *state;
    struct pki_unknown rows[4];
    size_t count;

    note(fixture, "a", NOW, 2);
    note(fixture, "b", NOW + 1, 1);
    note(fixture, "a", NOW + 2, 3);
    note(fixture, "c", NOW + 1, UINT64_MAX);
    note(fixture, "c", NOW + 1, 1);
    assert_int_equal(pki_store_unknown_list(fixture->reader, rows, 4, &count), PKI_OK);
    assert_int_equal(count, 3);
    assert_memory_equal(rows[0].name, "a", 1);
    assert_int_equal(rows[0].count, 5);
    assert_int_equal(rows[0].first_at, NOW);
    assert_int_equal(rows[0].last_at, NOW + 2);
    assert_memory_equal(rows[1].name, "c", 1);
    assert_true(rows[1].count == UINT64_MAX);
    assert_string_equal(rows[2].peer, "127.0.0.1:1");
}

static void unknown_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    static struct pki_unknown rows[PKI_UNKNOWN_MAX + 10];
    struct pki_txn *txn = txn_begin(fixture->store);
    size_t count;

    for (int i = 0; i < PKI_UNKNOWN_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%d", i);
        pki_txn_unknown_note(txn, PKI_UNKNOWN_ENDPOINT, (const uint8_t *)name, strlen(name), "p",
                             1);
    }
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(stats_of(fixture).audit_records, 1);
    note(fixture, "old", NOW - 1000, 1);
    note(fixture, "new", NOW + 1000, 1);
    assert_int_equal(pki_store_unknown_list(fixture->reader, rows, PKI_UNKNOWN_MAX + 10, &count),
                     PKI_OK);
    assert_int_equal(count, PKI_UNKNOWN_MAX);
    assert_int_equal(stats_of(fixture).unknowns, PKI_UNKNOWN_MAX);
    assert_memory_equal(rows[0].name, "new", 3);
    for (size_t i = 0; i < count; i++) {
        assert_true(rows[i].name_len != 3 || memcmp(rows[i].name, "old", 3) != 0);
    }
}

static void added_device_is_no_longer_unknown(void **state)
{
    struct fixture *fixture = *state;
    struct pki_unknown rows[4];
    size_t count;

    note(fixture, "late", NOW, 1);
    note(fixture, "never", NOW, 1);
    device_add(fixture->store, "late");
    assert_int_equal(pki_store_unknown_list(fixture->reader, rows, 4, &count), PKI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(stats_of(fixture).unknowns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(credential_lives_as_decided),
        STORE_TEST(servers_do_not_touch_each_other),
        STORE_TEST(modes_do_not_touch_each_other),
        STORE_TEST(credentials_are_bounded_and_the_active_one_stays),
        STORE_TEST(what_has_ended_hides_nothing),
        STORE_TEST(history_keeps_the_last_outcomes),
        STORE_TEST(unknown_are_counted_newest_first),
        STORE_TEST(unknown_are_bounded),
        STORE_TEST(added_device_is_no_longer_unknown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
