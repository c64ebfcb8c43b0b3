#include "pki/store_shelf.h"

#include <string.h>

#define PREFIX_LEN (sizeof(uint64_t) + sizeof(uint16_t)) /* device id, server id */

void pki_shelf_wipe(struct pki_shelf *shelf)
{
    explicit_bzero(shelf->rows, shelf->count * sizeof(shelf->rows[0]));
}

enum pki_error pki_shelf_read(const struct pki_view *view, uint64_t device_id, uint16_t server_id,
                              struct pki_shelf *shelf)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_key first = pki_key_credential(device_id, server_id, 0);
    struct pki_span key = pki_key_span(&first);
    struct pki_span value;
    enum pki_error error = pki_kv_cursor_open(view->kv, PKI_TABLE_CREDENTIAL, &cursor);

    shelf->count = 0;
    if (error == PKI_OK) {
        error = pki_kv_cursor_move(cursor, PKI_KV_SEEK, &key, &value);
    }
    while (error == PKI_OK && pki_key_begins(key, &first, PREFIX_LEN)) {
        if (shelf->count == sizeof(shelf->rows) / sizeof(shelf->rows[0])) {
            return PKI_ECORRUPT;
        }
        error = pki_view_credential(view, key, value, &shelf->rows[shelf->count]);
        if (error == PKI_OK) {
            shelf->count++;
            error = pki_kv_cursor_move(cursor, PKI_KV_NEXT, &key, &value);
        }
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}

struct pki_credential *pki_shelf_find(struct pki_shelf *shelf, uint32_t serial)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (shelf->rows[i].serial == serial) {
            return &shelf->rows[i];
        }
    }
    return NULL;
}

/* ---- the identity index ---- */

bool pki_shelf_is_indexed(const struct pki_credential *credential)
{
    if (credential->server_id != PKI_SERVER_BOOTSTRAP || credential->mode != PKI_MODE_PSK ||
        credential->identity_len == 0) {
        return false;
    }
    switch (pki_credential_state(credential)) {
    case PKI_CREDENTIAL_STAGED:
    case PKI_CREDENTIAL_UNCONFIRMED:
    case PKI_CREDENTIAL_ACTIVE:
        return true;
    case PKI_CREDENTIAL_RETIRED:
    case PKI_CREDENTIAL_ABANDONED:
        break;
    }
    return false;
}

struct pki_key pki_shelf_identity_key(const struct pki_credential *credential)
{
    return pki_key_identity(PKI_AUTH_PSK, credential->identity, credential->identity_len);
}

const struct pki_credential *pki_shelf_by_identity(const struct pki_shelf *shelf,
                                                   const struct pki_key *key)
{
    for (size_t i = shelf->count; i > 0; i--) {
        const struct pki_credential *row = &shelf->rows[i - 1];

        if (pki_shelf_is_indexed(row)) {
            struct pki_key own = pki_shelf_identity_key(row);

            if (own.len == key->len && pki_key_begins(pki_key_span(key), &own, own.len)) {
                return row;
            }
        }
    }
    return NULL;
}

/* ---- writing ---- */

enum pki_error pki_shelf_write_record(struct pki_txn *txn, const struct pki_credential *credential)
{
    struct pki_key key =
        pki_key_credential(credential->device_id, credential->server_id, credential->serial);
    PKI_WIPED_PLAIN struct pki_plain plain;
    enum pki_error error =
        pki_credential_encode(credential, plain.data, sizeof(plain.data), &plain.len);

    return error == PKI_OK ? pki_view_put(&txn->view, PKI_TABLE_CREDENTIAL, &key, &plain) : error;
}

static enum pki_error delete_record(struct pki_txn *txn, const struct pki_credential *credential)
{
    struct pki_key key =
        pki_key_credential(credential->device_id, credential->server_id, credential->serial);

    return pki_kv_delete(txn->view.kv, PKI_TABLE_CREDENTIAL, pki_key_span(&key));
}

static enum pki_error move_index(struct pki_txn *txn, const struct pki_credential *before,
                                 const struct pki_credential *after)
{
    bool was = before != NULL && pki_shelf_is_indexed(before);
    bool is = after != NULL && pki_shelf_is_indexed(after);
    enum pki_error error = PKI_OK;

    if (was && !is) {
        struct pki_key key = pki_shelf_identity_key(before);

        error = pki_kv_delete(txn->view.kv, PKI_TABLE_IDENTITY, pki_key_span(&key));
        error = error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
    } else if (is && !was) {
        struct pki_key key = pki_shelf_identity_key(after);
        struct pki_key id = pki_key_number(after->device_id);

        error = pki_kv_put(txn->view.kv, PKI_TABLE_IDENTITY, pki_key_span(&key), pki_key_span(&id));
    }
    return error;
}

enum pki_error pki_shelf_write(struct pki_txn *txn, const struct pki_credential *before,
                               const struct pki_credential *after)
{
    enum pki_error error = move_index(txn, before, after);

    if (error != PKI_OK) {
        return error;
    }
    return after == NULL ? delete_record(txn, before) : pki_shelf_write_record(txn, after);
}

static enum pki_error end_row(struct pki_txn *txn, struct pki_credential *row)
{
    PKI_WIPED_CREDENTIAL struct pki_credential before = *row;

    switch (pki_credential_state(row)) {
    case PKI_CREDENTIAL_ACTIVE:
    case PKI_CREDENTIAL_UNCONFIRMED:
        row->retired_at = txn->now_at;
        return pki_shelf_write(txn, &before, row);
    case PKI_CREDENTIAL_STAGED:
        row->abandoned_at = txn->now_at;
        return pki_shelf_write(txn, &before, row);
    case PKI_CREDENTIAL_RETIRED:
    case PKI_CREDENTIAL_ABANDONED:
        break;
    }
    return PKI_OK;
}

enum pki_error pki_shelf_end_older(struct pki_txn *txn, struct pki_shelf *shelf, enum pki_mode mode,
                                   uint32_t serial)
{
    enum pki_error error = PKI_OK;

    for (size_t i = 0; i < shelf->count && error == PKI_OK; i++) {
        struct pki_credential *row = &shelf->rows[i];

        if (row->serial < serial && row->mode == mode) {
            error = end_row(txn, row);
        }
    }
    return error;
}
