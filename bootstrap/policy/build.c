#include "bootstrap/policy/build.h"

#include "bootstrap/policy/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FILLED_OCTETS_MAX = 2048 };

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
    char text[LWM2M_PATH_TEXT];
    size_t used = strlen(build->note);
    const char *before = used == 0 ? "the device lacks " : ", ";
    lwm2m_path_text(path, text);
    if (used + strlen(before) + strlen(text) < sizeof build->note) {
        snprintf(build->note + used, sizeof build->note - used, "%s%s", before, text);
    }
}

void policy_build_delete(struct policy_build *build, struct lwm2m_path path,
                         enum policy_on_error on_error)
{
    struct policy_step *step = policy_array_add(&build->arena, &build->steps, sizeof *step);
    if (step == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    *step = (struct policy_step){
        .kind = POLICY_OP_DELETE, .path = path, .on_error = on_error, .wanted = POLICY_NO_WANTED};
}

struct policy_wanted *policy_build_want(struct policy_build *build, enum policy_class class,
                                        struct lwm2m_path path, enum policy_on_error on_error)
{
    struct policy_wanted *wanted = policy_array_add(&build->arena, &build->wanted, sizeof *wanted);
    if (wanted == NULL) {
        policy_build_fail(build, "out of memory");
        return NULL;
    }
    *wanted = (struct policy_wanted){.class = class, .path = path, .on_error = on_error};
    return wanted;
}

const struct lwm2m_entry *policy_build_entry(const struct policy_build *build,
                                             struct lwm2m_path path)
{
    return build->shown != NULL ? lwm2m_discover_find(build->shown, path) : NULL;
}

struct policy_wanted *policy_build_find(const struct policy_build *build, struct lwm2m_path path)
{
    struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        if (lwm2m_path_compare(wanted[i].path, path) == 0) {
            return &wanted[i];
        }
    }
    return NULL;
}

enum policy_on_error policy_build_on_error(int64_t rule, enum policy_on_error usual)
{
    return rule == SCHEMA_UNSET ? usual : (enum policy_on_error)rule;
}

/* ---- leaves ---- */

static const struct lwm2m_resource *resource_of(const struct policy_build *build,
                                                const struct policy_wanted *wanted, uint16_t rid)
{
    return lwm2m_resource_find(lwm2m_object_find(build->registry, wanted->path.id[0]), rid);
}

/* True when the client takes RID of OBJECT for an error. */
static bool is_refused(const struct policy_quirk *quirk, uint16_t object, uint16_t rid)
{
    const uint8_t *list = quirk == NULL                     ? NULL
                          : object == LWM2M_OBJECT_SECURITY ? quirk->refuses_security
                          : object == LWM2M_OBJECT_SERVER   ? quirk->refuses_server
                                                            : NULL;
    for (; list != NULL && *list != 0xff; list++) {
        if (*list == rid) {
            return true;
        }
    }
    return false;
}

/* The resources of accounts are those of the device's object version; other objects are asked for
 * by name, so that a resource which came later may only be refused. */
static bool is_lacking(const struct policy_build *build, const struct policy_wanted *wanted,
                       uint16_t rid, bool *is_optional)
{
    const struct lwm2m_resource *resource = resource_of(build, wanted, rid);
    uint16_t version = policy_build_object_version(build, wanted->path.id[0]);
    bool is_newer = resource != NULL && version != 0 && resource->since > version;
    if (wanted->class == POLICY_CLASS_OTHER) {
        *is_optional = *is_optional || (is_newer && !resource->is_mandatory);
        return false;
    }
    return is_newer;
}

/* Where a leaf of PATH goes among ascending ones. */
static size_t place_of(const struct policy_array *leaves, struct lwm2m_path path)
{
    const struct lwm2m_leaf *items = leaves->items;
    size_t at = leaves->count;
    while (at > 0 && lwm2m_path_compare(items[at - 1].path, path) > 0) {
        at--;
    }
    return at;
}

bool policy_build_takes(const struct policy_build *build, const struct policy_wanted *wanted,
                        uint16_t rid)
{
    bool is_optional = false;
    bool refuses = build->is_recognised && is_refused(build->quirk, wanted->path.id[0], rid);
    return !refuses && !is_lacking(build, wanted, rid, &is_optional);
}

