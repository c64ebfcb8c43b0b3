/*
 * Properties over random instances of the built-in objects and of one that has every type, from a
 * seeded generator: each format reads back what it wrote, all formats mean the same, the same
 * leaves in any order are the same octets, and no damaged octet is read past its end.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUNS    2000
#define OUT_MAX 65536

/* xorshift64*: the same sequence on every machine. */
static uint64_t seed = 0x9e3779b97f4a7c15U;

static uint64_t next_random(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1dU;
}

static unsigned below(unsigned bound)
{
    return (unsigned)(next_random() >> 33) % bound;
}

/* Numbers of every width, the borders of each more often than the rest. */
static uint64_t random_number(void)
{
    const uint64_t number = next_random() >> below(64);
    const uint64_t border = UINT64_C(1) << below(64);
    return below(2) ? number : border - below(2);
}

/* Any double but those that JSON has no number for. */
static double random_real(void)
{
    static const double borders[] = {0.0,     -0.0,        5e-324,     2.2250738585072014e-308,
                                     1e21,    0.1,         16777217.0, 1.7976931348623157e308,
                                     -1e-300, 4294967296.0};
    const uint64_t bits = next_random();
    double real;
    memcpy(&real, &bits, sizeof real);
    if (below(3) == 0 || !isfinite(real)) {
        return borders[below(sizeof borders / sizeof borders[0])];
    }
    return below(2) ? real : (double)below(100000) / 8;
}

/* One to four octets of a character that any string may hold. */
static size_t random_character(uint8_t *octets)
{
    static const char *const wide[] = {
        "\x7f",         "\xc2\x80",     "\xc3\xa9",         "\xe2\x82\xac",
        "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    if (below(4) > 0) {
        octets[0] = (uint8_t)(1 + below(127));
        return 1;
    }
    const char *character = wide[below(sizeof wide / sizeof wide[0])];
    memcpy(octets, character, strlen(character));
    return strlen(character);
}

static struct lwm2m_value random_bytes(enum lwm2m_type type, uint8_t *octets, size_t capacity)
{
    const size_t len = below(8) == 0 ? below((unsigned)capacity - 3) : below(16);
    size_t used = 0;
    while (used < len) {
        if (type == LWM2M_OPAQUE) {
            octets[used++] = (uint8_t)below(256);
        } else {
            used += random_character(octets + used);
        }
    }
    return (struct lwm2m_value){.type = type, .as.bytes = {octets, used}};
}

static struct lwm2m_value random_value(enum lwm2m_type type, uint8_t *octets, size_t capacity)
{
    struct lwm2m_value value = {.type = type};
    switch (type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        value.as.integer = (int64_t)(random_number() >> 1);
        value.as.integer = below(2) ? value.as.integer : -1 - value.as.integer;
        break;
    case LWM2M_UNSIGNED:
        value.as.uinteger = random_number();
        break;
    case LWM2M_FLOAT:
        value.as.real = random_real();
        break;
    case LWM2M_BOOLEAN:
        value.as.boolean = below(2);
        break;
    case LWM2M_OBJLNK:
        value.as.link.object = (uint16_t)random_number();
        value.as.link.instance = (uint16_t)random_number();
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        return random_bytes(type, octets, capacity);
    case LWM2M_NONE:
        break;
    }
    return value;
}

/* Each type, as one value and as several. */
static const struct lwm2m_resource typed[] = {
    {.id = 0, .name = "String", .type = LWM2M_STRING},
    {.id = 1, .name = "Integer", .type = LWM2M_INTEGER},
    {.id = 2, .name = "Unsigned", .type = LWM2M_UNSIGNED},
    {.id = 3, .name = "Float", .type = LWM2M_FLOAT},
    {.id = 4, .name = "Boolean", .type = LWM2M_BOOLEAN},
    {.id = 5, .name = "Opaque", .type = LWM2M_OPAQUE},
    {.id = 6, .name = "Time", .type = LWM2M_TIME},
    {.id = 7, .name = "Link", .type = LWM2M_OBJLNK},
    {.id = 8, .name = "Core Link", .type = LWM2M_CORELNK},
    {.id = 300, .name = "Strings", .type = LWM2M_STRING, .is_multiple = true},
    {.id = 301, .name = "Integers", .type = LWM2M_INTEGER, .is_multiple = true},
    {.id = 302, .name = "Unsigneds", .type = LWM2M_UNSIGNED, .is_multiple = true},
    {.id = 303, .name = "Floats", .type = LWM2M_FLOAT, .is_multiple = true},
    {.id = 304, .name = "Booleans", .type = LWM2M_BOOLEAN, .is_multiple = true},
    {.id = 305, .name = "Opaques", .type = LWM2M_OPAQUE, .is_multiple = true},
    {.id = 306, .name = "Times", .type = LWM2M_TIME, .is_multiple = true},
    {.id = 307, .name = "Links", .type = LWM2M_OBJLNK, .is_multiple = true},
    {.id = 65534, .name = "Core Links", .type = LWM2M_CORELNK, .is_multiple = true},
};
static const struct lwm2m_object all_types = {.id = 65534,
                                              .name = "All Types",
                                              .resources = typed,
                                              .resource_count = sizeof typed / sizeof typed[0]};

