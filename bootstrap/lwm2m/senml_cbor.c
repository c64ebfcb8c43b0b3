#include "bootstrap/lwm2m/cbor.h"
#include "bootstrap/lwm2m/senml.h"

#include <string.h>

#define LABEL_BN (-2)
#define LABEL_N  0

/* lwm2m-encodings.md section 5.1. The object link alone has a text label. */
static const struct {
    int64_t label;
    enum lwm2m_senml_field field;
} labels[] = {
    {-1, LWM2M_SENML_BVER},   {LABEL_BN, LWM2M_SENML_BN}, {-5, LWM2M_SENML_BV},
    {LABEL_N, LWM2M_SENML_N}, {2, LWM2M_SENML_V},         {3, LWM2M_SENML_VS},
    {4, LWM2M_SENML_VB},      {8, LWM2M_SENML_VD},
};
static const char link_label[] = "vlo";

/* Encoding --------------------------------------------------------------------------------------
 */

static void put_label(struct lwm2m_out *out, enum lwm2m_senml_field field)
{
    if (field == LWM2M_SENML_VLO) {
        lwm2m_cbor_put_text(out, link_label, sizeof link_label - 1);
        return;
    }
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (labels[i].field == field) {
            lwm2m_cbor_put_integer(out, labels[i].label);
        }
    }
}

static void put_name(struct lwm2m_out *out, struct lwm2m_path path)
{
    char text[LWM2M_SENML_TEXT];
    lwm2m_cbor_put_integer(out, LABEL_N);
    lwm2m_cbor_put_text(out, text, lwm2m_senml_name(path, text));
}

static void put_base_name(struct lwm2m_out *out, struct lwm2m_path path)
{
    char text[LWM2M_SENML_TEXT];
    lwm2m_cbor_put_integer(out, LABEL_BN);
    lwm2m_cbor_put_text(out, text, lwm2m_senml_base_name(path, text));
}

enum lwm2m_error lwm2m_senml_cbor_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                         size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    struct lwm2m_path instance = {.depth = 0};
    (void)base;
    lwm2m_cbor_put_array(&result, count);
    for (size_t i = 0; i < count; i++) {
        const struct lwm2m_leaf *leaf = &leaves[i];
        const bool is_first = instance.depth == 0 || !lwm2m_path_under(leaf->path, instance);
        if (leaf->value.type == LWM2M_NONE) {
            return LWM2M_EUNSUPPORTED;
        }
        lwm2m_cbor_put_map(&result, is_first ? 3 : 2);
        if (is_first) {
            instance = lwm2m_path_of(2, leaf->path.id[0], leaf->path.id[1], 0, 0);
            put_base_name(&result, instance);
        }
        put_name(&result, leaf->path);
        put_label(&result, lwm2m_senml_field_of(leaf->value.type));
        lwm2m_cbor_put_value(&result, &leaf->value);
    }
    return lwm2m_out_end(&result, len);
}

/* Decoding --------------------------------------------------------------------------------------
 */

static enum lwm2m_error text_field(const uint8_t *text, size_t len, enum lwm2m_senml_field *field)
{
    *field = len == sizeof link_label - 1 && memcmp(text, link_label, len) == 0 ? LWM2M_SENML_VLO
                                                                                : LWM2M_SENML_OTHER;
    /* RFC 8428 4.4: a label that ends so must be understood. */
    return len > 0 && text[len - 1] == '_' ? LWM2M_EFORMAT : LWM2M_OK;
}

static enum lwm2m_error read_field(struct lwm2m_cbor_reader *reader, struct lwm2m_content *content,
                                   enum lwm2m_senml_field *field)
{
    struct lwm2m_scalar label;
    int64_t number;
    const enum lwm2m_error error = lwm2m_cbor_scalar(reader, content, &label);
    if (error) {
        return error;
    }
    if (label.kind == LWM2M_SCALAR_TEXT) {
        return text_field(label.data, label.len, field);
    }
    *field = LWM2M_SENML_OTHER;
    if (lwm2m_scalar_int64(&label, &number)) {
        return LWM2M_EFORMAT;
    }
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (labels[i].label == number) {
            *field = labels[i].field;
        }
    }
    return LWM2M_OK;
}

static enum lwm2m_error read_pair(struct lwm2m_cbor_reader *reader, struct lwm2m_content *content,
                                  struct lwm2m_senml_record *record)
{
    enum lwm2m_senml_field field;
    struct lwm2m_scalar scalar;
    enum lwm2m_error error = read_field(reader, content, &field);
    if (error) {
        return error;
    }
    if (field == LWM2M_SENML_OTHER) {
        return lwm2m_cbor_skip(reader);
    }
    error = lwm2m_cbor_scalar(reader, content, &scalar);
    return error ? error : lwm2m_senml_set(record, field, &scalar);
}

static enum lwm2m_error open_group(struct lwm2m_cbor_reader *reader, enum lwm2m_cbor_kind kind,
                                   struct lwm2m_cbor_group *group)
{
    struct lwm2m_cbor_item item;
    const enum lwm2m_error error = lwm2m_cbor_next(reader, &item);
    if (error || item.kind != kind) {
        return LWM2M_EFORMAT;
    }
    return lwm2m_cbor_enter(reader, &item, group);
}

static enum lwm2m_error read_record(struct lwm2m_cbor_reader *reader, struct lwm2m_senml *senml)
{
    struct lwm2m_senml_record record = {.fields = 0};
    struct lwm2m_cbor_group map;
    bool more = true;
    enum lwm2m_error error = open_group(reader, LWM2M_CBOR_MAP, &map);
    while (!error && !(error = lwm2m_cbor_more(reader, &map, &more)) && more) {
        error = read_pair(reader, senml->content, &record);
    }
    return error ? error : lwm2m_senml_end(senml, &record);
}

enum lwm2m_error lwm2m_senml_cbor_decode(struct lwm2m_path base,
                                         const struct lwm2m_registry *registry, const uint8_t *in,
                                         size_t len, struct lwm2m_content *content)
{
    struct lwm2m_cbor_reader reader = {.at = in, .end = in + len};
    struct lwm2m_senml senml = {.registry = registry, .content = content};
    struct lwm2m_cbor_group array;
    bool more = true;
    (void)base;
    enum lwm2m_error error = open_group(&reader, LWM2M_CBOR_ARRAY, &array);
    while (!error && !(error = lwm2m_cbor_more(&reader, &array, &more)) && more) {
        error = read_record(&reader, &senml);
    }
    return !error && reader.at != reader.end ? LWM2M_EFORMAT : error;
}
