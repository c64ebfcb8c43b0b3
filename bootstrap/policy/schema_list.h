/*
 * Reading a key that takes one value or a list of them, for the schema engine. Internal.
 */
#ifndef POLICY_SCHEMA_LIST_H
#define POLICY_SCHEMA_LIST_H

#include "bootstrap/policy/schema.h"

/* Reads NODE as FIELD (TEXTS, WORDS, PATHS, REFERENCES) into PLACE, in place of what it held. */
void policy_schema_list_read(struct policy_schema_context *context, const struct policy_node *node,
                             const struct policy_schema_field *field, struct policy_array *place);

#endif
