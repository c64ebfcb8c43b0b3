/* Accounts of Leshan: `security` with the `servers` and `oscore` that belong to it. */
#include "tools/imprint/import.h"

#include "pki/private_key.h"

#include <stdlib.h>
#include <string.h>

const struct cli_import_number cli_import_numbers[IMPORT_NUMBERS] = {
    {"lifetime", "lifetime", true, false},
    {"defaultMinPeriod", "pmin", true, false},
    {"defaultMaxPeriod", "pmax", true, false},
    {"disableTimeout", "disable-timeout", true, false},
    {"notifIfDisabled", "store-notifications", false, true},
    {"apnLink", "apn", false, false},
    {"registrationPriority", "registration-order", false, false},
    {"initialDelay", "registration-delay", true, false},
    {"registrationFailure", "registration-failure-blocks", false, true},
    {"bootstrapOnRegistrationFailure", "bootstrap-on-registration-failure", false, true},
    {"communicationRetryCount", "retry-count", false, false},
    {"communicationRetryTimer", "retry-timer", true, false},
    {"communicationSequenceDelayTimer", "sequence-delay", true, false},
    {"communicationSequenceRetryCount", "sequence-count", false, false},
    {"trigger", "trigger", false, true},
    {"muteSend", "mute-send", false, true},
};

/* What is being read, for messages. */
struct reading {
    struct cli_import *leshan;
    struct cli_import_device *device;
    const char *field;
};

/* A word of an enum as its ordinal, or the ordinal itself; -1: neither. */
static int64_t ordinal(const struct lwm2m_json_node *node, const char *path,
                       const char *const *words, size_t count, int64_t absent)
{
    const char *text;
    int64_t number = -1;
    const struct lwm2m_json_node *at = lwm2m_json_at(node, path);
    if (lwm2m_json_kind(at) <= LWM2M_JSON_NULL) {
        return absent;
    }
    if (lwm2m_json_get_int(at, "", &number) == LWM2M_OK) {
        return number >= 0 && (size_t)number < count ? number : -1;
    }
    if (lwm2m_json_get_string(at, "", &text, NULL) == LWM2M_OK) {
        for (size_t i = 0; i < count; i++) {
            number = strcmp(words[i], text) == 0 ? (int64_t)i : number;
        }
    }
    return number;
}

static void copy_text(const struct reading *reading, const struct lwm2m_json_node *node,
                      const char *key, char *out, size_t capacity)
{
    const char *text = "";
    size_t len = 0;
    if (lwm2m_json_kind(lwm2m_json_at(node, key)) <= LWM2M_JSON_NULL) {
        return;
    }
    if (lwm2m_json_get_string(node, key, &text, &len) != LWM2M_OK || len >= capacity ||
        strpbrk(text, "{}\"\\\n") != NULL) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "'%s' is no text, or too long", key);
        return;
    }
    memcpy(out, text, len);
}

static void copy_octets(const struct reading *reading, const struct lwm2m_json_node *node,
                        const char *key, uint8_t *out, size_t capacity, size_t *len)
{
    if (!cli_import_octets(lwm2m_json_at(node, key), out, capacity, len)) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "'%s' are no octets, or more than %zu", key, capacity);
    }
}

/* ---- /1 ---- */

static void read_binding(const struct reading *reading, const struct lwm2m_json_node *server,
                         struct cli_import_account *account)
{
    const struct lwm2m_json_node *list = lwm2m_json_at(server, "binding");
    if (lwm2m_json_kind(list) != LWM2M_JSON_ARRAY) {
        copy_text(reading, server, "binding", account->binding, sizeof account->binding);
        return;
    }
    for (size_t i = 0; i < lwm2m_json_count(list) && i < sizeof account->binding - 1; i++) {
        const char *letter = "";
        (void)(lwm2m_json_get_string(lwm2m_json_item(list, i), "", &letter, NULL) == LWM2M_OK);
        account->binding[i] = letter[0];
    }
}

