/* imprint device set, enable, disable, remove */
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"
#include "pki/secret.h"

#include <string.h>

typedef enum cli_status change_fn(struct cli_call *call, struct pki_device *device);

/* Reads the device inside the transaction that writes it, so that two changes at once lose nothing.
 */
static enum cli_status change(struct cli_call *call, change_fn *make)
{
    struct pki_device device = {0};
    struct pki_txn *txn = NULL;
    enum cli_status status = cli_txn_begin(call, &txn);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_device_get(txn, call->args[0], &device);
    if (error == PKI_OK) {
        status = make(call, &device);
    }
    if (error == PKI_OK && status == CLI_DONE) {
        error = pki_txn_device_put(txn, &device);
    }
    pki_device_wipe(&device);
    if (error == PKI_OK && status == CLI_DONE) {
        return cli_txn_commit(txn, call->args[0]);
    }
    pki_txn_abort(txn);
    if (error == PKI_ENOTFOUND) {
        return cli_fail("no device %s in %s", call->args[0], call->home);
    }
    if (error == PKI_EEXISTS) {
        return cli_fail("that identity belongs to another device already");
    }
    return error != PKI_OK ? cli_fail_pki(call->args[0], error, NULL) : status;
}

/* What `device set` was given, read before the transaction so that the lock waits for no file or
 * terminal. */
static struct {
    uint8_t psk[PKI_PSK_MAX];
    size_t psk_len;
} new_key;

static enum cli_status apply_set(struct cli_call *call, struct pki_device *device)
{
    enum cli_status status = cli_identity(call, device->identity, &device->identity_len);
    if (status == CLI_DONE) {
        status = cli_device_options(call, device);
    }
    if (status == CLI_DONE && new_key.psk_len > 0) {
        memcpy(device->psk, new_key.psk, sizeof device->psk);
        device->psk_len = new_key.psk_len;
    }
    device->changed_at = call->now_at;
    return status == CLI_DONE ? cli_device_valid(device) : status;
}

enum cli_status cli_device_set(struct cli_call *call)
{
    enum cli_status status = CLI_DONE;
    bool is_given = false;
    for (size_t i = 0; i < call->given_count; i++) {
        is_given = is_given || (CLI_GLOBAL & CLI_BIT(call->given[i].option)) == 0;
    }
    if (!is_given) {
        return cli_usage("device set: say what to set; see: imprint help device set");
    }
    if (cli_has(call, CLI_OPT_PSK_FILE)) {
        status = cli_key_read(call, new_key.psk, &new_key.psk_len);
    }
    if (status == CLI_DONE) {
        status = change(call, apply_set);
    }
    pki_secret_wipe(&new_key, sizeof new_key);
    if (status == CLI_DONE) {
        cli_note("changed %s", call->args[0]);
    }
    return status;
}

static enum cli_status apply_enable(struct cli_call *call, struct pki_device *device)
{
    device->disabled_at = 0;
    device->changed_at = call->now_at;
    return CLI_DONE;
}

static enum cli_status apply_disable(struct cli_call *call, struct pki_device *device)
{
    device->disabled_at = call->now_at;
    device->changed_at = call->now_at;
    return CLI_DONE;
}

enum cli_status cli_device_enable(struct cli_call *call)
{
    enum cli_status status = change(call, apply_enable);
    if (status == CLI_DONE) {
        cli_note("enabled %s", call->args[0]);
    }
    return status;
}

enum cli_status cli_device_disable(struct cli_call *call)
{
    enum cli_status status = change(call, apply_disable);
    if (status == CLI_DONE) {
        cli_note("disabled %s", call->args[0]);
    }
    return status;
}

enum cli_status cli_device_remove(struct cli_call *call)
{
    struct pki_device device = {0};
    struct pki_txn *txn = NULL;
    enum cli_status status = cli_txn_begin(call, &txn);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_device_get(txn, call->args[0], &device);
    if (error == PKI_OK) {
        error = pki_txn_device_remove(txn, device.id);
    }
    pki_device_wipe(&device);
    if (error != PKI_OK) {
        pki_txn_abort(txn);
        return error == PKI_ENOTFOUND ? cli_fail("no device %s in %s", call->args[0], call->home)
                                      : cli_fail_pki(call->args[0], error, NULL);
    }
    status = cli_txn_commit(txn, call->args[0]);
    if (status == CLI_DONE) {
        cli_note("removed %s", call->args[0]);
    }
    return status;
}
