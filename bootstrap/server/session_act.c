#include "bootstrap/server/session_act.h"
#include "bootstrap/server/session_look.h"
#include "bootstrap/server/session_repair.h"
#include "bootstrap/server/session_step.h"

static const char *const result_reasons[] = {
    [CC_RESULT_RESPONSE] = "response",
    [CC_RESULT_TIMEOUT] = "timeout",
    [CC_RESULT_RESET] = "reset",
    [CC_RESULT_TOO_LARGE] = "response too large",
    [CC_RESULT_BAD_RESPONSE] = "bad response",
    [CC_RESULT_CLOSED] = "session closed",
};

static const struct bs_action no_action = {.kind = BS_ACTION_NONE};

static bool is_success(uint8_t code)
{
    return code >> 5 == 2;
}

/* ---- actions ---- */

static struct bs_action act_op(struct bs_session *session)
{
    session->has_sent = true;
    if (session->plan->ops[session->op].kind == POLICY_OP_DELETE) {
        return (struct bs_action){.kind = BS_ACTION_DELETE, .op = session->op};
    }
    return (struct bs_action){.kind = BS_ACTION_WRITE,
                              .op = session->op,
                              .format = session->plan->formats[session->format_index],
                              .without_optional = session->without_optional,
                              .block_bytes = session->block_bytes};
}

/* What the state asks of the device, once more. */
static struct bs_action act_again(struct bs_session *session)
{
    if (session->state == BS_ACTING) {
        return act_op(session);
    }
    return session->state == BS_FINISHING ? (struct bs_action){.kind = BS_ACTION_FINISH}
                                          : bs_look_action(session);
}

/* The same again, at once or after a while. */
static struct bs_action act_later(struct bs_session *session, uint32_t wait_ms)
{
    if (wait_ms == 0) {
        return act_again(session);
    }
    session->is_waiting = true;
    return (struct bs_action){.kind = BS_ACTION_WAIT, .wait_ms = wait_ms};
}

static struct bs_action begin_finish(struct bs_session *session)
{
    return bs_step_begin(session, BS_FINISHING, "finish", BS_ACTION_FINISH);
}

struct bs_action bs_act_plan(struct bs_session *session)
{
    return bs_step_begin(session, BS_PLANNING, session->is_pack ? "pack" : "plan", BS_ACTION_PLAN);
}

/* ---- observing ---- */

static struct bs_action look_over(struct bs_session *session)
{
    switch (session->state) {
    case BS_DISCOVERING:
        return bs_step_begin(session, BS_DECIDING, "plan", BS_ACTION_DECIDE);
    case BS_READING:
        return bs_act_plan(session);
    case BS_CORRECTING:
        return (struct bs_action){.kind = BS_ACTION_CORRECT};
    default:
        session->is_unverified = !session->has_seen;
        session->is_half_verified = session->has_seen && session->misses > 0;
        return session->has_seen ? (struct bs_action){.kind = BS_ACTION_VERIFY}
                                 : begin_finish(session);
    }
}

/* Asks the question that is open, or goes on from what was seen. */
struct bs_action bs_act_look(struct bs_session *session)
{
    if (session->look == BS_LOOK_OVER) {
        return look_over(session);
    }
    struct bs_action action = bs_look_action(session);
    if (session->state == BS_READING) {
        bs_step_set(session, "read", &action.path);
    }
    session->retries = 0;
    return action;
}

struct bs_action bs_act_observe(struct bs_session *session, enum bs_state state, const char *step,
                                unsigned reads)
{
    session->state = state;
    bs_step_set(session, step, NULL);
    bs_look_begin(session, reads);
    return bs_act_look(session);
}

/* The policy does not go on without what was just refused (`on-error`). */
static bool is_needed(const struct bs_session *session)
{
    return (session->state == BS_DISCOVERING && session->needs_discover) ||
           (session->state == BS_READING && session->needs_reads);
}

static struct bs_action end_unseen(struct bs_session *session, const struct bs_event *event)
{
    if (event->result == CC_RESULT_RESPONSE) {
        return bs_step_end_refused(session, event->code);
    }
    return bs_step_end(session, PKI_RESULT_FAILED, result_reasons[event->result]);
}

