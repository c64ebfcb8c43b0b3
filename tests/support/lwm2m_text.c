#include "tests/support/lwm2m_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  65536
#define OCTET_MAX 4096

static const char letters[] = "-siufbotlc"; /* by enum lwm2m_type */

static void require(bool fact, const char *what)
{
    if (!fact) {
        fprintf(stderr, "bad test data: %s\n", what);
        abort();
    }
}

static unsigned digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    require(c != '\0' && at, "not hexadecimal");
    return (unsigned)(at - digits);
}

size_t test_hex(const char *hex, uint8_t *out, size_t capacity)
{
    size_t len = 0;
    while (*(hex += strspn(hex, " \n")) != '\0') {
        require(len < capacity && hex[1] != '\0', hex);
        out[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex += 2;
    }
    return len;
}

static struct lwm2m_value value_of(enum lwm2m_type type, const char *text, uint8_t *octets)
{
    struct lwm2m_value value = {.type = type};
    switch (type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        value.as.integer = strtoll(text, NULL, 10);
        break;
    case LWM2M_UNSIGNED:
        value.as.uinteger = strtoull(text, NULL, 10);
        break;
    case LWM2M_FLOAT:
        value.as.real = strtod(text, NULL);
        break;
    case LWM2M_BOOLEAN:
        value.as.boolean = *text == '1';
        break;
    case LWM2M_OBJLNK:
        require(lwm2m_link_value_parse(text, strlen(text), &value.as.link) == LWM2M_OK, text);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        value.as.bytes.data = (const uint8_t *)text;
        value.as.bytes.len = strlen(text);
        break;
    case LWM2M_OPAQUE:
        value.as.bytes.data = octets;
        value.as.bytes.len = test_hex(text, octets, OCTET_MAX);
        break;
    case LWM2M_NONE:
        break;
    }
    return value;
}

static void leaf_parse(char *text, struct lwm2m_content *content)
{
    static uint8_t octets[OCTET_MAX];
    struct lwm2m_path path;
    const size_t len = strcspn(text, " ");
    require(lwm2m_path_parse(text, len, &path) == LWM2M_OK && text[len] == ' ', text);
    const char *letter = strchr(letters, text[len + 1]);
    require(text[len + 1] != '\0' && letter, text);
    const char *rest = text + len + 2 + (text[len + 2] == ' ' ? 1 : 0);
    const struct lwm2m_value value = value_of((enum lwm2m_type)(letter - letters), rest, octets);
    require(lwm2m_content_add(content, path, &value) == LWM2M_OK, "content full");
}

void test_leaves_parse(const char *text, struct lwm2m_content *content)
{
    static char copy[TEXT_MAX];
    lwm2m_content_clear(content);
    require(strlen(text) < sizeof copy, "too long");
    strcpy(copy, text);
    for (char *leaf = copy, *next; leaf && *leaf != '\0'; leaf = next) {
        next = strstr(leaf, "; ");
        if (next) {
            *next = '\0';
            next += 2;
        }
        leaf_parse(leaf, content);
    }
}

static size_t value_text(const struct lwm2m_value *value, char *out, size_t capacity)
{
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        return (size_t)snprintf(out, capacity, " %" PRId64, value->as.integer);
    case LWM2M_UNSIGNED:
        return (size_t)snprintf(out, capacity, " %" PRIu64, value->as.uinteger);
    case LWM2M_FLOAT:
        return (size_t)snprintf(out, capacity, " %.17g", value->as.real);
    case LWM2M_BOOLEAN:
        return (size_t)snprintf(out, capacity, " %d", value->as.boolean);
    case LWM2M_OBJLNK:
        return (size_t)snprintf(out, capacity, " %u:%u", (unsigned)value->as.link.object,
                                (unsigned)value->as.link.instance);
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        return (size_t)snprintf(out, capacity, " %.*s", (int)value->as.bytes.len,
                                (const char *)value->as.bytes.data);
    case LWM2M_OPAQUE:
        out[0] = ' ';
        for (size_t i = 0; i < value->as.bytes.len && 2 * i + 4 < capacity; i++) {
            (void)snprintf(out + 1 + 2 * i, 3, "%02x", (unsigned)value->as.bytes.data[i]);
        }
        return value->as.bytes.len == 0 ? 0 : 1 + 2 * value->as.bytes.len;
    case LWM2M_NONE:
        break;
    }
    return 0;
}

const char *test_leaves_text(const struct lwm2m_content *content)
{
    static char text[TEXT_MAX];
    char path[LWM2M_PATH_TEXT];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < content->count && at < sizeof text - 1024; i++) {
        const struct lwm2m_leaf *leaf = &content->leaves[i];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %c", i > 0 ? "; " : "",
                               lwm2m_path_text(leaf->path, path), letters[leaf->value.type]);
        at += value_text(&leaf->value, text + at, sizeof text - at);
        text[at] = '\0';
    }
    return text;
}
