/*
 * Inside the module: a value as the self-describing formats (CBOR, SenML, JSON) show it, and its
 * way into the type that a resource has (lwm2m-encodings.md section 2, rules 4 to 6).
 */
#ifndef LWM2M_SCALAR_H
#define LWM2M_SCALAR_H

#include "bootstrap/lwm2m/object.h"

enum lwm2m_scalar_kind {
    LWM2M_SCALAR_NULL = 0,
    LWM2M_SCALAR_INTEGER, /* number, or -1 - number when is_negative */
    LWM2M_SCALAR_REAL,
    LWM2M_SCALAR_TEXT,
    LWM2M_SCALAR_BYTES,
    LWM2M_SCALAR_BOOLEAN,
    LWM2M_SCALAR_LINK /* text that is known to be an object link */
};

struct lwm2m_scalar {
    enum lwm2m_scalar_kind kind;
    bool is_negative;
    bool boolean;
    uint64_t number;
    double real;
    const uint8_t *data; /* TEXT, BYTES, LINK */
    size_t len;
};

/*
 * SCALAR as a value of RESOURCE, octets borrowed. Without a resource the kind decides the type.
 * LWM2M_ETYPE: does not fit, also a fraction for an integer. LWM2M_ERANGE: beyond 64 bits.
 */
enum lwm2m_error lwm2m_scalar_value(const struct lwm2m_scalar *scalar,
                                    const struct lwm2m_resource *resource,
                                    struct lwm2m_value *value) MUST_USE;
/* *SUM = A + B, both numbers; exact while 64 bits can hold it. LWM2M_ETYPE: not numbers. */
enum lwm2m_error lwm2m_scalar_add(const struct lwm2m_scalar *a, const struct lwm2m_scalar *b,
                                  struct lwm2m_scalar *sum) MUST_USE;
/*
 * MANTISSA (an INTEGER) times ten to the power of EXPONENT: an INTEGER where it is one that 64 bits
 * hold, else a REAL. LWM2M_ETYPE: MANTISSA is not an integer. LWM2M_ERANGE: beyond a double.
 */
enum lwm2m_error lwm2m_scalar_decimal(const struct lwm2m_scalar *mantissa, int64_t exponent,
                                      struct lwm2m_scalar *result) MUST_USE;
/* An RFC 3339 date and time as seconds since 1970. LWM2M_ETYPE: not one, or a fraction. */
enum lwm2m_error lwm2m_scalar_date(const uint8_t *text, size_t len, struct lwm2m_scalar *result)
    MUST_USE;
/* An INTEGER that 64 signed bits hold. LWM2M_ETYPE, LWM2M_ERANGE. */
enum lwm2m_error lwm2m_scalar_int64(const struct lwm2m_scalar *scalar, int64_t *number) MUST_USE;
struct lwm2m_scalar lwm2m_scalar_of_int64(int64_t number);

#endif