static struct bs_action on_look(struct bs_session *session, const struct bs_event *event)
{
    bool is_first = session->state == BS_DISCOVERING || session->state == BS_READING;
    bool is_gone = event->result == CC_RESULT_TIMEOUT || event->result == CC_RESULT_RESET;
    if (event->result == CC_RESULT_CLOSED || (is_gone && !is_first)) {
        return bs_step_end(session, PKI_RESULT_FAILED, result_reasons[event->result]);
    }
    if (event->result == CC_RESULT_RESPONSE && event->code == CC_UNAVAILABLE &&
        bs_repair_again(session)) {
        return act_later(session, bs_repair_wait_ms(event));
    }
    unsigned missed = session->misses;
    bs_look_answer(session, event->result, event->code);
    return session->misses > missed && is_needed(session) ? end_unseen(session, event)
                                                          : bs_act_look(session);
}

/* ---- acting ---- */

/* A plan that was made blind has nothing to be seen by. After a corrected Finish the client judges.
 */
static bool wants_verify(const struct bs_session *session)
{
    bool is_due = session->verify == POLICY_VERIFY_ALWAYS ||
                  (session->verify == POLICY_VERIFY_CHANGED && session->has_sent);
    return is_due && !session->is_blind && session->finish_rounds == 0;
}

/* A Server or OSCORE instance without its Security instance makes what the device holds
 * inconsistent (lwm2m-bootstrap.md section 6). */
static bool is_lost(const struct bs_session *session, const struct policy_op *op)
{
    for (size_t i = 0; op->ssid != 0 && i < session->lost_count; i++) {
        if (session->lost[i] == op->ssid) {
            return true;
        }
    }
    return false;
}

static void lose(struct bs_session *session, const struct policy_op *op)
{
    if (op->ssid != 0 && op->path.id[0] == 0 && session->lost_count < BS_LOST_MAX) {
        session->lost[session->lost_count++] = op->ssid;
    }
}

/* Begins operation session->op or what follows the last. */
struct bs_action bs_act_begin(struct bs_session *session)
{
    const struct policy_plan *plan = session->plan;
    while (session->op < plan->op_count && is_lost(session, &plan->ops[session->op])) {
        session->skipped++;
        session->op++;
    }
    if (session->op >= plan->op_count) {
        return wants_verify(session)
                   ? bs_act_observe(session, BS_VERIFYING, "verify", session->verify_reads)
                   : begin_finish(session);
    }
    const struct policy_op *op = &plan->ops[session->op];
    session->state = BS_ACTING;
    bs_step_set(session, op->kind == POLICY_OP_DELETE ? "delete" : "write", &op->path);
    return act_op(session);
}

/* Begins the next operation; OVER tells of a Write that is over. */
static struct bs_action next_op(struct bs_session *session, enum bs_over over)
{
    size_t op = session->op++;
    bool is_write = session->plan->ops[op].kind == POLICY_OP_WRITE;
    struct bs_action action = bs_act_begin(session);
    action.over = is_write ? over : BS_OVER_NONE;
    action.over_op = is_write ? op : 0;
    return action;
}

/* The operation is refused, and no repair helps. */
static struct bs_action give_up_op(struct bs_session *session, const struct bs_event *event)
{
    if (bs_repair_over(session)) {
        uint32_t wait_ms = bs_repair_wait_ms(event);
        return act_later(session, wait_ms > 0 ? wait_ms : BS_WAIT_MS);
    }
    if (session->plan->ops[session->op].is_required) {
        return bs_step_end_refused(session, event->code);
    }
    bs_repair_reset(session);
    session->skipped++;
    lose(session, &session->plan->ops[session->op]);
    return next_op(session, BS_OVER_SKIPPED);
}

static struct bs_action on_write(struct bs_session *session, const struct bs_event *event)
{
    if (is_success(event->code)) {
        session->outcome.writes++;
        session->shortened = (uint16_t)(session->shortened + session->without_optional);
        bs_repair_note(session);
        return next_op(session, BS_OVER_TAKEN);
    }
    unsigned retries = session->retries;
    if (bs_repair_write(session, event)) {
        bool is_again = session->retries > retries;
        return act_later(session, is_again ? bs_repair_wait_ms(event) : 0);
    }
    return give_up_op(session, event);
}

