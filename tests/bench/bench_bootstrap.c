/*
 * What one full PSK bootstrap costs the daemon, beside how many open sessions, and beside the
 * floor: docs/performance.md.
 *
 *     bench_bootstrap --bin build/bench/bin [--sessions 0,1000,20000] [--rounds 2000] [--workers 1]
 *
 * Runs the real imprintd on loopback with a home of its own, and bench_floor in the same run.
 * Server CPU is the process's own clock (user and system), so what the client costs does not count.
 * The measurements alternate, so that a drift of the machine's speed meets all of them; printed are
 * medians and ratios. Memory is the resident set of the daemon.
 */
#include "bootstrap/coap/endpoint.h"
#include "pki/secret.h"
#include "tests/bench/server.h"
#include "tools/sim/client.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { AT_ONCE = 32, SAMPLES = 5, STEPS_MAX = 8, PORT_SPREAD = 200, STALLED = 1000 };

struct bench {
    const char *bin;
    char home[64];
    unsigned rounds, workers;
    unsigned sessions[STEPS_MAX];
    size_t step_count;
    struct sim_hub *hub;
    struct cc_endpoint *idle; /* holds the open sessions */
    unsigned opened, refused;
    unsigned devices;
};

/* ---- full bootstraps ---- */

struct flight {
    struct sim_client *client;
    struct sim_device *device;
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8];
    uint8_t key[BENCH_KEY_LEN];
};

static void take_off(struct bench *bench, const struct bench_server *server, struct flight *flight,
                     unsigned index)
{
    bench_device(index, flight->endpoint, flight->key);
    snprintf(flight->uri, sizeof flight->uri, "coaps://%s", server->address);
    const struct sim_factory factory = {.server_uri = flight->uri,
                                        .identity = (const uint8_t *)flight->endpoint,
                                        .identity_len = strlen(flight->endpoint),
                                        .key = flight->key,
                                        .key_len = BENCH_KEY_LEN};
    flight->device = sim_device_new(&factory);
    const struct sim_client_config config = {
        .device = flight->device,
        .connection = {.uri = flight->uri,
                       .identity = (const uint8_t *)flight->endpoint,
                       .identity_len = strlen(flight->endpoint),
                       .key = flight->key,
                       .key_len = BENCH_KEY_LEN},
        .endpoint = flight->endpoint,
        .pct = 112,
    };
    flight->client = flight->device ? sim_client_new(bench->hub, &config) : NULL;
    if (!flight->client)
        bench_die("client");
}

static void land(struct flight *flight)
{
    if (sim_client_outcome(flight->client)->result != SIM_FINISHED) {
        fprintf(stderr, "bench_bootstrap: a bootstrap failed: %s\n",
                sim_client_outcome(flight->client)->reason);
        exit(1);
    }
    sim_client_free(flight->client);
    sim_device_free(flight->device);
    flight->client = NULL;
}

/* ROUNDS bootstraps, AT_ONCE at a time; microseconds of server CPU for one. */
static double bootstraps_us(struct bench *bench, const struct bench_server *server)
{
    struct flight flights[AT_ONCE] = {0};
    unsigned started = 0, landed = 0;
    double before = bench_cpu_us(server);
    while (landed < bench->rounds) {
        for (size_t i = 0; i < AT_ONCE; i++) {
            struct flight *flight = &flights[i];
            if (flight->client && sim_client_is_done(flight->client)) {
                land(flight);
                landed++;
            }
            if (!flight->client && started < bench->rounds) {
                take_off(bench, server, flight, (unsigned)i);
                started++;
            }
            if (flight->client)
                sim_client_tick(flight->client);
        }
        if (sim_hub_poll(bench->hub, 5) != CC_OK)
            bench_die("poll");
    }
    return (bench_cpu_us(server) - before) / bench->rounds;
}

/* ---- bare handshakes and one exchange, and sessions that stay open ---- */

/* What a session of the idle endpoint is for; kept as its data. */
enum purpose { EXCHANGE, STAY, STALL };
static const enum purpose purposes[] = {EXCHANGE, STAY, STALL};

static enum purpose purpose_of(const struct cc_session *session)
{
    return *(const enum purpose *)cc_session_data(session);
}

static void on_opened(void *context, struct cc_session *session)
{
    struct bench *bench = context;
    enum purpose purpose = purpose_of(session);
    if (purpose == STAY) {
        bench->opened++;
        return;
    }
    uint32_t id;
    const struct cc_request request = {.method = purpose == STALL ? CC_POST : CC_GET,
                                       .path = purpose == STALL ? "/bs" : "/.well-known/core",
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = CC_FORMAT_NONE};
    if (cc_session_request(session, &request, &id) != CC_OK)
        bench_die("request");
}

