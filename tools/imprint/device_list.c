/* imprint device list, device unknown */
#include "tools/imprint/device.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>

#define PAGE        64
#define UNKNOWN_MAX 1000

char *cli_identity_text(const uint8_t *identity, size_t len, char *out)
{
    if (len > 0 && cli_is_text(identity, len)) {
        memcpy(out, identity, len);
        out[len] = '\0';
    } else {
        memcpy(out, "hex:", 4);
        pki_secret_hex(identity, len, out + 4);
    }
    return out;
}

void cli_device_json(struct cli_json *json, const struct pki_device *device)
{
    cli_json_string(json, "endpoint", device->endpoint);
    cli_json_uint(json, "id", device->id);
    cli_json_string(json, "auth", pki_auth_name(device->auth));
    if (device->identity_len > 0) {
        cli_json_octets(json, "identity", device->identity, device->identity_len);
    }
    if (device->psk_len > 0) {
        cli_json_uint(json, "psk_bytes", device->psk_len);
    }
    cli_json_string(json, "state", pki_device_state_name(pki_device_state(device)));
    cli_json_string_if(json, "group", device->group);
    cli_json_string_if(json, "policy", device->policy);
    if (device->attribute_count > 0) {
        cli_json_object(json, "attributes");
        for (size_t i = 0; i < device->attribute_count; i++) {
            cli_json_string(json, device->attributes[i].name, device->attributes[i].value);
        }
        cli_json_object_end(json);
    }
    cli_json_time_if(json, "created_at", device->created_at);
    cli_json_time_if(json, "changed_at", device->changed_at);
    cli_json_time_if(json, "disabled_at", device->disabled_at);
    cli_json_time_if(json, "bootstrapped_at", device->bootstrapped_at);
    cli_json_time_if(json, "attempted_at", device->attempted_at);
    if (device->last_result != PKI_RESULT_NONE) {
        cli_json_string(json, "last_result", pki_result_name(device->last_result));
    }
}

static void print_json(const struct pki_device *devices, size_t count)
{
    struct cli_json json = {.file = stdout};
    for (size_t i = 0; i < count; i++) {
        cli_json_object(&json, NULL);
        cli_device_json(&json, &devices[i]);
        cli_json_object_end(&json);
    }
}

