/*
 * What access tables mean, held against the definitions of objects and the rules of Access Control
 * (lwm2m-objects.md section 4): contradictions are errors, what is most likely not meant is a
 * warning. Names of servers are resolved before; what a single entry may say is read in access.c.
 *
 * Not here: two entries for one instance are one key twice, which the YAML reader refuses; that an
 * access table names only servers of the policy is checked with the policy's servers. Pure.
 */
#ifndef POLICY_ACCESS_RULES_H
#define POLICY_ACCESS_RULES_H

#include "bootstrap/policy/model.h"

/*
 * TABLE by itself, once however many policies use it.
 * Error: c on an object of which there is one instance, always.
 * Warnings: c on an object of one instance that may be absent; w or e where the definition has
 * nothing to write or execute; d on an instance that is always there; an instance on which no
 * server has any right; a server without any right on its own account; when definitions were
 * loaded: an object without one.
 */
void policy_access_check_table(struct policy_schema_context *context, const struct policy_set *set,
                               const struct policy_access *table);
/*
 * The table of RULE with its servers; the marks are those of RULE's `access` and of the entries.
 * Warnings: a server of RULE without an entry for its own account; no entry for the Device object;
 * with `others: keep`, an instance without a default, on which the accounts that stay have no
 * right; a table that is never written since there is one server. RULE without a table: nothing.
 */
void policy_access_check_rule(struct policy_schema_context *context, const struct policy_set *set,
                              const struct policy_rule *rule);

#endif
