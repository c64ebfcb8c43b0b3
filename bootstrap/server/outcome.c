/* How a bootstrap ended: one log line, one count, one history entry. */
#include "bootstrap/server/worker_private.h"

#include <stdio.h>
#include <stdlib.h>

static enum bs_level level_of(enum pki_result result)
{
    return result == PKI_RESULT_FAILED || result == PKI_RESULT_DENIED || result == PKI_RESULT_HELD
               ? BS_WARNING
               : BS_INFO;
}

static void log_outcome(struct bs_worker *worker, const char *endpoint,
                        const struct pki_outcome *outcome)
{
    char code[8];
    BS_LOG(worker->shared->log, level_of(outcome->result), "outcome",
           BS_TEXT("result", pki_result_name(outcome->result)), BS_TEXT("endpoint", endpoint),
           BS_TEXT("peer", outcome->peer), BS_TEXT("policy", outcome->policy),
           BS_TEXT("step", outcome->step), BS_TEXT("reason", outcome->reason),
           BS_TEXT("code", outcome->code ? cc_code_text(outcome->code, code) : ""),
           BS_NUMBER("writes", outcome->writes), BS_NUMBER("deletes", outcome->deletes),
           BS_NUMBER("retransmissions", outcome->retransmissions),
           BS_NUMBER("ms", outcome->duration_ms));
}

static void trace_outcome(struct bs_worker *worker, const struct bs_report *report)
{
    const struct pki_outcome *outcome = report->outcome;
    uint32_t subscribers = bs_trace_match(worker->trace, report->endpoint, outcome->peer);
    if (!subscribers)
        return;
    const struct bs_trace_origin origin = {.at_ms = bs_clock_ms(),
                                           .session = report->session_number,
                                           .endpoint = report->endpoint,
                                           .peer = outcome->peer,
                                           .is_secure = report->is_secure};
    char why[PKI_STEP_MAX + PKI_REASON_MAX + 32];
    snprintf(why, sizeof why, "%s at %s%s%s", pki_result_name(outcome->result), outcome->step,
             outcome->reason[0] ? ": " : "", outcome->reason);
    bs_trace_event(worker->shared->trace, subscribers, &origin, "outcome", why);
}

/* Into CREDENTIALS, as BS_JOB_OUTCOME has them; returns how many. */
static size_t list_staged(const struct bs_report *report, struct pki_credential *credentials)
{
    const struct pki_outcome *outcome = report->outcome;
    size_t count = 0;
    for (size_t i = 0; i < report->staged_count; i++) {
        const struct bs_staged *staged = &report->staged[i];
        bool is_confirmed = outcome->result == PKI_RESULT_FINISHED && !staged->is_refused;
        if (staged->is_pending && !is_confirmed)
            continue;
        credentials[count].device_id = outcome->device_id;
        credentials[count].server_id = staged->server_id;
        credentials[count].serial = staged->serial;
        credentials[count].unconfirmed_at = staged->is_pending ? outcome->started_at : 0;
        credentials[count++].abandoned_at = staged->is_refused ? outcome->started_at : 0;
    }
    return count;
}

void bs_outcome_record(struct bs_worker *worker, const struct bs_report *report)
{
    const struct pki_outcome *outcome = report->outcome;
    worker->results[outcome->result]++;
    log_outcome(worker, report->endpoint, outcome);
    trace_outcome(worker, report);
    struct bs_job *job =
        outcome->device_id ? bs_job_new(BS_JOB_OUTCOME, report->staged_count) : NULL;
    if (!job) {
        if (outcome->device_id)
            BS_LOG(worker->shared->log, BS_ERROR, "store", BS_TEXT("endpoint", report->endpoint),
                   BS_TEXT("reason", "out of memory"));
        free(report->lesson);
        return;
    }
    job->outcome = *outcome;
    job->lesson = report->lesson;
    job->credential_count = list_staged(report, job->credentials);
    bs_writer_submit(worker->shared->writer, job);
}

uint64_t bs_history_of(const struct bs_worker *worker, const struct cc_session *session,
                       uint64_t device_id)
{
    return cc_session_is_secure(session) || worker->snapshot->settings.allow_plain_secrets
               ? device_id
               : 0;
}

void bs_run_record(struct bs_worker *worker, struct cc_session *session,
                   const struct bs_admission *admission, enum pki_result result, uint8_t code,
                   const char *reason)
{
    struct pki_outcome outcome = {.device_id = bs_history_of(worker, session, admission->device_id),
                                  .started_at = bs_clock_ms() / 1000,
                                  .result = result,
                                  .code = code};
    snprintf(outcome.step, sizeof outcome.step, "%s", admission->pack ? "pack" : "request");
    snprintf(outcome.reason, sizeof outcome.reason, "%.*s", PKI_REASON_MAX, reason);
    snprintf(outcome.policy, sizeof outcome.policy, "%s", admission->decision.policy);
    snprintf(outcome.peer, sizeof outcome.peer, "%s", cc_session_peer(session));
    bs_outcome_record(
        worker, &(struct bs_report){.endpoint = admission->endpoint,
                                    .session_number = bs_worker_session_number(worker, session),
                                    .is_secure = cc_session_is_secure(session),
                                    .outcome = &outcome});
}
