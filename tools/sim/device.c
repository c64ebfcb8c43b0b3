#include "tools/sim/device.h"

#include "bootstrap/coap/message.h"

#include <stdlib.h>
#include <string.h>

enum {
    R_URI = 0,
    R_BOOTSTRAP = 1,
    R_MODE = 2,
    R_IDENTITY = 3,
    R_SERVER_KEY = 4,
    R_KEY = 5,
    R_HOLD_OFF = 11
};
enum { MODE_PSK = 0, MODE_NOSEC = 3 };

struct sim_device {
    uint16_t version;
    uint16_t objects[SIM_OBJECTS_MAX];
    size_t object_count;
    struct sim_store store;
    struct sim_store before; /* as at _begin */
    bool is_begun;
};

/* ---- factory ---- */

static bool set(struct sim_store *store, struct lwm2m_path path, struct lwm2m_value value)
{
    struct sim_instance *instance = sim_store_add(store, path.id[0], path.id[1]);
    struct lwm2m_leaf leaf = {.path = path, .value = value};
    return instance != NULL && sim_instance_set(instance, &leaf);
}

static struct lwm2m_value bytes(enum lwm2m_type type, const void *data, size_t len)
{
    return (struct lwm2m_value){.type = type, .as.bytes = {data, len}};
}

static struct lwm2m_value text(const char *string)
{
    return bytes(LWM2M_STRING, string, strlen(string));
}

static struct lwm2m_value integer(int64_t number)
{
    return (struct lwm2m_value){.type = LWM2M_INTEGER, .as.integer = number};
}

static bool make_account(struct sim_store *store, const struct sim_factory *factory)
{
    const uint16_t i = factory->bootstrap_instance;
    const bool has_psk = factory->identity != NULL;
    const struct lwm2m_value is_bootstrap = {.type = LWM2M_BOOLEAN, .as.boolean = true};
    const struct {
        uint16_t resource;
        struct lwm2m_value value;
    } rows[] = {
        {R_URI, text(factory->server_uri)},
        {R_BOOTSTRAP, is_bootstrap},
        {R_MODE, integer(has_psk ? MODE_PSK : MODE_NOSEC)},
        {R_IDENTITY, bytes(LWM2M_OPAQUE, factory->identity, has_psk ? factory->identity_len : 0)},
        {R_SERVER_KEY, bytes(LWM2M_OPAQUE, NULL, 0)},
        {R_KEY, bytes(LWM2M_OPAQUE, factory->key, has_psk ? factory->key_len : 0)},
    };
    bool is_ok = true;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct lwm2m_path path = lwm2m_path_of(3, LWM2M_OBJECT_SECURITY, i, rows[row].resource, 0);
        is_ok = is_ok && set(store, path, rows[row].value);
    }
    if (factory->hold_off_s > 0) {
        struct lwm2m_path path = lwm2m_path_of(3, LWM2M_OBJECT_SECURITY, i, R_HOLD_OFF, 0);
        is_ok = is_ok && set(store, path, integer(factory->hold_off_s));
    }
    return is_ok;
}

static bool make_device_object(struct sim_store *store)
{
    const uint16_t o = LWM2M_OBJECT_DEVICE;
    return set(store, lwm2m_path_of(3, o, 0, 0, 0), text("Imprint")) &&
           set(store, lwm2m_path_of(3, o, 0, 1, 0), text("imprint-sim")) &&
           set(store, lwm2m_path_of(4, o, 0, 11, 0), integer(0)) &&
           set(store, lwm2m_path_of(3, o, 0, 16, 0), text("U"));
}

static bool choose_objects(struct sim_device *device, const struct sim_factory *factory)
{
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    const size_t count = factory->objects != NULL ? factory->object_count : registry->object_count;
    if (count > SIM_OBJECTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t id = factory->objects != NULL ? factory->objects[i] : registry->objects[i]->id;
        if (lwm2m_object_implied(id, device->version) != 0) {
            device->objects[device->object_count++] = id;
        }
    }
    return true;
}

struct sim_device *sim_device_new(const struct sim_factory *factory)
{
    struct sim_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return NULL;
    }
    device->version = factory->version != 0 ? factory->version : LWM2M_VERSION(1, 1);
    bool is_ok = choose_objects(device, factory) && make_account(&device->store, factory);
    if (is_ok && sim_device_has_object(device, LWM2M_OBJECT_DEVICE)) {
        is_ok = make_device_object(&device->store);
    }
    if (!is_ok) {
        sim_device_free(device);
        return NULL;
    }
    return device;
}

void sim_device_free(struct sim_device *device)
{
    if (device != NULL) {
        sim_store_clear(&device->store);
        sim_store_clear(&device->before);
        free(device);
    }
}

/* ---- questions ---- */

uint16_t sim_device_version(const struct sim_device *device)
{
    return device->version;
}

bool sim_device_has_object(const struct sim_device *device, uint16_t object)
{
    for (size_t i = 0; i < device->object_count; i++) {
        if (device->objects[i] == object) {
            return true;
        }
    }
    return false;
}

const struct sim_store *sim_device_store(const struct sim_device *device)
{
    return &device->store;
}

static bool is_bootstrap_account(const struct sim_instance *instance)
{
    const struct lwm2m_value *value = sim_instance_value(instance, R_BOOTSTRAP);
    return instance->object == LWM2M_OBJECT_SECURITY && value != NULL && value->as.boolean;
}

static size_t bootstrap_accounts(const struct sim_store *store, int32_t *first)
{
    size_t count = 0;
    *first = -1;
    for (size_t i = 0; i < store->count; i++) {
        if (is_bootstrap_account(&store->instances[i]) && count++ == 0) {
            *first = store->instances[i].instance;
        }
    }
    return count;
}

