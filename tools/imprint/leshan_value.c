/* Single values of Leshan's JSON, and problems with them. */
#include "tools/imprint/leshan.h"
#include "bootstrap/policy/base64.h"
#include "pki/secret.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* ---- problems ---- */

static void put_key(FILE *out, const char *key)
{
    fputs("[\"", out);
    for (; *key != '\0'; key++) {
        if (*key == '"' || *key == '\\') {
            putc('\\', out);
        }
        putc((unsigned char)*key < ' ' ? '?' : *key, out);
    }
    fputs("\"]", out);
}

static void put_path(FILE *out, const struct cli_leshan_place *place)
{
    putc('$', out);
    if (place->entry > 0) {
        fprintf(out, "[%zu]", place->entry - 1);
    } else if (place->endpoint != NULL) {
        put_key(out, place->endpoint);
    }
    const char *const rest[] = {place->part, place->instance, place->field};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (rest[i] != NULL) {
            fprintf(out, ".%.64s", rest[i]);
        }
    }
}

static void tell(struct cli_leshan_report *report, const struct cli_leshan_place *place,
                 enum cli_leshan_level level, const char *format, va_list arguments)
{
    char path[1024] = "", text[512];
    report->errors += level == CLI_LESHAN_ERROR;
    report->lost += level == CLI_LESHAN_LOST;
    FILE *out = fmemopen(path, sizeof path - 1, "w");
    if (out != NULL) {
        put_path(out, place);
        fclose(out);
    }
    vsnprintf(text, sizeof text, format, arguments);
    if (report->each != NULL) {
        const struct cli_leshan_problem problem = {
            .level = level, .file = place->file, .path = path, .text = text};
        report->each(report->context, &problem);
    }
}

void cli_leshan_error(struct cli_leshan_report *report, struct cli_leshan_place place,
                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(report, &place, CLI_LESHAN_ERROR, format, arguments);
    va_end(arguments);
}

void cli_leshan_lost(struct cli_leshan_report *report, struct cli_leshan_place place,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(report, &place, CLI_LESHAN_LOST, format, arguments);
    va_end(arguments);
}

void cli_leshan_note(struct cli_leshan_report *report, struct cli_leshan_place place,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(report, &place, CLI_LESHAN_NOTE, format, arguments);
    va_end(arguments);
}

/* ---- values ---- */

static uint8_t *pool_take(struct cli_leshan_config *config, size_t len)
{
    if (len > sizeof config->pool - config->pool_used) {
        return NULL;
    }
    uint8_t *at = config->pool + config->pool_used;
    config->pool_used += len;
    return at;
}

static const char *const too_much = "must leave room: an endpoint has too many octets of values";

static bool get_integer(const struct lwm2m_json_node *node, int64_t min, int64_t max,
                        int64_t *number)
{
    int64_t read = 0;
    if (lwm2m_json_get_int(node, "", &read) != LWM2M_OK || read < min || read > max) {
        return false;
    }
    *number = read;
    return true;
}

static const char *read_octet_list(struct cli_leshan_config *config,
                                   const struct lwm2m_json_node *node,
                                   struct cli_leshan_value *value)
{
    size_t count = lwm2m_json_count(node);
    uint8_t *out = pool_take(config, count);
    if (out == NULL) {
        return too_much;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t number = 0;
        if (!get_integer(lwm2m_json_item(node, i), INT8_MIN, UINT8_MAX, &number)) {
            return "must be a list of numbers from -128 to 255";
        }
        out[i] = (uint8_t)number;
    }
    value->octets = out;
    value->len = count;
    return NULL;
}

static const char *read_octets(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                               const struct cli_leshan_field *field, struct cli_leshan_value *value)
{
    const char *text = NULL;
    size_t len = 0;
    const char *wrong = NULL;
    if (lwm2m_json_kind(node) == LWM2M_JSON_ARRAY) {
        wrong = read_octet_list(config, node, value);
    } else if (lwm2m_json_get_string(node, "", &text, &len) != LWM2M_OK) {
        wrong = field->kind == LESHAN_HEX ? "must be octets: a list of numbers, or hex"
                                          : "must be octets: a list of numbers, or Base64";
    } else {
        uint8_t *out = pool_take(config, len);
        bool is_good =
            out != NULL && (field->kind == LESHAN_HEX
                                ? pki_secret_unhex(text, len, out, len, &value->len) == PKI_OK
                                : policy_base64_decode(text, len, out, &value->len));
        value->octets = out;
        wrong = out == NULL                 ? too_much
                : is_good                   ? NULL
                : field->kind == LESHAN_HEX ? "must be hex"
                                            : "must be Base64";
    }
    if (wrong == NULL && value->len > (size_t)field->max) {
        wrong = "has more octets than can be kept";
    }
    return wrong;
}

