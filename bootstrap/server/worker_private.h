/*
 * Inside a worker: shared between worker.c, resources.c, admit.c, pack.c, run*.c, outcome.c and
 * lesson.c; nobody else includes it.
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
    enum pki_mode mode;
    uint32_t serial;
    bool is_pending; /* an earlier bootstrap sent it: only a Finish changes it */
    bool is_refused; /* the device refused the instance that carries it, and it was skipped */
};

#define BS_CREDENTIALS_MAX 256 /* of one device that have not ended, for its plan */
#define BS_ACCOUNTS_MAX    8   /* instances of a bootstrap account in a Bootstrap-Pack-Request */
#define BS_ROLLOUTS_MAX    64  /* campaigns that were started */
#define BS_ASKERS_MAX      1024

/* A Bootstrap-Pack-Request and its answer. */
struct bs_pack {
    struct cc_ticket ticket;
    bool has_accept; /* ACCEPT is what the client said */
    uint16_t accept; /* LWM2M_FORMAT_NONE: none, or one that cannot be */
    struct lwm2m_path accounts[BS_ACCOUNTS_MAX];
    size_t account_count;
    uint8_t *body; /* secret; of BODY_LEN octets in FORMAT */
    size_t body_len;
    uint16_t format;
    uint8_t refusal; /* what it is answered with when there is no body */
    bool is_answered;
};

/* What a device showed lately. */
struct bs_seen {
    struct lwm2m_discover *discover; /* NULL: nothing */
    struct lwm2m_content servers, access;
    bool has_servers, has_access;
};

/* What a plan is made from, of one device at a time; wiped after each use. */
struct bs_desk {
    struct pki_device device;
    struct pki_credential credentials[BS_CREDENTIALS_MAX];
    size_t count;
    struct pki_memory memory; /* with what is not stored yet */
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
    struct policy_plan *correction; /* performed instead of PLAN when there is one */
    struct bs_seen seen;
    struct pki_memory *memory; /* as stored; NULL: nothing known */
    struct bs_pack *pack;      /* NULL: a Bootstrap-Request */
    struct bs_staged *staged;
    size_t staged_count;
    char *endpoint;
    char step[PKI_STEP_MAX + 1]; /* last traced */
    uint64_t session_number;
    uint64_t budget_at_ms, wait_at_ms; /* 0 = does not wait */
    uint16_t read_format;              /* Accept of the Read that is out */
    uint16_t read_object;
    uint64_t device_id;  /* 0: no record (plain CoAP) */
    enum pki_auth auth;  /* as its record says; PKI_AUTH_NONE: no record */
    uint64_t history_id; /* the device whose history takes the outcome; 0: nobody's */
    uint64_t number;     /* generation << 32 | slot */
    uint64_t started_ms;
    int64_t started_at;
    uint32_t request_id;
    uint32_t retransmissions_before;
    struct bs_mail *mail; /* made before the commit that it brings back */
    uint16_t pct;
    bool is_secure;
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
    struct bs_desk *desk;
    struct pki_rollout *rollouts; /* as of transaction rollouts_at */
    size_t rollout_count;
    uint64_t rollouts_at;
    struct bs_pace pack_pace;
    uint64_t askers[BS_ASKERS_MAX]; /* devices that asked for a pack lately, by id */
    struct bs_slot *slots;          /* runs by number */
    uint32_t slot_count, first_free;
    uint64_t running;
    uint64_t committing; /* stage jobs with the writer */
    uint64_t results[PKI_RESULT_SUPERSEDED + 1];
    uint64_t mismatches;
    uint64_t disabled;   /* handshakes of disabled devices: the endpoint takes them for unknown */
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

/* worker.c: the number under which traces know SESSION. */
uint64_t bs_worker_session_number(const struct bs_worker *worker, const struct cc_session *session);
/* worker.c: the rollouts under way, looked up again when the store has changed. */
void bs_worker_rollouts(struct bs_worker *worker);
/* worker.c: DEVICE_ID asked for a pack; whether it did lately. */
void bs_worker_asks_pack(struct bs_worker *worker, uint64_t device_id);
bool bs_worker_asked_pack(const struct bs_worker *worker, uint64_t device_id);

/* Who asks, and what was decided. Zero-initialise; bs_admission_clear. */
struct bs_admission {
    char endpoint[PKI_ENDPOINT_MAX + 1];
    uint64_t device_id;
    enum pki_auth auth; /* of its record */
    uint16_t pct;
    struct pki_memory *memory; /* owned; NULL: nothing known */
    struct bs_pack *pack;      /* owned; NULL: a Bootstrap-Request */
    struct policy_decision decision;
};
void bs_admission_clear(struct bs_admission *admission);

/* admit.c: the device of a secure SESSION, with the key that opened it: its own, or a new one that
 * it was given and the store still has beside that. */
enum pki_error bs_admit_owner(struct bs_worker *worker, const struct cc_session *session,
                              struct pki_device *device);
/* admit.c: who asks by REQUEST (lwm2m-bootstrap.md 3.1, 3.7), and what the policies say. With
 * ADMISSION->pack a Bootstrap-Pack-Request, which it fills in. 0, or the code to refuse with and
 * WHY. */
uint8_t bs_admit(struct bs_worker *worker, struct cc_session *session,
                 const struct cc_message *request, struct bs_admission *admission,
                 const char **why);
/* admit.c: true when who is behind SESSION, or says CLAIMED without proof, asks too often. */
bool bs_admit_is_too_often(struct bs_worker *worker, struct cc_session *session,
                           const struct cc_message *request, bool is_pack);
/* pack.c: Bootstrap-Pack-Request (lwm2m-bootstrap.md 3.7). */
void bs_pack_request(struct bs_worker *worker, struct cc_session *session,
                     const struct cc_message *request, const struct cc_ticket *ticket);
/* pack.c: encodes RUN->plan; false with the refusal set. */
bool bs_pack_encode(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1]);
/* pack.c: sends the answer: the body, or (IS_GIVEN false) the refusal. False: it could not be sent.
 */
