/*
 * What imprint-sim bootstrap tells at the end: outcome, what the server asked and was answered,
 * what the device holds.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "tools/sim/client.h"

struct sim_report {
    const char *endpoint;
    const char *profile; /* name, NULL = none */
    const struct sim_outcome *outcome;
    const struct sim_device *device;
};

/* A line each and a table; IS_QUIET: the outcome alone. To standard output. */
void sim_report_text(const struct sim_report *report, bool is_quiet);
/* One JSON line, secrets as lengths. False without memory. */
bool sim_report_json(const struct sim_report *report) MUST_USE;
/* The same with secrets into file PATH, mode 0600. False: errno says why. */
bool sim_report_dump(const struct sim_report *report, const char *path) MUST_USE;

#endif
