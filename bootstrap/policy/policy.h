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
#include "bootstrap/lwm2m/link.h"
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

struct policy_set;
/* Loads PATH (file or folder). NULL when there is any error; warnings alone do not fail. */
struct policy_set *policy_set_load(const char *path, struct policy_report *report);
/* The same from memory, under the name FILE. */
struct policy_set *policy_set_load_text(const char *file, const char *text, size_t len,
                                        struct policy_report *report);
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

/* Who asks and what is known of it. */
struct policy_subject {
    const struct pki_device *device; /* NULL: no record (plain CoAP listener) */
    const char *endpoint;
    enum pki_auth auth; /* how this session was authenticated */
    uint16_t pct;       /* preferred content format; LWM2M_FORMAT_NONE = not sent */
    const struct lwm2m_discover *discover;    /* NULL: not asked or failed */
    const struct pki_credential *credentials; /* what the store holds for the device, ascending */
    size_t credential_count;
};

struct policy_decision {
    enum policy_verdict verdict;
    size_t rule;                   /* index; SIZE_MAX when none matched */
    char policy[PKI_NAME_MAX + 1]; /* "" when none matched */
    char reason[POLICY_REASON_MAX + 1];
    struct policy_link link; /* the rule's; a usual one when it names none */
    bool has_link;           /* the rule names a link; else the daemon's own default holds */
    bool wants_discover;     /* the plan depends on a Discover (default true) */
};

/* First match in file order (device override first). Looks only at endpoint, group, attributes,
 * auth. */
void policy_decide(const struct policy_set *set, const struct policy_subject *subject,
                   int64_t now_at, struct policy_decision *decision);

/* ---- planning ---- */

enum policy_op_kind { POLICY_OP_DELETE, POLICY_OP_WRITE };

struct policy_op {
    enum policy_op_kind kind;
    struct lwm2m_path path;          /* of the request */
    bool is_required;                /* Finish waits for it */
    const struct lwm2m_leaf *leaves; /* Write: ascending, under PATH */
    const bool *is_optional;         /* per leaf: may be left out when the client refuses it */
    size_t leaf_count;
};

#define POLICY_FORMATS_MAX 4

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
    struct pki_credential *minted;
    size_t minted_count;
    int32_t bootstrap_instance; /* /0 instance never touched; -1 unknown */
    bool is_blind;              /* made without Discover */
    const char *note;           /* what was left out because the device lacks it; NULL: nothing */
    void *arena;
};

/* Shape of every randomness argument. */
typedef void policy_random_fn(void *context, uint8_t *out, size_t len);

/*
 * Plans DECISION (verdict POLICY_APPLY) for SUBJECT. On failure NULL and REASON
 * (POLICY_REASON_MAX+1 octets) says why (template without value, stored credential missing, no free
 * instance ..). Invariants, whatever the input: no op deletes or writes the bootstrap account's /0
 * instance; with Discover, objects the device lacks are not written (mandatory 0 and 1 are);
 * security instances get free IDs; instances are written whole.
 */
struct policy_plan *policy_plan_new(const struct policy_set *set,
                                    const struct policy_decision *decision,
                                    const struct policy_subject *subject, int64_t now_at,
                                    policy_random_fn *random, void *random_context, char *reason);
void policy_plan_free(struct policy_plan *plan);
/*
 * The body of Write OP in FORMAT; WITHOUT_OPTIONAL leaves out what is optional. As lwm2m_encode.
 */
enum lwm2m_error policy_plan_encode(const struct policy_plan *plan, size_t op, uint16_t format,
                                    bool without_optional, uint8_t *out, size_t capacity,
                                    size_t *len) MUST_USE;
/* True when OP has leaves that are optional. */
bool policy_op_has_optional(const struct policy_op *op);
/* Octets held by PLAN. */
size_t policy_plan_memory(const struct policy_plan *plan);

#endif
