#include "bootstrap/policy/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the desired state ---- */

static bool is_required(const struct policy_rule *rule, const struct policy_write *write)
{
    const struct lwm2m_path *paths = rule->required.items;
    for (size_t i = 0; i < rule->required.count; i++) {
        if (lwm2m_path_compare(paths[i], write->path) == 0) {
            return true;
        }
    }
    return write->is_required;
}

/* A text may be a template. */
static void want_value(struct policy_build *build, struct policy_wanted *wanted,
                       struct lwm2m_leaf leaf)
{
    if (leaf.value.type == LWM2M_STRING && leaf.value.as.bytes.len > 0) {
        char what[LWM2M_PATH_TEXT + 8], path[LWM2M_PATH_TEXT];
        snprintf(what, sizeof what, "write %s", lwm2m_path_text(leaf.path, path));
        const char *text = policy_arena_text(&build->arena, (const char *)leaf.value.as.bytes.data,
                                             leaf.value.as.bytes.len);
        const char *filled = text == NULL || strchr(text, '{') == NULL
                                 ? text
                                 : policy_build_fill(build, text, NULL, what);
        if (filled == NULL) {
            policy_build_fail(build, "out of memory");
            return;
        }
        leaf.value.as.bytes.data = (const uint8_t *)filled;
        leaf.value.as.bytes.len = strlen(filled);
    }
    policy_build_leaf(build, wanted, leaf, false);
}

static void want_extras(struct policy_build *build)
{
    const struct policy_write *writes = build->rule->writes.items;
    for (size_t i = 0; i < build->rule->writes.count && !build->has_failed; i++) {
        if (!policy_build_shows(build, writes[i].path.id[0])) {
            policy_build_note(build, writes[i].path);
            continue;
        }
        bool must = is_required(build->rule, &writes[i]);
        enum policy_on_error rule =
            policy_build_on_error(build->rule->on_error.write, POLICY_GO_ON);
        enum policy_on_error on_error = must && rule == POLICY_GO_ON ? POLICY_STOP : rule;
        struct policy_wanted *wanted =
            policy_build_want(build, POLICY_CLASS_OTHER, writes[i].path, on_error);
        const struct lwm2m_leaf *leaves = writes[i].leaves.items;
        for (size_t j = 0; wanted != NULL && j < writes[i].leaves.count; j++) {
            want_value(build, wanted, leaves[j]);
        }
    }
}

/* An overlay may bring a server with the ID of one that the policy has. */
static void check_id(struct policy_build *build, size_t index)
{
    const struct policy_server *server = build->accounts[index].server;
    for (size_t i = 0; i < index; i++) {
        const struct policy_server *other = build->accounts[i].server;
        if (other->id == server->id) {
            policy_build_fail(build, "servers '%s' and '%s' have the same id %u", other->item.name,
                              server->item.name, (unsigned)server->id);
        }
    }
}

static void take_accounts(struct policy_build *build)
{
    const struct policy_grant *grants = build->rule->grants.items;
    size_t count = build->rule->grants.count;
    build->accounts = policy_arena_array(&build->arena, count, sizeof *build->accounts);
    for (size_t i = 0; build->accounts != NULL && i < count; i++) {
        build->accounts[i].grant = &grants[i];
        build->accounts[i].server = policy_server_at(build->set, grants[i].server);
        build->accounts[i].security_instance = LWM2M_ID_NONE;
        build->accounts[i].server_instance = LWM2M_ID_NONE;
        build->accounts[i].oscore_instance = LWM2M_ID_NONE;
        build->account_count = i + 1;
        check_id(build, i);
    }
}

/* What others hold can be kept only where it is known: not blind, unless the policy chose so by
 * name, and not by a pack, at which the client deletes all instances of each object in it. */
static void check_keep(struct policy_build *build)
{
    if (build->rule->others != POLICY_OTHERS_KEEP) {
        return;
    }
    if (build->subject->is_pack) {
        policy_build_fail(build, "a Bootstrap-Pack cannot keep the accounts of others");
    } else if (build->shown == NULL && build->rule->client.discover != 0) {
        policy_build_fail(build, "accounts of others are to be kept, and the device did not tell "
                                 "what it holds");
    }
}

