#include "bootstrap/lwm2m/link.h"

#include "bootstrap/lwm2m/object.h"

#include <stdlib.h>
#include <string.h>

#define SSID_NONE 65535

struct cursor {
    const char *at;
    const char *end;
};

/* A value as it stands in the text; quoted ones still hold their backslashes. */
struct span {
    const char *text;
    size_t len;
    bool is_quoted;
};

struct parser {
    struct cursor cursor;
    struct lwm2m_discover *out;
    size_t capacity;
};

/* Lexing ----------------------------------------------------------------------------------------
 */

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) && *cursor->at != '\0') {
        cursor->at++;
    }
}

/* True, and one further, when the next octet that is no blank is C. */
static bool accept(struct cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

/* Up to one of STOP or a blank. */
static struct span bare(struct cursor *cursor, const char *stop)
{
    const char *const start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '\0' && !strchr(stop, *cursor->at) &&
           !strchr(" \t\r\n", *cursor->at)) {
        cursor->at++;
    }
    return (struct span){start, (size_t)(cursor->at - start), false};
}

/* Behind the opening quote, to the closing one. */
static enum lwm2m_error quoted(struct cursor *cursor, struct span *span)
{
    const char *const start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        cursor->at += *cursor->at == '\\' && cursor->end - cursor->at > 1 ? 2 : 1;
    }
    if (cursor->at == cursor->end) {
        return LWM2M_EFORMAT;
    }
    *span = (struct span){start, (size_t)(cursor->at - start), true};
    cursor->at++;
    return LWM2M_OK;
}

/* name, or name=value. */
static enum lwm2m_error attribute(struct cursor *cursor, struct span *name, struct span *value)
{
    skip_blanks(cursor);
    *name = bare(cursor, "=;,<>\"");
    *value = (struct span){"", 0, false};
    if (name->len == 0) {
        return LWM2M_EFORMAT;
    }
    if (!accept(cursor, '=')) {
        return LWM2M_OK;
    }
    if (accept(cursor, '"')) {
        return quoted(cursor, value);
    }
    *value = bare(cursor, ";,\"");
    return LWM2M_OK;
}

static bool is_name(const struct span *name, const char *wanted)
{
    return name->len == strlen(wanted) && strncasecmp(name->text, wanted, name->len) == 0;
}

/* Values ----------------------------------------------------------------------------------------
 */

/* Decimal number up to MAX at the front of SPAN, which is cut; -1: none, or too large. */
static int32_t take_number(struct span *span, int32_t max)
{
    int32_t number = -1;
    while (span->len > 0 && *span->text >= '0' && *span->text <= '9') {
        number = (number < 0 ? 0 : number) * 10 + (*span->text - '0');
        if (number > max) {
            return -1;
        }
        span->text++;
        span->len--;
    }
    return number;
}

/* "1.1", also "1.2.2"; 0 for what is no version. */
static uint16_t version_of(struct span value)
{
    const int32_t major = take_number(&value, UINT8_MAX);
    if (major < 0 || value.len == 0 || *value.text != '.') {
        return 0;
    }
    value.text++;
    value.len--;
    const int32_t minor = take_number(&value, UINT8_MAX);
    return minor < 0 ? 0 : LWM2M_VERSION((unsigned)major, (unsigned)minor);
}

/* 0 for what is no short server ID. */
static uint16_t ssid_of(struct span value)
{
    const int32_t number = take_number(&value, SSID_NONE);
    return number < 0 || value.len > 0 || number == SSID_NONE ? 0 : (uint16_t)number;
}

/* What is no URI, or too long for one, is left out. */
static enum lwm2m_error uri_of(const struct span *value, char **uri)
{
    char text[LWM2M_URI_MAX + 1];
    size_t len = 0;
    for (size_t i = 0; i < value->len; i++) {
        i += value->is_quoted && value->text[i] == '\\' ? 1 : 0;
        if (len == LWM2M_URI_MAX) {
            return LWM2M_OK;
        }
        text[len++] = value->text[i];
    }
    if (!lwm2m_utf8_valid((const uint8_t *)text, len)) {
        return LWM2M_OK;
    }
    free(*uri);
    *uri = strndup(text, len);
    return *uri ? LWM2M_OK : LWM2M_ENOMEM;
}

static void take_version(struct lwm2m_discover *out, struct span value,
                         enum lwm2m_discover_form form)
{
    out->version = version_of(value);
    out->form |= (unsigned)form | (value.is_quoted ? LWM2M_FORM_QUOTED_VERSION : 0U);
}

static enum lwm2m_error take_attribute(const struct span *name, const struct span *value,
                                       struct lwm2m_entry *entry)
{
    if (is_name(name, "ssid")) {
        entry->ssid = ssid_of(*value);
    } else if (is_name(name, "uri")) {
        return uri_of(value, &entry->uri);
    } else if (is_name(name, "ver")) {
        entry->version = version_of(*value);
    }
    return LWM2M_OK;
}

/* Links -----------------------------------------------------------------------------------------
 */