static const char *read_word(const struct lwm2m_json_node *node,
                             const struct cli_leshan_field *field, struct cli_leshan_value *value)
{
    const char *text = NULL;
    int64_t count = 0;
    bool is_text = lwm2m_json_get_string(node, "", &text, NULL) == LWM2M_OK;
    for (; field->words[count] != NULL; count++) {
        if (is_text && strcasecmp(field->words[count], text) == 0) {
            value->number = count;
            return NULL;
        }
    }
    return get_integer(node, 0, count - 1, &value->number)
               ? NULL
               : "must be one of Leshan's names for it, or its number";
}

static const char *read_named(const struct lwm2m_json_node *node,
                              const struct cli_leshan_field *field, struct cli_leshan_value *value)
{
    const char *text = NULL;
    bool is_text = lwm2m_json_get_string(node, "", &text, NULL) == LWM2M_OK;
    for (const char *const *word = field->words; is_text && *word != NULL; word++) {
        if (strcasecmp(*word, text) == 0) {
            value->number = field->min;
            return NULL;
        }
    }
    return get_integer(node, INT32_MIN, INT32_MAX, &value->number)
               ? NULL
               : "must be a number, or the name of the usual one";
}

static const char *read_text(const struct lwm2m_json_node *node,
                             const struct cli_leshan_field *field, struct cli_leshan_value *value)
{
    if (lwm2m_json_get_string(node, "", &value->text, &value->len) != LWM2M_OK) {
        return "must be a text";
    }
    for (size_t i = 0; i < value->len; i++) {
        if ((unsigned char)value->text[i] < ' ' || value->text[i] == 0x7f) {
            return "must be a text without control characters";
        }
    }
    return value->len <= (size_t)field->max ? NULL : "is too long";
}

static const char *read_letters(struct cli_leshan_config *config,
                                const struct lwm2m_json_node *node,
                                const struct cli_leshan_field *field,
                                struct cli_leshan_value *value)
{
    if (lwm2m_json_kind(node) != LWM2M_JSON_ARRAY) {
        return read_text(node, field, value);
    }
    size_t count = lwm2m_json_count(node);
    char *out = count <= (size_t)field->max ? (char *)pool_take(config, count + 1) : NULL;
    for (size_t i = 0; out != NULL && i < count; i++) {
        const char *text = NULL;
        size_t len = 0;
        if (lwm2m_json_get_string(lwm2m_json_item(node, i), "", &text, &len) != LWM2M_OK ||
            len != 1 || (unsigned char)text[0] < ' ') {
            return "must be letters: a text, or a list of single ones";
        }
        out[i] = text[0];
    }
    if (out == NULL) {
        return "is too long";
    }
    out[count] = '\0';
    value->text = out;
    value->len = count;
    return NULL;
}

static const char *read_suites(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                               struct cli_leshan_value *value)
{
    if (lwm2m_json_kind(node) == LWM2M_JSON_OBJECT) {
        node = lwm2m_json_at(node, "valueForSecurityObject");
    }
    bool is_list = lwm2m_json_kind(node) == LWM2M_JSON_ARRAY;
    size_t count = is_list ? lwm2m_json_count(node) : 1;
    uint8_t *out = count <= CLI_LESHAN_POOL ? pool_take(config, 2 * count) : NULL;
    if (out == NULL) {
        return too_much;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t number = 0;
        if (!get_integer(is_list ? lwm2m_json_item(node, i) : node, 1, UINT16_MAX, &number)) {
            return "must be numbers of cipher suites: 1 to 65535";
        }
        out[2 * i] = (uint8_t)(number >> 8);
        out[2 * i + 1] = (uint8_t)number;
    }
    value->octets = out;
    value->len = 2 * count;
    return NULL;
}

static const char *read_boolean(const struct lwm2m_json_node *node, struct cli_leshan_value *value)
{
    bool boolean = false;
    if (lwm2m_json_get_bool(node, "", &boolean) == LWM2M_OK) {
        value->number = boolean;
        return NULL;
    }
    return get_integer(node, 0, 1, &value->number) ? NULL : "must be true or false";
}

const char *cli_leshan_value(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                             const struct cli_leshan_field *field, struct cli_leshan_value *value)
{
    const char *wrong = NULL;
    switch (field->kind) {
    case LESHAN_INTEGER:
        wrong = get_integer(node, field->min, field->max, &value->number)
                    ? NULL
                    : "must be a whole number in its range";
        break;
    case LESHAN_BOOLEAN:
        wrong = read_boolean(node, value);
        break;
    case LESHAN_TEXT:
        wrong = read_text(node, field, value);
        break;
    case LESHAN_OCTETS:
    case LESHAN_HEX:
        wrong = read_octets(config, node, field, value);
        break;
    case LESHAN_WORD:
        wrong = read_word(node, field, value);
        break;
    case LESHAN_LETTERS:
        wrong = read_letters(config, node, field, value);
        break;
    case LESHAN_SUITES:
        wrong = read_suites(config, node, value);
        break;
    case LESHAN_NAMED:
        wrong = read_named(node, field, value);
        break;
    }
    value->is_set = wrong == NULL;
    return wrong;
}
