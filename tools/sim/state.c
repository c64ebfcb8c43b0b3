#include "tools/sim/state.h"

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/json.h"
#include "tools/sim/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_MAX_BYTES = 1 << 20, OBJECT_MAX_BYTES = 1 << 18, STATE_VERSION = 1 };

static bool say(char *fault, const char *path, const char *what)
{
    snprintf(fault, SIM_FAULT_MAX + 1, "%s: %s", path, what);
    return false;
}

static void wipe(void *data, size_t len)
{
    if (data != NULL) {
        explicit_bzero(data, len);
        free(data);
    }
}

/* ---- reading ---- */

static bool put_leaf(struct sim_store *store, const struct lwm2m_leaf *leaf)
{
    struct sim_instance *instance = sim_store_add(store, leaf->path.id[0], leaf->path.id[1]);
    return instance != NULL && (leaf->path.depth < 3 || sim_instance_set(instance, leaf));
}

static const char *take_object(const struct lwm2m_json_node *node,
                               const struct lwm2m_registry *registry, struct sim_store *store)
{
    uint64_t id;
    const char *hex;
    size_t hex_len;
    size_t len = 0;
    struct lwm2m_content content = {0};
    if (lwm2m_json_get_uint(node, "id", &id) != LWM2M_OK || id > LWM2M_ID_MAX ||
        lwm2m_json_get_string(node, "tlv", &hex, &hex_len) != LWM2M_OK) {
        return "an object without \"id\" or \"tlv\"";
    }
    uint8_t *tlv = malloc(OBJECT_MAX_BYTES);
    if (tlv == NULL) {
        return strerror(ENOMEM);
    }
    bool is_ok = sim_unhex(hex, hex_len, tlv, OBJECT_MAX_BYTES, &len) &&
                 lwm2m_decode(LWM2M_FORMAT_TLV, lwm2m_path_of(1, (uint16_t)id, 0, 0, 0), registry,
                              tlv, len, &content) == LWM2M_OK;
    for (size_t i = 0; is_ok && i < content.count; i++) {
        is_ok = put_leaf(store, &content.leaves[i]);
    }
    lwm2m_content_clear(&content);
    wipe(tlv, OBJECT_MAX_BYTES);
    return is_ok ? NULL : "a \"tlv\" that is none";
}

static const char *take(const struct lwm2m_json_node *root, const struct lwm2m_registry *registry,
                        struct sim_store *store)
{
    uint64_t version;
    if (lwm2m_json_get_uint(root, "imprint_sim_state", &version) != LWM2M_OK ||
        version != STATE_VERSION) {
        return "not a state file of this program";
    }
    const struct lwm2m_json_node *objects = lwm2m_json_at(root, "objects");
    const char *wrong = NULL;
    for (size_t i = 0; wrong == NULL && i < lwm2m_json_count(objects); i++) {
        wrong = take_object(lwm2m_json_item(objects, i), registry, store);
    }
    return wrong;
}

bool sim_state_load(const char *path, struct sim_device *device, bool *is_there, char *fault)
{
    char *data = NULL;
    size_t len;
    struct lwm2m_json_fault where;
    struct sim_store store = {0};
    *is_there = sim_file_read(path, STATE_MAX_BYTES, &data, &len);
    if (!*is_there) {
        return errno == ENOENT || say(fault, path, strerror(errno));
    }
    struct lwm2m_json_document *document = lwm2m_json_parse(data, len, STATE_MAX_BYTES, &where);
    wipe(data, len);
    const char *wrong = document == NULL
                            ? "not a JSON document"
                            : take(lwm2m_json_root(document), sim_device_registry(device), &store);
    lwm2m_json_free(document);
    if (wrong == NULL) {
        sim_device_restore(device, &store);
    }
    sim_store_clear(&store);
    return wrong == NULL || say(fault, path, wrong);
}

/* ---- writing ---- */

/* The leaves of OBJECT, an instance without resources as one of its own; borrowed octets. */
static size_t gather(const struct sim_store *store, uint16_t object, struct lwm2m_leaf *leaves)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *in = &store->instances[i];
        if (in->object != object) {
            continue;
        }
        if (in->count == 0) {
            leaves[count++] =
                (struct lwm2m_leaf){.path = lwm2m_path_of(2, object, in->instance, 0, 0)};
            continue;
        }
        memcpy(leaves + count, in->leaves, in->count * sizeof leaves[0]);
        count += in->count;
    }
    return count;
}

static size_t count_all(const struct sim_store *store)
{
    size_t count = 1;
    for (size_t i = 0; i < store->count; i++) {
        count += store->instances[i].count + 1;
    }
    return count;
}

static bool put_object(const struct sim_store *store, uint16_t object,
                       struct lwm2m_json_writer *json)
{
    size_t len = 0;
    struct lwm2m_leaf *leaves = calloc(count_all(store), sizeof leaves[0]);
    uint8_t *tlv = malloc(OBJECT_MAX_BYTES);
    bool is_ok =
        leaves != NULL && tlv != NULL &&
        lwm2m_encode(LWM2M_FORMAT_TLV, lwm2m_path_of(1, object, 0, 0, 0), leaves,
                     gather(store, object, leaves), tlv, OBJECT_MAX_BYTES, &len) == LWM2M_OK;
    if (is_ok) {
        lwm2m_json_object_begin(json);
        lwm2m_json_key(json, "id");
        lwm2m_json_uint(json, object);
        lwm2m_json_key(json, "tlv");
        lwm2m_json_hex(json, tlv, len);
        lwm2m_json_object_end(json);
    }
    free(leaves);
    wipe(tlv, len);
    return is_ok;
}

bool sim_state_save(const char *path, const struct sim_device *device, char *fault)
{
    const struct sim_store *store = sim_device_store(device);
    struct lwm2m_json_writer json = {0};
    bool is_ok = true;
    lwm2m_json_object_begin(&json);
    lwm2m_json_key(&json, "imprint_sim_state");
    lwm2m_json_uint(&json, STATE_VERSION);
    lwm2m_json_key(&json, "objects");
    lwm2m_json_array_begin(&json);
    for (size_t i = 0; is_ok && i < store->count; i++) {
        uint16_t object = store->instances[i].object;
        bool is_new = i == 0 || store->instances[i - 1].object != object;
        is_ok = !is_new || put_object(store, object, &json);
    }
    lwm2m_json_array_end(&json);
    lwm2m_json_object_end(&json);
    errno = ENOMEM;
    is_ok = is_ok && json.error == LWM2M_OK && sim_file_write(path, json.data, json.len);
    lwm2m_json_clear(&json);
    return is_ok || say(fault, path, strerror(errno));
}
