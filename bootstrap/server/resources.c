/* What a client may request of us, as rows: EST finds its place here. */
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"

void bs_respond(struct cc_session *session, const struct cc_ticket *ticket, uint8_t code)
{
    const struct cc_response response = {.code = code, .content_format = CC_FORMAT_NONE};
    /* A ticket that is not open any more was answered by its session's end. */
    (void)!cc_session_respond(session, ticket, &response);
}

/* Bootstrap-Request (lwm2m-bootstrap.md 3.1). */
static void bootstrap_request(struct bs_worker *worker, struct cc_session *session,
                              const struct cc_message *request, const struct cc_ticket *ticket)
{
    /* The session's end is the answer: it lets a device try again, which many do not after a
     * refusal (clients.md). */
    if ((worker->is_draining && !cc_session_data(session)) ||
        bs_admit_is_too_often(worker, session, request, false)) {
        cc_session_close_later(session, 0);
        return;
    }
    struct bs_admission admission = {0};
    const struct policy_decision *decision = &admission.decision;
    const char *why = NULL;
    uint8_t refusal = bs_admit(worker, session, request, &admission, &why);
    bool is_decided = !refusal && !decision->is_open;
    if (is_decided && decision->verdict == POLICY_DENY) {
        refusal = CC_FORBIDDEN;
        why = decision->reason;
    }
    bs_respond(session, ticket, refusal ? refusal : CC_CHANGED);
    if (refusal)
        bs_run_record(worker, session, &admission, PKI_RESULT_DENIED, refusal, why);
    else if (is_decided && decision->verdict == POLICY_HOLD)
        bs_run_record(worker, session, &admission, PKI_RESULT_HELD, 0, decision->reason);
    else
        bs_run_start(worker, session, &admission);
    bs_admission_clear(&admission);
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
    {"bspack", CC_GET, bs_pack_request},
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
