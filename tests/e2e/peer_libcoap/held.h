/* The store behind state.h, for its own parts. */
#ifndef TESTS_E2E_PEER_HELD_H
#define TESTS_E2E_PEER_HELD_H

#include "tests/e2e/peer_libcoap/body.h"

enum { PLACES_MAX = 1024, LEAVES_MAX = 4096, SHOWN_MAX = 256 };
enum { SECURITY = 0, SERVER = 1, ACCESS = 2, DEVICE = 3, OSCORE = 21 };

/* An object (instance -1) or an instance, and what Discover shows of it besides its path. */
struct peer_shown {
    int object, instance;
    char shown[SHOWN_MAX];
};

struct peer_held {
    char head[SHOWN_MAX];     /* of Discover: </>;lwm2m=1.1 or what stood there */
    bool has_uris, is_closed; /* is_closed: has the objects that it showed and no others */
    struct peer_shown places[PLACES_MAX]; /* ascending */
    size_t place_count;
    struct peer_leaf leaves[LEAVES_MAX]; /* ascending */
    size_t leaf_count;
};
extern struct peer_held peer_held;

const struct peer_shown *peer_held_find(int object, int instance);
bool peer_held_has_object(int object);
void peer_held_add(int object, int instance, const char *shown);
/* Copies LEAF, to the end. */
void peer_held_add_leaf(const struct peer_leaf *leaf);
const struct peer_leaf *peer_held_leaf(int object, int instance, int resource);
bool peer_held_is_bootstrap_account(const struct peer_shown *place);

#endif
