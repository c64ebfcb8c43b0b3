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

enum { SAMPLES = 9, STEPS_MAX = 8, STALLED = 1000 };

struct bench {
    const char *bin;
    char homes[3][64];
    unsigned rounds, workers;
    unsigned sessions[STEPS_MAX];
    size_t step_count;
    struct sim_hub *hub;
    struct bench_idle idle;
    unsigned devices[BENCH_KINDS];
    unsigned first_held; /* devices of kind USUAL from here on hold sessions open */
};

/* ---- full bootstraps ---- */

/* Bootstraps of devices that have never come before, or (KEPT) of ones that hold what an earlier
 * one gave them. */
struct course {
    enum bench_kind kind;
    uint16_t version; /* enabler; 0 = 1.1 */
    uint16_t pct, pack;
    struct sim_device **kept; /* BENCH_SAME: of each round */
    unsigned next;            /* device to come */
    bool must_be_spared;      /* nothing may be written */
};

struct flight {
    struct sim_client *client;
    struct sim_device *device;
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8];
    uint8_t key[BENCH_KEY_LEN];
};

static struct sim_device *device_of(const struct course *course, struct flight *flight,
                                    unsigned index)
{
    const struct sim_factory factory = {.version = course->version,
                                        .server_uri = flight->uri,
                                        .identity = (const uint8_t *)flight->endpoint,
                                        .identity_len = strlen(flight->endpoint),
                                        .key = flight->key,
                                        .key_len = BENCH_KEY_LEN};
    struct sim_device **kept = course->kept ? &course->kept[index] : NULL;
    struct sim_device *device = kept && *kept ? *kept : sim_device_new(&factory);
    if (kept)
        *kept = device;
    return device;
}

static void take_off(struct bench *bench, const struct bench_server *server, struct course *course,
                     struct flight *flight)
{
    unsigned index = course->next++;
    if (course->kept)
        index %= bench->rounds;
    bench_device(course->kind * BENCH_KIND_SPAN + index, flight->endpoint, flight->key);
    snprintf(flight->uri, sizeof flight->uri, "coaps://%s", server->address);
    flight->device = device_of(course, flight, index);
    const struct sim_client_config config = {
        .device = flight->device,
        .connection = {.uri = flight->uri,
                       .identity = (const uint8_t *)flight->endpoint,
                       .identity_len = strlen(flight->endpoint),
                       .key = flight->key,
                       .key_len = BENCH_KEY_LEN},
        .endpoint = flight->endpoint,
        .pct = course->pct,
        .pack = course->pack,
    };
    flight->client = flight->device ? sim_client_new(bench->hub, &config) : NULL;
    if (!flight->client)
        bench_die("client");
}

static void fail(const char *endpoint, const char *why)
{
    fprintf(stderr, "bench_bootstrap: %s: %s\n", endpoint, why);
    exit(1);
}

/* A benchmark of something else than what its row says is worse than none. */
static void check(const struct course *course, const struct flight *flight)
{
    const struct sim_outcome *outcome = sim_client_outcome(flight->client);
    if (outcome->result != SIM_FINISHED)
        fail(flight->endpoint, outcome->reason);
    if (outcome->is_packed != (course->pack != 0))
        fail(flight->endpoint, "a pack was wanted or none was");
    for (size_t i = 0; i < outcome->served_count; i++) {
        const struct sim_served *served = &outcome->served[i];
        if (served->method == CC_PUT && course->must_be_spared)
            fail(flight->endpoint, "written to, though nothing had changed");
        if (served->method == CC_PUT && served->format != course->pct)
            fail(flight->endpoint, "written to in another format");
    }
}

static void land(const struct course *course, struct flight *flight)
{
    check(course, flight);
    sim_client_free(flight->client);
    if (!course->kept)
        sim_device_free(flight->device);
    flight->client = NULL;
}

