#include "tools/sim/client_private.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BACK_OFF_FIRST_MS = 1000, BACK_OFF_MAX_MS = 20000, CONNECT_MS = 60000, DEAF_MS = 20 };

static const char *const result_names[] = {
    [SIM_RUNNING] = "running",         [SIM_FINISHED] = "finished",     [SIM_REFUSED] = "refused",
    [SIM_UNREACHABLE] = "unreachable", [SIM_UNFINISHED] = "unfinished",
};

const char *sim_result_name(enum sim_result result)
{
    return (size_t)result < sizeof result_names / sizeof result_names[0] ? result_names[result]
                                                                         : "?";
}

void sim_client_stop(struct sim_client *client)
{
    client->state = SIM_DONE;
    client->deadline_ms = UINT64_MAX;
}

uint64_t sim_client_now_ms(const struct sim_client *client)
{
    return sim_hub_now_ms(client->hub);
}

void sim_client_note(const struct sim_client *client, const char *format, ...)
{
    if (client->config.observer.note == NULL) {
        return;
    }
    char text[SIM_TEXT_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    client->config.observer.note(client->config.observer.context,
                                 sim_client_now_ms(client) - client->started_at_ms, text);
}

/* ---- attempts ---- */

void sim_client_let_go(struct sim_client *client)
{
    if (client->session != NULL) {
        cc_session_data_set(client->session, NULL);
        cc_session_close_later(client->session, 0);
        client->session = NULL;
    }
}

static uint64_t back_off_ms(const struct sim_client *client)
{
    uint32_t shift = client->outcome.attempts > 6 ? 5 : client->outcome.attempts - 1;
    uint32_t base = (uint32_t)BACK_OFF_FIRST_MS << shift;
    uint8_t dice;
    client->hub->random(NULL, &dice, sizeof dice);
    base = base > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : base;
    return base + (uint64_t)base * dice / 511;
}

static void finish_with(struct sim_client *client, enum sim_result result, const char *reason)
{
    client->outcome.result = result;
    client->outcome.duration_ms = sim_client_now_ms(client) - client->started_at_ms;
    snprintf(client->outcome.reason, sizeof client->outcome.reason, "%s", reason);
}

void sim_client_fail(struct sim_client *client, enum sim_result result, const char *reason)
{
    char text[SIM_TEXT_MAX + 1];
    snprintf(text, sizeof text, "%s", reason);
    sim_device_rollback(client->config.device);
    sim_answer_clear(&client->late);
    client->late_at_ms = UINT64_MAX;
    sim_client_let_go(client);
    finish_with(client, result, text);
    sim_client_note(client, "attempt %u failed: %s", client->outcome.attempts, text);
    if (result == SIM_REFUSED || client->outcome.attempts > client->config.retries) {
        sim_client_stop(client);
        return;
    }
    uint64_t wait_ms = back_off_ms(client);
    client->state = SIM_WAITING;
    client->deadline_ms = sim_client_now_ms(client) + wait_ms + client->config.hold_off_ms;
    sim_client_note(client, "next attempt in %.1f s", (double)wait_ms / 1000);
}

void sim_client_succeed(struct sim_client *client)
{
    sim_device_commit(client->config.device);
    if (client->state != SIM_LINGERING) {
        finish_with(client, SIM_FINISHED, "");
        client->state = SIM_LINGERING;
        client->deadline_ms = sim_client_now_ms(client) +
                              (client->profile->deaf ? DEAF_MS : client->config.linger_ms);
    }
}

/* How this device takes in what comes. */
static void set_parameters(struct sim_client *client)
{
    struct cc_parameters parameters = client->hub->parameters;
    parameters.is_forgetful = client->profile->no_dedup;
    if (client->profile->body_max != 0) {
        parameters.body_max_bytes = client->profile->body_max;
    }
    cc_session_parameters(client->session, &parameters);
}

static void begin_attempt(struct sim_client *client)
{
    client->outcome.attempts++;
    client->outcome.result = SIM_RUNNING;
    client->outcome.code = 0;
    client->outcome.served_count = 0;
    client->outcome.is_packed = false;
    client->has_pct = client->config.pct != CC_FORMAT_NONE || client->config.pct_text != NULL;
    client->step = 0;
    client->hub->is_mute = false;
    client->finish_refusals = client->profile->finish_refusals;
    client->budget_at_ms =
        client->profile->budget_s == 0
            ? UINT64_MAX
            : sim_client_now_ms(client) + (uint64_t)client->profile->budget_s * 1000;
    client->hub->refusal[0] = '\0';
}

static void connect_now(struct sim_client *client)
{
    begin_attempt(client);
    sim_client_note(client, "connecting to %s", client->config.connection.uri);
    if (!sim_device_begin(client->config.device)) {
        sim_client_fail(client, SIM_UNREACHABLE, cc_error_text(CC_ENOMEM));
        return;
    }
    client->state = SIM_CONNECTING;
    uint32_t timeout_ms = client->config.timeout_ms;
    client->deadline_ms =
        sim_client_now_ms(client) + (timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS);
    enum cc_error error =
        cc_endpoint_connect(client->hub->endpoint, &client->config.connection, &client->session);
    if (error != CC_OK) {
        client->session = NULL;
        sim_client_fail(client, SIM_UNREACHABLE, cc_error_text(error));
        return;
    }
    set_parameters(client);
    cc_session_data_set(client->session, client);
}

/* ---- callbacks of the endpoint ---- */

static void on_opened(void *context, struct cc_session *session)
{
    (void)context;
    struct sim_client *client = cc_session_data(session);
    if (client != NULL && client->state == SIM_CONNECTING) {
        sim_client_note(client,
                        cc_session_is_secure(session) ? "handshake complete" : "plain CoAP");
        if (client->config.is_real_time && client->profile->delay_s > 0) {
            client->state = SIM_PAUSING;
            client->deadline_ms =
                sim_client_now_ms(client) + (uint64_t)client->profile->delay_s * 1000;
            return;
        }
        sim_client_first_request(client);
    }
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    (void)context;
    (void)id;
    struct sim_client *client = cc_session_data(session);
    if (client != NULL && result != CC_RESULT_CLOSED) {
        sim_client_response(client, result, response);
    }
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    (void)context;
    struct sim_client *client = cc_session_data(session);
    if (client != NULL) {
        sim_client_serve(client, request, ticket);
    }
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    struct sim_hub *hub = context;
    struct sim_client *client = cc_session_data(session);
    if (client == NULL) {
        return;
    }
    client->session = NULL;
    if (client->state == SIM_LINGERING) {
        sim_client_stop(client);
        return;
    }
    client->late_at_ms = UINT64_MAX;
    sim_answer_clear(&client->late);
    bool is_refused = client->state == SIM_CONNECTING && hub->refusal[0] != '\0';
    bool is_accepted = client->state == SIM_SERVING;
    sim_client_fail(client, is_accepted ? SIM_UNFINISHED : SIM_UNREACHABLE,
                    is_refused ? hub->refusal : cc_close_text(reason));
}

static void on_refused(void *context, const char *peer, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    (void)peer;
    (void)identity;
    (void)identity_len;
    struct sim_hub *hub = context;
    snprintf(hub->refusal, sizeof hub->refusal, "%s", cc_refusal_text(refusal));
}

static void on_trace(void *context, struct cc_session *session, enum cc_direction direction,
                     const struct cc_message *message, bool is_repeat)
{
    (void)context;
    const struct sim_client *client = cc_session_data(session);
    if (client != NULL && client->config.observer.message != NULL) {
        client->config.observer.message(client->config.observer.context,
                                        sim_client_now_ms(client) - client->started_at_ms,
                                        direction, message, is_repeat);
    }
}

static const struct cc_handlers handlers = {
    .opened = on_opened,
    .request = on_request,
    .response = on_response,
    .closed = on_closed,
    .refused = on_refused,
    .trace = on_trace,
};

/* ---- hub ---- */

enum cc_error sim_hub_open(const struct cc_parameters *parameters,
                           void (*random)(void *context, uint8_t *out, size_t len),
                           struct sim_hub **hub)
{
    struct sim_hub *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return CC_ENOMEM;
    }
    made->random = random;
    made->parameters = *parameters;
    const struct cc_endpoint_config config = {
        .handlers = &handlers, .context = made, .parameters = *parameters, .random = random};
    enum cc_error error = cc_endpoint_new(&config, &made->endpoint);
    if (error != CC_OK) {
        free(made);
        return error;
    }
    *hub = made;
    return CC_OK;
}

