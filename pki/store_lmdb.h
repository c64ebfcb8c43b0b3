/*
 * The door of LMDB: an ordered key-value file with transactions, in our own words.
 *
 * Nothing outside store_lmdb.c sees LMDB's types or codes. A span handed out points into the map
 * and is valid until its transaction ends, is reset, or writes. A write transaction belongs to the
 * thread that began it; a read transaction may move between threads. One process must not open one
 * file twice at the same time (closing the second would drop the first one's locks).
 */
#ifndef PKI_STORE_LMDB_H
#define PKI_STORE_LMDB_H

#include "pki/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki_kv;
struct pki_kv_txn;
struct pki_kv_cursor;

struct pki_span {
    const uint8_t *data;
    size_t len;
};

enum pki_table {
    PKI_TABLE_META,        /* name -> home record, wrapped key (clear); counters (sealed) */
    PKI_TABLE_DEVICE,      /* device id -> device (sealed) */
    PKI_TABLE_ENDPOINT,    /* endpoint -> device id */
    PKI_TABLE_IDENTITY,    /* auth, identity or its hash -> device id */
    PKI_TABLE_GROUP,       /* group, NUL, endpoint -> device id */
    PKI_TABLE_CREDENTIAL,  /* device id, server id, serial -> credential (sealed) */
    PKI_TABLE_HISTORY,     /* device id, sequence -> outcome (sealed) */
    PKI_TABLE_UNKNOWN,     /* kind, name or its hash -> unknown (sealed) */
    PKI_TABLE_UNKNOWN_AGE, /* last_at, key in UNKNOWN -> nothing */
    PKI_TABLE_AUDIT,       /* number -> audit record (sealed) */
    PKI_TABLE_MEMORY,      /* device id -> memory (sealed) */
    PKI_TABLE_ROLLOUT,     /* name -> rollout (sealed) */
    PKI_TABLE_COUNT
};

/* Its name in the file. */
const char *pki_table_name(enum pki_table table);

struct pki_kv_options {
    bool is_read_only;
    bool is_new; /* create file and tables; else both must be there */
    uint64_t map_bytes;
};

/*
 * Opens FOLDER/data.mdb and reserves the map. Tables that came after the first homes (MEMORY,
 * ROLLOUT) are made where they are not there yet; read-only, such a table is empty. PKI_ENOTFOUND,
 * PKI_ECORRUPT (truncated, not LMDB's), PKI_EVERSION, PKI_EADDRSPACE, PKI_EREADONLY, PKI_EFULL,
 * PKI_ELIMIT, PKI_EIO; FAULT says more.
 */
enum pki_error pki_kv_open(const char *folder, const struct pki_kv_options *options,
                           struct pki_kv **kv, struct pki_fault *fault) MUST_USE;
void pki_kv_close(struct pki_kv *kv);

/* Number of the last committed transaction. No lock, no system call. */
uint64_t pki_kv_last_transaction(const struct pki_kv *kv);
/* Octets of the file that are in use. */
uint64_t pki_kv_file_bytes(const struct pki_kv *kv);
/* Frees the reader slots of processes that died. */
void pki_kv_check_readers(struct pki_kv *kv);

/* Begins; a write waits while another one runs, in any process. */
enum pki_error pki_kv_begin(struct pki_kv *kv, bool is_write, struct pki_kv_txn **txn) MUST_USE;
/* Durable on PKI_OK. Frees TXN in any case. */
enum pki_error pki_kv_commit(struct pki_kv_txn *txn) MUST_USE;
void pki_kv_abort(struct pki_kv_txn *txn);
/* A read transaction between look-ups: reset pins nothing; renew sees the newest state. */
void pki_kv_reset(struct pki_kv_txn *txn);
enum pki_error pki_kv_renew(struct pki_kv_txn *txn) MUST_USE;

/* PKI_ENOTFOUND. VALUE may be NULL. */
enum pki_error pki_kv_get(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key,
                          struct pki_span *value) MUST_USE;
/* Inserts or replaces. */
enum pki_error pki_kv_put(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key,
                          struct pki_span value) MUST_USE;
/* PKI_ENOTFOUND. */
enum pki_error pki_kv_delete(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key)
    MUST_USE;

enum pki_kv_move {
    PKI_KV_FIRST,
    PKI_KV_LAST,
    PKI_KV_NEXT,
    PKI_KV_PREVIOUS,
    PKI_KV_SEEK, /* to the first key >= *KEY */
};

/* Closed before its transaction ends. */
enum pki_error pki_kv_cursor_open(struct pki_kv_txn *txn, enum pki_table table,
                                  struct pki_kv_cursor **cursor) MUST_USE;
void pki_kv_cursor_close(struct pki_kv_cursor *cursor);
/* Moves and reads. PKI_ENOTFOUND past either end. VALUE may be NULL. */
enum pki_error pki_kv_cursor_move(struct pki_kv_cursor *cursor, enum pki_kv_move move,
                                  struct pki_span *key, struct pki_span *value) MUST_USE;
/* Deletes what the cursor stands on; PKI_KV_NEXT then moves to the one after it. */
enum pki_error pki_kv_cursor_delete(struct pki_kv_cursor *cursor) MUST_USE;

#endif
