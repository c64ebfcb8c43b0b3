#include "pki/store_shelf.h"

#include <assert.h>
#include <string.h>

void pki_credential_take_over(const struct pki_credential *credential, struct pki_device *device)
{
    assert(credential->secret_len <= sizeof(device->psk));
    device->auth = PKI_AUTH_PSK;
    memset(device->identity, 0, sizeof(device->identity));
    memcpy(device->identity, credential->identity, credential->identity_len);
    device->identity_len = credential->identity_len;
    explicit_bzero(device->psk, sizeof(device->psk));
    memcpy(device->psk, credential->secret, credential->secret_len);
    device->psk_len = credential->secret_len;
}

/* The index entry of the credential becomes the device's; that of the old identity goes. */
static enum pki_error write_promotion(struct pki_txn *txn, struct pki_device *device,
                                      struct pki_shelf *shelf, struct pki_credential *row)
{
    enum pki_error error = PKI_OK;

    if (device->identity_len > 0) {
        struct pki_key old =
            pki_key_identity((uint8_t)device->auth, device->identity, device->identity_len);

        error = pki_kv_delete(txn->view.kv, PKI_TABLE_IDENTITY, pki_key_span(&old));
        error = error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
    }
    if (error == PKI_OK) {
        error = pki_shelf_end_older(txn, shelf, row->mode, row->serial);
    }
    if (error == PKI_OK) {
        row->retired_at = txn->now_at;
        error = pki_shelf_write_record(txn, row);
    }
    if (error == PKI_OK) {
        pki_credential_take_over(row, device);
        device->changed_at = txn->now_at;
        error = pki_txn_device_write(txn, device);
    }
    return error == PKI_OK ? pki_txn_audit(txn, "device.rekey", device->endpoint) : error;
}

enum pki_error pki_txn_bootstrap_promote(struct pki_txn *txn, uint64_t device_id, uint32_t serial)
{
    PKI_WIPED_SHELF struct pki_shelf shelf = {.count = 0};
    PKI_WIPED_DEVICE struct pki_device device = {0};

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_view_device(&txn->view, device_id, &device);

    if (error == PKI_OK) {
        error = pki_shelf_read(&txn->view, device_id, PKI_SERVER_BOOTSTRAP, &shelf);
    }
    struct pki_credential *row = error == PKI_OK ? pki_shelf_find(&shelf, serial) : NULL;

    if (error == PKI_OK && row == NULL) {
        error = PKI_ENOTFOUND;
    }
    if (error == PKI_OK && !pki_shelf_is_indexed(row)) {
        error = PKI_EINVAL;
    }
    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    return pki_txn_changed(txn, write_promotion(txn, &device, &shelf, row));
}
