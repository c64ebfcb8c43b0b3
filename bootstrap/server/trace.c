#include "bootstrap/server/trace.h"

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SHOWN_MAX 1024 /* octets of a link-format or diagnostic payload */

struct bs_trace_set *bs_trace_set_ref(struct bs_trace_set *set)
{
    if (set)
        atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void bs_trace_set_unref(struct bs_trace_set *set)
{
    if (set && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1)
        free(set);
}

/* FILTER is an endpoint, an "address:port", or an address alone ("::1" for "[::1]:port"). */
static bool matches(const char *filter, const char *endpoint, const char *peer)
{
    size_t len = strlen(filter);
    if (len == 0 || strcmp(filter, endpoint) == 0 || strcmp(filter, peer) == 0)
        return true;
    const char *address = peer[0] == '[' && filter[0] != '[' ? peer + 1 : peer;
    return strncmp(address, filter, len) == 0 &&
           (address[len] == ']' || (address[len] == ':' && peer[0] != '['));
}

uint32_t bs_trace_match(const struct bs_trace_set *set, const char *endpoint, const char *peer)
{
    uint32_t subscribers = 0;
    for (size_t i = 0; set && i < set->count; i++)
        if (matches(set->filters[i].filter, endpoint, peer))
            subscribers |= 1u << set->filters[i].subscriber;
    return subscribers;
}

/* ---- hub ---- */

struct bs_trace_hub {
    struct bs_queue queue;
    atomic_uint pending;
    atomic_uint_fast64_t dropped;
    void (*wake)(void *context);
    void *context;
};

struct bs_trace_hub *bs_trace_hub_new(void (*wake)(void *context), void *context)
{
    struct bs_trace_hub *hub = calloc(1, sizeof *hub);
    if (hub) {
        hub->wake = wake;
        hub->context = context;
    }
    return hub;
}

void bs_trace_hub_free(struct bs_trace_hub *hub)
{
    if (!hub)
        return;
    for (struct bs_node *node = bs_trace_hub_take(hub); node;) {
        struct bs_trace_line *line = BS_CONTAINER(node, struct bs_trace_line, node);
        node = node->next;
        free(line);
    }
    free(hub);
}

struct bs_node *bs_trace_hub_take(struct bs_trace_hub *hub)
{
    struct bs_node *lines = bs_queue_take(&hub->queue);
    unsigned count = 0;
    for (const struct bs_node *node = lines; node; node = node->next)
        count++;
    atomic_fetch_sub(&hub->pending, count);
    return lines;
}

uint64_t bs_trace_hub_dropped(const struct bs_trace_hub *hub)
{
    return atomic_load(&hub->dropped);
}

static void publish(struct bs_trace_hub *hub, uint32_t subscribers,
                    const struct lwm2m_json_writer *json)
{
    struct bs_trace_line *line = NULL;
    if (atomic_fetch_add(&hub->pending, 1) < BS_TRACE_PENDING_MAX && !json->error)
        line = malloc(sizeof *line + json->len + 1);
    if (!line) {
        atomic_fetch_sub(&hub->pending, 1);
        atomic_fetch_add(&hub->dropped, 1);
        return;
    }
    memcpy(line->text, json->data, json->len);
    line->text[json->len] = '\n';
    line->len = json->len + 1;
    line->subscribers = subscribers;
    if (bs_queue_push(&hub->queue, &line->node))
        hub->wake(hub->context);
}

/* ---- lines ---- */

static void put_text(struct lwm2m_json_writer *json, const char *key, const char *text)
{
    lwm2m_json_key(json, key);
    lwm2m_json_text(json, text);
}

static void put_number(struct lwm2m_json_writer *json, const char *key, int64_t number)
{
    lwm2m_json_key(json, key);
    lwm2m_json_int(json, number);
}

static void begin(struct lwm2m_json_writer *json, const char *event,
                  const struct bs_trace_origin *origin)
{
    lwm2m_json_object_begin(json);
    put_text(json, "event", event);
    put_number(json, "at_ms", origin->at_ms);
    lwm2m_json_key(json, "session");
    lwm2m_json_uint(json, origin->session);
    put_text(json, "peer", origin->peer);
    put_text(json, "endpoint", origin->endpoint);
    lwm2m_json_key(json, "secure");
    lwm2m_json_bool(json, origin->is_secure);
}

/* Unknown resources may hold anything: their octets are shown as a length, like a secret's, and of
 * a number (a PIN may be one) that it is one. */
static void put_value(struct lwm2m_json_writer *json, const struct lwm2m_leaf *leaf,
                      const struct lwm2m_resource *resource)
{
    char text[64];
    const struct lwm2m_value *value = &leaf->value;
    bool is_hidden = !resource || resource->is_secret;
    bool is_number = value->type == LWM2M_INTEGER || value->type == LWM2M_UNSIGNED ||
                     value->type == LWM2M_FLOAT || value->type == LWM2M_TIME;
    if (is_hidden && is_number) {
        lwm2m_json_text(json, "(number)");
        return;
    }
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        lwm2m_json_int(json, value->as.integer);
        return;
    case LWM2M_UNSIGNED:
        lwm2m_json_uint(json, value->as.uinteger);
        return;
    case LWM2M_FLOAT:
        lwm2m_json_double(json, value->as.real);
        return;
    case LWM2M_BOOLEAN:
        lwm2m_json_bool(json, value->as.boolean);
        return;
    case LWM2M_OBJLNK:
        snprintf(text, sizeof text, "%u:%u", value->as.link.object, value->as.link.instance);
        break;
    case LWM2M_STRING:
    case LWM2M_CORELNK:
    case LWM2M_OPAQUE:
        if (!is_hidden) {
            lwm2m_json_string(json, (const char *)value->as.bytes.data, value->as.bytes.len);
            return;
        }
        snprintf(text, sizeof text, "(%zu octets)", value->as.bytes.len);
        break;
    case LWM2M_NONE:
        snprintf(text, sizeof text, "(empty)");
        break;
    }
    lwm2m_json_text(json, text);
}

