#include "bootstrap/server/worker_private.h"

#include "bootstrap/coap/table.h"
#include "bootstrap/server/limits.h"
#include "pki/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define REFUSALS_LOGGED_A_SECOND 20

int64_t bs_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what the endpoint calls ---- */

uint64_t bs_worker_stamp(const struct bs_worker *worker, const struct pki_device *device)
{
    uint8_t octets[1 + sizeof device->identity + sizeof device->psk];
    octets[0] = (uint8_t)device->identity_len;
    memcpy(octets + 1, device->identity, device->identity_len);
    memcpy(octets + 1 + device->identity_len, device->psk, device->psk_len);
    uint64_t stamp =
        cc_siphash(worker->hash_key, octets, 1 + device->identity_len + device->psk_len);
    pki_secret_wipe(octets, sizeof octets);
    return stamp;
}

static bool on_psk(void *context, const uint8_t *identity, size_t identity_len, struct cc_psk *psk)
{
    struct bs_worker *worker = context;
    struct pki_device device;
    enum pki_error error =
        pki_store_device_by_identity(worker->reader, PKI_AUTH_PSK, identity, identity_len, &device);
    if (error) {
        if (error != PKI_ENOTFOUND)
            BS_LOG(worker->shared->log, BS_ERROR, "store", BS_TEXT("step", "identity look-up"),
                   BS_TEXT("reason", pki_error_text(error)));
        return false;
    }
    bool is_usable = !device.disabled_at && device.psk_len && device.psk_len <= sizeof psk->key;
    if (is_usable) {
        memcpy(psk->key, device.psk, device.psk_len);
        psk->key_len = device.psk_len;
        psk->owner = device.id;
        psk->stamp = bs_worker_stamp(worker, &device);
    }
    pki_secret_wipe(&device, sizeof device);
    return is_usable;
}

uint64_t bs_worker_session_number(const struct bs_worker *worker, const struct cc_session *session)
{
    return cc_session_number(session) * worker->shared->worker_count + worker->index;
}

void bs_worker_rollouts(struct bs_worker *worker)
{
    uint64_t transaction = pki_store_last_transaction(worker->shared->store);
    if (worker->rollouts_at == transaction)
        return;
    if (!worker->rollouts)
        worker->rollouts = calloc(BS_ROLLOUTS_MAX, sizeof *worker->rollouts);
    worker->rollout_count = 0;
    if (worker->rollouts && pki_store_rollouts(worker->reader, worker->rollouts, BS_ROLLOUTS_MAX,
                                               &worker->rollout_count) == PKI_OK)
        worker->rollouts_at = transaction;
}

void bs_worker_asks_pack(struct bs_worker *worker, uint64_t device_id)
{
    worker->askers[device_id % BS_ASKERS_MAX] = device_id;
}

bool bs_worker_asked_pack(const struct bs_worker *worker, uint64_t device_id)
{
    return device_id && worker->askers[device_id % BS_ASKERS_MAX] == device_id;
}

/* The endpoint name behind SESSION, for a trace only; "" when there is none. */
static void name_of(struct bs_worker *worker, const struct cc_session *session,
                    char name[static PKI_ENDPOINT_MAX + 1])
{
    const struct bs_run *run = cc_session_data(session);
    struct pki_device device;
    name[0] = '\0';
    if (run) {
        memcpy(name, run->endpoint, strlen(run->endpoint) + 1);
    } else if (cc_session_owner(session) &&
               pki_store_device_by_id(worker->reader, cc_session_owner(session), &device) ==
                   PKI_OK) {
        memcpy(name, device.endpoint, sizeof device.endpoint);
        pki_secret_wipe(&device, sizeof device);
    }
}

/* Who wants to see SESSION; fills ORIGIN, whose endpoint is NAME. 0 costs one comparison while
 * nobody traces. */
static uint32_t traced(struct bs_worker *worker, const struct cc_session *session,
                       char name[static PKI_ENDPOINT_MAX + 1], struct bs_trace_origin *origin)
{
    if (!worker->trace)
        return 0;
    name_of(worker, session, name);
    *origin = (struct bs_trace_origin){.at_ms = bs_clock_ms(),
                                       .session = bs_worker_session_number(worker, session),
                                       .endpoint = name,
                                       .peer = cc_session_peer(session),
                                       .is_secure = cc_session_is_secure(session)};
    return bs_trace_match(worker->trace, name, origin->peer);
}

static bool is_idle(const struct cc_session *session)
{
    return !cc_session_data(session);
}

