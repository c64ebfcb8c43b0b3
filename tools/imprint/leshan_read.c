/* What one endpoint has in Leshan's documents, as plain values. */
#include "tools/imprint/leshan.h"
#include "pki/secret.h"

#include <string.h>
#include <strings.h>

#define SECONDS_MAX 2147483647
#define URI_MAX     255

static const char *const mode_words[] = {"PSK", "RPK", "X509", "NO_SEC", "EST", NULL};
static const char *const sms_words[] = {"RESERVED", "DTLS", "SPS", "NO_SEC", NULL};
static const char *const matching_words[] = {"EXACT_MATCH", "SHA256_MATCH", "SHA384_MATCH",
                                             "SHA512_MATCH", NULL};
static const char *const usage_words[] = {"CA_CONSTRAINT", "SERVICE_CERTIFICATE_CONSTRAINT",
                                          "TRUST_ANCHOR_ASSERTION", "DOMAIN_ISSUER_CERTIFICATE",
                                          NULL};

/* The algorithms that a context has without a word (RFC 8613 3.2). */
static const char *const aead_words[] = {"AES_CCM_16_64_128", NULL};
static const char *const hmac_words[] = {"HKDF_HMAC_SHA_256", "HKDF_SHA_256", NULL};

/* IDs are those of lwm2m-objects.md sections 1, 3, 4 and 5. */
static const struct cli_leshan_field security_fields[] = {
    {"uri", 0, LESHAN_TEXT, 0, URI_MAX, NULL},
    {"bootstrapServer", 1, LESHAN_BOOLEAN, 0, 1, NULL},
    {"securityMode", 2, LESHAN_WORD, 0, 0, mode_words},
    {"publicKeyOrId", 3, LESHAN_OCTETS, 0, PKI_PUBLIC_MAX, NULL},
    {"serverPublicKey", 4, LESHAN_OCTETS, 0, 16384, NULL},
    {"secretKey", 5, LESHAN_OCTETS, 0, PKI_SECRET_MAX, NULL},
    {"smsSecurityMode", 6, LESHAN_WORD, 0, 0, sms_words},
    {"smsBindingKeyParam", 7, LESHAN_OCTETS, 0, 6, NULL},
    {"smsBindingKeySecret", 8, LESHAN_OCTETS, 0, 48, NULL},
    {"serverSmsNumber", 9, LESHAN_TEXT, 0, 20, NULL},
    {"serverId", 10, LESHAN_INTEGER, 0, 65535, NULL},
    {"clientOldOffTime", 11, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"clientHoldOffTime", 11, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"bootstrapServerAccountTimeout", 12, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"matchingType", 13, LESHAN_WORD, 0, 0, matching_words},
    {"sni", 14, LESHAN_TEXT, 0, URI_MAX, NULL},
    {"certificateUsage", 15, LESHAN_WORD, 0, 0, usage_words},
    {"cipherSuite", 16, LESHAN_SUITES, 0, 0, NULL},
    {"oscoreSecurityMode", 17, LESHAN_INTEGER, 0, 65535, NULL},
    {0}};

static const struct cli_leshan_field server_fields[] = {
    {"shortId", 0, LESHAN_INTEGER, 0, 65535, NULL},
    {"lifetime", 1, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"defaultMinPeriod", 2, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"defaultMaxPeriod", 3, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"disableTimeout", 5, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"notifIfDisabled", 6, LESHAN_BOOLEAN, 0, 1, NULL},
    {"binding", 7, LESHAN_LETTERS, 0, 6, NULL},
    {"apnLink", 10, LESHAN_INTEGER, 0, 65534, NULL},
    {"registrationPriority", 13, LESHAN_INTEGER, 0, 65535, NULL},
    {"initialDelay", 14, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"registrationFailure", 15, LESHAN_BOOLEAN, 0, 1, NULL},
    {"bootstrapOnRegistrationFailure", 16, LESHAN_BOOLEAN, 0, 1, NULL},
    {"communicationRetryCount", 17, LESHAN_INTEGER, 0, 1000000, NULL},
    {"communicationRetryTimer", 18, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"communicationSequenceDelayTimer", 19, LESHAN_INTEGER, 0, SECONDS_MAX, NULL},
    {"communicationSequenceRetryCount", 20, LESHAN_INTEGER, 0, 1000000, NULL},
    {"trigger", 21, LESHAN_BOOLEAN, 0, 1, NULL},
    {"preferredTransport", 22, LESHAN_LETTERS, 0, 1, NULL},
    {"muteSend", 23, LESHAN_BOOLEAN, 0, 1, NULL},
    {0}};

