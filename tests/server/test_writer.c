/* The committing writer over a real store: groups, refusals of single records, order, shutdown. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/dice.h"
#include "bootstrap/server/writer.h"
#include "pki/secret.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEVICES = 50 };

struct fixture {
    char folder[64], home[80];
    struct pki_store *store;
    struct bs_log *log;
    struct bs_writer *writer;
    uint64_t ids[DEVICES];
    atomic_uint back;
    atomic_uint refused;
    uint32_t serial;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const struct pki_store_options options = {.map_bytes = 1u << 30};
    struct pki_fault fault = {0};
    struct pki_txn *txn = NULL;
    assert_non_null(fixture);
    assert_int_equal(pki_secret_setup(), PKI_OK);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/imprint-writer-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->home, sizeof fixture->home, "%s/home", fixture->folder);
    assert_int_equal(pki_store_init(fixture->home, &options, 1, &fault), PKI_OK);
    assert_int_equal(pki_store_open(fixture->home, &options, &fixture->store, &fault), PKI_OK);
    assert_int_equal(pki_txn_begin(fixture->store, "test", 1, &txn), PKI_OK);
    for (unsigned i = 0; i < DEVICES; i++) {
        struct pki_device device = {.auth = PKI_AUTH_PSK, .psk_len = 16, .identity_len = 4};
        snprintf(device.endpoint, sizeof device.endpoint, "device-%u", i);
        memcpy(device.identity, &i, sizeof i);
        assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
        fixture->ids[i] = device.id;
    }
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    fixture->log = bs_log_new(STDERR_FILENO);
    fixture->writer = bs_writer_new(fixture->store, fixture->log, 0);
    assert_non_null(fixture->writer);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    bs_writer_free(fixture->writer);
    bs_log_free(fixture->log);
    pki_store_close(fixture->store);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static void on_done(struct bs_job *job)
{
    struct fixture *fixture = job->context;
    if (job->error)
        atomic_fetch_add(&fixture->refused, 1);
    if (job->credential_count)
        fixture->serial = job->credentials[0].serial;
    atomic_fetch_add(&fixture->back, 1);
    bs_job_free(job);
}

static void stage(struct fixture *fixture, uint64_t device)
{
    struct bs_job *job = bs_job_new(BS_JOB_STAGE, 1);
    assert_non_null(job);
    job->credentials[0] = (struct pki_credential){.device_id = device,
                                                  .server_id = 101,
                                                  .mode = PKI_MODE_PSK,
                                                  .identity_len = 1,
                                                  .secret_len = 16,
                                                  .staged_at = 5};
    job->done = on_done;
    job->context = fixture;
    bs_writer_submit(fixture->writer, job);
}

static void outcome(struct fixture *fixture, uint64_t device, enum pki_result result,
                    uint32_t serial)
{
    struct bs_job *job = bs_job_new(BS_JOB_OUTCOME, serial ? 1 : 0);
    assert_non_null(job);
    job->outcome = (struct pki_outcome){.device_id = device, .started_at = 6, .result = result};
    if (serial)
        job->credentials[0] =
            (struct pki_credential){.device_id = device, .server_id = 101, .serial = serial};
    job->done = on_done;
    job->context = fixture;
    bs_writer_submit(fixture->writer, job);
}

/* Bounded: a writer that loses a job fails here after ten seconds. */
static void wait_back(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < 10000 && atomic_load(&fixture->back) < count; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&fixture->back), count);
}

static void test_life_of_a_credential(void **state)
{
    struct fixture *fixture = *state;
    struct pki_reader *reader = NULL;
    struct pki_credential credential;
    struct pki_outcome outcomes[2];
    size_t count = 0;
    assert_int_equal(pki_reader_new(fixture->store, &reader), PKI_OK);
    stage(fixture, fixture->ids[0]);
    wait_back(fixture, 1);
    assert_int_equal(pki_store_credential_active(reader, fixture->ids[0], 101, &credential),
                     PKI_ENOTFOUND);
    outcome(fixture, fixture->ids[0], PKI_RESULT_FINISHED, fixture->serial);
    wait_back(fixture, 2);
    assert_int_equal(pki_store_credential_active(reader, fixture->ids[0], 101, &credential),
                     PKI_OK);
    assert_int_equal(credential.serial, fixture->serial);
    assert_int_equal(pki_store_history(reader, fixture->ids[0], outcomes, 2, &count), PKI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(outcomes[0].result, PKI_RESULT_FINISHED);
    pki_reader_free(reader);
}

/*
 * Of what a finished bootstrap staged, that which the device refused is abandoned; what an earlier
 * one left in doubt is confirmed, unless it has ended meanwhile.
 */
static void test_each_credential_for_itself(void **state)
{
    struct fixture *fixture = *state;
    struct pki_credential rows[4];
    struct pki_reader *reader = NULL;
    uint32_t serials[2];
    size_t count = 0;
    for (unsigned i = 0; i < 2; i++) {
        stage(fixture, fixture->ids[i]);
        wait_back(fixture, i + 1);
        serials[i] = fixture->serial;
    }
    outcome(fixture, fixture->ids[1], PKI_RESULT_UNCONFIRMED, serials[1]);
    wait_back(fixture, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct bs_job *job = bs_job_new(BS_JOB_OUTCOME, 1);
        assert_non_null(job);
        job->outcome = (struct pki_outcome){
            .device_id = fixture->ids[i > 0], .started_at = 7, .result = PKI_RESULT_FINISHED};
        job->credentials[0] = (struct pki_credential){.device_id = fixture->ids[i > 0],
                                                      .server_id = 101,
                                                      .serial = serials[i > 0],
                                                      .abandoned_at = i == 0 ? 7 : 0,
                                                      .unconfirmed_at = i > 0 ? 7 : 0};
        job->done = on_done;
        job->context = fixture;
        bs_writer_submit(fixture->writer, job);
        wait_back(fixture, 4 + i);
    }
    assert_int_equal(atomic_load(&fixture->refused), 0);
    assert_int_equal(pki_reader_new(fixture->store, &reader), PKI_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pki_store_credentials(reader, fixture->ids[i], rows, 4, &count), PKI_OK);
        assert_int_equal(count, 1);
        assert_int_equal(pki_credential_state(&rows[0]),
                         i == 0 ? PKI_CREDENTIAL_ABANDONED : PKI_CREDENTIAL_ACTIVE);
    }
    pki_reader_free(reader);
}

