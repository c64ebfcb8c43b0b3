/*
 * Secrets in memory: random octets, wiping, comparison, guarded memory, passphrases, text forms. A
 * door of libsodium.
 *
 * pki_secret_setup() must have returned PKI_OK once in the process before anything else of pki is
 * used. Guarded memory is for the few keys that live as long as the process (master and data key):
 * it costs two system calls and three pages each. Session secrets live in ordinary memory, wiped.
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

/* LEN octets between guard pages, locked in memory, zeroed; NULL when there is none. */
uint8_t *pki_secret_guarded_new(size_t len) MUST_USE;
/* Makes it read-only for the rest of its life. */
void pki_secret_guarded_freeze(uint8_t *data);
/* Wipes and frees; NULL is fine. */
void pki_secret_guarded_free(uint8_t *data);

/*
 * Reads a secret from file PATH ("-" = standard input, without echo if a terminal), at most CAP
 * octets, one trailing newline removed. Errors: PKI_EMODE (readable by group or others, or not a
 * file of the caller), PKI_EINVAL (empty, or over CAP), PKI_ENOTFOUND, PKI_EIO. OUT is wiped on
 * error.
 */
enum pki_error pki_secret_read(const char *path, uint8_t *out, size_t cap, size_t *len,
                               struct pki_fault *fault) MUST_USE;

/* Lower-case hex of DATA into OUT (2*LEN+1 octets). */
void pki_secret_hex(const uint8_t *data, size_t len, char *out);
/* Decodes hex of either case; PKI_EINVAL on any other character, odd length or overflow of CAP. */
enum pki_error pki_secret_unhex(const char *text, size_t text_len, uint8_t *out, size_t cap,
                                size_t *len) MUST_USE;

#endif