bool bs_pack_answer(struct bs_run *run, bool is_given);
void bs_pack_free(struct bs_pack *pack);

/* outcome.c: whose history takes what SESSION does. A name said over plain CoAP proves nothing: it
 * counts as the device's only where such listeners are trusted with its secrets. */
uint64_t bs_history_of(const struct bs_worker *worker, const struct cc_session *session,
                       uint64_t device_id);

/* run.c: starts a bootstrap on SESSION (2.04 is sent already); takes what ADMISSION owns. */
void bs_run_start(struct bs_worker *worker, struct cc_session *session,
                  struct bs_admission *admission);
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

/* run_act.c: performs ACTION but for END. True: it ended at once, and NEXT is what came of it,
 * which may borrow REASON. */
bool bs_run_act(struct bs_run *run, const struct bs_action *action, struct bs_event *next,
                char reason[static POLICY_REASON_MAX + 1]);
/* run_act.c: sets the transport of RUN's session as its decision says, with BLOCK_BYTES (0 = the
 * link's). */
void bs_run_configure(struct bs_run *run, uint16_t block_bytes);
/* run_act.c: the session's timer to the nearest of budget and wait. */
void bs_run_arm(struct bs_run *run);

/* run_seen.c: adds the answer of the device to what it showed; false when it is unusable. */
bool bs_seen_discover(struct bs_seen *seen, const struct cc_message *response);
bool bs_seen_read(struct bs_run *run, const struct cc_message *response);
void bs_seen_clear(struct bs_seen *seen);
/* run_seen.c: the same as the policy takes it; borrows. */
struct policy_observation bs_seen_observation(const struct bs_seen *seen);

/* run_plan.c: decides again when RUN's decision is open; NEXT says so, and which Reads. */
void bs_run_decide(struct bs_run *run, struct bs_event *next);
/* run_plan.c: sets RUN->plan, or leaves it NULL with a REASON. Forgets what was seen. */
void bs_run_plan(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1]);
/* run_plan.c: who is behind SESSION, as the policies take it: DEVICE (its id 0: no record) and what
 * is known of it. Borrows all of them, and the worker's desk. */
struct policy_subject bs_subject_of(struct bs_worker *worker, const struct cc_session *session,
                                    const struct pki_device *device,
                                    const struct pki_memory *memory);
/* run_plan.c: policy_decide now, with the settings' link where the policy names none. */
void bs_decide(const struct bs_snapshot *snapshot, const struct policy_subject *subject,
               bool is_final, struct policy_decision *decision);

/* run_table.c: gives RUN its number; false when out of memory. */
bool bs_run_enter(struct bs_worker *worker, struct bs_run *run);
void bs_run_leave(struct bs_worker *worker, const struct bs_run *run);
/* The run of NUMBER, or NULL when it is over. */
struct bs_run *bs_run_find(struct bs_worker *worker, uint64_t number);

/* run_keys.c: what of RUN->plan waits for Finish. False: out of memory. */
bool bs_run_expect(struct bs_run *run);
/* run_keys.c: what JOB has made durable waits too. */
void bs_run_staged(struct bs_run *run, const struct bs_job *job);
/* run_keys.c: Write OP was taken by the device, or refused and skipped: what it carries then counts
 * for nothing. */
void bs_run_write_over(struct bs_run *run, const struct policy_op *op, bool is_taken);
/* lesson.c: what RUN has taught, for its outcome; NULL: nothing, or out of memory. */
struct bs_lesson *bs_lesson_of(const struct bs_run *run);
/* lesson.c: what must be known before the first Write of RUN: nothing is remembered of what the
 * device holds. NULL: nothing was, or out of memory. */
struct bs_lesson *bs_lesson_before(const struct bs_run *run);
/* lesson.c: true when a Write of RUN makes what is remembered of its secrets doubtful. */
bool bs_lesson_is_due(const struct bs_run *run);

/* An outcome and whose it is. */
struct bs_report {
    const char *endpoint;
    uint64_t session_number;
    bool is_secure;
    const struct pki_outcome *outcome;
    const struct bs_staged *staged;
    size_t staged_count;
    struct bs_lesson *lesson; /* taken; may be NULL */
};
/* outcome.c: exactly one log line, one count and (for a device with a record) one history entry a
 * bootstrap. */
void bs_outcome_record(struct bs_worker *worker, const struct bs_report *report);

#endif
