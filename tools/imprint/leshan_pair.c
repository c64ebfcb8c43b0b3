/* Which instances of an endpoint belong together, and what contradicts. */
#include "tools/imprint/leshan.h"

#include <string.h>
#include <strings.h>

enum { URI, BOOTSTRAP, MODE, IDENTITY, TRUST, SECRET, SMS_MODE, SMS_PARAM, SMS_SECRET, SMS_NUMBER };
enum { SERVER_ID = 10, HOLD_OFF, TIMEOUT, OSCORE_LINK = 17 };
enum { PMIN = 2, PMAX = 3, BINDING = 7, TRANSPORT = 22 };
enum { OSCORE_SECRET, OSCORE_SENDER, OSCORE_RECIPIENT, OSCORE_AEAD, OSCORE_HMAC, OSCORE_SALT };
enum { SMS_RESERVED, SMS_DTLS, SMS_PACKET, SMS_NONE };
enum { NO_OBJECT = 65535, OSCORE_ID_OCTETS = 7 };

struct pairing {
    const struct cli_leshan_config *config;
    struct cli_leshan_accounts *accounts;
    struct cli_leshan_report *report;
    bool is_linked[CLI_LESHAN_INSTANCES]; /* of oscore */
};

static struct cli_leshan_place at(const struct pairing *pairing, const char *part,
                                  const struct cli_leshan_instance *instance, const char *field)
{
    return cli_leshan_place_of(pairing->config, part, instance->key, field);
}

/* An error at FIELD of SECURITY unless IS_GOOD. */
static void need(const struct pairing *pairing, const struct cli_leshan_instance *security,
                 bool is_good, const char *field, const char *what)
{
    if (!is_good) {
        cli_leshan_error(pairing->report, at(pairing, "security", security, field), "%s", what);
    }
}

/* ---- keys ---- */

/* DER of one value and nothing behind it. */
static bool is_der(const struct cli_leshan_value *value)
{
    const uint8_t *data = value->octets;
    size_t head = 2, len;
    if (value->len < 2 || data[0] != 0x30) {
        return false;
    }
    len = data[1];
    if (len > 0x80) {
        head += len & 0x7f;
        len = 0;
        for (size_t i = 2; i < head && head <= 4 && head <= value->len; i++) {
            len = len << 8 | data[i];
        }
    }
    return value->len == head + len;
}

/* NO_SEC: what is there besides is not used, and a secret must not vanish in silence. */
static void tell_unused(const struct pairing *pairing, const struct cli_leshan_instance *security)
{
    static const char *const fields[] = {"publicKeyOrId", "serverPublicKey", "secretKey"};
    for (unsigned i = 0; i < 3; i++) {
        if (cli_leshan_has(security, IDENTITY + i)) {
            cli_leshan_lost(pairing->report, at(pairing, "security", security, fields[i]),
                            "has no use with NO_SEC: not taken");
        }
    }
}

static void check_psk(const struct pairing *pairing, const struct cli_leshan_instance *security)
{
    size_t identity = cli_leshan_at(security, IDENTITY)->len;
    size_t key = cli_leshan_at(security, SECRET)->len;
    need(pairing, security, identity >= 1 && identity <= PKI_IDENTITY_MAX, "publicKeyOrId",
         "must be a PSK identity of 1 to 255 octets");
    need(pairing, security, key >= PKI_PSK_MIN && key <= PKI_PSK_MAX, "secretKey",
         "must be a key of 8 to 64 octets");
    if (cli_leshan_has(security, TRUST)) {
        cli_leshan_note(pairing->report, at(pairing, "security", security, "serverPublicKey"),
                        "has no use with a PSK: not taken");
    }
}

static void check_keys(const struct pairing *pairing, const struct cli_leshan_instance *security)
{
    int64_t mode = cli_leshan_number(security, MODE, -1);
    need(pairing, security, mode != -1, "securityMode", "is missing");
    need(pairing, security, mode != LESHAN_EST, "securityMode",
         "is EST, which no policy can say yet");
    if (mode == LESHAN_NO_SEC) {
        tell_unused(pairing, security);
    } else if (mode == LESHAN_PSK) {
        check_psk(pairing, security);
    } else if (mode == LESHAN_RPK || mode == LESHAN_X509) {
        need(pairing, security, is_der(cli_leshan_at(security, IDENTITY)), "publicKeyOrId",
             "must be the device's certificate or public key, DER");
        need(pairing, security, is_der(cli_leshan_at(security, TRUST)), "serverPublicKey",
             "must be the server's certificate or public key, DER");
        need(pairing, security, cli_leshan_has(security, SECRET), "secretKey", "is missing");
    }
}

