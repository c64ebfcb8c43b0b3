#include "bootstrap/lwm2m/scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TWO_POW_63 9223372036854775808.0
#define TWO_POW_64 18446744073709551616.0

/* Rule 4: integers may arrive as floats, but a fraction is no integer. */
static enum lwm2m_error to_signed(const struct lwm2m_scalar *scalar, int64_t *number)
{
    if (scalar->kind != LWM2M_SCALAR_REAL) {
        return lwm2m_scalar_int64(scalar, number);
    }
    if (isnan(scalar->real)) {
        return LWM2M_ETYPE;
    }
    if (scalar->real < -TWO_POW_63 || scalar->real >= TWO_POW_63) {
        return LWM2M_ERANGE;
    }
    *number = (int64_t)scalar->real;
    return (double)*number < scalar->real || (double)*number > scalar->real ? LWM2M_ETYPE
                                                                            : LWM2M_OK;
}

static enum lwm2m_error to_unsigned(const struct lwm2m_scalar *scalar, uint64_t *number)
{
    if (scalar->kind == LWM2M_SCALAR_INTEGER) {
        *number = scalar->number;
        return scalar->is_negative ? LWM2M_ERANGE : LWM2M_OK;
    }
    if (scalar->kind != LWM2M_SCALAR_REAL || isnan(scalar->real)) {
        return LWM2M_ETYPE;
    }
    if (scalar->real < 0 || scalar->real >= TWO_POW_64) {
        return LWM2M_ERANGE;
    }
    *number = (uint64_t)scalar->real;
    return (double)*number < scalar->real ? LWM2M_ETYPE : LWM2M_OK;
}

static enum lwm2m_error to_real(const struct lwm2m_scalar *scalar, double *real)
{
    if (scalar->kind == LWM2M_SCALAR_REAL) {
        *real = scalar->real;
        return LWM2M_OK;
    }
    if (scalar->kind != LWM2M_SCALAR_INTEGER) {
        return LWM2M_ETYPE;
    }
    /* Rounded once: -1.0 - (double)number would round twice. Only 2^64 does not fit number + 1. */
    const uint64_t size = scalar->number + scalar->is_negative;
    const double magnitude = size < scalar->number ? 0x1p64 : (double)size;
    *real = scalar->is_negative ? -magnitude : magnitude;
    return LWM2M_OK;
}

static enum lwm2m_error to_bytes(const struct lwm2m_scalar *scalar, struct lwm2m_value *value)
{
    value->as.bytes.data = scalar->data;
    value->as.bytes.len = scalar->len;
    if (scalar->kind == LWM2M_SCALAR_BYTES) {
        return value->type == LWM2M_OPAQUE ? LWM2M_OK : LWM2M_ETYPE;
    }
    return scalar->kind == LWM2M_SCALAR_TEXT && lwm2m_utf8_valid(scalar->data, scalar->len)
               ? LWM2M_OK
               : LWM2M_ETYPE;
}

static enum lwm2m_error to_link(const struct lwm2m_scalar *scalar, struct lwm2m_link_value *link)
{
    return scalar->kind == LWM2M_SCALAR_TEXT || scalar->kind == LWM2M_SCALAR_LINK
               ? lwm2m_link_value_parse((const char *)scalar->data, scalar->len, link)
               : LWM2M_ETYPE;
}

static enum lwm2m_type natural_type(const struct lwm2m_scalar *scalar)
{
    static const enum lwm2m_type types[] = {
        [LWM2M_SCALAR_NULL] = LWM2M_NONE,    [LWM2M_SCALAR_INTEGER] = LWM2M_INTEGER,
        [LWM2M_SCALAR_REAL] = LWM2M_FLOAT,   [LWM2M_SCALAR_TEXT] = LWM2M_STRING,
        [LWM2M_SCALAR_BYTES] = LWM2M_OPAQUE, [LWM2M_SCALAR_BOOLEAN] = LWM2M_BOOLEAN,
        [LWM2M_SCALAR_LINK] = LWM2M_OBJLNK,
    };
    const bool is_large =
        scalar->kind == LWM2M_SCALAR_INTEGER && !scalar->is_negative && scalar->number > INT64_MAX;
    return is_large ? LWM2M_UNSIGNED : types[scalar->kind];
}

enum lwm2m_error lwm2m_scalar_value(const struct lwm2m_scalar *scalar,
                                    const struct lwm2m_resource *resource,
                                    struct lwm2m_value *value)
{
    value->type = resource ? resource->type : natural_type(scalar);
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        return to_signed(scalar, &value->as.integer);
    case LWM2M_UNSIGNED:
        return to_unsigned(scalar, &value->as.uinteger);
    case LWM2M_FLOAT:
        return to_real(scalar, &value->as.real);
    case LWM2M_BOOLEAN:
        value->as.boolean = scalar->boolean;
        return scalar->kind == LWM2M_SCALAR_BOOLEAN ? LWM2M_OK : LWM2M_ETYPE;
    case LWM2M_OBJLNK:
        return to_link(scalar, &value->as.link);
    case LWM2M_OPAQUE:
        if (scalar->kind == LWM2M_SCALAR_TEXT && !(resource && resource->was_string)) {
            return LWM2M_ETYPE;
        }
        return to_bytes(scalar, value);
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        return to_bytes(scalar, value);
    case LWM2M_NONE:
        break;
    }
    return LWM2M_ETYPE;
}

