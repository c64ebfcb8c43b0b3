/*
 * The bootstrap session machine: each row is a script of events, the action that each must give,
 * and the outcome.
 *
 * The plan of all rows: DELETE /1, PUT /0/1 (with an optional resource), PUT /1/0, PUT /2/0 (not
 * required), then Finish. Rules: bootstrap/server/session.h, lwm2m-bootstrap.md section 5,
 * clients.md.
 */
#include "bootstrap/server/session.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 24 };

enum variant {
    MINTED = 1,
    BLIND = 2,
    HOLD = 4,
    DENY = 8,
    ONE_FORMAT = 16,
    NO_DISCOVER = 32,
    NO_FORMAT = 64
};

struct step {
    const char *event;
    const char *action;
};

struct row {
    const char *name;
    unsigned variant;
    struct step script[STEPS_MAX];
    enum pki_result result;
    const char *step;
    const char *reason;
    uint8_t code;
    uint16_t writes, deletes;
};

#define BEGIN                                                                                      \
    {"request", "discover"}, {"2.05", "plan"},                                                     \
    {                                                                                              \
        "planned", "delete /1"                                                                     \
    }
#define TO_WRITE                                                                                   \
    BEGIN,                                                                                         \
    {                                                                                              \
        "2.02", "write /0/1 112"                                                                   \
    }
#define TO_FINISH                                                                                  \
    TO_WRITE, {"2.04", "write /1/0 112"}, {"2.04", "write /2/0 112"},                              \
    {                                                                                              \
        "2.04", "finish"                                                                           \
    }

