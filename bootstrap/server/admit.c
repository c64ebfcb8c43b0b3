/* Who asks to be bootstrapped, and what the policies say. */
#include "bootstrap/coap/table.h"
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bs_admission_clear(struct bs_admission *admission)
{
    free(admission->memory);
    bs_pack_free(admission->pack);
    *admission = (struct bs_admission){0};
}

/* ---- what the request says ---- */

/* UTF-8 without control characters: what an endpoint name may be made of. */
static bool is_text(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] < 0x20 || data[i] == 0x7f)
            return false;
    return lwm2m_utf8_valid(data, len);
}

/* The `ep` parameter into ENDPOINT, "" when absent. False: present and unusable
 * (lwm2m-bootstrap.md 3.1: 4.00). */
static bool take_endpoint(const struct cc_message *request,
                          char endpoint[static PKI_ENDPOINT_MAX + 1])
{
    const uint8_t *value = NULL;
    size_t len = 0, count = 0;
    endpoint[0] = '\0';
    if (!cc_message_query(request, "ep", &value, &len, &count))
        return true;
    if (count != 1 || len == 0 || len > PKI_ENDPOINT_MAX || !is_text(value, len))
        return false;
    memcpy(endpoint, value, len);
    endpoint[len] = '\0';
    return true;
}

/*
 * The `pct` parameter: 0 and FORMAT, or the code to refuse with (lwm2m-bootstrap.md 3.1, 4.15).
 * What is no number is malformed. A format for single resources cannot be meant for what follows.
 */
static uint8_t take_format(const struct cc_message *request, uint16_t *format)
{
    const uint8_t *value = NULL;
    size_t len = 0, count = 0;
    uint32_t number = 0;
    *format = LWM2M_FORMAT_NONE;
    if (!cc_message_query(request, "pct", &value, &len, &count))
        return 0;
    if (count != 1 || len == 0 || len > 5)
        return CC_BAD_REQUEST;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return CC_BAD_REQUEST;
        number = number * 10 + (uint32_t)(value[i] - '0');
    }
    const struct lwm2m_format *row =
        number < LWM2M_FORMAT_NONE ? lwm2m_format_by_number((uint16_t)number) : NULL;
    if (!row || row->single_only || number == LWM2M_FORMAT_LINK)
        return CC_UNSUPPORTED_FORMAT;
    *format = (uint16_t)number;
    return 0;
}

/* The `acc` and Accept of a Bootstrap-Pack-Request. False: the accounts cannot be read, so that
 * their instances could not be spared. */
static bool take_pack(const struct cc_message *request, struct bs_pack *pack)
{
    const uint8_t *value = NULL;
    size_t len = 0, count = 0;
    const uint32_t accept = cc_message_uint(request, CC_OPT_ACCEPT, UINT32_MAX);
    pack->has_accept = accept != UINT32_MAX;
    pack->accept = accept < LWM2M_FORMAT_NONE ? (uint16_t)accept : LWM2M_FORMAT_NONE;
    if (!cc_message_query(request, "acc", &value, &len, &count))
        return true;
    return count == 1 && lwm2m_account_parse((const char *)value, len, pack->accounts,
                                             BS_ACCOUNTS_MAX, &pack->account_count) == LWM2M_OK;
}

/* ---- who it is ---- */

static void note_unknown_endpoint(struct bs_worker *worker, struct cc_session *session,
                                  const char *endpoint)
{
    bs_notes_add(&worker->notes, PKI_UNKNOWN_ENDPOINT, (const uint8_t *)endpoint, strlen(endpoint),
                 cc_session_peer(session));
}

static void log_mismatch(struct bs_worker *worker, const struct cc_session *session,
                         const char *endpoint, const char *claimed)
{
    if (bs_worker_may_log(worker))
        BS_LOG(worker->shared->log, BS_WARNING, "refused", BS_TEXT("reason", "endpoint_mismatch"),
               BS_TEXT("peer", cc_session_peer(session)), BS_TEXT("endpoint", endpoint),
               BS_TEXT("claimed", claimed));
}

