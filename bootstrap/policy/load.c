#include "bootstrap/policy/load.h"

#include "bootstrap/policy/model.h"

#include <stdlib.h>
#include <string.h>

struct policy_set *policy_set_begin(struct lwm2m_definitions *definitions,
                                    struct policy_report *report)
{
    struct policy_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
        return NULL;
    }
    atomic_init(&set->references, 1);
    set->definitions = definitions != NULL ? lwm2m_definitions_ref(definitions) : NULL;
    set->registry = lwm2m_definitions_registry(definitions);
    set->all.unmatched = SCHEMA_UNSET;
    return set;
}

static void append(struct policy_schema_context *context, struct policy_array *all,
                   const struct policy_array *part, size_t size)
{
    for (size_t i = 0; i < part->count; i++) {
        void *slot = policy_array_add(context->arena, all, size);
        if (slot != NULL) {
            memcpy(slot, (const unsigned char *)part->items + i * size, size);
        }
    }
}

/* Where KEY stands in ROOT. */
static struct policy_mark mark_of(const struct policy_schema_context *context,
                                  const struct policy_node *root, const char *key)
{
    struct policy_mark mark = {.file = context->file};
    for (const struct policy_node *node = root->first; node != NULL; node = node->next) {
        mark = strcmp(node->key, key) == 0 ? node->key_mark : mark;
    }
    return mark;
}

static void merge(struct policy_schema_context *context, struct policy_set *set,
                  const struct policy_document *part, const struct policy_node *root)
{
    append(context, &set->all.servers, &part->servers, sizeof(struct policy_server));
    append(context, &set->all.access, &part->access, sizeof(struct policy_access));
    append(context, &set->all.links, &part->links, sizeof(struct policy_named_link));
    append(context, &set->all.blocks, &part->blocks, sizeof(struct policy_rule));
    append(context, &set->all.rules, &part->rules, sizeof(struct policy_rule));
    append(context, &set->all.overlays, &part->overlays, sizeof(struct policy_rule));
    if (part->unmatched == SCHEMA_UNSET) {
        return;
    }
    if (set->all.unmatched != SCHEMA_UNSET) {
        policy_error(context->report, mark_of(context, root, "unmatched"),
                     "'unmatched' is given by another file too");
    }
    set->all.unmatched = part->unmatched;
}

void policy_set_add(struct policy_set *set, const char *file, const char *text, size_t len,
                    struct policy_report *report)
{
    struct policy_arena tree = {0};
    struct policy_schema_context context = {
        .arena = &set->arena, .report = report, .registry = set->registry};
    struct policy_document part = {0};
    context.file = policy_arena_text(&set->arena, file, strlen(file));
    struct policy_node *root = policy_yaml_parse(context.file, text, len, &tree, report);
    if (root != NULL) {
        policy_schema_read_map(&context, root, &policy_language, &part);
        const char *const *names = part.include.items;
        for (size_t i = 0; i < part.include.count; i++) {
            policy_set_include(set, context.file, names[i], mark_of(&context, root, "include"),
                               report);
        }
        merge(&context, set, &part, root);
    }
    policy_arena_clear(&tree);
}

static void set_free(struct policy_set *set)
{
    policy_arena_clear(&set->arena);
    lwm2m_definitions_unref(set->definitions);
    free(set);
}

struct policy_set *policy_set_finish(struct policy_set *set, struct policy_report *report,
                                     size_t errors_before)
{
    struct policy_schema_context context = {.arena = &set->arena, .report = report};
    if (set->arena.is_failed) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
    } else {
        policy_check(&context, set);
    }
    if (set->all.unmatched == SCHEMA_UNSET) {
        set->all.unmatched = POLICY_HOLD;
    }
    policy_report_sort(report);
    if (report->error_count > errors_before) {
        set_free(set);
        return NULL;
    }
    return set;
}

struct policy_set *policy_set_load_text(const char *file, const char *text, size_t len,
                                        struct lwm2m_definitions *definitions,
                                        struct policy_report *report)
{
    size_t errors_before = report->error_count;
    struct policy_set *set = policy_set_begin(definitions, report);
    if (set == NULL) {
        return NULL;
    }
    policy_set_add(set, file, text, len, report);
    return policy_set_finish(set, report, errors_before);
}

struct policy_set *policy_set_ref(struct policy_set *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void policy_set_unref(struct policy_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1) {
        set_free(set);
    }
}

const struct lwm2m_registry *policy_set_registry(const struct policy_set *set)
{
    return set->registry;
}

size_t policy_set_rule_count(const struct policy_set *set)
{
    return set->all.rules.count;
}

const char *policy_set_rule_name(const struct policy_set *set, size_t index)
{
    return index < set->all.rules.count ? policy_rule_at(set, index)->item.name : NULL;
}

bool policy_set_has_rule(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->all.rules.count; i++) {
        if (strcmp(policy_rule_at(set, i)->item.name, name) == 0) {
            return true;
        }
    }
    return false;
}