static const struct cli_leshan_field oscore_fields[] = {
    {"oscoreMasterSecret", 0, LESHAN_OCTETS, 0, PKI_SECRET_MAX, NULL},
    {"oscoreSenderId", 1, LESHAN_OCTETS, 0, 64, NULL},
    {"oscoreRecipientId", 2, LESHAN_OCTETS, 0, 64, NULL},
    {"oscoreAeadAlgorithm", 3, LESHAN_NAMED, 10, 0, aead_words},
    {"oscoreHmacAlgorithm", 4, LESHAN_NAMED, -10, 0, hmac_words},
    {"oscoreMasterSalt", 5, LESHAN_OCTETS, 0, 255, NULL},
    {0}};

static const struct cli_leshan_field acl_fields[] = {
    {"objectId", 0, LESHAN_INTEGER, 0, 65534, NULL},
    {"objectInstanceId", 1, LESHAN_INTEGER, 0, 65535, NULL},
    {"AccessControlOwner", 3, LESHAN_INTEGER, 0, 65535, NULL},
    {0}};

/* ---- instances ---- */

static void read_field(struct cli_leshan_config *config, const struct cli_leshan_field *fields,
                       struct cli_leshan_place place, const struct lwm2m_json_node *node,
                       struct cli_leshan_value *values, struct cli_leshan_report *report)
{
    const struct cli_leshan_field *field = fields;
    while (field->key != NULL && strcasecmp(field->key, place.field) != 0) {
        field++;
    }
    if (lwm2m_json_kind(node) == LWM2M_JSON_NULL) {
        return;
    }
    if (field->key == NULL) {
        cli_leshan_lost(report, place, "is not known, and was not taken");
    } else if (values[field->id].is_set) {
        cli_leshan_error(report, place, "is given twice");
    } else {
        const char *wrong = cli_leshan_value(config, node, field, &values[field->id]);
        if (wrong != NULL) {
            cli_leshan_error(report, place, "%s", wrong);
        }
    }
}

/* The key of an instance as its ID; false when it is none. */
static bool instance_id(const char *key, uint16_t *id)
{
    size_t len = strlen(key);
    unsigned number = 0;
    if (len == 0 || len > 5 || strspn(key, "0123456789") != len) {
        return false;
    }
    for (; *key != '\0'; key++) {
        number = number * 10 + (unsigned)(*key - '0');
    }
    *id = (uint16_t)number;
    return number < 65535;
}

struct part {
    struct cli_leshan_config *config;
    struct cli_leshan_report *report;
    const char *name;
    const struct cli_leshan_field *fields;
};

static void read_instances(const struct part *part, const struct lwm2m_json_node *node,
                           struct cli_leshan_instances *out)
{
    void *cursor = NULL, *inner = NULL;
    const char *key = NULL;
    const struct lwm2m_json_node *child, *leaf;
    for (; (child = lwm2m_json_next(node, &cursor, &key)) != NULL; inner = NULL) {
        struct cli_leshan_place place = cli_leshan_place_of(part->config, part->name, key, NULL);
        struct cli_leshan_instance *instance = &out->items[out->count];
        uint16_t id = 0;
        if (!instance_id(key, &id) || lwm2m_json_kind(child) != LWM2M_JSON_OBJECT) {
            cli_leshan_error(part->report, place,
                             "must be an object under an instance ID, 0 to 65534");
            continue;
        }
        if (out->count == CLI_LESHAN_INSTANCES) {
            cli_leshan_error(part->report, place, "more than %d instances", CLI_LESHAN_INSTANCES);
            return;
        }
        out->count++;
        instance->key = key;
        instance->id = id;
        while ((leaf = lwm2m_json_next(child, &inner, &place.field)) != NULL) {
            read_field(part->config, part->fields, place, leaf, instance->values, part->report);
        }
    }
}

