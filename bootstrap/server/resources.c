/* What a client may request of us, as rows: EST and Bootstrap-Pack find their place here. */
#include "bootstrap/coap/table.h"
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"
#include "pki/secret.h"

#include <stdio.h>
#include <string.h>

void bs_respond(struct cc_session *session, const struct cc_ticket *ticket, uint8_t code)
{
    const struct cc_response response = {.code = code, .content_format = CC_FORMAT_NONE};
    /* A ticket that is not open any more was answered by its session's end. */
    (void)!cc_session_respond(session, ticket, &response);
}

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
 * The `pct` parameter: 0 and FORMAT, or the code to refuse with. A format of the table that cannot
 * be written yet is taken as a wish: a refusal is nearly final for many clients (clients.md), and
 * the session falls back by 4.15.
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

static void note_unknown_endpoint(struct bs_worker *worker, struct cc_session *session,
                                  const char *endpoint)
{
    bs_notes_add(&worker->notes, PKI_UNKNOWN_ENDPOINT, (const uint8_t *)endpoint, strlen(endpoint),
                 cc_session_peer(session));
}

/*
 * Who asks: the credential decides, and another `ep` is refused (lwm2m-security.md 4.2). On a plain
 * listener the name is all there is. 0, or the code to refuse with and WHY.
 */
static uint8_t identify(struct bs_worker *worker, struct cc_session *session, const char *claimed,
                        struct pki_device *device, const char **why)
{
    enum pki_error error;
    if (cc_session_is_secure(session)) {
        error = pki_store_device_by_id(worker->reader, cc_session_owner(session), device);
        if (!error && bs_worker_stamp(worker, device) != cc_session_stamp(session)) {
            *why = "credential_changed";
            cc_session_close_later(session, 0);
            return CC_BAD_REQUEST;
        }
        if (!error && claimed[0] && strcmp(claimed, device->endpoint) != 0) {
            worker->mismatches++;
            note_unknown_endpoint(worker, session, claimed);
            if (bs_worker_may_log(worker))
                BS_LOG(worker->shared->log, BS_WARNING, "refused",
                       BS_TEXT("reason", "endpoint_mismatch"),
                       BS_TEXT("peer", cc_session_peer(session)),
                       BS_TEXT("endpoint", device->endpoint), BS_TEXT("claimed", claimed));
            *why = "endpoint_mismatch";
            return CC_BAD_REQUEST;
        }
    } else {
        if (!claimed[0]) {
            *why = "endpoint_missing";
            return CC_BAD_REQUEST;
        }
        error = pki_store_device_by_endpoint(worker->reader, claimed, device);
        if (error == PKI_ENOTFOUND) {
            note_unknown_endpoint(worker, session, claimed);
            return 0;
        }
    }
    if (!error && device->disabled_at) {
        *why = "device_disabled";
        return CC_FORBIDDEN;
    }
    *why = error ? pki_error_text(error) : NULL;
    return error == PKI_ENOTFOUND ? CC_BAD_REQUEST : error ? CC_UNAVAILABLE : 0;
}

/* Anybody can say a name on a plain listener: it must not end what a credential began. */
static bool is_taken(struct bs_worker *worker, struct cc_session *session, const char *endpoint)
{
    struct bs_owner owner;
    return !cc_session_is_secure(session) &&
           bs_owners_find(worker->shared->owners, endpoint, &owner) && owner.is_secure;
}

static void decide(struct bs_worker *worker, struct cc_session *session,
                   const struct pki_device *device, struct bs_admission *admission)
{
    const struct policy_subject subject = {
        .device = admission->device_id ? device : NULL,
        .endpoint = admission->endpoint,
        .auth = cc_session_is_secure(session) ? device->auth : PKI_AUTH_NONE,
        .pct = admission->pct,
    };
    policy_decide(worker->snapshot->policies, &subject, true, bs_clock_ms() / 1000,
                  &admission->decision);
    if (!admission->decision.has_link)
        admission->decision.link = worker->snapshot->settings.link;
}

/* lwm2m-bootstrap.md 3.1: the newer request of a device counts, whether it is served, held or
 * denied. */
