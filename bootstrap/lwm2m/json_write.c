#include "bootstrap/lwm2m/json.h"

#include "bootstrap/lwm2m/base64.h"
#include "bootstrap/lwm2m/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\\ufffd"

void lwm2m_json_clear(struct lwm2m_json_writer *writer)
{
    if (writer->data) {
        explicit_bzero(writer->data, writer->len);
        free(writer->data);
    }
    *writer = (struct lwm2m_json_writer){0};
}

/* Not realloc: what moves may be secret, and the old place must be wiped. */
static void reserve(struct lwm2m_json_writer *writer, size_t len)
{
    if (writer->error || len <= writer->capacity - writer->len) {
        return;
    }
    const size_t capacity = (writer->len + len) * 2;
    char *data = len > SIZE_MAX / 4 || writer->len > SIZE_MAX / 4 ? NULL : malloc(capacity);
    if (!data) {
        writer->error = LWM2M_ENOMEM;
        return;
    }
    if (writer->data) {
        memcpy(data, writer->data, writer->len);
        explicit_bzero(writer->data, writer->len);
        free(writer->data);
    }
    writer->data = data;
    writer->capacity = capacity;
}

static void put(struct lwm2m_json_writer *writer, const char *text, size_t len)
{
    if (writer->error || len == 0) {
        return;
    }
    if (writer->sink) {
        writer->sink(writer->context, text, len);
        return;
    }
    reserve(writer, len);
    if (!writer->error) {
        memcpy(writer->data + writer->len, text, len);
        writer->len += len;
    }
}

static void put_text(struct lwm2m_json_writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

/* Before each value and each key: the comma that is due. */
static void separate(struct lwm2m_json_writer *writer)
{
    if (writer->is_after_key) {
        writer->is_after_key = false;
        return;
    }
    const uint32_t bit = writer->depth == 0 ? 0 : UINT32_C(1) << (writer->depth - 1);
    if (writer->has_members & bit) {
        put(writer, ",", 1);
    }
    writer->has_members |= bit;
}

static void begin(struct lwm2m_json_writer *writer, const char *bracket)
{
    separate(writer);
    if (writer->depth == LWM2M_JSON_DEPTH_MAX) {
        writer->error = writer->error ? writer->error : LWM2M_ELIMIT;
        return;
    }
    put(writer, bracket, 1);
    writer->has_members &= ~(UINT32_C(1) << writer->depth);
    writer->depth++;
}

static void end(struct lwm2m_json_writer *writer, const char *bracket)
{
    writer->depth -= writer->depth > 0 ? 1 : 0;
    put(writer, bracket, 1);
}

void lwm2m_json_object_begin(struct lwm2m_json_writer *writer)
{
    begin(writer, "{");
}

void lwm2m_json_object_end(struct lwm2m_json_writer *writer)
{
    end(writer, "}");
}

void lwm2m_json_array_begin(struct lwm2m_json_writer *writer)
{
    begin(writer, "[");
}

void lwm2m_json_array_end(struct lwm2m_json_writer *writer)
{
    end(writer, "]");
}

/* Octets of the well-formed character at TEXT; 0 when there is none. */
static size_t character(const char *text, size_t len)
{
    const uint8_t first = (uint8_t)text[0];
    const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return size <= len && lwm2m_utf8_valid((const uint8_t *)text, size) ? size : 0;
}

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* What needs more than a copy; returns the octets taken from TEXT. */
static size_t put_special(struct lwm2m_json_writer *writer, const char *text, size_t len)
{
    static const char *const names[] = {"\"\\\"", "\\\\\\", "\n\\n", "\r\\r", "\t\\t"};
    char escape[8];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text[0] == names[i][0]) {
            put_text(writer, names[i] + 1);
            return 1;
        }
    }
    const uint8_t first = (uint8_t)text[0];
    if (first < 0x80) {
        (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)first);
        put_text(writer, escape);
        return 1;
    }
    const size_t size = character(text, len);
    if (size == 2 && first == 0xc2 && (uint8_t)text[1] < 0xa0) {
        (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(uint8_t)text[1]);
        put_text(writer, escape);
    } else if (size > 0) {
        put(writer, text, size);
    } else {
        put_text(writer, REPLACEMENT);
    }
    return size > 0 ? size : 1;
}

