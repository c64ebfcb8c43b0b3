/* Devices of Leshan as a policy file. */
#include "tools/imprint/import.h"
#include "tools/imprint/say.h"
#include "bootstrap/lwm2m/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct writing {
    struct cli_import *leshan;
    FILE *file;
    bool has_folder; /* for the files of servers */
};

/* In double quotes; what is not printable ASCII or UTF-8 is escaped. */
static void put_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;
        if (octet < 0x20 || octet == 0x7f) {
            fprintf(file, "\\x%02x", octet);
        } else {
            if (octet == '"' || octet == '\\') {
                putc('\\', file);
            }
            putc(octet, file);
        }
    }
    putc('"', file);
}

/* ---- servers ---- */

/* Calls EACH for one account of each server, in no order that matters. */
static bool each_server(const struct cli_import *leshan,
                        bool (*each)(void *context, const struct cli_import_account *account),
                        void *context)
{
    bool seen[LWM2M_ID_MAX + 1] = {false};
    bool is_good = true;
    for (size_t i = 0; i < leshan->count; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        for (size_t j = 0; j < device->account_count && !device->is_left_out && is_good; j++) {
            const struct cli_import_account *account = &device->accounts[j];
            if (!seen[account->server_id]) {
                seen[account->server_id] = true;
                is_good = each(context, account);
            }
        }
    }
    return is_good;
}

static void put_uri(const struct writing *writing, const struct cli_import_account *account)
{
    char name[PKI_ATTRIBUTE_NAME_MAX + 1], text[IMPORT_TEXT + 64];
    const char *authority;
    bool differs = cli_import_uri_differs(writing->leshan, account, &authority);
    cli_import_uri_attribute(account->server_id, name);
    snprintf(text, sizeof text, "%.*s{attr.%s}", (int)(authority - account->uri), account->uri,
             name);
    fprintf(writing->file, "    uri: ");
    put_text(writing->file, differs ? text : account->uri);
    putc('\n', writing->file);
}

static void put_numbers(FILE *file, const struct cli_import_account *account)
{
    for (size_t i = 0; i < IMPORT_NUMBERS; i++) {
        const struct cli_import_number *row = &cli_import_numbers[i];
        int64_t value = account->numbers[i];
        if (value == IMPORT_UNSET) {
            continue;
        }
        if (row->is_boolean) {
            fprintf(file, "    %s: %s\n", row->key, value != 0 ? "true" : "false");
        } else {
            fprintf(file, "    %s: %" PRId64 "%s\n", row->key, value, row->is_time ? "s" : "");
        }
    }
}

static void put_trust(struct writing *writing, const struct cli_import_account *account)
{
    static const char *const usages[] = {"ca-constraint", "service-certificate", "trust-anchor",
                                         "domain-issued"};
    static const char *const matchings[] = {"exact", "sha-256", "sha-384", "sha-512"};
    char field[32];
    if (account->mode != PKI_MODE_RPK && account->mode != PKI_MODE_X509) {
        return;
    }
    snprintf(field, sizeof field, "server %u", (unsigned)account->server_id);
    if (!writing->has_folder || account->trust_len == 0) {
        cli_import_lose(writing->leshan, "servers", field, "%s",
                        account->trust_len == 0 ? "no serverPublicKey"
                                                : "serverPublicKey needs --out FILE");
        return;
    }
    fprintf(writing->file, "    trust: {certificate: server-%u.der", (unsigned)account->server_id);
    if (account->usage >= 0) {
        fprintf(writing->file, ", usage: %s", usages[account->usage]);
    }
    if (account->matching >= 0) {
        fprintf(writing->file, ", matching: %s", matchings[account->matching]);
    }
    fprintf(writing->file, "}\n");
}

static void put_sms(FILE *file, const struct cli_import_account *account)
{
    static const char *const modes[] = {"", "dtls", "secured-packet", "none"};
    if (account->sms_number[0] != '\0') {
        fprintf(file, "    sms: {security: %s, number: ", modes[account->sms_mode]);
        put_text(file, account->sms_number);
        fprintf(file, "%s}\n", account->has_sms ? ", keys: stored" : "");
    }
}

