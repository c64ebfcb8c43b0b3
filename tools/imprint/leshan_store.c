/* What a store takes of an endpoint. */
#include "tools/imprint/leshan.h"
#include "pki/secret.h"

#include <string.h>

enum { MODE = 2, IDENTITY = 3, SECRET = 5, SMS_PARAM = 7, SMS_SECRET = 8 };
enum { OSCORE_SECRET, OSCORE_SENDER, OSCORE_RECIPIENT, OSCORE_SALT = 5 };

/* LEN octets of VALUE behind OUT's *USED; what was read is within the bounds of the record. */
static void append(uint8_t *out, size_t *used, const void *data, size_t len)
{
    if (len > 0) {
        memcpy(out + *used, data, len);
    }
    *used += len;
}

static void put_psk(struct pki_device *device, const void *identity, size_t identity_len,
                    const struct cli_leshan_value *key)
{
    device->auth = PKI_AUTH_PSK;
    device->identity_len = device->psk_len = 0;
    append(device->identity, &device->identity_len, identity, identity_len);
    append(device->psk, &device->psk_len, key->octets, key->len);
}

static bool is_same_key(const struct pki_device *device, const struct cli_leshan_instance *of)
{
    const struct cli_leshan_value *identity = cli_leshan_at(of, IDENTITY);
    const struct cli_leshan_value *key = cli_leshan_at(of, SECRET);
    return device->identity_len == identity->len &&
           memcmp(device->identity, identity->octets, identity->len) == 0 &&
           device->psk_len == key->len && pki_secret_equal(device->psk, key->octets, key->len);
}

bool cli_leshan_device(const struct cli_leshan_config *config,
                       const struct cli_leshan_accounts *accounts, const char *endpoint,
                       struct pki_device *device, struct cli_leshan_report *report)
{
    const struct cli_leshan_instance *own = accounts->bootstrap;
    bool has_own = own != NULL && cli_leshan_number(own, MODE, -1) == LESHAN_PSK;
    bool has_login = config->login_identity.is_set && config->login_key.is_set;
    *device = (struct pki_device){.auth = PKI_AUTH_NONE};
    snprintf(device->endpoint, sizeof device->endpoint, "%s", endpoint);
    if (has_login) {
        put_psk(device, config->login_identity.text, config->login_identity.len,
                &config->login_key);
    }
    if (has_login && has_own && !is_same_key(device, own)) {
        cli_leshan_error(report, cli_leshan_place_of(config, "security", own->key, "secretKey"),
                         "or its identity is not that of the list of credentials: one must go");
        return false;
    }
    if (has_own) {
        const struct cli_leshan_value *identity = cli_leshan_at(own, IDENTITY);
        put_psk(device, identity->octets, identity->len, cli_leshan_at(own, SECRET));
    }
    const char *field = NULL;
    if (pki_device_check(device, &field) != PKI_OK) {
        cli_leshan_error(report, has_login ? config->login_place : config->place,
                         "the device cannot be stored: %s is out of bounds", field);
        return false;
    }
    return true;
}

/* ---- credentials ---- */

static void put_own(struct pki_credential *to, const struct cli_leshan_instance *security)
{
    static const enum pki_mode modes[] = {PKI_MODE_PSK, PKI_MODE_RPK, PKI_MODE_X509};
    const struct cli_leshan_value *public_part = cli_leshan_at(security, IDENTITY);
    const struct cli_leshan_value *secret = cli_leshan_at(security, SECRET);
    to->mode = modes[cli_leshan_number(security, MODE, 0)];
    bool is_psk = to->mode == PKI_MODE_PSK;
    append(is_psk ? to->identity : to->public_part, is_psk ? &to->identity_len : &to->public_len,
           public_part->octets, public_part->len);
    append(to->secret, &to->secret_len, secret->octets, secret->len);
}

static void put_id(struct pki_credential *to, const struct cli_leshan_value *id)
{
    const uint8_t len = (uint8_t)id->len;
    append(to->identity, &to->identity_len, &len, 1);
    append(to->identity, &to->identity_len, id->octets, id->len);
}

static void put_oscore(struct pki_credential *to, const struct cli_leshan_instance *oscore)
{
    const struct cli_leshan_value *secret = cli_leshan_at(oscore, OSCORE_SECRET);
    const struct cli_leshan_value *salt = cli_leshan_at(oscore, OSCORE_SALT);
    to->mode = PKI_MODE_OSCORE;
    put_id(to, cli_leshan_at(oscore, OSCORE_SENDER));
    put_id(to, cli_leshan_at(oscore, OSCORE_RECIPIENT));
    append(to->secret, &to->secret_len, secret->octets, secret->len);
    append(to->public_part, &to->public_len, salt->octets, salt->len);
}

static void put_sms(struct pki_credential *to, const struct cli_leshan_instance *security)
{
    const struct cli_leshan_value *param = cli_leshan_at(security, SMS_PARAM);
    const struct cli_leshan_value *secret = cli_leshan_at(security, SMS_SECRET);
    to->mode = PKI_MODE_SMS;
    append(to->identity, &to->identity_len, param->octets, param->len);
    append(to->secret, &to->secret_len, secret->octets, secret->len);
}

static struct pki_credential *next(struct pki_credential *credentials, size_t *count,
                                   uint16_t server_id)
{
    struct pki_credential *credential = &credentials[(*count)++];
    *credential = (struct pki_credential){.server_id = server_id, .is_stored = true};
    return credential;
}

bool cli_leshan_credentials(const struct cli_leshan_config *config,
                            const struct cli_leshan_accounts *accounts,
                            struct pki_credential credentials[static CLI_LESHAN_CREDENTIALS],
                            size_t *count, struct cli_leshan_report *report)
{
    size_t before = report->errors;
    *count = 0;
    for (size_t i = 0; i < accounts->count; i++) {
        const struct cli_leshan_account *account = &accounts->items[i];
        size_t first = *count;
        if (cli_leshan_number(account->security, MODE, LESHAN_NO_SEC) < LESHAN_NO_SEC) {
            put_own(next(credentials, count, account->id), account->security);
        }
        if (account->oscore != NULL) {
            put_oscore(next(credentials, count, account->id), account->oscore);
        }
        if (cli_leshan_has_sms_keys(account->security)) {
            put_sms(next(credentials, count, account->id), account->security);
        }
        for (size_t j = first; j < *count; j++) {
            if (pki_credential_check(&credentials[j]) != PKI_OK) {
                cli_leshan_error(
                    report, cli_leshan_place_of(config, "security", account->security->key, NULL),
                    "its %s credential cannot be stored: a part is out of bounds",
                    pki_mode_name(credentials[j].mode));
            }
        }
    }
    return report->errors == before;
}
