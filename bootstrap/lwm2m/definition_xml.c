#include "bootstrap/lwm2m/definition_xml.h"

#include <ctype.h>
#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DEPTH_MAX = 16,
    TEXT_MAX = 512, /* of one element that is read: more of it makes a range prose */
    NAME_OCTETS_MAX = 255,
    UNITS_OCTETS_MAX = 64
};

enum node {
    NODE_OTHER, /* with all that is in it: passed over */
    NODE_DOCUMENT,
    NODE_ROOT,
    NODE_OBJECT,
    NODE_RESOURCES,
    NODE_ITEM,
    NODE_FIRST_FIELD, /* from here on: an element whose text is read, once in its parent */
    NODE_NAME = NODE_FIRST_FIELD,
    NODE_OBJECT_ID,
    NODE_OBJECT_VERSION,
    NODE_INSTANCES,
    NODE_MANDATORY,
    NODE_OPERATIONS,
    NODE_TYPE,
    NODE_RANGE,
    NODE_UNITS,
    NODE_COUNT
};

static const struct element {
    enum node parent;
    const char *name;
    enum node node;
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

struct place {
    unsigned line, column;
};

struct reader {
    XML_Parser xml;
    enum node open[DEPTH_MAX + 1];
    size_t depth;
    struct place field_at, item_at, object_at;
    char text[TEXT_MAX + 1];
    size_t text_len;
    bool is_cut; /* the text is longer than what is kept */
    bool has_object;
    unsigned object_seen, item_seen; /* bits 1 << enum node */
    struct lwm2m_definition *definition;
    size_t capacity;
    struct lwm2m_resource item;
    char range[TEXT_MAX + 1];
    enum lwm2m_error error;
    struct lwm2m_definition_fault *fault;
};

/* Faults ----------------------------------------------------------------------------------------
 */

static struct place here(const struct reader *reader)
{
    return (struct place){(unsigned)XML_GetCurrentLineNumber(reader->xml),
                          (unsigned)XML_GetCurrentColumnNumber(reader->xml) + 1};
}

/* The first fault counts, and ends the reading. */
static void fail(struct reader *reader, enum lwm2m_error error, struct place at, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

static void fail(struct reader *reader, enum lwm2m_error error, struct place at, const char *format,
                 ...)
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
    (void)XML_StopParser(reader->xml, XML_FALSE);
}

static void fail_memory(struct reader *reader)
{
    fail(reader, LWM2M_ENOMEM, here(reader), "out of memory");
}

/* Values ----------------------------------------------------------------------------------------
 */

/* TEXT up to its first character that could spoil a message. */
static const char *shown(const char *text, char out[static 33])
{
    size_t len = 0;
    while (len < 32 && text[len] >= ' ' && text[len] <= '~') {
        out[len] = text[len];
        len++;
    }
    out[len] = '\0';
    return out;
}

/* A decimal number up to LWM2M_ID_MAX; -1: none. */
static int32_t id_of(const char *text)
{
    int32_t id = 0;
    size_t i = 0;
    for (; i < 6 && isdigit((unsigned char)text[i]); i++) {
        id = id * 10 + (text[i] - '0');
    }
    return i == 0 || text[i] != '\0' || id > LWM2M_ID_MAX ? -1 : id;
}

/* "1.0", also "1.0.1"; 0: no version. */
static uint16_t version_of(const char *text)
{
    unsigned major;
    unsigned minor;
    const bool is_version = strspn(text, "0123456789.") == strlen(text) && strlen(text) < 12 &&
                            sscanf(text, "%3u.%3u", &major, &minor) == 2 && major >= 1 &&
                            major <= UINT8_MAX && minor <= UINT8_MAX;
    return is_version ? LWM2M_VERSION(major, minor) : 0;
}

/* -1: other characters than those of operations. */
static int operations_of(const char *text)
{
    int operations = 0;
    for (; *text != '\0'; text++) {
        operations |= *text == 'R'   ? LWM2M_OP_READ
                      : *text == 'W' ? LWM2M_OP_WRITE
                      : *text == 'E' ? LWM2M_OP_EXECUTE
                                     : 0;
        if (strchr("RWE, ", *text) == NULL) {
            return -1;
        }
    }
    return operations;
}

static int type_of(const char *text)
{
    for (int type = LWM2M_STRING; type <= LWM2M_CORELNK; type++) {
        if (strcasecmp(text, lwm2m_type_name((enum lwm2m_type)type)) == 0) {
            return type;
        }
    }
    return *text == '\0' ? LWM2M_NONE : -1;
}

/* Runs of blanks become one, none at the ends. */
static void trim(struct reader *reader)
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

/* Words in the name of a resource whose value nobody should see (no definition says so itself). */
static bool names_secret(const char *name)
{
    static const char *const words[] = {"secret", "password", "passwd", "passphrase",
                                        "psk",    "pin",      "puk"};
    for (const char *at = name; *at != '\0';) {
        const size_t len = strcspn(at, " -_/().,");
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (len == strlen(words[i]) && strncasecmp(at, words[i], len) == 0) {
                return true;
            }
        }
        at += len + (at[len] != '\0' ? 1 : 0);
    }
    return strcasestr(name, "private key") != NULL;
}

