#include "bootstrap/lwm2m/value.h"

#include "bootstrap/lwm2m/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *lwm2m_error_text(enum lwm2m_error error)
{
    static const char *const texts[] = {
        [LWM2M_OK] = "ok",
        [LWM2M_ENOMEM] = "out of memory",
        [LWM2M_EFORMAT] = "malformed data",
        [LWM2M_ETYPE] = "value does not fit the type of the resource",
        [LWM2M_ERANGE] = "value outside the range of the resource",
        [LWM2M_EPATH] = "path is invalid, repeated or outside the request path",
        [LWM2M_ELIMIT] = "more items or depth than allowed",
        [LWM2M_ESPACE] = "output does not fit its buffer",
        [LWM2M_EUNSUPPORTED] = "not expressible in this content format",
    };
    const size_t index = (size_t)error;
    return index < sizeof texts / sizeof texts[0] ? texts[index] : "unknown error";
}

const char *lwm2m_type_name(enum lwm2m_type type)
{
    static const char *const names[] = {
        [LWM2M_NONE] = "none",       [LWM2M_STRING] = "String",
        [LWM2M_INTEGER] = "Integer", [LWM2M_UNSIGNED] = "Unsigned Integer",
        [LWM2M_FLOAT] = "Float",     [LWM2M_BOOLEAN] = "Boolean",
        [LWM2M_OPAQUE] = "Opaque",   [LWM2M_TIME] = "Time",
        [LWM2M_OBJLNK] = "Objlnk",   [LWM2M_CORELNK] = "Corelnk",
    };
    const size_t index = (size_t)type;
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown";
}

bool lwm2m_type_has_bytes(enum lwm2m_type type)
{
    return type == LWM2M_STRING || type == LWM2M_CORELNK || type == LWM2M_OPAQUE;
}

uint64_t lwm2m_double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool reals_equal(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) && isnan(b);
    }
    return lwm2m_double_bits(a) == lwm2m_double_bits(b);
}

bool lwm2m_value_equal(const struct lwm2m_value *a, const struct lwm2m_value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case LWM2M_NONE:
        return true;
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        return a->as.integer == b->as.integer;
    case LWM2M_UNSIGNED:
        return a->as.uinteger == b->as.uinteger;
    case LWM2M_FLOAT:
        return reals_equal(a->as.real, b->as.real);
    case LWM2M_BOOLEAN:
        return a->as.boolean == b->as.boolean;
    case LWM2M_OBJLNK:
        return a->as.link.object == b->as.link.object && a->as.link.instance == b->as.link.instance;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        return a->as.bytes.len == b->as.bytes.len &&
               (a->as.bytes.len == 0 ||
                memcmp(a->as.bytes.data, b->as.bytes.data, a->as.bytes.len) == 0);
    }
    return false;
}

/* Octets after the first, and the bounds of the second (RFC 3629 section 4). 0: no first octet. */
static size_t utf8_tail(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        return 1;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 2;
    }
    return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

