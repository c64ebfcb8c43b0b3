/*
 * The two files below the store, where LMDB leaves a gap: truncation, sparse files, full disks.
 */
#ifndef PKI_STORE_FILE_H
#define PKI_STORE_FILE_H

#include "pki/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * PKI_ECORRUPT when FOLDER/data.mdb is too short to begin with (LMDB would take an empty file for a
 * new one), PKI_ENOTFOUND when it is not there.
 */
enum pki_error pki_file_check_header(const char *folder, struct pki_fault *fault) MUST_USE;

/* PKI_ECORRUPT when file FD has less than NEEDED octets (its map would end in SIGBUS). */
enum pki_error pki_file_check_length(int fd, uint64_t needed, const char *folder,
                                     struct pki_fault *fault) MUST_USE;

/*
 * Gives FOLDER/lock.mdb its blocks now: LMDB maps it sparse, and a new reader on a full disk would
 * die of SIGBUS. PKI_EFULL. Where the file may not be written or its system cannot allocate,
 * nothing happens. Only before LMDB has it open: closing any descriptor of it drops the process's
 * locks.
 */
enum pki_error pki_file_allocate_lock(const char *folder, struct pki_fault *fault) MUST_USE;

/*
 * Extends file FD to NEEDED octets, whoever else writes, never cutting. A page allocated and freed
 * within one transaction is never written, yet counts as the file's last: this keeps
 * pki_file_check_length true.
 */
void pki_file_cover(int fd, uint64_t needed);

/* Whether the file system of FD has as good as no room: an I/O error then means a full disk. */
bool pki_file_is_disk_full(int fd);

#endif
