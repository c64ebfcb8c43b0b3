#include "pki/store_lmdb_internal.h"

#include "pki/store_file.h"

#include <errno.h>
#include <stdlib.h>

#define READERS_MAX 512
#define FILE_MODE   0600

static const char *const table_names[PKI_TABLE_COUNT] = {
    [PKI_TABLE_META] = "meta",
    [PKI_TABLE_DEVICE] = "device",
    [PKI_TABLE_ENDPOINT] = "endpoint",
    [PKI_TABLE_IDENTITY] = "identity",
    [PKI_TABLE_GROUP] = "group",
    [PKI_TABLE_CREDENTIAL] = "credential",
    [PKI_TABLE_HISTORY] = "history",
    [PKI_TABLE_UNKNOWN] = "unknown",
    [PKI_TABLE_UNKNOWN_AGE] = "unknown-age",
    [PKI_TABLE_AUDIT] = "audit",
    [PKI_TABLE_MEMORY] = "memory",
    [PKI_TABLE_ROLLOUT] = "rollout",
};

/* From here on tables came after the first homes. */
#define FIRST_LATER_TABLE PKI_TABLE_MEMORY

const char *pki_table_name(enum pki_table table)
{
    return table_names[table];
}

/* ---- the boundary for foreign codes ---- */

static int file_of(const struct pki_kv *kv)
{
    mdb_filehandle_t fd;

    return mdb_env_get_fd(kv->env, &fd) == 0 ? fd : -1;
}

enum pki_error pki_kv_error(const struct pki_kv *kv, int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return PKI_OK;
    case MDB_NOTFOUND:
        return PKI_ENOTFOUND;
    case MDB_KEYEXIST:
        return PKI_EEXISTS;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
        return PKI_ECORRUPT;
    case MDB_VERSION_MISMATCH:
        return PKI_EVERSION;
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
    case MDB_READERS_FULL:
    case MDB_TXN_FULL:
    case MDB_DBS_FULL:
        return PKI_ELIMIT;
    case MDB_BAD_VALSIZE:
        return PKI_EINVAL;
    case EIO:
        /* A write that a full disk cut short arrives as EIO. */
        return pki_file_is_disk_full(file_of(kv)) ? PKI_EFULL : PKI_EIO;
    default:
        return code > 0 ? pki_error_from_errno(code) : PKI_EIO;
    }
}

/* ---- opening ---- */

static int open_table(struct pki_kv *kv, MDB_txn *txn, enum pki_table table, bool creates)
{
    int rc = mdb_dbi_open(txn, table_names[table], creates ? MDB_CREATE : 0, &kv->tables[table]);

    kv->has_table[table] = rc == 0;
    return rc == MDB_NOTFOUND && table >= FIRST_LATER_TABLE ? 0 : rc;
}

/* Opens all tables that are not open yet, in a transaction of its own. */
static enum pki_error open_tables(struct pki_kv *kv, bool creates)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(kv->env, NULL, creates ? 0 : MDB_RDONLY, &txn);

    if (rc != 0) {
        return pki_kv_error(kv, rc);
    }
    for (size_t i = 0; i < PKI_TABLE_COUNT && rc == 0; i++) {
        if (!kv->has_table[i]) {
            rc = open_table(kv, txn, (enum pki_table)i, creates);
        }
    }
    if (rc == 0) {
        rc = mdb_txn_commit(txn);
    } else {
        mdb_txn_abort(txn);
    }
    /* A home always has its first tables. */
    return rc == MDB_NOTFOUND ? PKI_ECORRUPT : pki_kv_error(kv, rc);
}

static bool has_all_tables(const struct pki_kv *kv)
{
    for (size_t i = 0; i < PKI_TABLE_COUNT; i++) {
        if (!kv->has_table[i]) {
            return false;
        }
    }
    return true;
}

static enum pki_error open_or_add_tables(struct pki_kv *kv, bool is_new)
{
    enum pki_error error = open_tables(kv, is_new);

    if (error == PKI_OK && !kv->is_read_only && !has_all_tables(kv)) {
        error = open_tables(kv, true);
    }
    return error;
}

static int open_env(struct pki_kv *kv, const char *folder, uint64_t map_bytes, unsigned int flags)
{
    int rc = mdb_env_create(&kv->env);

    if (rc == 0) {
        rc = mdb_env_set_mapsize(kv->env, map_bytes);
    }
    if (rc == 0) {
        rc = mdb_env_set_maxreaders(kv->env, READERS_MAX);
    }
    if (rc == 0) {
        rc = mdb_env_set_maxdbs(kv->env, PKI_TABLE_COUNT);
    }
    if (rc == 0) {
        rc = mdb_env_open(kv->env, folder, flags, FILE_MODE);
    }
    if (rc != 0 && kv->env != NULL) {
        mdb_env_close(kv->env);
        kv->env = NULL;
    }
    return rc;
}

/*
 * A reader whose user may not write the lock file goes without it, as LMDB itself does on a
 * read-only file system: nobody who shares such a folder can be writing as this user.
 */