static void on_opened(void *context, struct cc_session *session)
{
    struct bs_worker *worker = context;
    char name[PKI_ENDPOINT_MAX + 1];
    struct bs_trace_origin origin;
    uint32_t subscribers = traced(worker, session, name, &origin);
    if (subscribers)
        bs_trace_event(worker->shared->trace, subscribers, &origin, "opened", "");
    uint64_t owner = cc_session_owner(session);
    struct cc_session *leaver =
        owner ? bs_guests_enter(&worker->guests, owner, session, is_idle) : NULL;
    if (leaver)
        cc_session_close_later(leaver, 0);
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    bs_resources_dispatch(context, session, request, ticket);
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    (void)context;
    struct bs_run *run = cc_session_data(session);
    /* The end of the session is told once, by on_closed. */
    if (run && result != CC_RESULT_CLOSED)
        bs_run_response(run, id, result, response);
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    struct bs_worker *worker = context;
    char name[PKI_ENDPOINT_MAX + 1];
    struct bs_trace_origin origin;
    uint32_t subscribers = traced(worker, session, name, &origin);
    if (subscribers)
        bs_trace_event(worker->shared->trace, subscribers, &origin, "closed",
                       cc_close_text(reason));
    if (cc_session_owner(session))
        bs_guests_leave(&worker->guests, cc_session_owner(session), session);
    struct bs_run *run = cc_session_data(session);
    if (run)
        bs_run_interrupt(run, BS_EVENT_CLOSED);
}

/* At most so many lines a second, however many knock. */
bool bs_worker_may_log(struct bs_worker *worker)
{
    uint64_t second = cc_endpoint_now_ms(worker->endpoint) / 1000;
    if (second != worker->log_second) {
        if (worker->log_suppressed)
            BS_LOG(worker->shared->log, BS_WARNING, "refused_more",
                   BS_NUMBER("count", worker->log_suppressed));
        worker->log_second = second;
        worker->log_count = 0;
        worker->log_suppressed = 0;
    }
    if (worker->log_count >= REFUSALS_LOGGED_A_SECOND) {
        worker->log_suppressed++;
        return false;
    }
    worker->log_count++;
    return true;
}

/* The true name: to the peer an unknown identity, a disabled device and a wrong key look the same.
 */
static const char *refusal_name(struct bs_worker *worker, enum cc_refusal refusal,
                                const uint8_t *identity, size_t len, struct pki_device *device)
{
    if (refusal == CC_REFUSED_UNKNOWN_IDENTITY &&
        pki_store_device_by_identity(worker->reader, PKI_AUTH_PSK, identity, len, device) == PKI_OK)
        return "device_disabled";
    if (refusal == CC_REFUSED_UNKNOWN_IDENTITY)
        return "unknown_identity";
    return refusal == CC_REFUSED_PSK_MISMATCH ? "psk_mismatch" : cc_refusal_text(refusal);
}

static void on_refused(void *context, const char *peer, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    struct bs_worker *worker = context;
    struct pki_device device = {0};
    const char *reason = refusal_name(worker, refusal, identity, identity_len, &device);
    worker->disabled += device.id != 0;
    if (refusal == CC_REFUSED_UNKNOWN_IDENTITY && !device.id)
        bs_notes_add(&worker->notes, PKI_UNKNOWN_IDENTITY, identity, identity_len, peer);
    pki_secret_wipe(&device, sizeof device);
    if (bs_worker_may_log(worker))
        BS_LOG(worker->shared->log, BS_WARNING, "refused", BS_TEXT("reason", reason),
               BS_TEXT("peer", peer), BS_OCTETS("identity", identity, identity_len));
    uint32_t subscribers = bs_trace_match(worker->trace, "", peer);
    if (subscribers) {
        const struct bs_trace_origin origin = {
            .at_ms = bs_clock_ms(), .endpoint = "", .peer = peer};
        bs_trace_event(worker->shared->trace, subscribers, &origin, "refused", reason);
    }
}

static void log_message(struct bs_worker *worker, const struct cc_session *session,
                        enum cc_direction direction, const struct cc_message *message,
                        bool is_repeat)
{
    char code[8], path[128];
    cc_message_path_text(message, path, sizeof path);
    BS_LOG(worker->shared->log, BS_DEBUG, "message",
           BS_TEXT("direction", direction == CC_IN ? "in" : "out"),
           BS_TEXT("peer", cc_session_peer(session)), BS_TEXT("type", cc_type_text(message->type)),
           BS_TEXT("code", cc_code_text(message->code, code)), BS_NUMBER("mid", message->mid),
           BS_TEXT("path", path), BS_NUMBER("size", message->payload_len),
           BS_NUMBER("repeat", is_repeat));
}

static void on_trace(void *context, struct cc_session *session, enum cc_direction direction,
                     const struct cc_message *message, bool is_repeat)
{
    struct bs_worker *worker = context;
    char name[PKI_ENDPOINT_MAX + 1];
    struct bs_trace_origin origin;
    if (bs_log_wants(worker->shared->log, BS_DEBUG))
        log_message(worker, session, direction, message, is_repeat);
    uint32_t subscribers = traced(worker, session, name, &origin);
    if (subscribers)
        bs_trace_message(worker->shared->trace, subscribers, &origin, direction, message,
                         is_repeat);
}

static const struct cc_handlers handlers = {
    .psk = on_psk,
    .opened = on_opened,
    .request = on_request,
    .response = on_response,
    .closed = on_closed,
    .refused = on_refused,
    .trace = on_trace,
};

