/* imprint init */
#include "tools/imprint/home.h"
#include "tools/imprint/embedded.h"
#include "tools/imprint/say.h"
#include "pki/home.h"
#include "pki/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static enum cli_status make_store(struct cli_call *call, const char *passphrase)
{
    struct pki_fault fault = {0};
    struct pki_store_options options = {.passphrase = passphrase[0] != '\0' ? passphrase : NULL};
    enum pki_error error = pki_store_init(call->home, &options, call->now_at, &fault);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(call->home, error, &fault);
}

static enum cli_status write_file(const char *folder, const char *name,
                                  const struct cli_embedded *data)
{
    struct pki_fault fault = {0};
    enum pki_error error = pki_home_file_write(folder, name, data->data, data->len, &fault);
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(name, error, &fault);
}

static enum cli_status write_files(struct cli_call *call)
{
    char policies[4096];
    if (cli_home_path(call, "policies", policies) != CLI_DONE) {
        return CLI_FAILED;
    }
    if (mkdir(policies, 0700) != 0) {
        return cli_fail("%s: %s", policies, strerror(errno));
    }
    enum cli_status status = write_file(policies, "one-server.yaml", &cli_embedded_policy);
    return status == CLI_DONE ? write_file(call->home, "imprintd.yaml", &cli_embedded_settings)
                              : status;
}

static enum cli_status find_passphrase(struct cli_call *call, char out[static CLI_PASSPHRASE_MAX])
{
    bool has_file = cli_has(call, CLI_OPT_PASSPHRASE_FILE);
    out[0] = '\0';
    if (has_file && cli_has(call, CLI_OPT_PASSPHRASE)) {
        return cli_usage("give --passphrase or --passphrase-file, not both");
    }
    return has_file                            ? cli_passphrase_read(call, out)
           : cli_has(call, CLI_OPT_PASSPHRASE) ? cli_passphrase_ask(out)
                                               : CLI_DONE;
}

enum cli_status cli_init(struct cli_call *call)
{
    char passphrase[CLI_PASSPHRASE_MAX];
    enum cli_status status = find_passphrase(call, passphrase);
    if (status == CLI_DONE) {
        status = make_store(call, passphrase);
    }
    bool is_sealed_by_passphrase = passphrase[0] != '\0';
    pki_secret_wipe(passphrase, sizeof passphrase);
    if (status != CLI_DONE) {
        return status;
    }
    if (write_files(call) != CLI_DONE) {
        cli_note("%s has a store but is not complete: remove it and run init again", call->home);
        return CLI_FAILED;
    }
    cli_note("made %s, sealed with %s", call->home,
             is_sealed_by_passphrase ? "the passphrase"
                                     : "the key file home.key: keep a copy of it");
    cli_note("  policies/one-server.yaml  what a device is given: put your server's address there");
    cli_note("  imprintd.yaml             the daemon's settings, all at their defaults");
    cli_note("next: imprint --home %s device add ENDPOINT --auth psk", call->home);
    return CLI_DONE;
}
