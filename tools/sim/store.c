#include "tools/sim/store.h"

#include <stdlib.h>
#include <string.h>

static bool has_bytes(const struct lwm2m_value *value)
{
    return value->type == LWM2M_STRING || value->type == LWM2M_OPAQUE ||
           value->type == LWM2M_CORELNK;
}

static void leaf_clear(struct lwm2m_leaf *leaf)
{
    if (has_bytes(&leaf->value) && leaf->value.as.bytes.data != NULL) {
        uint8_t *data = (uint8_t *)(uintptr_t)leaf->value.as.bytes.data;
        explicit_bzero(data, leaf->value.as.bytes.len);
        free(data);
    }
}

static bool leaf_copy(const struct lwm2m_leaf *from, struct lwm2m_leaf *to)
{
    struct lwm2m_leaf copy = *from;
    if (has_bytes(&copy.value)) {
        size_t len = from->value.as.bytes.len;
        uint8_t *data = malloc(len > 0 ? len : 1);
        if (data == NULL) {
            return false;
        }
        if (len > 0) {
            memcpy(data, from->value.as.bytes.data, len);
        }
        copy.value.as.bytes.data = data;
    }
    *to = copy;
    return true;
}

/* ---- one instance ---- */

static void instance_clear(struct sim_instance *instance)
{
    for (size_t i = 0; i < instance->count; i++) {
        leaf_clear(&instance->leaves[i]);
    }
    free(instance->leaves);
    instance->leaves = NULL;
    instance->count = 0;
}

/* Index of the first leaf not before PATH. */
static size_t leaf_position(const struct sim_instance *instance, struct lwm2m_path path)
{
    size_t i = 0;
    while (i < instance->count && lwm2m_path_compare(instance->leaves[i].path, path) < 0) {
        i++;
    }
    return i;
}

bool sim_instance_set(struct sim_instance *instance, const struct lwm2m_leaf *leaf)
{
    struct lwm2m_leaf copy;
    if (!leaf_copy(leaf, &copy)) {
        return false;
    }
    size_t at = leaf_position(instance, leaf->path);
    if (at < instance->count && lwm2m_path_compare(instance->leaves[at].path, leaf->path) == 0) {
        leaf_clear(&instance->leaves[at]);
        instance->leaves[at] = copy;
        return true;
    }
    struct lwm2m_leaf *grown =
        realloc(instance->leaves, (instance->count + 1) * sizeof instance->leaves[0]);
    if (grown == NULL) {
        leaf_clear(&copy);
        return false;
    }
    memmove(grown + at + 1, grown + at, (instance->count - at) * sizeof grown[0]);
    grown[at] = copy;
    instance->leaves = grown;
    instance->count++;
    return true;
}

void sim_instance_unset(struct sim_instance *instance, uint16_t resource)
{
    size_t kept = 0;
    for (size_t i = 0; i < instance->count; i++) {
        if (instance->leaves[i].path.id[2] == resource) {
            leaf_clear(&instance->leaves[i]);
        } else {
            instance->leaves[kept++] = instance->leaves[i];
        }
    }
    instance->count = kept;
}

const struct lwm2m_value *sim_instance_value(const struct sim_instance *instance, uint16_t resource)
{
    for (size_t i = 0; i < instance->count; i++) {
        const struct lwm2m_leaf *leaf = &instance->leaves[i];
        if (leaf->path.id[2] == resource && leaf->value.type != LWM2M_NONE) {
            return &leaf->value;
        }
    }
    return NULL;
}

/* ---- all instances ---- */

static bool is_before(const struct sim_instance *a, uint16_t object, uint16_t instance)
{
    return a->object != object ? a->object < object : a->instance < instance;
}

static size_t position(const struct sim_store *store, uint16_t object, uint16_t instance)
{
    size_t i = 0;
    while (i < store->count && is_before(&store->instances[i], object, instance)) {
        i++;
    }
    return i;
}

struct sim_instance *sim_store_find(const struct sim_store *store, uint16_t object,
                                    uint16_t instance)
{
    size_t at = position(store, object, instance);
    if (at >= store->count || store->instances[at].object != object ||
        store->instances[at].instance != instance) {
        return NULL;
    }
    return &store->instances[at];
}

struct sim_instance *sim_store_add(struct sim_store *store, uint16_t object, uint16_t instance)
{
    struct sim_instance *found = sim_store_find(store, object, instance);
    if (found != NULL) {
        return found;
    }
    struct sim_instance *grown =
        realloc(store->instances, (store->count + 1) * sizeof store->instances[0]);
    if (grown == NULL) {
        return NULL;
    }
    store->instances = grown;
    size_t at = position(store, object, instance);
    memmove(grown + at + 1, grown + at, (store->count - at) * sizeof grown[0]);
    grown[at] = (struct sim_instance){.object = object, .instance = instance};
    store->count++;
    return &grown[at];
}

void sim_store_remove(struct sim_store *store, uint16_t object, uint16_t instance)
{
    struct sim_instance *found = sim_store_find(store, object, instance);
    if (found == NULL) {
        return;
    }
    instance_clear(found);
    size_t at = (size_t)(found - store->instances);
    memmove(found, found + 1, (store->count - at - 1) * sizeof *found);
    store->count--;
}

void sim_store_clear(struct sim_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        instance_clear(&store->instances[i]);
    }
    free(store->instances);
    *store = (struct sim_store){0};
}

static bool instance_copy(const struct sim_instance *from, struct sim_store *to)
{
    struct sim_instance *copy = sim_store_add(to, from->object, from->instance);
    if (copy == NULL) {
        return false;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (!sim_instance_set(copy, &from->leaves[i])) {
            return false;
        }
    }
    return true;
}

bool sim_store_copy(const struct sim_store *from, struct sim_store *to)
{
    *to = (struct sim_store){0};
    for (size_t i = 0; i < from->count; i++) {
        if (!instance_copy(&from->instances[i], to)) {
            sim_store_clear(to);
            return false;
        }
    }
    return true;
}
