/*
 * Signalling messages of a reliable transport (RFC 8323 section 5) and the rules that bind them:
 * the first message of a peer is a Capabilities and Settings Message, an option that is critical
 * and unknown ends the connection.
 *
 * Pure. One struct cc_signals a connection says what the peer can take.
 */
#ifndef CC_SIGNAL_H
#define CC_SIGNAL_H

#include "bootstrap/coap/frame.h"

#define CC_SIGNAL_MAX       80   /* octets of any message written here */
#define CC_MESSAGE_BASE_MAX 1152 /* RFC 8323 5.3.1: Max-Message-Size of a peer that names none */

enum {
    CC_CSM = CC_CODE(7, 1),
    CC_PING = CC_CODE(7, 2),
    CC_PONG = CC_CODE(7, 3),
    CC_RELEASE = CC_CODE(7, 4),
    CC_ABORT = CC_CODE(7, 5)
};

struct cc_signals {
    uint32_t message_max; /* octets of a whole message that the peer takes */
    bool has_blocks;      /* it knows block-wise transfer */
    bool has_csm;
    bool is_released; /* it wants to end: what is open may be answered, nothing new is sent */
};
/* What holds of a peer before its CSM. */
void cc_signals_init(struct cc_signals *signals);

/* A message to send, framed. */
struct cc_signal {
    uint8_t octets[CC_SIGNAL_MAX];
    size_t len;
};

enum cc_signal_event {
    CC_SIGNAL_MESSAGE,  /* no signal: a request, a response or nonsense */
    CC_SIGNAL_NOTHING,  /* nothing to do; an empty message too (RFC 8323 3.4) */
    CC_SIGNAL_READY,    /* the first CSM */
    CC_SIGNAL_LIMITS,   /* a later CSM */
    CC_SIGNAL_ANSWER,   /* send ANSWER: a Pong */
    CC_SIGNAL_RELEASED, /* the peer wants to end */
    CC_SIGNAL_ABORTED,  /* the peer has ended */
    CC_SIGNAL_BROKEN    /* send ANSWER, an Abort, and close */
};
/* What FRAME means. */
enum cc_signal_event cc_signal_take(struct cc_signals *signals, const struct cc_frame *frame,
                                    struct cc_signal *answer);

/* Our CSM: Max-Message-Size CC_FRAME_MAX, block-wise transfer, with both BERT. */
void cc_signal_csm(struct cc_signal *out);
void cc_signal_release(struct cc_signal *out);
/* An Abort with a diagnostic payload, cut to what fits. */
void cc_signal_abort(struct cc_signal *out, const char *diagnostic);

#endif