static struct bs_action on_delete(struct bs_session *session, const struct bs_event *event)
{
    uint8_t code = event->code;
    if (is_success(code)) {
        session->outcome.deletes++;
        return next_op(session, BS_OVER_NONE);
    }
    /* lwm2m-bootstrap.md section 5; Wakaama answers a retransmitted Delete with 4.04 */
    if (code == CC_BAD_REQUEST || code == CC_NOT_FOUND || code == CC_METHOD_NOT_ALLOWED) {
        return next_op(session, BS_OVER_NONE);
    }
    if (code >> 5 == 5 && bs_repair_again(session)) {
        return act_later(session, bs_repair_wait_ms(event));
    }
    return give_up_op(session, event);
}

/* ---- correcting and finishing ---- */

/* lwm2m-bootstrap.md 3.6: on 4.06 the server may correct and send Finish again. A client that
 * cannot be asked is written all of it again. */
static struct bs_action correct_finish(struct bs_session *session)
{
    session->finish_rounds++;
    session->skipped = 0;
    session->shortened = 0;
    session->outcome.code = CC_NOT_ACCEPTABLE; /* some clients end the session here: it tells why */
    if (session->is_blind) {
        return bs_step_begin(session, BS_CORRECTING, "correct", BS_ACTION_CORRECT);
    }
    return bs_act_observe(session, BS_CORRECTING, "correct", session->verify_reads);
}

static struct bs_action on_finish(struct bs_session *session, const struct bs_event *event)
{
    if (is_success(event->code)) {
        return bs_step_end_finished(session, event->code);
    }
    if (event->code == CC_NOT_ACCEPTABLE && session->finish_rounds == 0 && session->may_correct) {
        return correct_finish(session);
    }
    if (event->code >> 5 == 5 && bs_repair_again(session)) {
        return act_later(session, bs_repair_wait_ms(event));
    }
    return bs_step_end_refused(session, event->code);
}

struct bs_action bs_act_verified(struct bs_session *session, const struct bs_event *event)
{
    if (event->is_ok) {
        return begin_finish(session);
    }
    if (session->verify_rounds > 0 && session->keeps_difference) {
        session->has_difference = true;
        bs_step_text(session->outcome.reason, sizeof session->outcome.reason, event->reason);
        return begin_finish(session);
    }
    if (session->verify_rounds > 0) {
        return bs_step_end(session, PKI_RESULT_FAILED, event->reason);
    }
    session->verify_rounds++;
    return bs_step_begin(session, BS_CORRECTING, "correct", BS_ACTION_CORRECT);
}

/* The plan of a corrective round goes on in the format that has worked. */
static uint8_t index_of(const struct policy_plan *plan, uint16_t format)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (plan->formats[i] == format) {
            return (uint8_t)i;
        }
    }
    return 0;
}

bool bs_act_has_write(const struct policy_plan *plan)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i].kind == POLICY_OP_WRITE) {
            return true;
        }
    }
    return false;
}

struct bs_action bs_act_corrected(struct bs_session *session, const struct bs_event *event)
{
    if (event->plan == NULL) {
        return bs_step_end(session, PKI_RESULT_FAILED, "out of memory");
    }
    if (event->plan->format_count == 0 && bs_act_has_write(event->plan)) {
        return bs_step_end(session, PKI_RESULT_FAILED, "no content format");
    }
    session->plan = event->plan;
    session->op = 0;
    session->lost_count = 0;
    session->format_index = index_of(event->plan, session->worked);
    return bs_act_begin(session);
}

/* ---- responses ---- */

static bool is_asking(const struct bs_session *session)
{
    switch (session->state) {
    case BS_DISCOVERING:
    case BS_READING:
    case BS_VERIFYING:
    case BS_CORRECTING:
        return session->look != BS_LOOK_OVER && !session->is_waiting;
    case BS_ACTING:
    case BS_FINISHING:
        return !session->is_waiting;
    default:
        return false;
    }
}

struct bs_action bs_act_response(struct bs_session *session, const struct bs_event *event)
{
    if (!is_asking(session)) {
        return no_action;
    }
    if (session->state != BS_ACTING && session->state != BS_FINISHING) {
        return on_look(session, event);
    }
    if (event->result != CC_RESULT_RESPONSE) {
        return bs_step_end_lost(session, PKI_RESULT_FAILED, result_reasons[event->result]);
    }
    if (session->state == BS_FINISHING) {
        return on_finish(session, event);
    }
    bool is_delete = session->plan->ops[session->op].kind == POLICY_OP_DELETE;
    return is_delete ? on_delete(session, event) : on_write(session, event);
}

struct bs_action bs_act_waited(struct bs_session *session)
{
    session->is_waiting = false;
    return act_again(session);
}
