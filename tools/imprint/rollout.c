/* imprint rollout start, status, pause, resume, abort */
#include "tools/imprint/home.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"

#include <stdlib.h>
#include <string.h>

#define ROLLOUTS_MAX    1024
#define PPM_PER_PERCENT 10000

static const char by_operator[] = "by the operator";

/* ---- changing ---- */

/* A change of a rollout as it stands: what keeps it from being made, or NULL. */
typedef const char *change_fn(const struct cli_call *call, struct pki_rollout *rollout);

static enum cli_status share_of(const struct cli_call *call, uint32_t *ppm)
{
    const char *text = cli_value(call, CLI_OPT_SHARE);
    return text == NULL || cli_percent(text, ppm)
               ? CLI_DONE
               : cli_usage("--share is a percentage over 0%% and up to 100%%, as 5%% or 0.5%%, not "
                           "'%s'",
                           text);
}

static enum cli_status change(struct cli_call *call, change_fn *make, const char *done)
{
    const char *name = call->args[0];
    struct pki_rollout rollout;
    struct pki_txn *txn = NULL;
    uint32_t share = 0;
    enum cli_status status = share_of(call, &share);
    if (status == CLI_DONE) {
        status = cli_txn_begin(call, &txn);
    }
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_rollout_get(txn, name, &rollout);
    const char *refusal = error == PKI_OK ? make(call, &rollout) : NULL;
    if (error == PKI_OK && refusal == NULL) {
        rollout.share_ppm = cli_has(call, CLI_OPT_SHARE) ? share : rollout.share_ppm;
        rollout.changed_at = call->now_at;
        error = pki_txn_rollout_put(txn, &rollout);
    }
    if (error == PKI_OK && refusal == NULL) {
        status = cli_txn_commit(txn, name);
        if (status == CLI_DONE) {
            cli_note("%s rollout %s", done, name);
        }
        return status;
    }
    pki_txn_abort(txn);
    if (error == PKI_ENOTFOUND) {
        return cli_fail("rollout %s was not started", name);
    }
    return refusal != NULL ? cli_fail("rollout %s %s", name, refusal)
                           : cli_fail_pki(name, error, NULL);
}

static const char *make_paused(const struct cli_call *call, struct pki_rollout *rollout)
{
    (void)call;
    if (rollout->state != PKI_ROLLOUT_RUNNING) {
        return rollout->state == PKI_ROLLOUT_PAUSED ? "is paused already" : "was aborted";
    }
    rollout->state = PKI_ROLLOUT_PAUSED;
    memcpy(rollout->reason, by_operator, sizeof by_operator);
    return NULL;
}

/* The failures that paused it count no more, or the next outcome would pause it again. */
static const char *make_running(const struct cli_call *call, struct pki_rollout *rollout)
{
    if (rollout->state == PKI_ROLLOUT_ABORTED) {
        return "was aborted; imprint rollout start begins it anew";
    }
    if (rollout->state == PKI_ROLLOUT_RUNNING) {
        return cli_has(call, CLI_OPT_SHARE) ? NULL : "is running already";
    }
    rollout->state = PKI_ROLLOUT_RUNNING;
    rollout->reason[0] = '\0';
    pki_rollout_forget(rollout);
    return NULL;
}

static const char *make_aborted(const struct cli_call *call, struct pki_rollout *rollout)
{
    (void)call;
    if (rollout->state == PKI_ROLLOUT_ABORTED) {
        return "is aborted already";
    }
    rollout->state = PKI_ROLLOUT_ABORTED;
    memcpy(rollout->reason, by_operator, sizeof by_operator);
    return NULL;
}

enum cli_status cli_rollout_pause(struct cli_call *call)
{
    return change(call, make_paused, "paused");
}

enum cli_status cli_rollout_resume(struct cli_call *call)
{
    return change(call, make_running, "resumed");
}

enum cli_status cli_rollout_abort(struct cli_call *call)
{
    return change(call, make_aborted, "aborted");
}

/* ---- starting ---- */

/* What the policies say of the rollout that is asked for. */
static enum cli_status describe(struct cli_call *call, struct pki_rollout *rollout)
{
    const char *name = call->args[0];
    struct policy_set *set = cli_home_policy_set(call);
    if (set == NULL) {
        return CLI_FAILED;
    }
    bool is_known = policy_set_rollout(set, name, rollout);
    const char *first = policy_set_rollout_name(set, 0);
    enum cli_status status = CLI_DONE;
    if (!is_known && first == NULL) {
        status = cli_fail("no overlay of the policies has a rollout");
    } else if (!is_known) {
        status =
            cli_fail("no overlay of the policies has the rollout %s; there is: %s", name, first);
    }
    policy_set_unref(set);
    return status;
}

static enum cli_status put_new(struct cli_call *call, const struct pki_rollout *rollout)
{
    struct pki_rollout old;
    struct pki_txn *txn = NULL;
    enum cli_status status = cli_txn_begin(call, &txn);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_txn_rollout_get(txn, rollout->name, &old);
    if (error == PKI_OK && old.state != PKI_ROLLOUT_ABORTED) {
        pki_txn_abort(txn);
        return cli_fail("rollout %s is %s already; see: imprint rollout status", rollout->name,
                        pki_rollout_state_name(old.state));
    }
    if (error == PKI_OK || error == PKI_ENOTFOUND) {
        error = pki_txn_rollout_put(txn, rollout);
    }
    if (error != PKI_OK) {
        pki_txn_abort(txn);
        return cli_fail_pki(rollout->name, error, NULL);
    }
    return cli_txn_commit(txn, rollout->name);
}

