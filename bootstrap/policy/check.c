#include "bootstrap/policy/model.h"

#include "bootstrap/policy/template.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT_KEY = 16, SHORT_IDENTITY = 32 };

/* ---- names ---- */

static int item_compare(const void *left, const void *right)
{
    const struct policy_schema_item *a = *(struct policy_schema_item *const *)left;
    const struct policy_schema_item *b = *(struct policy_schema_item *const *)right;
    int order = strcmp(a->name, b->name);
    if (order == 0 && a->mark.file != b->mark.file) {
        order = strcmp(a->mark.file, b->mark.file);
    }
    if (order == 0) {
        order = (a->mark.line > b->mark.line) - (a->mark.line < b->mark.line);
    }
    return order;
}

/* Two files, or two items of a list, may give one name twice. */
static void check_unique(struct policy_schema_context *context, const struct policy_array *array,
                         size_t size, const char *what)
{
    const struct policy_schema_item **sorted =
        calloc(array->count + 1, sizeof(struct policy_schema_item *));
    size_t count = 0;
    for (size_t i = 0; sorted != NULL && i < array->count; i++) {
        const struct policy_schema_item *item = policy_schema_item_at(array, size, i);
        if (item->name != NULL) {
            sorted[count++] = item;
        }
    }
    if (sorted == NULL) {
        policy_error(context->report, (struct policy_mark){0}, "out of memory");
        return;
    }
    qsort(sorted, count, sizeof(struct policy_schema_item *), item_compare);
    for (size_t i = 1; i < count; i++) {
        const struct policy_schema_item *first = sorted[i - 1];
        if (strcmp(first->name, sorted[i]->name) == 0) {
            policy_error(context->report, sorted[i]->mark,
                         "%s '%s' is given twice; the other is at %s:%u", what, first->name,
                         first->mark.file, first->mark.line);
        }
    }
    free(sorted);
}

/* ---- servers ---- */

static void check_server_name(struct policy_schema_context *context,
                              const struct policy_server *server)
{
    static const char *const reserved[] = {"owner", "default", "bootstrap"};
    const char *name = server->item.name;
    bool is_reserved = strspn(name, "0123456789") == strlen(name);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        is_reserved = is_reserved || strcmp(name, reserved[i]) == 0;
    }
    if (is_reserved) {
        policy_error(context->report, server->item.mark,
                     "'%s' cannot name a server: in access tables it means something else", name);
    }
}

/* Checks the URI with each placeholder filled by a digit, which may stand in a host and a port. */
static const char *check_uri_template(struct policy_server *server, bool *is_tcp)
{
    char filled[256];
    size_t used = 0;
    for (const char *at = server->uri; *at != '\0'; at++) {
        if (*at == '{') {
            filled[used++] = '1';
            at += strcspn(at, "}");
        } else {
            filled[used++] = *at;
        }
    }
    filled[used] = '\0';
    return policy_uri_check(filled, &server->is_secure, is_tcp);
}

/* lwm2m-objects.md section 3, resource 7: a set of letters. */
static void check_binding(struct policy_schema_context *context, struct policy_server *server,
                          bool is_tcp)
{
    static const char letters[] = "UTSNQMH";
    const char *binding = server->binding;
    if (binding == NULL) {
        server->binding = is_tcp ? "T" : "U";
        return;
    }
    bool is_valid = strspn(binding, letters) == strlen(binding);
    for (const char *at = binding; is_valid && *at != '\0'; at++) {
        is_valid = strchr(at + 1, *at) == NULL;
    }
    if (!is_valid) {
        policy_error(context->report, server->item.mark,
                     "binding of server '%s': letters of U, T, S, N, Q, M, H, each once",
                     server->item.name);
    } else if (strchr(binding, is_tcp ? 'T' : 'U') == NULL) {
        policy_warning(context->report, server->item.mark,
                       "binding of server '%s' lacks %s, which its URI needs", server->item.name,
                       is_tcp ? "T" : "U");
    }
}

static void check_server(struct policy_schema_context *context, struct policy_server *server)
{
    bool is_tcp = false;
    check_server_name(context, server);
    const char *wrong = server->uri != NULL ? check_uri_template(server, &is_tcp) : NULL;
    if (wrong != NULL) {
        policy_error(context->report, server->item.mark, "uri of server '%s' %s", server->item.name,
                     wrong);
    }
    check_binding(context, server, is_tcp);
    if (server->preferred_transport != NULL &&
        strchr("UTSNMH", server->preferred_transport[0]) == NULL) {
        policy_error(context->report, server->item.mark,
                     "preferred-transport of server '%s': one of U, T, S, N, M, H",
                     server->item.name);
    }
    if (server->pmin_s > 0 && server->pmax_s > 0 && server->pmin_s > server->pmax_s) {
        policy_error(context->report, server->item.mark, "pmin of server '%s' exceeds its pmax",
                     server->item.name);
    }
}

