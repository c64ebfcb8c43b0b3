#include "bootstrap/lwm2m/base64.h"

#include <string.h>

#define NOT_A_DIGIT 64U

size_t lwm2m_base64_group(enum lwm2m_base64 form, const uint8_t *octets, size_t len,
                          char out[static 4])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *const form_digits = digits + (form == LWM2M_BASE64_URL ? 64 : 0);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++) {
        bits = bits << 8 | (i < len ? octets[i] : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        out[i] = form_digits[bits >> (18 - 6 * i) & 63];
    }
    memset(out + len + 1, '=', 3 - len);
    return form == LWM2M_BASE64_STANDARD ? 4 : len + 1;
}

static uint32_t digit_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t)c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return (uint32_t)c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return (uint32_t)c - '0' + 52;
    }
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : NOT_A_DIGIT;
}

/* Without its padding; padding must fill the last group. */
static size_t digits_in(const uint8_t *text, size_t len)
{
    size_t count = len;
    while (count > 0 && len % 4 == 0 && len - count < 2 && text[count - 1] == '=') {
        count--;
    }
    return count;
}

enum lwm2m_error lwm2m_base64_scalar(struct lwm2m_content *content, struct lwm2m_scalar *scalar)
{
    const uint8_t *const text = scalar->data;
    const size_t count = digits_in(text, scalar->len);
    uint8_t *const out = lwm2m_content_alloc(content, count / 4 * 3 + 3);
    uint32_t bits = 0;
    size_t len = 0;
    unsigned held = 0;
    if (!out) {
        return LWM2M_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t digit = digit_of(text[i]);
        if (digit == NOT_A_DIGIT) {
            return LWM2M_EFORMAT;
        }
        bits = bits << 6 | digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
            bits &= (UINT32_C(1) << held) - 1;
        }
    }
    *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_BYTES, .data = out, .len = len};
    return held == 6 || bits != 0 ? LWM2M_EFORMAT : LWM2M_OK;
}
