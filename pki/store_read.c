#include "pki/store_shelf.h"

#include <stdlib.h>
#include <string.h>

struct pki_reader {
    struct pki_store *store;
    struct pki_kv_txn *kv; /* reset between look-ups */
    uint64_t transactions;
};

enum pki_error pki_reader_new(struct pki_store *store, struct pki_reader **reader)
{
    struct pki_reader *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->store = store;
    enum pki_error error = pki_kv_begin(store->kv, false, &fresh->kv);

    if (error != PKI_OK) {
        free(fresh);
        return error;
    }
    pki_kv_reset(fresh->kv);
    *reader = fresh;
    return PKI_OK;
}

void pki_reader_free(struct pki_reader *reader)
{
    if (reader != NULL) {
        pki_kv_abort(reader->kv);
        free(reader);
    }
}

uint64_t pki_reader_transactions(const struct pki_reader *reader)
{
    return reader->transactions;
}

enum pki_error pki_reader_begin(struct pki_reader *reader, struct pki_view *view)
{
    view->kv = reader->kv;
    view->sealer = reader->store->sealer;
    reader->transactions++;
    return pki_kv_renew(reader->kv);
}

void pki_reader_end(struct pki_reader *reader)
{
    pki_kv_reset(reader->kv);
}

enum pki_error pki_store_device_by_endpoint(struct pki_reader *reader, const char *endpoint,
                                            struct pki_device *device)
{
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    if (error == PKI_OK) {
        error = pki_view_device_by_endpoint(&view, endpoint, device);
        pki_reader_end(reader);
    }
    return error;
}

/* DEVICE as it comes with its bootstrap credential that stands at KEY. */
static enum pki_error present_bootstrap(const struct pki_view *view, const struct pki_key *key,
                                        struct pki_device *device)
{
    PKI_WIPED_SHELF struct pki_shelf shelf = {.count = 0};
    enum pki_error error = pki_shelf_read(view, device->id, PKI_SERVER_BOOTSTRAP, &shelf);

    if (error != PKI_OK) {
        return error;
    }
    const struct pki_credential *credential = pki_shelf_by_identity(&shelf, key);

    if (credential == NULL) {
        return PKI_ECORRUPT;
    }
    pki_credential_take_over(credential, device);
    device->presented_serial = credential->serial;
    return PKI_OK;
}

static enum pki_error device_by_identity(const struct pki_view *view, const struct pki_key *key,
                                         struct pki_device *device)
{
    uint64_t id;
    PKI_WIPED_DEVICE struct pki_device found;
    enum pki_error error = pki_view_index(view, PKI_TABLE_IDENTITY, key, &id);

    if (error != PKI_OK) {
        return error;
    }
    error = pki_view_device(view, id, &found);
    if (error == PKI_ENOTFOUND) {
        return PKI_ECORRUPT;
    }
    if (error != PKI_OK) {
        return error;
    }
    /* The index is in clear: the record must say the same, or a key opens for another device. */
    struct pki_key own = pki_key_identity((uint8_t)found.auth, found.identity, found.identity_len);

    if (own.len != key->len || !pki_key_begins(pki_key_span(key), &own, own.len)) {
        error = present_bootstrap(view, key, &found);
    }
    if (error == PKI_OK) {
        *device = found;
    }
    return error;
}

enum pki_error pki_store_device_by_identity(struct pki_reader *reader, enum pki_auth auth,
                                            const uint8_t *identity, size_t identity_len,
                                            struct pki_device *device)
{
    struct pki_key key = pki_key_identity((uint8_t)auth, identity, identity_len);
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    if (error == PKI_OK) {
        error = device_by_identity(&view, &key, device);
        pki_reader_end(reader);
    }
    return error;
}

enum pki_error pki_store_device_by_id(struct pki_reader *reader, uint64_t id,
                                      struct pki_device *device)
{
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    if (error == PKI_OK) {
        error = pki_view_device(&view, id, device);
        pki_reader_end(reader);
    }
    return error;
}

enum pki_error pki_store_stats(struct pki_reader *reader, struct pki_store_stats *stats)
{
    struct pki_counters counters;
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    if (error == PKI_OK) {
        error = pki_view_counters(&view, &counters);
        pki_reader_end(reader);
    }
    if (error == PKI_OK) {
        *stats = (struct pki_store_stats){
            .devices = counters.devices,
            .credentials = counters.credentials,
            .unknowns = counters.unknowns,
            .audit_records = counters.audit_next - counters.audit_first,
            .file_bytes = pki_kv_file_bytes(reader->store->kv),
            .last_transaction = pki_kv_last_transaction(reader->store->kv),
        };
    }
    return error;
}
