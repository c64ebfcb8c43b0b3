#include "tests/pki/store_support.h"

/* ---- a device that is given a new credential for this server ---- */

static struct pki_credential bootstrap_psk(uint64_t id, const char *identity, uint8_t octet)
{
    struct pki_credential credential = {.device_id = id,
                                        .server_id = PKI_SERVER_BOOTSTRAP,
                                        .mode = PKI_MODE_PSK,
                                        .secret_len = 16,
                                        .staged_at = NOW};

    memset(credential.secret, octet, 16);
    credential.identity_len = strlen(identity);
    memcpy(credential.identity, identity, credential.identity_len);
    return credential;
}

static enum pki_error add(struct fixture *fixture, struct pki_credential *credential)
{
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_add(txn, credential);
    return pki_txn_commit(txn);
}

static uint32_t give(struct fixture *fixture, uint64_t id, const char *identity, uint8_t octet)
{
    struct pki_credential credential = bootstrap_psk(id, identity, octet);

    assert_int_equal(add(fixture, &credential), PKI_OK);
    return credential.serial;
}

static enum pki_error settle(struct fixture *fixture, uint64_t id, uint32_t serial,
                             enum pki_result result)
{
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_settle(txn, id, PKI_SERVER_BOOTSTRAP, serial, result);
    return pki_txn_commit(txn);
}

static enum pki_error promote(struct fixture *fixture, uint64_t id, uint32_t serial)
{
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_bootstrap_promote(txn, id, serial);
    return pki_txn_commit(txn);
}

static enum pki_error find(struct fixture *fixture, const char *identity, struct pki_device *device)
{
    memset(device, 0, sizeof(*device));
    return pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK, (const uint8_t *)identity,
                                        strlen(identity), device);
}

static void assert_found(struct fixture *fixture, const char *identity, uint64_t id,
                         uint32_t serial, uint8_t octet)
{
    struct pki_device device;

    assert_int_equal(find(fixture, identity, &device), PKI_OK);
    assert_int_equal(device.id, id);
    assert_int_equal(device.presented_serial, serial);
    assert_int_equal(device.identity_len, strlen(identity));
    assert_memory_equal(device.identity, identity, device.identity_len);
    if (octet != 0) {
        assert_int_equal(device.psk_len, 16);
        assert_int_equal(device.psk[15], octet);
    }
}

static void assert_unknown(struct fixture *fixture, const char *identity)
{
    struct pki_device device;

    assert_int_equal(find(fixture, identity, &device), PKI_ENOTFOUND);
}

static void both_open_a_session_until_the_new_one_was_used(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    uint32_t serial = give(fixture, id, "new", 7);

    assert_found(fixture, "ep", id, 0, 0);
    assert_found(fixture, "new", id, serial, 7);
    assert_int_equal(settle(fixture, id, serial, PKI_RESULT_FINISHED), PKI_OK);
    assert_found(fixture, "ep", id, 0, 0);
    assert_found(fixture, "new", id, serial, 7);

    assert_int_equal(promote(fixture, id, serial), PKI_OK);
    assert_unknown(fixture, "ep");
    assert_found(fixture, "new", id, 0, 7);
    assert_int_equal(promote(fixture, id, serial), PKI_EINVAL);
    assert_int_equal(promote(fixture, id, serial + 1), PKI_ENOTFOUND);
    assert_int_equal(promote(fixture, id + 1, serial), PKI_ENOTFOUND);

    struct seen seen = {0};

    assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
    assert_string_equal(seen.last.action, "device.rekey");
    assert_string_equal(seen.last.subject, "ep");
}

static void what_failed_opens_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    uint32_t failed = give(fixture, id, "failed", 1);
    uint32_t unsure = give(fixture, id, "unsure", 2);

    assert_int_equal(settle(fixture, id, failed, PKI_RESULT_FAILED), PKI_OK);
    assert_unknown(fixture, "failed");
    assert_int_equal(promote(fixture, id, failed), PKI_EINVAL);
    assert_int_equal(settle(fixture, id, unsure, PKI_RESULT_UNCONFIRMED), PKI_OK);
    assert_found(fixture, "unsure", id, unsure, 2);
}

