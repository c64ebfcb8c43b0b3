#include "bootstrap/policy/schema.h"

#include "bootstrap/policy/schema_number.h"
#include "bootstrap/policy/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_OCTETS = PKI_NAME_MAX, LIST_TEXT_MAX = 200 };

/* ---- words and names ---- */

const char *schema_label(const struct policy_node *node, char out[static POLICY_QUOTE_MAX])
{
    if (node->key == NULL) {
        memcpy(out, "this item", sizeof "this item");
        return out;
    }
    return policy_quote(node->key, node->key_len, out);
}

bool schema_is_name(const char *text, size_t len)
{
    static const char valid[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return len > 0 && len <= NAME_MAX_OCTETS && strspn(text, valid) == len;
}

struct schema_item *schema_item_at(const struct policy_array *array, size_t size, size_t i)
{
    return (struct schema_item *)(void *)((unsigned char *)array->items + i * size);
}

/* Appends ", WORD" while there is room. */
static void join(char *list, const char *word)
{
    size_t used = strlen(list);
    if (used + strlen(word) + 6 < LIST_TEXT_MAX) {
        snprintf(list + used, LIST_TEXT_MAX - used, "%s%s", used > 0 ? ", " : "", word);
    } else if (used > 2 && list[used - 1] != '.') {
        snprintf(list + used, LIST_TEXT_MAX - used, ", ..");
    }
}

static void report_unknown_key(struct schema_context *context, const struct policy_node *node,
                               const struct schema_table *table)
{
    struct policy_nearest nearest = {.word = node->key, .len = node->key_len};
    char list[LIST_TEXT_MAX] = "";
    char quoted[POLICY_QUOTE_MAX];
    for (const struct schema_field *field = table->fields; field->key != NULL; field++) {
        if (field->type != SCHEMA_LATER) {
            policy_nearest_try(&nearest, field->key);
            join(list, field->key);
        }
    }
    policy_quote(node->key, node->key_len, quoted);
    if (nearest.best != NULL) {
        policy_error(context->report, node->key_mark, "unknown key %s in a %s: did you mean '%s'?",
                     quoted, table->what, nearest.best);
    } else {
        policy_error(context->report, node->key_mark, "unknown key %s in a %s; keys are: %s",
                     quoted, table->what, list);
    }
}

static void report_unknown_word(struct schema_context *context, const struct policy_node *node,
                                const struct schema_field *field)
{
    struct policy_nearest nearest = {.word = node->text, .len = node->len};
    char list[LIST_TEXT_MAX] = "";
    char quoted[POLICY_QUOTE_MAX];
    for (const struct schema_word *word = field->words; word->word != NULL; word++) {
        policy_nearest_try(&nearest, word->word);
        join(list, word->word);
    }
    policy_quote(node->text, node->len, quoted);
    if (nearest.best != NULL) {
        policy_error(context->report, node->mark, "%s: %s is not one of %s: did you mean '%s'?",
                     field->key, quoted, list, nearest.best);
    } else {
        policy_error(context->report, node->mark, "%s: %s is not one of %s", field->key, quoted,
                     list);
    }
}

static bool find_word(const struct schema_word *words, const struct policy_node *node,
                      int64_t *value)
{
    for (const struct schema_word *word = words; word != NULL && word->word != NULL; word++) {
        if (strcmp(word->word, node->text) == 0) {
            *value = word->value;
            return true;
        }
    }
    return false;
}

bool schema_expect(struct schema_context *context, const struct policy_node *node,
                   enum policy_yaml_kind kind)
{
    static const char *const names[] = {"a single value", "a map (key: value)", "a list"};
    char label[POLICY_QUOTE_MAX];
    if (node->is_null) {
        policy_error(context->report, node->mark, "%s has no value; it needs %s",
                     schema_label(node, label), names[kind]);
        return false;
    }
    if (node->kind != kind) {
        policy_error(context->report, node->mark, "%s must be %s, not %s",
                     schema_label(node, label), names[kind], names[node->kind]);
        return false;
    }
    return true;
}

/* ---- single values ---- */

static void report_range(struct schema_context *context, const struct policy_node *node,
                         const struct schema_field *field)
{
    char low[32];
    char high[32];
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, node->mark, "%s: %s is outside %s to %s", field->key,
                 policy_quote(node->text, node->len, quoted),
                 schema_number_text(field->type, field->min, low, sizeof low),
                 schema_number_text(field->type, field->max, high, sizeof high));
}

