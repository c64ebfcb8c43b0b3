/*
 * Every kind of record: a struct that is full to its bounds, its encoder and its decoder.
 */
#ifndef IMPRINT_TESTS_PKI_RECORD_KINDS_H
#define IMPRINT_TESTS_PKI_RECORD_KINDS_H

#include "pki/record_codec.h"

#include <string.h>

static inline struct pki_device full_device(void)
{
    struct pki_device device = {
        .endpoint = "urn:dev:os:1",
        .auth = PKI_AUTH_PSK,
        .identity = {'i', 0, 'd'},
        .identity_len = 3,
        .psk = {1, 2, 3},
        .psk_len = 16,
        .group = "meters",
        .policy = "acme",
        .attributes = {{"vendor", "acme"}, {"region", "n\xc3\xb6rd"}},
        .attribute_count = 2,
        .created_at = 1,
        .changed_at = 2,
        .disabled_at = 3,
        .bootstrapped_at = 4,
        .attempted_at = -5,
        .last_result = PKI_RESULT_HELD,
    };

    return device;
}

struct kind {
    const char *name;
    size_t size;
    void (*fill)(void *record);
    enum pki_error (*encode)(const void *record, uint8_t *out, size_t cap, size_t *len);
    enum pki_error (*decode)(const uint8_t *data, size_t len, void *record);
};

static inline void fill_text(char *out, size_t cap)
{
    memset(out, 't', cap - 1);
    out[cap - 1] = '\0';
}

static inline void fill_device(void *record)
{
    struct pki_device *device = record;

    *device = full_device();
    fill_text(device->endpoint, sizeof(device->endpoint));
    fill_text(device->group, sizeof(device->group));
    fill_text(device->policy, sizeof(device->policy));
    device->identity_len = PKI_IDENTITY_MAX;
    device->psk_len = PKI_PSK_MAX;
    device->attribute_count = PKI_ATTRIBUTES_MAX;
    for (size_t i = 0; i < PKI_ATTRIBUTES_MAX; i++) {
        fill_text(device->attributes[i].name, sizeof(device->attributes[i].name));
        fill_text(device->attributes[i].value, sizeof(device->attributes[i].value));
    }
}

static inline void fill_credential(void *record)
{
    *(struct pki_credential *)record = (struct pki_credential){
        .mode = PKI_MODE_OSCORE,
        .identity = {'x'},
        .identity_len = PKI_IDENTITY_MAX,
        .secret = {9},
        .secret_len = PKI_SECRET_MAX,
        .public_part = {8},
        .public_len = PKI_PUBLIC_MAX,
        .is_stored = true,
        .staged_at = INT64_MIN,
        .active_at = INT64_MAX,
        .unconfirmed_at = 1,
        .retired_at = 2,
        .abandoned_at = 3,
    };
}

static inline void fill_outcome(void *record)
{
    struct pki_outcome *outcome = record;

    *outcome = (struct pki_outcome){
        .started_at = 1,
        .duration_ms = UINT32_MAX,
        .result = PKI_RESULT_SUPERSEDED,
        .code = 0x84,
        .writes = UINT16_MAX,
        .deletes = 2,
        .retransmissions = 3,
    };
    fill_text(outcome->step, sizeof(outcome->step));
    fill_text(outcome->reason, sizeof(outcome->reason));
    fill_text(outcome->policy, sizeof(outcome->policy));
    fill_text(outcome->peer, sizeof(outcome->peer));
}

static inline void fill_unknown(void *record)
{
    struct pki_unknown *unknown = record;

    *unknown = (struct pki_unknown){
        .kind = PKI_UNKNOWN_ENDPOINT,
        .name = {0, 'n'},
        .name_len = PKI_IDENTITY_MAX,
        .first_at = 1,
        .last_at = 2,
        .count = UINT64_MAX,
    };
    fill_text(unknown->peer, sizeof(unknown->peer));
}

static inline void fill_audit(void *record)
{
    struct pki_audit_link *link = record;

    memset(link, 0, sizeof(*link));
    link->record.number = 5;
    link->record.at = 6;
    fill_text(link->record.actor, sizeof(link->record.actor));
    fill_text(link->record.action, sizeof(link->record.action));
    fill_text(link->record.subject, sizeof(link->record.subject));
    memset(link->previous, 0xab, sizeof(link->previous));
}

static inline void fill_counters(void *record)
{
    *(struct pki_counters *)record = (struct pki_counters){
        .next_device_id = 1,
        .devices = 2,
        .credentials = 3,
        .unknowns = 4,
        .audit_first = 5,
        .audit_next = 6,
        .audit_head = {7},
    };
}

static inline void fill_home(void *record)
{
    struct pki_home_record *home = record;

    memset(home, 0, sizeof(*home));
    home->key_id = 3;
    home->created_at = 4;
}

