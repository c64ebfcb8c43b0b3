#include "bootstrap/policy/build.h"

#include <string.h>

enum { MODE_PSK = 0, MODE_NOSEC = 3 };

/* How the device gets in once it is moved. */
struct entry_key {
    int mode;
    const uint8_t *identity, *secret;
    size_t identity_len, secret_len;
    bool is_new; /* other than what it came with */
};

/* The one instance that is certain to be the bootstrap account; NULL entry when blind. */
static bool find_account(struct policy_build *build, const struct lwm2m_entry **account)
{
    size_t count = 0;
    *account = NULL;
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY &&
            entry->ssid == 0) {
            *account = entry;
            count++;
        }
    }
    bool is_certain = build->shown != NULL ? count == 1 : policy_build_is_instance_given(build);
    if (!is_certain) {
        policy_build_fail(build, "the bootstrap account cannot be moved: %s",
                          build->shown == NULL ? "the device did not tell which one it is, and no "
                                                 "bootstrap-instance is given"
                          : count == 0         ? "the device shows none"
                                               : "the device shows several");
    }
    return is_certain;
}

/* The device's record, or the newer credential by which it came in this time. */
static bool presented(struct policy_build *build, struct entry_key *key)
{
    const struct policy_subject *subject = build->subject;
    const struct pki_device *device = subject->device;
    if (subject->auth == PKI_AUTH_NONE) {
        *key = (struct entry_key){.mode = MODE_NOSEC};
        return true;
    }
    if (subject->auth != PKI_AUTH_PSK || device == NULL) {
        return false;
    }
    *key = (struct entry_key){.mode = MODE_PSK,
                              .identity = device->identity,
                              .identity_len = device->identity_len,
                              .secret = device->psk,
                              .secret_len = device->psk_len};
    for (size_t i = 0; device->presented_serial != 0 && i < subject->credential_count; i++) {
        const struct pki_credential *one = &subject->credentials[i];
        if (one->server_id == PKI_SERVER_BOOTSTRAP && one->serial == device->presented_serial) {
            key->identity = one->identity;
            key->identity_len = one->identity_len;
            key->secret = one->secret;
            key->secret_len = one->secret_len;
        }
    }
    return key->identity_len > 0 && key->secret_len > 0;
}

/*
 * The new credential. The one by which the device came has that identity already: it was moved
 * before, and keeps what it has. One that was confirmed, yet not used, is written again.
 */
static bool renewed(struct policy_build *build, struct entry_key *key)
{
    const struct policy_psk *psk = &build->rule->move.psk;
    const char *identity =
        policy_build_fill(build, psk->identity, NULL, "identity for the bootstrap server");
    size_t len = identity != NULL ? strlen(identity) : 0;
    struct entry_key now = {.mode = MODE_NOSEC};
    if (len > POLICY_IDENTITY_OCTETS_MAX) {
        policy_build_fail(build, "identity for 'bootstrap': a filled-in text exceeds %d octets",
                          POLICY_IDENTITY_OCTETS_MAX);
    }
    if (build->has_failed) {
        return false;
    }
    if (presented(build, &now) && now.mode == MODE_PSK && now.identity_len == len &&
        memcmp(now.identity, identity, len) == 0) {
        if (now.secret_len != (size_t)psk->bytes || psk->renew_s == 0) {
            policy_build_fail(build, "a new bootstrap credential needs an identity other than the "
                                     "old one");
            return false;
        }
        *key = now;
        return true;
    }
    const struct pki_credential *held =
        policy_key_held(build, PKI_SERVER_BOOTSTRAP, PKI_MODE_PSK, false);
    bool is_same = held != NULL && held->secret_len == (size_t)psk->bytes &&
                   held->identity_len == len && memcmp(held->identity, identity, len) == 0;
    if (!is_same) {
        struct pki_credential *fresh = policy_key_mint(build, PKI_SERVER_BOOTSTRAP, PKI_MODE_PSK);
        if (fresh == NULL) {
            return false;
        }
        memcpy(fresh->identity, identity, len);
        fresh->identity_len = len;
        fresh->secret_len = (size_t)psk->bytes;
        build->random(build->random_context, fresh->secret, fresh->secret_len);
        held = fresh;
    } else {
        policy_key_use(build, held);
    }
    *key = (struct entry_key){.mode = MODE_PSK,
                              .identity = held->identity,
                              .identity_len = held->identity_len,
                              .secret = held->secret,
                              .secret_len = held->secret_len,
                              .is_new = true};
    return true;
}

