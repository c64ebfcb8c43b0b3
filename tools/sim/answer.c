#include "tools/sim/answer.h"

#include "bootstrap/lwm2m/codec.h"
#include "tools/sim/discover.h"

#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_BYTES = 2048, PAYLOAD_MAX_BYTES = 1 << 19, PATH_TEXT_BYTES = 64 };

/* Whether the device reads (or, not IS_RESOURCE, can give) format NUMBER at this depth. */
static bool is_format_known(const struct sim_device *device, uint16_t number, bool is_resource)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    if (format == NULL || format->decode == NULL || (format->single_only && !is_resource)) {
        return false;
    }
    uint32_t formats = sim_profile_formats(sim_device_profile(device), sim_device_version(device));
    return (formats & sim_format_bit(number)) != 0;
}

static uint16_t format_option(const struct cc_message *request, uint16_t option)
{
    uint32_t number = cc_message_uint(request, option, CC_FORMAT_NONE);
    return number < CC_FORMAT_NONE ? (uint16_t)number : CC_FORMAT_NONE;
}

/* ---- Discover ---- */

static uint8_t on_discover(const struct sim_device *device, struct lwm2m_path path,
                           struct sim_answer *answer)
{
    char *text;
    if (sim_device_profile(device)->no_discover) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (path.depth > 1) {
        return CC_BAD_REQUEST;
    }
    if (path.depth == 1 && !sim_device_has_object(device, path.id[0])) {
        return CC_NOT_FOUND;
    }
    if (!sim_discover(device, path, &text, &answer->payload_len)) {
        return CC_INTERNAL;
    }
    answer->payload = (uint8_t *)text;
    answer->format = LWM2M_FORMAT_LINK;
    return CC_CONTENT;
}

/* ---- Read ---- */

/* What a Read gives. */
struct job {
    uint16_t format;
    struct lwm2m_path base;
    const struct lwm2m_leaf *leaves;
    size_t count;
};

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
        error = lwm2m_encode(job->format, job->base, job->leaves, job->count, answer->payload, size,
                             &answer->payload_len);
    }
    if (error != LWM2M_OK) {
        answer->payload_len = 0;
        return error == LWM2M_EUNSUPPORTED ? CC_NOT_ACCEPTABLE : CC_INTERNAL;
    }
    answer->format = job->format;
    return CC_CONTENT;
}

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
    const struct sim_profile *profile = sim_device_profile(device);
    const struct sim_store *store = sim_device_store(device);
    bool is_readable =
        path.id[0] == LWM2M_OBJECT_SERVER || path.id[0] == LWM2M_OBJECT_ACCESS_CONTROL;
    if (sim_device_version(device) < LWM2M_VERSION(1, 1) || path.depth == 0 || path.depth > 2 ||
        !is_readable || profile->no_read) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (!sim_device_has_object(device, path.id[0]) ||
        (path.depth == 2 && sim_store_find(store, path.id[0], path.id[1]) == NULL)) {
        return CC_NOT_FOUND;
    }
    uint16_t preferred = sim_profile_pct(profile, sim_device_version(device));
    uint16_t format = accept == CC_FORMAT_NONE ? preferred : accept;
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

/* A code of the profile, or what the client to the letter answers. */
static uint8_t either(uint8_t code, uint8_t usual)
{
    return code != 0 ? code : usual;
}

static uint8_t on_write(struct sim_device *device, struct lwm2m_path path,
                        const struct cc_message *request)
{
    const struct sim_profile *profile = sim_device_profile(device);
    uint16_t format = format_option(request, CC_OPT_CONTENT_FORMAT);
    if (path.depth == 0 || path.depth == 4) {
        return CC_METHOD_NOT_ALLOWED;
    }
    if (format == CC_FORMAT_NONE) {
        return either(profile->no_format_code, CC_METHOD_NOT_ALLOWED);
    }
    if (!sim_device_has_object(device, path.id[0])) {
        return either(profile->unknown_object, CC_NOT_FOUND);
    }
    if (!is_format_known(device, format, path.depth == 3)) {
        return either(profile->format_code, CC_UNSUPPORTED_FORMAT);
    }
    struct lwm2m_content content = {0};
    enum lwm2m_error error = lwm2m_decode(format, path, sim_device_registry(device),
                                          request->payload, request->payload_len, &content);
    uint8_t code = CC_BAD_REQUEST;
    if (error == LWM2M_OK) {
        code = sim_device_write(device, path, content.leaves, content.count);
    }
    lwm2m_content_clear(&content);
    if (error != LWM2M_OK && profile->always_changed) {
        return CC_CHANGED;
    }
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
