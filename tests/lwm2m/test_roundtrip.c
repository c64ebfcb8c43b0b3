/*
 * Properties over random instances of the built-in objects, from a seeded generator: each format
 * reads back what it wrote, both formats mean the same, and no damaged octet is read past its end.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

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

static struct lwm2m_value random_value(enum lwm2m_type type, uint8_t *octets, size_t capacity)
{
    struct lwm2m_value value = {.type = type};
    const size_t len = below(8) == 0 ? below((unsigned)capacity) : below(16);
    switch (type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        value.as.integer = (int64_t)(random_number() >> 1) * (below(2) ? 1 : -1);
        break;
    case LWM2M_UNSIGNED:
        value.as.uinteger = random_number();
        break;
    case LWM2M_FLOAT:
        value.as.real = below(2) ? (double)below(1000) / 8 : (double)random_number() / 3;
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
        for (size_t i = 0; i < len; i++) {
            octets[i] = (uint8_t)(type == LWM2M_OPAQUE ? below(256) : ' ' + below(95));
        }
        value.as.bytes.data = octets;
        value.as.bytes.len = len;
        break;
    case LWM2M_NONE:
        break;
    }
    return value;
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

/* Some instances of one object, each with some of its resources, and one that nobody knows. */
static struct lwm2m_path random_content(struct lwm2m_content *content)
{
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    const struct lwm2m_object *object = registry->objects[below((unsigned)registry->object_count)];
    const unsigned count = 1 + below(3);
    const unsigned step = 1 + below(300);
    struct lwm2m_path instance = lwm2m_path_of(1, object->id, 0, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        instance = lwm2m_path_of(2, object->id, (uint16_t)(i * step), 0, 0);
        for (size_t k = 0; k < object->resource_count; k++) {
            if (below(2)) {
                add_resource(content, instance, &object->resources[k]);
            }
        }
        add_resource(content, instance, &unknown);
    }
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

static void formats_agree(void **state)
{
    (void)state;
    static const uint16_t formats[] = {LWM2M_FORMAT_TLV, LWM2M_FORMAT_SENML_CBOR};
    static uint8_t octets[OUT_MAX];
    for (int run = 0; run < RUNS; run++) {
        struct lwm2m_content content = {0};
        struct lwm2m_content mixed = {0};
        struct lwm2m_content back = {0};
        const struct lwm2m_path base = random_content(&content);
        for (size_t i = 0; i < content.count; i++) {
            assert_int_equal(
                lwm2m_content_add(&mixed, content.leaves[i].path, &content.leaves[i].value),
                LWM2M_OK);
        }
        shuffle(&mixed);
        for (size_t f = 0; f < 2; f++) {
            size_t len;
            assert_int_equal(lwm2m_encode(formats[f], base, mixed.leaves, mixed.count, octets,
                                          sizeof octets, &len),
                             LWM2M_OK);
            assert_int_equal(
                lwm2m_decode(formats[f], base, lwm2m_registry_builtin(), octets, len, &back),
                LWM2M_OK);
            assert_same(&content, &back);
        }
        lwm2m_content_clear(&content);
        lwm2m_content_clear(&mixed);
        lwm2m_content_clear(&back);
    }
}

/* Cut and changed documents: decoded from a block of their exact size, so that sanitizers see. */
static void damage_is_survived(void **state)
{
    (void)state;
    static const uint16_t formats[] = {LWM2M_FORMAT_TLV, LWM2M_FORMAT_SENML_CBOR};
    static uint8_t octets[OUT_MAX];
    size_t refused = 0;
    for (int run = 0; run < RUNS; run++) {
        const uint16_t format = formats[run % 2];
        struct lwm2m_content content = {0};
        size_t len;
        const struct lwm2m_path base = random_content(&content);
        assert_int_equal(
            lwm2m_encode(format, base, content.leaves, content.count, octets, sizeof octets, &len),
            LWM2M_OK);
        const size_t cut = below((unsigned)len) + 1;
        uint8_t *copy = malloc(cut);
        assert_non_null(copy);
        memcpy(copy, octets, cut);
        copy[below((unsigned)cut)] = (uint8_t)next_random();
        const enum lwm2m_error error =
            lwm2m_decode(format, base, lwm2m_registry_builtin(), copy, cut, &content);
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
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
