#include "bootstrap/lwm2m/formats.h"
#include "bootstrap/lwm2m/link.h"
#include "bootstrap/lwm2m/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lwm2m_discover_clear(struct lwm2m_discover *discover)
{
    for (size_t i = 0; i < discover->count; i++) {
        free(discover->entries[i].uri);
    }
    free(discover->entries);
    *discover = (struct lwm2m_discover){0};
}

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

/* Of one entry, with NEXT behind it or NULL. */
static unsigned form_of_entry(const struct lwm2m_entry *entry, const struct lwm2m_entry *next)
{
    if (entry->path.depth == 1) {
        const bool is_instanced =
            next && next->path.depth > 1 && lwm2m_path_under(next->path, entry->path);
        return is_instanced ? LWM2M_FORM_INSTANCED_OBJECT : 0;
    }
    if (entry->path.depth != 2 || entry->path.id[0] != LWM2M_OBJECT_SECURITY || !entry->uri) {
        return 0;
    }
    return LWM2M_FORM_URI | (entry->ssid ? 0U : LWM2M_FORM_BOOTSTRAP_URI);
}

unsigned lwm2m_discover_form_of(const struct lwm2m_discover *discover)
{
    unsigned form = 0;
    for (size_t i = 0; i < discover->count; i++) {
        const bool has_next = i + 1 < discover->count;
        form |= form_of_entry(&discover->entries[i], has_next ? &discover->entries[i + 1] : NULL);
    }
    return form;
}

/* The entries of A and B by path, into OUT (NULL: only counted); of a path in both, that of B. */
static size_t join(const struct lwm2m_discover *a, const struct lwm2m_discover *b,
                   struct lwm2m_entry *out)
{
    size_t count = 0;
    size_t i = 0;
    size_t k = 0;
    while (i < a->count || k < b->count) {
        const int order = i == a->count   ? 1
                          : k == b->count ? -1
                                          : entry_compare(&a->entries[i], &b->entries[k]);
        if (out) {
            out[count] = order < 0 ? a->entries[i] : b->entries[k];
        }
        if (out && order == 0) {
            free(a->entries[i].uri);
        }
        i += order <= 0 ? 1 : 0;
        k += order >= 0 ? 1 : 0;
        count++;
    }
    return count;
}

enum lwm2m_error lwm2m_discover_merge(struct lwm2m_discover *discover, struct lwm2m_discover *more)
{
    const size_t count = join(discover, more, NULL);
    struct lwm2m_entry *entries = calloc(count > 0 ? count : 1, sizeof *entries);
    if (count > LWM2M_DISCOVER_MAX || !entries) {
        free(entries);
        return entries ? LWM2M_ELIMIT : LWM2M_ENOMEM;
    }
    (void)join(discover, more, entries);
    free(discover->entries);
    free(more->entries);
    discover->entries = entries;
    discover->count = count;
    discover->version = more->version ? more->version : discover->version;
    discover->form = ((discover->form | more->form) &
                      (LWM2M_FORM_ROOT | LWM2M_FORM_BARE_VERSION | LWM2M_FORM_QUOTED_VERSION)) |
                     lwm2m_discover_form_of(discover);
    *more = (struct lwm2m_discover){0};
    return LWM2M_OK;
}

enum lwm2m_error lwm2m_account_parse(const char *text, size_t len, struct lwm2m_path *out,
                                     size_t capacity, size_t *count)
{
    struct lwm2m_discover shown = {0};
    enum lwm2m_error error = lwm2m_discover_parse(text, len, &shown);
    size_t found = 0;
    *count = 0;
    for (size_t i = 0; !error && i < shown.count; i++) {
        if (shown.entries[i].path.depth != 2) {
            continue;
        }
        error = found == capacity ? LWM2M_ELIMIT : LWM2M_OK;
        if (!error) {
            out[found++] = shown.entries[i].path;
        }
    }
    lwm2m_discover_clear(&shown);
    *count = error ? 0 : found;
    return error;
}
