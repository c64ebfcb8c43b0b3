/*
 * What a plan writes, as text: values with secrets as lengths, and the octets of a Write with those
 * of its secrets hidden.
 */
#ifndef CLI_PLAN_VALUE_H
#define CLI_PLAN_VALUE_H

#include "tools/imprint/plan_show.h"

#define CLI_VALUE_TEXT 1200

/* The value of LEAF for a terminal. OUT is CLI_VALUE_TEXT octets. */
void cli_plan_value(const struct cli_plan_view *view, const struct lwm2m_leaf *leaf, char *out);
/* The name of LEAF's resource, "" when it has none. */
const char *cli_plan_name(const struct cli_plan_view *view, const struct lwm2m_leaf *leaf);
/* The name of content format NUMBER, never NULL. */
const char *cli_plan_format(uint16_t number);
/*
 * The body of Write OP in the format that is tried first, as hex, ".." for each octet of a secret
 * unless VIEW shows them. *SIZE is its length in octets. NULL: it cannot be encoded so. The caller
 * wipes and frees.
 */
char *cli_plan_octets(const struct cli_plan_view *view, size_t op, size_t *size);

#endif
