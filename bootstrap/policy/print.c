#include "bootstrap/policy/build.h"

#include <stdio.h>
#include <string.h>

/* ---- prints of the desired state ---- */

/* Content: TLV, which carries every type; the same leaves always give the same octets. */
static bool print_content(struct policy_build *build, struct policy_wanted *wanted)
{
    size_t len = 0;
    enum lwm2m_error error = lwm2m_encode(LWM2M_FORMAT_TLV, wanted->path, wanted->leaves.items,
                                          wanted->leaves.count, NULL, 0, &len);
    if (error != LWM2M_ESPACE && error != LWM2M_OK) {
        return false;
    }
    uint8_t *body = policy_arena_alloc(&build->arena, len);
    size_t size = len;
    if (body == NULL || lwm2m_encode(LWM2M_FORMAT_TLV, wanted->path, wanted->leaves.items,
                                     wanted->leaves.count, body, size, &len) != LWM2M_OK) {
        return false;
    }
    build->subject->print(build->subject->print_context, body, len, wanted->print.content);
    return true;
}

static bool print_shape(struct policy_build *build, struct policy_wanted *wanted)
{
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    size_t count = wanted->leaves.count;
    uint8_t *ids = policy_arena_array(&build->arena, count, 5);
    if (ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct lwm2m_path *path = &leaves[i].path;
        uint8_t *at = ids + 5 * i;
        at[0] = path->depth;
        at[1] = (uint8_t)(path->id[2] >> 8);
        at[2] = (uint8_t)path->id[2];
        at[3] = (uint8_t)(path->id[3] >> 8);
        at[4] = (uint8_t)path->id[3];
    }
    build->subject->print(build->subject->print_context, ids, 5 * count, wanted->print.shape);
    return true;
}

void policy_print_all(struct policy_build *build)
{
    struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; build->subject->print != NULL && i < build->wanted.count; i++) {
        wanted[i].print.object = wanted[i].path.id[0];
        wanted[i].print.instance = wanted[i].path.id[1];
        wanted[i].print.ssid = wanted[i].ssid;
        wanted[i].has_print = print_content(build, &wanted[i]) && print_shape(build, &wanted[i]);
    }
}

/* ---- against what is remembered ---- */

const struct pki_print *policy_print_remembered(const struct policy_build *build,
                                                const struct policy_wanted *wanted)
{
    const struct pki_memory *memory = build->subject->memory;
    for (size_t i = 0; wanted->has_print && memory != NULL && i < memory->print_count; i++) {
        const struct pki_print *print = &memory->prints[i];
        if (print->object == wanted->path.id[0] && print->instance == wanted->path.id[1] &&
            print->ssid == wanted->ssid) {
            return print;
        }
    }
    return NULL;
}

bool policy_print_same_content(const struct policy_build *build, const struct policy_wanted *wanted)
{
    const struct pki_print *print = policy_print_remembered(build, wanted);
    return print != NULL && memcmp(print->content, wanted->print.content, PKI_PRINT_OCTETS) == 0;
}

bool policy_print_same_shape(const struct policy_build *build, const struct policy_wanted *wanted)
{
    const struct pki_print *print = policy_print_remembered(build, wanted);
    return print != NULL && memcmp(print->shape, wanted->print.shape, PKI_PRINT_OCTETS) == 0;
}

/* ---- what to remember ---- */

static void remember_objects(const struct policy_build *build, struct pki_memory *memory)
{
    if (build->shown == NULL) {
        return;
    }
    memory->object_count = 0;
    for (size_t i = 0; i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        size_t count = memory->object_count;
        bool is_new = path->depth > 0 && (count == 0 || memory->objects[count - 1] != path->id[0]);
        if (is_new && count < PKI_OBJECTS_MAX) {
            memory->objects[memory->object_count++] = path->id[0];
        }
    }
}

static void remember_rollouts(const struct policy_build *build, struct pki_memory *memory)
{
    const struct policy_decision *decision = build->decision;
    for (size_t i = 0; i < decision->rollout_count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < memory->rollout_count; j++) {
            is_known = is_known || strcmp(memory->rollouts[j], decision->rollouts[i]) == 0;
        }
        if (is_known) {
            continue;
        }
        /* The oldest makes room: what is going on counts. */
        if (memory->rollout_count == PKI_ROLLOUTS_MAX) {
            memmove(memory->rollouts[0], memory->rollouts[1],
                    sizeof memory->rollouts - sizeof memory->rollouts[0]);
            memory->rollout_count--;
        }
        snprintf(memory->rollouts[memory->rollout_count++], sizeof memory->rollouts[0], "%s",
                 decision->rollouts[i]);
    }
}

void policy_print_memory(const struct policy_build *build, struct pki_memory *memory)
{
    const struct policy_subject *subject = build->subject;
    const struct policy_wanted *wanted = build->wanted.items;
    if (subject->memory != NULL) {
        *memory = *subject->memory;
    }
    memory->device_id = subject->device != NULL ? subject->device->id : 0;
    memory->learnt_at = build->now_at;
    memory->version = build->version;
    memory->asked_pack = memory->asked_pack || subject->is_pack;
    snprintf(memory->kind, sizeof memory->kind, "%s",
             build->quirk != NULL ? build->quirk->name : "");
    remember_objects(build, memory);
    remember_rollouts(build, memory);
    memset(memory->prints, 0, sizeof memory->prints);
    memory->print_count = 0;
    for (size_t i = 0; i < build->wanted.count && memory->print_count < PKI_PRINTS_MAX; i++) {
        if (wanted[i].has_print) {
            memory->prints[memory->print_count++] = wanted[i].print;
        }
    }
}
