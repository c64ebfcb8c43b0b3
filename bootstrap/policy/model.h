/*
 * What a policy set is made of, after reading and checking: internal to this folder.
 *
 * Every struct that the schema reads begins with struct policy_schema_item. Numbers that may be
 * absent are SCHEMA_UNSET then. Names and texts live in the set's arena.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "bootstrap/policy/policy.h"
#include "bootstrap/policy/schema.h"

#include <stdatomic.h>

#define POLICY_IDENTITY_DEFAULT "{endpoint}/{id}"
#define POLICY_IDENTITY_OCTETS_MAX                                                                 \
    128 /* every server takes so many (lwm2m-objects.md section 2)                                 \
         */

/* `sms:` of a server: resources 6 to 9 of object 0 (lwm2m-objects.md section 1). */
struct policy_sms {
    struct policy_schema_item item; /* mark.line 0: not given */
    int64_t security;               /* 1 DTLS, 2 secured packet, 3 none */
    const char *number;
    bool is_stored; /* key and parameters come from the device's stored PKI_MODE_SMS credential */
};

/* `trust:`: how the device knows the server (lwm2m-objects.md 2.2, 2.3). */
struct policy_trust {
    struct policy_schema_item item; /* mark.line 0: not given */
    const char *file;               /* as written; PEM or DER, beside the policy file */
    const uint8_t *der;             /* a certificate, or an SPKI for RPK; in the set's arena */
    size_t der_len;
    int64_t usage;    /* resource 15: 0..3; UNSET: not written, which means 3 */
    int64_t matching; /* resource 13: 0..3; UNSET; the hash is made when it is written */
};

/* `servers:`; numbers of resources 2.. are written when set. */
struct policy_server {
    struct policy_schema_item item;
    int64_t id;
    const char *uri;
    const char *binding; /* NULL: by the scheme */
    int64_t lifetime_s;
    int64_t pmin_s, pmax_s, disable_timeout_s;
    int64_t store_notifications;
    int64_t order, initial_delay_s, failure_blocks, bootstrap_on_failure;
    int64_t retry_count, retry_timer_s, sequence_delay_s, sequence_count;
    int64_t trigger, mute_send;
    const char *preferred_transport;
    const char *sni;            /* NULL: not written; template */
    struct policy_array suites; /* int64_t: IANA numbers, in order */
    int64_t apn;                /* instance of /11 to link to; UNSET */
    struct policy_sms sms;
    struct policy_trust trust;
    struct policy_array security_extra; /* struct lwm2m_leaf of /0/0, ascending: what has no key */
    struct policy_array server_extra;   /* the same of /1/0 */
    bool is_secure;                     /* by the scheme of uri */
    bool is_tcp;
};

/* One right in an access entry: for a server, or the default of servers without their own. */
struct policy_right {
    struct policy_schema_reference server;
    bool is_default;
    uint8_t mask; /* lwm2m-objects.md 4.1 */
};

enum policy_entry_kind {
    POLICY_ENTRY_INSTANCE, /* /3/0 */
    POLICY_ENTRY_SERVER,   /* /1/name: the instance that the server gets */
    POLICY_ENTRY_OBJECT    /* /5: who may create instances */
};

struct policy_entry {
    enum policy_entry_kind kind;
    struct policy_mark mark;
    uint16_t object;
    uint16_t instance;
    struct policy_schema_reference server; /* SERVER */
    struct policy_schema_reference owner;  /* name NULL: the bootstrap interface only */
    struct policy_array rights;            /* struct policy_right */
};

/* `access:` */
struct policy_access {
    struct policy_schema_item item;
    struct policy_array entries; /* struct policy_entry */
};

/* `links:` */
struct policy_named_link {
    struct policy_schema_item item;
    int64_t ack_timeout_ms, max_retransmit, block_bytes, budget_ms;
};

struct policy_psk {
    struct policy_schema_item item; /* mark.line 0: not given */
    bool is_stored;
    int64_t bytes;
    const char *identity;
    int64_t renew_s; /* 0 = every bootstrap, INT64_MAX = never */
};

/* `oscore:` of a grant: an instance of object 21, linked from /0/x/17. */
struct policy_oscore {
    struct policy_schema_item item; /* mark.line 0: not given */
    bool is_stored;
    int64_t bytes; /* of a minted master secret */
    int64_t salt_bytes;
    int64_t aead, hmac;    /* COSE algorithm numbers (lwm2m-objects.md section 5) */
    const char *sender;    /* template, octets of the client's sender ID; NULL: minted */
    const char *recipient; /* template of the server's; NULL: minted */
    int64_t renew_s;
};