/* What a pack must spare only its request or the policy can tell (lwm2m-bootstrap.md 3.7, `acc`).
 */
static void check_pack(struct policy_build *build)
{
    const struct policy_subject *subject = build->subject;
    bool is_named = policy_build_is_instance_given(build);
    for (size_t i = 0; i < subject->account_count; i++) {
        is_named = is_named || subject->account[i].id[0] == LWM2M_OBJECT_SECURITY;
    }
    if (subject->is_pack && !is_named) {
        policy_build_fail(build, "neither the request nor bootstrap-instance names the bootstrap "
                                 "account");
    }
}

static void want_all(struct policy_build *build)
{
    policy_observe(build);
    check_keep(build);
    check_pack(build);
    take_accounts(build);
    if (!build->has_failed) {
        policy_accounts_place(build);
        policy_accounts_want(build);
    }
    if (!build->has_failed) {
        policy_acl_want(build);
        want_extras(build);
    }
    if (!build->has_failed) {
        policy_move_want(build);
    }
    if (build->arena.is_failed) {
        policy_build_fail(build, "out of memory");
    }
}

/* ---- the plan ---- */

static bool any_moves(const struct policy_build *build)
{
    const struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; i < build->wanted.count; i++) {
        if (wanted[i].class == POLICY_CLASS_BOOTSTRAP && wanted[i].fate != POLICY_FATE_STANDS) {
            return true;
        }
    }
    return false;
}

static unsigned verify_reads_of(const struct policy_build *build)
{
    bool can_read = build->shown != NULL && build->version >= LWM2M_VERSION(1, 1);
    unsigned reads = build->account_count > 0 ? POLICY_READ_SERVERS : 0u;
    reads |= build->aims.is_access_exact ? (unsigned)POLICY_READ_ACCESS : 0u;
    return can_read ? reads : 0;
}

static void describe(struct policy_build *build, struct policy_plan *plan)
{
    plan->bootstrap_instance = build->bootstrap_instance;
    plan->moves_bootstrap = any_moves(build);
    plan->is_blind = build->shown == NULL;
    plan->is_unchanged = build->steps.count == 0;
    plan->verify_reads = verify_reads_of(build);
    plan->note = build->note[0] != '\0' ? build->note : NULL;
    plan->kind = build->quirk != NULL ? build->quirk->name : NULL;
    plan->may_correct = build->quirk == NULL || !build->quirk->ends_at_refused_finish;
    build->aims.is_sole = build->shown != NULL && build->rule->others == POLICY_OTHERS_REMOVE;
    build->aims.has_access_shown = policy_build_shows(build, LWM2M_OBJECT_ACCESS_CONTROL);
    policy_observe_formats(build, plan);
    policy_teach(build, &plan->teaching);
}

static struct policy_plan *finish(struct policy_build *build)
{
    struct policy_plan plan = {0};
    const struct policy_wanted *wanted = build->wanted.items;
    struct policy_goal *goals =
        policy_arena_array(&build->arena, build->wanted.count, sizeof *goals);
    for (size_t i = 0; goals != NULL && i < build->wanted.count; i++) {
        goals[i] = (struct policy_goal){.class = wanted[i].class,
                                        .on_error = wanted[i].on_error,
                                        .path = wanted[i].path,
                                        .ssid = wanted[i].ssid,
                                        .leaves = wanted[i].leaves.items,
                                        .optional = wanted[i].optional.items,
                                        .leaf_count = wanted[i].leaves.count};
    }
    describe(build, &plan);
    struct policy_parts parts = {.plan = &plan,
                                 .aims = build->aims,
                                 .goals = goals,
                                 .goal_count = build->wanted.count,
                                 .steps = build->steps.items,
                                 .step_count = build->steps.count,
                                 .minted = build->minted.items,
                                 .minted_count = build->minted.count,
                                 .pending = build->pending.items,
                                 .pending_count = build->pending.count};
    struct policy_plan *made = goals != NULL ? policy_block_new(&parts) : NULL;
    if (made == NULL) {
        policy_build_fail(build, "out of memory");
    }
    explicit_bzero(&plan, sizeof plan);
    return made;
}

