/*
 * A lossy UDP relay on loopback: what a bad radio link does to datagrams, from a seed.
 *
 *     relay --to 127.0.0.1:5684 [--seed N] [--up-loss PCT] [--down-loss PCT] [--dup PCT]
 *           [--late PCT --late-ms MS] [--alternate up|down]
 *
 * "Up" is towards --to. Each client address is a flow of its own with a socket of its own, so that
 * the server sees as many peers as there are clients. Each flow draws from its own random sequence
 * (seed, flow number, direction): the fate of a flow's n-th datagram does not depend on the others.
 * A late datagram is overtaken by those behind it (reordering). --alternate drops every other DTLS
 * application record of that direction, the first of each pair: every message must be sent twice.
 *
 * Prints {"bound": "127.0.0.1:PORT"} when ready and one object of counts on SIGTERM, which ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FLOWS_MAX = 60000, BUCKETS = 1 << 16, DATAGRAM_MAX = 65536, EVENTS = 64 };
enum direction { UP, DOWN };

struct flow {
    struct sockaddr_in client;
    int socket;
    uint64_t random[2];
    uint64_t records[2]; /* DTLS application records seen */
    struct flow *next;   /* in its bucket */
};

struct late {
    uint64_t due_ms;
    struct flow *flow;
    enum direction direction;
    size_t len;
    uint8_t *data;
};

struct relay {
    int socket, epoll, signals;
    struct sockaddr_in server;
    uint64_t seed;
    unsigned loss[2], dup, late, late_ms;
    bool is_alternating[2];
    struct flow *buckets[BUCKETS];
    size_t flow_count;
    struct late *heap; /* smallest due_ms first */
    size_t heap_count, heap_capacity;
    uint64_t seen[2], lost[2], doubled[2], delayed[2];
};

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool happens(uint64_t *state, unsigned percent)
{
    return draw(state) % 100 < percent;
}

/* ---- late datagrams: a binary heap ---- */

static void heap_push(struct relay *relay, struct late late)
{
    if (relay->heap_count == relay->heap_capacity) {
        relay->heap_capacity = relay->heap_capacity ? relay->heap_capacity * 2 : 64;
        relay->heap = realloc(relay->heap, relay->heap_capacity * sizeof *relay->heap);
        if (relay->heap == NULL) {
            die("memory");
        }
    }
    size_t at = relay->heap_count++;
    while (at > 0 && relay->heap[(at - 1) / 2].due_ms > late.due_ms) {
        relay->heap[at] = relay->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    relay->heap[at] = late;
}

static struct late heap_pop(struct relay *relay)
{
    struct late first = relay->heap[0];
    struct late last = relay->heap[--relay->heap_count];
    size_t at = 0;
    for (size_t child = 1; child < relay->heap_count; child = 2 * at + 1) {
        if (child + 1 < relay->heap_count &&
            relay->heap[child + 1].due_ms < relay->heap[child].due_ms) {
            child++;
        }
        if (relay->heap[child].due_ms >= last.due_ms) {
            break;
        }
        relay->heap[at] = relay->heap[child];
        at = child;
    }
    relay->heap[at] = last;
    return first;
}

/* ---- flows ---- */

static struct flow *flow_new(struct relay *relay, const struct sockaddr_in *client)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL || relay->flow_count == FLOWS_MAX) {
        die("flows");
    }
    flow->client = *client;
    flow->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (flow->socket < 0 ||
        connect(flow->socket, (const struct sockaddr *)&relay->server, sizeof relay->server) < 0) {
        die("upstream socket");
    }
    relay->flow_count++;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t mix = relay->seed ^ relay->flow_count << 1 ^ i;
        flow->random[i] = draw(&mix);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = flow};
    if (epoll_ctl(relay->epoll, EPOLL_CTL_ADD, flow->socket, &event) < 0) {
        die("epoll");
    }
    return flow;
}

static struct flow *flow_of(struct relay *relay, const struct sockaddr_in *client)
{
    uint64_t key = (uint64_t)client->sin_addr.s_addr << 16 | client->sin_port;
    struct flow **bucket = &relay->buckets[draw(&key) % BUCKETS];
    for (struct flow *flow = *bucket; flow != NULL; flow = flow->next) {
        if (flow->client.sin_port == client->sin_port &&
            flow->client.sin_addr.s_addr == client->sin_addr.s_addr) {
            return flow;
        }
    }
    struct flow *flow = flow_new(relay, client);
    flow->next = *bucket;
    *bucket = flow;
    return flow;
}

/* ---- datagrams ---- */

/* What the network drops is dropped here too: no error is worth more than a loss. */
static void deliver(const struct relay *relay, const struct flow *flow, enum direction direction,
                    const uint8_t *data, size_t len)
{
    ssize_t sent = direction == UP
                       ? send(flow->socket, data, len, 0)
                       : sendto(relay->socket, data, len, 0, (const struct sockaddr *)&flow->client,
                                sizeof flow->client);
    (void)sent;
}

static bool is_dropped(struct relay *relay, struct flow *flow, enum direction direction,
                       const uint8_t *data, size_t len)
{
    /* RFC 6347 4.1: content type 23, epoch behind the version */
    bool is_application = len > 13 && data[0] == 23 && (data[3] | data[4]) != 0;
    if (relay->is_alternating[direction] && is_application) {
        return flow->records[direction]++ % 2 == 0;
    }
    return happens(&flow->random[direction], relay->loss[direction]);
}

static void delay(struct relay *relay, struct flow *flow, enum direction direction,
                  const uint8_t *data, size_t len)
{
    uint64_t wait_ms = 1 + draw(&flow->random[direction]) % (relay->late_ms + 1);
    uint8_t *copy = malloc(len + 1);
    if (copy == NULL) {
        die("memory");
    }
    memcpy(copy, data, len);
    heap_push(relay, (struct late){now_ms() + wait_ms, flow, direction, len, copy});
    relay->delayed[direction]++;
}

