/*
 * What is known while the XML of a definition is read: between definition_xml.c, which knows
 * libexpat, and definition_item.c, which knows what the elements mean. Internal to this folder.
 */
#ifndef LWM2M_DEFINITION_READER_H
#define LWM2M_DEFINITION_READER_H

#include "bootstrap/lwm2m/definition_xml.h"

enum {
    DEFINITION_DEPTH_MAX = 16,
    DEFINITION_TEXT_MAX = 512 /* of one element that is read: more of it makes a range prose */
};

enum definition_node {
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
    NODE_UNITS
};

struct definition_place {
    unsigned line, column;
};

struct definition_reader {
    enum definition_node open[DEFINITION_DEPTH_MAX + 1]; /* the elements that are open */
    size_t depth;
    struct definition_place at; /* of the event that is handled */
    struct definition_place field_at, item_at, object_at;
    char text[DEFINITION_TEXT_MAX + 1]; /* of the field that is open */
    size_t text_len;
    bool is_cut; /* the text is longer than what is kept */
    bool has_object;
    unsigned object_seen, item_seen; /* bits 1 << enum definition_node */
    struct lwm2m_definition *definition;
    size_t capacity; /* of its resources */
    struct lwm2m_resource item;
    char range[DEFINITION_TEXT_MAX + 1];
    enum lwm2m_error error; /* the first fault counts; nothing is done after it */
    struct lwm2m_definition_fault *fault;
};

/* Sets the fault of READER, unless there is one. */
void lwm2m_definition_fail(struct definition_reader *reader, enum lwm2m_error error,
                           struct definition_place at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* An element NAME, with its ATTRIBUTES (name, value, .., NULL), opens; one closes. */
void lwm2m_definition_begin(struct definition_reader *reader, const char *name,
                            const char **attributes);
void lwm2m_definition_end(struct definition_reader *reader);
/* LEN octets of text in what is open. */
void lwm2m_definition_text(struct definition_reader *reader, const char *text, size_t len);
/* Frees what ITEM points to. */
void lwm2m_definition_item_clear(struct lwm2m_resource *item);

/* definition_word.c: what single texts mean. */

/* TEXT up to its first character that could spoil a message; returns OUT. */
const char *lwm2m_definition_shown(const char *text, char out[static 33]);
/* A decimal number up to LWM2M_ID_MAX; -1: none. */
int32_t lwm2m_definition_id(const char *text);
/* "1.0", also "1.0.1", as LWM2M_VERSION; 0: no version. */
uint16_t lwm2m_definition_version(const char *text);
/* enum lwm2m_operations; -1: other characters than those of operations. */
int lwm2m_definition_operations(const char *text);
/* enum lwm2m_type, NONE for an empty text; -1: no type. */
int lwm2m_definition_type(const char *text);
/* A word in the NAME of a resource says that nobody should see its value. */
bool lwm2m_definition_is_secret(const char *name);

#endif
