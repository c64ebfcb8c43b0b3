/* Which devices of Leshan are alike. */
#include "tools/imprint/import.h"

#include <stdlib.h>
#include <string.h>

void cli_import_uri_attribute(uint16_t server_id, char out[static PKI_ATTRIBUTE_NAME_MAX + 1])
{
    snprintf(out, PKI_ATTRIBUTE_NAME_MAX + 1, "leshan-uri-%u", (unsigned)server_id);
}

/* Octets of URI up to and with "://"; 0: it has no scheme. */
static size_t scheme_len(const char *uri)
{
    const char *colon = strstr(uri, "://");
    return colon != NULL ? (size_t)(colon - uri) + 3 : 0;
}

bool cli_import_uri_differs(const struct cli_import *leshan,
                            const struct cli_import_account *account, const char **authority)
{
    *authority = account->uri + scheme_len(account->uri);
    for (size_t i = 0; i < leshan->count; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        for (size_t j = 0; j < device->account_count && !device->is_left_out; j++) {
            if (device->accounts[j].server_id == account->server_id &&
                strcmp(device->accounts[j].uri, account->uri) != 0) {
                return true;
            }
        }
    }
    return false;
}

/* What of a server is the same for all its devices: its URI may differ behind the scheme. */
static bool is_same_server(const struct cli_import_account *a, const struct cli_import_account *b)
{
    size_t scheme = scheme_len(a->uri);
    /* An attribute may stand for host and port, and for no more. */
    bool is_same_uri =
        strcmp(a->uri, b->uri) == 0 ||
        (scheme > 0 && strncmp(a->uri, b->uri, scheme) == 0 &&
         strpbrk(a->uri + scheme, "/?") == NULL && strpbrk(b->uri + scheme, "/?") == NULL);
    return is_same_uri && strcmp(a->binding, b->binding) == 0 &&
           strcmp(a->transport, b->transport) == 0 && strcmp(a->sni, b->sni) == 0 &&
           strcmp(a->sms_number, b->sms_number) == 0 &&
           memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0 && a->usage == b->usage &&
           a->matching == b->matching && a->suite == b->suite && a->sms_mode == b->sms_mode &&
           a->trust_len == b->trust_len && memcmp(a->trust, b->trust, a->trust_len) == 0;
}

static bool is_same_grant(const struct cli_import_account *a, const struct cli_import_account *b)
{
    return a->server_id == b->server_id && a->mode == b->mode && a->instance == b->instance &&
           a->has_oscore == b->has_oscore && a->has_sms == b->has_sms;
}

static bool is_alike(const struct cli_import_device *a, const struct cli_import_device *b)
{
    bool is_same = a->account_count == b->account_count && a->entry_count == b->entry_count &&
                   a->delete_count == b->delete_count && a->format == b->format;
    for (size_t i = 0; i < a->account_count && is_same; i++) {
        is_same = is_same_grant(&a->accounts[i], &b->accounts[i]);
    }
    for (size_t i = 0; i < a->delete_count && is_same; i++) {
        is_same = lwm2m_path_compare(a->deletes[i], b->deletes[i]) == 0;
    }
    return is_same && (a->entry_count == 0 ||
                       memcmp(a->entries, b->entries, a->entry_count * sizeof *a->entries) == 0);
}

/* The account by which server ID became known; NULL: none so far. */
static const struct cli_import_account *first_of(const struct cli_import *leshan, size_t before,
                                                 uint16_t server_id)
{
    for (size_t i = 0; i < before; i++) {
        const struct cli_import_device *device = &leshan->devices[i];
        for (size_t j = 0; j < device->account_count && !device->is_left_out; j++) {
            if (device->accounts[j].server_id == server_id) {
                return &device->accounts[j];
            }
        }
    }
    return NULL;
}

static void check(struct cli_import *leshan, size_t index)
{
    struct cli_import_device *device = &leshan->devices[index];
    if (device->account_count == 0 && !device->is_left_out) {
        cli_import_lose(leshan, device->endpoint, "security", "no LwM2M server: left out");
        device->is_left_out = true;
    }
    for (size_t i = 0; i < device->account_count && !device->is_left_out; i++) {
        const struct cli_import_account *account = &device->accounts[i];
        const struct cli_import_account *first = first_of(leshan, index, account->server_id);
        if (first != NULL && !is_same_server(first, account)) {
            cli_import_lose(leshan, device->endpoint, "servers",
                            "server %u is not as it is for others: the device is left out",
                            (unsigned)account->server_id);
            device->is_left_out = true;
        }
    }
}

size_t cli_import_group(struct cli_import *leshan)
{
    size_t count = 0;
    size_t *first = calloc(leshan->count + 1, sizeof *first);
    for (size_t i = 0; i < leshan->count && first != NULL; i++) {
        struct cli_import_device *device = &leshan->devices[i];
        size_t policy = 0;
        if (!device->has_config) {
            continue;
        }
        check(leshan, i);
        while (!device->is_left_out && policy < count &&
               !is_alike(&leshan->devices[first[policy]], device)) {
            policy++;
        }
        if (!device->is_left_out && policy == count) {
            first[count++] = i;
        }
        device->policy = policy;
    }
    free(first);
    return count;
}
