/* imprint device credential set, list */
#include "tools/imprint/device.h"
#include "tools/imprint/file.h"
#include "tools/imprint/home.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"
#include "pki/private_key.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_MAX 256

/* ---- what the options say ---- */

/* What each mode needs, besides --server. */
struct mode_row {
    enum pki_mode mode;
    uint64_t needs, takes;
    size_t secret_max, public_max;
    const char *usage;
};

#define BIT(option) CLI_BIT(CLI_OPT_##option)
#define IDENTITY    (BIT(IDENTITY) | BIT(IDENTITY_HEX))

static const struct mode_row rows[] = {
    {PKI_MODE_PSK, BIT(PSK_FILE), BIT(PSK_FORMAT) | IDENTITY, PKI_PSK_MAX, 0,
     "psk needs --psk-file, and --identity or --identity-hex"},
    {PKI_MODE_RPK, BIT(SECRET_FILE) | BIT(PUBLIC_FILE), 0, PKI_SECRET_MAX, PKI_PUBLIC_MAX,
     "rpk needs --secret-file (PKCS#8, DER) and --public-file (SPKI, DER)"},
    {PKI_MODE_X509, BIT(SECRET_FILE) | BIT(PUBLIC_FILE), 0, PKI_SECRET_MAX, PKI_PUBLIC_MAX,
     "x509 needs --secret-file (PKCS#8, DER) and --public-file (the certificate, DER)"},
    {PKI_MODE_OSCORE, BIT(SECRET_FILE) | BIT(SENDER_HEX) | BIT(RECIPIENT_HEX), BIT(PUBLIC_FILE),
     PKI_PSK_MAX, 32,
     "oscore needs --secret-file, --sender-hex and --recipient-hex; the salt is "
     "--public-file"},
    {PKI_MODE_SMS, BIT(SECRET_FILE) | BIT(IDENTITY_HEX), 0, 48, 0,
     "sms needs --secret-file, and --identity-hex with KIc, KID, SPI and TAR: 6 octets"},
};

#define OF_MODES                                                                                   \
    (BIT(PSK_FILE) | BIT(PSK_FORMAT) | IDENTITY | BIT(SECRET_FILE) | BIT(PUBLIC_FILE) |            \
     BIT(SENDER_HEX) | BIT(RECIPIENT_HEX))

static uint64_t given_options(const struct cli_call *call)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < call->given_count; i++) {
        bits |= CLI_BIT(call->given[i].option);
    }
    return bits;
}

static enum cli_status find_row(const struct cli_call *call, const struct mode_row **row)
{
    const char *name = cli_value(call, CLI_OPT_MODE);
    enum pki_mode mode = name == NULL ? PKI_MODE_PSK : pki_mode_by_name(name);
    uint64_t given = given_options(call) & OF_MODES;
    *row = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *row = rows[i].mode == mode ? &rows[i] : *row;
    }
    if (*row == NULL) {
        return cli_usage("--mode is psk, rpk, x509, oscore or sms, not '%s'", name);
    }
    bool is_whole = (given & (*row)->needs) == (*row)->needs &&
                    (given & ~((*row)->needs | (*row)->takes)) == 0 &&
                    (mode != PKI_MODE_PSK || (given & IDENTITY) != 0);
    return is_whole ? CLI_DONE : cli_usage("a credential of mode %s", (*row)->usage);
}

/* Octets of a file as they are: the last newline may be one of them. */
static enum cli_status read_secret(const struct cli_call *call, const struct mode_row *row,
                                   struct pki_credential *to)
{
    const char *path = cli_value(call, CLI_OPT_SECRET_FILE);
    struct pki_fault fault = {0};
    if (strcmp(path, "-") == 0) {
        return cli_usage("--secret-file needs a file, not standard input");
    }
    enum pki_error error =
        pki_secret_read(path, to->secret, row->secret_max, &to->secret_len, &fault);
    if (error != PKI_OK) {
        return cli_fail_pki("--secret-file", error, &fault);
    }
    cli_restore_newline(path, to->secret, row->secret_max, &to->secret_len);
    if (row->mode == PKI_MODE_RPK || row->mode == PKI_MODE_X509) {
        (void)pki_private_key_normalize(to->secret, row->secret_max, &to->secret_len);
    }
    return CLI_DONE;
}

