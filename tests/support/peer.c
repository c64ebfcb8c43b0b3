#include "tests/support/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bootstrap/coap/address.h"
#include "tests/support/cmocka_all.h"

void peer_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    assert_int_equal(getrandom(out, len, 0), len);
}

uint64_t peer_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool on_psk(void *context, const uint8_t *identity, size_t identity_len, struct cc_psk *psk)
{
    const struct peer *peer = context;
    bool is_device = peer->is_open && identity_len >= 3 && memcmp(identity, "dev", 3) == 0;
    if (!is_device && (!peer->identity || identity_len != peer->identity_len ||
                       memcmp(identity, peer->identity, identity_len) != 0)) {
        return false;
    }
    psk->key_len = strlen(PEER_KEY);
    memcpy(psk->key, PEER_KEY, psk->key_len);
    psk->owner = PEER_OWNER;
    return true;
}

static void on_opened(void *context, struct cc_session *session)
{
    struct peer *peer = context;
    peer->opened++;
    peer->session = session;
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    struct peer *peer = context;
    peer->closed++;
    peer->close = reason;
    if (peer->session == session) {
        peer->session = NULL;
    }
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct peer *peer = context;
    struct cc_response response = {.code = CC_CHANGED, .content_format = CC_FORMAT_NONE};
    peer->requests++;
    if (request->code == CC_PUT && request->payload_len <= sizeof peer->written) {
        memcpy(peer->written, request->payload, request->payload_len);
        peer->written_len = request->payload_len;
    }
    if (peer->is_echo) {
        response.payload = request->payload;
        response.payload_len = request->payload_len;
    }
    if (!peer->is_mute) {
        assert_int_equal(cc_session_respond(session, ticket, &response), CC_OK);
    }
    if (peer->closes_inside) {
        cc_session_close(session);
    }
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct peer *peer = context;
    (void)session;
    (void)id;
    peer->responses++;
    peer->result = result;
    if (response) {
        peer->code = response->code;
        peer->payload_len = response->payload_len;
        if (response->payload_len) {
            memcpy(peer->payload, response->payload, response->payload_len);
        }
    }
}

static void on_refused(void *context, const char *from, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    struct peer *peer = context;
    assert_true(strlen(from) > 0);
    peer->refused++;
    peer->refusal = refusal;
    peer->refused_identity_len = identity_len;
    memcpy(peer->refused_identity, identity, identity_len);
}

static void on_trace(void *context, struct cc_session *session, enum cc_direction direction,
                     const struct cc_message *message, bool is_repeat)
{
    struct peer *peer = context;
    (void)session;
    (void)direction;
    (void)message;
    (void)is_repeat;
    peer->traced++;
}

struct cc_endpoint_config peer_config(struct peer *peer)
{
    static const struct cc_handlers silent = {.psk = on_psk,
                                              .opened = on_opened,
                                              .request = on_request,
                                              .response = on_response,
                                              .closed = on_closed,
                                              .refused = on_refused};
    static const struct cc_handlers traced = {.psk = on_psk,
                                              .opened = on_opened,
                                              .request = on_request,
                                              .response = on_response,
                                              .closed = on_closed,
                                              .refused = on_refused,
                                              .trace = on_trace};
    struct cc_endpoint_config config = {
        .handlers = peer->wants_trace ? &traced : &silent, .context = peer, .random = peer_random};
    cc_parameters_default(&config.parameters);
    return config;
}

void peer_start(struct peer *peer, const struct cc_endpoint_config *config)
{
    struct cc_endpoint_config own = peer_config(peer);
    assert_int_equal(cc_endpoint_new(config ? config : &own, &peer->endpoint), CC_OK);
}

void peer_listen(struct peer *peer, const char *uri, bool is_shared)
{
    assert_int_equal(cc_endpoint_listen(peer->endpoint, uri, is_shared, peer->bound), CC_OK);
    snprintf(peer->uri, sizeof peer->uri, "%.*s://%s", (int)strcspn(uri, ":"), uri, peer->bound);
}

void peer_stop(struct peer *peer)
{
    cc_endpoint_free(peer->endpoint);
    peer->endpoint = NULL;
}

struct cc_session *peer_connect(struct peer *peer, const char *uri, const char *identity,
                                const char *key, const char *bind)
{
    struct cc_client client = {.uri = uri,
                               .identity = (const uint8_t *)identity,
                               .identity_len = identity ? strlen(identity) : 0,
                               .key = (const uint8_t *)key,
                               .key_len = key ? strlen(key) : 0,
                               .bind = bind};
    struct cc_session *session = NULL;
    assert_int_equal(cc_endpoint_connect(peer->endpoint, &client, &session), CC_OK);
    return session;
}

uint32_t peer_post(struct cc_session *session, size_t len)
{
    uint8_t *payload = calloc(1, len + 1);
    assert_non_null(payload);
    for (size_t i = 0; i < len; i++) {
        payload[i] = (uint8_t)(i * 7);
    }
    struct cc_request request = {.method = CC_POST,
                                 .path = "/bs",
                                 .content_format = CC_FORMAT_NONE,
                                 .accept = CC_FORMAT_NONE,
                                 .payload = payload,
                                 .payload_len = len};
    uint32_t id = 0;
    assert_int_equal(cc_session_request(session, &request, &id), CC_OK);
    free(payload);
    return id;
}

static void poll_both(struct peer *a, struct peer *b)
{
    assert_int_equal(cc_endpoint_poll(a->endpoint, b ? 0 : 1), CC_OK);
    if (b) {
        assert_int_equal(cc_endpoint_poll(b->endpoint, 1), CC_OK);
    }
}

bool peer_run(struct peer *a, struct peer *b, bool (*is_done)(const void *context),
              const void *context, unsigned ms)
{
    uint64_t end_ms = peer_clock_ms() + ms;
    while (!is_done(context)) {
        if (peer_clock_ms() > end_ms) {
            return false;
        }
        poll_both(a, b);
    }
    return true;
}

void peer_pass(struct peer *a, struct peer *b, unsigned ms)
{
    uint64_t end_ms = peer_clock_ms() + ms;
    while (peer_clock_ms() <= end_ms) {
        poll_both(a, b);
    }
}

bool peer_has_opened(const void *peer)
{
    return ((const struct peer *)peer)->opened > 0;
}

bool peer_has_closed(const void *peer)
{
    return ((const struct peer *)peer)->closed > 0;
}

bool peer_has_refused(const void *peer)
{
    return ((const struct peer *)peer)->refused > 0;
}

bool peer_has_response(const void *peer)
{
    return ((const struct peer *)peer)->responses > 0;
}

static int raw_socket(int type, const char *bound, const char *bind_to)
{
    struct cc_address peer;
    struct cc_address from;
    struct sockaddr_storage storage;
    if (cc_address_parse(bound, 0, &peer) != CC_OK) {
        return -1;
    }
    int fd = socket(peer.is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind_to && cc_address_parse(bind_to, 0, &from) == CC_OK) {
        socklen_t len = cc_address_to_socket(&from, &storage);
        if (bind(fd, (struct sockaddr *)&storage, len) != 0) {
            close(fd);
            return -1;
        }
    }
    socklen_t len = cc_address_to_socket(&peer, &storage);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&storage, len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int peer_raw_socket(const char *bound, const char *bind_to)
{
    return raw_socket(SOCK_DGRAM, bound, bind_to);
}

int peer_raw_tcp(const char *bound)
{
    return raw_socket(SOCK_STREAM, bound, NULL);
}
