#include "pki/store_inner.h"

#include <stdio.h>
#include <string.h>

#define PPM_PER_PERCENT 10000

/* ---- reading ---- */

static enum pki_error open_rollout(const struct pki_view *view, struct pki_span key,
                                   struct pki_span sealed, struct pki_rollout *rollout)
{
    struct pki_plain plain;
    struct pki_rollout found;
    enum pki_error error = pki_view_unseal(view, PKI_TABLE_ROLLOUT, key, sealed, &plain);

    if (error == PKI_OK) {
        error = pki_rollout_decode(plain.data, plain.len, &found);
    }
    if (error == PKI_OK && key.len > PKI_NAME_MAX) {
        error = PKI_ECORRUPT;
    }
    if (error == PKI_OK) {
        memcpy(found.name, key.data, key.len);
        *rollout = found;
    }
    return error;
}

static enum pki_error view_rollout(const struct pki_view *view, const char *name,
                                   struct pki_rollout *rollout)
{
    size_t len = strnlen(name, PKI_NAME_MAX + 1);

    if (len == 0 || len > PKI_NAME_MAX) {
        return PKI_ENOTFOUND;
    }
    struct pki_key key = pki_key_endpoint(name);
    struct pki_span sealed;
    enum pki_error error = pki_kv_get(view->kv, PKI_TABLE_ROLLOUT, pki_key_span(&key), &sealed);

    return error == PKI_OK ? open_rollout(view, pki_key_span(&key), sealed, rollout) : error;
}

enum pki_error pki_store_rollout(struct pki_reader *reader, const char *name,
                                 struct pki_rollout *rollout)
{
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    if (error == PKI_OK) {
        error = view_rollout(&view, name, rollout);
        pki_reader_end(reader);
    }
    return error;
}

static enum pki_error read_all(const struct pki_view *view, struct pki_rollout *rollouts,
                               size_t max, size_t *count)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_span key;
    struct pki_span sealed;
    enum pki_error error = pki_kv_cursor_open(view->kv, PKI_TABLE_ROLLOUT, &cursor);

    if (error == PKI_OK) {
        error = pki_kv_cursor_move(cursor, PKI_KV_FIRST, &key, &sealed);
    }
    while (error == PKI_OK && *count < max) {
        error = open_rollout(view, key, sealed, &rollouts[*count]);
        if (error == PKI_OK) {
            *count += 1;
            error = pki_kv_cursor_move(cursor, PKI_KV_NEXT, &key, &sealed);
        }
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}

enum pki_error pki_store_rollouts(struct pki_reader *reader, struct pki_rollout *rollouts,
                                  size_t max, size_t *count)
{
    struct pki_view view;
    enum pki_error error = pki_reader_begin(reader, &view);

    *count = 0;
    if (error == PKI_OK) {
        error = read_all(&view, rollouts, max, count);
        pki_reader_end(reader);
    }
    return error;
}

/* ---- writing ---- */

static enum pki_error write_rollout(struct pki_txn *txn, const struct pki_rollout *rollout)
{
    struct pki_key key = pki_key_endpoint(rollout->name);
    struct pki_plain plain;
    enum pki_error error = pki_rollout_encode(rollout, plain.data, sizeof(plain.data), &plain.len);

    if (error == PKI_OK) {
        error = pki_view_put(&txn->view, PKI_TABLE_ROLLOUT, &key, &plain);
    }
    txn->has_changed = true;
    return error;
}

enum pki_error pki_txn_rollout_get(struct pki_txn *txn, const char *name,
                                   struct pki_rollout *rollout)
{
    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = view_rollout(&txn->view, name, rollout);

    /* Asking whether a rollout is there is no failure. */
    return error == PKI_ENOTFOUND ? error : pki_txn_result(txn, error);
}

static const char *change_name(const struct pki_rollout *old, const struct pki_rollout *rollout)
{
    bool is_anew =
        old != NULL && old->state == PKI_ROLLOUT_ABORTED && rollout->state == PKI_ROLLOUT_RUNNING;

    if (old == NULL || is_anew || old->started_at != rollout->started_at) {
        return "rollout.start";
    }
    if (old->state == rollout->state) {
        return "rollout.change";
    }
    switch (rollout->state) {
    case PKI_ROLLOUT_RUNNING:
        return "rollout.resume";
    case PKI_ROLLOUT_PAUSED:
        return "rollout.pause";
    default:
        return "rollout.abort";
    }
}

enum pki_error pki_txn_rollout_put(struct pki_txn *txn, const struct pki_rollout *rollout)
{
    struct pki_rollout old;

    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = pki_rollout_check(rollout);
    bool is_new = false;