static const struct row rows[] = {
    {"every step succeeds",
     0,
     {TO_FINISH, {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"any 2.xx is success",
     0,
     {{"request", "discover"},
      {"2.05", "plan"},
      {"planned", "delete /1"},
      {"2.04", "write /0/1 112"},
      {"2.01", "write /1/0 112"},
      {"2.02", "write /2/0 112"},
      {"2.05", "finish"},
      {"2.05", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CONTENT,
     3,
     1},
    {"no event after the end matters",
     0,
     {TO_FINISH,
      {"2.04", "end"},
      {"2.04", "none"},
      {"budget", "none"},
      {"closed", "none"},
      {"request", "none"},
      {"planned", "none"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"events of another state are ignored",
     MINTED,
     {{"2.04", "none"},
      {"budget", "none"},
      {"request", "discover"},
      {"planned", "none"},
      {"committed", "none"},
      {"request", "none"},
      {"2.05", "plan"},
      {"2.05", "none"},
      {"planned", "commit"},
      {"2.04", "none"},
      {"planned", "none"},
      {"committed", "delete /1"},
      {"committed", "none"},
      {"closed", "end"}},
     PKI_RESULT_FAILED,
     "delete /1",
     "session closed",
     0,
     0,
     0},
    /* policies that serve nobody */
    {"hold: accepted, nothing changed",
     HOLD,
     {{"request", "end"}},
     PKI_RESULT_HELD,
     "",
     "no policy matches",
     0,
     0,
     0},
    {"deny", DENY, {{"request", "end"}}, PKI_RESULT_DENIED, "", "no policy matches", 0, 0, 0},
    /* discover */
    {"discover not wanted",
     NO_DISCOVER | BLIND,
     {{"request", "plan"},
      {"planned", "delete /1"},
      {"2.02", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"discover refused",
     BLIND,
     {{"request", "discover"},
      {"4.05", "plan"},
      {"planned", "delete /1"},
      {"2.02", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "without discover",
     CC_CHANGED,
     3,
     1},
    {"discover silent",
     BLIND,
     {{"request", "discover"}, {"timeout", "plan"}, {"refused plan", "end"}},
     PKI_RESULT_FAILED,
     "plan",
     "no free instance",
     0,
     0,
     0},
    {"discover reset",
     0,
     {{"request", "discover"}, {"reset", "plan"}, {"planned", "delete /1"}, {"drain", "end"}},
     PKI_RESULT_FAILED,
     "delete /1",
     "drain",
     0,
     0,
     0},
    {"closed while discovering",
     0,
     {{"request", "discover"}, {"closed result", "end"}},
     PKI_RESULT_FAILED,
     "discover",
     "session closed",
     0,
     0,
     0},
    /* plan and commit */
    {"plan without a format",
     NO_FORMAT,
     {{"request", "discover"}, {"2.05", "plan"}, {"planned", "end"}},
     PKI_RESULT_FAILED,
     "plan",
     "no content format",
     0,
     0,
     0},
    {"minted credentials are committed first",
     MINTED,
     {{"request", "discover"},
      {"2.05", "plan"},
      {"planned", "commit"},
      {"committed", "delete /1"},
      {"2.02", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"storage fails",
     MINTED,
     {{"request", "discover"}, {"2.05", "plan"}, {"planned", "commit"}, {"not committed", "end"}},
     PKI_RESULT_FAILED,
     "commit",
     "storage: disk full",
     0,
     0,
     0},
    {"closed while committing",
     MINTED,
     {{"request", "discover"},
      {"2.05", "plan"},
      {"planned", "commit"},
      {"closed", "end"},
      {"committed", "none"}},
     PKI_RESULT_FAILED,
     "commit",
     "session closed",
     0,
     0,
     0},
    /* delete */
    {"delete 4.04 is done already",
     0,
     {BEGIN, {"4.04", "write /0/1 112"}, {"superseded", "end"}},
     PKI_RESULT_SUPERSEDED,
     "write /0/1",
     "superseded",
     0,
     0,
     0},
    {"delete 4.00 is done already",
     0,
     {BEGIN, {"4.00", "write /0/1 112"}, {"budget", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "budget",
     0,
     0,
     0},
    {"delete 4.05 is done already",
     0,
     {BEGIN, {"4.05", "write /0/1 112"}, {"budget", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "budget",
     0,
     0,
     0},
    {"delete 5.00 once more",
     0,
     {BEGIN, {"5.00", "delete /1"}, {"2.02", "write /0/1 112"}, {"budget", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "budget",
     0,
     0,
     1},
    {"delete 5.00 twice",
     0,
     {BEGIN, {"5.00", "delete /1"}, {"5.00", "end"}},
     PKI_RESULT_FAILED,
     "delete /1",
     "5.00",
     CC_INTERNAL,
     0,
     0},
    {"delete forbidden",
     0,
     {BEGIN, {"4.03", "end"}},
     PKI_RESULT_FAILED,
     "delete /1",
     "4.03",
     CC_FORBIDDEN,
     0,
     0},
    {"delete silent",
     0,
     {BEGIN, {"timeout", "end"}},
     PKI_RESULT_FAILED,
     "delete /1",
     "timeout",
     0,
     0,
     0},
    /* write: formats */
    {"4.15: next format, kept",
     0,
     {TO_WRITE,
      {"4.15", "write /0/1 11542"},
      {"2.04", "write /1/0 11542"},
      {"2.04", "write /2/0 11542"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"4.06: next format",
     0,
     {TO_WRITE, {"4.06", "write /0/1 11542"}, {"reset", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "reset",
     0,
     0,
     1},
    {"4.15 to every format",
     0,
     {TO_WRITE, {"4.15", "write /0/1 11542"}, {"4.15", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "4.15",
     CC_UNSUPPORTED_FORMAT,
     0,
     1},
    {"4.15 to the only format",
     ONE_FORMAT,
     {TO_WRITE, {"4.15", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "4.15",
     CC_UNSUPPORTED_FORMAT,
     0,
     1},
    {"an optional write goes back to the format that worked",
     0,
     {TO_WRITE,
      {"4.15", "write /0/1 11542"},
      {"2.04", "write /1/0 11542"},
      {"2.04", "write /2/0 11542"},
      {"4.15", "write /2/0 112"},
      {"4.15", "finish"},
      {"4.06", "write /0/1 11542"},
      {"closed", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "session closed",
     CC_NOT_ACCEPTABLE,
     2,
     1},
    {"4.00 in every format and shape",
     0,
     {TO_WRITE,
      {"4.00", "write /0/1 112 short"},
      {"4.00", "write /0/1 11542"},
      {"4.00", "write /0/1 11542 short"},
      {"4.00", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "4.00",
     CC_BAD_REQUEST,
     0,
     1},
    {"4.00 after a format has proven itself",
     0,
     {TO_WRITE, {"2.04", "write /1/0 112"}, {"4.00", "end"}},
     PKI_RESULT_FAILED,
     "write /1/0",
     "4.00",
     CC_BAD_REQUEST,
     1,
     1},
    /* write: optional resources, blocks, once more */
    {"4.04: without optional resources",
     0,
     {TO_WRITE, {"4.04", "write /0/1 112 short"}, {"2.04", "write /1/0 112"}, {"4.04", "end"}},
     PKI_RESULT_FAILED,
     "write /1/0",
     "4.04",
     CC_NOT_FOUND,
     1,
     1},
    {"4.05 to both shapes",
     0,
     {TO_WRITE, {"4.05", "write /0/1 112 short"}, {"4.05", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "4.05",
     CC_METHOD_NOT_ALLOWED,
     0,
     1},
    {"4.13: smaller blocks, kept",
     0,
     {TO_WRITE,
      {"4.13", "write /0/1 112 /128"},
      {"2.04", "write /1/0 112 /128"},
      {"4.13", "write /1/0 112 /64"},
      {"4.13", "end"}},
     PKI_RESULT_FAILED,
     "write /1/0",
     "4.13",
     CC_TOO_LARGE,
     1,
     1},
    {"4.13 to the smallest block: without optional resources",
     0,
     {TO_WRITE,
      {"4.13", "write /0/1 112 /128"},
      {"4.13", "write /0/1 112 /64"},
      {"4.13", "write /0/1 112 /64 short"},
      {"4.13", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "4.13",
     CC_TOO_LARGE,
     0,
     1},
    {"5.00: once more, then without optional resources",
     0,
     {TO_WRITE, {"5.00", "write /0/1 112"}, {"5.00", "write /0/1 112 short"}, {"5.03", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "5.03",
     CC_UNAVAILABLE,
     0,
     1},
    {"5.03 once more succeeds",
     0,
     {TO_WRITE, {"5.03", "write /0/1 112"}, {"2.04", "write /1/0 112"}, {"drain", "end"}},
     PKI_RESULT_FAILED,
     "write /1/0",
     "drain",
     0,
     1,
     1},
    {"4.08: once more",
     0,
     {TO_WRITE, {"4.08", "write /0/1 112"}, {"bad response", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "bad response",
     0,
     0,
     1},
    {"an optional write is skipped",
     0,
     {TO_WRITE,
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"4.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "1 optional operation refused",
     CC_CHANGED,
     2,
     1},
    {"what was left out is told",
     0,
     {TO_WRITE,
      {"4.04", "write /0/1 112 short"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "1 write without its optional resources",
     CC_CHANGED,
     3,
     1},
    {"left out, but not in the corrective round",
     0,
     {TO_WRITE,
      {"5.00", "write /0/1 112"},
      {"5.00", "write /0/1 112 short"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"4.06", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     6,
     1},
    {"left out, skipped and blind",
     BLIND,
     {{"request", "discover"},
      {"4.05", "plan"},
      {"planned", "delete /1"},
      {"2.02", "write /0/1 112"},
      {"4.04", "write /0/1 112 short"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"4.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "without discover, 1 write without its optional resources, 1 optional operation refused",
     CC_CHANGED,
     2,
     1},
    {"skipped and blind",
     BLIND,
     {{"request", "discover"},
      {"5.01", "plan"},
      {"planned", "delete /1"},
      {"4.04", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"4.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "without discover, 1 optional operation refused",
     CC_CHANGED,
     2,
     0},
    {"write silent",
     0,
     {TO_WRITE, {"timeout", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "timeout",
     0,
     0,
     1},
    {"answer too large",
     0,
     {TO_WRITE, {"too large", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "response too large",
     0,
     0,
     1},
    /* finish */
    {"4.06: one corrective round without Delete",
     0,
     {TO_FINISH,
      {"4.06", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     6,
     1},
    {"4.06 twice",
     0,
     {TO_FINISH,
      {"4.06", "write /0/1 112"},
      {"2.04", "write /1/0 112"},
      {"2.04", "write /2/0 112"},
      {"2.04", "finish"},
      {"4.06", "end"}},
     PKI_RESULT_FAILED,
     "finish",
     "4.06",
     CC_NOT_ACCEPTABLE,
     6,
     1},
    {"a refused Finish is not unconfirmed",
     0,
     {TO_FINISH, {"4.06", "write /0/1 112"}, {"timeout", "end"}},
     PKI_RESULT_FAILED,
     "write /0/1",
     "timeout",
     CC_NOT_ACCEPTABLE,
     3,
     1},
    {"finish 5.00 once more",
     0,
     {TO_FINISH, {"5.00", "finish"}, {"2.04", "end"}},
     PKI_RESULT_FINISHED,
     "finish",
     "",
     CC_CHANGED,
     3,
     1},
    {"finish 5.00 twice",
     0,
     {TO_FINISH, {"5.00", "finish"}, {"5.00", "end"}},
     PKI_RESULT_FAILED,
     "finish",
     "5.00",
     CC_INTERNAL,
     3,
     1},
    {"finish 4.00 is final",
     0,
     {TO_FINISH, {"4.00", "end"}},
     PKI_RESULT_FAILED,
     "finish",
     "4.00",
     CC_BAD_REQUEST,
     3,
     1},
    /* Wakaama goes deaf after Finish: what it holds is not known */
    {"answer to Finish lost",
     0,
     {TO_FINISH, {"timeout", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "timeout",
     0,
     3,
     1},
    {"reset at Finish",
     0,
     {TO_FINISH, {"reset", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "reset",
     0,
     3,
     1},
    {"closed at Finish",
     0,
     {TO_FINISH, {"closed", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "session closed",
     0,
     3,
     1},
    {"request closed at Finish",
     0,
     {TO_FINISH, {"closed result", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "session closed",
     0,
     3,
     1},
    {"budget over at Finish",
     0,
     {TO_FINISH, {"budget", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "budget",
     0,
     3,
     1},
    {"superseded at Finish",
     0,
     {TO_FINISH, {"superseded", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "superseded",
     0,
     3,
     1},
    {"drain at Finish",
     0,
     {TO_FINISH, {"drain", "end"}},
     PKI_RESULT_UNCONFIRMED,
     "finish",
     "drain",
     0,
     3,
     1},
};

/* ---- fixture ---- */

struct fixture {
    struct policy_decision decision;
    struct policy_plan plan;
    struct policy_op ops[4];
    struct pki_credential minted;
};

static const struct lwm2m_leaf leaf;
static const bool optional[] = {true};
static const bool mandatory[] = {false};

static void fixture_init(struct fixture *f, unsigned variant)
{
    *f = (struct fixture){.ops = {{.kind = POLICY_OP_DELETE, .path = {{1}, 1}, .is_required = true},
                                  {.kind = POLICY_OP_WRITE,
                                   .path = {{0, 1}, 2},
                                   .is_required = true,
                                   .leaves = &leaf,
                                   .is_optional = optional,
                                   .leaf_count = 1},
                                  {.kind = POLICY_OP_WRITE,
                                   .path = {{1, 0}, 2},
                                   .is_required = true,
                                   .leaves = &leaf,
                                   .is_optional = mandatory,
                                   .leaf_count = 1},
                                  {.kind = POLICY_OP_WRITE,
                                   .path = {{2, 0}, 2},
                                   .leaves = &leaf,
                                   .is_optional = mandatory,
                                   .leaf_count = 1}}};
    f->decision.verdict = (variant & HOLD)   ? POLICY_HOLD
                          : (variant & DENY) ? POLICY_DENY
                                             : POLICY_APPLY;
    f->decision.wants_discover = (variant & NO_DISCOVER) == 0;
    f->decision.link.block_bytes = 256;
    strcpy(f->decision.policy, "acme");
    strcpy(f->decision.reason, "no policy matches");
    f->plan = (struct policy_plan){.ops = f->ops,
                                   .op_count = 4,
                                   .formats = {LWM2M_FORMAT_SENML_CBOR, LWM2M_FORMAT_TLV},
                                   .format_count = 2,
                                   .minted = &f->minted,
                                   .minted_count = (variant & MINTED) ? 1 : 0,
                                   .is_blind = (variant & BLIND) != 0};
    if (variant & (ONE_FORMAT | NO_FORMAT)) {
        f->plan.format_count = (variant & ONE_FORMAT) ? 1 : 0;
    }
}

static struct bs_event event_of(const char *text, const struct fixture *f)
{
    const struct {
        const char *text;
        struct bs_event event;
    } events[] = {
        {"request", {.kind = BS_EVENT_REQUEST, .decision = &f->decision}},
        {"planned", {.kind = BS_EVENT_PLANNED, .plan = &f->plan}},
        {"refused plan", {.kind = BS_EVENT_PLANNED, .reason = "no free instance"}},
        {"committed", {.kind = BS_EVENT_COMMITTED, .is_ok = true}},
        {"not committed", {.kind = BS_EVENT_COMMITTED, .reason = "storage: disk full"}},
        {"budget", {.kind = BS_EVENT_BUDGET}},
        {"superseded", {.kind = BS_EVENT_SUPERSEDED}},
        {"closed", {.kind = BS_EVENT_CLOSED}},
        {"drain", {.kind = BS_EVENT_DRAIN}},
        {"timeout", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_TIMEOUT}},
        {"reset", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_RESET}},
        {"too large", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_TOO_LARGE}},
        {"bad response", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_BAD_RESPONSE}},
        {"closed result", {.kind = BS_EVENT_RESPONSE, .result = CC_RESULT_CLOSED}},
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(events[i].text, text) == 0) {
            return events[i].event;
        }
    }
    assert_true(text[0] >= '2' && text[0] <= '5' && text[1] == '.');
    return (struct bs_event){.kind = BS_EVENT_RESPONSE,
                             .code = (uint8_t)((text[0] - '0') << 5 | atoi(text + 2))};
}

static void action_text(const struct bs_action *action, const struct fixture *f, char out[64])
{
    static const char *const names[] = {"none",   "discover", "plan",   "commit",
                                        "delete", "write",    "finish", "end"};
    int used = snprintf(out, 64, "%s", names[action->kind]);
    if (action->kind != BS_ACTION_DELETE && action->kind != BS_ACTION_WRITE) {
        return;
    }
    assert_true(action->op < f->plan.op_count);
    const uint16_t *id = f->ops[action->op].path.id;
    if (action->kind == BS_ACTION_DELETE) {
        snprintf(out + used, 64 - (size_t)used, " /%u", id[0]);
        return;
    }
    used += snprintf(out + used, 64 - (size_t)used, " /%u/%u %u", id[0], id[1], action->format);
    if (action->block_bytes > 0) {
        used += snprintf(out + used, 64 - (size_t)used, " /%u", action->block_bytes);
    }
    snprintf(out + used, 64 - (size_t)used, "%s", action->without_optional ? " short" : "");
}

static void assert_outcome(const struct row *row, const struct pki_outcome *outcome)
{
    assert_string_equal(outcome->step, row->step);
    assert_string_equal(outcome->reason, row->reason);
    assert_string_equal(outcome->policy, "acme");
    assert_int_equal(outcome->result, row->result);
    assert_int_equal(outcome->code, row->code);
    assert_int_equal(outcome->writes, row->writes);
    assert_int_equal(outcome->deletes, row->deletes);
}

static void run_row(const struct row *row)
{
    struct fixture f;
    fixture_init(&f, row->variant);
    struct bs_session session;
    bs_session_init(&session);
    assert_int_equal(session.state, BS_IDLE);
    print_message("  %s\n", row->name);
    for (size_t i = 0; i < STEPS_MAX && row->script[i].event != NULL; i++) {
        struct bs_event event = event_of(row->script[i].event, &f);
        struct bs_action action = bs_session_event(&session, &event);
        char text[64];
        action_text(&action, &f, text);
        assert_string_equal(text, row->script[i].action);
    }
    assert_int_equal(session.state, BS_DONE);
    assert_null(session.plan);
    assert_outcome(row, &session.outcome);
}

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run_row(&rows[i]);
    }
}

/* An empty plan has nothing to wait for: Finish at once. */
static void test_empty_plan(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NO_DISCOVER);
    f.plan.op_count = 0;
    f.plan.format_count = 0;
    struct bs_session session;
    bs_session_init(&session);
    struct bs_event request = event_of("request", &f);
    struct bs_event planned = event_of("planned", &f);
    assert_int_equal(bs_session_event(&session, &request).kind, BS_ACTION_PLAN);
    assert_int_equal(bs_session_event(&session, &planned).kind, BS_ACTION_FINISH);
}

/* A policy's reason may be longer than an outcome's: it is cut, and stays a string. */
static void test_long_reason(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, DENY);
    memset(f.decision.reason, 'x', POLICY_REASON_MAX);
    f.decision.reason[POLICY_REASON_MAX] = '\0';
    struct bs_session session;
    bs_session_init(&session);
    struct bs_event request = event_of("request", &f);
    assert_int_equal(bs_session_event(&session, &request).kind, BS_ACTION_END);
    assert_int_equal(strlen(session.outcome.reason), PKI_REASON_MAX);
}

static void test_state_names(void **state)
{
    (void)state;
    assert_string_equal(bs_state_name(BS_IDLE), "idle");
    assert_string_equal(bs_state_name(BS_DONE), "done");
    assert_string_equal(bs_state_name((enum bs_state)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_empty_plan),
        cmocka_unit_test(test_long_reason),
        cmocka_unit_test(test_state_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