/* A device that goes along until its first Write, whose answer never comes: the server's Block1
 * body stays pending. */
static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    static const char shown[] = "</>;lwm2m=1.1,</0/0>,</1>,</3/0>";
    struct bench *bench = context;
    struct cc_response response = {.code = CC_DELETED, .content_format = CC_FORMAT_NONE};
    if (request->code == CC_PUT) {
        bench->opened++;
        return;
    }
    if (request->code == CC_GET)
        response = (struct cc_response){.code = CC_CONTENT,
                                        .content_format = 40,
                                        .payload = (const uint8_t *)shown,
                                        .payload_len = sizeof shown - 1};
    if (cc_session_respond(session, ticket, &response) != CC_OK)
        bench_die("response");
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct bench *bench = context;
    (void)id;
    if (result != CC_RESULT_RESPONSE || !response)
        bench->refused++;
    else if (purpose_of(session) == EXCHANGE)
        bench->opened++;
    if (purpose_of(session) == EXCHANGE)
        cc_session_close_later(session, 0);
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    (void)context;
    (void)session;
    (void)reason;
}

static void on_refused(void *context, const char *peer, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    struct bench *bench = context;
    (void)identity;
    (void)identity_len;
    fprintf(stderr, "bench_bootstrap: %s: %s\n", peer, cc_refusal_text(refusal));
    bench->refused++;
}

static const struct cc_handlers handlers = {.opened = on_opened,
                                            .request = on_request,
                                            .response = on_response,
                                            .closed = on_closed,
                                            .refused = on_refused};

static void dial(struct bench *bench, const struct bench_server *server, unsigned index,
                 enum purpose purpose)
{
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8], local[32];
    uint8_t key[BENCH_KEY_LEN];
    struct cc_session *session = NULL;
    bench_device(index, endpoint, key);
    snprintf(uri, sizeof uri, "coaps://%s", server->address);
    snprintf(local, sizeof local, "127.0.%u.1:0", index / PORT_SPREAD % 200 + 1);
    const struct cc_client client = {.uri = uri,
                                     .identity = (const uint8_t *)endpoint,
                                     .identity_len = strlen(endpoint),
                                     .key = key,
                                     .key_len = BENCH_KEY_LEN,
                                     .bind = local};
    if (cc_endpoint_connect(bench->idle, &client, &session) != CC_OK)
        bench_die("connect (is the limit of open files high enough?)");
    cc_session_data_set(session, (void *)(uintptr_t)&purposes[purpose]);
}

/* ROUNDS handshakes with one exchange each. */
static double handshakes_us(struct bench *bench, const struct bench_server *server)
{
    unsigned started = 0;
    double before = bench_cpu_us(server);
    bench->opened = bench->refused = 0;
    while (bench->opened + bench->refused < bench->rounds) {
        while (started < bench->rounds && started - bench->opened - bench->refused < AT_ONCE)
            dial(bench, server, started++ % AT_ONCE, EXCHANGE);
        if (cc_endpoint_poll(bench->idle, 5) != CC_OK)
            bench_die("poll");
    }
    if (bench->refused)
        bench_die("an exchange failed");
    return (bench_cpu_us(server) - before) / bench->rounds;
}

/* COUNT sessions more, of devices FROM on, each brought as far as PURPOSE says. */
static void open_sessions(struct bench *bench, const struct bench_server *server, unsigned from,
                          unsigned count, enum purpose purpose)
{
    unsigned started = 0;
    bench->opened = bench->refused = 0;
    while (bench->opened < count) {
        while (started < count && started - bench->opened < 100)
            dial(bench, server, from + started++, purpose);
        if (cc_endpoint_poll(bench->idle, 5) != CC_OK || bench->refused)
            bench_die("open sessions");
    }
}

