/*
 * Many simulated devices in one process, bootstrapping at once.
 *
 *     fleet --server coaps://127.0.0.1:5684 --prefix P --count N [--first I] [--seed S]
 *           [--spread MS]     devices start evenly over so long
 *           [--patience MS]   without a request of the server, or an answer to ours
 *           [--retries R] [--limit MS] [--linger MS] [--ack-timeout MS]
 *           [--held FILE]     a line "ENDPOINT SERVER-ID KEY-HEX" for each key a device was written
 *
 * The devices are those of tests/support/fleet.h; each is tools/sim's strict client. Prints one
 * JSON object: how many finished at the first attempt, with retries, failed (and said why), and how
 * many had not ended when the limit was over: hung, which must never be.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/fleet.h"
#include "tools/sim/client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SERVERS_MAX = 4, POLL_MS = 20, REASONS_MAX = 32 };

struct member {
    char name[FLEET_NAME_BYTES];
    uint8_t key[FLEET_KEY_BYTES];
    struct sim_device *device;
    struct sim_client *client; /* NULL: not started, or ended */
    uint8_t held[SERVERS_MAX][FLEET_KEY_BYTES];
    uint64_t start_ms;
    bool is_done;
    struct sim_outcome outcome;
};

struct fleet {
    const char *server, *prefix, *held_path;
    unsigned long count, first, seed, spread_ms, patience_ms, retries, limit_ms, linger_ms, ack_ms;
    FILE *held;
    struct sim_hub *hub;
    struct member *members;
};

static uint64_t random_state;

static void seeded_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)fleet_draw(&random_state);
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- one device ---- */

static bool member_init(const struct fleet *fleet, size_t index, uint64_t from_ms)
{
    struct member *member = &fleet->members[index];
    fleet_name(fleet->prefix, fleet->first + index, member->name);
    fleet_key(fleet->prefix, fleet->first + index, member->key);
    const struct sim_factory factory = {.server_uri = fleet->server,
                                        .identity = (const uint8_t *)member->name,
                                        .identity_len = strlen(member->name),
                                        .key = member->key,
                                        .key_len = sizeof member->key};
    member->device = sim_device_new(&factory);
    member->start_ms = from_ms + fleet->spread_ms * index / fleet->count;
    return member->device != NULL;
}

static bool member_start(const struct fleet *fleet, struct member *member)
{
    const struct sim_client_config config = {
        .device = member->device,
        .connection = {.uri = fleet->server,
                       .identity = (const uint8_t *)member->name,
                       .identity_len = strlen(member->name),
                       .key = member->key,
                       .key_len = sizeof member->key},
        .endpoint = member->name,
        .pct = LWM2M_FORMAT_SENML_CBOR,
        .timeout_ms = (uint32_t)fleet->patience_ms,
        .linger_ms = (uint32_t)fleet->linger_ms,
        .retries = (unsigned)fleet->retries};
    member->client = sim_client_new(fleet->hub, &config);
    return member->client != NULL;
}

/* Tells each key that is new to the device, as soon as it is there. */
static void note_keys(const struct fleet *fleet, struct member *member)
{
    const struct sim_store *store = sim_device_store(member->device);
    size_t server = 0;
    for (size_t i = 0; i < store->count && server < SERVERS_MAX; i++) {
        const struct sim_instance *it = &store->instances[i];
        const struct lwm2m_value *key = sim_instance_value(it, 5);
        const struct lwm2m_value *id = sim_instance_value(it, 10);
        if (it->object != 0 || key == NULL || id == NULL || key->as.bytes.len != FLEET_KEY_BYTES) {
            continue;
        }
        uint8_t *held = member->held[server++];
        if (memcmp(held, key->as.bytes.data, FLEET_KEY_BYTES) != 0) {
            memcpy(held, key->as.bytes.data, FLEET_KEY_BYTES);
            fprintf(fleet->held, "%s %lld ", member->name, (long long)id->as.integer);
            for (size_t k = 0; k < FLEET_KEY_BYTES; k++) {
                fprintf(fleet->held, "%02x", held[k]);
            }
            fputc('\n', fleet->held);
        }
    }
}

static void member_end(struct member *member)
{
    member->outcome = *sim_client_outcome(member->client);
    sim_client_free(member->client);
    member->client = NULL;
    member->is_done = true;
}

static void member_drive(const struct fleet *fleet, struct member *member, uint64_t now)
{
    if (member->is_done || now < member->start_ms) {
        return;
    }
    if (member->client == NULL && !member_start(fleet, member)) {
        fprintf(stderr, "fleet: no memory\n");
        exit(1);
    }
    sim_client_tick(member->client);
    if (fleet->held != NULL) {
        note_keys(fleet, member);
    }
    if (sim_client_is_done(member->client)) {
        member_end(member);
    }
}

/* ---- all ---- */

