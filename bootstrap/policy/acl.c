#include "bootstrap/policy/build.h"

#include <stdlib.h>

enum { RIGHTS_ALL = 15, RID_OBJECT = 0, RID_INSTANCE = 1, RID_ACL = 2, RID_OWNER = 3 };
enum { KEPT_MAX = 256 }; /* what a device shows must not make each plan a day's work */

/* lwm2m-objects.md 4.2: one server has all rights without any entry. */
bool policy_acl_is_wanted(const struct policy_build *build)
{
    bool is_wanted = build->rule->access.name != NULL &&
                     (build->account_count > 1 || policy_build_keeps_others(build) ||
                      build->rule->access_when == POLICY_ACCESS_ALWAYS);
    return is_wanted && policy_build_shows(build, LWM2M_OBJECT_ACCESS_CONTROL);
}

/* ---- what stands ---- */

/* An instance of object 2 as Read gave it. */
struct standing {
    uint16_t id;
    uint16_t object, instance, owner;
    const struct lwm2m_leaf *leaves;
    size_t count;
};

static uint16_t id_of(const struct lwm2m_value *value)
{
    bool is_id = value->type == LWM2M_INTEGER && value->as.integer >= 0 &&
                 value->as.integer <= LWM2M_ID_NONE;
    return is_id ? (uint16_t)value->as.integer : LWM2M_ID_NONE;
}

/* The instance that begins at *AT of what was read, and *AT behind it; false at the end. */
static bool next_standing(const struct lwm2m_content *read, size_t *at, struct standing *out)
{
    if (read == NULL || *at >= read->count) {
        return false;
    }
    *out = (struct standing){.id = read->leaves[*at].path.id[1],
                             .object = LWM2M_ID_NONE,
                             .instance = LWM2M_ID_NONE,
                             .owner = LWM2M_ID_NONE,
                             .leaves = &read->leaves[*at]};
    while (*at < read->count && read->leaves[*at].path.id[1] == out->id) {
        const struct lwm2m_leaf *leaf = &read->leaves[(*at)++];
        uint16_t rid = leaf->path.depth == 3 ? leaf->path.id[2] : LWM2M_ID_NONE;
        out->object = rid == RID_OBJECT ? id_of(&leaf->value) : out->object;
        out->instance = rid == RID_INSTANCE ? id_of(&leaf->value) : out->instance;
        out->owner = rid == RID_OWNER ? id_of(&leaf->value) : out->owner;
        out->count++;
    }
    return true;
}

static bool find_standing(const struct policy_build *build, uint16_t object, uint16_t instance,
                          struct standing *out)
{
    size_t at = 0;
    while (next_standing(build->subject->seen.access, &at, out)) {
        if (out->object == object && out->instance == instance) {
            return true;
        }
    }
    return false;
}

/* True for the server of an account that is kept. */
static bool is_kept(const struct policy_build *build, uint16_t ssid)
{
    if (build->rule->others != POLICY_OTHERS_KEEP || ssid == 0 || policy_build_owns(build, ssid)) {
        return false;
    }
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY &&
            entry->ssid == ssid) {
            return true;
        }
    }
    return false;
}

static bool mentions_kept(const struct policy_build *build, const struct standing *standing)
{
    for (size_t i = 0; i < standing->count; i++) {
        const struct lwm2m_path *path = &standing->leaves[i].path;
        if (path->depth == 4 && path->id[2] == RID_ACL && is_kept(build, path->id[3])) {
            return true;
        }
    }
    return is_kept(build, standing->owner);
}

/* ---- what an entry is about ---- */

static const struct policy_account *account_of(const struct policy_build *build, size_t server)
{
    for (size_t i = 0; i < build->account_count; i++) {
        if (build->accounts[i].grant->server == server) {
            return &build->accounts[i];
        }
    }
    return NULL;
}

/* True when the plan itself writes PATH by a `write:` of the policy. */
static bool is_written_too(const struct policy_build *build, struct lwm2m_path path)
{
    const struct policy_write *writes = build->rule->writes.items;
    for (size_t i = 0; i < build->rule->writes.count; i++) {
        if (lwm2m_path_compare(writes[i].path, path) == 0) {
            return policy_build_shows(build, path.id[0]);
        }
    }
    return false;
}