/* lwm2m-objects.md section 8, rule 1: the scheme fits the mode. */
static void check_uri(const struct pairing *pairing, const struct cli_leshan_instance *security)
{
    const struct cli_leshan_value *uri = cli_leshan_at(security, URI);
    bool is_secure = uri->len > 0 && (strncasecmp(uri->text, "coaps://", 8) == 0 ||
                                      strncasecmp(uri->text, "coaps+tcp://", 12) == 0);
    bool is_plain = uri->len > 0 && (strncasecmp(uri->text, "coap://", 7) == 0 ||
                                     strncasecmp(uri->text, "coap+tcp://", 11) == 0);
    bool needs_plain = cli_leshan_number(security, MODE, -1) == LESHAN_NO_SEC;
    need(pairing, security, is_secure || is_plain, "uri",
         "must begin with coaps://, coap://, coaps+tcp:// or coap+tcp://");
    need(pairing, security, !is_secure || !needs_plain, "uri",
         "is secure, but securityMode NO_SEC");
    need(pairing, security, !is_plain || needs_plain, "uri",
         "is without security, which contradicts securityMode");
}

/* ---- servers (lwm2m-objects.md section 3) ---- */

static bool has_sound_letters(const struct cli_leshan_value *value, const char *letters)
{
    bool is_sound = true;
    for (size_t i = 0; value->is_set && i < value->len; i++) {
        is_sound = is_sound && strchr(letters, value->text[i]) != NULL &&
                   strchr(value->text + i + 1, value->text[i]) == NULL;
    }
    return is_sound;
}

static void check_server(const struct pairing *pairing, const struct cli_leshan_instance *server)
{
    int64_t pmin = cli_leshan_number(server, PMIN, 0), pmax = cli_leshan_number(server, PMAX, 0);
    const struct {
        bool is_good;
        const char *field, *what;
    } rules[] = {
        {has_sound_letters(cli_leshan_at(server, BINDING), "UTSNQMH"), "binding",
         "must be letters of U, T, S, N, Q, M, H, each once"},
        {has_sound_letters(cli_leshan_at(server, TRANSPORT), "UTSNMH"), "preferredTransport",
         "must be one of U, T, S, N, M, H"},
        {pmin == 0 || pmax == 0 || pmin <= pmax, "defaultMinPeriod", "exceeds defaultMaxPeriod"}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!rules[i].is_good) {
            cli_leshan_error(pairing->report, at(pairing, "servers", server, rules[i].field), "%s",
                             rules[i].what);
        }
    }
}

/* ---- SMS (lwm2m-objects.md section 1, resources 6 to 9) ---- */

static void check_sms_number(const struct pairing *pairing,
                             const struct cli_leshan_instance *security)
{
    const struct cli_leshan_value *number = cli_leshan_at(security, SMS_NUMBER);
    const char *digits = number->text + (number->text[0] == '+');
    size_t len = strlen(digits);
    need(pairing, security, len >= 3 && strspn(digits, "0123456789") == len, "serverSmsNumber",
         "must be 3 to 20 digits, perhaps behind +");
}

static void check_sms(const struct pairing *pairing, const struct cli_leshan_instance *security)
{
    int64_t mode = cli_leshan_number(security, SMS_MODE, SMS_NONE);
    size_t secret = cli_leshan_at(security, SMS_SECRET)->len;
    bool has_number = cli_leshan_has(security, SMS_NUMBER);
    if (has_number) {
        check_sms_number(pairing, security);
    }
    if (cli_leshan_has_sms_keys(security)) {
        need(pairing, security, cli_leshan_at(security, SMS_PARAM)->len == 6, "smsBindingKeyParam",
             "must be 6 octets");
        need(pairing, security, secret == 16 || secret == 32 || secret == 48, "smsBindingKeySecret",
             "must be 16, 32 or 48 octets");
    } else if (secret > 0) {
        cli_leshan_lost(pairing->report, at(pairing, "security", security, "smsBindingKeySecret"),
                        "has no use without serverSmsNumber and a smsSecurityMode: not taken");
    }
    need(pairing, security, !has_number || mode != SMS_RESERVED, "smsSecurityMode",
         "must be DTLS, SPS or NO_SEC");
    need(pairing, security, !has_number || mode != SMS_PACKET || secret > 0, "smsBindingKeySecret",
         "is missing: SPS needs it");
}

