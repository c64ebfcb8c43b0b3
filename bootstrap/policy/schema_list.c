#include "bootstrap/policy/schema_list.h"

#include "bootstrap/policy/schema_value.h"

#include "bootstrap/lwm2m/value.h"

#include <stdlib.h>
#include <string.h>

static void add_text(struct policy_schema_context *context, const struct policy_node *node,
                     const struct policy_schema_field *field, struct policy_array *place)
{
    const char *text = policy_schema_value_text(context, node, field);
    const char **slot = text != NULL ? policy_array_add(context->arena, place, sizeof *slot) : NULL;
    if (slot != NULL) {
        *slot = text;
    }
}

/* A number in decimal, or in hexadecimal behind 0x. */
static bool is_plain_number(const struct policy_node *node, int64_t *out)
{
    const char *digits = strncmp(node->text, "0x", 2) == 0 ? node->text + 2 : node->text;
    int base = digits == node->text ? 10 : 16;
    const char *valid = base == 10 ? "0123456789" : "0123456789abcdefABCDEF";
    if (*digits == '\0' || strspn(digits, valid) != strlen(digits) || strlen(digits) > 15) {
        return false;
    }
    *out = strtoll(digits, NULL, base);
    return true;
}

static void add_word(struct policy_schema_context *context, const struct policy_node *node,
                     const struct policy_schema_field *field, struct policy_array *place)
{
    int64_t value = SCHEMA_UNSET;
    if (field->max > 0 && node->kind == POLICY_YAML_SCALAR && is_plain_number(node, &value)) {
        if (value < field->min || value > field->max) {
            struct policy_schema_field number = *field;
            number.type = SCHEMA_INTEGER;
            policy_schema_value_range(context, node, &number);
            return;
        }
    } else {
        policy_schema_value_word(context, node, field, &value);
    }
    int64_t *slot =
        value != SCHEMA_UNSET ? policy_array_add(context->arena, place, sizeof *slot) : NULL;
    if (slot != NULL) {
        *slot = value;
    }
}

static void add_path(struct policy_schema_context *context, const struct policy_node *node,
                     const struct policy_schema_field *field, struct policy_array *place)
{
    static const char *const shapes[] = {"", "/object", "/object/instance"};
    char quoted[POLICY_QUOTE_MAX];
    struct lwm2m_path path;
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    if (lwm2m_path_parse(node->text, node->len, &path) != LWM2M_OK || path.depth < field->min ||
        path.depth > field->max || path.id[0] > LWM2M_ID_MAX || path.id[1] > LWM2M_ID_MAX) {
        policy_error(context->report, node->mark, "%s: %s is no path here: %s%s%s", field->key,
                     policy_quote(node->text, node->len, quoted), shapes[field->min],
                     field->min != field->max ? " or " : "",
                     field->min != field->max ? shapes[field->max] : "");
        return;
    }
    struct lwm2m_path *slot = policy_array_add(context->arena, place, sizeof *slot);
    if (slot != NULL) {
        *slot = path;
    }
}

static void add_reference(struct policy_schema_context *context, const struct policy_node *node,
                          const struct policy_schema_field *field, struct policy_array *place)
{
    struct policy_schema_reference reference = {0};
    policy_schema_value_reference(context, node, field, &reference);
    struct policy_schema_reference *slot =
        reference.name != NULL ? policy_array_add(context->arena, place, sizeof *slot) : NULL;
    if (slot != NULL) {
        *slot = reference;
    }
}

static void add(struct policy_schema_context *context, const struct policy_node *node,
                const struct policy_schema_field *field, struct policy_array *place)
{
    if (field->type == SCHEMA_WORDS) {
        add_word(context, node, field, place);
    } else if (field->type == SCHEMA_PATHS) {
        add_path(context, node, field, place);
    } else if (field->type == SCHEMA_REFERENCES) {
        add_reference(context, node, field, place);
    } else {
        add_text(context, node, field, place);
    }
}

void policy_schema_list_read(struct policy_schema_context *context, const struct policy_node *node,
                             const struct policy_schema_field *field, struct policy_array *place)
{
    bool is_list = node->kind == POLICY_YAML_LIST;
    if (is_list && node->count == 0) {
        policy_error(context->report, node->mark, "%s: the list is empty", field->key);
    }
    if (is_list && node->count > SCHEMA_ITEMS_MAX) {
        policy_error(context->report, node->mark, "%s holds more than %d items", field->key,
                     SCHEMA_ITEMS_MAX);
        return;
    }
    place->count = 0;
    for (const struct policy_node *item = is_list ? node->first : node; item != NULL;
         item = is_list ? item->next : NULL) {
        add(context, item, field, place);
    }
}