static void check_servers(struct policy_schema_context *context, struct policy_set *set)
{
    struct policy_server *servers = set->all.servers.items;
    uint32_t *owner = calloc(65536, sizeof *owner); /* index + 1 of who has the ID */
    for (size_t i = 0; owner != NULL && i < set->all.servers.count; i++) {
        check_server(context, &servers[i]);
        if (servers[i].id == SCHEMA_UNSET) {
            continue;
        }
        uint32_t *slot = &owner[(uint16_t)servers[i].id];
        if (*slot != 0) {
            policy_error(context->report, servers[i].item.mark,
                         "servers '%s' and '%s' have the same id %u", servers[*slot - 1].item.name,
                         servers[i].item.name, (unsigned)servers[i].id);
        } else {
            *slot = (uint32_t)i + 1;
        }
    }
    free(owner);
    check_unique(context, &set->all.servers, sizeof *servers, "server");
}

/* ---- access ---- */

static void check_limit(struct policy_schema_context *context, struct policy_mark mark,
                        const char *what, size_t count, size_t most)
{
    if (count > most) {
        policy_error(context->report, mark, "%zu %s: at most %zu", count, what, most);
    }
}

static void resolve_access(struct policy_schema_context *context, struct policy_set *set)
{
    struct policy_access *tables = set->all.access.items;
    const struct policy_array *servers = &set->all.servers;
    const size_t size = sizeof(struct policy_server);
    for (size_t i = 0; i < set->all.access.count; i++) {
        struct policy_entry *entries = tables[i].entries.items;
        check_limit(context, tables[i].item.mark, "entries in an access table",
                    tables[i].entries.count, POLICY_ENTRIES_MAX);
        for (size_t j = 0; j < tables[i].entries.count; j++) {
            struct policy_right *rights = entries[j].rights.items;
            (void)policy_schema_resolve(context, servers, size, "server", &entries[j].server);
            (void)policy_schema_resolve(context, servers, size, "server", &entries[j].owner);
            for (size_t k = 0; k < entries[j].rights.count; k++) {
                if (!rights[k].is_default) {
                    (void)policy_schema_resolve(context, servers, size, "server",
                                                &rights[k].server);
                }
            }
        }
    }
    check_unique(context, &set->all.access, sizeof *tables, "access table");
}

/* ---- policies ---- */

static void check_psk(struct policy_schema_context *context, const struct policy_psk *psk)
{
    if (psk->is_stored || psk->identity == NULL) {
        return;
    }
    size_t literal = policy_template_literal(psk->identity);
    if (literal > POLICY_IDENTITY_OCTETS_MAX) {
        policy_error(context->report, psk->item.mark,
                     "identity: more than %d octets, which servers need not take",
                     POLICY_IDENTITY_OCTETS_MAX);
    } else if (literal > SHORT_IDENTITY) {
        policy_warning(context->report, psk->item.mark,
                       "identity: some clients take no more than %d octets", SHORT_IDENTITY);
    }
    if (psk->bytes > SHORT_KEY) {
        policy_warning(context->report, psk->item.mark,
                       "bytes: some clients take no more than %d octets of key", SHORT_KEY);
    }
}

/* lwm2m-objects.md section 8, rule 1: the scheme fits the mode. */
static void check_grant(struct policy_schema_context *context, struct policy_set *set,
                        struct policy_grant *grant)
{
    struct policy_schema_reference reference = {.name = grant->item.name, .mark = grant->item.mark};
    bool has_psk = grant->psk.item.mark.line != 0;
    bool has_nosec = grant->nosec == 1;
    if (has_psk == has_nosec) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' needs exactly one credential: psk, or nosec: true",
                     grant->item.name);
    }
    if (!policy_schema_resolve(context, &set->all.servers, sizeof(struct policy_server), "server",
                               &reference)) {
        return;
    }
    grant->server = reference.index;
    const struct policy_server *server = policy_server_at(set, grant->server);
    if (server->uri == NULL) {
        return;
    }
    if (has_psk && !server->is_secure) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' has a URI without security, which a psk does not fit: "
                     "use coaps:// or nosec: true",
                     grant->item.name);
    } else if (has_nosec && server->is_secure) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' has a coaps URI, which nosec does not fit", grant->item.name);
    } else if (has_nosec) {
        policy_warning(context->report, grant->item.mark,
                       "devices will speak to server '%s' without any protection",
                       grant->item.name);
    }
    check_psk(context, &grant->psk);
}

static bool has_grant(const struct policy_rule *rule, const struct policy_schema_reference *server)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count; i++) {
        if (server->name == NULL || strcmp(grants[i].item.name, server->name) == 0) {
            return true;
        }
    }
    return server->name == NULL;
}

