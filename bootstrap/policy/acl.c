#include "bootstrap/policy/build.h"

#include <stdlib.h>

enum { RIGHTS_ALL = 15, ACL_RESOURCE = 2 };

bool policy_acl_is_written(const struct policy_build *build)
{
    bool is_wanted = build->rule->access.name != NULL &&
                     (build->account_count > 1 || policy_build_keeps_others(build) ||
                      build->rule->access_when == POLICY_ACCESS_ALWAYS);
    return is_wanted && policy_build_shows(build, LWM2M_OBJECT_ACCESS_CONTROL);
}

/*
 * Before the accounts: a client that loses a /0 instance takes along what only that server could
 * reach (lwm2m-objects.md 4.6). Access control is always replaced whole.
 */
void policy_acl_delete(struct policy_build *build)
{
    bool is_written = policy_acl_is_written(build);
    bool is_cleared = build->rule->others != POLICY_OTHERS_KEEP;
    struct lwm2m_path object = lwm2m_path_of(1, LWM2M_OBJECT_ACCESS_CONTROL, 0, 0, 0);
    if (build->shown == NULL
            ? is_written
            : (is_written || is_cleared) && policy_build_shows_instance(build, object.id[0])) {
        policy_build_delete(build, object, false);
    }
}

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
        path.depth = 1;
        *instance = LWM2M_ID_NONE;
        is_there = policy_build_shows(build, entry->object);
    } else {
        *instance = entry->instance;
        is_there = build->shown == NULL || lwm2m_discover_find(build->shown, path) != NULL ||
                   is_written_too(build, path);
    }
    if (!is_there) {
        policy_build_note(build, path);
    }
    return is_there;
}

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

/* Rows of resource 2, ascending; the owner gets all rights unless the table says else (4.5). */
static size_t rows_of(const struct policy_build *build, const struct policy_entry *entry,
                      uint16_t owner, struct grant_row *rows)
{
    const struct policy_right *rights = entry->rights.items;
    size_t count = 0;
    bool has_owner = owner == LWM2M_ID_NONE;
    for (size_t i = 0; i < entry->rights.count; i++) {
        uint16_t ssid = rights[i].is_default
                            ? 0
                            : (uint16_t)policy_server_at(build->set, rights[i].server.index)->id;
        has_owner = has_owner || ssid == owner;
        rows[count++] = (struct grant_row){ssid, rights[i].mask};
    }
    if (!has_owner) {
        rows[count++] = (struct grant_row){owner, RIGHTS_ALL};
    }
    qsort(rows, count, sizeof *rows, row_compare);
    return count;
}

static void write_entry(struct policy_build *build, const struct policy_entry *entry,
                        uint16_t acl_instance, uint16_t target)
{
    uint16_t owner = entry->owner.name != NULL
                         ? (uint16_t)policy_server_at(build->set, entry->owner.index)->id
                         : LWM2M_ID_NONE;
    struct grant_row *rows =
        policy_arena_array(&build->arena, entry->rights.count + 1, sizeof *rows);
    /* A device that cannot be asked may lack the object: then it is skipped. */
    struct policy_draft *draft =
        policy_build_write(build, lwm2m_path_of(2, LWM2M_OBJECT_ACCESS_CONTROL, acl_instance, 0, 0),
                           build->shown != NULL);
    if (rows == NULL || draft == NULL) {
        policy_build_fail(build, "out of memory");
        return;
    }
    size_t count = rows_of(build, entry, owner, rows);
    policy_build_number(build, draft, 0, entry->object, false);
    policy_build_number(build, draft, 1, target, false);
    for (size_t i = 0; i < count; i++) {
        struct lwm2m_leaf leaf = {.path = lwm2m_path_of(4, LWM2M_OBJECT_ACCESS_CONTROL,
                                                        acl_instance, ACL_RESOURCE, rows[i].ssid),
                                  .value.type = LWM2M_INTEGER,
                                  .value.as.integer = rows[i].mask};
        policy_build_leaf(build, draft, leaf, false);
    }
    policy_build_number(build, draft, 3, owner, false);
}

void policy_acl_write(struct policy_build *build)
{
    if (!policy_acl_is_written(build)) {
        bool is_missing = build->rule->access.name != NULL && build->account_count > 1;
        if (is_missing) {
            policy_build_note(build, lwm2m_path_of(1, LWM2M_OBJECT_ACCESS_CONTROL, 0, 0, 0));
        }
        return;
    }
    const struct policy_access *table =
        (const struct policy_access *)build->set->all.access.items + build->rule->access.index;
    const struct policy_entry *entries = table->entries.items;
    uint16_t acl_instance = 0;
    for (size_t i = 0; i < table->entries.count && !build->has_failed; i++) {
        uint16_t target = 0;
        if (target_of(build, &entries[i], &target)) {
            write_entry(build, &entries[i], acl_instance++, target);
        }
    }
}
