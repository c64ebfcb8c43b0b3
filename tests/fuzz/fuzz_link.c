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

/* The two halves of an answer, put together, show what both show, and what the second says. */
static void check_merge(const uint8_t *data, size_t size)
{
    struct lwm2m_discover first = {0};
    struct lwm2m_discover second = {0};
    struct lwm2m_discover again = {0};
    const char *const text = (const char *)data;
    const size_t half = size / 2;
    const bool is_read = lwm2m_discover_parse(text, half, &first) == LWM2M_OK &&
                         lwm2m_discover_parse(text + half, size - half, &second) == LWM2M_OK &&
                         lwm2m_discover_parse(text + half, size - half, &again) == LWM2M_OK;
    const size_t most = first.count + second.count;
    const size_t least = first.count > second.count ? first.count : second.count;
    if (is_read && lwm2m_discover_merge(&first, &second) == LWM2M_OK) {
        require(second.count == 0 && first.count <= most && first.count >= least);
        for (size_t i = 0; i < again.count; i++) {
            const struct lwm2m_entry *entry = lwm2m_discover_find(&first, again.entries[i].path);
            require(entry != NULL && entry->ssid == again.entries[i].ssid);
        }
        check(&first);
    }
    lwm2m_discover_clear(&first);
    lwm2m_discover_clear(&second);
    lwm2m_discover_clear(&again);
}

static void check_accounts(const uint8_t *data, size_t size)
{
    struct lwm2m_path paths[8];
    size_t count;
    if (lwm2m_account_parse((const char *)data, size, paths, 8, &count) != LWM2M_OK) {
        require(count == 0);
    }
    for (size_t i = 0; i < count; i++) {
        require(paths[i].depth == 2);
        require(i == 0 || lwm2m_path_compare(paths[i - 1], paths[i]) < 0);
    }
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
    check_merge(data, size);
    check_accounts(data, size);
    return 0;
}