static void drop_older(struct cc_session *session)
{
    struct bs_run *older = cc_session_data(session);
    if (older)
        bs_run_interrupt(older, BS_EVENT_SUPERSEDED);
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

static bool is_too_often(struct bs_worker *worker, struct cc_session *session, const char *claimed)
{
    uint64_t now_ms = cc_endpoint_now_ms(worker->endpoint);
    if (cc_session_is_secure(session)
            ? bs_pace_take(&worker->pace, cc_session_owner(session), now_ms)
            : bs_pace_take(&worker->plain_pace, plain_name(worker, session, claimed), now_ms))
        return false;
    if (bs_worker_may_log(worker))
        BS_LOG(worker->shared->log, BS_WARNING, "refused", BS_TEXT("reason", "too_often"),
               BS_TEXT("peer", cc_session_peer(session)));
    return true;
}

/* Bootstrap-Request (lwm2m-bootstrap.md 3.1). */
static void bootstrap_request(struct bs_worker *worker, struct cc_session *session,
                              const struct cc_message *request, const struct cc_ticket *ticket)
{
    char claimed[PKI_ENDPOINT_MAX + 1];
    bool is_named = take_endpoint(request, claimed);
    /* The session's end is the answer: it lets a device try again, which many do not after a
     * refusal (clients.md). */
    if ((worker->is_draining && !cc_session_data(session)) ||
        is_too_often(worker, session, claimed)) {
        cc_session_close_later(session, 0);
        return;
    }
    struct pki_device device = {0};
    struct bs_admission admission = {.endpoint = claimed};
    const char *why = "endpoint_malformed";
    uint8_t refusal = is_named ? identify(worker, session, claimed, &device, &why) : CC_BAD_REQUEST;
    if (device.id) {
        admission.endpoint = device.endpoint;
        admission.device_id = device.id;
    }
    if (!refusal && is_taken(worker, session, admission.endpoint)) {
        refusal = CC_UNAVAILABLE;
        why = "secure_bootstrap_under_way";
    }
    if (!refusal) {
        refusal = take_format(request, &admission.pct);
        why = "preferred_format";
    }
    if (!refusal) {
        decide(worker, session, &device, &admission);
        drop_older(session);
        if (admission.decision.verdict == POLICY_DENY) {
            refusal = CC_FORBIDDEN;
            why = admission.decision.reason;
        }
    }
    bs_respond(session, ticket, refusal ? refusal : CC_CHANGED);
    if (refusal) {
        bs_run_record(worker, session, &admission, PKI_RESULT_DENIED, refusal, why);
    } else if (admission.decision.verdict == POLICY_HOLD) {
        bs_run_record(worker, session, &admission, PKI_RESULT_HELD, 0, admission.decision.reason);
    } else {
        bs_run_start(worker, session, &admission);
    }
    pki_secret_wipe(&device, sizeof device);
}

/*
 * Bootstrap-Pack-Request: not implemented, said at once, since silence costs a client over a minute
 * (clients.md, Anjay); it falls back to Bootstrap-Request on any answer but 2.05
 * (lwm2m-bootstrap.md 3.7).
 */
static void bootstrap_pack(struct bs_worker *worker, struct cc_session *session,
                           const struct cc_message *request, const struct cc_ticket *ticket)
{
    (void)worker;
    (void)request;
    bs_respond(session, ticket, CC_NOT_IMPLEMENTED);
}

/* RFC 6690 section 4: what is served here. */
static void well_known(struct bs_worker *worker, struct cc_session *session,
                       const struct cc_message *request, const struct cc_ticket *ticket)
{
    static const char links[] = "</bs>;rt=\"core.lwm2m.bs\"";
    const struct cc_response response = {.code = CC_CONTENT,
                                         .content_format = LWM2M_FORMAT_LINK,
                                         .payload = (const uint8_t *)links,
                                         .payload_len = sizeof links - 1};
    (void)worker;
    (void)request;
    (void)!cc_session_respond(session, ticket, &response);
}

static const struct resource {
    const char *path;
    uint8_t method;
    void (*handle)(struct bs_worker *worker, struct cc_session *session,
                   const struct cc_message *request, const struct cc_ticket *ticket);
} resources[] = {
    {"bs", CC_POST, bootstrap_request},
    {"bspack", CC_GET, bootstrap_pack},
    {".well-known/core", CC_GET, well_known},
};

void bs_resources_dispatch(struct bs_worker *worker, struct cc_session *session,
                           const struct cc_message *request, const struct cc_ticket *ticket)
{
    uint8_t refusal = CC_NOT_FOUND;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        if (!cc_message_path_is(request, resources[i].path))
            continue;
        if (request->code == resources[i].method) {
            resources[i].handle(worker, session, request, ticket);
            return;
        }
        refusal = CC_METHOD_NOT_ALLOWED;
    }
    bs_respond(session, ticket, refusal);
}