bool schema_read_number(struct schema_context *context, const struct policy_node *node,
                        const struct schema_field *field, int64_t *out)
{
    if (!schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return false;
    }
    if (find_word(field->words, node, out)) {
        return true;
    }
    int64_t value = 0;
    const char *wrong = schema_number_parse(field->type, node->text, node->len, &value);
    if (wrong != NULL) {
        char list[LIST_TEXT_MAX] = "";
        char quoted[POLICY_QUOTE_MAX];
        for (const struct schema_word *word = field->words; word && word->word; word++) {
            join(list, word->word);
        }
        policy_error(context->report, node->mark, "%s: %s %s%s%s", field->key,
                     policy_quote(node->text, node->len, quoted), wrong,
                     list[0] != '\0' ? ", or one of: " : "", list);
        return false;
    }
    if (field->type != SCHEMA_BOOLEAN && (value < field->min || value > field->max)) {
        report_range(context, node, field);
        return false;
    }
    *out = value;
    return true;
}

static void read_word(struct schema_context *context, const struct policy_node *node,
                      const struct schema_field *field, int64_t *place)
{
    if (schema_expect(context, node, POLICY_YAML_SCALAR) && !find_word(field->words, node, place)) {
        report_unknown_word(context, node, field);
    }
}

static void read_flags(struct schema_context *context, const struct policy_node *node,
                       const struct schema_field *field, int64_t *place)
{
    const struct policy_node *item = node->kind == POLICY_YAML_LIST ? node->first : node;
    int64_t flags = 0;
    for (; item != NULL; item = node->kind == POLICY_YAML_LIST ? item->next : NULL) {
        int64_t flag = 0;
        read_word(context, item, field, &flag);
        flags |= flag;
    }
    if (node->kind == POLICY_YAML_LIST && node->count == 0) {
        policy_error(context->report, node->mark, "%s: the list is empty", field->key);
    }
    *place = flags;
}

/* A checked text of NODE, or NULL when reported. */
static const char *read_text(struct schema_context *context, const struct policy_node *node,
                             const struct schema_field *field)
{
    if (!schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return NULL;
    }
    if ((int64_t)node->len < field->min || (int64_t)node->len > field->max) {
        policy_error(context->report, node->mark,
                     "%s: a text of %zu octets; it must have %" PRId64 " to %" PRId64, field->key,
                     node->len, field->min, field->max);
        return NULL;
    }
    size_t len = 0;
    const char *wrong =
        field->type == SCHEMA_TEMPLATE ? policy_template_check(node->text, &len) : NULL;
    if (wrong != NULL) {
        char quoted[POLICY_QUOTE_MAX];
        policy_error(context->report, node->mark,
                     "%s: unknown placeholder %s; there are {endpoint}, {serial}, {identity}, "
                     "{group}, {attr.NAME}, {server}, {id}",
                     field->key, policy_quote(wrong, len, quoted));
        return NULL;
    }
    return policy_arena_text(context->arena, node->text, node->len);
}

static const char *read_name(struct schema_context *context, const struct policy_node *node,
                             const char *key)
{
    if (!schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return NULL;
    }
    if (!schema_is_name(node->text, node->len)) {
        char quoted[POLICY_QUOTE_MAX];
        policy_error(context->report, node->mark,
                     "%s: %s is not a name: 1 to 64 letters, digits, '.', '_', '-'", key,
                     policy_quote(node->text, node->len, quoted));
        return NULL;
    }
    return policy_arena_text(context->arena, node->text, node->len);
}

static void read_reference(struct schema_context *context, const struct policy_node *node,
                           const struct schema_field *field, struct schema_reference *place)
{
    place->name = read_name(context, node, field->key);
    place->mark = node->mark;
}

/* ---- collections ---- */

static void read_texts(struct schema_context *context, const struct policy_node *node,
                       const struct schema_field *field, struct policy_array *place)
{
    const struct policy_node *item = node->kind == POLICY_YAML_LIST ? node->first : node;
    if (node->kind == POLICY_YAML_LIST && node->count == 0) {
        policy_error(context->report, node->mark, "%s: the list is empty", field->key);
    }
    place->count = 0;
    for (; item != NULL; item = node->kind == POLICY_YAML_LIST ? item->next : NULL) {
        const char *text = read_text(context, item, field);
        const char **slot =
            text != NULL ? policy_array_add(context->arena, place, sizeof *slot) : NULL;
        if (slot != NULL) {
            *slot = text;
        }
    }
}

static void read_item(struct schema_context *context, const struct policy_node *node,
                      const struct schema_table *table, struct schema_item *item)
{
    item->mark = node->key != NULL ? node->key_mark : node->mark;
    if (table->custom != NULL) {
        table->custom(context, node, item);
    } else {
        schema_read_map(context, node, table, item);
    }
}

