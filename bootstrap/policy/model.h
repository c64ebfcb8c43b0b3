/*
 * What a policy set is made of, after reading and checking: internal to this folder.
 *
 * Every struct that the schema reads begins with struct policy_schema_item. Numbers that may be
 * absent are SCHEMA_UNSET then. Names and texts live in the set's arena.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "bootstrap/policy/schema.h"

#include <stdatomic.h>

#define POLICY_IDENTITY_DEFAULT "{endpoint}/{id}"
#define POLICY_IDENTITY_OCTETS_MAX                                                                 \
    128 /* every server takes so many (lwm2m-objects.md section 2)                                 \
         */

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
    bool is_secure; /* by the scheme of uri */
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

/* A server in a policy. */
struct policy_grant {
    struct policy_schema_item item;
    size_t server; /* index into the set's servers */
    struct policy_psk psk;
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
};

struct policy_client {
    struct policy_schema_item item;
    int64_t version; /* LWM2M_VERSION */
    int64_t format;
    int64_t bootstrap_instance;
    int64_t discover;
};

struct policy_delete {
    struct lwm2m_path path;
};

struct policy_write {
    struct lwm2m_path path;     /* /o/i */
    struct policy_array leaves; /* struct lwm2m_leaf, ascending */
};

/* Most that one policy may hold: a device has few accounts, and a session few exchanges. */
enum {
    POLICY_GRANTS_MAX = 32,
    POLICY_ENTRIES_MAX = 256,
    POLICY_WRITES_MAX = 64,
    POLICY_DELETES_MAX = 64
};

enum policy_others { POLICY_OTHERS_REMOVE, POLICY_OTHERS_KEEP };
enum policy_access_when { POLICY_ACCESS_SEVERAL, POLICY_ACCESS_ALWAYS };

/* `policies:` */
struct policy_rule {
    struct policy_schema_item item;
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
    struct policy_array servers, access, links, rules;
    int64_t unmatched; /* enum policy_verdict */
};

struct policy_set {
    atomic_uint references;
    struct policy_arena arena;
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

/* The language: rows of every key. */
extern const struct policy_schema_table policy_language;
/* The rows of a link, as struct policy_named_link: settings have one too. */
extern const struct policy_schema_table policy_link_table;
/* The rows of imprintd.yaml. */
extern const struct policy_schema_table policy_settings_language;
/* Reads `access` items, `write` and `delete`, whose keys are paths. */
policy_schema_custom_fn policy_read_access;
policy_schema_custom_fn policy_read_writes;
policy_schema_custom_fn policy_read_deletes;

/* Resolves references and checks what single rows cannot say; errors and warnings go to the report.
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

#endif
