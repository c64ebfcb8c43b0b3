/*
 * The sealed store of a home (LMDB below; its only door).
 *
 * Model. A home is a folder (mode 0700, owner = the caller) with `store/data.mdb`, and `home.key`
 * (0600, the 32-octet wrapping key) unless a passphrase wraps the data key. Every record is sealed
 * with XChaCha20-Poly1305 under a random data key, the record's table and key as associated data; a
 * header carries format version and key id (architecture, decision 10). Indexes (endpoint, identity
 * or its hash, group) are in clear and checked against the sealed record they lead to. One large
 * map (default 1 TiB, a setting) is reserved at open and never resized (decision 8).
 *
 * Concurrency. Any number of processes and threads read; one writes at a time (LMDB's lock, across
 * processes), also beside readers of the same pki_store in other threads. Each thread that reads
 * owns one pki_reader. A reader holds no transaction between calls. Writers that write much use
 * pki/bulk.h (fair: holds the lock at most 20 ms and then yields as long). Every committed
 * transaction carries one audit record per change, chained by hash. A process opens one home once
 * at a time.
 *
 * What it does not do: no network, no printing, no clock (times are arguments).
 *
 * Lifetime: readers and transactions end before pki_store_close. After fork the child opens its
 * own. Whoever receives a device or credential wipes it (pki_device_wipe, pki_credential_wipe).
 */
#ifndef PKI_STORE_H
#define PKI_STORE_H

#include "pki/error.h"
#include "pki/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKI_CREDENTIALS_MAX 8       /* kept for one device and server; what has ended goes first */
#define PKI_UNKNOWN_MAX     1000    /* names kept; the longest unseen makes room */
#define PKI_AUDIT_MAX       1000000 /* records kept; the oldest goes */

struct pki_store;
struct pki_reader;
struct pki_txn;

/* How the wrapping key is obtained. PASSPHRASE == NULL: the key file home.key. Borrowed, wiped by
 * the caller. */
struct pki_store_options {
    const char *passphrase; /* NUL-terminated; NULL = key file */
    bool read_only;
    uint64_t map_bytes; /* 0 = default, 1 TiB */
};

/*
 * Creates HOME (must not exist, or be an empty folder) with a new data key. Everything or nothing.
 * Errors: PKI_EEXISTS, PKI_EMODE, PKI_EREADONLY, PKI_EFULL, PKI_EADDRSPACE, PKI_ENOTFOUND (the
 * folder above), PKI_EINVAL (passphrase under 8 octets), PKI_ENOMEM, PKI_EIO.
 */
enum pki_error pki_store_init(const char *home, const struct pki_store_options *options,
                              int64_t now_at, struct pki_fault *fault) MUST_USE;

/*
 * Opens HOME. O(1) in the number of records. Checks owner and modes (PKI_EMODE), the file against
 * its last page (PKI_ECORRUPT), the format (PKI_EVERSION), the key (PKI_EKEY). Other errors:
 * PKI_ENOTFOUND (no home here), PKI_EADDRSPACE, PKI_EREADONLY (asked to write where it cannot),
 * PKI_ELIMIT (this process has it open already), PKI_ENOMEM, PKI_EIO.
 */
enum pki_error pki_store_open(const char *home, const struct pki_store_options *options,
                              struct pki_store **store, struct pki_fault *fault) MUST_USE;
/* NULL is fine. */
void pki_store_close(struct pki_store *store);

/* Number of the last committed transaction, of any process. No lock, no system call: fit to poll.
 */
uint64_t pki_store_last_transaction(const struct pki_store *store);

/* ---- reading ---- */

/* A reader, with a slot of the store's reader table. PKI_ELIMIT (all are taken), PKI_ENOMEM. */
enum pki_error pki_reader_new(struct pki_store *store, struct pki_reader **reader) MUST_USE;
/* NULL is fine. */
void pki_reader_free(struct pki_reader *reader);
/* Read transactions that READER has begun so far; each call below is one, but for pki_store_audit.
 */
uint64_t pki_reader_transactions(const struct pki_reader *reader);

/*
 * Look-ups. PKI_ENOTFOUND, PKI_ECORRUPT, PKI_EVERSION. *DEVICE is untouched on error. Disabled
 * devices are found too. By identity: also by that of a credential for PKI_SERVER_BOOTSTRAP that is
 * staged, unconfirmed or active; identity and psk of *DEVICE are that credential's then, and
 * presented_serial is its serial.
 */
enum pki_error pki_store_device_by_endpoint(struct pki_reader *reader, const char *endpoint,
                                            struct pki_device *device) MUST_USE;
enum pki_error pki_store_device_by_identity(struct pki_reader *reader, enum pki_auth auth,
                                            const uint8_t *identity, size_t identity_len,
                                            struct pki_device *device) MUST_USE;
