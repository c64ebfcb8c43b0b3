#include "bootstrap/lwm2m/formats.h"
#include "bootstrap/lwm2m/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(struct lwm2m_out *out, const char *text)
{
    lwm2m_out_put(out, (const uint8_t *)text, strlen(text));
}

static void put_version(struct lwm2m_out *out, const char *before, uint16_t version,
                        const char *after)
{
    char text[sizeof "255.255"];
    (void)snprintf(text, sizeof text, "%u.%u", (unsigned)version >> 8 & 0xffU,
                   (unsigned)version & 0xffU);
    put_text(out, before);
    put_text(out, text);
    put_text(out, after);
}

static void put_uri(struct lwm2m_out *out, const char *uri)
{
    put_text(out, ";uri=\"");
    for (const char *at = uri; *at; at++) {
        if (*at == '"' || *at == '\\') {
            put_text(out, "\\");
        }
        lwm2m_out_put(out, (const uint8_t *)at, 1);
    }
    put_text(out, "\"");
}

static void put_entry(struct lwm2m_out *out, const struct lwm2m_entry *entry)
{
    char text[sizeof ";ssid=65535" + LWM2M_PATH_TEXT];
    put_text(out, out->len > 0 ? ",<" : "<");
    put_text(out, lwm2m_path_text(entry->path, text));
    put_text(out, ">");
    if (entry->version) {
        put_version(out, ";ver=", entry->version, "");
    }
    if (entry->ssid) {
        (void)snprintf(text, sizeof text, ";ssid=%u", (unsigned)entry->ssid);
        put_text(out, text);
    }
    if (entry->uri) {
        put_uri(out, entry->uri);
    }
}

enum lwm2m_error lwm2m_discover_build(const struct lwm2m_discover *discover, char *out,
                                      size_t capacity, size_t *len)
{
    struct lwm2m_out result = {.data = (uint8_t *)out, .capacity = capacity};
    /* lwm2m-encodings.md section 9: 1.0 has no root link. */
    if (discover->version == LWM2M_VERSION(1, 0)) {
        put_version(&result, "lwm2m=\"", discover->version, "\"");
    } else if (discover->version) {
        put_version(&result, "</>;lwm2m=", discover->version, "");
    }
    for (size_t i = 0; i < discover->count; i++) {
        put_entry(&result, &discover->entries[i]);
    }
    return lwm2m_out_end(&result, len);
}

static int entry_compare(const void *a, const void *b)
{
    return lwm2m_path_compare(((const struct lwm2m_entry *)a)->path,
                              ((const struct lwm2m_entry *)b)->path);
}

const struct lwm2m_entry *lwm2m_discover_find(const struct lwm2m_discover *discover,
                                              struct lwm2m_path path)
{
    const struct lwm2m_entry key = {.path = path};
    return discover->count == 0
               ? NULL
               : bsearch(&key, discover->entries, discover->count, sizeof key, entry_compare);
}

int32_t lwm2m_discover_bootstrap_instance(const struct lwm2m_discover *discover)
{
    for (size_t i = 0; i < discover->count; i++) {
        const struct lwm2m_entry *entry = &discover->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY && !entry->ssid) {
            return entry->path.id[1];
        }
    }
    return -1;
}

uint16_t lwm2m_discover_free_instance(const struct lwm2m_discover *discover, uint16_t object,
                                      bool (*taken)(void *context, uint16_t instance),
                                      void *context)
{
    for (uint16_t id = 0; id <= LWM2M_ID_MAX; id++) {
        if (!lwm2m_discover_find(discover, lwm2m_path_of(2, object, id, 0, 0)) &&
            (!taken || !taken(context, id))) {
            return id;
        }
    }
    return LWM2M_ID_NONE;
}
