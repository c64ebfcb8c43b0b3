/*
 * Policies: YAML files -> an immutable, checked set -> a decision and a plan for one device. The
 * language is docs/policy.md.
 *
 * Model. policy_set_load reads one file or every *.yaml of a folder (in name order), reports every
 * error at once, and gives a set only when there is none. A set is immutable and reference counted:
 * a worker keeps its reference while a session uses it, a reload swaps the whole. policy_decide and
 * policy_plan_new are pure: the device, what it showed, its credentials, the time and randomness
 * are arguments.
 *
 * Thread safety: a set may be used from any thread; reports and plans belong to one.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/definition.h"
#include "bootstrap/lwm2m/link.h"
#include "bootstrap/policy/quirk.h"
#include "pki/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_REASON_MAX 160
#define POLICY_ERRORS_MAX 100        /* reported of one load; more are counted */
#define POLICY_FILE_MAX   (4u << 20) /* octets of one file */

/* ---- loading ---- */

struct policy_problem {
    char *file;
    unsigned line, column; /* from 1; 0 = the file as a whole */
    bool is_warning;
    char *text; /* one sentence: the offending key or value, the nearest valid one */
};

/* All problems of a load, in file order. Zero-initialise. */
struct policy_report {
    struct policy_problem *problems;
    size_t count;
    size_t capacity;
    size_t error_count; /* all, also those beyond POLICY_ERRORS_MAX */
};
void policy_report_clear(struct policy_report *report);
/* "file:line:column: error: text" of problem I into OUT. */
void policy_report_line(const struct policy_report *report, size_t i, char *out, size_t capacity);

/*
 * Reads object definitions: PATH is an XML file or a folder of *.xml. NULL when one is refused,
 * with its file, line and column in REPORT; a file that is XML but defines no object is a warning.
 * Free with lwm2m_definitions_unref.
 */
struct lwm2m_definitions *policy_definitions_load(const char *path, struct policy_report *report);

struct lwm2m_json_writer;
/*
 * The JSON Schema (draft 2020-12) of a policy file, for editors: made from the rows that the loader
 * reads by. What references and values of other objects mean is left to the loader.
 */
void policy_language_schema(struct lwm2m_json_writer *writer);

struct policy_set;
/*
 * Loads PATH (file or folder; *.cases.yaml are left out). What is written is checked against
 * DEFINITIONS, of which the set takes a reference; NULL: the built-in objects. NULL when there is
 * any error; warnings alone do not fail.
 */
struct policy_set *policy_set_load(const char *path, struct lwm2m_definitions *definitions,
                                   struct policy_report *report);
/* The same from memory, under the name FILE; includes are looked up beside it. */
struct policy_set *policy_set_load_text(const char *file, const char *text, size_t len,
                                        struct lwm2m_definitions *definitions,
                                        struct policy_report *report);
/*
 * What a load cannot know since it has no clock: warnings for policies and overlays whose validity
 * has ended at NOW_AT.
 */
void policy_set_lint(const struct policy_set *set, int64_t now_at, struct policy_report *report);
const struct lwm2m_registry *policy_set_registry(const struct policy_set *set);
struct policy_set *policy_set_ref(struct policy_set *set);
void policy_set_unref(struct policy_set *set);

/* Policies of the set, in the order in which they are tried. */
size_t policy_set_rule_count(const struct policy_set *set);
/* Name of policy INDEX, borrowed; NULL beyond the last. */
const char *policy_set_rule_name(const struct policy_set *set, size_t index);
/* True when a policy is called NAME. */
bool policy_set_has_rule(const struct policy_set *set, const char *name);

/* ---- deciding ---- */

enum policy_verdict { POLICY_APPLY, POLICY_HOLD, POLICY_DENY };

/* How patient: RFC 7252 parameters and budget of the link (policy.md "links"). */
struct policy_link {
    uint32_t ack_timeout_ms;
    uint8_t max_retransmit;
    uint16_t block_bytes;
    uint32_t budget_ms; /* the whole bootstrap, from the Bootstrap-Request */
};