static const struct lwm2m_registry *registry(void)
{
    static const struct lwm2m_object *objects[16];
    static struct lwm2m_registry all = {objects, 0};
    const struct lwm2m_registry *builtin = lwm2m_registry_builtin();
    if (all.object_count == 0) {
        assert_true(builtin->object_count < 16);
        memcpy(objects, builtin->objects, builtin->object_count * sizeof(objects[0]));
        objects[builtin->object_count] = &all_types;
        all.object_count = builtin->object_count + 1;
    }
    return &all;
}

static const struct lwm2m_resource unknown = {.id = 26241, .type = LWM2M_OPAQUE};

static void add(struct lwm2m_content *content, struct lwm2m_path path,
                const struct lwm2m_resource *resource)
{
    uint8_t octets[600];
    struct lwm2m_value value = random_value(resource->type, octets, sizeof octets);
    if (resource->type == LWM2M_INTEGER && resource->has_range) {
        value.as.integer = resource->min + below((unsigned)(resource->max - resource->min) + 1);
    }
    assert_int_equal(lwm2m_content_add(content, path, &value), LWM2M_OK);
}

static void add_resource(struct lwm2m_content *content, struct lwm2m_path instance,
                         const struct lwm2m_resource *resource)
{
    const struct lwm2m_path path = lwm2m_path_child(instance, resource->id);
    if (resource->type == LWM2M_NONE) {
        return;
    }
    if (!resource->is_multiple) {
        add(content, path, resource);
        return;
    }
    const unsigned step = 1 + below(200);
    for (unsigned i = 0, count = 1 + below(5); i < count; i++) {
        add(content, lwm2m_path_child(path, (uint16_t)(i * step)), resource);
    }
}

/*
 * Some instances of one object, each with some of its resources, and one that nobody knows if
 * HAS_UNKNOWN.
 */
static struct lwm2m_path random_content(struct lwm2m_content *content, bool has_unknown)
{
    const size_t last = registry()->object_count - 1;
    const struct lwm2m_object *object =
        registry()->objects[below(2) ? last : below((unsigned)last)];
    const unsigned count = 1 + below(3);
    const unsigned step = 1 + below(300);
    struct lwm2m_path instance = lwm2m_path_of(1, object->id, 0, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        instance = lwm2m_path_of(2, object->id, (uint16_t)(i * step), 0, 0);
        for (size_t k = 0; k < object->resource_count; k++) {
            if (k == 0 || below(2)) {
                add_resource(content, instance, &object->resources[k]);
            }
        }
        if (has_unknown) {
            add_resource(content, instance, &unknown);
        }
    }
    assert_int_equal(lwm2m_content_sort(content), LWM2M_OK);
    return count == 1 && below(2) ? instance : lwm2m_path_of(1, object->id, 0, 0, 0);
}

static void assert_same(const struct lwm2m_content *a, const struct lwm2m_content *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        if (lwm2m_path_compare(a->leaves[i].path, b->leaves[i].path) != 0 ||
            !lwm2m_value_equal(&a->leaves[i].value, &b->leaves[i].value)) {
            print_error("%s\n%s\n", test_leaves_text(a), test_leaves_text(b));
            fail();
        }
    }
}

static void shuffle(struct lwm2m_content *content)
{
    for (size_t i = content->count; i > 1; i--) {
        const size_t k = below((unsigned)i);
        const struct lwm2m_leaf leaf = content->leaves[i - 1];
        content->leaves[i - 1] = content->leaves[k];
        content->leaves[k] = leaf;
    }
}

static void copy_shuffled(const struct lwm2m_content *content, struct lwm2m_content *mixed)
{
    for (size_t i = 0; i < content->count; i++) {
        assert_int_equal(
            lwm2m_content_add(mixed, content->leaves[i].path, &content->leaves[i].value), LWM2M_OK);
    }
    shuffle(mixed);
}

/* The formats of whole instances; JSON of 1.0, the last, cannot tell unknown octets from text. */
static const uint16_t formats[] = {LWM2M_FORMAT_TLV, LWM2M_FORMAT_SENML_CBOR,
                                   LWM2M_FORMAT_SENML_JSON, LWM2M_FORMAT_LWM2M_CBOR,
                                   LWM2M_FORMAT_JSON};