void sim_hub_close(struct sim_hub *hub)
{
    if (hub != NULL) {
        cc_endpoint_free(hub->endpoint);
        free(hub);
    }
}

enum cc_error sim_hub_poll(struct sim_hub *hub, int timeout_ms)
{
    if (hub->is_mute) {
        poll(NULL, 0, timeout_ms);
        return CC_OK;
    }
    return cc_endpoint_poll(hub->endpoint, timeout_ms);
}

uint64_t sim_hub_now_ms(const struct sim_hub *hub)
{
    struct timespec now;
    if (!hub->is_mute) {
        return cc_endpoint_now_ms(hub->endpoint);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- client ---- */

struct sim_client *sim_client_new(struct sim_hub *hub, const struct sim_client_config *config)
{
    struct sim_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    client->hub = hub;
    client->config = *config;
    client->config.connection.ends_unreachable = true;
    client->profile = sim_device_profile(config->device);
    client->late_at_ms = client->budget_at_ms = UINT64_MAX;
    if (config->is_real_time && client->config.hold_off_ms == 0) {
        client->config.hold_off_ms = client->profile->hold_off_s * 1000;
    }
    if (client->config.timeout_ms == 0) {
        client->config.timeout_ms = CC_EXCHANGE_LIFETIME_MS;
    }
    client->started_at_ms = sim_client_now_ms(client);
    client->deadline_ms = client->started_at_ms + client->config.hold_off_ms;
    if (client->config.hold_off_ms > 0) {
        sim_client_note(client, "holding off for %.1f s",
                        (double)client->config.hold_off_ms / 1000);
    }
    return client;
}

void sim_client_free(struct sim_client *client)
{
    if (client != NULL) {
        if (client->session != NULL) {
            cc_session_data_set(client->session, NULL);
            cc_session_close(client->session);
        }
        sim_answer_clear(&client->late);
        free(client);
    }
}

uint64_t sim_client_deadline(const struct sim_client *client)
{
    uint64_t first = client->deadline_ms;
    if (client->state == SIM_DONE) {
        return UINT64_MAX;
    }
    if (client->state == SIM_SERVING && client->budget_at_ms < first) {
        first = client->budget_at_ms;
    }
    return client->late_at_ms < first ? client->late_at_ms : first;
}

static void due(struct sim_client *client)
{
    switch (client->state) {
    case SIM_WAITING:
        connect_now(client);
        break;
    case SIM_CONNECTING:
        sim_client_fail(client, SIM_UNREACHABLE, "no handshake in time");
        break;
    case SIM_PAUSING:
        sim_client_first_request(client);
        break;
    case SIM_SERVING:
        sim_client_fail(client, SIM_UNFINISHED, "no Finish in time");
        break;
    case SIM_LINGERING:
        sim_client_let_go(client);
        sim_client_stop(client);
        break;
    case SIM_PACKING:
    case SIM_REQUESTING:
    case SIM_DONE:
        break;
    }
}

void sim_client_tick(struct sim_client *client)
{
    uint64_t now_ms = sim_client_now_ms(client);
    if (client->late_at_ms <= now_ms) {
        sim_client_send_late(client);
    }
    if (client->state == SIM_SERVING && client->budget_at_ms <= now_ms) {
        sim_client_fail(client, SIM_UNFINISHED, "no Finish within the client's budget");
    } else if (client->deadline_ms <= now_ms) {
        due(client);
    }
}

bool sim_client_is_done(const struct sim_client *client)
{
    return client->state == SIM_DONE;
}

const struct sim_outcome *sim_client_outcome(const struct sim_client *client)
{
    return &client->outcome;
}
