/*
 * Which sessions each device has open at a worker: whoever knows one key shall not fill the house.
 *
 * Model. A chained hash table by device, its buckets made once for as many sessions as the worker
 * takes; a device that is here costs one small row of BS_GUESTS_EACH places. Entering and leaving
 * are O(1). The sessions belong to the endpoint; nothing of them is read here. One thread.
 */
#ifndef BS_GUESTS_H
#define BS_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BS_GUESTS_EACH 4 /* sessions that a device may have open at a worker */

struct cc_session;

struct bs_guests {
    struct bs_guest **rows;
    size_t mask;
};

/* For SESSIONS_MAX sessions. False when out of memory. */
bool bs_guests_init(struct bs_guests *guests, size_t sessions_max);
/* Forgets all; zero-initialised guests are allowed. */
void bs_guests_clear(struct bs_guests *guests);
/*
 * SESSION of OWNER opened. NULL, or the session that must be closed for it and is forgotten: the
 * oldest of that owner that IS_IDLE, else the oldest; SESSION itself when out of memory.
 */
struct cc_session *bs_guests_enter(struct bs_guests *guests, uint64_t owner,
                                   struct cc_session *session,
                                   bool (*is_idle)(const struct cc_session *session));
/* SESSION closed. Nothing happens when it is not known. */
void bs_guests_leave(struct bs_guests *guests, uint64_t owner, const struct cc_session *session);

#endif
