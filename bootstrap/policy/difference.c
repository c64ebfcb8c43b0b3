#include "bootstrap/policy/build.h"

#include <string.h>

/* ---- fate of one ---- */

static const struct lwm2m_entry *entry_at(const struct policy_build *build, struct lwm2m_path path)
{
    return build->shown != NULL ? lwm2m_discover_find(build->shown, path) : NULL;
}

static bool shows_any_uri(const struct policy_build *build)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.id[0] == LWM2M_OBJECT_SECURITY && entry->ssid != 0 && entry->uri != NULL) {
            return true;
        }
    }
    return false;
}

/* A client that shows URIs must show this one; some show none at all (LwM2M 1.0). */
static bool shows_uri(const struct policy_build *build, const struct lwm2m_entry *entry,
                      const struct policy_wanted *wanted)
{
    const struct lwm2m_leaf *uri = wanted->leaves.items;
    if (entry->uri == NULL) {
        return !shows_any_uri(build);
    }
    return strlen(entry->uri) == uri->value.as.bytes.len &&
           memcmp(entry->uri, uri->value.as.bytes.data, uri->value.as.bytes.len) == 0;
}

/* Objects 0 and 21 cannot be read: what is remembered of a confirmed bootstrap must do. */
static enum policy_fate fate_of_secret(const struct policy_build *build,
                                       const struct policy_wanted *wanted,
                                       const struct lwm2m_entry *entry)
{
    bool is_security = wanted->class == POLICY_CLASS_SECURITY;
    bool replaces = is_security && build->quirk != NULL && build->is_recognised &&
                    build->quirk->write_to_security == POLICY_WRITE_REPLACES;
    if (entry->ssid != wanted->ssid) {
        return POLICY_FATE_ANEW;
    }
    if (policy_print_same_content(build, wanted) &&
        (!is_security || shows_uri(build, entry, wanted))) {
        return POLICY_FATE_STANDS;
    }
    return replaces || policy_print_same_shape(build, wanted) ? POLICY_FATE_IN_PLACE
                                                              : POLICY_FATE_ANEW;
}

/* How to mend what differs by FINDINGS. IS_SINGLE: one resource of one value may be sent alone. */
static enum policy_fate fate_of_read(const struct policy_build *build, struct policy_wanted *wanted,
                                     const struct policy_findings *findings)
{
    bool is_server = wanted->class == POLICY_CLASS_SERVER;
    bool is_known = is_server && policy_print_same_shape(build, wanted);
    bool replaces = is_server && build->quirk != NULL && build->is_recognised &&
                    build->quirk->write_to_server == POLICY_WRITE_REPLACES;
    size_t extra = is_known ? 0 : findings->extra;
    size_t lacking = findings->missing + (is_known ? 0 : findings->missing_extra);
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    if (findings->wrong + lacking + extra == 0) {
        return POLICY_FATE_STANDS;
    }
    if (extra > 0 && !replaces) {
        return POLICY_FATE_ANEW;
    }
    bool is_single = is_server && !replaces && findings->is_one && findings->wrong + lacking == 1 &&
                     leaves[findings->first].path.depth == 3;
    if (is_single) {
        wanted->resource = leaves[findings->first].path.id[2];
        return POLICY_FATE_RESOURCE;
    }
    return POLICY_FATE_IN_PLACE;
}

static enum policy_fate fate_of_server(const struct policy_build *build,
                                       struct policy_wanted *wanted,
                                       const struct lwm2m_entry *entry)
{
    struct policy_findings findings;
    bool replaces = build->quirk != NULL && build->is_recognised &&
                    build->quirk->write_to_server == POLICY_WRITE_REPLACES;
    if (policy_build_ssid(build, entry) != wanted->ssid) {
        return POLICY_FATE_ANEW;
    }
    policy_compare(build->subject->seen.servers, wanted->path, wanted->leaves.items,
                   wanted->optional.items, wanted->leaves.count, &findings);
    if (findings.is_read) {
        return fate_of_read(build, wanted, &findings);
    }
    if (policy_print_same_content(build, wanted)) {
        return POLICY_FATE_STANDS;
    }
    return replaces || policy_print_same_shape(build, wanted) ? POLICY_FATE_IN_PLACE
                                                              : POLICY_FATE_ANEW;
}