/* The instance that ENTRY is about; false when the device lacks it. */
static bool target_of(struct policy_build *build, const struct policy_entry *entry,
                      uint16_t *instance)
{
    struct lwm2m_path path = lwm2m_path_of(2, entry->object, entry->instance, 0, 0);
    bool is_there = true;
    if (entry->kind == POLICY_ENTRY_SERVER) {
        const struct policy_account *account = account_of(build, entry->server.index);
        *instance = account != NULL ? account->server_instance : 0;
        return account != NULL;
    }
    if (entry->kind == POLICY_ENTRY_OBJECT) {
        path = lwm2m_path_of(1, entry->object, 0, 0, 0);
        *instance = LWM2M_ID_NONE;
        is_there = policy_build_shows(build, entry->object);
    } else {
        *instance = entry->instance;
        is_there = build->shown == NULL ? policy_build_shows(build, entry->object)
                                        : lwm2m_discover_find(build->shown, path) != NULL ||
                                              is_written_too(build, path);
    }
    if (!is_there) {
        policy_build_note(build, path);
    }
    return is_there;
}

/* ---- rows of resource 2 ---- */

struct grant_row {
    uint16_t ssid;
    uint8_t mask;
};

static int row_compare(const void *left, const void *right)
{
    const struct grant_row *a = left;
    const struct grant_row *b = right;
    return (a->ssid > b->ssid) - (a->ssid < b->ssid);
}

static bool has_row(const struct grant_row *rows, size_t count, uint16_t ssid)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].ssid == ssid) {
            return true;
        }
    }
    return false;
}

/*
 * Rows ascending: those of the table, the owner with all rights unless the table says else (4.5),
 * and what kept servers have by STANDING (NULL: nothing).
 */
static size_t rows_of(const struct policy_build *build, const struct policy_entry *entry,
                      uint16_t owner, const struct standing *standing, struct grant_row *rows)
{
    const struct policy_right *rights = entry->rights.items;
    size_t count = 0;
    for (size_t i = 0; i < entry->rights.count; i++) {
        uint16_t ssid = rights[i].is_default
                            ? 0
                            : (uint16_t)policy_server_at(build->set, rights[i].server.index)->id;
        rows[count++] = (struct grant_row){ssid, rights[i].mask};
    }
    if (owner != LWM2M_ID_NONE && policy_build_owns(build, owner) && !has_row(rows, count, owner)) {
        rows[count++] = (struct grant_row){owner, RIGHTS_ALL};
    }
    for (size_t i = 0; standing != NULL && i < standing->count; i++) {
        const struct lwm2m_leaf *leaf = &standing->leaves[i];
        uint16_t ssid = leaf->path.id[3];
        if (leaf->path.depth == 4 && leaf->path.id[2] == RID_ACL && is_kept(build, ssid) &&
            !has_row(rows, count, ssid)) {
            rows[count++] = (struct grant_row){ssid, (uint8_t)(id_of(&leaf->value) & 31)};
        }
    }
    qsort(rows, count, sizeof *rows, row_compare);
    return count;
}

/* ---- want ---- */

/* The smallest ID that no wanted instance has and, as far as was read, none that stands. */
static uint16_t free_id(struct policy_build *build)
{
    for (uint32_t id = build->access_from; id <= LWM2M_ID_MAX; id++) {
        struct standing standing;
        struct lwm2m_path path = lwm2m_path_of(2, LWM2M_OBJECT_ACCESS_CONTROL, (uint16_t)id, 0, 0);
        bool is_taken = policy_build_find(build, path) != NULL;
        size_t at = 0;
        while (!is_taken && next_standing(build->subject->seen.access, &at, &standing)) {
            is_taken = standing.id == id;
        }
        if (!is_taken) {
            build->access_from = id + 1;
            return (uint16_t)id;
        }
    }
    return LWM2M_ID_NONE;
}

static struct policy_wanted *want_at(struct policy_build *build, uint16_t id)
{
    /* A device that cannot be asked may lack the object: then it is skipped. */
    enum policy_on_error usual = build->shown != NULL ? POLICY_STOP : POLICY_GO_ON;
    return policy_build_want(build, POLICY_CLASS_ACCESS,
                             lwm2m_path_of(2, LWM2M_OBJECT_ACCESS_CONTROL, id, 0, 0),
                             policy_build_on_error(build->rule->on_error.access, usual));
}