/* ---- access control ---- */

static void read_rights(const struct part *part, struct cli_leshan_place place,
                        const struct lwm2m_json_node *node, struct cli_leshan_acl *acl)
{
    void *cursor = NULL;
    const char *key = NULL;
    const struct lwm2m_json_node *child;
    if (lwm2m_json_kind(node) == LWM2M_JSON_NULL) {
        return;
    }
    if (lwm2m_json_kind(node) != LWM2M_JSON_OBJECT) {
        cli_leshan_error(part->report, place, "must be an object of short server IDs and bits");
        return;
    }
    while ((child = lwm2m_json_next(node, &cursor, &key)) != NULL) {
        int64_t bits = 0;
        uint16_t server = 0;
        /* lwm2m-objects.md 4.1 */
        if (!instance_id(key, &server) || lwm2m_json_get_int(child, "", &bits) != LWM2M_OK ||
            bits < 0 || bits > 31) {
            cli_leshan_error(part->report, place,
                             "must be short server IDs, 0 to 65534, and bits, 0 to 31");
            return;
        }
        for (size_t i = 0; i < acl->right_count; i++) {
            if (acl->rights[i].server == server) {
                cli_leshan_error(part->report, place, "gives server %u twice", (unsigned)server);
                return;
            }
        }
        if (acl->right_count == CLI_LESHAN_RIGHTS) {
            cli_leshan_error(part->report, place, "more than %d rights", CLI_LESHAN_RIGHTS);
            return;
        }
        acl->rights[acl->right_count].server = server;
        acl->rights[acl->right_count++].bits = (uint8_t)bits;
    }
}

static void read_acl(const struct part *part, const char *key, const struct lwm2m_json_node *node)
{
    struct cli_leshan_config *config = part->config;
    struct cli_leshan_place place = cli_leshan_place_of(config, part->name, key, NULL);
    struct cli_leshan_value values[CLI_LESHAN_FIELDS] = {0};
    struct cli_leshan_acl *acl = &config->acls[config->acl_count];
    void *cursor = NULL;
    const struct lwm2m_json_node *leaf;
    if (config->acl_count == CLI_LESHAN_ACLS || lwm2m_json_kind(node) != LWM2M_JSON_OBJECT) {
        cli_leshan_error(part->report, place, "must be an object, and one of at most %d",
                         CLI_LESHAN_ACLS);
        return;
    }
    config->acl_count++;
    acl->key = key;
    while ((leaf = lwm2m_json_next(node, &cursor, &place.field)) != NULL) {
        if (strcmp(place.field, "acls") == 0) {
            read_rights(part, place, leaf, acl);
        } else {
            read_field(config, part->fields, place, leaf, values, part->report);
        }
    }
    place.field = NULL;
    if (!values[0].is_set) {
        cli_leshan_error(part->report, place, "needs objectId");
    }
    acl->object = (uint16_t)values[0].number;
    acl->instance = values[1].is_set ? (uint16_t)values[1].number : UINT16_MAX;
    acl->owner = values[3].is_set ? (uint16_t)values[3].number : UINT16_MAX;
}

static void read_acls(const struct part *part, const struct lwm2m_json_node *node)
{
    void *cursor = NULL;
    const char *key = NULL;
    const struct lwm2m_json_node *child;
    size_t before = part->report->errors;
    while (before == part->report->errors &&
           (child = lwm2m_json_next(node, &cursor, &key)) != NULL) {
        read_acl(part, key, child);
    }
}

/* ---- the rest of a configuration ---- */

static void read_deletes(const struct part *part, const struct lwm2m_json_node *node)
{
    struct cli_leshan_config *config = part->config;
    struct cli_leshan_place place = cli_leshan_place_of(config, part->name, NULL, NULL);
    size_t count = lwm2m_json_count(node);
    if (lwm2m_json_kind(node) != LWM2M_JSON_ARRAY || count > CLI_LESHAN_DELETES) {
        cli_leshan_error(part->report, place, "must be a list of at most %d paths",
                         CLI_LESHAN_DELETES);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (lwm2m_json_get_string(lwm2m_json_item(node, i), "", &config->deletes[i], NULL) !=
            LWM2M_OK) {
            cli_leshan_error(part->report, place, "must be a list of paths");
            return;
        }
    }
    config->delete_count = count;
}

