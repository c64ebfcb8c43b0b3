/*
 * Inside of a simulated device: shared by device.c (life, questions, transaction) and change.c
 * (Write, Delete, Pack).
 */
#ifndef SIM_DEVICE_PRIVATE_H
#define SIM_DEVICE_PRIVATE_H

#include "tools/sim/device.h"

struct sim_device {
    struct sim_profile profile;
    const struct lwm2m_registry *registry;
    uint16_t version;
    uint16_t objects[SIM_OBJECTS_MAX];
    size_t object_count;
    struct sim_store store;
    struct sim_store before; /* as at _begin */
    bool is_begun;
};

/* True for the /0 instance whose resource 1 is true. */
bool sim_is_bootstrap_account(const struct sim_instance *instance);
/* How many bootstrap accounts STORE has; *FIRST is the instance of one, or -1. */
size_t sim_bootstrap_accounts(const struct sim_store *store, int32_t *first);

#endif
