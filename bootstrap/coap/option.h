/*
 * The walk over the options of one message (RFC 7252 section 3.1), before anybody judged them.
 *
 * Pure. Private to the message layer: message.c walks to set aside what libcoap would refuse a
 * whole message for, signal.c because signalling messages number their options by code (RFC
 * 8323 5.2).
 */
#ifndef CC_OPTION_H
#define CC_OPTION_H

#include "bootstrap/coap/message.h"

#define CC_PAYLOAD_MARKER 0xff

/* Ends at the payload marker or at `end`. */
struct cc_walk {
    const uint8_t *at;
    const uint8_t *end;
    uint32_t number;
    bool is_broken;
};

/* The next option, which borrows the octets; false at the end and when they are malformed. */
bool cc_walk_next(struct cc_walk *walk, struct cc_option *option);

#endif
