#include "pki/store_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 64 /* records read in one transaction */

/* ---- writing ---- */

static enum pki_error drop_oldest(struct pki_txn *txn)
{
    struct pki_key key = pki_key_number(txn->counters.audit_first);
    enum pki_error error = pki_kv_delete(txn->view.kv, PKI_TABLE_AUDIT, pki_key_span(&key));

    txn->counters.audit_first++;
    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

enum pki_error pki_txn_audit(struct pki_txn *txn, const char *action, const char *subject)
{
    struct pki_audit_link link = {.record = {.at = txn->now_at}};
    struct pki_key key = pki_key_number(txn->counters.audit_next);
    struct pki_plain plain;

    link.record.number = txn->counters.audit_next;
    snprintf(link.record.actor, sizeof(link.record.actor), "%s", txn->actor);
    snprintf(link.record.action, sizeof(link.record.action), "%s", action);
    snprintf(link.record.subject, sizeof(link.record.subject), "%s", subject);
    memcpy(link.previous, txn->counters.audit_head, sizeof(link.previous));
    enum pki_error error = pki_audit_encode(&link, plain.data, sizeof(plain.data), &plain.len);

    if (error == PKI_OK) {
        error = pki_view_put(&txn->view, PKI_TABLE_AUDIT, &key, &plain);
    }
    if (error != PKI_OK) {
        return error;
    }
    pki_hash(txn->counters.audit_head, plain.data, plain.len);
    txn->counters.audit_next++;
    txn->has_changed = true;
    if (txn->counters.audit_next - txn->counters.audit_first > PKI_AUDIT_MAX) {
        error = drop_oldest(txn);
    }
    return error;
}

enum pki_error pki_txn_audit_note(struct pki_txn *txn, const char *action, const char *subject)
{
    if (txn->error != PKI_OK) {
        return txn->error;
    }
    if (action[0] == '\0' || strlen(action) > PKI_NAME_MAX || strlen(subject) > PKI_ENDPOINT_MAX) {
        return pki_txn_result(txn, PKI_EINVAL);
    }
    return pki_txn_changed(txn, pki_txn_audit(txn, action, subject));
}

/* ---- reading ---- */

struct chain {
    uint64_t next; /* number of the record to read next */
    bool has_hash; /* HASH is that of the record before it */
    uint8_t hash[PKI_HASH_LEN];
    struct pki_audit records[CHUNK];
    size_t count;
    bool is_ended;
};

static enum pki_error chain_link(const struct pki_view *view, struct chain *chain)
{
    struct pki_key key = pki_key_number(chain->next);
    struct pki_audit_link link;
    struct pki_plain plain;
    enum pki_error error = pki_view_get(view, PKI_TABLE_AUDIT, &key, &plain);

    if (error == PKI_OK) {
        error = pki_audit_decode(plain.data, plain.len, &link);
    }
    if (error != PKI_OK) {
        return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
    }
    bool is_joined = !chain->has_hash || memcmp(chain->hash, link.previous, PKI_HASH_LEN) == 0;

    if (link.record.number != chain->next || !is_joined) {
        return PKI_ECORRUPT;
    }
    pki_hash(chain->hash, plain.data, plain.len);
    chain->has_hash = true;
    chain->next++;
    chain->records[chain->count++] = link.record;
    return PKI_OK;
}

/* Reads the next records; what retention dropped meanwhile is skipped. */
static enum pki_error chain_read(const struct pki_view *view, struct chain *chain)
{
    struct pki_counters counters;
    enum pki_error error = pki_view_counters(view, &counters);

    chain->count = 0;
    if (error != PKI_OK) {
        return error;
    }
    if (chain->next < counters.audit_first) {
        chain->next = counters.audit_first;
        chain->has_hash = false;
    }
    while (error == PKI_OK && chain->count < CHUNK && chain->next < counters.audit_next) {
        error = chain_link(view, chain);
    }
    if (error == PKI_OK && chain->next >= counters.audit_next) {
        chain->is_ended = true;
        if (chain->has_hash && memcmp(chain->hash, counters.audit_head, PKI_HASH_LEN) != 0) {
            error = PKI_ECORRUPT;
        }
    }
    return error;
}

static enum pki_error chain_walk(struct pki_reader *reader, struct chain *chain,
                                 bool (*each)(void *context, const struct pki_audit *record),
                                 void *context)
{
    enum pki_error error = PKI_OK;

    while (error == PKI_OK && !chain->is_ended) {
        struct pki_view view;

        error = pki_reader_begin(reader, &view);
        if (error == PKI_OK) {
            error = chain_read(&view, chain);
            pki_reader_end(reader);
        }
        for (size_t i = 0; i < chain->count; i++) {
            if (!each(context, &chain->records[i])) {
                return error;
            }
        }
    }
    return error;
}

enum pki_error pki_store_audit(struct pki_reader *reader, uint64_t from,
                               bool (*each)(void *context, const struct pki_audit *record),
                               void *context)
{
    struct chain *chain = calloc(1, sizeof(*chain));

    if (chain == NULL) {
        return PKI_ENOMEM;
    }
    chain->next = from;
    enum pki_error error = chain_walk(reader, chain, each, context);

    free(chain);
    return error;
}
