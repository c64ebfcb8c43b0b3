/* Short server IDs: a device tells its servers apart by them (lwm2m-objects.md section 8). */
#include "bootstrap/policy/check.h"

#include <stdlib.h>
#include <string.h>

#define IDS 65536

/* The server of GRANT; NULL when there is none of that name, or it has no ID: told already. */
static const struct policy_server *server_of(const struct policy_set *set,
                                             const struct policy_grant *grant)
{
    const struct policy_server *server =
        grant->server < set->all.servers.count ? policy_server_at(set, grant->server) : NULL;
    bool is_it = server != NULL && grant->item.name != NULL && server->item.name != NULL &&
                 strcmp(server->item.name, grant->item.name) == 0 && server->id != SCHEMA_UNSET;
    return is_it ? server : NULL;
}

/*
 * Enters the servers of RULE into OWNERS, by ID, and tells of two in one place. More than a policy
 * may have are an error of its own.
 */
static void enter(struct policy_schema_context *context, const struct policy_set *set,
                  const struct policy_rule *rule, const struct policy_server **owners)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count && i < POLICY_GRANTS_MAX; i++) {
        const struct policy_server *server = server_of(set, &grants[i]);
        if (server == NULL) {
            continue;
        }
        const struct policy_server **owner = &owners[(uint16_t)server->id];
        if (*owner != NULL && *owner != server) {
            policy_error(context->report, grants[i].item.mark,
                         "two servers with one id: '%s' and '%s' have %u, and are one to a device",
                         (*owner)->item.name, server->item.name, (unsigned)server->id);
        }
        *owner = server;
    }
}

static void leave(const struct policy_set *set, const struct policy_rule *rule,
                  const struct policy_server **owners)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count && i < POLICY_GRANTS_MAX; i++) {
        const struct policy_server *server = server_of(set, &grants[i]);
        if (server != NULL) {
            owners[(uint16_t)server->id] = NULL;
        }
    }
}

/*
 * The first policy over which OVERLAY, whose servers are in OWNERS, cannot be laid. Whether one
 * device gets both is seen when it comes: then it gets no plan.
 */
static void warn(struct policy_schema_context *context, const struct policy_set *set,
                 const struct policy_rule *overlay, const struct policy_server *const *owners)
{
    for (size_t i = 0; i < set->all.rules.count; i++) {
        const struct policy_rule *rule = policy_rule_at(set, i);
        const struct policy_grant *grants = rule->grants.items;
        for (size_t j = 0; j < rule->grants.count && j < POLICY_GRANTS_MAX; j++) {
            const struct policy_server *server = server_of(set, &grants[j]);
            const struct policy_server *other =
                server != NULL ? owners[(uint16_t)server->id] : NULL;
            if (other != NULL && other != server && rule->item.name != NULL) {
                policy_warning(context->report, overlay->item.mark,
                               "a device that gets this over policy '%s' gets no plan: servers "
                               "'%s' and '%s' have the same id %u",
                               rule->item.name, server->item.name, other->item.name,
                               (unsigned)server->id);
                return;
            }
        }
    }
}

void policy_check_ids(struct policy_schema_context *context, const struct policy_set *set)
{
    const struct policy_server **owners = calloc(IDS, sizeof *owners);
    if (owners == NULL) {
        policy_error(context->report, (struct policy_mark){0}, "out of memory");
        return;
    }
    for (size_t i = 0; i < set->all.rules.count; i++) {
        enter(context, set, policy_rule_at(set, i), owners);
        leave(set, policy_rule_at(set, i), owners);
    }
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        const struct policy_rule *overlay = policy_overlay_at(set, i);
        if (overlay->grants.count > 0) {
            enter(context, set, overlay, owners);
            warn(context, set, overlay, owners);
            leave(set, overlay, owners);
        }
    }
    free(owners);
}