#define FORMATS       (sizeof formats / sizeof formats[0])
#define FORMATS_EXACT (FORMATS - 1)

static void formats_agree(void **state)
{
    (void)state;
    static uint8_t octets[OUT_MAX];
    static uint8_t again[OUT_MAX];
    for (int run = 0; run < RUNS; run++) {
        struct lwm2m_content content = {0};
        struct lwm2m_content mixed = {0};
        struct lwm2m_content back = {0};
        const bool has_unknown = run % 2 == 1;
        const struct lwm2m_path base = random_content(&content, has_unknown);
        copy_shuffled(&content, &mixed);
        for (size_t f = 0; f < (has_unknown ? FORMATS_EXACT : FORMATS); f++) {
            size_t len;
            size_t len_again;
            assert_int_equal(lwm2m_encode(formats[f], base, mixed.leaves, mixed.count, octets,
                                          sizeof octets, &len),
                             LWM2M_OK);
            assert_int_equal(lwm2m_encode(formats[f], base, content.leaves, content.count, again,
                                          sizeof again, &len_again),
                             LWM2M_OK);
            assert_int_equal(len, len_again);
            assert_memory_equal(octets, again, len);
            assert_int_equal(lwm2m_decode(formats[f], base, registry(), octets, len, &back),
                             LWM2M_OK);
            assert_same(&content, &back);
        }
        lwm2m_content_clear(&content);
        lwm2m_content_clear(&mixed);
        lwm2m_content_clear(&back);
    }
}

/* LEAF alone, in FORMAT, under its own path. */
static void single_agrees(uint16_t format, const struct lwm2m_leaf *leaf)
{
    static uint8_t octets[OUT_MAX];
    struct lwm2m_content back = {0};
    size_t len;
    const enum lwm2m_error error =
        lwm2m_encode(format, leaf->path, leaf, 1, octets, sizeof octets, &len);
    if (format == LWM2M_FORMAT_OPAQUE && leaf->value.type != LWM2M_OPAQUE) {
        assert_int_equal(error, LWM2M_EUNSUPPORTED);
        return;
    }
    assert_int_equal(error, LWM2M_OK);
    assert_int_equal(lwm2m_decode(format, leaf->path, registry(), octets, len, &back), LWM2M_OK);
    assert_int_equal(back.count, 1);
    assert_int_equal(lwm2m_path_compare(back.leaves[0].path, leaf->path), 0);
    assert_true(lwm2m_value_equal(&back.leaves[0].value, &leaf->value));
    lwm2m_content_clear(&back);
}

static void formats_of_one_value_agree(void **state)
{
    (void)state;
    static const uint16_t singles[] = {LWM2M_FORMAT_TEXT, LWM2M_FORMAT_OPAQUE, LWM2M_FORMAT_CBOR,
                                       LWM2M_FORMAT_LWM2M_CBOR, LWM2M_FORMAT_SENML_JSON};
    for (int run = 0; run < RUNS / 2; run++) {
        struct lwm2m_content content = {0};
        (void)random_content(&content, false);
        for (size_t i = 0; i < content.count; i++) {
            for (size_t f = 0; f < sizeof singles / sizeof singles[0]; f++) {
                single_agrees(singles[f], &content.leaves[i]);
            }
        }
        lwm2m_content_clear(&content);
    }
}

/* Cut and changed documents: decoded from a block of their exact size, so that sanitizers see. */
static void damage_is_survived(void **state)
{
    (void)state;
    static uint8_t octets[OUT_MAX];
    size_t refused = 0;
    for (int run = 0; run < RUNS; run++) {
        const uint16_t format = formats[(size_t)run % FORMATS];
        struct lwm2m_content content = {0};
        size_t len;
        const struct lwm2m_path base = random_content(&content, true);
        assert_int_equal(
            lwm2m_encode(format, base, content.leaves, content.count, octets, sizeof octets, &len),
            LWM2M_OK);
        const size_t cut = below((unsigned)len) + 1;
        uint8_t *copy = malloc(cut);
        assert_non_null(copy);
        memcpy(copy, octets, cut);
        copy[below((unsigned)cut)] = (uint8_t)next_random();
        const enum lwm2m_error error = lwm2m_decode(format, base, registry(), copy, cut, &content);
        refused += error ? 1 : 0;
        assert_true(!error || (content.count == 0 && !content.leaves && !content.arena));
        free(copy);
        lwm2m_content_clear(&content);
    }
    assert_in_range(refused, RUNS / 2, RUNS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_agree),
        cmocka_unit_test(formats_of_one_value_agree),
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