enum cli_status cli_rollout_start(struct cli_call *call)
{
    struct pki_rollout rollout = {0};
    uint32_t share = 0;
    enum cli_status status = share_of(call, &share);
    if (status == CLI_DONE) {
        status = describe(call, &rollout);
    }
    if (status != CLI_DONE) {
        return status;
    }
    rollout.state = PKI_ROLLOUT_RUNNING;
    rollout.share_ppm = cli_has(call, CLI_OPT_SHARE) ? share : rollout.share_ppm;
    rollout.started_at = call->now_at;
    rollout.changed_at = call->now_at;
    status = put_new(call, &rollout);
    if (status == CLI_DONE) {
        cli_note("started rollout %s: %g%% of the devices", rollout.name,
                 (double)rollout.share_ppm / PPM_PER_PERCENT);
    }
    return status;
}

/* ---- showing ---- */

static void row_json(const struct pki_rollout *rollout, const char *state)
{
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_json_string(&json, "name", rollout->name);
    cli_json_string(&json, "state", state);
    cli_json_uint(&json, "share_ppm", rollout->share_ppm);
    cli_json_uint(&json, "devices", rollout->devices);
    cli_json_uint(&json, "finished", rollout->finished);
    cli_json_uint(&json, "failed", rollout->failed);
    cli_json_uint(&json, "pause_ppm", rollout->pause_ppm);
    cli_json_uint(&json, "pause_of", rollout->pause_of);
    cli_json_string_if(&json, "reason", rollout->reason);
    cli_json_time_if(&json, "started_at", rollout->started_at);
    cli_json_time_if(&json, "changed_at", rollout->changed_at);
    cli_json_object_end(&json);
}

static void row_text(struct cli_table *table, const struct pki_rollout *rollout, const char *state)
{
    char at[24];
    cli_table_cell(table, "%s", rollout->name);
    cli_table_cell(table, "%s", state);
    cli_table_cell(table, "%g%%", (double)rollout->share_ppm / PPM_PER_PERCENT);
    cli_table_cell(table, "%llu", (unsigned long long)rollout->devices);
    cli_table_cell(table, "%llu", (unsigned long long)rollout->finished);
    cli_table_cell(table, "%llu", (unsigned long long)rollout->failed);
    cli_table_cell(table, "%s", cli_time(rollout->started_at, at));
    cli_table_cell(table, "%s", rollout->reason[0] != '\0' ? rollout->reason : "-");
}

struct rows {
    struct cli_call *call;
    struct pki_rollout *rollouts;
    size_t count, shown;
    struct cli_table table;
};

static void show_row(struct rows *rows, const struct pki_rollout *rollout, const char *state)
{
    if (rows->call->arg_count > 0 && strcmp(rows->call->args[0], rollout->name) != 0) {
        return;
    }
    rows->shown++;
    if (cli_has(rows->call, CLI_OPT_JSON)) {
        row_json(rollout, state);
    } else {
        row_text(&rows->table, rollout, state);
    }
}

static bool is_started(const struct rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->rollouts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Those that the policies have and nobody started; without sound policies only those started. */
static void show_waiting(struct rows *rows)
{
    struct policy_set *set = cli_home_policy_set(rows->call);
    const char *name;
    for (size_t i = 0; set != NULL && (name = policy_set_rollout_name(set, i)) != NULL; i++) {
        struct pki_rollout rollout = {0};
        if (!is_started(rows, name) && policy_set_rollout(set, name, &rollout)) {
            show_row(rows, &rollout, "not started");
        }
    }
    policy_set_unref(set);
}

static enum cli_status show_rows(struct rows *rows)
{
    static const char *const head[] = {"NAME",     "STATE",  "SHARE",   "DEVICES",
                                       "FINISHED", "FAILED", "STARTED", "REASON"};
    rows->table.columns = 8;
    for (size_t i = 0; i < 8; i++) {
        cli_table_cell(&rows->table, "%s", head[i]);
    }
    for (size_t i = 0; i < rows->count; i++) {
        show_row(rows, &rows->rollouts[i], pki_rollout_state_name(rows->rollouts[i].state));
    }
    show_waiting(rows);
    if (rows->shown == 0 && rows->call->arg_count > 0) {
        return cli_fail("no rollout %s", rows->call->args[0]);
    }
    return CLI_DONE;
}

enum cli_status cli_rollout_status(struct cli_call *call)
{
    struct rows rows = {.call = call, .rollouts = calloc(ROLLOUTS_MAX, sizeof *rows.rollouts)};
    if (rows.rollouts == NULL) {
        return cli_fail("out of memory");
    }
    enum pki_error error =
        pki_store_rollouts(call->reader, rows.rollouts, ROLLOUTS_MAX, &rows.count);
    enum cli_status status =
        error == PKI_OK ? show_rows(&rows) : cli_fail_pki(call->home, error, NULL);
    bool is_text = !cli_has(call, CLI_OPT_JSON) && status == CLI_DONE && rows.shown > 0;
    enum cli_status printed = is_text ? cli_table_print(&rows.table, 0) : CLI_DONE;
    if (!is_text) {
        cli_table_free(&rows.table);
    }
    free(rows.rollouts);
    return status != CLI_DONE ? status : printed;
}
