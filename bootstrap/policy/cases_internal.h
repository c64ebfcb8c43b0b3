/*
 * A case as its rows read it. Internal to the files of cases.h.
 */
#ifndef POLICY_CASES_INTERNAL_H
#define POLICY_CASES_INTERNAL_H

#include "bootstrap/policy/cases.h"
#include "bootstrap/policy/schema.h"

struct cases_device {
    struct policy_schema_item item; /* mark.line 0: a device without a record */
    const char *endpoint, *identity, *group, *policy;
    int64_t auth;
    struct policy_array attributes; /* struct pki_attribute */
};

struct cases_reads {
    struct policy_schema_item item;
    const char *servers, *access; /* NULL: not read */
    int64_t format;
};

struct cases_memory {
    struct policy_schema_item item; /* mark.line 0: nothing known */
    int64_t version, asked_pack;
    const char *kind;
    struct policy_array formats, refused, objects; /* int64_t, int64_t, struct lwm2m_path */
    struct policy_array rollouts;                  /* const char * */
};

struct cases_rollout {
    struct policy_schema_item item;
    int64_t state, share_ppm;
};

struct cases_credential {
    struct policy_schema_item item;
    int64_t server, mode, is_stored, age_s, secret_len, public_len;
    const char *identity, *sender, *recipient;
};

/* A resource of a Write as it is expected. */
struct cases_leaf {
    struct policy_mark mark;
    const char *key; /* "10", "lifetime", "2/101" */
    const char *text;
    size_t len;
};

struct cases_op {
    struct policy_mark mark;
    enum policy_op_kind kind;
    struct lwm2m_path path;
    struct policy_array leaves; /* struct cases_leaf */
};

struct cases_ops {
    bool is_given;
    struct policy_mark mark;
    struct policy_array items; /* struct cases_op */
};

struct cases_expect {
    struct policy_schema_item item;
    int64_t verdict, is_unchanged, is_blind;
    const char *policy, *reason, *fails, *note, *client;
    struct policy_array overlays, rollouts; /* const char * */
    struct policy_array formats;            /* int64_t */
    struct cases_ops ops;
};

struct cases_case {
    struct policy_schema_item item;
    struct cases_device device;
    const char *discover, *before;
    struct cases_reads reads;
    int64_t pct, is_pack, transport, now_at;
    struct cases_memory memory;
    struct policy_array rollouts, credentials; /* struct cases_rollout, cases_credential */
    struct cases_expect expect;
};

struct policy_cases {
    struct policy_schema_item item;
    struct policy_arena arena;
    const char *policies, *objects;
    struct policy_array all; /* struct cases_case */
};

static inline const struct cases_case *cases_at(const struct policy_cases *cases, size_t i)
{
    return (const struct cases_case *)cases->all.items + i;
}

/* cases_compare.c: what of EXPECT is not so in DECISION and PLAN (NULL: there is none) goes to
 * REPORT. True: all is. */
bool policy_cases_compare(const struct cases_expect *expect, const struct policy_set *set,
                          const struct policy_decision *decision, const struct policy_plan *plan,
                          struct policy_report *report);
/* cases_ops.c: the same for the operations. */
bool policy_cases_compare_ops(const struct cases_ops *ops, const struct policy_set *set,
                              const struct policy_plan *plan, struct policy_report *report,
                              char **diff);

#endif