/* A server in a policy: one of psk, rpk, cert, nosec; oscore beside it or alone. */
struct policy_grant {
    struct policy_schema_item item;
    size_t server; /* index into the set's servers */
    struct policy_psk psk;
    bool has_rpk;  /* `rpk: stored` */
    bool has_cert; /* `cert: stored` */
    struct policy_oscore oscore;
    int64_t nosec;
};

struct policy_attribute_match {
    const char *name;
    struct policy_array values; /* const char *: globs, one must fit */
};

struct policy_match {
    struct policy_schema_item item;
    struct policy_array endpoints; /* const char *: globs */
    struct policy_array groups;
    int64_t auth;                   /* bits 1 << enum pki_auth; UNSET: any */
    struct policy_array attributes; /* struct policy_attribute_match: all must fit */
    struct policy_array identities; /* const char *: globs */
    struct policy_array kinds;   /* const char *: names of quirks, shown by Discover and request */
    struct policy_array objects; /* struct lwm2m_path of depth 1 or 2: all must be shown */
    struct policy_array lacks;   /* the same: none may be shown */
    int64_t version;             /* bits 1 << minor of 1.0, 1.1, 1.2; UNSET: any */
    int64_t transport;           /* bits 1 << enum policy_transport; UNSET: any */
    int64_t share_ppm;           /* of the devices, the same ones always; UNSET: all */
};

struct policy_client {
    struct policy_schema_item item;
    int64_t version;             /* LWM2M_VERSION */
    struct policy_array formats; /* int64_t: content formats to try first, in order */
    int64_t bootstrap_instance;
    int64_t discover;
    int64_t whole_objects; /* boolean: objects 0, 1, 2 and 21 in one Write each */
    const char *kind;      /* name of a quirk, for a client that is not recognised */
    struct policy_array
        objects; /* struct lwm2m_path of depth 1: it has, for a blind plan or pack */
};

struct policy_delete {
    struct lwm2m_path path;
};

struct policy_write {
    struct lwm2m_path path; /* /o/i */
    struct policy_mark mark;
    struct policy_array leaves; /* struct lwm2m_leaf, ascending; a STRING may be a template */
    bool is_required;           /* named under `required`, or on-error says stop */
};

/* `on-error`: enum policy_on_error each, UNSET: as the step's nature is. */
struct policy_on_error_rules {
    struct policy_schema_item item;
    int64_t discover, read, remove, account, access, write, verify;
};

/* `pause:` of a rollout; mark.line 0: it never pauses by itself. */
struct policy_pause {
    struct policy_schema_item item;
    int64_t failed_ppm; /* of the last OF outcomes */
    int64_t of_last;
};

/* `rollout:` of an overlay, whose name is the rollout's. */
struct policy_rollout_rule {
    struct policy_schema_item item; /* mark.line 0: not a campaign */
    int64_t share_ppm;
    struct policy_array always; /* const char *: globs of groups that take part at once */
    struct policy_pause pause;
};

/* `valid:`; UNSET: without that end. */
struct policy_valid {
    struct policy_schema_item item;
    int64_t from_at, until_at; /* seconds since 1970; UNTIL is not part of it */
};

/* `bootstrap-server:`: the bootstrap account is written in place, last. */
struct policy_move {
    struct policy_schema_item item; /* mark.line 0: not given */
    const char *uri;                /* template; NULL: stays as shown, or as memory has it */
    bool mints;                     /* `credential: {..}`; else `keep` */
    struct policy_psk psk;          /* of the new credential */
    int64_t hold_off_s;             /* resource 11, UNSET */
    int64_t timeout_s;              /* resource 12, UNSET */
};

/* Most that one policy may hold: a device has few accounts, and a session few exchanges. */
enum {
    POLICY_GRANTS_MAX = 32,
    POLICY_ENTRIES_MAX = 256,
    POLICY_WRITES_MAX = 64,
    POLICY_DELETES_MAX = 64
};

enum policy_others { POLICY_OTHERS_REMOVE, POLICY_OTHERS_KEEP };
enum policy_apply {
    POLICY_APPLY_DIFFERENCE, /* what the device lacks */
    POLICY_APPLY_ERASE,      /* delete all of ours, then write all */
    POLICY_APPLY_BLANK       /* delete all that a device deletes, then write all */
};
enum policy_access_when { POLICY_ACCESS_SEVERAL, POLICY_ACCESS_ALWAYS };

/*
 * An item of `policies:`, of `overlays:` (laid over a policy) or of `blocks:` (laid under it by
 * `use`). What is not given is UNSET, NULL or empty, so that one can be laid over another.
 */
