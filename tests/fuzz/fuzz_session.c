/*
 * Random plans and random events against the session machine; what must always hold is checked
 * against a model.
 *
 * Input: octet 0 = plan flags, octet 1 = operation count, then one octet an operation, then the
 * events: one octet each (two for a response).
 */
#include "bootstrap/server/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPS_MAX = 12 };

/* Attempts at one Write: (once more + blocks 1024 .. 64 + two shapes) in each format. */
enum { ATTEMPTS_MAX = 1 + 4 + 2 * POLICY_FORMATS_MAX };

struct model {
    struct policy_plan plan;
    struct policy_op ops[OPS_MAX];
    bool is_acknowledged[OPS_MAX]; /* in this round */
    unsigned deletes[OPS_MAX];
    struct bs_action last;
    unsigned actions, finishes, ends;
    unsigned writes_done, deletes_done;
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
    size_t used = 2;
    size_t count = data[1] % (OPS_MAX + 1);
    for (size_t i = 0; i < count && used < size; i++, used++) {
        uint8_t bits = data[used];
        model->ops[i] = (struct policy_op){.kind = (bits & 1) ? POLICY_OP_WRITE : POLICY_OP_DELETE,
                                           .path = {{(uint16_t)(bits >> 4), (uint16_t)i}, 2},
                                           .is_required = (bits & 2) != 0,
                                           .leaves = &leaf,
                                           .is_optional = &flags[(bits >> 2) & 1],
                                           .leaf_count = 1};
        model->plan.op_count++;
    }
    model->plan.ops = model->ops;
    model->plan.format_count = data[0] % (POLICY_FORMATS_MAX + 1);
    for (size_t i = 0; i < model->plan.format_count; i++) {
        model->plan.formats[i] = (uint16_t)(110 + i);
    }
    model->plan.minted_count = (data[0] >> 4) & 1;
    model->plan.is_blind = (data[0] & 32) != 0;
    return used;
}

static void check_finish(struct model *model)
{
    for (size_t i = 0; i < model->plan.op_count; i++) {
        const struct policy_op *op = &model->ops[i];
        must(op->kind != POLICY_OP_WRITE || !op->is_required || model->is_acknowledged[i],
             "Finish waits for every required Write");
    }
    model->finishes++;
    must(model->finishes <= 4, "Finish is bounded");
    model->is_finish_open = true;
}

static void check_write(const struct model *model, const struct bs_action *action)
{
    bool is_known = false;
    must(model->plan.minted_count == 0 || model->is_committed,
         "no Write before its credential is durable");
    for (size_t i = 0; i < model->plan.format_count; i++) {
        is_known |= model->plan.formats[i] == action->format;
    }
    must(is_known, "a Write's format is of the plan");
    must(model->ops[action->op].kind == POLICY_OP_WRITE, "a Write is a Write");
    must(!action->without_optional || policy_op_has_optional(&model->ops[action->op]),
         "nothing optional is left out where there is nothing optional");
    must(action->block_bytes == 0 || action->block_bytes >= BS_BLOCK_MIN_BYTES,
         "blocks have a floor");
}

static void check_action(struct model *model, const struct bs_action *action)
{
    if (action->kind == BS_ACTION_NONE) {
        return;
    }
    must(model->ends == 0, "no action after END");
    model->actions++;
    must(model->actions <= 8 + 2 * ATTEMPTS_MAX * model->plan.op_count, "actions are bounded");
    if (action->kind == BS_ACTION_DELETE || action->kind == BS_ACTION_WRITE) {
        must(action->op < model->plan.op_count, "op is in range");
    }
    switch (action->kind) {
    case BS_ACTION_DELETE:
        must(model->ops[action->op].kind == POLICY_OP_DELETE, "a Delete is a Delete");
        must(++model->deletes[action->op] <= 2, "a Delete is repeated at most once");
        break;
    case BS_ACTION_WRITE:
        check_write(model, action);
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
        if (event->code == CC_NOT_ACCEPTABLE) {
            memset(model->is_acknowledged, 0, sizeof model->is_acknowledged);
        }
    }
}

static void check_outcome(const struct model *model, const struct bs_session *session)
{
    enum pki_result result = session->outcome.result;
    must(result != PKI_RESULT_NONE, "END has an outcome");
    must((result == PKI_RESULT_FINISHED) == model->had_finish_answer,
         "FINISHED is a Finish answered 2.xx");
    must((result == PKI_RESULT_UNCONFIRMED) == model->is_finish_open,
         "UNCONFIRMED is a Finish unanswered");
    must(session->outcome.writes == model->writes_done &&
             session->outcome.deletes == model->deletes_done,
         "what was acknowledged is counted");
    must(session->plan == NULL && session->state == BS_DONE, "the plan is given back");
    must(memchr(session->outcome.reason, 0, sizeof session->outcome.reason) != NULL,
         "reason is a string");
}

static struct bs_event make_event(const struct model *model, const struct policy_decision *decision,
                                  const uint8_t *data, size_t left, size_t *used)
{
    uint8_t kind = data[0] % 16;
    struct bs_event event = {.kind = kind > BS_EVENT_DRAIN ? BS_EVENT_RESPONSE
                                                           : (enum bs_event_kind)kind,
                             .decision = decision,
                             .reason = "reason",
                             .is_ok = (data[0] & 128) == 0,
                             .format = CC_FORMAT_NONE};
    event.plan = (data[0] & 64) ? NULL : &model->plan;
    *used = 1;
    if (event.kind == BS_EVENT_RESPONSE && left > 1) {
        *used = 2;
        event.code = codes[data[1] % sizeof codes];
        event.result = data[1] < 240 ? CC_RESULT_RESPONSE : (enum cc_result)(1 + data[1] % 5);
        if (data[1] >= 128 && data[1] < 240) {
            event.code = data[1];
        }
    }
    return event;
}

static void feed(struct model *model, struct bs_session *session, const struct bs_event *event)
{
    bool is_over = event->kind == BS_EVENT_BUDGET || event->kind == BS_EVENT_SUPERSEDED ||
                   event->kind == BS_EVENT_CLOSED || event->kind == BS_EVENT_DRAIN;
    if (event->kind == BS_EVENT_RESPONSE) {
        note_response(model, event);
    }
    model->is_committed |=
        event->kind == BS_EVENT_COMMITTED && event->is_ok && session->state == BS_COMMITTING;
    model->is_begun |= event->kind == BS_EVENT_REQUEST;
    struct bs_action action = bs_session_event(session, event);
    check_action(model, &action);
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