static int compare_wanted(const void *left, const void *right)
{
    const struct policy_wanted *a = left;
    const struct policy_wanted *b = right;
    return a->class != b->class ? (a->class < b->class ? -1 : 1)
                                : lwm2m_path_compare(a->path, b->path);
}

/* By class, then by path: what one Write of an object carries lies together, ascending. */
static void sort_wanted(struct policy_build *build)
{
    if (build->wanted.count > 0) {
        qsort(build->wanted.items, build->wanted.count, sizeof(struct policy_wanted),
              compare_wanted);
    }
}

struct policy_plan *policy_plan_new(const struct policy_set *set,
                                    const struct policy_decision *decision,
                                    const struct policy_subject *subject, int64_t now_at,
                                    policy_random_fn *random, void *random_context, char *reason)
{
    struct policy_rule rule;
    struct policy_build build = {.set = set,
                                 .decision = decision,
                                 .rule = &rule,
                                 .subject = subject,
                                 .registry = policy_set_registry(set),
                                 .shown = subject->is_pack ? NULL : subject->seen.discover,
                                 .now_at = now_at,
                                 .random = random,
                                 .random_context = random_context,
                                 .reason = reason};
    struct policy_plan *plan = NULL;
    reason[0] = '\0';
    if (decision->verdict != POLICY_APPLY || decision->rule >= set->all.rules.count) {
        policy_build_fail(&build, "there is nothing to apply");
        return NULL;
    }
    if (!policy_rule_effective(&build.arena, set, decision, &rule)) {
        policy_build_fail(&build, "out of memory");
    }
    if (!build.has_failed) {
        want_all(&build);
    }
    if (!build.has_failed) {
        sort_wanted(&build);
        policy_print_all(&build);
        policy_difference(&build);
    }
    if (!build.has_failed) {
        plan = finish(&build);
    }
    policy_arena_clear(&build.arena);
    return plan;
}

/* ---- bodies ---- */

bool policy_op_has_optional(const struct policy_op *op)
{
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (op->is_optional[i]) {
            return true;
        }
    }
    return false;
}

enum lwm2m_error policy_plan_encode(const struct policy_plan *plan, size_t op, uint16_t format,
                                    bool without_optional, uint8_t *out, size_t capacity,
                                    size_t *len)
{
    const struct policy_op *write = &plan->ops[op];
    if (!without_optional || !policy_op_has_optional(write)) {
        return lwm2m_encode(format, write->path, write->leaves, write->leaf_count, out, capacity,
                            len);
    }
    struct lwm2m_leaf *leaves = calloc(write->leaf_count, sizeof *leaves);
    if (leaves == NULL) {
        return LWM2M_ENOMEM;
    }
    size_t count = 0;
    for (size_t i = 0; i < write->leaf_count; i++) {
        if (!write->is_optional[i]) {
            leaves[count++] = write->leaves[i];
        }
    }
    enum lwm2m_error error = lwm2m_encode(format, write->path, leaves, count, out, capacity, len);
    free(leaves);
    return error;
}

enum lwm2m_error policy_plan_pack(const struct policy_plan *plan, uint16_t format, uint8_t *out,
                                  size_t capacity, size_t *len)
{
    size_t count = 0;
    *len = 0;
    for (size_t i = 0; i < plan->op_count; i++) {
        count += plan->ops[i].kind == POLICY_OP_WRITE ? plan->ops[i].leaf_count : 0;
    }
    struct lwm2m_leaf *leaves = calloc(count + 1, sizeof *leaves);
    if (leaves == NULL) {
        return LWM2M_ENOMEM;
    }
    size_t used = 0;
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct policy_op *op = &plan->ops[i];
        if (op->kind == POLICY_OP_WRITE && op->leaf_count > 0) {
            memcpy(leaves + used, op->leaves, op->leaf_count * sizeof *leaves);
            used += op->leaf_count;
        }
    }
    enum lwm2m_error error =
        lwm2m_encode(format, lwm2m_path_of(0, 0, 0, 0, 0), leaves, used, out, capacity, len);
    free(leaves);
    return error;
}
