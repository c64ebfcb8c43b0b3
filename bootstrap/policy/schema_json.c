#include "bootstrap/policy/model.h"

#include "bootstrap/lwm2m/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_PATTERN "^[A-Za-z0-9._-]{1,64}$"

enum { TABLES_MAX = 64, NAME_OCTETS = 80 };

/* Tables that were met: each is one of `$defs`. */
struct tables {
    const struct policy_schema_table *all[TABLES_MAX];
    size_t count;
};

static void put_text(struct lwm2m_json_writer *writer, const char *key, const char *text)
{
    lwm2m_json_key(writer, key);
    lwm2m_json_text(writer, text);
}

static void put_pattern(struct lwm2m_json_writer *writer, const char *pattern)
{
    put_text(writer, "type", "string");
    put_text(writer, "pattern", pattern);
}

/* PREFIX and the name of TABLE, which may stand in a URI. */
static const char *name_of(const struct policy_schema_table *table, const char *prefix,
                           char out[static NAME_OCTETS])
{
    snprintf(out, NAME_OCTETS, "%s%s", prefix, table->what);
    for (char *at = out; *at != '\0'; at++) {
        *at = *at == ' ' ? '-' : *at;
    }
    return out;
}

static void put_reference(struct lwm2m_json_writer *writer, const struct policy_schema_table *table)
{
    char path[NAME_OCTETS];
    put_text(writer, "$ref", name_of(table, "#/$defs/", path));
}

/* ---- one value ---- */

/* Each word, and as a number one that YAML reads as a number. */
static void put_words(struct lwm2m_json_writer *writer, const struct policy_schema_word *words)
{
    lwm2m_json_key(writer, "enum");
    lwm2m_json_array_begin(writer);
    for (; words != NULL && words->word != NULL; words++) {
        char *end = NULL;
        double number = strtod(words->word, &end);
        lwm2m_json_text(writer, words->word);
        if (*end == '\0') {
            lwm2m_json_double(writer, number);
        }
    }
    lwm2m_json_array_end(writer);
}

static void put_bounds(struct lwm2m_json_writer *writer, const struct policy_schema_field *field,
                       const char *low, const char *high)
{
    lwm2m_json_key(writer, low);
    lwm2m_json_int(writer, field->min);
    lwm2m_json_key(writer, high);
    lwm2m_json_int(writer, field->max);
}

/* What FIELD takes when it is no word, one of it when it takes lists too. */
static void put_plain(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    switch (field->type) {
    case SCHEMA_TEXT:
    case SCHEMA_TEMPLATE:
    case SCHEMA_TEXTS:
        put_text(writer, "type", "string");
        put_bounds(writer, field, "minLength", "maxLength");
        break;
    case SCHEMA_NAME:
    case SCHEMA_REFERENCE:
    case SCHEMA_REFERENCES:
        put_pattern(writer, NAME_PATTERN);
        break;
    case SCHEMA_INTEGER:
        put_text(writer, "type", "integer");
        put_bounds(writer, field, "minimum", "maximum");
        break;
    case SCHEMA_SECONDS:
        put_pattern(writer, "^(0|[0-9]+(s|m|h|d|w))$");
        break;
    case SCHEMA_MILLISECONDS:
        put_pattern(writer, "^(0|[0-9]+(ms|s|m|h|d|w))$");
        break;
    case SCHEMA_BYTES:
        put_pattern(writer, "^[0-9]+(B|KiB|MiB|GiB|TiB)?$");
        break;
    case SCHEMA_PERCENT:
        put_pattern(writer, "^[0-9]{1,3}([.][0-9]{1,4})?%$");
        break;
    case SCHEMA_DATE:
        put_pattern(writer, "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$");
        break;
    case SCHEMA_BOOLEAN:
        put_text(writer, "type", "boolean");
        break;
    case SCHEMA_PATHS:
        put_pattern(writer, field->min == 2   ? "^/[0-9]+/[0-9]+$"
                            : field->max == 1 ? "^/[0-9]+$"
                                              : "^/[0-9]+(/[0-9]+)?$");
        break;
    default:
        break;
    }
}

