/* What changes a device's objects: Write, Delete, Pack. */
#include "tools/sim/device_private.h"

#include "bootstrap/coap/message.h"

#include <stdlib.h>

enum { R_MODE = 2, R_IDENTITY = 3, R_SERVER_KEY = 4, R_KEY = 5, R_SSID = 10, R_OSCORE = 17 };
enum { MODE_PSK = 0, R_SERVER_SSID = 0 };

/* Wakaama: optional resources that are errors to it (clients.md). */
static const struct {
    uint16_t object;
    uint16_t first, last;
    uint8_t code;
} optional[] = {
    {LWM2M_OBJECT_SECURITY, 13, 15, CC_BAD_REQUEST}, {LWM2M_OBJECT_SECURITY, 16, 16, CC_NOT_FOUND},
    {LWM2M_OBJECT_SECURITY, 17, 17, CC_BAD_REQUEST}, {LWM2M_OBJECT_SERVER, 9, 12, CC_NOT_FOUND},
    {LWM2M_OBJECT_SERVER, 21, 22, CC_NOT_FOUND},     {LWM2M_OBJECT_SERVER, 24, 24, CC_NOT_FOUND},
};

/* ---- one resource ---- */

static uint8_t refused_optional(uint16_t object, uint16_t resource)
{
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        if (optional[i].object == object && resource >= optional[i].first &&
            resource <= optional[i].last) {
            return optional[i].code;
        }
    }
    return CC_CHANGED;
}

static bool is_over(uint32_t max, size_t len)
{
    return max != 0 && len > max;
}

/* Whether the device's buffers hold a credential; the mode may come later in the Write, so that it
 * is asked once all is written. */
static bool has_room(const struct sim_profile *profile, const struct sim_instance *instance)
{
    const struct lwm2m_value *mode = sim_instance_value(instance, R_MODE);
    const bool is_psk = mode != NULL && mode->as.integer == MODE_PSK;
    const struct {
        uint16_t resource;
        uint32_t max;
    } rows[] = {{R_IDENTITY, is_psk ? profile->identity_max : profile->credential_max},
                {R_SERVER_KEY, profile->credential_max},
                {R_KEY, is_psk ? profile->key_max : profile->credential_max}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lwm2m_value *value = sim_instance_value(instance, rows[i].resource);
        if (value != NULL && is_over(rows[i].max, value->as.bytes.len)) {
            return false;
        }
    }
    return true;
}

/* What speaks against RESOURCE (NULL: none known) before its value is looked at. */
static uint8_t admit(const struct sim_device *device, const struct lwm2m_leaf *leaf,
                     uint8_t base_depth, const struct lwm2m_resource *resource)
{
    const uint16_t *id = leaf->path.id;
    if (device->profile.refuses_optional) {
        uint8_t code = refused_optional(id[0], id[2]);
        if (code != CC_CHANGED) {
            return code;
        }
    }
    if (resource == NULL) {
        return base_depth == 3 || device->profile.unknown_is_error ? CC_NOT_FOUND : CC_CHANGED;
    }
    return resource->operations & LWM2M_OP_EXECUTE ? CC_METHOD_NOT_ALLOWED : CC_CHANGED;
}

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
    const bool is_defined = lwm2m_object_find(device->registry, id[0]) != NULL;
    if (is_defined) {
        uint8_t code = admit(device, leaf, base_depth, resource);
        if (code != CC_CHANGED || resource == NULL) {
            return code;
        }
        const bool is_empty = leaf->value.type == LWM2M_NONE;
        if ((leaf->path.depth == 4 || is_empty) != resource->is_multiple ||
            (!is_empty && lwm2m_resource_check(resource, &leaf->value) != LWM2M_OK)) {
            return CC_BAD_REQUEST;
        }
    }
    if (is_first) {
        sim_instance_unset(instance, id[2]);
    }
    return sim_instance_set(instance, leaf) ? CC_CHANGED : CC_INTERNAL;
}

/* ---- one Write ---- */

/* A client that replaces forgets what stood in the instances that are written. */
static void forget_old(const struct sim_device *device, struct sim_store *store,
                       struct lwm2m_path base, const struct lwm2m_leaf *leaves, size_t count)
{
    bool is_security = base.id[0] == LWM2M_OBJECT_SECURITY;
    if (!(is_security ? device->profile.replaces_security : device->profile.replaces)) {
        return;
    }
    if (base.depth == 2) {
        sim_store_remove(store, base.id[0], base.id[1]);
    }
    for (size_t i = 0; base.depth == 1 && i < count; i++) {
        sim_store_remove(store, base.id[0], leaves[i].path.id[1]);
    }
}

