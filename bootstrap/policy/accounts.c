#include "bootstrap/policy/build.h"

#include "pki/hash.h"

#include <stddef.h>
#include <string.h>

enum { MODE_PSK = 0, MODE_RPK = 1, MODE_X509 = 2, MODE_NOSEC = 3 };

/* lwm2m-objects.md 2.2, 2.3 */
enum { USAGE_DEFAULT = 3, MATCHING_EXACT = 0, HASH_OCTETS_MAX = 64, URI_OCTETS_MAX = 255 };

/* ---- where ---- */

/* The first instance of OBJECT that the device shows for SSID; LWM2M_ID_NONE: none. */
static uint16_t shown_for(const struct policy_build *build, uint16_t object, uint16_t ssid)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == object &&
            policy_build_ssid(build, entry) == ssid) {
            return entry->path.id[1];
        }
    }
    return LWM2M_ID_NONE;
}

static uint16_t placed(const struct policy_account *account, uint16_t object)
{
    return object == LWM2M_OBJECT_SECURITY ? account->security_instance
           : object == LWM2M_OBJECT_SERVER ? account->server_instance
                                           : account->oscore_instance;
}

/*
 * True when a new instance cannot lie there: another account of the plan does, the bootstrap
 * account may, or what stands there stays. /21 instances that are shown are never reused: which of
 * them is the bootstrap account's need not be shown.
 */
static bool is_taken(const struct policy_build *build, uint16_t object, uint16_t instance)
{
    for (size_t i = 0; i < build->account_count; i++) {
        if (placed(&build->accounts[i], object) == instance) {
            return true;
        }
    }
    for (size_t i = 0; i < build->subject->account_count; i++) {
        const struct lwm2m_path *own = &build->subject->account[i];
        if (own->depth == 2 && own->id[0] == object && own->id[1] == instance) {
            return true;
        }
    }
    if (object == LWM2M_OBJECT_SECURITY && policy_build_protects(build, instance)) {
        return true;
    }
    const struct lwm2m_entry *entry =
        build->shown != NULL
            ? lwm2m_discover_find(build->shown, lwm2m_path_of(2, object, instance, 0, 0))
            : NULL;
    return entry != NULL && (object == LWM2M_OBJECT_OSCORE || policy_build_keeps(build, entry));
}

static uint16_t free_instance(struct policy_build *build, uint16_t object)
{
    for (uint32_t id = 0; id <= LWM2M_ID_MAX; id++) {
        if (!is_taken(build, object, (uint16_t)id)) {
            return (uint16_t)id;
        }
    }
    policy_build_fail(build, "no free instance of object %u", (unsigned)object);
    return LWM2M_ID_NONE;
}

void policy_accounts_place(struct policy_build *build)
{
    for (size_t i = 0; i < build->account_count; i++) {
        struct policy_account *account = &build->accounts[i];
        uint16_t ssid = (uint16_t)account->server->id;
        account->security_instance = shown_for(build, LWM2M_OBJECT_SECURITY, ssid);
        account->server_instance = shown_for(build, LWM2M_OBJECT_SERVER, ssid);
        account->oscore_instance = account->grant->oscore.item.mark.line == 0
                                       ? LWM2M_ID_NONE
                                       : shown_for(build, LWM2M_OBJECT_OSCORE, ssid);
    }
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        struct policy_account *account = &build->accounts[i];
        bool has_oscore = account->grant->oscore.item.mark.line != 0;
        if (account->security_instance == LWM2M_ID_NONE) {
            account->security_instance = free_instance(build, LWM2M_OBJECT_SECURITY);
        }
        if (account->server_instance == LWM2M_ID_NONE) {
            account->server_instance = free_instance(build, LWM2M_OBJECT_SERVER);
        }
        if (has_oscore && account->oscore_instance == LWM2M_ID_NONE) {
            account->oscore_instance = free_instance(build, LWM2M_OBJECT_OSCORE);
        }
    }
}

/* ---- Security ---- */

/* False when a filled-in value ended the host before the policy did: "evil.example/" in
 * coaps://{attr.region}.example would send the device elsewhere. */
static bool keeps_host(struct policy_build *build, const char *text,
                       const struct policy_server *server, const char *uri)
{
    size_t host_len = 0;
    size_t filled_len = 0;
    const char *host = policy_uri_authority(text, &host_len);
    const char *part = policy_arena_text(&build->arena, host, host_len);
    const char *whole = part != NULL ? policy_build_fill(build, part, server, "uri of") : NULL;
    policy_uri_authority(uri, &filled_len);
    return whole != NULL && filled_len == strlen(whole);
}

