#include "tests/bench/server.h"

#include "pki/bulk.h"
#include "pki/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void bench_die(const char *what)
{
    fprintf(stderr, "benchmark: %s: %s\n", what, strerror(errno));
    exit(1);
}

static const char *const kind_names[BENCH_KINDS] = {
    [BENCH_USUAL] = "usual", [BENCH_NEVER] = "never", [BENCH_SAME] = "same",
    [BENCH_TLV] = "tlv",     [BENCH_CBOR] = "cbor",   [BENCH_JSON] = "json",
    [BENCH_LWM2M] = "lwm2m", [BENCH_PACK] = "pack",   [BENCH_BLOCKS] = "blocks"};

void bench_device(unsigned index, char endpoint[static 32], uint8_t key[static BENCH_KEY_LEN])
{
    snprintf(endpoint, 32, "%08u-%s-device", index,
             kind_names[index / BENCH_KIND_SPAN % BENCH_KINDS]);
    memcpy(key, endpoint, BENCH_KEY_LEN);
}

static void add_devices(struct pki_bulk *bulk, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        struct pki_device device = {.auth = PKI_AUTH_PSK, .psk_len = BENCH_KEY_LEN};
        bench_device(i, device.endpoint, device.psk);
        device.identity_len = strlen(device.endpoint);
        memcpy(device.identity, device.endpoint, device.identity_len);
        if (pki_bulk_device_add(bulk, &device))
            bench_die("device");
    }
}

static void write_policy(const char *home)
{
    char path[128];
    snprintf(path, sizeof path, "%s/policies", home);
    if (mkdir(path, 0700) && errno != EEXIST)
        bench_die(path);
    snprintf(path, sizeof path, "%s/policies/bench.yaml", home);
    FILE *file = fopen(path, "w");
    if (!file)
        bench_die(path);
    fputs("imprint: 1\n"
          "servers:\n"
          "  main: {id: 101, uri: \"coaps://lwm2m.example:5684\", lifetime: 1d}\n"
          "links:\n"
          "  small: {block: 64}\n"
          "policies:\n"
          "  - name: blocks\n"
          "    match: {endpoint: \"*-blocks-*\"}\n"
          "    link: small\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "  - name: never\n"
          "    match: {endpoint: \"*-never-*\"}\n"
          "    verify: never\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "    write: {/3/0: {Timezone: Etc/UTC}}\n"
          "  - name: pack\n"
          "    match: {endpoint: \"*-pack-*\"}\n"
          "    pack: true\n"
          "    client: {bootstrap-instance: 0}\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "    write: {/3/0: {Timezone: Etc/UTC}}\n"
          "  - name: usual\n"
          "    servers: {main: {psk: {bytes: 16, identity: \"{endpoint}/{id}\"}}}\n"
          "    write: {/3/0: {Timezone: Etc/UTC}}\n",
          file);
    if (fclose(file))
        bench_die(path);
}

void bench_home_make(const unsigned devices[static BENCH_KINDS], char home[static 64])
{
    struct pki_fault fault = {0};
    struct pki_store_options options = {0};
    struct pki_store *store = NULL;
    struct pki_bulk *bulk = NULL;
    snprintf(home, 64, "/tmp/imprint-bench-XXXXXX");
    if (!mkdtemp(home) || pki_store_init(home, &options, time(NULL), &fault) ||
        pki_store_open(home, &options, &store, &fault) ||
        pki_bulk_open(store, "bench", time(NULL), NULL, &bulk))
        bench_die(fault.text);
    for (unsigned kind = 0; kind < BENCH_KINDS; kind++)
        add_devices(bulk, kind * BENCH_KIND_SPAN, devices[kind]);
    if (pki_bulk_close(bulk, NULL))
        bench_die("bulk");
    pki_store_close(store);
    write_policy(home);
}

void bench_home_remove(const char *home)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    if (system(command) != 0)
        fprintf(stderr, "bench_bootstrap: %s was not removed\n", home);
}

static void spawn(struct bench_server *server, char *const argv[], int report_fd)
{
    int out[2], in[2];
    if (pipe2(out, O_CLOEXEC) || pipe2(in, O_CLOEXEC))
        bench_die("pipe");
    server->pid = fork();
    if (server->pid < 0)
        bench_die("fork");
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a benchmark that fails leaves none behind */
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
        bench_die("cpu clock");
}

static void read_line(const struct bench_server *server, char *line, size_t capacity)
{
    size_t len = 0;
    while (len + 1 < capacity && read(server->out, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
}

void bench_daemon_start(const char *bin, const char *home, unsigned workers_count,
                        struct bench_server *server)
{
    char program[256], workers[16], line[1024] = "", *bound;
    snprintf(program, sizeof program, "%s/imprintd", bin);
    snprintf(workers, sizeof workers, "%u", workers_count);
    char *argv[] = {
        program, "--home", (char *)(uintptr_t)home, "--listen", "coaps://127.0.0.1:0", "--workers",
        workers, NULL};
    spawn(server, argv, STDERR_FILENO);
    read_line(server, line, sizeof line);
    bound = strstr(line, "bound=");
    if (!bound || sscanf(bound, "bound=%63s", server->address) != 1)
        bench_die(line);
    /* The rest of its log is one line an outcome: let a child of ours swallow it. */
    pid_t reader = fork();
    if (reader == 0) {
        char buffer[4096];
        while (read(server->out, buffer, sizeof buffer) > 0)
            continue;
        _exit(0);
    }
}

void bench_floor_start(const char *bin, struct bench_server *server)
{
    char program[256], line[64] = "";
    snprintf(program, sizeof program, "%s/../tests/bench_floor", bin);
    char *argv[] = {program, NULL};
    spawn(server, argv, STDOUT_FILENO);
    read_line(server, line, sizeof line);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%.8s", line);
}

void bench_server_stop(struct bench_server *server)
{
    close(server->in);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->out);
}

double bench_cpu_us(const struct bench_server *server)
{
    struct timespec now;
    clock_gettime(server->clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

double bench_resident_bytes(const struct bench_server *server)
{
    char path[64];
    unsigned long total = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)server->pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%lu %lu", &total, &resident) != 2)
        bench_die(path);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}
