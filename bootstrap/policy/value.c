#include "bootstrap/policy/model.h"

#include "bootstrap/policy/base64.h"
#include "bootstrap/policy/schema_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_real(const char *text, double *out)
{
    static const char valid[] = "+-.0123456789eE";
    char *end = NULL;
    errno = 0;
    *out = strtod(text, &end);
    return *text != '\0' && strspn(text, valid) == strlen(text) && *end == '\0' && errno == 0;
}

/* "3:0" */
static bool parse_link(const char *text, struct lwm2m_link_value *out)
{
    int64_t ids[2];
    const char *colon = strchr(text, ':');
    if (colon == NULL ||
        policy_schema_number_parse(SCHEMA_INTEGER, text, (size_t)(colon - text), &ids[0]) != NULL ||
        policy_schema_number_parse(SCHEMA_INTEGER, colon + 1, strlen(colon + 1), &ids[1]) != NULL ||
        ids[0] < 0 || ids[0] > LWM2M_ID_NONE || ids[1] < 0 || ids[1] > LWM2M_ID_NONE) {
        return false;
    }
    *out = (struct lwm2m_link_value){(uint16_t)ids[0], (uint16_t)ids[1]};
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool parse_hex(struct policy_arena *arena, const char *text, size_t len,
                      struct lwm2m_value *out)
{
    uint8_t *data = policy_arena_alloc(arena, len / 2 + 1);
    if (data == NULL || len % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        data[i / 2] = (uint8_t)(high * 16 + low);
    }
    out->as.bytes.data = data;
    out->as.bytes.len = len / 2;
    return true;
}

static bool parse_octets(struct policy_arena *arena, const char *text, size_t len,
                         struct lwm2m_value *out)
{
    static const char prefix[] = "base64:";
    const size_t skip = sizeof prefix - 1;
    if (len < skip || memcmp(text, prefix, skip) != 0) {
        return parse_hex(arena, text, len, out);
    }
    uint8_t *data = policy_arena_alloc(arena, len);
    out->as.bytes.data = data;
    return data != NULL && policy_base64_decode(text + skip, len - skip, data, &out->as.bytes.len);
}

static bool parse_integer(const char *text, size_t len, enum policy_schema_type type, int64_t *out)
{
    return policy_schema_number_parse(type, text, len, out) == NULL;
}

const char *policy_value_parse(struct policy_arena *arena, const struct policy_node *node,
                               enum lwm2m_type type, struct lwm2m_value *out)
{
    int64_t number = 0;
    *out = (struct lwm2m_value){.type = type};
    switch (type) {
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        out->as.bytes.data = (const uint8_t *)policy_arena_text(arena, node->text, node->len);
        out->as.bytes.len = node->len;
        return NULL;
    case LWM2M_INTEGER:
        return parse_integer(node->text, node->len, SCHEMA_INTEGER, &out->as.integer)
                   ? NULL
                   : "must be a whole number";
    case LWM2M_TIME:
        return parse_integer(node->text, node->len, SCHEMA_INTEGER, &out->as.integer) ||
                       parse_integer(node->text, node->len, SCHEMA_DATE, &out->as.integer)
                   ? NULL
                   : "must be a time: seconds since 1970, or such as 2026-12-01T06:00:00Z";
    case LWM2M_UNSIGNED:
        if (!parse_integer(node->text, node->len, SCHEMA_INTEGER, &number) || number < 0) {
            return "must be a whole number from 0";
        }
        out->as.uinteger = (uint64_t)number;
        return NULL;
    case LWM2M_FLOAT:
        return parse_real(node->text, &out->as.real) ? NULL : "must be a number";
    case LWM2M_BOOLEAN:
        out->as.boolean = strcmp(node->text, "true") == 0;
        return parse_integer(node->text, node->len, SCHEMA_BOOLEAN, &number)
                   ? NULL
                   : "must be true or false";
    case LWM2M_OPAQUE:
        return parse_octets(arena, node->text, node->len, out)
                   ? NULL
                   : "must be octets in hex, or base64: and octets in Base64";
    case LWM2M_OBJLNK:
        return parse_link(node->text, &out->as.link)
                   ? NULL
                   : "must be a link object:instance, such as 3:0";
    case LWM2M_NONE:
        break;
    }
    return "is executable and has no value";
}
