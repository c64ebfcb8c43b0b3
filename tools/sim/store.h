/*
 * Object instances of a simulated device and their values: memory only, no rules.
 *
 * Instances ascend by object and instance, leaves by path; octets are owned by the store and wiped
 * when they go.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "bootstrap/lwm2m/value.h"

/* A leaf has depth 3 (single resource, or NONE: a multiple resource without instances) or 4. */
struct sim_instance {
    uint16_t object;
    uint16_t instance;
    struct lwm2m_leaf *leaves;
    size_t count;
};

/* Zero-initialise. */
struct sim_store {
    struct sim_instance *instances;
    size_t count;
};

/* Wipes and frees all. */
void sim_store_clear(struct sim_store *store);
/* TO (empty) becomes an independent copy; false without memory, TO is empty then. */
bool sim_store_copy(const struct sim_store *from, struct sim_store *to) MUST_USE;
/* NULL when there is none. */
struct sim_instance *sim_store_find(const struct sim_store *store, uint16_t object,
                                    uint16_t instance);
/* The instance, made if there is none; moves the others. NULL without memory. */
struct sim_instance *sim_store_add(struct sim_store *store, uint16_t object, uint16_t instance);
/* Removes one instance; nothing happens when there is none. */
void sim_store_remove(struct sim_store *store, uint16_t object, uint16_t instance);

/* Inserts a copy of LEAF or replaces the one at its path; false without memory. */
bool sim_instance_set(struct sim_instance *instance, const struct lwm2m_leaf *leaf) MUST_USE;
/* Removes RESOURCE with all its instances. */
void sim_instance_unset(struct sim_instance *instance, uint16_t resource);
/* First value of RESOURCE (of a multiple one: its lowest instance), NULL when absent or empty. */
const struct lwm2m_value *sim_instance_value(const struct sim_instance *instance,
                                             uint16_t resource);

#endif
