#include "bootstrap/policy/text.h"

/* Length of the UTF-8 sequence at TEXT and its code point; 0 when it is none (RFC 3629). */
static size_t utf8_next(const unsigned char *text, size_t len, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = text[0];
    size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (size == 1) {
        *point = lead;
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4 || size > len) {
        return 0;
    }
    uint32_t value = lead & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text[i] & 0x3fu);
    }
    *point = value;
    bool is_valid =
        value >= smallest[size] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    return is_valid ? size : 0;
}

/* YAML 1.2 section 5.1, without NEL; a byte order mark stands at the start only. */
static bool is_printable(uint32_t point, bool is_first)
{
    if (point == 0xfeff) {
        return is_first;
    }
    if (point < 0x20) {
        return point == '\t' || point == '\n' || point == '\r';
    }
    return (point < 0x7f || point > 0x9f) && point != 0xfffe && point != 0xffff;
}

bool policy_text_check(const char *file, const char *text, size_t len, struct policy_report *report)
{
    struct policy_mark mark = {file, 1, 1};
    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        size_t size = utf8_next((const unsigned char *)text + at, len - at, &point);
        if (size == 0) {
            policy_error(report, mark, "octet 0x%02x is not UTF-8",
                         (unsigned)(unsigned char)text[at]);
            return false;
        }
        if (!is_printable(point, at == 0)) {
            policy_error(report, mark, "character U+%04X has no place in a text file",
                         (unsigned)point);
            return false;
        }
        mark.column++;
        if (point == '\n') {
            mark.line++;
            mark.column = 1;
        }
        at += size;
    }
    return true;
}