static enum policy_fate fate_of_access(const struct policy_build *build,
                                       struct policy_wanted *wanted)
{
    struct policy_findings findings;
    policy_compare(build->subject->seen.access, wanted->path, wanted->leaves.items,
                   wanted->optional.items, wanted->leaves.count, &findings);
    if (findings.is_read) {
        return fate_of_read(build, wanted, &findings);
    }
    return policy_print_same_content(build, wanted) ? POLICY_FATE_STANDS : POLICY_FATE_ANEW;
}

/* True when an account of the last confirmed bootstrap still stands: the device was not reset. */
static bool is_as_left(const struct policy_build *build)
{
    const struct pki_memory *memory = build->subject->memory;
    for (size_t i = 0; memory != NULL && i < memory->print_count; i++) {
        const struct pki_print *print = &memory->prints[i];
        const struct lwm2m_entry *entry =
            entry_at(build, lwm2m_path_of(2, print->object, print->instance, 0, 0));
        if (print->object == LWM2M_OBJECT_SECURITY && print->ssid != 0 && entry != NULL &&
            entry->ssid == print->ssid) {
            return true;
        }
    }
    return false;
}

enum policy_fate policy_fate_of(const struct policy_build *build, struct policy_wanted *wanted)
{
    const struct lwm2m_entry *entry = entry_at(build, wanted->path);
    if (wanted->class == POLICY_CLASS_BOOTSTRAP) {
        bool is_same = wanted->fate == POLICY_FATE_NEW && entry != NULL &&
                       policy_print_same_content(build, wanted) &&
                       (entry->uri == NULL || shows_uri(build, entry, wanted));
        return is_same                           ? POLICY_FATE_STANDS
               : wanted->fate == POLICY_FATE_NEW ? POLICY_FATE_IN_PLACE
                                                 : wanted->fate;
    }
    if (entry == NULL) {
        return POLICY_FATE_NEW;
    }
    bool is_erased = build->rule->apply != POLICY_APPLY_DIFFERENCE;
    if (wanted->class == POLICY_CLASS_OTHER) {
        return !is_erased && is_as_left(build) && policy_print_same_content(build, wanted)
                   ? POLICY_FATE_STANDS
                   : POLICY_FATE_NEW;
    }
    if (is_erased) {
        return POLICY_FATE_ANEW;
    }
    if (wanted->class == POLICY_CLASS_SERVER) {
        return fate_of_server(build, wanted, entry);
    }
    return wanted->class == POLICY_CLASS_ACCESS ? fate_of_access(build, wanted)
                                                : fate_of_secret(build, wanted, entry);
}

/* lwm2m-objects.md 4.6: a /0 instance that goes takes the account's other instances along. */
static void couple(struct policy_build *build)
{
    for (size_t i = 0; i < build->account_count; i++) {
        const struct policy_account *account = &build->accounts[i];
        struct lwm2m_path path =
            lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, account->security_instance, 0, 0);
        const struct lwm2m_entry *entry = entry_at(build, path);
        const struct policy_wanted *security = policy_build_find(build, path);
        if (security == NULL || security->fate != POLICY_FATE_ANEW ||
            entry->ssid != security->ssid) {
            continue;
        }
        struct lwm2m_path tied[] = {
            lwm2m_path_of(2, LWM2M_OBJECT_SERVER, account->server_instance, 0, 0),
            lwm2m_path_of(2, LWM2M_OBJECT_OSCORE, account->oscore_instance, 0, 0)};
        for (size_t j = 0; j < sizeof tied / sizeof tied[0]; j++) {
            struct policy_wanted *wanted = policy_build_find(build, tied[j]);
            if (wanted != NULL && entry_at(build, tied[j]) != NULL) {
                wanted->fate = POLICY_FATE_ANEW;
            }
        }
    }
}

