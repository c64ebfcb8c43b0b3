#include "tests/support/lwm2m_fuzz.h"

#include <stdlib.h>

static const struct lwm2m_path bases[] = {
    {.depth = 0},   {{0}, 1},       {{1}, 1},       {{2}, 1},
    {{3}, 1},       {{21}, 1},      {{3303}, 1},    {{0, 1}, 2},
    {{1, 0}, 2},    {{2, 0}, 2},    {{3, 0}, 2},    {{21, 1}, 2},
    {{3303, 0}, 2}, {{1, 0, 0}, 3}, {{2, 0, 2}, 3}, {{2, 0, 2, 101}, 4},
};

/* For formats that carry one value: a resource of each type, defined or not. */
static const struct lwm2m_path singles[] = {
    {{0, 1, 0}, 3},  {{0, 1, 1}, 3},       {{0, 1, 5}, 3},       {{0, 1, 16, 1}, 4},
    {{0, 1, 17}, 3}, {{1, 0, 1}, 3},       {{1, 0, 7}, 3},       {{1, 0, 13}, 3},
    {{2, 0, 2}, 3},  {{2, 0, 2, 101}, 4},  {{3, 0, 13}, 3},      {{21, 1, 0}, 3},
    {{1, 0, 8}, 3},  {{3303, 0, 5700}, 3}, {{3303, 0, 5701}, 3}, {{9000, 0, 1}, 3},
};

/* The built-in objects, and one with the types that they do not have. */
static const struct lwm2m_registry *registry(void)
{
    static const struct lwm2m_resource resources[] = {
        {.id = 5700, .name = "Sensor Value", .type = LWM2M_FLOAT},
        {.id = 5701, .name = "Links", .type = LWM2M_CORELNK},
    };
    static const struct lwm2m_object sensor = {
        .id = 3303, .name = "Sensor", .resources = resources, .resource_count = 2};
    static const struct lwm2m_object *objects[8];
    static struct lwm2m_registry all = {objects, 0};
    const struct lwm2m_registry *builtin = lwm2m_registry_builtin();
    if (all.object_count == 0) {
        while (all.object_count < builtin->object_count) {
            objects[all.object_count] = builtin->objects[all.object_count];
            all.object_count++;
        }
        objects[all.object_count++] = &sensor;
    }
    return &all;
}

static void require(bool fact)
{
    if (!fact) {
        abort();
    }
}

static void require_same(const struct lwm2m_content *a, const struct lwm2m_content *b)
{
    require(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        require(lwm2m_path_compare(a->leaves[i].path, b->leaves[i].path) == 0);
        require(lwm2m_value_equal(&a->leaves[i].value, &b->leaves[i].value));
    }
}

static void require_types(const struct lwm2m_content *content)
{
    for (size_t i = 0; i < content->count; i++) {
        const struct lwm2m_resource *resource =
            lwm2m_resource_at(registry(), content->leaves[i].path);
        const enum lwm2m_type type = content->leaves[i].value.type;
        require(!resource || type == LWM2M_NONE || type == resource->type);
    }
}

/*
 * Only what is defined, and within its range, must mean the same in every format. Without leaves
 * TLV says "an empty instance" where SenML says nothing.
 */
static bool is_portable(const struct lwm2m_content *content)
{
    for (size_t i = 0; i < content->count; i++) {
        const struct lwm2m_resource *resource =
            lwm2m_resource_at(registry(), content->leaves[i].path);
        if (!resource || lwm2m_resource_check(resource, &content->leaves[i].value) != LWM2M_OK) {
            return false;
        }
    }
    return content->count > 0;
}

/* Encodes twice, for the size and into a block of that size, and compares what reads back. */
static void check(uint16_t format, struct lwm2m_path base, const struct lwm2m_content *content)
{
    struct lwm2m_content back = {0};
    size_t needed;
    size_t len;
    const enum lwm2m_error error =
        lwm2m_encode(format, base, content->leaves, content->count, NULL, 0, &needed);
    if (error == LWM2M_EUNSUPPORTED) {
        return;
    }
    require(error == (needed > 0 ? LWM2M_ESPACE : LWM2M_OK));
    uint8_t *octets = malloc(needed > 0 ? needed : 1);
    require(octets != NULL);
    require(lwm2m_encode(format, base, content->leaves, content->count, octets, needed, &len) ==
            LWM2M_OK);
    require(len == needed);
    require(lwm2m_decode(format, base, registry(), octets, len, &back) == LWM2M_OK);
    require_same(content, &back);
    lwm2m_content_clear(&back);
    free(octets);
}

static void check_others(uint16_t format, struct lwm2m_path base,
                         const struct lwm2m_content *content)
{
    const struct lwm2m_format *other;
    for (size_t i = 0; (other = lwm2m_format_at(i)); i++) {
        if (other->number != format) {
            check(other->number, base, content);
        }
    }
}

void test_fuzz_format(uint16_t format, const uint8_t *data, size_t size)
{
    struct lwm2m_content content = {0};
    if (size == 0) {
        return;
    }
    const struct lwm2m_path base = lwm2m_format_by_number(format)->single_only
                                       ? singles[data[0] % (sizeof singles / sizeof singles[0])]
                                       : bases[data[0] % (sizeof bases / sizeof bases[0])];
    if (lwm2m_decode(format, base, registry(), data + 1, size - 1, &content) != LWM2M_OK) {
        require(content.count == 0 && !content.leaves && !content.arena);
        return;
    }
    require_types(&content);
    check(format, base, &content);
    if (is_portable(&content)) {
        check_others(format, base, &content);
    }
    lwm2m_content_clear(&content);
}
