#include "bootstrap/policy/language.h"
#include "bootstrap/policy/template.h"

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

/* A text may be a template: what is known of its length is checked here, the rest when it is filled
 * in. */
static const char *check_template(const struct lwm2m_resource *resource, const char *text)
{
    size_t len = 0;
    if (policy_template_check(text, &len) != NULL) {
        return "holds an unknown placeholder; there are {endpoint}, {serial}, {identity}, {group}, "
               "{attr.NAME}; a brace itself is doubled";
    }
    size_t literal = policy_template_literal(text);
    bool is_filled = policy_template_has_placeholder(text);
    bool is_short = !is_filled && (int64_t)literal < resource->min;
    return resource->has_range && (is_short || (int64_t)literal > resource->max)
               ? "the text is shorter or longer than the resource allows"
               : NULL;
}

static const char *check_value(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct lwm2m_resource *resource, struct lwm2m_value *value)
{
    const char *wrong = policy_value_parse(context->arena, node, resource->type, value);
    if (wrong != NULL || context->arena->is_failed) {
        return wrong;
    }
    if (resource->type == LWM2M_STRING) {
        return check_template(resource, node->text);
    }
    return lwm2m_resource_check(resource, value) != LWM2M_OK
               ? "the value is outside the resource's range"
               : NULL;
}

static void add_leaf(struct policy_schema_context *context, const struct policy_node *node,
                     const struct lwm2m_resource *resource, struct lwm2m_path path,
                     struct policy_array *leaves)
{
    struct lwm2m_leaf leaf = {.path = path};
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    const char *wrong = check_value(context, node, resource, &leaf.value);
    if (wrong != NULL) {
        write_error(context, node->mark, resource->name, wrong);
        return;
    }
    struct lwm2m_leaf *slot = policy_array_add(context->arena, leaves, sizeof *slot);
    if (slot != NULL) {
        *slot = leaf;
    }
}