static void put_words(FILE *file, const char *key, const char *text)
{
    if (text[0] != '\0') {
        fprintf(file, "    %s: ", key);
        put_text(file, text);
        putc('\n', file);
    }
}

static void put_server(struct writing *writing, const struct cli_import_account *account)
{
    unsigned id = account->server_id;
    fprintf(writing->file, "  server-%u:\n    id: %u\n", id, id);
    put_uri(writing, account);
    put_words(writing->file, "binding", account->binding);
    put_words(writing->file, "preferred-transport", account->transport);
    put_words(writing->file, "sni", account->sni);
    put_numbers(writing->file, account);
    if (account->suite != IMPORT_UNSET) {
        fprintf(writing->file, "    cipher-suites: %" PRId64 "\n", account->suite);
    }
    put_trust(writing, account);
    put_sms(writing->file, account);
}

/* ---- access ---- */

static bool has_server(const struct cli_import_device *device, uint16_t server_id)
{
    for (size_t i = 0; i < device->account_count; i++) {
        if (device->accounts[i].server_id == server_id) {
            return true;
        }
    }
    return false;
}

static void put_rights(struct writing *writing, const struct cli_import_device *device,
                       const struct cli_import_entry *entry)
{
    static const char letters[] = "rwedc";
    bool is_first = true;
    if (entry->owner != LWM2M_ID_NONE) {
        fprintf(writing->file, "owner: server-%u", (unsigned)entry->owner);
        is_first = false;
    }
    for (size_t i = 0; i < entry->right_count; i++) {
        const struct cli_import_right *right = &entry->rights[i];
        if (right->server_id != 0 && !has_server(device, right->server_id)) {
            cli_import_lose(writing->leshan, device->endpoint, "acls",
                            "server %u is not the device's", (unsigned)right->server_id);
            continue;
        }
        fprintf(writing->file, "%s", is_first ? "" : ", ");
        is_first = false;
        if (right->server_id == 0) {
            fprintf(writing->file, "default: ");
        } else {
            fprintf(writing->file, "server-%u: ", (unsigned)right->server_id);
        }
        for (unsigned bit = 0; bit < 5; bit++) {
            if ((right->mask >> bit & 1) != 0) {
                putc(letters[bit], writing->file);
            }
        }
        fprintf(writing->file, "%s", right->mask == 0 ? "none" : "");
    }
}

/* The path of ENTRY as policies write it; false: it cannot be. */
static bool put_entry_path(struct writing *writing, const struct cli_import_device *device,
                           const struct cli_import_entry *entry)
{
    bool is_sound = entry->object != 0 && entry->object != 2 && entry->object != 21 &&
                    (entry->owner == LWM2M_ID_NONE || has_server(device, entry->owner));
    if (is_sound && entry->instance == LWM2M_ID_NONE) {
        fprintf(writing->file, "    /%u: {", (unsigned)entry->object);
        return true;
    }
    if (is_sound && entry->object != 1) {
        fprintf(writing->file, "    /%u/%u: {", (unsigned)entry->object, (unsigned)entry->instance);
        return true;
    }
    for (size_t i = 0; i < device->account_count && is_sound; i++) {
        if (device->accounts[i].instance == entry->instance) {
            fprintf(writing->file, "    /1/server-%u: {", (unsigned)device->accounts[i].server_id);
            return true;
        }
    }
    cli_import_lose(writing->leshan, device->endpoint, "acls",
                    "the entry of /%u/%u cannot be written", (unsigned)entry->object,
                    (unsigned)entry->instance);
    return false;
}

static void put_access(struct writing *writing, const struct cli_import_device *device)
{
    fprintf(writing->file, "  access-%zu:\n", device->policy + 1);
    for (size_t i = 0; i < device->entry_count; i++) {
        if (put_entry_path(writing, device, &device->entries[i])) {
            put_rights(writing, device, &device->entries[i]);
            fprintf(writing->file, "}\n");
        }
    }
}

/* ---- policies ---- */

static const struct cli_import_device *device_of(const struct cli_import *leshan, size_t policy)
{
    for (size_t i = 0; i < leshan->count; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        if (device->has_config && !device->is_left_out && device->policy == policy) {
            return device;
        }
    }
    return NULL;
}