static uint8_t write_all(const struct sim_device *device, struct sim_store *store,
                         struct lwm2m_path base, const struct lwm2m_leaf *leaves, size_t count)
{
    const struct lwm2m_object *object = lwm2m_object_find(device->registry, base.id[0]);
    const bool is_single = object != NULL && !object->is_multiple;
    if (base.depth == 2 && is_single && base.id[1] != 0) {
        return CC_BAD_REQUEST;
    }
    forget_old(device, store, base, leaves, count);
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

/* The smallest instance of OBJECT above FROM - 1 that STORE does not have. */
static uint16_t free_instance(const struct sim_store *store, uint16_t object, uint16_t from)
{
    while (sim_store_find(store, object, from) != NULL) {
        from++;
    }
    return from;
}

/* An object-level Write to a client that renumbers: each instance takes the next free ID. */
static uint8_t write_renumbered(const struct sim_device *device, struct sim_store *store,
                                struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                size_t count)
{
    struct lwm2m_leaf *copies = calloc(count + 1, sizeof copies[0]);
    if (copies == NULL) {
        return CC_INTERNAL;
    }
    uint16_t next = 0;
    for (size_t i = 0; i < count; i++) {
        copies[i] = leaves[i];
        if (i == 0 || leaves[i].path.id[1] != leaves[i - 1].path.id[1]) {
            next = free_instance(store, base.id[0], i == 0 ? 0 : (uint16_t)(next + 1));
        }
        copies[i].path.id[1] = next;
    }
    uint8_t code = write_all(device, store, base, copies, count);
    free(copies);
    return code;
}

/* What holds for the state as a whole. */
static uint8_t check_whole(const struct sim_device *device, const struct sim_store *store)
{
    int32_t first;
    uint32_t securities = 0;
    if (!device->profile.accounts_at_finish && sim_bootstrap_accounts(store, &first) > 1) {
        return CC_BAD_REQUEST;
    }
    for (size_t i = 0; i < store->count; i++) {
        if (store->instances[i].object == LWM2M_OBJECT_SECURITY) {
            securities++;
            if (!has_room(&device->profile, &store->instances[i])) {
                return CC_INTERNAL;
            }
        }
    }
    return is_over(device->profile.security_max, securities) ? CC_INTERNAL : CC_CHANGED;
}

/* Takes NEXT over when CODE says so, else drops it; the code for the server. */
static uint8_t settle(struct sim_device *device, struct sim_store *next, uint8_t code)
{
    if (code == CC_CHANGED) {
        code = check_whole(device, next);
    }
    if (code == CC_CHANGED && !device->profile.forgets) {
        sim_store_clear(&device->store);
        device->store = *next;
        return code;
    }
    sim_store_clear(next);
    return device->profile.always_changed ? CC_CHANGED : code;
}

uint8_t sim_device_write(struct sim_device *device, struct lwm2m_path base,
                         const struct lwm2m_leaf *leaves, size_t count)
{
    if (base.depth == 0 || base.depth == 4) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (!sim_device_has_object(device, base.id[0])) {
        return device->profile.unknown_object != 0 ? device->profile.unknown_object : CC_NOT_FOUND;
    }
    struct sim_store next;
    if (!sim_store_copy(&device->store, &next)) {
        return CC_INTERNAL;
    }
    uint8_t code = base.depth == 1 && device->profile.renumbers
                       ? write_renumbered(device, &next, base, leaves, count)
                       : write_all(device, &next, base, leaves, count);
    return settle(device, &next, code);
}

/* ---- delete ---- */

/* The /21 instance that the bootstrap account links to, or -1. */
static int32_t account_oscore(const struct sim_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct lwm2m_value *link = sim_instance_value(&store->instances[i], R_OSCORE);
        if (sim_is_bootstrap_account(&store->instances[i]) && link != NULL &&
            link->as.link.object == LWM2M_OBJECT_OSCORE) {
            return link->as.link.instance;
        }
    }
    return -1;
}

