#include "tests/support/session_script.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 };

static const struct lwm2m_leaf leaf;
static const bool optional[] = {true};
static const bool mandatory[] = {false};

static struct policy_op write_of(uint16_t object, uint16_t instance, const bool *flags)
{
    return (struct policy_op){.kind = POLICY_OP_WRITE,
                              .path = {{object, instance}, 2},
                              .is_required = object != 2,
                              .on_error = object == 2 ? POLICY_GO_ON : POLICY_STOP,
                              .leaves = &leaf,
                              .is_optional = flags,
                              .leaf_count = 1};
}

static void make_ops(struct script_fixture *f, unsigned variant)
{
    f->ops[0] = (struct policy_op){.kind = POLICY_OP_DELETE, .path = {{1}, 1}, .is_required = true};
    f->ops[1] = write_of(0, 1, optional);
    f->ops[2] = write_of(1, 0, mandatory);
    f->ops[3] = write_of(2, 0, mandatory);
    if ((variant & RETRY) != 0) {
        f->ops[0].on_error = POLICY_RETRY;
        f->ops[1].on_error = POLICY_RETRY;
    }
}

static struct policy_plan plan_of(struct script_fixture *f, unsigned variant)
{
    bool is_short = (variant & (ONE_FORMAT | NO_FORMAT)) != 0;
    return (struct policy_plan){
        .ops = f->ops,
        .op_count = (variant & UNCHANGED) != 0 ? 0 : 4,
        .formats = {LWM2M_FORMAT_SENML_CBOR, LWM2M_FORMAT_TLV},
        .format_count = is_short ? (variant & ONE_FORMAT) != 0 : 2,
        .minted = &f->minted,
        .minted_count = (variant & MINTED) != 0,
        .is_blind = (variant & BLIND) != 0,
        .is_unchanged = (variant & UNCHANGED) != 0,
        .may_correct = (variant & NO_CORRECT) == 0,
        .verify_reads = (variant & READS) != 0 ? POLICY_READ_SERVERS | POLICY_READ_ACCESS : 0};
}

static struct policy_decision decision_of(enum policy_verdict verdict, unsigned variant)
{
    struct policy_decision decision = {.verdict = verdict,
                                       .is_open = (variant & OPEN) != 0,
                                       .wants_discover = (variant & NO_DISCOVER) == 0,
                                       .verify = (variant & ALWAYS) != 0    ? POLICY_VERIFY_ALWAYS
                                                 : (variant & CHANGED) != 0 ? POLICY_VERIFY_CHANGED
                                                                            : POLICY_VERIFY_NEVER,
                                       .needs_discover = (variant & NEEDS) != 0,
                                       .needs_reads = (variant & NEEDS) != 0,
                                       .keeps_difference = (variant & KEEPS) != 0,
                                       .link = {.block_bytes = 256}};
    strcpy(decision.policy, "acme");
    strcpy(decision.reason, "no policy matches");
    return decision;
}

void script_init(struct script_fixture *f, unsigned variant)
{
    *f = (struct script_fixture){.variant = variant};
    make_ops(f, variant);
    f->decision = decision_of((variant & HOLD)   ? POLICY_HOLD
                              : (variant & DENY) ? POLICY_DENY
                                                 : POLICY_APPLY,
                              variant);
    f->hold = decision_of(POLICY_HOLD, variant & ~(unsigned)OPEN);
    f->deny = decision_of(POLICY_DENY, variant & ~(unsigned)OPEN);
    f->plan = plan_of(f, variant);
    f->correction = plan_of(f, variant & ~(unsigned)(MINTED | UNCHANGED));
    f->correction.ops = f->ops + 1;
    f->correction.op_count = 3;
    f->acting = &f->plan;
}

static struct bs_event response_of(const char *text)
{
    assert_true(text[0] >= '2' && text[0] <= '5' && text[1] == '.');
    const char *slash = strchr(text, '/');
    return (struct bs_event){.kind = BS_EVENT_RESPONSE,
                             .code = (uint8_t)((text[0] - '0') << 5 | atoi(text + 2)),
                             .max_age_s = slash != NULL ? (uint32_t)atoi(slash + 1) : 0};
}

static struct bs_event decided(const struct policy_decision *decision, unsigned variant)
{
    return (struct bs_event){
        .kind = BS_EVENT_DECIDED,
        .decision = decision,
        .accepts = {LWM2M_FORMAT_SENML_CBOR, LWM2M_FORMAT_TLV},
        .reads = (variant & READS) != 0 ? POLICY_READ_SERVERS | POLICY_READ_ACCESS : 0};
}

