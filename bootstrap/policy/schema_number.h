/*
 * Numbers with units as files write them. Pure.
 */
#ifndef POLICY_SCHEMA_NUMBER_H
#define POLICY_SCHEMA_NUMBER_H

#include "bootstrap/policy/schema.h"

/*
 * LEN octets of TEXT as a number of TYPE (INTEGER, SECONDS, MILLISECONDS, BYTES, PERCENT, DATE,
 * BOOLEAN).
 * NULL when it is one and fits int64_t; else what is wrong, as the end of a sentence.
 */
const char *policy_schema_number_parse(enum policy_schema_type type, const char *text, size_t len,
                                       int64_t *out);
/* VALUE as a file would write it, into OUT; returns OUT. */
const char *policy_schema_number_text(enum policy_schema_type type, int64_t value, char *out,
                                      size_t capacity);

#endif