static enum lwm2m_error target(struct cursor *cursor, struct lwm2m_path *path, bool *is_path)
{
    const char *const start = cursor->at;
    const char *const close = memchr(start, '>', (size_t)(cursor->end - start));
    if (!close) {
        return LWM2M_EFORMAT;
    }
    size_t len = (size_t)(close - start);
    len -= len > 1 && start[len - 1] == '/' ? 1 : 0;
    *is_path = lwm2m_path_parse(start, len, path) == LWM2M_OK;
    for (uint8_t i = 0; *is_path && i < path->depth; i++) {
        *is_path = path->id[i] <= LWM2M_ID_MAX;
    }
    cursor->at = close + 1;
    return LWM2M_OK;
}

static enum lwm2m_error push(struct parser *parser, const struct lwm2m_entry *entry)
{
    struct lwm2m_discover *const out = parser->out;
    if (out->count == LWM2M_DISCOVER_MAX) {
        return LWM2M_ELIMIT;
    }
    if (out->count == parser->capacity) {
        const size_t capacity = parser->capacity == 0 ? 16 : parser->capacity * 2;
        struct lwm2m_entry *entries = realloc(out->entries, capacity * sizeof entries[0]);
        if (!entries) {
            return LWM2M_ENOMEM;
        }
        out->entries = entries;
        parser->capacity = capacity;
    }
    out->entries[out->count++] = *entry;
    return LWM2M_OK;
}

/* The attributes of one link; ENTRY may own a uri afterwards, on errors too. */
static enum lwm2m_error attributes(struct parser *parser, struct lwm2m_entry *entry, bool is_root)
{
    enum lwm2m_error error = LWM2M_OK;
    while (!error && accept(&parser->cursor, ';')) {
        struct span name;
        struct span value;
        error = attribute(&parser->cursor, &name, &value);
        if (!error && is_root && is_name(&name, "lwm2m")) {
            take_version(parser->out, value, LWM2M_FORM_ROOT);
        } else if (!error) {
            error = take_attribute(&name, &value, entry);
        }
    }
    return error;
}

static enum lwm2m_error parse_link(struct parser *parser)
{
    struct lwm2m_entry entry = {.path = {.depth = 0}};
    bool is_path = false;
    enum lwm2m_error error = target(&parser->cursor, &entry.path, &is_path);
    const bool is_root = is_path && entry.path.depth == 0;
    if (!error) {
        error = attributes(parser, &entry, is_root);
    }
    const bool is_entry = is_path && entry.path.depth >= 1 && entry.path.depth <= 3;
    if (!error && is_entry) {
        error = push(parser, &entry);
    }
    if (error || !is_entry) {
        free(entry.uri);
    }
    return error;
}

/* LwM2M 1.0 shows its version as an item without a link. */
static enum lwm2m_error bare_item(struct parser *parser)
{
    struct span name;
    struct span value;
    const enum lwm2m_error error = attribute(&parser->cursor, &name, &value);
    if (error || !is_name(&name, "lwm2m")) {
        return LWM2M_EFORMAT;
    }
    take_version(parser->out, value, LWM2M_FORM_BARE_VERSION);
    return LWM2M_OK;
}

static enum lwm2m_error parse_items(struct parser *parser)
{
    enum lwm2m_error error = LWM2M_OK;
    for (;;) {
        while (accept(&parser->cursor, ',')) {
        }
        if (parser->cursor.at == parser->cursor.end) {
            return LWM2M_OK;
        }
        error = accept(&parser->cursor, '<') ? parse_link(parser) : bare_item(parser);
        if (error) {
            return error;
        }
        if (!accept(&parser->cursor, ',') && parser->cursor.at != parser->cursor.end) {
            return LWM2M_EFORMAT;
        }
    }
}

static int entry_compare(const void *a, const void *b)
{
    return lwm2m_path_compare(((const struct lwm2m_entry *)a)->path,
                              ((const struct lwm2m_entry *)b)->path);
}

static void merge(struct lwm2m_entry *to, struct lwm2m_entry *from)
{
    to->ssid = to->ssid ? to->ssid : from->ssid;
    to->version = to->version ? to->version : from->version;
    if (to->uri) {
        free(from->uri);
    } else {
        to->uri = from->uri;
    }
    from->uri = NULL;
}

static void sort_entries(struct lwm2m_discover *discover)
{
    size_t kept = 0;
    if (discover->count > 1) {
        qsort(discover->entries, discover->count, sizeof discover->entries[0], entry_compare);
    }
    for (size_t i = 0; i < discover->count; i++) {
        struct lwm2m_entry *const entry = &discover->entries[i];
        if (kept > 0 && entry_compare(&discover->entries[kept - 1], entry) == 0) {
            merge(&discover->entries[kept - 1], entry);
        } else {
            discover->entries[kept++] = *entry;
        }
    }
    discover->count = kept;
}

enum lwm2m_error lwm2m_discover_parse(const char *text, size_t len, struct lwm2m_discover *out)
{
    lwm2m_discover_clear(out);
    struct parser parser = {.cursor = {text, text + len}, .out = out};
    const enum lwm2m_error error = parse_items(&parser);
    if (error) {
        lwm2m_discover_clear(out);
        return error;
    }
    sort_entries(out);
    out->form |= lwm2m_discover_form_of(out);
    return LWM2M_OK;
}
