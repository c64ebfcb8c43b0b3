#include "bootstrap/lwm2m/tlv.h"

static void put_header(struct lwm2m_out *out, enum lwm2m_tlv_kind kind, uint16_t id, size_t len)
{
    const unsigned width = len < 8 ? 0 : len <= 0xff ? 1 : len <= 0xffff ? 2 : 3;
    const unsigned type = (unsigned)kind << 6 | (id > 0xff ? LWM2M_TLV_ID_16 : 0) | width << 3 |
                          (width == 0 ? (unsigned)len : 0);
    lwm2m_out_number(out, type, 1);
    lwm2m_out_number(out, id, id > 0xff ? 2 : 1);
    lwm2m_out_number(out, len, width);
}

static size_t signed_width(int64_t number)
{
    return number >= INT8_MIN && number <= INT8_MAX     ? 1
           : number >= INT16_MIN && number <= INT16_MAX ? 2
           : number >= INT32_MIN && number <= INT32_MAX ? 4
                                                        : 8;
}

/* The top bit stays clear: many readers take every TLV integer as signed (section 2, rule 2). */
static size_t unsigned_width(uint64_t number)
{
    return number > INT64_MAX ? 8 : signed_width((int64_t)number);
}

static void put_value(struct lwm2m_out *out, const struct lwm2m_value *value)
{
    size_t width;
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        lwm2m_out_number(out, (uint64_t)value->as.integer, signed_width(value->as.integer));
        break;
    case LWM2M_UNSIGNED:
        lwm2m_out_number(out, value->as.uinteger, unsigned_width(value->as.uinteger));
        break;
    case LWM2M_FLOAT: {
        const uint64_t bits = lwm2m_float_bits(value->as.real, &width);
        lwm2m_out_number(out, bits, width);
        break;
    }
    case LWM2M_BOOLEAN:
        lwm2m_out_number(out, value->as.boolean, 1);
        break;
    case LWM2M_OBJLNK:
        lwm2m_out_number(out, value->as.link.object, 2);
        lwm2m_out_number(out, value->as.link.instance, 2);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        lwm2m_out_put(out, value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_NONE:
        break;
    }
}

static void put_leaf(struct lwm2m_out *out, enum lwm2m_tlv_kind kind, const struct lwm2m_leaf *leaf)
{
    struct lwm2m_out counted = {0};
    put_value(&counted, &leaf->value);
    put_header(out, kind, leaf->path.id[leaf->path.depth - 1], counted.len);
    put_value(out, &leaf->value);
}

static void put_multiple(struct lwm2m_out *out, const struct lwm2m_leaf *leaves, size_t count)
{
    struct lwm2m_out counted = {0};
    for (size_t i = 0; i < count && leaves[i].path.depth == 4; i++) {
        put_leaf(&counted, LWM2M_TLV_RESOURCE_INSTANCE, &leaves[i]);
    }
    put_header(out, LWM2M_TLV_MULTIPLE, leaves[0].path.id[2], counted.len);
    for (size_t i = 0; i < count && leaves[i].path.depth == 4; i++) {
        put_leaf(out, LWM2M_TLV_RESOURCE_INSTANCE, &leaves[i]);
    }
}

static void put_resources(struct lwm2m_out *out, const struct lwm2m_leaf *leaves, size_t count)
{
    for (size_t i = 0, size; i < count; i += size) {
        size = lwm2m_leaves_group(leaves + i, count - i, 3);
        if (leaves[i].path.depth == 3 && leaves[i].value.type != LWM2M_NONE) {
            put_leaf(out, LWM2M_TLV_RESOURCE, &leaves[i]);
        } else if (leaves[i].path.depth > 2) {
            put_multiple(out, leaves + i, size);
        }
    }
}

enum lwm2m_error lwm2m_tlv_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                  size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    if (base.depth == 0) {
        return LWM2M_EUNSUPPORTED;
    }
    for (size_t i = 0, size; i < count; i += size) {
        size = lwm2m_leaves_group(leaves + i, count - i, 2);
        if (base.depth == 1) {
            struct lwm2m_out counted = {0};
            put_resources(&counted, leaves + i, size);
            put_header(&result, LWM2M_TLV_INSTANCE, leaves[i].path.id[1], counted.len);
        }
        put_resources(&result, leaves + i, size);
    }
    return result.len > LWM2M_TLV_LENGTH_MAX ? LWM2M_EUNSUPPORTED : lwm2m_out_end(&result, len);
}
