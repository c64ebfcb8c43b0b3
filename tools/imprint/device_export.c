/* imprint device export: the one place where a secret leaves the home. */
#include "tools/imprint/device.h"
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIALS_MAX 64
#define BUFFER          8192

struct secrets {
    struct pki_device device;
    struct pki_credential credentials[CREDENTIALS_MAX];
    size_t count;
    char buffer[BUFFER]; /* of the output file: wiped with the rest */
};

static bool is_current(const struct pki_credential *credential)
{
    enum pki_credential_state state = pki_credential_state(credential);
    return state != PKI_CREDENTIAL_RETIRED && state != PKI_CREDENTIAL_ABANDONED;
}

static void write_json(FILE *file, const struct secrets *secrets)
{
    struct cli_json json = {.file = file};
    const struct pki_device *device = &secrets->device;
    cli_json_object(&json, NULL);
    cli_json_string(&json, "endpoint", device->endpoint);
    cli_json_string(&json, "auth", pki_auth_name(device->auth));
    cli_json_octets(&json, "identity", device->identity, device->identity_len);
    cli_json_hex(&json, "psk_hex", device->psk, device->psk_len);
    cli_json_array(&json, "servers");
    for (size_t i = 0; i < secrets->count; i++) {
        const struct pki_credential *it = &secrets->credentials[i];
        if (is_current(it)) {
            cli_json_object(&json, NULL);
            cli_json_uint(&json, "server_id", it->server_id);
            cli_json_string(&json, "mode", pki_mode_name(it->mode));
            cli_json_string(&json, "state", pki_credential_state_name(pki_credential_state(it)));
            cli_json_octets(&json, "identity", it->identity, it->identity_len);
            cli_json_hex(&json, it->mode == PKI_MODE_PSK ? "psk_hex" : "secret_hex", it->secret,
                         it->secret_len);
            if (it->public_len > 0) {
                cli_json_hex(&json, "public_hex", it->public_part, it->public_len);
            }
            cli_json_object_end(&json);
        }
    }
    cli_json_array_end(&json);
    cli_json_object_end(&json);
}

static void write_hex(FILE *file, const char *name, const uint8_t *data, size_t len)
{
    fprintf(file, "%s: ", name);
    for (size_t i = 0; i < len; i++) {
        putc("0123456789abcdef"[data[i] >> 4], file);
        putc("0123456789abcdef"[data[i] & 15], file);
    }
    putc('\n', file);
}

static void write_text(FILE *file, const struct secrets *secrets)
{
    char identity[CLI_IDENTITY_TEXT];
    const struct pki_device *device = &secrets->device;
    fprintf(file, "endpoint: %s\nidentity: %s\n", device->endpoint,
            cli_identity_text(device->identity, device->identity_len, identity));
    write_hex(file, "psk", device->psk, device->psk_len);
    for (size_t i = 0; i < secrets->count; i++) {
        const struct pki_credential *it = &secrets->credentials[i];
        if (is_current(it)) {
            fprintf(file, "\nserver: %u (%s)\nidentity: %s\n", (unsigned)it->server_id,
                    pki_credential_state_name(pki_credential_state(it)),
                    cli_identity_text(it->identity, it->identity_len, identity));
            write_hex(file, it->mode == PKI_MODE_PSK ? "psk" : "secret", it->secret,
                      it->secret_len);
            if (it->public_len > 0) {
                write_hex(file, "public", it->public_part, it->public_len);
            }
        }
    }
}

static void write_to(FILE *file, const struct cli_call *call, const struct secrets *secrets)
{
    if (cli_has(call, CLI_OPT_JSON)) {
        write_json(file, secrets);
    } else {
        write_text(file, secrets);
    }
}

/* Fills the file behind DESCRIPTOR, which it closes; errno tells why not. */
static bool fill(int descriptor, const struct cli_call *call, struct secrets *secrets)
{
    FILE *file = fdopen(descriptor, "w");
    if (file == NULL) {
        close(descriptor);
        return false;
    }
    setvbuf(file, secrets->buffer, _IOFBF, sizeof secrets->buffer);
    write_to(file, call, secrets);
    bool is_good = fflush(file) == 0 && ferror(file) == 0 && fsync(descriptor) == 0;
    int reason = errno;
    bool is_closed = fclose(file) == 0;
    if (!is_good) {
        errno = reason;
    }
    return is_good && is_closed;
}

