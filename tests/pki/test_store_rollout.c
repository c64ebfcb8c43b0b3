#include "tests/pki/store_support.h"

/* ---- memory ---- */

static void memory_comes_back_and_goes_with_its_device(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = device_add(fixture->store, "m");
    struct pki_memory memory = {
        .device_id = id,
        .learnt_at = NOW,
        .version = 0x0101,
        .formats = {11542},
        .format_count = 1,
        .kind = "zephyr",
        .objects = {0, 1, 3},
        .object_count = 3,
        .prints = {{.object = 0, .instance = 1, .ssid = 101, .content = {9}, .shape = {8}}},
        .print_count = 1,
        .rollouts = {"move"},
        .rollout_count = 1,
    };
    struct pki_memory back;
    static const struct pki_memory nothing;
    uint64_t audited = stats_of(fixture).audit_records;

    memset(&back, 0xff, sizeof(back));
    assert_int_equal(pki_store_memory(fixture->reader, id, &back), PKI_ENOTFOUND);
    assert_memory_equal(&back, &nothing, sizeof(back));

    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_memory_put(txn, &memory);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(stats_of(fixture).audit_records, audited);
    assert_int_equal(pki_store_memory(fixture->reader, id, &back), PKI_OK);
    assert_memory_equal(&back, &memory, sizeof(memory));

    txn = txn_begin(fixture->store);
    pki_txn_device_remove(txn, id);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    assert_int_equal(pki_store_memory(fixture->reader, id, &back), PKI_ENOTFOUND);
    txn = txn_begin(fixture->store);
    pki_txn_memory_put(txn, &memory);
    assert_int_equal(pki_txn_commit(txn), PKI_ENOTFOUND);
}

static void unsound_memory_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct pki_memory memory = {.device_id = device_add(fixture->store, "m"),
                                .print_count = PKI_PRINTS_MAX + 1};
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_memory_put(txn, &memory);
    assert_int_equal(pki_txn_commit(txn), PKI_EINVAL);
}

/* ---- rollouts ---- */

static struct pki_rollout rollout_of(const char *name)
{
    struct pki_rollout rollout = {.state = PKI_ROLLOUT_RUNNING,
                                  .share_ppm = 50000,
                                  .started_at = NOW,
                                  .changed_at = NOW,
                                  .pause_ppm = 20000,
                                  .pause_of = 200};

    snprintf(rollout.name, sizeof(rollout.name), "%s", name);
    return rollout;
}

static void put(struct fixture *fixture, const struct pki_rollout *rollout)
{
    struct pki_txn *txn = txn_begin(fixture->store);

    pki_txn_rollout_put(txn, rollout);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
}

static bool note_of(struct fixture *fixture, const char *name,
                    const struct pki_rollout_outcome *outcome)
{
    struct pki_txn *txn = txn_begin(fixture->store);
    bool has_paused;

    pki_txn_rollout_note(txn, name, outcome, &has_paused);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    return has_paused;
}

/* Of another device each time. */
static bool note(struct fixture *fixture, const char *name, bool has_failed, bool is_first)
{
    static uint64_t device_id;
    const struct pki_rollout_outcome outcome = {++device_id, has_failed, is_first};

    return note_of(fixture, name, &outcome);
}

static struct pki_rollout get(struct fixture *fixture, const char *name)
{
    struct pki_rollout rollout;

    assert_int_equal(pki_store_rollout(fixture->reader, name, &rollout), PKI_OK);
    return rollout;
}

static void rollouts_are_kept_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout move = rollout_of("move");
    struct pki_rollout again = rollout_of("again");
    struct pki_rollout rows[3];
    char longer[PKI_NAME_MAX + 2];
    size_t count;

    memset(longer, 'n', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(pki_store_rollouts(fixture->reader, rows, 3, &count), PKI_OK);
    assert_int_equal(count, 0);
    put(fixture, &move);
    put(fixture, &again);
    rows[0] = get(fixture, "move");
    assert_memory_equal(&rows[0], &move, sizeof(move));
    assert_int_equal(pki_store_rollout(fixture->reader, "mov", rows), PKI_ENOTFOUND);
    assert_int_equal(pki_store_rollout(fixture->reader, "", rows), PKI_ENOTFOUND);
    assert_int_equal(pki_store_rollout(fixture->reader, longer, rows), PKI_ENOTFOUND);
    assert_int_equal(pki_store_rollouts(fixture->reader, rows, 3, &count), PKI_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].name, "again");
    assert_string_equal(rows[1].name, "move");
    assert_int_equal(pki_store_rollouts(fixture->reader, rows, 1, &count), PKI_OK);
    assert_int_equal(count, 1);
}

