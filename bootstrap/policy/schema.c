#include "bootstrap/policy/schema_list.h"
#include "bootstrap/policy/schema_value.h"

#include <string.h>

struct policy_schema_item *policy_schema_item_at(const struct policy_array *array, size_t size,
                                                 size_t i)
{
    return (struct policy_schema_item *)(void *)((unsigned char *)array->items + i * size);
}

/* ---- collections ---- */

static void read_item(struct policy_schema_context *context, const struct policy_node *node,
                      const struct policy_schema_table *table, struct policy_schema_item *item)
{
    item->mark = node->key != NULL ? node->key_mark : node->mark;
    if (table->custom != NULL) {
        table->custom(context, node, item);
    } else {
        policy_schema_read_map(context, node, table, item);
    }
}

static void read_items(struct policy_schema_context *context, const struct policy_node *node,
                       const struct policy_schema_field *field, struct policy_array *place)
{
    bool is_named = field->type == SCHEMA_NAMED;
    if (!policy_schema_expect(context, node, is_named ? POLICY_YAML_MAP : POLICY_YAML_LIST)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        char quoted[POLICY_QUOTE_MAX];
        if (place->count == SCHEMA_ITEMS_MAX) {
            policy_error(context->report, child->mark, "%s holds more than %d items", field->key,
                         SCHEMA_ITEMS_MAX);
            return;
        }
        if (is_named && !policy_schema_is_name(child->key, child->key_len)) {
            policy_error(context->report, child->key_mark,
                         "%s is not a name for a %s: 1 to 64 letters, digits, '.', '_', '-'",
                         policy_quote(child->key, child->key_len, quoted), field->table->what);
            continue;
        }
        struct policy_schema_item *item =
            policy_array_add(context->arena, place, field->table->size);
        if (item == NULL) {
            return;
        }
        if (is_named) {
            item->name = policy_arena_text(context->arena, child->key, child->key_len);
        }
        read_item(context, child, field->table, item);
    }
}

/* ---- maps ---- */

void policy_schema_read_field(struct policy_schema_context *context, const struct policy_node *node,
                              const struct policy_schema_field *field, void *place)
{
    char quoted[POLICY_QUOTE_MAX];
    switch (field->type) {
    case SCHEMA_TEXT:
    case SCHEMA_TEMPLATE:
        *(const char **)place = policy_schema_value_text(context, node, field);
        break;
    case SCHEMA_NAME:
        *(const char **)place = policy_schema_value_name(context, node, field->key);
        break;
    case SCHEMA_TEXTS:
    case SCHEMA_WORDS:
    case SCHEMA_PATHS:
    case SCHEMA_REFERENCES:
        policy_schema_list_read(context, node, field, place);
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_SECONDS:
    case SCHEMA_MILLISECONDS:
    case SCHEMA_BYTES:
    case SCHEMA_PERCENT:
    case SCHEMA_DATE:
    case SCHEMA_BOOLEAN:
        (void)policy_schema_read_number(context, node, field, place);
        break;
    case SCHEMA_WORD:
        policy_schema_value_word(context, node, field, place);
        break;
    case SCHEMA_FLAGS:
        policy_schema_value_flags(context, node, field, place);
        break;
    case SCHEMA_REFERENCE:
        policy_schema_value_reference(context, node, field, place);
        break;
    case SCHEMA_MAP:
        read_item(context, node, field->table, place);
        break;
    case SCHEMA_NAMED:
    case SCHEMA_LIST:
        read_items(context, node, field, place);
        break;
    case SCHEMA_CUSTOM:
        field->custom(context, node, place);
        break;
    case SCHEMA_LATER:
        policy_error(context->report, node->key_mark, "%s is not supported by this version",
                     policy_quote(node->key, node->key_len, quoted));
        break;
    }
}

static const struct policy_schema_field *field_for(const struct policy_schema_table *table,
                                                   const struct policy_node *node)
{
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        size_t len = strlen(field->key);
        if (field->key[len - 1] == '*') {
            if (node->key_len >= len && memcmp(field->key, node->key, len - 1) == 0) {
                return field;
            }
        } else if (strcmp(field->key, node->key) == 0) {
            return field;
        }
    }
    return NULL;
}

