/*
 * One line of the control socket: what is taken is bounded, clean and reads back the same when it
 * is asked again in other words; what is refused says why. Any JSON that the reader takes, the
 * writer must say so that it reads back the same.
 */
#include "bootstrap/lwm2m/json.h"
#include "bootstrap/server/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AGAIN_MAX = 8 * BS_CONTROL_LINE_MAX };

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- requests ---- */

static void ask_again(const struct bs_control_request *request)
{
    struct lwm2m_json_writer writer = {0};
    struct bs_control_request again;
    char why[128] = "";
    lwm2m_json_object_begin(&writer);
    lwm2m_json_key(&writer, "filter");
    lwm2m_json_text(&writer, request->argument);
    lwm2m_json_key(&writer, "command");
    lwm2m_json_text(&writer, request->command);
    lwm2m_json_object_end(&writer);
    require(!writer.error && bs_control_parse(writer.data, writer.len, &again, why));
    require(strcmp(again.command, request->command) == 0);
    require(strcmp(again.argument, request->argument) == 0);
    lwm2m_json_clear(&writer);
}

static void check_request(const char *line, size_t len)
{
    struct bs_control_request request;
    char why[128] = "";
    bool is_good = bs_control_parse(line, len, &request, why);
    require(memchr(why, '\0', sizeof why) != NULL && is_good == (why[0] == '\0'));
    if (is_good) {
        require(request.command[0] != '\0');
        require(memchr(request.command, '\0', sizeof request.command) != NULL);
        require(memchr(request.argument, '\0', sizeof request.argument) != NULL);
        ask_again(&request);
    }
}

/* ---- any document ---- */

static void say(struct lwm2m_json_writer *writer, const struct lwm2m_json_node *node);

static void say_number(struct lwm2m_json_writer *writer, const struct lwm2m_json_node *node)
{
    int64_t number;
    uint64_t positive;
    double real;
    require(lwm2m_json_get_double(node, "", &real) == LWM2M_OK);
    if (lwm2m_json_get_int(node, "", &number) != LWM2M_OK) {
        require(lwm2m_json_kind(node) == LWM2M_JSON_REAL);
        lwm2m_json_double(writer, real);
        return;
    }
    const enum lwm2m_error error = lwm2m_json_get_uint(node, "", &positive);
    require(error == (number < 0 ? LWM2M_ERANGE : LWM2M_OK));
    require(error || positive == (uint64_t)number);
    lwm2m_json_int(writer, number);
}

static void say_array(struct lwm2m_json_writer *writer, const struct lwm2m_json_node *node)
{
    lwm2m_json_array_begin(writer);
    for (size_t i = 0; i < lwm2m_json_count(node); i++) {
        say(writer, lwm2m_json_item(node, i));
    }
    lwm2m_json_array_end(writer);
    require(lwm2m_json_item(node, lwm2m_json_count(node)) == NULL);
}

static void say_object(struct lwm2m_json_writer *writer, const struct lwm2m_json_node *node)
{
    const struct lwm2m_json_node *value;
    void *cursor = NULL;
    const char *key = NULL;
    size_t count = 0;
    lwm2m_json_object_begin(writer);
    while ((value = lwm2m_json_next(node, &cursor, &key)) != NULL) {
        bool is_step = key[0] != '\0' && strchr(key, '.') == NULL;
        require(!is_step || lwm2m_json_at(node, key) == value);
        lwm2m_json_key(writer, key);
        say(writer, value);
        count++;
    }
    lwm2m_json_object_end(writer);
    require(count == lwm2m_json_count(node));
}

static void say(struct lwm2m_json_writer *writer, const struct lwm2m_json_node *node)
{
    const char *text;
    size_t len;
    bool boolean;
    if (writer->error) {
        return;
    }
    switch (lwm2m_json_kind(node)) {
    case LWM2M_JSON_OBJECT:
        say_object(writer, node);
        break;
    case LWM2M_JSON_ARRAY:
        say_array(writer, node);
        break;
    case LWM2M_JSON_STRING:
        require(lwm2m_json_get_string(node, "", &text, &len) == LWM2M_OK && strlen(text) == len);
        lwm2m_json_string(writer, text, len);
        break;
    case LWM2M_JSON_BOOL:
        require(lwm2m_json_get_bool(node, "", &boolean) == LWM2M_OK);
        lwm2m_json_bool(writer, boolean);
        break;
    case LWM2M_JSON_NULL:
        require(lwm2m_json_get_double(node, "", &(double){0}) == LWM2M_ETYPE);
        require(lwm2m_json_get_bool(node, "no.such", &boolean) == LWM2M_EPATH);
        lwm2m_json_null(writer);
        break;
    default:
        say_number(writer, node);
    }
}

/* The document in our words. False: refused by the reader, or too deep for the writer. */
static bool read_and_say(const char *text, size_t len, size_t limit,
                         struct lwm2m_json_writer *writer)
{
    struct lwm2m_json_fault fault = {.error = LWM2M_OK};
    struct lwm2m_json_document *document = lwm2m_json_parse(text, len, limit, &fault);
    if (document == NULL) {
        require(fault.error == LWM2M_EFORMAT || fault.error == LWM2M_ELIMIT);
        require(fault.offset <= len && fault.text[0] != '\0');
        require(memchr(fault.text, '\0', sizeof fault.text) != NULL);
        return false;
    }
    say(writer, lwm2m_json_root(document));
    lwm2m_json_free(document);
    require(!writer->error || writer->error == LWM2M_ELIMIT);
    return !writer->error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lwm2m_json_writer first = {0};
    struct lwm2m_json_writer second = {0};
    check_request((const char *)data, size);
    if (read_and_say((const char *)data, size, BS_CONTROL_LINE_MAX, &first)) {
        require(memchr(first.data, '\n', first.len) == NULL);
        require(read_and_say(first.data, first.len, AGAIN_MAX, &second));
        require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    }
    lwm2m_json_clear(&first);
    lwm2m_json_clear(&second);
    return 0;
}