/* A number, a name, or an object with its code. */
static void read_format(const struct part *part, const struct lwm2m_json_node *node)
{
    static const struct {
        const char *name;
        int64_t number;
    } names[] = {{"TLV", 11542},        {"JSON", 11543},   {"SENML_JSON", 110}, {"SENML_CBOR", 112},
                 {"LWM2M_CBOR", 11544}, {"OLD_TLV", 1542}, {"OLD_JSON", 1543}};
    struct cli_leshan_config *config = part->config;
    const char *text = NULL;
    if (lwm2m_json_get_int(node, "", &config->format) == LWM2M_OK ||
        lwm2m_json_get_int(node, "code", &config->format) == LWM2M_OK) {
        return;
    }
    if (lwm2m_json_get_string(node, "", &text, NULL) == LWM2M_OK ||
        lwm2m_json_get_string(node, "name", &text, NULL) == LWM2M_OK) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strcasecmp(names[i].name, text) == 0) {
                config->format = names[i].number;
                return;
            }
        }
    }
    cli_leshan_error(part->report, cli_leshan_place_of(config, part->name, NULL, NULL),
                     "must be the number or the name of a content format");
}

static void read_part(struct part *part, const struct lwm2m_json_node *node)
{
    struct cli_leshan_config *config = part->config;
    const struct {
        const char *name;
        const struct cli_leshan_field *fields;
        struct cli_leshan_instances *out;
    } maps[] = {{"security", security_fields, &config->security},
                {"servers", server_fields, &config->servers},
                {"oscore", oscore_fields, &config->oscore},
                {"acls", acl_fields, NULL}};
    struct cli_leshan_place place = cli_leshan_place_of(config, part->name, NULL, NULL);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (strcmp(part->name, maps[i].name) != 0) {
            continue;
        }
        part->fields = maps[i].fields;
        if (lwm2m_json_kind(node) != LWM2M_JSON_OBJECT) {
            cli_leshan_error(part->report, place, "must be an object of instances");
        } else if (maps[i].out != NULL) {
            read_instances(part, node, maps[i].out);
        } else {
            read_acls(part, node);
        }
        return;
    }
    if (strcmp(part->name, "toDelete") == 0) {
        read_deletes(part, node);
    } else if (strcmp(part->name, "contentFormat") == 0) {
        read_format(part, node);
    } else if (strcmp(part->name, "autoIdForSecurityObject") != 0) {
        /* That one asks for what a plan always does: IDs are chosen from those that are free. */
        cli_leshan_lost(part->report, place, "is not known, and was not taken");
    }
}

static void read_config(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                        struct cli_leshan_report *report)
{
    struct part part = {.config = config, .report = report};
    void *cursor = NULL;
    const struct lwm2m_json_node *child;
    if (lwm2m_json_kind(node) != LWM2M_JSON_OBJECT) {
        cli_leshan_error(report, config->place, "must be an object");
        return;
    }
    while ((child = lwm2m_json_next(node, &cursor, &part.name)) != NULL) {
        if (lwm2m_json_kind(child) != LWM2M_JSON_NULL) {
            read_part(&part, child);
        }
    }
}

bool cli_leshan_read(const struct cli_leshan_item *item, struct cli_leshan_config *config,
                     struct cli_leshan_report *report)
{
    size_t before = report->errors;
    cli_leshan_config_wipe(config);
    config->format = -1;
    config->place = (struct cli_leshan_place){.file = item->file, .endpoint = item->endpoint};
    config->login_place =
        (struct cli_leshan_place){.file = item->login_file, .entry = item->login_entry};
    if (item->config != NULL) {
        config->has_config = true;
        read_config(config, item->config, report);
    }
    if (item->login != NULL) {
        config->has_login = true;
        cli_leshan_login(config, item->login, report);
    }
    return report->errors == before;
}

void cli_leshan_config_wipe(struct cli_leshan_config *config)
{
    pki_secret_wipe(config, sizeof *config);
}