static enum cli_status read_public(const struct cli_call *call, const struct mode_row *row,
                                   struct pki_credential *to)
{
    const char *path = cli_value(call, CLI_OPT_PUBLIC_FILE);
    char octets[PKI_PUBLIC_MAX + 2];
    size_t len = 0;
    if (path == NULL) {
        return CLI_DONE;
    }
    enum cli_status status =
        cli_file_read("--public-file", path, octets, row->public_max + 1, &len);
    if (status == CLI_DONE) {
        memcpy(to->public_part, octets, len);
        to->public_len = len;
    }
    return status;
}

/* Appends the octets of OPTION behind their length. */
static enum cli_status put_id(const struct cli_call *call, enum cli_option_id option,
                              struct pki_credential *to)
{
    const char *hex = cli_value(call, option);
    uint8_t id[32];
    size_t len = 0;
    if (pki_secret_unhex(hex, strlen(hex), id, sizeof id, &len) != PKI_OK) {
        return cli_usage("%s is up to 32 pairs of hex digits, not '%s'", cli_options[option].name,
                         hex);
    }
    to->identity[to->identity_len++] = (uint8_t)len;
    memcpy(to->identity + to->identity_len, id, len);
    to->identity_len += len;
    return CLI_DONE;
}

static enum cli_status read_parts(struct cli_call *call, const struct mode_row *row,
                                  struct pki_credential *to)
{
    enum cli_status status = CLI_DONE;
    if (row->mode == PKI_MODE_PSK) {
        status = cli_identity(call, to->identity, &to->identity_len);
        return status == CLI_DONE ? cli_key_read(call, to->secret, &to->secret_len) : status;
    }
    if (row->mode == PKI_MODE_OSCORE) {
        status = put_id(call, CLI_OPT_SENDER_HEX, to);
        status = status == CLI_DONE ? put_id(call, CLI_OPT_RECIPIENT_HEX, to) : status;
    } else if (row->mode == PKI_MODE_SMS) {
        status = cli_identity(call, to->identity, &to->identity_len);
    }
    if (status == CLI_DONE) {
        status = read_secret(call, row, to);
    }
    if (status == CLI_DONE) {
        status = read_public(call, row, to);
    }
    return status;
}

static enum cli_status describe(struct cli_call *call, struct pki_credential *credential)
{
    const struct mode_row *row;
    uint64_t server = 0;
    if (!cli_has(call, CLI_OPT_SERVER)) {
        return cli_usage("device credential set needs --server");
    }
    enum cli_status status = find_row(call, &row);
    if (status == CLI_DONE) {
        status = cli_number_option(call, CLI_OPT_SERVER, 1, 65534, &server);
    }
    if (status != CLI_DONE) {
        return status;
    }
    credential->server_id = (uint16_t)server;
    credential->mode = row->mode;
    credential->is_stored = true;
    credential->active_at = call->now_at;
    status = read_parts(call, row, credential);
    if (status == CLI_DONE && pki_credential_check(credential) != PKI_OK) {
        status = cli_usage("a credential of mode %s", row->usage);
    }
    return status;
}

/* ---- set ---- */

static enum cli_status in_device(struct cli_call *call, struct pki_txn **txn, uint64_t *id)
{
    struct pki_device device = {0};
    enum cli_status status = cli_txn_begin(call, txn);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_device_get(*txn, call->args[0], &device);
    *id = device.id;
    pki_device_wipe(&device);
    if (error == PKI_OK) {
        return CLI_DONE;
    }
    pki_txn_abort(*txn);
    return error == PKI_ENOTFOUND ? cli_fail("no device %s in %s", call->args[0], call->home)
                                  : cli_fail_pki(call->args[0], error, NULL);
}

static enum cli_status end(struct cli_call *call, struct pki_txn *txn, enum pki_error error)
{
    if (error == PKI_OK) {
        return cli_txn_commit(txn, call->args[0]);
    }
    pki_txn_abort(txn);
    return cli_fail_pki(call->args[0], error, NULL);
}