static int open_env_or_lockless(struct pki_kv *kv, const char *folder, uint64_t map_bytes)
{
    unsigned int flags = MDB_NOTLS | (kv->is_read_only ? MDB_RDONLY : 0);
    int rc = open_env(kv, folder, map_bytes, flags);

    if (kv->is_read_only && (rc == EACCES || rc == EPERM || rc == EROFS)) {
        rc = open_env(kv, folder, map_bytes, flags | MDB_NOLOCK);
    }
    return rc;
}

static enum pki_error explain(enum pki_error error, const char *folder, uint64_t map_bytes,
                              struct pki_fault *fault)
{
    switch (error) {
    case PKI_EADDRSPACE:
        return pki_fault_set(fault, error,
                             "%s: cannot reserve %llu octets of address space; raise the limit "
                             "(ulimit -v) or lower the map setting",
                             folder, (unsigned long long)map_bytes);
    case PKI_ECORRUPT:
        return pki_fault_set(fault, error, "%s/data.mdb: damaged, or not a store", folder);
    default:
        return pki_fault_set(fault, error, "%s/data.mdb: %s", folder, pki_error_text(error));
    }
}

enum pki_error pki_kv_open(const char *folder, const struct pki_kv_options *options,
                           struct pki_kv **kv, struct pki_fault *fault)
{
    enum pki_error error = options->is_new ? PKI_OK : pki_file_check_header(folder, fault);

    if (error == PKI_OK) {
        error = pki_file_allocate_lock(folder, fault);
    }
    if (error != PKI_OK) {
        return error;
    }
    struct pki_kv *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return pki_fault_set(fault, PKI_ENOMEM, "%s", pki_error_text(PKI_ENOMEM));
    }
    fresh->is_read_only = options->is_read_only;
    int rc = open_env_or_lockless(fresh, folder, options->map_bytes);

    if (rc != 0) {
        /* Of what opening allocates, the map alone is large. */
        error = rc == ENOMEM ? PKI_EADDRSPACE : pki_kv_error(fresh, rc);
        free(fresh);
        return explain(error, folder, options->map_bytes, fault);
    }
    pki_kv_check_readers(fresh);
    error = pki_file_check_length(file_of(fresh), pki_kv_file_bytes(fresh), folder, fault);
    if (error == PKI_OK) {
        error = open_or_add_tables(fresh, options->is_new);
        if (error != PKI_OK) {
            explain(error, folder, options->map_bytes, fault);
        }
    }
    if (error != PKI_OK) {
        pki_kv_close(fresh);
        return error;
    }
    *kv = fresh;
    return PKI_OK;
}

void pki_kv_close(struct pki_kv *kv)
{
    if (kv != NULL) {
        mdb_env_close(kv->env);
        free(kv);
    }
}

uint64_t pki_kv_last_transaction(const struct pki_kv *kv)
{
    MDB_envinfo info = {0};

    mdb_env_info(kv->env, &info);
    return info.me_last_txnid;
}

uint64_t pki_kv_file_bytes(const struct pki_kv *kv)
{
    MDB_envinfo info = {0};
    MDB_stat status = {0};

    mdb_env_info(kv->env, &info);
    mdb_env_stat(kv->env, &status);
    return ((uint64_t)info.me_last_pgno + 1) * status.ms_psize;
}

void pki_kv_check_readers(struct pki_kv *kv)
{
    int dead;

    mdb_reader_check(kv->env, &dead);
}

/* ---- transactions ---- */

enum pki_error pki_kv_begin(struct pki_kv *kv, bool is_write, struct pki_kv_txn **txn)
{
    struct pki_kv_txn *fresh;
    unsigned int flags = is_write ? 0 : MDB_RDONLY;

    if (is_write && kv->is_read_only) {
        return PKI_EREADONLY;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return PKI_ENOMEM;
    }
    fresh->kv = kv;
    fresh->is_write = is_write;
    int rc = mdb_txn_begin(kv->env, NULL, flags, &fresh->txn);

    if (rc == MDB_READERS_FULL) {
        pki_kv_check_readers(kv);
        rc = mdb_txn_begin(kv->env, NULL, flags, &fresh->txn);
    }
    if (rc != 0) {
        free(fresh);
        return pki_kv_error(kv, rc);
    }
    *txn = fresh;
    return PKI_OK;
}

enum pki_error pki_kv_commit(struct pki_kv_txn *txn)
{
    int rc = mdb_txn_commit(txn->txn);
    enum pki_error error = pki_kv_error(txn->kv, rc);

    if (rc == 0 && txn->is_write) {
        pki_file_cover(file_of(txn->kv), pki_kv_file_bytes(txn->kv));
    }
    free(txn);
    return error;
}

void pki_kv_abort(struct pki_kv_txn *txn)
{
    if (txn != NULL) {
        mdb_txn_abort(txn->txn);
        free(txn);
    }
}

void pki_kv_reset(struct pki_kv_txn *txn)
{
    mdb_txn_reset(txn->txn);
}

enum pki_error pki_kv_renew(struct pki_kv_txn *txn)
{
    return pki_kv_error(txn->kv, mdb_txn_renew(txn->txn));
}
