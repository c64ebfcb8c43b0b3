/* A worker over a real store and loopback: a store that is too busy stops a bootstrap before any
 * secret is sent; what a killed daemon left, a new bootstrap credential, what is remembered. */
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

static const char minting[] =
    "imprint: 1\n"
    "servers: {main: {id: 101, uri: \"coaps://lwm2m.example\", lifetime: 1d}}\n"
    "policies: [{name: all, servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}}]\n";

/* The bootstrap account is written again, with the credential by which the device comes. */
static const char moving[] =
    "imprint: 1\n"
    "servers: {main: {id: 101, uri: \"coap://lwm2m.example\"}}\n"
    "policies: [{name: all, servers: {main: {nosec: true}}, verify: never,\n"
    "            client: {discover: false, bootstrap-instance: 0},\n"
    "            bootstrap-server: {uri: \"coaps://moved.example\", credential: keep}}]\n";

struct fixture {
    char folder[64], home[80], log_path[96];
    uint64_t device_id;
    int log_fd;
    struct bs_snapshot *snapshot;
    struct bs_shared shared;
    struct bs_worker *worker;
    char bound[CC_ADDRESS_TEXT], plain[CC_ADDRESS_TEXT];
    struct peer device; /* answers 2.04 to everything */
};

static void on_wake(void *context)
{
    (void)context;
}

static void make_home(struct fixture *fixture, const char *policy)
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
    assert_int_equal(fwrite(policy, 1, strlen(policy), file), strlen(policy));
    assert_int_equal(fclose(file), 0);
}

/* JOBS_MAX: 0 = the usual. */
static struct fixture *make(uint64_t jobs_max, const char *policy)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const struct bs_overrides overrides = {.workers = 1};
    struct policy_report report = {0};
    assert_non_null(fixture);
    assert_int_equal(pki_secret_setup(), PKI_OK);
    make_home(fixture, policy);
    fixture->log_fd = open(fixture->log_path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fixture->log_fd >= 0);
    struct bs_shared *shared = &fixture->shared;
    shared->log = bs_log_new(fixture->log_fd);
    shared->writer = bs_writer_new(shared->store, shared->log, jobs_max);
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
    assert_int_equal(bs_worker_listen(fixture->worker, "coap://127.0.0.1:0", fixture->plain),
                     CC_OK);
    assert_true(bs_worker_start(fixture->worker));
    peer_start(&fixture->device, NULL);
    return fixture;
}

static int setup(void **state)
{
    *state = make(0, minting);
    return 0;
}

static int setup_moving(void **state)
{
    *state = make(0, moving);
    return 0;
}

