/* imprint trace: one aligned line a message, its values indented below. */
#include "tools/imprint/control.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"
#include "bootstrap/lwm2m/codec.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* The value at PATH as text, safe for a terminal, in OUT; "" when there is none. */
static const char *get(const struct lwm2m_json_node *node, const char *path, char out[static 512])
{
    const char *text = NULL;
    size_t len = 0;
    int64_t number = 0;
    double real = 0;
    bool truth = false;
    out[0] = '\0';
    if (lwm2m_json_get_string(node, path, &text, &len) == LWM2M_OK) {
        cli_safe(text, len, out, 512);
    } else if (lwm2m_json_get_int(node, path, &number) == LWM2M_OK) {
        snprintf(out, 512, "%" PRId64, number);
    } else if (lwm2m_json_get_double(node, path, &real) == LWM2M_OK) {
        snprintf(out, 512, "%g", real);
    } else if (lwm2m_json_get_bool(node, path, &truth) == LWM2M_OK) {
        snprintf(out, 512, "%s", truth ? "true" : "false");
    }
    return out;
}

static char *clock_text(const struct lwm2m_json_node *node, char out[static 16])
{
    struct tm parts;
    uint64_t at_ms = cli_answer_uint(node, "at_ms");
    time_t at = (time_t)(at_ms / 1000);
    if (gmtime_r(&at, &parts) == NULL) {
        memset(&parts, 0, sizeof parts);
    }
    snprintf(out, 16, "%02u:%02u:%02u.%03u", (unsigned)parts.tm_hour % 100,
             (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100, (unsigned)(at_ms % 1000));
    return out;
}

/* The content format by its name, by its number where it has none here; "" when the message has
 * none. */
static const char *format_of(const struct lwm2m_json_node *node, char out[static 512])
{
    uint16_t number = (uint16_t)cli_answer_uint(node, "content_format");
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    const char *name = number == LWM2M_FORMAT_LINK ? "link" : format != NULL ? format->name : NULL;
    if (get(node, "content_format", out)[0] != '\0' && name != NULL) {
        snprintf(out, 512, "%s", name);
    }
    return out;
}

static void print_values(const struct lwm2m_json_node *node)
{
    char path[512], name[512], value[512];
    const struct lwm2m_json_node *values = lwm2m_json_at(node, "values");
    struct cli_table table = {.columns = 3};
    for (size_t i = 0; i < lwm2m_json_count(values); i++) {
        const struct lwm2m_json_node *item = lwm2m_json_item(values, i);
        cli_table_cell(&table, "%s", get(item, "path", path));
        cli_table_cell(&table, "%s", get(item, "name", name));
        cli_table_cell(&table, "%s", get(item, "value", value));
    }
    if (table.count > 0) {
        cli_table_print(&table, 18);
    }
    if (get(node, "text", value)[0] != '\0') {
        printf("%18s%s\n", "", value);
    }
}

static void print_message(const struct lwm2m_json_node *node)
{
    char at[16], type[512], code[512], path[512], query[512], target[1024], size[32] = "";
    char format[512], block1[512], block2[512], who[512];
    bool is_in = strcmp(get(node, "direction", path), "in") == 0;
    get(node, "path", path);
    get(node, "query", query);
    snprintf(target, sizeof target, "%s%s%s", path, query[0] != '\0' ? "?" : "", query);
    if (get(node, "endpoint", who)[0] == '\0') {
        get(node, "peer", who);
    }
    if (cli_answer_uint(node, "size") > 0) {
        snprintf(size, sizeof size, "%llu B", (unsigned long long)cli_answer_uint(node, "size"));
    }
    printf("%s  %s %-3s %-6s %-24s %-10s %7s  mid %-5llu  %s%s%s%s%s%s\n", clock_text(node, at),
           is_in ? "<-" : "->", get(node, "type", type), get(node, "code", code), target,
           format_of(node, format), size, (unsigned long long)cli_answer_uint(node, "mid"), who,
           get(node, "block1", block1)[0] != '\0' ? "  block1 " : "", block1,
           get(node, "block2", block2)[0] != '\0' ? "  block2 " : "", block2,
           cli_answer_bool(node, "repeat") ? "  (again)" : "");
    print_values(node);
}

static void print_event(const struct lwm2m_json_node *node, const char *event)
{
    char at[16], who[512], peer[512], why[512];
    get(node, "endpoint", who);
    printf("%s  -- %s%s%s  from %s%s%s\n", clock_text(node, at), event, who[0] != '\0' ? "  " : "",
           who, get(node, "peer", peer), get(node, "why", why)[0] != '\0' ? ": " : "", why);
}

/* One line of the stream as text; true when it was a message. */
static bool print_line(const char *line, size_t len)
{
    char event[512], safe[2048];
    struct lwm2m_json_fault fault = {0};
    struct lwm2m_json_document *document =
        lwm2m_json_parse(line, len, CLI_CONTROL_LINE_MAX, &fault);
    const struct lwm2m_json_node *root = document != NULL ? lwm2m_json_root(document) : NULL;
    bool is_message = strcmp(get(root, "event", event), "message") == 0;
    if (document == NULL) {
        puts(cli_safe(line, len, safe, sizeof safe));
    } else if (is_message) {
        print_message(root);
    } else {
        print_event(root, event);
    }
    lwm2m_json_free(document);
    return is_message;
}

static bool is_message_line(const char *line)
{
    return strstr(line, "\"event\":\"message\"") != NULL;
}

static enum cli_status follow(struct cli_call *call, struct cli_control *control, uint64_t count)
{
    const char *line = NULL;
    size_t len = 0;
    while (count > 0) {
        enum cli_status status = cli_control_line(control, &line, &len);
        if (status != CLI_DONE || line == NULL) {
            return status;
        }
        bool is_message;
        if (cli_has(call, CLI_OPT_JSON)) {
            puts(line);
            is_message = is_message_line(line);
        } else {
            is_message = print_line(line, len);
        }
        count -= is_message;
        if (fflush(stdout) != 0) {
            return CLI_FAILED;
        }
    }
    return CLI_DONE;
}

enum cli_status cli_trace(struct cli_call *call)
{
    struct cli_control *control = NULL;
    struct lwm2m_json_document *answer = NULL;
    uint64_t count = UINT64_MAX;
    enum cli_status status = cli_number_option(call, CLI_OPT_COUNT, 1, UINT64_MAX, &count);
    if (status == CLI_DONE) {
        status = cli_control_open(call, &control);
    }
    if (status == CLI_DONE) {
        const char *filter = call->arg_count > 0 ? call->args[0] : NULL;
        status =
            cli_control_ask(control, "trace", filter != NULL ? "filter" : NULL, filter, &answer);
    }
    lwm2m_json_free(answer);
    if (status == CLI_DONE) {
        status = follow(call, control, count);
    }
    cli_control_close(control);
    return status;
}