/* ---- alternatives ---- */

/* One alternative of anyOf. */
static void put_one(struct lwm2m_json_writer *writer, const struct policy_schema_field *field,
                    bool is_words)
{
    lwm2m_json_object_begin(writer);
    if (is_words) {
        put_words(writer, field->words);
    } else {
        put_plain(writer, field);
    }
    lwm2m_json_object_end(writer);
}

static bool is_listed(const struct policy_schema_field *field)
{
    return field->type == SCHEMA_TEXTS || field->type == SCHEMA_FLAGS ||
           field->type == SCHEMA_WORDS || field->type == SCHEMA_PATHS ||
           field->type == SCHEMA_REFERENCES;
}

static void put_single(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    bool only_words = field->type == SCHEMA_WORD || field->type == SCHEMA_FLAGS;
    if (field->words != NULL) {
        put_one(writer, field, true);
    }
    if (field->type == SCHEMA_WORDS && field->max > 0) {
        struct policy_schema_field number = *field;
        number.type = SCHEMA_INTEGER;
        put_one(writer, &number, false);
    } else if (!only_words && field->type != SCHEMA_WORDS) {
        put_one(writer, field, false);
    }
}

static void put_list(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    lwm2m_json_object_begin(writer);
    put_text(writer, "type", "array");
    lwm2m_json_key(writer, "minItems");
    lwm2m_json_int(writer, 1);
    lwm2m_json_key(writer, "items");
    lwm2m_json_object_begin(writer);
    lwm2m_json_key(writer, "anyOf");
    lwm2m_json_array_begin(writer);
    put_single(writer, field);
    lwm2m_json_array_end(writer);
    lwm2m_json_object_end(writer);
    lwm2m_json_object_end(writer);
}

static void put_values(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    if (field->words == NULL && !is_listed(field)) {
        put_plain(writer, field);
        return;
    }
    lwm2m_json_key(writer, "anyOf");
    lwm2m_json_array_begin(writer);
    put_single(writer, field);
    if (is_listed(field)) {
        put_list(writer, field);
    }
    lwm2m_json_array_end(writer);
}

static void put_custom(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    static const char *const types[] = {
        [SCHEMA_FORM_TEXT] = "string", [SCHEMA_FORM_LIST] = "array", [SCHEMA_FORM_MAP] = "object"};
    lwm2m_json_key(writer, "anyOf");
    lwm2m_json_array_begin(writer);
    if (field->words != NULL) {
        put_one(writer, field, true);
    }
    if (field->table != NULL) {
        lwm2m_json_object_begin(writer);
        put_reference(writer, field->table);
        lwm2m_json_object_end(writer);
    }
    if (field->form == SCHEMA_FORM_TEXTS) {
        struct policy_schema_field texts = *field;
        texts.type = SCHEMA_TEXTS;
        texts.min = 1;
        texts.max = PKI_ATTRIBUTE_VALUE_MAX;
        put_single(writer, &texts);
        put_list(writer, &texts);
    } else if (field->form != SCHEMA_FORM_NONE) {
        lwm2m_json_object_begin(writer);
        put_text(writer, "type", types[field->form]);
        lwm2m_json_object_end(writer);
    }
    lwm2m_json_array_end(writer);
}

/* ---- keys ---- */

static void put_items(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    bool is_list = field->type == SCHEMA_LIST;
    put_text(writer, "type", is_list ? "array" : "object");
    if (!is_list) {
        lwm2m_json_key(writer, "propertyNames");
        lwm2m_json_object_begin(writer);
        put_text(writer, "pattern", NAME_PATTERN);
        lwm2m_json_object_end(writer);
    }
    lwm2m_json_key(writer, is_list ? "items" : "additionalProperties");
    lwm2m_json_object_begin(writer);
    put_reference(writer, field->table);
    lwm2m_json_object_end(writer);
}

