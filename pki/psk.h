/*
 * Pre-shared keys of devices.
 */
#ifndef PKI_PSK_H
#define PKI_PSK_H

#include "pki/error.h"
#include "pki/record.h"

#include <stddef.h>
#include <stdint.h>

/* Fills OUT with LEN octets; pki_secret_random is one, tests have seeded ones. */
typedef void pki_random(void *context, uint8_t *out, size_t len);

/*
 * Gives DEVICE a new PSK of LEN octets (PKI_PSK_MIN..PKI_PSK_MAX), auth PSK, and its endpoint as
 * identity if it has none. PKI_EINVAL: LEN out of bounds, or neither endpoint nor identity; DEVICE
 * is then untouched.
 */
enum pki_error pki_psk_mint(struct pki_device *device, size_t len, pki_random *random,
                            void *context) MUST_USE;

#endif
