/*
 * Private keys as LwM2M has them: PKCS#8 (RFC 5958, version 1) in DER. Pure.
 */
#ifndef PKI_PRIVATE_KEY_H
#define PKI_PRIVATE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A P-256 key in the form of SEC1 (ECPrivateKey, RFC 5915) becomes PKCS#8, in place; what is
 * anything else stays as it is. CAPACITY: octets at KEY; PKI_SECRET_MAX are enough. True when KEY
 * was rewritten.
 */
bool pki_private_key_normalize(uint8_t *key, size_t capacity, size_t *len);

#endif
