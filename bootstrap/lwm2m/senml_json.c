#include "bootstrap/lwm2m/base64.h"
#include "bootstrap/lwm2m/formats.h"
#include "bootstrap/lwm2m/json_leaf.h"
#include "bootstrap/lwm2m/json_scan.h"
#include "bootstrap/lwm2m/senml.h"

#include <string.h>

/* lwm2m-encodings.md section 5.1. */
static const char *const labels[] = {
    [LWM2M_SENML_BVER] = "bver", [LWM2M_SENML_BN] = "bn", [LWM2M_SENML_BV] = "bv",
    [LWM2M_SENML_N] = "n",       [LWM2M_SENML_V] = "v",   [LWM2M_SENML_VS] = "vs",
    [LWM2M_SENML_VB] = "vb",     [LWM2M_SENML_VD] = "vd", [LWM2M_SENML_VLO] = "vlo",
};

/* Encoding --------------------------------------------------------------------------------------
 */

static void put_record(struct lwm2m_json_writer *writer, const struct lwm2m_leaf *leaf,
                       bool is_first)
{
    char text[LWM2M_SENML_TEXT];
    lwm2m_json_object_begin(writer);
    if (is_first) {
        lwm2m_json_key(writer, labels[LWM2M_SENML_BN]);
        lwm2m_json_string(writer, text, lwm2m_senml_base_name(leaf->path, text));
    }
    lwm2m_json_key(writer, labels[LWM2M_SENML_N]);
    lwm2m_json_string(writer, text, lwm2m_senml_name(leaf->path, text));
    lwm2m_json_key(writer, labels[lwm2m_senml_field_of(leaf->value.type)]);
    lwm2m_json_leaf_put(writer, &leaf->value, true);
    lwm2m_json_object_end(writer);
}

enum lwm2m_error lwm2m_senml_json_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                         size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    struct lwm2m_json_writer writer = {.sink = lwm2m_out_sink, .context = &result};
    struct lwm2m_path instance = {.depth = 0};
    (void)base;
    lwm2m_json_array_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        const bool is_first = instance.depth == 0 || !lwm2m_path_under(leaves[i].path, instance);
        const enum lwm2m_error error = lwm2m_json_leaf_check(&leaves[i].value);
        if (error) {
            return error;
        }
        instance = lwm2m_path_of(2, leaves[i].path.id[0], leaves[i].path.id[1], 0, 0);
        put_record(&writer, &leaves[i], is_first);
    }
    lwm2m_json_array_end(&writer);
    return lwm2m_out_end(&result, len);
}

/* Decoding --------------------------------------------------------------------------------------
 */

static enum lwm2m_error field_of(const uint8_t *text, size_t len, enum lwm2m_senml_field *field)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strlen(labels[i]) == len && memcmp(labels[i], text, len) == 0) {
            *field = (enum lwm2m_senml_field)i;
            return LWM2M_OK;
        }
    }
    *field = LWM2M_SENML_OTHER;
    /* RFC 8428 4.4: a label that ends so must be understood. */
    return len > 0 && text[len - 1] == '_' ? LWM2M_EFORMAT : LWM2M_OK;
}

static enum lwm2m_error read_pair(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                  struct lwm2m_senml_record *record)
{
    const uint8_t *key;
    size_t len;
    enum lwm2m_senml_field field;
    struct lwm2m_scalar scalar;
    enum lwm2m_error error = lwm2m_scan_key(scan, content, &key, &len);
    if (error || (error = field_of(key, len, &field))) {
        return error;
    }
    if (field == LWM2M_SENML_OTHER) {
        return lwm2m_scan_skip(scan);
    }
    error = lwm2m_scan_scalar(scan, content, &scalar);
    if (!error && field == LWM2M_SENML_VD && scalar.kind == LWM2M_SCALAR_TEXT) {
        error = lwm2m_base64_scalar(content, &scalar);
    }
    return error ? error : lwm2m_senml_set(record, field, &scalar);
}

static enum lwm2m_error read_record(struct lwm2m_scan *scan, struct lwm2m_senml *senml)
{
    struct lwm2m_senml_record record = {.fields = 0};
    struct lwm2m_scan_group object;
    bool more = true;
    enum lwm2m_error error = lwm2m_scan_enter(scan, '{', &object);
    while (!error && !(error = lwm2m_scan_more(scan, &object, &more)) && more) {
        error = read_pair(scan, senml->content, &record);
    }
    return error ? error : lwm2m_senml_end(senml, &record);
}

enum lwm2m_error lwm2m_senml_json_decode(struct lwm2m_path base,
                                         const struct lwm2m_registry *registry, const uint8_t *in,
                                         size_t len, struct lwm2m_content *content)
{
    struct lwm2m_scan scan = {.at = in, .end = in + len};
    struct lwm2m_senml senml = {.registry = registry, .content = content};
    struct lwm2m_scan_group array;
    bool more = true;
    (void)base;
    enum lwm2m_error error = lwm2m_scan_enter(&scan, '[', &array);
    while (!error && !(error = lwm2m_scan_more(&scan, &array, &more)) && more) {
        error = read_record(&scan, &senml);
    }
    return error ? error : lwm2m_scan_end(&scan);
}
