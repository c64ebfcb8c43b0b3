/* Discover and Read. */
#include "tests/e2e/peer_libcoap/held.h"
#include "tests/e2e/peer_libcoap/state.h"

#include <coap3/coap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_values(const struct peer_shown *place, char *out, size_t capacity)
{
    static const int ssids[] = {[SECURITY] = 10, [SERVER] = 0};
    char uri[URI_MAX];
    int len = 0;
    if (place->object > SERVER || place->instance < 0) {
        return 0;
    }
    const struct peer_leaf *ssid =
        peer_held_leaf(place->object, place->instance, ssids[place->object]);
    const struct peer_leaf *address =
        place->object == SECURITY ? peer_held_leaf(SECURITY, place->instance, 0) : NULL;
    if (ssid != NULL && !peer_held_is_bootstrap_account(place)) {
        len += snprintf(out, capacity, ";ssid=%ld", peer_leaf_number(ssid));
    }
    if (address != NULL && peer_held.has_uris) {
        peer_leaf_text(address, uri);
        len += snprintf(out + len, capacity - (size_t)len, ";uri=\"%s\"", uri);
    }
    return len;
}

int peer_state_discover(const char *path, char *out, size_t capacity)
{
    struct peer_place at;
    if (!peer_place_read(path, &at) || at.depth > 1) {
        return COAP_RESPONSE_CODE_BAD_REQUEST;
    }
    if (at.depth == 1 && !peer_held_has_object(at.id[0])) {
        return COAP_RESPONSE_CODE_NOT_FOUND;
    }
    size_t len = (size_t)snprintf(out, capacity, "%s", peer_held.head);
    for (size_t i = 0; i < peer_held.place_count && len + 2 * SHOWN_MAX + URI_MAX < capacity; i++) {
        const struct peer_shown *place = &peer_held.places[i];
        bool has_more = i + 1 < peer_held.place_count && place[1].object == place->object;
        if ((at.depth == 1 && place->object != at.id[0]) ||
            (place->instance < 0 && has_more && place->shown[0] == '\0')) {
            continue;
        }
        len += (size_t)snprintf(out + len, capacity - len, "%s</%d", len > 0 ? "," : "",
                                place->object);
        if (place->instance >= 0) {
            len += (size_t)snprintf(out + len, capacity - len, "/%d", place->instance);
        }
        len += (size_t)snprintf(out + len, capacity - len, ">");
        int values = show_values(place, out + len, capacity - len);
        len += values > 0 ? (size_t)values
                          : (size_t)snprintf(out + len, capacity - len, "%s", place->shown);
    }
    return COAP_RESPONSE_CODE_CONTENT;
}

/* An instance from before the first bootstrap: its short server ID and nothing else is known. */
static struct peer_leaf made_leaf(const struct peer_shown *place, int format, uint8_t data[24])
{
    const char *ssid = strstr(place->shown, "ssid=");
    long number = ssid != NULL ? strtol(ssid + 5, NULL, 10) : 0;
    struct peer_leaf leaf = {.at = {{SERVER, place->instance, 0}, 3},
                             .form = peer_form_of(format),
                             .label = "v",
                             .data = data};
    uint8_t octets[] = {0x19, (uint8_t)(number >> 8), (uint8_t)number};
    bool is_tlv = leaf.form == FORM_TLV;
    memcpy(data, is_tlv ? octets + 1 : octets, is_tlv ? 2 : 3);
    leaf.len = is_tlv ? 2 : 3;
    if (leaf.form == FORM_JSON) {
        leaf.len = (size_t)snprintf((char *)data, 24, "%ld", number);
    }
    return leaf;
}

static bool is_under(const struct peer_place *base, int object, int instance)
{
    return base->id[0] == object && (base->depth < 2 || base->id[1] == instance);
}

int peer_state_read(const char *path, int format, uint8_t *out, size_t capacity, size_t *len)
{
    struct peer_place base;
    static struct peer_leaf made[PLACES_MAX];
    static uint8_t octets[PLACES_MAX][24];
    static const struct peer_leaf *leaves[LEAVES_MAX + PLACES_MAX];
    size_t count = 0;
    enum peer_form form = format == FORMAT_JSON ? FORM_NONE : peer_form_of(format);
    if (!peer_place_read(path, &base) || base.depth < 1 || base.depth > 2 ||
        (base.id[0] != SERVER && base.id[0] != ACCESS)) {
        return COAP_RESPONSE_CODE_NOT_ALLOWED;
    }
    if (!peer_held_has_object(base.id[0]) ||
        (base.depth == 2 && !peer_held_find(base.id[0], base.id[1]))) {
        return COAP_RESPONSE_CODE_NOT_FOUND;
    }
    for (size_t i = 0; i < peer_held.place_count; i++) {
        const struct peer_shown *place = &peer_held.places[i];
        if (place->object == SERVER && place->instance >= 0 &&
            is_under(&base, SERVER, place->instance) &&
            !peer_held_leaf(SERVER, place->instance, 0)) {
            made[i] = made_leaf(place, format, octets[i]);
            leaves[count++] = &made[i];
        }
    }
    for (size_t i = 0; i < peer_held.leaf_count; i++) {
        if (is_under(&base, peer_held.leaves[i].at.id[0], peer_held.leaves[i].at.id[1])) {
            form = peer_held.leaves[i].form == form ? form : FORM_NONE;
            leaves[count++] = &peer_held.leaves[i];
        }
    }
    *len = form != FORM_NONE ? peer_body_write(format, &base, leaves, count, out, capacity) : 0;
    return form != FORM_NONE ? COAP_RESPONSE_CODE_CONTENT : COAP_RESPONSE_CODE_NOT_ACCEPTABLE;
}
