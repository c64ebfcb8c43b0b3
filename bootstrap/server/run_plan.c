/* The plan of a run: what the store holds and what the device showed, put before the policy. */
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>

#define CREDENTIALS_MAX 64 /* of one device, read for its plan: the newest */

static bool carries_secret(const struct policy_plan *plan)
{
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    for (size_t i = 0; i < plan->op_count; i++)
        for (size_t k = 0; k < plan->ops[i].leaf_count; k++) {
            const struct lwm2m_leaf *leaf = &plan->ops[i].leaves[k];
            const struct lwm2m_object *object = lwm2m_object_find(registry, leaf->path.id[0]);
            const struct lwm2m_resource *resource =
                object ? lwm2m_resource_find(object, leaf->path.id[2]) : NULL;
            if (resource && resource->is_secret && leaf->value.type == LWM2M_OPAQUE &&
                leaf->value.as.bytes.len)
                return true;
        }
    return false;
}

/* NULL with a REASON, or the plan. */
static struct policy_plan *make_plan(struct bs_run *run, char *reason)
{
    struct bs_worker *worker = run->worker;
    struct pki_device *device = calloc(1, sizeof *device);
    struct pki_credential *credentials = calloc(CREDENTIALS_MAX, sizeof *credentials);
    struct policy_plan *plan = NULL;
    size_t count = 0;
    enum pki_error error = device && credentials ? PKI_OK : PKI_ENOMEM;
    if (!error && run->device_id)
        error = pki_store_device_by_id(worker->reader, run->device_id, device);
    if (!error && run->device_id)
        error = pki_store_credentials(worker->reader, run->device_id, credentials, CREDENTIALS_MAX,
                                      &count);
    if (error) {
        snprintf(reason, POLICY_REASON_MAX + 1, "%s", pki_error_text(error));
    } else {
        const struct policy_subject subject = {
            .device = run->device_id ? device : NULL,
            .endpoint = run->endpoint,
            .auth = cc_session_is_secure(run->session) ? device->auth : PKI_AUTH_NONE,
            .pct = run->pct,
            .seen.discover = run->discover,
            .credentials = credentials,
            .credential_count = count,
        };
        plan = policy_plan_new(run->snapshot->policies, &run->decision, &subject,
                               bs_clock_ms() / 1000, pki_secret_random, NULL, reason);
    }
    if (device)
        pki_secret_wipe(device, sizeof *device);
    if (credentials)
        pki_secret_wipe(credentials, CREDENTIALS_MAX * sizeof *credentials);
    free(device);
    free(credentials);
    return plan;
}

void bs_run_plan(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1])
{
    reason[0] = '\0';
    run->plan = make_plan(run, reason);
    if (run->discover) {
        lwm2m_discover_clear(run->discover);
        free(run->discover);
        run->discover = NULL;
    }
    /* Secrets over plain coap only where the operator said so by name (architecture, what must
     * always hold, 4). */
    if (run->plan && !cc_session_is_secure(run->session) &&
        !run->snapshot->settings.allow_plain_secrets && carries_secret(run->plan)) {
        policy_plan_free(run->plan);
        run->plan = NULL;
        snprintf(reason, POLICY_REASON_MAX + 1,
                 "secrets over plain coap are not allowed here (allow-plain-secrets)");
    }
    if (run->plan && run->plan->minted_count && !run->device_id) {
        policy_plan_free(run->plan);
        run->plan = NULL;
        snprintf(reason, POLICY_REASON_MAX + 1, "no device record to keep minted credentials in");
    }
    if (run->plan && run->plan->note)
        BS_LOG(run->worker->shared->log, BS_INFO, "plan", BS_TEXT("endpoint", run->endpoint),
               BS_TEXT("policy", run->decision.policy), BS_TEXT("note", run->plan->note));
}