/* What the device showed. Each NULL: not asked, or without an answer. */
struct policy_observation {
    const struct lwm2m_discover *discover;
    const struct lwm2m_content *servers; /* Read of /1: absolute paths */
    const struct lwm2m_content *access;  /* Read of /2 */
};

enum policy_transport { POLICY_COAP, POLICY_COAPS, POLICY_COAP_TCP, POLICY_COAPS_TCP };

/* Shape of a keyed hash: the same octets give the same PRINT, in this home only. */
typedef void policy_print_fn(void *context, const uint8_t *data, size_t len,
                             uint8_t print[static PKI_PRINT_OCTETS]);

/* Who asks and what is known of it. */
struct policy_subject {
    const struct pki_device *device; /* NULL: no record (plain CoAP listener) */
    const char *endpoint;
    enum pki_auth auth; /* how this session was authenticated */
    enum policy_transport transport;
    uint16_t pct;    /* preferred content format; LWM2M_FORMAT_NONE = not sent */
    bool is_pack;    /* a Bootstrap-Pack-Request: LwM2M 1.2, everything in one answer */
    uint16_t accept; /* of the Pack-Request; LWM2M_FORMAT_NONE = not sent */
    const struct lwm2m_path *account; /* `acc` of the Pack-Request: instances of the bootstrap */
    size_t account_count;             /* account */
    struct policy_observation seen;
    const struct pki_credential *credentials; /* what the store holds for the device, ascending */
    size_t credential_count;
    const struct pki_memory *memory;    /* NULL: nothing known */
    const struct pki_rollout *rollouts; /* those that were started; any order */
    size_t rollout_count;
    policy_print_fn *print; /* NULL: nothing secret is ever taken for unchanged */
    void *print_context;
};

#define POLICY_OVERLAYS_MAX 16 /* laid over one policy */

enum policy_verify { POLICY_VERIFY_CHANGED, POLICY_VERIFY_ALWAYS, POLICY_VERIFY_NEVER };

struct policy_decision {
    enum policy_verdict verdict;
    /* What the device shows may decide otherwise: decide again after Discover. The verdict is
     * POLICY_APPLY until then; link and wants_discover are the policy's that may be taken. */
    bool is_open;
    uint16_t overlays[POLICY_OVERLAYS_MAX]; /* index of each that is laid over, in their order */
    size_t overlay_count;
    const char *rollouts[PKI_ROLLOUTS_MAX]; /* of which these count their outcomes; the set's */
    size_t rollout_count;
    enum policy_verify verify;
    bool needs_discover;           /* a refused Discover ends the bootstrap (`on-error`) */
    bool needs_reads;              /* and a refused Read */
    bool keeps_difference;         /* what is still missing at the end is told, not fatal */
    bool allows_pack;              /* a Bootstrap-Pack-Request may be answered */
    size_t rule;                   /* index; SIZE_MAX when none matched */
    char policy[PKI_NAME_MAX + 1]; /* "" when none matched */
    char reason[POLICY_REASON_MAX + 1];
    struct policy_link link; /* the rule's; a usual one when it names none */
    bool has_link;           /* the rule names a link; else the daemon's own default holds */
    bool wants_discover;     /* the plan depends on a Discover (default true) */
};

/*
 * The first match by priority, then in file order (device override first), and every overlay that
 * fits. A condition on what the device shows holds back the decision until SUBJECT has a Discover
 * or IS_FINAL says that there will be none (it does not fit then).
 */
void policy_decide(const struct policy_set *set, const struct policy_subject *subject,
                   bool is_final, int64_t now_at, struct policy_decision *decision);

/* ---- planning ---- */

/* Why the verdict is what it is: for `imprint policy explain`. */
struct policy_explanation {
    const char *name; /* of the policy or overlay, borrowed from the set */
    bool is_overlay;
    bool fits; /* matches; of several policies the first that does is applied */
    bool is_applied;
    struct policy_mark_view {
        const char *file;
        unsigned line;
    } mark;
    char reason[POLICY_REASON_MAX + 1]; /* the first condition that does not fit, or "" */
};
/*
 * Explains every policy in the order in which they are tried, then every overlay: calls TELL for
 * each.
 */
