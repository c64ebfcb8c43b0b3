#include "tools/sim/trace.h"

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What a line says of a message. */
struct facts {
    const char *type;
    char code[8];
    char path[SIM_TRACE_PATH_MAX];
    char format[32];
    char block[40];
};

static bool is_request(const struct cc_message *message)
{
    return message->code != CC_EMPTY && message->code >> 5 == 0;
}

/* Appends the Uri-Query options of MESSAGE; what is not printable becomes "?". */
static void add_queries(const struct cc_message *message, char *out, size_t capacity)
{
    size_t used = strlen(out);
    char separator = '?';
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (option->number != CC_OPT_URI_QUERY || used + 2 >= capacity) {
            continue;
        }
        out[used++] = separator;
        separator = '&';
        for (size_t k = 0; k < option->len && used + 1 < capacity; k++) {
            out[used++] = isgraph(option->value[k]) ? (char)option->value[k] : '?';
        }
    }
    out[used] = '\0';
}

static void find_path(struct sim_trace *trace, enum cc_direction direction,
                      const struct cc_message *message, char *out, size_t capacity)
{
    bool is_answer = message->code >> 5 >= 2;
    size_t slot = (direction == CC_OUT) == is_answer ? 0 : 1;
    out[0] = '\0';
    if (is_request(message)) {
        cc_message_path_text(message, out, capacity);
        add_queries(message, out, capacity);
        memcpy(trace->requests[slot].token, message->token, CC_TOKEN_MAX);
        trace->requests[slot].token_len = message->token_len;
        trace->requests[slot].code = message->code;
        snprintf(trace->requests[slot].path, sizeof trace->requests[slot].path, "%s", out);
    } else if (is_answer && trace->requests[slot].token_len == message->token_len &&
               memcmp(trace->requests[slot].token, message->token, message->token_len) == 0) {
        char code[8];
        size_t path_len = strcspn(trace->requests[slot].path, "?");
        snprintf(out, capacity, "%s %.*s", cc_code_text(trace->requests[slot].code, code),
                 (int)path_len, trace->requests[slot].path);
    }
}

static void find_format(const struct cc_message *message, char *out, size_t capacity)
{
    uint32_t number = cc_message_uint(message, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    uint32_t accept = cc_message_uint(message, CC_OPT_ACCEPT, CC_FORMAT_NONE);
    const char *prefix = number == CC_FORMAT_NONE ? "accept " : "";
    number = number == CC_FORMAT_NONE ? accept : number;
    out[0] = '\0';
    if (number >= CC_FORMAT_NONE) {
        return;
    }
    const struct lwm2m_format *format = lwm2m_format_by_number((uint16_t)number);
    if (number == LWM2M_FORMAT_LINK) {
        snprintf(out, capacity, "%slink", prefix);
    } else if (format != NULL) {
        snprintf(out, capacity, "%s%s", prefix, format->name);
    } else {
        snprintf(out, capacity, "%s%u", prefix, number);
    }
}

/* RFC 7959 2.2: number, more, size. */
static void find_block(const struct cc_message *message, char *out, size_t capacity)
{
    static const struct {
        uint16_t option;
        const char *name;
    } blocks[] = {{CC_OPT_BLOCK1, "block1"}, {CC_OPT_BLOCK2, "block2"}};
    out[0] = '\0';
    for (size_t i = 0; i < 2; i++) {
        if (cc_message_option(message, blocks[i].option) != NULL) {
            uint32_t value = cc_message_uint(message, blocks[i].option, 0);
            snprintf(out, capacity, "%s %u%s/%u", blocks[i].name, value >> 4,
                     (value & 8) ? "+" : "", 16u << (value & 7));
            return;
        }
    }
}

static void print_json(const struct sim_trace *trace, uint64_t at_ms, enum cc_direction direction,
                       const struct cc_message *message, const struct facts *facts, bool is_repeat)
{
    struct lwm2m_json_writer json = {0};
    lwm2m_json_object_begin(&json);
    const struct {
        const char *key, *text;
    } texts[] = {{"event", "message"},   {"direction", direction == CC_IN ? "in" : "out"},
                 {"type", facts->type},  {"code", facts->code},
                 {"path", facts->path},  {"format", facts->format},
                 {"block", facts->block}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].text[0] != '\0') {
            lwm2m_json_key(&json, texts[i].key);
            lwm2m_json_text(&json, texts[i].text);
        }
    }
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {{"ms", at_ms}, {"mid", message->mid}, {"octets", message->payload_len}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        lwm2m_json_key(&json, numbers[i].key);
        lwm2m_json_uint(&json, numbers[i].number);
    }
    lwm2m_json_key(&json, "repeat");
    lwm2m_json_bool(&json, is_repeat);
    lwm2m_json_object_end(&json);
    fprintf(trace->out, "%.*s\n", (int)json.len, json.data);
    lwm2m_json_clear(&json);
}

static void print_text(const struct sim_trace *trace, uint64_t at_ms, enum cc_direction direction,
                       const struct cc_message *message, const struct facts *facts, bool is_repeat)
{
    char size[24] = "";
    if (message->payload_len > 0) {
        snprintf(size, sizeof size, "%zu B", message->payload_len);
    }
    fprintf(trace->out, "%8.3f %s %-3s %-6s %-42s %-15s %7s  mid %-5u%s%s%s\n",
            (double)at_ms / 1000, direction == CC_IN ? "<-" : "->", facts->type, facts->code,
            facts->path, facts->format, size, message->mid, facts->block[0] ? "  " : "",
            facts->block, is_repeat ? "  repeated" : "");
}

void sim_trace_message(void *context, uint64_t at_ms, enum cc_direction direction,
                       const struct cc_message *message, bool is_repeat)
{
    struct sim_trace *trace = context;
    if (trace->is_quiet) {
        return;
    }
    struct facts facts = {.type = cc_type_text(message->type)};
    cc_code_text(message->code, facts.code);
    find_path(trace, direction, message, facts.path, sizeof facts.path);
    find_format(message, facts.format, sizeof facts.format);
    find_block(message, facts.block, sizeof facts.block);
    if (trace->is_json) {
        print_json(trace, at_ms, direction, message, &facts, is_repeat);
    } else {
        print_text(trace, at_ms, direction, message, &facts, is_repeat);
    }
}

void sim_trace_note(void *context, uint64_t at_ms, const char *text)
{
    const struct sim_trace *trace = context;
    if (trace->is_quiet) {
        return;
    }
    if (!trace->is_json) {
        fprintf(trace->out, "%8.3f  * %s\n", (double)at_ms / 1000, text);
        return;
    }
    struct lwm2m_json_writer json = {0};
    lwm2m_json_object_begin(&json);
    lwm2m_json_key(&json, "event");
    lwm2m_json_text(&json, "note");
    lwm2m_json_key(&json, "ms");
    lwm2m_json_uint(&json, at_ms);
    lwm2m_json_key(&json, "text");
    lwm2m_json_text(&json, text);
    lwm2m_json_object_end(&json);
    fprintf(trace->out, "%.*s\n", (int)json.len, json.data);
    lwm2m_json_clear(&json);
}
