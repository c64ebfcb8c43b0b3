/*
 * Records as octets: what stands sealed in the store, and the few records that stand beside it.
 *
 * Each record begins with its version: the lowest that holds it, so that the encoding is canonical:
 * what decodes encodes to the same octets again. What the record's key says (device id, server id,
 * serial, name) is not repeated in it and is left 0 by the decoder. Decoders trust nothing: a
 * length over its bound, a value outside its enum, a NUL in a text and left-over octets are
 * PKI_ECORRUPT, a version from the future is PKI_EVERSION, and then the output is wiped. Pure: no
 * storage, no cryptography.
 */
#ifndef PKI_RECORD_CODEC_H
#define PKI_RECORD_CODEC_H

#include "pki/error.h"
#include "pki/record.h"

#include <stddef.h>
#include <stdint.h>

#define PKI_RECORD_MAX  3584 /* no record encodes to more octets */
#define PKI_HASH_LEN    32
#define PKI_KEY_LEN     32
#define PKI_SALT_LEN    16
#define PKI_NONCE_LEN   24
#define PKI_TAG_LEN     16
#define PKI_HOME_FORMAT 1 /* format of a home that this version writes */

/* An audit record and the hash of the one before it. */
struct pki_audit_link {
    struct pki_audit record;
    uint8_t previous[PKI_HASH_LEN];
};

/* What would cost a walk to count, and the next numbers to give out. */
struct pki_counters {
    uint64_t next_device_id;
    uint64_t devices;
    uint64_t credentials;
    uint64_t unknowns;
    uint64_t audit_first; /* oldest record kept; == audit_next when there is none */
    uint64_t audit_next;
    uint8_t audit_head[PKI_HASH_LEN]; /* hash of the newest record */
};

/* First record of a home, in clear: read before there is a key. */
struct pki_home_record {
    uint32_t key_id; /* the data key that seals new records */
    int64_t created_at;
};

enum pki_wrapping_kind { PKI_WRAPPED_BY_FILE = 1, PKI_WRAPPED_BY_PASSPHRASE = 2 };

/* The data key under its wrapping key. Argon2id's cost stands in it, bounded by the decoder. */
struct pki_wrapped_key {
    enum pki_wrapping_kind kind;
    uint32_t key_id;
    uint32_t passes;     /* 1..16, 0 for PKI_WRAPPED_BY_FILE */
    uint32_t memory_kib; /* 8..1048576, 0 for PKI_WRAPPED_BY_FILE */
    uint8_t salt[PKI_SALT_LEN];
    uint8_t nonce[PKI_NONCE_LEN];
    uint8_t sealed[PKI_KEY_LEN + PKI_TAG_LEN];
};

/*
 * Encode into OUT of CAP octets, *LEN of them written. PKI_ELIMIT when CAP is too small (never with
 * PKI_RECORD_MAX), PKI_EINVAL when a member is outside its bounds.
 */
enum pki_error pki_device_encode(const struct pki_device *device, uint8_t *out, size_t cap,
                                 size_t *len) MUST_USE;
enum pki_error pki_credential_encode(const struct pki_credential *credential, uint8_t *out,
                                     size_t cap, size_t *len) MUST_USE;
enum pki_error pki_outcome_encode(const struct pki_outcome *outcome, uint8_t *out, size_t cap,
                                  size_t *len) MUST_USE;
enum pki_error pki_unknown_encode(const struct pki_unknown *unknown, uint8_t *out, size_t cap,
                                  size_t *len) MUST_USE;
enum pki_error pki_audit_encode(const struct pki_audit_link *link, uint8_t *out, size_t cap,
                                size_t *len) MUST_USE;
enum pki_error pki_counters_encode(const struct pki_counters *counters, uint8_t *out, size_t cap,
                                   size_t *len) MUST_USE;
enum pki_error pki_home_encode(const struct pki_home_record *home, uint8_t *out, size_t cap,
                               size_t *len) MUST_USE;
enum pki_error pki_wrapped_key_encode(const struct pki_wrapped_key *key, uint8_t *out, size_t cap,
                                      size_t *len) MUST_USE;
enum pki_error pki_memory_encode(const struct pki_memory *memory, uint8_t *out, size_t cap,
                                 size_t *len) MUST_USE;
enum pki_error pki_rollout_encode(const struct pki_rollout *rollout, uint8_t *out, size_t cap,
                                  size_t *len) MUST_USE;

/*
 * Decode LEN octets. PKI_ECORRUPT, PKI_EVERSION; the output is all zeros then.
 */
enum pki_error pki_device_decode(const uint8_t *data, size_t len, struct pki_device *device)
    MUST_USE;
enum pki_error pki_credential_decode(const uint8_t *data, size_t len,
                                     struct pki_credential *credential) MUST_USE;
enum pki_error pki_outcome_decode(const uint8_t *data, size_t len, struct pki_outcome *outcome)
    MUST_USE;
enum pki_error pki_unknown_decode(const uint8_t *data, size_t len, struct pki_unknown *unknown)
    MUST_USE;
enum pki_error pki_audit_decode(const uint8_t *data, size_t len, struct pki_audit_link *link)
    MUST_USE;
enum pki_error pki_counters_decode(const uint8_t *data, size_t len, struct pki_counters *counters)
    MUST_USE;
enum pki_error pki_home_decode(const uint8_t *data, size_t len, struct pki_home_record *home)
    MUST_USE;
enum pki_error pki_wrapped_key_decode(const uint8_t *data, size_t len, struct pki_wrapped_key *key)
    MUST_USE;
enum pki_error pki_memory_decode(const uint8_t *data, size_t len, struct pki_memory *memory)
    MUST_USE;
enum pki_error pki_rollout_decode(const uint8_t *data, size_t len, struct pki_rollout *rollout)
    MUST_USE;

#endif