struct bs_event script_event(const char *text, struct script_fixture *f)
{
    const struct {
        const char *text;
        struct bs_event event;
    } events[] = {
        {"request",
         {.kind = BS_EVENT_REQUEST, .decision = &f->decision, .is_pack = (f->variant & PACK) != 0}},
        {"decided", decided(&f->decision, f->variant)},
        {"decided hold", decided(&f->hold, f->variant)},
        {"decided deny", decided(&f->deny, f->variant)},
        {"planned",
         {.kind = BS_EVENT_PLANNED, .plan = &f->plan, .needs_commit = (f->variant & DURABLE) != 0}},
        {"refused plan", {.kind = BS_EVENT_PLANNED, .reason = "no free instance"}},
        {"committed", {.kind = BS_EVENT_COMMITTED, .is_ok = true}},
        {"not committed", {.kind = BS_EVENT_COMMITTED, .reason = "storage: disk full"}},
        {"waited", {.kind = BS_EVENT_WAITED}},
        {"verified", {.kind = BS_EVENT_VERIFIED, .is_ok = true}},
        {"differs", {.kind = BS_EVENT_VERIFIED, .reason = "/1/0 is missing"}},
        {"corrected", {.kind = BS_EVENT_CORRECTED, .plan = &f->correction}},
        {"not corrected", {.kind = BS_EVENT_CORRECTED}},
        {"answered", {.kind = BS_EVENT_ANSWERED, .is_ok = true}},
        {"not answered", {.kind = BS_EVENT_ANSWERED, .reason = "out of memory"}},
        {"budget", {.kind = BS_EVENT_BUDGET}},
        {"superseded", {.kind = BS_EVENT_SUPERSEDED}},
        {"closed", {.kind = BS_EVENT_CLOSED}},
        {"drain", {.kind = BS_EVENT_DRAIN}},
        {"unsent", {.kind = BS_EVENT_RESPONSE, .code = CC_UNSUPPORTED_FORMAT, .is_unsent = true}},
        {"timeout", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_TIMEOUT}},
        {"reset", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_RESET}},
        {"too large", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_TOO_LARGE}},
        {"bad response", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_BAD_RESPONSE}},
        {"closed result", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_CLOSED}},
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(events[i].text, text) == 0) {
            f->acting = events[i].event.plan != NULL ? events[i].event.plan : f->acting;
            return events[i].event;
        }
    }
    return response_of(text);
}

static void write_text(const struct bs_action *action, const char *path, char out[TEXT_MAX])
{
    int used = snprintf(out, TEXT_MAX, "write %s %u", path, action->format);
    if (action->block_bytes > 0) {
        used += snprintf(out + used, TEXT_MAX - (size_t)used, " /%u", action->block_bytes);
    }
    snprintf(out + used, TEXT_MAX - (size_t)used, "%s", action->without_optional ? " short" : "");
}

static void op_text(const struct bs_action *action, const struct script_fixture *f,
                    char out[TEXT_MAX])
{
    char path[25];
    assert_true(action->op < f->acting->op_count);
    lwm2m_path_text(f->acting->ops[action->op].path, path);
    if (action->kind == BS_ACTION_WRITE) {
        write_text(action, path, out);
    } else {
        snprintf(out, TEXT_MAX, "delete %s", path);
    }
}

static void action_text(const struct bs_action *action, const struct script_fixture *f,
                        char out[TEXT_MAX])
{
    static const char *const names[] = {"none",    "discover", "read",   "decide", "plan",
                                        "commit",  "delete",   "write",  "wait",   "verify",
                                        "correct", "finish",   "answer", "end"};
    char path[25];
    lwm2m_path_text(action->path, path);
    switch (action->kind) {
    case BS_ACTION_DELETE:
    case BS_ACTION_WRITE:
        op_text(action, f, out);
        break;
    case BS_ACTION_DISCOVER:
        assert_int_equal(action->is_fresh, action->path.depth == 0 || action->path.id[0] == 0);
        snprintf(out, TEXT_MAX, "discover%s%s", action->path.depth ? " " : "",
                 action->path.depth ? path : "");
        break;
    case BS_ACTION_READ:
        snprintf(out, TEXT_MAX, "read %s %u", path, action->format);
        break;
    case BS_ACTION_WAIT:
        snprintf(out, TEXT_MAX, "wait %u", action->wait_ms);
        break;
    default:
        snprintf(out, TEXT_MAX, "%s", names[action->kind]);
    }
}

static void assert_outcome(const struct script_row *row, const struct pki_outcome *outcome)
{
    assert_string_equal(outcome->step, row->step);
    assert_string_equal(outcome->reason, row->reason);
    assert_string_equal(outcome->policy, "acme");
    assert_int_equal(outcome->result, row->result);
    assert_int_equal(outcome->code, row->code);
    assert_int_equal(outcome->writes, row->writes);
    assert_int_equal(outcome->deletes, row->deletes);
}

void script_run(const struct script_row *row, struct bs_session *session)
{
    struct script_fixture f;
    script_init(&f, row->variant);
    bs_session_init(session);
    assert_int_equal(session->state, BS_IDLE);
    print_message("  %s\n", row->name);
    for (size_t i = 0; i < SCRIPT_STEPS_MAX && row->script[i].event != NULL; i++) {
        struct bs_event event = script_event(row->script[i].event, &f);
        struct bs_action action = bs_session_event(session, &event);
        char text[TEXT_MAX];
        action_text(&action, &f, text);
        assert_string_equal(text, row->script[i].action);
    }
    assert_int_equal(session->state, BS_DONE);
    assert_null(session->plan);
    assert_outcome(row, &session->outcome);
}
