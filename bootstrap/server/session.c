#include "bootstrap/server/session_repair.h"

#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
    [BS_IDLE] = "idle",         [BS_DISCOVERING] = "discovering",
    [BS_PLANNING] = "planning", [BS_COMMITTING] = "committing",
    [BS_ACTING] = "acting",     [BS_FINISHING] = "finishing",
    [BS_DONE] = "done",
};

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

static void set_text(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%.*s", (int)(capacity - 1), text == NULL ? "" : text);
}

static void set_step(struct bs_session *session, const char *verb, const struct policy_op *op)
{
    char path[25] = "";
    if (op != NULL) {
        lwm2m_path_text(op->path, path);
    }
    snprintf(session->outcome.step, sizeof session->outcome.step, "%s%s%s", verb,
             op == NULL ? "" : " ", path);
    session->retries = 0;
    session->formats_tried = 0;
    session->without_optional = false;
}

static struct bs_action end(struct bs_session *session, enum pki_result result, const char *reason)
{
    session->outcome.result = result;
    set_text(session->outcome.reason, sizeof session->outcome.reason, reason);
    session->state = BS_DONE;
    session->plan = NULL;
    return (struct bs_action){.kind = BS_ACTION_END};
}

/* Once Finish is out and unanswered, only the device knows whether it took the configuration. */
static struct bs_action end_lost(struct bs_session *session, enum pki_result result,
                                 const char *reason)
{
    bool is_open = session->state == BS_FINISHING;
    return end(session, is_open ? PKI_RESULT_UNCONFIRMED : result, reason);
}

static struct bs_action end_refused(struct bs_session *session, uint8_t code)
{
    char text[8];
    snprintf(text, sizeof text, "%d.%02d", code >> 5, code & 31);
    session->outcome.code = code;
    return end(session, PKI_RESULT_FAILED, text);
}

/* What was given up, behind what TEXT says already. */
static void add_text(char text[static PKI_REASON_MAX + 1], unsigned count, const char *what)
{
    size_t used = strlen(text);
    if (count > 0) {
        snprintf(text + used, PKI_REASON_MAX + 1 - used, "%s%u %s", used > 0 ? ", " : "", count,
                 what);
    }
}

static struct bs_action end_finished(struct bs_session *session, uint8_t code)
{
    bool is_blind = session->wants_discover && session->plan->is_blind;
    char text[PKI_REASON_MAX + 1] = "";
    set_text(text, sizeof text, is_blind ? "without discover" : "");
    add_text(text, session->shortened,
             session->shortened == 1 ? "write without its optional resources"
                                     : "writes without their optional resources");
    add_text(text, session->skipped,
             session->skipped == 1 ? "optional operation refused" : "optional operations refused");
    session->outcome.code = code;
    return end(session, PKI_RESULT_FINISHED, text);
}

/* ---- actions ---- */

static struct bs_action act_write(const struct bs_session *session)
{
    return (struct bs_action){.kind = BS_ACTION_WRITE,
                              .op = session->op,
                              .format = session->plan->formats[session->format_index],
                              .without_optional = session->without_optional,
                              .block_bytes = session->block_bytes};
}

static struct bs_action act_delete(const struct bs_session *session)
{
    return (struct bs_action){.kind = BS_ACTION_DELETE, .op = session->op};
}

/* Begins operation session->op or, behind the last, Finish. A corrective round repeats no Delete.
 */
static struct bs_action begin_op(struct bs_session *session)
{
    const struct policy_plan *plan = session->plan;
    while (session->rounds > 0 && session->op < plan->op_count &&
           plan->ops[session->op].kind == POLICY_OP_DELETE) {
        session->op++;
    }
    if (session->op >= plan->op_count) {
        session->state = BS_FINISHING;
        set_step(session, "finish", NULL);
        return (struct bs_action){.kind = BS_ACTION_FINISH};
    }
    const struct policy_op *op = &plan->ops[session->op];
    session->state = BS_ACTING;
    set_step(session, op->kind == POLICY_OP_DELETE ? "delete" : "write", op);
    return op->kind == POLICY_OP_DELETE ? act_delete(session) : act_write(session);
}

static struct bs_action next_op(struct bs_session *session)
{
    session->op++;
    return begin_op(session);
}

static struct bs_action begin_plan(struct bs_session *session)
{
    session->state = BS_PLANNING;
    set_step(session, "plan", NULL);
    return (struct bs_action){.kind = BS_ACTION_PLAN};
}

/* ---- responses ---- */

/* The operation stays refused. */
static struct bs_action give_up_op(struct bs_session *session, uint8_t code)
{
    if (session->plan->ops[session->op].is_required) {
        return end_refused(session, code);
    }
    size_t count = session->plan->format_count;
    if (session->formats_tried > 0) {
        session->format_index =
            (uint8_t)((session->format_index + count - session->formats_tried) % count);
    }
    session->skipped++;
    return next_op(session);
}

static struct bs_action on_write(struct bs_session *session, uint8_t code)
{
    if (is_success(code)) {
        session->outcome.writes++;
        session->shortened = (uint16_t)(session->shortened + session->without_optional);
        return next_op(session);
    }
    if (bs_repair_write(session, code)) {
        return act_write(session);
    }
    return give_up_op(session, code);
}

