#include "bootstrap/policy/model.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists, without a change to what they were made of ---- */

/* ARRAY in fresh memory of ARENA, with room for MORE items. */
static void own(struct policy_arena *arena, struct policy_array *array, size_t size, size_t more)
{
    unsigned char *items = policy_arena_array(arena, array->count + more, size);
    if (items != NULL && array->count > 0) {
        memcpy(items, array->items, array->count * size);
    }
    array->items = items;
    array->count = items != NULL ? array->count : 0;
    array->capacity = items != NULL ? array->count + more : 0;
}

static void lay_list(struct policy_array *base, const struct policy_array *over)
{
    if (over->count > 0) {
        *base = *over;
    }
}

/* BASE, and behind it OVER. */
static void join(struct policy_arena *arena, struct policy_array *base,
                 const struct policy_array *over, size_t size)
{
    if (base->count == 0 || over->count == 0) {
        lay_list(base, over);
        return;
    }
    const unsigned char *items = over->items;
    own(arena, base, size, over->count);
    for (size_t i = 0; i < over->count && base->items != NULL; i++) {
        memcpy(policy_array_add(arena, base, size), items + i * size, size);
    }
}

/* ---- servers ---- */

static struct policy_grant *grant_called(const struct policy_array *grants, const char *name)
{
    struct policy_grant *items = grants->items;
    for (size_t i = 0; i < grants->count; i++) {
        if (strcmp(items[i].item.name, name) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

static void lay_grants(struct policy_arena *arena, struct policy_array *base,
                       const struct policy_array *over)
{
    if (base->count == 0 || over->count == 0) {
        lay_list(base, over);
        return;
    }
    const struct policy_grant *grants = over->items;
    own(arena, base, sizeof *grants, over->count);
    for (size_t i = 0; i < over->count && base->items != NULL; i++) {
        struct policy_grant *place = grant_called(base, grants[i].item.name);
        if (place == NULL) {
            place = policy_array_add(arena, base, sizeof *place);
        }
        *place = grants[i];
    }
}

/* ---- writes ---- */

static bool has_resource(const struct policy_write *write, uint16_t rid)
{
    const struct lwm2m_leaf *leaves = write->leaves.items;
    for (size_t i = 0; i < write->leaves.count; i++) {
        if (leaves[i].path.id[2] == rid) {
            return true;
        }
    }
    return false;
}

/* Resources of OVER, and those of BASE that it has not; both ascend. */
static void lay_leaves(struct policy_arena *arena, struct policy_write *base,
                       const struct policy_write *over)
{
    const struct lwm2m_leaf *below = base->leaves.items;
    const struct lwm2m_leaf *above = over->leaves.items;
    struct policy_array merged = {0};
    size_t i = 0;
    size_t j = 0;
    own(arena, &merged, sizeof *below, base->leaves.count + over->leaves.count);
    while (merged.items != NULL && (i < base->leaves.count || j < over->leaves.count)) {
        bool takes_above =
            i == base->leaves.count ||
            (j < over->leaves.count && lwm2m_path_compare(above[j].path, below[i].path) < 0);
        if (!takes_above && has_resource(over, below[i].path.id[2])) {
            i++;
            continue;
        }
        struct lwm2m_leaf *slot = policy_array_add(arena, &merged, sizeof *slot);
        *slot = takes_above ? above[j++] : below[i++];
    }
    base->leaves = merged;
}

static struct policy_write *write_at(const struct policy_array *writes, struct lwm2m_path path)
{
    struct policy_write *items = writes->items;
    for (size_t i = 0; i < writes->count; i++) {
        if (lwm2m_path_compare(items[i].path, path) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

static void lay_writes(struct policy_arena *arena, struct policy_array *base,
                       const struct policy_array *over)
{
    if (base->count == 0 || over->count == 0) {
        lay_list(base, over);
        return;
    }
    const struct policy_write *writes = over->items;
    own(arena, base, sizeof *writes, over->count);
    for (size_t i = 0; i < over->count && base->items != NULL; i++) {
        struct policy_write *place = write_at(base, writes[i].path);
        if (place != NULL) {
            lay_leaves(arena, place, &writes[i]);
        } else {
            place = policy_array_add(arena, base, sizeof *place);
            *place = writes[i];
        }
    }
}

/* ---- rules ---- */

static void lay_number(int64_t *base, int64_t over)
{
    *base = over != SCHEMA_UNSET ? over : *base;
}

static void lay_text(const char **base, const char *over)
{
    *base = over != NULL ? over : *base;
}

static void lay_reference(struct policy_schema_reference *base,
                          const struct policy_schema_reference *over)
{
    *base = over->name != NULL ? *over : *base;
}

static void lay_client(struct policy_client *base, const struct policy_client *over)
{
    base->item = over->item.mark.line != 0 ? over->item : base->item;
    lay_number(&base->version, over->version);
    lay_list(&base->formats, &over->formats);
    lay_number(&base->bootstrap_instance, over->bootstrap_instance);
    lay_number(&base->discover, over->discover);
    lay_number(&base->whole_objects, over->whole_objects);
    lay_text(&base->kind, over->kind);
    lay_list(&base->objects, &over->objects);
}

static void lay_on_error(struct policy_on_error_rules *base,
                         const struct policy_on_error_rules *over)
{
    lay_number(&base->discover, over->discover);
    lay_number(&base->read, over->read);
    lay_number(&base->remove, over->remove);
    lay_number(&base->account, over->account);
    lay_number(&base->access, over->access);
    lay_number(&base->write, over->write);
    lay_number(&base->verify, over->verify);
}

bool policy_rule_lay(struct policy_arena *arena, struct policy_rule *base,
                     const struct policy_rule *over)
{
    base->move = over->move.item.mark.line != 0 ? over->move : base->move;
    lay_on_error(&base->on_error, &over->on_error);
    join(arena, &base->required, &over->required, sizeof(struct lwm2m_path));
    lay_number(&base->verify, over->verify);
    lay_number(&base->apply, over->apply);
    lay_number(&base->pack, over->pack);
    lay_client(&base->client, &over->client);
    lay_reference(&base->link, &over->link);
    lay_reference(&base->access, &over->access);
    lay_number(&base->access_when, over->access_when);
    lay_grants(arena, &base->grants, &over->grants);
    lay_number(&base->others, over->others);
    join(arena, &base->deletes, &over->deletes, sizeof(struct policy_delete));
    lay_writes(arena, &base->writes, &over->writes);
    lay_text(&base->hold, over->hold);
    lay_text(&base->deny, over->deny);
    return !arena->is_failed;
}

/* ---- the whole ---- */

static bool is_named(const struct policy_array *paths, struct lwm2m_path path)
{
    const struct lwm2m_path *items = paths->items;
    for (size_t i = 0; i < paths->count; i++) {
        if (lwm2m_path_compare(items[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static void mark_required(struct policy_arena *arena, struct policy_rule *rule)
{
    bool all = rule->on_error.write == POLICY_STOP || rule->on_error.write == POLICY_RETRY;
    if (rule->writes.count == 0 || (!all && rule->required.count == 0)) {
        return;
    }
    own(arena, &rule->writes, sizeof(struct policy_write), 0);
    struct policy_write *writes = rule->writes.items;
    for (size_t i = 0; i < rule->writes.count; i++) {
        writes[i].is_required = all || is_named(&rule->required, writes[i].path);
    }
}

bool policy_rule_effective(struct policy_arena *arena, const struct policy_set *set,
                           const struct policy_decision *decision, struct policy_rule *rule)
{
    struct policy_report report = {0};
    struct policy_schema_context context = {.arena = arena, .report = &report};
    *rule = *policy_rule_at(set, decision->rule);
    for (size_t i = 0; i < decision->overlay_count; i++) {
        if (!policy_rule_lay(arena, rule, policy_overlay_at(set, decision->overlays[i]))) {
            return false;
        }
    }
    policy_schema_fill(&context, &policy_rule_table, rule);
    mark_required(arena, rule);
    return !arena->is_failed;
}
