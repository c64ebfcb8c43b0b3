/*
 * One process opens one store once at a time.
 *
 * LMDB's locks are the process's: closing a second handle of the same file would drop those of the
 * first, and other processes would take its live readers for dead. A claim makes that an error. It
 * belongs to the process that made it: a child begins with none.
 */
#ifndef PKI_STORE_CLAIM_H
#define PKI_STORE_CLAIM_H

#include "pki/error.h"

struct pki_claim;

/* Claims FOLDER (by device and inode). PKI_ELIMIT: claimed already. PKI_ENOTFOUND, PKI_ENOMEM,
 * PKI_EIO. */
enum pki_error pki_claim_new(const char *folder, struct pki_claim **claim, struct pki_fault *fault)
    MUST_USE;
/* NULL is fine. */
void pki_claim_free(struct pki_claim *claim);

#endif