/* ---- OSCORE ---- */

static void check_oscore(const struct pairing *pairing, const struct cli_leshan_instance *oscore)
{
    const struct cli_leshan_value *sender = cli_leshan_at(oscore, OSCORE_SENDER);
    const struct cli_leshan_value *recipient = cli_leshan_at(oscore, OSCORE_RECIPIENT);
    const struct {
        bool is_good;
        const char *field, *what;
    } rules[] = {
        {cli_leshan_has(oscore, OSCORE_SECRET), "oscoreMasterSecret", "is missing"},
        /* RFC 8613 3.3 */
        {sender->len <= OSCORE_ID_OCTETS, "oscoreSenderId", "must be at most 7 octets"},
        {recipient->len <= OSCORE_ID_OCTETS, "oscoreRecipientId", "must be at most 7 octets"},
        {sender->len != recipient->len ||
             (sender->len > 0 && memcmp(sender->octets, recipient->octets, sender->len) != 0),
         "oscoreRecipientId", "must differ from oscoreSenderId"},
        {cli_leshan_number(oscore, OSCORE_AEAD, 10) == 10, "oscoreAeadAlgorithm",
         "must be AES_CCM_16_64_128 (10): no other can be stored"},
        {cli_leshan_number(oscore, OSCORE_HMAC, -10) == -10 ||
             cli_leshan_number(oscore, OSCORE_HMAC, -10) == 5,
         "oscoreHmacAlgorithm", "must be HKDF_HMAC_SHA_256 (-10): no other can be stored"}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!rules[i].is_good) {
            cli_leshan_error(pairing->report, at(pairing, "oscore", oscore, rules[i].field), "%s",
                             rules[i].what);
        }
    }
}

/* The context that SECURITY names, NULL: none. */
static const struct cli_leshan_instance *find_oscore(struct pairing *pairing,
                                                     const struct cli_leshan_instance *security)
{
    const struct cli_leshan_instances *list = &pairing->config->oscore;
    int64_t id = cli_leshan_number(security, OSCORE_LINK, NO_OBJECT);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].id == id) {
            pairing->is_linked[i] = true;
            return &list->items[i];
        }
    }
    need(pairing, security, id == NO_OBJECT, "oscoreSecurityMode",
         "names an instance that is not under oscore");
    return NULL;
}

static void tell_unlinked(const struct pairing *pairing)
{
    const struct cli_leshan_instances *list = &pairing->config->oscore;
    for (size_t i = 0; i < list->count; i++) {
        if (!pairing->is_linked[i]) {
            cli_leshan_lost(pairing->report, at(pairing, "oscore", &list->items[i], NULL),
                            "no oscoreSecurityMode under security names it: it was not taken, "
                            "nor its master secret");
        }
    }
}

/* ---- accounts ---- */

/* The bootstrap account is the device's already: of it the key alone is of use, as the device's. */
static void pair_bootstrap(struct pairing *pairing, const struct cli_leshan_instance *security)
{
    int64_t mode = cli_leshan_number(security, MODE, LESHAN_NO_SEC);
    const struct cli_leshan_instance *oscore = find_oscore(pairing, security);
    need(pairing, security, pairing->accounts->bootstrap == NULL, "bootstrapServer",
         "is true for two entries: a device has one bootstrap account");
    pairing->accounts->bootstrap = security;
    if (mode == LESHAN_NO_SEC) {
        tell_unused(pairing, security);
    } else if (mode == LESHAN_PSK) {
        check_psk(pairing, security);
    } else {
        cli_leshan_lost(pairing->report, at(pairing, "security", security, "secretKey"),
                        "belongs to no PSK: add the device with its own key, this was not taken");
    }
    if (cli_leshan_has(security, SMS_SECRET)) {
        cli_leshan_lost(pairing->report, at(pairing, "security", security, "smsBindingKeySecret"),
                        "of the bootstrap account is not taken");
    }
    if (oscore != NULL) {
        cli_leshan_lost(pairing->report, at(pairing, "security", security, "oscoreSecurityMode"),
                        "a bootstrap over OSCORE is not supported: its master secret is not taken");
    }
    if (cli_leshan_number(security, HOLD_OFF, 0) > 1 ||
        cli_leshan_number(security, TIMEOUT, 0) > 0) {
        cli_leshan_note(pairing->report, at(pairing, "security", security, NULL),
                        "the account stays as the device has it, its times too; bootstrap-server "
                        "in an overlay changes it");
    }
}

