/* What a plan teaches about its device, and how that is remembered. */
#include "bootstrap/policy/build.h"

#include <stdio.h>
#include <string.h>

/* ---- while the plan is made ---- */

static void teach_objects(struct policy_build *build, struct policy_teaching *teaching)
{
    const struct lwm2m_discover *shown = build->shown;
    if (shown == NULL) {
        return;
    }
    uint16_t *objects = policy_arena_array(&build->arena, PKI_OBJECTS_MAX, sizeof *objects);
    size_t count = 0;
    for (size_t i = 0; objects != NULL && i < shown->count && count < PKI_OBJECTS_MAX; i++) {
        const struct lwm2m_path *path = &shown->entries[i].path;
        if (path->depth > 0 && (count == 0 || objects[count - 1] != path->id[0])) {
            objects[count++] = path->id[0];
        }
    }
    teaching->has_objects = true;
    teaching->objects = objects;
    teaching->object_count = count;
}

static void teach_prints(struct policy_build *build, struct policy_teaching *teaching)
{
    const struct policy_wanted *wanted = build->wanted.items;
    struct pki_print *prints =
        policy_arena_array(&build->arena, build->wanted.count, sizeof *prints);
    size_t count = 0;
    for (size_t i = 0; prints != NULL && i < build->wanted.count && count < PKI_PRINTS_MAX; i++) {
        if (wanted[i].has_print) {
            prints[count++] = wanted[i].print;
        }
    }
    teaching->prints = prints;
    teaching->print_count = count;
}

static void teach_rollouts(struct policy_build *build, struct policy_teaching *teaching)
{
    const struct policy_decision *decision = build->decision;
    char(*rollouts)[PKI_NAME_MAX + 1] =
        policy_arena_array(&build->arena, decision->rollout_count, sizeof *rollouts);
    for (size_t i = 0; rollouts != NULL && i < decision->rollout_count; i++) {
        snprintf(rollouts[i], sizeof rollouts[i], "%s", decision->rollouts[i]);
        teaching->rollout_count = i + 1;
    }
    teaching->rollouts = (const char(*)[PKI_NAME_MAX + 1]) rollouts;
}

void policy_teach(struct policy_build *build, struct policy_teaching *teaching)
{
    *teaching =
        (struct policy_teaching){.version = build->version, .is_pack = build->subject->is_pack};
    teach_objects(build, teaching);
    teach_prints(build, teaching);
    teach_rollouts(build, teaching);
}

/* ---- afterwards ---- */

static void remember_prints(const struct policy_teaching *teaching, struct pki_memory *memory)
{
    memory->print_count = teaching->print_count;
    for (size_t i = 0; i < teaching->print_count; i++) {
        memory->prints[i] = teaching->prints[i];
    }
}

static void forget_prints(struct pki_memory *memory)
{
    memset(memory->prints, 0, sizeof memory->prints);
    memory->print_count = 0;
}

static void remember_objects(const struct policy_teaching *teaching, struct pki_memory *memory)
{
    memset(memory->objects, 0, sizeof memory->objects);
    memory->object_count = teaching->object_count;
    for (size_t i = 0; i < teaching->object_count; i++) {
        memory->objects[i] = teaching->objects[i];
    }
}

static void remember_rollout(const char *name, struct pki_memory *memory)
{
    for (size_t i = 0; i < memory->rollout_count; i++) {
        if (strcmp(memory->rollouts[i], name) == 0) {
            return;
        }
    }
    /* The oldest makes room: what is going on counts. */
    if (memory->rollout_count == PKI_ROLLOUTS_MAX) {
        memmove(memory->rollouts[0], memory->rollouts[1],
                sizeof memory->rollouts - sizeof memory->rollouts[0]);
        memory->rollout_count--;
    }
    char *place = memory->rollouts[memory->rollout_count++];
    memset(place, 0, sizeof memory->rollouts[0]);
    memcpy(place, name, strnlen(name, PKI_NAME_MAX));
}

void policy_plan_teach(const struct policy_plan *plan, bool is_confirmed, struct pki_memory *memory)
{
    const struct policy_teaching *teaching = &plan->teaching;
    memory->version = teaching->version;
    memory->asked_pack = memory->asked_pack || teaching->is_pack;
    snprintf(memory->kind, sizeof memory->kind, "%s", plan->kind != NULL ? plan->kind : "");
    if (teaching->has_objects) {
        remember_objects(teaching, memory);
    }
    forget_prints(memory);
    if (is_confirmed) {
        remember_prints(teaching, memory);
        for (size_t i = 0; i < teaching->rollout_count; i++) {
            remember_rollout(teaching->rollouts[i], memory);
        }
    }
}

void policy_plan_forget(struct policy_plan *plan, const struct policy_op *op)
{
    struct policy_teaching *teaching = &plan->teaching;
    bool is_account = op->ssid != 0 && op->path.id[0] == LWM2M_OBJECT_SECURITY;
    size_t count = 0;
    for (size_t i = 0; i < teaching->print_count; i++) {
        const struct pki_print *print = &teaching->prints[i];
        bool is_it = print->object == op->path.id[0] && print->instance == op->path.id[1];
        if (!is_it && !(is_account && print->ssid == op->ssid)) {
            teaching->prints[count++] = *print;
        }
    }
    teaching->print_count = count;
}
