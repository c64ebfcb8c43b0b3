/* One bootstrap: performs what the session machine says and tells it what came of it. */
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 16384 /* octets of one Write */

static void run_free(struct bs_run *run)
{
    policy_plan_free(run->plan);
    if (run->discover) {
        lwm2m_discover_clear(run->discover);
        free(run->discover);
    }
    bs_snapshot_unref(run->snapshot);
    free(run->staged);
    free(run->mail);
    free(run->endpoint);
    free(run);
}

/* The outcome settles what was staged: with a commit under way it waits for the serials. */
static void conclude(struct bs_run *run)
{
    bs_outcome_record(run->worker, run->endpoint, &run->machine.outcome, run->staged,
                      run->staged_count);
    run_free(run);
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
    if (run->session) {
        outcome->retransmissions =
            (uint16_t)(cc_session_retransmissions(run->session) - run->retransmissions_before);
        cc_session_timer(run->session, 0, NULL);
        /* What the outcome no longer counts must not reach the device later, nor stand in the way
         * of a newer bootstrap on this session. */
        cc_session_cancel(run->session);
        cc_session_data_set(run->session, NULL);
        run->session = NULL;
    }
    bs_owners_release(worker->shared->owners, run->endpoint,
                      (struct bs_owner){.worker = worker->index, .run = run->number});
    bs_run_leave(worker, run);
    worker->running--;
    if (!run->is_committing)
        conclude(run);
}

/* ---- actions ---- */

/* An action tells true when it ended at once: NEXT is what came of it then. */

static bool send_request(struct bs_run *run, const struct cc_request *request,
                         struct bs_event *next)
{
    enum cc_error error =
        run->session ? cc_session_request(run->session, request, &run->request_id) : CC_ECLOSED;
    *next = (struct bs_event){.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_CLOSED};
    return error != CC_OK;
}

static struct cc_request request_of(uint8_t method, const char *path)
{
    return (struct cc_request){
        .method = method, .path = path, .content_format = CC_FORMAT_NONE, .accept = CC_FORMAT_NONE};
}

static bool send_delete(struct bs_run *run, size_t op, struct bs_event *next)
{
    char path[25];
    const struct cc_request request =
        request_of(CC_DELETE, lwm2m_path_text(run->plan->ops[op].path, path));
    return send_request(run, &request, next);
}

static bool send_discover(struct bs_run *run, struct bs_event *next)
{
    struct cc_request request = request_of(CC_GET, "/");
    request.accept = LWM2M_FORMAT_LINK;
    return send_request(run, &request, next);
}

static bool send_write(struct bs_run *run, const struct bs_action *action, struct bs_event *next)
{
    uint8_t body[BODY_MAX];
    char path[25];
    size_t len = 0;
    enum lwm2m_error error = policy_plan_encode(run->plan, action->op, action->format,
                                                action->without_optional, body, sizeof body, &len);
    if (error) {
        /* As if the client had refused the format: the machine has others to try, or ends with this
         * step. */
        pki_secret_wipe(body, sizeof body);
        *next = (struct bs_event){.kind = BS_EVENT_RESPONSE,
                                  .result = CC_RESULT_RESPONSE,
                                  .code = CC_UNSUPPORTED_FORMAT,
                                  .format = CC_FORMAT_NONE};
        return true;
    }
    if (action->block_bytes && run->session) {
        struct cc_parameters parameters = run->worker->parameters;
        parameters.ack_timeout_ms = run->decision.link.ack_timeout_ms;
        parameters.max_retransmit = run->decision.link.max_retransmit;
        parameters.block_bytes = action->block_bytes;
        cc_session_parameters(run->session, &parameters);
    }
    struct cc_request request =
        request_of(CC_PUT, lwm2m_path_text(run->plan->ops[action->op].path, path));
    request.content_format = action->format;
    request.payload = body;
    request.payload_len = len;
    bool is_over = send_request(run, &request, next);
    pki_secret_wipe(body, len);
    return is_over;
}

/* On the writer's thread, or on ours when its queue is full: a run that commits is not freed, and
 * its letter was made before. */
static void post_back(struct bs_job *job)
{
    struct bs_run *run = job->context;
    struct bs_mail *mail = run->mail;
    run->mail = NULL;
    bs_worker_post(run->worker, mail);
}

/* Staging in the store: durable before the Write that carries it is sent (architecture, decision
 * 9). */
static bool submit_stage(struct bs_run *run, struct bs_event *next)
{
    struct bs_job *job = bs_job_new(BS_JOB_STAGE, run->plan->minted_count);
    run->mail = job ? bs_mail_new(BS_MAIL_COMMITTED) : NULL;
    if (!run->mail) {
        bs_job_free(job);
        *next = (struct bs_event){.kind = BS_EVENT_COMMITTED, .reason = "out of memory"};
        return true;
    }
    for (size_t i = 0; i < run->plan->minted_count; i++) {
        job->credentials[i] = run->plan->minted[i];
        job->credentials[i].device_id = run->device_id;
        job->credentials[i].staged_at = bs_clock_ms() / 1000;
    }
    run->mail->job = job;
    job->done = post_back;
    job->context = run;
    run->is_committing = true;
    run->worker->committing++;
    bs_writer_submit(run->worker->shared->writer, job);
    return false;
}

