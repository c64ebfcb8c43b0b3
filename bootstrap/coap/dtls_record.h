/*
 * The outside of DTLS records (RFC 6347 4.1): where things stand in a datagram, and the walk over
 * its records. Private to the DTLS door.
 *
 * Pure. GnuTLS takes what it is given for a stream: a piece of a record, which anybody can forge,
 * would stay in its buffer and jam the session. So only whole records that could be ones are handed
 * on, the rest is dropped (RFC 6347 4.1.2.7).
 */
#ifndef CC_DTLS_RECORD_H
#define CC_DTLS_RECORD_H

#include "bootstrap/coap/dtls.h"

#define DTLS_RECORD_HEADER 13U
#define DTLS_SEQUENCE_LOW  10U
#define DTLS_MESSAGE_SEQ   (DTLS_RECORD_HEADER + 5U)
#define DTLS_HELLO_RANDOM  (DTLS_RECORD_HEADER + 12U + 2U)
#define DTLS_RANDOM        32U

/* What is left of a datagram; `len` is 0 exactly when no whole record is left. It borrows the
 * datagram. */
struct cc_records {
    const uint8_t *at;
    size_t len;
    bool has_ccs;       /* an unprotected ChangeCipherSpec is in the datagram */
    bool has_protected; /* a record of a later epoch is */
};

/* The records of a datagram. */
struct cc_records cc_records_of(const uint8_t *datagram, size_t len);
/* Copies the next record to OUT; its length, or 0 when none is left or it is larger than CAPACITY.
 */
size_t cc_records_take(struct cc_records *records, void *out, size_t capacity);

/* CC_COOKIE_KEY octets. */
uint8_t *cc_dtls_cookie_key(struct cc_dtls_context *context);

#endif
