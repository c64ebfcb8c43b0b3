#include "tools/sim/device_private.h"

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

static bool add_object(struct sim_device *device, uint16_t object)
{
    size_t at = device->object_count;
    if (sim_device_has_object(device, object)) {
        return true;
    }
    if (at == SIM_OBJECTS_MAX) {
        return false;
    }
    for (; at > 0 && device->objects[at - 1] > object; at--) {
        device->objects[at] = device->objects[at - 1];
    }
    device->objects[at] = object;
    device->object_count++;
    return true;
}

static bool choose_objects(struct sim_device *device, const struct sim_factory *factory)
{
    const struct lwm2m_registry *builtin = lwm2m_registry_builtin();
    const size_t count = factory->objects != NULL ? factory->object_count : builtin->object_count;
    bool is_ok = count <= SIM_OBJECTS_MAX;
    for (size_t i = 0; is_ok && i < count; i++) {
        uint16_t id = factory->objects != NULL ? factory->objects[i] : builtin->objects[i]->id;
        is_ok = lwm2m_object_implied(id, device->version) == 0 || add_object(device, id);
    }
    for (size_t i = 0; is_ok && i < factory->more_count; i++) {
        is_ok = add_object(device, factory->more[i]);
    }
    return is_ok;
}

struct sim_device *sim_device_new(const struct sim_factory *factory)
{
    struct sim_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return NULL;
    }
    if (factory->profile != NULL) {
        device->profile = *factory->profile;
    }
    device->registry = factory->registry != NULL ? factory->registry : lwm2m_registry_builtin();
    device->version = factory->version != 0 ? factory->version : device->profile.version;
    device->version = device->version != 0 ? device->version : LWM2M_VERSION(1, 1);
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

void sim_device_restore(struct sim_device *device, struct sim_store *store)
{
    sim_store_clear(&device->store);
    device->store = *store;
    *store = (struct sim_store){0};
}

/* ---- questions ---- */

const struct sim_profile *sim_device_profile(const struct sim_device *device)
{
    return &device->profile;
}

const struct lwm2m_registry *sim_device_registry(const struct sim_device *device)
{
    return device->registry;
}

const uint16_t *sim_device_objects(const struct sim_device *device, size_t *count)
{
    *count = device->object_count;
    return device->objects;
}

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

bool sim_is_bootstrap_account(const struct sim_instance *instance)
{
    const struct lwm2m_value *value = sim_instance_value(instance, R_BOOTSTRAP);
    return instance->object == LWM2M_OBJECT_SECURITY && value != NULL && value->as.boolean;
}

size_t sim_bootstrap_accounts(const struct sim_store *store, int32_t *first)
{
    size_t count = 0;
    *first = -1;
    for (size_t i = 0; i < store->count; i++) {
        if (sim_is_bootstrap_account(&store->instances[i]) && count++ == 0) {
            *first = store->instances[i].instance;
        }
    }
    return count;
}

int32_t sim_device_bootstrap_instance(const struct sim_device *device)
{
    int32_t first;
    sim_bootstrap_accounts(&device->store, &first);
    return first;
}

const struct lwm2m_resource *sim_device_resource(const struct sim_device *device, uint16_t object,
                                                 uint16_t resource)
{
    const struct lwm2m_object *definition = lwm2m_object_find(device->registry, object);
    const struct lwm2m_resource *found = lwm2m_resource_find(definition, resource);
    const bool is_core = lwm2m_object_find(lwm2m_registry_builtin(), object) != NULL;
    bool is_known = found != NULL &&
                    (!is_core || found->since <= lwm2m_object_implied(object, device->version));
    return is_known ? found : NULL;
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
