/* One line of the control socket: bytes from outside. */
#include "bootstrap/server/control.h"

#include <stdio.h>
#include <string.h>

static bool take(const struct lwm2m_json_node *value, const char *key, char *out, size_t capacity,
                 char *why)
{
    const char *text = NULL;
    size_t len = 0;
    if (lwm2m_json_get_string(value, "", &text, &len) != LWM2M_OK) {
        snprintf(why, 128, "\"%.32s\" must be a string", key);
        return false;
    }
    if (len >= capacity) {
        snprintf(why, 128, "\"%.32s\" is longer than %zu octets", key, capacity - 1);
        return false;
    }
    memcpy(out, text, len + 1);
    return true;
}

static bool take_member(const char *key, const struct lwm2m_json_node *value,
                        struct bs_control_request *request, char *why)
{
    if (strcmp(key, "command") == 0)
        return take(value, key, request->command, sizeof request->command, why);
    if (strcmp(key, "endpoint") == 0 || strcmp(key, "filter") == 0)
        return take(value, key, request->argument, sizeof request->argument, why);
    snprintf(why, 128, "unknown member \"%.32s\"", key);
    return false;
}

bool bs_control_parse(const char *line, size_t len, struct bs_control_request *request,
                      char why[static 128])
{
    struct lwm2m_json_fault fault;
    struct lwm2m_json_document *document = lwm2m_json_parse(line, len, BS_CONTROL_LINE_MAX, &fault);
    const struct lwm2m_json_node *root = document ? lwm2m_json_root(document) : NULL;
    bool is_good = lwm2m_json_kind(root) == LWM2M_JSON_OBJECT;
    memset(request, 0, sizeof *request);
    if (!is_good)
        snprintf(why, 128, "a request is one JSON object a line");
    void *cursor = NULL;
    const char *key = NULL;
    const struct lwm2m_json_node *value;
    while (is_good && (value = lwm2m_json_next(root, &cursor, &key)))
        is_good = take_member(key, value, request, why);
    if (is_good && !request->command[0]) {
        snprintf(why, 128, "\"command\" is missing");
        is_good = false;
    }
    lwm2m_json_free(document);
    return is_good;
}