/* A multiple resource: a list (instances 0, 1, ..) or one value (instance 0). */
static void add_instances(struct policy_schema_context *context, const struct policy_node *node,
                          const struct lwm2m_resource *resource, struct lwm2m_path path,
                          struct policy_array *leaves)
{
    path.depth = 4;
    if (node->kind != POLICY_YAML_LIST) {
        add_leaf(context, node, resource, path, leaves);
        return;
    }
    if (node->count > INSTANCES_MAX) {
        write_error(context, node->mark, resource->name, "more than 64 values");
        return;
    }
    for (const struct policy_node *item = node->first; item != NULL; item = item->next) {
        add_leaf(context, item, resource, path, leaves);
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

/* A resource that is read otherwise, or NULL: `key` says by what. */
typedef const char *refuse_fn(uint16_t rid);

static void read_resource(struct policy_schema_context *context, const struct policy_node *node,
                          const struct lwm2m_object *object, struct lwm2m_path path,
                          refuse_fn *refuse, struct policy_array *leaves)
{
    const struct lwm2m_resource *resource =
        lwm2m_resource_by_name(object, node->key, node->key_len);
    if (resource == NULL) {
        unknown_resource(context, node, object);
        return;
    }
    const char *key = refuse != NULL ? refuse(resource->id) : NULL;
    if (key != NULL) {
        policy_error(context->report, node->key_mark, "resource %u (%s) is not written here: %s",
                     (unsigned)resource->id, resource->name, key);
        return;
    }
    path = lwm2m_path_of(3, path.id[0], path.id[1], resource->id, 0);
    if (resource->is_multiple) {
        add_instances(context, node, resource, path, leaves);
    } else {
        add_leaf(context, node, resource, path, leaves);
    }
}

static void read_resources(struct policy_schema_context *context, const struct policy_node *node,
                           const struct lwm2m_object *object, struct lwm2m_path path,
                           refuse_fn *refuse, struct policy_array *leaves)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    if (node->count == 0) {
        write_error(context, node->key_mark, node->key, "names no resource");
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        read_resource(context, child, object, path, refuse, leaves);
    }
    struct lwm2m_leaf *items = leaves->items;
    if (leaves->count > 1) {
        qsort(items, leaves->count, sizeof *items, leaf_compare);
    }
    for (size_t i = 1; i < leaves->count; i++) {
        if (leaf_compare(&items[i - 1], &items[i]) == 0) {
            write_error(context, node->key_mark, node->key, "a resource is given twice");
        }
    }
}

/* ---- further resources of a server ---- */

static const char *refuse_security(uint16_t rid)
{
    static const char *const keys[] = {
        "it is the server's uri",
        "'bootstrap-server' changes that account",
        "it follows from the credential",
        "it follows from the credential",
        "use trust",
        "it follows from the credential",
        "use sms",
        "use sms",
        "use sms",
        "use sms",
        "it is the server's id",
        "use bootstrap-server: {hold-off: ..}",
        "use bootstrap-server: {timeout: ..}",
        "use trust: {matching: ..}",
        "use sni",
        "use trust: {usage: ..}",
        "use cipher-suites",
        "use oscore",
    };
    return rid < sizeof keys / sizeof keys[0] ? keys[rid] : NULL;
}

static const char *refuse_server(uint16_t rid)
{
    static const char *const keys[] = {
        "it is the server's id",
        "use lifetime",
        "use pmin",
        "use pmax",
        NULL,
        "use disable-timeout",
        "use store-notifications",
        "use binding",
        NULL,
        NULL,
        "use apn",
        "the device keeps it",
        "the device keeps it",
        "use registration-order",
        "use registration-delay",
        "use registration-failure-blocks",
        "use bootstrap-on-registration-failure",
        "use retry-count",
        "use retry-timer",
        "use sequence-delay",
        "use sequence-count",
        "use trigger",
        "use preferred-transport",
        "use mute-send",
    };
    return rid < sizeof keys / sizeof keys[0] ? keys[rid] : NULL;
}

static void read_extra(struct policy_schema_context *context, const struct policy_node *node,
                       uint16_t object_id, refuse_fn *refuse, struct policy_array *leaves)
{
    const struct lwm2m_object *object = lwm2m_object_find(context->registry, object_id);
    if (object != NULL) {
        read_resources(context, node, object, lwm2m_path_of(2, object_id, 0, 0, 0), refuse, leaves);
    }
}

void policy_read_security_extra(struct policy_schema_context *context,
                                const struct policy_node *node, void *place)
{
    read_extra(context, node, LWM2M_OBJECT_SECURITY, refuse_security, place);
}

void policy_read_server_extra(struct policy_schema_context *context, const struct policy_node *node,
                              void *place)
{
    read_extra(context, node, LWM2M_OBJECT_SERVER, refuse_server, place);
}

/* ---- write ---- */

/* Why PATH is not for `write:` whatever its definition; NULL: it is. */
static const char *write_refusal(struct lwm2m_path path)
{
    switch (path.id[0]) {
    case LWM2M_OBJECT_SECURITY:
        return "this object is made from servers: use their keys, or security-resources";
    case LWM2M_OBJECT_SERVER:
        return "this object is made from servers: use their keys, or server-resources";
    case LWM2M_OBJECT_ACCESS_CONTROL:
        return "this object is made from access: name a table under access";
    case LWM2M_OBJECT_OSCORE:
        return "this object is made from servers: use oscore of a policy's server";
    default:
        return NULL;
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
    const char *refusal = write_refusal(*path);
    const struct lwm2m_object *object = lwm2m_object_find(context->registry, path->id[0]);
    if (refusal == NULL && object == NULL) {
        refusal = "this object has no definition here: give its OMA definition file by --objects";
    } else if (refusal == NULL && !object->is_multiple && path->id[1] != 0) {
        refusal = "this object has only instance 0";
    }
    if (refusal != NULL) {
        write_error(context, node->key_mark, node->key, refusal);
    }
    return refusal == NULL ? object : NULL;
}

static bool has_leaf(const struct policy_array *leaves, uint16_t rid)
{
    const struct lwm2m_leaf *items = leaves->items;
    for (size_t i = 0; i < leaves->count; i++) {
        if (items[i].path.id[2] == rid) {
            return true;
        }
    }
    return false;
}

/*
 * An instance of a multiple object is made by the Write and needs what is mandatory; an only
 * instance is the device's own, which a Write changes in part. What servers may not write is the
 * device's to fill in.
 */
static void check_mandatory(struct policy_schema_context *context, const struct policy_node *node,
                            const struct lwm2m_object *object, const struct policy_write *write)
{
    for (size_t i = 0; object->is_multiple && i < object->resource_count; i++) {
        const struct lwm2m_resource *resource = &object->resources[i];
        if (resource->is_mandatory && (resource->operations & LWM2M_OP_WRITE) != 0 &&
            !has_leaf(&write->leaves, resource->id)) {
            char quoted[POLICY_QUOTE_MAX];
            policy_error(context->report, node->key_mark,
                         "%s: an instance of %s needs resource %u (%s)",
                         policy_quote(node->key, node->key_len, quoted), object->name,
                         (unsigned)resource->id, resource->name);
        }
    }
}

void policy_read_writes(struct policy_schema_context *context, const struct policy_node *node,
                        void *place)
{
    if (!policy_schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        struct policy_write write = {.mark = child->key_mark};
        const struct lwm2m_object *object = writable_object(context, child, &write.path);
        if (object == NULL) {
            continue;
        }
        size_t before = context->report->error_count;
        read_resources(context, child, object, write.path, NULL, &write.leaves);
        if (context->report->error_count == before) {
            check_mandatory(context, child, object, &write);
        }
        struct policy_write *slot = policy_array_add(context->arena, place, sizeof *slot);
        if (slot != NULL) {
            *slot = write;
        }
    }
}
