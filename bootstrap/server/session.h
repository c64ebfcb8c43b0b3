/*
 * One bootstrap session as a pure state machine: event in, action out. No clock, no I/O, no
 * allocation of its own.
 *
 * Model: observe -> plan -> act -> verify (architecture, decision 11).
 *
 *   REQUEST --2.04--> DISCOVERING -> DECIDING -> [READING] -> PLANNING -> [COMMITTING]
 *     -> ACTING (Delete .. Write ..) -> [VERIFYING] -> FINISHING -> DONE
 *                ^                          |             |
 *                +------- CORRECTING <------+---- 4.06 ---+      once each
 *
 *   a Bootstrap-Pack-Request --> PLANNING -> [COMMITTING] -> ANSWERING -> DONE
 *
 * The driver (worker) performs each action and feeds what came of it back as the next event. The
 * machine borrows a plan between the event that brought it and the end. A request that no policy
 * wants served ends at once, or when what the device showed decides so: POLICY_HOLD as
 * PKI_RESULT_HELD (the driver gave 2.04, nothing changes), POLICY_DENY as PKI_RESULT_DENIED.
 *
 * Observing: Discover of / and, where that is refused by a code, of /0, /1, /2 and /21 one by one
 * (a client that refuses /0 too has no Discover); then the Reads that are asked for. A Read that is
 * refused with 4.06 is asked for once more in the other format. Whatever is refused is done
 * without, unless the decision needs it.
 *
 * Verifying, before Finish: `changed` when anything was sent, `always`, or `never`; nothing that
 * was planned blind is verified, since such a client shows nothing. The driver holds what is shown
 * against the plan; a difference brings one corrective round and is held again; what then differs
 * ends the session as FAILED at "verify", or is told where the decision keeps_difference. A client
 * that shows nothing any more is taken at its word, and the outcome says so. A 4.06 to Finish is
 * answered, where the plan allows it, by a corrective round of its own: observe, correct, act,
 * Finish once more.
 *
 * A step that failed is repaired where it can be (lwm2m-bootstrap.md section 5, clients.md).
 * Any 2.xx is success.
 *
 *   observing any failure but a closed session     without it; silence to a verifying one: the end
 *   Delete    4.00, 4.04, 4.05                     done already (a repeated one may find nothing)
 *             5.xx                                 once more
 *   Write     4.15, 4.06                           the next format of the plan; the one that worked
 *                                                  is kept for the rest
 *             4.13                                 blocks of half the size, down to
 *                                                  BS_BLOCK_MIN_BYTES; then without optional
 *                                                  resources
 *             4.08, 5.xx                           once more; then without optional resources
 *             4.00                                 without optional resources; then, while no Write
 *                                                  has gone through, the next format
 *             other 4.xx                           without optional resources
 *   Finish    4.06                                 one corrective round, see above
 *             5.xx                                 once more
 *   any       timeout, reset, unusable response    the peer is gone: end
 *
 * What comes once more after a 5.03 waits for its Max-Age, BS_WAIT_MS without one, BS_WAIT_MAX_MS
 * at most. An operation whose on_error is POLICY_RETRY starts over POLICY_RETRIES times, each after
 * a wait, before it counts as refused. What is left refused ends the session as FAILED if the
 * operation is required, and is skipped (and counted) if not; with the Security instance of an
 * account the rest of that account is. Finish is sent only when every required Write was
 * acknowledged. Exactly one BS_ACTION_END a session, with the outcome. When the answer to Finish is
 * lost, for whatever reason, the outcome is PKI_RESULT_UNCONFIRMED: the device may hold the new
 * credentials. So it is once a pack was answered: whether it was applied is never told. A pack that
 * cannot be planned ends with PKI_RESULT_NONE: the device goes on by Bootstrap-Request, and nothing
 * is recorded.
 *
 * Words of the outcome. step: "discover", "read /1", "plan", "commit", "delete /1", "write /0/1",
 * "verify", "correct", "finish", "pack". reason: "timeout", "reset", "response too large", "bad
 * response", "session closed", "budget", "superseded", "drain", a code as "4.15", or the event's
 * own reason; of a finished session "" or what was given up ("without discover", "not verified",
 * "verified in part", "differs: /1/0 is missing", "1 write without its optional resources", "2
 * optional operations refused", "1 corrective round"). code: the last refusal that mattered, a 4.06
 * to Finish through its round too.
 */
