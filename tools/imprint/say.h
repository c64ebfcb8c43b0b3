/*
 * Talk: one sentence to standard error, peer-supplied control characters made visible, never a
 * secret.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "tools/imprint/command.h"

/* "imprint: SENTENCE"; returns CLI_FAILED. */
enum cli_status cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "imprint: SENTENCE", and where the help is; returns CLI_USAGE. */
enum cli_status cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "SENTENCE": what was done. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what FAULT (or, when it has no text, CODE) says, after WHAT and a colon; returns CLI_FAILED.
 */
enum cli_status cli_fail_pki(const char *what, enum pki_error code, const struct pki_fault *fault);

#endif
