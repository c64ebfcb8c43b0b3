#include "bootstrap/lwm2m/definition_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_OCTETS_MAX = 255, UNITS_OCTETS_MAX = 64 };

static const struct element {
    enum definition_node parent;
    const char *name;
    enum definition_node node;
    bool is_needed; /* in its parent */
} elements[] = {
    {NODE_DOCUMENT, "LWM2M", NODE_ROOT, false},
    {NODE_ROOT, "Object", NODE_OBJECT, false},
    {NODE_OBJECT, "Name", NODE_NAME, true},
    {NODE_OBJECT, "ObjectID", NODE_OBJECT_ID, true},
    {NODE_OBJECT, "ObjectVersion", NODE_OBJECT_VERSION, false},
    {NODE_OBJECT, "MultipleInstances", NODE_INSTANCES, true},
    {NODE_OBJECT, "Mandatory", NODE_MANDATORY, true},
    {NODE_OBJECT, "Resources", NODE_RESOURCES, true},
    {NODE_RESOURCES, "Item", NODE_ITEM, false},
    {NODE_ITEM, "Name", NODE_NAME, true},
    {NODE_ITEM, "Operations", NODE_OPERATIONS, true},
    {NODE_ITEM, "MultipleInstances", NODE_INSTANCES, true},
    {NODE_ITEM, "Mandatory", NODE_MANDATORY, true},
    {NODE_ITEM, "Type", NODE_TYPE, true},
    {NODE_ITEM, "RangeEnumeration", NODE_RANGE, false},
    {NODE_ITEM, "Units", NODE_UNITS, false},
};

/* Faults ----------------------------------------------------------------------------------------
 */

void lwm2m_definition_fail(struct definition_reader *reader, enum lwm2m_error error,
                           struct definition_place at, const char *format, ...)
{
    if (reader->error) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reader->fault->text, sizeof reader->fault->text, format, arguments);
    va_end(arguments);
    reader->fault->line = at.line;
    reader->fault->column = at.column;
    reader->error = error;
}

static void fail_memory(struct definition_reader *reader)
{
    lwm2m_definition_fail(reader, LWM2M_ENOMEM, reader->at, "out of memory");
}

/* Runs of blanks become one, none at the ends. */
static void trim(struct definition_reader *reader)
{
    size_t kept = 0;
    for (size_t i = 0; i < reader->text_len; i++) {
        const char c = reader->text[i];
        if (strchr(" \t\r\n", c) == NULL) {
            reader->text[kept++] = c;
        } else if (kept > 0 && reader->text[kept - 1] != ' ') {
            reader->text[kept++] = ' ';
        }
    }
    kept -= kept > 0 && reader->text[kept - 1] == ' ' ? 1 : 0;
    reader->text[kept] = '\0';
    reader->text_len = kept;
}

/* Fields ----------------------------------------------------------------------------------------
 */

static void take_name(struct definition_reader *reader, bool is_item)
{
    if (reader->text_len == 0 || reader->is_cut || reader->text_len > NAME_OCTETS_MAX) {
        lwm2m_definition_fail(reader, reader->text_len == 0 ? LWM2M_EFORMAT : LWM2M_ELIMIT,
                              reader->field_at, "Name: 1 to %d octets", NAME_OCTETS_MAX);
        return;
    }
    char *name = strdup(reader->text);
    if (name == NULL) {
        fail_memory(reader);
    } else if (is_item) {
        reader->item.name = name;
        reader->item.is_secret = lwm2m_definition_is_secret(name);
    } else {
        reader->definition->name = name;
        reader->definition->object.name = name;
    }
}

/* "Multiple" or "Single", "Mandatory" or "Optional". */
static void take_fact(struct definition_reader *reader, const char *name, const char *yes,
                      const char *no, bool *fact)
{
    *fact = strcasecmp(reader->text, yes) == 0;
    if (!*fact && strcasecmp(reader->text, no) != 0) {
        lwm2m_definition_fail(reader, LWM2M_EFORMAT, reader->field_at, "%s must be %s or %s", name,
                              yes, no);
    }
}

static void take_units(struct definition_reader *reader)
{
    if (reader->text_len == 0 || reader->text_len > UNITS_OCTETS_MAX) {
        return; /* prose is no unit */
    }
    reader->item.units = strdup(reader->text);
    if (reader->item.units == NULL) {
        fail_memory(reader);
    }
}