enum lwm2m_error lwm2m_scalar_int64(const struct lwm2m_scalar *scalar, int64_t *number)
{
    if (scalar->kind != LWM2M_SCALAR_INTEGER) {
        return LWM2M_ETYPE;
    }
    if (scalar->number > INT64_MAX) {
        return LWM2M_ERANGE;
    }
    *number = scalar->is_negative ? -1 - (int64_t)scalar->number : (int64_t)scalar->number;
    return LWM2M_OK;
}

struct lwm2m_scalar lwm2m_scalar_of_int64(int64_t number)
{
    return (struct lwm2m_scalar){
        .kind = LWM2M_SCALAR_INTEGER,
        .is_negative = number < 0,
        .number = (uint64_t)(number < 0 ? -1 - number : number),
    };
}

enum lwm2m_error lwm2m_scalar_add(const struct lwm2m_scalar *a, const struct lwm2m_scalar *b,
                                  struct lwm2m_scalar *sum)
{
    int64_t left;
    int64_t right;
    int64_t total;
    if (!lwm2m_scalar_int64(a, &left) && !lwm2m_scalar_int64(b, &right) &&
        !__builtin_add_overflow(left, right, &total)) {
        *sum = lwm2m_scalar_of_int64(total);
        return LWM2M_OK;
    }
    double x;
    double y;
    if (to_real(a, &x) || to_real(b, &y)) {
        return LWM2M_ETYPE;
    }
    *sum = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_REAL, .real = x + y};
    return LWM2M_OK;
}

/* strtod knows every exponent; a power loop of our own would round at each step. */
static enum lwm2m_error decimal_real(int64_t number, int64_t exponent, struct lwm2m_scalar *result)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%" PRId64 "e%" PRId64, number, exponent);
    *result = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_REAL, .real = strtod(text, NULL)};
    return isinf(result->real) ? LWM2M_ERANGE : LWM2M_OK;
}

enum lwm2m_error lwm2m_scalar_decimal(const struct lwm2m_scalar *mantissa, int64_t exponent,
                                      struct lwm2m_scalar *result)
{
    int64_t number;
    const enum lwm2m_error error = lwm2m_scalar_int64(mantissa, &number);
    if (error) {
        return error;
    }
    for (; exponent < 0 && number != 0 && number % 10 == 0; exponent++) {
        number /= 10;
    }
    int64_t larger;
    for (; exponent > 0 && number != 0 && !__builtin_mul_overflow(number, 10, &larger);
         exponent--) {
        number = larger;
    }
    if (exponent != 0 && number != 0) {
        return decimal_real(number, exponent, result);
    }
    *result = lwm2m_scalar_of_int64(number);
    return LWM2M_OK;
}

/* Days from 1970-01-01 in the Gregorian calendar, by years that start in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t y =
        (month <= 2 ? year - 1 : year) + 400; /* never negative: the cycle is 400 years */
    const int64_t m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468 - 146097;
}

/* WIDTH decimal digits, then END unless it is NUL. -1: anything else. */
static int digits(const uint8_t **at, const uint8_t *end, int width, char after)
{
    int number = 0;
    for (int i = 0; i < width; i++) {
        if (*at == end || **at < '0' || **at > '9') {
            return -1;
        }
        number = number * 10 + (*(*at)++ - '0');
    }
    if (after != '\0' && (*at == end || *(*at)++ != (uint8_t)after)) {
        return -1;
    }
    return number;
}

/* "Z" or "+hh:mm" at the end of the text; seconds to subtract. */
static enum lwm2m_error zone_parse(const uint8_t *at, const uint8_t *end, int64_t *seconds)
{
    if (end - at == 1 && (*at == 'Z' || *at == 'z')) {
        *seconds = 0;
        return LWM2M_OK;
    }
    if (end - at != 6 || (*at != '+' && *at != '-')) {
        return LWM2M_ETYPE;
    }
    const int sign = *at++ == '+' ? 1 : -1;
    const int64_t hours = digits(&at, end, 2, ':');
    const int64_t minutes = digits(&at, end, 2, '\0');
    *seconds = sign * (hours * 3600 + minutes * 60);
    return hours < 0 || hours > 23 || minutes < 0 || minutes > 59 ? LWM2M_ETYPE : LWM2M_OK;
}

enum lwm2m_error lwm2m_scalar_date(const uint8_t *text, size_t len, struct lwm2m_scalar *result)
{
    static const struct {
        int width, low, high;
        char after;
    } fields[] = {{4, 0, 9999, '-'}, {2, 1, 12, '-'}, {2, 1, 31, 'T'},
                  {2, 0, 23, ':'},   {2, 0, 59, ':'}, {2, 0, 60, '\0'}};
    const uint8_t *const end = text + len;
    int64_t number[6];
    int64_t zone;
    for (size_t i = 0; i < 6; i++) {
        number[i] = digits(&text, end, fields[i].width, fields[i].after);
        if (number[i] < fields[i].low || number[i] > fields[i].high) {
            return LWM2M_ETYPE;
        }
    }
    if (end - text > 1 && *text == '.') {
        for (text++; text < end && *text == '0'; text++) {
        }
    }
    if (zone_parse(text, end, &zone)) {
        return LWM2M_ETYPE;
    }
    const int64_t days = days_of(number[0], number[1], number[2]);
    *result =
        lwm2m_scalar_of_int64(days * 86400 + number[3] * 3600 + number[4] * 60 + number[5] - zone);
    return LWM2M_OK;
}