static void changes_are_audited_by_what_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");
    static const struct {
        enum pki_rollout_state state;
        int64_t started_at;
        const char *action;
    } rows[] = {
        {PKI_ROLLOUT_RUNNING, NOW, "rollout.start"},
        {PKI_ROLLOUT_RUNNING, NOW, "rollout.change"},
        {PKI_ROLLOUT_PAUSED, NOW, "rollout.pause"},
        {PKI_ROLLOUT_RUNNING, NOW, "rollout.resume"},
        {PKI_ROLLOUT_ABORTED, NOW, "rollout.abort"},
        {PKI_ROLLOUT_RUNNING, NOW + 1, "rollout.start"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct seen seen = {0};

        rollout.state = rows[i].state;
        rollout.started_at = rows[i].started_at;
        put(fixture, &rollout);
        assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
        assert_string_equal(seen.last.action, rows[i].action);
        assert_string_equal(seen.last.subject, "move");
    }
}

static void unsound_rollouts_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");
    struct pki_txn *txn = txn_begin(fixture->store);

    rollout.share_ppm = PKI_PPM_MAX + 1;
    pki_txn_rollout_put(txn, &rollout);
    assert_int_equal(pki_txn_commit(txn), PKI_EINVAL);
}

static void outcomes_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");
    const struct pki_rollout_outcome outcome = {1, true, true};
    bool has_paused;

    put(fixture, &rollout);
    note(fixture, "move", false, true);
    note(fixture, "move", false, false);
    note(fixture, "move", true, true);
    rollout = get(fixture, "move");
    assert_int_equal(rollout.devices, 1);
    assert_int_equal(rollout.finished, 2);
    assert_int_equal(rollout.failed, 1);
    assert_int_equal(rollout.window_count, 2); /* the second Finish of a device is no news */

    struct pki_txn *txn = txn_begin(fixture->store);

    assert_int_equal(pki_txn_rollout_get(txn, "none", &rollout), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_rollout_get(txn, "move", &rollout), PKI_OK);
    assert_int_equal(pki_txn_rollout_note(txn, "none", &outcome, &has_paused), PKI_ENOTFOUND);
    assert_int_equal(pki_txn_commit(txn), PKI_ENOTFOUND);
}

/* 2% of 200 are 4: the fifth failure pauses, however few came before it. */
static void too_many_failures_pause(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");
    struct seen seen = {0};

    put(fixture, &rollout);
    for (int i = 0; i < 4; i++) {
        assert_false(note(fixture, "move", true, false));
    }
    assert_false(note(fixture, "move", false, true));
    assert_true(note(fixture, "move", true, false));
    rollout = get(fixture, "move");
    assert_int_equal(rollout.state, PKI_ROLLOUT_PAUSED);
    assert_string_equal(rollout.reason, "5 of the last 6 failed; 2% of 200 may");
    assert_int_equal(pki_store_audit(fixture->reader, 1, see, &seen), PKI_OK);
    assert_string_equal(seen.last.action, "rollout.pause");
    assert_false(note(fixture, "move", true, false));
    assert_int_equal(get(fixture, "move").failed, 6);
}

/* A failure leaves the window after pause_of outcomes. */
static void old_failures_are_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");

    rollout.pause_of = 10;
    rollout.pause_ppm = 100000; /* one of ten */
    put(fixture, &rollout);
    for (int round = 0; round < 3; round++) {
        assert_false(note(fixture, "move", true, false));
        for (int i = 0; i < 9; i++) {
            assert_false(note(fixture, "move", false, true));
        }
    }
    rollout = get(fixture, "move");
    assert_int_equal(rollout.window_count, 10);
    assert_int_equal(rollout.failed, 3);
    assert_false(note(fixture, "move", false, true));
    assert_false(note(fixture, "move", true, false));
    assert_true(note(fixture, "move", true, false));
}

