#include "tools/sim/answer.h"

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/link.h"

#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_BYTES = 2048, PAYLOAD_MAX_BYTES = 65536, PATH_TEXT_BYTES = 64 };
enum { R_URI = 0, R_SECURITY_SSID = 10, R_OSCORE = 17, R_SERVER_SSID = 0 };

/* Formats of the client and the first version that takes them (clients.md, Anjay 2.x and 3.x). */
static const struct {
    uint16_t number;
    uint16_t since;
} client_formats[] = {
    {LWM2M_FORMAT_TEXT, LWM2M_VERSION(1, 0)},       {LWM2M_FORMAT_OPAQUE, LWM2M_VERSION(1, 0)},
    {LWM2M_FORMAT_CBOR, LWM2M_VERSION(1, 1)},       {LWM2M_FORMAT_SENML_JSON, LWM2M_VERSION(1, 1)},
    {LWM2M_FORMAT_SENML_CBOR, LWM2M_VERSION(1, 1)}, {LWM2M_FORMAT_TLV, LWM2M_VERSION(1, 0)},
    {LWM2M_FORMAT_LWM2M_CBOR, LWM2M_VERSION(1, 2)},
};

static bool is_format_known(const struct sim_device *device, uint16_t number, bool is_resource)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    if (format == NULL || format->decode == NULL || (format->single_only && !is_resource)) {
        return false;
    }
    for (size_t i = 0; i < sizeof client_formats / sizeof client_formats[0]; i++) {
        if (client_formats[i].number == number) {
            return client_formats[i].since <= sim_device_version(device);
        }
    }
    return false;
}

static uint16_t format_option(const struct cc_message *request, uint16_t option)
{
    uint32_t number = cc_message_uint(request, option, CC_FORMAT_NONE);
    return number < CC_FORMAT_NONE ? (uint16_t)number : CC_FORMAT_NONE;
}

/* ---- payloads ---- */

/* BUILD fills a buffer, and says by LWM2M_ESPACE and *LEN how large it must be. */
struct job {
    uint16_t format;
    struct lwm2m_path base;
    const struct lwm2m_leaf *leaves;
    size_t count;
    const struct lwm2m_discover *discover;
};

static enum lwm2m_error build(const struct job *job, uint8_t *out, size_t capacity, size_t *len)
{
    if (job->discover != NULL) {
        return lwm2m_discover_build(job->discover, (char *)out, capacity, len);
    }
    return lwm2m_encode(job->format, job->base, job->leaves, job->count, out, capacity, len);
}

static uint8_t put_payload(struct sim_answer *answer, const struct job *job)
{
    enum lwm2m_error error = LWM2M_ESPACE;
    for (size_t size = PAYLOAD_BYTES; error == LWM2M_ESPACE && size <= PAYLOAD_MAX_BYTES;
         size *= 4) {
        free(answer->payload);
        answer->payload = malloc(size);
        if (answer->payload == NULL) {
            return CC_INTERNAL;
        }
        error = build(job, answer->payload, size, &answer->payload_len);
    }
    if (error != LWM2M_OK) {
        answer->payload_len = 0;
        return error == LWM2M_EUNSUPPORTED ? CC_NOT_ACCEPTABLE : CC_INTERNAL;
    }
    answer->format = job->format;
    return CC_CONTENT;
}

/* ---- Discover ---- */

static uint16_t ssid_shown(const struct sim_instance *instance)
{
    uint16_t resource = instance->object == LWM2M_OBJECT_SECURITY ? R_SECURITY_SSID : R_SERVER_SSID;
    if (instance->object != LWM2M_OBJECT_SECURITY && instance->object != LWM2M_OBJECT_SERVER) {
        return 0;
    }
    const struct lwm2m_value *value = sim_instance_value(instance, resource);
    return value == NULL ? 0 : (uint16_t)value->as.integer;
}

/* /21 shows the short server ID of the /0 instance that links to it (lwm2m-bootstrap.md 3.2). */
static uint16_t oscore_ssid(const struct sim_store *store, uint16_t oscore)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *instance = &store->instances[i];
        const struct lwm2m_value *link = sim_instance_value(instance, R_OSCORE);
        if (instance->object == LWM2M_OBJECT_SECURITY && link != NULL &&
            link->as.link.instance == oscore) {
            return ssid_shown(instance);
        }
    }
    return 0;
}

