#include "bootstrap/server/guests.h"

#include <stdlib.h>
#include <string.h>

struct bs_guest {
    struct bs_guest *next;
    uint64_t owner;
    struct cc_session *sessions[BS_GUESTS_EACH]; /* the oldest first, then NULL */
};

bool bs_guests_init(struct bs_guests *guests, size_t sessions_max)
{
    size_t count = 64;
    while (count < sessions_max && count < SIZE_MAX / 4)
        count *= 2;
    guests->rows = calloc(count, sizeof(struct bs_guest *));
    guests->mask = count - 1;
    return guests->rows != NULL;
}

void bs_guests_clear(struct bs_guests *guests)
{
    for (size_t i = 0; guests->rows && i <= guests->mask; i++)
        while (guests->rows[i]) {
            struct bs_guest *guest = guests->rows[i];
            guests->rows[i] = guest->next;
            free(guest);
        }
    free(guests->rows);
    guests->rows = NULL;
}

/* The link that points to OWNER's row, or the end of the chain where it belongs. Ids are the
 * store's own, in order of arrival: nobody outside chooses where they fall. */
static struct bs_guest **find(struct bs_guests *guests, uint64_t owner)
{
    struct bs_guest **link = &guests->rows[owner & guests->mask];
    while (*link && (*link)->owner != owner)
        link = &(*link)->next;
    return link;
}

static struct cc_session *take(struct bs_guest *guest, size_t place)
{
    struct cc_session *session = guest->sessions[place];
    memmove(guest->sessions + place, guest->sessions + place + 1,
            (BS_GUESTS_EACH - 1 - place) * sizeof *guest->sessions);
    guest->sessions[BS_GUESTS_EACH - 1] = NULL;
    return session;
}

struct cc_session *bs_guests_enter(struct bs_guests *guests, uint64_t owner,
                                   struct cc_session *session,
                                   bool (*is_idle)(const struct cc_session *session))
{
    struct bs_guest **link = find(guests, owner);
    if (!*link) {
        *link = calloc(1, sizeof **link);
        if (!*link)
            return session;
        (*link)->owner = owner;
    }
    struct bs_guest *guest = *link;
    struct cc_session *leaver = NULL;
    size_t count = 0;
    while (count < BS_GUESTS_EACH && guest->sessions[count])
        count++;
    if (count == BS_GUESTS_EACH) {
        size_t place = 0;
        while (place < count && !is_idle(guest->sessions[place]))
            place++;
        leaver = take(guest, place < count ? place : 0);
        count--;
    }
    guest->sessions[count] = session;
    return leaver;
}

void bs_guests_leave(struct bs_guests *guests, uint64_t owner, const struct cc_session *session)
{
    struct bs_guest **link = find(guests, owner);
    struct bs_guest *guest = *link;
    for (size_t i = 0; guest && i < BS_GUESTS_EACH; i++)
        if (guest->sessions[i] == session) {
            take(guest, i);
            break;
        }
    if (guest && !guest->sessions[0]) {
        *link = guest->next;
        free(guest);
    }
}