static void put_leaf(struct lwm2m_json_writer *json, const struct lwm2m_leaf *leaf)
{
    char path[25];
    const struct lwm2m_object *object =
        lwm2m_object_find(lwm2m_registry_builtin(), leaf->path.id[0]);
    const struct lwm2m_resource *resource =
        object && leaf->path.depth >= 3 ? lwm2m_resource_find(object, leaf->path.id[2]) : NULL;
    lwm2m_json_object_begin(json);
    put_text(json, "path", lwm2m_path_text(leaf->path, path));
    put_text(json, "name", resource ? resource->name : "");
    lwm2m_json_key(json, "value");
    put_value(json, leaf, resource);
    lwm2m_json_object_end(json);
}

/* The leaves of a whole payload; a block of one cannot be decoded alone. */
static void put_values(struct lwm2m_json_writer *json, const char *path_text, uint16_t format,
                       const struct cc_message *message)
{
    struct lwm2m_path path;
    struct lwm2m_content content = {0};
    if (lwm2m_path_parse(path_text, strlen(path_text), &path) != LWM2M_OK ||
        lwm2m_decode(format, path, lwm2m_registry_builtin(), message->payload, message->payload_len,
                     &content) != LWM2M_OK)
        return;
    lwm2m_json_key(json, "values");
    lwm2m_json_array_begin(json);
    for (size_t i = 0; i < content.count; i++)
        put_leaf(json, &content.leaves[i]);
    lwm2m_json_array_end(json);
    lwm2m_content_clear(&content);
}

static bool put_block(struct lwm2m_json_writer *json, const char *key,
                      const struct cc_message *message, uint16_t number)
{
    const uint32_t absent = UINT32_MAX;
    uint32_t block = cc_message_uint(message, number, absent);
    char text[32];
    if (block == absent)
        return false;
    snprintf(text, sizeof text, "%u/%u/%u", block >> 4, block >> 3 & 1, 16u << (block & 7));
    put_text(json, key, text);
    return (block >> 4) != 0 || (block >> 3 & 1) != 0;
}

static void put_queries(struct lwm2m_json_writer *json, const struct cc_message *message)
{
    char joined[512];
    size_t len = 0;
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (option->number != CC_OPT_URI_QUERY || len + option->len + 1 > sizeof joined)
            continue;
        if (len)
            joined[len++] = '&';
        memcpy(joined + len, option->value, option->len);
        len += option->len;
    }
    if (len) {
        lwm2m_json_key(json, "query");
        lwm2m_json_string(json, joined, len);
    }
}

static void put_payload(struct lwm2m_json_writer *json, const char *path,
                        const struct cc_message *message)
{
    uint32_t number = cc_message_uint(message, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    const struct lwm2m_format *format =
        number < CC_FORMAT_NONE ? lwm2m_format_by_number((uint16_t)number) : NULL;
    bool is_part = put_block(json, "block1", message, CC_OPT_BLOCK1);
    is_part = put_block(json, "block2", message, CC_OPT_BLOCK2) || is_part;
    put_number(json, "size", (int64_t)message->payload_len);
    if (number < CC_FORMAT_NONE)
        put_number(json, "content_format", number);
    if (format)
        put_text(json, "format", format->name);
    if (!message->payload_len)
        return;
    if (number == LWM2M_FORMAT_LINK ||
        (number == CC_FORMAT_NONE && message->code >= CC_BAD_REQUEST)) {
        lwm2m_json_key(json, "text");
        lwm2m_json_string(json, (const char *)message->payload,
                          message->payload_len < TEXT_SHOWN_MAX ? message->payload_len
                                                                : TEXT_SHOWN_MAX);
    } else if (!is_part && format) {
        put_values(json, path, format->number, message);
    }
}

void bs_trace_message(struct bs_trace_hub *hub, uint32_t subscribers,
                      const struct bs_trace_origin *origin, enum cc_direction direction,
                      const struct cc_message *message, bool is_repeat)
{
    char path[128], code[8];
    struct lwm2m_json_writer json = {0};
    cc_message_path_text(message, path, sizeof path);
    begin(&json, "message", origin);
    put_text(&json, "direction", direction == CC_IN ? "in" : "out");
    put_text(&json, "type", cc_type_text(message->type));
    put_text(&json, "code", cc_code_text(message->code, code));
    put_number(&json, "mid", message->mid);
    lwm2m_json_key(&json, "token");
    lwm2m_json_hex(&json, message->token, message->token_len);
    if (message->code && message->code < CC_CODE(2, 0))
        put_text(&json, "path", path);
    put_queries(&json, message);
    put_payload(&json, path, message);
    lwm2m_json_key(&json, "repeat");
    lwm2m_json_bool(&json, is_repeat);
    lwm2m_json_object_end(&json);
    publish(hub, subscribers, &json);
    lwm2m_json_clear(&json);
}

void bs_trace_event(struct bs_trace_hub *hub, uint32_t subscribers,
                    const struct bs_trace_origin *origin, const char *event, const char *why)
{
    struct lwm2m_json_writer json = {0};
    begin(&json, event, origin);
    put_text(&json, "why", why);
    lwm2m_json_object_end(&json);
    publish(hub, subscribers, &json);
    lwm2m_json_clear(&json);
}
