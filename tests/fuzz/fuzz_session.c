/*
 * Random plans and random events against the session machine; what must always hold is checked
 * against a model.
 *
 * Input: octet 0 = plan flags, octet 1 = operation count, octet 2 = what the policy says, then one
 * octet an operation, then the events: one octet each (two for a response).
 */
#include "bootstrap/server/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPS_MAX = 12 };

/* Attempts at one Write: (once more + blocks 1024 .. 64 + two shapes) in each format; begun over,
 * and a wait before each that comes again. */
enum {
    ATTEMPTS_MAX = 2 * (1 + 4 + 2 * POLICY_FORMATS_MAX) * (1 + POLICY_RETRIES),
    LOOKS_MAX = 3 * (1 + 4 + 2 * 2), /* questions of one observation, each with a wait */
    PLANS_MAX = 3,                   /* the plan and two corrective rounds */
    ACTIONS_MAX = PLANS_MAX * OPS_MAX * ATTEMPTS_MAX + (PLANS_MAX + 1) * LOOKS_MAX + 24
};

struct model {
    struct policy_plan plan;
    struct policy_plan correction;    /* the Writes alone */
    const struct policy_plan *acting; /* whichever came last */
    struct policy_op ops[OPS_MAX];
    struct policy_op writes[OPS_MAX];
    bool is_acknowledged[OPS_MAX]; /* of ACTING */
    unsigned deletes[OPS_MAX];
    struct bs_action last;
    unsigned actions, finishes, corrections, ends;
    unsigned writes_done, deletes_done;
    uint8_t says; /* octet 2 */
    bool is_begun;
    bool is_committed;
    bool is_finish_open;
    bool had_finish_answer;
};

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static const uint8_t codes[] = {
    CC_CREATED,        CC_DELETED,
    CC_CHANGED,        CC_CONTENT,
    CC_BAD_REQUEST,    CC_UNAUTHORIZED,
    CC_BAD_OPTION,     CC_FORBIDDEN,
    CC_NOT_FOUND,      CC_METHOD_NOT_ALLOWED,
    CC_NOT_ACCEPTABLE, CC_INCOMPLETE,
    CC_TOO_LARGE,      CC_UNSUPPORTED_FORMAT,
    CC_INTERNAL,       CC_UNAVAILABLE,
};

static size_t make_plan(struct model *model, const uint8_t *data, size_t size)
{
    static const struct lwm2m_leaf leaf;
    static const bool flags[] = {false, true};
    size_t used = 3;
    size_t count = data[1] % (OPS_MAX + 1);
    for (size_t i = 0; i < count && used < size; i++, used++) {
        uint8_t bits = data[used];
        model->ops[i] = (struct policy_op){.kind = (bits & 1) ? POLICY_OP_WRITE : POLICY_OP_DELETE,
                                           .path = {{(uint16_t)(bits >> 4), (uint16_t)i}, 2},
                                           .is_required = (bits & 2) != 0,
                                           .on_error = (bits & 8) != 0   ? POLICY_RETRY
                                                       : (bits & 2) != 0 ? POLICY_STOP
                                                                         : POLICY_GO_ON,
                                           .leaves = &leaf,
                                           .is_optional = &flags[(bits >> 2) & 1],
                                           .leaf_count = 1};
        model->plan.op_count++;
        if ((bits & 1) != 0) {
            model->writes[model->correction.op_count++] = model->ops[i];
        }
    }
    model->plan.ops = model->ops;
    model->plan.format_count = data[0] % (POLICY_FORMATS_MAX + 1);
    for (size_t i = 0; i < model->plan.format_count; i++) {
        model->plan.formats[i] = (uint16_t)(110 + i);
    }
    model->plan.minted_count = (data[0] >> 4) & 1;
    model->plan.is_blind = (data[0] & 32) != 0;
    model->plan.may_correct = (data[2] & 1) != 0;
    model->plan.verify_reads = data[2] >> 1 & 3;
    model->says = data[2];
    size_t writes = model->correction.op_count;
    model->correction = model->plan;
    model->correction.ops = model->writes;
    model->correction.op_count = writes;
    model->correction.minted_count = 0;
    model->acting = &model->plan;
    return used;
}

static bool is_pack(const struct model *model)
{
    return (model->says & 0xe0) == 0xe0;
}

static void check_finish(struct model *model)
{
    for (size_t i = 0; i < model->acting->op_count; i++) {
        const struct policy_op *op = &model->acting->ops[i];
        must(op->kind != POLICY_OP_WRITE || !op->is_required || model->is_acknowledged[i],
             "Finish waits for every required Write");
    }
    model->finishes++;
    must(model->finishes <= 4, "Finish is bounded");
    model->is_finish_open = true;
}

