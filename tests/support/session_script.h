/*
 * Scripts for the bootstrap session machine: each row is a list of events, the action that each
 * must give, and the outcome.
 *
 * The plan of all rows: DELETE /1, PUT /0/1 (with an optional resource), PUT /1/0, PUT /2/0 (not
 * required), then Finish; in SenML CBOR, else TLV. The corrective round writes the same and deletes
 * nothing.
 *
 * Events: "request", "decided", "decided hold", "decided deny", "planned", "refused plan",
 * "committed", "not committed", "waited", "verified", "differs", "corrected", "not corrected",
 * "answered", "not answered", "budget", "superseded", "closed", "drain"; a response by its code,
 * "5.03/7" with Max-Age; "unsent"; "timeout", "reset", "too large", "bad response",
 * "closed result". Actions: "none", "discover", "discover /0", "read /1 112", "decide", "plan",
 * "commit", "delete /1", "write /0/1 112", with " /64" for a block size and " short" without
 * optional resources, "wait 2000", "verify", "correct", "finish", "answer", "end".
 */
#ifndef SUPPORT_SESSION_SCRIPT_H
#define SUPPORT_SESSION_SCRIPT_H

#include "bootstrap/server/session.h"

enum { SCRIPT_STEPS_MAX = 32 };

enum script_variant {
    MINTED = 1,
    BLIND = 2,
    HOLD = 4,
    DENY = 8,
    ONE_FORMAT = 16,
    NO_DISCOVER = 32,
    NO_FORMAT = 64,
    CHANGED = 128, /* verify: else never */
    ALWAYS = 256,
    OPEN = 512,
    NO_CORRECT = 1024, /* a refused Finish */
    READS = 2048,      /* /1 and /2, before the plan and to verify with */
    RETRY = 4096,      /* on_error of PUT /0/1 and of DELETE /1 */
    UNCHANGED = 8192,  /* no operation */
    PACK = 16384,
    NEEDS = 65536,  /* Discover and Reads */
    KEEPS = 131072, /* what differs at the end */
    DURABLE = 32768 /* something is to be durable though nothing is minted */
};

struct script_step {
    const char *event;
    const char *action;
};

struct script_row {
    const char *name;
    unsigned variant;
    struct script_step script[SCRIPT_STEPS_MAX];
    enum pki_result result;
    const char *step;
    const char *reason;
    uint8_t code;
    uint16_t writes, deletes;
};

/* What the rows are about. */
struct script_fixture {
    struct policy_decision decision;
    struct policy_decision hold, deny; /* decided later */
    struct policy_plan plan;
    struct policy_plan correction;
    const struct policy_plan *acting; /* whichever came last */
    struct policy_op ops[4];
    struct policy_minted minted;
    unsigned variant;
};
void script_init(struct script_fixture *fixture, unsigned variant);
struct bs_event script_event(const char *text, struct script_fixture *fixture);
/* Feeds SESSION (new) the events of ROW; asserts each action, then the outcome. */
void script_run(const struct script_row *row, struct bs_session *session);

#endif
