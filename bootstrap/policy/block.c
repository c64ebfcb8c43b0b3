#include "bootstrap/policy/build.h"

#include <stdlib.h>
#include <string.h>

/* Where the next piece of each kind goes. */
struct cursor {
    struct lwm2m_leaf *leaves;
    bool *optional;
    uint8_t *octets;
};

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
            memcpy(at->octets, from->leaves[i].value.as.bytes.data, len);
            at->leaves->value.as.bytes.data = at->octets;
            at->octets += len;
        }
        *at->optional++ = from->optional[i];
        at->leaves++;
    }
}

/* The leaves of GOAL under the step's path: all of them, or one resource. */
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
    return totals;
}

static struct policy_owned *owned_new(const struct policy_parts *parts, struct totals totals)
{
    size_t bytes = sizeof(struct policy_owned) + parts->step_count * sizeof(struct policy_op) +
                   parts->goal_count * sizeof(struct policy_goal) +
                   totals.leaves * (sizeof(struct lwm2m_leaf) + sizeof(bool)) +
                   parts->minted_count * sizeof(struct pki_credential) +
                   parts->pending_count * sizeof(struct policy_pending) + totals.octets;
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
        owned->plan.minted = (struct pki_credential *)(owned->goals + parts->goal_count);
        owned->plan.minted_count = parts->minted_count;
        owned->plan.pending_count = parts->pending_count;
    }
    return owned;
}

struct policy_plan *policy_block_new(const struct policy_parts *parts)
{
    struct totals totals = total(parts);
    struct policy_owned *owned = owned_new(parts, totals);
    if (owned == NULL) {
        return NULL;
    }
    struct policy_plan *plan = &owned->plan;
    if (plan->minted_count > 0) {
        memcpy(plan->minted, parts->minted, plan->minted_count * sizeof *plan->minted);
    }
    struct cursor at = {.leaves = (struct lwm2m_leaf *)(plan->minted + plan->minted_count)};
    plan->pending = (struct policy_pending *)(at.leaves + totals.leaves);
    if (plan->pending_count > 0) {
        memcpy(plan->pending, parts->pending, plan->pending_count * sizeof *plan->pending);
    }
    at.optional = (bool *)(plan->pending + plan->pending_count);
    at.octets = (uint8_t *)(at.optional + totals.leaves);
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
