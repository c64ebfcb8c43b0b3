/*
 * Templates: text with placeholders that the device fills in. Pure.
 *
 *   {endpoint}   endpoint name
 *   {serial}     its part after the last ':' (all of it without one)
 *   {identity}   identity by which the device authenticated here (text without NUL)
 *   {group}      group of the device
 *   {attr.NAME}  attribute of the device
 *   {server}     name of the LwM2M server in the policy
 *   {id}         short server ID
 *   {{ and }}    a brace itself
 *
 * A placeholder without a value is a failure, never an empty text.
 */
#ifndef POLICY_TEMPLATE_H
#define POLICY_TEMPLATE_H

#include "bootstrap/policy/policy.h"

/* What placeholders stand for. */
struct policy_template_values {
    const struct policy_subject *subject;
    const char *server;
    uint16_t server_id;
};

/*
 * Checks TEXT: NULL when every placeholder is known; else the one that is not, with *LEN octets
 * (an unmatched brace is shown alone).
 */
const char *policy_template_check(const char *text, size_t *len);
/* Octets of TEXT (checked) outside placeholders. */
size_t policy_template_literal(const char *text);
/* True when TEXT (checked) depends on who fills it in. */
bool policy_template_has_placeholder(const char *text);
/* TEXT (checked) with the digit 1 for each placeholder, cut to CAPACITY: what shape it will have.
 */
void policy_template_sample(const char *text, char *out, size_t capacity);
/*
 * Fills TEXT (checked) in OUT with a NUL; returns the length, or SIZE_MAX with REASON
 * (POLICY_REASON_MAX+1 octets): no value, or more than CAPACITY-1 octets.
 */
size_t policy_template_fill(const char *text, const struct policy_template_values *values,
                            char *out, size_t capacity, char *reason);

#endif
