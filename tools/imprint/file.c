#include "tools/imprint/file.h"
#include "tools/imprint/say.h"

#include <errno.h>
#include <string.h>

enum cli_status cli_file_read(const char *what, const char *path, char *text, size_t capacity,
                              size_t *len)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    if (file == NULL) {
        return cli_fail("%s %s: %s", what, path, strerror(errno));
    }
    *len = fread(text, 1, capacity, file);
    bool is_bad = ferror(file) != 0;
    if (!is_stdin) {
        fclose(file);
    }
    if (is_bad) {
        return cli_fail("%s %s: cannot be read", what, path);
    }
    if (*len == capacity) {
        return cli_fail("%s %s: more than %zu octets", what, path, capacity - 1);
    }
    text[*len] = '\0';
    return CLI_DONE;
}
