/*
 * The devices of a test fleet: endpoint and PSK follow from a prefix and a number, so that the
 * program that puts them into a store and the one that plays them need no file between them.
 */
#ifndef IMPRINT_TESTS_SUPPORT_FLEET_H
#define IMPRINT_TESTS_SUPPORT_FLEET_H

#include <stddef.h>
#include <stdint.h>

#define FLEET_KEY_BYTES  16
#define FLEET_NAME_BYTES 64

/* A seeded sequence (splitmix64): tests only, nothing secret comes of it. */
uint64_t fleet_draw(uint64_t *state);

/* "PREFIX-000042" into NAME: the endpoint, and the PSK identity too. */
void fleet_name(const char *prefix, size_t number, char name[static FLEET_NAME_BYTES]);
/* The PSK of that device. */
void fleet_key(const char *prefix, size_t number, uint8_t key[static FLEET_KEY_BYTES]);

#endif
