#include "bootstrap/coap/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bootstrap/coap/stream.h"

#define EVENTS            64
#define SESSIONS_MAX      100000
#define HANDSHAKE_MS      60000
#define HALF_OPEN_MS      2000
#define HANDSHAKE_FAIL_MS 2000
#define IDLE_MS           300000
#define CAPACITY_TOLD_MS  1000

const char *cc_close_text(enum cc_close reason)
{
    static const char *const texts[] = {[CC_CLOSE_PEER] = "closed by the peer",
                                        [CC_CLOSE_LOCAL] = "closed by us",
                                        [CC_CLOSE_IDLE] = "idle",
                                        [CC_CLOSE_REPLACED] = "replaced by a new handshake",
                                        [CC_CLOSE_ERROR] = "broken",
                                        [CC_CLOSE_SHUTDOWN] = "shutdown",
                                        [CC_CLOSE_UNREACHABLE] = "connection refused"};
    return (size_t)reason < sizeof texts / sizeof *texts ? texts[reason] : "unknown";
}

const char *cc_refusal_text(enum cc_refusal refusal)
{
    static const char *const texts[] = {[CC_REFUSED_UNKNOWN_IDENTITY] = "unknown identity",
                                        [CC_REFUSED_PSK_MISMATCH] = "wrong key",
                                        [CC_REFUSED_HANDSHAKE] = "handshake failed",
                                        [CC_REFUSED_TIMEOUT] = "handshake timed out",
                                        [CC_REFUSED_CAPACITY] = "too many sessions"};
    return (size_t)refusal < sizeof texts / sizeof *texts ? texts[refusal] : "unknown";
}

/* ---- life ---- */