static bool is_deleted(const struct sim_device *device, const struct sim_instance *instance,
                       struct lwm2m_path path)
{
    if (instance->object == LWM2M_OBJECT_DEVICE) {
        return false;
    }
    if (path.depth == 2) { /* Anjay deletes the account when it is named outright (clients.md) */
        return instance->object == path.id[0] && instance->instance == path.id[1];
    }
    bool is_account =
        sim_is_bootstrap_account(instance) ||
        (!device->profile.oscore_unprotected && instance->object == LWM2M_OBJECT_OSCORE &&
         instance->instance == account_oscore(&device->store));
    return !is_account && (path.depth == 0 || instance->object == path.id[0]);
}

/* lwm2m-bootstrap.md 3.5: a deleted Security instance drags along the paired /1. */
static void cascade(struct sim_store *store, int64_t ssid)
{
    for (size_t i = store->count; i-- > 0;) {
        const struct sim_instance *instance = &store->instances[i];
        const struct lwm2m_value *value = sim_instance_value(instance, R_SERVER_SSID);
        if (instance->object == LWM2M_OBJECT_SERVER && value != NULL && value->as.integer == ssid) {
            sim_store_remove(store, LWM2M_OBJECT_SERVER, instance->instance);
        }
    }
}

static uint8_t refused_delete(const struct sim_device *device, struct lwm2m_path path)
{
    const struct sim_profile *profile = &device->profile;
    int32_t account = sim_device_bootstrap_instance(device);
    bool is_account =
        path.depth == 2 && path.id[0] == LWM2M_OBJECT_SECURITY && (int32_t)path.id[1] == account;
    bool is_device = path.depth > 0 && path.id[0] == LWM2M_OBJECT_DEVICE;
    if ((profile->keeps_account && is_account) || (profile->keeps_device && is_device)) {
        return CC_BAD_REQUEST;
    }
    bool is_missing =
        path.depth > 0 &&
        (!sim_device_has_object(device, path.id[0]) ||
         (path.depth == 2 && sim_store_find(&device->store, path.id[0], path.id[1]) == NULL));
    return is_missing && profile->missing_code != 0 ? profile->missing_code : CC_DELETED;
}

uint8_t sim_device_delete(struct sim_device *device, struct lwm2m_path path)
{
    if (path.depth > 2) {
        return CC_BAD_REQUEST;
    }
    uint8_t code = refused_delete(device, path);
    for (size_t i = device->store.count; code == CC_DELETED && i-- > 0;) {
        const struct sim_instance *instance = &device->store.instances[i];
        if (!is_deleted(device, instance, path)) {
            continue;
        }
        const struct lwm2m_value *ssid = sim_instance_value(instance, R_SSID);
        bool drags =
            device->profile.cascades && instance->object == LWM2M_OBJECT_SECURITY && ssid != NULL;
        int64_t number = drags ? ssid->as.integer : 0;
        sim_store_remove(&device->store, instance->object, instance->instance);
        if (drags) { /* only /1 goes, behind what is still to be looked at */
            cascade(&device->store, number);
        }
    }
    return code;
}

/* ---- pack ---- */

/* Clears the objects of LEAVES in NEXT, a copy of what the device holds. */
static void clear_packed(const struct sim_device *device, struct sim_store *next,
                         const struct lwm2m_leaf *leaves, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const uint16_t object = leaves[k].path.id[0];
        if (k > 0 && leaves[k - 1].path.id[0] == object) {
            continue;
        }
        for (size_t i = next->count; i-- > 0;) {
            const struct sim_instance *instance = &next->instances[i];
            if (is_deleted(device, instance, lwm2m_path_of(1, object, 0, 0, 0))) {
                sim_store_remove(next, instance->object, instance->instance);
            }
        }
    }
}

uint8_t sim_device_pack(struct sim_device *device, const struct lwm2m_leaf *leaves, size_t count)
{
    struct sim_store next;
    if (!sim_store_copy(&device->store, &next)) {
        return CC_INTERNAL;
    }
    clear_packed(device, &next, leaves, count);
    uint8_t code = CC_CHANGED;
    for (size_t at = 0; at < count && code == CC_CHANGED;) {
        const uint16_t object = leaves[at].path.id[0];
        size_t end = at;
        while (end < count && leaves[end].path.id[0] == object) {
            end++;
        }
        code =
            sim_device_has_object(device, object)
                ? write_all(device, &next, lwm2m_path_of(1, object, 0, 0, 0), leaves + at, end - at)
                : CC_NOT_FOUND;
        at = end;
    }
    return settle(device, &next, code);
}
