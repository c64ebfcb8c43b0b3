/*
 * Leaves as one line of text, so that tests are tables and a failure can be read.
 *
 * "/1/0/0 i 101; /1/0/6 b 1; /0/1/0 s coap://x": path, letter of the type, value; between leaves ";
 * ". s String, i Integer, u Unsigned, f Float, b Boolean, o Opaque (hex), t Time, l Objlnk, c
 * Corelnk,
 * - nothing.
 */
#ifndef IMPRINT_TESTS_SUPPORT_LWM2M_TEXT_H
#define IMPRINT_TESTS_SUPPORT_LWM2M_TEXT_H

#include "bootstrap/lwm2m/value.h"

/* Octets of HEX (blanks are skipped) into OUT; returns their number. Aborts on bad input. */
size_t test_hex(const char *hex, uint8_t *out, size_t capacity);
/* TEXT, which is leaves, into CONTENT (cleared first). Aborts on bad input. */
void test_leaves_parse(const char *text, struct lwm2m_content *content);
/* CONTENT as text, in a buffer that the next call overwrites. */
const char *test_leaves_text(const struct lwm2m_content *content);

#endif