/* lwm2m-objects.md section 8, 6: an entry names servers that the device knows. An overlay may bring
 * a table that its policy was not checked with. */
static void check_server(struct policy_build *build, const struct policy_schema_reference *server)
{
    uint16_t ssid = server->name != NULL ? (uint16_t)policy_server_at(build->set, server->index)->id
                                         : LWM2M_ID_NONE;
    if (server->name != NULL && !policy_build_owns(build, ssid) && !is_kept(build, ssid)) {
        policy_build_fail(build, "access names server '%s', which is not provisioned here",
                          server->name);
    }
}

static void check_servers(struct policy_build *build, const struct policy_entry *entry)
{
    const struct policy_right *rights = entry->rights.items;
    check_server(build, &entry->owner);
    for (size_t i = 0; i < entry->rights.count; i++) {
        if (!rights[i].is_default) {
            check_server(build, &rights[i].server);
        }
    }
}

static void want_entry(struct policy_build *build, const struct policy_entry *entry,
                       uint16_t target)
{
    struct standing standing;
    bool stands = find_standing(build, entry->object, target, &standing);
    uint16_t owner = entry->owner.name != NULL
                         ? (uint16_t)policy_server_at(build->set, entry->owner.index)->id
                     : stands && is_kept(build, standing.owner) ? standing.owner
                                                                : LWM2M_ID_NONE;
    struct grant_row *rows = policy_arena_array(
        &build->arena, entry->rights.count + 1 + (stands ? standing.count : 0), sizeof *rows);
    struct policy_wanted *wanted = want_at(build, stands ? standing.id : free_id(build));
    if (rows == NULL || wanted == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    size_t count = rows_of(build, entry, owner, stands ? &standing : NULL, rows);
    policy_build_number(build, wanted, RID_OBJECT, entry->object, false);
    policy_build_number(build, wanted, RID_INSTANCE, target, false);
    for (size_t i = 0; i < count; i++) {
        struct lwm2m_leaf leaf = {.path = lwm2m_path_of(4, LWM2M_OBJECT_ACCESS_CONTROL,
                                                        wanted->path.id[1], RID_ACL, rows[i].ssid),
                                  .value.type = LWM2M_INTEGER,
                                  .value.as.integer = rows[i].mask};
        policy_build_leaf(build, wanted, leaf, false);
    }
    policy_build_number(build, wanted, RID_OWNER, owner, false);
}

/* What other servers have on instances of which the table does not speak stays as it is. */
static void want_kept(struct policy_build *build)
{
    struct standing standing;
    size_t at = 0;
    size_t count = 0;
    while (next_standing(build->subject->seen.access, &at, &standing)) {
        struct lwm2m_path path = lwm2m_path_of(2, LWM2M_OBJECT_ACCESS_CONTROL, standing.id, 0, 0);
        if (policy_build_find(build, path) != NULL || !mentions_kept(build, &standing)) {
            continue;
        }
        if (++count > KEPT_MAX) {
            policy_build_fail(build,
                              "the device has more than %d entries of other servers in "
                              "object 2",
                              KEPT_MAX);
            return;
        }
        struct policy_wanted *wanted = want_at(build, standing.id);
        for (size_t i = 0; wanted != NULL && i < standing.count; i++) {
            policy_build_leaf(build, wanted, standing.leaves[i], false);
        }
    }
}

void policy_acl_want(struct policy_build *build)
{
    if (!policy_acl_is_wanted(build)) {
        bool is_missing = build->rule->access.name != NULL && build->account_count > 1;
        if (is_missing) {
            policy_build_note(build, lwm2m_path_of(1, LWM2M_OBJECT_ACCESS_CONTROL, 0, 0, 0));
        }
        return;
    }
    const struct policy_access *table =
        (const struct policy_access *)build->set->all.access.items + build->rule->access.index;
    const struct policy_entry *entries = table->entries.items;
    build->aims.is_access_exact = true;
    for (size_t i = 0; i < table->entries.count && !build->has_failed; i++) {
        uint16_t target = 0;
        if (target_of(build, &entries[i], &target)) {
            check_servers(build, &entries[i]);
            want_entry(build, &entries[i], target);
        }
    }
    want_kept(build);
}
