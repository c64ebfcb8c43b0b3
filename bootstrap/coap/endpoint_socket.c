/* Sockets of an endpoint: listeners, clients, batches in, single datagrams out. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bootstrap/coap/stream.h"

#define BATCH             32
#define BATCHES_PER_ROUND 8
#define CLIENT_READS      16
#define RECEIVE_BUFFER    (4 << 20)
#define CONTROL_MAX       CMSG_SPACE(sizeof(struct in6_pktinfo))

struct control {
    _Alignas(struct cmsghdr) uint8_t octets[CONTROL_MAX];
};

struct cc_batch {
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage from[BATCH];
    struct control controls[BATCH];
    uint8_t data[BATCH][CC_DATAGRAM_MAX];
};

struct cc_batch *cc_batch_new(void)
{
    return calloc(1, sizeof(struct cc_batch));
}

void cc_batch_free(struct cc_batch *batch)
{
    if (batch) {
        explicit_bzero(batch, sizeof *batch);
        free(batch);
    }
}

uint8_t *cc_batch_octets(struct cc_batch *batch)
{
    return batch->data[0];
}

/* ---- opening ---- */

static bool option_set(int fd, int level, int option)
{
    int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

int cc_socket_open(const struct cc_address *address)
{
    int fd = socket(address->is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    IPPROTO_UDP);
    if (fd >= 0 && address->is_v6 && !option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool listener_bind(struct cc_listener *listener, struct cc_address *address, bool is_shared)
{
    int fd = listener->source.fd;
    int octets = RECEIVE_BUFFER;
    /* The kernel's limit may cut it: a smaller buffer still serves. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    if (is_shared && !option_set(fd, SOL_SOCKET, SO_REUSEPORT)) {
        return false;
    }
    if (listener->is_wildcard && !(listener->is_v6 ? option_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
                                                   : option_set(fd, IPPROTO_IP, IP_PKTINFO))) {
        return false;
    }
    struct sockaddr_storage storage;
    socklen_t len = cc_address_to_socket(address, &storage);
    if (bind(fd, (struct sockaddr *)&storage, len) != 0) {
        return false;
    }
    len = sizeof storage;
    return getsockname(fd, (struct sockaddr *)&storage, &len) == 0 &&
           cc_address_from_socket((struct sockaddr *)&storage, address);
}

static bool listener_open(struct cc_listener *listener, struct cc_address *address, bool is_shared)
{
    if (listener->is_tcp) {
        listener->source.fd = cc_stream_listen(address, is_shared);
        return listener->source.fd >= 0;
    }
    listener->source.fd = cc_socket_open(address);
    return listener->source.fd >= 0 && listener_bind(listener, address, is_shared);
}

void cc_listener_free(struct cc_listener *listener)
{
    if (listener->source.fd >= 0) {
        close(listener->source.fd);
    }
    free(listener);
}

enum cc_error cc_endpoint_listen(struct cc_endpoint *endpoint, const char *uri, bool is_shared,
                                 char bound[CC_ADDRESS_TEXT])
{
    struct cc_uri parsed;
    enum cc_error error = cc_uri_parse(uri, &parsed);
    if (error != CC_OK) {
        return error;
    }
    struct cc_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        return CC_ENOMEM;
    }
    listener->endpoint = endpoint;
    listener->id = endpoint->listener_count;
    listener->is_secure = parsed.is_secure;
    listener->is_tcp = parsed.is_tcp;
    listener->is_v6 = parsed.address.is_v6 != 0;
    listener->is_wildcard = cc_address_is_wildcard(&parsed.address);
    listener->source = (struct cc_source){.kind = CC_SOURCE_LISTENER, .fd = -1};
    if (!listener_open(listener, &parsed.address, is_shared) ||
        cc_endpoint_watch(endpoint, &listener->source) != CC_OK) {
        int reason = errno;
        cc_listener_free(listener);
        errno = reason;
        return CC_EADDRESS;
    }
    endpoint->listener_count++;
    listener->next = endpoint->listeners;
    endpoint->listeners = listener;
    if (bound) {
        cc_address_text(&parsed.address, bound, CC_ADDRESS_TEXT);
    }
    return CC_OK;
}

/* ---- in ---- */

/* The local address that a datagram came to, from its control message. */
static void local_address(struct msghdr *header, struct cc_address *local)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(local->ip, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(local->ip, &info.ipi6_addr, sizeof info.ipi6_addr);
            local->is_v6 = 1;
            local->scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
        }
    }
}

static void batch_prepare(struct cc_batch *batch, bool has_control)
{
    for (size_t i = 0; i < BATCH; i++) {
        batch->vectors[i] = (struct iovec){batch->data[i], sizeof batch->data[i]};
        batch->headers[i].msg_hdr =
            (struct msghdr){.msg_name = &batch->from[i],
                            .msg_namelen = sizeof batch->from[i],
                            .msg_iov = &batch->vectors[i],
                            .msg_iovlen = 1,
                            .msg_control = has_control ? batch->controls[i].octets : NULL,
                            .msg_controllen = has_control ? CONTROL_MAX : 0};
    }
}

static void batch_item(struct cc_listener *listener, struct mmsghdr *item)
{
    struct msghdr *header = &item->msg_hdr;
    struct cc_path path = {.peer.port = 0};
    if (header->msg_flags & MSG_TRUNC || !cc_address_from_socket(header->msg_name, &path.peer)) {
        return;
    }
    if (listener->is_wildcard) {
        local_address(header, &path.local);
    }
    cc_packet(listener, &path, header->msg_iov->iov_base, item->msg_len);
}

void cc_listener_read(struct cc_listener *listener)
{
    struct cc_batch *batch = listener->endpoint->batch;
    for (int round = 0; round < BATCHES_PER_ROUND; round++) {
        batch_prepare(batch, listener->is_wildcard);
        int count = recvmmsg(listener->source.fd, batch->headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            batch_item(listener, &batch->headers[i]);
        }
        if (count < BATCH) {
            return;
        }
    }
}

void cc_client_read(struct cc_session *session)
{
    struct cc_endpoint *endpoint = session->endpoint;
    uint8_t *data = endpoint->batch->data[0];
    for (int i = 0; i < CLIENT_READS && session->state != CC_SESSION_CLOSED; i++) {
        /* An ICMP error shows up here once and is gone: the peer may yet come up. */
        ssize_t len = recv(session->source.fd, data, CC_DATAGRAM_MAX, MSG_TRUNC);
        if (len < 0) {
            if (errno == ECONNREFUSED && session->ends_unreachable) {
                cc_session_end(session, CC_CLOSE_UNREACHABLE);
            }
            return;
        }
        if (len <= CC_DATAGRAM_MAX) {
            endpoint->stats.datagrams_in++;
            cc_work_begin(endpoint);
            cc_session_input(session, data, (size_t)len);
            cc_work_end(endpoint);
        }
    }
}

/* ---- out ---- */

/* A listener on the wildcard answers from the address that the peer wrote to. */
static void source_set(struct msghdr *header, struct control *control,
                       const struct cc_address *local)
{
    memset(control, 0, sizeof *control);
    header->msg_control = control->octets;
    header->msg_controllen = sizeof control->octets;
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    if (local->is_v6) {
        struct in6_pktinfo info = {.ipi6_ifindex = local->scope};
        memcpy(&info.ipi6_addr, local->ip, sizeof info.ipi6_addr);
        *c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO};
        memcpy(CMSG_DATA(c), &info, sizeof info);
        header->msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        struct in_pktinfo info = {.ipi_ifindex = 0};
        memcpy(&info.ipi_spec_dst, local->ip, sizeof info.ipi_spec_dst);
        *c = (struct cmsghdr){CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
        memcpy(CMSG_DATA(c), &info, sizeof info);
        header->msg_controllen = CMSG_SPACE(sizeof info);
    }
}

void cc_listener_send(struct cc_listener *listener, const struct cc_path *path,
                      const uint8_t *datagram, size_t len)
{
    struct sockaddr_storage to;
    struct control control;
    struct iovec vector = {(void *)(uintptr_t)datagram, len};
    struct msghdr header = {.msg_name = &to, .msg_iov = &vector, .msg_iovlen = 1};
    header.msg_namelen = cc_address_to_socket(&path->peer, &to);
    if (listener->is_wildcard && !cc_address_is_wildcard(&path->local)) {
        source_set(&header, &control, &path->local);
    }
    /* Loss is not an error: who waits sends again. */
    (void)!sendmsg(listener->source.fd, &header, MSG_DONTWAIT);
}