/* ---- the table ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

struct servers {
    struct bench_server floor, daemon;
};

/* One row of each kind, with SESSIONS open; returns the cost of a full bootstrap. */
static double measure_costs(struct bench *bench, const struct servers *servers, unsigned sessions,
                            double first)
{
    double floors[SAMPLES], bare[SAMPLES], full[SAMPLES];
    for (size_t sample = 0; sample < SAMPLES; sample++) {
        floors[sample] = handshakes_us(bench, &servers->floor);
        bare[sample] = handshakes_us(bench, &servers->daemon);
        full[sample] = bootstraps_us(bench, &servers->daemon);
    }
    double floor_us = median(floors, SAMPLES), bare_us = median(bare, SAMPLES),
           full_us = median(full, SAMPLES);
    printf("%-10u %-46s %8.1f %8.2f\n", sessions, "floor: bare GnuTLS handshake + one exchange",
           floor_us, 1.0);
    printf("%-10u %-46s %8.1f %8.2f\n", sessions, "imprintd: handshake + one exchange", bare_us,
           bare_us / floor_us);
    printf("%-10u %-46s %8.1f %8.2f %8.2f\n", sessions, "imprintd: full PSK bootstrap", full_us,
           full_us / floor_us, first > 0 ? full_us / first : 1.0);
    fflush(stdout);
    return full_us;
}

static void print_memory(const char *what, unsigned sessions, double before, double after)
{
    printf("%-10u %-46s %8.0f octets\n", sessions, what, (after - before) / sessions);
    fflush(stdout);
}

static void measure(struct bench *bench)
{
    struct servers servers;
    double first = 0;
    unsigned have = 0;
    bench_floor_start(bench->bin, &servers.floor);
    bench_daemon_start(bench->bin, bench->home, bench->workers, &servers.daemon);
    (void)bootstraps_us(bench, &servers.daemon); /* warm */
    (void)handshakes_us(bench, &servers.floor);
    printf(
        "%u bootstraps a sample, %d samples, %d at once, %u worker%s; server CPU in us, median\n",
        bench->rounds, SAMPLES, AT_ONCE, bench->workers, bench->workers == 1 ? "" : "s");
    printf("%-10s %-46s %8s %8s %8s\n", "open", "", "us", "x floor", "x first");
    for (size_t step = 0; step < bench->step_count; step++) {
        double before = bench_resident_bytes(&servers.daemon);
        unsigned more = bench->sessions[step] > have ? bench->sessions[step] - have : 0;
        open_sessions(bench, &servers.daemon, AT_ONCE + have, more, STAY);
        have += more;
        if (more)
            print_memory("resident memory an open session", more, before,
                         bench_resident_bytes(&servers.daemon));
        double full_us = measure_costs(bench, &servers, have, first);
        first = first > 0 ? first : full_us;
    }
    double before = bench_resident_bytes(&servers.daemon);
    open_sessions(bench, &servers.daemon, BENCH_BLOCKWISE, STALLED, STALL);
    print_memory("resident memory a bootstrap, Block1 body pending", STALLED, before,
                 bench_resident_bytes(&servers.daemon));
    bench_server_stop(&servers.daemon);
    bench_server_stop(&servers.floor);
}

/* ---- command line ---- */

static void take_sessions(struct bench *bench, char *list)
{
    for (char *word = strtok(list, ","); word && bench->step_count < STEPS_MAX;
         word = strtok(NULL, ","))
        bench->sessions[bench->step_count++] = (unsigned)strtoul(word, NULL, 10);
}

static void raise_file_limit(void)
{
    struct rlimit limit = {65536, 65536};
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void open_hubs(struct bench *bench)
{
    struct cc_endpoint_config config = {.handlers = &handlers,
                                        .context = bench,
                                        .random = pki_secret_random,
                                        .idle_ms = 3600000,
                                        .sessions_max = 100000};
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    config.parameters = parameters;
    if (sim_hub_open(&parameters, pki_secret_random, &bench->hub) ||
        cc_endpoint_new(&config, &bench->idle))
        bench_die("endpoint");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"bin", required_argument, NULL, 'b'},
                                            {"sessions", required_argument, NULL, 's'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"workers", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    struct bench bench = {.bin = "build/bench/bin", .rounds = 2000, .workers = 1};
    char defaults[] = "0,1000,20000";
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            bench.bin = optarg;
        else if (option == 's')
            take_sessions(&bench, optarg);
        else if (option == 'r')
            bench.rounds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'w')
            bench.workers = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (!bench.step_count)
        take_sessions(&bench, defaults);
    if (!bench.rounds || pki_secret_setup() != PKI_OK)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    for (size_t i = 0; i < bench.step_count; i++)
        bench.devices = bench.sessions[i] > bench.devices ? bench.sessions[i] : bench.devices;
    bench.devices += AT_ONCE;
    bench_home_make(bench.devices, STALLED, bench.home);
    open_hubs(&bench);
    measure(&bench);
    cc_endpoint_free(bench.idle);
    sim_hub_close(bench.hub);
    bench_home_remove(bench.home);
    return 0;
}
