/*
 * JSON as it is printed: pairs of key and value to a file, one document a line. Keeps no document,
 * so that a list of ten million devices takes no memory. A failed write shows in the FILE.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "tools/imprint/command.h"
#include "bootstrap/lwm2m/json.h"

#include <stdio.h>

/* Initialise with {.file = F}. */
struct cli_json {
    FILE *file;
    struct lwm2m_json_writer writer;
};

/* KEY is NULL for elements of an array and for the outermost value, whose end ends the line. */
void cli_json_object(struct cli_json *json, const char *key);
void cli_json_array(struct cli_json *json, const char *key);
void cli_json_object_end(struct cli_json *json);
void cli_json_array_end(struct cli_json *json);
void cli_json_string(struct cli_json *json, const char *key, const char *text);
void cli_json_hex(struct cli_json *json, const char *key, const uint8_t *data, size_t len);
void cli_json_int(struct cli_json *json, const char *key, int64_t value);
void cli_json_uint(struct cli_json *json, const char *key, uint64_t value);
void cli_json_bool(struct cli_json *json, const char *key, bool value);
/* A string when TEXT is not empty; nothing otherwise. */
void cli_json_string_if(struct cli_json *json, const char *key, const char *text);
/* A time when it is one; nothing for 0 (never). */
void cli_json_time_if(struct cli_json *json, const char *key, int64_t at);
/* The pair NAME and NAME_hex: the text when it is text, the octets always. */
void cli_json_octets(struct cli_json *json, const char *name, const uint8_t *data, size_t len);

#endif
