#include "bootstrap/lwm2m/codec.h"

#include "bootstrap/lwm2m/formats.h"

#include <stdlib.h>
#include <string.h>

static const struct lwm2m_format formats[] = {
    {LWM2M_FORMAT_TEXT, "text", "text/plain", true, lwm2m_text_encode, lwm2m_text_decode},
    {LWM2M_FORMAT_OPAQUE, "opaque", "application/octet-stream", true, lwm2m_opaque_encode,
     lwm2m_opaque_decode},
    {LWM2M_FORMAT_CBOR, "cbor", "application/cbor", true, lwm2m_cbor_single_encode,
     lwm2m_cbor_single_decode},
    {LWM2M_FORMAT_SENML_JSON, "senml-json", "application/senml+json", false,
     lwm2m_senml_json_encode, lwm2m_senml_json_decode},
    {LWM2M_FORMAT_SENML_CBOR, "senml-cbor", "application/senml+cbor", false,
     lwm2m_senml_cbor_encode, lwm2m_senml_cbor_decode},
    {LWM2M_FORMAT_TLV, "tlv", "application/vnd.oma.lwm2m+tlv", false, lwm2m_tlv_encode,
     lwm2m_tlv_decode},
    {LWM2M_FORMAT_JSON, "json", "application/vnd.oma.lwm2m+json", false, lwm2m_oma_json_encode,
     lwm2m_oma_json_decode},
    {LWM2M_FORMAT_LWM2M_CBOR, "lwm2m-cbor", "application/vnd.oma.lwm2m+cbor", false,
     lwm2m_cbor_tree_encode, lwm2m_cbor_tree_decode},
};

const struct lwm2m_format *lwm2m_format_at(size_t index)
{
    return index < sizeof formats / sizeof formats[0] ? &formats[index] : NULL;
}

const struct lwm2m_format *lwm2m_format_by_number(uint16_t number)
{
    const struct lwm2m_format *format;
    for (size_t i = 0; (format = lwm2m_format_at(i)); i++) {
        if (format->number == number) {
            return format;
        }
    }
    return NULL;
}

const struct lwm2m_format *lwm2m_format_by_name(const char *name, size_t len)
{
    const struct lwm2m_format *format;
    for (size_t i = 0; (format = lwm2m_format_at(i)); i++) {
        if (strlen(format->name) == len && memcmp(format->name, name, len) == 0) {
            return format;
        }
    }
    return NULL;
}

/* Resources (3), resource instances (4), empty multiple resources (3) and empty instances (2). */
static bool is_leaf(const struct lwm2m_leaf *leaf)
{
    const bool is_empty = leaf->value.type == LWM2M_NONE;
    return is_empty ? leaf->path.depth == 2 || leaf->path.depth == 3
                    : leaf->path.depth == 3 || leaf->path.depth == 4;
}

static bool is_ascending(const struct lwm2m_leaf *leaves, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (lwm2m_path_compare(leaves[i - 1].path, leaves[i].path) >= 0 ||
            lwm2m_path_under(leaves[i].path, leaves[i - 1].path)) {
            return false;
        }
    }
    return true;
}

static enum lwm2m_error encode_sorted(const struct lwm2m_format *format, struct lwm2m_path base,
                                      struct lwm2m_content *copy, struct lwm2m_out *out)
{
    const enum lwm2m_error error = lwm2m_content_sort(copy);
    return error ? error
                 : format->encode(base, copy->leaves, copy->count, out->data, out->capacity,
                                  &out->len);
}

static enum lwm2m_error encode_unsorted(const struct lwm2m_format *format, struct lwm2m_path base,
                                        const struct lwm2m_leaf *leaves, size_t count,
                                        struct lwm2m_out *out)
{
    struct lwm2m_content copy = {.leaves = calloc(count, sizeof leaves[0]), .count = count};
    if (!copy.leaves) {
        return LWM2M_ENOMEM;
    }
    memcpy(copy.leaves, leaves, count * sizeof leaves[0]);
    const enum lwm2m_error error = encode_sorted(format, base, &copy, out);
    lwm2m_content_clear(&copy);
    return error;
}

enum lwm2m_error lwm2m_encode(uint16_t format, struct lwm2m_path base,
                              const struct lwm2m_leaf *leaves, size_t count, uint8_t *out,
                              size_t capacity, size_t *len)
{
    const struct lwm2m_format *row = lwm2m_format_by_number(format);
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    enum lwm2m_error error = LWM2M_OK;
    *len = 0;
    /* Of a multiple resource a single value would lose its id. */
    if (!row || (row->single_only &&
                 (count != 1 || base.depth < 3 || leaves[0].path.depth != base.depth))) {
        return LWM2M_EUNSUPPORTED;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_leaf(&leaves[i]) || !lwm2m_path_under(leaves[i].path, base)) {
            return LWM2M_EPATH;
        }
    }
    if (is_ascending(leaves, count)) {
        error = row->encode(base, leaves, count, out, capacity, &result.len);
    } else {
        error = encode_unsorted(row, base, leaves, count, &result);
    }
    *len = error == LWM2M_OK || error == LWM2M_ESPACE ? result.len : 0;
    return error;
}

static bool is_allowed(const struct lwm2m_leaf *leaf, struct lwm2m_path base,
                       const struct lwm2m_registry *registry)
{
    for (uint8_t i = 0; i < leaf->path.depth; i++) {
        if (leaf->path.id[i] > LWM2M_ID_MAX) {
            return false;
        }
    }
    const struct lwm2m_resource *resource = lwm2m_resource_at(registry, leaf->path);
    const bool is_multiple = leaf->path.depth == 4 || leaf->value.type == LWM2M_NONE;
    return lwm2m_path_under(leaf->path, base) &&
           (!resource || resource->is_multiple == is_multiple);
}

static enum lwm2m_error check_all(struct lwm2m_path base, const struct lwm2m_registry *registry,
                                  struct lwm2m_content *content)
{
    enum lwm2m_error error = lwm2m_content_sort(content);
    for (size_t i = 0; !error && i < content->count; i++) {
        error = is_allowed(&content->leaves[i], base, registry) ? LWM2M_OK : LWM2M_EPATH;
    }
    return error;
}

enum lwm2m_error lwm2m_decode(uint16_t format, struct lwm2m_path base,
                              const struct lwm2m_registry *registry, const uint8_t *in, size_t len,
                              struct lwm2m_content *content)
{
    const struct lwm2m_format *row = lwm2m_format_by_number(format);
    lwm2m_content_clear(content);
    if (!row || (row->single_only && base.depth < 3)) {
        return LWM2M_EUNSUPPORTED;
    }
    enum lwm2m_error error = row->decode(base, registry, in, len, content);
    if (!error) {
        error = check_all(base, registry, content);
    }
    if (error) {
        lwm2m_content_clear(content);
    }
    return error;
}
