/*
 * Object definitions for the simulated device, from OMA's XML files on the disk.
 */
#ifndef SIM_OBJECTS_H
#define SIM_OBJECTS_H

#include "bootstrap/lwm2m/definition.h"
#include "tools/sim/state.h"

/*
 * Reads PATH, an XML file or a folder of *.xml, where those that define no object are passed over.
 * NULL: FAULT is one sentence with file, line and column. Free with lwm2m_definitions_unref.
 */
struct lwm2m_definitions *sim_objects_load(const char *path, char fault[static SIM_FAULT_MAX + 1])
    MUST_USE;

#endif