static void put_endpoints(const struct writing *writing, size_t policy)
{
    const struct cli_import *leshan = writing->leshan;
    fprintf(writing->file, "    match:\n      endpoint:\n");
    for (size_t i = 0; i < leshan->count; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        if (device->has_config && !device->is_left_out && device->policy == policy) {
            fprintf(writing->file, "        - ");
            put_text(writing->file, device->endpoint);
            putc('\n', writing->file);
        }
    }
}

static void put_grant(FILE *file, const struct cli_import_account *account)
{
    static const char *const words[] = {[PKI_MODE_PSK] = "psk: stored",
                                        [PKI_MODE_RPK] = "rpk: stored",
                                        [PKI_MODE_X509] = "cert: stored"};
    bool has_mode = account->mode != PKI_MODE_NONE;
    fprintf(file, "      server-%u: {%s%s%s}\n", (unsigned)account->server_id,
            has_mode               ? words[account->mode]
            : !account->has_oscore ? "nosec: true"
                                   : "",
            has_mode && account->has_oscore ? ", " : "",
            account->has_oscore ? "oscore: stored" : "");
}

static void put_policy(const struct writing *writing, const struct cli_import_device *device)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(device->format);
    char path[LWM2M_PATH_TEXT];
    fprintf(writing->file, "  - name: leshan-%zu\n", device->policy + 1);
    put_endpoints(writing, device->policy);
    if (format != NULL) {
        fprintf(writing->file, "    client: {format: %s}\n", format->name);
    }
    fprintf(writing->file, "    servers:\n");
    for (size_t i = 0; i < device->account_count; i++) {
        put_grant(writing->file, &device->accounts[i]);
    }
    if (device->entry_count > 0) {
        fprintf(writing->file, "    access: access-%zu\n", device->policy + 1);
    }
    for (size_t i = 0; i < device->delete_count; i++) {
        fprintf(writing->file, "%s%s%s", i == 0 ? "    delete: [" : ", ",
                lwm2m_path_text(device->deletes[i], path),
                i + 1 == device->delete_count ? "]\n" : "");
    }
    fprintf(writing->file, "    others: remove\n");
}

static bool put_each(void *context, const struct cli_import_account *account)
{
    put_server(context, account);
    return true;
}

void cli_import_write(struct cli_import *leshan, size_t count, FILE *file, bool has_folder)
{
    struct writing writing = {leshan, file, has_folder};
    bool has_access = false;
    fprintf(file, "# Imported from Leshan. Keys are in the store, not here.\nimprint: 1\n\n");
    fprintf(file, "servers:\n");
    each_server(leshan, put_each, &writing);
    for (size_t i = 0; i < count; i++) {
        const struct cli_import_device *device = device_of(leshan, i);
        if (device->entry_count > 0) {
            fprintf(file, "%s", has_access ? "" : "\naccess:\n");
            has_access = true;
            put_access(&writing, device);
        }
    }
    fprintf(file, "\npolicies:\n");
    for (size_t i = 0; i < count; i++) {
        put_policy(&writing, device_of(leshan, i));
    }
}

/* ---- what devices know servers by ---- */

static bool write_trust(void *context, const struct cli_import_account *account)
{
    const char *beside = context;
    char path[4096];
    const char *slash = strrchr(beside, '/');
    int skip = slash != NULL ? (int)(slash + 1 - beside) : 0;
    if (account->trust_len == 0) {
        return true;
    }
    snprintf(path, sizeof path, "%.*sserver-%u.der", skip, beside, (unsigned)account->server_id);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_good = descriptor >= 0 && write(descriptor, account->trust, account->trust_len) ==
                                          (ssize_t)account->trust_len;
    int reason = errno;
    if (descriptor >= 0) {
        is_good &= close(descriptor) == 0;
    }
    if (!is_good) {
        cli_fail("%s: %s", path, strerror(reason));
    }
    return is_good;
}

enum cli_status cli_import_write_trust(const struct cli_import *leshan, const char *path)
{
    return each_server(leshan, write_trust, (void *)(uintptr_t)path) ? CLI_DONE : CLI_FAILED;
}
