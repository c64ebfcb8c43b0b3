#include "pki/store_inner.h"

#include <stdio.h>
#include <stdlib.h>

enum pki_error pki_txn_begin(struct pki_store *store, const char *actor, int64_t now_at,
                             struct pki_txn **txn)
{
    struct pki_txn *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->store = store;
    fresh->now_at = now_at;
    snprintf(fresh->actor, sizeof(fresh->actor), "%s", actor);
    fresh->view.sealer = store->sealer;
    enum pki_error error = pki_kv_begin(store->kv, true, &fresh->view.kv);

    if (error == PKI_OK) {
        error = pki_view_counters(&fresh->view, &fresh->counters);
    }
    if (error != PKI_OK) {
        pki_txn_abort(fresh);
        return error;
    }
    *txn = fresh;
    return PKI_OK;
}

void pki_txn_set_tolerant(struct pki_txn *txn)
{
    txn->is_tolerant = true;
}

static enum pki_error put_counters(struct pki_txn *txn)
{
    struct pki_key key = pki_key_meta(PKI_META_COUNTERS);
    struct pki_plain plain;
    enum pki_error error =
        pki_counters_encode(&txn->counters, plain.data, sizeof(plain.data), &plain.len);

    return error == PKI_OK ? pki_view_put(&txn->view, PKI_TABLE_META, &key, &plain) : error;
}

enum pki_error pki_txn_commit(struct pki_txn *txn)
{
    enum pki_error error = txn->error;

    if (error == PKI_OK && txn->has_noted) {
        error = pki_txn_audit(txn, "unknown.note", "");
    }
    if (error == PKI_OK && txn->has_changed) {
        error = put_counters(txn);
    }
    if (error == PKI_OK && txn->has_changed) {
        error = pki_kv_commit(txn->view.kv);
        txn->view.kv = NULL;
    }
    pki_txn_abort(txn);
    return error;
}

void pki_txn_abort(struct pki_txn *txn)
{
    if (txn != NULL) {
        pki_kv_abort(txn->view.kv);
        free(txn);
    }
}

static bool is_refusal(enum pki_error error)
{
    switch (error) {
    case PKI_EINVAL:
    case PKI_ENOTFOUND:
    case PKI_EEXISTS:
    case PKI_ECORRUPT:
    case PKI_EVERSION:
        return true;
    default:
        return false;
    }
}

enum pki_error pki_txn_result(struct pki_txn *txn, enum pki_error error)
{
    if (txn->is_tolerant && is_refusal(error)) {
        return error;
    }
    return pki_txn_changed(txn, error);
}

enum pki_error pki_txn_changed(struct pki_txn *txn, enum pki_error error)
{
    if (txn->error == PKI_OK) {
        txn->error = error;
    }
    return error;
}

enum pki_error pki_txn_delete_prefix(struct pki_txn *txn, enum pki_table table,
                                     const struct pki_key *prefix, uint64_t *count)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_span key = pki_key_span(prefix);
    uint64_t deleted = 0;
    enum pki_error error = pki_kv_cursor_open(txn->view.kv, table, &cursor);

    if (error == PKI_OK) {
        error = pki_kv_cursor_move(cursor, PKI_KV_SEEK, &key, NULL);
    }
    while (error == PKI_OK && pki_key_begins(key, prefix, prefix->len)) {
        error = pki_kv_cursor_delete(cursor);
        if (error == PKI_OK) {
            deleted++;
            error = pki_kv_cursor_move(cursor, PKI_KV_NEXT, &key, NULL);
        }
    }
    if (count != NULL) {
        *count = deleted;
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}
