/*
 * Sealing of records, wrapping of the data key, hashing. A door of libsodium.
 *
 * A sealed record is  version (1) | key id (4, big-endian) | nonce (24) | XChaCha20-Poly1305 of the
 * record with its tag (16). Associated data are version, key id, the name of the table and the
 * record's key: a record moved to another place does not open. Nonces are random (192 bits).
 *
 * The data key lives in guarded memory, read-only, as long as the sealer. A sealer may be used by
 * many threads at once.
 */
#ifndef PKI_SEAL_H
#define PKI_SEAL_H

#include "pki/error.h"
#include "pki/record_codec.h"

#include <stddef.h>
#include <stdint.h>

#define PKI_SEAL_OVERHEAD (1 + 4 + PKI_NONCE_LEN + PKI_TAG_LEN)
#define PKI_SEALED_MAX    (PKI_RECORD_MAX + PKI_SEAL_OVERHEAD)
#define PKI_PLACE_KEY_MAX 511

struct pki_sealer;

/* Where a record stands. */
struct pki_place {
    const char *table; /* under 32 octets */
    const uint8_t *key;
    size_t key_len; /* up to PKI_PLACE_KEY_MAX */
};

/* What wraps the data key: exactly one of the two. Borrowed. */
struct pki_wrapping {
    const uint8_t *file_key; /* PKI_KEY_LEN octets */
    const char *passphrase;  /* NUL-terminated */
};

/* A sealer with a new random data key named KEY_ID. PKI_ENOMEM. */
enum pki_error pki_sealer_generate(uint32_t key_id, struct pki_sealer **sealer) MUST_USE;
/* Wipes the key; NULL is fine. */
void pki_sealer_free(struct pki_sealer *sealer);

/* Writes SEALER's data key, wrapped by WRAPPING, into OUT. PKI_ENOMEM. */
enum pki_error pki_sealer_wrap(const struct pki_sealer *sealer, const struct pki_wrapping *wrapping,
                               struct pki_wrapped_key *out) MUST_USE;
/*
 * The sealer whose key is in WRAPPED. PKI_EKEY: WRAPPING is not what wrapped it (wrong key, wrong
 * passphrase, or a passphrase where a key file is due and the other way round). PKI_ENOMEM.
 */
enum pki_error pki_sealer_unwrap(const struct pki_wrapped_key *wrapped,
                                 const struct pki_wrapping *wrapping, struct pki_sealer **sealer)
    MUST_USE;

/* A record in clear. Wiped by pki_plain_wipe (fits the cleanup attribute). */
struct pki_plain {
    uint8_t data[PKI_RECORD_MAX];
    size_t len;
};
void pki_plain_wipe(struct pki_plain *plain);

struct pki_sealed {
    uint8_t data[PKI_SEALED_MAX];
    size_t len;
};

/* Seals PLAIN for PLACE. PKI_ELIMIT: PLAIN->len over PKI_RECORD_MAX. */
enum pki_error pki_seal(const struct pki_sealer *sealer, const struct pki_place *place,
                        const struct pki_plain *plain, struct pki_sealed *sealed) MUST_USE;
/*
 * Opens the LEN octets at SEALED. PKI_ECORRUPT (not authentic here, too short, too long, key id
 * unknown), PKI_EVERSION; PLAIN->len is 0 then.
 */
enum pki_error pki_unseal(const struct pki_sealer *sealer, const struct pki_place *place,
                          const uint8_t *sealed, size_t len, struct pki_plain *plain) MUST_USE;

/*
 * BLAKE2b-128 of DATA under a key derived from the data key (libsodium's crypto_kdf, with a context
 * of its own): who has not the data key cannot tell what was hashed, nor make one.
 */
void pki_seal_print(const struct pki_sealer *sealer, const uint8_t *data, size_t len,
                    uint8_t print[static PKI_PRINT_OCTETS]);

/* BLAKE2b-256 of DATA. */
void pki_hash(uint8_t out[static PKI_HASH_LEN], const uint8_t *data, size_t len);

#endif
