#include "tests/e2e/peer_libcoap/state.h"

#include "tests/e2e/peer_libcoap/held.h"

#include <coap3/coap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer_held peer_held;

/* ---- places ---- */

const struct peer_shown *peer_held_find(int object, int instance)
{
    for (size_t i = 0; i < peer_held.place_count; i++) {
        if (peer_held.places[i].object == object && peer_held.places[i].instance == instance) {
            return &peer_held.places[i];
        }
    }
    return NULL;
}

bool peer_held_has_object(int object)
{
    for (size_t i = 0; i < peer_held.place_count; i++) {
        if (peer_held.places[i].object == object) {
            return true;
        }
    }
    return false;
}

/* Ascending; an object before its instances. */
void peer_held_add(int object, int instance, const char *shown)
{
    size_t at = 0;
    if (peer_held_find(object, instance) != NULL || peer_held.place_count == PLACES_MAX) {
        return;
    }
    while (at < peer_held.place_count &&
           (peer_held.places[at].object < object ||
            (peer_held.places[at].object == object && peer_held.places[at].instance < instance))) {
        at++;
    }
    memmove(peer_held.places + at + 1, peer_held.places + at,
            (peer_held.place_count++ - at) * sizeof *peer_held.places);
    peer_held.places[at] = (struct peer_shown){.object = object, .instance = instance};
    snprintf(peer_held.places[at].shown, SHOWN_MAX, "%s", shown);
}

const struct peer_leaf *peer_held_leaf(int object, int instance, int resource)
{
    for (size_t i = 0; i < peer_held.leaf_count; i++) {
        const int *id = peer_held.leaves[i].at.id;
        if (id[0] == object && id[1] == instance && id[2] == resource) {
            return &peer_held.leaves[i];
        }
    }
    return NULL;
}

bool peer_held_is_bootstrap_account(const struct peer_shown *place)
{
    const struct peer_leaf *leaf = peer_held_leaf(SECURITY, place->instance, 1);
    return place->object == SECURITY && place->instance >= 0 &&
           (leaf != NULL ? peer_leaf_number(leaf) == 1 : strstr(place->shown, "ssid=") == NULL);
}

/* A server's OSCORE context, or that of the bootstrap account, which stays. */
static bool is_kept(const struct peer_shown *place)
{
    bool is_context = place->object == OSCORE && place->instance >= 0 &&
                      peer_held_leaf(OSCORE, place->instance, 0) == NULL;
    return peer_held_is_bootstrap_account(place) ||
           (is_context && strstr(place->shown, "ssid=") == NULL);
}

void peer_state_begin(const char *discover)
{
    const char *end = discover + strlen(discover);
    peer_held.is_closed = *discover != '\0';
    for (const char *at = discover, *next; at < end; at = next + 1) {
        char item[SHOWN_MAX], path[64];
        struct peer_place place;
        bool is_quoted = false;
        for (next = at; next < end && (is_quoted || *next != ','); next++) {
            is_quoted ^= *next == '"';
        }
        snprintf(item, sizeof item, "%.*s", (int)(next - at), at);
        char *shown = strchr(item, '>');
        bool is_path = sscanf(item, "<%63[0-9/]>", path) == 1 && strcmp(path, "/") != 0;
        if (is_path && shown != NULL && peer_place_read(path, &place)) {
            peer_held_add(place.id[0], place.depth > 1 ? place.id[1] : -1, shown + 1);
        } else {
            snprintf(peer_held.head, sizeof peer_held.head, "%s", item);
            peer_held.has_uris = strstr(item, "1.1") != NULL || strstr(item, "1.2") != NULL;
        }
    }
}

/* ---- values ---- */

