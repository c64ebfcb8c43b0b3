/*
 * How records are found: the keys of each table (store_lmdb.h lists them).
 *
 * Numbers are big-endian, so that the file's order is theirs. A key is a value: build, use, forget.
 */
#ifndef PKI_STORE_KEY_H
#define PKI_STORE_KEY_H

#include "pki/record.h"
#include "pki/store_lmdb.h"

#include <stddef.h>
#include <stdint.h>

#define PKI_KEY_MAX 384

struct pki_key {
    uint8_t data[PKI_KEY_MAX];
    size_t len;
};

static inline struct pki_span pki_key_span(const struct pki_key *key)
{
    return (struct pki_span){.data = key->data, .len = key->len};
}

/* META: "home", "key" or "counters". */
struct pki_key pki_key_meta(const char *name);
/* DEVICE, and the prefix of CREDENTIAL and HISTORY; AUDIT by number. */
struct pki_key pki_key_number(uint64_t number);
struct pki_key pki_key_endpoint(const char *endpoint);
/* IDENTITY by enum pki_auth, UNKNOWN by enum pki_unknown_kind. Over 64 octets their hash stands in.
 */
struct pki_key pki_key_identity(uint8_t kind, const uint8_t *identity, size_t len);
/* With ENDPOINT "" the prefix of the group. */
struct pki_key pki_key_group(const char *group, const char *endpoint);
struct pki_key pki_key_credential(uint64_t device_id, uint16_t server_id, uint32_t serial);
struct pki_key pki_key_history(uint64_t device_id, uint64_t sequence);
struct pki_key pki_key_unknown_age(int64_t last_at, const struct pki_key *unknown);

/* The big-endian number of LEN (up to 8) octets at OFFSET of KEY; 0 when KEY is shorter. */
uint64_t pki_key_read(struct pki_span key, size_t offset, size_t len);
/* Whether KEY begins with the first LEN octets of PREFIX. */
bool pki_key_begins(struct pki_span key, const struct pki_key *prefix, size_t len);

#endif
