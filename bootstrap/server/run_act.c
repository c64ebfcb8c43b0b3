/* What the session machine wants done, done. */
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX 16384 /* octets of one Write */

/* ---- the session's transport and timer ---- */

void bs_run_configure(struct bs_run *run, uint16_t block_bytes)
{
    struct cc_parameters parameters = run->worker->parameters;
    parameters.ack_timeout_ms = run->decision.link.ack_timeout_ms;
    parameters.max_retransmit = run->decision.link.max_retransmit;
    parameters.block_bytes = block_bytes ? block_bytes : run->decision.link.block_bytes;
    if (run->session)
        cc_session_parameters(run->session, &parameters);
}

static void on_timer(void *context, struct cc_session *session)
{
    (void)context;
    struct bs_run *run = cc_session_data(session);
    if (!run)
        return;
    uint64_t now_ms = cc_endpoint_now_ms(run->worker->endpoint);
    if (now_ms >= run->budget_at_ms) {
        bs_run_interrupt(run, BS_EVENT_BUDGET);
    } else if (run->wait_at_ms && now_ms >= run->wait_at_ms) {
        run->wait_at_ms = 0;
        bs_run_arm(run);
        bs_run_interrupt(run, BS_EVENT_WAITED);
    } else {
        bs_run_arm(run);
    }
}

void bs_run_arm(struct bs_run *run)
{
    uint64_t now_ms = cc_endpoint_now_ms(run->worker->endpoint);
    run->budget_at_ms = run->started_ms + run->decision.link.budget_ms;
    uint64_t at_ms = run->budget_at_ms;
    if (run->wait_at_ms && run->wait_at_ms < at_ms)
        at_ms = run->wait_at_ms;
    if (run->session)
        cc_session_timer(run->session, at_ms > now_ms ? (uint32_t)(at_ms - now_ms) : 1, on_timer);
}

/* ---- requests ---- */

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

static const struct policy_op *op_of(const struct bs_run *run, size_t op)
{
    return run->correction ? &run->correction->ops[op] : &run->plan->ops[op];
}

static bool send_get(struct bs_run *run, const struct bs_action *action, struct bs_event *next)
{
    char path[25];
    struct cc_request request = request_of(CC_GET, lwm2m_path_text(action->path, path));
    bool is_discover = action->kind == BS_ACTION_DISCOVER;
    if (is_discover && action->is_fresh)
        bs_seen_clear(&run->seen);
    run->read_object = action->path.id[0];
    run->read_format = action->format;
    request.accept = is_discover ? LWM2M_FORMAT_LINK : action->format;
    return send_request(run, &request, next);
}

static bool send_delete(struct bs_run *run, size_t op, struct bs_event *next)
{
    char path[25];
    const struct cc_request request =
        request_of(CC_DELETE, lwm2m_path_text(op_of(run, op)->path, path));
    return send_request(run, &request, next);
}

static bool send_write(struct bs_run *run, const struct bs_action *action, struct bs_event *next)
{
    uint8_t body[BODY_MAX];
    char path[25];
    size_t len = 0;
    enum lwm2m_error error =
        policy_plan_encode(run->correction ? run->correction : run->plan, action->op,
                           action->format, action->without_optional, body, sizeof body, &len);
    if (error) {
        /* As if the client had refused the format: the machine has others to try, or ends with this
         * step. */
        pki_secret_wipe(body, sizeof body);
        *next = (struct bs_event){.kind = BS_EVENT_RESPONSE,
                                  .result = CC_RESULT_RESPONSE,
                                  .code = CC_UNSUPPORTED_FORMAT,
                                  .is_unsent = true};
        return true;
    }
    if (action->block_bytes)
        bs_run_configure(run, action->block_bytes);
    struct cc_request request =
        request_of(CC_PUT, lwm2m_path_text(op_of(run, action->op)->path, path));
    request.content_format = action->format;
    request.payload = body;
    request.payload_len = len;
    bool is_over = send_request(run, &request, next);
    pki_secret_wipe(body, len);
    return is_over;
}

/* ---- what is done here ---- */

/* On the writer's thread, or on ours when its queue is full: a run that commits is not freed, and
 * its letter was made before. */
static void post_back(struct bs_job *job)
{
    struct bs_run *run = job->context;
    struct bs_mail *mail = run->mail;
    run->mail = NULL;
    bs_worker_post(run->worker, mail);
}

