#include "pki/store_shelf.h"

#include <string.h>

static struct pki_key identity_key(const struct pki_device *device)
{
    return pki_key_identity((uint8_t)device->auth, device->identity, device->identity_len);
}

static bool has_identity(const struct pki_device *device)
{
    return device->identity_len > 0;
}

/* PKI_OK when the index has nothing at KEY. */
static enum pki_error check_free(const struct pki_txn *txn, enum pki_table table,
                                 const struct pki_key *key)
{
    enum pki_error error = pki_kv_get(txn->view.kv, table, pki_key_span(key), NULL);

    if (error == PKI_ENOTFOUND) {
        return PKI_OK;
    }
    return error == PKI_OK ? PKI_EEXISTS : error;
}

static enum pki_error put_index(struct pki_txn *txn, enum pki_table table,
                                const struct pki_key *key, uint64_t id)
{
    struct pki_key value = pki_key_number(id);

    return pki_kv_put(txn->view.kv, table, pki_key_span(key), pki_key_span(&value));
}

static enum pki_error delete_index(struct pki_txn *txn, enum pki_table table,
                                   const struct pki_key *key)
{
    enum pki_error error = pki_kv_delete(txn->view.kv, table, pki_key_span(key));

    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

enum pki_error pki_txn_device_write(struct pki_txn *txn, const struct pki_device *device)
{
    struct pki_key key = pki_key_number(device->id);
    PKI_WIPED_PLAIN struct pki_plain plain;
    enum pki_error error = pki_device_encode(device, plain.data, sizeof(plain.data), &plain.len);

    return error == PKI_OK ? pki_view_put(&txn->view, PKI_TABLE_DEVICE, &key, &plain) : error;
}

/* ---- indexes that may change: identity and group ---- */

static enum pki_error index_device(struct pki_txn *txn, const struct pki_device *device)
{
    enum pki_error error = PKI_OK;

    if (has_identity(device)) {
        struct pki_key key = identity_key(device);

        error = put_index(txn, PKI_TABLE_IDENTITY, &key, device->id);
    }
    if (error == PKI_OK && device->group[0] != '\0') {
        struct pki_key key = pki_key_group(device->group, device->endpoint);

        error = put_index(txn, PKI_TABLE_GROUP, &key, device->id);
    }
    return error;
}

static enum pki_error unindex_device(struct pki_txn *txn, const struct pki_device *device)
{
    enum pki_error error = PKI_OK;

    if (has_identity(device)) {
        struct pki_key key = identity_key(device);

        error = delete_index(txn, PKI_TABLE_IDENTITY, &key);
    }
    if (error == PKI_OK && device->group[0] != '\0') {
        struct pki_key key = pki_key_group(device->group, device->endpoint);

        error = delete_index(txn, PKI_TABLE_GROUP, &key);
    }
    return error;
}

enum pki_error pki_txn_device_exists(const struct pki_txn *txn, uint64_t id)
{
    struct pki_key key = pki_key_number(id);

    return pki_kv_get(txn->view.kv, PKI_TABLE_DEVICE, pki_key_span(&key), NULL);
}

/* ---- add ---- */

static enum pki_error check_new(const struct pki_txn *txn, const struct pki_device *device)
{
    enum pki_error error = pki_device_check(device, NULL);

    if (error != PKI_OK) {
        return error;
    }
    struct pki_key endpoint = pki_key_endpoint(device->endpoint);

    error = check_free(txn, PKI_TABLE_ENDPOINT, &endpoint);
    if (error == PKI_OK && has_identity(device)) {
        struct pki_key identity = identity_key(device);

        error = check_free(txn, PKI_TABLE_IDENTITY, &identity);
    }
    return error;
}

/* Who knocked in vain before is no longer unknown. */
static enum pki_error forget_knocks(struct pki_txn *txn, const struct pki_device *device)
{
    enum pki_error error = pki_txn_unknown_forget(
        txn, PKI_UNKNOWN_ENDPOINT, (const uint8_t *)device->endpoint, strlen(device->endpoint));

    if (error == PKI_OK && has_identity(device)) {
        error = pki_txn_unknown_forget(txn, PKI_UNKNOWN_IDENTITY, device->identity,
                                       device->identity_len);
    }
    return error;
}

static enum pki_error write_new(struct pki_txn *txn, const struct pki_device *device)
{
    struct pki_key endpoint = pki_key_endpoint(device->endpoint);
    enum pki_error error = pki_txn_device_write(txn, device);

    if (error == PKI_OK) {
        error = put_index(txn, PKI_TABLE_ENDPOINT, &endpoint, device->id);
    }
    if (error == PKI_OK) {
        error = index_device(txn, device);
    }
    if (error == PKI_OK) {
        error = forget_knocks(txn, device);
    }
    return error == PKI_OK ? pki_txn_audit(txn, "device.add", device->endpoint) : error;
}

enum pki_error pki_txn_device_add(struct pki_txn *txn, struct pki_device *device)
{
    PKI_WIPED_DEVICE struct pki_device fresh = *device;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = check_new(txn, device);

    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    fresh.id = txn->counters.next_device_id;
    fresh.created_at = txn->now_at;
    fresh.changed_at = txn->now_at;
    error = write_new(txn, &fresh);
    if (error == PKI_OK) {
        txn->counters.next_device_id++;
        txn->counters.devices++;
        *device = fresh;
    }
    return pki_txn_changed(txn, error);
}

/* ---- put ---- */

static bool has_same_identity(const struct pki_device *a, const struct pki_device *b)
{
    return a->auth == b->auth && a->identity_len == b->identity_len &&
           memcmp(a->identity, b->identity, a->identity_len) == 0;
}

static bool has_same_indexes(const struct pki_device *a, const struct pki_device *b)
{
    return has_same_identity(a, b) && strcmp(a->group, b->group) == 0;
}

static enum pki_error check_change(const struct pki_txn *txn, const struct pki_device *old,
                                   const struct pki_device *device)
{
    enum pki_error error = pki_device_check(device, NULL);

    if (error != PKI_OK || strcmp(old->endpoint, device->endpoint) != 0) {
        return PKI_EINVAL;
    }
    if (!has_identity(device)) {
        return PKI_OK;
    }
    struct pki_key key = identity_key(device);

    error = pki_kv_get(txn->view.kv, PKI_TABLE_IDENTITY, pki_key_span(&key), NULL);
    if (error == PKI_ENOTFOUND || (error == PKI_OK && has_same_identity(old, device))) {
        return PKI_OK;
    }
    /* Also when the holder is a bootstrap credential of this very device. */
    return error == PKI_OK ? PKI_EEXISTS : error;
}

static const char *change_name(const struct pki_device *old, const struct pki_device *device)
{
    if ((old->disabled_at != 0) != (device->disabled_at != 0)) {
        return device->disabled_at != 0 ? "device.disable" : "device.enable";
    }
    return "device.change";
}

static enum pki_error write_change(struct pki_txn *txn, const struct pki_device *old,
                                   const struct pki_device *device)
{
    enum pki_error error = PKI_OK;

    if (!has_same_indexes(old, device)) {
        error = unindex_device(txn, old);
        if (error == PKI_OK) {
            error = index_device(txn, device);
        }
    }
    if (error == PKI_OK) {
        error = pki_txn_device_write(txn, device);
    }
    return error == PKI_OK ? pki_txn_audit(txn, change_name(old, device), device->endpoint) : error;
}

enum pki_error pki_txn_device_put(struct pki_txn *txn, const struct pki_device *device)
{
    PKI_WIPED_DEVICE struct pki_device old;
    PKI_WIPED_DEVICE struct pki_device fresh = *device;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_view_device(&txn->view, device->id, &old);

    if (error == PKI_OK) {
        error = check_change(txn, &old, device);
    }
    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    /* What bootstraps wrote since the caller read the device stays. */
    fresh.created_at = old.created_at;
    fresh.bootstrapped_at = old.bootstrapped_at;
    fresh.attempted_at = old.attempted_at;
    fresh.last_result = old.last_result;
    fresh.changed_at = txn->now_at;
    return pki_txn_changed(txn, write_change(txn, &old, &fresh));
}

/* ---- remove, get ---- */

/* The identities under which the device could also have come. */
static enum pki_error unindex_bootstrap(struct pki_txn *txn, const struct pki_device *device)
{
    PKI_WIPED_SHELF struct pki_shelf shelf = {.count = 0};
    enum pki_error error = pki_shelf_read(&txn->view, device->id, PKI_SERVER_BOOTSTRAP, &shelf);

    for (size_t i = 0; i < shelf.count && error == PKI_OK; i++) {
        if (pki_shelf_is_indexed(&shelf.rows[i])) {
            struct pki_key key = pki_shelf_identity_key(&shelf.rows[i]);

            error = delete_index(txn, PKI_TABLE_IDENTITY, &key);
        }
    }
    return error;
}

static enum pki_error delete_device(struct pki_txn *txn, const struct pki_device *device)
{
    struct pki_key id = pki_key_number(device->id);
    struct pki_key endpoint = pki_key_endpoint(device->endpoint);
    uint64_t credentials = 0;
    enum pki_error error = unindex_device(txn, device);

    if (error == PKI_OK) {
        error = unindex_bootstrap(txn, device);
    }
    if (error == PKI_OK) {
        error = delete_index(txn, PKI_TABLE_ENDPOINT, &endpoint);
    }
    if (error == PKI_OK) {
        error = delete_index(txn, PKI_TABLE_DEVICE, &id);
    }
    if (error == PKI_OK) {
        error = pki_txn_delete_prefix(txn, PKI_TABLE_CREDENTIAL, &id, &credentials);
    }
    if (error == PKI_OK) {
        error = pki_txn_delete_prefix(txn, PKI_TABLE_HISTORY, &id, NULL);
    }
    if (error == PKI_OK) {
        error = pki_txn_delete_prefix(txn, PKI_TABLE_MEMORY, &id, NULL);
    }
    if (error == PKI_OK) {
        txn->counters.devices--;
        txn->counters.credentials -= credentials;
        error = pki_txn_audit(txn, "device.remove", device->endpoint);
    }
    return error;
}

enum pki_error pki_txn_device_remove(struct pki_txn *txn, uint64_t id)
{
    PKI_WIPED_DEVICE struct pki_device device;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_view_device(&txn->view, id, &device);

    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    return pki_txn_changed(txn, delete_device(txn, &device));
}

enum pki_error pki_txn_device_get(struct pki_txn *txn, const char *endpoint,
                                  struct pki_device *device)
{
    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_view_device_by_endpoint(&txn->view, endpoint, device);

    /* Asking whether a device is there is no failure. */
    return error == PKI_ENOTFOUND ? error : pki_txn_result(txn, error);
}