static int compare(const void *left, const void *right)
{
    const struct peer_leaf *a = left, *b = right;
    for (int i = 0; i < 4; i++) {
        int x = i < a->at.depth ? a->at.id[i] : -1;
        int y = i < b->at.depth ? b->at.id[i] : -1;
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return 0;
}

static void drop_leaves(int object, int instance, int resource)
{
    size_t kept = 0;
    for (size_t i = 0; i < peer_held.leaf_count; i++) {
        const int *id = peer_held.leaves[i].at.id;
        if (id[0] == object && id[1] == instance && (resource < 0 || id[2] == resource)) {
            free(peer_held.leaves[i].data);
        } else {
            peer_held.leaves[kept++] = peer_held.leaves[i];
        }
    }
    peer_held.leaf_count = kept;
}

void peer_held_add_leaf(const struct peer_leaf *leaf)
{
    struct peer_leaf *copy = &peer_held.leaves[peer_held.leaf_count];
    uint8_t *data = peer_held.leaf_count < LEAVES_MAX ? malloc(leaf->len + 1) : NULL;
    if (data != NULL) {
        memcpy(data, leaf->data, leaf->len);
        *copy = *leaf;
        copy->data = data;
        peer_held.leaf_count++;
    }
}

/* Of a Write: what it carries replaces the same resources, the others stay. */
static void drop_same(void *context, const struct peer_leaf *leaf)
{
    (void)context;
    drop_leaves(leaf->at.id[0], leaf->at.id[1], leaf->at.id[2]);
}

static void keep(void *context, const struct peer_leaf *leaf)
{
    (void)context;
    peer_held_add(leaf->at.id[0], leaf->at.id[1], "");
    peer_held_add_leaf(leaf);
}

static void count_foreign(void *context, const struct peer_leaf *leaf)
{
    struct peer_place *base = context;
    base->depth = memcmp(leaf->at.id, base->id, sizeof(int) * (size_t)base->depth) == 0
                      ? base->depth
                      : 5; /* outside of what was written to */
}

int peer_state_write(const char *path, int format, const uint8_t *body, size_t len)
{
    struct peer_place base;
    if (!peer_place_read(path, &base) || base.depth == 0) {
        return COAP_RESPONSE_CODE_NOT_ALLOWED;
    }
    if (peer_held.is_closed && !peer_held_has_object(base.id[0])) {
        return COAP_RESPONSE_CODE_NOT_FOUND;
    }
    if (peer_form_of(format) == FORM_NONE) {
        return COAP_RESPONSE_CODE_UNSUPPORTED_CONTENT_FORMAT;
    }
    struct peer_place checked = base;
    bool is_read = peer_body_walk(format, &base, body, len, count_foreign, &checked);
    if (!is_read || checked.depth != base.depth) {
        return COAP_RESPONSE_CODE_BAD_REQUEST;
    }
    peer_body_walk(format, &base, body, len, drop_same, NULL);
    peer_body_walk(format, &base, body, len, keep, NULL);
    qsort(peer_held.leaves, peer_held.leaf_count, sizeof *peer_held.leaves, compare);
    return COAP_RESPONSE_CODE_CHANGED;
}

int peer_state_delete(const char *path)
{
    struct peer_place at;
    size_t kept = 0;
    if (!peer_place_read(path, &at) || at.depth > 2) {
        return COAP_RESPONSE_CODE_BAD_REQUEST;
    }
    const struct peer_shown *one = at.depth == 2 ? peer_held_find(at.id[0], at.id[1]) : NULL;
    if (one != NULL && peer_held_is_bootstrap_account(one)) {
        return COAP_RESPONSE_CODE_BAD_REQUEST;
    }
    bool is_lacking = at.depth == 2 && one == NULL;
    for (size_t i = 0; i < peer_held.place_count; i++) {
        struct peer_shown place = peer_held.places[i];
        bool is_meant = (at.depth < 1 || place.object == at.id[0]) &&
                        (at.depth < 2 || place.instance == at.id[1]) && place.instance >= 0 &&
                        (at.depth > 0 || place.object != DEVICE);
        bool goes = is_meant && !is_kept(&place);
        if (goes) {
            drop_leaves(place.object, place.instance, -1);
            place.instance = -1; /* the object stays known */
            place.shown[0] = '\0';
        }
        bool is_known = goes && kept > 0 && peer_held.places[kept - 1].object == place.object;
        if (!is_known) {
            peer_held.places[kept++] = place;
        }
    }
    peer_held.place_count = kept;
    return is_lacking ? COAP_RESPONSE_CODE_NOT_FOUND : COAP_RESPONSE_CODE_DELETED;
}