enum pki_error pki_store_device_by_id(struct pki_reader *reader, uint64_t id,
                                      struct pki_device *device) MUST_USE;

/*
 * Up to MAX devices in endpoint order, those after endpoint AFTER ("" = from the start; it need not
 * exist). *COUNT < MAX means the end. GROUP: only that group; NULL or "" = all. On an error the
 * first *COUNT are good. PKI_EINVAL: AFTER or GROUP too long.
 */
enum pki_error pki_store_device_page(struct pki_reader *reader, const char *after,
                                     const char *group, struct pki_device *devices, size_t max,
                                     size_t *count) MUST_USE;

/* Credentials of a device, all states, ascending (server_id, serial); of more than MAX the last. */
enum pki_error pki_store_credentials(struct pki_reader *reader, uint64_t device_id,
                                     struct pki_credential *credentials, size_t max, size_t *count)
    MUST_USE;
/* The same without those that have ended: all that a plan needs. PKI_ELIMIT when there are more
 * than MAX, since a key that is not seen would be taken for one that is not there. */
enum pki_error pki_store_credentials_alive(struct pki_reader *reader, uint64_t device_id,
                                           struct pki_credential *credentials, size_t max,
                                           size_t *count) MUST_USE;
/*
 * What bootstraps have taught about a device. PKI_ENOTFOUND: nothing yet; *MEMORY is zeroed then.
 */
enum pki_error pki_store_memory(struct pki_reader *reader, uint64_t device_id,
                                struct pki_memory *memory) MUST_USE;
/* A rollout by name (PKI_ENOTFOUND), and all of them by name, up to MAX. */
enum pki_error pki_store_rollout(struct pki_reader *reader, const char *name,
                                 struct pki_rollout *rollout) MUST_USE;
enum pki_error pki_store_rollouts(struct pki_reader *reader, struct pki_rollout *rollouts,
                                  size_t max, size_t *count) MUST_USE;
/*
 * A keyed hash (BLAKE2b under a key that only this home can derive) of LEN octets: tells whether
 * secrets are the same without holding them. Any thread.
 */
void pki_store_print(const struct pki_store *store, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS]);
/* The newest active credential of a device for a server. PKI_ENOTFOUND. */
enum pki_error pki_store_credential_active(struct pki_reader *reader, uint64_t device_id,
                                           uint16_t server_id, struct pki_credential *credential)
    MUST_USE;
/* Outcomes of a device, newest first. */
enum pki_error pki_store_history(struct pki_reader *reader, uint64_t device_id,
                                 struct pki_outcome *outcomes, size_t max, size_t *count) MUST_USE;
/* Who knocked, most recent first. */
enum pki_error pki_store_unknown_list(struct pki_reader *reader, struct pki_unknown *unknowns,
                                      size_t max, size_t *count) MUST_USE;

/* Counters of the home; O(1). */
struct pki_store_stats {
    uint64_t devices;
    uint64_t credentials;
    uint64_t unknowns;
    uint64_t audit_records;
    uint64_t file_bytes;
    uint64_t last_transaction;
};
enum pki_error pki_store_stats(struct pki_reader *reader, struct pki_store_stats *stats) MUST_USE;

/*
 * The audit chain from record FROM (1 = the first; what retention dropped is skipped): verifies the
 * chain and calls EACH per record, in short read transactions; EACH returns false to end. Records
 * before a break are still shown, then PKI_ECORRUPT.
 */
enum pki_error pki_store_audit(struct pki_reader *reader, uint64_t from,
                               bool (*each)(void *context, const struct pki_audit *record),
                               void *context) MUST_USE;

/*
 * ---- writing: begin .. commit or abort ----
 *
 * Errors are sticky: the first makes later calls do nothing and return it, and commit too; so a
 * caller may look at the commit alone. One transaction may carry changes of many devices.
 *
 * A tolerant transaction (a daemon's group commit, where one item's fate must not be the others')
 * returns the refusal of a single item - PKI_EINVAL, PKI_ENOTFOUND, PKI_EEXISTS, PKI_ECORRUPT,
 * PKI_EVERSION, found before anything was changed - from the call alone; only what ails the store
 * sticks.
 */

/* ACTOR names who in the audit records. Blocks while another process writes. PKI_EREADONLY .. */
enum pki_error pki_txn_begin(struct pki_store *store, const char *actor, int64_t now_at,
                             struct pki_txn **txn) MUST_USE;
void pki_txn_set_tolerant(struct pki_txn *txn);
/*
 * Durable when it returns PKI_OK (fdatasync). Frees TXN in any case. On an error (PKI_EFULL ..)
 * nothing was changed. Without changes nothing is written.
 */
enum pki_error pki_txn_commit(struct pki_txn *txn) MUST_USE;
/* NULL is fine. */
void pki_txn_abort(struct pki_txn *txn);

