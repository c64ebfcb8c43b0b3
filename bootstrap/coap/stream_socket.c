/* TCP sockets of an endpoint: listening, accepting, connecting. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bootstrap/coap/stream.h"

#define BACKLOG           1024
#define ACCEPTS_PER_ROUND 64
#define ACCEPT_PAUSE_MS   250

static bool option_set(int fd, int level, int option)
{
    int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

static int socket_open(const struct cc_address *address)
{
    int fd = socket(address->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    IPPROTO_TCP);
    if (fd >= 0 && address->is_v6 && !option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool socket_bind(int fd, const struct cc_address *address)
{
    struct sockaddr_storage storage;
    socklen_t len = cc_address_to_socket(address, &storage);
    return bind(fd, (struct sockaddr *)&storage, len) == 0;
}

static bool socket_listen(int fd, struct cc_address *address, bool is_shared)
{
    struct sockaddr_storage storage;
    socklen_t len = sizeof storage;
    return option_set(fd, SOL_SOCKET, SO_REUSEADDR) &&
           (!is_shared || option_set(fd, SOL_SOCKET, SO_REUSEPORT)) && socket_bind(fd, address) &&
           listen(fd, BACKLOG) == 0 && getsockname(fd, (struct sockaddr *)&storage, &len) == 0 &&
           cc_address_from_socket((struct sockaddr *)&storage, address);
}

int cc_stream_listen(struct cc_address *address, bool is_shared)
{
    int fd = socket_open(address);
    if (fd >= 0 && !socket_listen(fd, address, is_shared)) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* ---- accepting ---- */

void cc_stream_accept_all(struct cc_endpoint *endpoint, bool is_on)
{
    for (struct cc_listener *listener = endpoint->listeners; listener; listener = listener->next) {
        if (listener->is_tcp && listener->source.fd >= 0) {
            /* What cannot be changed here fails again in the next round. */
            (void)!cc_endpoint_rewatch(endpoint, &listener->source, is_on ? EPOLLIN : 0);
        }
    }
}

/* Nothing may be opened: looking at the same waiting connection without end would help nobody. */
static void pause_accepting(struct cc_endpoint *endpoint)
{
    cc_stream_accept_all(endpoint, false);
    cc_wheel_set(&endpoint->wheel, &endpoint->accept_timer, endpoint->now_ms + ACCEPT_PAUSE_MS);
}

/* NULL when there is no room. The peer proved his address: he may take the place of the oldest
 * that is half-open. */
static struct cc_session *admit(struct cc_listener *listener, int fd, const struct cc_path *path)
{
    struct cc_endpoint *endpoint = listener->endpoint;
    const struct cc_endpoint_config *config = &endpoint->config;
    bool is_full = endpoint->accepted >= config->sessions_max ||
                   (config->descriptors_max && (uint32_t)fd >= config->descriptors_max);
    if (is_full && !cc_session_evict(endpoint)) {
        cc_endpoint_refuse(endpoint, &path->peer, CC_REFUSED_CAPACITY, NULL);
        return NULL;
    }
    return cc_session_new(endpoint, listener, path);
}

static void take(struct cc_listener *listener, int fd, const struct cc_path *path)
{
    struct cc_endpoint *endpoint = listener->endpoint;
    struct cc_session *session = admit(listener, fd, path);
    if (!session) {
        close(fd);
        return;
    }
    session->source.fd = fd;
    option_set(fd, IPPROTO_TCP, TCP_NODELAY);
    if (cc_stream_new(session) != CC_OK || cc_endpoint_watch(endpoint, &session->source) != CC_OK) {
        cc_session_end(session, CC_CLOSE_ERROR);
        return;
    }
    endpoint->stats.handshakes++;
    if (listener->is_secure) {
        /* TLS, which holds far more than a connection does, begins with the first octet. */
        cc_session_rearm(session);
    } else {
        cc_session_begin(session);
    }
}

void cc_stream_accept(struct cc_listener *listener)
{
    struct cc_endpoint *endpoint = listener->endpoint;
    for (int i = 0; i < ACCEPTS_PER_ROUND && listener->source.fd >= 0; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        struct cc_path path = {.peer.port = 0};
        int fd = accept4(listener->source.fd, (struct sockaddr *)&from, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0 && cc_address_from_socket((struct sockaddr *)&from, &path.peer)) {
            cc_work_begin(endpoint);
            take(listener, fd, &path);
            cc_work_end(endpoint);
        } else if (fd >= 0) {
            close(fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(endpoint);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

/* ---- connecting ---- */

enum cc_error cc_stream_connect(struct cc_session *session, const char *local)
{
    const struct cc_address *peer = &session->node.key.peer;
    struct sockaddr_storage storage;
    struct cc_address from;
    session->source.fd = socket_open(peer);
    if (session->source.fd < 0) {
        return CC_EIO;
    }
    option_set(session->source.fd, IPPROTO_TCP, TCP_NODELAY);
    if (local && (cc_address_parse(local, 0, &from) != CC_OK || from.is_v6 != peer->is_v6 ||
                  !socket_bind(session->source.fd, &from))) {
        return CC_EADDRESS;
    }
    socklen_t len = cc_address_to_socket(peer, &storage);
    if (connect(session->source.fd, (struct sockaddr *)&storage, len) != 0 &&
        errno != EINPROGRESS) {
        return CC_EADDRESS;
    }
    session->stream->is_connecting = true;
    session->stream->is_armed = true;
    enum cc_error error = cc_endpoint_watch(session->endpoint, &session->source);
    return error != CC_OK
               ? error
               : cc_endpoint_rewatch(session->endpoint, &session->source, EPOLLIN | EPOLLOUT);
}
