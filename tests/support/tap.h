/*
 * A man in the middle on loopback: clients send to `bound`, the server sees them all at one
 * address. It notes sizes, can drop, and can put datagrams of its own on the server's side, which
 * then come from that very address.
 */
#ifndef IMPRINT_TESTS_SUPPORT_TAP_H
#define IMPRINT_TESTS_SUPPORT_TAP_H

#include "bootstrap/coap/address.h"
#include "bootstrap/coap/endpoint.h"

#define TAP_NOTES 64

struct tap {
    int outer; /* faces the clients */
    int inner; /* connected to the server */
    char bound[CC_ADDRESS_TEXT];
    char uri[CC_ADDRESS_TEXT + 16];
    struct cc_address target;    /* where the server's datagrams go: the last client heard */
    bool keeps_target;           /* no longer the last one heard, but as it is */
    unsigned drop_up_after;      /* datagrams of clients after so many are lost; 0 = none */
    unsigned lose_up, lose_down; /* the one of this number (from 1) is lost; 0 = none */
    unsigned up, down;           /* datagrams forwarded */
    size_t up_sizes[TAP_NOTES];
    size_t down_sizes[TAP_NOTES];
    uint8_t last_up[CC_DATAGRAM_MAX];
    size_t last_up_len;
};

/* Between clients and the server at SERVER ("127.0.0.1:5684"). Asserts success. */
void tap_open(struct tap *tap, const char *server);
void tap_close(struct tap *tap);
/* Forwards what waits, both ways. */
void tap_move(struct tap *tap);
/* One datagram to the server as if a client had sent it. */
void tap_inject(struct tap *tap, const uint8_t *datagram, size_t len);

#endif
