#include "pki/store_inner.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_LEN (sizeof(uint64_t) + sizeof(uint16_t)) /* device id, server id */

/* The credentials of one device for one server, oldest first. Never more than
 * PKI_CREDENTIALS_MAX+1. */
struct shelf {
    struct pki_credential rows[PKI_CREDENTIALS_MAX + 2];
    size_t count;
};

static void shelf_wipe(struct shelf *shelf)
{
    explicit_bzero(shelf->rows, shelf->count * sizeof(shelf->rows[0]));
}

#define WIPED_SHELF __attribute__((cleanup(shelf_wipe)))

static enum pki_error shelf_read(const struct pki_txn *txn, uint64_t device_id, uint16_t server_id,
                                 struct shelf *shelf)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_key first = pki_key_credential(device_id, server_id, 0);
    struct pki_span key = pki_key_span(&first);
    struct pki_span value;
    enum pki_error error = pki_kv_cursor_open(txn->view.kv, PKI_TABLE_CREDENTIAL, &cursor);

    shelf->count = 0;
    if (error == PKI_OK) {
        error = pki_kv_cursor_move(cursor, PKI_KV_SEEK, &key, &value);
    }
    while (error == PKI_OK && pki_key_begins(key, &first, PREFIX_LEN)) {
        if (shelf->count == sizeof(shelf->rows) / sizeof(shelf->rows[0])) {
            return PKI_ECORRUPT;
        }
        error = pki_view_credential(&txn->view, key, value, &shelf->rows[shelf->count]);
        if (error == PKI_OK) {
            shelf->count++;
            error = pki_kv_cursor_move(cursor, PKI_KV_NEXT, &key, &value);
        }
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}

static enum pki_error credential_write(struct pki_txn *txn, const struct pki_credential *credential)
{
    struct pki_key key =
        pki_key_credential(credential->device_id, credential->server_id, credential->serial);
    PKI_WIPED_PLAIN struct pki_plain plain;
    enum pki_error error =
        pki_credential_encode(credential, plain.data, sizeof(plain.data), &plain.len);

    return error == PKI_OK ? pki_view_put(&txn->view, PKI_TABLE_CREDENTIAL, &key, &plain) : error;
}

static enum pki_error audit(struct pki_txn *txn, const struct pki_credential *credential)
{
    char action[PKI_NAME_MAX + 1];
    char subject[PKI_ENDPOINT_MAX + 1];

    snprintf(action, sizeof(action), "credential.%s",
             pki_credential_state_name(pki_credential_state(credential)));
    snprintf(subject, sizeof(subject), "device %llu server %u serial %lu",
             (unsigned long long)credential->device_id, (unsigned int)credential->server_id,
             (unsigned long)credential->serial);
    return pki_txn_audit(txn, action, subject);
}

/* Once CREDENTIAL works, what came before it for that server has ended. */
static enum pki_error retire_older(struct pki_txn *txn, struct shelf *shelf, uint32_t serial)
{
    enum pki_error error = PKI_OK;

    for (size_t i = 0; i < shelf->count && error == PKI_OK; i++) {
        struct pki_credential *row = &shelf->rows[i];

        if (row->serial >= serial) {
            break;
        }
        switch (pki_credential_state(row)) {
        case PKI_CREDENTIAL_ACTIVE:
        case PKI_CREDENTIAL_UNCONFIRMED:
            row->retired_at = txn->now_at;
            error = credential_write(txn, row);
            break;
        case PKI_CREDENTIAL_STAGED:
            row->abandoned_at = txn->now_at;
            error = credential_write(txn, row);
            break;
        case PKI_CREDENTIAL_RETIRED:
        case PKI_CREDENTIAL_ABANDONED:
            break;
        }
    }
    return error;
}

/* How willingly a credential makes room: what has ended first, what may still be in a device last.
 */
static int worth(const struct pki_credential *credential)
{
    switch (pki_credential_state(credential)) {
    case PKI_CREDENTIAL_ACTIVE:
        return 2;
    case PKI_CREDENTIAL_UNCONFIRMED:
    case PKI_CREDENTIAL_STAGED:
        return 1;
    default:
        return 0;
    }
}

