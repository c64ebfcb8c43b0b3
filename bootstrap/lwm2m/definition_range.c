#include "bootstrap/lwm2m/definition_xml.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct number {
    double real;
    int64_t whole;
    bool is_whole;
};

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " \t\r\n");
}

/* Octets of a number at AT, 0 when there is none: sign, digits, a fraction; or 0x and hex digits.
 */
static size_t number_len(const char *at, bool *is_hex, bool *has_fraction)
{
    static const char digits[] = "0123456789";
    const char *const start = at;
    *has_fraction = false;
    at += *at == '-' || *at == '+' ? 1 : 0;
    *is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    if (*is_hex) {
        const size_t len = strspn(at + 2, "0123456789abcdefABCDEF");
        return len > 0 ? (size_t)(at - start) + 2 + len : 0;
    }
    const size_t whole = strspn(at, digits);
    at += whole;
    if (whole > 0 && at[0] == '.' && isdigit((unsigned char)at[1])) {
        *has_fraction = true;
        at += 1 + strspn(at + 1, digits);
    }
    return whole > 0 ? (size_t)(at - start) : 0;
}

static bool take_number(const char **at, struct number *number)
{
    char text[48];
    bool is_hex;
    bool has_fraction;
    const size_t len = number_len(*at, &is_hex, &has_fraction);
    if (len == 0 || len >= sizeof text) {
        return false;
    }
    memcpy(text, *at, len);
    text[len] = '\0';
    *at += len;
    errno = 0;
    if (has_fraction) {
        number->real = strtod(text, NULL);
        number->whole = 0;
    } else {
        number->whole = strtoll(text, NULL, is_hex ? 16 : 10);
        number->real = (double)number->whole;
    }
    number->is_whole = !has_fraction;
    return errno == 0;
}

/* What stands between two bounds: "..", "...", "-", an en dash, "to". */
static bool take_between(const char **at)
{
    static const char *const words[] = {"...", "..", "\xe2\x80\x93", "-", "~", "to "};
    skip_blanks(at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t len = strlen(words[i]);
        if (strncmp(*at, words[i], len) == 0) {
            *at += len;
            skip_blanks(at);
            return true;
        }
    }
    return false;
}

/* One word that may stand behind a range: its unit. A hyphen ("16-bit") makes it prose. */
static bool is_unit(const char *at)
{
    skip_blanks(&at);
    at += *at == ']' || *at == ')' ? 1 : 0;
    skip_blanks(&at);
    while (isalpha((unsigned char)*at) || (*at != '\0' && strchr("%/^\xc2\xb0", *at) != NULL)) {
        at++;
    }
    skip_blanks(&at);
    return *at == '\0';
}

static bool has_octets(const struct lwm2m_resource *resource)
{
    return lwm2m_type_has_bytes(resource->type);
}

static bool takes_range(const struct lwm2m_resource *resource)
{
    return has_octets(resource) || resource->type == LWM2M_INTEGER ||
           resource->type == LWM2M_UNSIGNED || resource->type == LWM2M_TIME ||
           resource->type == LWM2M_FLOAT;
}

static void set_range(struct lwm2m_resource *resource, const struct number *low,
                      const struct number *high)
{
    const bool is_whole = low->is_whole && high->is_whole;
    if (low->real > high->real || (has_octets(resource) && low->real < 0)) {
        return;
    }
    if (is_whole) {
        resource->has_range = true;
        resource->min = low->whole;
        resource->max = high->whole;
    } else if (resource->type == LWM2M_FLOAT) {
        resource->has_real_range = true;
        resource->real_min = low->real;
        resource->real_max = high->real;
    }
}

/* VALUES must ascend; a progression becomes a step, anything else stays a list. */
static void set_values(struct lwm2m_resource *resource, const int64_t *values, size_t *count)
{
    bool is_progression = true;
    uint64_t step = 0;
    for (size_t i = 1; i < *count; i++) {
        const uint64_t gap = (uint64_t)values[i] - (uint64_t)values[i - 1];
        if (values[i] <= values[i - 1] || gap > INT64_MAX) {
            *count = 0;
            return;
        }
        is_progression = is_progression && (i == 1 || gap == step);
        step = gap;
    }
    set_range(resource, &(struct number){(double)values[0], values[0], true},
              &(struct number){(double)values[*count - 1], values[*count - 1], true});
    if (is_progression && step > 1) {
        resource->step = (int64_t)step;
    }
    if (is_progression || !resource->has_range) {
        *count = 0;
    }
}

/* "16,32,48", and "16-32-48" as one old file has it. */
static bool take_list(const char *at, char separator, int64_t *values, size_t *count)
{
    struct number number;
    *count = 0;
    for (;;) {
        skip_blanks(&at);
        if (*count == LWM2M_RANGE_VALUES_MAX || !take_number(&at, &number) || !number.is_whole) {
            return false;
        }
        values[(*count)++] = number.whole;
        skip_blanks(&at);
        if (*at != separator) {
            return *count > 2 && is_unit(at);
        }
        at++;
    }
}

/* A lone number is a length; of a number it says nothing sure. */
static void set_lone(struct lwm2m_resource *resource, const struct number *number, const char *at)
{
    if (has_octets(resource) && number->is_whole && is_unit(at)) {
        set_range(resource, number, number);
    }
}

void lwm2m_definition_range(const char *text, struct lwm2m_resource *resource,
                            int64_t values[static LWM2M_RANGE_VALUES_MAX], size_t *count)
{
    struct number low;
    struct number high;
    *count = 0;
    skip_blanks(&text);
    text += *text == '[' || *text == '(' ? 1 : 0;
    skip_blanks(&text);
    const char *at = text;
    if (!takes_range(resource)) {
        return;
    }
    if (resource->type != LWM2M_FLOAT &&
        (take_list(text, ',', values, count) || take_list(text, '-', values, count))) {
        set_values(resource, values, count);
        return;
    }
    *count = 0;
    if (!take_number(&at, &low)) {
        return;
    }
    const char *const behind = at;
    if (take_between(&at) && take_number(&at, &high) && is_unit(at)) {
        set_range(resource, &low, &high);
    } else {
        set_lone(resource, &low, behind);
    }
}
