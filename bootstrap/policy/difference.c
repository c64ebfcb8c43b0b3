#include "bootstrap/policy/build.h"

/* lwm2m-objects.md 4.6: a /0 instance that goes takes the account's other instances along. */
static void couple(struct policy_build *build)
{
    for (size_t i = 0; i < build->account_count; i++) {
        const struct policy_account *account = &build->accounts[i];
        struct lwm2m_path path =
            lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, account->security_instance, 0, 0);
        const struct lwm2m_entry *entry = policy_build_entry(build, path);
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
            if (wanted != NULL && policy_build_entry(build, tied[j]) != NULL) {
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
                                    : policy_build_entry(build, path) != NULL;
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

/*
 * True when all that is wanted of CLASS goes in one Write of its object: where the policy says so,
 * nothing of it stands, each has to get through, and the client is none that would renumber.
 */
static bool is_one_write(const struct policy_build *build, enum policy_class class)
{
    const struct policy_wanted *wanted = build->wanted.items;
    bool renumbers =
        build->quirk != NULL && build->is_recognised && build->quirk->writes_by_instance;
    bool is_one = build->rule->client.whole_objects == 1 && class < POLICY_CLASS_OTHER &&
                  !renumbers && !build->subject->is_pack;
    for (size_t i = 0; is_one && i < build->wanted.count; i++) {
        is_one = wanted[i].class != class ||
                 (wanted[i].fate != POLICY_FATE_STANDS && wanted[i].fate != POLICY_FATE_RESOURCE &&
                  wanted[i].on_error != POLICY_GO_ON);
    }
    return is_one;
}

static void add_writes(struct policy_build *build)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (int class = 0; class < POLICY_CLASSES; class ++) {
        bool is_one = is_one_write(build, (enum policy_class) class);
        bool has_one = false;
        for (size_t i = 0; i < build->wanted.count; i++) {
            if ((int)wanted[i].class != class || wanted[i].fate == POLICY_FATE_STANDS || has_one) {
                continue;
            }
            has_one = is_one;
            struct policy_step *step = policy_array_add(&build->arena, &build->steps, sizeof *step);
            if (step == NULL) {
                policy_build_fail(build, "out of memory");
                return;
            }
            struct lwm2m_path path = wanted[i].path;
            if (is_one) {
                path.depth = 1;
                path.id[1] = 0;
            } else if (wanted[i].fate == POLICY_FATE_RESOURCE) {
                path = lwm2m_path_child(path, wanted[i].resource);
            }
            *step = (struct policy_step){
                .kind = POLICY_OP_WRITE, .path = path, .on_error = wanted[i].on_error, .wanted = i};
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