/* What a bootstrap taught is stored with its outcome, and its campaigns count it. */
static void test_lesson(void **state)
{
    struct fixture *fixture = *state;
    struct pki_rollout rollout = {.name = "move",
                                  .state = PKI_ROLLOUT_RUNNING,
                                  .share_ppm = PKI_PPM_MAX,
                                  .started_at = 1,
                                  .pause_ppm = 500000,
                                  .pause_of = 2};
    struct pki_memory memory;
    struct pki_reader *reader = NULL;
    struct pki_txn *txn = NULL;
    assert_int_equal(pki_txn_begin(fixture->store, "test", 1, &txn), PKI_OK);
    assert_int_equal(pki_txn_rollout_put(txn, &rollout), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    for (unsigned i = 0; i < 2; i++) {
        struct bs_job *job = bs_job_new(BS_JOB_OUTCOME, 0);
        assert_non_null(job);
        job->outcome = (struct pki_outcome){
            .device_id = fixture->ids[i], .started_at = 6, .result = PKI_RESULT_FAILED};
        job->lesson = calloc(1, sizeof *job->lesson);
        assert_non_null(job->lesson);
        job->lesson->has_memory = i == 0;
        job->lesson->memory = (struct pki_memory){
            .device_id = fixture->ids[i], .learnt_at = 6, .formats = {112}, .format_count = 1};
        strcpy(job->lesson->rollouts[0], "move");
        strcpy(job->lesson->rollouts[1], "nobody started it");
        job->lesson->rollout_count = 2;
        job->done = on_done;
        job->context = fixture;
        bs_writer_submit(fixture->writer, job);
    }
    wait_back(fixture, 2);
    assert_int_equal(atomic_load(&fixture->refused), 0);
    assert_int_equal(pki_reader_new(fixture->store, &reader), PKI_OK);
    assert_int_equal(pki_store_memory(reader, fixture->ids[0], &memory), PKI_OK);
    assert_int_equal(memory.formats[0], 112);
    assert_int_equal(pki_store_memory(reader, fixture->ids[1], &memory), PKI_ENOTFOUND);
    assert_int_equal(pki_store_rollout(reader, "move", &rollout), PKI_OK);
    assert_int_equal(rollout.failed, 2);
    assert_int_equal(rollout.state, PKI_ROLLOUT_PAUSED);
    pki_reader_free(reader);
}

/* Doubt spares what has ended meanwhile, and devices that are gone. */
static void test_doubt(void **state)
{
    struct fixture *fixture = *state;
    stage(fixture, fixture->ids[0]);
    wait_back(fixture, 1);
    outcome(fixture, fixture->ids[0], PKI_RESULT_FINISHED, fixture->serial);
    wait_back(fixture, 2);
    struct bs_job *job = bs_job_new(BS_JOB_DOUBT, 2);
    assert_non_null(job);
    job->credentials[0].device_id = fixture->ids[0];
    job->credentials[0].server_id = 101;
    job->credentials[0].serial = fixture->serial;
    job->credentials[1].device_id = 999999;
    job->credentials[1].server_id = 101;
    job->credentials[1].serial = 1;
    job->done = on_done;
    job->context = fixture;
    bs_writer_submit(fixture->writer, job);
    wait_back(fixture, 3);
    assert_int_equal(atomic_load(&fixture->refused), 0);
}

/* One device was removed meanwhile: its record is refused, its neighbours' are stored. */
static void test_one_bad_record(void **state)
{
    struct fixture *fixture = *state;
    struct bs_writer_status status;
    for (unsigned i = 0; i < DEVICES; i++)
        outcome(fixture, i == 7 ? 999999 : fixture->ids[i], PKI_RESULT_FAILED, 0);
    wait_back(fixture, DEVICES);
    assert_int_equal(atomic_load(&fixture->refused), 1);
    bs_writer_status(fixture->writer, &status);
    assert_int_equal(status.records, DEVICES - 1);
    assert_int_equal(status.errors, 1);
    assert_int_equal(status.depth, 0);
}

/* What came while nobody waited for it goes into few transactions, not one each. */
static void test_outcomes_share_commits(void **state)
{
    struct fixture *fixture = *state;
    struct bs_writer_status status;
    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < DEVICES; i++)
            outcome(fixture, fixture->ids[i], PKI_RESULT_FAILED, 0);
    wait_back(fixture, 20 * DEVICES);
    bs_writer_status(fixture->writer, &status);
    assert_true(status.commits < 20 * DEVICES / 4);
}