#ifndef BS_SESSION_H
#define BS_SESSION_H

#include "bootstrap/coap/exchange.h"
#include "bootstrap/policy/policy.h"
#include "pki/record.h"

#define BS_BLOCK_MIN_BYTES 64
#define BS_LOST_MAX        8 /* accounts given up of which the rest is skipped */
#define BS_WAIT_MS         2000
#define BS_WAIT_MAX_MS     30000 /* some clients give a silent server up after 40 s (clients.md) */

enum bs_event_kind {
    BS_EVENT_REQUEST,    /* accepted request: DECISION, IS_PACK */
    BS_EVENT_DECIDED,    /* DECISION, READS, ACCEPTS */
    BS_EVENT_PLANNED,    /* PLAN and NEEDS_COMMIT, or NULL with REASON */
    BS_EVENT_COMMITTED,  /* what must be durable first is (IS_OK) or could not be stored: REASON */
    BS_EVENT_RESPONSE,   /* RESULT, and CODE, MAX_AGE_S when it is a response */
    BS_EVENT_WAITED,     /* the time of BS_ACTION_WAIT is over */
    BS_EVENT_VERIFIED,   /* IS_OK, or REASON names the first difference */
    BS_EVENT_CORRECTED,  /* PLAN of the corrective round, or NULL */
    BS_EVENT_ANSWERED,   /* the pack is on its way (IS_OK), or REASON */
    BS_EVENT_BUDGET,     /* the total budget is over */
    BS_EVENT_SUPERSEDED, /* a newer bootstrap of this endpoint began */
    BS_EVENT_CLOSED,     /* the CoAP session ended */
    BS_EVENT_DRAIN       /* the daemon gives up waiting for this session */
};

struct bs_event {
    enum bs_event_kind kind;
    const struct policy_decision *decision; /* copied where needed */
    bool is_pack;                           /* REQUEST: a Bootstrap-Pack-Request */
    unsigned reads;                         /* DECIDED: enum policy_reads */
    uint16_t accepts[2];                    /* DECIDED: formats to ask for in a Read */
    const struct policy_plan *plan;         /* PLANNED, CORRECTED; borrowed until END */
    bool needs_commit;                      /* PLANNED: something must be durable before a Write */
    const char *reason;
    bool is_ok;
    enum cc_result result; /* RESPONSE */
    uint8_t code;          /* RESPONSE with CC_RESULT_RESPONSE */
    uint32_t max_age_s;    /* of a 5.03; 0 = not said */
    bool is_unsent;        /* RESPONSE: the format cannot carry the Write; nothing was sent */
};

enum bs_action_kind {
    BS_ACTION_NONE,     /* wait for the next event */
    BS_ACTION_DISCOVER, /* GET PATH, Accept 40; the driver adds a 2.05 to what is shown */
    BS_ACTION_READ,     /* GET PATH, Accept FORMAT; the driver keeps a 2.05 */
    BS_ACTION_DECIDE,   /* decide again if the decision is open; which Reads? -> DECIDED */
    BS_ACTION_PLAN,     /* make the plan with what was shown, or without -> PLANNED */
    BS_ACTION_COMMIT,   /* make durable what must be -> COMMITTED */
    BS_ACTION_DELETE,   /* DELETE op.path */
    BS_ACTION_WRITE,   /* PUT op.path, body of op in FORMAT, WITHOUT_OPTIONAL, at most BLOCK_BYTES a
                          block */
    BS_ACTION_WAIT,    /* nothing for WAIT_MS -> WAITED */
    BS_ACTION_VERIFY,  /* hold what was shown against the plan that PLAN made -> VERIFIED */
    BS_ACTION_CORRECT, /* plan a corrective round -> CORRECTED */
    BS_ACTION_FINISH,  /* POST /bs */
    BS_ACTION_ANSWER,  /* 2.05 with the pack -> ANSWERED */
    BS_ACTION_END      /* outcome is final: record, settle credentials, free */
};

