#include "bootstrap/policy/model.h"

#include <stdlib.h>
#include <string.h>

enum { INSTANCES_MAX = 64 };

static void write_error(struct policy_schema_context *context, struct policy_mark mark,
                        const char *word, const char *text)
{
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, mark, "%s: %s", policy_quote(word, strlen(word), quoted), text);
}

/* ---- resources ---- */

static void add_leaf(struct policy_schema_context *context, const struct policy_node *node,
                     const struct lwm2m_resource *resource, struct lwm2m_path path,
                     struct policy_write *write)
{
    struct lwm2m_leaf leaf = {.path = path};
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    const char *wrong = policy_value_parse(context->arena, node, resource->type, &leaf.value);
    if (wrong == NULL && !context->arena->is_failed &&
        lwm2m_resource_check(resource, &leaf.value) != LWM2M_OK) {
        wrong = "the value is outside the resource's range";
    }
    if (wrong != NULL) {
        write_error(context, node->mark, resource->name, wrong);
        return;
    }
    struct lwm2m_leaf *slot = policy_array_add(context->arena, &write->leaves, sizeof *slot);
    if (slot != NULL) {
        *slot = leaf;
    }
}

/* A multiple resource: a list (instances 0, 1, ..) or one value (instance 0). */
static void add_instances(struct policy_schema_context *context, const struct policy_node *node,
                          const struct lwm2m_resource *resource, struct lwm2m_path path,
                          struct policy_write *write)
{
    path.depth = 4;
    if (node->kind != POLICY_YAML_LIST) {
        add_leaf(context, node, resource, path, write);
        return;
    }
    if (node->count > INSTANCES_MAX) {
        write_error(context, node->mark, resource->name, "more than 64 values");
        return;
    }
    for (const struct policy_node *item = node->first; item != NULL; item = item->next) {
        add_leaf(context, item, resource, path, write);
        path.id[3]++;
    }
}

static void unknown_resource(struct policy_schema_context *context, const struct policy_node *node,
                             const struct lwm2m_object *object)
{
    char quoted[POLICY_QUOTE_MAX];
    struct policy_nearest nearest = {.word = node->key, .len = node->key_len};
    for (size_t i = 0; i < object->resource_count; i++) {
        policy_nearest_try(&nearest, object->resources[i].name);
    }
    policy_quote(node->key, node->key_len, quoted);
    if (nearest.best != NULL) {
        policy_error(context->report, node->key_mark,
                     "object %s has no resource %s: did you mean '%s'?", object->name, quoted,
                     nearest.best);
    } else {
        policy_error(context->report, node->key_mark, "object %s has no resource %s", object->name,
                     quoted);
    }
}

static int leaf_compare(const void *left, const void *right)
{
    const struct lwm2m_leaf *a = left;
    const struct lwm2m_leaf *b = right;
    return lwm2m_path_compare(a->path, b->path);
}

static void read_resources(struct policy_schema_context *context, const struct policy_node *node,
                           const struct lwm2m_object *object, struct policy_write *write)
{
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        const struct lwm2m_resource *resource =
            lwm2m_resource_by_name(object, child->key, child->key_len);
        if (resource == NULL) {
            unknown_resource(context, child, object);
            continue;
        }
        struct lwm2m_path path =
            lwm2m_path_of(3, write->path.id[0], write->path.id[1], resource->id, 0);
        if (resource->is_multiple) {
            add_instances(context, child, resource, path, write);
        } else {
            add_leaf(context, child, resource, path, write);
        }
    }
    struct lwm2m_leaf *leaves = write->leaves.items;
    if (write->leaves.count > 1) {
        qsort(leaves, write->leaves.count, sizeof *leaves, leaf_compare);
    }
    for (size_t i = 1; i < write->leaves.count; i++) {
        if (leaf_compare(&leaves[i - 1], &leaves[i]) == 0) {
            write_error(context, node->key_mark, node->key, "a resource is given twice");
        }
    }
}

/* The object that PATH may be written to by `write:`, or NULL when reported. */
static const struct lwm2m_object *writable_object(struct policy_schema_context *context,
                                                  const struct policy_node *node,
                                                  struct lwm2m_path *path)
{
    if (lwm2m_path_parse(node->key, node->key_len, path) != LWM2M_OK || path->depth != 2 ||
        path->id[0] > LWM2M_ID_MAX || path->id[1] > LWM2M_ID_MAX) {
        write_error(context, node->key_mark, node->key, "a path here is /object/instance");
        return NULL;
    }
    if (path->id[0] <= LWM2M_OBJECT_ACCESS_CONTROL || path->id[0] == LWM2M_OBJECT_OSCORE) {
        write_error(context, node->key_mark, node->key,
                    "this object is made from servers and access, never written by hand");
        return NULL;
    }
    const struct lwm2m_object *object = lwm2m_object_find(lwm2m_registry_builtin(), path->id[0]);
    if (object == NULL) {
        write_error(context, node->key_mark, node->key,
                    "writing this object is not supported by this version");
        return NULL;
    }
    if (!object->is_multiple && path->id[1] != 0) {
        write_error(context, node->key_mark, node->key, "this object has only instance 0");
        return NULL;
    }
    return object;
}

void policy_read_writes(struct policy_schema_context *context, const struct policy_node *node,
                        void *place)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        struct policy_write write = {0};
        const struct lwm2m_object *object = writable_object(context, child, &write.path);
        if (object == NULL || !policy_schema_expect(context, child, POLICY_YAML_MAP)) {
            continue;
        }
        if (child->count == 0) {
            write_error(context, child->key_mark, child->key, "names no resource");
        }
        read_resources(context, child, object, &write);
        struct policy_write *slot = policy_array_add(context->arena, place, sizeof *slot);
        if (slot != NULL) {
            *slot = write;
        }
    }
}

/* ---- delete ---- */

static const char *delete_refusal(struct lwm2m_path path)
{
    if (path.depth == 0) {
        return "deleting everything is not supported: name the objects";
    }
    if (path.depth > 2 || path.id[0] > LWM2M_ID_MAX ||
        (path.depth == 2 && path.id[1] > LWM2M_ID_MAX)) {
        return "a path here is /object or /object/instance";
    }
    if (path.id[0] <= LWM2M_OBJECT_ACCESS_CONTROL || path.id[0] == LWM2M_OBJECT_OSCORE) {
        return "what stands here is deleted by 'others' as needed; the bootstrap account lies here";
    }
    return path.id[0] == LWM2M_OBJECT_DEVICE ? "devices do not delete their Device object" : NULL;
}

void policy_read_deletes(struct policy_schema_context *context, const struct policy_node *node,
                         void *place)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_LIST)) {
        return;
    }
    for (const struct policy_node *item = node->first; item != NULL; item = item->next) {
        struct lwm2m_path path;
        if (!policy_schema_expect(context, item, POLICY_YAML_SCALAR)) {
            continue;
        }
        const char *refusal = lwm2m_path_parse(item->text, item->len, &path) != LWM2M_OK
                                  ? "a path here is /object or /object/instance"
                                  : delete_refusal(path);
        if (refusal != NULL) {
            write_error(context, item->mark, item->text, refusal);
            continue;
        }
        struct policy_delete *slot = policy_array_add(context->arena, place, sizeof *slot);
        if (slot != NULL) {
            slot->path = path;
        }
    }
}
