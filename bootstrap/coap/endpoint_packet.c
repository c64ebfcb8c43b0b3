/* What becomes of a datagram that came to a listener. */
#include "bootstrap/coap/endpoint_parts.h"

void cc_work_begin(struct cc_endpoint *endpoint)
{
    endpoint->table.steps = 0;
    endpoint->timer_steps = 0;
}

void cc_work_end(struct cc_endpoint *endpoint)
{
    uint64_t work = endpoint->table.steps + endpoint->timer_steps;
    if (work > endpoint->stats.work_per_packet_max) {
        endpoint->stats.work_per_packet_max = work;
    }
}

/* A packet on its way: what came, where, and the session that its address has. */
struct packet {
    struct cc_listener *listener;
    const struct cc_path *path;
    const uint8_t *datagram;
    size_t len;
    struct cc_session *session; /* may be NULL */
};

/* NULL when there is no room: silence, so that the device tries again later. Only who proved his
 * address may take another's place. */
static struct cc_session *admit(const struct packet *packet)
{
    struct cc_endpoint *endpoint = packet->listener->endpoint;
    if (endpoint->accepted >= endpoint->config.sessions_max &&
        !(packet->listener->is_secure && cc_session_evict(endpoint))) {
        cc_endpoint_refuse(endpoint, &packet->path->peer, CC_REFUSED_CAPACITY, NULL);
        return NULL;
    }
    return cc_session_new(endpoint, packet->listener, packet->path);
}

/* ---- DTLS ---- */

static void accept_hello(const struct packet *packet)
{
    struct cc_endpoint *endpoint = packet->listener->endpoint;
    struct cc_session *primary = packet->session;
    if (primary && primary->candidate) {
        cc_session_end(primary->candidate, CC_CLOSE_REPLACED);
    }
    struct cc_session *session = admit(packet);
    if (!session) {
        return;
    }
    session->hello = cc_dtls_hello_name(packet->datagram);
    /* What gave way may have been the older handshake of this very address. */
    if (primary && primary->state != CC_SESSION_CLOSED) {
        session->primary = primary;
        primary->candidate = session;
    } else {
        cc_table_insert(&endpoint->table, &session->node);
    }
    if (cc_dtls_accept(endpoint->dtls, packet->datagram, session, &session->dtls) != CC_OK) {
        cc_session_end(session, CC_CLOSE_ERROR);
        return;
    }
    endpoint->stats.handshakes++;
    cc_session_input(session, packet->datagram, packet->len);
}

/* A repeat of the ClientHello that began SESSION: its answer was lost. Once the session is open, it
 * is only late. */
static bool is_repeat(struct cc_session *session, const struct packet *packet)
{
    if (!session || session->hello != cc_dtls_hello_name(packet->datagram)) {
        return false;
    }
    if (session->state == CC_SESSION_HANDSHAKE) {
        cc_session_input(session, packet->datagram, packet->len);
    }
    return true;
}

static void hello_in(const struct packet *packet)
{
    struct cc_endpoint *endpoint = packet->listener->endpoint;
    struct cc_session *session = packet->session;
    if (is_repeat(session, packet) || (session && is_repeat(session->candidate, packet)) ||
        endpoint->is_draining) {
        return;
    }
    struct cc_dtls_knock knock = {.datagram = packet->datagram,
                                  .len = packet->len,
                                  .peer = &packet->path->peer,
                                  .peer_len = sizeof packet->path->peer,
                                  .now_ms = endpoint->now_ms};
    uint8_t answer[CC_DTLS_VERIFY_MAX];
    size_t len;
    switch (cc_dtls_hello(endpoint->dtls, &knock)) {
    case CC_HELLO_NONE:
        return;
    case CC_HELLO_BARE:
        len = cc_dtls_verify_request(endpoint->dtls, &knock, answer);
        if (len) {
            endpoint->stats.cookies++;
            endpoint->stats.datagrams_out++;
            cc_listener_send(packet->listener, packet->path, answer, len);
        }
        return;
    case CC_HELLO_PROVED:
        accept_hello(packet);
        return;
    }
}

/*
 * Beside a candidate the old session goes on: what is neither epoch 0 nor a protected handshake
 * record is its own. A stray or forged record of the wrong one is dropped by the record layer and
 * harms neither.
 */
static struct cc_session *meant(struct cc_session *session, const struct packet *packet)
{
    uint8_t type;
    if (!session->candidate || (cc_dtls_is_protected(packet->datagram, packet->len, &type) &&
                                type != CC_DTLS_TYPE_HANDSHAKE)) {
        return session;
    }
    return session->candidate;
}

static void secure_in(const struct packet *packet)
{
    if (cc_dtls_is_hello(packet->datagram, packet->len)) {
        hello_in(packet);
    } else if (packet->session) {
        cc_session_input(meant(packet->session, packet), packet->datagram, packet->len);
    }
}

/* ---- plain ---- */

static bool is_request(const struct packet *packet)
{
    struct cc_message message;
    enum cc_error error = cc_message_parse(packet->datagram, packet->len, &message);
    return (error == CC_OK || error == CC_EOPTION) && message.type <= CC_NON &&
           message.code != CC_EMPTY && message.code < CC_CODE(1, 0);
}

static void plain_in(const struct packet *packet)
{
    struct cc_endpoint *endpoint = packet->listener->endpoint;
    struct cc_session *session = packet->session;
    if (!session && !endpoint->is_draining && is_request(packet)) {
        session = admit(packet);
        if (session) {
            cc_table_insert(&endpoint->table, &session->node);
            cc_session_open(session);
        }
    }
    if (session) {
        cc_session_input(session, packet->datagram, packet->len);
    }
}

void cc_packet(struct cc_listener *listener, const struct cc_path *path, const uint8_t *datagram,
               size_t len)
{
    struct cc_endpoint *endpoint = listener->endpoint;
    struct cc_key key = {.peer = path->peer, .listener = listener->id};
    endpoint->stats.datagrams_in++;
    cc_work_begin(endpoint);
    struct cc_node *node = cc_table_find(&endpoint->table, &key);
    struct packet packet = {.listener = listener, .path = path, .datagram = datagram, .len = len};
    if (node) {
        packet.session = (struct cc_session *)((char *)node - offsetof(struct cc_session, node));
    }
    if (listener->is_secure) {
        secure_in(&packet);
    } else {
        plain_in(&packet);
    }
    cc_work_end(endpoint);
}