struct policy_rule {
    struct policy_schema_item item;
    int64_t priority; /* of policies the higher is tried first, of overlays laid last; 0 */
    struct policy_valid valid;
    struct policy_array use;            /* struct policy_schema_reference: blocks, resolved */
    struct policy_rollout_rule rollout; /* overlays only */
    struct policy_move move;
    struct policy_on_error_rules on_error;
    struct policy_array required; /* struct lwm2m_path of depth 2 */
    int64_t verify;               /* enum policy_verify */
    int64_t apply;                /* enum policy_apply */
    int64_t pack;                 /* boolean */
    struct policy_match match;
    struct policy_client client;
    struct policy_schema_reference link;
    struct policy_schema_reference access;
    int64_t access_when;
    struct policy_array grants; /* struct policy_grant */
    int64_t others;
    struct policy_array deletes; /* struct policy_delete */
    struct policy_array writes;  /* struct policy_write */
    const char *hold;
    const char *deny;
};

/* One file, and all of them together. */
struct policy_document {
    struct policy_schema_item item;
    int64_t version;
    struct policy_array include; /* const char *: files beside this one */
    struct policy_array servers, access, links, blocks, rules, overlays;
    int64_t unmatched; /* enum policy_verdict */
};

/* A file that was read. */
struct policy_source {
    const char *path; /* real */
    bool is_read;     /* to its end, with all that it includes */
};

struct policy_set {
    atomic_uint references;
    struct policy_arena arena;
    struct policy_array sources; /* struct policy_source */
    struct lwm2m_definitions *definitions;
    const struct lwm2m_registry *registry;
    struct policy_document all;
};

static inline const struct policy_server *policy_server_at(const struct policy_set *set, size_t i)
{
    return (const struct policy_server *)set->all.servers.items + i;
}

static inline const struct policy_rule *policy_rule_at(const struct policy_set *set, size_t i)
{
    return (const struct policy_rule *)set->all.rules.items + i;
}

static inline const struct policy_rule *policy_overlay_at(const struct policy_set *set, size_t i)
{
    return (const struct policy_rule *)set->all.overlays.items + i;
}

/*
 * rule.c: *BASE as OVER changes it: a single value or list that OVER gives counts, servers are put
 * together by name, writes by path and resource, deletes and required paths are joined. What tells
 * a rule apart (name, priority, match, validity, rollout) stays BASE's. New lists lie in ARENA;
 * what BASE and OVER point to must outlive the result and is not changed. False: out of memory.
 */
bool policy_rule_lay(struct policy_arena *arena, struct policy_rule *base,
                     const struct policy_rule *over);
/*
 * rule.c: the policy of DECISION with its overlays laid over, every default filled in. False: out
 * of memory.
 */
bool policy_rule_effective(struct policy_arena *arena, const struct policy_set *set,
                           const struct policy_decision *decision, struct policy_rule *rule);

/* The language: rows of every key. */
extern const struct policy_schema_table policy_language;
/* The rows of a policy, as struct policy_rule. */
extern const struct policy_schema_table policy_rule_table;
/* The rows of a link, as struct policy_named_link: settings have one too. */
extern const struct policy_schema_table policy_link_table;
/* The rows of imprintd.yaml. */
extern const struct policy_schema_table policy_settings_language;
/* Reads `access` items, `write` and `delete`, whose keys are paths. */
policy_schema_custom_fn policy_read_access;
policy_schema_custom_fn policy_read_writes;
policy_schema_custom_fn policy_read_deletes;

/*
 * Resolves references, lays rules over the blocks that they use, brings them into their order and
 * checks what single rows cannot say; errors and warnings go to the report.
 */
void policy_check(struct policy_schema_context *context, struct policy_set *set);

/*
 * NODE (a single value) as a value of TYPE, its octets in ARENA. NULL when it is one, else what it
 * must be, as the end of a sentence.
 */
const char *policy_value_parse(struct policy_arena *arena, const struct policy_node *node,
                               enum lwm2m_type type, struct lwm2m_value *out);

/* True when GLOB (`*` any run, `?` any one octet) covers all of TEXT. Time is at most their
 * product. */
bool policy_glob_match(const char *glob, const char *text);

/*
 * Checks URI: coap, coaps, coap+tcp or coaps+tcp, a host, perhaps a port, path and query. NULL when
 * it is one, else what is wrong. IS_SECURE and IS_TCP (may be NULL) by the scheme.
 */
const char *policy_uri_check(const char *uri, bool *is_secure, bool *is_tcp);
/* Host and port of a URI, or of a template of one: begin and *LEN. */
const char *policy_uri_authority(const char *uri, size_t *len);

#endif
