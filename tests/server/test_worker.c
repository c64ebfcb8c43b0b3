/* A worker over a real store and loopback: a store that is too busy stops a bootstrap before any
 * secret is sent. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/worker.h"
#include "pki/secret.h"
#include "tests/support/peer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char policy[] =
    "imprint: 1\n"
    "servers: {main: {id: 101, uri: \"coaps://lwm2m.example\", lifetime: 1d}}\n"
    "policies: [{name: all, servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}}]\n";

struct fixture {
    char folder[64], home[80], log_path[96];
    uint64_t device_id;
    int log_fd;
    struct bs_snapshot *snapshot;
    struct bs_shared shared;
    struct bs_worker *worker;
    char bound[CC_ADDRESS_TEXT];
    struct peer device; /* answers 2.04 to everything */
};

static void on_wake(void *context)
{
    (void)context;
}

static void make_home(struct fixture *fixture)
{
    const struct pki_store_options options = {.map_bytes = 1u << 30};
    struct pki_device device = {.auth = PKI_AUTH_PSK, .psk_len = strlen(PEER_KEY)};
    struct pki_fault fault = {0};
    struct pki_txn *txn = NULL;
    char path[128];
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/imprint-worker-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->home, sizeof fixture->home, "%s/home", fixture->folder);
    snprintf(fixture->log_path, sizeof fixture->log_path, "%s/log", fixture->folder);
    assert_int_equal(pki_store_init(fixture->home, &options, 1, &fault), PKI_OK);
    assert_int_equal(pki_store_open(fixture->home, &options, &fixture->shared.store, &fault),
                     PKI_OK);
    snprintf(device.endpoint, sizeof device.endpoint, "device");
    device.identity_len = strlen(device.endpoint);
    memcpy(device.identity, device.endpoint, device.identity_len);
    memcpy(device.psk, PEER_KEY, device.psk_len);
    assert_int_equal(pki_txn_begin(fixture->shared.store, "test", 1, &txn), PKI_OK);
    assert_int_equal(pki_txn_device_add(txn, &device), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    fixture->device_id = device.id;
    snprintf(path, sizeof path, "%s/policies", fixture->home);
    mkdir(path, 0700); /* may be there already */
    snprintf(path, sizeof path, "%s/policies/all.yaml", fixture->home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(policy, 1, sizeof policy - 1, file), sizeof policy - 1);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const struct bs_overrides overrides = {.workers = 1};
    struct policy_report report = {0};
    assert_non_null(fixture);
    assert_int_equal(pki_secret_setup(), PKI_OK);
    make_home(fixture);
    fixture->log_fd = open(fixture->log_path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fixture->log_fd >= 0);
    struct bs_shared *shared = &fixture->shared;
    shared->log = bs_log_new(fixture->log_fd);
    shared->writer = bs_writer_new(shared->store, shared->log, 1);
    shared->owners = bs_owners_new();
    shared->trace = bs_trace_hub_new(on_wake, NULL);
    shared->workers = &fixture->worker;
    shared->worker_count = 1;
    fixture->snapshot = bs_snapshot_load(fixture->home, &overrides, 1, &report);
    assert_non_null(fixture->snapshot);
    policy_report_clear(&report);
    assert_int_equal(bs_worker_new(shared, 0, fixture->snapshot, &fixture->worker), CC_OK);
    assert_int_equal(bs_worker_listen(fixture->worker, "coaps://127.0.0.1:0", fixture->bound),
                     CC_OK);
    assert_true(bs_worker_start(fixture->worker));
    peer_start(&fixture->device, NULL);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    peer_stop(&fixture->device);
    bs_worker_post(fixture->worker, bs_mail_new(BS_MAIL_STOP));
    bs_worker_join(fixture->worker);
    bs_worker_free(fixture->worker);
    bs_writer_free(fixture->shared.writer);
    bs_snapshot_unref(fixture->snapshot);
    bs_trace_hub_free(fixture->shared.trace);
    bs_owners_free(fixture->shared.owners);
    bs_log_free(fixture->shared.log);
    close(fixture->log_fd);
    pki_store_close(fixture->shared.store);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

/* How often TEXT is in the log. */
static unsigned logged(const struct fixture *fixture, const char *text)
{
    char data[65536];
    unsigned count = 0;
    ssize_t len = pread(fixture->log_fd, data, sizeof data - 1, 0);
    assert_true(len >= 0);
    data[len] = '\0';
    for (const char *at = data; (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* One bootstrap from a new session, until its outcome is in the log. */
static void bootstrap(struct fixture *fixture, const char *outcome)
{
    char uri[CC_ADDRESS_TEXT + 16];
    snprintf(uri, sizeof uri, "coaps://%s", fixture->bound);
    fixture->device.opened = 0;
    fixture->device.requests = 0;
    struct cc_session *session = peer_connect(&fixture->device, uri, "device", PEER_KEY, NULL);
    assert_true(peer_run(&fixture->device, NULL, peer_has_opened, &fixture->device, PEER_RUN_MS));
    peer_post(session, 0);
    for (unsigned i = 0; i < 1000 && !logged(fixture, outcome); i++)
        peer_pass(&fixture->device, NULL, 5);
    assert_int_equal(logged(fixture, outcome), 1);
    cc_session_close(session);
}

static void submit_outcome(struct fixture *fixture)
{
    struct bs_job *job = bs_job_new(BS_JOB_OUTCOME, 0);
    assert_non_null(job);
    job->outcome = (struct pki_outcome){
        .device_id = fixture->device_id, .started_at = 6, .result = PKI_RESULT_HELD};
    bs_writer_submit(fixture->shared.writer, job);
}

static void test_storage_busy(void **state)
{
    struct fixture *fixture = *state;
    struct bs_writer_status status;
    struct pki_txn *txn = NULL;
    assert_int_equal(pki_txn_begin(fixture->shared.store, "test", 1, &txn), PKI_OK);
    submit_outcome(fixture);
    bootstrap(fixture, "storage busy");
    assert_int_equal(logged(fixture, "result=failed"), 1);
    assert_int_equal(fixture->device.requests, 1); /* Discover, and no Write */
    /* The outcome is logged before it is submitted. */
    for (unsigned i = 0; i < 1000; i++) {
        bs_writer_status(fixture->shared.writer, &status);
        if (status.dropped == 2)
            break;
        usleep(1000);
    }
    assert_int_equal(status.dropped, 2); /* the credentials and the outcome */
    pki_txn_abort(txn);
    for (unsigned i = 0; i < 1000 && status.depth; i++) {
        usleep(5000);
        bs_writer_status(fixture->shared.writer, &status);
    }
    assert_int_equal(status.depth, 0);
    bootstrap(fixture, "result=finished");
    assert_true(fixture->device.requests > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_storage_busy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