bool lwm2m_utf8_valid(const uint8_t *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        const uint8_t first = text[i++];
        if (first == 0) {
            return false;
        }
        if (first < 0x80) {
            continue;
        }
        uint8_t low;
        uint8_t high;
        const size_t tail = utf8_tail(first, &low, &high);
        if (tail == 0 || tail > len - i || text[i] < low || text[i] > high) {
            return false;
        }
        for (size_t k = 1; k < tail; k++) {
            if ((text[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += tail;
    }
    return true;
}

/* Decimal id of at most five digits without leading zeros; returns the octets taken, 0 for none. */
static size_t id_parse(const char *text, size_t len, uint16_t *id)
{
    uint32_t number = 0;
    size_t i = 0;
    while (i < len && i < 6 && text[i] >= '0' && text[i] <= '9') {
        number = number * 10 + (uint32_t)(text[i++] - '0');
    }
    if (i == 0 || i > 5 || number > LWM2M_ID_NONE || (i > 1 && text[0] == '0')) {
        return 0;
    }
    *id = (uint16_t)number;
    return i;
}

enum lwm2m_error lwm2m_path_parse(const char *text, size_t len, struct lwm2m_path *path)
{
    struct lwm2m_path parsed = {.depth = 0};
    if (len == 0 || text[0] != '/') {
        return LWM2M_EPATH;
    }
    for (size_t i = 1; len > 1;) {
        const size_t taken =
            parsed.depth < 4 ? id_parse(text + i, len - i, &parsed.id[parsed.depth]) : 0;
        if (taken == 0) {
            return LWM2M_EPATH;
        }
        parsed.depth++;
        i += taken;
        if (i == len) {
            break;
        }
        if (text[i++] != '/') {
            return LWM2M_EPATH;
        }
    }
    *path = parsed;
    return LWM2M_OK;
}

char *lwm2m_path_text(struct lwm2m_path path, char out[static LWM2M_PATH_TEXT])
{
    char digits[LWM2M_DECIMAL_TEXT];
    size_t at = 0;
    out[at++] = '/';
    for (uint8_t i = 0; i < path.depth && i < 4; i++) {
        const size_t len = lwm2m_decimal(path.id[i], digits);
        out[at - 1] = '/';
        memcpy(out + at, digits, len);
        at += len + 1;
    }
    out[path.depth > 0 ? at - 1 : at] = '\0';
    return out;
}

struct lwm2m_path lwm2m_path_of(uint8_t depth, uint16_t o, uint16_t i, uint16_t r, uint16_t ri)
{
    const uint16_t ids[4] = {o, i, r, ri};
    struct lwm2m_path path = {.depth = depth > 4 ? 4 : depth};
    for (uint8_t k = 0; k < path.depth; k++) {
        path.id[k] = ids[k];
    }
    return path;
}

struct lwm2m_path lwm2m_path_child(struct lwm2m_path path, uint16_t id)
{
    path.id[path.depth++] = id;
    return path;
}

bool lwm2m_path_under(struct lwm2m_path path, struct lwm2m_path base)
{
    return path.depth >= base.depth &&
           memcmp(path.id, base.id, base.depth * sizeof base.id[0]) == 0;
}

int lwm2m_path_compare(struct lwm2m_path a, struct lwm2m_path b)
{
    const uint8_t depth = a.depth < b.depth ? a.depth : b.depth;
    for (uint8_t i = 0; i < depth; i++) {
        if (a.id[i] != b.id[i]) {
            return a.id[i] < b.id[i] ? -1 : 1;
        }
    }
    return (a.depth > b.depth) - (a.depth < b.depth);
}

/* "decimal, but one example of the specification is hexadecimal": lwm2m-encodings.md section 2. */
static size_t link_half_parse(const char *text, size_t len, uint16_t *id)
{
    if (len >= 4 && strncasecmp(text, "FFFF", 4) == 0) {
        *id = LWM2M_ID_NONE;
        return 4;
    }
    return id_parse(text, len, id);
}

enum lwm2m_error lwm2m_link_value_parse(const char *text, size_t len, struct lwm2m_link_value *link)
{
    struct lwm2m_link_value parsed;
    if (len > 0 && text[len - 1] == '\0') {
        len--;
    }
    const size_t object = link_half_parse(text, len, &parsed.object);
    if (object == 0 || object == len || text[object] != ':') {
        return LWM2M_ETYPE;
    }
    const size_t rest = len - object - 1;
    if (rest == 0 || link_half_parse(text + object + 1, rest, &parsed.instance) != rest) {
        return LWM2M_ETYPE;
    }
    *link = parsed;
    return LWM2M_OK;
}

char *lwm2m_link_value_text(struct lwm2m_link_value link, char out[static LWM2M_LINK_TEXT])
{
    (void)snprintf(out, LWM2M_LINK_TEXT, "%u:%u", (unsigned)link.object, (unsigned)link.instance);
    return out;
}
