/*
 * Reading a file whole: internal to this folder.
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include "bootstrap/policy/report.h"

/*
 * The octets of PATH, at most a little over POLICY_FILE_MAX (the parser refuses those); free() it.
 * NULL when reported.
 */
char *policy_file_read(const char *path, size_t *len, struct policy_report *report);

#endif
