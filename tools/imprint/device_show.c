/* imprint device show */
#include "tools/imprint/device.h"
#include "tools/imprint/home.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <inttypes.h>
#include <stdlib.h>

#define CREDENTIALS_MAX 64

/* All that show prints; secrets inside are wiped by the caller. */
struct view {
    struct pki_device device;
    struct pki_credential credentials[CREDENTIALS_MAX];
    size_t credential_count;
    struct pki_outcome history[PKI_HISTORY_MAX];
    size_t history_count;
};

static enum cli_status load(struct cli_call *call, struct view *view)
{
    enum cli_status status = cli_device_get(call, call->args[0], &view->device);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_store_credentials(call->reader, view->device.id, view->credentials,
                                                 CREDENTIALS_MAX, &view->credential_count);
    if (error == PKI_OK) {
        error = pki_store_history(call->reader, view->device.id, view->history, PKI_HISTORY_MAX,
                                  &view->history_count);
    }
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(call->args[0], error, NULL);
}

static void credential_json(struct cli_json *json, const struct pki_credential *credential)
{
    cli_json_object(json, NULL);
    cli_json_uint(json, "server_id", credential->server_id);
    cli_json_uint(json, "serial", credential->serial);
    cli_json_string(json, "mode", pki_mode_name(credential->mode));
    cli_json_string(json, "state", pki_credential_state_name(pki_credential_state(credential)));
    cli_json_bool(json, "is_stored", credential->is_stored);
    cli_json_octets(json, "identity", credential->identity, credential->identity_len);
    cli_json_uint(json, "secret_bytes", credential->secret_len);
    cli_json_time_if(json, "staged_at", credential->staged_at);
    cli_json_time_if(json, "active_at", credential->active_at);
    cli_json_time_if(json, "unconfirmed_at", credential->unconfirmed_at);
    cli_json_time_if(json, "retired_at", credential->retired_at);
    cli_json_time_if(json, "abandoned_at", credential->abandoned_at);
    cli_json_object_end(json);
}

static void outcome_json(struct cli_json *json, const struct pki_outcome *outcome)
{
    char code[8];
    cli_json_object(json, NULL);
    cli_json_int(json, "started_at", outcome->started_at);
    cli_json_uint(json, "duration_ms", outcome->duration_ms);
    cli_json_string(json, "result", pki_result_name(outcome->result));
    if (outcome->code != 0) {
        cli_json_string(json, "code", cli_code(outcome->code, code));
    }
    cli_json_string_if(json, "step", outcome->step);
    cli_json_string_if(json, "reason", outcome->reason);
    cli_json_string_if(json, "policy", outcome->policy);
    cli_json_string_if(json, "peer", outcome->peer);
    cli_json_uint(json, "writes", outcome->writes);
    cli_json_uint(json, "deletes", outcome->deletes);
    cli_json_uint(json, "retransmissions", outcome->retransmissions);
    cli_json_object_end(json);
}

static void show_json(const struct view *view)
{
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_device_json(&json, &view->device);
    cli_json_array(&json, "credentials");
    for (size_t i = 0; i < view->credential_count; i++) {
        credential_json(&json, &view->credentials[i]);
    }
    cli_json_array_end(&json);
    cli_json_array(&json, "history");
    for (size_t i = 0; i < view->history_count; i++) {
        outcome_json(&json, &view->history[i]);
    }
    cli_json_array_end(&json);
    cli_json_object_end(&json);
}

static void row(struct cli_table *table, const char *name, const char *value)
{
    cli_table_cell(table, "%s", name);
    cli_table_cell(table, "%s", value);
}

static enum cli_status show_device(const struct pki_device *device)
{
    struct cli_table table = {.columns = 2};
    char text[CLI_IDENTITY_TEXT], at[24];
    row(&table, "endpoint", device->endpoint);
    cli_table_cell(&table, "id");
    cli_table_cell(&table, "%" PRIu64, device->id);
    row(&table, "auth", pki_auth_name(device->auth));
    row(&table, "identity", cli_identity_text(device->identity, device->identity_len, text));
    cli_table_cell(&table, "psk");
    cli_table_cell(&table, "(%zu octets)", device->psk_len);
    row(&table, "state", pki_device_state_name(pki_device_state(device)));
    row(&table, "group", device->group);
    row(&table, "policy", device->policy[0] != '\0' ? device->policy : "(by the matches)");
    for (size_t i = 0; i < device->attribute_count; i++) {
        cli_table_cell(&table, "attr.%s", device->attributes[i].name);
        cli_table_cell(&table, "%s", device->attributes[i].value);
    }
    row(&table, "created", cli_time(device->created_at, at));
    row(&table, "changed", cli_time(device->changed_at, at));
    if (device->disabled_at > 0) {
        row(&table, "disabled", cli_time(device->disabled_at, at));
    }
    row(&table, "bootstrapped", cli_time(device->bootstrapped_at, at));
    return cli_table_print(&table, 0);
}