/* A device that fails over and over, or by turns, counts once as long as that is in the window. */
static void one_device_pauses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");
    const struct pki_rollout_outcome failed = {7, true, false};
    const struct pki_rollout_outcome finished = {7, false, false};
    const struct pki_rollout_outcome first = {8, false, true};

    rollout.pause_of = 10;
    rollout.pause_ppm = 100000; /* one of ten */
    put(fixture, &rollout);
    for (int i = 0; i < 20; i++) {
        assert_false(note_of(fixture, "move", &failed));
        assert_false(note_of(fixture, "move", &finished));
    }
    rollout = get(fixture, "move");
    assert_int_equal(rollout.failed, 20);
    assert_int_equal(rollout.window_count, 1);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(get(fixture, "move").failing_count, 1);
        assert_false(note_of(fixture, "move", &first));
    }
    assert_int_equal(get(fixture, "move").failing_count, 0);
    assert_false(note_of(fixture, "move", &failed)); /* it left: now it counts again */
    assert_int_equal(get(fixture, "move").failing_count, 1);
    rollout = get(fixture, "move");
    pki_rollout_forget(&rollout);
    put(fixture, &rollout);
    assert_int_equal(get(fixture, "move").failing_count + get(fixture, "move").window_count, 0);
    assert_false(note_of(fixture, "move", &failed));
    assert_true(note(fixture, "move", true, false));
}

/* More than are told apart: the oldest of them may count again, nothing else changes. */
static void many_failing_devices(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = rollout_of("move");

    rollout.pause_of = PKI_ROLLOUT_WINDOW_MAX;
    rollout.pause_ppm = PKI_PPM_MAX;
    put(fixture, &rollout);
    for (uint64_t id = 1; id <= PKI_ROLLOUT_FAILING_MAX + 1; id++) {
        const struct pki_rollout_outcome failed = {id, true, false};

        note_of(fixture, "move", &failed);
        note_of(fixture, "move", &failed);
    }
    rollout = get(fixture, "move");
    assert_int_equal(rollout.window_count, PKI_ROLLOUT_FAILING_MAX + 1);
    assert_int_equal(rollout.failing_count, PKI_ROLLOUT_FAILING_MAX);
    assert_int_equal(rollout.failing_id[0], 2);
}

static void without_a_rule_nothing_pauses(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout windowless = rollout_of("windowless");
    struct pki_rollout ruleless = rollout_of("ruleless");

    windowless.pause_of = 0;
    ruleless.pause_ppm = 0;
    put(fixture, &windowless);
    put(fixture, &ruleless);
    for (int i = 0; i < 10; i++) {
        assert_false(note(fixture, "ruleless", true, false));
    }
    windowless.pause_ppm = 0;
    put(fixture, &windowless);
    for (int i = 0; i < 10; i++) {
        assert_false(note(fixture, "windowless", true, false));
    }
    assert_int_equal(get(fixture, "windowless").window_count, 0);
}

/* ---- prints ---- */

static void prints_tell_octets_and_homes_apart(void **state)
{
    struct fixture *fixture = *state;
    uint8_t one[PKI_PRINT_OCTETS];
    uint8_t again[PKI_PRINT_OCTETS];
    uint8_t other[PKI_PRINT_OCTETS];
    uint8_t elsewhere[PKI_PRINT_OCTETS];
    struct home home;

    home_init(&home, NULL);
    struct pki_store *store = home_open(&home, false);

    pki_store_print(fixture->store, (const uint8_t *)"one", 3, one);
    pki_store_print(fixture->store, (const uint8_t *)"one", 3, again);
    pki_store_print(fixture->store, (const uint8_t *)"onf", 3, other);
    pki_store_print(store, (const uint8_t *)"one", 3, elsewhere);
    assert_memory_equal(one, again, sizeof(one));
    assert_memory_not_equal(one, other, sizeof(one));
    assert_memory_not_equal(one, elsewhere, sizeof(one));
    pki_store_close(store);
    store = home_open(&home, true);
    pki_store_print(store, (const uint8_t *)"one", 3, again);
    assert_memory_equal(elsewhere, again, sizeof(one));
    pki_store_close(store);
    home_remove(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(memory_comes_back_and_goes_with_its_device),
        STORE_TEST(unsound_memory_is_refused),
        STORE_TEST(rollouts_are_kept_by_name),
        STORE_TEST(changes_are_audited_by_what_they_are),
        STORE_TEST(unsound_rollouts_are_refused),
        STORE_TEST(outcomes_are_counted),
        STORE_TEST(too_many_failures_pause),
        STORE_TEST(old_failures_are_forgotten),
        STORE_TEST(one_device_pauses_nothing),
        STORE_TEST(many_failing_devices),
        STORE_TEST(without_a_rule_nothing_pauses),
        STORE_TEST(prints_tell_octets_and_homes_apart),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
