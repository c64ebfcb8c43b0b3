#include "bootstrap/lwm2m/object.h"

#include <ctype.h>

const struct lwm2m_object *lwm2m_object_find(const struct lwm2m_registry *registry, uint16_t id)
{
    size_t low = 0;
    size_t high = registry ? registry->object_count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (registry->objects[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return registry && low < registry->object_count && registry->objects[low]->id == id
               ? registry->objects[low]
               : NULL;
}

const struct lwm2m_resource *lwm2m_resource_find(const struct lwm2m_object *object, uint16_t id)
{
    size_t low = 0;
    size_t high = object ? object->resource_count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (object->resources[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return object && low < object->resource_count && object->resources[low].id == id
               ? &object->resources[low]
               : NULL;
}

const struct lwm2m_resource *lwm2m_resource_at(const struct lwm2m_registry *registry,
                                               struct lwm2m_path path)
{
    return path.depth < 3
               ? NULL
               : lwm2m_resource_find(lwm2m_object_find(registry, path.id[0]), path.id[2]);
}

/* Compares letters and digits only. */
static bool name_matches(const char *full, const char *name, size_t len)
{
    size_t i = 0;
    for (;;) {
        while (*full && !isalnum((unsigned char)*full)) {
            full++;
        }
        while (i < len && !isalnum((unsigned char)name[i])) {
            i++;
        }
        if (!*full || i == len) {
            return !*full && i == len;
        }
        if (tolower((unsigned char)*full++) != tolower((unsigned char)name[i++])) {
            return false;
        }
    }
}

/* -1: not a decimal id. */
static int32_t decimal_id(const char *text, size_t len)
{
    int32_t id = 0;
    if (len == 0 || len > 5) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        id = id * 10 + (text[i] - '0');
    }
    return id <= LWM2M_ID_MAX ? id : -1;
}

const struct lwm2m_resource *lwm2m_resource_by_name(const struct lwm2m_object *object,
                                                    const char *name, size_t len)
{
    const int32_t id = decimal_id(name, len);
    if (id >= 0) {
        return lwm2m_resource_find(object, (uint16_t)id);
    }
    for (size_t i = 0; object && i < object->resource_count; i++) {
        if (name_matches(object->resources[i].name, name, len)) {
            return &object->resources[i];
        }
    }
    return NULL;
}

/* lwm2m-objects.md section 7: objects of the core whose version follows the enabler. */
static const struct implied {
    uint16_t first, last;
    uint16_t version[3]; /* enabler 1.0, 1.1, 1.2 */
} implied_rows[] = {
    {0, 1, {LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 1), LWM2M_VERSION(1, 2)}},
    {2, 2, {LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 1)}},
    {3, 3, {LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 1), LWM2M_VERSION(1, 2)}},
    {4, 4, {LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 2), LWM2M_VERSION(1, 3)}},
    {5, 5, {LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 1)}},
    {21, 21, {0, LWM2M_VERSION(1, 0), LWM2M_VERSION(2, 0)}},
    {23, 27, {0, 0, LWM2M_VERSION(1, 0)}},
};

uint16_t lwm2m_object_implied(uint16_t object_id, uint16_t enabler_version)
{
    const size_t column = enabler_version >= LWM2M_VERSION(1, 2)   ? 2
                          : enabler_version >= LWM2M_VERSION(1, 1) ? 1
                                                                   : 0;
    for (size_t i = 0; i < sizeof implied_rows / sizeof implied_rows[0]; i++) {
        if (object_id >= implied_rows[i].first && object_id <= implied_rows[i].last) {
            return implied_rows[i].version[column];
        }
    }
    return LWM2M_VERSION(1, 0);
}

static enum lwm2m_error range_check(const struct lwm2m_resource *resource, int64_t number)
{
    if (number < resource->min || number > resource->max) {
        return LWM2M_ERANGE;
    }
    bool is_listed = resource->value_count == 0;
    for (size_t i = 0; !is_listed && i < resource->value_count; i++) {
        is_listed = resource->values[i] == number;
    }
    if (!is_listed) {
        return LWM2M_ERANGE;
    }
    /* Unsigned: the range may be wider than INT64_MAX. */
    const uint64_t above = (uint64_t)number - (uint64_t)resource->min;
    return resource->step > 1 && above % (uint64_t)resource->step != 0 ? LWM2M_ERANGE : LWM2M_OK;
}

/* No NaN lies in a range. */
static enum lwm2m_error real_check(double real, double min, double max)
{
    return real >= min && real <= max ? LWM2M_OK : LWM2M_ERANGE;
}

enum lwm2m_error lwm2m_resource_check(const struct lwm2m_resource *resource,
                                      const struct lwm2m_value *value)
{
    const bool is_old_string = resource->was_string && value->type == LWM2M_STRING;
    if ((value->type != resource->type && !is_old_string) || value->type == LWM2M_NONE) {
        return LWM2M_ETYPE;
    }
    if (value->type == LWM2M_STRING &&
        !lwm2m_utf8_valid(value->as.bytes.data, value->as.bytes.len)) {
        return LWM2M_ETYPE;
    }
    if (resource->has_real_range) {
        return real_check(value->as.real, resource->real_min, resource->real_max);
    }
    if (!resource->has_range) {
        return LWM2M_OK;
    }
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        return range_check(resource, value->as.integer);
    case LWM2M_UNSIGNED:
        return value->as.uinteger > INT64_MAX ? LWM2M_ERANGE
                                              : range_check(resource, (int64_t)value->as.uinteger);
    case LWM2M_FLOAT:
        return real_check(value->as.real, (double)resource->min, (double)resource->max);
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        return value->as.bytes.len > INT64_MAX
                   ? LWM2M_ERANGE
                   : range_check(resource, (int64_t)value->as.bytes.len);
    case LWM2M_NONE:
    case LWM2M_BOOLEAN:
    case LWM2M_OBJLNK:
        break;
    }
    return LWM2M_OK;
}
