/*
 * A hierarchical timer wheel in milliseconds: setting and stopping take O(1), firing is O(1)
 * amortised, whatever the number of timers.
 *
 * A level has 64 slots; a timer lies at the level of the highest 6-bit digit in which its time
 * differs from now, and moves down when now reaches its slot. The timer is a member of the user's
 * own struct; nothing is allocated. Times further off than the wheel reaches (2^42 ms, 139 years)
 * are cut to that. Not thread safe.
 */
#ifndef CC_TIMER_H
#define CC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define CC_WHEEL_LEVELS 7
#define CC_WHEEL_SLOTS  64
#define CC_NEVER        UINT64_MAX

/* Zero-initialised = not set. */
struct cc_timer {
    struct cc_timer *next;
    struct cc_timer *prev;
    uint64_t at_ms;
    uint16_t slot;
};

struct cc_wheel {
    uint64_t now_ms;
    uint64_t used[CC_WHEEL_LEVELS]; /* a bit for each slot that is not empty */
    struct cc_timer slots[CC_WHEEL_LEVELS * CC_WHEEL_SLOTS];
    struct cc_timer due;
};

/* An empty wheel whose time is NOW_MS. */
void cc_wheel_init(struct cc_wheel *wheel, uint64_t now_ms);
/* Sets TIMER to fire at AT_MS, or at the next advance if that is past; a set timer is moved. */
void cc_wheel_set(struct cc_wheel *wheel, struct cc_timer *timer, uint64_t at_ms);
void cc_wheel_stop(struct cc_wheel *wheel, struct cc_timer *timer);
bool cc_timer_is_set(const struct cc_timer *timer);
/*
 * A time at or before that of the earliest timer, CC_NEVER if there is none: at the latest then
 * cc_wheel_advance must be called. It may be early (a slot of a higher level opens), never late.
 */
uint64_t cc_wheel_next(const struct cc_wheel *wheel);
/* Time is now NOW_MS: FIRE is called for each timer that is due, which is no longer set then and
 * may be set again. */
void cc_wheel_advance(struct cc_wheel *wheel, uint64_t now_ms,
                      void (*fire)(void *context, struct cc_timer *timer), void *context);

#endif