static void read_server(const struct reading *reading, const struct lwm2m_json_node *server,
                        struct cli_import_account *account)
{
    for (size_t i = 0; i < IMPORT_NUMBERS; i++) {
        const struct lwm2m_json_node *node = lwm2m_json_at(server, cli_import_numbers[i].leshan);
        bool is_true = false;
        if (lwm2m_json_kind(node) <= LWM2M_JSON_NULL) {
            continue;
        }
        if (lwm2m_json_get_bool(node, "", &is_true) == LWM2M_OK) {
            account->numbers[i] = is_true;
        } else if (lwm2m_json_get_int(node, "", &account->numbers[i]) != LWM2M_OK) {
            cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                            "'%s' is no number", cli_import_numbers[i].leshan);
        }
    }
    read_binding(reading, server, account);
    copy_text(reading, server, "preferredTransport", account->transport, sizeof account->transport);
}

/* The /1 of the account, by its short server ID. */
static void find_server(const struct reading *reading, const struct lwm2m_json_node *config,
                        struct cli_import_account *account)
{
    const struct lwm2m_json_node *server;
    void *cursor = NULL;
    const char *key;
    while ((server = lwm2m_json_next(lwm2m_json_at(config, "servers"), &cursor, &key)) != NULL) {
        int64_t id = -1;
        if (lwm2m_json_get_int(server, "shortId", &id) == LWM2M_OK && id == account->server_id) {
            account->instance = (uint16_t)strtoul(key, NULL, 10);
            read_server(reading, server, account);
            return;
        }
    }
    cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                    "there is no server %u under 'servers': the defaults count",
                    (unsigned)account->server_id);
}

/* ---- /21 ---- */

static bool put_id(struct pki_credential *to, const uint8_t *id, size_t len)
{
    if (to->identity_len + 1 + len > PKI_IDENTITY_MAX) {
        return false;
    }
    to->identity[to->identity_len++] = (uint8_t)len;
    memcpy(to->identity + to->identity_len, id, len);
    to->identity_len += len;
    return true;
}

/* A stored context has the default algorithms (RFC 8613 3.2): others would have to be written. */
static void check_algorithms(const struct reading *reading, const struct lwm2m_json_node *node)
{
    static const struct {
        const char *key, *word;
        int64_t number;
    } rows[] = {{"oscoreAeadAlgorithm", "AES_CCM_16_64_128", 10},
                {"oscoreHmacAlgorithm", "HKDF_HMAC_SHA_256", -10}};
    for (size_t i = 0; i < 2; i++) {
        const struct lwm2m_json_node *at = lwm2m_json_at(node, rows[i].key);
        const char *word = "";
        int64_t number = 0;
        bool is_usual =
            lwm2m_json_kind(at) <= LWM2M_JSON_NULL ||
            (lwm2m_json_get_int(at, "", &number) == LWM2M_OK && number == rows[i].number) ||
            (lwm2m_json_get_string(at, "", &word, NULL) == LWM2M_OK &&
             strcmp(word, rows[i].word) == 0);
        if (!is_usual) {
            cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                            "'%s' is not %s", rows[i].key, rows[i].word);
        }
    }
}

static void read_oscore(const struct reading *reading, const struct lwm2m_json_node *config,
                        int64_t instance, struct cli_import_account *account)
{
    char key[32];
    uint8_t sender[PKI_IDENTITY_MAX], recipient[PKI_IDENTITY_MAX];
    size_t sender_len = 0, recipient_len = 0;
    struct pki_credential *to = &account->oscore;
    snprintf(key, sizeof key, "oscore.%lld", (long long)instance);
    const struct lwm2m_json_node *node = lwm2m_json_at(config, key);
    copy_octets(reading, node, "oscoreSenderId", sender, sizeof sender, &sender_len);
    copy_octets(reading, node, "oscoreRecipientId", recipient, sizeof recipient, &recipient_len);
    copy_octets(reading, node, "oscoreMasterSecret", to->secret, sizeof to->secret,
                &to->secret_len);
    copy_octets(reading, node, "oscoreMasterSalt", to->public_part, PKI_IDENTITY_MAX,
                &to->public_len);
    check_algorithms(reading, node);
    to->mode = PKI_MODE_OSCORE;
    account->has_oscore = to->secret_len > 0 && put_id(to, sender, sender_len) &&
                          put_id(to, recipient, recipient_len);
    if (!account->has_oscore) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "oscore %lld is missing or has no master secret", (long long)instance);
    }
    reading->leshan->secrets += account->has_oscore;
}

