/*
 * The workbench of a plan: what plan.c, accounts.c and acl.c share while one is made. Internal.
 *
 * Everything lies in a scratch arena and is copied into one tight block at the end. The first
 * failure sticks: has_failed, with the reason written.
 */
#ifndef POLICY_BUILD_H
#define POLICY_BUILD_H

#include "bootstrap/policy/model.h"

/* A server account of the plan. */
struct policy_account {
    const struct policy_grant *grant;
    const struct policy_server *server;
    uint16_t security_instance;
    uint16_t server_instance;
};

/* An operation while its leaves gather. */
struct policy_draft {
    enum policy_op_kind kind;
    struct lwm2m_path path;
    bool is_required;
    struct policy_array leaves;   /* struct lwm2m_leaf */
    struct policy_array optional; /* bool */
};

struct policy_build {
    const struct policy_set *set;
    const struct policy_rule *rule;
    const struct policy_subject *subject;
    const struct lwm2m_discover *shown; /* NULL: blind */
    int64_t now_at;
    policy_random_fn *random;
    void *random_context;
    char *reason;
    bool has_failed;

    struct policy_arena arena;
    struct policy_array drafts; /* struct policy_draft */
    struct policy_array minted; /* struct pki_credential */
    struct policy_account *accounts;
    size_t account_count;
    int32_t bootstrap_instance;
    uint16_t version; /* enabler that the device speaks */
    char note[POLICY_REASON_MAX + 1];
};

/* Records the first failure. */
void policy_build_fail(struct policy_build *build, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Notes that PATH was left out since the device lacks it. */
void policy_build_note(struct policy_build *build, struct lwm2m_path path);
void policy_build_delete(struct policy_build *build, struct lwm2m_path path, bool is_required);
/* Begins a Write; the draft is valid until the next one begins. NULL when out of memory. */
struct policy_draft *policy_build_write(struct policy_build *build, struct lwm2m_path path,
                                        bool is_required);
void policy_build_leaf(struct policy_build *build, struct policy_draft *draft,
                       struct lwm2m_leaf leaf, bool is_optional);
/* Resource RID, a number of whatever numeric type RID has in its object (Boolean, Unsigned ..). */
void policy_build_number(struct policy_build *build, struct policy_draft *draft, uint16_t rid,
                         int64_t value, bool is_optional);
void policy_build_bytes(struct policy_build *build, struct policy_draft *draft, uint16_t rid,
                        const void *data, size_t len, bool is_optional);
/* True when the device shows OBJECT or anything under it. A blind plan: true. */
bool policy_build_shows(const struct policy_build *build, uint16_t object);
/* True when the device shows an instance of OBJECT. A blind plan: false. */
bool policy_build_shows_instance(const struct policy_build *build, uint16_t object);
/* Resource versions of OBJECT that the device has: as it shows, else as its enabler implies. */
uint16_t policy_build_object_version(const struct policy_build *build, uint16_t object);
/* True for the short server ID of an account of the plan. */
bool policy_build_owns(const struct policy_build *build, uint16_t ssid);
/* True when the device keeps server accounts that are not of the plan, or may do so. */
bool policy_build_keeps_others(const struct policy_build *build);

/* accounts.c: instance IDs for every account; needs shown and bootstrap_instance. */
void policy_accounts_place(struct policy_build *build);
void policy_accounts_delete(struct policy_build *build);
void policy_accounts_write(struct policy_build *build);

/* acl.c */
bool policy_acl_is_written(const struct policy_build *build);
void policy_acl_delete(struct policy_build *build);
void policy_acl_write(struct policy_build *build);

#endif
