/*
 * Policies in tests: loading from text, random devices, and what must hold for every plan.
 */
#ifndef IMPRINT_TESTS_SUPPORT_POLICY_CASE_H
#define IMPRINT_TESTS_SUPPORT_POLICY_CASE_H

#include "bootstrap/policy/policy.h"

/* The set of TEXT, which must hold no error; the test ends where it does. Warnings are let pass. */
struct policy_set *policy_case_set(const char *text);
/* What TEXT shows as an answer to Discover; the test ends when it is none. */
struct lwm2m_discover policy_case_discover(const char *text);
/* A subject: DEVICE with endpoint urn:dev:os:example-1, PSK, pct 112. DISCOVER may be NULL. */
struct policy_subject policy_case_subject(struct pki_device *device,
                                          const struct lwm2m_discover *discover);
/* A policy_random_fn: ascending octets from the counter at CONTEXT (uint8_t). */
void policy_case_random(void *context, uint8_t *out, size_t len);
/* xorshift: a test's own random numbers from a seed that is not 0. */
uint32_t policy_case_next(uint32_t *seed);
/* A random answer to Discover: accounts, an account without ssid or none, some objects. */
struct lwm2m_discover policy_case_random_discover(uint32_t *seed);
/*
 * NULL when PLAN for DISCOVER (NULL: blind) is sound, else the rule that it breaks: the bootstrap
 * account untouched, or moved in place, once and last; deletes before writes, instances whole (but
 * for one resource of a Server instance) and never another server's, accounts paired, nothing
 * written that the device lacks, every body the same after encode and decode.
 */
const char *policy_case_broken(const struct policy_plan *plan,
                               const struct lwm2m_discover *discover);

#endif
