#include "bootstrap/lwm2m/base64.h"
#include "bootstrap/lwm2m/formats.h"
#include "bootstrap/lwm2m/json_leaf.h"
#include "bootstrap/lwm2m/json_scan.h"
#include "bootstrap/lwm2m/senml.h"

#include <string.h>

/* lwm2m-encodings.md section 8; strings and octets share a name. */
static const struct {
    const char *name;
    enum lwm2m_senml_field field;
} names[] = {
    {"n", LWM2M_SENML_N},   {"v", LWM2M_SENML_V},    {"sv", LWM2M_SENML_VS},
    {"bv", LWM2M_SENML_VB}, {"ov", LWM2M_SENML_VLO},
};
#define NAME_BASE    "bn"
#define NAME_ENTRIES "e"

/* Encoding --------------------------------------------------------------------------------------
 */

static const char *value_name(enum lwm2m_type type)
{
    const enum lwm2m_senml_field field =
        type == LWM2M_OPAQUE ? LWM2M_SENML_VS : lwm2m_senml_field_of(type);
    size_t i = 0;
    while (names[i].field != field) {
        i++;
    }
    return names[i].name;
}

/* The instance, object or root that all leaves have in common. */
static struct lwm2m_path common_of(const struct lwm2m_leaf *leaves, size_t count)
{
    uint8_t depth = count == 0 ? 0 : 2;
    while (depth > 0 && lwm2m_leaves_group(leaves, count, depth) < count) {
        depth--;
    }
    return count == 0 ? (struct lwm2m_path){.depth = 0}
                      : lwm2m_path_of(depth, leaves[0].path.id[0], leaves[0].path.id[1], 0, 0);
}

static void put_base(struct lwm2m_json_writer *writer, struct lwm2m_path common)
{
    char text[LWM2M_PATH_TEXT + 1];
    lwm2m_path_text(common, text);
    lwm2m_json_key(writer, NAME_BASE);
    (void)strcat(text, common.depth > 0 ? "/" : "");
    lwm2m_json_text(writer, text);
}

static void put_entry(struct lwm2m_json_writer *writer, struct lwm2m_path common,
                      const struct lwm2m_leaf *leaf)
{
    struct lwm2m_path rest = {.depth = (uint8_t)(leaf->path.depth - common.depth)};
    char text[LWM2M_PATH_TEXT];
    memcpy(rest.id, leaf->path.id + common.depth, rest.depth * sizeof rest.id[0]);
    lwm2m_json_object_begin(writer);
    lwm2m_json_key(writer, names[0].name);
    lwm2m_json_text(writer, lwm2m_path_text(rest, text) + 1);
    lwm2m_json_key(writer, value_name(leaf->value.type));
    lwm2m_json_leaf_put(writer, &leaf->value, false);
    lwm2m_json_object_end(writer);
}

enum lwm2m_error lwm2m_oma_json_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                       size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    struct lwm2m_json_writer writer = {.sink = lwm2m_out_sink, .context = &result};
    const struct lwm2m_path common = common_of(leaves, count);
    (void)base;
    lwm2m_json_object_begin(&writer);
    put_base(&writer, common);
    lwm2m_json_key(&writer, NAME_ENTRIES);
    lwm2m_json_array_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        const enum lwm2m_error error = lwm2m_json_leaf_check(&leaves[i].value);
        if (error) {
            return error;
        }
        put_entry(&writer, common, &leaves[i]);
    }
    lwm2m_json_array_end(&writer);
    lwm2m_json_object_end(&writer);
    return lwm2m_out_end(&result, len);
}

/* Decoding --------------------------------------------------------------------------------------
 */

struct document {
    struct lwm2m_path request;
    const struct lwm2m_registry *registry;
    struct lwm2m_content *content;
    struct lwm2m_scan entries; /* the place of the array: the base name may come behind it */
    struct lwm2m_scalar base_name;
};

static bool is_named(const uint8_t *key, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(key, name, len) == 0;
}

static enum lwm2m_error read_member(struct lwm2m_scan *scan, struct document *document)
{
    const uint8_t *key;
    size_t len;
    const enum lwm2m_error error = lwm2m_scan_key(scan, document->content, &key, &len);
    if (error) {
        return error;
    }
    if (is_named(key, len, NAME_BASE)) {
        const bool is_second = document->base_name.kind != LWM2M_SCALAR_NULL;
        const enum lwm2m_error failed =
            lwm2m_scan_scalar(scan, document->content, &document->base_name);
        return !failed && (is_second || document->base_name.kind != LWM2M_SCALAR_TEXT)
                   ? LWM2M_EFORMAT
                   : failed;
    }
    if (is_named(key, len, NAME_ENTRIES)) {
        if (document->entries.at) {
            return LWM2M_EFORMAT;
        }
        document->entries = *scan;
    }
    return lwm2m_scan_skip(scan);
}