void policy_explain(const struct policy_set *set, const struct policy_subject *subject,
                    int64_t now_at,
                    void (*tell)(void *context, const struct policy_explanation *one),
                    void *context);
/* What the policies of SET say of rollout NAME: NULL values filled in as the overlay gives them.
 * False: no overlay has that rollout. */
bool policy_set_rollout(const struct policy_set *set, const char *name,
                        struct pki_rollout *rollout);
/* Name of rollout INDEX of SET, borrowed; NULL beyond the last. */
const char *policy_set_rollout_name(const struct policy_set *set, size_t index);

/* What the plan would like to know besides Discover: bits. */
enum policy_reads { POLICY_READ_SERVERS = 1, POLICY_READ_ACCESS = 2 };
/*
 * Reads that can spare Writes or are needed for the plan of DECISION, by what Discover showed; 0
 * for LwM2M 1.0, a blind plan, or a device that has nothing of ours.
 */
unsigned policy_reads(const struct policy_set *set, const struct policy_decision *decision,
                      const struct policy_subject *subject);

enum policy_op_kind { POLICY_OP_DELETE, POLICY_OP_WRITE };
/* What a refusal does that no repair helps (`on-error`). */
enum policy_on_error {
    POLICY_STOP, /* the bootstrap ends: Finish waits for this operation */
    POLICY_GO_ON,
    POLICY_RETRY /* up to POLICY_RETRIES more attempts of the operation, then stop */
};
#define POLICY_RETRIES 2

struct policy_op {
    enum policy_op_kind kind;
    struct lwm2m_path path; /* of the request; a Write may name object, instance, resource */
    uint16_t ssid;          /* of the server account that a Write is about; 0: of none */
    bool is_required;       /* Finish waits for it: on_error is not POLICY_GO_ON */
    enum policy_on_error on_error;
    const struct lwm2m_leaf *leaves; /* Write: ascending, under PATH */
    const bool *is_optional;         /* per leaf: may be left out when the client refuses it */
    size_t leaf_count;
};

#define POLICY_FORMATS_MAX 8

/* A credential of the store that a plan sends again, and that no Finish has confirmed yet. */
struct policy_pending {
    uint16_t server_id;
    enum pki_mode mode;
    uint32_t serial;
};

/* A credential that a plan carries and the store does not know yet: the parts of a struct
 * pki_credential, which is far larger, in the plan's memory. */
struct policy_minted {
    uint16_t server_id;
    enum pki_mode mode;
    const uint8_t *identity, *secret, *public_part;
    size_t identity_len, secret_len, public_len;
};
/* MINTED as a record; device and times are the caller's to set. Secret: wipe it. */
void policy_minted_credential(const struct policy_minted *minted,
                              struct pki_credential *credential);

/* What a bootstrap by a plan teaches about its device: see policy_plan_teach. */
struct policy_teaching {
    uint16_t version;
    bool is_pack;
    bool has_objects; /* it showed which objects it has */
    const uint16_t *objects;
    size_t object_count;
    struct pki_print *prints;
    size_t print_count;
    const char (*rollouts)[PKI_NAME_MAX + 1]; /* that the device takes part in by this plan */
    size_t rollout_count;
};

/*
 * What to do, in order; then Finish. Self-contained: outlives set and subject. Holds secrets:
 * policy_plan_free wipes. MINTED are the credentials that it carries and the store does not know
 * yet: stage them before the first Write.
 */
struct policy_plan {
    struct policy_op *ops;
    size_t op_count;
    uint16_t formats[POLICY_FORMATS_MAX]; /* to try, in this order */
    size_t format_count;
    struct policy_minted *minted;
    size_t minted_count;
    struct policy_pending *pending; /* Finish confirms them as it does what was minted */
    size_t pending_count;
    int32_t bootstrap_instance; /* /0 instance never touched but where the policy moves the
                                   bootstrap account by name; -1 unknown */
    bool moves_bootstrap;       /* the last op writes it, in place */
    bool is_blind;              /* made without Discover */
    bool is_unchanged;          /* the device holds all of it: no operation */
    unsigned verify_reads;      /* enum policy_reads to verify with, besides Discover */
    const char *note;           /* what was left out because the device lacks it; NULL: nothing */
    const char *kind;           /* the client that it was made for (quirk); NULL: none */
    bool may_correct;           /* a 4.06 to Finish may be answered by a corrective round */
    struct policy_teaching teaching;
    void *arena; /* holds the whole desired state too */
};

