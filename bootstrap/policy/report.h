/*
 * Writing problem reports: the other side of struct policy_report.
 *
 * Problems beyond POLICY_ERRORS_MAX are counted only. Text that came from a file is shown through
 * policy_quote, so that a message holds neither control characters nor a page of input.
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include "bootstrap/policy/policy.h"

#define POLICY_QUOTE_MAX 52

/* A place in a file: line and column from 1, 0 = the file as a whole. */
struct policy_mark {
    const char *file;
    unsigned line, column;
};

/* Adds an error at MARK. */
void policy_error(struct policy_report *report, struct policy_mark mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a warning at MARK: it does not fail a load. */
void policy_warning(struct policy_report *report, struct policy_mark mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Brings the problems into the order of file name, line and column. */
void policy_report_sort(struct policy_report *report);

/* TEXT in quotes, escaped and cut to fit OUT; returns OUT. */
const char *policy_quote(const char *text, size_t len, char out[static POLICY_QUOTE_MAX]);

/* The word nearest to one that was not found. Set `word` and `len`; then try each valid word. */
struct policy_nearest {
    const char *word;
    size_t len;
    const char *best; /* NULL: none is near enough to be meant */
    size_t distance;
};
void policy_nearest_try(struct policy_nearest *nearest, const char *candidate);

#endif
