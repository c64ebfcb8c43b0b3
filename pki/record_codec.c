#include "pki/record_codec.h"

#include "pki/wire.h"

#include <string.h>

#define DEVICE_VERSION     1
#define CREDENTIAL_VERSION 2
#define OUTCOME_VERSION    1
#define UNKNOWN_VERSION    1
#define AUDIT_VERSION      1
#define COUNTERS_VERSION   1
#define WRAPPED_VERSION    1

#define AUTH_COUNT   (PKI_AUTH_X509 + 1)
#define MODE_COUNT   (PKI_MODE_SMS + 1)
#define MODE_COUNT_1 (PKI_MODE_X509 + 1) /* of version 1 of a credential */
#define RESULT_COUNT (PKI_RESULT_SUPERSEDED + 1)

#define PASSES_MAX     16u
#define MEMORY_MIN_KIB 8u
#define MEMORY_MAX_KIB (1024u * 1024u)

enum pki_error pki_device_encode(const struct pki_device *device, uint8_t *data, size_t cap,
                                 size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    if (device->attribute_count > PKI_ATTRIBUTES_MAX) {
        *len = 0;
        return PKI_EINVAL;
    }
    pki_wire_put_u8(&out, DEVICE_VERSION);
    pki_wire_put_text(&out, device->endpoint, sizeof(device->endpoint));
    pki_wire_put_u8(&out, (uint8_t)device->auth);
    pki_wire_put_bytes(&out, device->identity, device->identity_len);
    pki_wire_put_bytes(&out, device->psk, device->psk_len);
    pki_wire_put_text(&out, device->group, sizeof(device->group));
    pki_wire_put_text(&out, device->policy, sizeof(device->policy));
    pki_wire_put_u8(&out, (uint8_t)device->attribute_count);
    for (size_t i = 0; i < device->attribute_count; i++) {
        const struct pki_attribute *attribute = &device->attributes[i];

        pki_wire_put_text(&out, attribute->name, sizeof(attribute->name));
        pki_wire_put_text(&out, attribute->value, sizeof(attribute->value));
    }
    pki_wire_put_i64(&out, device->created_at);
    pki_wire_put_i64(&out, device->changed_at);
    pki_wire_put_i64(&out, device->disabled_at);
    pki_wire_put_i64(&out, device->bootstrapped_at);
    pki_wire_put_i64(&out, device->attempted_at);
    pki_wire_put_u8(&out, (uint8_t)device->last_result);
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_device_decode(const uint8_t *data, size_t len, struct pki_device *device)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(device, 0, sizeof(*device));
    pki_wire_version(&in, DEVICE_VERSION);
    pki_wire_text(&in, device->endpoint, sizeof(device->endpoint));
    device->auth = (enum pki_auth)pki_wire_enum(&in, AUTH_COUNT);
    pki_wire_bytes(&in, device->identity, PKI_IDENTITY_MAX, &device->identity_len);
    pki_wire_bytes(&in, device->psk, PKI_PSK_MAX, &device->psk_len);
    pki_wire_text(&in, device->group, sizeof(device->group));
    pki_wire_text(&in, device->policy, sizeof(device->policy));
    device->attribute_count = pki_wire_enum(&in, PKI_ATTRIBUTES_MAX + 1);
    for (size_t i = 0; i < device->attribute_count; i++) {
        struct pki_attribute *attribute = &device->attributes[i];

        pki_wire_text(&in, attribute->name, sizeof(attribute->name));
        pki_wire_text(&in, attribute->value, sizeof(attribute->value));
    }
    device->created_at = pki_wire_i64(&in);
    device->changed_at = pki_wire_i64(&in);
    device->disabled_at = pki_wire_i64(&in);
    device->bootstrapped_at = pki_wire_i64(&in);
    device->attempted_at = pki_wire_i64(&in);
    device->last_result = (enum pki_result)pki_wire_enum(&in, RESULT_COUNT);
    return pki_wire_in_finish(&in, device, sizeof(*device));
}

