#include "tests/pki/store_support.h"

struct fixture {
    struct home home;
    struct pki_store *store;
    struct pki_reader *reader;
};

static int setup(void **state)
{
    static struct fixture fixture;

    home_init(&fixture.home, NULL);
    fixture.store = home_open(&fixture.home, false);
    fixture.reader = reader_new(fixture.store);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    pki_reader_free(fixture->reader);
    pki_store_close(fixture->store);
    home_remove(&fixture->home);
    return 0;
}

static struct pki_store_stats stats_of(struct fixture *fixture)
{
    struct pki_store_stats stats;

    assert_int_equal(pki_store_stats(fixture->reader, &stats), PKI_OK);
    return stats;
}

struct seen {
    size_t count;
    struct pki_audit last;
    size_t stop_after;
};

static bool see(void *context, const struct pki_audit *record)
{
    struct seen *seen = context;

    seen->count++;
    seen->last = *record;
    return seen->count != seen->stop_after;
}

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
    struct pki_credential homeless = {.device_id = 99, .server_id = 1, .mode = PKI_AUTH_PSK};
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
        .device_id = id, .server_id = 101, .mode = PKI_AUTH_PSK, .staged_at = NOW};
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
        char endpoint[16];

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

/* ---- credentials ---- */

static uint32_t stage(struct fixture *fixture, uint64_t id, uint16_t server)
{
    struct pki_credential credential = {
        .device_id = id, .server_id = server, .mode = PKI_AUTH_PSK, .staged_at = NOW};
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
        .device_id = id, .server_id = 102, .mode = PKI_AUTH_PSK, .active_at = NOW};
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_credential_add(txn, &other);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(other.serial, 1);
    assert_int_equal(state_of(fixture, id, one), PKI_CREDENTIAL_ACTIVE);
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(device_is_found_by_all_names),
        CASE(unknown_names_are_not_found),
        CASE(identity_may_hold_nul_and_be_long),
        CASE(look_up_is_one_read_transaction),
        CASE(taken_names_are_refused),
        CASE(errors_stick_and_undo_the_transaction),
        CASE(tolerant_transaction_keeps_the_others),
        CASE(change_moves_the_indexes),
        CASE(change_is_checked),
        CASE(disabling_is_kept_and_audited),
        CASE(removal_leaves_nothing_and_ids_are_new),
        CASE(pages_go_through_all_in_order),
        CASE(credential_lives_as_decided),
        CASE(servers_do_not_touch_each_other),
        CASE(credentials_are_bounded_and_the_active_one_stays),
        CASE(history_keeps_the_last_outcomes),
        CASE(unknown_are_counted_newest_first),
        CASE(unknown_are_bounded),
        CASE(added_device_is_no_longer_unknown),
        CASE(audit_tells_every_change),
        CASE(only_changes_move_the_last_transaction),
        CASE(transaction_sees_itself_and_abort_undoes),
        CASE(secrets_are_not_in_the_file),
        CASE(all_is_there_after_reopening),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
