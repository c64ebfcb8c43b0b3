#include "tests/pki/store_support.h"

/* ---- devices ---- */

static void device_is_found_by_all_names(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device = device_of("urn:dev:os:example-1");
    struct pki_device found;
    struct pki_txn *txn = txn_begin(fixture->store);

    snprintf(device.group, sizeof(device.group), "meters");
    device.attribute_count = 1;
    snprintf(device.attributes[0].name, sizeof(device.attributes[0].name), "vendor");
    snprintf(device.attributes[0].value, sizeof(device.attributes[0].value), "acme");
    assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
    assert_int_equal(device.id, 1);
    assert_int_equal(device.created_at, NOW);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);

    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "urn:dev:os:example-1", &found),
                     PKI_OK);
    assert_memory_equal(&found, &device, sizeof(device));
    assert_int_equal(pki_store_device_by_id(fixture->reader, 1, &found), PKI_OK);
    assert_memory_equal(&found, &device, sizeof(device));
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK, device.identity,
                                                  device.identity_len, &found),
                     PKI_OK);
    assert_memory_equal(&found, &device, sizeof(device));
}

static void unknown_names_are_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device found = {.id = 77};
    char long_name[1024];

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    device_add(fixture->store, "a");
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "b", &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "", &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, long_name, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_id(fixture->reader, 2, &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_RPK,
                                                  (const uint8_t *)"a", 1, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                  (const uint8_t *)long_name, 1000, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK, NULL, 0, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(found.id, 77);
}

static void identity_may_hold_nul_and_be_long(void **state)
{
    struct fixture *fixture = *state;
    static const size_t lengths[] = {1, 63, 64, 65, 128, PKI_IDENTITY_MAX};
    struct pki_device found;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct pki_device device = device_of("x");
        struct pki_txn *txn = txn_begin(fixture->store);

        snprintf(device.endpoint, sizeof(device.endpoint), "device-%zu", lengths[i]);
        memset(device.identity, 0, sizeof(device.identity));
        device.identity[lengths[i] - 1] = (uint8_t)(i + 1);
        device.identity_len = lengths[i];
        pki_txn_device_add(txn, &device);
        assert_int_equal(pki_txn_commit(txn), PKI_OK);
        assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                      device.identity, lengths[i], &found),
                         PKI_OK);
        assert_string_equal(found.endpoint, device.endpoint);
    }
}

static void look_up_is_one_read_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device found;

    device_add(fixture->store, "one");
    uint64_t before = pki_reader_transactions(fixture->reader);

    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                  (const uint8_t *)"one", 3, &found),
                     PKI_OK);
    assert_int_equal(pki_reader_transactions(fixture->reader) - before, 1);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "one", &found), PKI_OK);
    assert_int_equal(pki_reader_transactions(fixture->reader) - before, 2);
}

static void taken_names_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device same_endpoint = device_of("taken");
    struct pki_device same_identity = device_of("taken");

    device_add(fixture->store, "taken");
    same_endpoint.identity[0] = 'T';
    snprintf(same_identity.endpoint, sizeof(same_identity.endpoint), "other");
    struct pki_device *refused[] = {&same_endpoint, &same_identity};

    for (size_t i = 0; i < 2; i++) {
        struct pki_txn *txn = txn_begin(fixture->store);

        assert_int_equal(pki_txn_device_add(txn, refused[i]), PKI_EEXISTS);
        assert_int_equal(refused[i]->id, 0);
        assert_int_equal(pki_txn_commit(txn), PKI_EEXISTS);
    }
    assert_int_equal(stats_of(fixture).devices, 1);
}

static void errors_stick_and_undo_the_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device good = device_of("good");
    struct pki_device bad = device_of("bad");
    struct pki_device late = device_of("late");
    struct pki_device found;
    struct pki_txn *txn = txn_begin(fixture->store);

    bad.psk_len = PKI_PSK_MIN - 1;
    assert_int_equal(pki_txn_device_add(txn, &good), PKI_OK);
    assert_int_equal(pki_txn_device_add(txn, &bad), PKI_EINVAL);
    assert_int_equal(pki_txn_device_add(txn, &late), PKI_EINVAL);
    assert_int_equal(pki_txn_commit(txn), PKI_EINVAL);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "good", &found), PKI_ENOTFOUND);
    assert_int_equal(stats_of(fixture).audit_records, 0);
}

