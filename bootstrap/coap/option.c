#include "bootstrap/coap/option.h"

enum { EXTENDED_8 = 13, EXTENDED_16 = 14 };

/* RFC 7252 3.1: nibble 13 adds one octet, 14 two, 15 is reserved. */
static uint32_t extended(struct cc_walk *walk, uint8_t nibble)
{
    size_t more = nibble < EXTENDED_8 ? 0 : nibble == EXTENDED_8 ? 1 : 2;
    if (nibble > EXTENDED_16 || (size_t)(walk->end - walk->at) < more) {
        walk->is_broken = true;
        return 0;
    }
    const uint8_t *extra = walk->at;
    walk->at += more;
    if (more == 0) {
        return nibble;
    }
    return more == 1 ? 13U + extra[0] : 269U + ((uint32_t)extra[0] << 8 | extra[1]);
}

bool cc_walk_next(struct cc_walk *walk, struct cc_option *option)
{
    if (walk->is_broken || walk->at == walk->end || *walk->at == CC_PAYLOAD_MARKER) {
        return false;
    }
    uint8_t first = *walk->at++;
    walk->number += extended(walk, first >> 4);
    uint32_t len = extended(walk, first & 15);
    if (walk->is_broken || len > (size_t)(walk->end - walk->at) || walk->number > UINT16_MAX) {
        walk->is_broken = true;
        return false;
    }
    option->number = (uint16_t)walk->number;
    option->len = (uint16_t)len;
    option->value = walk->at;
    walk->at += len;
    return true;
}