static inline void fill_wrapped(void *record)
{
    *(struct pki_wrapped_key *)record = (struct pki_wrapped_key){
        .kind = PKI_WRAPPED_BY_PASSPHRASE,
        .key_id = 1,
        .passes = 16,
        .memory_kib = 1024 * 1024,
        .salt = {1},
        .nonce = {2},
        .sealed = {3},
    };
}

static inline void fill_memory(void *record)
{
    struct pki_memory *memory = record;

    *memory = (struct pki_memory){
        .learnt_at = 1,
        .version = 0x0102,
        .formats = {11542, 11543, 110, 112},
        .format_count = PKI_FORMATS_MAX,
        .refused = {0, 42, 60, UINT16_MAX},
        .refused_count = PKI_FORMATS_MAX,
        .asked_pack = true,
        .object_count = PKI_OBJECTS_MAX,
        .print_count = PKI_PRINTS_MAX,
        .rollout_count = PKI_ROLLOUTS_MAX,
    };
    fill_text(memory->kind, sizeof(memory->kind));
    for (uint16_t i = 0; i < PKI_OBJECTS_MAX; i++) {
        memory->objects[i] = (uint16_t)(i * 2);
    }
    for (uint16_t i = 0; i < PKI_PRINTS_MAX; i++) {
        memory->prints[i] = (struct pki_print){
            .object = i, .instance = 1, .ssid = UINT16_MAX, .content = {1}, .shape = {2}};
    }
    for (size_t i = 0; i < PKI_ROLLOUTS_MAX; i++) {
        fill_text(memory->rollouts[i], sizeof(memory->rollouts[i]));
    }
}

static inline void fill_rollout(void *record)
{
    struct pki_rollout *rollout = record;

    *rollout = (struct pki_rollout){
        .state = PKI_ROLLOUT_PAUSED,
        .share_ppm = PKI_PPM_MAX,
        .started_at = 1,
        .changed_at = 2,
        .pause_ppm = PKI_PPM_MAX,
        .pause_of = PKI_ROLLOUT_WINDOW_MAX,
        .devices = 3,
        .finished = UINT64_MAX,
        .failed = 4,
        .window = {0xff},
        .window_count = PKI_ROLLOUT_WINDOW_MAX,
        .window_next = PKI_ROLLOUT_WINDOW_MAX - 1,
        .failing_id = {UINT64_MAX, 5},
        .failing_at = {PKI_ROLLOUT_WINDOW_MAX - 1, 3},
        .failing_count = 2,
    };
    fill_text(rollout->reason, sizeof(rollout->reason));
}

#define CODEC(what, type)                                                                          \
    static inline enum pki_error encode_##what(const void *record, uint8_t *out, size_t cap,       \
                                               size_t *len)                                        \
    {                                                                                              \
        return pki_##what##_encode((const struct type *)record, out, cap, len);                    \
    }                                                                                              \
    static inline enum pki_error decode_##what(const uint8_t *data, size_t len, void *record)      \
    {                                                                                              \
        return pki_##what##_decode(data, len, (struct type *)record);                              \
    }
CODEC(device, pki_device)
CODEC(credential, pki_credential)
CODEC(outcome, pki_outcome)
CODEC(unknown, pki_unknown)
CODEC(audit, pki_audit_link)
CODEC(counters, pki_counters)
CODEC(home, pki_home_record)
CODEC(wrapped_key, pki_wrapped_key)
CODEC(memory, pki_memory)
CODEC(rollout, pki_rollout)

static const struct kind kinds[] = {
    {"device", sizeof(struct pki_device), fill_device, encode_device, decode_device},
    {"credential", sizeof(struct pki_credential), fill_credential, encode_credential,
     decode_credential},
    {"outcome", sizeof(struct pki_outcome), fill_outcome, encode_outcome, decode_outcome},
    {"unknown", sizeof(struct pki_unknown), fill_unknown, encode_unknown, decode_unknown},
    {"audit", sizeof(struct pki_audit_link), fill_audit, encode_audit, decode_audit},
    {"counters", sizeof(struct pki_counters), fill_counters, encode_counters, decode_counters},
    {"home", sizeof(struct pki_home_record), fill_home, encode_home, decode_home},
    {"wrapped key", sizeof(struct pki_wrapped_key), fill_wrapped, encode_wrapped_key,
     decode_wrapped_key},
    {"memory", sizeof(struct pki_memory), fill_memory, encode_memory, decode_memory},
    {"rollout", sizeof(struct pki_rollout), fill_rollout, encode_rollout, decode_rollout},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

union any {
    struct pki_device device;
    struct pki_credential credential;
    struct pki_outcome outcome;
    struct pki_unknown unknown;
    struct pki_audit_link audit;
    struct pki_counters counters;
    struct pki_home_record home;
    struct pki_wrapped_key wrapped;
    struct pki_memory memory;
    struct pki_rollout rollout;
};

#endif
