#include "bootstrap/server/session_act.h"
#include "bootstrap/server/session_look.h"
#include "bootstrap/server/session_step.h"

static const char *const state_names[BS_STATES] = {
    [BS_IDLE] = "idle",           [BS_DISCOVERING] = "discovering", [BS_DECIDING] = "deciding",
    [BS_READING] = "reading",     [BS_PLANNING] = "planning",       [BS_COMMITTING] = "committing",
    [BS_ACTING] = "acting",       [BS_VERIFYING] = "verifying",     [BS_CORRECTING] = "correcting",
    [BS_FINISHING] = "finishing", [BS_ANSWERING] = "answering",     [BS_DONE] = "done",
};

static const struct bs_action no_action = {.kind = BS_ACTION_NONE};

/* ---- the other events ---- */

/* False: nobody is to be served. */
static bool take_decision(struct bs_session *session, const struct policy_decision *decision)
{
    bs_step_text(session->outcome.policy, sizeof session->outcome.policy, decision->policy);
    session->link_block_bytes = decision->link.block_bytes;
    session->verify = decision->verify;
    session->needs_discover = decision->needs_discover;
    session->needs_reads = decision->needs_reads;
    session->keeps_difference = decision->keeps_difference;
    return decision->verdict == POLICY_APPLY;
}

static struct bs_action end_decided(struct bs_session *session,
                                    const struct policy_decision *decision)
{
    bool is_hold = decision->verdict == POLICY_HOLD;
    return bs_step_end(session, is_hold ? PKI_RESULT_HELD : PKI_RESULT_DENIED, decision->reason);
}

static struct bs_action on_request(struct bs_session *session, const struct bs_event *event)
{
    const struct policy_decision *decision = event->decision;
    bool is_served = take_decision(session, decision);
    session->is_pack = event->is_pack;
    session->wants_discover = decision->wants_discover || decision->is_open;
    if (!is_served && (event->is_pack || !decision->is_open)) {
        return end_decided(session, decision);
    }
    if (event->is_pack || !session->wants_discover) {
        return bs_act_plan(session);
    }
    return bs_act_observe(session, BS_DISCOVERING, "discover", 0);
}

static struct bs_action on_decided(struct bs_session *session, const struct bs_event *event)
{
    if (!take_decision(session, event->decision)) {
        return end_decided(session, event->decision);
    }
    session->accepts[0] = event->accepts[0];
    session->accepts[1] = event->accepts[1];
    session->state = BS_READING;
    bs_look_reads(session, event->reads);
    return bs_act_look(session);
}

static struct bs_action refuse_plan(struct bs_session *session, const char *reason)
{
    return bs_step_end(session, session->is_pack ? PKI_RESULT_NONE : PKI_RESULT_FAILED, reason);
}

static struct bs_action begin_acting(struct bs_session *session)
{
    return session->is_pack ? bs_step_begin(session, BS_ANSWERING, "pack", BS_ACTION_ANSWER)
                            : bs_act_begin(session);
}

static struct bs_action on_planned(struct bs_session *session, const struct bs_event *event)
{
    if (event->plan == NULL) {
        return refuse_plan(session, event->reason);
    }
    if (event->plan->format_count == 0 && bs_act_has_write(event->plan)) {
        return refuse_plan(session, "no content format");
    }
    session->plan = event->plan;
    session->is_blind = event->plan->is_blind;
    session->may_correct = event->plan->may_correct;
    session->verify_reads = event->plan->verify_reads;
    if (event->needs_commit || event->plan->minted_count > 0) {
        return bs_step_begin(session, BS_COMMITTING, "commit", BS_ACTION_COMMIT);
    }
    return begin_acting(session);
}

/* Architecture, decision 9: a credential that is not durable must not reach the device. */
static struct bs_action on_committed(struct bs_session *session, const struct bs_event *event)
{
    return event->is_ok ? begin_acting(session)
                        : bs_step_end(session, PKI_RESULT_FAILED, event->reason);
}

static struct bs_action on_answered(struct bs_session *session, const struct bs_event *event)
{
    session->has_sent = event->is_ok;
    return bs_step_end(session, event->is_ok ? PKI_RESULT_UNCONFIRMED : PKI_RESULT_FAILED,
                       event->reason);
}

/* ---- interface ---- */

void bs_session_init(struct bs_session *session)
{
    *session = (struct bs_session){.state = BS_IDLE, .worked = LWM2M_FORMAT_NONE};
}

/* What can come at any time, and ends. */
static struct bs_action interrupt(struct bs_session *session, enum bs_event_kind kind)
{
    switch (kind) {
    case BS_EVENT_BUDGET:
        return bs_step_end_lost(session, PKI_RESULT_FAILED, "budget");
    case BS_EVENT_SUPERSEDED:
        return bs_step_end_lost(session, PKI_RESULT_SUPERSEDED, "superseded");
    case BS_EVENT_CLOSED:
        return bs_step_end_lost(session, PKI_RESULT_FAILED, "session closed");
    case BS_EVENT_DRAIN:
        return bs_step_end_lost(session, PKI_RESULT_FAILED, "drain");
    default:
        return no_action;
    }
}

struct bs_action bs_session_event(struct bs_session *session, const struct bs_event *event)
{
    enum bs_state state = session->state;
    bool is_over = session->look == BS_LOOK_OVER;
    if (state == BS_DONE || (state == BS_IDLE && event->kind != BS_EVENT_REQUEST)) {
        return no_action;
    }
    switch (event->kind) {
    case BS_EVENT_REQUEST:
        return state == BS_IDLE ? on_request(session, event) : no_action;
    case BS_EVENT_DECIDED:
        return state == BS_DECIDING ? on_decided(session, event) : no_action;
    case BS_EVENT_PLANNED:
        return state == BS_PLANNING ? on_planned(session, event) : no_action;
    case BS_EVENT_COMMITTED:
        return state == BS_COMMITTING ? on_committed(session, event) : no_action;
    case BS_EVENT_RESPONSE:
        return bs_act_response(session, event);
    case BS_EVENT_WAITED:
        return session->is_waiting ? bs_act_waited(session) : no_action;
    case BS_EVENT_VERIFIED:
        return state == BS_VERIFYING && is_over ? bs_act_verified(session, event) : no_action;
    case BS_EVENT_CORRECTED:
        return state == BS_CORRECTING && is_over ? bs_act_corrected(session, event) : no_action;
    case BS_EVENT_ANSWERED:
        return state == BS_ANSWERING ? on_answered(session, event) : no_action;
    default:
        return interrupt(session, event->kind);
    }
}

const char *bs_state_name(enum bs_state state)
{
    return (size_t)state < BS_STATES ? state_names[state] : "?";
}
