#include "bootstrap/policy/check.h"

#include "bootstrap/policy/access_rules.h"
#include "bootstrap/policy/template.h"

#include <stdlib.h>
#include <string.h>

enum { SMS_SECURED_PACKET = 2 };

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
void policy_check_unique(struct policy_schema_context *context, const struct policy_array *array,
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
const char *policy_check_uri(const char *uri, bool *is_secure, bool *is_tcp)
{
    char filled[256];
    policy_template_sample(uri, filled, sizeof filled);
    return policy_uri_check(filled, is_secure, is_tcp);
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

/* lwm2m-objects.md section 1, resources 6 to 9 */
static void check_sms(struct policy_schema_context *context, const struct policy_server *server)
{
    const struct policy_sms *sms = &server->sms;
    if (sms->number != NULL && strspn(sms->number, "0123456789") != strlen(sms->number)) {
        policy_error(context->report, sms->item.mark,
                     "sms of server '%s': a number is digits, without +", server->item.name);
    }
    if (sms->item.mark.line != 0 && sms->security == SMS_SECURED_PACKET && !sms->is_stored) {
        policy_error(context->report, sms->item.mark,
                     "sms of server '%s': a secured packet needs 'keys: stored'",
                     server->item.name);
    }
}

static void check_server(struct policy_schema_context *context, struct policy_server *server)
{
    check_server_name(context, server);
    const char *wrong = server->uri != NULL
                            ? policy_check_uri(server->uri, &server->is_secure, &server->is_tcp)
                            : NULL;
    if (wrong != NULL) {
        policy_error(context->report, server->item.mark, "uri of server '%s' %s", server->item.name,
                     wrong);
    }
    check_binding(context, server, server->is_tcp);
    check_sms(context, server);
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
    for (size_t i = 0; i < set->all.servers.count; i++) {
        check_server(context, &servers[i]);
    }
    policy_check_unique(context, &set->all.servers, sizeof *servers, "server");
}

/* ---- access ---- */

void policy_check_limit(struct policy_schema_context *context, struct policy_mark mark,
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
        policy_check_limit(context, tables[i].item.mark, "entries in an access table",
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
        policy_access_check_table(context, set, &tables[i]);
    }
    policy_check_unique(context, &set->all.access, sizeof *tables, "access table");
}

void policy_check(struct policy_schema_context *context, struct policy_set *set)
{
    check_servers(context, set);
    resolve_access(context, set);
    policy_check_unique(context, &set->all.links, sizeof(struct policy_named_link), "link");
    policy_check_rules(context, set);
    policy_lint_rules(context, set);
}