static void promotion_ends_older_ones_and_spares_newer(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");

    give(fixture, id, "one", 1);
    uint32_t two = give(fixture, id, "two", 2);
    uint32_t three = give(fixture, id, "three", 3);

    assert_int_equal(promote(fixture, id, two), PKI_OK);
    assert_unknown(fixture, "one");
    assert_found(fixture, "two", id, 0, 2);
    assert_found(fixture, "three", id, three, 3);
    assert_int_equal(promote(fixture, id, three), PKI_OK);
    assert_unknown(fixture, "two");
    assert_found(fixture, "three", id, 0, 3);
}

static void a_device_without_identity_gets_one(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device = {.endpoint = "bare", .auth = PKI_AUTH_NONE};
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_device_add(txn, &device);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(promote(fixture, device.id, give(fixture, device.id, "first", 5)), PKI_OK);
    assert_found(fixture, "first", device.id, 0, 5);
    assert_int_equal(pki_store_device_by_id(fixture->reader, device.id, &device), PKI_OK);
    assert_int_equal(device.auth, PKI_AUTH_PSK);
}

/* ---- one identity, one holder ---- */

static void identities_are_unique_everywhere(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    uint64_t other = device_add(fixture->store, "other");
    struct pki_credential of_own = bootstrap_psk(id, "ep", 1);
    struct pki_credential of_other = bootstrap_psk(id, "other", 1);
    struct pki_credential of_others_new = bootstrap_psk(other, "new", 1);

    give(fixture, id, "new", 1);
    assert_int_equal(add(fixture, &of_own), PKI_EEXISTS);
    assert_int_equal(add(fixture, &of_other), PKI_EEXISTS);
    assert_int_equal(add(fixture, &of_others_new), PKI_EEXISTS);

    struct pki_device late = device_of("new");
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_device_add(txn, &late);
    assert_int_equal(pki_txn_commit(txn), PKI_EEXISTS);

    struct pki_device own;

    assert_int_equal(find(fixture, "ep", &own), PKI_OK);
    memcpy(own.identity, "new", own.identity_len = 3);
    txn = txn_begin(fixture->store);
    pki_txn_device_put(txn, &own);
    assert_int_equal(pki_txn_commit(txn), PKI_EEXISTS);
    assert_found(fixture, "ep", id, 0, 0);
    assert_found(fixture, "new", id, 1, 1);
}

/* An attempt that a crash left staged must not keep the next one from its identity. */
static void same_identity_again_replaces_the_open_one(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    struct pki_credential rows[4];
    size_t count;

    give(fixture, id, "new", 1);
    uint32_t second = give(fixture, id, "new", 2);

    assert_found(fixture, "new", id, second, 2);
    assert_int_equal(pki_store_credentials(fixture->reader, id, rows, 4, &count), PKI_OK);
    assert_int_equal(count, 2);
    assert_int_equal(pki_credential_state(&rows[0]), PKI_CREDENTIAL_ABANDONED);
}

static void what_makes_room_opens_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    char name[16];

    for (uint8_t i = 0; i <= PKI_CREDENTIALS_MAX; i++) {
        snprintf(name, sizeof(name), "new-%u", i);
        give(fixture, id, name, i);
    }
    assert_unknown(fixture, "new-0");
    assert_found(fixture, "new-1", id, 2, 1);
    assert_int_equal(stats_of(fixture).credentials, PKI_CREDENTIALS_MAX);
}

static void removal_frees_the_identities(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "ep");
    struct pki_txn *txn;

    give(fixture, id, "new", 1);
    txn = txn_begin(fixture->store);
    pki_txn_device_remove(txn, id);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_unknown(fixture, "ep");
    assert_unknown(fixture, "new");
    device_add(fixture->store, "new");
    assert_int_equal(stats_of(fixture).credentials, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(both_open_a_session_until_the_new_one_was_used),
        STORE_TEST(what_failed_opens_nothing),
        STORE_TEST(promotion_ends_older_ones_and_spares_newer),
        STORE_TEST(a_device_without_identity_gets_one),
        STORE_TEST(identities_are_unique_everywhere),
        STORE_TEST(same_identity_again_replaces_the_open_one),
        STORE_TEST(what_makes_room_opens_nothing),
        STORE_TEST(removal_frees_the_identities),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