/* Keeps a shelf within its bound: the oldest of the least worth goes. */
static enum pki_error make_room(struct pki_txn *txn, const struct shelf *shelf)
{
    const struct pki_credential *victim = &shelf->rows[0];

    if (shelf->count < PKI_CREDENTIALS_MAX) {
        return PKI_OK;
    }
    for (size_t i = 1; i < shelf->count; i++) {
        if (worth(&shelf->rows[i]) < worth(victim)) {
            victim = &shelf->rows[i];
        }
    }
    struct pki_key key = pki_key_credential(victim->device_id, victim->server_id, victim->serial);

    txn->counters.credentials--;
    return pki_kv_delete(txn->view.kv, PKI_TABLE_CREDENTIAL, pki_key_span(&key));
}

static enum pki_error check_device(const struct pki_txn *txn, uint64_t id)
{
    struct pki_key key = pki_key_number(id);

    return pki_kv_get(txn->view.kv, PKI_TABLE_DEVICE, pki_key_span(&key), NULL);
}

static enum pki_error write_new(struct pki_txn *txn, struct shelf *shelf,
                                const struct pki_credential *credential)
{
    enum pki_error error = PKI_OK;

    if (pki_credential_state(credential) == PKI_CREDENTIAL_ACTIVE) {
        error = retire_older(txn, shelf, credential->serial);
    }
    if (error == PKI_OK) {
        error = make_room(txn, shelf);
    }
    if (error == PKI_OK) {
        error = credential_write(txn, credential);
    }
    return error == PKI_OK ? audit(txn, credential) : error;
}

enum pki_error pki_txn_credential_add(struct pki_txn *txn, struct pki_credential *credential)
{
    PKI_WIPED_CREDENTIAL struct pki_credential fresh = *credential;
    WIPED_SHELF struct shelf shelf = {.count = 0};

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_credential_check(credential);

    if (error == PKI_OK) {
        error = check_device(txn, credential->device_id);
    }
    if (error == PKI_OK) {
        error = shelf_read(txn, credential->device_id, credential->server_id, &shelf);
    }
    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    /* The newest is never the one that makes room, so serials are never given twice. */
    fresh.serial = shelf.count == 0 ? 1 : shelf.rows[shelf.count - 1].serial + 1;
    error = write_new(txn, &shelf, &fresh);
    if (error == PKI_OK) {
        txn->counters.credentials++;
        *credential = fresh;
    }
    return pki_txn_changed(txn, error);
}

static struct pki_credential *shelf_find(struct shelf *shelf, uint32_t serial)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (shelf->rows[i].serial == serial) {
            return &shelf->rows[i];
        }
    }
    return NULL;
}

static enum pki_error write_settled(struct pki_txn *txn, struct shelf *shelf,
                                    struct pki_credential *row, enum pki_result result)
{
    enum pki_error error = PKI_OK;

    switch (result) {
    case PKI_RESULT_FINISHED:
        row->active_at = txn->now_at;
        error = retire_older(txn, shelf, row->serial);
        break;
    case PKI_RESULT_UNCONFIRMED:
        row->unconfirmed_at = txn->now_at;
        break;
    default:
        row->abandoned_at = txn->now_at;
        break;
    }
    if (error == PKI_OK) {
        error = credential_write(txn, row);
    }
    return error == PKI_OK ? audit(txn, row) : error;
}

static bool is_open(const struct pki_credential *credential)
{
    enum pki_credential_state state = pki_credential_state(credential);

    return state == PKI_CREDENTIAL_STAGED || state == PKI_CREDENTIAL_UNCONFIRMED;
}

enum pki_error pki_txn_credential_settle(struct pki_txn *txn, uint64_t device_id,
                                         uint16_t server_id, uint32_t serial,
                                         enum pki_result result)
{
    WIPED_SHELF struct shelf shelf = {.count = 0};

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = shelf_read(txn, device_id, server_id, &shelf);

    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    struct pki_credential *row = shelf_find(&shelf, serial);

    if (row == NULL) {
        return pki_txn_result(txn, PKI_ENOTFOUND);
    }
    if (!is_open(row)) {
        return pki_txn_result(txn, PKI_EINVAL);
    }
    return pki_txn_changed(txn, write_settled(txn, &shelf, row, result));
}
