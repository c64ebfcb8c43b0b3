/*
 * The floor that docs/performance.md measures against: the least a DTLS-PSK server on GnuTLS can do
 * for one handshake and one exchange.
 *
 * Stateless cookie, shared credentials and priorities, flights coalesced, sessions in a hash table,
 * every request answered with 2.04. Loopback only, unbounded in nothing: at most SESSIONS_MAX
 * sessions. Prints its port and serves until standard input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUCKETS = 1 << 16, SESSIONS_MAX = 60000, FLIGHT_MAX = 1280, BATCH = 64 };

struct session {
    struct session *next;
    struct sockaddr_in peer;
    gnutls_session_t tls;
    const uint8_t *in;
    size_t in_len;
    int is_open;
};

static struct session *buckets[BUCKETS];
static size_t session_count;
static int udp;
static gnutls_datum_t cookie_key;
static gnutls_priority_t priorities;
static gnutls_psk_server_credentials_t credentials;
static uint8_t flight[FLIGHT_MAX];
static size_t flight_len;

static size_t bucket_of(const struct sockaddr_in *peer)
{
    uint64_t mixed = ((uint64_t)peer->sin_addr.s_addr << 16 | peer->sin_port) * 0x9E3779B97F4A7C15u;
    return (size_t)(mixed >> 40) % BUCKETS;
}

static struct session **find(const struct sockaddr_in *peer)
{
    struct session **link = &buckets[bucket_of(peer)];
    while (*link && ((*link)->peer.sin_port != peer->sin_port ||
                     (*link)->peer.sin_addr.s_addr != peer->sin_addr.s_addr))
        link = &(*link)->next;
    return link;
}

static void send_flight(const struct sockaddr_in *peer)
{
    if (flight_len &&
        sendto(udp, flight, flight_len, 0, (const struct sockaddr *)peer, sizeof *peer) < 0)
        perror("sendto");
    flight_len = 0;
}

static ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t len)
{
    const struct session *session = context;
    if (flight_len + len > sizeof flight)
        send_flight(&session->peer);
    memcpy(flight + flight_len, data, len);
    flight_len += len;
    return (ssize_t)len;
}

static ssize_t push_cookie(gnutls_transport_ptr_t context, const void *data, size_t len)
{
    return sendto(udp, data, len, 0, context, sizeof(struct sockaddr_in));
}

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t len)
{
    struct session *session = context;
    if (!session->in_len) {
        gnutls_transport_set_errno(session->tls, EAGAIN);
        return -1;
    }
    size_t taken = session->in_len < len ? session->in_len : len;
    memcpy(data, session->in, taken);
    session->in_len = 0;
    return (ssize_t)taken;
}

static int pull_timeout(gnutls_transport_ptr_t context, unsigned ms)
{
    (void)ms;
    return ((const struct session *)context)->in_len > 0;
}

/* Every identity has the benchmark's key: its own octets, cut or padded to 16. */
static int psk(gnutls_session_t tls, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
    (void)tls;
    key->data = gnutls_calloc(1, 16);
    key->size = 16;
    if (!key->data)
        return -1;
    memcpy(key->data, identity->data, identity->size < 16 ? identity->size : 16);
    return 0;
}

static void end(struct session **link)
{
    struct session *session = *link;
    *link = session->next;
    gnutls_deinit(session->tls);
    free(session);
    session_count--;
}

/* 2.04 with the request's Message ID and token. */
static void answer(struct session *session, const uint8_t *request, size_t len)
{
    uint8_t response[12];
    size_t token_len = len >= 4 ? request[0] & 15u : 9;
    if (token_len > 8 || 4 + token_len > len || request[1] == 0 || request[1] > 31)
        return;
    response[0] = (uint8_t)(0x60 | token_len);
    response[1] = 0x44;
    memcpy(response + 2, request + 2, 2 + token_len);
    if (gnutls_record_send(session->tls, response, 4 + token_len) < 0)
        fputs("record not sent\n", stderr);
}