static bool run(struct fleet *fleet)
{
    uint64_t from_ms = now_ms();
    for (size_t i = 0; i < fleet->count; i++) {
        if (!member_init(fleet, i, from_ms)) {
            return false;
        }
    }
    for (uint64_t now = from_ms; now - from_ms < fleet->limit_ms; now = now_ms()) {
        size_t done = 0;
        for (size_t i = 0; i < fleet->count; i++) {
            member_drive(fleet, &fleet->members[i], now);
            done += fleet->members[i].is_done;
        }
        if (done == fleet->count || sim_hub_poll(fleet->hub, POLL_MS) != CC_OK) {
            break;
        }
    }
    return true;
}

static void print_reasons(const struct fleet *fleet)
{
    const char *reasons[REASONS_MAX];
    unsigned counts[REASONS_MAX];
    size_t known = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct sim_outcome *outcome = &fleet->members[i].outcome;
        size_t at = 0;
        while (at < known && strcmp(reasons[at], outcome->reason) != 0) {
            at++;
        }
        if (outcome->reason[0] == '\0' || at == REASONS_MAX) {
            continue;
        }
        counts[at] = at == known ? 1 : counts[at] + 1;
        reasons[at] = outcome->reason;
        known += at == known;
    }
    printf(", \"reasons\": {");
    for (size_t i = 0; i < known; i++) {
        printf("%s\"%s\": %u", i > 0 ? ", " : "", reasons[i], counts[i]);
    }
    printf("}");
}

static void print_counts(const struct fleet *fleet)
{
    unsigned long first = 0, later = 0, failed = 0, hung = 0, attempts = 0;
    unsigned long long slowest_ms = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct member *member = &fleet->members[i];
        bool is_finished = member->is_done && member->outcome.result == SIM_FINISHED;
        first += is_finished && member->outcome.attempts == 1;
        later += is_finished && member->outcome.attempts > 1;
        failed += member->is_done && !is_finished;
        hung += !member->is_done;
        attempts += member->outcome.attempts;
        slowest_ms =
            member->outcome.duration_ms > slowest_ms ? member->outcome.duration_ms : slowest_ms;
    }
    printf("{\"devices\": %lu, \"first\": %lu, \"later\": %lu, \"failed\": %lu, \"hung\": %lu, "
           "\"attempts\": %lu, \"slowest_ms\": %llu",
           fleet->count, first, later, failed, hung, attempts, slowest_ms);
    print_reasons(fleet);
    printf("}\n");
}

static void clear(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        sim_client_free(fleet->members[i].client);
        sim_device_free(fleet->members[i].device);
    }
    sim_hub_close(fleet->hub);
    free(fleet->members);
    if (fleet->held != NULL) {
        fclose(fleet->held);
    }
}

static bool set_up(struct fleet *fleet)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    random_state = fleet->seed;
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    parameters.ack_timeout_ms = (uint32_t)fleet->ack_ms;
    fleet->members = calloc(fleet->count, sizeof *fleet->members);
    if (fleet->held_path != NULL) {
        fleet->held = fopen(fleet->held_path, "w");
        if (fleet->held == NULL) {
            return false;
        }
        setvbuf(fleet->held, NULL, _IOLBF, 0);
    }
    return fleet->members != NULL && sim_hub_open(&parameters, seeded_random, &fleet->hub) == CC_OK;
}

static void options(struct fleet *fleet, int argc, char **argv)
{
    unsigned long *const numbers[] = {&fleet->count,     &fleet->first,       &fleet->seed,
                                      &fleet->spread_ms, &fleet->patience_ms, &fleet->retries,
                                      &fleet->limit_ms,  &fleet->linger_ms,   &fleet->ack_ms};
    const char **const texts[] = {&fleet->server, &fleet->prefix, &fleet->held_path};
    static const struct option names[] = {{"count", 1, NULL, 0},
                                          {"first", 1, NULL, 1},
                                          {"seed", 1, NULL, 2},
                                          {"spread", 1, NULL, 3},
                                          {"patience", 1, NULL, 4},
                                          {"retries", 1, NULL, 5},
                                          {"limit", 1, NULL, 6},
                                          {"linger", 1, NULL, 7},
                                          {"ack-timeout", 1, NULL, 8},
                                          {"server", 1, NULL, 9},
                                          {"prefix", 1, NULL, 10},
                                          {"held", 1, NULL, 11},
                                          {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == '?') {
            exit(2);
        } else if (option < 9) {
            *numbers[option] = strtoul(optarg, NULL, 10);
        } else {
            *texts[option - 9] = optarg;
        }
    }
    if (fleet->server == NULL || fleet->prefix == NULL || fleet->count == 0) {
        fprintf(stderr, "fleet: --server, --prefix and --count are needed\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct fleet fleet = {
        .patience_ms = 60000, .limit_ms = 60000, .linger_ms = 2000, .ack_ms = 2000, .seed = 1};
    options(&fleet, argc, argv);
    if (!set_up(&fleet) || !run(&fleet)) {
        fprintf(stderr, "fleet: could not start\n");
        return 1;
    }
    print_counts(&fleet);
    clear(&fleet);
    return 0;
}
