#include "bootstrap/policy/build.h"

#include <string.h>

/* A nonce of 13 octets (AES-CCM-16-64-128, the default) leaves room for 7 (RFC 8613 3.3). */
enum { OSCORE_ID_OCTETS = 7 };

/* Printable: object 21 of version 1.x has text there (lwm2m-objects.md section 5). */
static void mint_id(struct policy_build *build, uint8_t out[static OSCORE_ID_OCTETS])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    build->random(build->random_context, out, OSCORE_ID_OCTETS);
    for (size_t i = 0; i < OSCORE_ID_OCTETS; i++) {
        out[i] = (uint8_t)letters[out[i] & 63];
    }
}

struct ids {
    const uint8_t *sender, *recipient;
    size_t sender_len, recipient_len;
};

/* The two IDs of CREDENTIAL, each behind its length; false when it has none. */
static bool ids_of(const struct pki_credential *credential, struct ids *ids)
{
    const uint8_t *at = credential->identity;
    size_t left = credential->identity_len;
    if (left < 1 || at[0] > left - 1) {
        return false;
    }
    ids->sender_len = at[0];
    ids->sender = at + 1;
    at += 1 + ids->sender_len;
    left -= 1 + ids->sender_len;
    if (left < 1 || at[0] != left - 1) {
        return false;
    }
    ids->recipient_len = at[0];
    ids->recipient = at + 1;
    return true;
}

static bool is_id(const char *wanted, const uint8_t *data, size_t len)
{
    return wanted == NULL || (strlen(wanted) == len && memcmp(wanted, data, len) == 0);
}

/* Puts the ID that TEXT gives, or a new one, behind what IDENTITY of FRESH has. */
static void append_id(struct policy_build *build, struct pki_credential *fresh, const char *text)
{
    uint8_t minted[OSCORE_ID_OCTETS];
    const uint8_t *data = minted;
    size_t len = OSCORE_ID_OCTETS;
    if (text != NULL) {
        data = (const uint8_t *)text;
        len = strlen(text);
    } else {
        mint_id(build, minted);
    }
    fresh->identity[fresh->identity_len++] = (uint8_t)len;
    memcpy(fresh->identity + fresh->identity_len, data, len);
    fresh->identity_len += len;
}

static const struct pki_credential *mint(struct policy_build *build,
                                         const struct policy_account *account, const char *sender,
                                         const char *recipient)
{
    const struct policy_oscore *oscore = &account->grant->oscore;
    struct pki_credential *fresh =
        policy_key_mint(build, (uint16_t)account->server->id, PKI_MODE_OSCORE);
    if (fresh == NULL) {
        return NULL;
    }
    append_id(build, fresh, sender);
    append_id(build, fresh, recipient);
    fresh->secret_len = (size_t)oscore->bytes;
    fresh->public_len = oscore->salt_bytes == SCHEMA_UNSET ? 0 : (size_t)oscore->salt_bytes;
    build->random(build->random_context, fresh->secret, fresh->secret_len);
    build->random(build->random_context, fresh->public_part, fresh->public_len);
    return fresh;
}

/* TEXT filled in and short enough; NULL: none given, or the failure. */
static const char *fill_id(struct policy_build *build, const struct policy_account *account,
                           const char *text)
{
    const char *filled =
        text != NULL ? policy_build_fill(build, text, account->server, "OSCORE ID for") : NULL;
    if (filled != NULL && strlen(filled) > OSCORE_ID_OCTETS) {
        policy_build_fail(build, "OSCORE ID for '%s': a filled-in text exceeds %d octets",
                          account->server->item.name, OSCORE_ID_OCTETS);
    }
    return filled;
}

static const struct pki_credential *context_for(struct policy_build *build,
                                                const struct policy_account *account)
{
    const struct policy_oscore *oscore = &account->grant->oscore;
    uint16_t server_id = (uint16_t)account->server->id;
    struct ids ids = {0};
    if (oscore->is_stored) {
        return policy_key_stored(build, account, PKI_MODE_OSCORE);
    }
    const char *sender = fill_id(build, account, oscore->sender);
    const char *recipient = fill_id(build, account, oscore->recipient);
    if (sender != NULL && recipient != NULL && strcmp(sender, recipient) == 0) {
        policy_build_fail(build, "sender and recipient ID for '%s' are the same",
                          account->server->item.name);
    }
    if (build->has_failed) {
        return NULL;
    }
    const struct pki_credential *held = policy_key_held(build, server_id, PKI_MODE_OSCORE, false);
    size_t salt_len = oscore->salt_bytes == SCHEMA_UNSET ? 0 : (size_t)oscore->salt_bytes;
    bool is_same = held != NULL && held->secret_len == (size_t)oscore->bytes &&
                   held->public_len == salt_len && ids_of(held, &ids) &&
                   is_id(sender, ids.sender, ids.sender_len) &&
                   is_id(recipient, ids.recipient, ids.recipient_len);
    if (!is_same || policy_key_is_due(build, held, oscore->renew_s)) {
        return mint(build, account, sender, recipient);
    }
    policy_key_use(build, held);
    return held;
}

/* A context with the same sender ID at two servers is told apart by its key alone: not here. */
static bool is_unique(const struct policy_build *build, const struct ids *ids)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        const struct lwm2m_leaf *leaves = wanted[i].leaves.items;
        if (wanted[i].class == POLICY_CLASS_OSCORE && wanted[i].leaves.count > 2 &&
            leaves[2].value.as.bytes.len == ids->recipient_len &&
            memcmp(leaves[2].value.as.bytes.data, ids->recipient, ids->recipient_len) == 0) {
            return false;
        }
    }
    return ids->sender_len != ids->recipient_len ||
           memcmp(ids->sender, ids->recipient, ids->sender_len) != 0;
}

void policy_oscore_want(struct policy_build *build, const struct policy_account *account)
{
    const struct policy_oscore *oscore = &account->grant->oscore;
    struct ids ids;
    if (!policy_build_shows(build, LWM2M_OBJECT_OSCORE) && build->shown != NULL) {
        policy_build_fail(build, "server '%s' asks for OSCORE, and the device shows no object 21",
                          account->server->item.name);
        return;
    }
    const struct pki_credential *context = context_for(build, account);
    if (context == NULL) {
        return;
    }
    if (!ids_of(context, &ids) || !is_unique(build, &ids)) {
        policy_build_fail(build,
                          "the OSCORE IDs for server '%s' are not two different ones, or "
                          "another server has the same recipient ID",
                          account->server->item.name);
        return;
    }
    struct policy_wanted *wanted =
        policy_build_want(build, POLICY_CLASS_OSCORE,
                          lwm2m_path_of(2, LWM2M_OBJECT_OSCORE, account->oscore_instance, 0, 0),
                          policy_build_on_error(build->rule->on_error.account, POLICY_STOP));
    if (wanted == NULL) {
        return;
    }
    wanted->ssid = (uint16_t)account->server->id;
    policy_build_bytes(build, wanted, 0, context->secret, context->secret_len, false);
    policy_build_bytes(build, wanted, 1, ids.sender, ids.sender_len, false);
    policy_build_bytes(build, wanted, 2, ids.recipient, ids.recipient_len, false);
    if (!oscore->is_stored && oscore->aead != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 3, oscore->aead, true);
    }
    if (!oscore->is_stored && oscore->hmac != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 4, oscore->hmac, true);
    }
    if (context->public_len > 0) {
        policy_build_bytes(build, wanted, 5, context->public_part, context->public_len, false);
    }
}
