#include "tools/imprint/import.h"
#include "tools/imprint/file.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/policy/base64.h"
#include "pki/secret.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OCTETS_MAX (64u << 20)
#define BASE64_MAX      4096

void cli_import_lose(struct cli_import *leshan, const char *endpoint, const char *field,
                     const char *format, ...)
{
    char text[256], name[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    leshan->lost++;
    cli_note("%s: %s: %s", cli_safe(endpoint, strlen(endpoint), name, sizeof name), field, text);
}

/* Room for one more device. */
static bool grow(struct cli_import *leshan)
{
    if (leshan->count < leshan->capacity) {
        return true;
    }
    size_t capacity = leshan->capacity == 0 ? 64 : leshan->capacity * 2;
    struct cli_import_device *larger = calloc(capacity, sizeof *larger);
    if (larger == NULL) {
        cli_fail("out of memory");
        return false;
    }
    if (leshan->count > 0) {
        memcpy(larger, leshan->devices, leshan->count * sizeof *larger);
        pki_secret_wipe(leshan->devices, leshan->count * sizeof *larger);
    }
    free(leshan->devices);
    leshan->devices = larger;
    leshan->capacity = capacity;
    return true;
}

struct cli_import_device *cli_import_device(struct cli_import *leshan, const char *endpoint)
{
    if (endpoint[0] == '\0' || strlen(endpoint) > PKI_ENDPOINT_MAX) {
        cli_fail("an endpoint has 1 to %d octets: %.40s", PKI_ENDPOINT_MAX, endpoint);
        return NULL;
    }
    for (size_t i = 0; i < leshan->count; i++) {
        if (strcmp(leshan->devices[i].endpoint, endpoint) == 0) {
            return &leshan->devices[i];
        }
    }
    if (!grow(leshan)) {
        return NULL;
    }
    struct cli_import_device *device = &leshan->devices[leshan->count++];
    memcpy(device->endpoint, endpoint, strlen(endpoint));
    device->format = LWM2M_FORMAT_NONE;
    return device;
}

static bool base64(const struct lwm2m_json_node *node, uint8_t *out, size_t capacity, size_t *len)
{
    const char *text;
    size_t text_len, plain_len = 0;
    uint8_t plain[BASE64_MAX];
    bool is_good = lwm2m_json_get_string(node, "", &text, &text_len) == LWM2M_OK &&
                   text_len <= sizeof plain &&
                   policy_base64_decode(text, text_len, plain, &plain_len) && plain_len <= capacity;
    if (is_good) {
        memcpy(out, plain, plain_len);
        *len = plain_len;
    }
    pki_secret_wipe(plain, sizeof plain);
    return is_good;
}

bool cli_import_octets(const struct lwm2m_json_node *node, uint8_t *out, size_t capacity,
                       size_t *len)
{
    *len = 0;
    if (lwm2m_json_kind(node) == LWM2M_JSON_STRING) {
        return base64(node, out, capacity, len);
    }
    if (lwm2m_json_kind(node) != LWM2M_JSON_ARRAY || lwm2m_json_count(node) > capacity) {
        return lwm2m_json_kind(node) <= LWM2M_JSON_NULL;
    }
    for (size_t i = 0; i < lwm2m_json_count(node); i++) {
        int64_t number = 0;
        if (lwm2m_json_get_int(lwm2m_json_item(node, i), "", &number) != LWM2M_OK ||
            number < -128 || number > 255) {
            return false;
        }
        out[i] = (uint8_t)number;
    }
    *len = lwm2m_json_count(node);
    return true;
}

/* ---- a configuration ---- */

static void read_deletes(struct cli_import *leshan, struct cli_import_device *device,
                         const struct lwm2m_json_node *list)
{
    for (size_t i = 0; i < lwm2m_json_count(list); i++) {
        const char *text = "";
        struct lwm2m_path path = {.depth = 0};
        size_t len = 0;
        bool is_path =
            lwm2m_json_get_string(lwm2m_json_item(list, i), "", &text, &len) == LWM2M_OK &&
            lwm2m_path_parse(text, len, &path) == LWM2M_OK;
        /* Ours deletes what it replaces by itself. */
        if (is_path && (path.depth == 0 || path.id[0] <= 2 || path.id[0] == 21)) {
            continue;
        }
        if (!is_path || path.depth > 2 || path.id[0] == 3 ||
            device->delete_count == IMPORT_DELETES_MAX) {
            cli_import_lose(leshan, device->endpoint, "toDelete", "%.40s cannot be deleted", text);
        } else {
            device->deletes[device->delete_count++] = path;
        }
    }
}

static void read_format(struct cli_import *leshan, struct cli_import_device *device,
                        const struct lwm2m_json_node *node)
{
    static const struct {
        const char *name;
        uint16_t number;
    } names[] = {{"TLV", LWM2M_FORMAT_TLV},
                 {"JSON", LWM2M_FORMAT_JSON},
                 {"SENML_JSON", LWM2M_FORMAT_SENML_JSON},
                 {"SENML_CBOR", LWM2M_FORMAT_SENML_CBOR}};
    int64_t number = 0;
    const char *text = "";
    if (lwm2m_json_get_int(node, "code", &number) == LWM2M_OK ||
        lwm2m_json_get_int(node, "", &number) == LWM2M_OK) {
        const struct lwm2m_format *format = number >= 0 && number < LWM2M_FORMAT_NONE
                                                ? lwm2m_format_by_number((uint16_t)number)
                                                : NULL;
        device->format = format != NULL && !format->single_only ? format->number : device->format;
    } else if (lwm2m_json_get_string(node, "", &text, NULL) == LWM2M_OK) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            device->format = strcmp(names[i].name, text) == 0 ? names[i].number : device->format;
        }
    }
    if (lwm2m_json_kind(node) > LWM2M_JSON_NULL && device->format == LWM2M_FORMAT_NONE) {
        cli_import_lose(leshan, device->endpoint, "contentFormat", "%.40s is not known", text);
    }
}