static bool is_number(enum policy_schema_type type)
{
    return type >= SCHEMA_INTEGER && type <= SCHEMA_FLAGS;
}

static void read_fallback(struct policy_schema_context *context,
                          const struct policy_schema_field *field, void *place)
{
    struct policy_node node = {
        .kind = POLICY_YAML_SCALAR, .text = field->fallback, .len = strlen(field->fallback)};
    policy_schema_read_field(context, &node, field, place);
}

void policy_schema_defaults(struct policy_schema_context *context,
                            const struct policy_schema_table *table, void *target)
{
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        void *place = (unsigned char *)target + field->offset;
        if (field->type == SCHEMA_MAP) {
            policy_schema_defaults(context, field->table, place);
        } else if (field->type != SCHEMA_CUSTOM && field->fallback != NULL && !field->is_late) {
            read_fallback(context, field, place);
        } else if (is_number(field->type)) {
            *(int64_t *)place = SCHEMA_UNSET;
        }
    }
}

void policy_schema_fill(struct policy_schema_context *context,
                        const struct policy_schema_table *table, void *target)
{
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        void *place = (unsigned char *)target + field->offset;
        if (field->type == SCHEMA_MAP) {
            policy_schema_fill(context, field->table, place);
        } else if (field->is_late && *(const int64_t *)place == SCHEMA_UNSET) {
            read_fallback(context, field, place);
        }
    }
}

bool policy_schema_has(const struct policy_schema_table *table,
                       const struct policy_schema_field *field)
{
    return field->parts == 0 || (field->parts & table->part) != 0;
}

static bool has_key(const struct policy_node *map, const char *key)
{
    for (const struct policy_node *node = map->first; node != NULL; node = node->next) {
        if (strcmp(node->key, key) == 0) {
            return true;
        }
    }
    return false;
}

void policy_schema_read_map(struct policy_schema_context *context, const struct policy_node *node,
                            const struct policy_schema_table *table, void *target)
{
    policy_schema_defaults(context, table, target);
    if (!policy_schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        const struct policy_schema_field *field = field_for(table, child);
        if (field == NULL) {
            policy_schema_value_unknown_key(context, child, table);
        } else if (!policy_schema_has(table, field)) {
            policy_error(context->report, child->key_mark, "the key '%s' has no place in %s %s",
                         field->key, policy_schema_article(table->what), table->what);
        } else {
            policy_schema_read_field(context, child, field,
                                     (unsigned char *)target + field->offset);
        }
    }
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        if (field->is_required && policy_schema_has(table, field) && !has_key(node, field->key)) {
            policy_error(context->report, node->key != NULL ? node->key_mark : node->mark,
                         "this %s needs the key '%s' (%s)", table->what, field->key, field->help);
        }
    }
}

bool policy_schema_resolve(struct policy_schema_context *context, const struct policy_array *array,
                           size_t size, const char *what, struct policy_schema_reference *reference)
{
    if (reference->name == NULL) {
        return false;
    }
    for (size_t i = 0; i < array->count; i++) {
        const char *name = policy_schema_item_at(array, size, i)->name;
        if (name != NULL && strcmp(name, reference->name) == 0) {
            reference->index = i;
            return true;
        }
    }
    struct policy_nearest nearest = {.word = reference->name, .len = strlen(reference->name)};
    for (size_t i = 0; i < array->count && context->report->error_count < POLICY_ERRORS_MAX; i++) {
        const char *name = policy_schema_item_at(array, size, i)->name;
        if (name != NULL) {
            policy_nearest_try(&nearest, name);
        }
    }
    char quoted[POLICY_QUOTE_MAX];
    policy_quote(reference->name, strlen(reference->name), quoted);
    if (nearest.best != NULL) {
        policy_error(context->report, reference->mark, "unknown %s %s: did you mean '%s'?", what,
                     quoted, nearest.best);
    } else {
        policy_error(context->report, reference->mark, "unknown %s %s", what, quoted);
    }
    return false;
}
