/*
 * One bootstrap session as a pure state machine: event in, actions out. No clock, no I/O, no allocation of its own.
 *
 * Model: observe -> plan -> act (architecture, decision 11).
 *
 *   REQUEST --2.04--> DISCOVER --> PLANNING --> [COMMITTING] --> ACTING (Delete .. Write ..) --> FINISHING --> DONE
 *
 * The driver (worker) performs each action and feeds what came of it back as the next event. The machine borrows the plan between
 * BS_EVENT_PLANNED and the end. A step that failed is repaired where it can be (lwm2m-bootstrap.md section 5, clients.md):
 *   Write 4.15/4.06: next format; Write refused with optional resources inside: the instance again without them; 4.13: smaller block;
 *   5.00: once more; an optional Write that fails is skipped; Delete 4.04/4.00/4.05: done already; Discover refused or silent: plan without it;
 *   Finish 4.06: one corrective round (every Write again, then Finish); 5.xx: once more.
 * Finish is sent only when every required Write was acknowledged. Exactly one BS_ACTION_END a session, with the outcome.
 */
#ifndef BS_SESSION_H
#define BS_SESSION_H

#include "bootstrap/coap/exchange.h"
#include "bootstrap/policy/policy.h"
#include "pki/record.h"

enum bs_event_kind {
    BS_EVENT_REQUEST,    /* accepted Bootstrap-Request: DECISION is set */
    BS_EVENT_PLANNED,    /* PLAN is set, or NULL with REASON */
    BS_EVENT_COMMITTED,  /* staged credentials are durable (is_ok) or could not be stored */
    BS_EVENT_RESPONSE,   /* RESULT, and CODE/FORMAT when it is a response */
    BS_EVENT_BUDGET,     /* the total budget is over */
    BS_EVENT_SUPERSEDED, /* a newer bootstrap of this endpoint began */
    BS_EVENT_CLOSED,     /* the CoAP session ended */
    BS_EVENT_DRAIN       /* the daemon gives up waiting for this session */
};

struct bs_event {
    enum bs_event_kind kind;
    const struct policy_decision *decision; /* REQUEST; copied where needed */
    const struct policy_plan *plan;         /* PLANNED; borrowed until END */
    const char *reason;                     /* PLANNED with NULL plan, COMMITTED not ok */
    bool is_ok;                             /* COMMITTED */
    enum cc_result result;                  /* RESPONSE */
    uint8_t code;                           /* RESPONSE with CC_RESULT_RESPONSE */
    uint16_t format;                        /* Content-Format of the response, CC_FORMAT_NONE */
};

enum bs_action_kind {
    BS_ACTION_NONE, /* wait for the next event */
    BS_ACTION_DISCOVER, /* GET / Accept 40; on 2.05 the driver keeps the parsed answer for PLAN */
    BS_ACTION_PLAN,     /* make the plan (with what Discover showed, or without) -> BS_EVENT_PLANNED */
    BS_ACTION_COMMIT,   /* stage plan->minted durably -> BS_EVENT_COMMITTED */
    BS_ACTION_DELETE,   /* DELETE op.path */
    BS_ACTION_WRITE,    /* PUT op.path, body of op in FORMAT, WITHOUT_OPTIONAL, at most BLOCK_BYTES a block */
    BS_ACTION_FINISH,   /* POST /bs */
    BS_ACTION_END       /* outcome is final: record, settle credentials, free */
};

struct bs_action {
    enum bs_action_kind kind;
    size_t op;              /* index into plan->ops: DELETE, WRITE */
    uint16_t format;        /* WRITE */
    bool without_optional;  /* WRITE */
    uint16_t block_bytes;   /* WRITE; 0 = the link's */
};

enum bs_state { BS_IDLE, BS_DISCOVERING, BS_PLANNING, BS_COMMITTING, BS_ACTING, BS_FINISHING, BS_DONE };

/* Caller storage; zero-initialise, then bs_session_init. About 200 octets. */
struct bs_session {
    enum bs_state state;
    const struct policy_plan *plan;
    size_t op;              /* current */
    uint8_t format_index;   /* into plan->formats: kept for the rest once a Write went through */
    uint8_t rounds;         /* Finish attempts that asked for correction */
    uint8_t retries;        /* of the current step */
    bool without_optional;
    bool wants_discover;
    bool finish_sent;
    uint16_t block_bytes;   /* 0 = the link's; halved on 4.13 */
    uint16_t skipped;       /* optional writes given up */
    struct pki_outcome outcome; /* step, code, reason, counts are kept here; times and peer are the driver's */
};

void bs_session_init(struct bs_session *session);
/*
 * One event -> one action. An event that does not belong to the state is ignored (BS_ACTION_NONE). After BS_ACTION_END every event gives
 * BS_ACTION_NONE.
 */
struct bs_action bs_session_event(struct bs_session *session, const struct bs_event *event);
const char *bs_state_name(enum bs_state state);

#endif