void policy_build_leaf(struct policy_build *build, struct policy_wanted *wanted,
                       struct lwm2m_leaf leaf, bool is_optional)
{
    uint16_t rid = leaf.path.id[2];
    if (!policy_build_takes(build, wanted, rid)) {
        return;
    }
    (void)is_lacking(build, wanted, rid, &is_optional);
    size_t at = place_of(&wanted->leaves, leaf.path);
    struct lwm2m_leaf *slot = policy_array_add(&build->arena, &wanted->leaves, sizeof *slot);
    bool *flag = policy_array_add(&build->arena, &wanted->optional, sizeof *flag);
    if (slot == NULL || flag == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    struct lwm2m_leaf *leaves = wanted->leaves.items;
    bool *optional = wanted->optional.items;
    size_t behind = wanted->leaves.count - 1 - at;
    memmove(&leaves[at + 1], &leaves[at], behind * sizeof *leaves);
    memmove(&optional[at + 1], &optional[at], behind * sizeof *optional);
    leaves[at] = leaf;
    optional[at] = is_optional;
}

static struct lwm2m_leaf leaf_of(const struct policy_build *build,
                                 const struct policy_wanted *wanted, uint16_t rid,
                                 enum lwm2m_type usual)
{
    const struct lwm2m_resource *resource = resource_of(build, wanted, rid);
    return (struct lwm2m_leaf){.path = lwm2m_path_child(wanted->path, rid),
                               .value.type = resource != NULL ? resource->type : usual};
}

void policy_build_number(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                         int64_t value, bool is_optional)
{
    struct lwm2m_leaf leaf = leaf_of(build, wanted, rid, LWM2M_INTEGER);
    if (leaf.value.type == LWM2M_BOOLEAN) {
        leaf.value.as.boolean = value != 0;
    } else if (leaf.value.type == LWM2M_UNSIGNED) {
        leaf.value.as.uinteger = (uint64_t)value;
    } else {
        leaf.value.as.integer = value;
    }
    policy_build_leaf(build, wanted, leaf, is_optional);
}

void policy_build_bytes(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                        const void *data, size_t len, bool is_optional)
{
    struct lwm2m_leaf leaf = leaf_of(build, wanted, rid, LWM2M_OPAQUE);
    leaf.value.as.bytes.data = data;
    leaf.value.as.bytes.len = len;
    policy_build_leaf(build, wanted, leaf, is_optional);
}

void policy_build_link(struct policy_build *build, struct policy_wanted *wanted, uint16_t rid,
                       struct lwm2m_link_value link)
{
    struct lwm2m_leaf leaf = leaf_of(build, wanted, rid, LWM2M_OBJLNK);
    leaf.value.as.link = link;
    policy_build_leaf(build, wanted, leaf, true);
}

const uint8_t *policy_build_copy(struct policy_build *build, const void *data, size_t len)
{
    uint8_t *copy = policy_arena_alloc(&build->arena, len);
    if (copy == NULL) {
        policy_build_fail(build, "out of memory");
    } else if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

const char *policy_build_fill(struct policy_build *build, const char *text,
                              const struct policy_server *server, const char *what)
{
    char filled[FILLED_OCTETS_MAX + 1];
    char reason[POLICY_REASON_MAX + 1];
    struct policy_template_values values = {
        .subject = build->subject,
        .server = server != NULL ? server->item.name : "bootstrap",
        .server_id = server != NULL ? (uint16_t)server->id : PKI_SERVER_BOOTSTRAP};
    size_t len = policy_template_fill(text, &values, filled, sizeof filled, reason);
    if (len == SIZE_MAX) {
        policy_build_fail(build, "%s%s%s%s: %.100s", what, server != NULL ? " '" : "",
                          server != NULL ? values.server : "", server != NULL ? "'" : "", reason);
        return NULL;
    }
    const char *copy = policy_arena_text(&build->arena, filled, len);
    if (copy == NULL) {
        policy_build_fail(build, "out of memory");
    }
    return copy;
}