static void *submit_many(void *argument)
{
    struct fixture *fixture = argument;
    for (unsigned i = 0; i < DEVICES; i++) {
        stage(fixture, fixture->ids[i]);
        outcome(fixture, fixture->ids[i], PKI_RESULT_FAILED, 0);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, fixture), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    wait_back(fixture, 4 * 2 * DEVICES);
    assert_int_equal(atomic_load(&fixture->refused), 0);
}

/* Freeing the writer stores what was submitted before. */
static void test_shutdown_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < DEVICES; i++)
        outcome(fixture, fixture->ids[i], PKI_RESULT_FAILED, 0);
    bs_writer_free(fixture->writer);
    assert_int_equal(atomic_load(&fixture->back), DEVICES);
    assert_int_equal(atomic_load(&fixture->refused), 0);
    fixture->writer = bs_writer_new(fixture->store, fixture->log, 0);
    assert_non_null(fixture->writer);
}

enum { JOBS_MAX = 4 };

/* The disk stands still and jobs_max jobs wait: what can be spared is dropped at once. */
static void test_full_queue(void **state)
{
    struct fixture *fixture = *state;
    struct bs_writer_status status;
    struct pki_txn *txn = NULL;
    bs_writer_free(fixture->writer);
    fixture->writer = bs_writer_new(fixture->store, fixture->log, JOBS_MAX);
    assert_non_null(fixture->writer);
    stage(fixture, fixture->ids[0]);
    wait_back(fixture, 1);
    uint32_t serial = fixture->serial;
    assert_int_equal(pki_txn_begin(fixture->store, "test", 1, &txn), PKI_OK);
    for (unsigned i = 0; i < JOBS_MAX; i++)
        outcome(fixture, fixture->ids[i], PKI_RESULT_HELD, 0);
    assert_int_equal(atomic_load(&fixture->back), 1);
    static const enum pki_result spared[] = {PKI_RESULT_DENIED, PKI_RESULT_HELD, PKI_RESULT_FAILED,
                                             PKI_RESULT_SUPERSEDED};
    for (unsigned i = 0; i < 4; i++) {
        outcome(fixture, fixture->ids[0], spared[i], 0);
        assert_int_equal(atomic_load(&fixture->back), 2 + i);
        assert_int_equal(atomic_load(&fixture->refused), 1 + i);
    }
    stage(fixture, fixture->ids[1]);
    assert_int_equal(atomic_load(&fixture->refused), 5);
    outcome(fixture, fixture->ids[0], PKI_RESULT_FAILED, serial);
    outcome(fixture, fixture->ids[1], PKI_RESULT_FINISHED, 0);
    outcome(fixture, fixture->ids[2], PKI_RESULT_UNCONFIRMED, 0);
    assert_int_equal(atomic_load(&fixture->back), 6);
    pki_txn_abort(txn);
    wait_back(fixture, 6 + JOBS_MAX + 3);
    assert_int_equal(atomic_load(&fixture->refused), 5);
    bs_writer_status(fixture->writer, &status);
    assert_int_equal(status.dropped, 5);
    assert_int_equal(status.errors, 0);
    assert_int_equal(status.depth, 0);
    stage(fixture, fixture->ids[1]);
    wait_back(fixture, 6 + JOBS_MAX + 4);
    assert_int_equal(atomic_load(&fixture->refused), 5);
}

/* Pieces never overlap, and what was handed out is gone from the store of octets. */
static void test_dice(void **state)
{
    (void)state;
    struct bs_dice dice = {.left = 0};
    uint8_t all[64][16], big[2048];
    for (size_t i = 0; i < 64; i++) {
        bs_dice_roll(&dice, all[i], sizeof all[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(all[i], all[k], sizeof all[i]);
    }
    assert_int_equal(dice.left, 0);
    for (size_t i = 0; i < sizeof dice.octets; i++)
        assert_int_equal(dice.octets[i], 0);
    bs_dice_roll(&dice, big, sizeof big);
    assert_memory_not_equal(big, big + 1024, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life_of_a_credential, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_credential_for_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lesson, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_bad_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_outcomes_share_commits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shutdown_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_queue, setup, teardown),
        cmocka_unit_test(test_dice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