/* The entry of `servers` with ID; NULL: none. */
static const struct cli_leshan_instance *find_server(const struct pairing *pairing, int64_t id)
{
    const struct cli_leshan_instances *list = &pairing->config->servers;
    for (size_t i = 0; i < list->count; i++) {
        if (cli_leshan_number(&list->items[i], 0, -1) == id) {
            return &list->items[i];
        }
    }
    return NULL;
}

static const struct cli_leshan_account *find_account(const struct pairing *pairing, int64_t id)
{
    for (size_t i = 0; i < pairing->accounts->count; i++) {
        if (pairing->accounts->items[i].id == id) {
            return &pairing->accounts->items[i];
        }
    }
    return NULL;
}

/* Puts ACCOUNT in its place by ID. */
static void insert(struct cli_leshan_accounts *accounts, struct cli_leshan_account account)
{
    size_t i = accounts->count++;
    for (; i > 0 && accounts->items[i - 1].id > account.id; i--) {
        accounts->items[i] = accounts->items[i - 1];
    }
    accounts->items[i] = account;
}

static void pair_account(struct pairing *pairing, const struct cli_leshan_instance *security)
{
    static const char *const times[] = {"clientOldOffTime", "bootstrapServerAccountTimeout"};
    int64_t id = cli_leshan_number(security, SERVER_ID, 0);
    const struct cli_leshan_instance *server = find_server(pairing, id);
    bool is_id = id >= 1 && id <= 65534;
    need(pairing, security, is_id, "serverId", "must be a short server ID of 1 to 65534");
    need(pairing, security, !is_id || find_account(pairing, id) == NULL, "serverId",
         "is that of another entry: two servers with one ID");
    need(pairing, security, !is_id || server != NULL, "serverId",
         "is that of no entry under servers");
    if (server != NULL) {
        check_server(pairing, server);
    }
    check_keys(pairing, security);
    check_uri(pairing, security);
    check_sms(pairing, security);
    /* lwm2m-objects.md section 1: 11 and 12 are for bootstrap accounts; 0 and 1 are Leshan's own
     * defaults, which it writes everywhere. */
    for (unsigned i = 0; i < 2; i++) {
        if (cli_leshan_number(security, HOLD_OFF + i, 0) > 1) {
            cli_leshan_note(pairing->report, at(pairing, "security", security, times[i]),
                            "has no meaning for a LwM2M server: not taken");
        }
    }
    const struct cli_leshan_instance *oscore = find_oscore(pairing, security);
    if (oscore != NULL) {
        check_oscore(pairing, oscore);
    }
    if (is_id && server != NULL && find_account(pairing, id) == NULL) {
        insert(pairing->accounts,
               (struct cli_leshan_account){(uint16_t)id, security, server, oscore});
    }
}

/* Entries of `servers` that no account took. */
static void tell_servers(const struct pairing *pairing)
{
    const struct cli_leshan_instances *list = &pairing->config->servers;
    for (size_t i = 0; i < list->count; i++) {
        const struct cli_leshan_instance *server = &list->items[i];
        int64_t id = cli_leshan_number(server, 0, -1);
        struct cli_leshan_place place = at(pairing, "servers", server, "shortId");
        const struct cli_leshan_account *account = find_account(pairing, id);
        if (id == -1) {
            cli_leshan_lost(pairing->report, place, "is missing: the entry was not taken");
        } else if (find_server(pairing, id) != server) {
            cli_leshan_error(pairing->report, place,
                             "is that of another entry: two servers with one ID");
        } else if (account == NULL) {
            cli_leshan_lost(pairing->report, place,
                            "no entry under security has it as serverId: the entry was not taken");
        }
    }
}

bool cli_leshan_pair(const struct cli_leshan_config *config, struct cli_leshan_accounts *accounts,
                     struct cli_leshan_report *report)
{
    struct pairing pairing = {.config = config, .accounts = accounts, .report = report};
    size_t before = report->errors;
    *accounts = (struct cli_leshan_accounts){0};
    for (size_t i = 0; i < config->security.count; i++) {
        const struct cli_leshan_instance *security = &config->security.items[i];
        if (cli_leshan_number(security, BOOTSTRAP, 0) != 0) {
            pair_bootstrap(&pairing, security);
        } else {
            pair_account(&pairing, security);
        }
    }
    tell_servers(&pairing);
    tell_unlinked(&pairing);
    if (config->has_config && accounts->count == 0 && report->errors == before) {
        cli_leshan_lost(report, config->place, "has no LwM2M server, and so gets no policy");
    }
    return report->errors == before;
}
