#include "bootstrap/lwm2m/definition.h"

#include "bootstrap/lwm2m/definition_xml.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* An object as the collection shows it; what its resources point to lives in the definitions. */
struct view {
    struct lwm2m_object object;
    struct lwm2m_resource resources[];
};

struct lwm2m_definitions {
    atomic_uint references;
    struct lwm2m_registry registry;
    const struct lwm2m_object **objects; /* ascending id: built in, or in a view */
    struct view **views;                 /* beside objects; NULL: built in */
    struct lwm2m_definition **read;      /* in the order in which they came */
    size_t read_count, capacity;         /* capacity of read; objects and views hold as many and
                                            the built-in ones */
};

static size_t builtin_count(void)
{
    return lwm2m_registry_builtin()->object_count;
}

/* Room for one more definition, and the object that it may bring. */
static bool reserve(struct lwm2m_definitions *definitions)
{
    if (definitions->read_count < definitions->capacity) {
        return true;
    }
    const size_t capacity = definitions->capacity * 2 + 16;
    const size_t objects = builtin_count() + capacity;
    struct lwm2m_definition **read = realloc(definitions->read, capacity * sizeof read[0]);
    definitions->read = read != NULL ? read : definitions->read;
    const struct lwm2m_object **shown =
        realloc(definitions->objects, objects * sizeof(struct lwm2m_object *));
    definitions->objects = shown != NULL ? shown : definitions->objects;
    definitions->registry.objects = definitions->objects;
    struct view **views = realloc(definitions->views, objects * sizeof(struct view *));
    definitions->views = views != NULL ? views : definitions->views;
    if (read == NULL || shown == NULL || views == NULL) {
        return false;
    }
    definitions->capacity = capacity;
    return true;
}

struct lwm2m_definitions *lwm2m_definitions_new(void)
{
    const struct lwm2m_registry *builtin = lwm2m_registry_builtin();
    struct lwm2m_definitions *definitions = calloc(1, sizeof *definitions);
    if (definitions == NULL) {
        return NULL;
    }
    atomic_init(&definitions->references, 1);
    if (!reserve(definitions)) {
        lwm2m_definitions_unref(definitions);
        return NULL;
    }
    for (size_t i = 0; i < builtin->object_count; i++) {
        definitions->objects[i] = builtin->objects[i];
        definitions->views[i] = NULL;
    }
    definitions->registry.object_count = builtin->object_count;
    return definitions;
}

struct lwm2m_definitions *lwm2m_definitions_ref(struct lwm2m_definitions *definitions)
{
    atomic_fetch_add_explicit(&definitions->references, 1, memory_order_relaxed);
    return definitions;
}