static void take_object_field(struct definition_reader *reader, enum definition_node node)
{
    struct lwm2m_object *object = &reader->definition->object;
    const int32_t id = lwm2m_definition_id(reader->text);
    switch (node) {
    case NODE_NAME:
        take_name(reader, false);
        break;
    case NODE_OBJECT_ID:
        object->id = (uint16_t)id;
        if (id < 0) {
            lwm2m_definition_fail(reader, LWM2M_ERANGE, reader->field_at,
                                  "ObjectID must be 0 to %d", LWM2M_ID_MAX);
        }
        break;
    case NODE_OBJECT_VERSION:
        object->newest =
            reader->text_len == 0 ? LWM2M_VERSION(1, 0) : lwm2m_definition_version(reader->text);
        if (object->newest == 0) {
            lwm2m_definition_fail(reader, LWM2M_EFORMAT, reader->field_at,
                                  "ObjectVersion must be a version such as 1.0");
        }
        break;
    case NODE_INSTANCES:
        take_fact(reader, "MultipleInstances", "Multiple", "Single", &object->is_multiple);
        break;
    default:
        take_fact(reader, "Mandatory", "Mandatory", "Optional", &object->is_mandatory);
        break;
    }
}

static void take_item_field(struct definition_reader *reader, enum definition_node node)
{
    struct lwm2m_resource *item = &reader->item;
    char word[33];
    int code = 0;
    switch (node) {
    case NODE_NAME:
        take_name(reader, true);
        break;
    case NODE_OPERATIONS:
        code = lwm2m_definition_operations(reader->text);
        item->operations = (uint8_t)code;
        if (code < 0) {
            lwm2m_definition_fail(reader, LWM2M_EFORMAT, reader->field_at,
                                  "Operations: letters of R, W and E");
        }
        break;
    case NODE_INSTANCES:
        take_fact(reader, "MultipleInstances", "Multiple", "Single", &item->is_multiple);
        break;
    case NODE_MANDATORY:
        take_fact(reader, "Mandatory", "Mandatory", "Optional", &item->is_mandatory);
        break;
    case NODE_TYPE:
        code = lwm2m_definition_type(reader->text);
        item->type = (enum lwm2m_type)code;
        if (code < 0) {
            lwm2m_definition_fail(reader, LWM2M_ETYPE, reader->field_at, "'%s' is not a Type",
                                  lwm2m_definition_shown(reader->text, word));
        }
        break;
    case NODE_RANGE:
        memcpy(reader->range, reader->text, reader->is_cut ? 0 : reader->text_len + 1);
        break;
    default:
        take_units(reader);
        break;
    }
}

/* Items -----------------------------------------------------------------------------------------
 */

static void need_all(struct definition_reader *reader, enum definition_node parent, unsigned seen,
                     struct definition_place at)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        const struct element *row = &elements[i];
        if (row->parent == parent && row->is_needed && (seen & 1U << row->node) == 0) {
            lwm2m_definition_fail(reader, LWM2M_EFORMAT, at, "this %s lacks %s",
                                  parent == NODE_ITEM ? "Item" : "Object", row->name);
        }
    }
}

void lwm2m_definition_item_clear(struct lwm2m_resource *item)
{
    free((char *)(uintptr_t)item->name);
    free((char *)(uintptr_t)item->units);
    free((int64_t *)(uintptr_t)item->values);
    *item = (struct lwm2m_resource){0};
}

static void take_range(struct definition_reader *reader)
{
    int64_t values[LWM2M_RANGE_VALUES_MAX];
    size_t count = 0;
    lwm2m_definition_range(reader->range, &reader->item, values, &count);
    if (count == 0) {
        return;
    }
    int64_t *kept = calloc(count, sizeof *kept);
    if (kept == NULL) {
        fail_memory(reader);
        return;
    }
    memcpy(kept, values, count * sizeof *kept);
    reader->item.values = kept;
    reader->item.value_count = count;
}

/* Where the item belongs, ascending by id; -1 when its id is there already. */
static ptrdiff_t slot_of(const struct lwm2m_definition *definition, uint16_t id)
{
    size_t at = definition->object.resource_count;
    while (at > 0 && definition->resources[at - 1].id > id) {
        at--;
    }
    return at > 0 && definition->resources[at - 1].id == id ? -1 : (ptrdiff_t)at;
}

static void push_item(struct definition_reader *reader)
{
    struct lwm2m_definition *const definition = reader->definition;
    const size_t count = definition->object.resource_count;
    if (count == reader->capacity) {
        const size_t capacity = count == 0 ? 16 : count * 2;
        struct lwm2m_resource *larger =
            realloc(definition->resources, capacity * sizeof definition->resources[0]);
        if (larger == NULL) {
            fail_memory(reader);
            return;
        }
        definition->resources = larger;
        definition->object.resources = larger;
        reader->capacity = capacity;
    }
    const ptrdiff_t slot = slot_of(definition, reader->item.id);
    if (slot < 0) {
        lwm2m_definition_fail(reader, LWM2M_EPATH, reader->item_at, "resource %u is defined twice",
                              (unsigned)reader->item.id);
        return;
    }
    memmove(&definition->resources[slot + 1], &definition->resources[slot],
            (count - (size_t)slot) * sizeof definition->resources[0]);
    definition->resources[slot] = reader->item;
    definition->object.resource_count++;
    reader->item = (struct lwm2m_resource){0};
}