static void check_write(const struct model *model, const struct bs_action *action)
{
    const struct policy_op *op = &model->acting->ops[action->op];
    bool is_known = false;
    must(model->plan.minted_count == 0 || model->is_committed,
         "no Write before its credential is durable");
    for (size_t i = 0; i < model->acting->format_count; i++) {
        is_known |= model->acting->formats[i] == action->format;
    }
    must(is_known, "a Write's format is of the plan");
    must(op->kind == POLICY_OP_WRITE, "a Write is a Write");
    must(!action->without_optional || policy_op_has_optional(op),
         "nothing optional is left out where there is nothing optional");
    must(action->block_bytes == 0 || action->block_bytes >= BS_BLOCK_MIN_BYTES,
         "blocks have a floor");
}

static void check_delete(struct model *model, const struct bs_action *action)
{
    must(model->acting->ops[action->op].kind == POLICY_OP_DELETE, "a Delete is a Delete");
    must(++model->deletes[action->op] <= 2 * (1 + POLICY_RETRIES), "Deletes are bounded");
}

static void check_action(struct model *model, const struct bs_action *action)
{
    if (action->kind == BS_ACTION_NONE) {
        return;
    }
    must(model->ends == 0, "no action after END");
    model->actions++;
    must(model->actions <= ACTIONS_MAX, "actions are bounded");
    must(!is_pack(model) || action->kind == BS_ACTION_PLAN || action->kind == BS_ACTION_COMMIT ||
             action->kind == BS_ACTION_ANSWER || action->kind == BS_ACTION_END,
         "a pack asks nothing of the device");
    if (action->kind == BS_ACTION_DELETE || action->kind == BS_ACTION_WRITE) {
        must(action->op < model->acting->op_count, "op is in range");
    }
    switch (action->kind) {
    case BS_ACTION_DELETE:
        check_delete(model, action);
        break;
    case BS_ACTION_WRITE:
        check_write(model, action);
        break;
    case BS_ACTION_WAIT:
        must(action->wait_ms > 0 && action->wait_ms <= BS_WAIT_MAX_MS, "a wait is bounded");
        break;
    case BS_ACTION_VERIFY:
        must((model->says >> 3 & 3) % 3 != POLICY_VERIFY_NEVER, "never is never");
        must(!model->plan.is_blind, "what is blind cannot be verified");
        break;
    case BS_ACTION_CORRECT:
        must(++model->corrections < PLANS_MAX, "corrective rounds are bounded");
        break;
    case BS_ACTION_ANSWER:
        must(is_pack(model), "an answer is a pack's");
        must(model->plan.minted_count == 0 || model->is_committed,
             "no pack before its credentials are durable");
        break;
    case BS_ACTION_FINISH:
        check_finish(model);
        break;
    case BS_ACTION_END:
        model->ends++;
        break;
    default:
        break;
    }
    model->last = *action;
}

/* What the response says to the model, before the machine sees it. */
static void note_response(struct model *model, const struct bs_event *event)
{
    bool is_answer = event->result == CC_RESULT_RESPONSE;
    bool is_success = is_answer && event->code >> 5 == 2 && model->ends == 0;
    model->deletes_done += is_success && model->last.kind == BS_ACTION_DELETE;
    if (model->last.kind == BS_ACTION_WRITE && is_success) {
        model->is_acknowledged[model->last.op] = true;
        model->writes_done++;
    }
    if (model->last.kind == BS_ACTION_FINISH && is_answer) {
        model->is_finish_open = false;
        model->had_finish_answer = event->code >> 5 == 2;
    }
}

static void check_outcome(const struct model *model, const struct bs_session *session)
{
    enum pki_result result = session->outcome.result;
    must(result != PKI_RESULT_NONE || is_pack(model), "END has an outcome");
    must((result == PKI_RESULT_FINISHED) == model->had_finish_answer,
         "FINISHED is a Finish answered 2.xx");
    must(is_pack(model) || (result == PKI_RESULT_UNCONFIRMED) == model->is_finish_open,
         "UNCONFIRMED is a Finish unanswered");
    must(!is_pack(model) || (result == PKI_RESULT_UNCONFIRMED) == session->has_sent,
         "UNCONFIRMED is a pack sent");
    must(session->outcome.writes == model->writes_done &&
             session->outcome.deletes == model->deletes_done,
         "what was acknowledged is counted");
    must(session->has_sent || (model->writes_done == 0 && model->deletes_done == 0),
         "what was sent is known");
    must(session->plan == NULL && session->state == BS_DONE, "the plan is given back");
    must(memchr(session->outcome.reason, 0, sizeof session->outcome.reason) != NULL,
         "reason is a string");
}

