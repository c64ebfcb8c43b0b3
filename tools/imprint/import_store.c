/* Devices and secrets of Leshan into the store. */
#include "tools/imprint/home.h"
#include "tools/imprint/import.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <string.h>

/* A device that is there keeps its own key, unless it is the same or it has none. */
static enum cli_status put_key(const struct pki_device *from, struct pki_device *device)
{
    if (from->auth == PKI_AUTH_NONE) {
        return CLI_DONE;
    }
    bool is_same = device->identity_len == from->identity_len &&
                   memcmp(device->identity, from->identity, device->identity_len) == 0 &&
                   device->psk_len == from->psk_len &&
                   pki_secret_equal(device->psk, from->psk, device->psk_len);
    if (device->auth != PKI_AUTH_NONE && !is_same) {
        return cli_fail("%s is there already, with another key", device->endpoint);
    }
    device->auth = from->auth;
    device->identity_len = from->identity_len;
    device->psk_len = from->psk_len;
    memcpy(device->identity, from->identity, sizeof device->identity);
    memcpy(device->psk, from->psk, sizeof device->psk);
    return CLI_DONE;
}

/* Its policy finds a device by the group of the same name. */
static enum cli_status put_group(const struct cli_import *import,
                                 const struct cli_leshan_item *item, struct pki_device *device)
{
    char name[PKI_NAME_MAX + 1];
    if (item->group == CLI_LESHAN_NO_GROUP) {
        return CLI_DONE;
    }
    cli_leshan_policy_name(&import->book, item->group, name);
    if (device->group[0] != '\0' && strcmp(device->group, name) != 0) {
        return cli_fail("%s is there already, in group %s: its policy looks for group %s",
                        device->endpoint, device->group, name);
    }
    memcpy(device->group, name, sizeof device->group);
    return CLI_DONE;
}

static enum cli_status put_device(struct cli_import *import, struct pki_txn *txn,
                                  const struct cli_leshan_item *item, uint64_t *id)
{
    const struct pki_device *from = &import->work->device;
    struct pki_device device = {.auth = PKI_AUTH_NONE};
    enum pki_error error = pki_txn_device_get(txn, from->endpoint, &device);
    bool is_new = error == PKI_ENOTFOUND;
    enum cli_status status = CLI_DONE;
    if (is_new) {
        memcpy(device.endpoint, from->endpoint, sizeof device.endpoint);
    }
    if (is_new || error == PKI_OK) {
        status = put_key(from, &device);
        status = status == CLI_DONE ? put_group(import, item, &device) : status;
        error = status != CLI_DONE ? PKI_OK
                : is_new           ? pki_txn_device_add(txn, &device)
                                   : pki_txn_device_put(txn, &device);
    }
    *id = device.id;
    import->added += is_new;
    pki_device_wipe(&device);
    return error == PKI_OK ? status : cli_fail_pki(from->endpoint, error, NULL);
}

enum cli_status cli_import_store(struct cli_import *import, struct pki_txn *txn)
{
    struct cli_leshan_report silent = {.each = NULL};
    struct cli_import_work *work = import->work;
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; i < import->list.count && status == CLI_DONE; i++) {
        struct cli_leshan_item *item = &import->list.items[i];
        uint64_t id = 0;
        if (item->is_left_out || !cli_import_read(import, item, &silent)) {
            continue;
        }
        status = put_device(import, txn, item, &id);
        for (size_t j = 0; j < work->credential_count && status == CLI_DONE; j++) {
            struct pki_credential *credential = &work->credentials[j];
            credential->device_id = id;
            credential->active_at = import->call->now_at;
            enum pki_error error = pki_txn_credential_add(txn, credential);
            status = error == PKI_OK ? CLI_DONE : cli_fail_pki(item->endpoint, error, NULL);
            import->stored++;
        }
    }
    return status;
}
