#include "bootstrap/policy/check.h"

#include "bootstrap/policy/access_rules.h"

#include <stdlib.h>
#include <string.h>

/* ---- access against servers ---- */

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

/* ---- as written ---- */

static void check_blank(struct policy_schema_context *context, const struct policy_rule *rule)
{
    if (rule->apply == POLICY_APPLY_BLANK && rule->others == POLICY_OTHERS_KEEP) {
        policy_error(context->report, rule->item.mark,
                     "'apply: blank' deletes every account, 'others: keep' keeps those of others");
    }
}

static void check_verdict(struct policy_schema_context *context, const struct policy_rule *rule)
{
    bool has_reason = rule->hold != NULL || rule->deny != NULL;
    if (rule->hold != NULL && rule->deny != NULL) {
        policy_error(context->report, rule->item.mark, "a policy has hold or deny, not both");
    }
    if (has_reason &&
        (rule->grants.count > 0 || rule->writes.count > 0 || rule->move.item.mark.line != 0)) {
        policy_error(context->report, rule->item.mark,
                     "a policy that holds or denies provisions nothing: drop servers and write");
    }
}

/* A secure account stays one, and one without security does not become one by its URI alone. */
static void check_move(struct policy_schema_context *context, const struct policy_move *move)
{
    bool is_secure = false;
    const char *wrong = move->uri != NULL ? policy_check_uri(move->uri, &is_secure, NULL) : NULL;
    if (wrong != NULL) {
        policy_error(context->report, move->item.mark, "uri of bootstrap-server %s", wrong);
    } else if (move->uri != NULL && move->mints && !is_secure) {
        policy_error(context->report, move->item.mark,
                     "bootstrap-server has a URI without security, which a psk does not fit");
    }
    if (move->mints) {
        policy_check_psk(context, &move->psk);
    }
}

static void check_limits(struct policy_schema_context *context, const struct policy_rule *rule)
{
    struct policy_mark mark = rule->item.mark;
    policy_check_limit(context, mark, "servers in a policy", rule->grants.count, POLICY_GRANTS_MAX);
    policy_check_limit(context, mark, "writes in a policy", rule->writes.count, POLICY_WRITES_MAX);
    policy_check_limit(context, mark, "deletes in a policy", rule->deletes.count,
                       POLICY_DELETES_MAX);
    policy_check_limit(context, mark, "formats of a client", rule->client.formats.count,
                       POLICY_FORMATS_MAX);
}

static void check_formats(struct policy_schema_context *context, const struct policy_rule *rule)
{
    const int64_t *formats = rule->client.formats.items;
    for (size_t i = 0; i < rule->client.formats.count; i++) {
        const struct lwm2m_format *format = lwm2m_format_by_number((uint16_t)formats[i]);
        if (format == NULL || format->encode == NULL) {
            policy_error(context->report, rule->client.item.mark,
                         "this content format is not supported by this version");
        }
    }
}

/* What stands in one item: errors here are told once, however often a block is used. */
static void check_written(struct policy_schema_context *context, struct policy_set *set,
                          struct policy_rule *rule)
{
    struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count; i++) {
        policy_check_grant(context, set, &grants[i]);
    }
    (void)policy_schema_resolve(context, &set->all.links, sizeof(struct policy_named_link), "link",
                                &rule->link);
    (void)policy_schema_resolve(context, &set->all.access, sizeof(struct policy_access),
                                "access table", &rule->access);
    check_move(context, &rule->move);
    check_formats(context, rule);
    const struct policy_valid *valid = &rule->valid;
    if (valid->from_at != SCHEMA_UNSET && valid->until_at != SCHEMA_UNSET &&
        valid->from_at >= valid->until_at) {
        policy_error(context->report, valid->item.mark, "valid: it ends before it begins");
    }
}

/* ---- blocks ---- */

/* Puts what RULE uses under it. */
static void lay_use(struct policy_schema_context *context, struct policy_set *set,
                    struct policy_rule *rule)
{
    struct policy_schema_reference *use = rule->use.items;
    const struct policy_rule *blocks = set->all.blocks.items;
    struct policy_rule laid = {0};
    size_t found = 0;
    for (size_t i = 0; i < rule->use.count; i++) {
        if (!policy_schema_resolve(context, &set->all.blocks, sizeof *blocks, "block", &use[i])) {
            continue;
        }
        if (found++ == 0) {
            laid = blocks[use[i].index];
        } else {
            (void)policy_rule_lay(context->arena, &laid, &blocks[use[i].index]);
        }
    }
    if (found > 0 && policy_rule_lay(context->arena, &laid, rule)) {
        laid.item = rule->item;
        laid.priority = rule->priority;
        laid.valid = rule->valid;
        laid.use = rule->use;
        laid.rollout = rule->rollout;
        laid.match = rule->match;
        *rule = laid;
    }
}

