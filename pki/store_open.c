#include "pki/store_inner.h"

#include "pki/home.h"
#include "pki/secret.h"
#include "pki/store_claim.h"

#include <stdlib.h>
#include <string.h>

#define MAP_BYTES_DEFAULT (UINT64_C(1) << 40)
#define PASSPHRASE_MIN    8
#define FIRST_KEY_ID      1

static enum pki_error refuse(struct pki_fault *fault, enum pki_error error, const char *home)
{
    switch (error) {
    case PKI_OK:
        return PKI_OK;
    case PKI_EVERSION:
        return pki_fault_set(fault, error, "%s: the home was written by a newer version", home);
    case PKI_ECORRUPT:
    case PKI_ENOTFOUND:
        return pki_fault_set(fault, PKI_ECORRUPT, "%s: the store's first records are damaged",
                             home);
    default:
        return pki_fault_set(fault, error, "%s: %s", home, pki_error_text(error));
    }
}

static struct pki_kv_options kv_options(const struct pki_store_options *options, bool is_new)
{
    return (struct pki_kv_options){
        .is_read_only = options->read_only,
        .is_new = is_new,
        .map_bytes = options->map_bytes != 0 ? options->map_bytes : MAP_BYTES_DEFAULT,
    };
}

/* ---- making a home ---- */

static enum pki_error put_clear(struct pki_kv_txn *txn, const char *name,
                                const struct pki_plain *record)
{
    struct pki_key key = pki_key_meta(name);

    return pki_kv_put(txn, PKI_TABLE_META, pki_key_span(&key),
                      (struct pki_span){record->data, record->len});
}

static enum pki_error put_home(struct pki_kv_txn *txn, int64_t now_at)
{
    const struct pki_home_record home = {.key_id = FIRST_KEY_ID, .created_at = now_at};
    struct pki_plain record;
    enum pki_error error = pki_home_encode(&home, record.data, sizeof(record.data), &record.len);

    return error == PKI_OK ? put_clear(txn, PKI_META_HOME, &record) : error;
}

static enum pki_error put_key(struct pki_kv_txn *txn, const struct pki_sealer *sealer,
                              const struct pki_wrapping *wrapping)
{
    struct pki_wrapped_key wrapped;
    struct pki_plain record;
    enum pki_error error = pki_sealer_wrap(sealer, wrapping, &wrapped);

    if (error == PKI_OK) {
        error = pki_wrapped_key_encode(&wrapped, record.data, sizeof(record.data), &record.len);
    }
    return error == PKI_OK ? put_clear(txn, PKI_META_KEY, &record) : error;
}

static enum pki_error put_counters(struct pki_kv_txn *txn, const struct pki_sealer *sealer)
{
    const struct pki_counters counters = {.next_device_id = 1, .audit_first = 1, .audit_next = 1};
    const struct pki_view view = {.kv = txn, .sealer = sealer};
    struct pki_key key = pki_key_meta(PKI_META_COUNTERS);
    struct pki_plain record;
    enum pki_error error =
        pki_counters_encode(&counters, record.data, sizeof(record.data), &record.len);

    return error == PKI_OK ? pki_view_put(&view, PKI_TABLE_META, &key, &record) : error;
}

static enum pki_error fill(struct pki_kv *kv, const struct pki_wrapping *wrapping, int64_t now_at)
{
    struct pki_sealer *sealer;
    struct pki_kv_txn *txn;
    enum pki_error error = pki_sealer_generate(FIRST_KEY_ID, &sealer);

    if (error != PKI_OK) {
        return error;
    }
    error = pki_kv_begin(kv, true, &txn);
    if (error == PKI_OK) {
        error = put_home(txn, now_at);
        error = error == PKI_OK ? put_key(txn, sealer, wrapping) : error;
        error = error == PKI_OK ? put_counters(txn, sealer) : error;
        if (error == PKI_OK) {
            error = pki_kv_commit(txn);
        } else {
            pki_kv_abort(txn);
        }
    }
    pki_sealer_free(sealer);
    return error;
}

