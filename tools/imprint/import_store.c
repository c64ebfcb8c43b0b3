/* Devices and secrets of Leshan into the store. */
#include "tools/imprint/home.h"
#include "tools/imprint/import.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <string.h>

struct storing {
    struct cli_import *leshan;
    struct cli_call *call;
    struct pki_txn *txn;
    size_t added, credentials;
};

static enum cli_status put_attribute(struct pki_device *device, const char *name, const char *value)
{
    size_t at = 0;
    while (at < device->attribute_count && strcmp(device->attributes[at].name, name) != 0) {
        at++;
    }
    if (at == PKI_ATTRIBUTES_MAX || strlen(value) > PKI_ATTRIBUTE_VALUE_MAX) {
        return cli_fail("%s: no room for the attribute %s", device->endpoint, name);
    }
    struct pki_attribute *attribute = &device->attributes[at];
    device->attribute_count += at == device->attribute_count;
    snprintf(attribute->name, sizeof attribute->name, "%s", name);
    snprintf(attribute->value, sizeof attribute->value, "%s", value);
    return CLI_DONE;
}

static enum cli_status put_uris(const struct storing *storing, const struct cli_import_device *from,
                                struct pki_device *device)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; i < from->account_count && status == CLI_DONE; i++) {
        char name[PKI_ATTRIBUTE_NAME_MAX + 1];
        const char *authority;
        if (cli_import_uri_differs(storing->leshan, &from->accounts[i], &authority)) {
            cli_import_uri_attribute(from->accounts[i].server_id, name);
            status = put_attribute(device, name, authority);
        }
    }
    return status;
}

/* A device that is there keeps its own key, unless it is the same or it has none. */
static enum cli_status put_key(const struct cli_import_device *from, struct pki_device *device)
{
    if (from->record.auth == PKI_AUTH_NONE) {
        return CLI_DONE;
    }
    bool is_same = device->identity_len == from->record.identity_len &&
                   memcmp(device->identity, from->record.identity, device->identity_len) == 0 &&
                   device->psk_len == from->record.psk_len &&
                   pki_secret_equal(device->psk, from->record.psk, device->psk_len);
    if (device->auth != PKI_AUTH_NONE && !is_same) {
        return cli_fail("%s is there already, with another key", device->endpoint);
    }
    device->auth = from->record.auth;
    device->identity_len = from->record.identity_len;
    device->psk_len = from->record.psk_len;
    memcpy(device->identity, from->record.identity, sizeof device->identity);
    memcpy(device->psk, from->record.psk, sizeof device->psk);
    return CLI_DONE;
}

static enum cli_status put_device(struct storing *storing, const struct cli_import_device *from,
                                  uint64_t *id)
{
    struct pki_device device = {.auth = PKI_AUTH_NONE};
    enum pki_error error = pki_txn_device_get(storing->txn, from->endpoint, &device);
    bool is_new = error == PKI_ENOTFOUND;
    enum cli_status status = CLI_DONE;
    if (is_new) {
        snprintf(device.endpoint, sizeof device.endpoint, "%s", from->endpoint);
    }
    if (is_new || error == PKI_OK) {
        status = put_key(from, &device);
        status = status == CLI_DONE ? put_uris(storing, from, &device) : status;
        error = status != CLI_DONE ? PKI_OK
                : is_new           ? pki_txn_device_add(storing->txn, &device)
                                   : pki_txn_device_put(storing->txn, &device);
    }
    *id = device.id;
    storing->added += is_new;
    pki_device_wipe(&device);
    return error == PKI_OK ? status : cli_fail_pki(from->endpoint, error, NULL);
}

static enum cli_status put_credential(struct storing *storing, const struct cli_import_device *from,
                                      uint64_t id, uint16_t server_id,
                                      const struct pki_credential *of)
{
    struct pki_credential credential = *of;
    credential.device_id = id;
    credential.server_id = server_id;
    credential.is_stored = true;
    credential.active_at = storing->call->now_at;
    enum pki_error error = pki_txn_credential_add(storing->txn, &credential);
    pki_credential_wipe(&credential);
    storing->credentials++;
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(from->endpoint, error, NULL);
}

static enum cli_status put_account(struct storing *storing, const struct cli_import_device *from,
                                   uint64_t id, const struct cli_import_account *account)
{
    enum cli_status status = CLI_DONE;
    if (account->own.secret_len > 0) {
        status = put_credential(storing, from, id, account->server_id, &account->own);
    }
    if (status == CLI_DONE && account->has_oscore) {
        status = put_credential(storing, from, id, account->server_id, &account->oscore);
    }
    if (status == CLI_DONE && account->has_sms) {
        status = put_credential(storing, from, id, account->server_id, &account->sms);
    }
    return status;
}

enum cli_status cli_import_store(struct cli_import *leshan, struct cli_call *call)
{
    struct storing storing = {.leshan = leshan, .call = call};
    enum cli_status status = cli_txn_begin(call, &storing.txn);
    if (status != CLI_DONE) {
        return status;
    }
    for (size_t i = 0; i < leshan->count && status == CLI_DONE; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        uint64_t id = 0;
        bool is_bare = !device->has_config && device->record.auth == PKI_AUTH_NONE;
        if (device->is_left_out || is_bare) {
            continue;
        }
        status = put_device(&storing, device, &id);
        for (size_t j = 0; j < device->account_count && status == CLI_DONE; j++) {
            status = put_account(&storing, device, id, &device->accounts[j]);
        }
    }
    if (status != CLI_DONE) {
        pki_txn_abort(storing.txn);
        return status;
    }
    status = cli_txn_commit(storing.txn, call->home);
    if (status == CLI_DONE) {
        cli_note("stored %zu credentials; %zu devices are new", storing.credentials, storing.added);
    }
    return status;
}
