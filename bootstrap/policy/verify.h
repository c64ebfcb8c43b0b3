/*
 * What a device shows, held against the desired state of a plan: for verify and correct. Internal.
 */
#ifndef POLICY_VERIFY_H
#define POLICY_VERIFY_H

#include "bootstrap/policy/build.h"

enum policy_state {
    POLICY_STATE_RIGHT,   /* as far as it can be seen */
    POLICY_STATE_MISSING, /* not there */
    POLICY_STATE_WRONG    /* there, and otherwise */
};

/* How GOAL stands by SEEN; REASON (POLICY_REASON_MAX+1 octets) names a difference. */
enum policy_state policy_verify_goal(const struct policy_goal *goal,
                                     const struct policy_observation *seen, char *reason);
/* True when ENTRY stands where nothing but what PLAN wants may stand. */
bool policy_verify_is_extra(const struct policy_plan *plan, const struct lwm2m_entry *entry);

#endif