static enum cli_status print_text(const struct pki_device *devices, size_t count, bool is_first)
{
    struct cli_table table = {.columns = 6};
    char at[24];
    if (is_first) {
        static const char *const head[] = {"ENDPOINT", "AUTH", "GROUP", "STATE", "LAST", "AT"};
        for (size_t i = 0; i < 6; i++) {
            cli_table_cell(&table, "%s", head[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct pki_device *device = &devices[i];
        cli_table_cell(&table, "%s", device->endpoint);
        cli_table_cell(&table, "%s", pki_auth_name(device->auth));
        cli_table_cell(&table, "%s", device->group);
        cli_table_cell(&table, "%s", pki_device_state_name(pki_device_state(device)));
        cli_table_cell(&table, "%s",
                       device->last_result != PKI_RESULT_NONE ? pki_result_name(device->last_result)
                                                              : "-");
        cli_table_cell(&table, "%s", cli_time(device->attempted_at, at));
    }
    return cli_table_print(&table, 0);
}

static enum cli_status list(struct cli_call *call, struct pki_device *devices, uint64_t limit)
{
    const char *after = cli_value(call, CLI_OPT_AFTER);
    char last[PKI_ENDPOINT_MAX + 1] = "";
    size_t count = PAGE;
    enum cli_status status = CLI_DONE;
    snprintf(last, sizeof last, "%s", after != NULL ? after : "");
    for (bool is_first = true; status == CLI_DONE && count == PAGE && limit > 0; is_first = false) {
        enum pki_error error = pki_store_device_page(
            call->reader, last, cli_value(call, CLI_OPT_GROUP), devices, PAGE, &count);
        if (error != PKI_OK) {
            return cli_fail_pki("device list", error, NULL);
        }
        if (count > 0) {
            memcpy(last, devices[count - 1].endpoint, sizeof last);
        }
        size_t shown = count < limit ? count : (size_t)limit;
        limit -= shown;
        if (cli_has(call, CLI_OPT_JSON)) {
            print_json(devices, shown);
        } else if (shown > 0) {
            status = print_text(devices, shown, is_first);
        } else if (is_first) {
            cli_note("no devices");
        }
        if (ferror(stdout) != 0) {
            return CLI_FAILED;
        }
    }
    return status;
}

enum cli_status cli_device_list(struct cli_call *call)
{
    uint64_t limit = UINT64_MAX;
    enum cli_status status = cli_number_option(call, CLI_OPT_LIMIT, 1, UINT64_MAX, &limit);
    if (status != CLI_DONE) {
        return status;
    }
    struct pki_device *devices = calloc(PAGE, sizeof *devices);
    if (devices == NULL) {
        return cli_fail("out of memory");
    }
    status = list(call, devices, limit);
    pki_secret_wipe(devices, PAGE * sizeof *devices);
    free(devices);
    return status;
}

static const char *kind_name(enum pki_unknown_kind kind)
{
    return kind == PKI_UNKNOWN_IDENTITY ? "identity" : "endpoint";
}

static void unknown_json(const struct pki_unknown *unknowns, size_t count)
{
    struct cli_json json = {.file = stdout};
    for (size_t i = 0; i < count; i++) {
        cli_json_object(&json, NULL);
        cli_json_string(&json, "kind", kind_name(unknowns[i].kind));
        cli_json_octets(&json, "name", unknowns[i].name, unknowns[i].name_len);
        cli_json_uint(&json, "count", unknowns[i].count);
        cli_json_time_if(&json, "first_at", unknowns[i].first_at);
        cli_json_time_if(&json, "last_at", unknowns[i].last_at);
        cli_json_string_if(&json, "peer", unknowns[i].peer);
        cli_json_object_end(&json);
    }
}

static enum cli_status unknown_text(const struct pki_unknown *unknowns, size_t count)
{
    static const char *const head[] = {"KIND", "NAME", "COUNT", "FIRST", "LAST", "FROM"};
    struct cli_table table = {.columns = 6};
    char name[CLI_IDENTITY_TEXT], at[24];
    if (count == 0) {
        cli_note("nobody unknown has knocked");
        return CLI_DONE;
    }
    for (size_t i = 0; i < 6; i++) {
        cli_table_cell(&table, "%s", head[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct pki_unknown *unknown = &unknowns[i];
        cli_table_cell(&table, "%s", kind_name(unknown->kind));
        cli_table_cell(&table, "%s", cli_identity_text(unknown->name, unknown->name_len, name));
        cli_table_cell(&table, "%llu", (unsigned long long)unknown->count);
        cli_table_cell(&table, "%s", cli_time(unknown->first_at, at));
        cli_table_cell(&table, "%s", cli_time(unknown->last_at, at));
        cli_table_cell(&table, "%s", unknown->peer);
    }
    return cli_table_print(&table, 0);
}

enum cli_status cli_device_unknown(struct cli_call *call)
{
    uint64_t limit = UNKNOWN_MAX;
    size_t count = 0;
    enum cli_status status = cli_number_option(call, CLI_OPT_LIMIT, 1, UNKNOWN_MAX, &limit);
    if (status != CLI_DONE) {
        return status;
    }
    struct pki_unknown *unknowns = calloc(UNKNOWN_MAX, sizeof *unknowns);
    if (unknowns == NULL) {
        return cli_fail("out of memory");
    }
    enum pki_error error = pki_store_unknown_list(call->reader, unknowns, (size_t)limit, &count);
    if (error != PKI_OK) {
        status = cli_fail_pki("device unknown", error, NULL);
    } else if (cli_has(call, CLI_OPT_JSON)) {
        unknown_json(unknowns, count);
    } else {
        status = unknown_text(unknowns, count);
    }
    free(unknowns);
    return status;
}