void cc_endpoint_clock(struct cc_endpoint *endpoint)
{
    if (endpoint->is_polling) {
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    endpoint->now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void defaults(struct cc_endpoint_config *config)
{
    static const uint8_t none[CC_COOKIE_KEY];
    config->sessions_max = config->sessions_max ? config->sessions_max : SESSIONS_MAX;
    config->handshake_ms = config->handshake_ms ? config->handshake_ms : HANDSHAKE_MS;
    config->half_open_ms = config->half_open_ms ? config->half_open_ms : HALF_OPEN_MS;
    config->handshake_fail_ms =
        config->handshake_fail_ms ? config->handshake_fail_ms : HANDSHAKE_FAIL_MS;
    config->idle_ms = config->idle_ms ? config->idle_ms : IDLE_MS;
    if (memcmp(config->cookie_key, none, sizeof none) == 0) {
        config->random(config->random_context, config->cookie_key, sizeof config->cookie_key);
    }
}

static bool find_psk(void *context, const uint8_t *identity, size_t identity_len,
                     struct cc_psk *psk)
{
    const struct cc_endpoint *endpoint = context;
    return endpoint->handlers.psk &&
           endpoint->handlers.psk(endpoint->config.context, identity, identity_len, psk);
}

static enum cc_error parts_new(struct cc_endpoint *endpoint)
{
    const struct cc_endpoint_config *config = &endpoint->config;
    struct cc_dtls_config dtls = {.psk = find_psk,
                                  .psk_context = endpoint,
                                  .send = cc_session_transmit,
                                  .random = config->random,
                                  .random_context = config->random_context,
                                  .handshake_ms = config->handshake_ms};
    memcpy(dtls.cookie_key, config->cookie_key, sizeof dtls.cookie_key);
    uint8_t seed[CC_TABLE_SEED];
    config->random(config->random_context, seed, sizeof seed);
    enum cc_error error = cc_table_init(&endpoint->table, seed);
    if (error == CC_OK) {
        error = cc_dtls_context_new(&dtls, &endpoint->dtls);
    }
    explicit_bzero(&dtls, sizeof dtls);
    if (error != CC_OK) {
        return error;
    }
    endpoint->batch = cc_batch_new();
    endpoint->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    endpoint->wake_source.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!endpoint->batch) {
        return CC_ENOMEM;
    }
    return cc_endpoint_watch(endpoint, &endpoint->wake_source);
}

enum cc_error cc_endpoint_new(const struct cc_endpoint_config *config,
                              struct cc_endpoint **endpoint)
{
    if (!config->random || !config->handlers) {
        return CC_EINVAL;
    }
    struct cc_endpoint *made = calloc(1, sizeof *made);
    if (!made) {
        return CC_ENOMEM;
    }
    made->config = *config;
    made->handlers = *config->handlers;
    made->epoll_fd = -1;
    made->wake_source = (struct cc_source){.kind = CC_SOURCE_WAKE, .fd = -1};
    defaults(&made->config);
    cc_endpoint_clock(made);
    cc_wheel_init(&made->wheel, made->now_ms);
    enum cc_error error = parts_new(made);
    if (error != CC_OK) {
        cc_endpoint_free(made);
        return error;
    }
    *endpoint = made;
    return CC_OK;
}

void cc_endpoint_free(struct cc_endpoint *endpoint)
{
    if (!endpoint) {
        return;
    }
    endpoint->is_draining = true;
    while (endpoint->sessions) {
        cc_session_end(endpoint->sessions, CC_CLOSE_SHUTDOWN);
    }
    cc_endpoint_reap(endpoint);
    while (endpoint->listeners) {
        struct cc_listener *listener = endpoint->listeners;
        endpoint->listeners = listener->next;
        cc_listener_free(listener);
    }
    cc_table_clear(&endpoint->table);
    cc_dtls_context_free(endpoint->dtls);
    cc_batch_free(endpoint->batch);
    if (endpoint->wake_source.fd >= 0) {
        close(endpoint->wake_source.fd);
    }
    if (endpoint->epoll_fd >= 0) {
        close(endpoint->epoll_fd);
    }
    explicit_bzero(endpoint, sizeof *endpoint);
    free(endpoint);
}

void cc_endpoint_drain(struct cc_endpoint *endpoint)
{
    endpoint->is_draining = true;
    for (struct cc_listener *listener = endpoint->listeners; listener; listener = listener->next) {
        if (listener->is_tcp && listener->source.fd >= 0) {
            /* The kernel would go on taking connections. */
            close(listener->source.fd);
            listener->source.fd = -1;
        }
    }
}

void cc_endpoint_reap(struct cc_endpoint *endpoint)
{
    while (!endpoint->is_polling && endpoint->ended) {
        struct cc_session *session = endpoint->ended;
        endpoint->ended = session->next;
        explicit_bzero(session, sizeof *session);
        free(session);
    }
}

/* ---- the loop ---- */

enum cc_error cc_endpoint_watch(struct cc_endpoint *endpoint, struct cc_source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return epoll_ctl(endpoint->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) == 0 ? CC_OK : CC_EIO;
}

enum cc_error cc_endpoint_rewatch(struct cc_endpoint *endpoint, struct cc_source *source,
                                  uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(endpoint->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) == 0 ? CC_OK : CC_EIO;
}

static int wait_ms(struct cc_endpoint *endpoint, int timeout_ms)
{
    uint64_t next_ms = cc_wheel_next(&endpoint->wheel);
    cc_endpoint_clock(endpoint);
    if (next_ms == CC_NEVER) {
        return timeout_ms;
    }
    uint64_t left_ms = next_ms > endpoint->now_ms ? next_ms - endpoint->now_ms : 0;
    if (timeout_ms >= 0 && left_ms > (uint64_t)timeout_ms) {
        return timeout_ms;
    }
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static void woken(struct cc_endpoint *endpoint)
{
    uint64_t count;
    (void)!read(endpoint->wake_source.fd, &count, sizeof count);
    if (endpoint->wake) {
        endpoint->wake(endpoint->wake_context);
    }
}

static void dispatch(struct cc_endpoint *endpoint, const struct epoll_event *event)
{
    struct cc_source *source = event->data.ptr;
    struct cc_listener *listener;
    struct cc_session *session;
    switch (source->kind) {
    case CC_SOURCE_WAKE:
        woken(endpoint);
        break;
    case CC_SOURCE_LISTENER:
        listener = (struct cc_listener *)source;
        (listener->is_tcp ? cc_stream_accept : cc_listener_read)(listener);
        break;
    case CC_SOURCE_SESSION:
        session = (struct cc_session *)source;
        if (session->state == CC_SESSION_CLOSED) {
            return;
        }
        if (session->stream) {
            cc_stream_ready(session, event->events);
        } else {
            cc_client_read(session);
        }
        break;
    }
}

static void fire(void *context, struct cc_timer *timer)
{
    struct cc_endpoint *endpoint = context;
    if (timer == &endpoint->accept_timer) {
        cc_stream_accept_all(endpoint, true);
        return;
    }
    cc_session_due((struct cc_session *)((char *)timer - offsetof(struct cc_session, timer)));
}

enum cc_error cc_endpoint_poll(struct cc_endpoint *endpoint, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    if (endpoint->is_polling) {
        return CC_EBUSY;
    }
    int count = epoll_wait(endpoint->epoll_fd, events, EVENTS, wait_ms(endpoint, timeout_ms));
    if (count < 0 && errno != EINTR) {
        return CC_EIO;
    }
    cc_endpoint_clock(endpoint);
    endpoint->is_polling = true;
    for (int i = 0; i < count; i++) {
        dispatch(endpoint, &events[i]);
    }
    cc_wheel_advance(&endpoint->wheel, endpoint->now_ms, fire, endpoint);
    endpoint->is_polling = false;
    cc_endpoint_reap(endpoint);
    return CC_OK;
}

void cc_endpoint_on_wake(struct cc_endpoint *endpoint, void (*wake)(void *context), void *context)
{
    endpoint->wake = wake;
    endpoint->wake_context = context;
}

void cc_endpoint_wake(struct cc_endpoint *endpoint)
{
    uint64_t one = 1;
    (void)!write(endpoint->wake_source.fd, &one, sizeof one);
}

uint64_t cc_endpoint_now_ms(const struct cc_endpoint *endpoint)
{
    return endpoint->now_ms;
}

void cc_endpoint_stats(const struct cc_endpoint *endpoint, struct cc_endpoint_stats *stats)
{
    *stats = endpoint->stats;
}

void cc_endpoint_refuse(struct cc_endpoint *endpoint, const struct cc_address *peer,
                        enum cc_refusal refusal, const struct cc_session *session)
{
    endpoint->stats.refused[refusal]++;
    if (refusal == CC_REFUSED_CAPACITY) {
        if (endpoint->now_ms < endpoint->capacity_told_ms) {
            return;
        }
        endpoint->capacity_told_ms = endpoint->now_ms + CAPACITY_TOLD_MS;
    }
    char text[CC_ADDRESS_TEXT];
    cc_address_text(peer, text, sizeof text);
    size_t len = 0;
    const uint8_t *identity = session ? cc_session_identity(session, &len) : (const uint8_t *)"";
    if (endpoint->handlers.refused) {
        endpoint->handlers.refused(endpoint->config.context, text, refusal, identity, len);
    }
}