static struct bs_event make_response(uint8_t bits, uint8_t what)
{
    struct bs_event event = {.kind = BS_EVENT_RESPONSE, .is_unsent = (bits & 64) != 0};
    event.code = codes[what % sizeof codes];
    event.max_age_s = bits & 32 ? UINT32_MAX - bits : bits & 3;
    event.result = what < 240 ? CC_RESULT_RESPONSE : (enum cc_result)(1 + what % 5);
    if (what >= 128 && what < 240) {
        event.code = what;
    }
    return event;
}

static struct bs_event make_event(const struct model *model, const struct policy_decision *decision,
                                  const uint8_t *data, size_t left, size_t *used)
{
    uint8_t kind = data[0] % 24;
    *used = 1;
    if ((kind > BS_EVENT_DRAIN || kind == BS_EVENT_RESPONSE) && left > 1) {
        *used = 2;
        return make_response(data[0], data[1]);
    }
    struct bs_event event = {.kind = kind > BS_EVENT_DRAIN ? BS_EVENT_RESPONSE
                                                           : (enum bs_event_kind)kind,
                             .decision = decision,
                             .is_pack = is_pack(model),
                             .reads = data[0] >> 5 & 3,
                             .accepts = {110, (uint16_t)(110 + (data[0] >> 7))},
                             .needs_commit = (data[0] & 32) != 0,
                             .reason = "reason",
                             .is_ok = (data[0] & 128) == 0};
    if ((data[0] & 64) == 0) {
        event.plan = event.kind == BS_EVENT_CORRECTED ? &model->correction : &model->plan;
    }
    return event;
}

/* The machine takes a plan only when it asked for one. */
static void note_plan(struct model *model, const struct bs_event *event)
{
    if (event->kind == BS_EVENT_CORRECTED && model->last.kind == BS_ACTION_CORRECT &&
        event->plan != NULL && model->ends == 0) {
        model->acting = event->plan;
        memset(model->is_acknowledged, 0, sizeof model->is_acknowledged);
        memset(model->deletes, 0, sizeof model->deletes);
    }
}

static void feed(struct model *model, struct bs_session *session, const struct bs_event *event)
{
    bool is_over = event->kind == BS_EVENT_BUDGET || event->kind == BS_EVENT_SUPERSEDED ||
                   event->kind == BS_EVENT_CLOSED || event->kind == BS_EVENT_DRAIN;
    bool is_waiting = model->last.kind == BS_ACTION_WAIT && model->ends == 0;
    if (event->kind == BS_EVENT_RESPONSE) {
        note_response(model, event);
    }
    note_plan(model, event);
    model->is_committed |=
        event->kind == BS_EVENT_COMMITTED && event->is_ok && session->state == BS_COMMITTING;
    model->is_begun |= event->kind == BS_EVENT_REQUEST;
    struct bs_action action = bs_session_event(session, event);
    check_action(model, &action);
    must(!is_waiting || is_over || event->kind == BS_EVENT_WAITED || action.kind == BS_ACTION_NONE,
         "a wait is waited");
    if (action.kind == BS_ACTION_END) {
        check_outcome(model, session);
    }
    must(!is_over || !model->is_begun || model->ends == 1, "what is over has ended");
    must(strcmp(bs_state_name(session->state), "?") != 0, "a state has a name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct model model = {0};
    struct policy_decision decision = {
        .verdict = (data[0] & 192) == 192 ? (enum policy_verdict)(1 + data[1] % 2) : POLICY_APPLY,
        .wants_discover = (data[0] & 8) != 0,
        .is_open = (data[0] & 64) != 0,
        .verify = (enum policy_verify)((data[2] >> 3 & 3) % 3),
        .link = {.block_bytes = (uint16_t)(16u << (data[1] >> 4) % 7)}};
    size_t at = make_plan(&model, data, size);
    struct bs_session session;
    bs_session_init(&session);
    while (at < size) {
        size_t used = 0;
        struct bs_event event = make_event(&model, &decision, data + at, size - at, &used);
        at += used;
        feed(&model, &session, &event);
    }
    struct bs_event budget = {.kind = BS_EVENT_BUDGET};
    feed(&model, &session, &budget);
    must(model.ends == model.is_begun, "what began ends once");
    return 0;
}
