/*
 * Secrets in memory: random octets, wiping, comparison, passphrases, text forms. A door of libsodium.
 *
 * pki_secret_setup() must have returned PKI_OK once in the process before anything else of pki is used.
 */
#ifndef PKI_SECRET_H
#define PKI_SECRET_H

#include "pki/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Initialises libsodium, makes the process not dumpable and switches core files off. Idempotent. */
enum pki_error pki_secret_setup(void) MUST_USE;
/* Fills OUT from the system's CSPRNG. Shape of every `random` argument: CONTEXT is unused here. */
void pki_secret_random(void *context, uint8_t *out, size_t len);
void pki_secret_wipe(void *data, size_t len);
/* Constant time in LEN. */
bool pki_secret_equal(const uint8_t *a, const uint8_t *b, size_t len);
/*
 * Reads a secret from file PATH ("-" = standard input, no echo if a terminal), at most CAP octets, one trailing newline removed.
 * A file readable by group or others is refused (PKI_EMODE). OUT is wiped on error.
 */
enum pki_error pki_secret_read(const char *path, uint8_t *out, size_t cap, size_t *len, struct pki_fault *fault) MUST_USE;
/* Lower-case hex of DATA into OUT (2*LEN+1 octets). */
void pki_secret_hex(const uint8_t *data, size_t len, char *out);
/* Decodes hex of either case; PKI_EINVAL on any other character, odd length or overflow of CAP. */
enum pki_error pki_secret_unhex(const char *text, size_t text_len, uint8_t *out, size_t cap, size_t *len) MUST_USE;

#endif
