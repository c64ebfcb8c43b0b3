/*
 * Is it text? UTF-8 (RFC 3629) of characters that YAML prints. Internal.
 */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include "bootstrap/policy/report.h"

/*
 * True when LEN octets of TEXT are; else the first that is not is reported with its place in FILE.
 * A byte order mark may stand at the start.
 */
bool policy_text_check(const char *file, const char *text, size_t len,
                       struct policy_report *report);

#endif