/* ---- the whole ---- */

static void check_required(struct policy_schema_context *context, const struct policy_rule *rule)
{
    const struct lwm2m_path *paths = rule->required.items;
    const struct policy_write *writes = rule->writes.items;
    for (size_t i = 0; i < rule->required.count; i++) {
        bool is_written = false;
        for (size_t j = 0; j < rule->writes.count; j++) {
            is_written = is_written || lwm2m_path_compare(paths[i], writes[j].path) == 0;
        }
        if (!is_written) {
            char text[LWM2M_PATH_TEXT];
            lwm2m_path_text(paths[i], text);
            policy_error(context->report, rule->item.mark, "required: %s is not under write", text);
        }
    }
}

static void check_policy(struct policy_schema_context *context, const struct policy_set *set,
                         const struct policy_rule *rule)
{
    size_t before = context->report->error_count;
    check_verdict(context, rule);
    check_blank(context, rule);
    check_limits(context, rule);
    check_required(context, rule);
    bool is_resolved = rule->access.name != NULL && rule->access.index < set->all.access.count &&
                       strcmp(policy_schema_item_at(&set->all.access, sizeof(struct policy_access),
                                                    rule->access.index)
                                  ->name,
                              rule->access.name) == 0;
    if (is_resolved) {
        check_access_servers(context, set, rule);
        policy_access_check_rule(context, set, rule);
    }
    if (before == context->report->error_count && rule->hold == NULL && rule->deny == NULL &&
        rule->grants.count == 0) {
        policy_error(context->report, rule->item.mark,
                     "a policy needs servers, or hold or deny with a reason");
    }
    if (rule->grants.count > 1 && rule->access.name == NULL) {
        policy_warning(context->report, rule->item.mark,
                       "several servers without access: each has all rights on everything");
    }
}

static void check_overlay(struct policy_schema_context *context, const struct policy_rule *rule)
{
    check_verdict(context, rule);
    check_limits(context, rule);
    if (rule->rollout.item.mark.line != 0 && rule->rollout.share_ppm == SCHEMA_UNSET) {
        policy_warning(context->report, rule->rollout.item.mark,
                       "a rollout without share reaches every matching device once started");
    }
}

/* ---- order ---- */

struct place {
    int64_t priority; /* ascending */
    size_t index;
};

static int place_compare(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = (a->priority > b->priority) - (a->priority < b->priority);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* SIGN 1: lowest priority first, -1: highest; those of one priority stay in their order. */
static void sort(struct policy_schema_context *context, struct policy_array *array, int sign)
{
    struct policy_rule *rules = array->items;
    struct policy_rule *sorted = policy_arena_array(context->arena, array->count, sizeof *rules);
    struct place *places = policy_arena_array(context->arena, array->count, sizeof *places);
    if (array->count < 2 || sorted == NULL || places == NULL) {
        return;
    }
    for (size_t i = 0; i < array->count; i++) {
        places[i] = (struct place){sign * rules[i].priority, i};
    }
    qsort(places, array->count, sizeof *places, place_compare);
    for (size_t i = 0; i < array->count; i++) {
        sorted[i] = rules[places[i].index];
    }
    array->items = sorted;
    array->capacity = array->count;
}

void policy_check_rules(struct policy_schema_context *context, struct policy_set *set)
{
    struct policy_array *kinds[] = {&set->all.blocks, &set->all.rules, &set->all.overlays};
    static const char *const names[] = {"block", "policy", "overlay"};
    for (size_t i = 0; i < 3; i++) {
        struct policy_rule *rules = kinds[i]->items;
        for (size_t j = 0; j < kinds[i]->count; j++) {
            check_written(context, set, &rules[j]);
        }
        policy_check_unique(context, kinds[i], sizeof *rules, names[i]);
    }
    struct policy_rule *rules = set->all.rules.items;
    for (size_t i = 0; i < set->all.rules.count; i++) {
        lay_use(context, set, &rules[i]);
        check_policy(context, set, &rules[i]);
    }
    struct policy_rule *overlays = set->all.overlays.items;
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        lay_use(context, set, &overlays[i]);
        check_overlay(context, &overlays[i]);
    }
    policy_check_ids(context, set);
    sort(context, &set->all.rules, -1);
    sort(context, &set->all.overlays, 1);
}
