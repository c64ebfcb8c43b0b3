/*
 * Data to standard output: text made safe for a terminal, times, tables, and the check that all of
 * it was written.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include "tools/imprint/command.h"

#include <stdio.h>

/* Gives standard output a buffer of its own, which cli_out_finish wipes (an export passes through
 * it). */
void cli_out_begin(void);
/* Flushes and wipes. CLI_FAILED, with a sentence said, when anything could not be written; else
 * STATUS. */
enum cli_status cli_out_finish(enum cli_status status);

/*
 * LEN octets of TEXT for a terminal: printable UTF-8 as it is, anything else as \xHH. Cut to
 * CAPACITY with NUL; returns OUT.
 */
char *cli_safe(const void *text, size_t len, char *out, size_t capacity);
/* True when LEN octets of TEXT are UTF-8 without control characters, so that the text itself names
 * them. */
bool cli_is_text(const void *text, size_t len);
/* The length of the UTF-8 sequence at TEXT, 0 when there is none (overlong, surrogate, cut). */
size_t cli_utf8_len(const uint8_t *text, size_t len);
/* AT as "2026-01-31 12:00:00Z", "-" for 0; at most 24 octets with NUL; returns OUT. */
char *cli_time(int64_t at, char out[static 24]);
/* A CoAP code (class << 5 | detail) as "2.04", "-" for 0; returns OUT. */
char *cli_code(uint8_t code, char out[static 8]);

#define CLI_COLUMNS_MAX 10

/* Rows of text, printed with aligned columns. Zero-initialise; cells are copied and made safe. */
struct cli_table {
    size_t columns;
    char **cells;
    size_t count, capacity;
    bool is_broken; /* out of memory: said once by cli_table_print */
};

/* Adds one cell; the first COLUMNS cells are the head. */
void cli_table_cell(struct cli_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Frees TABLE unprinted. */
void cli_table_free(struct cli_table *table);
/* Prints TABLE indented by INDENT blanks, and frees it. */
enum cli_status cli_table_print(struct cli_table *table, int indent);

#endif