static void tolerant_transaction_keeps_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device first = device_of("first");
    struct pki_device again = device_of("first");
    struct pki_device last = device_of("last");
    struct pki_outcome stray = {.device_id = 99};
    struct pki_credential homeless = {.device_id = 99, .server_id = 1, .mode = PKI_MODE_PSK};
    struct pki_device found;
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_set_tolerant(txn);
    assert_int_equal(pki_txn_device_add(txn, &first), PKI_OK);
    assert_int_equal(pki_txn_device_add(txn, &again), PKI_EEXISTS);
    assert_int_equal(pki_txn_outcome_append(txn, &stray), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_credential_add(txn, &homeless), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_device_remove(txn, 99), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_device_add(txn, &last), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "last", &found), PKI_OK);
    assert_int_equal(stats_of(fixture).devices, 2);
    assert_int_equal(stats_of(fixture).audit_records, 2);
}

static void change_moves_the_indexes(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device;
    struct pki_device found;
    struct pki_outcome outcome = {.result = PKI_RESULT_FINISHED};
    size_t count;

    outcome.device_id = device_add(fixture->store, "moving");
    device_add(fixture->store, "standing");
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "moving", &device), PKI_OK);
    struct pki_txn *txn = txn_begin_at(fixture->store, NOW + 5);

    pki_txn_outcome_append(txn, &outcome);
    memcpy(device.identity, "new-id", 6);
    device.identity_len = 6;
    snprintf(device.group, sizeof(device.group), "pilot");
    pki_txn_device_put(txn, &device);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);

    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                  (const uint8_t *)"moving", 6, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                  (const uint8_t *)"new-id", 6, &found),
                     PKI_OK);
    assert_int_equal(found.changed_at, NOW + 5);
    assert_int_equal(found.created_at, NOW);
    assert_int_equal(found.last_result, PKI_RESULT_FINISHED);
    assert_int_equal(found.bootstrapped_at, NOW + 5);
    assert_int_equal(pki_store_device_page(fixture->reader, "", "pilot", &found, 1, &count),
                     PKI_OK);
    assert_int_equal(count, 1);
    assert_string_equal(found.endpoint, "moving");
}

static void change_is_checked(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device;

    device_add(fixture->store, "a");
    device_add(fixture->store, "b");
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "a", &device), PKI_OK);
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_set_tolerant(txn);
    struct pki_device renamed = device;
    struct pki_device stolen = device;
    struct pki_device absent = device;

    snprintf(renamed.endpoint, sizeof(renamed.endpoint), "c");
    stolen.identity[0] = 'b';
    absent.id = 99;
    assert_int_equal(pki_txn_device_put(txn, &renamed), PKI_EINVAL);
    assert_int_equal(pki_txn_device_put(txn, &stolen), PKI_EEXISTS);
    assert_int_equal(pki_txn_device_put(txn, &absent), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_device_put(txn, &device), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
}

static void disabling_is_kept_and_audited(void **state)
{
    struct fixture *fixture = *state;
    struct pki_device device;
    struct seen seen = {0};

    device_add(fixture->store, "d");
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "d", &device), PKI_OK);
    assert_int_equal(pki_device_state(&device), PKI_DEVICE_NEW);
    device.disabled_at = NOW;
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_device_put(txn, &device);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "d", &device), PKI_OK);
    assert_int_equal(pki_device_state(&device), PKI_DEVICE_DISABLED);
    assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
    assert_string_equal(seen.last.action, "device.disable");
}

