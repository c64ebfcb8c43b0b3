/*
 * Base64 as files carry it (RFC 4648 section 4 or 5, white space anywhere, padding or none). Pure.
 */
#ifndef POLICY_BASE64_H
#define POLICY_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LEN characters of TEXT into OUT (LEN octets suffice), *OUT_LEN octets. False: it is none. */
bool policy_base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len);

#endif
