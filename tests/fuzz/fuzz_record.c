/*
 * The decoders of stored records. The first octet chooses one; the rest is the record.
 *
 * What decodes must encode to the very same octets; what does not must leave nothing half read.
 */
#include "pki/record_codec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* A decoder and its encoder, for any of the records. */
struct codec {
    size_t size;
    enum pki_error (*decode)(const uint8_t *data, size_t len, union any *record);
    enum pki_error (*encode)(const union any *record, uint8_t *out, size_t cap, size_t *len);
};

#define CODEC(name, member)                                                                        \
    static enum pki_error decode_##member(const uint8_t *data, size_t len, union any *record)      \
    {                                                                                              \
        return pki_##name##_decode(data, len, &record->member);                                    \
    }                                                                                              \
    static enum pki_error encode_##member(const union any *record, uint8_t *out, size_t cap,       \
                                          size_t *len)                                             \
    {                                                                                              \
        return pki_##name##_encode(&record->member, out, cap, len);                                \
    }
CODEC(device, device)
CODEC(credential, credential)
CODEC(outcome, outcome)
CODEC(unknown, unknown)
CODEC(audit, audit)
CODEC(counters, counters)
CODEC(home, home)
CODEC(wrapped_key, wrapped)
CODEC(memory, memory)
CODEC(rollout, rollout)

static const struct codec codecs[] = {
    {sizeof(struct pki_device), decode_device, encode_device},
    {sizeof(struct pki_credential), decode_credential, encode_credential},
    {sizeof(struct pki_outcome), decode_outcome, encode_outcome},
    {sizeof(struct pki_unknown), decode_unknown, encode_unknown},
    {sizeof(struct pki_audit_link), decode_audit, encode_audit},
    {sizeof(struct pki_counters), decode_counters, encode_counters},
    {sizeof(struct pki_home_record), decode_home, encode_home},
    {sizeof(struct pki_wrapped_key), decode_wrapped, encode_wrapped},
    {sizeof(struct pki_memory), decode_memory, encode_memory},
    {sizeof(struct pki_rollout), decode_rollout, encode_rollout},
};

static void must(int is_true)
{
    if (!is_true) {
        abort();
    }
}

static void check_refused(const union any *record, size_t size)
{
    const uint8_t *octets = (const uint8_t *)record;

    for (size_t i = 0; i < size; i++) {
        must(octets[i] == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static union any record;
    static uint8_t again[PKI_RECORD_MAX];
    size_t len;

    if (size == 0) {
        return 0;
    }
    const struct codec *codec = &codecs[data[0] % (sizeof(codecs) / sizeof(codecs[0]))];

    if (codec->decode(data + 1, size - 1, &record) != PKI_OK) {
        check_refused(&record, codec->size);
        return 0;
    }
    must(codec->encode(&record, again, sizeof(again), &len) == PKI_OK);
    must(len == size - 1 && memcmp(again, data + 1, len) == 0);
    /* One octet too few to write to is noticed. */
    must(codec->encode(&record, again, len - 1, &len) == PKI_ELIMIT && len == 0);
    return 0;
}
