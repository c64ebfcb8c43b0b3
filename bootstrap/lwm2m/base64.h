/*
 * Inside the module: Base64 (RFC 4648), in the two forms that the content formats write, read
 * liberally (lwm2m-encodings.md section 2, rule 5).
 */
#ifndef LWM2M_BASE64_H
#define LWM2M_BASE64_H

#include "bootstrap/lwm2m/scalar.h"

enum lwm2m_base64 {
    LWM2M_BASE64_STANDARD, /* + and /, padded: plain text, JSON of 1.0 */
    LWM2M_BASE64_URL       /* - and _, not padded: SenML */
};

/* LEN octets, 1 to 3, as one group; returns its characters, 2 to 4. Only the last may be short. */
size_t lwm2m_base64_group(enum lwm2m_base64 form, const uint8_t *octets, size_t len,
                          char out[static 4]);
/*
 * Replaces SCALAR, a TEXT of either form with or without padding, by its BYTES in the arena of
 * CONTENT. LWM2M_EFORMAT: not Base64, or bits left over that are not zero. LWM2M_ENOMEM.
 */
enum lwm2m_error lwm2m_base64_scalar(struct lwm2m_content *content, struct lwm2m_scalar *scalar)
    MUST_USE;

#endif