static void put_string(struct lwm2m_json_writer *writer, const char *text, size_t len)
{
    put(writer, "\"", 1);
    for (size_t i = 0; i < len;) {
        const size_t start = i;
        while (i < len && is_plain(text[i])) {
            i++;
        }
        put(writer, text + start, i - start);
        if (i < len) {
            i += put_special(writer, text + i, len - i);
        }
    }
    put(writer, "\"", 1);
}

void lwm2m_json_key(struct lwm2m_json_writer *writer, const char *key)
{
    separate(writer);
    put_string(writer, key, strlen(key));
    put(writer, ":", 1);
    writer->is_after_key = true;
}

void lwm2m_json_string(struct lwm2m_json_writer *writer, const char *text, size_t len)
{
    separate(writer);
    put_string(writer, text, len);
}

void lwm2m_json_text(struct lwm2m_json_writer *writer, const char *text)
{
    if (text) {
        lwm2m_json_string(writer, text, strlen(text));
    } else {
        lwm2m_json_null(writer);
    }
}

void lwm2m_json_int(struct lwm2m_json_writer *writer, int64_t number)
{
    char text[LWM2M_DECIMAL_TEXT];
    separate(writer);
    put(writer, text, lwm2m_decimal_signed(number, text));
}

void lwm2m_json_uint(struct lwm2m_json_writer *writer, uint64_t number)
{
    char text[LWM2M_DECIMAL_TEXT];
    separate(writer);
    put(writer, text, lwm2m_decimal(number, text));
}

void lwm2m_json_bool(struct lwm2m_json_writer *writer, bool boolean)
{
    separate(writer);
    put_text(writer, boolean ? "true" : "false");
}

void lwm2m_json_null(struct lwm2m_json_writer *writer)
{
    separate(writer);
    put_text(writer, "null");
}

static void put_double(struct lwm2m_json_writer *writer, double number, bool is_marked)
{
    char text[32];
    if (!isfinite(number)) {
        lwm2m_json_null(writer);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*g", precision, number);
        if (lwm2m_double_bits(strtod(text, NULL)) == lwm2m_double_bits(number)) {
            break;
        }
    }
    /* A locale may have put its own decimal point there. */
    char *const point = text + strspn(text, "-+0123456789eE");
    if (*point != '\0') {
        *point = '.';
    }
    /* Readers take "-0" for the integer, which has no sign. */
    const bool is_whole = text[strcspn(text, ".e")] == '\0';
    separate(writer);
    put_text(writer, text);
    put_text(writer, is_whole && (is_marked || strcmp(text, "-0") == 0) ? ".0" : "");
}

void lwm2m_json_double(struct lwm2m_json_writer *writer, double number)
{
    put_double(writer, number, false);
}

void lwm2m_json_real(struct lwm2m_json_writer *writer, double number)
{
    put_double(writer, number, true);
}

void lwm2m_json_hex(struct lwm2m_json_writer *writer, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    separate(writer);
    put(writer, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        const char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};
        put(writer, pair, sizeof pair);
    }
    put(writer, "\"", 1);
}

void lwm2m_json_base64(struct lwm2m_json_writer *writer, const uint8_t *data, size_t len,
                       bool is_url)
{
    const enum lwm2m_base64 form = is_url ? LWM2M_BASE64_URL : LWM2M_BASE64_STANDARD;
    separate(writer);
    put(writer, "\"", 1);
    for (size_t i = 0; i < len; i += 3) {
        char group[4];
        put(writer, group, lwm2m_base64_group(form, data + i, len - i < 3 ? len - i : 3, group));
    }
    put(writer, "\"", 1);
}