/* Shape of every randomness argument. */
typedef void policy_random_fn(void *context, uint8_t *out, size_t len);

/*
 * Plans DECISION (verdict POLICY_APPLY) for SUBJECT: the difference between what the policy wants
 * and what the device shows, by what was read and by what is remembered of it. On failure NULL and
 * REASON (POLICY_REASON_MAX+1 octets) says why (template without value, stored credential missing,
 * no free instance ..). Invariants, whatever the input: no op deletes the bootstrap account's /0
 * instance, and none writes it but the last of a plan that moves it; with Discover, objects the
 * device lacks are not written (mandatory 0 and 1 are); security instances get free IDs; instances
 * are written whole, but for one resource of /1 that alone differs from what was read.
 */
struct policy_plan *policy_plan_new(const struct policy_set *set,
                                    const struct policy_decision *decision,
                                    const struct policy_subject *subject, int64_t now_at,
                                    policy_random_fn *random, void *random_context, char *reason);
void policy_plan_free(struct policy_plan *plan);
/*
 * Adds to MEMORY, which is what was known when PLAN was made (zeroed: nothing), what its bootstrap
 * has taught: version, kind, objects, whether packs are asked for. Of what the device holds
 * (prints) and takes part in (rollouts) only a confirmed one teaches; else the prints are
 * forgotten. Device, time and formats are the caller's.
 */
void policy_plan_teach(const struct policy_plan *plan, bool is_confirmed,
                       struct pki_memory *memory);
/*
 * The device does not hold OP of PLAN as planned: nothing of that instance (of a Security instance:
 * of its whole account) is taught any more, and so spared next time.
 */
void policy_plan_forget(struct policy_plan *plan, const struct policy_op *op);
/*
 * Holds what SEEN shows against all that PLAN wants on the device (not only what it writes). True
 * when nothing is missing or wrong, as far as it can be seen; else REASON (POLICY_REASON_MAX+1
 * octets) names the first difference: "/1/0 is missing", "/1/0/1 is 60, not 86400".
 */
bool policy_plan_verify(const struct policy_plan *plan, const struct policy_observation *seen,
                        char *reason);
/*
 * The operations of a corrective round: what SEEN lacks (nothing seen, or nothing missing: all of
 * it, each instance deleted and written anew where the client allows it). Mints nothing; the
 * bootstrap account is spared as in PLAN. NULL: out of memory.
 */
struct policy_plan *policy_plan_correct(const struct policy_plan *plan,
                                        const struct policy_observation *seen) MUST_USE;
/*
 * The body of a Bootstrap-Pack: every Write of PLAN (made for a subject with is_pack) in FORMAT.
 * As lwm2m_encode.
 */
enum lwm2m_error policy_plan_pack(const struct policy_plan *plan, uint16_t format, uint8_t *out,
                                  size_t capacity, size_t *len) MUST_USE;
/*
 * The body of Write OP in FORMAT; WITHOUT_OPTIONAL leaves out what is optional. As lwm2m_encode.
 */
enum lwm2m_error policy_plan_encode(const struct policy_plan *plan, size_t op, uint16_t format,
                                    bool without_optional, uint8_t *out, size_t capacity,
                                    size_t *len) MUST_USE;
/*
 * True when the client that PLAN was made for (kind) is known not to take something of what is
 * wanted: OUT (POLICY_REASON_MAX+1 octets) says what. Nothing is changed by it.
 */
bool policy_plan_doubt(const struct policy_plan *plan, char *out);
/* True when OP has leaves that are optional. */
bool policy_op_has_optional(const struct policy_op *op);
/* Octets held by PLAN. */
size_t policy_plan_memory(const struct policy_plan *plan);

#endif