/* ---- life ---- */

static struct cc_parameters parameters_of(const struct policy_settings *settings)
{
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    parameters.ack_timeout_ms = settings->link.ack_timeout_ms;
    parameters.max_retransmit = settings->link.max_retransmit;
    parameters.block_bytes = settings->link.block_bytes;
    return parameters;
}

enum cc_error bs_worker_new(struct bs_shared *shared, uint32_t index, struct bs_snapshot *snapshot,
                            struct bs_worker **out)
{
    struct bs_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return CC_ENOMEM;
    worker->shared = shared;
    worker->index = index;
    worker->parameters = parameters_of(&snapshot->settings);
    struct cc_endpoint_config config = {
        .handlers = &handlers,
        .context = worker,
        .parameters = worker->parameters,
        .sessions_max = snapshot->settings.sessions_max / shared->worker_count + 1,
        .descriptors_max = bs_limits_descriptors(),
        .handshake_ms = snapshot->settings.handshake_ms,
        .handshake_fail_ms = snapshot->settings.handshake_fail_ms,
        .idle_ms = snapshot->settings.idle_ms,
        .random = bs_dice_roll,
        .random_context = &worker->dice,
    };
    memcpy(config.cookie_key, shared->cookie_key, sizeof config.cookie_key);
    enum cc_error error =
        pki_reader_new(shared->store, &worker->reader) == PKI_OK ? CC_OK : CC_ENOMEM;
    pki_secret_random(NULL, worker->hash_key, sizeof worker->hash_key);
    worker->rollouts_at = UINT64_MAX;
    worker->desk = calloc(1, sizeof *worker->desk);
    if (!worker->desk)
        error = CC_ENOMEM;
    if (!error && !bs_guests_init(&worker->guests, config.sessions_max))
        error = CC_ENOMEM;
    if (!error)
        error = cc_endpoint_new(&config, &worker->endpoint);
    if (error) {
        bs_worker_free(worker);
        return error;
    }
    worker->snapshot = bs_snapshot_ref(snapshot);
    *out = worker;
    return CC_OK;
}

enum cc_error bs_worker_listen(struct bs_worker *worker, const char *uri,
                               char bound[CC_ADDRESS_TEXT])
{
    return cc_endpoint_listen(worker->endpoint, uri, worker->shared->worker_count > 1, bound);
}

static void round_of(struct bs_worker *worker, int timeout_ms)
{
    enum cc_error error = cc_endpoint_poll(worker->endpoint, timeout_ms);
    if (error)
        BS_LOG(worker->shared->log, BS_ERROR, "worker", BS_NUMBER("worker", worker->index),
               BS_TEXT("reason", cc_error_text(error)));
}

/* What still runs ends by its own outcome; commits under way come back first, so that nobody posts
 * to a dead worker. */
static void give_up(struct bs_worker *worker)
{
    for (uint32_t i = 0; i < worker->slot_count; i++)
        if (worker->slots[i].run)
            bs_run_interrupt(worker->slots[i].run, BS_EVENT_DRAIN);
    while (worker->committing)
        round_of(worker, 100);
    bs_notes_flush(&worker->notes, worker->shared->writer, 0, true);
}

static void *worker_main(void *argument)
{
    struct bs_worker *worker = argument;
    char name[16];
    snprintf(name, sizeof name, "worker-%u", worker->index);
    prctl(PR_SET_NAME, name);
    while (!worker->is_stopping && !(worker->is_draining && !worker->running)) {
        round_of(worker, worker->notes.count || worker->log_suppressed ? 250 : -1);
        bs_notes_flush(&worker->notes, worker->shared->writer, cc_endpoint_now_ms(worker->endpoint),
                       false);
    }
    give_up(worker);
    atomic_store(&worker->is_done, true);
    return NULL;
}

bool bs_worker_start(struct bs_worker *worker)
{
    cc_endpoint_on_wake(worker->endpoint, bs_worker_read_mail, worker);
    worker->has_thread = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
    return worker->has_thread;
}

bool bs_worker_is_done(const struct bs_worker *worker)
{
    return atomic_load(&worker->is_done);
}

void bs_worker_join(struct bs_worker *worker)
{
    if (worker->has_thread)
        pthread_join(worker->thread, NULL);
    worker->has_thread = false;
}

void bs_worker_free(struct bs_worker *worker)
{
    if (!worker)
        return;
    bs_worker_read_mail(worker); /* letters that came after the thread's end carry references */
    cc_endpoint_free(worker->endpoint);
    bs_guests_clear(&worker->guests);
    pki_reader_free(worker->reader);
    bs_snapshot_unref(worker->snapshot);
    bs_trace_set_unref(worker->trace);
    free(worker->slots);
    free(worker->desk);
    free(worker->rollouts);
    pki_secret_wipe(worker->hash_key, sizeof worker->hash_key);
    free(worker);
}