static void removal_leaves_nothing_and_ids_are_new(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "gone");
    uint64_t neighbour = device_add(fixture->store, "stays");
    struct pki_credential credential = {
        .device_id = id, .server_id = 101, .mode = PKI_MODE_PSK, .staged_at = NOW};
    struct pki_credential kept = credential;
    struct pki_outcome outcome = {.device_id = id, .result = PKI_RESULT_FAILED};
    struct pki_credential credentials[4];
    struct pki_outcome outcomes[4];
    struct pki_device found;
    size_t count;
    struct pki_txn *txn = txn_begin(fixture->store);

    kept.device_id = neighbour;
    pki_txn_credential_add(txn, &credential);
    pki_txn_credential_add(txn, &kept);
    pki_txn_outcome_append(txn, &outcome);
    pki_txn_device_remove(txn, id);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);

    assert_int_equal(pki_store_device_by_endpoint(fixture->reader, "gone", &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_identity(fixture->reader, PKI_AUTH_PSK,
                                                  (const uint8_t *)"gone", 4, &found),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_id(fixture->reader, id, &found), PKI_ENOTFOUND);
    assert_int_equal(pki_store_credentials(fixture->reader, id, credentials, 4, &count), PKI_OK);
    assert_int_equal(count, 0);
    assert_int_equal(pki_store_history(fixture->reader, id, outcomes, 4, &count), PKI_OK);
    assert_int_equal(count, 0);
    assert_int_equal(pki_store_credentials(fixture->reader, neighbour, credentials, 4, &count),
                     PKI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(stats_of(fixture).devices, 1);
    assert_int_equal(stats_of(fixture).credentials, 1);
    assert_true(device_add(fixture->store, "gone") > neighbour);
}

/* ---- pages ---- */

static void pages_go_through_all_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct pki_txn *txn = txn_begin(fixture->store);
    struct pki_device page[7];
    char after[PKI_ENDPOINT_MAX + 1] = "";
    size_t seen = 0;
    size_t count;

    for (int i = 49; i >= 0; i--) {
        char endpoint[32];

        snprintf(endpoint, sizeof(endpoint), "device-%02d", i);
        struct pki_device device = device_of(endpoint);

        if (i % 2 == 0) {
            snprintf(device.group, sizeof(device.group), "even");
        }
        pki_txn_device_add(txn, &device);
    }
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    do {
        assert_int_equal(pki_store_device_page(fixture->reader, after, NULL, page, 7, &count),
                         PKI_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(strcmp(page[i].endpoint, after) > 0);
            snprintf(after, sizeof(after), "%s", page[i].endpoint);
        }
        seen += count;
    } while (count == 7);
    assert_int_equal(seen, 50);

    seen = 0;
    after[0] = '\0';
    do {
        assert_int_equal(pki_store_device_page(fixture->reader, after, "even", page, 7, &count),
                         PKI_OK);
        for (size_t i = 0; i < count; i++) {
            assert_string_equal(page[i].group, "even");
            snprintf(after, sizeof(after), "%s", page[i].endpoint);
        }
        seen += count;
    } while (count == 7);
    assert_int_equal(seen, 25);
    assert_int_equal(pki_store_device_page(fixture->reader, "", "eve", page, 7, &count), PKI_OK);
    assert_int_equal(count, 0);
    assert_int_equal(pki_store_device_page(fixture->reader, "device-195", NULL, page, 1, &count),
                     PKI_OK);
    assert_string_equal(page[0].endpoint, "device-20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(device_is_found_by_all_names),
        STORE_TEST(unknown_names_are_not_found),
        STORE_TEST(identity_may_hold_nul_and_be_long),
        STORE_TEST(look_up_is_one_read_transaction),
        STORE_TEST(taken_names_are_refused),
        STORE_TEST(errors_stick_and_undo_the_transaction),
        STORE_TEST(tolerant_transaction_keeps_the_others),
        STORE_TEST(change_moves_the_indexes),
        STORE_TEST(change_is_checked),
        STORE_TEST(disabling_is_kept_and_audited),
        STORE_TEST(removal_leaves_nothing_and_ids_are_new),
        STORE_TEST(pages_go_through_all_in_order),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
