/*
 * A file that an option names, whole; "-" is standard input. Not for secrets: see pki_secret_read.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "tools/imprint/command.h"

/* Reads PATH into TEXT, at most CAPACITY - 1 octets, and a NUL behind them; WHAT is for messages.
 */
enum cli_status cli_file_read(const char *what, const char *path, char *text, size_t capacity,
                              size_t *len);

#endif
