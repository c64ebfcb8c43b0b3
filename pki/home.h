/*
 * A home on the file system: its folder, its key file, their owners and modes. No database.
 *
 *     HOME/            0700   owner = the caller
 *     HOME/home.key    0600   32 octets; absent when a passphrase wraps the data key
 *     HOME/store/      0700   the database's files, 0600
 *     HOME/.init/      only while a home is being made
 */
#ifndef PKI_HOME_H
#define PKI_HOME_H

#include "pki/error.h"
#include "pki/record_codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKI_PATH_MAX 4096

/* HOME "/" NAME into OUT; PKI_EINVAL when it is too long. */
enum pki_error pki_home_path(const char *home, const char *name, char out[static PKI_PATH_MAX],
                             struct pki_fault *fault) MUST_USE;

/*
 * PKI_OK when folder, store and (if it is there) key file belong to the caller and are closed to
 * group and others; PKI_EMODE naming the first that is not; PKI_ENOTFOUND when there is no home.
 */
enum pki_error pki_home_check(const char *home, struct pki_fault *fault) MUST_USE;

/* Reads home.key. PKI_EKEY when it is missing or not of PKI_KEY_LEN octets. */
enum pki_error pki_home_key_read(const char *home, uint8_t key[static PKI_KEY_LEN],
                                 struct pki_fault *fault) MUST_USE;

/*
 * Making a home is three steps, and only the last makes it one: begin (the empty folder HOME/.init/
 * with an empty store/ in it; leftovers of a making that was cut short are removed), then the
 * caller fills it, then finish (moves what is in it to its place and syncs the folders) or undo.
 * Errors of begin: PKI_EEXISTS (HOME is not empty), PKI_EMODE, PKI_EREADONLY, PKI_EFULL,
 * PKI_ENOTFOUND (the folder above), PKI_EIO.
 */
struct pki_home_making {
    const char *home; /* borrowed */
    char folder[PKI_PATH_MAX];
    char store[PKI_PATH_MAX];
    bool has_made_home; /* HOME itself was not there before */
};
enum pki_error pki_home_make_begin(const char *home, struct pki_home_making *making,
                                   struct pki_fault *fault) MUST_USE;
enum pki_error pki_home_make_finish(struct pki_home_making *making, struct pki_fault *fault)
    MUST_USE;
void pki_home_make_undo(struct pki_home_making *making);

/*
 * Writes FOLDER/NAME whole or not at all: a temporary file with mode 0600 before it has data,
 * synced, renamed, its folder synced.
 */
enum pki_error pki_home_file_write(const char *folder, const char *name, const uint8_t *data,
                                   size_t len, struct pki_fault *fault) MUST_USE;

#endif