const char *policy_accounts_uri(struct policy_build *build, const char *text, const char *name,
                                const struct policy_server *server, bool *is_secure)
{
    const char *uri = policy_build_fill(build, text, server, "uri of");
    const char *wrong = uri == NULL                    ? NULL
                        : strlen(uri) > URI_OCTETS_MAX ? "exceeds 255 octets"
                                                       : policy_uri_check(uri, is_secure, NULL);
    if (wrong == NULL && server != NULL && uri != NULL && *is_secure != server->is_secure) {
        wrong = "changes its scheme";
    }
    if (wrong == NULL && uri != NULL && !keeps_host(build, text, server, uri)) {
        wrong = "changes its host";
    }
    if (wrong != NULL) {
        policy_build_fail(build, "uri of '%s', filled in, %s", name, wrong);
        return NULL;
    }
    return uri;
}

static bool hash_of(int64_t matching, const uint8_t *der, size_t len, uint8_t *hash, size_t *size)
{
    static const struct {
        pki_hash_fn *make;
        size_t octets;
    } rows[] = {{NULL, 0},
                {pki_hash_sha256, PKI_SHA256_OCTETS},
                {pki_hash_sha384, PKI_SHA384_OCTETS},
                {pki_hash_sha512, PKI_SHA512_OCTETS}};
    if (matching < 1 || matching >= (int64_t)(sizeof rows / sizeof rows[0])) {
        return false;
    }
    rows[matching].make(der, len, hash);
    *size = rows[matching].octets;
    return true;
}

/*
 * Resources 4, 13, 15. Without a trust the client would take any server for the right one
 * (clients.md, Anjay): never written so. A device without resource 13 is told the certificate
 * itself.
 */
static void want_trust(struct policy_build *build, struct policy_wanted *wanted,
                       const struct policy_account *account)
{
    const struct policy_trust *trust = &account->server->trust;
    const char *name = account->server->item.name;
    uint8_t hash[HASH_OCTETS_MAX];
    size_t size = 0;
    bool has_usage = trust->usage != SCHEMA_UNSET;
    if (trust->item.mark.line == 0 || trust->der_len == 0) {
        policy_build_fail(build, "server '%s' has no trust: a client would take any server for it",
                          name);
        return;
    }
    if (has_usage && trust->usage != USAGE_DEFAULT && !policy_build_takes(build, wanted, 15)) {
        policy_build_fail(build,
                          "certificate usage %d of server '%s' needs resource 15 of object 0, "
                          "which the device does not have",
                          (int)trust->usage, name);
        return;
    }
    bool takes_hash = policy_build_takes(build, wanted, 13);
    if (!takes_hash || !hash_of(trust->matching, trust->der, trust->der_len, hash, &size)) {
        policy_build_bytes(build, wanted, 4, trust->der, trust->der_len, false);
    } else {
        policy_build_bytes(build, wanted, 4, policy_build_copy(build, hash, size), size, false);
    }
    if (trust->matching != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 13, trust->matching, trust->matching == MATCHING_EXACT);
    }
    if (has_usage) {
        policy_build_number(build, wanted, 15, trust->usage, trust->usage == USAGE_DEFAULT);
    }
}

/* lwm2m-objects.md section 2: unused key material is written with zero length. */
static void want_key(struct policy_build *build, struct policy_wanted *wanted,
                     const struct policy_account *account)
{
    const struct policy_grant *grant = account->grant;
    const struct pki_credential *key = NULL;
    int mode = MODE_NOSEC;
    if (grant->has_cert || grant->has_rpk) {
        mode = grant->has_cert ? MODE_X509 : MODE_RPK;
        key = policy_key_stored(build, account, grant->has_cert ? PKI_MODE_X509 : PKI_MODE_RPK);
        want_trust(build, wanted, account);
    } else if (grant->psk.item.mark.line != 0 || grant->psk.is_stored) {
        mode = MODE_PSK;
        key = policy_key_psk(build, account);
    }
    if (build->has_failed) {
        return;
    }
    bool has_public = mode == MODE_RPK || mode == MODE_X509;
    const void *identity = key == NULL ? (const void *)"" : key->identity;
    size_t identity_len = key == NULL ? 0 : key->identity_len;
    policy_build_number(build, wanted, 2, mode, false);
    policy_build_bytes(build, wanted, 3, has_public ? key->public_part : identity,
                       has_public ? key->public_len : identity_len, false);
    if (!has_public) {
        policy_build_bytes(build, wanted, 4, "", 0, false);
    }
    policy_build_bytes(build, wanted, 5, key != NULL ? (const void *)key->secret : "",
                       key != NULL ? key->secret_len : 0, false);
}

