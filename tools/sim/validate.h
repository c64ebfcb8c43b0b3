/*
 * Whether a device's objects make a usable configuration: what a client checks at Bootstrap-Finish
 * (lwm2m-bootstrap.md section 6).
 */
#ifndef SIM_VALIDATE_H
#define SIM_VALIDATE_H

#include "tools/sim/device.h"

#define SIM_REASON_MAX 120

/*
 * True when the device would answer 2.04 to Finish. Else REASON (SIM_REASON_MAX+1 octets) names the
 * first fault, without any value
 * ("/0/1: no resource 10", "/1/0: no Security instance with short server ID 101").
 */
bool sim_validate(const struct sim_device *device, char *reason) MUST_USE;

#endif