static void feed(struct session **link, const uint8_t *data, size_t len)
{
    struct session *session = *link;
    uint8_t plain[2048];
    session->in = data;
    session->in_len = len;
    ssize_t got = GNUTLS_E_AGAIN;
    if (!session->is_open) {
        int error;
        do
            error = gnutls_handshake(session->tls);
        while ((error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED) && session->in_len);
        session->is_open = error == 0;
        if (error && gnutls_error_is_fatal(error))
            got = error;
    } else {
        while ((got = gnutls_record_recv(session->tls, plain, sizeof plain)) > 0)
            answer(session, plain, (size_t)got);
    }
    send_flight(&session->peer);
    if (got != GNUTLS_E_AGAIN && (got == 0 || gnutls_error_is_fatal((int)got)))
        end(link);
}

static struct session *begin(const struct sockaddr_in *peer, gnutls_dtls_prestate_st *prestate)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session || session_count >= SESSIONS_MAX ||
        gnutls_init(&session->tls,
                    GNUTLS_SERVER | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) != 0) {
        free(session);
        return NULL;
    }
    session->peer = *peer;
    gnutls_priority_set(session->tls, priorities);
    gnutls_credentials_set(session->tls, GNUTLS_CRD_PSK, credentials);
    gnutls_transport_set_ptr(session->tls, session);
    gnutls_transport_set_push_function(session->tls, push);
    gnutls_transport_set_pull_function(session->tls, pull);
    gnutls_transport_set_pull_timeout_function(session->tls, pull_timeout);
    gnutls_dtls_prestate_set(session->tls, prestate);
    gnutls_dtls_set_mtu(session->tls, FLIGHT_MAX);
    session_count++;
    return session;
}

static void datagram(const uint8_t *data, size_t len, struct sockaddr_in *from)
{
    struct session **link = find(from);
    if (*link) {
        feed(link, data, len);
        return;
    }
    gnutls_dtls_prestate_st prestate;
    memset(&prestate, 0, sizeof prestate);
    if (len < 14 || data[0] != 22 || data[13] != 1)
        return;
    if (gnutls_dtls_cookie_verify(&cookie_key, &from->sin_port, 6, (void *)(uintptr_t)data, len,
                                  &prestate) < 0) {
        gnutls_dtls_cookie_send(&cookie_key, &from->sin_port, 6, &prestate, from, push_cookie);
        return;
    }
    *link = begin(from, &prestate);
    if (*link)
        feed(link, data, len);
}

static void drain_socket(void)
{
    static uint8_t buffers[BATCH][2048];
    static struct sockaddr_in from[BATCH];
    static struct iovec vectors[BATCH];
    static struct mmsghdr messages[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &vectors[i],
                                              .msg_iovlen = 1};
    }
    int got = recvmmsg(udp, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++)
        datagram(buffers[i], messages[i].msg_len, &from[i]);
}

static int set_up(struct sockaddr_in *address)
{
    const char *where = NULL;
    socklen_t len = sizeof *address;
    int size = 4 << 20;
    if (gnutls_priority_init(&priorities,
                             "NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AEAD:+PSK:+COMP-NULL:+SIGN-ALL",
                             &where) != 0 ||
        gnutls_key_generate(&cookie_key, GNUTLS_COOKIE_KEY_SIZE) != 0 ||
        gnutls_psk_allocate_server_credentials(&credentials) != 0)
        return -1;
    gnutls_psk_set_server_credentials_function2(credentials, psk);
    udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return bind(udp, (struct sockaddr *)address, sizeof *address) ||
           getsockname(udp, (struct sockaddr *)address, &len);
}

int main(void)
{
    struct sockaddr_in address;
    if (set_up(&address) != 0) {
        fputs("bench_floor: cannot start\n", stderr);
        return 1;
    }
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    struct pollfd fds[] = {{.fd = udp, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
        drain_socket();
    return 0;
}
