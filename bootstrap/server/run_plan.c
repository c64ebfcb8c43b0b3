/* Decision and plan of a run: what the store holds and what the device showed, put before the
 * policy. */
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    pki_store_print(context, data, len, print);
}

static enum policy_transport transport_of(const struct cc_session *session)
{
    bool is_secure = cc_session_is_secure(session);
    if (cc_session_is_tcp(session))
        return is_secure ? POLICY_COAPS_TCP : POLICY_COAP_TCP;
    return is_secure ? POLICY_COAPS : POLICY_COAP;
}

struct policy_subject bs_subject_of(struct bs_worker *worker, const struct cc_session *session,
                                    const struct pki_device *device,
                                    const struct pki_memory *memory)
{
    struct bs_desk *desk = worker->desk;
    bool is_asker = bs_worker_asked_pack(worker, device->id);
    if (is_asker) {
        desk->memory = memory ? *memory : (struct pki_memory){.device_id = device->id};
        desk->memory.asked_pack = true;
    }
    bs_worker_rollouts(worker);
    return (struct policy_subject){
        .device = device->id ? device : NULL,
        .auth = cc_session_is_secure(session) ? device->auth : PKI_AUTH_NONE,
        .transport = transport_of(session),
        .pct = LWM2M_FORMAT_NONE,
        .accept = LWM2M_FORMAT_NONE,
        .memory = is_asker ? &desk->memory : memory,
        .rollouts = worker->rollouts,
        .rollout_count = worker->rollout_count,
        .print = bs_history_of(worker, session, device->id) ? print_of : NULL,
        .print_context = worker->shared->store,
    };
}

void bs_decide(const struct bs_snapshot *snapshot, const struct policy_subject *subject,
               bool is_final, struct policy_decision *decision)
{
    policy_decide(snapshot->policies, subject, is_final, bs_clock_ms() / 1000, decision);
    if (!decision->has_link)
        decision->link = snapshot->settings.link;
}

static void wipe(struct bs_desk *desk)
{
    pki_secret_wipe(&desk->device, sizeof desk->device);
    pki_secret_wipe(desk->credentials, desk->count * sizeof *desk->credentials);
    desk->count = 0;
}

/*
 * A credential that is still staged when its device asks anew was sent by a daemon that did not
 * live to tell what became of it: the device may hold it. So does whatever that run wrote.
 */
static void doubt(struct bs_run *run, struct bs_desk *desk)
{
    struct bs_job *job = NULL;
    size_t count = 0;
    for (size_t i = 0; i < desk->count; i++)
        count += pki_credential_state(&desk->credentials[i]) == PKI_CREDENTIAL_STAGED;
    if (!count || !run->history_id || !(job = bs_job_new(BS_JOB_DOUBT, count)))
        return;
    for (size_t i = 0, k = 0; i < desk->count; i++) {
        struct pki_credential *credential = &desk->credentials[i];
        if (pki_credential_state(credential) != PKI_CREDENTIAL_STAGED)
            continue;
        job->credentials[k].device_id = credential->device_id;
        job->credentials[k].server_id = credential->server_id;
        job->credentials[k++].serial = credential->serial;
        credential->unconfirmed_at = bs_clock_ms() / 1000;
    }
    if (run->memory)
        run->memory->print_count = 0;
    bs_writer_submit(run->worker->shared->writer, job);
}

/* How much of the store is to lie on the desk: each record costs its unsealing. */
enum extent { NO_RECORD, RECORD, RECORD_AND_CREDENTIALS };

static enum pki_error read_store(struct bs_run *run, enum extent extent)
{
    struct bs_worker *worker = run->worker;
    struct bs_desk *desk = worker->desk;
    enum pki_error error = PKI_OK;
    /* What the device came with, though the store may not have taken it over yet: what is written
     * of the old credential now would lock it out. */
    if (cc_session_is_secure(run->session))
        error = bs_admit_owner(worker, run->session, &desk->device);
    else
        error = pki_store_device_by_id(worker->reader, run->device_id, &desk->device);
    if (!error && extent == RECORD_AND_CREDENTIALS)
        error = pki_store_credentials_alive(worker->reader, run->device_id, desk->credentials,
                                            BS_CREDENTIALS_MAX, &desk->count);
    return error;
}

/* Lays what the store holds on the desk; SUBJECT borrows it until it is wiped. */
static enum pki_error lay_out(struct bs_run *run, enum extent extent,
                              struct policy_subject *subject)
{
    struct bs_desk *desk = run->worker->desk;
    desk->device = (struct pki_device){.id = run->device_id, .auth = run->auth};
    desk->count = 0;
    enum pki_error error = run->device_id && extent != NO_RECORD ? read_store(run, extent) : PKI_OK;
    if (error)
        return error;
    doubt(run, desk);
    *subject = bs_subject_of(run->worker, run->session, &desk->device, run->memory);
    if (extent == NO_RECORD)
        subject->device = NULL;
    subject->endpoint = run->endpoint;
    subject->pct = run->pct;
    subject->seen = bs_seen_observation(&run->seen);
    subject->credentials = desk->credentials;
    subject->credential_count = desk->count;
    if (run->pack) {
        subject->is_pack = true;
        subject->accept = run->pack->accept;
        subject->account = run->pack->accounts;
        subject->account_count = run->pack->account_count;
    }
    return PKI_OK;
}

/* ---- deciding ---- */

