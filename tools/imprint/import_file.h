/*
 * The policy file of an import and the files beside it: all of them, or none.
 */
#ifndef CLI_IMPORT_FILE_H
#define CLI_IMPORT_FILE_H

#include "tools/imprint/command.h"
#include "tools/imprint/leshan.h"

/* TEXT is the policy file; PATH NULL: none is written, the text is only checked. */
struct cli_import_file {
    const char *path;
    char *text;
    size_t len;
    bool is_forced; /* existing files are replaced */
    const struct cli_leshan_book *book;
    size_t made; /* files of the book's trust that are there now, and were not before */
};

/* What names begin with: that of PATH without its ending, "leshan" for none that is a name. */
void cli_import_file_prefix(const char *path, char out[static CLI_LESHAN_PREFIX_MAX + 1]);
/* Writes all under other names or, where nothing was, their own, and checks the policies. */
enum cli_status cli_import_file_prepare(struct cli_import_file *file);
/* With STATUS CLI_DONE puts the policy file into its place; else removes what was made. Returns
 * STATUS, or what failed. */
enum cli_status cli_import_file_finish(struct cli_import_file *file, enum cli_status status);

#endif
