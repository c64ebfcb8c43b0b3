#include "bootstrap/server/writer.h"

#include "pki/secret.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define LINGER_MS 20      /* of outcomes, for company */
#define GATHER_NS 3000000 /* of staged credentials: three milliseconds bring a group together */

struct bs_writer {
    struct pki_store *store;
    struct bs_log *log;
    struct bs_queue queue;
    uint64_t jobs_max;
    int wake;
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_uint urgent; /* stage jobs not yet back */
    atomic_uint_fast64_t depth, commits, records, errors, dropped, last_commit_us;
};

struct bs_job *bs_job_new(enum bs_job_kind kind, size_t credential_count)
{
    struct bs_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->kind = kind;
    if (credential_count) {
        job->credentials = calloc(credential_count, sizeof *job->credentials);
        if (!job->credentials) {
            free(job);
            return NULL;
        }
        job->credential_count = credential_count;
    }
    return job;
}

void bs_job_free(struct bs_job *job)
{
    if (!job)
        return;
    if (job->credentials)
        pki_secret_wipe(job->credentials, job->credential_count * sizeof *job->credentials);
    free(job->credentials);
    free(job->lesson);
    free(job);
}

static enum pki_error settle(struct pki_txn *txn, const struct pki_credential *credential,
                             enum pki_result result)
{
    return pki_txn_credential_settle(txn, credential->device_id, credential->server_id,
                                     credential->serial, result);
}

/* One that the device refused does not count, however the rest ended. */
static enum pki_error settle_by_outcome(struct pki_txn *txn, const struct bs_job *job, size_t i)
{
    const struct pki_credential *credential = &job->credentials[i];
    enum pki_error error =
        settle(txn, credential, credential->abandoned_at ? PKI_RESULT_FAILED : job->outcome.result);
    bool has_ended = error == PKI_EINVAL || error == PKI_ENOTFOUND;
    return credential->unconfirmed_at && has_ended ? PKI_OK : error;
}

static enum pki_error put_memory(struct pki_txn *txn, const struct bs_job *job)
{
    return job->lesson && job->lesson->has_memory ? pki_txn_memory_put(txn, &job->lesson->memory)
                                                  : PKI_OK;
}

/* A rollout that nobody started, or that is over, counts nothing. */
static void count_rollouts(struct bs_writer *writer, struct pki_txn *txn, const struct bs_job *job)
{
    const struct bs_lesson *lesson = job->lesson;
    struct pki_rollout_outcome outcome = {.device_id = job->outcome.device_id,
                                          .has_failed = job->outcome.result == PKI_RESULT_FAILED};
    for (size_t i = 0; lesson && i < lesson->rollout_count; i++) {
        bool has_paused = false;
        outcome.is_first = lesson->is_first[i];
        if (pki_txn_rollout_note(txn, lesson->rollouts[i], &outcome, &has_paused) == PKI_OK &&
            has_paused)
            BS_LOG(writer->log, BS_WARNING, "rollout", BS_TEXT("name", lesson->rollouts[i]),
                   BS_TEXT("state", "paused"), BS_TEXT("reason", "too many bootstraps failed"));
    }
}

static enum pki_error apply_outcome(struct bs_writer *writer, struct pki_txn *txn,
                                    struct bs_job *job)
{
    enum pki_error error = PKI_OK;
    for (size_t i = 0; i < job->credential_count && !error; i++)
        error = settle_by_outcome(txn, job, i);
    if (!error)
        error = pki_txn_outcome_append(txn, &job->outcome);
    if (!error)
        error = put_memory(txn, job);
    if (!error)
        count_rollouts(writer, txn, job);
    return error;
}

static enum pki_error apply_stage(struct pki_txn *txn, struct bs_job *job)
{
    enum pki_error error = put_memory(txn, job);
    for (size_t i = 0; i < job->credential_count && !error; i++)
        error = pki_txn_credential_add(txn, &job->credentials[i]);
    return error;
}

