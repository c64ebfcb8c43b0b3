#include "pki/seal.h"

#include "pki/secret.h"
#include "pki/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SEAL_VERSION    1
#define SEAL_HEADER_LEN (1 + 4)
#define TABLE_NAME_MAX  31
#define AAD_MAX         (SEAL_HEADER_LEN + 1 + TABLE_NAME_MAX + PKI_PLACE_KEY_MAX)

/* RFC 9106 4, second recommended option: 64 MiB, 3 passes. */
#define ARGON2_PASSES     3
#define ARGON2_MEMORY_KIB (64 * 1024)

_Static_assert(PKI_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(PKI_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(PKI_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(PKI_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES, "salt");

#define PRINT_CONTEXT "imprprnt" /* crypto_kdf_CONTEXTBYTES */
#define PRINT_SUBKEY  1

_Static_assert(PKI_KEY_LEN == crypto_kdf_KEYBYTES, "kdf");
_Static_assert(sizeof(PRINT_CONTEXT) - 1 == crypto_kdf_CONTEXTBYTES, "context");
_Static_assert(PKI_PRINT_OCTETS >= crypto_generichash_BYTES_MIN, "print");

struct pki_sealer {
    uint32_t key_id;
    uint8_t *key; /* guarded */
};

static enum pki_error sealer_new(uint32_t key_id, struct pki_sealer **sealer)
{
    struct pki_sealer *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->key_id = key_id;
    fresh->key = pki_secret_guarded_new(PKI_KEY_LEN);
    if (fresh->key == NULL) {
        free(fresh);
        return PKI_ENOMEM;
    }
    *sealer = fresh;
    return PKI_OK;
}

enum pki_error pki_sealer_generate(uint32_t key_id, struct pki_sealer **sealer)
{
    enum pki_error error = sealer_new(key_id, sealer);

    if (error == PKI_OK) {
        randombytes_buf((*sealer)->key, PKI_KEY_LEN);
        pki_secret_guarded_freeze((*sealer)->key);
    }
    return error;
}

void pki_sealer_free(struct pki_sealer *sealer)
{
    if (sealer != NULL) {
        pki_secret_guarded_free(sealer->key);
        free(sealer);
    }
}

/* What authenticates a wrapped key beside its ciphertext: all of the record but that. */
static size_t wrap_aad(const struct pki_wrapped_key *wrapped, uint8_t *out, size_t cap)
{
    struct pki_wire_out wire = pki_wire_out_init(out, cap);
    size_t len;

    pki_wire_put_raw(&wire, (const uint8_t *)"imprint data key", 16);
    pki_wire_put_u8(&wire, (uint8_t)wrapped->kind);
    pki_wire_put_u32(&wire, wrapped->key_id);
    pki_wire_put_u32(&wire, wrapped->passes);
    pki_wire_put_u32(&wire, wrapped->memory_kib);
    return pki_wire_out_end(&wire, &len) == PKI_OK ? len : 0;
}

/* The key that wraps: in guarded memory, for the caller to free. */
static enum pki_error wrapping_key(const struct pki_wrapped_key *wrapped,
                                   const struct pki_wrapping *wrapping, uint8_t **key)
{
    uint8_t *fresh = pki_secret_guarded_new(PKI_KEY_LEN);

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    if (wrapped->kind == PKI_WRAPPED_BY_FILE) {
        memcpy(fresh, wrapping->file_key, PKI_KEY_LEN);
    } else if (crypto_pwhash_argon2id(fresh, PKI_KEY_LEN, wrapping->passphrase,
                                      strlen(wrapping->passphrase), wrapped->salt, wrapped->passes,
                                      (size_t)wrapped->memory_kib * 1024,
                                      crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        pki_secret_guarded_free(fresh);
        return PKI_ENOMEM;
    }
    *key = fresh;
    return PKI_OK;
}

enum pki_error pki_sealer_wrap(const struct pki_sealer *sealer, const struct pki_wrapping *wrapping,
                               struct pki_wrapped_key *out)
{
    struct pki_wrapped_key wrapped = {.kind = PKI_WRAPPED_BY_FILE, .key_id = sealer->key_id};
    uint8_t aad[64];
    uint8_t *key;

    assert((wrapping->passphrase == NULL) != (wrapping->file_key == NULL));
    if (wrapping->passphrase != NULL) {
        wrapped.kind = PKI_WRAPPED_BY_PASSPHRASE;
        wrapped.passes = ARGON2_PASSES;
        wrapped.memory_kib = ARGON2_MEMORY_KIB;
        randombytes_buf(wrapped.salt, sizeof(wrapped.salt));
    }
    randombytes_buf(wrapped.nonce, sizeof(wrapped.nonce));
    enum pki_error error = wrapping_key(&wrapped, wrapping, &key);

    if (error != PKI_OK) {
        return error;
    }
    crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped.sealed, NULL, sealer->key, PKI_KEY_LEN, aad,
                                               wrap_aad(&wrapped, aad, sizeof(aad)), NULL,
                                               wrapped.nonce, key);
    pki_secret_guarded_free(key);
    *out = wrapped;
    return PKI_OK;
}

enum pki_error pki_sealer_unwrap(const struct pki_wrapped_key *wrapped,
                                 const struct pki_wrapping *wrapping, struct pki_sealer **sealer)
{
    bool is_by_passphrase = wrapped->kind == PKI_WRAPPED_BY_PASSPHRASE;
    struct pki_sealer *fresh;
    uint8_t aad[64];
    uint8_t *key;

    if (is_by_passphrase != (wrapping->passphrase != NULL) ||
        is_by_passphrase != (wrapping->file_key == NULL)) {
        return PKI_EKEY;
    }
    enum pki_error error = sealer_new(wrapped->key_id, &fresh);

    if (error == PKI_OK) {
        error = wrapping_key(wrapped, wrapping, &key);
        if (error != PKI_OK) {
            pki_sealer_free(fresh);
        }
    }
    if (error != PKI_OK) {
        return error;
    }
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        fresh->key, NULL, NULL, wrapped->sealed, sizeof(wrapped->sealed), aad,
        wrap_aad(wrapped, aad, sizeof(aad)), wrapped->nonce, key);

    pki_secret_guarded_free(key);
    if (rc != 0) {
        pki_sealer_free(fresh);
        return PKI_EKEY;
    }
    pki_secret_guarded_freeze(fresh->key);
    *sealer = fresh;
    return PKI_OK;
}

/* header | length of the table's name | table | key: no two places give the same octets. */
static enum pki_error place_aad(const uint8_t header[static SEAL_HEADER_LEN],
                                const struct pki_place *place, uint8_t *out, size_t *len)
{
    struct pki_wire_out wire = pki_wire_out_init(out, AAD_MAX);

    pki_wire_put_raw(&wire, header, SEAL_HEADER_LEN);
    pki_wire_put_text(&wire, place->table, TABLE_NAME_MAX + 1);
    pki_wire_put_raw(&wire, place->key, place->key_len);
    return pki_wire_out_end(&wire, len);
}

enum pki_error pki_seal(const struct pki_sealer *sealer, const struct pki_place *place,
                        const struct pki_plain *plain, struct pki_sealed *sealed)
{
    struct pki_wire_out head = pki_wire_out_init(sealed->data, sizeof(sealed->data));
    uint8_t nonce[PKI_NONCE_LEN];
    uint8_t aad[AAD_MAX];
    size_t head_len;
    size_t aad_len;

    if (plain->len > PKI_RECORD_MAX) {
        return PKI_ELIMIT;
    }
    randombytes_buf(nonce, sizeof(nonce));
    pki_wire_put_u8(&head, SEAL_VERSION);
    pki_wire_put_u32(&head, sealer->key_id);
    pki_wire_put_raw(&head, nonce, sizeof(nonce));
    enum pki_error error = pki_wire_out_end(&head, &head_len);

    if (error == PKI_OK) {
        error = place_aad(sealed->data, place, aad, &aad_len);
    }
    if (error != PKI_OK) {
        return error;
    }
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed->data + head_len, NULL, plain->data,
                                               plain->len, aad, aad_len, NULL, nonce, sealer->key);
    sealed->len = plain->len + PKI_SEAL_OVERHEAD;
    return PKI_OK;
}

enum pki_error pki_unseal(const struct pki_sealer *sealer, const struct pki_place *place,
                          const uint8_t *sealed, size_t len, struct pki_plain *plain)
{
    struct pki_wire_in head = pki_wire_in_init(sealed, len);
    uint8_t aad[AAD_MAX];
    size_t aad_len;

    plain->len = 0;
    pki_wire_version(&head, SEAL_VERSION);
    uint32_t key_id = pki_wire_u32(&head);

    if (head.error != PKI_OK) {
        return head.error;
    }
    if (len < PKI_SEAL_OVERHEAD || len > PKI_SEALED_MAX || key_id != sealer->key_id ||
        place_aad(sealed, place, aad, &aad_len) != PKI_OK) {
        return PKI_ECORRUPT;
    }
    const uint8_t *nonce = sealed + SEAL_HEADER_LEN;
    const uint8_t *cipher = nonce + PKI_NONCE_LEN;
    size_t cipher_len = len - SEAL_HEADER_LEN - PKI_NONCE_LEN;

    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain->data, NULL, NULL, cipher, cipher_len, aad,
                                                   aad_len, nonce, sealer->key) != 0) {
        return PKI_ECORRUPT;
    }
    plain->len = len - PKI_SEAL_OVERHEAD;
    return PKI_OK;
}

void pki_plain_wipe(struct pki_plain *plain)
{
    sodium_memzero(plain->data, plain->len);
}

void pki_seal_print(const struct pki_sealer *sealer, const uint8_t *data, size_t len,
                    uint8_t print[static PKI_PRINT_OCTETS])
{
    uint8_t key[crypto_generichash_KEYBYTES];

    crypto_kdf_derive_from_key(key, sizeof(key), PRINT_SUBKEY, PRINT_CONTEXT, sealer->key);
    crypto_generichash(print, PKI_PRINT_OCTETS, data, len, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
}

void pki_hash(uint8_t out[static PKI_HASH_LEN], const uint8_t *data, size_t len)
{
    crypto_generichash(out, PKI_HASH_LEN, data, len, NULL, 0);
}
