/*
 * The steps of a load: begin a set, add texts, finish. Internal to this folder.
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include "bootstrap/policy/report.h"

/* An empty set, or NULL when reported. */
struct policy_set *policy_set_begin(struct lwm2m_definitions *definitions,
                                    struct policy_report *report);
/* Reads LEN octets of TEXT, called FILE, into SET. Errors go to the report. */
void policy_set_add(struct policy_set *set, const char *file, const char *text, size_t len,
                    struct policy_report *report);
/*
 * Reads the file NAME, beside FILE, into SET, unless it was read before. Errors go to the report;
 * at MARK one that leads out of the folder, or is being read already.
 */
void policy_set_include(struct policy_set *set, const char *file, const char *name,
                        struct policy_mark mark, struct policy_report *report);
/* Checks what was read; gives SET, or frees it when the report holds more than ERRORS_BEFORE. */
struct policy_set *policy_set_finish(struct policy_set *set, struct policy_report *report,
                                     size_t errors_before);
/*
 * The octets of the file PATH, at most a little over POLICY_FILE_MAX (the parser refuses those);
 * free() it. NULL when reported.
 */
char *policy_file_read(const char *path, size_t *len, struct policy_report *report);

/*
 * The real path of NAME, a file in the folder of FILE or below; free() it. NULL when reported at
 * MARK: an absolute name, one that leads out of the folder (also by a link), or no plain file.
 */
char *policy_file_beside(const char *file, const char *name, struct policy_mark mark,
                         struct policy_report *report);

#endif
