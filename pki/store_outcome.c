#include "pki/store_inner.h"

#include <stdio.h>

static bool is_success(enum pki_result result)
{
    return result == PKI_RESULT_FINISHED || result == PKI_RESULT_UNCONFIRMED;
}

/* Sequence of the newest outcome of the device; PKI_ENOTFOUND when it has none. */
static enum pki_error newest(const struct pki_txn *txn, uint64_t device_id, uint64_t *sequence)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_key ceiling = pki_key_history(device_id, UINT64_MAX);
    struct pki_span key;
    enum pki_error error = pki_kv_cursor_open(txn->view.kv, PKI_TABLE_HISTORY, &cursor);

    if (error == PKI_OK) {
        error = pki_cursor_last(cursor, &ceiling, sizeof(device_id), &key, NULL);
    }
    if (error == PKI_OK) {
        *sequence = pki_key_read(key, sizeof(device_id), sizeof(*sequence));
    }
    return error;
}

static enum pki_error write_outcome(struct pki_txn *txn, const struct pki_plain *plain,
                                    uint64_t device_id, uint64_t sequence)
{
    struct pki_key key = pki_key_history(device_id, sequence);
    enum pki_error error = pki_view_put(&txn->view, PKI_TABLE_HISTORY, &key, plain);

    if (error == PKI_OK && sequence > PKI_HISTORY_MAX) {
        struct pki_key oldest = pki_key_history(device_id, sequence - PKI_HISTORY_MAX);

        error = pki_kv_delete(txn->view.kv, PKI_TABLE_HISTORY, pki_key_span(&oldest));
        error = error == PKI_ENOTFOUND ? PKI_OK : error;
    }
    return error;
}

static enum pki_error audit(struct pki_txn *txn, const struct pki_device *device)
{
    char action[PKI_NAME_MAX + 1];

    snprintf(action, sizeof(action), "bootstrap.%s", pki_result_name(device->last_result));
    return pki_txn_audit(txn, action, device->endpoint);
}

enum pki_error pki_txn_outcome_append(struct pki_txn *txn, const struct pki_outcome *outcome)
{
    PKI_WIPED_DEVICE struct pki_device device;
    struct pki_plain plain;
    uint64_t sequence = 0;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_outcome_encode(outcome, plain.data, sizeof(plain.data), &plain.len);

    if (error == PKI_OK) {
        error = pki_view_device(&txn->view, outcome->device_id, &device);
    }
    if (error == PKI_OK) {
        error = newest(txn, outcome->device_id, &sequence);
        error = error == PKI_ENOTFOUND ? PKI_OK : error;
    }
    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    device.last_result = outcome->result;
    device.attempted_at = txn->now_at;
    if (is_success(outcome->result)) {
        device.bootstrapped_at = txn->now_at;
    }
    error = write_outcome(txn, &plain, outcome->device_id, sequence + 1);
    if (error == PKI_OK) {
        error = pki_txn_device_write(txn, &device);
    }
    if (error == PKI_OK) {
        error = audit(txn, &device);
    }
    return pki_txn_changed(txn, error);
}
