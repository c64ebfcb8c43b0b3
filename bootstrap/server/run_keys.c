/* The credentials of a run that wait for Finish: what it minted, and what an earlier one left in
 * doubt. */
#include "bootstrap/server/worker_private.h"

#include <stdlib.h>

bool bs_run_expect(struct bs_run *run)
{
    const struct policy_plan *plan = run->plan;
    size_t room = plan->minted_count + plan->pending_count;
    run->staged = room ? calloc(room, sizeof *run->staged) : NULL;
    for (size_t i = 0; run->staged && i < plan->pending_count; i++)
        run->staged[run->staged_count++] =
            (struct bs_staged){.server_id = plan->pending[i].server_id,
                               .mode = plan->pending[i].mode,
                               .serial = plan->pending[i].serial,
                               .is_pending = true};
    return !room || run->staged;
}

void bs_run_staged(struct bs_run *run, const struct bs_job *job)
{
    for (size_t i = 0; i < job->credential_count; i++)
        run->staged[run->staged_count++] =
            (struct bs_staged){.server_id = job->credentials[i].server_id,
                               .mode = job->credentials[i].mode,
                               .serial = job->credentials[i].serial};
}

void bs_run_write_over(struct bs_run *run, const struct policy_op *op, bool is_taken)
{
    if (!is_taken)
        policy_plan_forget(run->plan, op);
    for (size_t i = 0; op->ssid && i < run->staged_count; i++) {
        struct bs_staged *staged = &run->staged[i];
        uint16_t object = staged->mode == PKI_MODE_OSCORE ? 21 : 0;
        /* With its Security instance an account's context is skipped too. */
        bool is_it = op->path.id[0] == object || (!is_taken && op->path.id[0] == 0);
        if (staged->server_id == op->ssid && is_it)
            staged->is_refused = !is_taken;
    }
}
