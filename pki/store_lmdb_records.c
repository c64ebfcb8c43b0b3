#include "pki/store_lmdb_internal.h"

#include <stdlib.h>

static struct pki_span to_span(MDB_val value)
{
    return (struct pki_span){.data = value.mv_data, .len = value.mv_size};
}

static MDB_val to_val(struct pki_span span)
{
    return (MDB_val){.mv_size = span.len, .mv_data = (void *)span.data};
}

enum pki_error pki_kv_get(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key,
                          struct pki_span *value)
{
    MDB_val at = to_val(key);
    MDB_val found;

    if (!txn->kv->has_table[table]) {
        return PKI_ENOTFOUND;
    }
    int rc = mdb_get(txn->txn, txn->kv->tables[table], &at, &found);

    if (rc == 0 && value != NULL) {
        *value = to_span(found);
    }
    return pki_kv_error(txn->kv, rc);
}

enum pki_error pki_kv_put(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key,
                          struct pki_span value)
{
    MDB_val at = to_val(key);
    MDB_val data = to_val(value);

    return pki_kv_error(txn->kv, mdb_put(txn->txn, txn->kv->tables[table], &at, &data, 0));
}

enum pki_error pki_kv_delete(struct pki_kv_txn *txn, enum pki_table table, struct pki_span key)
{
    MDB_val at = to_val(key);

    return pki_kv_error(txn->kv, mdb_del(txn->txn, txn->kv->tables[table], &at, NULL));
}

enum pki_error pki_kv_cursor_open(struct pki_kv_txn *txn, enum pki_table table,
                                  struct pki_kv_cursor **cursor)
{
    struct pki_kv_cursor *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->txn = txn;
    int rc = 0;

    if (txn->kv->has_table[table]) {
        rc = mdb_cursor_open(txn->txn, txn->kv->tables[table], &fresh->cursor);
    }
    if (rc != 0) {
        free(fresh);
        return pki_kv_error(txn->kv, rc);
    }
    *cursor = fresh;
    return PKI_OK;
}

void pki_kv_cursor_close(struct pki_kv_cursor *cursor)
{
    if (cursor != NULL) {
        if (cursor->cursor != NULL) {
            mdb_cursor_close(cursor->cursor);
        }
        free(cursor);
    }
}

enum pki_error pki_kv_cursor_move(struct pki_kv_cursor *cursor, enum pki_kv_move move,
                                  struct pki_span *key, struct pki_span *value)
{
    static const MDB_cursor_op ops[] = {
        [PKI_KV_FIRST] = MDB_FIRST,   [PKI_KV_LAST] = MDB_LAST,      [PKI_KV_NEXT] = MDB_NEXT,
        [PKI_KV_PREVIOUS] = MDB_PREV, [PKI_KV_SEEK] = MDB_SET_RANGE,
    };
    MDB_val at = move == PKI_KV_SEEK ? to_val(*key) : (MDB_val){0};
    MDB_val data = {0};
    int rc = cursor->cursor == NULL ? MDB_NOTFOUND
                                    : mdb_cursor_get(cursor->cursor, &at, &data, ops[move]);

    if (rc != 0) {
        return pki_kv_error(cursor->txn->kv, rc);
    }
    *key = to_span(at);
    if (value != NULL) {
        *value = to_span(data);
    }
    return PKI_OK;
}

enum pki_error pki_kv_cursor_delete(struct pki_kv_cursor *cursor)
{
    return pki_kv_error(cursor->txn->kv, mdb_cursor_del(cursor->cursor, 0));
}
