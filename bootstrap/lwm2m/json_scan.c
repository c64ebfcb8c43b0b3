#include "bootstrap/lwm2m/json_scan.h"

#include "bootstrap/lwm2m/number.h"

#include <string.h>

static void skip_blanks(struct lwm2m_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
        scan->at++;
    }
}

/* The next octet that is not blank; 0 at the end. */
static uint8_t peek(struct lwm2m_scan *scan)
{
    skip_blanks(scan);
    return scan->at < scan->end ? *scan->at : 0;
}

static enum lwm2m_error expect(struct lwm2m_scan *scan, uint8_t octet)
{
    if (peek(scan) != octet) {
        return LWM2M_EFORMAT;
    }
    scan->at++;
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_scan_enter(struct lwm2m_scan *scan, uint8_t open,
                                  struct lwm2m_scan_group *group)
{
    const enum lwm2m_error error = expect(scan, open);
    if (error || scan->depth == LWM2M_SCAN_DEPTH_MAX) {
        return error ? error : LWM2M_ELIMIT;
    }
    scan->depth++;
    *group = (struct lwm2m_scan_group){.close = open == '[' ? ']' : '}'};
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_scan_more(struct lwm2m_scan *scan, struct lwm2m_scan_group *group,
                                 bool *more)
{
    *more = peek(scan) != group->close;
    if (!*more) {
        scan->at++;
        scan->depth--;
        return LWM2M_OK;
    }
    if (group->has_members) {
        return expect(scan, ',');
    }
    group->has_members = true;
    return LWM2M_OK;
}

/* Strings ---------------------------------------------------------------------------------------
 */

/* Four hexadecimal digits; false: other octets. */
static bool hex4(struct lwm2m_scan *scan, uint32_t *number)
{
    *number = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t c = scan->at < scan->end ? *scan->at++ : 0;
        const uint8_t lower = c | 0x20;
        if (c >= '0' && c <= '9') {
            *number = *number << 4 | (uint32_t)(c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            *number = *number << 4 | (uint32_t)(lower - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

/* RFC 8259 7: what lies above U+FFFF comes as a pair of surrogates. */
static bool code_point(struct lwm2m_scan *scan, uint32_t *code)
{
    uint32_t low;
    if (!hex4(scan, code) || *code == 0 || (*code >= 0xdc00 && *code <= 0xdfff)) {
        return false;
    }
    if (*code < 0xd800 || *code > 0xdbff) {
        return true;
    }
    if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u') {
        return false;
    }
    scan->at += 2;
    if (!hex4(scan, &low) || low < 0xdc00 || low > 0xdfff) {
        return false;
    }
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* RFC 3629 section 3; returns the octets. */
static size_t utf8_put(uint32_t code, uint8_t out[static 4])
{
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; code >>= 6) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    }
    out[0] = (uint8_t)(first[len] | code);
    return len;
}

/* What follows a backslash, as octets; 0: nothing that may. */
static size_t escape(struct lwm2m_scan *scan, uint8_t out[static 4])
{
    static const char pairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    uint32_t code;
    const uint8_t c = scan->at < scan->end ? *scan->at++ : 0;
    if (c == 'u') {
        return code_point(scan, &code) ? utf8_put(code, out) : 0;
    }
    for (size_t i = 0; i < sizeof pairs - 1; i += 2) {
        if (c == (uint8_t)pairs[i]) {
            out[0] = (uint8_t)pairs[i + 1];
            return 1;
        }
    }
    return 0;
}

/* Behind the first quote to behind the last; octets to TO unless it is NULL. */
static enum lwm2m_error walk_string(struct lwm2m_scan *scan, uint8_t *to, size_t *len)
{
    const uint8_t *const start = scan->at;
    for (*len = 0; scan->at < scan->end && *scan->at >= ' ';) {
        uint8_t octets[4];
        size_t taken = 1;
        octets[0] = *scan->at++;
        if (octets[0] == '"') {
            return lwm2m_utf8_valid(start, (size_t)(scan->at - start)) ? LWM2M_OK : LWM2M_EFORMAT;
        }
        if (octets[0] == '\\' && (taken = escape(scan, octets)) == 0) {
            return LWM2M_EFORMAT;
        }
        if (to) {
            memcpy(to + *len, octets, taken);
        }
        *len += taken;
    }
    return LWM2M_EFORMAT;
}

static enum lwm2m_error string(struct lwm2m_scan *scan, struct lwm2m_content *content,
                               const uint8_t **data, size_t *len)
{
    enum lwm2m_error error = expect(scan, '"');
    struct lwm2m_scan again = *scan;
    if (error || (error = walk_string(scan, NULL, len))) {
        return error;
    }
    *data = again.at;
    if (*len == (size_t)(scan->at - again.at) - 1) {
        return LWM2M_OK;
    }
    uint8_t *const copy = lwm2m_content_alloc(content, *len);
    *data = copy;
    return copy ? walk_string(&again, copy, len) : LWM2M_ENOMEM;
}

enum lwm2m_error lwm2m_scan_key(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                const uint8_t **data, size_t *len)
{
    const enum lwm2m_error error = string(scan, content, data, len);
    return error ? error : expect(scan, ':');
}

/* Values ----------------------------------------------------------------------------------------
 */

static enum lwm2m_error word(struct lwm2m_scan *scan, struct lwm2m_scalar *scalar)
{
    static const struct {
        const char *text;
        struct lwm2m_scalar scalar;
    } words[] = {
        {"true", {.kind = LWM2M_SCALAR_BOOLEAN, .boolean = true}},
        {"false", {.kind = LWM2M_SCALAR_BOOLEAN}},
        {"null", {.kind = LWM2M_SCALAR_NULL}},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t len = strlen(words[i].text);
        if ((size_t)(scan->end - scan->at) >= len && memcmp(scan->at, words[i].text, len) == 0) {
            scan->at += len;
            *scalar = words[i].scalar;
            return LWM2M_OK;
        }
    }
    return LWM2M_EFORMAT;
}

static enum lwm2m_error number(struct lwm2m_scan *scan, struct lwm2m_scalar *scalar)
{
    const uint8_t *const start = scan->at;
    while (scan->at < scan->end && *scan->at != 0 && strchr("0123456789+-.eE", *scan->at)) {
        scan->at++;
    }
    return lwm2m_number_parse(start, (size_t)(scan->at - start), scalar);
}

enum lwm2m_error lwm2m_scan_scalar(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                   struct lwm2m_scalar *scalar)
{
    const uint8_t first = peek(scan);
    if (first == '"') {
        *scalar = (struct lwm2m_scalar){.kind = LWM2M_SCALAR_TEXT};
        return string(scan, content, &scalar->data, &scalar->len);
    }
    return first == '-' || (first >= '0' && first <= '9') ? number(scan, scalar)
                                                          : word(scan, scalar);
}

static enum lwm2m_error skip_scalar(struct lwm2m_scan *scan)
{
    struct lwm2m_scalar scalar;
    size_t len;
    if (peek(scan) == '"') {
        scan->at++;
        return walk_string(scan, NULL, &len);
    }
    const enum lwm2m_error error = lwm2m_scan_scalar(scan, NULL, &scalar);
    return error == LWM2M_ERANGE ? LWM2M_OK : error;
}

static enum lwm2m_error skip_key(struct lwm2m_scan *scan)
{
    size_t len;
    enum lwm2m_error error = expect(scan, '"');
    error = error ? error : walk_string(scan, NULL, &len);
    return error ? error : expect(scan, ':');
}

/* Recursion ends at LWM2M_SCAN_DEPTH_MAX. */
enum lwm2m_error lwm2m_scan_skip(struct lwm2m_scan *scan)
{
    struct lwm2m_scan_group group;
    bool more = true;
    const uint8_t open = peek(scan);
    if (open != '[' && open != '{') {
        return skip_scalar(scan);
    }
    enum lwm2m_error error = lwm2m_scan_enter(scan, open, &group);
    while (!error && !(error = lwm2m_scan_more(scan, &group, &more)) && more) {
        error = open == '{' ? skip_key(scan) : LWM2M_OK;
        error = error ? error : lwm2m_scan_skip(scan);
    }
    return error;
}

enum lwm2m_error lwm2m_scan_end(struct lwm2m_scan *scan)
{
    skip_blanks(scan);
    return scan->at == scan->end ? LWM2M_OK : LWM2M_EFORMAT;
}