/* REASON is room for one that NEXT borrows. */
static bool perform(struct bs_run *run, const struct bs_action *action, struct bs_event *next,
                    char reason[static POLICY_REASON_MAX + 1])
{
    const struct cc_request finish_request = request_of(CC_POST, "/bs");
    switch (action->kind) {
    case BS_ACTION_NONE:
        return false;
    case BS_ACTION_DISCOVER:
        return send_discover(run, next);
    case BS_ACTION_PLAN:
        bs_run_plan(run, reason);
        *next = (struct bs_event){.kind = BS_EVENT_PLANNED, .plan = run->plan, .reason = reason};
        return true;
    case BS_ACTION_COMMIT:
        return submit_stage(run, next);
    case BS_ACTION_DELETE:
        return send_delete(run, action->op, next);
    case BS_ACTION_WRITE:
        return send_write(run, action, next);
    case BS_ACTION_FINISH:
        return send_request(run, &finish_request, next);
    case BS_ACTION_END:
        finish(run);
        return false;
    }
    return false;
}

/* The machine yields one action an event; an action that ends at once is the next event: bounded by
 * the machine's retries. */
static void step(struct bs_run *run, struct bs_event event)
{
    char reason[POLICY_REASON_MAX + 1];
    struct bs_action action;
    do
        action = bs_session_event(&run->machine, &event);
    while (perform(run, &action, &event, reason));
}

/* ---- events ---- */

static const char *why_not_stored(const struct bs_job *job)
{
    if (job->is_turned_away)
        return "storage busy";
    return job->error ? pki_error_text(job->error) : "out of memory";
}

static void on_budget(void *context, struct cc_session *session)
{
    (void)context;
    struct bs_run *run = cc_session_data(session);
    if (run)
        bs_run_interrupt(run, BS_EVENT_BUDGET);
}

static void claim(struct bs_worker *worker, struct bs_run *run)
{
    struct bs_owner previous;
    bool is_replacing = false;
    const struct bs_owner owner = {.worker = worker->index,
                                   .run = run->number,
                                   .is_secure = cc_session_is_secure(run->session)};
    /* Without memory for the entry the endpoint's older run is simply not told. */
    if (!bs_owners_claim(worker->shared->owners, run->endpoint, owner, &previous, &is_replacing) ||
        !is_replacing)
        return;
    struct bs_mail *mail = bs_mail_new(BS_MAIL_SUPERSEDE);
    if (!mail)
        return;
    mail->run = previous.run;
    bs_worker_post(worker->shared->workers[previous.worker], mail);
}

static void configure(struct bs_worker *worker, struct bs_run *run)
{
    struct cc_parameters parameters = worker->parameters;
    parameters.ack_timeout_ms = run->decision.link.ack_timeout_ms;
    parameters.max_retransmit = run->decision.link.max_retransmit;
    parameters.block_bytes = run->decision.link.block_bytes;
    cc_session_parameters(run->session, &parameters);
    cc_session_timer(run->session, run->decision.link.budget_ms, on_budget);
}

void bs_run_start(struct bs_worker *worker, struct cc_session *session,
                  const struct bs_admission *admission)
{
    struct bs_run *run = calloc(1, sizeof *run);
    char *endpoint = strdup(admission->endpoint);
    if (!run || !endpoint || !bs_run_enter(worker, run)) {
        free(run);
        free(endpoint);
        bs_run_record(worker, session, admission, PKI_RESULT_FAILED, 0, "out of memory");
        return;
    }
    run->worker = worker;
    run->session = session;
    run->endpoint = endpoint;
    run->device_id = admission->device_id;
    run->history_id = bs_history_of(worker, session, admission->device_id);
    run->decision = admission->decision;
    run->pct = admission->pct;
    run->snapshot = bs_snapshot_ref(worker->snapshot);
    run->started_ms = cc_endpoint_now_ms(worker->endpoint);
    run->started_at = bs_clock_ms() / 1000;
    run->retransmissions_before = cc_session_retransmissions(session);
    bs_session_init(&run->machine);
    snprintf(run->machine.outcome.peer, sizeof run->machine.outcome.peer, "%s",
             cc_session_peer(session));
    worker->running++;
    cc_session_data_set(session, run);
    claim(worker, run);
    configure(worker, run);
    step(run, (struct bs_event){.kind = BS_EVENT_REQUEST, .decision = &run->decision});
}

/* Keeps what Discover showed; an answer that does not parse counts as none. */
static uint8_t keep_discover(struct bs_run *run, const struct cc_message *response)
{
    run->discover = calloc(1, sizeof *run->discover);
    if (run->discover && lwm2m_discover_parse((const char *)response->payload,
                                              response->payload_len, run->discover) == LWM2M_OK)
        return response->code;
    free(run->discover);
    run->discover = NULL;
    return CC_INTERNAL;
}

void bs_run_response(struct bs_run *run, uint32_t id, enum cc_result result,
                     const struct cc_message *response)
{
    if (id != run->request_id)
        return;
    struct bs_event event = {.kind = BS_EVENT_RESPONSE, .result = result, .format = CC_FORMAT_NONE};
    if (response) {
        event.code = response->code;
        event.format = (uint16_t)cc_message_uint(response, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
        if (run->machine.state == BS_DISCOVERING && response->code == CC_CONTENT)
            event.code = keep_discover(run, response);
    }
    step(run, event);
}

void bs_run_interrupt(struct bs_run *run, enum bs_event_kind kind)
{
    step(run, (struct bs_event){.kind = kind});
}

void bs_run_committed(struct bs_job *job)
{
    struct bs_run *run = job->context;
    run->is_committing = false;
    run->worker->committing--;
    if (!job->error) {
        run->staged = calloc(job->credential_count, sizeof *run->staged);
        run->staged_count = run->staged ? job->credential_count : 0;
    }
    for (size_t i = 0; i < run->staged_count; i++)
        run->staged[i] =
            (struct bs_staged){job->credentials[i].server_id, job->credentials[i].serial};
    if (run->is_over)
        conclude(run);
    else
        step(run, (struct bs_event){.kind = BS_EVENT_COMMITTED,
                                    .is_ok = run->staged != NULL,
                                    .reason = why_not_stored(job)});
    bs_job_free(job);
}
