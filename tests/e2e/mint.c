/*
 * Puts a test fleet into a home by pki's bulk writer, as a factory line would.
 *
 *     mint --home HOME --prefix P --count N            adds P-000000 .. and prints what it did
 *     mint --home HOME --prefix P --count N --loop MS  adds batch after batch, for so long
 *
 * Looping, it prints one line a group of the bulk writer, {"group": [FROM_MS, TO_MS]} in
 * milliseconds since 1970: when it wanted the store's lock and when it let go.
 */
#include "pki/bulk.h"
#include "pki/secret.h"
#include "tests/support/fleet.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct mint {
    const char *home, *prefix;
    size_t count;
    uint64_t loop_ms;
    uint64_t group_from_ms; /* the first look at the clock since the last pause */
};

static uint64_t clock_of(clockid_t id, uint64_t units_a_second)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * units_a_second +
           (uint64_t)now.tv_nsec / (1000000000 / units_a_second);
}

static uint64_t now_ms(void)
{
    return clock_of(CLOCK_REALTIME, 1000);
}

static uint64_t pace_clock(void *context)
{
    struct mint *mint = context;
    mint->group_from_ms = mint->group_from_ms != 0 ? mint->group_from_ms : now_ms();
    return clock_of(CLOCK_MONOTONIC, 1000000);
}

static void pace_pause(void *context, uint64_t us)
{
    struct mint *mint = context;
    printf("{\"group\": [%llu, %llu]}\n", (unsigned long long)mint->group_from_ms,
           (unsigned long long)now_ms());
    mint->group_from_ms = 0;
    nanosleep(&(struct timespec){(time_t)(us / 1000000), (long)(us % 1000000) * 1000}, NULL);
}

static bool fail(const char *what, const char *why)
{
    fprintf(stderr, "mint: %s: %s\n", what, why);
    return false;
}

static bool add_all(struct pki_bulk *bulk, const struct mint *mint, size_t from)
{
    for (size_t i = from; i < from + mint->count; i++) {
        struct pki_device device = {.auth = PKI_AUTH_PSK};
        fleet_name(mint->prefix, i, device.endpoint);
        device.identity_len = strlen(device.endpoint);
        memcpy(device.identity, device.endpoint, device.identity_len);
        fleet_key(mint->prefix, i, device.psk);
        device.psk_len = FLEET_KEY_BYTES;
        if (pki_bulk_device_add(bulk, &device) != PKI_OK) {
            return false;
        }
    }
    return true;
}

static bool batch(struct pki_store *store, struct mint *mint, size_t from,
                  struct pki_bulk_report *report)
{
    const struct pki_bulk_pace pace = {pace_clock, pace_pause, mint};
    struct pki_bulk *bulk = NULL;
    enum pki_error error = pki_bulk_open(store, "test fleet", (int64_t)(now_ms() / 1000),
                                         mint->loop_ms > 0 ? &pace : NULL, &bulk);
    if (error != PKI_OK) {
        return fail("bulk", pki_error_text(error));
    }
    bool is_added = add_all(bulk, mint, from);
    error = pki_bulk_close(bulk, report);
    return (is_added && error == PKI_OK) || fail(report->failed, pki_error_text(error));
}

static bool run(struct pki_store *store, struct mint *mint)
{
    uint64_t until_ms = now_ms() + mint->loop_ms;
    uint64_t added = 0, groups = 0;
    do {
        struct pki_bulk_report report = {0};
        if (!batch(store, mint, added, &report)) {
            return false;
        }
        added += report.added;
        groups += report.groups;
    } while (now_ms() < until_ms);
    printf("{\"added\": %llu, \"groups\": %llu}\n", (unsigned long long)added,
           (unsigned long long)groups);
    return true;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"home", 1, NULL, 'h'},
                                          {"prefix", 1, NULL, 'p'},
                                          {"count", 1, NULL, 'c'},
                                          {"loop", 1, NULL, 'l'},
                                          {0}};
    struct mint mint = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'h':
            mint.home = optarg;
            break;
        case 'p':
            mint.prefix = optarg;
            break;
        case 'c':
            mint.count = strtoul(optarg, NULL, 10);
            break;
        case 'l':
            mint.loop_ms = strtoull(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (mint.home == NULL || mint.prefix == NULL || mint.count == 0) {
        fprintf(stderr, "mint: --home, --prefix and --count are needed\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct pki_fault fault = {0};
    struct pki_store *store = NULL;
    const struct pki_store_options options = {0};
    if (pki_secret_setup() != PKI_OK ||
        pki_store_open(mint.home, &options, &store, &fault) != PKI_OK) {
        fail(mint.home, fault.text);
        return 1;
    }
    bool is_good = run(store, &mint);
    pki_store_close(store);
    return is_good ? 0 : 1;
}
