#include "bootstrap/policy/access_rules.h"

#include <string.h>

/* lwm2m-objects.md 4.1 */
enum { RIGHT_WRITE = 2, RIGHT_EXECUTE = 4, RIGHT_DELETE = 8, RIGHTS_ALL = 15 };

/* ---- a table by itself ---- */

/* Operations that any resource of OBJECT has: enum lwm2m_operations. */
static uint8_t operations_of(const struct lwm2m_object *object)
{
    uint8_t operations = 0;
    for (size_t i = 0; i < object->resource_count; i++) {
        operations |= object->resources[i].operations;
    }
    return operations;
}

/* A right without anything that it could be used for: likely another was meant. */
static void check_use(struct policy_schema_context *context, const struct policy_entry *entry,
                      const struct lwm2m_object *object, const struct policy_right *right)
{
    const uint8_t operations = operations_of(object);
    const bool is_permanent = object->is_mandatory && !object->is_multiple;
    const struct {
        bool is_useless;
        const char *text;
    } rows[] = {
        {(right->mask & RIGHT_WRITE) != 0 && (operations & LWM2M_OP_WRITE) == 0,
         "w: no server can write any resource of it"},
        {(right->mask & RIGHT_EXECUTE) != 0 && (operations & LWM2M_OP_EXECUTE) == 0,
         "e: it has nothing to execute"},
        {(right->mask & RIGHT_DELETE) != 0 && is_permanent, "d: its one instance is always there"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is_useless) {
            policy_warning(context->report, right->server.mark, "object %u (%s), %s",
                           (unsigned)entry->object, object->name, rows[i].text);
        }
    }
}

/* `c` is all that an entry for an object as a whole can say. */
static void check_creation(struct policy_schema_context *context, const struct policy_entry *entry,
                           const struct lwm2m_object *object)
{
    if (object->is_multiple) {
        return;
    }
    if (object->is_mandatory) {
        policy_error(context->report, entry->mark,
                     "object %u (%s) has one instance, always: there is none to create",
                     (unsigned)entry->object, object->name);
    } else {
        policy_warning(context->report, entry->mark,
                       "object %u (%s) has one instance: c counts only while it is not there",
                       (unsigned)entry->object, object->name);
    }
}

static void check_definition(struct policy_schema_context *context, const struct policy_set *set,
                             const struct policy_entry *entry)
{
    const struct lwm2m_object *object = lwm2m_object_find(set->registry, entry->object);
    const struct policy_right *rights = entry->rights.items;
    if (object == NULL) {
        if (set->definitions != NULL) {
            policy_warning(context->report, entry->mark,
                           "object %u has no definition: its rights are not checked",
                           (unsigned)entry->object);
        }
        return;
    }
    if (entry->kind == POLICY_ENTRY_OBJECT) {
        check_creation(context, entry, object);
        return;
    }
    for (size_t i = 0; i < entry->rights.count; i++) {
        check_use(context, entry, object, &rights[i]);
    }
}

/* lwm2m-objects.md 4.4: what the server called NAME may do by ENTRY. */
static uint8_t rights_of(const struct policy_entry *entry, const char *name)
{
    const struct policy_right *rights = entry->rights.items;
    uint8_t usual = 0;
    for (size_t i = 0; i < entry->rights.count; i++) {
        if (rights[i].is_default) {
            usual = rights[i].mask;
        } else if (strcmp(rights[i].server.name, name) == 0) {
            return rights[i].mask;
        }
    }
    const bool is_owner = entry->owner.name != NULL && strcmp(entry->owner.name, name) == 0;
    return is_owner ? RIGHTS_ALL : usual;
}

static bool is_closed(const struct policy_entry *entry)
{
    const struct policy_right *rights = entry->rights.items;
    bool is_open = entry->owner.name != NULL && rights_of(entry, entry->owner.name) != 0;
    for (size_t i = 0; i < entry->rights.count; i++) {
        is_open = is_open || rights[i].mask != 0;
    }
    return !is_open;
}

