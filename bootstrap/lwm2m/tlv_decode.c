#include "bootstrap/lwm2m/tlv.h"

#include <string.h>

#define SEEN_LEVELS 3 /* instances, resources, resource instances */

struct element {
    enum lwm2m_tlv_kind kind;
    uint16_t id;
    const uint8_t *value;
    size_t len;
};

struct decoder {
    const struct lwm2m_registry *registry;
    struct lwm2m_content *content;
    uint64_t seen[SEEN_LEVELS][(LWM2M_ID_NONE + 1) / 64];
};

/* Octets left to read. */
struct cursor {
    const uint8_t *at;
    size_t left;
};

static uint32_t take(struct cursor *cursor, size_t width)
{
    uint32_t number = 0;
    for (size_t i = 0; i < width; i++) {
        number = number << 8 | *cursor->at++;
    }
    cursor->left -= width;
    return number;
}

static enum lwm2m_error next(struct cursor *cursor, struct element *element)
{
    const uint8_t type = cursor->at[0];
    const size_t id_width = type & LWM2M_TLV_ID_16 ? 2 : 1;
    const size_t len_width = type >> 3 & 3;
    if (cursor->left < 1 + id_width + len_width) {
        return LWM2M_EFORMAT;
    }
    (void)take(cursor, 1);
    element->kind = (enum lwm2m_tlv_kind)(type >> 6);
    element->id = (uint16_t)take(cursor, id_width);
    element->len = len_width == 0 ? type & 7U : take(cursor, len_width);
    element->value = cursor->at;
    if (element->len > cursor->left) {
        return LWM2M_EFORMAT;
    }
    cursor->at += element->len;
    cursor->left -= element->len;
    return LWM2M_OK;
}

/* False when ID was met at LEVEL before. */
static bool see(struct decoder *decoder, unsigned level, uint16_t id)
{
    uint64_t *word = &decoder->seen[level][id / 64];
    const uint64_t bit = UINT64_C(1) << (id % 64);
    const bool is_new = (*word & bit) == 0;
    *word |= bit;
    return is_new;
}

/* Forgets what the leaves from START on set at LEVEL: linear in them, not in the id space. */
static void forget(struct decoder *decoder, unsigned level, size_t start)
{
    for (size_t i = start; i < decoder->content->count; i++) {
        decoder->seen[level][decoder->content->leaves[i].path.id[level + 1] / 64] = 0;
    }
}

static enum lwm2m_error get_unsigned(const struct element *element, uint64_t *number)
{
    if (element->len != 1 && element->len != 2 && element->len != 4 && element->len != 8) {
        return LWM2M_ETYPE;
    }
    *number = 0;
    for (size_t i = 0; i < element->len; i++) {
        *number = *number << 8 | element->value[i];
    }
    return LWM2M_OK;
}

static enum lwm2m_error get_signed(const struct element *element,
                                   const struct lwm2m_resource *resource, int64_t *number)
{
    uint64_t bits;
    const enum lwm2m_error error = get_unsigned(element, &bits);
    if (error) {
        return error;
    }
    const uint64_t all_ones = UINT64_MAX >> (64 - 8 * element->len);
    const bool is_negative = element->value[0] >> 7;
    if (is_negative && resource->has_range && resource->min >= 0) {
        /* Section 3.4: some send 65535, which must not be negative, as -1, and others without
         * regard to the sign bit: no negative number is possible here. */
        if (bits > INT64_MAX) {
            return LWM2M_ERANGE;
        }
        bits = bits == all_ones && resource->max == LWM2M_ID_NONE ? LWM2M_ID_NONE : bits;
    } else if (is_negative) {
        bits |= ~all_ones;
    }
    memcpy(number, &bits, sizeof *number);
    return LWM2M_OK;
}

static enum lwm2m_error get_real(const struct element *element, double *real)
{
    uint64_t bits;
    if ((element->len != 4 && element->len != 8) || get_unsigned(element, &bits)) {
        return LWM2M_ETYPE;
    }
    if (element->len == 4) {
        const uint32_t narrow_bits = (uint32_t)bits;
        float narrow;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        *real = (double)narrow;
    } else {
        memcpy(real, &bits, sizeof *real);
    }
    return LWM2M_OK;
}

static enum lwm2m_error get_bytes(const struct element *element, struct lwm2m_value *value)
{
    value->as.bytes.data = element->value;
    value->as.bytes.len = element->len;
    return value->type == LWM2M_OPAQUE || lwm2m_utf8_valid(element->value, element->len)
               ? LWM2M_OK
               : LWM2M_ETYPE;
}

static enum lwm2m_error get_boolean(const struct element *element, bool *boolean)
{
    if (element->len != 1 || element->value[0] > 1) {
        return LWM2M_ETYPE;
    }
    *boolean = element->value[0] == 1;
    return LWM2M_OK;
}

static enum lwm2m_error get_link(const struct element *element, struct lwm2m_link_value *link)
{
    if (element->len != 4) {
        return LWM2M_ETYPE;
    }
    link->object = (uint16_t)(element->value[0] << 8 | element->value[1]);
    link->instance = (uint16_t)(element->value[2] << 8 | element->value[3]);
    return LWM2M_OK;
}

