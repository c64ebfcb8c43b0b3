#include "pki/store_inner.h"

#include <string.h>

enum pki_error pki_view_memory(const struct pki_view *view, uint64_t device_id,
                               struct pki_memory *memory)
{
    struct pki_key key = pki_key_number(device_id);
    struct pki_plain plain;
    enum pki_error error = pki_view_get(view, PKI_TABLE_MEMORY, &key, &plain);

    if (error == PKI_OK) {
        error = pki_memory_decode(plain.data, plain.len, memory);
    }
    if (error == PKI_OK) {
        memory->device_id = device_id;
    }
    return error;
}

enum pki_error pki_store_memory(struct pki_reader *reader, uint64_t device_id,
                                struct pki_memory *memory)
{
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    memset(memory, 0, sizeof(*memory));
    if (error == PKI_OK) {
        error = pki_view_memory(&view, device_id, memory);
        pki_reader_end(reader);
    }
    return error;
}

/* Without an audit record: the outcome that taught it has one. */
enum pki_error pki_txn_memory_put(struct pki_txn *txn, const struct pki_memory *memory)
{
    struct pki_key key = pki_key_number(memory->device_id);
    struct pki_plain plain;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_memory_encode(memory, plain.data, sizeof(plain.data), &plain.len);

    if (error == PKI_OK) {
        error = pki_txn_device_exists(txn, memory->device_id);
    }
    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    txn->has_changed = true;
    return pki_txn_changed(txn, pki_view_put(&txn->view, PKI_TABLE_MEMORY, &key, &plain));
}
