/*
 * What the session machine tries when a client refuses an operation: the table of session.h.
 * Internal to the machine; pure.
 */
#ifndef BS_SESSION_REPAIR_H
#define BS_SESSION_REPAIR_H

#include "bootstrap/server/session.h"

/* True once a step: it is to be sent again as it was. */
bool bs_repair_again(struct bs_session *session);
/* True when the Write that was refused by EVENT is to be sent again, as SESSION now says. */
bool bs_repair_write(struct bs_session *session, const struct bs_event *event);
/* True when the operation is to start over (POLICY_RETRY), as SESSION now says. */
bool bs_repair_over(struct bs_session *session);
/* The format and shape in which the operation began. */
void bs_repair_reset(struct bs_session *session);
/* A Write went through: notes its format, and those that the client refused on the way. */
void bs_repair_note(struct bs_session *session);
/* How long to wait before what EVENT refused is sent again; 0 = not at all. */
uint32_t bs_repair_wait_ms(const struct bs_event *event);

#endif
