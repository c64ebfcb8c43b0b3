#include "bootstrap/lwm2m/json.h"

#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The document is its root, and a node is a value of the library: only casts lie between. */
static const json_t *value_of(const struct lwm2m_json_node *node)
{
    return (const json_t *)(const void *)node;
}

static const struct lwm2m_json_node *node_of(const json_t *value)
{
    return (const struct lwm2m_json_node *)(const void *)value;
}

/* Each block knows its size, so that it can be wiped: documents may hold secrets. */
struct block {
    size_t size;
    max_align_t data[];
};

static void *sized_malloc(size_t size)
{
    struct block *block = size < SIZE_MAX / 2 ? malloc(sizeof *block + size) : NULL;
    if (!block) {
        return NULL;
    }
    block->size = size;
    return block->data;
}

static void wiping_free(void *memory)
{
    if (memory) {
        struct block *block = (void *)((uint8_t *)memory - offsetof(struct block, data));
        explicit_bzero(block->data, block->size);
        free(block);
    }
}

static void set_allocation(void)
{
    json_set_alloc_funcs(sized_malloc, wiping_free);
}

static void refuse(struct lwm2m_json_fault *fault, enum lwm2m_error error, const char *text)
{
    *fault = (struct lwm2m_json_fault){.error = error, .line = 1, .column = 1};
    (void)snprintf(fault->text, sizeof fault->text, "%.*s", (int)sizeof fault->text - 1, text);
}

/* The library's text ends in " near '..'", which quotes the document: that part is left out. */
static void refuse_as(struct lwm2m_json_fault *fault, json_error_t *error)
{
    char *const near = strstr(error->text, " near ");
    if (near) {
        *near = '\0';
    }
    refuse(fault,
           json_error_code(error) == json_error_out_of_memory    ? LWM2M_ENOMEM
           : json_error_code(error) == json_error_stack_overflow ? LWM2M_ELIMIT
                                                                 : LWM2M_EFORMAT,
           error->text);
    fault->line = error->line;
    fault->column = error->column;
    fault->offset = error->position > 0 ? (size_t)error->position : 0;
    explicit_bzero(error, sizeof *error);
}

struct lwm2m_json_document *lwm2m_json_parse(const char *text, size_t len, size_t limit,
                                             struct lwm2m_json_fault *fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_allocation);
    if (len > limit) {
        refuse(fault, LWM2M_ELIMIT, "document too long");
        return NULL;
    }
    /* The library drops an octet 0 behind a number without a word. */
    if (len > 0 && memchr(text, 0, len)) {
        refuse(fault, LWM2M_EFORMAT, "NUL in the document");
        return NULL;
    }
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        refuse_as(fault, &error);
    }
    return (struct lwm2m_json_document *)(void *)root;
}

void lwm2m_json_free(struct lwm2m_json_document *document)
{
    json_decref((json_t *)(void *)document);
}

const struct lwm2m_json_node *lwm2m_json_root(const struct lwm2m_json_document *document)
{
    return (const struct lwm2m_json_node *)(const void *)document;
}

const struct lwm2m_json_node *lwm2m_json_at(const struct lwm2m_json_node *node, const char *path)
{
    const json_t *value = value_of(node);
    while (value && *path != '\0') {
        const size_t len = strcspn(path, ".");
        value = json_object_getn(value, path, len);
        path += path[len] == '.' ? len + 1 : len;
    }
    return node_of(value);
}

enum lwm2m_json_kind lwm2m_json_kind(const struct lwm2m_json_node *node)
{
    static const enum lwm2m_json_kind kinds[] = {
        [JSON_OBJECT] = LWM2M_JSON_OBJECT, [JSON_ARRAY] = LWM2M_JSON_ARRAY,
        [JSON_STRING] = LWM2M_JSON_STRING, [JSON_INTEGER] = LWM2M_JSON_INTEGER,
        [JSON_REAL] = LWM2M_JSON_REAL,     [JSON_TRUE] = LWM2M_JSON_BOOL,
        [JSON_FALSE] = LWM2M_JSON_BOOL,    [JSON_NULL] = LWM2M_JSON_NULL,
    };
    return node ? kinds[json_typeof(value_of(node))] : LWM2M_JSON_ABSENT;
}

size_t lwm2m_json_count(const struct lwm2m_json_node *node)
{
    const json_t *value = value_of(node);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const struct lwm2m_json_node *lwm2m_json_item(const struct lwm2m_json_node *node, size_t index)
{
    return node_of(json_array_get(value_of(node), index));
}

const struct lwm2m_json_node *lwm2m_json_next(const struct lwm2m_json_node *node, void **cursor,
                                              const char **key)
{
    /* The library walks objects through a pointer that is not const, but changes nothing. */
    json_t *object = (json_t *)value_of(node);
    *cursor = *cursor ? json_object_iter_next(object, *cursor) : json_object_iter(object);
    if (!*cursor) {
        return NULL;
    }
    *key = json_object_iter_key(*cursor);
    return node_of(json_object_iter_value(*cursor));
}

/* The value at PATH if it is of KIND. */
static enum lwm2m_error find(const struct lwm2m_json_node *node, const char *path,
                             enum lwm2m_json_kind kind, const json_t **value)
{
    const struct lwm2m_json_node *found = lwm2m_json_at(node, path);
    *value = value_of(found);
    return !found ? LWM2M_EPATH : lwm2m_json_kind(found) == kind ? LWM2M_OK : LWM2M_ETYPE;
}

enum lwm2m_error lwm2m_json_get_string(const struct lwm2m_json_node *node, const char *path,
                                       const char **text, size_t *len)
{
    const json_t *value;
    const enum lwm2m_error error = find(node, path, LWM2M_JSON_STRING, &value);
    if (!error) {
        *text = json_string_value(value);
        if (len) {
            *len = json_string_length(value);
        }
    }
    return error;
}

enum lwm2m_error lwm2m_json_get_int(const struct lwm2m_json_node *node, const char *path,
                                    int64_t *number)
{
    const json_t *value;
    const enum lwm2m_error error = find(node, path, LWM2M_JSON_INTEGER, &value);
    if (!error) {
        *number = json_integer_value(value);
    }
    return error;
}

enum lwm2m_error lwm2m_json_get_uint(const struct lwm2m_json_node *node, const char *path,
                                     uint64_t *number)
{
    int64_t found;
    const enum lwm2m_error error = lwm2m_json_get_int(node, path, &found);
    if (error || found < 0) {
        return error ? error : LWM2M_ERANGE;
    }
    *number = (uint64_t)found;
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_json_get_bool(const struct lwm2m_json_node *node, const char *path,
                                     bool *boolean)
{
    const json_t *value;
    const enum lwm2m_error error = find(node, path, LWM2M_JSON_BOOL, &value);
    if (!error) {
        *boolean = json_is_true(value);
    }
    return error;
}

enum lwm2m_error lwm2m_json_get_double(const struct lwm2m_json_node *node, const char *path,
                                       double *number)
{
    const struct lwm2m_json_node *found = lwm2m_json_at(node, path);
    const json_t *value = value_of(found);
    if (!json_is_number(value)) {
        return found ? LWM2M_ETYPE : LWM2M_EPATH;
    }
    *number = json_number_value(value);
    return LWM2M_OK;
}
