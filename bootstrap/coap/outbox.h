/*
 * What waits to be written to one connection: a queue of octets, bounded, wiped as its memory goes.
 *
 * Pure. Octets are moved at most once for each time they are doubled or halved: amortised O(1).
 */
#ifndef CC_OUTBOX_H
#define CC_OUTBOX_H

#include "bootstrap/coap/message.h"

/* Zero-initialised = empty. */
struct cc_outbox {
    uint8_t *data;
    size_t begin; /* of what is left */
    size_t end;
    size_t capacity;
};

/* Appends. CC_ESPACE when more than MAX would wait, CC_ENOMEM; then nothing was appended. */
enum cc_error cc_outbox_put(struct cc_outbox *box, const uint8_t *data, size_t len, size_t max)
    MUST_USE;
/* What is left. */
const uint8_t *cc_outbox_rest(const struct cc_outbox *box, size_t *len);
/* LEN octets of it have gone; an empty box holds no memory. */
void cc_outbox_sent(struct cc_outbox *box, size_t len);
void cc_outbox_clear(struct cc_outbox *box);

#endif
