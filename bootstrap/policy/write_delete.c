#include "bootstrap/policy/model.h"

#include <string.h>

static const char *delete_refusal(struct lwm2m_path path)
{
    if (path.depth == 0) {
        return "everything is deleted by 'apply: blank'; here the objects are named";
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
        char quoted[POLICY_QUOTE_MAX];
        if (!policy_schema_expect(context, item, POLICY_YAML_SCALAR)) {
            continue;
        }
        const char *refusal = lwm2m_path_parse(item->text, item->len, &path) != LWM2M_OK
                                  ? "a path here is /object or /object/instance"
                                  : delete_refusal(path);
        if (refusal != NULL) {
            policy_error(context->report, item->mark, "%s: %s",
                         policy_quote(item->text, item->len, quoted), refusal);
            continue;
        }
        struct policy_delete *slot = policy_array_add(context->arena, place, sizeof *slot);
        if (slot != NULL) {
            slot->path = path;
        }
    }
}
