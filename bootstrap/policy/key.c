#include "bootstrap/policy/build.h"

#include <string.h>

const struct pki_credential *policy_key_held(const struct policy_build *build, uint16_t server_id,
                                             enum pki_mode mode, bool is_stored)
{
    const struct pki_credential *best = NULL;
    for (size_t i = 0; i < build->subject->credential_count; i++) {
        const struct pki_credential *one = &build->subject->credentials[i];
        enum pki_credential_state state = pki_credential_state(one);
        bool is_good = state == PKI_CREDENTIAL_ACTIVE || state == PKI_CREDENTIAL_UNCONFIRMED ||
                       (is_stored && state == PKI_CREDENTIAL_STAGED);
        if (one->server_id == server_id && one->mode == mode && is_good &&
            one->is_stored == is_stored && (best == NULL || one->serial > best->serial)) {
            best = one;
        }
    }
    return best;
}

void policy_key_use(struct policy_build *build, const struct pki_credential *credential)
{
    if (pki_credential_state(credential) != PKI_CREDENTIAL_UNCONFIRMED) {
        return;
    }
    struct policy_pending *slot = policy_array_add(&build->arena, &build->pending, sizeof *slot);
    if (slot == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    *slot = (struct policy_pending){
        .server_id = credential->server_id, .mode = credential->mode, .serial = credential->serial};
}

bool policy_key_is_due(const struct policy_build *build, const struct pki_credential *held,
                       int64_t renew_s)
{
    int64_t since = held->active_at != 0 ? held->active_at : held->staged_at;
    return renew_s == 0 ||
           (renew_s != INT64_MAX && (build->now_at < since || build->now_at - since >= renew_s));
}

struct pki_credential *policy_key_mint(struct policy_build *build, uint16_t server_id,
                                       enum pki_mode mode)
{
    if (build->subject->device == NULL) {
        policy_build_fail(build, "a key cannot be minted for a device without a record");
        return NULL;
    }
    struct pki_credential **slot = policy_array_add(&build->arena, &build->minted, sizeof *slot);
    struct pki_credential *fresh = policy_arena_alloc(&build->arena, sizeof *fresh);
    if (slot == NULL || fresh == NULL) {
        policy_build_fail(build, "out of memory");
        return NULL;
    }
    *slot = fresh;
    fresh->device_id = build->subject->device->id;
    fresh->server_id = server_id;
    fresh->mode = mode;
    fresh->staged_at = build->now_at;
    return fresh;
}

const struct pki_credential *policy_key_psk(struct policy_build *build,
                                            const struct policy_account *account)
{
    const struct policy_psk *psk = &account->grant->psk;
    uint16_t server_id = (uint16_t)account->server->id;
    const struct pki_credential *held =
        policy_key_held(build, server_id, PKI_MODE_PSK, psk->is_stored);
    if (psk->is_stored) {
        if (held == NULL || held->identity_len == 0 || held->secret_len == 0) {
            policy_build_fail(build, "no key is stored for server '%s' (id %u)",
                              account->server->item.name, (unsigned)server_id);
            return NULL;
        }
        return held;
    }
    const char *identity = policy_build_fill(build, psk->identity, account->server, "identity for");
    size_t len = identity != NULL ? strlen(identity) : 0;
    if (len > POLICY_IDENTITY_OCTETS_MAX) {
        policy_build_fail(build, "identity for '%s': a filled-in text exceeds %d octets",
                          account->server->item.name, POLICY_IDENTITY_OCTETS_MAX);
    }
    if (build->has_failed) {
        return NULL;
    }
    bool is_same = held != NULL && held->secret_len == (size_t)psk->bytes &&
                   held->identity_len == len && memcmp(held->identity, identity, len) == 0;
    if (is_same && !policy_key_is_due(build, held, psk->renew_s)) {
        policy_key_use(build, held);
        return held;
    }
    struct pki_credential *fresh = policy_key_mint(build, server_id, PKI_MODE_PSK);
    if (fresh != NULL) {
        memcpy(fresh->identity, identity, len);
        fresh->identity_len = len;
        fresh->secret_len = (size_t)psk->bytes;
        build->random(build->random_context, fresh->secret, fresh->secret_len);
    }
    return fresh;
}

const struct pki_credential *policy_key_stored(struct policy_build *build,
                                               const struct policy_account *account,
                                               enum pki_mode mode)
{
    uint16_t server_id = (uint16_t)account->server->id;
    const struct pki_credential *held = policy_key_held(build, server_id, mode, true);
    bool has_public = mode == PKI_MODE_RPK || mode == PKI_MODE_X509;
    if (held == NULL || held->secret_len == 0 || (has_public && held->public_len == 0)) {
        policy_build_fail(build, "no %s credential is stored for server '%s' (id %u)",
                          pki_mode_name(mode), account->server->item.name, (unsigned)server_id);
        return NULL;
    }
    return held;
}