static enum pki_error make_store(const struct pki_home_making *making,
                                 const struct pki_store_options *options,
                                 const struct pki_wrapping *wrapping, int64_t now_at,
                                 struct pki_fault *fault)
{
    struct pki_kv_options kv_new = kv_options(options, true);
    struct pki_kv *kv;
    enum pki_error error = pki_kv_open(making->store, &kv_new, &kv, fault);

    if (error == PKI_OK) {
        error = refuse(fault, fill(kv, wrapping, now_at), making->home);
        pki_kv_close(kv);
    }
    return error;
}

/* The key file is written before the store that it opens. */
static enum pki_error make_all(const struct pki_home_making *making,
                               const struct pki_store_options *options, int64_t now_at,
                               struct pki_fault *fault)
{
    struct pki_wrapping wrapping = {.passphrase = options->passphrase};
    uint8_t *master = NULL;
    enum pki_error error = PKI_OK;

    if (options->passphrase == NULL) {
        master = pki_secret_guarded_new(PKI_KEY_LEN);
        if (master == NULL) {
            return refuse(fault, PKI_ENOMEM, making->home);
        }
        pki_secret_random(NULL, master, PKI_KEY_LEN);
        wrapping.file_key = master;
        error = pki_home_file_write(making->folder, "home.key", master, PKI_KEY_LEN, fault);
    }
    if (error == PKI_OK) {
        error = make_store(making, options, &wrapping, now_at, fault);
    }
    pki_secret_guarded_free(master);
    return error;
}

enum pki_error pki_store_init(const char *home, const struct pki_store_options *options,
                              int64_t now_at, struct pki_fault *fault)
{
    struct pki_home_making making;
    enum pki_error error;

    if (options->passphrase != NULL && strlen(options->passphrase) < PASSPHRASE_MIN) {
        return pki_fault_set(fault, PKI_EINVAL, "the passphrase must have %d octets or more",
                             PASSPHRASE_MIN);
    }
    if (options->read_only) {
        return pki_fault_set(fault, PKI_EINVAL, "a new home cannot be read-only");
    }
    error = pki_home_make_begin(home, &making, fault);
    if (error != PKI_OK) {
        return error;
    }
    error = make_all(&making, options, now_at, fault);
    if (error == PKI_OK) {
        return pki_home_make_finish(&making, fault);
    }
    pki_home_make_undo(&making);
    return error;
}

/* ---- opening a home ---- */

static enum pki_error read_first_records(struct pki_kv *kv, struct pki_wrapped_key *wrapped)
{
    struct pki_key home_key = pki_key_meta(PKI_META_HOME);
    struct pki_key wrapped_key = pki_key_meta(PKI_META_KEY);
    struct pki_home_record home;
    struct pki_span value;
    struct pki_kv_txn *txn;
    enum pki_error error = pki_kv_begin(kv, false, &txn);

    if (error != PKI_OK) {
        return error;
    }
    error = pki_kv_get(txn, PKI_TABLE_META, pki_key_span(&home_key), &value);
    if (error == PKI_OK) {
        error = pki_home_decode(value.data, value.len, &home);
    }
    if (error == PKI_OK) {
        error = pki_kv_get(txn, PKI_TABLE_META, pki_key_span(&wrapped_key), &value);
    }
    if (error == PKI_OK) {
        error = pki_wrapped_key_decode(value.data, value.len, wrapped);
    }
    if (error == PKI_OK && wrapped->key_id != home.key_id) {
        error = PKI_ECORRUPT;
    }
    pki_kv_abort(txn);
    return error;
}