/* ---- what goes ---- */

static bool goes(const struct policy_build *build, const struct lwm2m_entry *entry)
{
    uint16_t object = entry->path.id[0];
    const struct policy_wanted *wanted = policy_build_find(build, entry->path);
    if (object == LWM2M_OBJECT_SECURITY && policy_build_protects(build, entry->path.id[1])) {
        return false;
    }
    if (wanted != NULL) {
        return wanted->fate == POLICY_FATE_ANEW;
    }
    /* A /21 instance without ssid is the bootstrap account's (lwm2m-bootstrap.md 3.2). */
    bool is_spared = object == LWM2M_OBJECT_OSCORE && entry->ssid == 0;
    return !is_spared && !policy_build_keeps(build, entry);
}

struct removal {
    size_t count;  /* instances that go */
    bool is_whole; /* one Delete of the object does it */
};

/*
 * Object-level Deletes spare the bootstrap account on every client (clients.md); but an instance
 * without ssid that is not it would go too. Not so on /21, where some delete its OSCORE instance:
 * there one by one (lwm2m-bootstrap.md 3.5).
 */
static struct removal removal_of(const struct policy_build *build, uint16_t object)
{
    struct removal removal = {.is_whole = object != LWM2M_OBJECT_OSCORE};
    size_t without_ssid = 0;
    for (size_t i = 0; i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth != 2 || entry->path.id[0] != object) {
            continue;
        }
        bool is_going = goes(build, entry);
        bool is_bootstrap = object == LWM2M_OBJECT_SECURITY && entry->ssid == 0;
        removal.count += is_going;
        without_ssid += is_bootstrap;
        removal.is_whole = removal.is_whole && (is_going || is_bootstrap) && without_ssid < 2;
    }
    return removal;
}

static void remove_object(struct policy_build *build, uint16_t object, struct removal removal)
{
    bool is_oscore = object == LWM2M_OBJECT_OSCORE;
    enum policy_on_error on_error =
        policy_build_on_error(build->rule->on_error.remove, is_oscore ? POLICY_GO_ON : POLICY_STOP);
    if (removal.is_whole && removal.count > 0) {
        policy_build_delete(build, lwm2m_path_of(1, object, 0, 0, 0), on_error);
        return;
    }
    for (size_t i = 0; removal.count > 0 && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == object && goes(build, entry)) {
            policy_build_delete(build, entry->path, on_error);
        }
    }
}

static void remove_blind(struct policy_build *build)
{
    static const uint16_t objects[] = {LWM2M_OBJECT_SECURITY, LWM2M_OBJECT_SERVER};
    /* Without Discover whose account is whose is not known: what is to be kept cannot be told. */
    bool removes = build->rule->others != POLICY_OTHERS_KEEP;
    for (size_t i = 0; removes && i < sizeof objects / sizeof objects[0]; i++) {
        policy_build_delete(build, lwm2m_path_of(1, objects[i], 0, 0, 0),
                            policy_build_on_error(build->rule->on_error.remove, POLICY_STOP));
    }
}

/*
 * A /1 instance goes before its /0 instance, which would take it along: some clients refuse to
 * delete what is not there (clients.md, Leshan). An object is never refused.
 */
static void remove_accounts(struct policy_build *build)
{
    if (build->shown == NULL) {
        remove_blind(build);
        return;
    }
    struct removal security = removal_of(build, LWM2M_OBJECT_SECURITY);
    struct removal server = removal_of(build, LWM2M_OBJECT_SERVER);
    bool is_erased = build->rule->apply != POLICY_APPLY_DIFFERENCE;
    security.count += is_erased && security.is_whole;
    server.count += is_erased && server.is_whole;
    bool is_security_first = security.is_whole && server.is_whole;
    if (is_security_first) {
        remove_object(build, LWM2M_OBJECT_SECURITY, security);
    }
    remove_object(build, LWM2M_OBJECT_SERVER, server);
    if (!is_security_first) {
        remove_object(build, LWM2M_OBJECT_SECURITY, security);
    }
    remove_object(build, LWM2M_OBJECT_OSCORE, removal_of(build, LWM2M_OBJECT_OSCORE));
}

