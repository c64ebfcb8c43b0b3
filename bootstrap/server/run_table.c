/* The table of runs: a number leads to its run in one step, and to none once it is over. */
#include "bootstrap/server/worker_private.h"

#include <stdlib.h>

static bool slots_grow(struct bs_worker *worker)
{
    uint32_t count = worker->slot_count ? worker->slot_count * 2 : 64;
    struct bs_slot *slots = realloc(worker->slots, count * sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = worker->slot_count; i < count; i++)
        slots[i] = (struct bs_slot){.next_free = i + 1 < count ? i + 2 : 0};
    worker->first_free = worker->slot_count + 1;
    worker->slot_count = count;
    worker->slots = slots;
    return true;
}

bool bs_run_enter(struct bs_worker *worker, struct bs_run *run)
{
    if (!worker->first_free && !slots_grow(worker))
        return false;
    uint32_t index = worker->first_free - 1;
    struct bs_slot *slot = &worker->slots[index];
    worker->first_free = slot->next_free;
    slot->run = run;
    run->number = (uint64_t)++slot->generation << 32 | index;
    return true;
}

void bs_run_leave(struct bs_worker *worker, const struct bs_run *run)
{
    uint32_t index = (uint32_t)run->number;
    worker->slots[index].run = NULL;
    worker->slots[index].next_free = worker->first_free;
    worker->first_free = index + 1;
}

struct bs_run *bs_run_find(struct bs_worker *worker, uint64_t number)
{
    uint32_t index = (uint32_t)number;
    if (index >= worker->slot_count || worker->slots[index].generation != number >> 32)
        return NULL;
    return worker->slots[index].run;
}
