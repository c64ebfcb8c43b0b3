/*
 * Shows what a device holds: as a table, as JSON. Secrets appear as their length unless asked for
 * by name.
 */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

#include "bootstrap/lwm2m/json.h"
#include "tools/sim/device.h"

#include <stdio.h>

/* A table: path, resource name, value. */
void sim_show_table(const struct sim_device *device, FILE *out);
/*
 * An array of {"path", "name", "type", "value" | "octets"}; Opaque values as hexadecimal. A secret
 * has "octets" (its length) instead of "value" unless WITH_SECRETS.
 */
void sim_show_json(const struct sim_device *device, struct lwm2m_json_writer *json,
                   bool with_secrets);

#endif
