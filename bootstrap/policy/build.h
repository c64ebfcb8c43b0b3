/*
 * The workbench of a plan: what the files behind policy_plan_new share while one is made. Internal.
 *
 * Model. First the desired state: a list of instances with all their leaves (accounts.c, oscore.c,
 * acl.c, plan.c), each placed where the device has its like or has room. Then the difference
 * (difference.c): each wanted instance gets its fate by what the device showed, by what Read gave
 * and by what is remembered of the last confirmed bootstrap; what stands and is not wanted is
 * removed. Last one tight block (block.c) that holds both the operations and the desired state, for
 * policy_plan_verify and policy_plan_correct.
 *
 * Everything lies in a scratch arena until then. The first failure sticks: has_failed, with the
 * reason written.
 */
#ifndef POLICY_BUILD_H
#define POLICY_BUILD_H

#include "bootstrap/policy/model.h"

/* What a wanted instance is; writes go out in this order. */
enum policy_class {
    POLICY_CLASS_SECURITY,
    POLICY_CLASS_OSCORE,
    POLICY_CLASS_SERVER,
    POLICY_CLASS_ACCESS,
    POLICY_CLASS_OTHER,
    POLICY_CLASS_BOOTSTRAP, /* the bootstrap account, moved: always in place, always last */
    POLICY_CLASSES
};

/* What becomes of a wanted instance. */
enum policy_fate {
    POLICY_FATE_NEW,      /* is not there, or need not go before it is written */
    POLICY_FATE_STANDS,   /* is there as it should be: no operation */
    POLICY_FATE_IN_PLACE, /* one Write of the whole instance over what stands */
    POLICY_FATE_RESOURCE, /* one Write of the one resource that differs */
    POLICY_FATE_ANEW      /* Delete, then Write */
};

/* An instance of the desired state while its leaves gather. */
struct policy_wanted {
    enum policy_class class;
    enum policy_fate fate;
    enum policy_on_error on_error;
    struct lwm2m_path path;
    uint16_t ssid;                /* of classes that belong to a server; 0 else */
    uint16_t resource;            /* FATE_RESOURCE: which */
    struct policy_array leaves;   /* struct lwm2m_leaf, ascending */
    struct policy_array optional; /* bool, per leaf */
    bool has_print;
    struct pki_print print;
};

#define POLICY_NO_WANTED SIZE_MAX

/* An operation: of a wanted instance (all its leaves, or those under PATH), or a Delete. */
struct policy_step {
    enum policy_op_kind kind;
    struct lwm2m_path path;
    enum policy_on_error on_error;
    size_t wanted; /* Write: index, of an object the first; Delete: POLICY_NO_WANTED */
};

/* A server account of the plan. */
struct policy_account {
    const struct policy_grant *grant;
    const struct policy_server *server;
    uint16_t security_instance;
    uint16_t server_instance;
    uint16_t oscore_instance; /* LWM2M_ID_NONE: none */
};

/* What a plan remembers of its making, for verify and correct. */
struct policy_aims {
    bool is_sole;          /* no other server account may stand */
    bool is_access_exact;  /* no other instance of object 2 may stand */
    bool shows_bootstrap;  /* the bootstrap account was shown: it must still be */
    bool has_access_shown; /* object 2 is there */
};

struct policy_build {
    const struct policy_set *set;
    const struct policy_decision *decision;
    const struct policy_rule *rule; /* the effective one */
    const struct policy_subject *subject;
    const struct lwm2m_registry *registry;
    const struct lwm2m_discover *shown; /* NULL: blind */
    const struct policy_quirk *quirk;   /* NULL: no known client */
    bool is_recognised;                 /* the quirk is by what this session showed */
    int64_t now_at;
    policy_random_fn *random;
    void *random_context;
    char *reason;
    bool has_failed;

    struct policy_arena arena;
    struct policy_array wanted;  /* struct policy_wanted */
    struct policy_array steps;   /* struct policy_step */
    struct policy_array minted;  /* struct pki_credential *: each in the arena */
    struct policy_array pending; /* struct policy_pending */
    struct policy_account *accounts;
    size_t account_count;
    uint32_t access_from; /* smallest /2 instance that may still be free */
    int32_t bootstrap_instance;
    uint16_t version; /* enabler that the device speaks */
    struct policy_aims aims;
    char note[POLICY_REASON_MAX + 1];
};

/* ---- build.c ---- */

