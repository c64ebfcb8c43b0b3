#include "bootstrap/policy/verify.h"

#include <string.h>

/* A corrective round while it is made. */
struct round {
    const struct policy_plan *plan;
    const struct policy_owned *owned;
    const struct policy_observation *seen;
    bool *redoes; /* per goal */
    struct policy_arena arena;
    struct policy_array steps; /* struct policy_step */
};

static void add(struct round *round, enum policy_op_kind kind, struct lwm2m_path path,
                enum policy_on_error on_error, size_t goal)
{
    struct policy_step *step = policy_array_add(&round->arena, &round->steps, sizeof *step);
    if (step != NULL) {
        *step =
            (struct policy_step){.kind = kind, .path = path, .on_error = on_error, .wanted = goal};
    }
}

/* True when PATH stands, or may do so. */
static bool may_stand(const struct round *round, struct lwm2m_path path)
{
    const struct lwm2m_discover *discover = round->seen->discover;
    return discover == NULL || lwm2m_discover_find(discover, path) != NULL;
}

/* Marks what is not as it should be; false when nothing is. */
static bool mark(struct round *round)
{
    char reason[POLICY_REASON_MAX + 1];
    bool has_any = false;
    for (size_t i = 0; i < round->owned->goal_count; i++) {
        round->redoes[i] =
            policy_verify_goal(&round->owned->goals[i], round->seen, reason) != POLICY_STATE_RIGHT;
        has_any = has_any || round->redoes[i];
    }
    const struct lwm2m_discover *discover = round->seen->discover;
    for (size_t i = 0; discover != NULL && i < discover->count; i++) {
        has_any = has_any || policy_verify_is_extra(round->plan, &discover->entries[i]);
    }
    return has_any;
}

static void mark_all(struct round *round)
{
    for (size_t i = 0; i < round->owned->goal_count; i++) {
        bool is_bootstrap = round->owned->goals[i].class == POLICY_CLASS_BOOTSTRAP;
        round->redoes[i] = !is_bootstrap || round->plan->moves_bootstrap;
    }
}

/* lwm2m-objects.md 4.6: a /0 instance that is deleted takes the rest of its account along, and
 * changes access control. */
static void mark_tied(struct round *round)
{
    const struct policy_goal *goals = round->owned->goals;
    for (size_t i = 0; i < round->owned->goal_count; i++) {
        if (!round->redoes[i] || goals[i].class != POLICY_CLASS_SECURITY ||
            !may_stand(round, goals[i].path)) {
            continue;
        }
        for (size_t j = 0; j < round->owned->goal_count; j++) {
            bool is_account =
                goals[j].class == POLICY_CLASS_SERVER || goals[j].class == POLICY_CLASS_OSCORE;
            round->redoes[j] = round->redoes[j] || goals[j].class == POLICY_CLASS_ACCESS ||
                               (is_account && goals[j].ssid == goals[i].ssid);
        }
    }
}

static bool is_redone(const struct round *round, struct lwm2m_path path)
{
    for (size_t i = 0; i < round->owned->goal_count; i++) {
        const struct policy_goal *goal = &round->owned->goals[i];
        if (round->redoes[i] && goal->class != POLICY_CLASS_OTHER &&
            goal->class != POLICY_CLASS_BOOTSTRAP && lwm2m_path_compare(goal->path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* What goes, in the order in which no client misses what another Delete took along. */
static void add_deletes(struct round *round)
{
    static const uint16_t objects[] = {LWM2M_OBJECT_ACCESS_CONTROL, LWM2M_OBJECT_SERVER,
                                       LWM2M_OBJECT_SECURITY, LWM2M_OBJECT_OSCORE};
    const struct lwm2m_discover *discover = round->seen->discover;
    for (size_t o = 0; o < sizeof objects / sizeof objects[0]; o++) {
        for (size_t i = 0; discover != NULL && i < discover->count; i++) {
            const struct lwm2m_entry *entry = &discover->entries[i];
            if (entry->path.depth == 2 && entry->path.id[0] == objects[o] &&
                (is_redone(round, entry->path) || policy_verify_is_extra(round->plan, entry))) {
                add(round, POLICY_OP_DELETE, entry->path, POLICY_GO_ON, POLICY_NO_WANTED);
            }
        }
        for (size_t i = 0; discover == NULL && i < round->owned->goal_count; i++) {
            struct lwm2m_path path = round->owned->goals[i].path;
            if (path.id[0] == objects[o] && is_redone(round, path)) {
                add(round, POLICY_OP_DELETE, path, POLICY_GO_ON, POLICY_NO_WANTED);
            }
        }
    }
}

/* A plan without Discover only guesses where the bootstrap account is: nothing is deleted by
 * instance, only what it deleted itself. */
static void repeat_deletes(struct round *round)
{
    for (size_t i = 0; i < round->plan->op_count; i++) {
        const struct policy_op *op = &round->plan->ops[i];
        if (op->kind == POLICY_OP_DELETE) {
            add(round, POLICY_OP_DELETE, op->path, op->on_error, POLICY_NO_WANTED);
        }
    }
}

static void add_writes(struct round *round)
{
    const struct policy_goal *goals = round->owned->goals;
    for (int class = 0; class < POLICY_CLASSES; class ++) {
        for (size_t i = 0; i < round->owned->goal_count; i++) {
            if ((int)goals[i].class == class && round->redoes[i]) {
                add(round, POLICY_OP_WRITE, goals[i].path, goals[i].on_error, i);
            }
        }
    }
}

static struct policy_plan *finish(struct round *round)
{
    struct policy_plan plan = *round->plan;
    const struct policy_step *steps = round->steps.items;
    plan.minted = NULL;
    plan.minted_count = 0;
    plan.pending = NULL;
    plan.pending_count = 0;
    plan.is_unchanged = round->steps.count == 0;
    plan.moves_bootstrap = false;
    for (size_t i = 0; i < round->steps.count; i++) {
        plan.moves_bootstrap =
            plan.moves_bootstrap ||
            (steps[i].wanted != POLICY_NO_WANTED &&
             round->owned->goals[steps[i].wanted].class == POLICY_CLASS_BOOTSTRAP);
    }
    struct policy_parts parts = {.plan = &plan,
                                 .aims = round->owned->aims,
                                 .goals = round->owned->goals,
                                 .goal_count = round->owned->goal_count,
                                 .steps = steps,
                                 .step_count = round->steps.count};
    struct policy_plan *made = policy_block_new(&parts);
    explicit_bzero(&plan, sizeof plan);
    return made;
}

struct policy_plan *policy_plan_correct(const struct policy_plan *plan,
                                        const struct policy_observation *seen)
{
    struct round round = {.plan = plan, .owned = policy_block_of(plan), .seen = seen};
    struct policy_plan *made = NULL;
    round.redoes = policy_arena_array(&round.arena, round.owned->goal_count, sizeof *round.redoes);
    if (round.redoes != NULL) {
        if (!mark(&round)) {
            mark_all(&round);
        }
        mark_tied(&round);
        if (plan->is_blind && seen->discover == NULL) {
            mark_all(&round);
            repeat_deletes(&round);
        } else {
            add_deletes(&round);
        }
        add_writes(&round);
    }
    if (!round.arena.is_failed) {
        made = finish(&round);
    }
    policy_arena_clear(&round.arena);
    return made;
}