static enum pki_error explain_key(const struct pki_wrapped_key *wrapped, const char *home,
                                  bool has_passphrase, struct pki_fault *fault)
{
    if (wrapped->kind == PKI_WRAPPED_BY_PASSPHRASE) {
        return pki_fault_set(fault, PKI_EKEY, "%s: %s", home,
                             has_passphrase ? "wrong passphrase"
                                            : "a passphrase opens this home; none was given");
    }
    return pki_fault_set(fault, PKI_EKEY, "%s: %s", home,
                         has_passphrase ? "the key file opens this home, not a passphrase"
                                        : "home.key is not the key of this store");
}

static enum pki_error unwrap(const char *home, const struct pki_wrapped_key *wrapped,
                             const char *passphrase, struct pki_sealer **sealer,
                             struct pki_fault *fault)
{
    struct pki_wrapping wrapping = {.passphrase = passphrase};
    uint8_t *master = NULL;
    enum pki_error error = PKI_OK;

    if (wrapped->kind == PKI_WRAPPED_BY_FILE && passphrase == NULL) {
        master = pki_secret_guarded_new(PKI_KEY_LEN);
        if (master == NULL) {
            return refuse(fault, PKI_ENOMEM, home);
        }
        wrapping.file_key = master;
        error = pki_home_key_read(home, master, fault);
    }
    if (error == PKI_OK) {
        error = pki_sealer_unwrap(wrapped, &wrapping, sealer);
        if (error == PKI_EKEY) {
            explain_key(wrapped, home, passphrase != NULL, fault);
        } else {
            error = refuse(fault, error, home);
        }
    }
    pki_secret_guarded_free(master);
    return error;
}

/* The data key that was unwrapped must open the store's counters, or it is another store's. */
static enum pki_error check_seal(struct pki_kv *kv, const struct pki_sealer *sealer)
{
    struct pki_view view = {.sealer = sealer};
    struct pki_counters counters;
    enum pki_error error = pki_kv_begin(kv, false, &view.kv);

    if (error == PKI_OK) {
        error = pki_view_counters(&view, &counters);
        pki_kv_abort(view.kv);
    }
    return error;
}

static enum pki_error open_seal(const char *home, const struct pki_store_options *options,
                                struct pki_store *store, struct pki_fault *fault)
{
    struct pki_wrapped_key wrapped = {0};
    enum pki_error error = refuse(fault, read_first_records(store->kv, &wrapped), home);

    if (error == PKI_OK) {
        error = unwrap(home, &wrapped, options->passphrase, &store->sealer, fault);
    }
    if (error == PKI_OK) {
        error = refuse(fault, check_seal(store->kv, store->sealer), home);
    }
    return error;
}

enum pki_error pki_store_open(const char *home, const struct pki_store_options *options,
                              struct pki_store **store, struct pki_fault *fault)
{
    struct pki_kv_options kv_old = kv_options(options, false);
    char folder[PKI_PATH_MAX];
    enum pki_error error = pki_home_check(home, fault);

    if (error == PKI_OK) {
        error = pki_home_path(home, "store", folder, fault);
    }
    if (error != PKI_OK) {
        return error;
    }
    struct pki_store *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return refuse(fault, PKI_ENOMEM, home);
    }
    error = pki_claim_new(folder, &fresh->claim, fault);
    if (error == PKI_OK) {
        error = pki_kv_open(folder, &kv_old, &fresh->kv, fault);
    }
    if (error == PKI_OK) {
        error = open_seal(home, options, fresh, fault);
    }
    if (error != PKI_OK) {
        pki_store_close(fresh);
        return error;
    }
    *store = fresh;
    return PKI_OK;
}

void pki_store_close(struct pki_store *store)
{
    if (store != NULL) {
        pki_sealer_free(store->sealer);
        pki_kv_close(store->kv);
        pki_claim_free(store->claim);
        free(store);
    }
}

void pki_store_print(const struct pki_store *store, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    pki_seal_print(store->sealer, data, len, print);
}

uint64_t pki_store_last_transaction(const struct pki_store *store)
{
    return pki_kv_last_transaction(store->kv);
}
