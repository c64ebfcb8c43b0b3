/*
 * Random octets for Message IDs, tokens and timers: drawn from the system in one go, handed out in
 * small pieces and wiped. One system call in some hundred packets instead of several a packet. Not
 * for keys: those are drawn one by one.
 */
#ifndef BS_DICE_H
#define BS_DICE_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. Belongs to one thread. */
struct bs_dice {
    uint8_t octets[1024];
    size_t left; /* unused ones, at the end */
};

/* Fills OUT; CONTEXT is the dice (the shape of every randomness argument). */
void bs_dice_roll(void *context, uint8_t *out, size_t len);

#endif
