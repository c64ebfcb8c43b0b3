/*
 * What the files of the store share. Not for anybody else.
 *
 * A view is a transaction of either kind with the sealer: readers and writers get, open and walk
 * records through it. Verbs of a write transaction follow one pattern: read and check everything,
 * and only then change; so a refusal leaves nothing behind.
 */
#ifndef PKI_STORE_INNER_H
#define PKI_STORE_INNER_H

#include "pki/record_codec.h"
#include "pki/seal.h"
#include "pki/store.h"
#include "pki/store_key.h"
#include "pki/store_lmdb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKI_META_HOME     "home"
#define PKI_META_KEY      "key"
#define PKI_META_COUNTERS "counters"

struct pki_claim;

struct pki_store {
    struct pki_claim *claim;
    struct pki_kv *kv;
    struct pki_sealer *sealer;
};

struct pki_view {
    struct pki_kv_txn *kv;
    const struct pki_sealer *sealer;
};

struct pki_txn {
    struct pki_store *store;
    struct pki_view view;
    enum pki_error error; /* the first; sticks */
    bool is_tolerant;
    bool has_changed;
    bool has_noted; /* an unknown; audited once, at commit */
    int64_t now_at;
    char actor[PKI_NAME_MAX + 1];
    struct pki_counters counters;
};

#define PKI_WIPED_DEVICE     __attribute__((cleanup(pki_device_wipe)))
#define PKI_WIPED_CREDENTIAL __attribute__((cleanup(pki_credential_wipe)))
#define PKI_WIPED_PLAIN      __attribute__((cleanup(pki_plain_wipe)))
#define PKI_CURSOR           __attribute__((cleanup(pki_cursor_cleanup)))

/* Closes *CURSOR, which may be NULL. */
void pki_cursor_cleanup(struct pki_kv_cursor **cursor);

/* Reads and opens the record at KEY. PKI_ENOTFOUND, PKI_ECORRUPT, PKI_EVERSION. */
enum pki_error pki_view_get(const struct pki_view *view, enum pki_table table,
                            const struct pki_key *key, struct pki_plain *plain) MUST_USE;
/* Opens the record that a cursor stands on. */
enum pki_error pki_view_unseal(const struct pki_view *view, enum pki_table table,
                               struct pki_span key, struct pki_span sealed, struct pki_plain *plain)
    MUST_USE;
/* Seals and writes. */
enum pki_error pki_view_put(const struct pki_view *view, enum pki_table table,
                            const struct pki_key *key, const struct pki_plain *plain) MUST_USE;
/* The id that an index holds at KEY. */
enum pki_error pki_view_index(const struct pki_view *view, enum pki_table table,
                              const struct pki_key *key, uint64_t *id) MUST_USE;

/* Look-ups: PKI_ENOTFOUND, PKI_ECORRUPT, PKI_EVERSION; the output is untouched on error. */
enum pki_error pki_view_device(const struct pki_view *view, uint64_t id, struct pki_device *device)
    MUST_USE;
enum pki_error pki_view_device_by_endpoint(const struct pki_view *view, const char *endpoint,
                                           struct pki_device *device) MUST_USE;
enum pki_error pki_view_counters(const struct pki_view *view, struct pki_counters *counters)
    MUST_USE;
/* PKI_ENOTFOUND: nothing is remembered; *MEMORY is untouched. */
enum pki_error pki_view_memory(const struct pki_view *view, uint64_t device_id,
                               struct pki_memory *memory) MUST_USE;
/* Opens and decodes the credential that stands at KEY. */
enum pki_error pki_view_credential(const struct pki_view *view, struct pki_span key,
                                   struct pki_span sealed, struct pki_credential *credential)
    MUST_USE;
/*
 * The last key that begins with the first PREFIX_LEN octets of CEILING and is not above it: CURSOR
 * stands on it. PKI_ENOTFOUND.
 */
enum pki_error pki_cursor_last(struct pki_kv_cursor *cursor, const struct pki_key *ceiling,
                               size_t prefix_len, struct pki_span *key, struct pki_span *value)
    MUST_USE;

/* A reader's view of the newest state; pki_reader_end lets go of it. */
enum pki_error pki_reader_begin(struct pki_reader *reader, struct pki_view *view) MUST_USE;
void pki_reader_end(struct pki_reader *reader);

/*
 * Ends a verb of TXN: the error sticks, unless it is a refusal of one item and TXN is tolerant.
 * Returns ERROR.
 */
enum pki_error pki_txn_result(struct pki_txn *txn, enum pki_error error);
/* A failure after the first change: sticks even in a tolerant transaction, which is half done. */
enum pki_error pki_txn_changed(struct pki_txn *txn, enum pki_error error);
/* Writes DEVICE's record (not its indexes). */
enum pki_error pki_txn_device_write(struct pki_txn *txn, const struct pki_device *device) MUST_USE;
/* Deletes every record of TABLE whose key begins with PREFIX; *COUNT (may be NULL) of them. */
enum pki_error pki_txn_delete_prefix(struct pki_txn *txn, enum pki_table table,
                                     const struct pki_key *prefix, uint64_t *count) MUST_USE;
/* PKI_OK when there is a device ID, else PKI_ENOTFOUND. */
enum pki_error pki_txn_device_exists(const struct pki_txn *txn, uint64_t id) MUST_USE;
/* Removes NAME from the unknown, if it is there. */
enum pki_error pki_txn_unknown_forget(struct pki_txn *txn, enum pki_unknown_kind kind,
                                      const uint8_t *name, size_t name_len) MUST_USE;
/* Appends one audit record; the oldest goes when there are PKI_AUDIT_MAX. */
enum pki_error pki_txn_audit(struct pki_txn *txn, const char *action, const char *subject) MUST_USE;

#endif