static enum lwm2m_error get_value(const struct element *element,
                                  const struct lwm2m_resource *resource, struct lwm2m_value *value)
{
    value->type = resource ? resource->type : LWM2M_OPAQUE;
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        return get_signed(element, resource, &value->as.integer);
    case LWM2M_UNSIGNED:
        return get_unsigned(element, &value->as.uinteger);
    case LWM2M_FLOAT:
        return get_real(element, &value->as.real);
    case LWM2M_BOOLEAN:
        return get_boolean(element, &value->as.boolean);
    case LWM2M_OBJLNK:
        return get_link(element, &value->as.link);
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        return get_bytes(element, value);
    case LWM2M_NONE:
        break;
    }
    return LWM2M_ETYPE;
}

static enum lwm2m_error add_value(struct decoder *decoder, struct lwm2m_path path,
                                  const struct element *element)
{
    struct lwm2m_value value = {.type = LWM2M_NONE};
    const enum lwm2m_error error =
        get_value(element, lwm2m_resource_at(decoder->registry, path), &value);
    return error ? error : lwm2m_content_add(decoder->content, path, &value);
}

static enum lwm2m_error add_empty(struct decoder *decoder, struct lwm2m_path path)
{
    return lwm2m_content_add(decoder->content, path, &(struct lwm2m_value){.type = LWM2M_NONE});
}

static enum lwm2m_error decode_multiple(struct decoder *decoder, struct lwm2m_path path,
                                        const struct element *parent)
{
    struct cursor cursor = {.at = parent->value, .left = parent->len};
    const size_t start = decoder->content->count;
    enum lwm2m_error error = cursor.left == 0 ? add_empty(decoder, path) : LWM2M_OK;
    while (!error && cursor.left > 0) {
        struct element element;
        error = next(&cursor, &element);
        if (!error && element.kind != LWM2M_TLV_RESOURCE_INSTANCE) {
            error = LWM2M_EFORMAT;
        }
        if (!error && !see(decoder, 2, element.id)) {
            error = LWM2M_EPATH;
        }
        if (!error) {
            error = add_value(decoder, lwm2m_path_child(path, element.id), &element);
        }
    }
    forget(decoder, 2, start);
    return error;
}

static enum lwm2m_error decode_resource(struct decoder *decoder, struct lwm2m_path instance,
                                        const struct element *element)
{
    const struct lwm2m_path path = lwm2m_path_child(instance, element->id);
    if (element->kind != LWM2M_TLV_RESOURCE && element->kind != LWM2M_TLV_MULTIPLE) {
        return LWM2M_EFORMAT;
    }
    if (!see(decoder, 1, element->id)) {
        return LWM2M_EPATH;
    }
    return element->kind == LWM2M_TLV_RESOURCE ? add_value(decoder, path, element)
                                               : decode_multiple(decoder, path, element);
}

static enum lwm2m_error decode_resources(struct decoder *decoder, struct lwm2m_path instance,
                                         struct cursor cursor)
{
    const size_t start = decoder->content->count;
    enum lwm2m_error error = LWM2M_OK;
    while (!error && cursor.left > 0) {
        struct element element;
        error = next(&cursor, &element);
        if (!error) {
            error = decode_resource(decoder, instance, &element);
        }
    }
    forget(decoder, 1, start);
    return error;
}

/* An instance that has no resources is still there: it becomes an empty leaf. */
static enum lwm2m_error decode_instance(struct decoder *decoder, struct lwm2m_path instance,
                                        struct cursor cursor)
{
    return cursor.left == 0 ? add_empty(decoder, instance)
                            : decode_resources(decoder, instance, cursor);
}

static enum lwm2m_error decode_instances(struct decoder *decoder, struct lwm2m_path object,
                                         struct cursor cursor)
{
    enum lwm2m_error error = LWM2M_OK;
    while (!error && cursor.left > 0) {
        struct element element;
        error = next(&cursor, &element);
        if (!error && element.kind != LWM2M_TLV_INSTANCE) {
            error = LWM2M_EFORMAT;
        }
        if (!error && !see(decoder, 0, element.id)) {
            error = LWM2M_EPATH;
        }
        if (!error) {
            const struct cursor inner = {.at = element.value, .left = element.len};
            error = decode_instance(decoder, lwm2m_path_child(object, element.id), inner);
        }
    }
    return error;
}

enum lwm2m_error lwm2m_tlv_decode(struct lwm2m_path base, const struct lwm2m_registry *registry,
                                  const uint8_t *in, size_t len, struct lwm2m_content *content)
{
    struct decoder decoder = {.registry = registry, .content = content};
    const struct cursor cursor = {.at = in, .left = len};
    const struct lwm2m_path object = lwm2m_path_of(1, base.id[0], 0, 0, 0);
    const struct lwm2m_path instance = lwm2m_path_of(2, base.id[0], base.id[1], 0, 0);
    if (base.depth == 0) {
        return LWM2M_EUNSUPPORTED;
    }
    /* The wrapper is a must where the path names no instance, and allowed where it does. */
    const bool is_wrapped = len > 0 && in[0] >> 6 == LWM2M_TLV_INSTANCE;
    if (base.depth == 1 || (base.depth == 2 && is_wrapped)) {
        return decode_instances(&decoder, object, cursor);
    }
    return base.depth == 2 ? decode_instance(&decoder, instance, cursor)
                           : decode_resources(&decoder, instance, cursor);
}