/* ---- the policy's own Deletes ---- */

static bool has_wanted(const struct policy_build *build, uint16_t object)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        if (wanted[i].path.id[0] == object) {
            return true;
        }
    }
    return false;
}

static void remove_extra(struct policy_build *build, struct lwm2m_path path)
{
    enum policy_on_error on_error =
        policy_build_on_error(build->rule->on_error.remove, POLICY_GO_ON);
    bool is_split = path.depth == 1 && build->shown != NULL && has_wanted(build, path.id[0]);
    bool is_there = path.depth == 1 ? policy_build_shows_instance(build, path.id[0])
                                    : entry_at(build, path) != NULL;
    const struct policy_wanted *wanted = policy_build_find(build, path);
    bool stands = wanted != NULL && wanted->fate == POLICY_FATE_STANDS;
    if (!is_split && !stands && (is_there || build->shown == NULL)) {
        policy_build_delete(build, path, on_error);
    }
    for (size_t i = 0; is_split && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == path.id[0]) {
            remove_extra(build, entry->path);
        }
    }
}

/* ---- the whole ---- */

static bool removes_security(const struct policy_build *build)
{
    if (build->shown == NULL) {
        return build->rule->others != POLICY_OTHERS_KEEP;
    }
    return removal_of(build, LWM2M_OBJECT_SECURITY).count > 0;
}

static void add_writes(struct policy_build *build)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (int class = 0; class < POLICY_CLASSES; class ++) {
        for (size_t i = 0; i < build->wanted.count; i++) {
            if ((int)wanted[i].class != class || wanted[i].fate == POLICY_FATE_STANDS) {
                continue;
            }
            struct policy_step *step = policy_array_add(&build->arena, &build->steps, sizeof *step);
            if (step == NULL) {
                policy_build_fail(build, "out of memory");
                return;
            }
            bool is_part = wanted[i].fate == POLICY_FATE_RESOURCE;
            *step = (struct policy_step){
                .kind = POLICY_OP_WRITE,
                .path =
                    is_part ? lwm2m_path_child(wanted[i].path, wanted[i].resource) : wanted[i].path,
                .on_error = wanted[i].on_error,
                .wanted = i};
        }
    }
}

/*
 * lwm2m-bootstrap.md 3.5: Delete of / spares the bootstrap account and /3; but some clients delete
 * the OSCORE instance of that account with the rest, so that one is a reason to delete by object.
 */
static bool is_blanked(const struct policy_build *build)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_OSCORE &&
            entry->ssid == 0) {
            return false;
        }
    }
    return build->rule->apply == POLICY_APPLY_BLANK;
}

static void remove_all(struct policy_build *build)
{
    const struct policy_delete *deletes = build->rule->deletes.items;
    if (is_blanked(build)) {
        if (build->rule->others == POLICY_OTHERS_KEEP) {
            policy_build_fail(build, "'apply: blank' leaves no account that 'others: keep' keeps");
        }
        policy_build_delete(build, lwm2m_path_of(0, 0, 0, 0, 0),
                            policy_build_on_error(build->rule->on_error.remove, POLICY_STOP));
        return;
    }
    policy_difference_access(build, removes_security(build));
    remove_accounts(build);
    for (size_t i = 0; i < build->rule->deletes.count; i++) {
        remove_extra(build, deletes[i].path);
    }
}

void policy_difference(struct policy_build *build)
{
    struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        wanted[i].fate = policy_fate_of(build, &wanted[i]);
    }
    couple(build);
    if (!build->subject->is_pack) {
        remove_all(build);
    }
    add_writes(build);
}
