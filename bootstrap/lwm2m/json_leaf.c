#include "bootstrap/lwm2m/json_leaf.h"

#include <math.h>

enum lwm2m_error lwm2m_json_leaf_check(const struct lwm2m_value *value)
{
    switch (value->type) {
    case LWM2M_NONE:
        return LWM2M_EUNSUPPORTED;
    case LWM2M_FLOAT:
        return isfinite(value->as.real) ? LWM2M_OK : LWM2M_EUNSUPPORTED;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        return lwm2m_utf8_valid(value->as.bytes.data, value->as.bytes.len) ? LWM2M_OK : LWM2M_ETYPE;
    case LWM2M_INTEGER:
    case LWM2M_UNSIGNED:
    case LWM2M_BOOLEAN:
    case LWM2M_OPAQUE:
    case LWM2M_TIME:
    case LWM2M_OBJLNK:
        break;
    }
    return LWM2M_OK;
}

void lwm2m_json_leaf_put(struct lwm2m_json_writer *writer, const struct lwm2m_value *value,
                         bool is_url)
{
    char text[LWM2M_LINK_TEXT];
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        lwm2m_json_int(writer, value->as.integer);
        break;
    case LWM2M_UNSIGNED:
        lwm2m_json_uint(writer, value->as.uinteger);
        break;
    case LWM2M_FLOAT:
        lwm2m_json_real(writer, value->as.real);
        break;
    case LWM2M_BOOLEAN:
        lwm2m_json_bool(writer, value->as.boolean);
        break;
    case LWM2M_OBJLNK:
        lwm2m_json_text(writer, lwm2m_link_value_text(value->as.link, text));
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        lwm2m_json_string(writer, (const char *)value->as.bytes.data, value->as.bytes.len);
        break;
    case LWM2M_OPAQUE:
        lwm2m_json_base64(writer, value->as.bytes.data, value->as.bytes.len, is_url);
        break;
    case LWM2M_NONE:
        break;
    }
}
