#include "bootstrap/policy/build.h"

#include <stdlib.h>
#include <string.h>

/* Where the next piece of each kind goes. */
struct cursor {
    struct lwm2m_leaf *leaves;
    bool *optional;
    uint8_t *octets;
};

static const uint8_t *copy_octets(struct cursor *at, const void *from, size_t len)
{
    uint8_t *copy = at->octets;
    if (len > 0) {
        memcpy(copy, from, len);
    }
    at->octets += len;
    return copy;
}

static size_t bytes_of(const struct lwm2m_leaf *leaf)
{
    return lwm2m_type_has_bytes(leaf->value.type) ? leaf->value.as.bytes.len : 0;
}

static void copy_goal(const struct policy_goal *from, struct cursor *at, struct policy_goal *goal)
{
    *goal = *from;
    goal->leaves = at->leaves;
    goal->optional = at->optional;
    for (size_t i = 0; i < from->leaf_count; i++) {
        size_t len = bytes_of(&from->leaves[i]);
        *at->leaves = from->leaves[i];
        if (len > 0) {
            at->leaves->value.as.bytes.data =
                copy_octets(at, from->leaves[i].value.as.bytes.data, len);
        }
        *at->optional++ = from->optional[i];
        at->leaves++;
    }
}

static void copy_minted(const struct pki_credential *from, struct cursor *at,
                        struct policy_minted *minted)
{
    *minted = (struct policy_minted){.server_id = from->server_id,
                                     .mode = from->mode,
                                     .identity_len = from->identity_len,
                                     .secret_len = from->secret_len,
                                     .public_len = from->public_len};
    minted->identity = copy_octets(at, from->identity, from->identity_len);
    minted->secret = copy_octets(at, from->secret, from->secret_len);
    minted->public_part = copy_octets(at, from->public_part, from->public_len);
}

/*
 * The leaves under the step's path: of one goal all of them, or one resource; of an object those of
 * its goals, which follow each other.
 */
static void make_op(const struct policy_owned *owned, const struct policy_step *step,
                    struct policy_op *op)
{
    *op = (struct policy_op){.kind = step->kind,
                             .path = step->path,
                             .is_required = step->on_error != POLICY_GO_ON,
                             .on_error = step->on_error};
    if (step->kind != POLICY_OP_WRITE) {
        return;
    }
    const struct policy_goal *goal = &owned->goals[step->wanted];
    if (step->path.depth == 1) {
        op->leaves = goal->leaves;
        op->is_optional = goal->optional;
        for (size_t i = step->wanted;
             i < owned->goal_count && lwm2m_path_under(owned->goals[i].path, step->path); i++) {
            op->leaf_count += owned->goals[i].leaf_count;
        }
        return;
    }
    op->ssid = goal->ssid;
    size_t first = 0;
    while (first < goal->leaf_count && !lwm2m_path_under(goal->leaves[first].path, step->path)) {
        first++;
    }
    size_t behind = first;
    while (behind < goal->leaf_count && lwm2m_path_under(goal->leaves[behind].path, step->path)) {
        behind++;
    }
    op->leaves = goal->leaves + first;
    op->is_optional = goal->optional + first;
    op->leaf_count = behind - first;
}

struct totals {
    size_t leaves, octets;
};

static struct totals total(const struct policy_parts *parts)
{
    const char *note = parts->plan->note;
    struct totals totals = {0, note != NULL ? strlen(note) + 1 : 0};
    for (size_t i = 0; i < parts->goal_count; i++) {
        totals.leaves += parts->goals[i].leaf_count;
        for (size_t j = 0; j < parts->goals[i].leaf_count; j++) {
            totals.octets += bytes_of(&parts->goals[i].leaves[j]);
        }
    }
    for (size_t i = 0; i < parts->minted_count; i++) {
        const struct pki_credential *minted = parts->minted[i];
        totals.octets += minted->identity_len + minted->secret_len + minted->public_len;
    }
    return totals;
}

