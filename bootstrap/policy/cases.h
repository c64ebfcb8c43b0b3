/*
 * Cases: tests of policies as data. A file NAME.cases.yaml beside the policies says for each case
 * who comes and what it shows, and what the policies must make of it (docs/policy.md, "Cases").
 *
 * Nothing is random: minted octets count up from 0, so that even keys are the same in every run.
 * Pure but for policy_cases_load, which reads the file.
 */
#ifndef POLICY_CASES_H
#define POLICY_CASES_H

#include "bootstrap/policy/policy.h"

struct policy_cases;

/* Reads FILE. NULL when it has errors, which are in REPORT. */
struct policy_cases *policy_cases_load(const char *file, struct policy_report *report);
/* The same from memory, under the name FILE. */
struct policy_cases *policy_cases_load_text(const char *file, const char *text, size_t len,
                                            struct policy_report *report);
/* NULL is fine. */
void policy_cases_free(struct policy_cases *cases);

/*
 * What FILE names to be tested and the object definitions for it, relative to its folder; NULL:
 * nothing. Borrowed.
 */
const char *policy_cases_policies(const struct policy_cases *cases);
const char *policy_cases_objects(const struct policy_cases *cases);
size_t policy_cases_count(const struct policy_cases *cases);
/* Name of case INDEX, borrowed. */
const char *policy_cases_name(const struct policy_cases *cases, size_t index);

/*
 * Runs case INDEX against SET: true when all is as expected. Else REPORT says what is not, each
 * with its place in the case, and *DIFF, where the operations are others, is their difference line
 * by line ("-" expected, "+" planned); NULL otherwise. free() it.
 */
bool policy_cases_run(const struct policy_cases *cases, size_t index, const struct policy_set *set,
                      struct policy_report *report, char **diff);

#endif
