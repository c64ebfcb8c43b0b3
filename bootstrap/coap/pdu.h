/*
 * The door of libcoap's codec: token and options of one message, read and written.
 *
 * A head is a datagram up to, and without, the payload marker: payloads, which may be secret, never
 * enter libcoap's memory. Pure. Used by message.c alone, which judges numbers and lengths of
 * options; libcoap refuses a whole message for one bad option.
 */
#ifndef CC_PDU_H
#define CC_PDU_H

#include "bootstrap/coap/message.h"

/* Reads a head; MESSAGE gets all but the payload and borrows HEAD. CC_EFORMAT, CC_ENOMEM. */
enum cc_error cc_pdu_read(const uint8_t *head, size_t len, struct cc_message *message) MUST_USE;
/* Writes header, token and options (ascending) of MESSAGE. CC_ESPACE, CC_ENOMEM. */
enum cc_error cc_pdu_write(const struct cc_message *message, uint8_t *out, size_t capacity,
                           size_t *len) MUST_USE;

#endif