static void need_grant(struct policy_schema_context *context, const struct policy_rule *rule,
                       const struct policy_schema_reference *server)
{
    if (!has_grant(rule, server)) {
        char quoted[POLICY_QUOTE_MAX];
        policy_error(context->report, rule->access.mark,
                     "access table '%s' names server %s, which this policy does not provision",
                     rule->access.name, policy_quote(server->name, strlen(server->name), quoted));
    }
}

static void check_access_servers(struct policy_schema_context *context,
                                 const struct policy_set *set, const struct policy_rule *rule)
{
    const struct policy_access *table =
        (const struct policy_access *)set->all.access.items + rule->access.index;
    const struct policy_entry *entries = table->entries.items;
    bool has_default = false;
    for (size_t i = 0; i < table->entries.count; i++) {
        const struct policy_right *rights = entries[i].rights.items;
        need_grant(context, rule, &entries[i].server);
        need_grant(context, rule, &entries[i].owner);
        for (size_t j = 0; j < entries[i].rights.count; j++) {
            has_default = has_default || rights[j].is_default;
            if (!rights[j].is_default) {
                need_grant(context, rule, &rights[j].server);
            }
        }
    }
    if (rule->others == POLICY_OTHERS_KEEP && !has_default) {
        policy_warning(context->report, rule->access.mark,
                       "access table '%s' has no default: server accounts that are kept lose "
                       "their rights",
                       rule->access.name);
    }
}

static void check_verdict(struct policy_schema_context *context, const struct policy_rule *rule)
{
    bool has_reason = rule->hold != NULL || rule->deny != NULL;
    if (rule->hold != NULL && rule->deny != NULL) {
        policy_error(context->report, rule->item.mark, "a policy has hold or deny, not both");
    }
    if (has_reason && (rule->grants.count > 0 || rule->writes.count > 0)) {
        policy_error(context->report, rule->item.mark,
                     "a policy that holds or denies provisions nothing: drop servers and write");
    }
    if (!has_reason && rule->grants.count == 0) {
        policy_error(context->report, rule->item.mark,
                     "a policy needs servers, or hold or deny with a reason");
    }
    if (rule->grants.count > 1 && rule->access.name == NULL) {
        policy_warning(context->report, rule->item.mark,
                       "several servers without access: each has all rights on everything");
    }
}

static void check_limits(struct policy_schema_context *context, const struct policy_rule *rule)
{
    struct policy_mark mark = rule->item.mark;
    check_limit(context, mark, "servers in a policy", rule->grants.count, POLICY_GRANTS_MAX);
    check_limit(context, mark, "writes in a policy", rule->writes.count, POLICY_WRITES_MAX);
    check_limit(context, mark, "deletes in a policy", rule->deletes.count, POLICY_DELETES_MAX);
    const struct lwm2m_format *format = rule->client.format != SCHEMA_UNSET
                                            ? lwm2m_format_by_number((uint16_t)rule->client.format)
                                            : NULL;
    if (rule->client.format != SCHEMA_UNSET && (format == NULL || format->encode == NULL)) {
        policy_error(context->report, rule->client.item.mark,
                     "this content format is not supported by this version");
    }
}

static bool matches_all(const struct policy_rule *rule)
{
    const struct policy_match *match = &rule->match;
    return match->endpoints.count == 0 && match->groups.count == 0 &&
           match->attributes.count == 0 && match->auth == SCHEMA_UNSET;
}

static void check_rules(struct policy_schema_context *context, struct policy_set *set)
{
    struct policy_rule *rules = set->all.rules.items;
    const struct policy_rule *last = NULL; /* the first rule that leaves nothing to later ones */
    for (size_t i = 0; i < set->all.rules.count; i++) {
        struct policy_grant *grants = rules[i].grants.items;
        for (size_t j = 0; j < rules[i].grants.count; j++) {
            check_grant(context, set, &grants[j]);
        }
        (void)policy_schema_resolve(context, &set->all.links, sizeof(struct policy_named_link),
                                    "link", &rules[i].link);
        if (policy_schema_resolve(context, &set->all.access, sizeof(struct policy_access),
                                  "access table", &rules[i].access)) {
            check_access_servers(context, set, &rules[i]);
        }
        check_verdict(context, &rules[i]);
        check_limits(context, &rules[i]);
        if (last != NULL) {
            policy_warning(context->report, rules[i].item.mark,
                           "never reached: policy '%s' before it matches every device",
                           last->item.name != NULL ? last->item.name : "");
        } else if (matches_all(&rules[i])) {
            last = &rules[i];
        }
    }
    check_unique(context, &set->all.rules, sizeof *rules, "policy");
}

void policy_check(struct policy_schema_context *context, struct policy_set *set)
{
    check_servers(context, set);
    resolve_access(context, set);
    check_unique(context, &set->all.links, sizeof(struct policy_named_link), "link");
    check_rules(context, set);
}
