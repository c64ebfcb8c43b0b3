/* Object definitions: what is taken is in order and within bounds, what is refused says where. */
#include "bootstrap/lwm2m/definition.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
    if (!fact) {
        abort();
    }
}

static bool is_checked(const struct lwm2m_resource *resource, int64_t number)
{
    struct lwm2m_value value = {.type = resource->type, .as.integer = number};
    return lwm2m_resource_check(resource, &value) == LWM2M_OK;
}

/* The ends of a range lie in it, what lies beside them does not. */
static void check_range(const struct lwm2m_resource *resource)
{
    require(!resource->has_real_range || resource->real_min <= resource->real_max);
    require(resource->value_count == 0 || (resource->has_range && resource->values != NULL));
    if (!resource->has_range) {
        return;
    }
    require(resource->min <= resource->max);
    if (resource->type == LWM2M_INTEGER || resource->type == LWM2M_TIME) {
        require(is_checked(resource, resource->min) && is_checked(resource, resource->max));
        require(resource->min == INT64_MIN || !is_checked(resource, resource->min - 1));
        require(resource->max == INT64_MAX || !is_checked(resource, resource->max + 1));
    }
}

static void check_resource(const struct lwm2m_object *object, size_t i)
{
    const struct lwm2m_resource *const resource = &object->resources[i];
    require(i == 0 || resource[-1].id < resource->id);
    require(resource->id <= LWM2M_ID_MAX && resource->name != NULL && *resource->name != '\0');
    require(strlen(resource->name) <= 255 && resource->type <= LWM2M_CORELNK);
    require(resource->since >= LWM2M_VERSION(1, 0) && resource->since <= object->newest);
    require((resource->type == LWM2M_NONE) == (resource->operations == LWM2M_OP_EXECUTE));
    require(resource->units == NULL || strlen(resource->units) <= 64);
    require(lwm2m_resource_find(object, resource->id) == resource);
    require(lwm2m_resource_by_name(object, resource->name, strlen(resource->name)) != NULL ||
            strpbrk(resource->name, "abcdefghijklmnopqrstuvwxyz") == NULL);
    check_range(resource);
}

static void check_registry(const struct lwm2m_registry *registry)
{
    for (size_t i = 0; i < registry->object_count; i++) {
        const struct lwm2m_object *const object = registry->objects[i];
        require(i == 0 || registry->objects[i - 1]->id < object->id);
        require(object->id <= LWM2M_ID_MAX && object->name != NULL);
        require(lwm2m_object_find(registry, object->id) == object);
        for (size_t k = 0; k < object->resource_count; k++) {
            check_resource(object, k);
        }
    }
}

static void check_fault(const struct lwm2m_definition_fault *fault)
{
    require(fault->line >= 1 && fault->column >= 1 && fault->text[0] != '\0');
    require(memchr(fault->text, '\0', sizeof fault->text) != NULL);
    require(strpbrk(fault->text, "\r\n\t") == NULL);
}

/* The text twice, and cut in two: a collection grows only by what was taken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const text = (const char *)data;
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    require(definitions != NULL);
    const size_t lens[] = {size, size / 2, size};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        const struct lwm2m_registry *registry = lwm2m_definitions_registry(definitions);
        const size_t count = registry->object_count;
        struct lwm2m_definition_fault fault;
        const enum lwm2m_error error = lwm2m_definitions_add(definitions, text, lens[i], &fault);
        if (error) {
            check_fault(&fault);
            require(registry->object_count == count);
        } else {
            require(registry->object_count <= count + 1);
        }
        check_registry(registry);
    }
    /* Whoever holds a reference still sees what was there. */
    struct lwm2m_definitions *held = lwm2m_definitions_ref(definitions);
    lwm2m_definitions_unref(definitions);
    check_registry(lwm2m_definitions_registry(held));
    lwm2m_definitions_unref(held);
    return 0;
}