/* lwm2m-objects.md section 1, resources 6 to 9. */
static void want_sms(struct policy_build *build, struct policy_wanted *wanted,
                     const struct policy_account *account)
{
    const struct policy_sms *sms = &account->server->sms;
    if (sms->item.mark.line == 0) {
        return;
    }
    if (sms->security != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 6, sms->security, true);
    }
    if (sms->is_stored) {
        const struct pki_credential *key = policy_key_stored(build, account, PKI_MODE_SMS);
        if (key == NULL) {
            return;
        }
        policy_build_bytes(build, wanted, 7, key->identity, key->identity_len, true);
        policy_build_bytes(build, wanted, 8, key->secret, key->secret_len, true);
    }
    if (sms->number != NULL) {
        policy_build_bytes(build, wanted, 9, sms->number, strlen(sms->number), true);
    }
}

static void want_suites(struct policy_build *build, struct policy_wanted *wanted,
                        const struct policy_array *suites)
{
    const int64_t *numbers = suites->items;
    for (size_t i = 0; i < suites->count; i++) {
        struct lwm2m_leaf leaf = {
            .path = lwm2m_path_of(4, LWM2M_OBJECT_SECURITY, wanted->path.id[1], 16, (uint16_t)i),
            .value.type = LWM2M_UNSIGNED,
            .value.as.uinteger = (uint64_t)numbers[i]};
        policy_build_leaf(build, wanted, leaf, true);
    }
}

static void want_security(struct policy_build *build, const struct policy_account *account)
{
    const struct policy_server *server = account->server;
    bool is_secure = false;
    const char *uri =
        policy_accounts_uri(build, server->uri, server->item.name, server, &is_secure);
    struct lwm2m_path path =
        lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, account->security_instance, 0, 0);
    struct policy_wanted *wanted =
        uri != NULL
            ? policy_build_want(build, POLICY_CLASS_SECURITY, path,
                                policy_build_on_error(build->rule->on_error.account, POLICY_STOP))
            : NULL;
    if (wanted == NULL) {
        return;
    }
    wanted->ssid = (uint16_t)server->id;
    policy_build_bytes(build, wanted, 0, uri, strlen(uri), false);
    policy_build_number(build, wanted, 1, false, false);
    want_key(build, wanted, account);
    want_sms(build, wanted, account);
    policy_build_number(build, wanted, 10, server->id, false);
    const char *sni =
        server->sni != NULL ? policy_build_fill(build, server->sni, server, "sni of") : NULL;
    if (sni != NULL && strlen(sni) > URI_OCTETS_MAX) {
        policy_build_fail(build, "sni of '%s', filled in, exceeds 255 octets", server->item.name);
    } else if (sni != NULL) {
        policy_build_bytes(build, wanted, 14, sni, strlen(sni), true);
    }
    want_suites(build, wanted, &server->suites);
    policy_server_want_extra(build, wanted, &server->security_extra);
    if (account->oscore_instance != LWM2M_ID_NONE) {
        struct lwm2m_leaf link = {.path = lwm2m_path_child(path, 17),
                                  .value.type = LWM2M_OBJLNK,
                                  .value.as.link = {LWM2M_OBJECT_OSCORE, account->oscore_instance}};
        /* Left out, the account would be one without OSCORE. */
        if (!policy_build_takes(build, wanted, 17)) {
            policy_build_fail(
                build, "server '%s' asks for OSCORE, which the device's object 0 cannot link",
                server->item.name);
        }
        policy_build_leaf(build, wanted, link, false);
    }
}

/* Every Security instance, OSCORE beside them, then every Server instance: the order that all
 * clients take. */
void policy_accounts_want(struct policy_build *build)
{
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        want_security(build, &build->accounts[i]);
    }
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        if (build->accounts[i].oscore_instance != LWM2M_ID_NONE) {
            policy_oscore_want(build, &build->accounts[i]);
        }
    }
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        policy_server_want(build, &build->accounts[i]);
    }
}
