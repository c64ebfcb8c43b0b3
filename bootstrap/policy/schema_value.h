/*
 * Reading single values for the schema engine: the part of schema.c that knows no maps. Internal.
 *
 * Each function reports its own errors, with the nearest valid word where there is one.
 */
#ifndef POLICY_SCHEMA_VALUE_H
#define POLICY_SCHEMA_VALUE_H

#include "bootstrap/policy/schema.h"

/* Reports that the key of NODE is none of TABLE's. */
void schema_value_unknown_key(struct schema_context *context, const struct policy_node *node,
                              const struct schema_table *table);
/* One of FIELD's words; PLACE stays when reported. */
void schema_value_word(struct schema_context *context, const struct policy_node *node,
                       const struct schema_field *field, int64_t *place);
/* One of FIELD's words or a list of them, or-ed. */
void schema_value_flags(struct schema_context *context, const struct policy_node *node,
                        const struct schema_field *field, int64_t *place);
/* A text within FIELD's length (a TEMPLATE: with known placeholders), or NULL when reported. */
const char *schema_value_text(struct schema_context *context, const struct policy_node *node,
                              const struct schema_field *field);
/* A name, or NULL when reported under KEY. */
const char *schema_value_name(struct schema_context *context, const struct policy_node *node,
                              const char *key);
/* A name that another key defines; resolved later. */
void schema_value_reference(struct schema_context *context, const struct policy_node *node,
                            const struct schema_field *field, struct schema_reference *place);

#endif
