#include "pki/store_inner.h"

#include <stdio.h>
#include <string.h>

static enum pki_error unknown_read(const struct pki_txn *txn, const struct pki_key *key,
                                   struct pki_unknown *unknown)
{
    struct pki_plain plain;
    enum pki_error error = pki_view_get(&txn->view, PKI_TABLE_UNKNOWN, key, &plain);

    return error == PKI_OK ? pki_unknown_decode(plain.data, plain.len, unknown) : error;
}

static enum pki_error unknown_write(struct pki_txn *txn, const struct pki_key *key,
                                    const struct pki_unknown *unknown)
{
    struct pki_key age = pki_key_unknown_age(unknown->last_at, key);
    struct pki_plain plain;
    enum pki_error error = pki_unknown_encode(unknown, plain.data, sizeof(plain.data), &plain.len);

    if (error == PKI_OK) {
        error = pki_view_put(&txn->view, PKI_TABLE_UNKNOWN, key, &plain);
    }
    if (error == PKI_OK) {
        error = pki_kv_put(txn->view.kv, PKI_TABLE_UNKNOWN_AGE, pki_key_span(&age),
                           (struct pki_span){(const uint8_t *)"", 0});
    }
    return error;
}

static enum pki_error delete_age(struct pki_txn *txn, const struct pki_key *key, int64_t last_at)
{
    struct pki_key age = pki_key_unknown_age(last_at, key);
    enum pki_error error = pki_kv_delete(txn->view.kv, PKI_TABLE_UNKNOWN_AGE, pki_key_span(&age));

    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

/* Deletes the row that was not seen for the longest time. */
static enum pki_error evict(struct pki_txn *txn)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_span age;
    struct pki_key key = {.len = 0};
    enum pki_error error = pki_kv_cursor_open(txn->view.kv, PKI_TABLE_UNKNOWN_AGE, &cursor);

    if (error == PKI_OK) {
        error = pki_kv_cursor_move(cursor, PKI_KV_FIRST, &age, NULL);
    }
    if (error == PKI_OK && (age.len < sizeof(uint64_t) || age.len > sizeof(key.data))) {
        error = PKI_ECORRUPT;
    }
    if (error == PKI_OK) {
        key.len = age.len - sizeof(uint64_t);
        memcpy(key.data, age.data + sizeof(uint64_t), key.len);
        error = pki_kv_cursor_delete(cursor);
    }
    if (error == PKI_OK) {
        error = pki_kv_delete(txn->view.kv, PKI_TABLE_UNKNOWN, pki_key_span(&key));
    }
    if (error == PKI_OK) {
        txn->counters.unknowns--;
    }
    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

static uint64_t add_bounded(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static enum pki_error note(struct pki_txn *txn, const struct pki_key *key,
                           struct pki_unknown *unknown, bool is_new)
{
    enum pki_error error = PKI_OK;

    if (!is_new) {
        error = delete_age(txn, key, unknown->last_at);
    } else if (txn->counters.unknowns >= PKI_UNKNOWN_MAX) {
        error = evict(txn);
    }
    unknown->last_at = txn->now_at;
    if (error == PKI_OK) {
        error = unknown_write(txn, key, unknown);
    }
    if (error == PKI_OK && is_new) {
        txn->counters.unknowns++;
    }
    return error;
}

enum pki_error pki_txn_unknown_note(struct pki_txn *txn, enum pki_unknown_kind kind,
                                    const uint8_t *name, size_t name_len, const char *peer,
                                    uint64_t times)
{
    struct pki_unknown unknown;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    if ((kind != PKI_UNKNOWN_IDENTITY && kind != PKI_UNKNOWN_ENDPOINT) ||
        name_len > PKI_IDENTITY_MAX) {
        return pki_txn_result(txn, PKI_EINVAL);
    }
    struct pki_key key = pki_key_identity((uint8_t)kind, name, name_len);
    enum pki_error error = unknown_read(txn, &key, &unknown);
    bool is_new = error == PKI_ENOTFOUND;

    if (error != PKI_OK && !is_new) {
        return pki_txn_result(txn, error);
    }
    if (is_new) {
        unknown = (struct pki_unknown){.kind = kind, .name_len = name_len, .first_at = txn->now_at};
        memcpy(unknown.name, name, name_len);
    }
    unknown.count = add_bounded(unknown.count, times);
    snprintf(unknown.peer, sizeof(unknown.peer), "%s", peer);
    error = note(txn, &key, &unknown, is_new);
    txn->has_noted = true;
    txn->has_changed = true;
    return pki_txn_changed(txn, error);
}

enum pki_error pki_txn_unknown_forget(struct pki_txn *txn, enum pki_unknown_kind kind,
                                      const uint8_t *name, size_t name_len)
{
    struct pki_key key = pki_key_identity((uint8_t)kind, name, name_len);
    struct pki_unknown unknown;
    enum pki_error error = unknown_read(txn, &key, &unknown);

    if (error == PKI_ENOTFOUND) {
        return PKI_OK;
    }
    if (error == PKI_OK) {
        error = delete_age(txn, &key, unknown.last_at);
    }
    if (error == PKI_OK) {
        error = pki_kv_delete(txn->view.kv, PKI_TABLE_UNKNOWN, pki_key_span(&key));
    }
    if (error == PKI_OK) {
        txn->counters.unknowns--;
    }
    return error;
}
