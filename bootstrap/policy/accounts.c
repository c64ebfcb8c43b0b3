#include "bootstrap/policy/build.h"

#include "bootstrap/policy/template.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { MODE_PSK = 0, MODE_NOSEC = 3, URI_OCTETS_MAX = 255 };

/* ---- where ---- */

static bool is_security_instance(const struct lwm2m_entry *entry)
{
    return entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY;
}

/*
 * True when /0/INSTANCE is, or may be, the bootstrap account: each that is shown without ssid
 * (clients.md), and the configured one when none is shown.
 */
static bool is_protected(const struct policy_build *build, uint16_t instance)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (is_security_instance(entry) && entry->ssid == 0 && entry->path.id[1] == instance) {
            return true;
        }
    }
    return build->bootstrap_instance == (int32_t)instance;
}

/* True when /OBJECT/INSTANCE stays on the device: shown, of another server, and others are kept. */
static bool is_kept(const struct policy_build *build, uint16_t object, uint16_t instance)
{
    if (build->shown == NULL || build->rule->others != POLICY_OTHERS_KEEP) {
        return false;
    }
    const struct lwm2m_entry *entry =
        lwm2m_discover_find(build->shown, lwm2m_path_of(2, object, instance, 0, 0));
    return entry != NULL && (entry->ssid == 0 || !policy_build_owns(build, entry->ssid));
}

static uint16_t free_instance(struct policy_build *build, uint16_t object, uint32_t from)
{
    for (uint32_t id = from; id <= LWM2M_ID_MAX; id++) {
        uint16_t instance = (uint16_t)id;
        bool is_taken = is_kept(build, object, instance) ||
                        (object == LWM2M_OBJECT_SECURITY && is_protected(build, instance));
        if (!is_taken) {
            return instance;
        }
    }
    policy_build_fail(build, "no free instance of object %u", (unsigned)object);
    return 0;
}

void policy_accounts_place(struct policy_build *build)
{
    uint32_t security = 0;
    uint32_t server = 0;
    for (size_t i = 0; i < build->account_count; i++) {
        struct policy_account *account = &build->accounts[i];
        account->security_instance = free_instance(build, LWM2M_OBJECT_SECURITY, security);
        account->server_instance = free_instance(build, LWM2M_OBJECT_SERVER, server);
        security = account->security_instance + 1u;
        server = account->server_instance + 1u;
    }
}

/* ---- delete ---- */

/* Each shown instance of OBJECT with an ssid; with ONLY_OURS those of the plan's servers. */
static void delete_each(struct policy_build *build, uint16_t object, bool only_ours,
                        bool is_required)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth != 2 || entry->path.id[0] != object || entry->ssid == 0) {
            continue;
        }
        bool is_spared = object == LWM2M_OBJECT_SECURITY && is_protected(build, entry->path.id[1]);
        if (!is_spared && (!only_ours || policy_build_owns(build, entry->ssid))) {
            policy_build_delete(build, entry->path, is_required);
        }
    }
}

/*
 * Object-level deletes spare the bootstrap account on every client (clients.md); not so on /21,
 * where some delete its OSCORE instance: there one by one (lwm2m-bootstrap.md 3.5).
 */
void policy_accounts_delete(struct policy_build *build)
{
    bool keeps = build->rule->others == POLICY_OTHERS_KEEP;
    if (keeps) {
        delete_each(build, LWM2M_OBJECT_SECURITY, true, true);
        delete_each(build, LWM2M_OBJECT_SERVER, true, true);
    } else {
        policy_build_delete(build, lwm2m_path_of(1, LWM2M_OBJECT_SECURITY, 0, 0, 0), true);
        policy_build_delete(build, lwm2m_path_of(1, LWM2M_OBJECT_SERVER, 0, 0, 0), true);
    }
    delete_each(build, LWM2M_OBJECT_OSCORE, keeps, false);
}

/* ---- credentials ---- */

