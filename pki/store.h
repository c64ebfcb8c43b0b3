/*
 * The sealed store of a home (LMDB below; its only door).
 *
 * Model. A home is a folder (mode 0700, owner = the caller) with `store/data.mdb`, and `home.key` (0600, the 32-octet wrapping key)
 * unless a passphrase wraps the data key. Every record is sealed with XChaCha20-Poly1305 under a random data key, the record's
 * database and key as associated data; a header carries format version and key id (architecture, decision 10).
 * One large map (default 1 TiB, a setting) is reserved at open and never resized (decision 8).
 *
 * Concurrency. Any number of processes and threads read; one writes at a time (LMDB's lock, across processes). Each thread that
 * reads owns one pki_reader. A reader holds no transaction between calls. Writers that write much use pki_bulk (fair: holds the lock
 * at most 20 ms and then yields as long). Every committed transaction carries one audit record per change, chained by hash.
 *
 * What it does not do: no network, no printing, no clock (times are arguments).
 *
 * Lifetime: readers and transactions end before pki_store_close.
 */
#ifndef PKI_STORE_H
#define PKI_STORE_H

#include "pki/error.h"
#include "pki/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki_store;
struct pki_reader;
struct pki_txn;

/* How the wrapping key is obtained. PASSPHRASE == NULL: the key file home.key. Borrowed, wiped by the caller. */
struct pki_store_options {
    const char *passphrase; /* NUL-terminated; NULL = key file */
    bool read_only;
    uint64_t map_bytes; /* 0 = default, 1 TiB */
};

/*
 * Creates HOME (must not exist, or be an empty folder) with a new data key. Everything or nothing.
 * Errors: PKI_EEXISTS, PKI_EMODE, PKI_EREADONLY, PKI_EFULL, PKI_EINVAL (passphrase under 8 octets), PKI_EIO.
 */
enum pki_error pki_store_init(const char *home, const struct pki_store_options *options, int64_t now_at,
                              struct pki_fault *fault) MUST_USE;

/*
 * Opens HOME. O(1) in the number of records. Checks owner and modes (PKI_EMODE), the file against its last page (PKI_ECORRUPT),
 * the format (PKI_EVERSION), the key (PKI_EKEY). Other errors: PKI_ENOTFOUND (no home here), PKI_EADDRSPACE, PKI_EREADONLY, PKI_EIO.
 */
enum pki_error pki_store_open(const char *home, const struct pki_store_options *options, struct pki_store **store,
                              struct pki_fault *fault) MUST_USE;
void pki_store_close(struct pki_store *store);

/* ---- reading ---- */

enum pki_error pki_reader_new(struct pki_store *store, struct pki_reader **reader) MUST_USE;
void pki_reader_free(struct pki_reader *reader);

/* Look-ups: one read transaction each. PKI_ENOTFOUND, PKI_ECORRUPT, PKI_EVERSION. *DEVICE is untouched on error. */
enum pki_error pki_store_device_by_endpoint(struct pki_reader *reader, const char *endpoint,
                                            struct pki_device *device) MUST_USE;
enum pki_error pki_store_device_by_identity(struct pki_reader *reader, enum pki_auth auth, const uint8_t *identity,
                                            size_t identity_len, struct pki_device *device) MUST_USE;
enum pki_error pki_store_device_by_id(struct pki_reader *reader, uint64_t id, struct pki_device *device) MUST_USE;

/*
 * Up to MAX devices in endpoint order, those after endpoint AFTER ("" = from the start). *COUNT < MAX means the end.
 * GROUP: only that group, NULL = all.
 */
enum pki_error pki_store_device_page(struct pki_reader *reader, const char *after, const char *group,
                                     struct pki_device *devices, size_t max, size_t *count) MUST_USE;

/* Credentials of a device, all states, ascending (server_id, serial), at most MAX (the newest are kept). */
enum pki_error pki_store_credentials(struct pki_reader *reader, uint64_t device_id,
                                     struct pki_credential *credentials, size_t max, size_t *count) MUST_USE;
