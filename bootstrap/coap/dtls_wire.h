/*
 * Where things stand in a DTLS datagram (RFC 6347 4.1, 4.2.2), and what the two files of the GnuTLS
 * door share. Private to them.
 */
#ifndef CC_DTLS_WIRE_H
#define CC_DTLS_WIRE_H

#include "bootstrap/coap/dtls.h"

#define DTLS_RECORD_HEADER 13U
#define DTLS_SEQUENCE_LOW  10U
#define DTLS_MESSAGE_SEQ   (DTLS_RECORD_HEADER + 5U)
#define DTLS_HELLO_RANDOM  (DTLS_RECORD_HEADER + 12U + 2U)
#define DTLS_RANDOM        32U
#define DTLS_TYPE_CCS      20

/* CC_COOKIE_KEY octets. */
uint8_t *cc_dtls_cookie_key(struct cc_dtls_context *context);

#endif