/* ROUNDS bootstraps, BENCH_AT_ONCE at a time; microseconds of server CPU for one. */
static double bootstraps_us(struct bench *bench, const struct bench_server *server,
                            struct course *course)
{
    struct flight flights[BENCH_AT_ONCE] = {0};
    unsigned started = 0, landed = 0;
    double before = bench_cpu_us(server);
    while (landed < bench->rounds) {
        for (size_t i = 0; i < BENCH_AT_ONCE; i++) {
            struct flight *flight = &flights[i];
            if (flight->client && sim_client_is_done(flight->client)) {
                land(course, flight);
                landed++;
            }
            if (!flight->client && started < bench->rounds) {
                take_off(bench, server, course, flight);
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

/* The floor, a daemon without other sessions, one with many, and one for the other courses. */
struct servers {
    struct bench_server floor, empty, full, other;
    struct course at_empty, at_full;
};

static void print_cost(unsigned open, const char *what, double us, double floor_us)
{
    printf("%-8u %-44s %8.1f %8.2f\n", open, what, us, us / floor_us);
}

/* The samples of all take turns, so that a drift of the machine's speed meets all of them. */
static void measure_costs(struct bench *bench, struct servers *servers, unsigned open)
{
    double floors[SAMPLES], bare[SAMPLES], empty[SAMPLES], full[SAMPLES], ratios[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        floors[i] = bench_handshakes_us(&bench->idle, &servers->floor, bench->rounds);
        bare[i] = bench_handshakes_us(&bench->idle, &servers->full, bench->rounds);
        empty[i] = bootstraps_us(bench, &servers->empty, &servers->at_empty);
        full[i] = bootstraps_us(bench, &servers->full, &servers->at_full);
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

/* ---- other courses ---- */

static const struct row {
    const char *what;
    struct course course;
} rows[] = {
    {"verified, SenML CBOR", {.kind = BENCH_CBOR, .pct = 112}},
    {"not verified, SenML CBOR", {.kind = BENCH_NEVER, .pct = 112}},
    {"nothing to do: it holds all of it", {.kind = BENCH_SAME, .pct = 112, .must_be_spared = true}},
    {"verified, TLV", {.kind = BENCH_TLV, .pct = 11542}},
    {"verified, SenML JSON", {.kind = BENCH_JSON, .pct = 110}},
    {"verified, LwM2M CBOR", {.kind = BENCH_LWM2M, .pct = 11544, .version = 0x0102}},
    {"a Bootstrap-Pack, LwM2M CBOR",
     {.kind = BENCH_PACK, .pct = CC_FORMAT_NONE, .pack = 11544, .version = 0x0102}},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void courses_start(struct bench *bench, const struct bench_server *server,
                          struct course courses[static ROWS])
{
    for (size_t r = 0; r < ROWS; r++) {
        courses[r] = rows[r].course;
        if (courses[r].kind == BENCH_SAME) {
            courses[r].must_be_spared = false;
            courses[r].kept = calloc(bench->rounds, sizeof *courses[r].kept);
            if (!courses[r].kept)
                bench_die("devices");
        }
        (void)bootstraps_us(bench, server, &courses[r]);
        courses[r].must_be_spared = rows[r].course.must_be_spared;
    }
}

/* All rows take turns, with the floor among them. */
static void measure_courses(struct bench *bench, const struct servers *servers)
{
    struct course courses[ROWS];
    double floors[SAMPLES], costs[ROWS][SAMPLES], ratios[ROWS][SAMPLES];
    courses_start(bench, &servers->other, courses);
    for (size_t i = 0; i < SAMPLES; i++) {
        floors[i] = bench_handshakes_us(&bench->idle, &servers->floor, bench->rounds);
        for (size_t r = 0; r < ROWS; r++) {
            costs[r][i] = bootstraps_us(bench, &servers->other, &courses[r]);
            ratios[r][i] = costs[r][i] / costs[0][i];
        }
    }
    double floor_us = median(floors, SAMPLES);
    printf("%-8s %-44s %8s %8s %8s\n", "", "", "us", "x floor", "x first");
    for (size_t r = 0; r < ROWS; r++) {
        double us = median(costs[r], SAMPLES);
        printf("%-8u %-44s %8.1f %8.2f %8.2f\n", 0, rows[r].what, us, us / floor_us,
               median(ratios[r], SAMPLES));
    }
    fflush(stdout);
    for (size_t r = 0; r < ROWS; r++) {
        for (unsigned i = 0; courses[r].kept && i < bench->rounds; i++)
            sim_device_free(courses[r].kept[i]);
        free(courses[r].kept);
    }
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
    bench_daemon_start(bench->bin, bench->homes[2], bench->workers, &servers->other);
    servers->at_empty = servers->at_full = (struct course){.kind = BENCH_USUAL, .pct = 112};
    (void)bootstraps_us(bench, &servers->empty, &servers->at_empty); /* warm */
    (void)bootstraps_us(bench, &servers->full, &servers->at_full);
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
        bench_sessions_hold(&bench->idle, &servers.full, bench->first_held + have, more);
        have += more;
        if (more)
            print_memory("resident memory an open session", more, before,
                         bench_resident_bytes(&servers.full));
        measure_costs(bench, &servers, have);
    }
    double before = bench_resident_bytes(&servers.empty);
    bench_sessions_open(&bench->idle, &servers.empty, BENCH_BLOCKS * BENCH_KIND_SPAN, STALLED,
                        BENCH_STALL);
    print_memory("resident memory a bootstrap, body pending", STALLED, before,
                 bench_resident_bytes(&servers.empty));
    measure_courses(bench, &servers);
    bench_server_stop(&servers.full);
    bench_server_stop(&servers.empty);
    bench_server_stop(&servers.other);
    bench_server_stop(&servers.floor);
}

/* ---- command line ---- */

static void take_sessions(struct bench *bench, char *list)
{
    for (char *word = strtok(list, ","); word && bench->step_count < STEPS_MAX;
         word = strtok(NULL, ","))
        bench->sessions[bench->step_count++] = (unsigned)strtoul(word, NULL, 10);
}

/* Every bootstrap is of a device that has not come before, but for BENCH_SAME. */
static void count_devices(struct bench *bench)
{
    unsigned held = 0;
    for (size_t i = 0; i < bench->step_count; i++)
        held = bench->sessions[i] > held ? bench->sessions[i] : held;
    bench->first_held = bench->rounds * (unsigned)(SAMPLES * bench->step_count + 1);
    for (size_t r = 0; r < ROWS; r++)
        bench->devices[rows[r].course.kind] = bench->rounds * (SAMPLES + 1);
    bench->devices[BENCH_SAME] = bench->rounds;
    bench->devices[BENCH_USUAL] = bench->first_held + held;
    bench->devices[BENCH_BLOCKS] = STALLED;
    for (size_t kind = 0; kind < BENCH_KINDS; kind++)
        if (bench->devices[kind] > BENCH_KIND_SPAN)
            fail("devices", "too many rounds");
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
    count_devices(&bench);
    for (size_t i = 0; i < 3; i++)
        bench_home_make(bench.devices, bench.homes[i]);
    open_hubs(&bench);
    measure(&bench);
    cc_endpoint_free(bench.idle.endpoint);
    sim_hub_close(bench.hub);
    for (size_t i = 0; i < 3; i++)
        bench_home_remove(bench.homes[i]);
    return 0;
}