/*
 * Version 1 knew no public part, short secrets and three modes. What fits it is written so: each
 * credential has one encoding.
 */
static bool fits_version_1(const struct pki_credential *credential)
{
    return (unsigned int)credential->mode < MODE_COUNT_1 && credential->public_len == 0 &&
           credential->secret_len <= PKI_PSK_MAX;
}

enum pki_error pki_credential_encode(const struct pki_credential *credential, uint8_t *data,
                                     size_t cap, size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);
    bool is_old = fits_version_1(credential);

    pki_wire_put_u8(&out, is_old ? 1 : CREDENTIAL_VERSION);
    pki_wire_put_u8(&out, (uint8_t)credential->mode);
    pki_wire_put_bytes(&out, credential->identity, credential->identity_len);
    pki_wire_put_bytes(&out, credential->secret, credential->secret_len);
    if (!is_old) {
        pki_wire_put_block(&out, credential->public_part, credential->public_len);
    }
    pki_wire_put_u8(&out, credential->is_stored ? 1 : 0);
    pki_wire_put_i64(&out, credential->staged_at);
    pki_wire_put_i64(&out, credential->active_at);
    pki_wire_put_i64(&out, credential->unconfirmed_at);
    pki_wire_put_i64(&out, credential->retired_at);
    pki_wire_put_i64(&out, credential->abandoned_at);
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_credential_decode(const uint8_t *data, size_t len,
                                     struct pki_credential *credential)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(credential, 0, sizeof(*credential));
    bool is_old = pki_wire_version(&in, CREDENTIAL_VERSION) == 1;

    credential->mode = (enum pki_mode)pki_wire_enum(&in, is_old ? MODE_COUNT_1 : MODE_COUNT);
    pki_wire_bytes(&in, credential->identity, PKI_IDENTITY_MAX, &credential->identity_len);
    pki_wire_bytes(&in, credential->secret, is_old ? PKI_PSK_MAX : PKI_SECRET_MAX,
                   &credential->secret_len);
    if (!is_old) {
        pki_wire_block(&in, credential->public_part, PKI_PUBLIC_MAX, &credential->public_len);
        pki_wire_refuse_unless(&in, !fits_version_1(credential));
    }
    credential->is_stored = pki_wire_enum(&in, 2) == 1;
    credential->staged_at = pki_wire_i64(&in);
    credential->active_at = pki_wire_i64(&in);
    credential->unconfirmed_at = pki_wire_i64(&in);
    credential->retired_at = pki_wire_i64(&in);
    credential->abandoned_at = pki_wire_i64(&in);
    return pki_wire_in_finish(&in, credential, sizeof(*credential));
}

enum pki_error pki_outcome_encode(const struct pki_outcome *outcome, uint8_t *data, size_t cap,
                                  size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, OUTCOME_VERSION);
    pki_wire_put_i64(&out, outcome->started_at);
    pki_wire_put_u32(&out, outcome->duration_ms);
    pki_wire_put_u8(&out, (uint8_t)outcome->result);
    pki_wire_put_u8(&out, outcome->code);
    pki_wire_put_u16(&out, outcome->writes);
    pki_wire_put_u16(&out, outcome->deletes);
    pki_wire_put_u16(&out, outcome->retransmissions);
    pki_wire_put_text(&out, outcome->step, sizeof(outcome->step));
    pki_wire_put_text(&out, outcome->reason, sizeof(outcome->reason));
    pki_wire_put_text(&out, outcome->policy, sizeof(outcome->policy));
    pki_wire_put_text(&out, outcome->peer, sizeof(outcome->peer));
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_outcome_decode(const uint8_t *data, size_t len, struct pki_outcome *outcome)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(outcome, 0, sizeof(*outcome));
    pki_wire_version(&in, OUTCOME_VERSION);
    outcome->started_at = pki_wire_i64(&in);
    outcome->duration_ms = pki_wire_u32(&in);
    outcome->result = (enum pki_result)pki_wire_enum(&in, RESULT_COUNT);
    outcome->code = pki_wire_u8(&in);
    outcome->writes = pki_wire_u16(&in);
    outcome->deletes = pki_wire_u16(&in);
    outcome->retransmissions = pki_wire_u16(&in);
    pki_wire_text(&in, outcome->step, sizeof(outcome->step));
    pki_wire_text(&in, outcome->reason, sizeof(outcome->reason));
    pki_wire_text(&in, outcome->policy, sizeof(outcome->policy));
    pki_wire_text(&in, outcome->peer, sizeof(outcome->peer));
    return pki_wire_in_finish(&in, outcome, sizeof(*outcome));
}

