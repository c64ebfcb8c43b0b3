#include "pki/store_inner.h"

#include <string.h>

void pki_cursor_cleanup(struct pki_kv_cursor **cursor)
{
    pki_kv_cursor_close(*cursor);
}

enum pki_error pki_view_unseal(const struct pki_view *view, enum pki_table table,
                               struct pki_span key, struct pki_span sealed, struct pki_plain *plain)
{
    const struct pki_place place = {
        .table = pki_table_name(table), .key = key.data, .key_len = key.len};

    return pki_unseal(view->sealer, &place, sealed.data, sealed.len, plain);
}

enum pki_error pki_view_get(const struct pki_view *view, enum pki_table table,
                            const struct pki_key *key, struct pki_plain *plain)
{
    struct pki_span sealed;
    enum pki_error error = pki_kv_get(view->kv, table, pki_key_span(key), &sealed);

    plain->len = 0;
    if (error != PKI_OK) {
        return error;
    }
    return pki_view_unseal(view, table, pki_key_span(key), sealed, plain);
}

enum pki_error pki_view_put(const struct pki_view *view, enum pki_table table,
                            const struct pki_key *key, const struct pki_plain *plain)
{
    const struct pki_place place = {
        .table = pki_table_name(table), .key = key->data, .key_len = key->len};
    struct pki_sealed sealed;
    enum pki_error error = pki_seal(view->sealer, &place, plain, &sealed);

    if (error != PKI_OK) {
        return error;
    }
    return pki_kv_put(view->kv, table, pki_key_span(key),
                      (struct pki_span){sealed.data, sealed.len});
}

enum pki_error pki_view_index(const struct pki_view *view, enum pki_table table,
                              const struct pki_key *key, uint64_t *id)
{
    struct pki_span value;
    enum pki_error error = pki_kv_get(view->kv, table, pki_key_span(key), &value);

    if (error != PKI_OK) {
        return error;
    }
    if (value.len != sizeof(uint64_t)) {
        return PKI_ECORRUPT;
    }
    *id = pki_key_read(value, 0, sizeof(uint64_t));
    return PKI_OK;
}

enum pki_error pki_view_device(const struct pki_view *view, uint64_t id, struct pki_device *device)
{
    struct pki_key key = pki_key_number(id);
    PKI_WIPED_PLAIN struct pki_plain plain;
    PKI_WIPED_DEVICE struct pki_device found;
    enum pki_error error = pki_view_get(view, PKI_TABLE_DEVICE, &key, &plain);

    if (error == PKI_OK) {
        error = pki_device_decode(plain.data, plain.len, &found);
    }
    if (error == PKI_OK) {
        found.id = id;
        *device = found;
    }
    return error;
}

enum pki_error pki_view_device_by_endpoint(const struct pki_view *view, const char *endpoint,
                                           struct pki_device *device)
{
    uint64_t id;
    PKI_WIPED_DEVICE struct pki_device found;

    if (endpoint[0] == '\0' || strnlen(endpoint, PKI_ENDPOINT_MAX + 1) > PKI_ENDPOINT_MAX) {
        return PKI_ENOTFOUND;
    }
    struct pki_key key = pki_key_endpoint(endpoint);
    enum pki_error error = pki_view_index(view, PKI_TABLE_ENDPOINT, &key, &id);

    if (error == PKI_OK) {
        error = pki_view_device(view, id, &found);
        /* The indexes are in clear: what they point to must say the same. */
        if (error == PKI_ENOTFOUND || (error == PKI_OK && strcmp(found.endpoint, endpoint) != 0)) {
            error = PKI_ECORRUPT;
        }
    }
    if (error == PKI_OK) {
        *device = found;
    }
    return error;
}

enum pki_error pki_view_counters(const struct pki_view *view, struct pki_counters *counters)
{
    struct pki_key key = pki_key_meta(PKI_META_COUNTERS);
    struct pki_plain plain;
    enum pki_error error = pki_view_get(view, PKI_TABLE_META, &key, &plain);

    if (error == PKI_OK) {
        error = pki_counters_decode(plain.data, plain.len, counters);
    }
    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

enum pki_error pki_view_credential(const struct pki_view *view, struct pki_span key,
                                   struct pki_span sealed, struct pki_credential *credential)
{
    PKI_WIPED_PLAIN struct pki_plain plain;
    enum pki_error error = pki_view_unseal(view, PKI_TABLE_CREDENTIAL, key, sealed, &plain);

    if (error == PKI_OK) {
        error = pki_credential_decode(plain.data, plain.len, credential);
    }
    if (error == PKI_OK) {
        credential->device_id = pki_key_read(key, 0, 8);
        credential->server_id = (uint16_t)pki_key_read(key, 8, 2);
        credential->serial = (uint32_t)pki_key_read(key, 10, 4);
    }
    return error;
}

enum pki_error pki_cursor_last(struct pki_kv_cursor *cursor, const struct pki_key *ceiling,
                               size_t prefix_len, struct pki_span *key, struct pki_span *value)
{
    struct pki_span at = pki_key_span(ceiling);
    enum pki_error error = pki_kv_cursor_move(cursor, PKI_KV_SEEK, &at, value);

    if (error == PKI_ENOTFOUND) {
        error = pki_kv_cursor_move(cursor, PKI_KV_LAST, &at, value);
    } else if (error == PKI_OK &&
               (at.len != ceiling->len || !pki_key_begins(at, ceiling, at.len))) {
        error = pki_kv_cursor_move(cursor, PKI_KV_PREVIOUS, &at, value);
    }
    if (error != PKI_OK) {
        return error;
    }
    if (!pki_key_begins(at, ceiling, prefix_len)) {
        return PKI_ENOTFOUND;
    }
    *key = at;
    return PKI_OK;
}