    if (error == PKI_OK) {
        error = view_rollout(&txn->view, rollout->name, &old);
        is_new = error == PKI_ENOTFOUND;
    }
    if (error != PKI_OK && !is_new) {
        return pki_txn_result(txn, error);
    }
    error = write_rollout(txn, rollout);
    if (error == PKI_OK) {
        error = pki_txn_audit(txn, change_name(is_new ? NULL : &old, rollout), rollout->name);
    }
    return pki_txn_changed(txn, error);
}

/* ---- counting ---- */

static bool is_failing(const struct pki_rollout *rollout, uint64_t device_id)
{
    for (uint32_t i = 0; i < rollout->failing_count; i++) {
        if (rollout->failing_id[i] == device_id) {
            return true;
        }
    }
    return false;
}

static void drop_failing(struct pki_rollout *rollout, uint32_t index)
{
    uint32_t last = --rollout->failing_count;

    for (uint32_t i = index; i < last; i++) {
        rollout->failing_id[i] = rollout->failing_id[i + 1];
        rollout->failing_at[i] = rollout->failing_at[i + 1];
    }
    rollout->failing_id[last] = 0;
    rollout->failing_at[last] = 0;
}

/* With more of them than are told apart the oldest is forgotten, and may count again. */
static void add_failing(struct pki_rollout *rollout, uint64_t device_id, uint32_t at)
{
    if (rollout->failing_count == PKI_ROLLOUT_FAILING_MAX) {
        drop_failing(rollout, 0);
    }
    rollout->failing_id[rollout->failing_count] = device_id;
    rollout->failing_at[rollout->failing_count++] = (uint16_t)at;
}

/* What stood at AT leaves the window. */
static void make_way(struct pki_rollout *rollout, uint32_t at)
{
    for (uint32_t i = rollout->failing_count; i-- > 0;) {
        if (rollout->failing_at[i] == at) {
            drop_failing(rollout, i);
        }
    }
}

static void enter_window(struct pki_rollout *rollout, const struct pki_rollout_outcome *outcome)
{
    uint32_t at = rollout->window_next;
    uint8_t bit = (uint8_t)(1u << (at % 8));

    make_way(rollout, at);
    rollout->window[at / 8] &= (uint8_t)~bit;
    if (outcome->has_failed) {
        rollout->window[at / 8] |= bit;
        add_failing(rollout, outcome->device_id, at);
    }
    rollout->window_next = (at + 1) % rollout->pause_of;
    if (rollout->window_count < rollout->pause_of) {
        rollout->window_count++;
    }
}

static void count_outcome(struct pki_rollout *rollout, const struct pki_rollout_outcome *outcome)
{
    bool is_news =
        outcome->has_failed ? !is_failing(rollout, outcome->device_id) : outcome->is_first;

    if (outcome->has_failed) {
        rollout->failed++;
    } else {
        rollout->finished++;
    }
    rollout->devices += outcome->is_first && !outcome->has_failed ? 1 : 0;
    if (is_news && rollout->pause_of != 0) {
        enter_window(rollout, outcome);
    }
}

static uint32_t failed_in_window(const struct pki_rollout *rollout)
{
    uint32_t failed = 0;

    for (uint32_t i = 0; i < rollout->window_count; i++) {
        failed += rollout->window[i / 8] >> (i % 8) & 1;
    }
    return failed;
}

/* As soon as more failed than the whole window may have: before it is full, too. */
static bool pauses(const struct pki_rollout *rollout, uint32_t failed)
{
    return rollout->state == PKI_ROLLOUT_RUNNING && rollout->pause_ppm != 0 &&
           (uint64_t)failed * PKI_PPM_MAX > (uint64_t)rollout->pause_ppm * rollout->pause_of;
}

static void pause(struct pki_rollout *rollout, uint32_t failed, int64_t now_at)
{
    rollout->state = PKI_ROLLOUT_PAUSED;
    rollout->changed_at = now_at;
    snprintf(rollout->reason, sizeof(rollout->reason), "%u of the last %u failed; %g%% of %u may",
             failed, rollout->window_count, (double)rollout->pause_ppm / PPM_PER_PERCENT,
             rollout->pause_of);
}

enum pki_error pki_txn_rollout_note(struct pki_txn *txn, const char *name,
                                    const struct pki_rollout_outcome *outcome, bool *has_paused)
{
    struct pki_rollout rollout;

    *has_paused = false;
    if (txn->error != PKI_OK) {
        return txn->error;
    }
    enum pki_error error = view_rollout(&txn->view, name, &rollout);

    if (error != PKI_OK) {
        return pki_txn_result(txn, error);
    }
    count_outcome(&rollout, outcome);
    uint32_t failed = failed_in_window(&rollout);

    if (pauses(&rollout, failed)) {
        pause(&rollout, failed, txn->now_at);
        error = pki_txn_audit(txn, "rollout.pause", rollout.name);
        *has_paused = error == PKI_OK;
    }
    if (error == PKI_OK) {
        error = write_rollout(txn, &rollout);
    }
    return pki_txn_changed(txn, error);
}