static void check_rights(struct policy_schema_context *context, const struct policy_entry *entry)
{
    if (entry->kind == POLICY_ENTRY_SERVER && rights_of(entry, entry->server.name) == 0) {
        policy_warning(context->report, entry->mark,
                       "server '%s' has no right on its own account: it can neither read nor "
                       "change its lifetime",
                       entry->server.name);
    } else if (entry->kind == POLICY_ENTRY_INSTANCE && is_closed(entry)) {
        policy_warning(context->report, entry->mark, "no server has any right on /%u/%u",
                       (unsigned)entry->object, (unsigned)entry->instance);
    }
}

void policy_access_check_table(struct policy_schema_context *context, const struct policy_set *set,
                               const struct policy_access *table)
{
    const struct policy_entry *entries = table->entries.items;
    for (size_t i = 0; i < table->entries.count; i++) {
        check_definition(context, set, &entries[i]);
        check_rights(context, &entries[i]);
    }
}

/* ---- a table with the servers of a policy ---- */

static const struct policy_entry *entry_of_account(const struct policy_access *table,
                                                   const char *server)
{
    const struct policy_entry *entries = table->entries.items;
    for (size_t i = 0; i < table->entries.count; i++) {
        if (entries[i].kind == POLICY_ENTRY_SERVER && strcmp(entries[i].server.name, server) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static bool has_device(const struct policy_access *table)
{
    const struct policy_entry *entries = table->entries.items;
    for (size_t i = 0; i < table->entries.count; i++) {
        if (entries[i].kind == POLICY_ENTRY_INSTANCE && entries[i].object == LWM2M_OBJECT_DEVICE) {
            return true;
        }
    }
    return false;
}

static bool has_default(const struct policy_entry *entry)
{
    const struct policy_right *rights = entry->rights.items;
    for (size_t i = 0; i < entry->rights.count; i++) {
        if (rights[i].is_default) {
            return true;
        }
    }
    return false;
}

/* With several servers, what has no entry is out of everybody's reach (lwm2m-objects.md 4.4). */
static void check_missing(struct policy_schema_context *context, const struct policy_rule *rule,
                          const struct policy_access *table)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count; i++) {
        const char *const name = grants[i].item.name;
        if (name != NULL && entry_of_account(table, name) == NULL) {
            policy_warning(context->report, rule->access.mark,
                           "access table '%s' has no /1/%s: server '%s' can neither read nor "
                           "change its own account",
                           rule->access.name, name, name);
        }
    }
    if (!has_device(table)) {
        policy_warning(context->report, rule->access.mark,
                       "access table '%s' has no /3/0: no server can read or reboot the device",
                       rule->access.name);
    }
}

/* A table without any default is told where the policy's servers are checked: once, not here. */
static void check_kept(struct policy_schema_context *context, const struct policy_rule *rule,
                       const struct policy_access *table)
{
    const struct policy_entry *entries = table->entries.items;
    bool has_any = false;
    for (size_t i = 0; i < table->entries.count; i++) {
        has_any = has_any || has_default(&entries[i]);
    }
    for (size_t i = 0; has_any && i < table->entries.count; i++) {
        if (entries[i].kind == POLICY_ENTRY_INSTANCE && !has_default(&entries[i])) {
            policy_warning(context->report, entries[i].mark,
                           "/%u/%u has no default: server accounts that policy '%s' keeps lose "
                           "their rights on it",
                           (unsigned)entries[i].object, (unsigned)entries[i].instance,
                           rule->item.name != NULL ? rule->item.name : "");
        }
    }
}

void policy_access_check_rule(struct policy_schema_context *context, const struct policy_set *set,
                              const struct policy_rule *rule)
{
    if (rule->access.name == NULL || rule->access.index >= set->all.access.count ||
        rule->grants.count == 0) {
        return;
    }
    const struct policy_access *table =
        (const struct policy_access *)set->all.access.items + rule->access.index;
    const bool keeps_others = rule->others == POLICY_OTHERS_KEEP;
    const bool is_alone = rule->grants.count == 1 && !keeps_others;
    if (keeps_others) {
        check_kept(context, rule, table);
    }
    if (is_alone && rule->access_when != POLICY_ACCESS_ALWAYS && set->all.overlays.count == 0) {
        /* lwm2m-objects.md 4.2: without Access Control the one server may do everything */
        policy_warning(context->report, rule->access.mark,
                       "access table '%s' is not written: the one server of this policy has all "
                       "rights ('access-when: always' writes it)",
                       rule->access.name);
    } else {
        check_missing(context, rule, table);
    }
}
