/*
 * The one committing writer: jobs of all workers in group commits (architecture, decisions 4, 5,
 * 9).
 *
 * A worker never waits for the disk: it submits a job and, where it must know (staged credentials),
 * gets the job back through `done`. Everything that waits when a transaction begins goes into it;
 * a refusal of one record is that job's alone. A staged credential is committed at once, an outcome
 * waits a few milliseconds for company.
 *
 * When the disk falls behind, memory does not pay for it: with jobs_max waiting, a stage job comes
 * back at once as turned away (nothing was stored, nothing may be sent), and what only tells of
 * strangers or of a bootstrap that did not get through is dropped; both are counted. An outcome
 * that settles credentials, or is finished or unconfirmed, is always kept.
 */
#ifndef BS_WRITER_H
#define BS_WRITER_H

#include "bootstrap/server/log.h"
#include "bootstrap/server/queue.h"
#include "pki/store.h"

#define BS_JOB_CREDENTIALS_MAX 16
#define BS_GROUP_MAX           1000 /* jobs in one transaction */
#define BS_WRITER_JOBS_MAX     100000

enum bs_job_kind {
    BS_JOB_STAGE,   /* credentials[] become durable, serials are set; lesson->memory is put */
    BS_JOB_OUTCOME, /* outcome is appended, lesson kept, credentials[] are settled by its result:
                       abandoned whatever it is where abandoned_at is set, left alone where
                       unconfirmed_at is set and it has ended meanwhile */
    BS_JOB_UNKNOWN, /* unknown is counted */
    BS_JOB_DOUBT,   /* credentials[] that nobody settled become unconfirmed */
    BS_JOB_PROMOTE  /* credentials[0] is the device's own from now on */
};

/* What a bootstrap has taught. */
struct bs_lesson {
    bool has_memory;
    struct pki_memory memory;
    char rollouts[PKI_ROLLOUTS_MAX][PKI_NAME_MAX + 1]; /* that count the outcome */
    bool is_first[PKI_ROLLOUTS_MAX];                   /* the device had not finished in it */
    size_t rollout_count;
};

struct bs_job {
    struct bs_node node;
    enum bs_job_kind kind;
    struct pki_outcome outcome;
    struct pki_unknown unknown; /* kind, name, peer; count = times */
    size_t credential_count;
    struct pki_credential *credentials; /* owned; wiped when the job is freed */
    struct bs_lesson *lesson;           /* owned; may be NULL */
    enum pki_error error;               /* set before done is called */
    bool is_turned_away;                /* too many were waiting; error is PKI_ELIMIT */
    /* Called on the writer's thread when the job is durable or has failed, and owns it then; inside
     * bs_writer_submit when it is turned away or dropped. NULL: the writer frees it. */
    void (*done)(struct bs_job *job);
    void *context; /* the submitter's */
};

struct bs_writer_status {
    uint64_t depth; /* jobs waiting */
    uint64_t commits;
    uint64_t records; /* jobs committed */
    uint64_t errors;  /* jobs that could not be stored */
    uint64_t dropped; /* jobs that were not taken: too many were waiting */
    uint64_t last_commit_us;
};

struct bs_writer;

/* A job with room for COUNT credentials; NULL when out of memory. */
struct bs_job *bs_job_new(enum bs_job_kind kind, size_t credential_count);
/* Wipes and frees. */
void bs_job_free(struct bs_job *job);

/* Starts the committing thread; JOBS_MAX 0 = BS_WRITER_JOBS_MAX. NULL when out of memory or
 * threads. */
struct bs_writer *bs_writer_new(struct pki_store *store, struct bs_log *log, uint64_t jobs_max);
/* Commits what waits, ends the thread, frees. */
void bs_writer_free(struct bs_writer *writer);
/* Takes JOB over. Never blocks. */
void bs_writer_submit(struct bs_writer *writer, struct bs_job *job);
void bs_writer_status(const struct bs_writer *writer, struct bs_writer_status *status);

#endif
