#include "pki/store_shelf.h"

#include <stdio.h>
#include <string.h>

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
static enum pki_error make_room(struct pki_txn *txn, const struct pki_shelf *shelf)
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
    txn->counters.credentials--;
    return pki_shelf_write(txn, victim, NULL);
}

/*
 * A bootstrap credential's identity belongs to nobody else. To an open one of the same device it
 * may: the device that is being given this one has not got that one, or would have come with it.
 */
static enum pki_error check_identity(const struct pki_txn *txn, const struct pki_shelf *shelf,
                                     const struct pki_credential *credential)
{
    if (!pki_shelf_is_indexed(credential)) {
        return PKI_OK;
    }
    struct pki_key key = pki_shelf_identity_key(credential);
    uint64_t holder;
    enum pki_error error = pki_view_index(&txn->view, PKI_TABLE_IDENTITY, &key, &holder);

    if (error != PKI_OK) {
        return error == PKI_ENOTFOUND ? PKI_OK : error;
    }
    bool is_replaced =
        holder == credential->device_id && pki_shelf_by_identity(shelf, &key) != NULL;

    return is_replaced ? PKI_OK : PKI_EEXISTS;
}

static enum pki_error abandon_same_identity(struct pki_txn *txn, struct pki_shelf *shelf,
                                            const struct pki_credential *credential)
{
    if (!pki_shelf_is_indexed(credential)) {
        return PKI_OK;
    }
    struct pki_key key = pki_shelf_identity_key(credential);
    const struct pki_credential *before = pki_shelf_by_identity(shelf, &key);

    if (before == NULL) {
        return PKI_OK;
    }
    struct pki_credential *row = pki_shelf_find(shelf, before->serial);
    PKI_WIPED_CREDENTIAL struct pki_credential was = *row;

    row->abandoned_at = txn->now_at;
    return pki_shelf_write(txn, &was, row);
}

static enum pki_error write_new(struct pki_txn *txn, struct pki_shelf *shelf,
                                const struct pki_credential *credential)
{
    enum pki_error error = abandon_same_identity(txn, shelf, credential);

    if (error == PKI_OK && pki_credential_state(credential) == PKI_CREDENTIAL_ACTIVE) {
        error = pki_shelf_end_older(txn, shelf, credential->mode, credential->serial);
    }
    if (error == PKI_OK) {
        error = make_room(txn, shelf);
    }
    if (error == PKI_OK) {
        error = pki_shelf_write(txn, NULL, credential);
    }
    return error == PKI_OK ? audit(txn, credential) : error;
}

enum pki_error pki_txn_credential_add(struct pki_txn *txn, struct pki_credential *credential)
{
    PKI_WIPED_CREDENTIAL struct pki_credential fresh = *credential;
    PKI_WIPED_SHELF struct pki_shelf shelf = {.count = 0};

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_credential_check(credential);

    if (error == PKI_OK) {
        error = pki_txn_device_exists(txn, credential->device_id);
    }
    if (error == PKI_OK) {
        error = pki_shelf_read(&txn->view, credential->device_id, credential->server_id, &shelf);
    }
    if (error == PKI_OK) {
        error = check_identity(txn, &shelf, credential);
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

static enum pki_error write_settled(struct pki_txn *txn, struct pki_shelf *shelf,
                                    struct pki_credential *row, enum pki_result result)
{
    PKI_WIPED_CREDENTIAL struct pki_credential before = *row;
    enum pki_error error = PKI_OK;

    switch (result) {
    case PKI_RESULT_FINISHED:
        row->active_at = txn->now_at;
        error = pki_shelf_end_older(txn, shelf, row->mode, row->serial);
        break;
    case PKI_RESULT_UNCONFIRMED:
        row->unconfirmed_at = txn->now_at;
        break;
    default:
        row->abandoned_at = txn->now_at;
        break;
    }
    if (error == PKI_OK) {
        error = pki_shelf_write(txn, &before, row);
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
    PKI_WIPED_SHELF struct pki_shelf shelf = {.count = 0};

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_shelf_read(&txn->view, device_id, server_id, &shelf);

    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    struct pki_credential *row = pki_shelf_find(&shelf, serial);

    if (row == NULL) {
        return pki_txn_result(txn, PKI_ENOTFOUND);
    }
    if (!is_open(row)) {
        return pki_txn_result(txn, PKI_EINVAL);
    }
    return pki_txn_changed(txn, write_settled(txn, &shelf, row, result));
}