/* What became of a Write that is over. */
enum bs_over { BS_OVER_NONE, BS_OVER_TAKEN, BS_OVER_SKIPPED };

struct bs_action {
    enum bs_action_kind kind;
    struct lwm2m_path path; /* DISCOVER, READ */
    bool is_fresh;          /* DISCOVER: forget what was shown before */
    size_t op;              /* DELETE, WRITE: index into the ops of the plan that came last */
    uint16_t format;        /* WRITE, READ */
    bool without_optional;  /* WRITE */
    uint16_t block_bytes;   /* WRITE; 0 = the link's */
    uint32_t wait_ms;       /* WAIT */
    enum bs_over over;      /* whatever the kind: of Write OVER_OP of the plan that came last */
    size_t over_op;
};

enum bs_state {
    BS_IDLE,
    BS_DISCOVERING,
    BS_DECIDING,
    BS_READING,
    BS_PLANNING,
    BS_COMMITTING,
    BS_ACTING,
    BS_VERIFYING,
    BS_CORRECTING,
    BS_FINISHING,
    BS_ANSWERING,
    BS_DONE,
    BS_STATES /* how many there are */
};

/* Where an observation stands (session_look.h). */
enum bs_look { BS_LOOK_OVER, BS_LOOK_ROOT, BS_LOOK_OBJECT, BS_LOOK_READ };

/* Caller storage; bs_session_init. Read-only for the driver. About 550 octets, most of them the
 * outcome. */
struct bs_session {
    enum bs_state state;
    const struct policy_plan *plan; /* whose operations are performed */
    size_t op;                      /* current */
    uint8_t format_index;           /* into plan->formats */
    uint8_t formats_tried;          /* of the current step, beyond the first */
    uint8_t formats_refused;        /* of the current step: bits of indexes */
    uint8_t retries;                /* of the current step */
    uint8_t attempts;               /* of the current operation, begun over by POLICY_RETRY */
    bool without_optional;          /* the current step */
    bool is_waiting;
    bool is_pack;

    enum bs_look look;
    uint8_t look_index;   /* into the objects, or the Reads */
    uint8_t look_reads;   /* enum policy_reads of this observation */
    uint8_t accept_index; /* into accepts */
    bool is_accept_tried; /* the other one, in this Read */
    bool shows_by_object; /* / is refused, objects are not */
    bool has_seen;        /* this observation showed something */
    uint8_t misses;       /* what was refused of it */
    uint16_t accepts[2];

    enum policy_verify verify;
    unsigned verify_reads;
    bool wants_discover;
    bool is_blind;         /* the first plan was made without Discover */
    bool may_correct;      /* a refused Finish */
    bool is_unverified;    /* what was written could not be seen */
    bool is_half_verified; /* not all of it */
    bool needs_discover, needs_reads, keeps_difference; /* of the decision */
    bool has_difference;   /* kept: the device lacks something, as outcome.reason says */
    bool has_sent;         /* a Delete or Write went out: the device may hold anything */
    uint8_t verify_rounds; /* corrective rounds after a difference */
    uint8_t finish_rounds; /* and after a refused Finish */
    uint16_t block_bytes;  /* 0 = the link's; halved on 4.13 and kept */
    uint16_t link_block_bytes;
    uint16_t skipped;           /* operations given up */
    uint16_t shortened;         /* Writes taken only without their optional resources */
    uint16_t lost[BS_LOST_MAX]; /* short server IDs whose Security instance was skipped */
    uint8_t lost_count;

    uint16_t worked;                      /* format of the last Write that went through; else
                                             LWM2M_FORMAT_NONE */
    uint16_t refused[POLICY_FORMATS_MAX]; /* formats that the client refused where another went */
    uint8_t refused_count;
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