static void read_rights(struct cli_import *leshan, struct cli_import_device *device,
                        struct cli_import_entry *entry, const struct lwm2m_json_node *rights)
{
    const struct lwm2m_json_node *node;
    void *cursor = NULL;
    const char *key;
    while ((node = lwm2m_json_next(rights, &cursor, &key)) != NULL) {
        int64_t mask = 0;
        unsigned long id = strtoul(key, NULL, 10);
        if (lwm2m_json_get_int(node, "", &mask) != LWM2M_OK || mask < 0 || mask > 31 ||
            id > LWM2M_ID_MAX || entry->right_count == IMPORT_RIGHTS_MAX) {
            cli_import_lose(leshan, device->endpoint, "acls", "the right of %.20s is none", key);
        } else {
            entry->rights[entry->right_count++] =
                (struct cli_import_right){(uint16_t)id, (uint8_t)mask};
        }
    }
}

static bool read_entry(const struct lwm2m_json_node *node, struct cli_import_entry *entry)
{
    int64_t object = -1, instance = LWM2M_ID_NONE, owner = LWM2M_ID_NONE;
    bool is_read = lwm2m_json_get_int(node, "objectId", &object) == LWM2M_OK;
    is_read &= lwm2m_json_get_int(node, "objectInstanceId", &instance) == LWM2M_OK;
    (void)(lwm2m_json_get_int(node, "AccessControlOwner", &owner) == LWM2M_OK ||
           lwm2m_json_get_int(node, "accessControlOwner", &owner) == LWM2M_OK);
    *entry = (struct cli_import_entry){
        .object = (uint16_t)object, .instance = (uint16_t)instance, .owner = (uint16_t)owner};
    return is_read && object >= 0 && object <= LWM2M_ID_MAX && instance >= 0 &&
           instance <= LWM2M_ID_NONE && owner >= 0 && owner <= LWM2M_ID_NONE;
}

static void read_entries(struct cli_import *leshan, struct cli_import_device *device,
                         const struct lwm2m_json_node *acls)
{
    const struct lwm2m_json_node *node;
    void *cursor = NULL;
    const char *key;
    if (lwm2m_json_count(acls) == 0) {
        return;
    }
    device->entries = calloc(IMPORT_ENTRIES_MAX, sizeof *device->entries);
    while (device->entries != NULL && (node = lwm2m_json_next(acls, &cursor, &key)) != NULL) {
        struct cli_import_entry entry;
        if (device->entry_count == IMPORT_ENTRIES_MAX || !read_entry(node, &entry)) {
            cli_import_lose(leshan, device->endpoint, "acls", "entry %.20s is none", key);
            continue;
        }
        read_rights(leshan, device, &entry, lwm2m_json_at(node, "acls"));
        device->entries[device->entry_count++] = entry;
    }
}

static void tell_unknown(struct cli_import *leshan, const struct cli_import_device *device,
                         const struct lwm2m_json_node *config)
{
    static const char *const known[] = {"toDelete", "contentFormat", "autoIdForSecurityObject",
                                        "security", "servers",       "acls",
                                        "oscore"};
    void *cursor = NULL;
    const char *key;
    while (lwm2m_json_next(config, &cursor, &key) != NULL) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            is_known = is_known || strcmp(known[i], key) == 0;
        }
        if (!is_known) {
            cli_import_lose(leshan, device->endpoint, "configuration", "'%.40s' is not known", key);
        }
    }
}

