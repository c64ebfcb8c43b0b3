#include "tests/support/fleet.h"

#include <stdio.h>
#include <string.h>

uint64_t fleet_draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void fleet_name(const char *prefix, size_t number, char name[static FLEET_NAME_BYTES])
{
    snprintf(name, FLEET_NAME_BYTES, "%.40s-%06zu", prefix, number);
}

void fleet_key(const char *prefix, size_t number, uint8_t key[static FLEET_KEY_BYTES])
{
    uint64_t state = number;
    for (const char *c = prefix; *c != '\0'; c++) {
        state = state * 31 + (unsigned char)*c;
    }
    for (size_t i = 0; i < FLEET_KEY_BYTES; i += sizeof(uint64_t)) {
        uint64_t part = fleet_draw(&state);
        memcpy(key + i, &part, sizeof part);
    }
}
