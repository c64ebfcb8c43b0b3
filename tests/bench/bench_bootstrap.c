/*
 * What one full PSK bootstrap costs the daemon, beside how many open sessions, and beside the
 * floor: docs/performance.md.
 *
 *     bench_bootstrap --bin build/bench/bin [--sessions 1000,20000] [--rounds 2000] [--workers 1]
 *
 * Runs the real imprintd on loopback with a home of its own, and bench_floor in the same run.
 * Server CPU is the process's own clock (user and system), so what the client costs does not count.
 * The measurements alternate, so that a drift of the machine's speed meets all of them; printed are
 * medians and ratios. Memory is the resident set of the daemon.
 */
#include "bootstrap/coap/endpoint.h"
#include "pki/secret.h"
#include "tests/bench/idle.h"
#include "tools/sim/client.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The daemon paces a device that comes again and again: each of POOL comes now and then. */
enum { SAMPLES = 9, STEPS_MAX = 8, STALLED = 1000, POOL = 8192 };

struct bench {
    const char *bin;
    char homes[2][64];
    unsigned rounds, workers;
    unsigned sessions[STEPS_MAX];
    size_t step_count;
    struct sim_hub *hub;
    struct bench_idle idle;
    unsigned devices;
    unsigned next; /* device to come */
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

/* ROUNDS bootstraps, BENCH_AT_ONCE at a time; microseconds of server CPU for one. */
static double bootstraps_us(struct bench *bench, const struct bench_server *server)
{
    struct flight flights[BENCH_AT_ONCE] = {0};
    unsigned started = 0, landed = 0;
    double before = bench_cpu_us(server);
    while (landed < bench->rounds) {
        for (size_t i = 0; i < BENCH_AT_ONCE; i++) {
            struct flight *flight = &flights[i];
            if (flight->client && sim_client_is_done(flight->client)) {
                land(flight);
                landed++;
            }
            if (!flight->client && started < bench->rounds) {
                take_off(bench, server, flight, bench->next++ % POOL);
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

/* The floor, a daemon without other sessions, and one with many. */
struct servers {
    struct bench_server floor, empty, full;
};

static void print_cost(unsigned open, const char *what, double us, double floor_us)
{
    printf("%-8u %-44s %8.1f %8.2f\n", open, what, us, us / floor_us);
}

/* The samples of all take turns, so that a drift of the machine's speed meets all of them. */
static void measure_costs(struct bench *bench, const struct servers *servers, unsigned open)
{
    double floors[SAMPLES], bare[SAMPLES], empty[SAMPLES], full[SAMPLES], ratios[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        floors[i] = bench_handshakes_us(&bench->idle, &servers->floor, bench->rounds);
        bare[i] = bench_handshakes_us(&bench->idle, &servers->full, bench->rounds);
        empty[i] = bootstraps_us(bench, &servers->empty);
        full[i] = bootstraps_us(bench, &servers->full);
        ratios[i] = full[i] / empty[i];
    }
    double floor_us = median(floors, SAMPLES);
    print_cost(0, "floor: bare GnuTLS handshake + one exchange", floor_us, floor_us);
    print_cost(open, "imprintd: handshake + one exchange", median(bare, SAMPLES), floor_us);
    print_cost(0, "imprintd: full PSK bootstrap", median(empty, SAMPLES), floor_us);
    print_cost(open, "imprintd: full PSK bootstrap", median(full, SAMPLES), floor_us);
    printf("%-8u %-44s %17.2f\n", open, "the same beside none, pair by pair",
           median(ratios, SAMPLES));
    fflush(stdout);
}

static void print_memory(const char *what, unsigned sessions, double before, double after)
{
    printf("%-8u %-44s %8.0f octets\n", sessions, what, (after - before) / sessions);
    fflush(stdout);
}

static void start(struct bench *bench, struct servers *servers)
{
    bench_floor_start(bench->bin, &servers->floor);
    bench_daemon_start(bench->bin, bench->homes[0], bench->workers, &servers->empty);
    bench_daemon_start(bench->bin, bench->homes[1], bench->workers, &servers->full);
    (void)bootstraps_us(bench, &servers->empty); /* warm */
    (void)bootstraps_us(bench, &servers->full);
    (void)bench_handshakes_us(&bench->idle, &servers->floor, bench->rounds);
}

static void measure(struct bench *bench)
{
    struct servers servers;
    unsigned have = 0;
    start(bench, &servers);
    printf("%u bootstraps a sample, %d samples, %d at once, %u worker%s; server CPU, medians\n",
           bench->rounds, SAMPLES, BENCH_AT_ONCE, bench->workers, bench->workers == 1 ? "" : "s");
    printf("%-8s %-44s %8s %8s\n", "open", "", "us", "x floor");
    for (size_t step = 0; step < bench->step_count; step++) {
        double before = bench_resident_bytes(&servers.full);
        unsigned more = bench->sessions[step] > have ? bench->sessions[step] - have : 0;
        bench_sessions_hold(&bench->idle, &servers.full, POOL + have, more);
        have += more;
        if (more)
            print_memory("resident memory an open session", more, before,
                         bench_resident_bytes(&servers.full));
        measure_costs(bench, &servers, have);
    }
    double before = bench_resident_bytes(&servers.empty);
    bench_sessions_open(&bench->idle, &servers.empty, BENCH_BLOCKWISE, STALLED, BENCH_STALL);
    print_memory("resident memory a bootstrap, body pending", STALLED, before,
                 bench_resident_bytes(&servers.empty));
    bench_server_stop(&servers.full);
    bench_server_stop(&servers.empty);
    bench_server_stop(&servers.floor);
}

/* ---- command line ---- */

static void take_sessions(struct bench *bench, char *list)
{
    for (char *word = strtok(list, ","); word && bench->step_count < STEPS_MAX;
         word = strtok(NULL, ","))
        bench->sessions[bench->step_count++] = (unsigned)strtoul(word, NULL, 10);
}

static void open_hubs(struct bench *bench)
{
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    if (sim_hub_open(&parameters, pki_secret_random, &bench->hub))
        bench_die("endpoint");
    bench_idle_open(&bench->idle);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"bin", required_argument, NULL, 'b'},
                                            {"sessions", required_argument, NULL, 's'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"workers", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    struct bench bench = {.bin = "build/bench/bin", .rounds = 2000, .workers = 1};
    char defaults[] = "1000,20000";
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
    for (size_t i = 0; i < bench.step_count; i++)
        bench.devices = bench.sessions[i] > bench.devices ? bench.sessions[i] : bench.devices;
    bench.devices += POOL;
    for (size_t i = 0; i < 2; i++)
        bench_home_make(bench.devices, STALLED, bench.homes[i]);
    open_hubs(&bench);
    measure(&bench);
    cc_endpoint_free(bench.idle.endpoint);
    sim_hub_close(bench.hub);
    for (size_t i = 0; i < 2; i++)
        bench_home_remove(bench.homes[i]);
    return 0;
}
