/*
 * A decision and its plan as text and as JSON; secrets as lengths.
 */
#ifndef CLI_PLAN_SHOW_H
#define CLI_PLAN_SHOW_H

#include "tools/imprint/command.h"
#include "bootstrap/policy/policy.h"

/* Prints what DECISION and PLAN (NULL unless the verdict is POLICY_APPLY) do to SUBJECT. */
enum cli_status cli_plan_text(const struct policy_subject *subject,
                              const struct policy_decision *decision,
                              const struct policy_plan *plan);
/* The same as one JSON document. */
enum cli_status cli_plan_json(const struct policy_subject *subject,
                              const struct policy_decision *decision,
                              const struct policy_plan *plan);

#endif
