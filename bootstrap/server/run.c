/* One bootstrap: its life around the session machine. */
#include "bootstrap/server/worker_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_free(struct bs_run *run)
{
    policy_plan_free(run->plan);
    policy_plan_free(run->correction);
    bs_seen_clear(&run->seen);
    bs_pack_free(run->pack);
    bs_snapshot_unref(run->snapshot);
    free(run->memory);
    free(run->staged);
    free(run->mail);
    free(run->endpoint);
    free(run);
}

/* The outcome settles what was staged: with a commit under way it waits for the serials. */
static void conclude(struct bs_run *run)
{
    const struct pki_outcome *outcome = &run->machine.outcome;
    if (outcome->result == PKI_RESULT_NONE)
        BS_LOG(run->worker->shared->log, BS_INFO, "pack", BS_TEXT("endpoint", run->endpoint),
               BS_TEXT("peer", outcome->peer), BS_TEXT("policy", outcome->policy),
               BS_TEXT("refused", outcome->reason));
    else
        bs_outcome_record(run->worker, &(struct bs_report){.endpoint = run->endpoint,
                                                           .session_number = run->session_number,
                                                           .is_secure = run->is_secure,
                                                           .outcome = outcome,
                                                           .staged = run->staged,
                                                           .staged_count = run->staged_count,
                                                           .lesson = bs_lesson_of(run)});
    run_free(run);
}

static void leave_session(struct bs_run *run)
{
    run->machine.outcome.retransmissions =
        (uint16_t)(cc_session_retransmissions(run->session) - run->retransmissions_before);
    if (run->pack && !run->pack->is_answered)
        (void)!bs_pack_answer(run, false);
    cc_session_timer(run->session, 0, NULL);
    /* What the outcome no longer counts must not reach the device later, nor stand in the way of a
     * newer bootstrap on this session. */
    cc_session_cancel(run->session);
    cc_session_data_set(run->session, NULL);
    run->session = NULL;
}

static void finish(struct bs_run *run)
{
    struct bs_worker *worker = run->worker;
    struct pki_outcome *outcome = &run->machine.outcome;
    run->is_over = true;
    outcome->device_id = run->history_id;
    outcome->started_at = run->started_at;
    outcome->duration_ms = (uint32_t)(cc_endpoint_now_ms(worker->endpoint) - run->started_ms);
    snprintf(outcome->policy, sizeof outcome->policy, "%s", run->decision.policy);
    if (run->session)
        leave_session(run);
    bs_owners_release(worker->shared->owners, run->endpoint,
                      (struct bs_owner){.worker = worker->index, .run = run->number});
    bs_run_leave(worker, run);
    worker->running--;
    if (!run->is_committing)
        conclude(run);
}

/* Tells traces where the run is, once a step. */
static void trace_step(struct bs_run *run)
{
    struct bs_worker *worker = run->worker;
    const char *step = run->machine.outcome.step;
    if (!worker->trace || strcmp(run->step, step) == 0)
        return;
    memcpy(run->step, step, sizeof run->step);
    const struct bs_trace_origin origin = {.at_ms = bs_clock_ms(),
                                           .session = run->session_number,
                                           .endpoint = run->endpoint,
                                           .peer = run->machine.outcome.peer,
                                           .is_secure = run->is_secure};
    uint32_t subscribers = bs_trace_match(worker->trace, run->endpoint, origin.peer);
    if (subscribers)
        bs_trace_event(worker->shared->trace, subscribers, &origin, "step", step);
}

/* The machine yields one action an event; an action that ends at once is the next event: bounded by
 * the machine's rounds and retries. */
static void step(struct bs_run *run, struct bs_event event)
{
    char reason[POLICY_REASON_MAX + 1];
    struct bs_action action;
    do {
        action = bs_session_event(&run->machine, &event);
        trace_step(run);
    } while (bs_run_act(run, &action, &event, reason));
    if (action.kind == BS_ACTION_END)
        finish(run);
}

/* ---- starting ---- */

static void claim(struct bs_worker *worker, struct bs_run *run)
{
    struct bs_owner previous;
    bool is_replacing = false;
    const struct bs_owner owner = {
        .worker = worker->index, .run = run->number, .is_secure = run->is_secure};
    /* Without memory for the entry the endpoint's older run is simply not told. */
    if (!bs_owners_claim(worker->shared->owners, run->endpoint, owner, &previous, &is_replacing) ||
        !is_replacing)
        return;
    if (run->memory)
        run->memory->print_count = 0; /* what the older run has changed is not known here */
    struct bs_mail *mail = bs_mail_new(BS_MAIL_SUPERSEDE);
    if (!mail)
        return;
    mail->run = previous.run;
    bs_worker_post(worker->shared->workers[previous.worker], mail);
}

