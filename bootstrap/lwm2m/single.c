#include "bootstrap/lwm2m/base64.h"
#include "bootstrap/lwm2m/cbor.h"
#include "bootstrap/lwm2m/number.h"

#include <math.h>
#include <string.h>

/* The formats that carry the value of one resource: text, opaque and CBOR (lwm2m-encodings.md 4).
 */

static enum lwm2m_error add(struct lwm2m_path path, const struct lwm2m_resource *resource,
                            const struct lwm2m_scalar *scalar, struct lwm2m_content *content)
{
    struct lwm2m_value value;
    const enum lwm2m_error error = lwm2m_scalar_value(scalar, resource, &value);
    return error ? error : lwm2m_content_add(content, path, &value);
}

/* Text ------------------------------------------------------------------------------------------
 */

static void put_base64(struct lwm2m_out *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        char group[4];
        lwm2m_out_sink(
            out, group,
            lwm2m_base64_group(LWM2M_BASE64_STANDARD, data + i, len - i < 3 ? len - i : 3, group));
    }
}

enum lwm2m_error lwm2m_text_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                   size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    const struct lwm2m_value *const value = &leaves[0].value;
    char text[LWM2M_REAL_TEXT] = "";
    (void)base;
    (void)count;
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        (void)lwm2m_decimal_signed(value->as.integer, text);
        break;
    case LWM2M_UNSIGNED:
        (void)lwm2m_decimal(value->as.uinteger, text);
        break;
    case LWM2M_FLOAT:
        if (!isfinite(value->as.real)) {
            return LWM2M_EUNSUPPORTED;
        }
        (void)lwm2m_real_text(value->as.real, text);
        break;
    case LWM2M_BOOLEAN:
        text[0] = value->as.boolean ? '1' : '0';
        break;
    case LWM2M_OBJLNK:
        (void)lwm2m_link_value_text(value->as.link, text);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        lwm2m_out_put(&result, value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_OPAQUE:
        put_base64(&result, value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_NONE:
        return LWM2M_EUNSUPPORTED;
    }
    lwm2m_out_sink(&result, text, strlen(text));
    return lwm2m_out_end(&result, len);
}

static enum lwm2m_error boolean_parse(const uint8_t *in, size_t len, struct lwm2m_scalar *scalar)
{
    *scalar =
        (struct lwm2m_scalar){.kind = LWM2M_SCALAR_BOOLEAN, .boolean = len == 1 && in[0] == '1'};
    return len == 1 && (in[0] == '0' || in[0] == '1') ? LWM2M_OK : LWM2M_ETYPE;
}

/* What a text means is for the type to say: nothing here is malformed, it is of another type. */
static enum lwm2m_error text_scalar(enum lwm2m_type type, const uint8_t *in, size_t len,
                                    struct lwm2m_content *content, struct lwm2m_scalar *scalar)
{
    enum lwm2m_error error = LWM2M_OK;
    *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_TEXT, .data = in, .len = len};
    switch (type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
    case LWM2M_UNSIGNED:
    case LWM2M_FLOAT:
        error = lwm2m_number_parse(in, len, scalar);
        break;
    case LWM2M_BOOLEAN:
        error = boolean_parse(in, len, scalar);
        break;
    case LWM2M_OPAQUE:
        error = lwm2m_base64_scalar(content, scalar);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OBJLNK:
    case LWM2M_NONE:
        break;
    }
    return error == LWM2M_EFORMAT ? LWM2M_ETYPE : error;
}

enum lwm2m_error lwm2m_text_decode(struct lwm2m_path base, const struct lwm2m_registry *registry,
                                   const uint8_t *in, size_t len, struct lwm2m_content *content)
{
    const struct lwm2m_resource *const resource = lwm2m_resource_at(registry, base);
    struct lwm2m_scalar scalar;
    const enum lwm2m_error error =
        text_scalar(resource ? resource->type : LWM2M_STRING, in, len, content, &scalar);
    return error ? error : add(base, resource, &scalar, content);
}

/* Opaque ----------------------------------------------------------------------------------------
 */

enum lwm2m_error lwm2m_opaque_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                     size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    (void)base;
    (void)count;
    if (leaves[0].value.type != LWM2M_OPAQUE) {
        return LWM2M_EUNSUPPORTED;
    }
    lwm2m_out_put(&result, leaves[0].value.as.bytes.data, leaves[0].value.as.bytes.len);
    return lwm2m_out_end(&result, len);
}

enum lwm2m_error lwm2m_opaque_decode(struct lwm2m_path base, const struct lwm2m_registry *registry,
                                     const uint8_t *in, size_t len, struct lwm2m_content *content)
{
    const struct lwm2m_scalar scalar = {.kind = LWM2M_SCALAR_BYTES, .data = in, .len = len};
    return add(base, lwm2m_resource_at(registry, base), &scalar, content);
}

/* CBOR ------------------------------------------------------------------------------------------
 */

enum lwm2m_error lwm2m_cbor_single_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                          size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    (void)base;
    (void)count;
    if (leaves[0].value.type == LWM2M_NONE) {
        return LWM2M_EUNSUPPORTED;
    }
    lwm2m_cbor_put_value(&result, &leaves[0].value);
    return lwm2m_out_end(&result, len);
}

enum lwm2m_error lwm2m_cbor_single_decode(struct lwm2m_path base,
                                          const struct lwm2m_registry *registry, const uint8_t *in,
                                          size_t len, struct lwm2m_content *content)
{
    struct lwm2m_cbor_reader reader = {.at = in, .end = in + len};
    struct lwm2m_scalar scalar;
    const enum lwm2m_error error = lwm2m_cbor_scalar(&reader, content, &scalar);
    if (error || reader.at != reader.end) {
        return error ? error : LWM2M_EFORMAT;
    }
    return add(base, lwm2m_resource_at(registry, base), &scalar, content);
}