/* A path in the making. */
struct joined {
    char text[2 * LWM2M_SENML_NAME_MAX + 2];
    size_t len;
};

/* PART below what is there: one slash before it, none behind, whether it brought them or not. */
static void join(struct joined *path, const uint8_t *part, size_t len)
{
    const size_t skipped = len > 0 && part[0] == '/' ? 1 : 0;
    const size_t cut = len > skipped && part[len - 1] == '/' ? 1 : 0;
    if (len > skipped + cut) {
        path->text[path->len++] = '/';
        memcpy(path->text + path->len, part + skipped, len - skipped - cut);
        path->len += len - skipped - cut;
    }
}

/*
 * Base name and name are joined as paths. Without a base name the request path stands for it,
 * unless the name begins with a slash.
 */
static enum lwm2m_error resolve(const struct document *document, const struct lwm2m_scalar *name,
                                struct lwm2m_path *path)
{
    char request[LWM2M_PATH_TEXT];
    struct joined joined = {.len = 0};
    const struct lwm2m_scalar *const base = &document->base_name;
    if (base->len > LWM2M_SENML_NAME_MAX || name->len > LWM2M_SENML_NAME_MAX) {
        return LWM2M_EPATH;
    }
    if (base->len > 0) {
        join(&joined, base->data, base->len);
    } else if (name->len == 0 || name->data[0] != '/') {
        lwm2m_path_text(document->request, request);
        join(&joined, (const uint8_t *)request, strlen(request));
    }
    join(&joined, name->data, name->len);
    const enum lwm2m_error error = lwm2m_path_parse(joined.text, joined.len, path);
    return error || path->depth < 3 ? LWM2M_EPATH : LWM2M_OK;
}

static enum lwm2m_error read_field(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                   struct lwm2m_senml_record *record)
{
    const uint8_t *key;
    size_t len;
    struct lwm2m_scalar scalar;
    enum lwm2m_error error = lwm2m_scan_key(scan, content, &key, &len);
    for (size_t i = 0; !error && i < sizeof names / sizeof names[0]; i++) {
        if (is_named(key, len, names[i].name)) {
            error = lwm2m_scan_scalar(scan, content, &scalar);
            return error ? error : lwm2m_senml_set(record, names[i].field, &scalar);
        }
    }
    return error ? error : lwm2m_scan_skip(scan);
}

static enum lwm2m_error add_leaf(struct document *document, struct lwm2m_senml_record *record)
{
    struct lwm2m_path path;
    struct lwm2m_value value;
    enum lwm2m_error error = record->value.kind == LWM2M_SCALAR_NULL
                                 ? LWM2M_EFORMAT
                                 : resolve(document, &record->name, &path);
    if (error) {
        return error;
    }
    const struct lwm2m_resource *const resource = lwm2m_resource_at(document->registry, path);
    if (resource && resource->type == LWM2M_OPAQUE && record->value.kind == LWM2M_SCALAR_TEXT) {
        error = lwm2m_base64_scalar(document->content, &record->value);
    }
    if (!error) {
        error = lwm2m_scalar_value(&record->value, resource, &value);
    }
    return error ? error : lwm2m_content_add(document->content, path, &value);
}

static enum lwm2m_error read_entries(struct document *document)
{
    struct lwm2m_scan scan = document->entries;
    struct lwm2m_scan_group array;
    struct lwm2m_scan_group object;
    bool more = true;
    enum lwm2m_error error = lwm2m_scan_enter(&scan, '[', &array);
    while (!error && !(error = lwm2m_scan_more(&scan, &array, &more)) && more) {
        struct lwm2m_senml_record record = {.fields = 0};
        bool more_fields = true;
        error = lwm2m_scan_enter(&scan, '{', &object);
        while (!error && !(error = lwm2m_scan_more(&scan, &object, &more_fields)) && more_fields) {
            error = read_field(&scan, document->content, &record);
        }
        error = error ? error : add_leaf(document, &record);
    }
    return error;
}

enum lwm2m_error lwm2m_oma_json_decode(struct lwm2m_path base,
                                       const struct lwm2m_registry *registry, const uint8_t *in,
                                       size_t len, struct lwm2m_content *content)
{
    struct lwm2m_scan scan = {.at = in, .end = in + len};
    struct document document = {.request = base, .registry = registry, .content = content};
    struct lwm2m_scan_group object;
    bool more = true;
    enum lwm2m_error error = lwm2m_scan_enter(&scan, '{', &object);
    while (!error && !(error = lwm2m_scan_more(&scan, &object, &more)) && more) {
        error = read_member(&scan, &document);
    }
    error = error ? error : lwm2m_scan_end(&scan);
    if (!error && !document.entries.at) {
        error = LWM2M_EFORMAT;
    }
    return error ? error : read_entries(&document);
}