static void put_field(struct lwm2m_json_writer *writer, const struct policy_schema_field *field)
{
    lwm2m_json_object_begin(writer);
    put_text(writer, "description", field->help);
    if (field->fallback != NULL) {
        put_text(writer, "x-default", field->fallback);
    }
    if (field->type == SCHEMA_MAP) {
        put_reference(writer, field->table);
    } else if (field->type == SCHEMA_NAMED || field->type == SCHEMA_LIST) {
        put_items(writer, field);
    } else if (field->type == SCHEMA_CUSTOM) {
        put_custom(writer, field);
    } else {
        put_values(writer, field);
    }
    lwm2m_json_object_end(writer);
}

static bool is_pattern(const struct policy_schema_field *field)
{
    return field->key[strlen(field->key) - 1] == '*';
}

static bool is_described(const struct policy_schema_table *table,
                         const struct policy_schema_field *field)
{
    return field->type != SCHEMA_LATER && policy_schema_has(table, field);
}

static void put_fields(struct lwm2m_json_writer *writer, const struct policy_schema_table *table,
                       bool are_patterns)
{
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        if (!is_described(table, field) || is_pattern(field) != are_patterns) {
            continue;
        }
        if (are_patterns) { /* "attr.*": the name of an attribute behind it */
            char key[80] = "^";
            strncat(key, field->key, strcspn(field->key, ".*"));
            strncat(key, "[.].+$", 8);
            lwm2m_json_key(writer, key);
        } else {
            lwm2m_json_key(writer, field->key);
        }
        put_field(writer, field);
    }
}

/* What a map of TABLE holds, as members of an open object. */
static void put_table(struct lwm2m_json_writer *writer, const struct policy_schema_table *table)
{
    put_text(writer, "type", "object");
    if (table->fields == NULL) {
        return;
    }
    lwm2m_json_key(writer, "properties");
    lwm2m_json_object_begin(writer);
    put_fields(writer, table, false);
    lwm2m_json_object_end(writer);
    lwm2m_json_key(writer, "patternProperties");
    lwm2m_json_object_begin(writer);
    put_fields(writer, table, true);
    lwm2m_json_object_end(writer);
    lwm2m_json_key(writer, "required");
    lwm2m_json_array_begin(writer);
    for (const struct policy_schema_field *field = table->fields; field->key != NULL; field++) {
        if (is_described(table, field) && field->is_required) {
            lwm2m_json_text(writer, field->key);
        }
    }
    lwm2m_json_array_end(writer);
    lwm2m_json_key(writer, "additionalProperties");
    lwm2m_json_bool(writer, false);
}

static void gather(struct tables *tables, const struct policy_schema_table *table)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (tables->all[i] == table) {
            return;
        }
    }
    if (tables->count == TABLES_MAX) {
        return;
    }
    tables->all[tables->count++] = table;
    for (const struct policy_schema_field *field = table->fields;
         field != NULL && field->key != NULL; field++) {
        if (field->table != NULL && is_described(table, field)) {
            gather(tables, field->table);
        }
    }
}

void policy_language_schema(struct lwm2m_json_writer *writer)
{
    struct tables tables = {.count = 0};
    gather(&tables, &policy_language);
    lwm2m_json_object_begin(writer);
    put_text(writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_text(writer, "title", "Imprint policy file");
    put_table(writer, &policy_language);
    lwm2m_json_key(writer, "$defs");
    lwm2m_json_object_begin(writer);
    for (size_t i = 1; i < tables.count; i++) {
        char name[NAME_OCTETS];
        lwm2m_json_key(writer, name_of(tables.all[i], "", name));
        lwm2m_json_object_begin(writer);
        put_table(writer, tables.all[i]);
        lwm2m_json_object_end(writer);
    }
    lwm2m_json_object_end(writer);
    lwm2m_json_object_end(writer);
}