int32_t sim_device_bootstrap_instance(const struct sim_device *device)
{
    int32_t first;
    bootstrap_accounts(&device->store, &first);
    return first;
}

const struct lwm2m_resource *sim_device_resource(const struct sim_device *device, uint16_t object,
                                                 uint16_t resource)
{
    const struct lwm2m_object *definition = lwm2m_object_find(lwm2m_registry_builtin(), object);
    const struct lwm2m_resource *found = lwm2m_resource_find(definition, resource);
    bool is_known = found != NULL && found->since <= lwm2m_object_implied(object, device->version);
    return is_known ? found : NULL;
}

/* ---- write ---- */

/* One leaf into STORE. IS_FIRST: the first of its resource in this Write, which replaces the whole
 * resource. */
static uint8_t write_leaf(const struct sim_device *device, struct sim_store *store,
                          const struct lwm2m_leaf *leaf, uint8_t base_depth, bool is_first)
{
    const uint16_t *id = leaf->path.id;
    struct sim_instance *instance = sim_store_add(store, id[0], id[1]);
    if (instance == NULL) {
        return CC_INTERNAL;
    }
    if (leaf->path.depth < 3) {
        return CC_CHANGED;
    }
    const struct lwm2m_resource *resource = sim_device_resource(device, id[0], id[2]);
    if (resource == NULL) {
        return base_depth == 3 ? CC_NOT_FOUND : CC_CHANGED;
    }
    if (resource->operations & LWM2M_OP_EXECUTE) {
        return CC_METHOD_NOT_ALLOWED;
    }
    const bool is_empty = leaf->value.type == LWM2M_NONE;
    const bool is_array = leaf->path.depth == 4 || is_empty;
    if (is_array != resource->is_multiple ||
        (!is_empty && lwm2m_resource_check(resource, &leaf->value) != LWM2M_OK)) {
        return CC_BAD_REQUEST;
    }
    if (is_first) {
        sim_instance_unset(instance, id[2]);
    }
    return sim_instance_set(instance, leaf) ? CC_CHANGED : CC_INTERNAL;
}

static uint8_t write_all(const struct sim_device *device, struct sim_store *store,
                         struct lwm2m_path base, const struct lwm2m_leaf *leaves, size_t count)
{
    const struct lwm2m_object *object = lwm2m_object_find(lwm2m_registry_builtin(), base.id[0]);
    const bool is_single = object != NULL && !object->is_multiple;
    if (base.depth == 2 && is_single && base.id[1] != 0) {
        return CC_BAD_REQUEST;
    }
    if (base.depth == 2 && sim_store_add(store, base.id[0], base.id[1]) == NULL) {
        return CC_INTERNAL;
    }
    uint8_t code = CC_CHANGED;
    for (size_t i = 0; i < count && code == CC_CHANGED; i++) {
        const struct lwm2m_path path = leaves[i].path;
        if (is_single && path.id[1] != 0) {
            return CC_BAD_REQUEST;
        }
        struct lwm2m_path resource = {{path.id[0], path.id[1], path.id[2]}, 3};
        bool is_first = i == 0 || !lwm2m_path_under(leaves[i - 1].path, resource);
        code = write_leaf(device, store, &leaves[i], base.depth, is_first);
    }
    return code;
}

uint8_t sim_device_write(struct sim_device *device, struct lwm2m_path base,
                         const struct lwm2m_leaf *leaves, size_t count)
{
    if (base.depth == 0 || base.depth == 4) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (!sim_device_has_object(device, base.id[0])) {
        return CC_NOT_FOUND;
    }
    struct sim_store next;
    if (!sim_store_copy(&device->store, &next)) {
        return CC_INTERNAL;
    }
    uint8_t code = write_all(device, &next, base, leaves, count);
    int32_t first;
    if (code == CC_CHANGED && bootstrap_accounts(&next, &first) > 1) {
        code = CC_BAD_REQUEST;
    }
    if (code != CC_CHANGED) {
        sim_store_clear(&next);
        return code;
    }
    sim_store_clear(&device->store);
    device->store = next;
    return code;
}

/* ---- delete ---- */

static bool is_deleted(const struct sim_instance *instance, struct lwm2m_path path)
{
    if (instance->object == LWM2M_OBJECT_DEVICE) {
        return false;
    }
    if (path.depth == 2) { /* Anjay deletes the account when it is named outright (clients.md) */
        return instance->object == path.id[0] && instance->instance == path.id[1];
    }
    return !is_bootstrap_account(instance) && (path.depth == 0 || instance->object == path.id[0]);
}

uint8_t sim_device_delete(struct sim_device *device, struct lwm2m_path path)
{
    if (path.depth > 2) {
        return CC_BAD_REQUEST;
    }
    for (size_t i = device->store.count; i-- > 0;) {
        const struct sim_instance *instance = &device->store.instances[i];
        if (is_deleted(instance, path)) {
            sim_store_remove(&device->store, instance->object, instance->instance);
        }
    }
    return CC_DELETED;
}

/* ---- transaction ---- */

bool sim_device_begin(struct sim_device *device)
{
    if (!device->is_begun) {
        device->is_begun = sim_store_copy(&device->store, &device->before);
    }
    return device->is_begun;
}

void sim_device_commit(struct sim_device *device)
{
    sim_store_clear(&device->before);
    device->is_begun = false;
}

void sim_device_rollback(struct sim_device *device)
{
    if (device->is_begun) {
        sim_store_clear(&device->store);
        device->store = device->before;
        device->before = (struct sim_store){0};
        device->is_begun = false;
    }
}
