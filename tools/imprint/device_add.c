/* imprint device add */
#include "tools/imprint/device.h"
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"
#include "pki/psk.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>

static enum cli_status take_key(struct cli_call *call, struct pki_device *device)
{
    uint64_t bytes = PKI_PSK_DEFAULT;
    bool has_file = cli_has(call, CLI_OPT_PSK_FILE);
    if (has_file && cli_has(call, CLI_OPT_BYTES)) {
        return cli_usage("--bytes is for a minted key: leave it out with --psk-file");
    }
    if (!has_file && cli_has(call, CLI_OPT_PSK_FORMAT)) {
        return cli_usage("--psk-format says how --psk-file is written: give both");
    }
    enum cli_status status =
        cli_number_option(call, CLI_OPT_BYTES, PKI_PSK_MIN, PKI_PSK_MAX, &bytes);
    if (status != CLI_DONE) {
        return status;
    }
    if (has_file) {
        return cli_key_read(call, device->psk, &device->psk_len);
    }
    enum pki_error error = pki_psk_mint(device, (size_t)bytes, pki_secret_random, NULL);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(device->endpoint, error, NULL);
}

static enum cli_status describe(struct cli_call *call, struct pki_device *device)
{
    const char *endpoint = call->args[0];
    const char *auth = cli_value(call, CLI_OPT_AUTH);
    if (auth != NULL && strcmp(auth, "psk") != 0) {
        return cli_usage("--auth is psk, not '%s'", auth);
    }
    size_t len = strlen(endpoint);
    if (len == 0 || len > PKI_ENDPOINT_MAX) {
        return cli_usage("ENDPOINT has 1 to %d octets", PKI_ENDPOINT_MAX);
    }
    bool has_identity = cli_has(call, CLI_OPT_IDENTITY) || cli_has(call, CLI_OPT_IDENTITY_HEX);
    if (len > CLI_IDENTITY_MAX && !has_identity) {
        return cli_usage("ENDPOINT has %zu octets and a PSK identity at most %d: give the identity "
                         "with --identity",
                         len, CLI_IDENTITY_MAX);
    }
    memcpy(device->endpoint, endpoint, len + 1);
    device->auth = PKI_AUTH_PSK;
    memcpy(device->identity, endpoint, len);
    device->identity_len = len;
    enum cli_status status = cli_identity(call, device->identity, &device->identity_len);
    if (status == CLI_DONE) {
        status = cli_device_options(call, device);
    }
    if (status == CLI_DONE) {
        status = take_key(call, device);
    }
    return status == CLI_DONE ? cli_device_valid(device) : status;
}

static enum cli_status taken(struct cli_call *call, const struct pki_device *device)
{
    char identity[CLI_IDENTITY_TEXT];
    struct pki_device *other = calloc(1, sizeof *other);
    if (other == NULL) {
        return cli_fail("out of memory");
    }
    cli_identity_text(device->identity, device->identity_len, identity);
    bool is_endpoint =
        pki_store_device_by_endpoint(call->reader, device->endpoint, other) == PKI_OK;
    if (is_endpoint) {
        cli_fail("device %s exists already", device->endpoint);
    } else if (pki_store_device_by_identity(call->reader, device->auth, device->identity,
                                            device->identity_len, other) == PKI_OK) {
        cli_fail("identity %s belongs to device %s already", identity, other->endpoint);
    } else {
        cli_fail_pki(device->endpoint, PKI_EEXISTS, NULL);
    }
    pki_device_wipe(other);
    free(other);
    return CLI_FAILED;
}

static enum cli_status store(struct cli_call *call, struct pki_device *device)
{
    struct pki_txn *txn = NULL;
    enum cli_status status = cli_txn_begin(call, &txn);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_device_add(txn, device);
    if (error == PKI_OK) {
        return cli_txn_commit(txn, device->endpoint);
    }
    pki_txn_abort(txn);
    return error == PKI_EEXISTS ? taken(call, device) : cli_fail_pki(device->endpoint, error, NULL);
}

enum cli_status cli_device_add(struct cli_call *call)
{
    struct pki_device device = {0};
    char identity[CLI_IDENTITY_TEXT];
    enum cli_status status = describe(call, &device);
    if (status == CLI_DONE) {
        status = store(call, &device);
    }
    if (status == CLI_DONE && cli_has(call, CLI_OPT_JSON)) {
        struct cli_json json = {.file = stdout};
        cli_json_object(&json, NULL);
        cli_device_json(&json, &device);
        cli_json_object_end(&json);
    } else if (status == CLI_DONE) {
        cli_note("added %s: PSK of %zu octets (%s), identity %s", device.endpoint, device.psk_len,
                 cli_has(call, CLI_OPT_PSK_FILE) ? "from the file" : "minted",
                 cli_identity_text(device.identity, device.identity_len, identity));
    }
    pki_device_wipe(&device);
    return status;
}
