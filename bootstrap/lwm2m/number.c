#include "bootstrap/lwm2m/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPONENT_MAX 100000 /* far beyond any double, and no sum overflows */

/* A number taken apart: WHOLE[.FRACTION][e EXPONENT]. */
struct parts {
    bool is_negative;
    bool has_exponent;
    const uint8_t *whole, *fraction;
    size_t whole_len, fraction_len;
    long exponent;
};

size_t lwm2m_decimal(uint64_t number, char out[static LWM2M_DECIMAL_TEXT])
{
    char digits[LWM2M_DECIMAL_TEXT];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    const size_t len = sizeof digits - at;
    memcpy(out, digits + at, len);
    out[len] = '\0';
    return len;
}

size_t lwm2m_decimal_signed(int64_t number, char out[static LWM2M_DECIMAL_TEXT])
{
    if (number >= 0) {
        return lwm2m_decimal((uint64_t)number, out);
    }
    char digits[LWM2M_DECIMAL_TEXT];
    const size_t len = lwm2m_decimal(-(uint64_t)number, digits);
    out[0] = '-';
    memcpy(out + 1, digits, len + 1);
    return len + 1;
}

static size_t digits_at(const uint8_t *at, const uint8_t *end)
{
    size_t count = 0;
    while (at + count < end && at[count] >= '0' && at[count] <= '9') {
        count++;
    }
    return count;
}

/* "e-5" at AT: the place behind it; NULL: none there. */
static const uint8_t *exponent_parse(const uint8_t *at, const uint8_t *end, long *exponent)
{
    at++;
    const bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+') ? 1 : 0;
    const size_t len = digits_at(at, end);
    long number = 0;
    for (size_t i = 0; i < len && number < EXPONENT_MAX; i++) {
        number = number * 10 + (at[i] - '0');
    }
    *exponent = is_negative ? -number : number;
    return len > 0 ? at + len : NULL;
}

static bool parts_parse(const uint8_t *at, const uint8_t *end, struct parts *parts)
{
    *parts = (struct parts){.is_negative = at < end && *at == '-'};
    parts->whole = at += parts->is_negative ? 1 : 0;
    parts->whole_len = digits_at(at, end);
    if (parts->whole_len == 0 || (parts->whole_len > 1 && *at == '0')) {
        return false;
    }
    at += parts->whole_len;
    if (at < end && *at == '.') {
        parts->fraction = ++at;
        parts->fraction_len = digits_at(at, end);
        if (parts->fraction_len == 0) {
            return false;
        }
        at += parts->fraction_len;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        parts->has_exponent = true;
        at = exponent_parse(at, end, &parts->exponent);
    }
    return at == end;
}

/* False: 64 bits do not hold it, or it is the zero that has a sign. */
static bool integer_of(const struct parts *parts, struct lwm2m_scalar *scalar)
{
    uint64_t number = 0;
    for (size_t i = 0; i < parts->whole_len; i++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(parts->whole[i] - '0'), &number)) {
            return false;
        }
    }
    if (parts->is_negative && (number == 0 || number - 1 > INT64_MAX)) {
        return false;
    }
    *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_INTEGER,
                                    .is_negative = parts->is_negative,
                                    .number = parts->is_negative ? number - 1 : number};
    return true;
}

/* All digits as a whole number with an exponent: no locale has its say. */
static enum lwm2m_error real_of(const struct parts *parts, struct lwm2m_scalar *scalar)
{
    char text[LWM2M_NUMBER_TEXT_MAX + 16];
    size_t len = 0;
    text[len++] = parts->is_negative ? '-' : '+';
    memcpy(text + len, parts->whole, parts->whole_len);
    len += parts->whole_len;
    if (parts->fraction) {
        memcpy(text + len, parts->fraction, parts->fraction_len);
        len += parts->fraction_len;
    }
    (void)snprintf(text + len, sizeof text - len, "e%ld",
                   parts->exponent - (long)parts->fraction_len);
    *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_REAL, .real = strtod(text, NULL)};
    return isinf(scalar->real) ? LWM2M_ERANGE : LWM2M_OK;
}

enum lwm2m_error lwm2m_number_parse(const uint8_t *text, size_t len, struct lwm2m_scalar *scalar)
{
    struct parts parts;
    if (len > LWM2M_NUMBER_TEXT_MAX) {
        return LWM2M_ELIMIT;
    }
    if (!parts_parse(text, text + len, &parts)) {
        return LWM2M_EFORMAT;
    }
    if (!parts.fraction && !parts.has_exponent && integer_of(&parts, scalar)) {
        return LWM2M_OK;
    }
    return real_of(&parts, scalar);
}

/* The fewest digits of REAL, from the first that is not zero, and where the point stands. */
static size_t shortest(double real, char digits[static 32], long *point)
{
    char text[40];
    for (int precision = 14; precision <= 16; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision, real);
        if (lwm2m_double_bits(strtod(text, NULL)) == lwm2m_double_bits(real)) {
            break;
        }
    }
    char *const e = strchr(text, 'e');
    size_t count = 0;
    for (const char *at = text; at < e; at++) {
        if (*at >= '0' && *at <= '9') {
            digits[count++] = *at;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    *point = strtol(e + 1, NULL, 10) + 1;
    return count;
}

size_t lwm2m_real_text(double real, char out[static LWM2M_REAL_TEXT])
{
    char digits[32];
    long point;
    size_t len = 0;
    const size_t count = shortest(real, digits, &point);
    if (signbit(real)) {
        out[len++] = '-';
    }
    if (point <= 0) {
        out[len++] = '0';
    }
    for (long i = 0; i < point; i++) {
        out[len++] = (char)(i < (long)count ? digits[i] : '0');
    }
    if (point < (long)count) {
        out[len++] = '.';
    }
    for (long i = point; i < (long)count; i++) {
        out[len++] = (char)(i < 0 ? '0' : digits[i]);
    }
    out[len] = '\0';
    return len;
}
