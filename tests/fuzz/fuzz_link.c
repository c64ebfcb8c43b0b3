/* Link format: what parses must build, and parse again to the same. */
#include "bootstrap/lwm2m/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
    if (!fact) {
        abort();
    }
}

static void require_same(const struct lwm2m_discover *a, const struct lwm2m_discover *b)
{
    require(a->version == b->version && a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct lwm2m_entry *x = &a->entries[i];
        const struct lwm2m_entry *y = &b->entries[i];
        require(lwm2m_path_compare(x->path, y->path) == 0);
        require(i == 0 || lwm2m_path_compare(x[-1].path, x->path) < 0);
        require(x->ssid == y->ssid && x->version == y->version);
        require(!x->uri == !y->uri && (!x->uri || strcmp(x->uri, y->uri) == 0));
    }
}

static void check(const struct lwm2m_discover *discover)
{
    struct lwm2m_discover back = {0};
    size_t needed;
    size_t len;
    const enum lwm2m_error error = lwm2m_discover_build(discover, NULL, 0, &needed);
    require(error == (needed > 0 ? LWM2M_ESPACE : LWM2M_OK));
    char *text = malloc(needed > 0 ? needed : 1);
    require(text != NULL);
    require(lwm2m_discover_build(discover, text, needed, &len) == LWM2M_OK && len == needed);
    require(lwm2m_discover_parse(text, len, &back) == LWM2M_OK);
    require_same(discover, &back);
    lwm2m_discover_clear(&back);
    free(text);
}

static bool is_low(void *context, uint16_t instance)
{
    return instance < *(const uint16_t *)context;
}

/* Every entry is found where it stands, and an instance said to be free is none of them. */
static void look_up(const struct lwm2m_discover *discover)
{
    const int32_t bootstrap = lwm2m_discover_bootstrap_instance(discover);
    const uint16_t free_one = lwm2m_discover_free_instance(discover, 0, NULL, NULL);
    uint16_t floor = (uint16_t)(3 * discover->count);
    for (size_t i = 0; i < discover->count; i++) {
        const struct lwm2m_entry *entry = &discover->entries[i];
        require(lwm2m_discover_find(discover, entry->path) == entry);
        require(entry->path.depth != 2 || entry->path.id[0] != 0 || entry->path.id[1] != free_one);
    }
    require(bootstrap < 0 || bootstrap != free_one);
    require(lwm2m_discover_free_instance(discover, 1, is_low, &floor) >= floor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lwm2m_discover discover = {0};
    const enum lwm2m_error error = lwm2m_discover_parse((const char *)data, size, &discover);
    if (error == LWM2M_OK) {
        look_up(&discover);
        check(&discover);
    } else {
        require(discover.count == 0 && !discover.entries);
    }
    lwm2m_discover_clear(&discover);
    return 0;
}