/* ---- /0 ---- */

static void read_keys(const struct reading *reading, const struct lwm2m_json_node *security,
                      struct cli_import_account *account)
{
    static const char *const modes[] = {"PSK", "RPK", "X509", "NO_SEC", "EST"};
    static const enum pki_mode ours[] = {PKI_MODE_PSK, PKI_MODE_RPK, PKI_MODE_X509, PKI_MODE_NONE};
    struct pki_credential *own = &account->own;
    bool is_psk;
    int64_t mode = ordinal(security, "securityMode", modes, 5, 3);
    if (mode < 0 || mode > 3) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "this securityMode cannot be imported");
        reading->device->is_left_out = true;
        return;
    }
    account->mode = own->mode = ours[mode];
    is_psk = account->mode == PKI_MODE_PSK;
    if (account->mode == PKI_MODE_NONE) {
        return;
    }
    copy_octets(reading, security, "publicKeyOrId", is_psk ? own->identity : own->public_part,
                is_psk ? PKI_IDENTITY_MAX : PKI_PUBLIC_MAX,
                is_psk ? &own->identity_len : &own->public_len);
    copy_octets(reading, security, "secretKey", own->secret, is_psk ? PKI_PSK_MAX : PKI_SECRET_MAX,
                &own->secret_len);
    if (!is_psk) {
        (void)pki_private_key_normalize(own->secret, sizeof own->secret, &own->secret_len);
    }
    if (own->secret_len == 0) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field, "no secretKey");
    }
    reading->leshan->secrets += own->secret_len > 0;
    if (!is_psk) {
        copy_octets(reading, security, "serverPublicKey", account->trust, sizeof account->trust,
                    &account->trust_len);
    }
}

static void read_sms(const struct reading *reading, const struct lwm2m_json_node *security,
                     struct cli_import_account *account)
{
    static const char *const modes[] = {"UNKNOWN", "DTLS", "SPS", "NO_SEC"};
    struct pki_credential *to = &account->sms;
    char number[24] = "";
    copy_text(reading, security, "serverSmsNumber", number, sizeof number);
    if (number[0] == '\0') {
        return;
    }
    account->sms_mode = ordinal(security, "smsSecurityMode", modes, 4, 3);
    memcpy(account->sms_number, number + (number[0] == '+'), strlen(number + (number[0] == '+')));
    copy_octets(reading, security, "smsBindingKeyParam", to->identity, 6, &to->identity_len);
    copy_octets(reading, security, "smsBindingKeySecret", to->secret, 48, &to->secret_len);
    to->mode = PKI_MODE_SMS;
    account->has_sms = to->secret_len > 0;
    reading->leshan->secrets += account->has_sms;
    if (account->sms_mode < 1) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "this smsSecurityMode cannot be imported");
        account->sms_number[0] = '\0';
    }
}

static void read_extras(const struct reading *reading, const struct lwm2m_json_node *security,
                        struct cli_import_account *account)
{
    static const char *const usages[] = {"CA_CONSTRAINT", "SERVICE_CERTIFICATE_CONSTRAINT",
                                         "TRUST_ANCHOR_ASSERTION", "DOMAIN_ISSUER_CERTIFICATE"};
    static const char *const matchings[] = {"EXACT_MATCH", "SHA256", "SHA384", "SHA512"};
    account->usage = ordinal(security, "certificateUsage", usages, 4, IMPORT_UNSET);
    account->matching = ordinal(security, "matchingType", matchings, 4, IMPORT_UNSET);
    (void)(lwm2m_json_get_int(security, "cipherSuite", &account->suite) == LWM2M_OK ||
           lwm2m_json_get_int(security, "cipherSuite.valueForSecurityObject", &account->suite) ==
               LWM2M_OK);
    copy_text(reading, security, "sni", account->sni, sizeof account->sni);
    if (account->usage == -1 || account->matching == -1) {
        cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                        "certificateUsage or matchingType is not known");
    }
}