/* The newest credential of the server that the device may hold, or NULL. */
static const struct pki_credential *newest(const struct policy_build *build, uint16_t server_id,
                                           bool is_stored)
{
    const struct pki_credential *best = NULL;
    for (size_t i = 0; i < build->subject->credential_count; i++) {
        const struct pki_credential *one = &build->subject->credentials[i];
        enum pki_credential_state state = pki_credential_state(one);
        bool is_good = state == PKI_CREDENTIAL_ACTIVE || state == PKI_CREDENTIAL_UNCONFIRMED ||
                       (is_stored && state == PKI_CREDENTIAL_STAGED);
        if (one->server_id == server_id && one->mode == PKI_MODE_PSK && is_good &&
            one->is_stored == is_stored && (best == NULL || one->serial > best->serial)) {
            best = one;
        }
    }
    return best;
}

static bool is_due(const struct pki_credential *credential, const struct policy_psk *psk,
                   int64_t now_at)
{
    int64_t since = credential->active_at != 0 ? credential->active_at : credential->staged_at;
    return psk->renew_s == 0 ||
           (psk->renew_s != INT64_MAX && (now_at < since || now_at - since >= psk->renew_s));
}

static const struct pki_credential *mint(struct policy_build *build,
                                         const struct policy_account *account, const char *identity,
                                         size_t identity_len)
{
    if (build->subject->device == NULL) {
        policy_build_fail(build, "a key cannot be minted for a device without a record");
        return NULL;
    }
    struct pki_credential *fresh = policy_array_add(&build->arena, &build->minted, sizeof *fresh);
    if (fresh == NULL) {
        policy_build_fail(build, "out of memory");
        return NULL;
    }
    fresh->device_id = build->subject->device->id;
    fresh->server_id = (uint16_t)account->server->id;
    fresh->mode = PKI_MODE_PSK;
    memcpy(fresh->identity, identity, identity_len);
    fresh->identity_len = identity_len;
    fresh->secret_len = (size_t)account->grant->psk.bytes;
    fresh->staged_at = build->now_at;
    build->random(build->random_context, fresh->secret, fresh->secret_len);
    return fresh;
}

static const struct pki_credential *psk_for(struct policy_build *build,
                                            const struct policy_account *account)
{
    const struct policy_psk *psk = &account->grant->psk;
    uint16_t server_id = (uint16_t)account->server->id;
    const struct pki_credential *held = newest(build, server_id, psk->is_stored);
    if (psk->is_stored) {
        if (held == NULL || held->identity_len == 0 || held->secret_len == 0) {
            policy_build_fail(build, "no key is stored for server '%s' (id %u)",
                              account->server->item.name, (unsigned)server_id);
            return NULL;
        }
        return held;
    }
    char identity[POLICY_IDENTITY_OCTETS_MAX + 1];
    struct policy_template_values values = {
        .subject = build->subject, .server = account->server->item.name, .server_id = server_id};
    char reason[POLICY_REASON_MAX + 1];
    size_t len = policy_template_fill(psk->identity, &values, identity, sizeof identity, reason);
    if (len == SIZE_MAX) {
        policy_build_fail(build, "identity for '%s': %.100s", account->server->item.name, reason);
        return NULL;
    }
    bool is_same = held != NULL && held->secret_len == (size_t)psk->bytes &&
                   held->identity_len == len && memcmp(held->identity, identity, len) == 0;
    return is_same && !is_due(held, psk, build->now_at) ? held
                                                        : mint(build, account, identity, len);
}

/* ---- write ---- */

static const char *uri_for(struct policy_build *build, const struct policy_account *account)
{
    const struct policy_server *server = account->server;
    char uri[URI_OCTETS_MAX + 1];
    char reason[POLICY_REASON_MAX + 1];
    bool is_secure = false;
    struct policy_template_values values = {
        .subject = build->subject, .server = server->item.name, .server_id = (uint16_t)server->id};
    size_t len = policy_template_fill(server->uri, &values, uri, sizeof uri, reason);
    if (len == SIZE_MAX) {
        policy_build_fail(build, "uri of '%s': %.100s", server->item.name, reason);
        return NULL;
    }
    const char *wrong = policy_uri_check(uri, &is_secure, NULL);
    if (wrong != NULL || is_secure != server->is_secure) {
        policy_build_fail(build, "uri of '%s', filled in, %s", server->item.name,
                          wrong != NULL ? wrong : "changes its scheme");
        return NULL;
    }
    const char *copy = policy_arena_text(&build->arena, uri, len);
    if (copy == NULL) {
        policy_build_fail(build, "out of memory");
    }
    return copy;
}