enum cli_status cli_device_credential_set(struct cli_call *call)
{
    struct pki_credential credential = {0};
    struct pki_txn *txn = NULL;
    enum cli_status status = describe(call, &credential);
    if (status == CLI_DONE) {
        status = in_device(call, &txn, &credential.device_id);
    }
    if (status == CLI_DONE) {
        status = end(call, txn, pki_txn_credential_add(txn, &credential));
    }
    if (status == CLI_DONE) {
        cli_note("stored the credential of %s for server %u: %s, %zu octets", call->args[0],
                 (unsigned)credential.server_id, pki_mode_name(credential.mode),
                 credential.secret_len);
    }
    pki_credential_wipe(&credential);
    return status;
}

/* ---- list ---- */

struct shelf {
    struct pki_credential rows[CREDENTIALS_MAX];
    size_t count;
};

static enum cli_status read_shelf(struct cli_call *call, struct shelf **shelf)
{
    struct pki_device device = {0};
    enum cli_status status = cli_device_get(call, call->args[0], &device);
    *shelf = status == CLI_DONE ? calloc(1, sizeof **shelf) : NULL;
    if (*shelf != NULL) {
        enum pki_error error = pki_store_credentials(call->reader, device.id, (*shelf)->rows,
                                                     CREDENTIALS_MAX, &(*shelf)->count);
        status = error == PKI_OK ? CLI_DONE : cli_fail_pki(call->args[0], error, NULL);
    } else if (status == CLI_DONE) {
        status = cli_fail("out of memory");
    }
    pki_device_wipe(&device);
    return status;
}

static void free_shelf(struct shelf *shelf)
{
    if (shelf != NULL) {
        pki_secret_wipe(shelf, sizeof *shelf);
        free(shelf);
    }
}

static void row_json(const struct pki_credential *row)
{
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_json_uint(&json, "server_id", row->server_id);
    cli_json_uint(&json, "serial", row->serial);
    cli_json_string(&json, "mode", pki_mode_name(row->mode));
    cli_json_string(&json, "state", pki_credential_state_name(pki_credential_state(row)));
    cli_json_bool(&json, "is_stored", row->is_stored);
    cli_json_octets(&json, "identity", row->identity, row->identity_len);
    cli_json_uint(&json, "secret_bytes", row->secret_len);
    cli_json_uint(&json, "public_bytes", row->public_len);
    cli_json_time_if(&json, "staged_at", row->staged_at);
    cli_json_time_if(&json, "active_at", row->active_at);
    cli_json_object_end(&json);
}

static void row_text(struct cli_table *table, const struct pki_credential *row)
{
    char identity[CLI_IDENTITY_TEXT], at[24];
    int64_t since = row->active_at != 0 ? row->active_at : row->staged_at;
    cli_table_cell(table, "%u", (unsigned)row->server_id);
    cli_table_cell(table, "%lu", (unsigned long)row->serial);
    cli_table_cell(table, "%s", pki_mode_name(row->mode));
    cli_table_cell(table, "%s", pki_credential_state_name(pki_credential_state(row)));
    cli_table_cell(table, "%s", row->is_stored ? "stored" : "minted");
    cli_table_cell(table, "%s", cli_identity_text(row->identity, row->identity_len, identity));
    cli_table_cell(table, "%zu", row->secret_len);
    cli_table_cell(table, "%s", cli_time(since, at));
}

enum cli_status cli_device_credential_list(struct cli_call *call)
{
    static const char *const head[] = {"SERVER", "SERIAL",   "MODE",   "STATE",
                                       "FROM",   "IDENTITY", "OCTETS", "AT"};
    struct shelf *shelf = NULL;
    struct cli_table table = {.columns = 8};
    bool is_json = cli_has(call, CLI_OPT_JSON);
    enum cli_status status = read_shelf(call, &shelf);
    for (size_t i = 0; i < 8 && status == CLI_DONE; i++) {
        cli_table_cell(&table, "%s", head[i]);
    }
    for (size_t i = 0; status == CLI_DONE && i < shelf->count; i++) {
        if (is_json) {
            row_json(&shelf->rows[i]);
        } else {
            row_text(&table, &shelf->rows[i]);
        }
    }
    free_shelf(shelf);
    if (status != CLI_DONE || is_json) {
        cli_table_free(&table);
        return status;
    }
    return cli_table_print(&table, 0);
}
