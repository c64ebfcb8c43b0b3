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
#include "pki/bulk.h"
#include "pki/secret.h"
#include "pki/store.h"
#include "tools/sim/client.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEY_LEN = 16, AT_ONCE = 32, SAMPLES = 5, STEPS_MAX = 8, PORT_SPREAD = 200 };

struct server {
    pid_t pid;
    int out, in; /* its pipe to us, ours to it */
    char address[CC_ADDRESS_TEXT];
    clockid_t clock;
};

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

static void die(const char *what)
{
    fprintf(stderr, "bench_bootstrap: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- credentials: the identity's first octets are the key, so that bench_floor needs no store
 * ---- */

static void device_of(unsigned index, char endpoint[static 32], uint8_t key[static KEY_LEN])
{
    snprintf(endpoint, 32, "%08u-bench-device", index);
    memcpy(key, endpoint, KEY_LEN);
}

static void make_home(struct bench *bench)
{
    struct pki_fault fault = {0};
    struct pki_store_options options = {0};
    struct pki_store *store = NULL;
    struct pki_bulk *bulk = NULL;
    char path[128];
    snprintf(bench->home, sizeof bench->home, "/tmp/imprint-bench-XXXXXX");
    if (!mkdtemp(bench->home) || pki_store_init(bench->home, &options, time(NULL), &fault) ||
        pki_store_open(bench->home, &options, &store, &fault) ||
        pki_bulk_open(store, "bench", time(NULL), NULL, &bulk))
        die(fault.text);
    for (unsigned i = 0; i < bench->devices; i++) {
        struct pki_device device = {.auth = PKI_AUTH_PSK, .psk_len = KEY_LEN};
        device_of(i, device.endpoint, device.psk);
        device.identity_len = strlen(device.endpoint);
        memcpy(device.identity, device.endpoint, device.identity_len);
        if (pki_bulk_device_add(bulk, &device))
            die("device");
    }
    if (pki_bulk_close(bulk, NULL))
        die("bulk");
    pki_store_close(store);
    snprintf(path, sizeof path, "%s/policies", bench->home);
    if (mkdir(path, 0700) && errno != EEXIST)
        die(path);
    snprintf(path, sizeof path, "%s/policies/bench.yaml", bench->home);
    FILE *file = fopen(path, "w");
    if (!file)
        die(path);
    fputs("imprint: 1\n"
          "servers:\n"
          "  main: {id: 101, uri: \"coaps://lwm2m.example:5684\", lifetime: 1d}\n"
          "links:\n"
          "  small: {block: 64}\n"
          "policies:\n"
          "  - name: blocks\n"
          "    match: {endpoint: \"0*-blocks\"}\n"
          "    link: small\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "  - name: bench\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "    write: {/3/0: {Timezone: Etc/UTC}}\n",
          file);
    if (fclose(file))
        die(path);
}

static void remove_home(const struct bench *bench)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", bench->home);
    if (system(command) != 0)
        fprintf(stderr, "bench_bootstrap: %s was not removed\n", bench->home);
}

/* ---- servers ---- */

static void spawn(struct server *server, char *const argv[], int report_fd)
{
    int out[2], in[2];
    if (pipe2(out, O_CLOEXEC) || pipe2(in, O_CLOEXEC))
        die("pipe");
    server->pid = fork();
    if (server->pid < 0)
        die("fork");
    if (server->pid == 0) {
        dup2(out[1], report_fd);
        dup2(in[0], STDIN_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    close(out[1]);
    close(in[0]);
    server->out = out[0];
    server->in = in[1];
    if (clock_getcpuclockid(server->pid, &server->clock))
        die("cpu clock");
}

static void read_line(const struct server *server, char *line, size_t capacity)
{
    size_t len = 0;
    while (len + 1 < capacity && read(server->out, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
}

static void start_daemon(const struct bench *bench, struct server *server)
{
    char program[256], workers[16], line[1024] = "", *bound;
    snprintf(program, sizeof program, "%s/imprintd", bench->bin);
    snprintf(workers, sizeof workers, "%u", bench->workers);
    char *argv[] = {program,
                    "--home",
                    (char *)(uintptr_t)bench->home,
                    "--listen",
                    "coaps://127.0.0.1:0",
                    "--workers",
                    workers,
                    NULL};
    spawn(server, argv, STDERR_FILENO);
    read_line(server, line, sizeof line);
    bound = strstr(line, "bound=");
    if (!bound || sscanf(bound, "bound=%63s", server->address) != 1)
        die(line);
    /* The rest of its log is one line an outcome: let a child of ours swallow it. */
    pid_t reader = fork();
    if (reader == 0) {
        char buffer[4096];
        while (read(server->out, buffer, sizeof buffer) > 0)
            continue;
        _exit(0);
    }
}

static void start_floor(const struct bench *bench, struct server *server)
{
    char program[256], line[64] = "";
    snprintf(program, sizeof program, "%s/../tests/bench_floor", bench->bin);
    char *argv[] = {program, NULL};
    spawn(server, argv, STDOUT_FILENO);
    read_line(server, line, sizeof line);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%.8s", line);
}

static void stop(struct server *server)
{
    close(server->in);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->out);
}

static double cpu_us(const struct server *server)
{
    struct timespec now;
    clock_gettime(server->clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double resident_bytes(const struct server *server)
{
    char path[64];
    unsigned long total = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)server->pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%lu %lu", &total, &resident) != 2)
        die(path);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* ---- full bootstraps ---- */

struct flight {
    struct sim_client *client;
    struct sim_device *device;
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8];
    uint8_t key[KEY_LEN];
};

static void take_off(struct bench *bench, const struct server *server, struct flight *flight,
                     unsigned index)
{
    device_of(index, flight->endpoint, flight->key);
    snprintf(flight->uri, sizeof flight->uri, "coaps://%s", server->address);
    const struct sim_factory factory = {.server_uri = flight->uri,
                                        .identity = (const uint8_t *)flight->endpoint,
                                        .identity_len = strlen(flight->endpoint),
                                        .key = flight->key,
                                        .key_len = KEY_LEN};
    flight->device = sim_device_new(&factory);
    const struct sim_client_config config = {
        .device = flight->device,
        .connection = {.uri = flight->uri,
                       .identity = (const uint8_t *)flight->endpoint,
                       .identity_len = strlen(flight->endpoint),
                       .key = flight->key,
                       .key_len = KEY_LEN},
        .endpoint = flight->endpoint,
        .pct = 112,
    };
    flight->client = flight->device ? sim_client_new(bench->hub, &config) : NULL;
    if (!flight->client)
        die("client");
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
static double bootstraps_us(struct bench *bench, const struct server *server)
{
    struct flight flights[AT_ONCE] = {0};
    unsigned started = 0, landed = 0;
    double before = cpu_us(server);
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
            die("poll");
    }
    return (cpu_us(server) - before) / bench->rounds;
}

/* ---- bare handshakes and one exchange, and sessions that stay open ---- */

static void on_opened(void *context, struct cc_session *session)
{
    struct bench *bench = context;
    if (cc_session_data(session)) {
        bench->opened++; /* stays */
        return;
    }
    uint32_t id;
    const struct cc_request request = {.method = CC_GET,
                                       .path = "/.well-known/core",
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = CC_FORMAT_NONE};
    if (cc_session_request(session, &request, &id) != CC_OK)
        die("request");
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    (void)context;
    (void)session;
    (void)request;
    (void)ticket; /* never answered: the server's Block1 body stays pending */
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct bench *bench = context;
    (void)id;
    if (result != CC_RESULT_RESPONSE || !response)
        bench->refused++;
    else
        bench->opened++;
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

static struct cc_session *dial(struct bench *bench, const struct server *server, unsigned index)
{
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8], local[32];
    uint8_t key[KEY_LEN];
    struct cc_session *session = NULL;
    device_of(index, endpoint, key);
    snprintf(uri, sizeof uri, "coaps://%s", server->address);
    snprintf(local, sizeof local, "127.0.%u.1:0", index / PORT_SPREAD % 200 + 1);
    const struct cc_client client = {.uri = uri,
                                     .identity = (const uint8_t *)endpoint,
                                     .identity_len = strlen(endpoint),
                                     .key = key,
                                     .key_len = KEY_LEN,
                                     .bind = local};
    if (cc_endpoint_connect(bench->idle, &client, &session) != CC_OK)
        die("connect (is the limit of open files high enough?)");
    return session;
}

/* ROUNDS handshakes with one exchange each. */
static double handshakes_us(struct bench *bench, const struct server *server)
{
    unsigned started = 0;
    double before = cpu_us(server);
    bench->opened = bench->refused = 0;
    while (bench->opened + bench->refused < bench->rounds) {
        while (started < bench->rounds && started - bench->opened - bench->refused < AT_ONCE)
            dial(bench, server, started++ % AT_ONCE);
        if (cc_endpoint_poll(bench->idle, 5) != CC_OK)
            die("poll");
    }
    if (bench->refused)
        die("an exchange failed");
    return (cpu_us(server) - before) / bench->rounds;
}

/* Opens sessions until COUNT are open. */
static void open_sessions(struct bench *bench, const struct server *server, unsigned have,
                          unsigned count)
{
    unsigned started = have;
    bench->opened = bench->refused = 0;
    while (have + bench->opened < count) {
        while (started < count && started - have - bench->opened < 100) {
            struct cc_session *session = dial(bench, server, AT_ONCE + started++);
            cc_session_data_set(session, bench);
        }
        if (cc_endpoint_poll(bench->idle, 5) != CC_OK || bench->refused)
            die("open sessions");
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

static void measure(struct bench *bench)
{
    struct server floor_server, daemon;
    double floors[SAMPLES], costs[STEPS_MAX][SAMPLES], bare[SAMPLES], empty = 0;
    unsigned have = 0;
    start_floor(bench, &floor_server);
    start_daemon(bench, &daemon);
    (void)bootstraps_us(bench, &daemon); /* warm */
    (void)handshakes_us(bench, &floor_server);
    empty = resident_bytes(&daemon);
    printf("%u bootstraps a sample, %d samples, %u worker%s; microseconds of server CPU, median\n",
           bench->rounds, SAMPLES, bench->workers, bench->workers == 1 ? "" : "s");
    printf("%-52s %10s %10s %12s\n", "", "us", "x floor", "x at first");
    double first = 0, floor_us = 0;
    for (size_t step = 0; step < bench->step_count; step++) {
        open_sessions(bench, &daemon, have, bench->sessions[step]);
        have = bench->sessions[step] > have ? bench->sessions[step] : have;
        double resident = resident_bytes(&daemon);
        for (size_t sample = 0; sample < SAMPLES; sample++) {
            floors[sample] = handshakes_us(bench, &floor_server);
            bare[sample] = handshakes_us(bench, &daemon);
            costs[step][sample] = bootstraps_us(bench, &daemon);
        }
        floor_us = median(floors, SAMPLES);
        double cost = median(costs[step], SAMPLES), handshake = median(bare, SAMPLES);
        first = step ? first : cost;
        printf("floor: bare GnuTLS handshake + one exchange          %10.1f %10.2f\n", floor_us,
               1.0);
        printf("imprintd handshake + one exchange, %6u open       %10.1f %10.2f\n", have, handshake,
               handshake / floor_us);
        printf("imprintd full PSK bootstrap, %6u open             %10.1f %10.2f %12.2f\n", have,
               cost, cost / floor_us, cost / first);
        if (have)
            printf("resident memory an open session                    %10.0f octets\n",
                   (resident - empty) / have);
        fflush(stdout);
    }
    stop(&daemon);
    stop(&floor_server);
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
        die("endpoint");
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
    make_home(&bench);
    open_hubs(&bench);
    measure(&bench);
    cc_endpoint_free(bench.idle);
    sim_hub_close(bench.hub);
    remove_home(&bench);
    return 0;
}