/* lwm2m-objects.md section 2: unused key material is written with zero length. */
static void write_security(struct policy_build *build, const struct policy_account *account)
{
    bool has_psk = account->grant->nosec != 1;
    const char *uri = uri_for(build, account);
    const struct pki_credential *psk = has_psk && uri != NULL ? psk_for(build, account) : NULL;
    if (build->has_failed) {
        return;
    }
    struct policy_draft *draft = policy_build_write(
        build, lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, account->security_instance, 0, 0), true);
    if (draft == NULL) {
        return;
    }
    policy_build_bytes(build, draft, 0, uri, strlen(uri), false);
    policy_build_number(build, draft, 1, false, false);
    policy_build_number(build, draft, 2, psk != NULL ? MODE_PSK : MODE_NOSEC, false);
    policy_build_bytes(build, draft, 3, psk != NULL ? psk->identity : (const uint8_t *)"",
                       psk != NULL ? psk->identity_len : 0, false);
    policy_build_bytes(build, draft, 4, "", 0, false);
    policy_build_bytes(build, draft, 5, psk != NULL ? psk->secret : (const uint8_t *)"",
                       psk != NULL ? psk->secret_len : 0, false);
    policy_build_number(build, draft, 10, account->server->id, false);
}

/* Resources of /1 whose value is a number of struct policy_server; ascending. */
static const struct number_row {
    uint16_t rid;
    bool is_optional;
    size_t offset;
} number_rows[] = {
    {0, false, offsetof(struct policy_server, id)},
    {1, false, offsetof(struct policy_server, lifetime_s)},
    {2, true, offsetof(struct policy_server, pmin_s)},
    {3, true, offsetof(struct policy_server, pmax_s)},
    {5, true, offsetof(struct policy_server, disable_timeout_s)},
    {6, false, offsetof(struct policy_server, store_notifications)},
    {7, false, SIZE_MAX}, /* binding */
    {13, true, offsetof(struct policy_server, order)},
    {14, true, offsetof(struct policy_server, initial_delay_s)},
    {15, true, offsetof(struct policy_server, failure_blocks)},
    {16, true, offsetof(struct policy_server, bootstrap_on_failure)},
    {17, true, offsetof(struct policy_server, retry_count)},
    {18, true, offsetof(struct policy_server, retry_timer_s)},
    {19, true, offsetof(struct policy_server, sequence_delay_s)},
    {20, true, offsetof(struct policy_server, sequence_count)},
    {21, true, offsetof(struct policy_server, trigger)},
    {22, true, SIZE_MAX}, /* preferred transport */
    {23, true, offsetof(struct policy_server, mute_send)},
};

static void write_server(struct policy_build *build, const struct policy_account *account)
{
    const struct policy_server *server = account->server;
    const struct lwm2m_object *object =
        lwm2m_object_find(lwm2m_registry_builtin(), LWM2M_OBJECT_SERVER);
    uint16_t version = policy_build_object_version(build, LWM2M_OBJECT_SERVER);
    struct policy_draft *draft = policy_build_write(
        build, lwm2m_path_of(2, LWM2M_OBJECT_SERVER, account->server_instance, 0, 0), true);
    for (size_t i = 0; draft != NULL && i < sizeof number_rows / sizeof number_rows[0]; i++) {
        const struct number_row *row = &number_rows[i];
        const struct lwm2m_resource *resource = lwm2m_resource_find(object, row->rid);
        if (resource == NULL || resource->since > version) {
            continue;
        }
        if (row->offset == SIZE_MAX) {
            const char *text = row->rid == 7 ? server->binding : server->preferred_transport;
            if (text != NULL) {
                policy_build_bytes(build, draft, row->rid, text, strlen(text), row->is_optional);
            }
            continue;
        }
        int64_t value = 0;
        memcpy(&value, (const unsigned char *)server + row->offset, sizeof value);
        if (value != SCHEMA_UNSET) {
            policy_build_number(build, draft, row->rid, value, row->is_optional);
        }
    }
}

/* Every Security instance, then every Server instance: the order that all clients take. */
void policy_accounts_write(struct policy_build *build)
{
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        write_security(build, &build->accounts[i]);
    }
    for (size_t i = 0; i < build->account_count && !build->has_failed; i++) {
        write_server(build, &build->accounts[i]);
    }
}