static void tell_unknown(const struct reading *reading, const struct lwm2m_json_node *security)
{
    static const char *const known[] = {"uri",
                                        "bootstrapServer",
                                        "securityMode",
                                        "publicKeyOrId",
                                        "serverPublicKey",
                                        "secretKey",
                                        "smsSecurityMode",
                                        "smsBindingKeyParam",
                                        "smsBindingKeySecret",
                                        "serverSmsNumber",
                                        "serverId",
                                        "clientOldOffTime",
                                        "clientHoldOffTime",
                                        "bootstrapServerAccountTimeout",
                                        "matchingType",
                                        "sni",
                                        "certificateUsage",
                                        "cipherSuite",
                                        "oscoreSecurityMode"};
    void *cursor = NULL;
    const char *key;
    while (lwm2m_json_next(security, &cursor, &key) != NULL) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            is_known = is_known || strcmp(known[i], key) == 0;
        }
        if (!is_known) {
            cli_import_lose(reading->leshan, reading->device->endpoint, reading->field,
                            "'%.40s' is not known", key);
        }
    }
}

static void read_account(const struct reading *reading, const struct lwm2m_json_node *config,
                         const struct lwm2m_json_node *security)
{
    struct cli_import_device *device = reading->device;
    struct cli_import_account *account = &device->accounts[device->account_count];
    int64_t id = -1, oscore = LWM2M_ID_NONE;
    if (lwm2m_json_get_int(security, "serverId", &id) != LWM2M_OK || id < 1 || id > LWM2M_ID_MAX) {
        cli_import_lose(reading->leshan, device->endpoint, reading->field,
                        "no serverId of 1 to 65534");
        device->is_left_out = true;
        return;
    }
    *account = (struct cli_import_account){
        .server_id = (uint16_t)id, .instance = LWM2M_ID_NONE, .suite = IMPORT_UNSET};
    for (size_t i = 0; i < IMPORT_NUMBERS; i++) {
        account->numbers[i] = IMPORT_UNSET;
    }
    device->account_count++;
    copy_text(reading, security, "uri", account->uri, sizeof account->uri);
    read_keys(reading, security, account);
    read_sms(reading, security, account);
    read_extras(reading, security, account);
    find_server(reading, config, account);
    tell_unknown(reading, security);
    if (lwm2m_json_get_int(security, "oscoreSecurityMode", &oscore) == LWM2M_OK &&
        oscore != LWM2M_ID_NONE) {
        read_oscore(reading, config, oscore, account);
    }
}

void cli_import_read_accounts(struct cli_import *leshan, struct cli_import_device *device,
                              const struct lwm2m_json_node *config)
{
    const struct lwm2m_json_node *security;
    void *cursor = NULL;
    const char *key;
    char field[48];
    device->accounts = calloc(IMPORT_ACCOUNTS_MAX, sizeof *device->accounts);
    while (device->accounts != NULL &&
           (security = lwm2m_json_next(lwm2m_json_at(config, "security"), &cursor, &key)) != NULL) {
        struct reading reading = {leshan, device, field};
        bool is_bootstrap = false;
        snprintf(field, sizeof field, "security %.20s", key);
        (void)(lwm2m_json_get_bool(security, "bootstrapServer", &is_bootstrap) == LWM2M_OK);
        if (is_bootstrap) {
            /* The device has it: it came by it. */
            continue;
        }
        if (device->account_count == IMPORT_ACCOUNTS_MAX) {
            cli_import_lose(leshan, device->endpoint, field, "more than %d servers",
                            IMPORT_ACCOUNTS_MAX);
            return;
        }
        read_account(&reading, config, security);
    }
}