/* Records the first failure. */
void policy_build_fail(struct policy_build *build, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Notes that PATH was left out since the device lacks it. */
void policy_build_note(struct policy_build *build, struct lwm2m_path path);
void policy_build_delete(struct policy_build *build, struct lwm2m_path path,
                         enum policy_on_error on_error);
/* Adds a wanted instance, valid until the next one is added. NULL: out of memory. */
struct policy_wanted *policy_build_want(struct policy_build *build, enum policy_class class,
                                        struct lwm2m_path path, enum policy_on_error on_error);
/*
 * False for a resource that would be left out: in the objects of accounts when the device's version
 * of the object has none such, or when the client, recognised by this very session, takes it for
 * an error.
 */
bool policy_build_takes(const struct policy_build *build, const struct policy_wanted *wanted,
                        uint16_t rid);
/*
 * Adds a leaf where it belongs, unless the device does not take it. OPTIONAL: its absence changes
 * nothing of what the account is, so that a client which refuses it gets the instance without.
 */
void policy_build_leaf(struct policy_build *build, struct policy_wanted *wanted,
                       struct lwm2m_leaf leaf, bool is_optional);
/* Resource RID, a number of whatever numeric type RID has in its object (Boolean, Unsigned ..). */
void policy_build_number(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                         int64_t value, bool is_optional);
void policy_build_bytes(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                        const void *data, size_t len, bool is_optional);
void policy_build_link(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                       struct lwm2m_link_value link);
/* A copy of LEN octets in the arena; NULL with the failure recorded. */
const uint8_t *policy_build_copy(struct policy_build *build, const void *data, size_t len);
/* TEXT filled in for SERVER (NULL: the bootstrap server, or none); NULL with the failure, which
 * names WHAT and SERVER. */
const char *policy_build_fill(struct policy_build *build, const char *text,
                              const struct policy_server *server, const char *what);
/* The wanted instance with PATH, or NULL. */
struct policy_wanted *policy_build_find(const struct policy_build *build, struct lwm2m_path path);
/* What the device shows at PATH, or NULL; NULL for a blind plan. */
const struct lwm2m_entry *policy_build_entry(const struct policy_build *build,
                                             struct lwm2m_path path);
/* What ON_ERROR rules say, or USUAL where they say nothing. */
enum policy_on_error policy_build_on_error(int64_t rule, enum policy_on_error usual);

/* ---- observe.c: what is known of the device ---- */

/* Quirk, version, bootstrap instance. */
void policy_observe(struct policy_build *build);
/* True when the policy, an overlay of the decision or a block that these use names the instance of
 * the bootstrap account. */
bool policy_build_is_instance_given(const struct policy_build *build);
/* True when the device shows, or is known to have, OBJECT. A blind plan about which nothing is
 * known: true. */
bool policy_build_shows(const struct policy_build *build, uint16_t object);
/* True when the device shows an instance of OBJECT. A blind plan: false. */
bool policy_build_shows_instance(const struct policy_build *build, uint16_t object);
/* Resource versions of OBJECT that the device has: as it shows, else as its enabler implies. */
uint16_t policy_build_object_version(const struct policy_build *build, uint16_t object);
/* True for the short server ID of an account of the plan. */
bool policy_build_owns(const struct policy_build *build, uint16_t ssid);
/* True when the device keeps server accounts that are not of the plan, or may do so. */
bool policy_build_keeps_others(const struct policy_build *build);
/* True when /0/INSTANCE is, or may be, the bootstrap account. */
bool policy_build_protects(const struct policy_build *build, uint16_t instance);
/* The short server ID of ENTRY: as shown, or of a /1 instance as read; 0 = not known. */
uint16_t policy_build_ssid(const struct policy_build *build, const struct lwm2m_entry *entry);
/* True when ENTRY, of object 0, 1 or 21, belongs to a server account that is kept. */
bool policy_build_keeps(const struct policy_build *build, const struct lwm2m_entry *entry);
/* The content formats to try, in order. */
void policy_observe_formats(const struct policy_build *build, struct policy_plan *plan);

/* ---- key.c ---- */

/* Newest credential of SERVER_ID and MODE that the device may hold, or NULL. */
const struct pki_credential *policy_key_held(const struct policy_build *build, uint16_t server_id,
                                             enum pki_mode mode, bool is_stored);
/* CREDENTIAL is what the plan sends: one that is unconfirmed waits for Finish. */
void policy_key_use(struct policy_build *build, const struct pki_credential *credential);
/* True when what was confirmed (or staged) then is to be renewed now. */
bool policy_key_is_due(const struct policy_build *build, const struct pki_credential *held,
                       int64_t renew_s);
/* A new credential of the plan, without its key; NULL with the failure. */
struct pki_credential *policy_key_mint(struct policy_build *build, uint16_t server_id,
                                       enum pki_mode mode);
/* The PSK of ACCOUNT: held, stored or minted. NULL with the failure. */
const struct pki_credential *policy_key_psk(struct policy_build *build,
                                            const struct policy_account *account);
/* The stored credential of MODE; NULL with the failure. */
const struct pki_credential *policy_key_stored(struct policy_build *build,
                                               const struct policy_account *account,
                                               enum pki_mode mode);

/* ---- the desired state ---- */

/* Instance IDs for every account: those that the device shows for the server, else free ones. */
void policy_accounts_place(struct policy_build *build);
void policy_accounts_want(struct policy_build *build);
/* The filled-in URI of a server or bootstrap server, checked. NULL with the failure. */
const char *policy_accounts_uri(struct policy_build *build, const char *text, const char *name,
                                const struct policy_server *server, bool *is_secure);
/* The Server instance of ACCOUNT. */
void policy_server_want(struct policy_build *build, const struct policy_account *account);
/* Further resources, given as leaves of /OBJECT/0, moved to the instance that they got. */
void policy_server_want_extra(struct policy_build *build, struct policy_wanted *wanted,
                              const struct policy_array *extra);
/* The OSCORE instance of ACCOUNT. */
void policy_oscore_want(struct policy_build *build, const struct policy_account *account);
bool policy_acl_is_wanted(const struct policy_build *build);
void policy_acl_want(struct policy_build *build);
/* The bootstrap account as `bootstrap-server` wants it; nothing when it already is so. */
void policy_move_want(struct policy_build *build);

/* ---- difference.c ---- */

/* Gives every wanted instance its fate and gathers the steps. */
void policy_difference(struct policy_build *build);
/* What remains to be removed of object 2; REMOVES_ACCOUNTS: some /0 instance goes. */
void policy_difference_access(struct policy_build *build, bool removes_accounts);
/* fate.c: the fate of one instance by itself. */
enum policy_fate policy_fate_of(const struct policy_build *build, struct policy_wanted *wanted);

/* What Read gave of an instance against its leaves. */
struct policy_findings {
    bool is_read;                 /* anything of it is there */
    size_t wrong;                 /* leaves with another value */
    size_t missing;               /* leaves that are not there and not optional */
    size_t missing_extra;         /* optional ones that are not there */
    size_t extra;                 /* leaves that are there and not wanted */
    size_t first;                 /* index of the first leaf that is wrong or missing */
    bool is_one;                  /* all that is wrong or missing is leaf FIRST */
    struct lwm2m_path extra_path; /* the first of them */
};
void policy_compare(const struct lwm2m_content *content, struct lwm2m_path path,
                    const struct lwm2m_leaf *leaves, const bool *optional, size_t count,
                    struct policy_findings *findings);

/* ---- print.c ---- */

/* Prints every wanted instance; none without a print function. */
void policy_print_all(struct policy_build *build);
/* What is remembered of WANTED's instance, or NULL. */
const struct pki_print *policy_print_remembered(const struct policy_build *build,
                                                const struct policy_wanted *wanted);
/* True when what is remembered holds the same values, or the same resources. */
bool policy_print_same_content(const struct policy_build *build,
                               const struct policy_wanted *wanted);
bool policy_print_same_shape(const struct policy_build *build, const struct policy_wanted *wanted);
/* ---- teach.c ---- */

/* What the plan will teach, in the arena. */
void policy_teach(struct policy_build *build, struct policy_teaching *teaching);

/* ---- block.c ---- */

/* A wanted instance as it lies in a plan. */
struct policy_goal {
    enum policy_class class;
    enum policy_on_error on_error;
    struct lwm2m_path path;
    uint16_t ssid;
    const struct lwm2m_leaf *leaves;
    const bool *optional;
    size_t leaf_count;
};

/* A plan and all that it points to, in one block. */
struct policy_owned {
    struct policy_plan plan;
    size_t bytes;
    struct policy_aims aims;
    struct policy_goal *goals;
    size_t goal_count;
};

/* What a block is made of. */
struct policy_parts {
    const struct policy_plan *plan; /* its plain members are copied */
    struct policy_aims aims;
    const struct policy_goal *goals;
    size_t goal_count;
    const struct policy_step *steps; /* WANTED is an index of GOALS */
    size_t step_count;
    struct pki_credential *const *minted;
    size_t minted_count;
    const struct policy_pending *pending;
    size_t pending_count;
};
/* NULL: out of memory. */
struct policy_plan *policy_block_new(const struct policy_parts *parts);
static inline const struct policy_owned *policy_block_of(const struct policy_plan *plan)
{
    return plan->arena;
}

#endif