static char *uri_shown(const struct sim_device *device, const struct sim_instance *instance)
{
    const struct lwm2m_value *uri = sim_instance_value(instance, R_URI);
    bool is_shown = instance->object == LWM2M_OBJECT_SECURITY && uri != NULL &&
                    sim_device_version(device) >= LWM2M_VERSION(1, 1);
    return is_shown ? strndup((const char *)uri->as.bytes.data, uri->as.bytes.len) : NULL;
}

static void show_instance(const struct sim_device *device, const struct sim_instance *instance,
                          struct lwm2m_entry *entry)
{
    bool is_oscore = instance->object == LWM2M_OBJECT_OSCORE;
    *entry = (struct lwm2m_entry){
        .path = lwm2m_path_of(2, instance->object, instance->instance, 0, 0),
        .ssid = is_oscore ? oscore_ssid(sim_device_store(device), instance->instance)
                          : ssid_shown(instance),
        .uri = uri_shown(device, instance)};
}

/* Objects with and without instances, each followed by its instances, as Anjay shows them. */
static void show_object(const struct sim_device *device, uint16_t object,
                        struct lwm2m_discover *discover)
{
    const struct sim_store *store = sim_device_store(device);
    discover->entries[discover->count++] =
        (struct lwm2m_entry){.path = lwm2m_path_of(1, object, 0, 0, 0)};
    for (size_t i = 0; i < store->count; i++) {
        if (store->instances[i].object == object) {
            show_instance(device, &store->instances[i], &discover->entries[discover->count++]);
        }
    }
}

static uint8_t on_discover(const struct sim_device *device, struct lwm2m_path path,
                           struct sim_answer *answer)
{
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    if (path.depth > 1) {
        return CC_BAD_REQUEST;
    }
    if (path.depth == 1 && !sim_device_has_object(device, path.id[0])) {
        return CC_NOT_FOUND;
    }
    size_t most = registry->object_count + sim_device_store(device)->count;
    struct lwm2m_discover discover = {.version = sim_device_version(device)};
    discover.entries = calloc(most, sizeof discover.entries[0]);
    if (discover.entries == NULL) {
        return CC_INTERNAL;
    }
    for (size_t i = 0; i < registry->object_count; i++) {
        uint16_t id = registry->objects[i]->id;
        if (sim_device_has_object(device, id) && (path.depth == 0 || path.id[0] == id)) {
            show_object(device, id, &discover);
        }
    }
    struct job job = {.format = LWM2M_FORMAT_LINK, .discover = &discover};
    uint8_t code = put_payload(answer, &job);
    lwm2m_discover_clear(&discover);
    return code;
}

/* ---- Read ---- */

static size_t count_leaves(const struct sim_store *store, struct lwm2m_path path)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *in = &store->instances[i];
        if (lwm2m_path_under(lwm2m_path_of(2, in->object, in->instance, 0, 0), path)) {
            count += in->count + 1;
        }
    }
    return count;
}

/* Shallow copies of the leaves under PATH; an instance without resources gives one for itself. */
static size_t gather(const struct sim_store *store, struct lwm2m_path path,
                     struct lwm2m_leaf *leaves)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *in = &store->instances[i];
        const struct lwm2m_path at = lwm2m_path_of(2, in->object, in->instance, 0, 0);
        if (!lwm2m_path_under(at, path)) {
            continue;
        }
        if (in->count == 0) {
            leaves[count++] = (struct lwm2m_leaf){.path = at};
            continue;
        }
        memcpy(leaves + count, in->leaves, in->count * sizeof leaves[0]);
        count += in->count;
    }
    return count;
}

