#include "tools/sim/client.h"

#include "tools/sim/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACK_OFF_FIRST_MS = 1000, BACK_OFF_MAX_MS = 20000, CONNECT_MS = 60000, QUERY_BYTES = 256 };

enum state {
    WAITING,    /* hold-off or back-off; then connect */
    CONNECTING, /* handshake */
    REQUESTING, /* Bootstrap-Request sent */
    SERVING,    /* accepted */
    LINGERING,  /* finished; the session is kept to repeat answers */
    DONE
};

struct sim_hub {
    struct cc_endpoint *endpoint;
    void (*random)(void *context, uint8_t *out, size_t len);
    char
        refusal[SIM_TEXT_MAX + 1]; /* of the handshake that failed last; `closed` follows at once */
};

struct sim_client {
    struct sim_hub *hub;
    struct sim_client_config config;
    enum state state;
    struct cc_session *session; /* NULL = none */
    uint64_t started_at_ms;
    uint64_t deadline_ms;
    bool has_pct;
    struct sim_outcome outcome;
};

static const char *const result_names[] = {
    [SIM_RUNNING] = "running",         [SIM_FINISHED] = "finished",     [SIM_REFUSED] = "refused",
    [SIM_UNREACHABLE] = "unreachable", [SIM_UNFINISHED] = "unfinished",
};

const char *sim_result_name(enum sim_result result)
{
    return (size_t)result < sizeof result_names / sizeof result_names[0] ? result_names[result]
                                                                         : "?";
}

static void stop(struct sim_client *client)
{
    client->state = DONE;
    client->deadline_ms = UINT64_MAX;
}

static uint64_t now_of(const struct sim_client *client)
{
    return cc_endpoint_now_ms(client->hub->endpoint);
}

__attribute__((format(printf, 2, 3))) static void note(const struct sim_client *client,
                                                       const char *format, ...)
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
                                 now_of(client) - client->started_at_ms, text);
}

/* ---- attempts ---- */

/* The session is no longer the client's; it ends soon, whoever calls. */
static void let_go(struct sim_client *client)
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
    client->outcome.duration_ms = now_of(client) - client->started_at_ms;
    snprintf(client->outcome.reason, sizeof client->outcome.reason, "%s", reason);
}

static void fail(struct sim_client *client, enum sim_result result, const char *reason)
{
    char text[SIM_TEXT_MAX + 1];
    snprintf(text, sizeof text, "%s", reason);
    sim_device_rollback(client->config.device);
    let_go(client);
    finish_with(client, result, text);
    note(client, "attempt %u failed: %s", client->outcome.attempts, text);
    if (result == SIM_REFUSED || client->outcome.attempts > client->config.retries) {
        stop(client);
        return;
    }
    uint64_t wait_ms = back_off_ms(client);
    client->state = WAITING;
    client->deadline_ms = now_of(client) + wait_ms + client->config.hold_off_ms;
    note(client, "next attempt in %.1f s", (double)wait_ms / 1000);
}

static void send_request(struct sim_client *client)
{
    char ep[QUERY_BYTES + 4];
    char pct[16];
    const char *queries[2];
    size_t count = 0;
    if (client->config.endpoint != NULL) {
        snprintf(ep, sizeof ep, "ep=%s", client->config.endpoint);
        queries[count++] = ep;
    }
    if (client->has_pct) {
        snprintf(pct, sizeof pct, "pct=%u", client->config.pct);
        queries[count++] = pct;
    }
    const struct cc_request request = {.method = CC_POST,
                                       .path = "/bs",
                                       .queries = queries,
                                       .query_count = count,
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = CC_FORMAT_NONE};
    uint32_t id;
    client->state = REQUESTING;
    client->deadline_ms = UINT64_MAX;
    enum cc_error error = cc_session_request(client->session, &request, &id);
    if (error != CC_OK) {
        fail(client, SIM_UNREACHABLE, cc_error_text(error));
    }
}

static void connect_now(struct sim_client *client)
{
    client->outcome.attempts++;
    client->outcome.result = SIM_RUNNING;
    client->outcome.code = 0;
    client->has_pct = client->config.pct != CC_FORMAT_NONE;
    client->hub->refusal[0] = '\0';
    note(client, "connecting to %s", client->config.connection.uri);
    if (!sim_device_begin(client->config.device)) {
        fail(client, SIM_UNREACHABLE, cc_error_text(CC_ENOMEM));
        return;
    }
    client->state = CONNECTING;
    uint32_t timeout_ms = client->config.timeout_ms;
    client->deadline_ms = now_of(client) + (timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS);
    enum cc_error error =
        cc_endpoint_connect(client->hub->endpoint, &client->config.connection, &client->session);
    if (error != CC_OK) {
        client->session = NULL;
        fail(client, SIM_UNREACHABLE, cc_error_text(error));
        return;
    }
    cc_session_data_set(client->session, client);
}

