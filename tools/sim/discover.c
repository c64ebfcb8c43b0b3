#include "tools/sim/discover.h"

#include <stdio.h>
#include <stdlib.h>

enum { R_URI = 0, R_SECURITY_SSID = 10, R_OSCORE = 17, R_SERVER_SSID = 0, BIG_LINKS = 3000 };

struct shower {
    FILE *out;
    const struct sim_device *device;
    const struct sim_profile *profile;
    bool has_item;
};

static void put_separator(struct shower *shower)
{
    if (shower->has_item) {
        fputc(',', shower->out);
    }
    shower->has_item = true;
}

static void put_path(struct shower *shower, struct lwm2m_path path)
{
    char text[LWM2M_PATH_TEXT];
    put_separator(shower);
    fprintf(shower->out, "<%s%s>", lwm2m_path_text(path, text),
            shower->profile->discover_slash ? "/" : "");
}

/* The head: the enabler's version. */
static void put_version(struct shower *shower)
{
    const struct sim_profile *profile = shower->profile;
    uint16_t version =
        profile->shown_version != 0 ? profile->shown_version : sim_device_version(shower->device);
    bool is_old = version == LWM2M_VERSION(1, 0) && profile->shown_version == 0;
    const char *form = "</>;lwm2m=%u.%u";
    if (profile->discover_bare) {
        form = "lwm2m=%u.%u";
    } else if (profile->discover_quoted) {
        form = "</>;lwm2m=\"%u.%u\"";
    } else if (is_old) {
        form = "lwm2m=\"%u.%u\"";
    }
    put_separator(shower);
    fprintf(shower->out, form, version >> 8, version & 0xffu);
}

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

static void put_uri(struct shower *shower, const struct sim_instance *instance, uint16_t ssid)
{
    const struct lwm2m_value *uri = sim_instance_value(instance, R_URI);
    bool is_hidden = shower->profile->discover_no_uri ||
                     (shower->profile->discover_no_bootstrap_uri && ssid == 0) ||
                     sim_device_version(shower->device) < LWM2M_VERSION(1, 1);
    if (instance->object != LWM2M_OBJECT_SECURITY || uri == NULL || is_hidden) {
        return;
    }
    fputs(";uri=\"", shower->out);
    for (size_t i = 0; i < uri->as.bytes.len; i++) {
        char c = (char)uri->as.bytes.data[i];
        fprintf(shower->out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    fputc('"', shower->out);
}

static void put_instance(struct shower *shower, const struct sim_instance *instance)
{
    bool is_oscore = instance->object == LWM2M_OBJECT_OSCORE;
    uint16_t ssid = ssid_shown(instance);
    if (is_oscore && !shower->profile->discover_no_oscore) {
        ssid = oscore_ssid(sim_device_store(shower->device), instance->instance);
    }
    put_path(shower, lwm2m_path_of(2, instance->object, instance->instance, 0, 0));
    if (ssid != 0) {
        fprintf(shower->out, ";ssid=%u", ssid);
    }
    put_uri(shower, instance, ssid);
}

static bool has_instance(const struct sim_store *store, uint16_t object)
{
    for (size_t i = 0; i < store->count; i++) {
        if (store->instances[i].object == object) {
            return true;
        }
    }
    return false;
}

/* Objects with and without instances, each followed by its instances, as Anjay shows them. */
static void put_object(struct shower *shower, uint16_t object)
{
    const struct sim_profile *profile = shower->profile;
    const struct sim_store *store = sim_device_store(shower->device);
    uint16_t version = lwm2m_object_implied(object, sim_device_version(shower->device));
    bool has_version = profile->discover_versions && version > LWM2M_VERSION(1, 0) &&
                       object != LWM2M_OBJECT_SECURITY;
    if (!profile->discover_terse || has_version || !has_instance(store, object)) {
        put_path(shower, lwm2m_path_of(1, object, 0, 0, 0));
        if (has_version) {
            fprintf(shower->out, ";ver=%u.%u", version >> 8, version & 0xffu);
        }
    }
    for (size_t i = 0; i < store->count; i++) {
        if (store->instances[i].object == object) {
            put_instance(shower, &store->instances[i]);
        }
    }
}

static void put_objects(struct shower *shower, struct lwm2m_path path)
{
    size_t count;
    const uint16_t *objects = sim_device_objects(shower->device, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_hidden =
            shower->profile->discover_no_security && objects[i] == LWM2M_OBJECT_SECURITY;
        if (!is_hidden && (path.depth == 0 || path.id[0] == objects[i])) {
            put_object(shower, objects[i]);
        }
    }
}

/* What a server has to read over. */
static void put_oddities(struct shower *shower)
{
    if (shower->profile->discover_commas) {
        put_separator(shower);
        fputs("</a,b>;title=\"one, \\\"two\\\", <three>;ssid=9\";ct=\"0 40\"", shower->out);
    }
    for (unsigned i = 0; shower->profile->discover_big && i < BIG_LINKS; i++) {
        put_separator(shower);
        fprintf(shower->out, "</fw/part/%u>;sz=1", i);
    }
}

bool sim_discover(const struct sim_device *device, struct lwm2m_path path, char **text, size_t *len)
{
    struct shower shower = {.device = device, .profile = sim_device_profile(device)};
    *text = NULL;
    shower.out = open_memstream(text, len);
    if (shower.out == NULL) {
        return false;
    }
    if (shower.profile->discover_garbage) {
        fputs("<<;;\"<\x01\x02 no links here", shower.out);
    } else if (!shower.profile->discover_empty) {
        put_version(&shower);
        put_objects(&shower, path);
        put_oddities(&shower);
    }
    bool is_ok = ferror(shower.out) == 0;
    is_ok = fclose(shower.out) == 0 && is_ok;
    if (!is_ok) {
        free(*text);
        *text = NULL;
    }
    return is_ok;
}
