/*
 * The parts of a check: what check*.c and lint*.c share. Internal.
 */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include "bootstrap/policy/model.h"

/* Reports each name that ARRAY, of items of SIZE octets called WHAT, has twice. */
void policy_check_unique(struct policy_schema_context *context, const struct policy_array *array,
                         size_t size, const char *what);
/* Reports a COUNT of WHAT over MOST. */
void policy_check_limit(struct policy_schema_context *context, struct policy_mark mark,
                        const char *what, size_t count, size_t most);
/* policy_uri_check for a template: each placeholder may become a host or a port. */
const char *policy_check_uri(const char *uri, bool *is_secure, bool *is_tcp);
/* Resolves, checks, lays and orders blocks, policies and overlays. */
void policy_check_rules(struct policy_schema_context *context, struct policy_set *set);
/* Resolves the server of GRANT and checks that its credential fits. */
void policy_check_grant(struct policy_schema_context *context, struct policy_set *set,
                        struct policy_grant *grant);
/* Reports servers with one ID in one policy or overlay, and overlays that bring some about. */
void policy_check_ids(struct policy_schema_context *context, const struct policy_set *set);
/* Checks a minted key and its identity. */
void policy_check_psk(struct policy_schema_context *context, const struct policy_psk *psk);
/* What is allowed and hardly meant; and rules that contradict another or are never reached. */
void policy_lint_rules(struct policy_schema_context *context, const struct policy_set *set);
/* What RULE asks of the clients that it names and that they do not take. */
void policy_lint_kinds(struct policy_schema_context *context, const struct policy_rule *rule);

/*
 * True when whatever fits MATCH within VALID fits BY within BY_VALID too, as far as that can be
 * seen from what is written.
 */
bool policy_match_covers(const struct policy_rule *by, const struct policy_rule *rule);

#endif
