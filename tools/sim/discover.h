/*
 * What a simulated device answers to Bootstrap-Discover, in each of the forms that clients use
 * (lwm2m-encodings.md section 9, clients.md).
 */
#ifndef SIM_DISCOVER_H
#define SIM_DISCOVER_H

#include "tools/sim/device.h"

/*
 * The answer for PATH, the root or an object that the device has. *TEXT is the caller's to free,
 * not terminated. False without memory.
 */
bool sim_discover(const struct sim_device *device, struct lwm2m_path path, char **text, size_t *len)
    MUST_USE;

#endif
