#include "bootstrap/policy/template.h"

#include <stdio.h>
#include <string.h>

static const char *const plain_names[] = {"endpoint", "serial", "identity", "group",
                                          "server",   "id",     NULL};

static bool has_text(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool is_known(const char *name, size_t len)
{
    for (size_t i = 0; plain_names[i] != NULL; i++) {
        if (has_text(name, len, plain_names[i])) {
            return true;
        }
    }
    return len > 5 && len - 5 <= PKI_ATTRIBUTE_NAME_MAX && memcmp(name, "attr.", 5) == 0;
}

/* A run of literal text, one doubled brace, or the name within a placeholder. */
struct piece {
    const char *text;
    size_t len;
    bool is_placeholder;
};

/* The piece at TEXT, which is not empty and was checked; returns what follows it. */
static const char *next_piece(const char *text, struct piece *piece)
{
    size_t plain = strcspn(text, "{}");
    *piece = (struct piece){text, plain, false};
    if (plain > 0) {
        return text + plain;
    }
    if (text[1] == text[0]) {
        piece->len = 1;
        return text + 2;
    }
    *piece = (struct piece){text + 1, strcspn(text + 1, "}"), true};
    return piece->text + piece->len + 1;
}

const char *policy_template_check(const char *text, size_t *len)
{
    for (const char *at = text + strcspn(text, "{}"); *at != '\0'; at += strcspn(at, "{}")) {
        if (at[1] == at[0]) {
            at += 2;
            continue;
        }
        size_t name = strcspn(at + 1, "{}");
        if (*at == '}' || at[1 + name] != '}' || !is_known(at + 1, name)) {
            *len = *at == '{' && at[1 + name] == '}' ? name + 2 : 1;
            return at;
        }
        at += name + 2;
    }
    return NULL;
}

size_t policy_template_literal(const char *text)
{
    size_t count = 0;
    struct piece piece;
    while (*text != '\0') {
        text = next_piece(text, &piece);
        count += piece.is_placeholder ? 0 : piece.len;
    }
    return count;
}

bool policy_template_has_placeholder(const char *text)
{
    struct piece piece = {0};
    while (*text != '\0' && !piece.is_placeholder) {
        text = next_piece(text, &piece);
    }
    return piece.is_placeholder;
}

void policy_template_sample(const char *text, char *out, size_t capacity)
{
    size_t used = 0;
    struct piece piece;
    while (*text != '\0') {
        text = next_piece(text, &piece);
        for (size_t i = 0; i < (piece.is_placeholder ? 1 : piece.len) && used + 1 < capacity; i++) {
            out[used++] = (char)(piece.is_placeholder ? '1' : piece.text[i]);
        }
    }
    out[used] = '\0';
}

static const char *attribute_value(const struct pki_device *device, const char *name, size_t len)
{
    for (size_t i = 0; device != NULL && i < device->attribute_count; i++) {
        if (has_text(name, len, device->attributes[i].name)) {
            return device->attributes[i].value;
        }
    }
    return NULL;
}

static const char *serial_of(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    return colon != NULL ? colon + 1 : endpoint;
}

/* The value of placeholder NAME, or NULL; SCRATCH holds what must be made. */
static const char *value_of(const struct policy_template_values *values, const char *name,
                            size_t len, char scratch[static PKI_IDENTITY_MAX + 1])
{
    const struct policy_subject *subject = values->subject;
    const struct pki_device *device = subject->device;
    if (len > 5 && memcmp(name, "attr.", 5) == 0) {
        return attribute_value(device, name + 5, len - 5);
    }
    if (has_text(name, len, "endpoint")) {
        return subject->endpoint;
    }
    if (has_text(name, len, "serial")) {
        return serial_of(subject->endpoint);
    }
    if (has_text(name, len, "server")) {
        return values->server;
    }
    if (has_text(name, len, "id")) {
        snprintf(scratch, PKI_IDENTITY_MAX + 1, "%u", (unsigned)values->server_id);
        return scratch;
    }
    if (device == NULL) {
        return NULL;
    }
    if (has_text(name, len, "group")) {
        return device->group;
    }
    if (memchr(device->identity, '\0', device->identity_len) != NULL) {
        return NULL;
    }
    memcpy(scratch, device->identity, device->identity_len);
    scratch[device->identity_len] = '\0';
    return scratch;
}

size_t policy_template_fill(const char *text, const struct policy_template_values *values,
                            char *out, size_t capacity, char *reason)
{
    size_t used = 0;
    char scratch[PKI_IDENTITY_MAX + 1];
    struct piece piece;
    while (*text != '\0') {
        text = next_piece(text, &piece);
        const char *value = piece.text;
        size_t len = piece.len;
        if (piece.is_placeholder) {
            value = value_of(values, piece.text, piece.len, scratch);
            if (value == NULL || *value == '\0') {
                snprintf(reason, POLICY_REASON_MAX + 1, "the device has no value for {%.*s}",
                         (int)piece.len, piece.text);
                return SIZE_MAX;
            }
            len = strlen(value);
        }
        if (len >= capacity - used) {
            snprintf(reason, POLICY_REASON_MAX + 1, "a filled-in text exceeds %zu octets",
                     capacity - 1);
            return SIZE_MAX;
        }
        memcpy(out + used, value, len);
        used += len;
    }
    out[used] = '\0';
    return used;
}
