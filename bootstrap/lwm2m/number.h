/*
 * Inside the module: numbers as text, exact and whatever the locale: plain text and both JSON.
 */
#ifndef LWM2M_NUMBER_H
#define LWM2M_NUMBER_H

#include "bootstrap/lwm2m/scalar.h"

#define LWM2M_NUMBER_TEXT_MAX 1024 /* the longest that is read */
#define LWM2M_REAL_TEXT       352  /* the longest real without exponent, with its NUL */
#define LWM2M_DECIMAL_TEXT    21   /* the longest integer, with its NUL */

/* NUMBER in decimal; returns the digits. Several times as fast as a format string. */
size_t lwm2m_decimal(uint64_t number, char out[static LWM2M_DECIMAL_TEXT]);
size_t lwm2m_decimal_signed(int64_t number, char out[static LWM2M_DECIMAL_TEXT]);

/*
 * A number by the grammar of RFC 8259 section 6. An INTEGER where the text has neither fraction nor
 * exponent and 64 bits hold it (signed below zero, unsigned above), else a REAL. LWM2M_EFORMAT: no
 * number. LWM2M_ERANGE: beyond a double. LWM2M_ELIMIT: longer than LWM2M_NUMBER_TEXT_MAX.
 */
enum lwm2m_error lwm2m_number_parse(const uint8_t *text, size_t len, struct lwm2m_scalar *scalar)
    MUST_USE;
/*
 * REAL, which is finite, in decimal without exponent, with the fewest digits that read back the
 * same; returns their number.
 */
size_t lwm2m_real_text(double real, char out[static LWM2M_REAL_TEXT]);

#endif
