/*
 * Inside a worker: shared between worker.c, resources.c, run.c and notes.c; nobody else includes
 * it.
 */
#ifndef BS_WORKER_PRIVATE_H
#define BS_WORKER_PRIVATE_H

#include "bootstrap/server/dice.h"
#include "bootstrap/server/guests.h"
#include "bootstrap/server/notes.h"
#include "bootstrap/server/pace.h"
#include "bootstrap/server/session.h"
#include "bootstrap/server/worker.h"

/* A credential of ours that waits for Finish. */
struct bs_staged {
    uint16_t server_id;
    uint32_t serial;
};

/* One bootstrap under way: the machine, and what it needs of the world. Exists from
 * Bootstrap-Request to outcome. */
struct bs_run {
    struct bs_worker *worker;
    struct cc_session *session; /* NULL once the run is over */
    struct bs_session machine;
    struct bs_snapshot *snapshot;
    struct policy_decision decision;
    struct policy_plan *plan;
    struct lwm2m_discover *discover;
    struct bs_staged *staged;
    size_t staged_count;
    char *endpoint;
    uint64_t device_id;  /* 0: no record (plain CoAP) */
    uint64_t history_id; /* the device whose history takes the outcome; 0: nobody's */
    uint64_t number;     /* generation << 32 | slot */
    uint64_t started_ms;
    int64_t started_at;
    uint32_t request_id;
    uint32_t retransmissions_before;
    struct bs_mail *mail; /* made before the commit that it brings back */
    uint16_t pct;
    bool is_committing; /* a job of this run is with the writer: do not free before it is back */
    bool is_over;
};

struct bs_slot {
    struct bs_run *run;
    uint32_t generation;
    uint32_t next_free; /* slot + 1; 0 = none */
};

struct bs_worker {
    struct bs_shared *shared;
    uint32_t index;
    struct cc_endpoint *endpoint;
    struct pki_reader *reader;
    struct cc_parameters parameters; /* defaults of a session */
    struct bs_snapshot *snapshot;
    struct bs_trace_set *trace;
    struct bs_queue mail;
    struct bs_notes notes;
    struct bs_pace pace;
    struct bs_pace plain_pace; /* by address and name, which anybody can invent */
    struct bs_guests guests;
    uint8_t hash_key[16]; /* of stamps and of plain_pace */
    struct bs_dice dice;
    struct bs_slot *slots; /* runs by number */
    uint32_t slot_count, first_free;
    uint64_t running;
    uint64_t committing; /* stage jobs with the writer */
    uint64_t results[PKI_RESULT_SUPERSEDED + 1];
    uint64_t mismatches;
    uint64_t log_second; /* refusals logged in this second */
    uint32_t log_count;
    uint64_t log_suppressed;
    bool is_draining, is_stopping;
    bool has_thread;
    pthread_t thread;
    atomic_bool is_done;
};

/* Milliseconds since 1970-01-01 UTC. */
int64_t bs_clock_ms(void);

/* worker.c: names the key of DEVICE; another one, or another identity, has another stamp. */
uint64_t bs_worker_stamp(const struct bs_worker *worker, const struct pki_device *device);
/* worker.c: true while few lines of this second told of refusals; counts the rest. */
bool bs_worker_may_log(struct bs_worker *worker);

/* mail.c: reads what others posted. CONTEXT is the worker. */
void bs_worker_read_mail(void *context);

/* resources.c: finds the row for REQUEST and calls it. */
void bs_resources_dispatch(struct bs_worker *worker, struct cc_session *session,
                           const struct cc_message *request, const struct cc_ticket *ticket);
/* Answers without a body. */
void bs_respond(struct cc_session *session, const struct cc_ticket *ticket, uint8_t code);

/* Who a Bootstrap-Request turned out to be, and what was decided. */
struct bs_admission {
    const char *endpoint;
    uint64_t device_id;
    uint16_t pct;
    struct policy_decision decision;
};

/* outcome.c: whose history takes what SESSION does. A name said over plain CoAP proves nothing: it
 * counts as the device's only where such listeners are trusted with its secrets. */
uint64_t bs_history_of(const struct bs_worker *worker, const struct cc_session *session,
                       uint64_t device_id);

/* run.c: starts a bootstrap on SESSION (2.04 is sent already). */
void bs_run_start(struct bs_worker *worker, struct cc_session *session,
                  const struct bs_admission *admission);
/* outcome.c: records an outcome without a run: refused after the handshake, held at once. */
void bs_run_record(struct bs_worker *worker, struct cc_session *session,
                   const struct bs_admission *admission, enum pki_result result, uint8_t code,
                   const char *reason);
void bs_run_response(struct bs_run *run, uint32_t id, enum cc_result result,
                     const struct cc_message *response);
/* BUDGET, SUPERSEDED, CLOSED, DRAIN. RUN may be freed when it returns. */
void bs_run_interrupt(struct bs_run *run, enum bs_event_kind kind);
/* A stage job of a run came back; frees JOB. */
void bs_run_committed(struct bs_job *job);

/* run_plan.c: sets RUN->plan, or leaves it NULL with a REASON. Takes RUN->discover away. */
void bs_run_plan(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1]);

/* run_table.c: gives RUN its number; false when out of memory. */
bool bs_run_enter(struct bs_worker *worker, struct bs_run *run);
void bs_run_leave(struct bs_worker *worker, const struct bs_run *run);
/* The run of NUMBER, or NULL when it is over. */
struct bs_run *bs_run_find(struct bs_worker *worker, uint64_t number);

/* outcome.c: exactly one log line, one count and (for a device with a record) one history entry a
 * bootstrap. */
void bs_outcome_record(struct bs_worker *worker, const char *endpoint,
                       const struct pki_outcome *outcome, const struct bs_staged *staged,
                       size_t staged_count);

#endif
