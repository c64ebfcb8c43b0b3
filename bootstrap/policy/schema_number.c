#include "bootstrap/policy/schema_number.h"

#include "bootstrap/policy/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit seconds_units[] = {
    {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0},
};
static const struct unit milliseconds_units[] = {
    {"ms", 1},       {"s", 1000},      {"m", 60000}, {"h", 3600000},
    {"d", 86400000}, {"w", 604800000}, {NULL, 0},
};
static const struct unit bytes_units[] = {
    {"", 1},
    {"B", 1},
    {"KiB", INT64_C(1) << 10},
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
    {"TiB", INT64_C(1) << 40},
    {NULL, 0},
};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static const struct kind {
    const struct unit *units;
    const char *wanted;
} kinds[] = {
    [SCHEMA_INTEGER] = {no_units, "must be a whole number"},
    [SCHEMA_SECONDS] = {seconds_units, "must be a time with a unit (s, m, h, d, w), such as 7d"},
    [SCHEMA_MILLISECONDS] = {milliseconds_units,
                             "must be a time with a unit (ms, s, m, h, d, w), such as 30s"},
    [SCHEMA_BYTES] = {bytes_units, "must be a size (B, KiB, MiB, GiB, TiB), such as 512B"},
};

static bool has_text(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* Digits at TEXT; returns how many, SIZE_MAX on overflow. */
static size_t digits(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    size_t count = 0;
    while (count < len && text[count] >= '0' && text[count] <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (int64_t)(text[count] - '0'), &value)) {
            return SIZE_MAX;
        }
        count++;
    }
    *out = value;
    return count;
}

/* "2.5%": parts of a million, at most four places behind the point. */
static const char *parse_percent(const char *text, size_t len, int64_t *out)
{
    static const char wanted[] = "must be a share in percent, such as 5% or 0.25%";
    int64_t whole = 0;
    int64_t part = 0;
    size_t count = digits(text, len, &whole);
    size_t places = 0;
    size_t at = count;
    if (count == 0 || count > 12) {
        return wanted;
    }
    if (at < len && text[at] == '.') {
        places = digits(text + at + 1, len - at - 1, &part);
        at += places + 1;
        if (places == 0 || places > 4) {
            return wanted;
        }
    }
    if (at + 1 != len || text[at] != '%') {
        return wanted;
    }
    for (; places < 4; places++) {
        part *= 10;
    }
    *out = whole * 10000 + part;
    return NULL;
}

static const char *parse_boolean(const char *text, size_t len, int64_t *out)
{
    *out = has_text(text, len, "true");
    return *out == 1 || has_text(text, len, "false") ? NULL : "must be true or false";
}

const char *policy_schema_number_parse(enum policy_schema_type type, const char *text, size_t len,
                                       int64_t *out)
{
    if (type == SCHEMA_BOOLEAN) {
        return parse_boolean(text, len, out);
    }
    if (type == SCHEMA_PERCENT) {
        return parse_percent(text, len, out);
    }
    if (type == SCHEMA_DATE) {
        return policy_date_parse(text, len, out);
    }
    const struct kind *kind = &kinds[type];
    bool is_negative = len > 0 && text[0] == '-';
    size_t sign = is_negative ? 1 : 0;
    int64_t value = 0;
    size_t count = digits(text + sign, len - sign, &value);
    if (count == SIZE_MAX) {
        return "is too large";
    }
    if (count == 0) {
        return kind->wanted;
    }
    if (value == 0 && sign + count == len) {
        *out = 0; /* nothing is nothing in any unit */
        return NULL;
    }
    const char *suffix = text + sign + count;
    size_t suffix_len = len - sign - count;
    for (const struct unit *unit = kind->units; unit->suffix != NULL; unit++) {
        if (!has_text(suffix, suffix_len, unit->suffix)) {
            continue;
        }
        if (__builtin_mul_overflow(value, unit->factor, &value)) {
            return "is too large";
        }
        *out = is_negative ? -value : value;
        return NULL;
    }
    return kind->wanted;
}

const char *policy_schema_number_text(enum policy_schema_type type, int64_t value, char *out,
                                      size_t capacity)
{
    if (type == SCHEMA_DATE) {
        return policy_date_text(value, out, capacity);
    }
    if (type == SCHEMA_PERCENT) {
        int used = snprintf(out, capacity, "%" PRId64 ".%04d", value / 10000, (int)(value % 10000));
        while (used > 0 && (size_t)used < capacity && out[used - 1] == '0') {
            used--;
        }
        used -= used > 0 && (size_t)used < capacity && out[used - 1] == '.';
        snprintf(out + used, capacity - (size_t)used, "%%");
        return out;
    }
    const struct unit *best = NULL;
    for (const struct unit *unit = kinds[type].units; unit->suffix != NULL; unit++) {
        if (value % unit->factor == 0 && (value != 0 || best == NULL)) {
            best = unit;
        }
    }
    snprintf(out, capacity, "%" PRId64 "%s", best != NULL ? value / best->factor : value,
             best != NULL ? best->suffix : "");
    return out;
}