void lwm2m_definitions_unref(struct lwm2m_definitions *definitions)
{
    if (definitions == NULL ||
        atomic_fetch_sub_explicit(&definitions->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < definitions->registry.object_count; i++) {
        free(definitions->views[i]);
    }
    for (size_t i = 0; i < definitions->read_count; i++) {
        lwm2m_definition_free(definitions->read[i]);
    }
    free(definitions->objects);
    free(definitions->views);
    free(definitions->read);
    free(definitions);
}

const struct lwm2m_registry *lwm2m_definitions_registry(const struct lwm2m_definitions *definitions)
{
    return definitions != NULL ? &definitions->registry : lwm2m_registry_builtin();
}

/* The first version that has resource ID, 1.0 where no older one is known to lack it. */
static uint16_t since_of(const struct lwm2m_definitions *definitions, uint16_t object, uint16_t id)
{
    const struct lwm2m_object *builtin = lwm2m_object_find(lwm2m_registry_builtin(), object);
    uint16_t first = UINT16_MAX;
    uint16_t lacking = builtin != NULL ? builtin->newest : UINT16_MAX;
    for (size_t i = 0; i < definitions->read_count; i++) {
        const struct lwm2m_object *one = &definitions->read[i]->object;
        if (one->id != object) {
            continue;
        }
        uint16_t *const mark = lwm2m_resource_find(one, id) != NULL ? &first : &lacking;
        *mark = one->newest < *mark ? one->newest : *mark;
    }
    return lacking < first ? first : LWM2M_VERSION(1, 0);
}

/* Of several definitions of one version the last counts. */
static const struct lwm2m_object *newest_of(const struct lwm2m_definitions *definitions,
                                            uint16_t object)
{
    const struct lwm2m_object *newest = NULL;
    for (size_t i = 0; i < definitions->read_count; i++) {
        const struct lwm2m_object *one = &definitions->read[i]->object;
        if (one->id == object && (newest == NULL || one->newest >= newest->newest)) {
            newest = one;
        }
    }
    return newest;
}

static int resource_compare(const void *left, const void *right)
{
    const struct lwm2m_resource *a = left;
    const struct lwm2m_resource *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

/* OBJECT: what is built in, and of what was read the newest. NULL: out of memory. */
static struct view *view_of(const struct lwm2m_definitions *definitions, uint16_t object)
{
    const struct lwm2m_object *builtin = lwm2m_object_find(lwm2m_registry_builtin(), object);
    const struct lwm2m_object *newest = newest_of(definitions, object);
    const size_t known = builtin != NULL ? builtin->resource_count : 0;
    struct view *view =
        calloc(1, sizeof *view + (known + newest->resource_count) * sizeof view->resources[0]);
    if (view == NULL) {
        return NULL;
    }
    size_t count = known;
    if (builtin != NULL) {
        memcpy(view->resources, builtin->resources, known * sizeof view->resources[0]);
    }
    for (size_t i = 0; i < newest->resource_count; i++) {
        const struct lwm2m_resource *one = &newest->resources[i];
        if (lwm2m_resource_find(builtin, one->id) == NULL) {
            view->resources[count] = *one;
            view->resources[count++].since = since_of(definitions, object, one->id);
        }
    }
    qsort(view->resources, count, sizeof view->resources[0], resource_compare);
    view->object = builtin != NULL ? *builtin : *newest;
    view->object.newest =
        newest->newest > view->object.newest ? newest->newest : view->object.newest;
    view->object.resources = view->resources;
    view->object.resource_count = count;
    return view;
}

/* Shows VIEW in the place of what was shown of its object. */
static void show(struct lwm2m_definitions *definitions, struct view *view)
{
    struct lwm2m_registry *const registry = &definitions->registry;
    size_t at = 0;
    while (at < registry->object_count && definitions->objects[at]->id < view->object.id) {
        at++;
    }
    if (at == registry->object_count || definitions->objects[at]->id != view->object.id) {
        const size_t behind = registry->object_count++ - at;
        memmove(&definitions->objects[at + 1], &definitions->objects[at],
                behind * sizeof(struct lwm2m_object *));
        memmove(&definitions->views[at + 1], &definitions->views[at],
                behind * sizeof(struct view *));
        definitions->views[at] = NULL;
    }
    free(definitions->views[at]);
    definitions->views[at] = view;
    definitions->objects[at] = &view->object;
}

enum lwm2m_error lwm2m_definitions_add(struct lwm2m_definitions *definitions, const char *text,
                                       size_t len, struct lwm2m_definition_fault *fault)
{
    struct lwm2m_definition *definition;
    const enum lwm2m_error error = lwm2m_definition_parse(text, len, &definition, fault);
    if (error) {
        return error;
    }
    if (definitions->read_count == LWM2M_DEFINITION_OBJECTS_MAX) {
        *fault = (struct lwm2m_definition_fault){1, 1, "too many object definitions"};
        lwm2m_definition_free(definition);
        return LWM2M_ELIMIT;
    }
    struct view *view = NULL;
    if (reserve(definitions)) {
        definitions->read[definitions->read_count++] = definition;
        view = view_of(definitions, definition->object.id);
        definitions->read_count -= view == NULL ? 1 : 0;
    }
    if (view == NULL) {
        *fault = (struct lwm2m_definition_fault){1, 1, "out of memory"};
        lwm2m_definition_free(definition);
        return LWM2M_ENOMEM;
    }
    show(definitions, view);
    return LWM2M_OK;
}
