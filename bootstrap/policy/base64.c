#include "bootstrap/policy/base64.h"

#include <string.h>

/* 0..63, or -1; - and _ stand for + and /. */
static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c);
    return at != NULL ? (int)(at - digits) : -1;
}

bool policy_base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
    uint32_t bits = 0;
    size_t digits = 0;
    size_t padding = 0;
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
            continue;
        }
        if (text[i] == '=') {
            padding++;
            continue;
        }
        int digit = digit_of(text[i]);
        if (digit < 0 || padding > 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (++digits % 4 != 1) {
            out[used++] = (uint8_t)(bits >> ((8 - digits % 4 * 2) & 6));
        }
    }
    /* A lone digit holds no octet, and what is left of the last one must be nothing. */
    uint32_t rest = digits % 4 == 2 ? bits & 0x0f : digits % 4 == 3 ? bits & 0x03 : 0;
    *out_len = used;
    return digits % 4 != 1 && rest == 0 && padding <= 2 &&
           (padding == 0 || (digits + padding) % 4 == 0);
}