static int setup_busy(void **state)
{
    *state = make(1, minting);
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

/* One bootstrap from a new session of IDENTITY, until OUTCOME is COUNT times in the log. */
static void bootstrap_as(struct fixture *fixture, const char *identity, const char *outcome,
                         unsigned count)
{
    char uri[CC_ADDRESS_TEXT + 16];
    snprintf(uri, sizeof uri, "coaps://%s", fixture->bound);
    fixture->device.opened = 0;
    fixture->device.requests = 0;
    struct cc_session *session = peer_connect(&fixture->device, uri, identity, PEER_KEY, NULL);
    assert_true(peer_run(&fixture->device, NULL, peer_has_opened, &fixture->device, PEER_RUN_MS));
    peer_post(session, 0);
    for (unsigned i = 0; i < 1000 && logged(fixture, outcome) < count; i++)
        peer_pass(&fixture->device, NULL, 5);
    assert_int_equal(logged(fixture, outcome), count);
    cc_session_close(session);
}

static void bootstrap(struct fixture *fixture, const char *outcome)
{
    bootstrap_as(fixture, "device", outcome, 1);
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
    assert_int_equal(fixture->device.requests, 2); /* Discover of / and /0, and no Write */
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

/* Adds a credential for SERVER_ID that was staged and never settled. */
static uint32_t leave_staged(struct fixture *fixture, uint16_t server_id, const char *identity)
{
    struct pki_credential credential = {.device_id = fixture->device_id,
                                        .server_id = server_id,
                                        .mode = PKI_MODE_PSK,
                                        .identity_len = strlen(identity),
                                        .secret_len = strlen(PEER_KEY),
                                        .staged_at = 2};
    struct pki_txn *txn = NULL;
    memcpy(credential.identity, identity, credential.identity_len);
    memcpy(credential.secret, PEER_KEY, credential.secret_len);
    assert_int_equal(pki_txn_begin(fixture->shared.store, "test", 2, &txn), PKI_OK);
    assert_int_equal(pki_txn_credential_add(txn, &credential), PKI_OK);
    assert_int_equal(pki_txn_commit(txn), PKI_OK);
    return credential.serial;
}

/* Waits until credential SERIAL for SERVER_ID is in STATE. */
static bool comes_to(struct fixture *fixture, uint16_t server_id, uint32_t serial,
                     enum pki_credential_state state)
{
    static struct pki_credential all[PKI_CREDENTIALS_MAX];
    struct pki_reader *reader = NULL;
    bool is_there = false;
    assert_int_equal(pki_reader_new(fixture->shared.store, &reader), PKI_OK);
    for (unsigned i = 0; i < 5000 && !is_there; i++) {
        size_t count = 0;
        usleep(1000);
        assert_int_equal(pki_store_credentials(reader, fixture->device_id, all,
                                               sizeof all / sizeof *all, &count),
                         PKI_OK);
        for (size_t k = 0; k < count; k++)
            is_there |= all[k].server_id == server_id && all[k].serial == serial &&
                        pki_credential_state(&all[k]) == state;
    }
    pki_reader_free(reader);
    return is_there;
}

/* The daemon was killed between Finish and its commit: the device may hold the key. */
static void test_left_staged(void **state)
{
    struct fixture *fixture = *state;
    /* For a server that the policy does not name: nothing but the doubt touches it. */
    uint32_t serial = leave_staged(fixture, 77, "left");
    bootstrap(fixture, "result=finished");
    assert_true(comes_to(fixture, 77, serial, PKI_CREDENTIAL_UNCONFIRMED));
}

/* A device that comes with its new bootstrap credential: it is its own from then on. */
static void test_promotion(void **state)
{
    struct fixture *fixture = *state;
    struct pki_reader *reader = NULL;
    struct pki_device device;
    uint32_t serial = leave_staged(fixture, PKI_SERVER_BOOTSTRAP, "device-new");
    bootstrap(fixture, "result=finished"); /* the old one is good until then */
    bootstrap_as(fixture, "device-new", "result=finished", 2);
    assert_true(comes_to(fixture, PKI_SERVER_BOOTSTRAP, serial, PKI_CREDENTIAL_RETIRED));
    assert_int_equal(pki_reader_new(fixture->shared.store, &reader), PKI_OK);
    assert_int_equal(pki_store_device_by_identity(reader, PKI_AUTH_PSK, (const uint8_t *)"device",
                                                  strlen("device"), &device),
                     PKI_ENOTFOUND);
    assert_int_equal(pki_store_device_by_id(reader, fixture->device_id, &device), PKI_OK);
    assert_memory_equal(device.identity, "device-new", strlen("device-new"));
    pki_device_wipe(&device);
    pki_reader_free(reader);
    bootstrap_as(fixture, "device-new", "result=finished", 3);
}

/* The same, moved again before the store took the new one over: what is written is what the device
 * came with. The old one would lock it out as soon as the store has. */
static void test_moved_before_promotion(void **state)
{
    struct fixture *fixture = *state;
    struct pki_txn *txn = NULL;
    leave_staged(fixture, PKI_SERVER_BOOTSTRAP, "device-new");
    assert_int_equal(pki_txn_begin(fixture->shared.store, "test", 3, &txn), PKI_OK);
    bootstrap_as(fixture, "device-new", "result=finished", 1);
    const struct peer *device = &fixture->device;
    assert_non_null(memmem(device->written, device->written_len, "coaps://moved.example", 21));
    assert_non_null(memmem(device->written, device->written_len, "device-new", 10));
    pki_txn_abort(txn);
}

/* What a bootstrap taught is in the store with its outcome: the format, the version. */
static void test_memory(void **state)
{
    struct fixture *fixture = *state;
    struct pki_reader *reader = NULL;
    struct pki_memory memory = {0};
    bootstrap(fixture, "result=finished");
    assert_int_equal(pki_reader_new(fixture->shared.store, &reader), PKI_OK);
    for (unsigned i = 0; i < 2000 && !memory.format_count; i++) {
        usleep(1000);
        (void)!pki_store_memory(reader, fixture->device_id, &memory);
    }
    assert_int_equal(memory.device_id, fixture->device_id);
    assert_int_equal(memory.format_count, 1);
    assert_int_equal(memory.refused_count, 0);
    assert_true(memory.learnt_at > 0);
    pki_reader_free(reader);
}

/* Who only says the device's name over plain CoAP teaches nothing of what it is. */
static void test_pack_by_name(void **state)
{
    struct fixture *fixture = *state;
    char uri[CC_ADDRESS_TEXT + 16];
    static const char *const queries[] = {"ep=device"};
    const struct cc_request request = {.method = CC_GET,
                                       .path = "/bspack",
                                       .queries = queries,
                                       .query_count = 1,
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = CC_FORMAT_NONE};
    struct pki_reader *reader = NULL;
    struct pki_memory memory = {0};
    uint32_t id = 0;
    snprintf(uri, sizeof uri, "coap://%s", fixture->plain);
    struct cc_session *session = peer_connect(&fixture->device, uri, NULL, NULL, NULL);
    assert_true(peer_run(&fixture->device, NULL, peer_has_opened, &fixture->device, PEER_RUN_MS));
    assert_int_equal(cc_session_request(session, &request, &id), CC_OK);
    assert_true(peer_run(&fixture->device, NULL, peer_has_response, &fixture->device, PEER_RUN_MS));
    assert_int_equal(fixture->device.code, CC_METHOD_NOT_ALLOWED);
    cc_session_close(session);
    bootstrap(fixture, "result=finished");
    assert_int_equal(pki_reader_new(fixture->shared.store, &reader), PKI_OK);
    for (unsigned i = 0; i < 2000 && !memory.format_count; i++) {
        usleep(1000);
        (void)!pki_store_memory(reader, fixture->device_id, &memory);
    }
    assert_int_equal(memory.format_count, 1);
    assert_false(memory.asked_pack);
    pki_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_storage_busy, setup_busy, teardown),
        cmocka_unit_test_setup_teardown(test_left_staged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_promotion, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_before_promotion, setup_moving, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pack_by_name, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