static const char *uri_of(struct policy_build *build, const struct lwm2m_entry *account)
{
    const char *given = build->rule->move.uri;
    bool is_secure = false;
    if (given != NULL) {
        return policy_accounts_uri(build, given, "bootstrap", NULL, &is_secure);
    }
    if (account == NULL || account->uri == NULL) {
        policy_build_fail(build, "the bootstrap account cannot be written: its URI is not shown, "
                                 "and the policy gives none");
        return NULL;
    }
    return policy_arena_text(&build->arena, account->uri, strlen(account->uri));
}

/* Checks that something is left on the device, and that what is asked for can be known. */
static bool may_move(struct policy_build *build)
{
    if (build->subject->is_pack) {
        policy_build_fail(build, "a Bootstrap-Pack cannot move the bootstrap account");
    } else if (build->account_count == 0 &&
               (build->shown == NULL || !policy_build_keeps_others(build))) {
        policy_build_fail(build, "the bootstrap account is not moved where no server account is");
    }
    return !build->has_failed;
}

static void want_account(struct policy_build *build, const char *uri, const struct entry_key *key,
                         const struct lwm2m_entry *account)
{
    const struct policy_move *move = &build->rule->move;
    /* Never skipped: what was staged would count, and the device not have it. */
    enum policy_on_error on_error =
        policy_build_on_error(build->rule->on_error.account, POLICY_STOP);
    struct policy_wanted *wanted = policy_build_want(
        build, POLICY_CLASS_BOOTSTRAP,
        lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, (uint16_t)build->bootstrap_instance, 0, 0),
        on_error == POLICY_GO_ON ? POLICY_STOP : on_error);
    if (wanted == NULL) {
        return;
    }
    policy_build_bytes(build, wanted, 0, uri, strlen(uri), false);
    policy_build_number(build, wanted, 1, true, false);
    policy_build_number(build, wanted, 2, key->mode, false);
    policy_build_bytes(build, wanted, 3, key->identity_len > 0 ? key->identity : (const void *)"",
                       key->identity_len, false);
    policy_build_bytes(build, wanted, 4, "", 0, false);
    policy_build_bytes(build, wanted, 5, key->secret_len > 0 ? key->secret : (const void *)"",
                       key->secret_len, false);
    if (move->hold_off_s != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 11, move->hold_off_s, true);
    }
    if (move->timeout_s != SCHEMA_UNSET) {
        policy_build_number(build, wanted, 12, move->timeout_s, true);
    }
    bool has_times = move->hold_off_s != SCHEMA_UNSET || move->timeout_s != SCHEMA_UNSET;
    bool is_there = account != NULL && account->uri != NULL && strcmp(account->uri, uri) == 0;
    /* What cannot be seen is left to what is remembered of the last confirmed bootstrap. */
    wanted->fate = key->is_new              ? POLICY_FATE_IN_PLACE
                   : is_there && !has_times ? POLICY_FATE_STANDS
                                            : POLICY_FATE_NEW;
}

void policy_move_want(struct policy_build *build)
{
    const struct lwm2m_entry *account = NULL;
    struct entry_key key = {.mode = MODE_NOSEC};
    bool is_secure = false;
    if (build->rule->move.item.mark.line == 0 || !may_move(build) ||
        !find_account(build, &account)) {
        return;
    }
    bool has_key = build->rule->move.mints ? renewed(build, &key) : presented(build, &key);
    if (!has_key) {
        policy_build_fail(build, "the bootstrap account cannot be written whole: its private key "
                                 "is the device's; have a new credential minted");
        return;
    }
    const char *uri = uri_of(build, account);
    const char *wrong = uri != NULL ? policy_uri_check(uri, &is_secure, NULL) : NULL;
    if (wrong == NULL && uri != NULL && is_secure != (key.mode == MODE_PSK)) {
        wrong = is_secure ? "needs a key" : "is without security, unlike the credential";
    }
    if (wrong != NULL) {
        policy_build_fail(build, "the bootstrap URI %s", wrong);
    }
    if (!build->has_failed && uri != NULL) {
        want_account(build, uri, &key, account);
    }
}