/* Records the export in the audit chain, before anything leaves. */
static enum cli_status record(struct cli_call *call, const char *endpoint)
{
    struct pki_txn *txn = NULL;
    enum pki_error error = cli_txn_open(call, &txn);
    if (error == PKI_EREADONLY) {
        cli_note("%s is read-only: the export leaves no audit record", call->home);
        return CLI_DONE;
    }
    if (error == PKI_OK) {
        pki_txn_audit_note(txn, "device.export", endpoint);
        error = pki_txn_commit(txn);
    }
    return error == PKI_OK ? CLI_DONE : cli_fail_pki("the audit record", error, NULL);
}

static enum cli_status fail_out(const char *path, int reason)
{
    return reason == EEXIST ? cli_fail("--out %s exists: --force replaces it", path)
                            : cli_fail("--out %s: %s", path, strerror(reason));
}

/* Gives the filled file TEMPORARY its name, which replaces nothing unless forced. */
static enum cli_status name_file(const struct cli_call *call, const char *temporary,
                                 const char *path)
{
    unsigned flags = cli_has(call, CLI_OPT_FORCE) ? 0 : RENAME_NOREPLACE;
    return renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) == 0 ? CLI_DONE
                                                                      : fail_out(path, errno);
}

/* A new file beside PATH, of mode 0600 from its first octet; then the record; then the name. */
static enum cli_status write_file(struct cli_call *call, const char *path, struct secrets *secrets)
{
    char temporary[4096];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof temporary) {
        return cli_fail("--out: the path is too long");
    }
    if (!cli_has(call, CLI_OPT_FORCE) && access(path, F_OK) == 0) {
        return fail_out(path, EEXIST);
    }
    int descriptor = mkstemp(temporary);
    if (descriptor < 0) {
        return fail_out(path, errno);
    }
    enum cli_status status = fill(descriptor, call, secrets) ? CLI_DONE : fail_out(path, errno);
    if (status == CLI_DONE) {
        status = record(call, secrets->device.endpoint);
    }
    if (status == CLI_DONE) {
        status = name_file(call, temporary, path);
    }
    if (status != CLI_DONE) {
        unlink(temporary);
        return status;
    }
    cli_note("wrote the secrets of %s to %s (mode 0600)", secrets->device.endpoint, path);
    return CLI_DONE;
}

static enum cli_status give(struct cli_call *call, struct secrets *secrets)
{
    const char *out = cli_value(call, CLI_OPT_OUT);
    enum cli_status status = cli_device_get(call, call->args[0], &secrets->device);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_store_credentials(
        call->reader, secrets->device.id, secrets->credentials, CREDENTIALS_MAX, &secrets->count);
    if (error != PKI_OK) {
        return cli_fail_pki(call->args[0], error, NULL);
    }
    if (out != NULL && strcmp(out, "-") != 0) {
        return write_file(call, out, secrets);
    }
    status = record(call, secrets->device.endpoint);
    if (status == CLI_DONE) {
        write_to(stdout, call, secrets);
    }
    return status;
}

enum cli_status cli_device_export(struct cli_call *call)
{
    const char *out = cli_value(call, CLI_OPT_OUT);
    if (out == NULL && !cli_has(call, CLI_OPT_JSON)) {
        return cli_usage(
            "device export writes secrets: say where with --out FILE, --out - or --json");
    }
    if (cli_has(call, CLI_OPT_FORCE) && (out == NULL || strcmp(out, "-") == 0)) {
        return cli_usage("--force is for --out FILE");
    }
    struct secrets *secrets = calloc(1, sizeof *secrets);
    if (secrets == NULL) {
        return cli_fail("out of memory");
    }
    enum cli_status status = give(call, secrets);
    pki_secret_wipe(secrets, sizeof *secrets);
    free(secrets);
    return status;
}
