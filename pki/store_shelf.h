/*
 * The credentials of one device for one server, as the store's verbs work on them. Not for anybody
 * else.
 *
 * A credential for the bootstrap server that is staged, unconfirmed or active opens a session by
 * its PSK identity: it stands in the identity index beside the devices' own. pki_shelf_write alone
 * keeps the two together.
 */
#ifndef PKI_STORE_SHELF_H
#define PKI_STORE_SHELF_H

#include "pki/store_inner.h"

/* Oldest first. Never more than PKI_CREDENTIALS_MAX + 1. */
struct pki_shelf {
    struct pki_credential rows[PKI_CREDENTIALS_MAX + 2];
    size_t count;
};

#define PKI_WIPED_SHELF __attribute__((cleanup(pki_shelf_wipe)))
/* Overwrites the rows. */
void pki_shelf_wipe(struct pki_shelf *shelf);

/* Reads them all. PKI_ECORRUPT, PKI_EVERSION. */
enum pki_error pki_shelf_read(const struct pki_view *view, uint64_t device_id, uint16_t server_id,
                              struct pki_shelf *shelf) MUST_USE;
/* Borrowed; NULL when there is none of SERIAL. */
struct pki_credential *pki_shelf_find(struct pki_shelf *shelf, uint32_t serial);
/*
 * Writes AFTER in place of BEFORE (NULL: there was none; AFTER NULL: it is deleted), record and
 * identity index. Neither counts nor audits.
 */
enum pki_error pki_shelf_write(struct pki_txn *txn, const struct pki_credential *before,
                               const struct pki_credential *after) MUST_USE;
/* Writes the record of CREDENTIAL alone: the index stays as it is. */
enum pki_error pki_shelf_write_record(struct pki_txn *txn, const struct pki_credential *credential)
    MUST_USE;
/* What came before SERIAL in MODE for that server ends: retired, or abandoned where only staged. */
enum pki_error pki_shelf_end_older(struct pki_txn *txn, struct pki_shelf *shelf, enum pki_mode mode,
                                   uint32_t serial) MUST_USE;

/* Whether CREDENTIAL stands in the identity index. */
bool pki_shelf_is_indexed(const struct pki_credential *credential);
/* Its key there. */
struct pki_key pki_shelf_identity_key(const struct pki_credential *credential);
/* The newest of SHELF that stands at KEY in the identity index; NULL: none. */
const struct pki_credential *pki_shelf_by_identity(const struct pki_shelf *shelf,
                                                   const struct pki_key *key);
/* Identity and key of DEVICE become those of CREDENTIAL, a PSK. */
void pki_credential_take_over(const struct pki_credential *credential, struct pki_device *device);

#endif
