#include "bootstrap/lwm2m/formats.h"

#include <float.h>
#include <math.h>
#include <string.h>

void lwm2m_out_put(struct lwm2m_out *out, const uint8_t *octets, size_t len)
{
    if (len > 0 && out->len <= out->capacity && len <= out->capacity - out->len) {
        memcpy(out->data + out->len, octets, len);
    }
    out->len += len;
}

void lwm2m_out_sink(void *context, const char *text, size_t len)
{
    lwm2m_out_put(context, (const uint8_t *)text, len);
}

void lwm2m_out_number(struct lwm2m_out *out, uint64_t number, size_t width)
{
    uint8_t octets[8];
    for (size_t i = 0; i < width; i++) {
        octets[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
    lwm2m_out_put(out, octets, width);
}

enum lwm2m_error lwm2m_out_end(const struct lwm2m_out *out, size_t *len)
{
    *len = out->len;
    return out->len > out->capacity ? LWM2M_ESPACE : LWM2M_OK;
}

static bool fits_float32(double value)
{
    if (!isfinite(value)) {
        return true;
    }
    const double back = fabs(value) <= (double)FLT_MAX ? (double)(float)value : 0.0;
    return lwm2m_double_bits(back) == lwm2m_double_bits(value);
}

uint64_t lwm2m_float_bits(double value, size_t *width)
{
    if (fits_float32(value)) {
        const float narrow = isnan(value) ? NAN : (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        *width = sizeof bits;
        return bits;
    }
    *width = sizeof value;
    return lwm2m_double_bits(value);
}

size_t lwm2m_leaves_group(const struct lwm2m_leaf *leaves, size_t count, uint8_t depth)
{
    size_t size = 1;
    while (size < count && memcmp(leaves[size].path.id, leaves[0].path.id,
                                  depth * sizeof leaves[0].path.id[0]) == 0) {
        size++;
    }
    return size;
}
