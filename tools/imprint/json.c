#include "tools/imprint/json.h"
#include "tools/imprint/out.h"

#include <string.h>

static void to_file(void *context, const char *text, size_t len)
{
    fwrite(text, 1, len, context);
}

static struct lwm2m_json_writer *begin(struct cli_json *json, const char *key)
{
    if (json->writer.sink == NULL) {
        json->writer.sink = to_file;
        json->writer.context = json->file;
    }
    if (key != NULL) {
        lwm2m_json_key(&json->writer, key);
    }
    return &json->writer;
}

/* The end of the outermost value ends the line; the next document starts afresh. */
static void end(struct cli_json *json)
{
    if (json->writer.depth == 0) {
        lwm2m_json_clear(&json->writer);
        putc('\n', json->file);
    }
}

void cli_json_object(struct cli_json *json, const char *key)
{
    lwm2m_json_object_begin(begin(json, key));
}

void cli_json_array(struct cli_json *json, const char *key)
{
    lwm2m_json_array_begin(begin(json, key));
}

void cli_json_object_end(struct cli_json *json)
{
    lwm2m_json_object_end(&json->writer);
    end(json);
}

void cli_json_array_end(struct cli_json *json)
{
    lwm2m_json_array_end(&json->writer);
    end(json);
}

void cli_json_string(struct cli_json *json, const char *key, const char *text)
{
    lwm2m_json_text(begin(json, key), text);
}

void cli_json_hex(struct cli_json *json, const char *key, const uint8_t *data, size_t len)
{
    lwm2m_json_hex(begin(json, key), data, len);
}

void cli_json_int(struct cli_json *json, const char *key, int64_t value)
{
    lwm2m_json_int(begin(json, key), value);
}

void cli_json_uint(struct cli_json *json, const char *key, uint64_t value)
{
    lwm2m_json_uint(begin(json, key), value);
}

void cli_json_bool(struct cli_json *json, const char *key, bool value)
{
    lwm2m_json_bool(begin(json, key), value);
}

void cli_json_string_if(struct cli_json *json, const char *key, const char *text)
{
    if (text[0] != '\0') {
        cli_json_string(json, key, text);
    }
}

void cli_json_time_if(struct cli_json *json, const char *key, int64_t at)
{
    if (at > 0) {
        cli_json_int(json, key, at);
    }
}

void cli_json_octets(struct cli_json *json, const char *name, const uint8_t *data, size_t len)
{
    char hex_name[40];
    if (cli_is_text(data, len)) {
        lwm2m_json_string(begin(json, name), (const char *)data, len);
    }
    snprintf(hex_name, sizeof hex_name, "%s_hex", name);
    cli_json_hex(json, hex_name, data, len);
}
