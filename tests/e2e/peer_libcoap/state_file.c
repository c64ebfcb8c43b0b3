/* What is held, from run to run. */
#include "tests/e2e/peer_libcoap/held.h"
#include "tests/e2e/peer_libcoap/state.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 16384 };

bool peer_state_save(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    fprintf(file, "head %d %s\n", peer_held.has_uris | peer_held.is_closed << 1, peer_held.head);
    for (size_t i = 0; i < peer_held.place_count; i++) {
        fprintf(file, "place %d %d %s\n", peer_held.places[i].object, peer_held.places[i].instance,
                peer_held.places[i].shown);
    }
    for (size_t i = 0; i < peer_held.leaf_count; i++) {
        const struct peer_leaf *leaf = &peer_held.leaves[i];
        fprintf(file, "leaf %d %d %d %d %d %d %s=", leaf->at.id[0], leaf->at.id[1], leaf->at.id[2],
                leaf->at.id[3], leaf->at.depth, (int)leaf->form, leaf->label);
        for (size_t n = 0; n < leaf->len; n++) {
            fprintf(file, "%02x", leaf->data[n]);
        }
        fputc('\n', file);
    }
    return fclose(file) == 0;
}

static bool load_leaf(const char *line)
{
    static uint8_t data[LINE_MAX_OCTETS / 2];
    struct peer_leaf leaf = {.data = data};
    int form = 0, at = 0;
    unsigned octet;
    bool is_read = sscanf(line, "leaf %d %d %d %d %d %d %n", &leaf.at.id[0], &leaf.at.id[1],
                          &leaf.at.id[2], &leaf.at.id[3], &leaf.at.depth, &form, &at) == 6;
    const char *hex = is_read ? strchr(line + at, '=') : NULL;
    if (hex == NULL || hex - (line + at) >= LABEL_MAX) {
        return false;
    }
    memcpy(leaf.label, line + at, (size_t)(hex - (line + at)));
    leaf.form = (enum peer_form)form;
    for (hex++; leaf.len < sizeof data && sscanf(hex, "%2x", &octet) == 1; hex += 2) {
        data[leaf.len++] = (uint8_t)octet;
    }
    peer_held_add_leaf(&leaf);
    return true;
}

bool peer_state_load(const char *path)
{
    static char line[LINE_MAX_OCTETS];
    FILE *file = fopen(path, "r");
    bool is_good = true;
    if (file == NULL) {
        return true;
    }
    memset(&peer_held, 0, sizeof peer_held);
    while (is_good && fgets(line, sizeof line, file) != NULL) {
        int object, instance, at = 0, flags;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "head %d %n", &flags, &at) == 1) {
            peer_held.has_uris = flags & 1;
            peer_held.is_closed = flags & 2;
            snprintf(peer_held.head, sizeof peer_held.head, "%s", line + at);
        } else if (sscanf(line, "place %d %d %n", &object, &instance, &at) == 2) {
            peer_held_add(object, instance, line + at);
        } else {
            is_good = load_leaf(line);
        }
    }
    fclose(file);
    return is_good;
}
