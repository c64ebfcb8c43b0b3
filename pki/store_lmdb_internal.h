/*
 * What the two files of LMDB's door share. Not for anybody else.
 */
#ifndef PKI_STORE_LMDB_INTERNAL_H
#define PKI_STORE_LMDB_INTERNAL_H

#include "pki/store_lmdb.h"

#include <lmdb.h>

struct pki_kv {
    MDB_env *env;
    MDB_dbi tables[PKI_TABLE_COUNT];
    bool has_table[PKI_TABLE_COUNT];
    bool is_read_only;
};

struct pki_kv_txn {
    struct pki_kv *kv;
    MDB_txn *txn;
    bool is_write;
};

struct pki_kv_cursor {
    struct pki_kv_txn *txn;
    MDB_cursor *cursor; /* NULL: of a table that this home does not have */
};

/* The boundary for foreign codes. */
enum pki_error pki_kv_error(const struct pki_kv *kv, int code) MUST_USE;

#endif