/* Fields ----------------------------------------------------------------------------------------
 */

static void take_name(struct reader *reader, bool is_item)
{
    if (reader->text_len == 0 || reader->is_cut || reader->text_len > NAME_OCTETS_MAX) {
        fail(reader, reader->text_len == 0 ? LWM2M_EFORMAT : LWM2M_ELIMIT, reader->field_at,
             "Name: 1 to %d octets", NAME_OCTETS_MAX);
        return;
    }
    char *name = strdup(reader->text);
    if (name == NULL) {
        fail_memory(reader);
    } else if (is_item) {
        reader->item.name = name;
        reader->item.is_secret = names_secret(name);
    } else {
        reader->definition->name = name;
        reader->definition->object.name = name;
    }
}

/* "Multiple" or "Single", "Mandatory" or "Optional". */
static void take_fact(struct reader *reader, const char *name, const char *yes, const char *no,
                      bool *fact)
{
    *fact = strcasecmp(reader->text, yes) == 0;
    if (!*fact && strcasecmp(reader->text, no) != 0) {
        fail(reader, LWM2M_EFORMAT, reader->field_at, "%s must be %s or %s", name, yes, no);
    }
}

static void take_units(struct reader *reader)
{
    if (reader->text_len == 0 || reader->text_len > UNITS_OCTETS_MAX) {
        return; /* prose is no unit */
    }
    reader->item.units = strdup(reader->text);
    if (reader->item.units == NULL) {
        fail_memory(reader);
    }
}

