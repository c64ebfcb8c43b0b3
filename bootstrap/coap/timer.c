#include "bootstrap/coap/timer.h"

#include <stddef.h>

#define DIGIT_BITS 6
#define DIGIT_MASK 63U
#define SLOT_DUE   (CC_WHEEL_LEVELS * CC_WHEEL_SLOTS)
#define REACH_MS   ((UINT64_C(1) << (DIGIT_BITS * CC_WHEEL_LEVELS)) - 1)

static void list_init(struct cc_timer *head)
{
    head->next = head;
    head->prev = head;
}

static void list_append(struct cc_timer *head, struct cc_timer *timer)
{
    timer->prev = head->prev;
    timer->next = head;
    head->prev->next = timer;
    head->prev = timer;
}

void cc_wheel_init(struct cc_wheel *wheel, uint64_t now_ms)
{
    *wheel = (struct cc_wheel){.now_ms = now_ms};
    for (size_t i = 0; i < SLOT_DUE; i++) {
        list_init(&wheel->slots[i]);
    }
    list_init(&wheel->due);
}

bool cc_timer_is_set(const struct cc_timer *timer)
{
    return timer->next != NULL;
}

void cc_wheel_stop(struct cc_wheel *wheel, struct cc_timer *timer)
{
    if (!cc_timer_is_set(timer)) {
        return;
    }
    bool is_last = timer->next == timer->prev;
    timer->next->prev = timer->prev;
    timer->prev->next = timer->next;
    timer->next = NULL;
    timer->prev = NULL;
    if (is_last && timer->slot != SLOT_DUE) {
        wheel->used[timer->slot / CC_WHEEL_SLOTS] &=
            ~(UINT64_C(1) << (timer->slot % CC_WHEEL_SLOTS));
    }
}

static void place(struct cc_wheel *wheel, struct cc_timer *timer)
{
    if (timer->at_ms <= wheel->now_ms) {
        timer->slot = SLOT_DUE;
        list_append(&wheel->due, timer);
        return;
    }
    unsigned highest = 63U - (unsigned)__builtin_clzll(timer->at_ms ^ wheel->now_ms);
    unsigned level = highest / DIGIT_BITS;
    unsigned digit = (unsigned)(timer->at_ms >> (level * DIGIT_BITS)) & DIGIT_MASK;
    timer->slot = (uint16_t)(level * CC_WHEEL_SLOTS + digit);
    list_append(&wheel->slots[timer->slot], timer);
    wheel->used[level] |= UINT64_C(1) << digit;
}

void cc_wheel_set(struct cc_wheel *wheel, struct cc_timer *timer, uint64_t at_ms)
{
    cc_wheel_stop(wheel, timer);
    uint64_t furthest = wheel->now_ms | REACH_MS;
    timer->at_ms = at_ms > furthest ? furthest : at_ms;
    place(wheel, timer);
}

/* The time at which the earliest slot opens. Slots of a level lie ahead of now's digit there, lower
 * levels before higher ones. */
static uint64_t earliest(const struct cc_wheel *wheel, unsigned *slot)
{
    for (unsigned level = 0; level < CC_WHEEL_LEVELS; level++) {
        if (wheel->used[level]) {
            unsigned digit = (unsigned)__builtin_ctzll(wheel->used[level]);
            unsigned shift = level * DIGIT_BITS;
            uint64_t above = wheel->now_ms >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS);
            *slot = level * CC_WHEEL_SLOTS + digit;
            return above | (uint64_t)digit << shift;
        }
    }
    return CC_NEVER;
}

uint64_t cc_wheel_next(const struct cc_wheel *wheel)
{
    unsigned slot;
    return wheel->due.next != &wheel->due ? wheel->now_ms : earliest(wheel, &slot);
}

static void open_slot(struct cc_wheel *wheel, unsigned slot)
{
    struct cc_timer *head = &wheel->slots[slot];
    while (head->next != head) {
        struct cc_timer *timer = head->next;
        cc_wheel_stop(wheel, timer);
        place(wheel, timer);
    }
}

void cc_wheel_advance(struct cc_wheel *wheel, uint64_t now_ms,
                      void (*fire)(void *context, struct cc_timer *timer), void *context)
{
    unsigned slot = 0;
    for (uint64_t at; (at = earliest(wheel, &slot)) <= now_ms;) {
        wheel->now_ms = at;
        open_slot(wheel, slot);
    }
    if (now_ms > wheel->now_ms) {
        wheel->now_ms = now_ms;
    }
    /* What FIRE sets for now or earlier waits for the next advance: a timer that sets itself cannot
     * hold the loop. */
    struct cc_timer firing;
    list_init(&firing);
    while (wheel->due.next != &wheel->due) {
        struct cc_timer *timer = wheel->due.next;
        cc_wheel_stop(wheel, timer);
        timer->slot = SLOT_DUE;
        list_append(&firing, timer);
    }
    while (firing.next != &firing) {
        struct cc_timer *timer = firing.next;
        cc_wheel_stop(wheel, timer);
        fire(context, timer);
    }
}
