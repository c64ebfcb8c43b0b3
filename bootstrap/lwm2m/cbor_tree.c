#include "bootstrap/lwm2m/cbor.h"

/* LwM2M CBOR: maps within maps, whose keys put together are the path (lwm2m-encodings.md 6). */

#define PATH_MAX_DEPTH 4

/* Encoding --------------------------------------------------------------------------------------
 */

static size_t count_groups(const struct lwm2m_leaf *leaves, size_t count, uint8_t depth)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i += lwm2m_leaves_group(leaves + i, count - i, depth)) {
        groups++;
    }
    return groups;
}

static void put_multiple(struct lwm2m_out *out, const struct lwm2m_leaf *leaves, size_t count)
{
    lwm2m_cbor_put_map(out, count);
    for (size_t i = 0; i < count; i++) {
        lwm2m_cbor_put_integer(out, leaves[i].path.id[3]);
        lwm2m_cbor_put_value(out, &leaves[i].value);
    }
}

static void put_instance(struct lwm2m_out *out, const struct lwm2m_leaf *leaves, size_t count)
{
    lwm2m_cbor_put_array(out, 2);
    lwm2m_cbor_put_integer(out, leaves[0].path.id[0]);
    lwm2m_cbor_put_integer(out, leaves[0].path.id[1]);
    lwm2m_cbor_put_map(out, count_groups(leaves, count, 3));
    for (size_t i = 0, size; i < count; i += size) {
        size = lwm2m_leaves_group(leaves + i, count - i, 3);
        lwm2m_cbor_put_integer(out, leaves[i].path.id[2]);
        if (leaves[i].path.depth == 4) {
            put_multiple(out, leaves + i, size);
        } else {
            lwm2m_cbor_put_value(out, &leaves[i].value);
        }
    }
}

/* Absolute paths whatever BASE is: readers differ, and all take these (lwm2m-encodings.md 6). */
enum lwm2m_error lwm2m_cbor_tree_encode(struct lwm2m_path base, const struct lwm2m_leaf *leaves,
                                        size_t count, uint8_t *out, size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = out, .capacity = capacity};
    (void)base;
    if (count == 0) {
        return LWM2M_EUNSUPPORTED;
    }
    for (size_t i = 0; i < count; i++) {
        if (leaves[i].value.type == LWM2M_NONE) {
            return LWM2M_EUNSUPPORTED;
        }
    }
    lwm2m_cbor_put_map(&result, count_groups(leaves, count, 2));
    for (size_t i = 0, size; i < count; i += size) {
        size = lwm2m_leaves_group(leaves + i, count - i, 2);
        put_instance(&result, leaves + i, size);
    }
    return lwm2m_out_end(&result, len);
}

/* Decoding --------------------------------------------------------------------------------------
 */

struct tree {
    struct lwm2m_cbor_reader reader;
    const struct lwm2m_registry *registry;
    struct lwm2m_content *content;
};

static enum lwm2m_error push_id(const struct lwm2m_cbor_item *item, struct lwm2m_path *path)
{
    if (item->kind != LWM2M_CBOR_UINT) {
        return LWM2M_EFORMAT;
    }
    if (item->number > LWM2M_ID_NONE || path->depth == PATH_MAX_DEPTH) {
        return LWM2M_EPATH;
    }
    *path = lwm2m_path_child(*path, (uint16_t)item->number);
    return LWM2M_OK;
}

/* One id, or an array of one and more, below PATH. */
static enum lwm2m_error read_key(struct lwm2m_cbor_reader *reader, struct lwm2m_path *path)
{
    struct lwm2m_cbor_item item;
    struct lwm2m_cbor_group array;
    const uint8_t above = path->depth;
    bool more = true;
    enum lwm2m_error error = lwm2m_cbor_next(reader, &item);
    if (error || item.kind != LWM2M_CBOR_ARRAY) {
        return error ? error : push_id(&item, path);
    }
    error = lwm2m_cbor_enter(reader, &item, &array);
    while (!error && !(error = lwm2m_cbor_more(reader, &array, &more)) && more) {
        error = lwm2m_cbor_next(reader, &item);
        error = error ? error : push_id(&item, path);
    }
    return !error && path->depth == above ? LWM2M_EFORMAT : error;
}

static enum lwm2m_error read_leaf(struct tree *tree, struct lwm2m_path path)
{
    struct lwm2m_scalar scalar;
    struct lwm2m_value value;
    enum lwm2m_error error = lwm2m_cbor_scalar(&tree->reader, tree->content, &scalar);
    if (error || path.depth < 3) {
        return error ? error : LWM2M_EPATH;
    }
    error = lwm2m_scalar_value(&scalar, lwm2m_resource_at(tree->registry, path), &value);
    return error ? error : lwm2m_content_add(tree->content, path, &value);
}

/* The map that comes next. Each level adds an id: recursion ends with the path. */
static enum lwm2m_error read_map(struct tree *tree, struct lwm2m_path above)
{
    struct lwm2m_cbor_item item;
    struct lwm2m_cbor_group map;
    bool more = true;
    size_t count = 0;
    enum lwm2m_error error = lwm2m_cbor_next(&tree->reader, &item);
    if (error || item.kind != LWM2M_CBOR_MAP) {
        return LWM2M_EFORMAT;
    }
    error = lwm2m_cbor_enter(&tree->reader, &item, &map);
    for (; !error && !(error = lwm2m_cbor_more(&tree->reader, &map, &more)) && more; count++) {
        struct lwm2m_path path = above;
        struct lwm2m_cbor_reader ahead;
        error = read_key(&tree->reader, &path);
        ahead = tree->reader;
        if (!error && !(error = lwm2m_cbor_next(&ahead, &item))) {
            error = item.kind == LWM2M_CBOR_MAP ? read_map(tree, path) : read_leaf(tree, path);
        }
    }
    return !error && count == 0 ? LWM2M_EFORMAT : error;
}

enum lwm2m_error lwm2m_cbor_tree_decode(struct lwm2m_path base,
                                        const struct lwm2m_registry *registry, const uint8_t *in,
                                        size_t len, struct lwm2m_content *content)
{
    struct tree tree = {
        .reader = {.at = in, .end = in + len}, .registry = registry, .content = content};
    (void)base;
    const enum lwm2m_error error = read_map(&tree, (struct lwm2m_path){.depth = 0});
    return !error && tree.reader.at != tree.reader.end ? LWM2M_EFORMAT : error;
}
