#include "tools/imprint/command.h"

#include <string.h>

#define EDITS_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t cli_edits(const char *a, const char *b)
{
    size_t rows[3][EDITS_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    size_t a_len = strnlen(a, EDITS_MAX), b_len = strnlen(b, EDITS_MAX);
    for (size_t j = 0; j <= b_len; j++) {
        above[j] = j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replace, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_len];
}

bool cli_is_near(const char *typed, const char *word)
{
    size_t len = strlen(typed);
    return cli_edits(typed, word) <= (len < 4 ? 1 : len < 8 ? 2 : 3);
}
