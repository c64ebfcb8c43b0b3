/*
 * The configurations of Leshan's bootstrap server, for import: its JSON -> devices -> a policy file
 * and what goes to the store.
 *
 * A file is either `{"<endpoint>": configuration}` or the list of its credentials API
 * (clients.md, "Leshan's bootstrap configuration JSON"). What cannot be expressed is told, field by
 * field, and counted. Holds secrets: cli_import_clear wipes.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "tools/imprint/command.h"
#include "bootstrap/lwm2m/json.h"
#include "pki/record.h"

#define IMPORT_ACCOUNTS_MAX 8
#define IMPORT_ENTRIES_MAX  64
#define IMPORT_RIGHTS_MAX   8
#define IMPORT_DELETES_MAX  16
#define IMPORT_TEXT         (255 + 1)
#define IMPORT_NUMBERS      16 /* see cli_import_numbers */
#define IMPORT_UNSET        INT64_MIN

/* A number or truth of /1 with its key here. */
struct cli_import_number {
    const char *leshan; /* its key there */
    const char *key;    /* of `servers` in a policy */
    bool is_time;       /* in seconds */
    bool is_boolean;
};
extern const struct cli_import_number cli_import_numbers[IMPORT_NUMBERS];

/* One LwM2M server of a device: an instance of /0 with its /1. */
struct cli_import_account {
    uint16_t server_id;
    uint16_t instance; /* of /1, for access entries; 65535: none */
    char uri[IMPORT_TEXT];
    char binding[8], transport[2], sni[IMPORT_TEXT], sms_number[24];
    enum pki_mode mode; /* NONE: no security */
    int64_t numbers[IMPORT_NUMBERS];
    int64_t usage, matching, suite, sms_mode;
    bool has_oscore, has_sms;
    struct pki_credential own, oscore, sms; /* device_id 0; of MODE, OSCORE, SMS */
    uint8_t trust[PKI_PUBLIC_MAX];          /* the server's certificate or public key */
    size_t trust_len;
};

struct cli_import_right {
    uint16_t server_id;
    uint8_t mask;
};

/* An instance of /2. */
struct cli_import_entry {
    uint16_t object, instance, owner;
    struct cli_import_right rights[IMPORT_RIGHTS_MAX];
    size_t right_count;
};

struct cli_import_device {
    char endpoint[PKI_ENDPOINT_MAX + 1];
    bool has_config;
    struct cli_import_account *accounts;
    size_t account_count;
    struct cli_import_entry *entries;
    size_t entry_count;
    struct lwm2m_path deletes[IMPORT_DELETES_MAX];
    size_t delete_count;
    uint16_t format;          /* LWM2M_FORMAT_NONE: none named */
    struct pki_device record; /* its own credential here; auth NONE: not given */
    size_t policy;            /* set by cli_import_group */
    bool is_left_out;         /* told why */
};

struct cli_import {
    struct cli_import_device *devices;
    size_t count, capacity;
    size_t lost; /* fields that cannot be expressed */
    size_t secrets;
};

/* Reads FILE into LESHAN, over what is there. CLI_FAILED: it is not such a file; why was said. */
enum cli_status cli_import_read(struct cli_import *leshan, const char *file);
/* Wipes and frees. */
void cli_import_clear(struct cli_import *leshan);
/* The device called ENDPOINT, added when there is none; NULL: too long, or out of memory (said). */
struct cli_import_device *cli_import_device(struct cli_import *leshan, const char *endpoint);
/* Says that FIELD of ENDPOINT is not imported, and why; counts it. */
void cli_import_lose(struct cli_import *leshan, const char *endpoint, const char *field,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The accounts of CONFIG, `security` with its `servers` and `oscore`, into DEVICE. */
void cli_import_read_accounts(struct cli_import *leshan, struct cli_import_device *device,
                              const struct lwm2m_json_node *config);
/* Octets: a list of numbers, signed or not, or Base64. False: none, or too many. */
bool cli_import_octets(const struct lwm2m_json_node *node, uint8_t *out, size_t capacity,
                       size_t *len);

/* Devices with equal configurations get one policy: the number of policies. */
size_t cli_import_group(struct cli_import *leshan);
/*
 * The policies of LESHAN, COUNT of them, as a policy file to FILE. Certificates and public keys of
 * servers are named as files beside it; without HAS_FOLDER they are told as lost.
 */
void cli_import_write(struct cli_import *leshan, size_t count, FILE *file, bool has_folder);
/* Writes these files beside PATH. */
enum cli_status cli_import_write_trust(const struct cli_import *leshan, const char *path);
/* Devices and secrets into the store of CALL, in one transaction. */
enum cli_status cli_import_store(struct cli_import *leshan, struct cli_call *call);
/* Name of the attribute that holds what differs of server ID's URI from device to device. */
void cli_import_uri_attribute(uint16_t server_id, char out[static PKI_ATTRIBUTE_NAME_MAX + 1]);
/* Whether the URI of ACCOUNT's server differs between devices; *AUTHORITY follows its scheme. */
bool cli_import_uri_differs(const struct cli_import *leshan,
                            const struct cli_import_account *account, const char **authority);

#endif