/* Outcomes of a device, newest first. */
enum pki_error pki_store_history(struct pki_reader *reader, uint64_t device_id, struct pki_outcome *outcomes,
                                 size_t max, size_t *count) MUST_USE;
/* Who knocked, most recent first. */
enum pki_error pki_store_unknown_list(struct pki_reader *reader, struct pki_unknown *unknowns, size_t max,
                                      size_t *count) MUST_USE;

struct pki_store_stats {
    uint64_t devices;
    uint64_t credentials;
    uint64_t unknowns;
    uint64_t audit_records;
    uint64_t file_bytes;
    uint64_t last_transaction;
};
enum pki_error pki_store_stats(struct pki_reader *reader, struct pki_store_stats *stats) MUST_USE;

/* The audit chain from record FROM (1 = first): calls EACH per record; verifies the chain. PKI_ECORRUPT when it is broken. */
struct pki_audit {
    uint64_t number;
    int64_t at;
    char actor[PKI_NAME_MAX + 1];  /* "imprint uid=1000", "imprintd" */
    char action[PKI_NAME_MAX + 1]; /* "device.add" .. */
    char subject[PKI_ENDPOINT_MAX + 1];
};
enum pki_error pki_store_audit(struct pki_reader *reader, uint64_t from,
                               bool (*each)(void *context, const struct pki_audit *record), void *context) MUST_USE;

/* ---- writing: begin .. commit or abort; errors are sticky: later calls do nothing, commit reports the first ---- */

/* ACTOR names who in the audit records. Blocks while another process writes. */
enum pki_error pki_txn_begin(struct pki_store *store, const char *actor, int64_t now_at, struct pki_txn **txn) MUST_USE;
/* Durable when it returns PKI_OK (fdatasync). Frees TXN in any case. PKI_EFULL: nothing was changed. */
enum pki_error pki_txn_commit(struct pki_txn *txn) MUST_USE;
void pki_txn_abort(struct pki_txn *txn);

/* Adds DEVICE; sets DEVICE->id, created_at, changed_at. PKI_EEXISTS: endpoint or identity taken. PKI_EINVAL: a field out of bounds. */
enum pki_error pki_txn_device_add(struct pki_txn *txn, struct pki_device *device);
/* Replaces the record with DEVICE->id (endpoint may not change; identity may). */
enum pki_error pki_txn_device_put(struct pki_txn *txn, const struct pki_device *device);
/* Removes the device with its indexes, credentials and history. */
enum pki_error pki_txn_device_remove(struct pki_txn *txn, uint64_t id);
enum pki_error pki_txn_device_get(struct pki_txn *txn, const char *endpoint, struct pki_device *device);

/* Adds a credential (staged_at or active_at set by the caller); sets CREDENTIAL->serial. */
enum pki_error pki_txn_credential_add(struct pki_txn *txn, struct pki_credential *credential);
/*
 * Ends the staged credentials of a run, by (device, server, serial): FINISHED -> active, the previously active one of that
 * server retired; UNCONFIRMED -> unconfirmed, old one stays; anything else -> abandoned.
 */
enum pki_error pki_txn_credential_settle(struct pki_txn *txn, uint64_t device_id, uint16_t server_id, uint32_t serial,
                                         enum pki_result result);
/* Appends to the history (keeps PKI_HISTORY_MAX) and updates the device's last_result and times. */
enum pki_error pki_txn_outcome_append(struct pki_txn *txn, const struct pki_outcome *outcome);
/* Counts one knock; the table keeps at most 1,000 names, the longest unseen makes room. */
enum pki_error pki_txn_unknown_note(struct pki_txn *txn, enum pki_unknown_kind kind, const uint8_t *name,
                                    size_t name_len, const char *peer, uint64_t times);

#endif
