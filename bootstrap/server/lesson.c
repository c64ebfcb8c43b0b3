/* What a bootstrap has taught about its device, and which campaigns it counts for. */
#include "bootstrap/server/worker_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_listed(const uint16_t *list, size_t count, uint16_t format)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == format)
            return true;
    return false;
}

static void add_format(uint16_t *list, size_t *count, uint16_t format)
{
    if (*count < PKI_FORMATS_MAX && !is_listed(list, *count, format))
        list[(*count)++] = format;
}

struct formats {
    uint16_t formats[PKI_FORMATS_MAX], refused[PKI_FORMATS_MAX];
    size_t format_count, refused_count;
};

static struct formats formats_of(const struct pki_memory *memory)
{
    struct formats formats = {.format_count = memory->format_count,
                              .refused_count = memory->refused_count};
    memcpy(formats.formats, memory->formats, sizeof formats.formats);
    memcpy(formats.refused, memory->refused, sizeof formats.refused);
    return formats;
}

/* The one that worked first; what this bootstrap found counts before what was known. */
static void learn_formats(struct pki_memory *memory, const struct bs_session *machine)
{
    const struct formats old = formats_of(memory);
    memory->format_count = 0;
    memory->refused_count = 0;
    memset(memory->formats, 0, sizeof memory->formats);
    memset(memory->refused, 0, sizeof memory->refused);
    if (machine->worked != LWM2M_FORMAT_NONE)
        add_format(memory->formats, &memory->format_count, machine->worked);
    for (size_t i = 0; i < old.format_count; i++)
        if (!is_listed(machine->refused, machine->refused_count, old.formats[i]))
            add_format(memory->formats, &memory->format_count, old.formats[i]);
    for (size_t i = 0; i < machine->refused_count; i++)
        if (machine->refused[i] != machine->worked)
            add_format(memory->refused, &memory->refused_count, machine->refused[i]);
    for (size_t i = 0; i < old.refused_count; i++)
        if (old.refused[i] != machine->worked)
            add_format(memory->refused, &memory->refused_count, old.refused[i]);
}

static void forget_prints(struct pki_memory *memory)
{
    memory->print_count = 0;
    memset(memory->prints, 0, sizeof memory->prints);
}

static void learn_memory(struct bs_lesson *lesson, const struct bs_run *run)
{
    struct pki_memory *memory = &lesson->memory;
    const struct pki_memory none = {0};
    const struct pki_memory *old = run->memory ? run->memory : &none;
    enum pki_result result = run->machine.outcome.result;
    *memory = *old;
    /* An unconfirmed device may hold anything: no security Write is spared on doubt. */
    if (run->plan && (run->machine.has_sent || result == PKI_RESULT_FINISHED))
        policy_plan_teach(run->plan, result == PKI_RESULT_FINISHED && !run->machine.has_difference,
                          memory);
    learn_formats(memory, &run->machine);
    memory->asked_pack |= run->pack || bs_worker_asked_pack(run->worker, run->device_id);
    memory->device_id = old->device_id;
    memory->learnt_at = old->learnt_at;
    lesson->has_memory = memcmp(memory, old, sizeof *memory) != 0;
    memory->device_id = run->history_id;
    memory->learnt_at = run->started_at;
}

static bool has_taken_part(const struct pki_memory *memory, const char *rollout)
{
    for (size_t i = 0; memory && i < memory->rollout_count; i++)
        if (strcmp(memory->rollouts[i], rollout) == 0)
            return true;
    return false;
}

static void count_rollouts(struct bs_lesson *lesson, const struct bs_run *run)
{
    const struct policy_decision *decision = &run->decision;
    enum pki_result result = run->machine.outcome.result;
    if (result != PKI_RESULT_FINISHED && result != PKI_RESULT_FAILED &&
        result != PKI_RESULT_UNCONFIRMED)
        return;
    lesson->rollout_count = decision->rollout_count;
    for (size_t i = 0; i < decision->rollout_count; i++) {
        snprintf(lesson->rollouts[i], sizeof lesson->rollouts[i], "%s", decision->rollouts[i]);
        lesson->is_first[i] =
            result == PKI_RESULT_FINISHED && !has_taken_part(run->memory, decision->rollouts[i]);
    }
}

struct bs_lesson *bs_lesson_of(const struct bs_run *run)
{
    struct bs_lesson *lesson = run->history_id ? calloc(1, sizeof *lesson) : NULL;
    if (!lesson)
        return NULL;
    learn_memory(lesson, run);
    count_rollouts(lesson, run);
    if (!lesson->has_memory && !lesson->rollout_count) {
        free(lesson);
        return NULL;
    }
    return lesson;
}

bool bs_lesson_is_due(const struct bs_run *run)
{
    if (!run->memory || !run->memory->print_count || !run->history_id)
        return false;
    for (size_t i = 0; i < run->plan->op_count; i++) {
        uint16_t object = run->plan->ops[i].path.depth ? run->plan->ops[i].path.id[0] : 0;
        if (object == 0 || object == 21)
            return true;
    }
    return run->plan->minted_count != 0;
}

struct bs_lesson *bs_lesson_before(const struct bs_run *run)
{
    struct bs_lesson *lesson = bs_lesson_is_due(run) ? calloc(1, sizeof *lesson) : NULL;
    if (!lesson)
        return NULL;
    lesson->has_memory = true;
    lesson->memory = *run->memory;
    forget_prints(&lesson->memory);
    return lesson;
}
