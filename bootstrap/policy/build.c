#include "bootstrap/policy/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void policy_build_fail(struct policy_build *build, const char *format, ...)
{
    if (build->has_failed) {
        return;
    }
    build->has_failed = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(build->reason, POLICY_REASON_MAX + 1, format, arguments);
    va_end(arguments);
}

void policy_build_note(struct policy_build *build, struct lwm2m_path path)
{
    char text[25];
    size_t used = strlen(build->note);
    const char *before = used == 0 ? "the device lacks " : ", ";
    lwm2m_path_text(path, text);
    if (used + strlen(before) + strlen(text) < sizeof build->note) {
        snprintf(build->note + used, sizeof build->note - used, "%s%s", before, text);
    }
}

static struct policy_draft *draft_new(struct policy_build *build, enum policy_op_kind kind,
                                      struct lwm2m_path path, bool is_required)
{
    struct policy_draft *draft = policy_array_add(&build->arena, &build->drafts, sizeof *draft);
    if (draft == NULL) {
        policy_build_fail(build, "out of memory");
        return NULL;
    }
    *draft = (struct policy_draft){.kind = kind, .path = path, .is_required = is_required};
    return draft;
}

void policy_build_delete(struct policy_build *build, struct lwm2m_path path, bool is_required)
{
    (void)draft_new(build, POLICY_OP_DELETE, path, is_required);
}

struct policy_draft *policy_build_write(struct policy_build *build, struct lwm2m_path path,
                                        bool is_required)
{
    return draft_new(build, POLICY_OP_WRITE, path, is_required);
}

void policy_build_leaf(struct policy_build *build, struct policy_draft *draft,
                       struct lwm2m_leaf leaf, bool is_optional)
{
    struct lwm2m_leaf *slot = policy_array_add(&build->arena, &draft->leaves, sizeof *slot);
    bool *flag = policy_array_add(&build->arena, &draft->optional, sizeof *flag);
    if (slot == NULL || flag == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    *slot = leaf;
    *flag = is_optional;
}

void policy_build_number(struct policy_build *build, struct policy_draft *draft, uint16_t rid,
                         int64_t value, bool is_optional)
{
    const struct lwm2m_object *object =
        lwm2m_object_find(lwm2m_registry_builtin(), draft->path.id[0]);
    const struct lwm2m_resource *resource = lwm2m_resource_find(object, rid);
    struct lwm2m_leaf leaf = {.path =
                                  lwm2m_path_of(3, draft->path.id[0], draft->path.id[1], rid, 0),
                              .value.type = resource != NULL ? resource->type : LWM2M_INTEGER};
    if (leaf.value.type == LWM2M_BOOLEAN) {
        leaf.value.as.boolean = value != 0;
    } else if (leaf.value.type == LWM2M_UNSIGNED) {
        leaf.value.as.uinteger = (uint64_t)value;
    } else {
        leaf.value.as.integer = value;
    }
    policy_build_leaf(build, draft, leaf, is_optional);
}

void policy_build_bytes(struct policy_build *build, struct policy_draft *draft, uint16_t rid,
                        const void *data, size_t len, bool is_optional)
{
    const struct lwm2m_object *object =
        lwm2m_object_find(lwm2m_registry_builtin(), draft->path.id[0]);
    const struct lwm2m_resource *resource = lwm2m_resource_find(object, rid);
    struct lwm2m_leaf leaf = {.path =
                                  lwm2m_path_of(3, draft->path.id[0], draft->path.id[1], rid, 0),
                              .value.type = resource != NULL ? resource->type : LWM2M_OPAQUE};
    leaf.value.as.bytes.data = data;
    leaf.value.as.bytes.len = len;
    policy_build_leaf(build, draft, leaf, is_optional);
}

bool policy_build_shows(const struct policy_build *build, uint16_t object)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        if (path->depth > 0 && path->id[0] == object) {
            return true;
        }
    }
    return build->shown == NULL;
}

bool policy_build_shows_instance(const struct policy_build *build, uint16_t object)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        if (path->depth > 1 && path->id[0] == object) {
            return true;
        }
    }
    return false;
}

uint16_t policy_build_object_version(const struct policy_build *build, uint16_t object)
{
    const struct lwm2m_entry *entry =
        build->shown != NULL ? lwm2m_discover_find(build->shown, lwm2m_path_of(1, object, 0, 0, 0))
                             : NULL;
    return entry != NULL && entry->version != 0 ? entry->version
                                                : lwm2m_object_implied(object, build->version);
}

bool policy_build_owns(const struct policy_build *build, uint16_t ssid)
{
    for (size_t i = 0; i < build->account_count; i++) {
        if (build->accounts[i].server->id == ssid) {
            return true;
        }
    }
    return false;
}

bool policy_build_keeps_others(const struct policy_build *build)
{
    if (build->rule->others != POLICY_OTHERS_KEEP) {
        return false;
    }
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY &&
            entry->ssid != 0 && !policy_build_owns(build, entry->ssid)) {
            return true;
        }
    }
    return build->shown == NULL;
}