/* What ADMISSION owns becomes RUN's. */
static void take(struct bs_run *run, struct bs_admission *admission)
{
    run->device_id = admission->device_id;
    run->auth = admission->auth;
    run->decision = admission->decision;
    run->pct = admission->pct;
    run->memory = admission->memory;
    run->pack = admission->pack;
    admission->memory = NULL;
    admission->pack = NULL;
}

static void set_up(struct bs_worker *worker, struct cc_session *session, struct bs_run *run)
{
    run->worker = worker;
    run->session = session;
    run->is_secure = cc_session_is_secure(session);
    run->history_id = bs_history_of(worker, session, run->device_id);
    run->session_number = bs_worker_session_number(worker, session);
    run->snapshot = bs_snapshot_ref(worker->snapshot);
    run->started_ms = cc_endpoint_now_ms(worker->endpoint);
    run->started_at = bs_clock_ms() / 1000;
    run->retransmissions_before = cc_session_retransmissions(session);
    bs_session_init(&run->machine);
    snprintf(run->machine.outcome.peer, sizeof run->machine.outcome.peer, "%s",
             cc_session_peer(session));
}

void bs_run_start(struct bs_worker *worker, struct cc_session *session,
                  struct bs_admission *admission)
{
    struct bs_run *run = calloc(1, sizeof *run);
    char *endpoint = strdup(admission->endpoint);
    if (!run || !endpoint || !bs_run_enter(worker, run)) {
        free(run);
        free(endpoint);
        bs_run_record(worker, session, admission, PKI_RESULT_FAILED, 0, "out of memory");
        return;
    }
    run->endpoint = endpoint;
    take(run, admission);
    set_up(worker, session, run);
    worker->running++;
    cc_session_data_set(session, run);
    claim(worker, run);
    bs_run_configure(run, 0);
    bs_run_arm(run);
    step(run, (struct bs_event){.kind = BS_EVENT_REQUEST,
                                .decision = &run->decision,
                                .is_pack = run->pack != NULL});
}

/* ---- events ---- */

/* Keeps what a device showed; an answer that shows nothing or cannot be read counts as a refusal.
 */
static uint8_t keep(struct bs_run *run, const struct cc_message *response)
{
    if (response->code != CC_CONTENT)
        return response->code >> 5 == 2 ? CC_INTERNAL : response->code;
    bool is_read = run->machine.look == BS_LOOK_READ;
    bool is_kept = is_read ? bs_seen_read(run, response) : bs_seen_discover(&run->seen, response);
    return is_kept ? response->code : CC_INTERNAL;
}

void bs_run_response(struct bs_run *run, uint32_t id, enum cc_result result,
                     const struct cc_message *response)
{
    if (id != run->request_id)
        return;
    struct bs_event event = {.kind = BS_EVENT_RESPONSE, .result = result};
    if (response) {
        event.code = response->code;
        event.max_age_s = cc_message_uint(response, CC_OPT_MAX_AGE, 0);
        if (run->machine.look != BS_LOOK_OVER)
            event.code = keep(run, response);
    }
    step(run, event);
}

void bs_run_interrupt(struct bs_run *run, enum bs_event_kind kind)
{
    step(run, (struct bs_event){.kind = kind});
}

static const char *why_not_stored(const struct bs_job *job)
{
    if (job->is_turned_away)
        return "storage busy";
    return job->error ? pki_error_text(job->error) : "out of memory";
}

/* What is durable now: the serials, and that nothing is remembered of the device's secrets. */
static bool take_stage(struct bs_run *run, const struct bs_job *job)
{
    if (job->error)
        return false;
    if (job->lesson && run->memory)
        run->memory->print_count = 0;
    bs_run_staged(run, job);
    return true;
}

void bs_run_committed(struct bs_job *job)
{
    struct bs_run *run = job->context;
    run->is_committing = false;
    run->worker->committing--;
    bool is_ok = take_stage(run, job);
    if (run->is_over)
        conclude(run);
    else
        step(run, (struct bs_event){
                      .kind = BS_EVENT_COMMITTED, .is_ok = is_ok, .reason = why_not_stored(job)});
    bs_job_free(job);
}
