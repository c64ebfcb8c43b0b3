#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char stdout_buffer[65536];

void cli_out_begin(void)
{
    setvbuf(stdout, stdout_buffer, _IOFBF, sizeof stdout_buffer);
}

enum cli_status cli_out_finish(enum cli_status status)
{
    errno = 0;
    bool is_bad = ferror(stdout) != 0;
    is_bad = fflush(stdout) != 0 || is_bad;
    int reason = errno;
    pki_secret_wipe(stdout_buffer, sizeof stdout_buffer);
    if (is_bad) {
        return cli_fail("cannot write to standard output: %s",
                        reason != 0 ? strerror(reason) : "write failed");
    }
    return status;
}

size_t cli_utf8_len(const uint8_t *text, size_t len)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t n = 1; n <= 4 && n <= len; n++) {
        if ((text[0] & forms[n - 1].mask) != forms[n - 1].lead) {
            continue;
        }
        uint32_t code = (uint32_t)(text[0] & (uint8_t)~forms[n - 1].mask);
        for (size_t i = 1; i < n; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
            code = code << 6 | (text[i] & 0x3fu);
        }
        bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
        return code >= forms[n - 1].least && code <= 0x10ffff && !is_surrogate ? n : 0;
    }
    return 0;
}

/* Length of the printable character at TEXT; 0 for control characters (C0, DEL, C1) and what is no
 * UTF-8. */
static size_t printable_len(const uint8_t *text, size_t len)
{
    size_t n = cli_utf8_len(text, len);
    bool is_control = (n == 1 && (text[0] < 0x20 || text[0] == 0x7f)) ||
                      (n == 2 && text[0] == 0xc2 && text[1] < 0xa0);
    return is_control ? 0 : n;
}

char *cli_safe(const void *text, size_t len, char *out, size_t capacity)
{
    const uint8_t *in = text;
    size_t at = 0;
    for (size_t i = 0; i < len;) {
        size_t n = printable_len(in + i, len - i);
        if (at + (n == 0 ? 4 : n) >= capacity) {
            break;
        }
        if (n == 0) {
            snprintf(out + at, capacity - at, "\\x%02x", in[i]);
            at += 4;
            i++;
        } else {
            memcpy(out + at, in + i, n);
            at += n;
            i += n;
        }
    }
    out[at] = '\0';
    return out;
}

bool cli_is_text(const void *text, size_t len)
{
    const uint8_t *in = text;
    for (size_t i = 0, n = 0; i < len; i += n) {
        n = printable_len(in + i, len - i);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

char *cli_time(int64_t at, char out[static 24])
{
    struct tm parts;
    time_t when = (time_t)at;
    if (at <= 0 || gmtime_r(&when, &parts) == NULL ||
        strftime(out, 24, "%Y-%m-%d %H:%M:%SZ", &parts) == 0) {
        memcpy(out, "-", 2);
    }
    return out;
}

char *cli_code(uint8_t code, char out[static 8])
{
    if (code == 0) {
        memcpy(out, "-", 2);
    } else {
        snprintf(out, 8, "%u.%02u", (unsigned)code >> 5, code & 31u);
    }
    return out;
}

void cli_table_cell(struct cli_table *table, const char *format, ...)
{
    char text[512], safe[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_safe(text[0] != '\0' ? text : "-", text[0] != '\0' ? strlen(text) : 1, safe, sizeof safe);
    if (table->count == table->capacity && !table->is_broken) {
        size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        table->is_broken = cells == NULL;
        if (cells != NULL) {
            table->cells = cells;
            table->capacity = capacity;
        }
    }
    if (!table->is_broken) {
        table->cells[table->count] = strdup(safe);
        table->is_broken = table->cells[table->count] == NULL;
        table->count += !table->is_broken;
    }
}

/* Columns that a terminal gives to TEXT: one for each character. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++) {
        width += ((uint8_t)*text & 0xc0) != 0x80;
    }
    return width;
}

static void print_rows(const struct cli_table *table, int indent)
{
    int widths[CLI_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->count; i++) {
        int width = width_of(table->cells[i]);
        int *column = &widths[i % table->columns];
        *column = width > *column ? width : *column;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        bool is_last = column + 1 == table->columns;
        int fill = is_last ? 0 : widths[column] - width_of(table->cells[i]) + 2;
        printf("%*s%s%*s%s", column == 0 ? indent : 0, "", table->cells[i], fill, "",
               is_last ? "\n" : "");
    }
}

void cli_table_free(struct cli_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct cli_table){.columns = table->columns};
}

enum cli_status cli_table_print(struct cli_table *table, int indent)
{
    bool is_broken = table->is_broken;
    if (!is_broken) {
        print_rows(table, indent);
    }
    cli_table_free(table);
    return is_broken ? cli_fail("out of memory") : CLI_DONE;
}