static void carry(struct relay *relay, struct flow *flow, enum direction direction,
                  const uint8_t *data, size_t len)
{
    uint64_t *random = &flow->random[direction];
    bool is_gone = is_dropped(relay, flow, direction, data, len);
    relay->seen[direction]++;
    if (is_gone) {
        relay->lost[direction]++;
        return;
    }
    unsigned copies = 1 + happens(random, relay->dup);
    relay->doubled[direction] += copies - 1;
    for (unsigned i = 0; i < copies; i++) {
        if (happens(random, relay->late)) {
            delay(relay, flow, direction, data, len);
        } else {
            deliver(relay, flow, direction, data, len);
        }
    }
}

static void take_from_clients(struct relay *relay)
{
    uint8_t data[DATAGRAM_MAX];
    for (;;) {
        struct sockaddr_in client;
        socklen_t client_len = sizeof client;
        ssize_t len =
            recvfrom(relay->socket, data, sizeof data, 0, (struct sockaddr *)&client, &client_len);
        if (len <= 0) {
            return;
        }
        carry(relay, flow_of(relay, &client), UP, data, (size_t)len);
    }
}

static void take_from_server(struct relay *relay, struct flow *flow)
{
    uint8_t data[DATAGRAM_MAX];
    ssize_t len;
    while ((len = recv(flow->socket, data, sizeof data, 0)) > 0) {
        carry(relay, flow, DOWN, data, (size_t)len);
    }
}

static int release_due(struct relay *relay)
{
    while (relay->heap_count > 0) {
        uint64_t now = now_ms();
        if (relay->heap[0].due_ms > now) {
            return (int)(relay->heap[0].due_ms - now);
        }
        struct late late = heap_pop(relay);
        deliver(relay, late.flow, late.direction, late.data, late.len);
        free(late.data);
    }
    return -1;
}

/* ---- the program ---- */

static void set_number(unsigned *out, const char *text, unsigned max)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || value > max) {
        fprintf(stderr, "relay: bad number %s\n", text);
        exit(2);
    }
    *out = (unsigned)value;
}

static void set_server(struct relay *relay, const char *text)
{
    char host[64];
    unsigned port;
    if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 65535 ||
        inet_pton(AF_INET, host, &relay->server.sin_addr) != 1) {
        fprintf(stderr, "relay: --to is ADDRESS:PORT\n");
        exit(2);
    }
    relay->server.sin_family = AF_INET;
    relay->server.sin_port = htons((uint16_t)port);
}

static void options(struct relay *relay, int argc, char **argv)
{
    const struct {
        unsigned *target, max;
    } numbers[] = {{&relay->loss[UP], 100},
                   {&relay->loss[DOWN], 100},
                   {&relay->dup, 100},
                   {&relay->late, 100},
                   {&relay->late_ms, 60000}};
    static const struct option names[] = {
        {"up-loss", 1, NULL, 0}, {"down-loss", 1, NULL, 1},   {"dup", 1, NULL, 2},
        {"late", 1, NULL, 3},    {"late-ms", 1, NULL, 4},     {"to", 1, NULL, 't'},
        {"seed", 1, NULL, 's'},  {"alternate", 1, NULL, 'a'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == '?') {
            exit(2);
        } else if (option == 't') {
            set_server(relay, optarg);
        } else if (option == 's') {
            relay->seed = strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15u;
        } else if (option == 'a') {
            relay->is_alternating[strcmp(optarg, "up") == 0 ? UP : DOWN] = true;
        } else {
            set_number(numbers[option].target, optarg, numbers[option].max);
        }
    }
    if (relay->server.sin_port == 0 || optind != argc) {
        fprintf(stderr, "relay: --to ADDRESS:PORT is needed\n");
        exit(2);
    }
}

static void watch(struct relay *relay, int descriptor, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (epoll_ctl(relay->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) {
        die("epoll");
    }
}

static void open_all(struct relay *relay)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t local_len = sizeof local;
    int buffer = 8 << 20;
    relay->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (relay->socket < 0 || relay->epoll < 0 ||
        bind(relay->socket, (struct sockaddr *)&local, sizeof local) < 0 ||
        getsockname(relay->socket, (struct sockaddr *)&local, &local_len) < 0) {
        die("socket");
    }
    setsockopt(relay->socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    relay->signals = signalfd(-1, &set, SFD_CLOEXEC);
    watch(relay, relay->socket, &relay->socket);
    watch(relay, relay->signals, &relay->signals);
    printf("{\"bound\": \"127.0.0.1:%u\"}\n", ntohs(local.sin_port));
    fflush(stdout);
}

static void print_counts(const struct relay *relay)
{
    printf("{\"flows\": %zu", relay->flow_count);
    for (unsigned i = 0; i < 2; i++) {
        printf(", \"%s\": {\"seen\": %llu, \"lost\": %llu, \"doubled\": %llu, \"late\": %llu}",
               i == UP ? "up" : "down", (unsigned long long)relay->seen[i],
               (unsigned long long)relay->lost[i], (unsigned long long)relay->doubled[i],
               (unsigned long long)relay->delayed[i]);
    }
    printf("}\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct relay relay;
    relay.late_ms = 200;
    options(&relay, argc, argv);
    open_all(&relay);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(relay.epoll, events, EVENTS, release_due(&relay));
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &relay.signals) {
                print_counts(&relay);
                return 0;
            }
            if (events[i].data.ptr == &relay.socket) {
                take_from_clients(&relay);
            } else {
                take_from_server(&relay, events[i].data.ptr);
            }
        }
    }
}
