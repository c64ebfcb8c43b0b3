/*
 * Errors of the pki library.
 *
 * One enum for every door (LMDB, libsodium, errno): a foreign code becomes one of these at the door
 * and nowhere else. struct pki_fault carries, beside the code, one sentence for the user that names
 * file or field and never a secret.
 */
#ifndef PKI_ERROR_H
#define PKI_ERROR_H

#ifndef MUST_USE
#define MUST_USE __attribute__((warn_unused_result))
#endif

enum pki_error {
    PKI_OK = 0,
    PKI_ENOMEM,     /* out of memory */
    PKI_EINVAL,     /* an argument or field is outside its bounds */
    PKI_ENOTFOUND,  /* no such record */
    PKI_EEXISTS,    /* endpoint or identity is taken */
    PKI_EMODE,      /* owner or mode of the home is too open */
    PKI_EKEY,       /* wrong master key or passphrase */
    PKI_ECORRUPT,   /* file truncated, record fails authentication or decoding */
    PKI_EVERSION,   /* record or home written by a newer version */
    PKI_EFULL,      /* disk full */
    PKI_EREADONLY,  /* home or file system is read-only */
    PKI_EADDRSPACE, /* the map cannot be reserved (address-space limit) */
    PKI_ELIMIT,     /* a bound of the store is reached (reader slots, sizes) */
    PKI_EIO         /* any other system error */
};

struct pki_fault {
    enum pki_error code;
    char text[256]; /* one sentence, no newline, never a secret; "" when code is PKI_OK */
};

/* Constant English text of CODE; never NULL. */
const char *pki_error_text(enum pki_error code);

/* Sets FAULT (may be NULL) to CODE with a printf-formatted sentence; returns CODE. */
enum pki_error pki_fault_set(struct pki_fault *fault, enum pki_error code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The error for errno value CODE; PKI_EIO when it has no word of its own. */
enum pki_error pki_error_from_errno(int code);

#endif