/* The device came with its new bootstrap credential: from now on it is its own. */
static void promote(struct bs_worker *worker, const struct pki_device *device)
{
    struct bs_job *job = bs_job_new(BS_JOB_PROMOTE, 1);
    if (!job)
        return; /* both stay good; the next request promotes */
    job->credentials->device_id = device->id;
    job->credentials->serial = device->presented_serial;
    bs_writer_submit(worker->shared->writer, job);
}

enum pki_error bs_admit_owner(struct bs_worker *worker, const struct cc_session *session,
                              struct pki_device *device)
{
    uint64_t owner = cc_session_owner(session);
    enum pki_error error = pki_store_device_by_id(worker->reader, owner, device);
    if (error || bs_worker_stamp(worker, device) == cc_session_stamp(session))
        return error;
    struct pki_device presented = {0};
    size_t len = 0;
    const uint8_t *identity = cc_session_identity(session, &len);
    if (pki_store_device_by_identity(worker->reader, device->auth, identity, len, &presented) ==
            PKI_OK &&
        presented.id == owner)
        *device = presented;
    pki_secret_wipe(&presented, sizeof presented);
    return PKI_OK;
}

/* The credential decides, and another `ep` is refused (lwm2m-security.md 4.2). */
static uint8_t identify_secure(struct bs_worker *worker, struct cc_session *session,
                               const char *claimed, struct pki_device *device, const char **why)
{
    enum pki_error error = bs_admit_owner(worker, session, device);
    *why = error ? pki_error_text(error) : NULL;
    if (error)
        return error == PKI_ENOTFOUND ? CC_BAD_REQUEST : CC_UNAVAILABLE;
    if (bs_worker_stamp(worker, device) != cc_session_stamp(session)) {
        *why = "credential_changed";
        cc_session_close_later(session, 0);
        return CC_BAD_REQUEST;
    }
    if (claimed[0] && strcmp(claimed, device->endpoint) != 0) {
        worker->mismatches++;
        note_unknown_endpoint(worker, session, claimed);
        log_mismatch(worker, session, device->endpoint, claimed);
        *why = "endpoint_mismatch";
        return CC_BAD_REQUEST;
    }
    return 0;
}

/* On a plain listener the name is all there is. */
static uint8_t identify_plain(struct bs_worker *worker, struct cc_session *session,
                              const char *claimed, struct pki_device *device, const char **why)
{
    if (!claimed[0]) {
        *why = "endpoint_missing";
        return CC_BAD_REQUEST;
    }
    enum pki_error error = pki_store_device_by_endpoint(worker->reader, claimed, device);
    if (error == PKI_ENOTFOUND)
        note_unknown_endpoint(worker, session, claimed);
    *why = error ? pki_error_text(error) : NULL;
    return error && error != PKI_ENOTFOUND ? CC_UNAVAILABLE : 0;
}

static uint8_t identify(struct bs_worker *worker, struct cc_session *session, const char *claimed,
                        struct pki_device *device, const char **why)
{
    uint8_t refusal = cc_session_is_secure(session)
                          ? identify_secure(worker, session, claimed, device, why)
                          : identify_plain(worker, session, claimed, device, why);
    if (!refusal && device->disabled_at) {
        *why = "device_disabled";
        return CC_FORBIDDEN;
    }
    return refusal;
}

/* Anybody can say a name on a plain listener: it must not end what a credential began. */
static bool is_taken(struct bs_worker *worker, struct cc_session *session, const char *endpoint)
{
    struct bs_owner owner;
    return !cc_session_is_secure(session) &&
           bs_owners_find(worker->shared->owners, endpoint, &owner) && owner.is_secure;
}

/* A name over plain CoAP counts for the address that says it: another's cannot use it up. */
static uint64_t plain_name(const struct bs_worker *worker, const struct cc_session *session,
                           const char *claimed)
{
    char text[CC_ADDRESS_TEXT + PKI_ENDPOINT_MAX + 2];
    const char *peer = cc_session_peer(session);
    int address = (int)(strrchr(peer, ':') - peer);
    int len = snprintf(text, sizeof text, "%.*s %s", address, peer, claimed);
    return cc_siphash(worker->hash_key, text, (size_t)len);
}