static enum cli_status read_configs(struct cli_import *leshan, const struct lwm2m_json_node *root)
{
    const struct lwm2m_json_node *config;
    void *cursor = NULL;
    const char *endpoint;
    while ((config = lwm2m_json_next(root, &cursor, &endpoint)) != NULL) {
        struct cli_import_device *device = cli_import_device(leshan, endpoint);
        if (device == NULL) {
            return CLI_FAILED;
        }
        if (device->has_config || lwm2m_json_kind(config) != LWM2M_JSON_OBJECT) {
            return cli_fail("%s: %s", endpoint,
                            device->has_config ? "has two configurations" : "has none");
        }
        device->has_config = true;
        read_deletes(leshan, device, lwm2m_json_at(config, "toDelete"));
        read_format(leshan, device, lwm2m_json_at(config, "contentFormat"));
        cli_import_read_accounts(leshan, device, config);
        read_entries(leshan, device, lwm2m_json_at(config, "acls"));
        tell_unknown(leshan, device, config);
    }
    return CLI_DONE;
}

/* ---- the credentials API ---- */

static void read_psk(struct cli_import *leshan, struct cli_import_device *device,
                     const struct lwm2m_json_node *details)
{
    struct pki_device *record = &device->record;
    const char *identity = "", *key = "";
    size_t identity_len = 0, key_len = 0;
    bool is_read =
        lwm2m_json_get_string(details, "identity", &identity, &identity_len) == LWM2M_OK &&
        lwm2m_json_get_string(details, "key", &key, &key_len) == LWM2M_OK && identity_len >= 1 &&
        identity_len <= PKI_IDENTITY_MAX &&
        pki_secret_unhex(key, key_len, record->psk, sizeof record->psk, &record->psk_len) == PKI_OK;
    if (!is_read || record->psk_len < PKI_PSK_MIN) {
        record->psk_len = 0;
        cli_import_lose(leshan, device->endpoint, "tls",
                        "identity or key is missing or out of bounds");
        return;
    }
    record->auth = PKI_AUTH_PSK;
    memcpy(record->identity, identity, identity_len);
    record->identity_len = identity_len;
    leshan->secrets++;
}

static enum cli_status read_credentials(struct cli_import *leshan,
                                        const struct lwm2m_json_node *root)
{
    for (size_t i = 0; i < lwm2m_json_count(root); i++) {
        const struct lwm2m_json_node *item = lwm2m_json_item(root, i);
        const char *endpoint = "", *mode = "";
        if (lwm2m_json_get_string(item, "endpoint", &endpoint, NULL) != LWM2M_OK) {
            return cli_fail("credential %zu has no endpoint", i + 1);
        }
        struct cli_import_device *device = cli_import_device(leshan, endpoint);
        if (device == NULL) {
            return CLI_FAILED;
        }
        bool has_mode = lwm2m_json_get_string(item, "tls.mode", &mode, NULL) == LWM2M_OK;
        if (has_mode && strcmp(mode, "psk") == 0) {
            read_psk(leshan, device, lwm2m_json_at(item, "tls.details"));
        } else if (has_mode) {
            cli_import_lose(leshan, endpoint, "tls",
                            "mode %.20s: add the device with its own key here", mode);
        }
        if (lwm2m_json_kind(lwm2m_json_at(item, "oscore")) > LWM2M_JSON_NULL) {
            cli_import_lose(leshan, endpoint, "oscore", "a bootstrap over OSCORE is not supported");
        }
    }
    return CLI_DONE;
}

/* ---- a file ---- */

enum cli_status cli_import_read(struct cli_import *leshan, const char *file)
{
    struct lwm2m_json_fault fault = {0};
    struct lwm2m_json_document *document = NULL;
    size_t len = 0;
    char *text = malloc(FILE_OCTETS_MAX);
    enum cli_status status = text != NULL
                                 ? cli_file_read("--leshan", file, text, FILE_OCTETS_MAX, &len)
                                 : cli_fail("out of memory");
    if (status == CLI_DONE) {
        document = lwm2m_json_parse(text, len, FILE_OCTETS_MAX, &fault);
    }
    if (text != NULL) {
        pki_secret_wipe(text, len);
        free(text);
    }
    if (status != CLI_DONE) {
        return status;
    }
    if (document == NULL) {
        return cli_fail("--leshan %s:%d:%d: no JSON", file, fault.line, fault.column);
    }
    const struct lwm2m_json_node *root = lwm2m_json_root(document);
    /* A document is one or the other. */
    status = lwm2m_json_kind(root) == LWM2M_JSON_ARRAY ? read_credentials(leshan, root)
                                                       : read_configs(leshan, root);
    lwm2m_json_free(document);
    return status;
}

void cli_import_clear(struct cli_import *leshan)
{
    for (size_t i = 0; i < leshan->count; i++) {
        struct cli_import_device *device = &leshan->devices[i];
        if (device->accounts != NULL) {
            pki_secret_wipe(device->accounts, IMPORT_ACCOUNTS_MAX * sizeof *device->accounts);
        }
        free(device->accounts);
        free(device->entries);
        pki_secret_wipe(device, sizeof *device);
    }
    free(leshan->devices);
    *leshan = (struct cli_import){.devices = NULL};
}