static void read_items(struct schema_context *context, const struct policy_node *node,
                       const struct schema_field *field, struct policy_array *place)
{
    bool is_named = field->type == SCHEMA_NAMED;
    if (!schema_expect(context, node, is_named ? POLICY_YAML_MAP : POLICY_YAML_LIST)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        char quoted[POLICY_QUOTE_MAX];
        if (place->count == SCHEMA_ITEMS_MAX) {
            policy_error(context->report, child->mark, "%s holds more than %d items", field->key,
                         SCHEMA_ITEMS_MAX);
            return;
        }
        if (is_named && !schema_is_name(child->key, child->key_len)) {
            policy_error(context->report, child->key_mark,
                         "%s is not a name for a %s: 1 to 64 letters, digits, '.', '_', '-'",
                         policy_quote(child->key, child->key_len, quoted), field->table->what);
            continue;
        }
        struct schema_item *item = policy_array_add(context->arena, place, field->table->size);
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

void schema_read_field(struct schema_context *context, const struct policy_node *node,
                       const struct schema_field *field, void *place)
{
    char quoted[POLICY_QUOTE_MAX];
    switch (field->type) {
    case SCHEMA_TEXT:
    case SCHEMA_TEMPLATE:
        *(const char **)place = read_text(context, node, field);
        break;
    case SCHEMA_NAME:
        *(const char **)place = read_name(context, node, field->key);
        break;
    case SCHEMA_TEXTS:
        read_texts(context, node, field, place);
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_SECONDS:
    case SCHEMA_MILLISECONDS:
    case SCHEMA_BYTES:
    case SCHEMA_BOOLEAN:
        (void)schema_read_number(context, node, field, place);
        break;
    case SCHEMA_WORD:
        read_word(context, node, field, place);
        break;
    case SCHEMA_FLAGS:
        read_flags(context, node, field, place);
        break;
    case SCHEMA_REFERENCE:
        read_reference(context, node, field, place);
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

static const struct schema_field *field_for(const struct schema_table *table,
                                            const struct policy_node *node)
{
    for (const struct schema_field *field = table->fields; field->key != NULL; field++) {
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

static bool is_number(enum schema_type type)
{
    return type >= SCHEMA_INTEGER && type <= SCHEMA_FLAGS;
}

void schema_defaults(struct schema_context *context, const struct schema_table *table, void *target)
{
    for (const struct schema_field *field = table->fields; field->key != NULL; field++) {
        void *place = (unsigned char *)target + field->offset;
        if (field->type == SCHEMA_MAP) {
            schema_defaults(context, field->table, place);
        } else if (field->type != SCHEMA_CUSTOM && field->fallback != NULL) {
            struct policy_node node = {.kind = POLICY_YAML_SCALAR,
                                       .text = field->fallback,
                                       .len = strlen(field->fallback)};
            schema_read_field(context, &node, field, place);
        } else if (is_number(field->type)) {
            *(int64_t *)place = SCHEMA_UNSET;
        }
    }
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

void schema_read_map(struct schema_context *context, const struct policy_node *node,
                     const struct schema_table *table, void *target)
{
    schema_defaults(context, table, target);
    if (!schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        const struct schema_field *field = field_for(table, child);
        if (field == NULL) {
            report_unknown_key(context, child, table);
        } else {
            schema_read_field(context, child, field, (unsigned char *)target + field->offset);
        }
    }
    for (const struct schema_field *field = table->fields; field->key != NULL; field++) {
        if (field->is_required && !has_key(node, field->key)) {
            policy_error(context->report, node->key != NULL ? node->key_mark : node->mark,
                         "this %s needs the key '%s' (%s)", table->what, field->key, field->help);
        }
    }
}

bool schema_resolve(struct schema_context *context, const struct policy_array *array, size_t size,
                    const char *what, struct schema_reference *reference)
{
    if (reference->name == NULL) {
        return false;
    }
    for (size_t i = 0; i < array->count; i++) {
        const char *name = schema_item_at(array, size, i)->name;
        if (name != NULL && strcmp(name, reference->name) == 0) {
            reference->index = i;
            return true;
        }
    }
    struct policy_nearest nearest = {.word = reference->name, .len = strlen(reference->name)};
    for (size_t i = 0; i < array->count && context->report->error_count < POLICY_ERRORS_MAX; i++) {
        const char *name = schema_item_at(array, size, i)->name;
        if (name != NULL) {
            policy_nearest_try(&nearest, name);
        }
    }
    if (nearest.best != NULL) {
        policy_error(context->report, reference->mark, "unknown %s '%s': did you mean '%s'?", what,
                     reference->name, nearest.best);
    } else {
        policy_error(context->report, reference->mark, "unknown %s '%s'", what, reference->name);
    }
    return false;
}