bool bs_admit_is_too_often(struct bs_worker *worker, struct cc_session *session,
                           const struct cc_message *request, bool is_pack)
{
    char claimed[PKI_ENDPOINT_MAX + 1];
    uint64_t now_ms = cc_endpoint_now_ms(worker->endpoint);
    bool is_secure = cc_session_is_secure(session);
    (void)take_endpoint(request, claimed);
    struct bs_pace *pace = is_pack     ? &worker->pack_pace
                           : is_secure ? &worker->pace
                                       : &worker->plain_pace;
    if (bs_pace_take(pace,
                     is_secure ? cc_session_owner(session) : plain_name(worker, session, claimed),
                     now_ms))
        return false;
    if (bs_worker_may_log(worker))
        BS_LOG(worker->shared->log, BS_WARNING, "refused", BS_TEXT("reason", "too_often"),
               BS_TEXT("peer", cc_session_peer(session)));
    return true;
}

/* ---- what is to be done ---- */

/* What bootstraps have taught about the device; NULL: nothing, which costs a longer bootstrap. */
static struct pki_memory *remember(struct bs_worker *worker, uint64_t device_id)
{
    struct pki_memory *found = &worker->desk->memory;
    if (!device_id || pki_store_memory(worker->reader, device_id, found) != PKI_OK)
        return NULL;
    struct pki_memory *memory = malloc(sizeof *memory);
    if (memory)
        *memory = *found;
    return memory;
}

/* lwm2m-bootstrap.md 3.1: the newer request of a device counts, whether it is served, held or
 * denied. True when the older had begun to change the device. */
static bool drop_older(struct cc_session *session)
{
    struct bs_run *older = cc_session_data(session);
    bool has_sent = older && older->machine.has_sent;
    if (older)
        bs_run_interrupt(older, BS_EVENT_SUPERSEDED);
    return has_sent;
}

static void decide(struct bs_worker *worker, struct cc_session *session,
                   const struct pki_device *device, struct bs_admission *admission)
{
    bool is_doubtful = drop_older(session);
    uint64_t history_id = bs_history_of(worker, session, device->id);
    admission->memory = remember(worker, history_id);
    if (is_doubtful && admission->memory)
        admission->memory->print_count = 0;
    if (admission->pack && history_id) /* by a name alone nothing is learnt of a device */
        bs_worker_asks_pack(worker, history_id);
    struct policy_subject subject = bs_subject_of(worker, session, device, admission->memory);
    subject.endpoint = admission->endpoint;
    subject.pct = admission->pct;
    if (admission->pack) {
        subject.is_pack = true;
        subject.accept = admission->pack->accept;
        subject.account = admission->pack->accounts;
        subject.account_count = admission->pack->account_count;
    }
    bs_decide(worker->snapshot, &subject, false, &admission->decision);
}

static uint8_t take_rest(const struct cc_message *request, struct bs_admission *admission,
                         const char **why)
{
    admission->pct = LWM2M_FORMAT_NONE;
    *why = admission->pack ? "accounts_malformed" : "preferred_format";
    if (admission->pack)
        return take_pack(request, admission->pack) ? 0 : CC_BAD_REQUEST;
    return take_format(request, &admission->pct);
}

uint8_t bs_admit(struct bs_worker *worker, struct cc_session *session,
                 const struct cc_message *request, struct bs_admission *admission, const char **why)
{
    struct pki_device device = {0};
    *why = "endpoint_malformed";
    uint8_t refusal = CC_BAD_REQUEST;
    if (take_endpoint(request, admission->endpoint))
        refusal = identify(worker, session, admission->endpoint, &device, why);
    admission->device_id = device.id;
    admission->auth = device.auth;
    if (device.id)
        memcpy(admission->endpoint, device.endpoint, sizeof admission->endpoint);
    if (!refusal && is_taken(worker, session, admission->endpoint)) {
        refusal = CC_UNAVAILABLE;
        *why = "secure_bootstrap_under_way";
    }
    if (!refusal && device.presented_serial)
        promote(worker, &device);
    if (!refusal)
        refusal = take_rest(request, admission, why);
    if (!refusal)
        decide(worker, session, &device, admission);
    pki_secret_wipe(&device, sizeof device);
    return refusal;
}