static void end_item(struct definition_reader *reader)
{
    struct lwm2m_resource *item = &reader->item;
    need_all(reader, NODE_ITEM, reader->item_seen, reader->item_at);
    const bool is_action = item->operations == LWM2M_OP_EXECUTE;
    if (is_action) {
        item->type = LWM2M_NONE; /* some files give an executable one a type */
    } else if (item->type == LWM2M_NONE) {
        lwm2m_definition_fail(reader, LWM2M_ETYPE, reader->item_at, "resource %u has no Type",
                              (unsigned)item->id);
    }
    if (!reader->error) {
        take_range(reader);
    }
    if (!reader->error) {
        push_item(reader);
    }
}

static void begin_item(struct definition_reader *reader, const char **attributes)
{
    int32_t id = -1;
    for (; attributes[0] != NULL; attributes += 2) {
        id = strcmp(attributes[0], "ID") == 0 ? lwm2m_definition_id(attributes[1]) : id;
    }
    lwm2m_definition_item_clear(&reader->item);
    reader->item_at = reader->at;
    reader->item_seen = 0;
    reader->range[0] = '\0';
    reader->item.id = (uint16_t)id;
    if (id < 0) {
        lwm2m_definition_fail(reader, LWM2M_ERANGE, reader->item_at,
                              "the ID of an Item must be 0 to %d", LWM2M_ID_MAX);
    } else if (reader->definition->object.resource_count == LWM2M_DEFINITION_RESOURCES_MAX) {
        lwm2m_definition_fail(reader, LWM2M_ELIMIT, reader->item_at, "more than %d resources",
                              LWM2M_DEFINITION_RESOURCES_MAX);
    }
}

/* Elements --------------------------------------------------------------------------------------
 */

static const struct element *element_of(enum definition_node parent, const char *name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

static void begin_node(struct definition_reader *reader, const struct element *row,
                       const char **attributes)
{
    unsigned *seen = row->parent == NODE_ITEM     ? &reader->item_seen
                     : row->parent == NODE_OBJECT ? &reader->object_seen
                                                  : NULL;
    if (seen != NULL && (*seen & 1U << row->node) != 0) {
        lwm2m_definition_fail(reader, LWM2M_EFORMAT, reader->at, "%s is given twice", row->name);
        return;
    }
    if (seen != NULL) {
        *seen |= 1U << row->node;
    }
    if (row->node == NODE_ITEM) {
        begin_item(reader, attributes);
    } else if (row->node == NODE_OBJECT && reader->has_object) {
        lwm2m_definition_fail(reader, LWM2M_EFORMAT, reader->at,
                              "a second Object: one file defines one");
    } else if (row->node == NODE_OBJECT) {
        reader->has_object = true;
        reader->object_at = reader->at;
    } else if (row->node >= NODE_FIRST_FIELD) {
        reader->field_at = reader->at;
        reader->text_len = 0;
        reader->is_cut = false;
    }
}

void lwm2m_definition_begin(struct definition_reader *reader, const char *name,
                            const char **attributes)
{
    if (reader->error) {
        return;
    }
    if (reader->depth == DEFINITION_DEPTH_MAX) {
        lwm2m_definition_fail(reader, LWM2M_ELIMIT, reader->at, "elements more than %d deep",
                              DEFINITION_DEPTH_MAX);
        return;
    }
    const struct element *row = element_of(reader->open[reader->depth], name);
    reader->open[++reader->depth] = row != NULL ? row->node : NODE_OTHER;
    if (row != NULL) {
        begin_node(reader, row, attributes);
    }
}

void lwm2m_definition_end(struct definition_reader *reader)
{
    if (reader->error) {
        return;
    }
    const enum definition_node node = reader->open[reader->depth--];
    if (node == NODE_ITEM) {
        end_item(reader);
    } else if (node == NODE_OBJECT) {
        need_all(reader, NODE_OBJECT, reader->object_seen, reader->object_at);
    } else if (node >= NODE_FIRST_FIELD) {
        trim(reader);
        (reader->open[reader->depth] == NODE_ITEM ? take_item_field : take_object_field)(reader,
                                                                                         node);
    }
}

void lwm2m_definition_text(struct definition_reader *reader, const char *text, size_t len)
{
    if (reader->error || reader->open[reader->depth] < NODE_FIRST_FIELD) {
        return;
    }
    const size_t room = DEFINITION_TEXT_MAX - reader->text_len;
    const size_t taken = len < room ? len : room;
    reader->is_cut = reader->is_cut || taken < len;
    memcpy(reader->text + reader->text_len, text, taken);
    reader->text_len += taken;
}
