/*
 * Bootstrap-Pack-Request (lwm2m-bootstrap.md 3.7): everything in one answer.
 *
 * It is always answered, since silence costs a client over a minute (clients.md, Anjay); on any
 * code but 2.05 it goes on by Bootstrap-Request. Nothing tells whether a pack was applied: the
 * outcome is unconfirmed, and old and new credentials stand.
 */
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>

#define PACK_GUESS 4096
#define PACK_MAX   65536 /* octets of a pack */

static const uint16_t pack_formats[] = {LWM2M_FORMAT_SENML_CBOR, LWM2M_FORMAT_SENML_JSON,
                                        LWM2M_FORMAT_LWM2M_CBOR};

static bool is_pack_format(uint16_t format)
{
    for (size_t i = 0; i < sizeof pack_formats / sizeof *pack_formats; i++)
        if (pack_formats[i] == format)
            return true;
    return false;
}

static void drop_body(struct bs_pack *pack)
{
    if (pack->body)
        pki_secret_wipe(pack->body, pack->body_len);
    free(pack->body);
    pack->body = NULL;
    pack->body_len = 0;
}

void bs_pack_free(struct bs_pack *pack)
{
    if (!pack)
        return;
    drop_body(pack);
    free(pack);
}

/* The client's, else the first of the plan's that a pack can have. */
static uint16_t choose_format(const struct bs_pack *pack, const struct policy_plan *plan)
{
    if (pack->has_accept)
        return pack->accept;
    for (size_t i = 0; i < plan->format_count; i++)
        if (is_pack_format(plan->formats[i]))
            return plan->formats[i];
    return pack_formats[0];
}

static enum lwm2m_error encode(struct bs_pack *pack, const struct policy_plan *plan,
                               size_t capacity, size_t *len)
{
    pack->body = malloc(capacity);
    if (!pack->body)
        return LWM2M_ENOMEM;
    pack->body_len = capacity;
    enum lwm2m_error error = policy_plan_pack(plan, pack->format, pack->body, capacity, len);
    if (error)
        drop_body(pack);
    else
        pack->body_len = *len;
    return error;
}

bool bs_pack_encode(struct bs_run *run, char reason[static POLICY_REASON_MAX + 1])
{
    struct bs_pack *pack = run->pack;
    size_t len = 0;
    pack->format = choose_format(pack, run->plan);
    enum lwm2m_error error = encode(pack, run->plan, PACK_GUESS, &len);
    if (error == LWM2M_ESPACE && len <= PACK_MAX)
        error = encode(pack, run->plan, len, &len);
    if (error == LWM2M_EUNSUPPORTED)
        pack->refusal = CC_NOT_ACCEPTABLE;
    if (error)
        snprintf(reason, POLICY_REASON_MAX + 1, "the pack cannot be encoded: %s",
                 error == LWM2M_ESPACE ? "too large" : lwm2m_error_text(error));
    return error == LWM2M_OK;
}

bool bs_pack_answer(struct bs_run *run, bool is_given)
{
    struct bs_pack *pack = run->pack;
    struct cc_response response = {.code = pack->refusal, .content_format = CC_FORMAT_NONE};
    if (is_given)
        response = (struct cc_response){.code = CC_CONTENT,
                                        .content_format = pack->format,
                                        .payload = pack->body,
                                        .payload_len = pack->body_len};
    pack->is_answered =
        run->session && cc_session_respond(run->session, &pack->ticket, &response) == CC_OK;
    return pack->is_answered;
}

/* Why the policies want no pack sent, or NULL. */
static const char *unwanted(const struct bs_admission *admission)
{
    const struct policy_decision *decision = &admission->decision;
    if (decision->verdict == POLICY_HOLD)
        return decision->reason;
    if (!decision->allows_pack)
        return "the policy gives no pack";
    return decision->is_open ? "what the device shows decides" : NULL;
}

static void log_unwanted(struct bs_worker *worker, const struct cc_session *session,
                         const struct bs_admission *admission, const char *why)
{
    BS_LOG(worker->shared->log, BS_INFO, "pack", BS_TEXT("endpoint", admission->endpoint),
           BS_TEXT("peer", cc_session_peer(session)), BS_TEXT("policy", admission->decision.policy),
           BS_TEXT("refused", why));
}

/* 0: a run answers. Else the code; who is denied has an outcome as any other. */
static uint8_t refuse(struct bs_worker *worker, struct cc_session *session,
                      const struct cc_message *request, struct bs_admission *admission)
{
    const char *why = NULL;
    uint8_t refusal = bs_admit(worker, session, request, admission, &why);
    if (!refusal && admission->decision.verdict == POLICY_DENY) {
        refusal = CC_FORBIDDEN;
        why = admission->decision.reason;
    }
    if (refusal == CC_FORBIDDEN) /* lwm2m-bootstrap.md 3.7 has 4.01 for it */
        refusal = CC_UNAUTHORIZED;
    if (refusal) {
        bs_run_record(worker, session, admission, PKI_RESULT_DENIED, refusal, why);
        return refusal;
    }
    why = unwanted(admission);
    if (why) {
        log_unwanted(worker, session, admission, why);
        return CC_METHOD_NOT_ALLOWED;
    }
    bool has_format = !admission->pack->has_accept || is_pack_format(admission->pack->accept);
    return has_format ? 0 : CC_NOT_ACCEPTABLE;
}

void bs_pack_request(struct bs_worker *worker, struct cc_session *session,
                     const struct cc_message *request, const struct cc_ticket *ticket)
{
    struct bs_admission admission = {.pack = calloc(1, sizeof *admission.pack)};
    uint8_t refusal = CC_METHOD_NOT_ALLOWED;
    if (admission.pack && !worker->is_draining &&
        !bs_admit_is_too_often(worker, session, request, true)) {
        admission.pack->ticket = *ticket;
        admission.pack->refusal = CC_METHOD_NOT_ALLOWED;
        refusal = refuse(worker, session, request, &admission);
    }
    if (refusal)
        bs_respond(session, ticket, refusal);
    else
        bs_run_start(worker, session, &admission);
    bs_admission_clear(&admission);
}
