#include "bootstrap/policy/schema_value.h"

#include "bootstrap/policy/schema_number.h"
#include "bootstrap/policy/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_OCTETS = PKI_NAME_MAX, LIST_TEXT_MAX = 200 };

/* ---- words and names ---- */

const char *policy_schema_label(const struct policy_node *node, char out[static POLICY_QUOTE_MAX])
{
    if (node->key == NULL) {
        memcpy(out, "this item", sizeof "this item");
        return out;
    }
    return policy_quote(node->key, node->key_len, out);
}

bool policy_schema_is_name(const char *text, size_t len)
{
    static const char valid[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return len > 0 && len <= NAME_MAX_OCTETS && strspn(text, valid) == len;
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

const char *policy_schema_article(const char *what)
{
    return strchr("aeiou", *what) != NULL ? "an" : "a";
}

void policy_schema_value_unknown_key(struct policy_schema_context *context,
                                     const struct policy_node *node,
                                     const struct policy_schema_table *table)
{
    struct policy_nearest nearest = {.word = node->key, .len = node->key_len};
    char list[LIST_TEXT_MAX] = "";
    char quoted[POLICY_QUOTE_MAX];
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        if (field->type != SCHEMA_LATER && policy_schema_has(table, field)) {
            policy_nearest_try(&nearest, field->key);
            join(list, field->key);
        }
    }
    policy_quote(node->key, node->key_len, quoted);
    if (nearest.best != NULL) {
        policy_error(context->report, node->key_mark, "unknown key %s in %s %s: did you mean '%s'?",
                     quoted, policy_schema_article(table->what), table->what, nearest.best);
    } else {
        policy_error(context->report, node->key_mark, "unknown key %s in %s %s; keys are: %s",
                     quoted, policy_schema_article(table->what), table->what, list);
    }
}

static void report_unknown_word(struct policy_schema_context *context,
                                const struct policy_node *node,
                                const struct policy_schema_field *field)
{
    struct policy_nearest nearest = {.word = node->text, .len = node->len};
    char list[LIST_TEXT_MAX] = "";
    char quoted[POLICY_QUOTE_MAX];
    for (const struct policy_schema_word *word = field->words; word->word != NULL; word++) {
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

static bool find_word(const struct policy_schema_word *words, const struct policy_node *node,
                      int64_t *value)
{
    for (const struct policy_schema_word *word = words; word != NULL && word->word != NULL;
         word++) {
        if (strcmp(word->word, node->text) == 0) {
            *value = word->value;
            return true;
        }
    }
    return false;
}

bool policy_schema_expect(struct policy_schema_context *context, const struct policy_node *node,
                          enum policy_yaml_kind kind)
{
    static const char *const names[] = {"a single value", "a map (key: value)", "a list"};
    char label[POLICY_QUOTE_MAX];
    if (node->is_null) {
        policy_error(context->report, node->mark, "%s has no value; it needs %s",
                     policy_schema_label(node, label), names[kind]);
        return false;
    }
    if (node->kind != kind) {
        policy_error(context->report, node->mark, "%s must be %s, not %s",
                     policy_schema_label(node, label), names[kind], names[node->kind]);
        return false;
    }
    return true;
}

/* ---- single values ---- */

void policy_schema_value_range(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field)
{
    char low[40];
    char high[40];
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, node->mark, "%s: %s is outside %s to %s", field->key,
                 policy_quote(node->text, node->len, quoted),
                 policy_schema_number_text(field->type, field->min, low, sizeof low),
                 policy_schema_number_text(field->type, field->max, high, sizeof high));
}

bool policy_schema_read_number(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field, int64_t *out)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return false;
    }
    if (find_word(field->words, node, out)) {
        return true;
    }
    int64_t value = 0;
    const char *wrong = policy_schema_number_parse(field->type, node->text, node->len, &value);
    if (wrong != NULL) {
        char list[LIST_TEXT_MAX] = "";
        char quoted[POLICY_QUOTE_MAX];
        for (const struct policy_schema_word *word = field->words; word && word->word; word++) {
            join(list, word->word);
        }
        policy_error(context->report, node->mark, "%s: %s %s%s%s", field->key,
                     policy_quote(node->text, node->len, quoted), wrong,
                     list[0] != '\0' ? ", or one of: " : "", list);
        return false;
    }
    if (field->type != SCHEMA_BOOLEAN && (value < field->min || value > field->max)) {
        policy_schema_value_range(context, node, field);
        return false;
    }
    *out = value;
    return true;
}

void policy_schema_value_word(struct policy_schema_context *context, const struct policy_node *node,
                              const struct policy_schema_field *field, int64_t *place)
{
    if (policy_schema_expect(context, node, POLICY_YAML_SCALAR) &&
        !find_word(field->words, node, place)) {
        report_unknown_word(context, node, field);
    }
}

void policy_schema_value_flags(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field, int64_t *place)
{
    const struct policy_node *item = node->kind == POLICY_YAML_LIST ? node->first : node;
    int64_t flags = 0;
    for (; item != NULL; item = node->kind == POLICY_YAML_LIST ? item->next : NULL) {
        int64_t flag = 0;
        policy_schema_value_word(context, item, field, &flag);
        flags |= flag;
    }
    if (node->kind == POLICY_YAML_LIST && node->count == 0) {
        policy_error(context->report, node->mark, "%s: the list is empty", field->key);
    }
    *place = flags;
}

/* A checked text of NODE, or NULL when reported. */
const char *policy_schema_value_text(struct policy_schema_context *context,
                                     const struct policy_node *node,
                                     const struct policy_schema_field *field)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
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

const char *policy_schema_value_name(struct policy_schema_context *context,
                                     const struct policy_node *node, const char *key)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return NULL;
    }
    if (!policy_schema_is_name(node->text, node->len)) {
        char quoted[POLICY_QUOTE_MAX];
        policy_error(context->report, node->mark,
                     "%s: %s is not a name: 1 to 64 letters, digits, '.', '_', '-'", key,
                     policy_quote(node->text, node->len, quoted));
        return NULL;
    }
    return policy_arena_text(context->arena, node->text, node->len);
}

void policy_schema_value_reference(struct policy_schema_context *context,
                                   const struct policy_node *node,
                                   const struct policy_schema_field *field,
                                   struct policy_schema_reference *place)
{
    place->name = policy_schema_value_name(context, node, field->key);
    place->mark = node->mark;
}