/* What has ended meanwhile, or went with its device, is in no doubt. */
static enum pki_error apply_doubt(struct pki_txn *txn, const struct bs_job *job)
{
    enum pki_error error = PKI_OK;
    for (size_t i = 0; i < job->credential_count && !error; i++) {
        error = settle(txn, &job->credentials[i], PKI_RESULT_UNCONFIRMED);
        if (error == PKI_EINVAL || error == PKI_ENOTFOUND)
            error = PKI_OK;
    }
    return error;
}

/* One that was promoted already has ended. */
static enum pki_error apply_promote(struct pki_txn *txn, const struct bs_job *job)
{
    enum pki_error error =
        pki_txn_bootstrap_promote(txn, job->credentials->device_id, job->credentials->serial);
    return error == PKI_EINVAL ? PKI_OK : error;
}

static enum pki_error apply(struct bs_writer *writer, struct pki_txn *txn, struct bs_job *job)
{
    switch (job->kind) {
    case BS_JOB_STAGE:
        return apply_stage(txn, job);
    case BS_JOB_OUTCOME:
        return apply_outcome(writer, txn, job);
    case BS_JOB_DOUBT:
        return apply_doubt(txn, job);
    case BS_JOB_PROMOTE:
        return apply_promote(txn, job);
    case BS_JOB_UNKNOWN:
        return pki_txn_unknown_note(txn, job->unknown.kind, job->unknown.name,
                                    job->unknown.name_len, job->unknown.peer, job->unknown.count);
    }
    return PKI_EINVAL;
}

static uint64_t elapsed_us(const struct timespec *since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - since->tv_sec) * 1000000 +
                      (now.tv_nsec - since->tv_nsec) / 1000);
}

/* All jobs of the list in one transaction. Each keeps its own refusal; what ails the store is
 * returned, and then nothing is stored. */
static enum pki_error commit(struct bs_writer *writer, struct bs_node *jobs)
{
    struct timespec wall, begun;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    struct pki_txn *txn = NULL;
    enum pki_error error = pki_txn_begin(writer->store, "imprintd", wall.tv_sec, &txn);
    if (error)
        return error;
    pki_txn_set_tolerant(txn);
    for (struct bs_node *node = jobs; node; node = node->next) {
        struct bs_job *job = BS_CONTAINER(node, struct bs_job, node);
        job->error = apply(writer, txn, job);
    }
    error = pki_txn_commit(txn);
    atomic_store(&writer->last_commit_us, elapsed_us(&begun));
    if (!error)
        atomic_fetch_add(&writer->commits, 1);
    return error;
}

static void finish(struct bs_writer *writer, struct bs_job *job, enum pki_error error)
{
    job->error = error;
    if (job->kind == BS_JOB_STAGE)
        atomic_fetch_sub(&writer->urgent, 1);
    atomic_fetch_sub(&writer->depth, 1);
    atomic_fetch_add(error ? &writer->errors : &writer->records, 1);
    /* A device removed while it bootstrapped has no record to take the outcome: not the operator's
     * concern. */
    if (error && error != PKI_ENOTFOUND)
        BS_LOG(writer->log, BS_ERROR, "store", BS_TEXT("reason", pki_error_text(error)));
    if (job->done)
        job->done(job);
    else
        bs_job_free(job);
}

static void run_group(struct bs_writer *writer, struct bs_node *group)
{
    enum pki_error error = commit(writer, group);
    while (group) {
        struct bs_node *next = group->next;
        struct bs_job *job = BS_CONTAINER(group, struct bs_job, node);
        finish(writer, job, error ? error : job->error);
        group = next;
    }
}