static uint8_t on_read(const struct sim_device *device, struct lwm2m_path path, uint16_t accept,
                       struct sim_answer *answer)
{
    const struct sim_store *store = sim_device_store(device);
    bool is_readable =
        path.id[0] == LWM2M_OBJECT_SERVER || path.id[0] == LWM2M_OBJECT_ACCESS_CONTROL;
    if (sim_device_version(device) < LWM2M_VERSION(1, 1) || path.depth == 0 || path.depth > 2 ||
        !is_readable) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (!sim_device_has_object(device, path.id[0]) ||
        (path.depth == 2 && sim_store_find(store, path.id[0], path.id[1]) == NULL)) {
        return CC_NOT_FOUND;
    }
    uint16_t format = accept == CC_FORMAT_NONE ? LWM2M_FORMAT_SENML_CBOR : accept;
    if (!is_format_known(device, format, false)) {
        return CC_NOT_ACCEPTABLE;
    }
    struct lwm2m_leaf *leaves = calloc(count_leaves(store, path) + 1, sizeof leaves[0]);
    if (leaves == NULL) {
        return CC_INTERNAL;
    }
    struct job job = {.format = format, .base = path, .leaves = leaves};
    job.count = gather(store, path, leaves);
    uint8_t code = put_payload(answer, &job);
    free(leaves);
    return code;
}

/* ---- the other operations ---- */

static uint8_t on_write(struct sim_device *device, struct lwm2m_path path,
                        const struct cc_message *request)
{
    uint16_t format = format_option(request, CC_OPT_CONTENT_FORMAT);
    if (path.depth == 0 || path.depth == 4 || format == CC_FORMAT_NONE) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (!sim_device_has_object(device, path.id[0])) {
        return CC_NOT_FOUND;
    }
    if (!is_format_known(device, format, path.depth == 3)) {
        return CC_UNSUPPORTED_FORMAT;
    }
    struct lwm2m_content content = {0};
    enum lwm2m_error error = lwm2m_decode(format, path, lwm2m_registry_builtin(), request->payload,
                                          request->payload_len, &content);
    uint8_t code = CC_BAD_REQUEST;
    if (error == LWM2M_OK) {
        code = sim_device_write(device, path, content.leaves, content.count);
    }
    lwm2m_content_clear(&content);
    return error == LWM2M_ENOMEM ? CC_INTERNAL : code;
}

static uint8_t on_finish(const struct sim_device *device, struct sim_answer *answer)
{
    answer->is_finish = true;
    if (sim_validate(device, answer->reason)) {
        return CC_CHANGED;
    }
    answer->payload = (uint8_t *)strdup(answer->reason);
    answer->payload_len = answer->payload == NULL ? 0 : strlen(answer->reason);
    return CC_NOT_ACCEPTABLE;
}

static uint8_t on_get(const struct sim_device *device, struct lwm2m_path path,
                      const struct cc_message *request, struct sim_answer *answer)
{
    uint16_t accept = format_option(request, CC_OPT_ACCEPT);
    if (accept == LWM2M_FORMAT_LINK || (accept == CC_FORMAT_NONE && path.depth == 0)) {
        return on_discover(device, path, answer);
    }
    return on_read(device, path, accept, answer);
}

void sim_answer(struct sim_device *device, const struct cc_message *request,
                struct sim_answer *answer)
{
    char text[PATH_TEXT_BYTES];
    struct lwm2m_path path;
    answer->format = CC_FORMAT_NONE;
    cc_message_path_text(request, text, sizeof text);
    if (cc_message_path_is(request, "bs")) {
        answer->code = request->code == CC_POST ? on_finish(device, answer) : CC_METHOD_NOT_ALLOWED;
        return;
    }
    if (lwm2m_path_parse(text, strlen(text), &path) != LWM2M_OK) {
        answer->code = CC_BAD_REQUEST;
        return;
    }
    switch (request->code) {
    case CC_GET:
        answer->code = on_get(device, path, request, answer);
        return;
    case CC_PUT:
        answer->code = on_write(device, path, request);
        return;
    case CC_DELETE:
        answer->code = sim_device_delete(device, path);
        return;
    default:
        answer->code = CC_METHOD_NOT_ALLOWED;
        return;
    }
}

void sim_answer_clear(struct sim_answer *answer)
{
    if (answer->payload != NULL) {
        explicit_bzero(answer->payload, answer->payload_len);
        free(answer->payload);
    }
    *answer = (struct sim_answer){0};
}
