/*
 * What each content format costs:  bench_formats [ROUNDS]
 *
 * Encoding and decoding of a Security instance with a PSK, a Server instance and the two together,
 * the worked examples of lwm2m-encodings.md, as Markdown tables. CPU time of this thread, median of
 * SAMPLES; all formats take turns within a sample, and a ratio is the median of the ratios to TLV
 * sample by sample, so that a drift of the machine's speed meets both. A format that cannot say all
 * in one body says it in several: TLV one for each object, text and CBOR one for each resource.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/lwm2m_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES    15
#define BODIES_MAX 16
#define BODY_MAX   512

#define SECURITY                                                                                   \
    "/0/1/0 s coaps://server1.example.com; /0/1/1 b 0; /0/1/2 i 0; "                               \
    "/0/1/3 o 62333133636332322d663936392d343265632d61643432; /0/1/4 o; "                          \
    "/0/1/5 o 1ca2028d7197c778e9aef5ef69082bea; /0/1/10 i 101"
#define SERVER                                                                                     \
    "/1/0/0 i 101; /1/0/1 i 86400; /1/0/2 i 300; /1/0/3 i 6000; /1/0/5 i 86400; /1/0/6 b 1; "      \
    "/1/0/7 s U"

struct body {
    struct lwm2m_path base;
    const struct lwm2m_leaf *leaves;
    size_t count;
    uint8_t octets[BODY_MAX];
    size_t len;
};

struct way {
    uint16_t format;
    const char *name;
    struct body bodies[BODIES_MAX];
    size_t count, octets;
    double encode_ns[SAMPLES], decode_ns[SAMPLES];
};

static struct way ways[] = {
    {.format = LWM2M_FORMAT_TLV, .name = "TLV"},
    {.format = LWM2M_FORMAT_SENML_CBOR, .name = "SenML CBOR"},
    {.format = LWM2M_FORMAT_LWM2M_CBOR, .name = "LwM2M CBOR"},
    {.format = LWM2M_FORMAT_SENML_JSON, .name = "SenML JSON"},
    {.format = LWM2M_FORMAT_JSON, .name = "JSON of 1.0"},
    {.format = LWM2M_FORMAT_CBOR, .name = "CBOR, by resource"},
    {.format = LWM2M_FORMAT_TEXT, .name = "text, by resource"},
};
#define WAYS (sizeof ways / sizeof ways[0])

static void must(enum lwm2m_error error, const char *what)
{
    if (error != LWM2M_OK) {
        fprintf(stderr, "bench_formats: %s: %s\n", what, lwm2m_error_text(error));
        exit(1);
    }
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* One body to BASE with the leaves under it, from the front of the COUNT at LEAVES. */
static size_t take(struct way *way, struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                   size_t count)
{
    struct body *body = &way->bodies[way->count++];
    *body = (struct body){.base = base, .leaves = leaves};
    while (body->count < count && lwm2m_path_under(leaves[body->count].path, base)) {
        body->count++;
    }
    return body->count;
}

static void divide(struct way *way, const struct lwm2m_content *content)
{
    const struct lwm2m_leaf *const leaves = content->leaves;
    const bool is_single = lwm2m_format_by_number(way->format)->single_only;
    const bool is_mixed = leaves[0].path.id[0] != leaves[content->count - 1].path.id[0];
    way->count = 0;
    for (size_t i = 0; i < content->count;) {
        const struct lwm2m_path path = leaves[i].path;
        const struct lwm2m_path object = lwm2m_path_of(1, path.id[0], 0, 0, 0);
        const struct lwm2m_path whole = is_mixed ? lwm2m_path_of(0, 0, 0, 0, 0)
                                                 : lwm2m_path_of(2, path.id[0], path.id[1], 0, 0);
        const bool is_tlv = way->format == LWM2M_FORMAT_TLV && is_mixed;
        i += take(way, is_single ? path : is_tlv ? object : whole, leaves + i, content->count - i);
    }
}

static double encode_all(struct way *way, unsigned rounds)
{
    const double begun = now_ns();
    for (unsigned round = 0; round < rounds; round++) {
        way->octets = 0;
        for (size_t i = 0; i < way->count; i++) {
            struct body *body = &way->bodies[i];
            must(lwm2m_encode(way->format, body->base, body->leaves, body->count, body->octets,
                              sizeof body->octets, &body->len),
                 way->name);
            way->octets += body->len;
        }
    }
    return (now_ns() - begun) / rounds;
}

static double decode_all(struct way *way, unsigned rounds)
{
    struct lwm2m_content content = {0};
    const double begun = now_ns();
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < way->count; i++) {
            const struct body *body = &way->bodies[i];
            must(lwm2m_decode(way->format, body->base, lwm2m_registry_builtin(), body->octets,
                              body->len, &content),
                 way->name);
            lwm2m_content_clear(&content);
        }
    }
    return (now_ns() - begun) / rounds;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, const double *divisors)
{
    double sorted[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        sorted[i] = values[i] / (divisors ? divisors[i] : 1000);
    }
    qsort(sorted, SAMPLES, sizeof sorted[0], by_value);
    return sorted[SAMPLES / 2];
}

static void measure(const char *title, const char *leaves, unsigned rounds)
{
    struct lwm2m_content content = {0};
    test_leaves_parse(leaves, &content);
    for (size_t i = 0; i < WAYS; i++) {
        divide(&ways[i], &content);
    }
    for (size_t sample = 0; sample < SAMPLES; sample++) {
        for (size_t i = 0; i < WAYS; i++) {
            ways[i].encode_ns[sample] = encode_all(&ways[i], rounds);
            ways[i].decode_ns[sample] = decode_all(&ways[i], rounds);
        }
    }
    printf("| %s | bodies | octets | encode us | times TLV | decode us | times TLV |\n"
           "| --- | --- | --- | --- | --- | --- | --- |\n",
           title);
    for (size_t i = 0; i < WAYS; i++) {
        printf("| %s | %zu | %zu | %.2f | %.1f | %.2f | %.1f |\n", ways[i].name, ways[i].count,
               ways[i].octets, median(ways[i].encode_ns, NULL),
               median(ways[i].encode_ns, ways[0].encode_ns), median(ways[i].decode_ns, NULL),
               median(ways[i].decode_ns, ways[0].decode_ns));
    }
    printf("\n");
    lwm2m_content_clear(&content);
}

int main(int argc, char **argv)
{
    const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;
    if (rounds == 0) {
        fprintf(stderr, "usage: bench_formats [ROUNDS]\n");
        return 2;
    }
    measure("Security, PSK", SECURITY, rounds);
    measure("Server", SERVER, rounds);
    measure("both, a pack", SECURITY "; " SERVER, rounds);
    return 0;
}
