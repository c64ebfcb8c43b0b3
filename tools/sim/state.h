/*
 * What a simulated device holds, kept in a file from run to run, so that a second bootstrap meets
 * the first one's result.
 *
 * JSON, secrets in it: {"imprint_sim_state": 1, "objects": [{"id": 0, "tlv": "c800.."}]}, each
 * object as LwM2M TLV in hexadecimal. Written whole or not at all, mode 0600.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "tools/sim/device.h"

/*
 * Gives DEVICE what PATH holds; *IS_THERE is false, and nothing changes, when there is no such
 * file. False: FAULT (SIM_FAULT_MAX + 1 octets) says what is wrong.
 */
bool sim_state_load(const char *path, struct sim_device *device, bool *is_there, char *fault)
    MUST_USE;
/* Writes what DEVICE holds. As _load. */
bool sim_state_save(const char *path, const struct sim_device *device, char *fault) MUST_USE;

#endif
