#include "tools/sim/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { VALUE_BYTES = 96, HEX_SHOWN_BYTES = 16 };

static bool is_secret(const struct lwm2m_resource *resource)
{
    return resource == NULL || resource->is_secret;
}

static bool is_printable(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isprint(data[i])) {
            return false;
        }
    }
    return true;
}

static void octets_text(const uint8_t *data, size_t len, char *out)
{
    size_t used = 0;
    if (len == 0) {
        snprintf(out, VALUE_BYTES, "(empty)");
    } else if (is_printable(data, len)) {
        snprintf(out, VALUE_BYTES, "%.*s%s", (int)(len < VALUE_BYTES - 4 ? len : VALUE_BYTES - 4),
                 (const char *)data, len < VALUE_BYTES - 4 ? "" : "...");
    } else if (len > HEX_SHOWN_BYTES) {
        snprintf(out, VALUE_BYTES, "(%zu octets)", len);
    } else {
        for (size_t i = 0; i < len; i++) {
            used += (size_t)snprintf(out + used, VALUE_BYTES - used, "%02x", data[i]);
        }
    }
}

static void value_text(const struct lwm2m_value *value, bool is_hidden, char *out)
{
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        snprintf(out, VALUE_BYTES, "%" PRId64, value->as.integer);
        break;
    case LWM2M_UNSIGNED:
        snprintf(out, VALUE_BYTES, "%" PRIu64, value->as.uinteger);
        break;
    case LWM2M_FLOAT:
        snprintf(out, VALUE_BYTES, "%.17g", value->as.real);
        break;
    case LWM2M_BOOLEAN:
        snprintf(out, VALUE_BYTES, "%s", value->as.boolean ? "true" : "false");
        break;
    case LWM2M_OBJLNK:
        snprintf(out, VALUE_BYTES, "%u:%u", value->as.link.object, value->as.link.instance);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        if (is_hidden) {
            snprintf(out, VALUE_BYTES, "(%zu octets)", value->as.bytes.len);
        } else {
            octets_text(value->as.bytes.data, value->as.bytes.len, out);
        }
        break;
    case LWM2M_NONE:
        snprintf(out, VALUE_BYTES, "(no instance)");
        break;
    }
}

void sim_show_table(const struct sim_device *device, FILE *out)
{
    const struct sim_store *store = sim_device_store(device);
    fprintf(out, "%-14s %-46s %s\n", "path", "resource", "value");
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *instance = &store->instances[i];
        if (instance->count == 0) {
            fprintf(out, "/%u/%u\n", instance->object, instance->instance);
        }
        for (size_t k = 0; k < instance->count; k++) {
            const struct lwm2m_leaf *leaf = &instance->leaves[k];
            const struct lwm2m_resource *resource =
                sim_device_resource(device, leaf->path.id[0], leaf->path.id[2]);
            char path[25];
            char value[VALUE_BYTES];
            value_text(&leaf->value, is_secret(resource), value);
            fprintf(out, "%-14s %-46s %s\n", lwm2m_path_text(leaf->path, path),
                    resource == NULL ? "?" : resource->name, value);
        }
    }
}

static void value_json(struct lwm2m_json_writer *json, const struct lwm2m_value *value)
{
    char text[VALUE_BYTES];
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        lwm2m_json_int(json, value->as.integer);
        break;
    case LWM2M_UNSIGNED:
        lwm2m_json_uint(json, value->as.uinteger);
        break;
    case LWM2M_FLOAT:
        lwm2m_json_double(json, value->as.real);
        break;
    case LWM2M_BOOLEAN:
        lwm2m_json_bool(json, value->as.boolean);
        break;
    case LWM2M_OPAQUE:
        lwm2m_json_hex(json, value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        lwm2m_json_string(json, (const char *)value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_OBJLNK:
        value_text(value, false, text);
        lwm2m_json_text(json, text);
        break;
    case LWM2M_NONE:
        lwm2m_json_null(json);
        break;
    }
}

static void leaf_json(const struct sim_device *device, const struct lwm2m_leaf *leaf,
                      struct lwm2m_json_writer *json, bool with_secrets)
{
    const struct lwm2m_resource *resource =
        sim_device_resource(device, leaf->path.id[0], leaf->path.id[2]);
    char path[25];
    lwm2m_json_object_begin(json);
    lwm2m_json_key(json, "path");
    lwm2m_json_text(json, lwm2m_path_text(leaf->path, path));
    lwm2m_json_key(json, "name");
    lwm2m_json_text(json, resource == NULL ? "?" : resource->name);
    lwm2m_json_key(json, "type");
    lwm2m_json_text(json, lwm2m_type_name(leaf->value.type));
    if (is_secret(resource) && !with_secrets) {
        lwm2m_json_key(json, "octets");
        lwm2m_json_uint(json, leaf->value.as.bytes.len);
    } else {
        lwm2m_json_key(json, "value");
        value_json(json, &leaf->value);
    }
    lwm2m_json_object_end(json);
}

void sim_show_json(const struct sim_device *device, struct lwm2m_json_writer *json,
                   bool with_secrets)
{
    const struct sim_store *store = sim_device_store(device);
    lwm2m_json_array_begin(json);
    for (size_t i = 0; i < store->count; i++) {
        for (size_t k = 0; k < store->instances[i].count; k++) {
            leaf_json(device, &store->instances[i].leaves[k], json, with_secrets);
        }
    }
    lwm2m_json_array_end(json);
}
