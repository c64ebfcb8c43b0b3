/*
 * One bootstrap session as a pure state machine: event in, action out. No clock, no I/O, no
 * allocation of its own.
 *
 * Model: observe -> plan -> act (architecture, decision 11).
 *
 *   REQUEST --2.04--> DISCOVER --> PLANNING --> [COMMITTING] --> ACTING (Delete .. Write ..) -->
 * FINISHING --> DONE
 *
 * The driver (worker) performs each action and feeds what came of it back as the next event. The
 * machine borrows the plan between BS_EVENT_PLANNED and the end. A request that no policy wants
 * served ends at once: POLICY_HOLD as PKI_RESULT_HELD (the driver gave 2.04, nothing changes),
 * POLICY_DENY as PKI_RESULT_DENIED.
 *
 * A step that failed is repaired where it can be (lwm2m-bootstrap.md section 5, clients.md).
 * Any 2.xx is success.
 *
 *   Discover  any failure but a closed session     plan without it
 *   Delete    4.00, 4.04, 4.05                     done already (a repeated Delete may find
 * nothing) 5.xx                                 once more Write     4.15, 4.06 the next format of
 * the plan; the one that worked is kept for the rest 4.13                                 blocks of
 * half the size, down to BS_BLOCK_MIN_BYTES; then without optional resources 4.08, 5.xx once more;
 * then without optional resources 4.00                                 without optional resources;
 * then, while no Write has gone through, the next format other 4.xx without optional resources
 *   Finish    4.06                                 one corrective round: every Write again, no
 * Delete, then Finish 5.xx                                 once more any       timeout, reset,
 * unusable response    the peer is gone: end
 *
 * What is left refused ends the session as FAILED if the operation is required, and is skipped (and
 * counted) if not. Finish is sent only when every required Write was acknowledged. Exactly one
 * BS_ACTION_END a session, with the outcome. When the answer to Finish is lost, for whatever
 * reason, the outcome is PKI_RESULT_UNCONFIRMED: the device may hold the new credentials.
 *
 * Words of the outcome. step: "discover", "plan", "commit", "delete /1", "write /0/1", "finish".
 * reason: "timeout", "reset", "response too large", "bad response", "session closed", "budget",
 * "superseded", "drain", a code as "4.15", or the event's own reason; of a finished session "" or
 * what was given up ("without discover", "1 write without its optional resources", "2 optional
 * operations refused"). code: the last refusal that mattered, a 4.06 to Finish through its round
 * too.
 */
#ifndef BS_SESSION_H
#define BS_SESSION_H

#include "bootstrap/coap/exchange.h"
#include "bootstrap/policy/policy.h"
#include "pki/record.h"

#define BS_BLOCK_MIN_BYTES 64

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
    BS_ACTION_NONE,     /* wait for the next event */
    BS_ACTION_DISCOVER, /* GET / Accept 40; on 2.05 the driver keeps the parsed answer for PLAN */
    BS_ACTION_PLAN, /* make the plan (with what Discover showed, or without) -> BS_EVENT_PLANNED */
    BS_ACTION_COMMIT, /* stage plan->minted durably -> BS_EVENT_COMMITTED */
    BS_ACTION_DELETE, /* DELETE op.path */
    BS_ACTION_WRITE,  /* PUT op.path, body of op in FORMAT, WITHOUT_OPTIONAL, at most BLOCK_BYTES a
                         block */
    BS_ACTION_FINISH, /* POST /bs */
    BS_ACTION_END     /* outcome is final: record, settle credentials, free */
};

struct bs_action {
    enum bs_action_kind kind;
    size_t op;             /* index into plan->ops: DELETE, WRITE */
    uint16_t format;       /* WRITE */
    bool without_optional; /* WRITE */
    uint16_t block_bytes;  /* WRITE; 0 = the link's */
};

enum bs_state {
    BS_IDLE,
    BS_DISCOVERING,
    BS_PLANNING,
    BS_COMMITTING,
    BS_ACTING,
    BS_FINISHING,
    BS_DONE
};

/* Caller storage; bs_session_init. Read-only for the driver. About 450 octets, most of them the
 * outcome. */
struct bs_session {
    enum bs_state state;
    const struct policy_plan *plan;
    size_t op;             /* current */
    uint8_t format_index;  /* into plan->formats */
    uint8_t formats_tried; /* of the current step, beyond the first */
    uint8_t rounds;        /* corrective rounds begun */
    uint8_t retries;       /* of the current step */
    bool without_optional; /* the current step */
    bool wants_discover;
    uint16_t block_bytes; /* 0 = the link's; halved on 4.13 and kept */
    uint16_t link_block_bytes;
    uint16_t skipped;   /* operations of this round given up */
    uint16_t shortened; /* Writes of this round taken only without their optional resources */
    struct pki_outcome outcome; /* result, step, code, reason, policy, counts; times, peer and
                                   retransmissions are the driver's */
};

/* Makes SESSION idle. */
void bs_session_init(struct bs_session *session);
/*
 * One event -> one action. An event that does not belong to the state is ignored (BS_ACTION_NONE).
 * After BS_ACTION_END every event gives BS_ACTION_NONE.
 */
struct bs_action bs_session_event(struct bs_session *session, const struct bs_event *event);
/* "idle", "discovering" .. for logs and the control socket. */
const char *bs_state_name(enum bs_state state);

#endif