/* What a client is known to need of the transport, whatever its policy's link says. */
static void heed_quirk(struct bs_run *run, const struct policy_subject *subject)
{
    const struct policy_traits traits = {
        .pct = run->pct,
        .asked_pack = subject->memory && subject->memory->asked_pack,
        .has_public_key = subject->auth == PKI_AUTH_RPK || subject->auth == PKI_AUTH_X509,
        .discover = run->seen.discover,
    };
    const struct policy_quirk *quirk = policy_quirk_of(&traits);
    struct policy_link *link = &run->decision.link;
    if (quirk && quirk->block_max && quirk->block_max < link->block_bytes)
        link->block_bytes = quirk->block_max;
    if (quirk && quirk->ack_timeout_ms > link->ack_timeout_ms)
        link->ack_timeout_ms = quirk->ack_timeout_ms;
}

/* A format that the client named or took before, and one that most have. */
static void choose_accepts(const struct bs_run *run, uint16_t accepts[2])
{
    const struct lwm2m_format *named =
        run->pct == LWM2M_FORMAT_NONE ? NULL : lwm2m_format_by_number(run->pct);
    accepts[0] = LWM2M_FORMAT_TLV;
    if (named && !named->single_only)
        accepts[0] = named->number;
    else if (run->memory && run->memory->format_count)
        accepts[0] = run->memory->formats[0];
    accepts[1] = accepts[0] == LWM2M_FORMAT_TLV ? LWM2M_FORMAT_SENML_CBOR : LWM2M_FORMAT_TLV;
}

void bs_run_decide(struct bs_run *run, struct bs_event *next)
{
    struct policy_subject subject;
    *next = (struct bs_event){.kind = BS_EVENT_DECIDED, .decision = &run->decision};
    choose_accepts(run, next->accepts);
    /* Which Reads are wanted does not hang on the record. A store that cannot be read now cannot
     * when the plan is made, and is told there. */
    if (lay_out(run, run->decision.is_open ? RECORD : NO_RECORD, &subject) == PKI_OK) {
        if (run->decision.is_open)
            bs_decide(run->snapshot, &subject, true, &run->decision);
        heed_quirk(run, &subject);
        bs_run_configure(run, 0);
        bs_run_arm(run);
        if (run->decision.verdict == POLICY_APPLY)
            next->reads = policy_reads(run->snapshot->policies, &run->decision, &subject);
    }
    wipe(run->worker->desk);
}

/* ---- planning ---- */

/* Of any type: passwords of other objects are texts, PINs may be numbers. */
static bool is_told(const struct lwm2m_value *value)
{
    return value->type != LWM2M_NONE &&
           (!lwm2m_type_has_bytes(value->type) || value->as.bytes.len > 0);
}

static bool carries_secret(const struct policy_plan *plan, const struct lwm2m_registry *registry)
{
    for (size_t i = 0; i < plan->op_count; i++)
        for (size_t k = 0; k < plan->ops[i].leaf_count; k++) {
            const struct lwm2m_leaf *leaf = &plan->ops[i].leaves[k];
            const struct lwm2m_resource *resource = lwm2m_resource_at(registry, leaf->path);
            if (resource && resource->is_secret && is_told(&leaf->value))
                return true;
        }
    return false;
}

/* NULL with a REASON, or the plan. */
static struct policy_plan *make_plan(struct bs_run *run, char *reason)
{
    struct policy_plan *plan = NULL;
    struct policy_subject subject;
    enum pki_error error = lay_out(run, RECORD_AND_CREDENTIALS, &subject);
    if (error)
        snprintf(reason, POLICY_REASON_MAX + 1, "%s", pki_error_text(error));
    else
        plan = policy_plan_new(run->snapshot->policies, &run->decision, &subject,
                               bs_clock_ms() / 1000, pki_secret_random, NULL, reason);
    wipe(run->worker->desk);
    return plan;
}

/* Why RUN->plan must not be carried out here, or NULL. */
static const char *forbidden(const struct bs_run *run)
{
    /* Secrets over plain coap only where the operator said so by name (architecture, what must
     * always hold, 4). */
    if (!cc_session_is_secure(run->session) && !run->snapshot->settings.allow_plain_secrets &&
        carries_secret(run->plan, policy_set_registry(run->snapshot->policies)))
        return "secrets over plain coap are not allowed here (allow-plain-secrets)";
    if (run->plan->minted_count && !run->device_id)
        return "no device record to keep minted credentials in";
    return NULL;
}

/* What is said of a plan before it is carried out. */
static void log_plan(const struct bs_run *run)
{
    char doubt[POLICY_REASON_MAX + 1];
    if (run->plan->note)
        BS_LOG(run->worker->shared->log, BS_INFO, "plan", BS_TEXT("endpoint", run->endpoint),
               BS_TEXT("policy", run->decision.policy), BS_TEXT("note", run->plan->note));
    if (policy_plan_doubt(run->plan, doubt))
        BS_LOG(run->worker->shared->log, BS_WARNING, "plan", BS_TEXT("endpoint", run->endpoint),
               BS_TEXT("policy", run->decision.policy), BS_TEXT("doubt", doubt));
}

void bs_run_plan(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1])
{
    reason[0] = '\0';
    run->plan = make_plan(run, reason);
    bs_seen_clear(&run->seen);
    const char *why = run->plan ? forbidden(run) : NULL;
    if (why) {
        policy_plan_free(run->plan);
        run->plan = NULL;
        snprintf(reason, POLICY_REASON_MAX + 1, "%s", why);
    }
    if (run->plan)
        log_plan(run);
}