static enum cli_status show_credentials(const struct view *view)
{
    static const char *const head[] = {"SERVER", "SERIAL",   "MODE",   "STATE",
                                       "SINCE",  "IDENTITY", "SECRET", "FROM"};
    struct cli_table table = {.columns = 8};
    char text[CLI_IDENTITY_TEXT], at[24];
    if (view->credential_count == 0) {
        return CLI_DONE;
    }
    puts("\ncredentials for LwM2M servers");
    for (size_t i = 0; i < 8; i++) {
        cli_table_cell(&table, "%s", head[i]);
    }
    for (size_t i = 0; i < view->credential_count; i++) {
        const struct pki_credential *it = &view->credentials[i];
        int64_t since = it->abandoned_at > 0     ? it->abandoned_at
                        : it->retired_at > 0     ? it->retired_at
                        : it->active_at > 0      ? it->active_at
                        : it->unconfirmed_at > 0 ? it->unconfirmed_at
                                                 : it->staged_at;
        cli_table_cell(&table, "%u", (unsigned)it->server_id);
        cli_table_cell(&table, "%u", (unsigned)it->serial);
        cli_table_cell(&table, "%s", pki_mode_name(it->mode));
        cli_table_cell(&table, "%s", pki_credential_state_name(pki_credential_state(it)));
        cli_table_cell(&table, "%s", cli_time(since, at));
        cli_table_cell(&table, "%s", cli_identity_text(it->identity, it->identity_len, text));
        cli_table_cell(&table, "(%zu octets)", it->secret_len);
        cli_table_cell(&table, "%s", it->is_stored ? "operator" : "minted");
    }
    return cli_table_print(&table, 2);
}

static enum cli_status show_history(const struct view *view)
{
    static const char *const head[] = {"AT",   "RESULT", "STEP",   "REASON", "CODE",
                                       "TOOK", "WRITES", "POLICY", "FROM"};
    struct cli_table table = {.columns = 9};
    char at[24], code[8];
    if (view->history_count == 0) {
        return CLI_DONE;
    }
    puts("\nbootstraps, newest first");
    for (size_t i = 0; i < 9; i++) {
        cli_table_cell(&table, "%s", head[i]);
    }
    for (size_t i = 0; i < view->history_count; i++) {
        const struct pki_outcome *it = &view->history[i];
        cli_table_cell(&table, "%s", cli_time(it->started_at, at));
        cli_table_cell(&table, "%s", pki_result_name(it->result));
        cli_table_cell(&table, "%s", it->step);
        cli_table_cell(&table, "%s", it->reason);
        cli_table_cell(&table, "%s", cli_code(it->code, code));
        cli_table_cell(&table, "%u ms", (unsigned)it->duration_ms);
        cli_table_cell(&table, "%u", (unsigned)it->writes);
        cli_table_cell(&table, "%s", it->policy);
        cli_table_cell(&table, "%s", it->peer);
    }
    return cli_table_print(&table, 2);
}

static enum cli_status show_text(const struct view *view)
{
    enum cli_status status = show_device(&view->device);
    if (status == CLI_DONE) {
        status = show_credentials(view);
    }
    return status == CLI_DONE ? show_history(view) : status;
}

enum cli_status cli_device_show(struct cli_call *call)
{
    struct view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return cli_fail("out of memory");
    }
    enum cli_status status = load(call, view);
    if (status == CLI_DONE && cli_has(call, CLI_OPT_JSON)) {
        show_json(view);
    } else if (status == CLI_DONE) {
        status = show_text(view);
    }
    pki_secret_wipe(view, sizeof *view);
    free(view);
    return status;
}