static struct bs_action on_delete(struct bs_session *session, uint8_t code)
{
    if (is_success(code)) {
        session->outcome.deletes++;
        return next_op(session);
    }
    /* lwm2m-bootstrap.md section 5; Wakaama answers a retransmitted Delete with 4.04 */
    if (code == CC_BAD_REQUEST || code == CC_NOT_FOUND || code == CC_METHOD_NOT_ALLOWED) {
        return next_op(session);
    }
    if (code >> 5 == 5 && bs_repair_again(session)) {
        return act_delete(session);
    }
    return give_up_op(session, code);
}

static struct bs_action on_finish(struct bs_session *session, uint8_t code)
{
    if (is_success(code)) {
        return end_finished(session, code);
    }
    /* lwm2m-bootstrap.md 3.6: on 4.06 the server may correct and send Finish again */
    if (code == CC_NOT_ACCEPTABLE && session->rounds == 0) {
        session->rounds++;
        session->op = 0;
        session->skipped = 0;
        session->shortened = 0;
        session->outcome.code = code; /* some clients end the session here: it tells why */
        return begin_op(session);
    }
    if (code >> 5 == 5 && bs_repair_again(session)) {
        return (struct bs_action){.kind = BS_ACTION_FINISH};
    }
    return end_refused(session, code);
}

static struct bs_action on_response(struct bs_session *session, const struct bs_event *event)
{
    bool is_response = event->result == CC_RESULT_RESPONSE;
    if (session->state == BS_DISCOVERING && event->result != CC_RESULT_CLOSED) {
        return begin_plan(session);
    }
    if (!is_response) {
        return end_lost(session, PKI_RESULT_FAILED, result_reasons[event->result]);
    }
    if (session->state == BS_FINISHING) {
        return on_finish(session, event->code);
    }
    bool is_delete = session->plan->ops[session->op].kind == POLICY_OP_DELETE;
    return is_delete ? on_delete(session, event->code) : on_write(session, event->code);
}

/* ---- the other events ---- */

static struct bs_action on_request(struct bs_session *session, const struct bs_event *event)
{
    const struct policy_decision *decision = event->decision;
    set_text(session->outcome.policy, sizeof session->outcome.policy, decision->policy);
    session->link_block_bytes = decision->link.block_bytes;
    session->wants_discover = decision->wants_discover;
    if (decision->verdict != POLICY_APPLY) {
        bool is_hold = decision->verdict == POLICY_HOLD;
        return end(session, is_hold ? PKI_RESULT_HELD : PKI_RESULT_DENIED, decision->reason);
    }
    if (!session->wants_discover) {
        return begin_plan(session);
    }
    session->state = BS_DISCOVERING;
    set_step(session, "discover", NULL);
    return (struct bs_action){.kind = BS_ACTION_DISCOVER};
}

static bool has_write(const struct policy_plan *plan)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i].kind == POLICY_OP_WRITE) {
            return true;
        }
    }
    return false;
}

static struct bs_action on_planned(struct bs_session *session, const struct bs_event *event)
{
    if (event->plan == NULL) {
        return end(session, PKI_RESULT_FAILED, event->reason);
    }
    if (event->plan->format_count == 0 && has_write(event->plan)) {
        return end(session, PKI_RESULT_FAILED, "no content format");
    }
    session->plan = event->plan;
    if (event->plan->minted_count == 0) {
        return begin_op(session);
    }
    session->state = BS_COMMITTING;
    set_step(session, "commit", NULL);
    return (struct bs_action){.kind = BS_ACTION_COMMIT};
}

/* Architecture, decision 9: a credential that is not durable must not reach the device. */
static struct bs_action on_committed(struct bs_session *session, const struct bs_event *event)
{
    if (!event->is_ok) {
        return end(session, PKI_RESULT_FAILED, event->reason);
    }
    return begin_op(session);
}

/* ---- interface ---- */

void bs_session_init(struct bs_session *session)
{
    *session = (struct bs_session){.state = BS_IDLE};
}

static bool expects_response(enum bs_state state)
{
    return state == BS_DISCOVERING || state == BS_ACTING || state == BS_FINISHING;
}

struct bs_action bs_session_event(struct bs_session *session, const struct bs_event *event)
{
    enum bs_state state = session->state;
    if (state == BS_DONE || (state == BS_IDLE && event->kind != BS_EVENT_REQUEST)) {
        return no_action;
    }
    switch (event->kind) {
    case BS_EVENT_REQUEST:
        return state == BS_IDLE ? on_request(session, event) : no_action;
    case BS_EVENT_PLANNED:
        return state == BS_PLANNING ? on_planned(session, event) : no_action;
    case BS_EVENT_COMMITTED:
        return state == BS_COMMITTING ? on_committed(session, event) : no_action;
    case BS_EVENT_RESPONSE:
        return expects_response(state) ? on_response(session, event) : no_action;
    case BS_EVENT_BUDGET:
        return end_lost(session, PKI_RESULT_FAILED, "budget");
    case BS_EVENT_SUPERSEDED:
        return end_lost(session, PKI_RESULT_SUPERSEDED, "superseded");
    case BS_EVENT_CLOSED:
        return end_lost(session, PKI_RESULT_FAILED, "session closed");
    case BS_EVENT_DRAIN:
        return end_lost(session, PKI_RESULT_FAILED, "drain");
    }
    return no_action;
}

const char *bs_state_name(enum bs_state state)
{
    return (size_t)state < sizeof state_names / sizeof state_names[0] ? state_names[state] : "?";
}
