/*
 * A decision and its plan as text and as JSON; secrets as lengths.
 */
#ifndef CLI_PLAN_SHOW_H
#define CLI_PLAN_SHOW_H

#include "tools/imprint/command.h"
#include "bootstrap/policy/policy.h"

struct cli_subject;

/* What is shown, and how. */
struct cli_plan_view {
    const struct policy_set *set;
    const struct policy_subject *subject;
    const struct policy_decision *decision;
    const struct policy_plan *plan; /* NULL unless the verdict is POLICY_APPLY */
    bool shows_octets;              /* of each Write */
    bool shows_secrets;             /* among them */
};

/* Prints what the decision and the plan do to the subject. */
enum cli_status cli_plan_text(const struct cli_plan_view *view);
/* The same as one JSON document. */
enum cli_status cli_plan_json(const struct cli_plan_view *view);

/* Prints which policies and overlays of SET fit SUBJECT, and what keeps the others from it. */
enum cli_status cli_explain_show(struct cli_call *call, struct policy_set *set,
                                 struct cli_subject *subject);
/* "apply", "hold" or "deny". */
const char *cli_verdict(enum policy_verdict verdict);

#endif
