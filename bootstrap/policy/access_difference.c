#include "bootstrap/policy/build.h"

static bool is_exact(const struct policy_build *build)
{
    size_t shown = 0;
    for (size_t i = 0; i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        if (path->depth == 2 && path->id[0] == LWM2M_OBJECT_ACCESS_CONTROL) {
            const struct policy_wanted *wanted = policy_build_find(build, *path);
            if (wanted == NULL || wanted->fate != POLICY_FATE_STANDS) {
                return false;
            }
            shown++;
        }
    }
    return shown > 0;
}

static void renew_all(struct policy_build *build)
{
    struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        wanted[i].fate = wanted[i].class == POLICY_CLASS_ACCESS ? POLICY_FATE_NEW : wanted[i].fate;
    }
}

/* One by one: what is not wanted, and what is written anew. */
static void remove_each(struct policy_build *build, enum policy_on_error on_error)
{
    for (size_t i = 0; i < build->shown->count; i++) {
        struct lwm2m_path path = build->shown->entries[i].path;
        const struct policy_wanted *wanted = policy_build_find(build, path);
        if (path.depth == 2 && path.id[0] == LWM2M_OBJECT_ACCESS_CONTROL &&
            (wanted == NULL || wanted->fate == POLICY_FATE_ANEW)) {
            policy_build_delete(build, path, on_error);
        }
    }
}

static bool any_stays(const struct policy_build *build)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        if (wanted[i].class == POLICY_CLASS_ACCESS &&
            (wanted[i].fate == POLICY_FATE_STANDS || wanted[i].fate == POLICY_FATE_IN_PLACE)) {
            return true;
        }
    }
    return false;
}

/*
 * Before the accounts: a client that loses a /0 instance takes along what only that server could
 * reach, and changes the entries that name it (lwm2m-objects.md 4.6): then all of object 2 is
 * written anew, with what kept servers had as far as it was read.
 */
void policy_difference_access(struct policy_build *build, bool removes_accounts)
{
    bool is_wanted = policy_acl_is_wanted(build);
    bool is_cleared = build->rule->others == POLICY_OTHERS_REMOVE;
    bool stands = policy_build_shows_instance(build, LWM2M_OBJECT_ACCESS_CONTROL);
    struct lwm2m_path object = lwm2m_path_of(1, LWM2M_OBJECT_ACCESS_CONTROL, 0, 0, 0);
    enum policy_on_error on_error =
        policy_build_on_error(build->rule->on_error.remove, POLICY_GO_ON);
    if (build->shown == NULL) {
        if (is_wanted) {
            policy_build_delete(build, object, on_error);
        }
        return;
    }
    if (!stands || (!is_wanted && !is_cleared)) {
        return;
    }
    bool is_read = build->subject->seen.access != NULL;
    bool is_left = is_wanted && !removes_accounts && build->rule->apply == POLICY_APPLY_DIFFERENCE;
    if (is_left && (is_exact(build) || (is_read && any_stays(build)))) {
        remove_each(build, on_error);
        return;
    }
    policy_build_delete(build, object, on_error);
    renew_all(build);
}