/*
 * Adds DEVICE; sets DEVICE->id, created_at, changed_at. Its endpoint and identity are no longer
 * among the unknown. PKI_EEXISTS: endpoint or identity taken. PKI_EINVAL: see pki_device_check.
 */
enum pki_error pki_txn_device_add(struct pki_txn *txn, struct pki_device *device);
/*
 * Replaces the record with DEVICE->id: identity, keys, group, policy, attributes, disabled_at. The
 * endpoint may not change (PKI_EINVAL); created_at and what bootstraps recorded stay as stored.
 */
enum pki_error pki_txn_device_put(struct pki_txn *txn, const struct pki_device *device);
/* Removes the device with its indexes, credentials, history and memory. Its id is never given
 * again. */
enum pki_error pki_txn_device_remove(struct pki_txn *txn, uint64_t id);
/* PKI_ENOTFOUND does not stick. */
enum pki_error pki_txn_device_get(struct pki_txn *txn, const char *endpoint,
                                  struct pki_device *device);

/*
 * Adds a credential (staged_at or active_at set by the caller); sets CREDENTIAL->serial. An active
 * one retires those before it of the same server and mode: a PSK and an OSCORE context live side by
 * side. PKI_ENOTFOUND: no such device. PKI_EEXISTS: the identity of a PSK for PKI_SERVER_BOOTSTRAP
 * is a device's, this one's too, or of a credential of another device (an open one of this device
 * with that identity is abandoned).
 */
enum pki_error pki_txn_credential_add(struct pki_txn *txn, struct pki_credential *credential);
/*
 * Ends a staged (or unconfirmed) credential: PKI_RESULT_FINISHED -> active, older active and
 * unconfirmed ones of that server and mode retired and staged ones abandoned;
 * PKI_RESULT_UNCONFIRMED -> unconfirmed, the old one stays; anything else -> abandoned.
 * PKI_ENOTFOUND; PKI_EINVAL: it has ended.
 */
enum pki_error pki_txn_credential_settle(struct pki_txn *txn, uint64_t device_id,
                                         uint16_t server_id, uint32_t serial,
                                         enum pki_result result);
/*
 * The device came with its bootstrap credential SERIAL: identity and key of the device become that
 * one's, the old ones and bootstrap credentials before it are no longer taken, and the credential
 * is retired; those after it stay. PKI_ENOTFOUND; PKI_EINVAL: it has ended, or is no PSK.
 */
enum pki_error pki_txn_bootstrap_promote(struct pki_txn *txn, uint64_t device_id, uint32_t serial);
/*
 * Replaces what is known of memory->device_id, without an audit record: its outcome has one.
 * PKI_ENOTFOUND: no such device. PKI_EINVAL: a count over its bound.
 */
enum pki_error pki_txn_memory_put(struct pki_txn *txn, const struct pki_memory *memory);
/* PKI_ENOTFOUND does not stick. */
enum pki_error pki_txn_rollout_get(struct pki_txn *txn, const char *name,
                                   struct pki_rollout *rollout);
/*
 * Adds or replaces. Audited as rollout.start (new, anew, or another started_at), .pause, .resume,
 * .abort (another state) or .change. PKI_EINVAL: see pki_rollout_check.
 */
enum pki_error pki_txn_rollout_put(struct pki_txn *txn, const struct pki_rollout *rollout);
/*
 * Counts one outcome in rollout NAME. Pauses a running one as soon as more of the last pause_of
 * failed than pause_ppm of pause_of (see struct pki_rollout for what counts among them), with the
 * reason: *HAS_PAUSED. Only a pause is audited. PKI_ENOTFOUND.
 */
struct pki_rollout_outcome {
    uint64_t device_id;
    bool has_failed;
    bool is_first; /* the device had not finished in it before */
};
enum pki_error pki_txn_rollout_note(struct pki_txn *txn, const char *name,
                                    const struct pki_rollout_outcome *outcome, bool *has_paused);
/* Appends to the history (keeps PKI_HISTORY_MAX) and updates the device's last_result and times. */
enum pki_error pki_txn_outcome_append(struct pki_txn *txn, const struct pki_outcome *outcome);
/*
 * Counts TIMES knocks of NAME (octets, up to PKI_IDENTITY_MAX); PEER is the last address. The table
 * keeps PKI_UNKNOWN_MAX names. All notes of a transaction share one audit record.
 */
enum pki_error pki_txn_unknown_note(struct pki_txn *txn, enum pki_unknown_kind kind,
                                    const uint8_t *name, size_t name_len, const char *peer,
                                    uint64_t times);
/*
 * An audit record for what changes nothing but must be known, such as an export: ACTION
 * ("noun.verb", 1 to PKI_NAME_MAX octets) done to SUBJECT (up to PKI_ENDPOINT_MAX). PKI_EINVAL: too
 * long or empty.
 */
enum pki_error pki_txn_audit_note(struct pki_txn *txn, const char *action, const char *subject);

#endif
