#include "bootstrap/lwm2m/senml.h"

#include "bootstrap/lwm2m/number.h"

#include <string.h>

#define BIT(field) (1U << (field))
#define VALUE_FIELDS                                                                               \
    (BIT(LWM2M_SENML_V) | BIT(LWM2M_SENML_VS) | BIT(LWM2M_SENML_VB) | BIT(LWM2M_SENML_VD) |        \
     BIT(LWM2M_SENML_VLO))

static bool is_number(const struct lwm2m_scalar *scalar)
{
    return scalar->kind == LWM2M_SCALAR_INTEGER || scalar->kind == LWM2M_SCALAR_REAL;
}

static enum lwm2m_error check_version(const struct lwm2m_scalar *scalar)
{
    int64_t version;
    return lwm2m_scalar_int64(scalar, &version) || version < 1 || version > LWM2M_SENML_VERSION_MAX
               ? LWM2M_EFORMAT
               : LWM2M_OK;
}

static enum lwm2m_error keep(struct lwm2m_scalar *to, const struct lwm2m_scalar *scalar, bool fits)
{
    *to = *scalar;
    return fits ? LWM2M_OK : LWM2M_EFORMAT;
}

enum lwm2m_error lwm2m_senml_set(struct lwm2m_senml_record *record, enum lwm2m_senml_field field,
                                 const struct lwm2m_scalar *scalar)
{
    const bool is_value = (BIT(field) & VALUE_FIELDS) != 0;
    if ((record->fields & (is_value ? VALUE_FIELDS : BIT(field))) != 0) {
        return LWM2M_EFORMAT;
    }
    record->fields |= BIT(field);
    switch (field) {
    case LWM2M_SENML_BVER:
        return check_version(scalar);
    case LWM2M_SENML_BN:
        return keep(&record->base_name, scalar, scalar->kind == LWM2M_SCALAR_TEXT);
    case LWM2M_SENML_BV:
        return keep(&record->base_value, scalar, is_number(scalar));
    case LWM2M_SENML_N:
        return keep(&record->name, scalar, scalar->kind == LWM2M_SCALAR_TEXT);
    case LWM2M_SENML_V:
        return keep(&record->value, scalar, is_number(scalar));
    case LWM2M_SENML_VS:
        return keep(&record->value, scalar, scalar->kind == LWM2M_SCALAR_TEXT);
    case LWM2M_SENML_VB:
        return keep(&record->value, scalar, scalar->kind == LWM2M_SCALAR_BOOLEAN);
    case LWM2M_SENML_VD:
        return keep(&record->value, scalar, scalar->kind == LWM2M_SCALAR_BYTES);
    case LWM2M_SENML_VLO: {
        const enum lwm2m_error error =
            keep(&record->value, scalar, scalar->kind == LWM2M_SCALAR_TEXT);
        record->value.kind = LWM2M_SCALAR_LINK;
        return error;
    }
    case LWM2M_SENML_OTHER:
        break;
    }
    return LWM2M_EFORMAT;
}

/* RFC 8428 4.5.1: the name is the base name and the name put together. */
static enum lwm2m_error resolve(const struct lwm2m_senml *senml, const struct lwm2m_scalar *name,
                                struct lwm2m_path *path)
{
    char text[2 * LWM2M_SENML_NAME_MAX];
    if (name->len > LWM2M_SENML_NAME_MAX) {
        return LWM2M_EPATH;
    }
    memcpy(text, senml->base_name, senml->base_name_len);
    if (name->len > 0) {
        memcpy(text + senml->base_name_len, name->data, name->len);
    }
    const enum lwm2m_error error = lwm2m_path_parse(text, senml->base_name_len + name->len, path);
    return error || path->depth < 3 ? LWM2M_EPATH : LWM2M_OK;
}

static enum lwm2m_error take_base(struct lwm2m_senml *senml,
                                  const struct lwm2m_senml_record *record)
{
    if (record->fields & BIT(LWM2M_SENML_BN)) {
        if (record->base_name.len > LWM2M_SENML_NAME_MAX) {
            return LWM2M_EPATH;
        }
        if (record->base_name.len > 0) {
            memcpy(senml->base_name, record->base_name.data, record->base_name.len);
        }
        senml->base_name_len = record->base_name.len;
    }
    if (record->fields & BIT(LWM2M_SENML_BV)) {
        senml->base_value = record->base_value;
    }
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_senml_end(struct lwm2m_senml *senml, const struct lwm2m_senml_record *record)
{
    struct lwm2m_path path;
    struct lwm2m_value value = {.type = LWM2M_NONE};
    struct lwm2m_scalar scalar = record->value;
    enum lwm2m_error error = take_base(senml, record);
    if (!error && (record->fields & VALUE_FIELDS) == 0) {
        error = LWM2M_EFORMAT;
    }
    if (!error) {
        error = resolve(senml, &record->name, &path);
    }
    if (!error && (record->fields & BIT(LWM2M_SENML_V)) && is_number(&senml->base_value)) {
        error = lwm2m_scalar_add(&senml->base_value, &record->value, &scalar);
    }
    if (!error) {
        error = lwm2m_scalar_value(&scalar, lwm2m_resource_at(senml->registry, path), &value);
    }
    return error ? error : lwm2m_content_add(senml->content, path, &value);
}

/* An id of 16 bits and the character behind it. */
static size_t put_id(char *out, uint16_t id, char after)
{
    char digits[LWM2M_DECIMAL_TEXT];
    const size_t len = lwm2m_decimal(id, digits);
    memcpy(out, digits, len);
    out[len] = after;
    return len + 1;
}

size_t lwm2m_senml_base_name(struct lwm2m_path path, char out[static LWM2M_SENML_TEXT])
{
    size_t len = 0;
    out[len++] = '/';
    len += put_id(out + len, path.id[0], '/');
    len += put_id(out + len, path.id[1], '/');
    out[len] = '\0';
    return len;
}

size_t lwm2m_senml_name(struct lwm2m_path path, char out[static LWM2M_SENML_TEXT])
{
    size_t len = put_id(out, path.id[2], path.depth == 4 ? '/' : '\0');
    len += path.depth == 4 ? put_id(out + len, path.id[3], '\0') : 0;
    return len - 1;
}

enum lwm2m_senml_field lwm2m_senml_field_of(enum lwm2m_type type)
{
    switch (type) {
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        return LWM2M_SENML_VS;
    case LWM2M_BOOLEAN:
        return LWM2M_SENML_VB;
    case LWM2M_OPAQUE:
        return LWM2M_SENML_VD;
    case LWM2M_OBJLNK:
        return LWM2M_SENML_VLO;
    case LWM2M_INTEGER:
    case LWM2M_UNSIGNED:
    case LWM2M_FLOAT:
    case LWM2M_TIME:
    case LWM2M_NONE:
        break;
    }
    return LWM2M_SENML_V;
}
