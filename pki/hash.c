#include "pki/hash.h"

#include <sodium.h>
#include <string.h>

void pki_hash_sha256(const void *data, size_t len, uint8_t *out)
{
    crypto_hash_sha256(out, data, len);
}

/* FIPS 180-4 5.3.4 and 6.5: SHA-512 from other initial values, of which 384 bits are used. */
void pki_hash_sha384(const void *data, size_t len, uint8_t *out)
{
    static const uint64_t initial[8] = {UINT64_C(0xcbbb9d5dc1059ed8), UINT64_C(0x629a292a367cd507),
                                        UINT64_C(0x9159015a3070dd17), UINT64_C(0x152fecd8f70e5939),
                                        UINT64_C(0x67332667ffc00b31), UINT64_C(0x8eb44a8768581511),
                                        UINT64_C(0xdb0c2e0d64f98fa7), UINT64_C(0x47b5481dbefa4fa4)};
    crypto_hash_sha512_state state;
    uint8_t whole[PKI_SHA512_OCTETS];
    crypto_hash_sha512_init(&state);
    memcpy(state.state, initial, sizeof initial);
    crypto_hash_sha512_update(&state, data, len);
    crypto_hash_sha512_final(&state, whole);
    memcpy(out, whole, PKI_SHA384_OCTETS);
}

void pki_hash_sha512(const void *data, size_t len, uint8_t *out)
{
    crypto_hash_sha512(out, data, len);
}