/* Durable before the Write that carries it is sent (architecture, decision 9): the credentials, and
 * that nothing is known any more of what the device holds. */
static bool submit_stage(struct bs_run *run, struct bs_event *next)
{
    struct bs_job *job = bs_job_new(BS_JOB_STAGE, run->plan->minted_count);
    struct bs_lesson *lesson = bs_lesson_before(run);
    run->mail = job && (lesson || !bs_lesson_is_due(run)) ? bs_mail_new(BS_MAIL_COMMITTED) : NULL;
    if (!run->mail) {
        bs_job_free(job);
        free(lesson);
        *next = (struct bs_event){.kind = BS_EVENT_COMMITTED, .reason = "out of memory"};
        return true;
    }
    job->lesson = lesson;
    for (size_t i = 0; i < run->plan->minted_count; i++) {
        policy_minted_credential(&run->plan->minted[i], &job->credentials[i]);
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

static bool make_plan(struct bs_run *run, struct bs_event *next, char *reason)
{
    bs_run_plan(run, reason);
    bool is_made = run->plan && bs_run_expect(run);
    if (run->plan && !is_made)
        snprintf(reason, POLICY_REASON_MAX + 1, "out of memory");
    if (run->plan && (!is_made || (run->pack && !bs_pack_encode(run, reason)))) {
        policy_plan_free(run->plan);
        run->plan = NULL;
    }
    *next = (struct bs_event){.kind = BS_EVENT_PLANNED,
                              .plan = run->plan,
                              .needs_commit = run->plan && bs_lesson_is_due(run),
                              .reason = reason};
    return true;
}

static bool verify(struct bs_run *run, struct bs_event *next, char *reason)
{
    const struct policy_observation seen = bs_seen_observation(&run->seen);
    *next = (struct bs_event){.kind = BS_EVENT_VERIFIED, .reason = reason};
    next->is_ok = policy_plan_verify(run->plan, &seen, reason);
    if (next->is_ok)
        bs_seen_clear(&run->seen);
    return true;
}

static bool correct(struct bs_run *run, struct bs_event *next)
{
    const struct policy_observation seen = bs_seen_observation(&run->seen);
    policy_plan_free(run->correction);
    run->correction = policy_plan_correct(run->plan, &seen);
    bs_seen_clear(&run->seen);
    *next = (struct bs_event){.kind = BS_EVENT_CORRECTED, .plan = run->correction};
    return true;
}

static bool answer(struct bs_run *run, struct bs_event *next)
{
    bool is_sent = bs_pack_answer(run, true);
    *next = (struct bs_event){.kind = BS_EVENT_ANSWERED,
                              .is_ok = is_sent,
                              .reason = is_sent ? "" : "the answer could not be sent"};
    return true;
}

static bool wait(struct bs_run *run, uint32_t wait_ms)
{
    run->wait_at_ms = cc_endpoint_now_ms(run->worker->endpoint) + wait_ms;
    bs_run_arm(run);
    return false;
}

bool bs_run_act(struct bs_run *run, const struct bs_action *action, struct bs_event *next,
                char reason[static POLICY_REASON_MAX + 1])
{
    const struct cc_request finish_request = request_of(CC_POST, "/bs");
    if (action->over != BS_OVER_NONE)
        bs_run_write_over(run, op_of(run, action->over_op), action->over == BS_OVER_TAKEN);
    switch (action->kind) {
    case BS_ACTION_NONE:
    case BS_ACTION_END:
        return false;
    case BS_ACTION_DISCOVER:
    case BS_ACTION_READ:
        return send_get(run, action, next);
    case BS_ACTION_DECIDE:
        bs_run_decide(run, next);
        return true;
    case BS_ACTION_PLAN:
        return make_plan(run, next, reason);
    case BS_ACTION_COMMIT:
        return submit_stage(run, next);
    case BS_ACTION_DELETE:
        return send_delete(run, action->op, next);
    case BS_ACTION_WRITE:
        return send_write(run, action, next);
    case BS_ACTION_WAIT:
        return wait(run, action->wait_ms);
    case BS_ACTION_VERIFY:
        return verify(run, next, reason);
    case BS_ACTION_CORRECT:
        return correct(run, next);
    case BS_ACTION_FINISH:
        return send_request(run, &finish_request, next);
    case BS_ACTION_ANSWER:
        return answer(run, next);
    }
    return false;
}