/* ---- callbacks of the endpoint ---- */

static void on_opened(void *context, struct cc_session *session)
{
    (void)context;
    struct sim_client *client = cc_session_data(session);
    if (client != NULL && client->state == CONNECTING) {
        note(client, cc_session_is_secure(session) ? "handshake complete" : "plain CoAP");
        send_request(client);
    }
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    (void)context;
    (void)id;
    struct sim_client *client = cc_session_data(session);
    if (client == NULL || client->state != REQUESTING || result == CC_RESULT_CLOSED) {
        return;
    }
    if (result != CC_RESULT_RESPONSE) {
        fail(client, SIM_UNREACHABLE, cc_result_text(result));
        return;
    }
    client->outcome.code = response->code;
    if (response->code >> 5 == 2) {
        client->state = SERVING;
        client->deadline_ms = now_of(client) + client->config.timeout_ms;
        return;
    }
    if (response->code >> 5 == 4 && client->has_pct) {
        client->has_pct = false;
        send_request(client);
        return;
    }
    char code[8];
    fail(client, SIM_REFUSED, cc_code_text(response->code, code));
}

static void on_finish(struct sim_client *client, const struct sim_answer *answer)
{
    if (answer->code != CC_CHANGED) {
        note(client, "Finish refused: %s", answer->reason);
        return;
    }
    sim_device_commit(client->config.device);
    if (client->state != LINGERING) {
        finish_with(client, SIM_FINISHED, "");
        client->state = LINGERING;
        client->deadline_ms = now_of(client) + client->config.linger_ms;
    }
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    (void)context;
    struct sim_client *client = cc_session_data(session);
    if (client == NULL) {
        return;
    }
    struct sim_answer answer = {0};
    sim_answer(client->config.device, request, &answer);
    client->outcome.requests++;
    if (client->state == SERVING) {
        client->deadline_ms = now_of(client) + client->config.timeout_ms;
    }
    const struct cc_response response = {.code = answer.code,
                                         .content_format = answer.format,
                                         .payload = answer.payload,
                                         .payload_len = answer.payload_len};
    enum cc_error error = cc_session_respond(session, ticket, &response);
    if (error != CC_OK) {
        note(client, "answer not sent: %s", cc_error_text(error));
    } else if (answer.is_finish) {
        on_finish(client, &answer);
    }
    sim_answer_clear(&answer);
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    struct sim_hub *hub = context;
    struct sim_client *client = cc_session_data(session);
    if (client == NULL) {
        return;
    }
    client->session = NULL;
    if (client->state == LINGERING) {
        stop(client);
        return;
    }
    bool is_refused = client->state == CONNECTING && hub->refusal[0] != '\0';
    bool is_accepted = client->state == SERVING;
    fail(client, is_accepted ? SIM_UNFINISHED : SIM_UNREACHABLE,
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
                                        now_of(client) - client->started_at_ms, direction, message,
                                        is_repeat);
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
    return cc_endpoint_poll(hub->endpoint, timeout_ms);
}

uint64_t sim_hub_now_ms(const struct sim_hub *hub)
{
    return cc_endpoint_now_ms(hub->endpoint);
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
    if (client->config.timeout_ms == 0) {
        client->config.timeout_ms = CC_EXCHANGE_LIFETIME_MS;
    }
    client->started_at_ms = now_of(client);
    client->deadline_ms = client->started_at_ms + config->hold_off_ms;
    if (config->hold_off_ms > 0) {
        note(client, "holding off for %.1f s", (double)config->hold_off_ms / 1000);
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
        free(client);
    }
}

uint64_t sim_client_deadline(const struct sim_client *client)
{
    return client->deadline_ms;
}

void sim_client_tick(struct sim_client *client)
{
    if (now_of(client) < client->deadline_ms) {
        return;
    }
    switch (client->state) {
    case WAITING:
        connect_now(client);
        break;
    case CONNECTING:
        fail(client, SIM_UNREACHABLE, "no handshake in time");
        break;
    case SERVING:
        fail(client, SIM_UNFINISHED, "no Finish in time");
        break;
    case LINGERING:
        let_go(client);
        stop(client);
        break;
    case REQUESTING:
    case DONE:
        break;
    }
}

bool sim_client_is_done(const struct sim_client *client)
{
    return client->state == DONE;
}

const struct sim_outcome *sim_client_outcome(const struct sim_client *client)
{
    return &client->outcome;
}
