#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum cli_status cli_home_choose(struct cli_call *call)
{
    const char *home = cli_value(call, CLI_OPT_HOME);
    if (home != NULL && home[0] == '\0') {
        return cli_usage("--home is empty");
    }
    if (home == NULL) {
        home = getenv("IMPRINT_HOME");
    }
    if (home == NULL || home[0] == '\0') {
        return cli_usage("no home: give --home DIR, or set IMPRINT_HOME");
    }
    int len = snprintf(call->home, sizeof call->home, "%s", home);
    while (len > 1 && (size_t)len < sizeof call->home && call->home[len - 1] == '/') {
        call->home[--len] = '\0';
    }
    return (size_t)len < sizeof call->home ? CLI_DONE : cli_usage("--home is too long");
}

enum cli_status cli_home_path(const struct cli_call *call, const char *name, char out[static 4096])
{
    int len = name[0] == '/' ? snprintf(out, 4096, "%s", name)
                             : snprintf(out, 4096, "%s/%s", call->home, name);
    return len > 0 && len < 4096 ? CLI_DONE : cli_fail("the path of %s is too long", name);
}

static enum cli_status read_passphrase(const char *path, const char *what,
                                       char out[static CLI_PASSPHRASE_MAX])
{
    struct pki_fault fault = {0};
    size_t len = 0;
    enum pki_error error =
        pki_secret_read(path, (uint8_t *)out, CLI_PASSPHRASE_MAX - 1, &len, &fault);
    if (error != PKI_OK) {
        return cli_fail_pki(what, error, &fault);
    }
    out[len] = '\0';
    if (strlen(out) != len) {
        return cli_fail("%s: a passphrase holds no NUL", what);
    }
    return len > 0 ? CLI_DONE : cli_fail("%s: the passphrase is empty", what);
}

enum cli_status cli_passphrase_read(const struct cli_call *call,
                                    char out[static CLI_PASSPHRASE_MAX])
{
    return read_passphrase(cli_value(call, CLI_OPT_PASSPHRASE_FILE), "--passphrase-file", out);
}

static enum cli_status ask(const char *prompt, char out[static CLI_PASSPHRASE_MAX])
{
    fputs(prompt, stderr);
    enum cli_status status = read_passphrase("-", "passphrase", out);
    fputc('\n', stderr);
    return status;
}

enum cli_status cli_passphrase_ask(char out[static CLI_PASSPHRASE_MAX])
{
    char again[CLI_PASSPHRASE_MAX];
    if (!isatty(STDIN_FILENO)) {
        return cli_usage(
            "--passphrase asks on a terminal, and there is none: use --passphrase-file");
    }
    enum cli_status status = ask("Passphrase: ", out);
    if (status == CLI_DONE) {
        status = ask("The same again: ", again);
    }
    if (status == CLI_DONE && strcmp(out, again) != 0) {
        status = cli_fail("the two passphrases differ");
    }
    pki_secret_wipe(again, sizeof again);
    return status;
}

/* Fills OUT when a passphrase opens this home; "" when the key file does. */
static enum cli_status find_passphrase(const struct cli_call *call,
                                       char out[static CLI_PASSPHRASE_MAX])
{
    char path[4096];
    struct stat info;
    out[0] = '\0';
    if (cli_has(call, CLI_OPT_PASSPHRASE_FILE)) {
        return cli_passphrase_read(call, out);
    }
    if (cli_home_path(call, "home.key", path) != CLI_DONE) {
        return CLI_FAILED;
    }
    bool has_key = stat(path, &info) == 0 || errno != ENOENT;
    if (cli_home_path(call, "store", path) != CLI_DONE) {
        return CLI_FAILED;
    }
    bool has_store = stat(path, &info) == 0;
    if (has_key || !has_store) {
        return CLI_DONE;
    }
    if (!isatty(STDIN_FILENO)) {
        return cli_fail("%s has no key file: give its passphrase with --passphrase-file",
                        call->home);
    }
    return ask("Passphrase: ", out);
}

static enum cli_status open_store(struct cli_call *call, enum cli_store store,
                                  const char *passphrase)
{
    struct pki_fault fault = {0};
    struct pki_store_options options = {
        .passphrase = passphrase[0] != '\0' ? passphrase : NULL,
        .read_only = store == CLI_STORE_READ,
    };
    enum pki_error error = pki_store_open(call->home, &options, &call->store, &fault);
    if (error == PKI_EREADONLY && store == CLI_STORE_RECORD) {
        options.read_only = true;
        error = pki_store_open(call->home, &options, &call->store, &fault);
    }
    if (error == PKI_ENOTFOUND) {
        cli_fail_pki(call->home, error, &fault);
        cli_note("make one with: imprint --home %s init", call->home);
        return CLI_FAILED;
    }
    if (error != PKI_OK) {
        return cli_fail_pki(call->home, error, &fault);
    }
    error = pki_reader_new(call->store, &call->reader);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(call->home, error, NULL);
}

enum cli_status cli_home_open(struct cli_call *call, enum cli_store store)
{
    char passphrase[CLI_PASSPHRASE_MAX];
    if (store <= CLI_STORE_NONE) {
        return CLI_DONE;
    }
    enum cli_status status = find_passphrase(call, passphrase);
    if (status == CLI_DONE) {
        status = open_store(call, store, passphrase);
    }
    pki_secret_wipe(passphrase, sizeof passphrase);
    return status;
}

void cli_home_close(struct cli_call *call)
{
    if (call->reader != NULL) {
        pki_reader_free(call->reader);
    }
    if (call->store != NULL) {
        pki_store_close(call->store);
    }
}

enum pki_error cli_txn_open(struct cli_call *call, struct pki_txn **txn)
{
    char actor[PKI_NAME_MAX + 1];
    snprintf(actor, sizeof actor, "imprint uid=%lu", (unsigned long)getuid());
    return pki_txn_begin(call->store, actor, call->now_at, txn);
}

enum cli_status cli_txn_begin(struct cli_call *call, struct pki_txn **txn)
{
    enum pki_error error = cli_txn_open(call, txn);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(call->home, error, NULL);
}

enum cli_status cli_txn_commit(struct pki_txn *txn, const char *what)
{
    enum pki_error error = pki_txn_commit(txn);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(what, error, NULL);
}

enum cli_status cli_device_get(struct cli_call *call, const char *endpoint,
                               struct pki_device *device)
{
    enum pki_error error = pki_store_device_by_endpoint(call->reader, endpoint, device);
    if (error == PKI_ENOTFOUND || error == PKI_EINVAL) {
        return cli_fail("no device %s in %s", endpoint, call->home);
    }
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(endpoint, error, NULL);
}
