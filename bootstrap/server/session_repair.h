/*
 * What the session machine tries when a client refuses an operation: the table of session.h.
 * Internal to the machine; pure.
 */
#ifndef BS_SESSION_REPAIR_H
#define BS_SESSION_REPAIR_H

#include "bootstrap/server/session.h"

/* True once a step: it is to be sent again as it was. */
bool bs_repair_again(struct bs_session *session);
/* True when the Write that was refused by CODE is to be sent again, as SESSION now says. */
bool bs_repair_write(struct bs_session *session, uint8_t code);

#endif
