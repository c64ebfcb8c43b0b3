/*
 * Reading single values for the schema engine: the part of schema.c that knows no maps. Internal.
 *
 * Each function reports its own errors, with the nearest valid word where there is one.
 */
#ifndef POLICY_SCHEMA_VALUE_H
#define POLICY_SCHEMA_VALUE_H

#include "bootstrap/policy/schema.h"

/* "a" or "an", as WHAT needs it. */
const char *policy_schema_article(const char *what);
/* Reports that the key of NODE is none of TABLE's. */
void policy_schema_value_unknown_key(struct policy_schema_context *context,
                                     const struct policy_node *node,
                                     const struct policy_schema_table *table);
/* Reports that the number NODE is outside FIELD's range. */
void policy_schema_value_range(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field);
/* One of FIELD's words; PLACE stays when reported. */
void policy_schema_value_word(struct policy_schema_context *context, const struct policy_node *node,
                              const struct policy_schema_field *field, int64_t *place);
/* One of FIELD's words or a list of them, or-ed. */
void policy_schema_value_flags(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field, int64_t *place);
/* A text within FIELD's length (a TEMPLATE: with known placeholders), or NULL when reported. */
const char *policy_schema_value_text(struct policy_schema_context *context,
                                     const struct policy_node *node,
                                     const struct policy_schema_field *field);
/* A name, or NULL when reported under KEY. */
const char *policy_schema_value_name(struct policy_schema_context *context,
                                     const struct policy_node *node, const char *key);
/* A name that another key defines; resolved later. */
void policy_schema_value_reference(struct policy_schema_context *context,
                                   const struct policy_node *node,
                                   const struct policy_schema_field *field,
                                   struct policy_schema_reference *place);

#endif