enum pki_error pki_unknown_encode(const struct pki_unknown *unknown, uint8_t *data, size_t cap,
                                  size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, UNKNOWN_VERSION);
    pki_wire_put_u8(&out, (uint8_t)unknown->kind);
    pki_wire_put_bytes(&out, unknown->name, unknown->name_len);
    pki_wire_put_i64(&out, unknown->first_at);
    pki_wire_put_i64(&out, unknown->last_at);
    pki_wire_put_u64(&out, unknown->count);
    pki_wire_put_text(&out, unknown->peer, sizeof(unknown->peer));
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_unknown_decode(const uint8_t *data, size_t len, struct pki_unknown *unknown)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(unknown, 0, sizeof(*unknown));
    pki_wire_version(&in, UNKNOWN_VERSION);
    unknown->kind = (enum pki_unknown_kind)pki_wire_enum(&in, PKI_UNKNOWN_ENDPOINT + 1);
    pki_wire_refuse_unless(&in, unknown->kind >= PKI_UNKNOWN_IDENTITY);
    pki_wire_bytes(&in, unknown->name, PKI_IDENTITY_MAX, &unknown->name_len);
    unknown->first_at = pki_wire_i64(&in);
    unknown->last_at = pki_wire_i64(&in);
    unknown->count = pki_wire_u64(&in);
    pki_wire_text(&in, unknown->peer, sizeof(unknown->peer));
    return pki_wire_in_finish(&in, unknown, sizeof(*unknown));
}

enum pki_error pki_audit_encode(const struct pki_audit_link *link, uint8_t *data, size_t cap,
                                size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, AUDIT_VERSION);
    pki_wire_put_u64(&out, link->record.number);
    pki_wire_put_i64(&out, link->record.at);
    pki_wire_put_text(&out, link->record.actor, sizeof(link->record.actor));
    pki_wire_put_text(&out, link->record.action, sizeof(link->record.action));
    pki_wire_put_text(&out, link->record.subject, sizeof(link->record.subject));
    pki_wire_put_raw(&out, link->previous, sizeof(link->previous));
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_audit_decode(const uint8_t *data, size_t len, struct pki_audit_link *link)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(link, 0, sizeof(*link));
    pki_wire_version(&in, AUDIT_VERSION);
    link->record.number = pki_wire_u64(&in);
    link->record.at = pki_wire_i64(&in);
    pki_wire_text(&in, link->record.actor, sizeof(link->record.actor));
    pki_wire_text(&in, link->record.action, sizeof(link->record.action));
    pki_wire_text(&in, link->record.subject, sizeof(link->record.subject));
    pki_wire_raw(&in, link->previous, sizeof(link->previous));
    return pki_wire_in_finish(&in, link, sizeof(*link));
}

