/*
 * SHA-2 digests (FIPS 180-4). A door of libsodium. Pure.
 */
#ifndef PKI_HASH_H
#define PKI_HASH_H

#include <stddef.h>
#include <stdint.h>

#define PKI_SHA256_OCTETS 32
#define PKI_SHA384_OCTETS 48
#define PKI_SHA512_OCTETS 64

/* The digest of DATA into OUT, which holds as many octets as the function's name says in bits. */
typedef void pki_hash_fn(const void *data, size_t len, uint8_t *out);
pki_hash_fn pki_hash_sha256;
pki_hash_fn pki_hash_sha384;
pki_hash_fn pki_hash_sha512;

#endif
