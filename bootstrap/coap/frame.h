/*
 * Framing of CoAP over a reliable transport (RFC 8323 section 3.2): Len and TKL, extended length,
 * code, token, then options and payload.
 *
 * Model. A reader takes the octets of a connection in whatever pieces they come and gives whole
 * messages, each as a datagram with the header of RFC 7252 (Non-confirmable, Message ID 0), so that
 * one codec serves both transports. Its memory grows with what has really come, never with what a
 * header promises, and is wiped and given back after each message. Pure.
 */
#ifndef CC_FRAME_H
#define CC_FRAME_H

#include "bootstrap/coap/message.h"

#define CC_FRAME_HEADER_MAX 6 /* Len/TKL, four of extended length, code */
/* Our Max-Message-Size: what fits into one TLS record. Peers are known that stop at a second one.
 */
#define CC_FRAME_MAX 16384

/* Zero-initialised = at the beginning of a message. */
struct cc_frame_reader {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t need; /* octets of `data` when the message is whole */
    uint8_t header[CC_FRAME_HEADER_MAX];
    uint8_t header_len;
    bool is_whole; /* the message was handed out: the next call begins afresh */
};

/* What came from the connection and is not read yet. */
struct cc_octets {
    const uint8_t *at;
    size_t len;
};

/* A whole message; valid until the reader is used again. */
struct cc_frame {
    const uint8_t *datagram; /* NULL = more octets are needed */
    size_t len;
    uint8_t code;
};

/*
 * Takes octets from INPUT until a message is whole or nothing is left. CC_EFORMAT (token length
 * over 8), CC_ESPACE (a message over CC_FRAME_MAX), CC_ENOMEM: the connection cannot go on.
 */
enum cc_error cc_frame_read(struct cc_frame_reader *reader, struct cc_octets *input,
                            struct cc_frame *frame) MUST_USE;
/* Wipes and frees. */
void cc_frame_reader_clear(struct cc_frame_reader *reader);

/* Writes the header of a message whose options and payload take LEN octets; returns its length. */
size_t cc_frame_header(uint8_t out[static CC_FRAME_HEADER_MAX], uint8_t code, uint8_t token_len,
                       size_t len);
/* A message in front of its payload: begins at `octets + begin`. */
struct cc_frame_head {
    uint8_t octets[CC_DATAGRAM_MAX + 4];
    size_t begin;
    size_t len;
};
/* Writes header, token, options and marker of MESSAGE; its payload follows. CC_ESPACE, CC_ENOMEM,
 * CC_EINVAL as cc_message_build. */
enum cc_error cc_frame_head(const struct cc_message *message, struct cc_frame_head *head) MUST_USE;

#endif
