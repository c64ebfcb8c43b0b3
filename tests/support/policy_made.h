/*
 * A plan in a test, with all that it was made from, and ways to read it.
 */
#ifndef IMPRINT_TESTS_SUPPORT_POLICY_MADE_H
#define IMPRINT_TESTS_SUPPORT_POLICY_MADE_H

#include "tests/support/policy_case.h"

#define POLICY_MADE_AT INT64_C(1000000)

/* A plan, and all that it was made from. */
struct policy_made {
    struct policy_set *set;
    struct pki_device device;
    struct lwm2m_discover discover;
    bool has_discover;
    struct policy_subject subject;
    struct policy_decision decision;
    struct policy_plan *plan;
    char reason[POLICY_REASON_MAX + 1];
};

/* Loads TEXT and plans at POLICY_MADE_AT; SHOWN NULL: the device could not be asked. */
void policy_made_init(struct policy_made *made, const char *text, const char *shown);
/* Plans again, with the subject as it is now. */
void policy_made_again(struct policy_made *made, int64_t now_at);
void policy_made_clear(struct policy_made *made);
/* "D/0! D/5 W/0/0! W/3/0" into OUT: '!' marks what is required. */
void policy_made_ops(const struct policy_plan *plan, char *out, size_t capacity);
/* The Write of PATH; the test fails when there is none. */
const struct policy_op *policy_made_write(const struct policy_plan *plan, const char *path);
/* The test fails unless the Write of PATH holds EXPECTED, such as "0=3 1=0 2/101=15 3=101". */
void policy_made_leaves(const struct policy_plan *plan, const char *path, const char *expected);

#endif