enum pki_error pki_counters_encode(const struct pki_counters *counters, uint8_t *data, size_t cap,
                                   size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, COUNTERS_VERSION);
    pki_wire_put_u64(&out, counters->next_device_id);
    pki_wire_put_u64(&out, counters->devices);
    pki_wire_put_u64(&out, counters->credentials);
    pki_wire_put_u64(&out, counters->unknowns);
    pki_wire_put_u64(&out, counters->audit_first);
    pki_wire_put_u64(&out, counters->audit_next);
    pki_wire_put_raw(&out, counters->audit_head, sizeof(counters->audit_head));
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_counters_decode(const uint8_t *data, size_t len, struct pki_counters *counters)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(counters, 0, sizeof(*counters));
    pki_wire_version(&in, COUNTERS_VERSION);
    counters->next_device_id = pki_wire_u64(&in);
    counters->devices = pki_wire_u64(&in);
    counters->credentials = pki_wire_u64(&in);
    counters->unknowns = pki_wire_u64(&in);
    counters->audit_first = pki_wire_u64(&in);
    counters->audit_next = pki_wire_u64(&in);
    pki_wire_refuse_unless(&in, counters->audit_first <= counters->audit_next);
    pki_wire_raw(&in, counters->audit_head, sizeof(counters->audit_head));
    return pki_wire_in_finish(&in, counters, sizeof(*counters));
}

enum pki_error pki_home_encode(const struct pki_home_record *home, uint8_t *data, size_t cap,
                               size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, PKI_HOME_FORMAT);
    pki_wire_put_u32(&out, home->key_id);
    pki_wire_put_i64(&out, home->created_at);
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_home_decode(const uint8_t *data, size_t len, struct pki_home_record *home)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(home, 0, sizeof(*home));
    pki_wire_version(&in, PKI_HOME_FORMAT);
    home->key_id = pki_wire_u32(&in);
    home->created_at = pki_wire_i64(&in);
    return pki_wire_in_finish(&in, home, sizeof(*home));
}

enum pki_error pki_wrapped_key_encode(const struct pki_wrapped_key *key, uint8_t *data, size_t cap,
                                      size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, WRAPPED_VERSION);
    pki_wire_put_u8(&out, (uint8_t)key->kind);
    pki_wire_put_u32(&out, key->key_id);
    pki_wire_put_u32(&out, key->passes);
    pki_wire_put_u32(&out, key->memory_kib);
    pki_wire_put_raw(&out, key->salt, sizeof(key->salt));
    pki_wire_put_raw(&out, key->nonce, sizeof(key->nonce));
    pki_wire_put_raw(&out, key->sealed, sizeof(key->sealed));
    return pki_wire_out_end(&out, len);
}

/* Whoever can write the file must not choose how long and with how much memory we compute. */
static bool has_sound_cost(const struct pki_wrapped_key *key)
{
    switch (key->kind) {
    case PKI_WRAPPED_BY_FILE:
        return key->passes == 0 && key->memory_kib == 0;
    case PKI_WRAPPED_BY_PASSPHRASE:
        return key->passes >= 1 && key->passes <= PASSES_MAX && key->memory_kib >= MEMORY_MIN_KIB &&
               key->memory_kib <= MEMORY_MAX_KIB;
    default:
        return false;
    }
}

enum pki_error pki_wrapped_key_decode(const uint8_t *data, size_t len, struct pki_wrapped_key *key)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(key, 0, sizeof(*key));
    pki_wire_version(&in, WRAPPED_VERSION);
    key->kind = (enum pki_wrapping_kind)pki_wire_enum(&in, PKI_WRAPPED_BY_PASSPHRASE + 1);
    key->key_id = pki_wire_u32(&in);
    key->passes = pki_wire_u32(&in);
    key->memory_kib = pki_wire_u32(&in);
    pki_wire_refuse_unless(&in, has_sound_cost(key));
    pki_wire_raw(&in, key->salt, sizeof(key->salt));
    pki_wire_raw(&in, key->nonce, sizeof(key->nonce));
    pki_wire_raw(&in, key->sealed, sizeof(key->sealed));
    return pki_wire_in_finish(&in, key, sizeof(*key));
}