static void take_object_field(struct reader *reader, enum node node)
{
    struct lwm2m_object *object = &reader->definition->object;
    const int32_t id = id_of(reader->text);
    switch (node) {
    case NODE_NAME:
        take_name(reader, false);
        break;
    case NODE_OBJECT_ID:
        object->id = (uint16_t)id;
        if (id < 0) {
            fail(reader, LWM2M_ERANGE, reader->field_at, "ObjectID must be 0 to %d", LWM2M_ID_MAX);
        }
        break;
    case NODE_OBJECT_VERSION:
        object->newest = reader->text_len == 0 ? LWM2M_VERSION(1, 0) : version_of(reader->text);
        if (object->newest == 0) {
            fail(reader, LWM2M_EFORMAT, reader->field_at,
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

static void take_item_field(struct reader *reader, enum node node)
{
    struct lwm2m_resource *item = &reader->item;
    char word[33];
    int code = 0;
    switch (node) {
    case NODE_NAME:
        take_name(reader, true);
        break;
    case NODE_OPERATIONS:
        code = operations_of(reader->text);
        item->operations = (uint8_t)code;
        if (code < 0) {
            fail(reader, LWM2M_EFORMAT, reader->field_at, "Operations: letters of R, W and E");
        }
        break;
    case NODE_INSTANCES:
        take_fact(reader, "MultipleInstances", "Multiple", "Single", &item->is_multiple);
        break;
    case NODE_MANDATORY:
        take_fact(reader, "Mandatory", "Mandatory", "Optional", &item->is_mandatory);
        break;
    case NODE_TYPE:
        code = type_of(reader->text);
        item->type = (enum lwm2m_type)code;
        if (code < 0) {
            fail(reader, LWM2M_ETYPE, reader->field_at, "'%s' is not a Type",
                 shown(reader->text, word));
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

static void need_all(struct reader *reader, enum node parent, unsigned seen, struct place at)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        const struct element *row = &elements[i];
        if (row->parent == parent && row->is_needed && (seen & 1U << row->node) == 0) {
            fail(reader, LWM2M_EFORMAT, at, "this %s lacks %s",
                 parent == NODE_ITEM ? "Item" : "Object", row->name);
        }
    }
}

static void item_clear(struct lwm2m_resource *item)
{
    free((char *)(uintptr_t)item->name);
    free((char *)(uintptr_t)item->units);
    free((int64_t *)(uintptr_t)item->values);
    *item = (struct lwm2m_resource){0};
}

static void take_range(struct reader *reader)
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

static void push_item(struct reader *reader)
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
        fail(reader, LWM2M_EPATH, reader->item_at, "resource %u is defined twice",
             (unsigned)reader->item.id);
        return;
    }
    memmove(&definition->resources[slot + 1], &definition->resources[slot],
            (count - (size_t)slot) * sizeof definition->resources[0]);
    definition->resources[slot] = reader->item;
    definition->object.resource_count++;
    reader->item = (struct lwm2m_resource){0};
}

static void end_item(struct reader *reader)
{
    struct lwm2m_resource *item = &reader->item;
    need_all(reader, NODE_ITEM, reader->item_seen, reader->item_at);
    const bool is_action = item->operations == LWM2M_OP_EXECUTE;
    if (is_action) {
        item->type = LWM2M_NONE; /* some files give an executable one a type */
    } else if (item->type == LWM2M_NONE) {
        fail(reader, LWM2M_ETYPE, reader->item_at, "resource %u has no Type", (unsigned)item->id);
    }
    if (!reader->error) {
        take_range(reader);
    }
    if (!reader->error) {
        push_item(reader);
    }
}

static void begin_item(struct reader *reader, const char **attributes)
{
    int32_t id = -1;
    for (; attributes[0] != NULL; attributes += 2) {
        id = strcmp(attributes[0], "ID") == 0 ? id_of(attributes[1]) : id;
    }
    item_clear(&reader->item);
    reader->item_at = here(reader);
    reader->item_seen = 0;
    reader->range[0] = '\0';
    reader->item.id = (uint16_t)id;
    if (id < 0) {
        fail(reader, LWM2M_ERANGE, reader->item_at, "the ID of an Item must be 0 to %d",
             LWM2M_ID_MAX);
    } else if (reader->definition->object.resource_count == LWM2M_DEFINITION_RESOURCES_MAX) {
        fail(reader, LWM2M_ELIMIT, reader->item_at, "more than %d resources",
             LWM2M_DEFINITION_RESOURCES_MAX);
    }
}

/* Handlers --------------------------------------------------------------------------------------
 */

static const struct element *element_of(enum node parent, const char *name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

static void begin_node(struct reader *reader, const struct element *row, const char **attributes)
{
    unsigned *seen = row->parent == NODE_ITEM     ? &reader->item_seen
                     : row->parent == NODE_OBJECT ? &reader->object_seen
                                                  : NULL;
    if (seen != NULL && (*seen & 1U << row->node) != 0) {
        fail(reader, LWM2M_EFORMAT, here(reader), "%s is given twice", row->name);
        return;
    }
    if (seen != NULL) {
        *seen |= 1U << row->node;
    }
    if (row->node == NODE_ITEM) {
        begin_item(reader, attributes);
    } else if (row->node == NODE_OBJECT && reader->has_object) {
        fail(reader, LWM2M_EFORMAT, here(reader), "a second Object: one file defines one");
    } else if (row->node == NODE_OBJECT) {
        reader->has_object = true;
        reader->object_at = here(reader);
    } else if (row->node >= NODE_FIRST_FIELD) {
        reader->field_at = here(reader);
        reader->text_len = 0;
        reader->is_cut = false;
    }
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *const reader = context;
    if (reader->error) {
        return;
    }
    if (reader->depth == DEPTH_MAX) {
        fail(reader, LWM2M_ELIMIT, here(reader), "elements more than %d deep", DEPTH_MAX);
        return;
    }
    const struct element *row = element_of(reader->open[reader->depth], name);
    reader->open[++reader->depth] = row != NULL ? row->node : NODE_OTHER;
    if (row != NULL) {
        begin_node(reader, row, attributes);
    }
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct reader *const reader = context;
    (void)name;
    if (reader->error) {
        return;
    }
    const enum node node = reader->open[reader->depth--];
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

static void XMLCALL on_text(void *context, const XML_Char *text, int len)
{
    struct reader *const reader = context;
    if (reader->open[reader->depth] < NODE_FIRST_FIELD) {
        return;
    }
    const size_t room = TEXT_MAX - reader->text_len;
    const size_t taken = (size_t)len < room ? (size_t)len : room;
    reader->is_cut = reader->is_cut || taken < (size_t)len;
    memcpy(reader->text + reader->text_len, text, taken);
    reader->text_len += taken;
}

/* Without a DOCTYPE there are no entities but XML's own five: nothing expands, nothing is loaded.
 */
static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset)
{
    struct reader *const reader = context;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    fail(reader, LWM2M_EFORMAT, here(reader), "a DOCTYPE is not taken");
}

/* libexpat's codes as ours. */
static enum lwm2m_error error_of(enum XML_Error code)
{
    return code == XML_ERROR_NO_MEMORY ? LWM2M_ENOMEM : LWM2M_EFORMAT;
}

static void read_all(struct reader *reader, const char *text, size_t len)
{
    XML_SetUserData(reader->xml, reader);
    XML_SetElementHandler(reader->xml, on_start, on_end);
    XML_SetCharacterDataHandler(reader->xml, on_text);
    XML_SetStartDoctypeDeclHandler(reader->xml, on_doctype);
    (void)XML_SetParamEntityParsing(reader->xml, XML_PARAM_ENTITY_PARSING_NEVER);
    if (XML_Parse(reader->xml, text, (int)len, XML_TRUE) != XML_STATUS_OK) {
        const enum XML_Error code = XML_GetErrorCode(reader->xml);
        fail(reader, error_of(code), here(reader), "not XML: %s", XML_ErrorString(code));
    }
    if (!reader->has_object) {
        fail(reader, LWM2M_EUNSUPPORTED, (struct place){1, 1}, "no object is defined here");
    }
}

void lwm2m_definition_free(struct lwm2m_definition *definition)
{
    if (definition == NULL) {
        return;
    }
    for (size_t i = 0; i < definition->object.resource_count; i++) {
        item_clear(&definition->resources[i]);
    }
    free(definition->resources);
    free(definition->name);
    free(definition);
}

enum lwm2m_error lwm2m_definition_parse(const char *text, size_t len, struct lwm2m_definition **out,
                                        struct lwm2m_definition_fault *fault)
{
    struct reader *reader = calloc(1, sizeof *reader);
    struct lwm2m_definition *definition = calloc(1, sizeof *definition);
    XML_Parser xml = XML_ParserCreate(NULL);
    enum lwm2m_error error = LWM2M_ENOMEM;
    *out = NULL;
    *fault = (struct lwm2m_definition_fault){1, 1, "out of memory"};
    if (reader != NULL && definition != NULL && xml != NULL) {
        *reader = (struct reader){.xml = xml, .definition = definition, .fault = fault};
        reader->open[0] = NODE_DOCUMENT;
        definition->object.newest = LWM2M_VERSION(1, 0); /* files of 1.0 need not say so */
        if (len > LWM2M_DEFINITION_OCTETS_MAX) {
            fail(reader, LWM2M_ELIMIT, (struct place){1, 1}, "more than %u octets",
                 LWM2M_DEFINITION_OCTETS_MAX);
        } else {
            read_all(reader, text, len);
        }
        item_clear(&reader->item);
        error = reader->error;
    }
    if (error == LWM2M_OK) {
        *out = definition;
        *fault = (struct lwm2m_definition_fault){0};
    } else {
        lwm2m_definition_free(definition);
    }
    if (xml != NULL) {
        XML_ParserFree(xml);
    }
    free(reader);
    return error;
}