/* Everything that waits, in groups. */
static void run_all(struct bs_writer *writer)
{
    struct bs_node *jobs;
    while ((jobs = bs_queue_take(&writer->queue)))
        while (jobs) {
            struct bs_node *group = jobs, *last = jobs;
            for (size_t n = 1; n < BS_GROUP_MAX && last->next; n++)
                last = last->next;
            jobs = last->next;
            last->next = NULL;
            run_group(writer, group);
        }
}

static void *writer_main(void *argument)
{
    struct bs_writer *writer = argument;
    struct pollfd wake = {.fd = writer->wake, .events = POLLIN};
    bool is_stopping = false;
    prctl(PR_SET_NAME, "writer");
    while (!is_stopping) {
        uint64_t ticks;
        if (read(writer->wake, &ticks, sizeof ticks) < 0)
            continue; /* interrupted: look again */
        /* Nobody waits for an outcome: it gives others the time to join its group. */
        if (!atomic_load(&writer->urgent) && !atomic_load(&writer->is_stopping))
            poll(&wake, 1, LINGER_MS);
        if (!atomic_load(&writer->is_stopping))
            nanosleep(&(struct timespec){.tv_nsec = GATHER_NS}, NULL);
        is_stopping = atomic_load(&writer->is_stopping);
        run_all(writer);
    }
    return NULL;
}

static void wake(struct bs_writer *writer)
{
    uint64_t one = 1;
    /* The counter of an eventfd cannot overflow here: a full one is a wake-up too. */
    if (write(writer->wake, &one, sizeof one) < 0)
        return;
}

struct bs_writer *bs_writer_new(struct pki_store *store, struct bs_log *log, uint64_t jobs_max)
{
    struct bs_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->store = store;
    writer->log = log;
    writer->jobs_max = jobs_max ? jobs_max : BS_WRITER_JOBS_MAX;
    writer->wake = eventfd(0, EFD_CLOEXEC);
    if (writer->wake < 0 || pthread_create(&writer->thread, NULL, writer_main, writer) != 0) {
        if (writer->wake >= 0)
            close(writer->wake);
        free(writer);
        return NULL;
    }
    return writer;
}

void bs_writer_free(struct bs_writer *writer)
{
    if (!writer)
        return;
    atomic_store(&writer->is_stopping, true);
    wake(writer);
    pthread_join(writer->thread, NULL);
    close(writer->wake);
    free(writer);
}

/* What is kept is bounded by other means: each credential's stage job found room before, and a
 * device finishes only so often. */
static bool may_be_dropped(const struct bs_job *job)
{
    if (job->kind != BS_JOB_OUTCOME)
        return true;
    return !job->credential_count && job->outcome.result != PKI_RESULT_FINISHED &&
           job->outcome.result != PKI_RESULT_UNCONFIRMED;
}

static void turn_away(struct bs_writer *writer, struct bs_job *job)
{
    atomic_fetch_add(&writer->dropped, 1);
    job->error = PKI_ELIMIT;
    job->is_turned_away = true;
    if (job->done)
        job->done(job);
    else
        bs_job_free(job);
}

void bs_writer_submit(struct bs_writer *writer, struct bs_job *job)
{
    if (atomic_load(&writer->depth) >= writer->jobs_max && may_be_dropped(job)) {
        turn_away(writer, job);
        return;
    }
    bool is_first_urgent = job->kind == BS_JOB_STAGE && atomic_fetch_add(&writer->urgent, 1) == 0;
    atomic_fetch_add(&writer->depth, 1);
    if (bs_queue_push(&writer->queue, &job->node) || is_first_urgent)
        wake(writer);
}

void bs_writer_status(const struct bs_writer *writer, struct bs_writer_status *status)
{
    *status = (struct bs_writer_status){
        .depth = atomic_load(&writer->depth),
        .commits = atomic_load(&writer->commits),
        .records = atomic_load(&writer->records),
        .errors = atomic_load(&writer->errors),
        .dropped = atomic_load(&writer->dropped),
        .last_commit_us = atomic_load(&writer->last_commit_us),
    };
}
