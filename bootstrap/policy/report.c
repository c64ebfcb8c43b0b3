#include "bootstrap/policy/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 400, WORD_MAX = 40 };

static bool report_grow(struct policy_report *report)
{
    if (report->count < report->capacity) {
        return true;
    }
    size_t capacity = report->capacity == 0 ? 8 : report->capacity * 2;
    struct policy_problem *problems =
        realloc(report->problems, capacity * sizeof *report->problems);
    if (problems == NULL) {
        return false;
    }
    report->problems = problems;
    report->capacity = capacity;
    return true;
}

static void report_add(struct policy_report *report, struct policy_mark mark, bool is_warning,
                       const char *text)
{
    if (!is_warning) {
        report->error_count++;
    }
    if (report->count >= POLICY_ERRORS_MAX || !report_grow(report)) {
        return;
    }
    struct policy_problem problem = {.file = strdup(mark.file != NULL ? mark.file : ""),
                                     .line = mark.line,
                                     .column = mark.column,
                                     .is_warning = is_warning,
                                     .text = strdup(text)};
    if (problem.file == NULL || problem.text == NULL) {
        free(problem.file);
        free(problem.text);
        return;
    }
    report->problems[report->count++] = problem;
}

void policy_error(struct policy_report *report, struct policy_mark mark, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report_add(report, mark, false, text);
}

void policy_warning(struct policy_report *report, struct policy_mark mark, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report_add(report, mark, true, text);
}

static int problem_compare(const void *left, const void *right)
{
    const struct policy_problem *a = left;
    const struct policy_problem *b = right;
    int order = strcmp(a->file, b->file);
    if (order == 0) {
        order = (a->line > b->line) - (a->line < b->line);
    }
    if (order == 0) {
        order = (a->column > b->column) - (a->column < b->column);
    }
    return order != 0 ? order : strcmp(a->text, b->text);
}

void policy_report_sort(struct policy_report *report)
{
    if (report->count > 1) {
        qsort(report->problems, report->count, sizeof *report->problems, problem_compare);
    }
}

void policy_report_clear(struct policy_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        free(report->problems[i].file);
        free(report->problems[i].text);
    }
    free(report->problems);
    *report = (struct policy_report){0};
}

void policy_report_line(const struct policy_report *report, size_t i, char *out, size_t capacity)
{
    const struct policy_problem *problem = &report->problems[i];
    const char *kind = problem->is_warning ? "warning" : "error";
    if (problem->line == 0) {
        snprintf(out, capacity, "%s: %s: %s", problem->file, kind, problem->text);
    } else {
        snprintf(out, capacity, "%s:%u:%u: %s: %s", problem->file, problem->line, problem->column,
                 kind, problem->text);
    }
}

const char *policy_quote(const char *text, size_t len, char out[static POLICY_QUOTE_MAX])
{
    size_t used = 0;
    out[used++] = '\'';
    for (size_t i = 0; i < len; i++) {
        if (used + 5 >= POLICY_QUOTE_MAX) {
            memcpy(out + used, "..", 2);
            used += 2;
            break;
        }
        unsigned char c = (unsigned char)text[i];
        out[used++] = (char)(c < 0x20 || c >= 0x7f ? '?' : c);
    }
    out[used++] = '\'';
    out[used] = '\0';
    return out;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = smaller(smaller(above[j] + 1, now[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

void policy_nearest_try(struct policy_nearest *nearest, const char *candidate)
{
    size_t len = strlen(candidate);
    if (len > WORD_MAX || nearest->len > WORD_MAX) {
        return;
    }
    size_t distance = edit_distance(nearest->word, nearest->len, candidate, len);
    size_t bound = smaller(nearest->len, len) / 3 + 1;
    if (distance <= bound && (nearest->best == NULL || distance < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