static struct policy_owned *owned_new(const struct policy_parts *parts, struct totals totals)
{
    const struct policy_teaching *teaching = &parts->plan->teaching;
    size_t bytes = sizeof(struct policy_owned) + parts->step_count * sizeof(struct policy_op) +
                   parts->goal_count * sizeof(struct policy_goal) +
                   totals.leaves * (sizeof(struct lwm2m_leaf) + sizeof(bool)) +
                   parts->minted_count * sizeof(struct policy_minted) +
                   parts->pending_count * sizeof(struct policy_pending) +
                   teaching->print_count * sizeof teaching->prints[0] +
                   teaching->object_count * sizeof teaching->objects[0] +
                   teaching->rollout_count * sizeof teaching->rollouts[0] + totals.octets;
    struct policy_owned *owned = calloc(1, bytes);
    if (owned != NULL) {
        owned->plan = *parts->plan;
        owned->bytes = bytes;
        owned->aims = parts->aims;
        owned->plan.arena = owned;
        owned->plan.ops = (struct policy_op *)(owned + 1);
        owned->plan.op_count = parts->step_count;
        owned->goals = (struct policy_goal *)(owned->plan.ops + parts->step_count);
        owned->goal_count = parts->goal_count;
        owned->plan.minted = (struct policy_minted *)(owned->goals + parts->goal_count);
        owned->plan.minted_count = parts->minted_count;
        owned->plan.pending_count = parts->pending_count;
    }
    return owned;
}

/* What is taught, from AT on, where what is aligned to two octets may lie; what lies behind it. */
static uint8_t *copy_teaching(const struct policy_teaching *from, void *at,
                              struct policy_teaching *teaching)
{
    struct pki_print *prints = at;
    uint16_t *objects = (uint16_t *)(prints + from->print_count);
    char(*rollouts)[PKI_NAME_MAX + 1] = (char(*)[PKI_NAME_MAX + 1])(objects + from->object_count);
    for (size_t i = 0; i < from->print_count; i++) {
        prints[i] = from->prints[i];
    }
    for (size_t i = 0; i < from->object_count; i++) {
        objects[i] = from->objects[i];
    }
    for (size_t i = 0; i < from->rollout_count; i++) {
        memcpy(rollouts[i], from->rollouts[i], sizeof rollouts[i]);
    }
    teaching->prints = prints;
    teaching->objects = objects;
    teaching->rollouts = (const char(*)[PKI_NAME_MAX + 1]) rollouts;
    return (uint8_t *)(rollouts + from->rollout_count);
}

struct policy_plan *policy_block_new(const struct policy_parts *parts)
{
    struct totals totals = total(parts);
    struct policy_owned *owned = owned_new(parts, totals);
    if (owned == NULL) {
        return NULL;
    }
    struct policy_plan *plan = &owned->plan;
    struct cursor at = {.leaves = (struct lwm2m_leaf *)(plan->minted + plan->minted_count)};
    plan->pending = (struct policy_pending *)(at.leaves + totals.leaves);
    if (plan->pending_count > 0) {
        memcpy(plan->pending, parts->pending, plan->pending_count * sizeof *plan->pending);
    }
    at.optional = (bool *)copy_teaching(&parts->plan->teaching, plan->pending + plan->pending_count,
                                        &plan->teaching);
    at.octets = (uint8_t *)(at.optional + totals.leaves);
    for (size_t i = 0; i < plan->minted_count; i++) {
        copy_minted(parts->minted[i], &at, &plan->minted[i]);
    }
    for (size_t i = 0; i < parts->goal_count; i++) {
        copy_goal(&parts->goals[i], &at, &owned->goals[i]);
    }
    for (size_t i = 0; i < parts->step_count; i++) {
        make_op(owned, &parts->steps[i], &plan->ops[i]);
    }
    if (parts->plan->note != NULL) {
        memcpy(at.octets, parts->plan->note, strlen(parts->plan->note) + 1);
        plan->note = (const char *)at.octets;
    }
    return plan;
}

void policy_minted_credential(const struct policy_minted *minted, struct pki_credential *credential)
{
    *credential = (struct pki_credential){.server_id = minted->server_id,
                                          .mode = minted->mode,
                                          .identity_len = minted->identity_len,
                                          .secret_len = minted->secret_len,
                                          .public_len = minted->public_len};
    memcpy(credential->identity, minted->identity, minted->identity_len);
    memcpy(credential->secret, minted->secret, minted->secret_len);
    memcpy(credential->public_part, minted->public_part, minted->public_len);
}

void policy_plan_free(struct policy_plan *plan)
{
    if (plan != NULL) {
        struct policy_owned *owned = plan->arena;
        explicit_bzero(owned, owned->bytes);
        free(owned);
    }
}

size_t policy_plan_memory(const struct policy_plan *plan)
{
    return policy_block_of(plan)->bytes;
}
