/*
 * How the session machine observes a device: which Discover and Read comes next. Internal to the
 * machine; pure.
 *
 * One observation is a Discover of / (or of single objects, see session.h), then Reads. What was
 * learnt of the client counts for the next observation: that it refuses /, which Accept it takes.
 */
#ifndef BS_SESSION_LOOK_H
#define BS_SESSION_LOOK_H

#include "bootstrap/server/session.h"

/* Begins an observation that ends with READS (enum policy_reads). */
void bs_look_begin(struct bs_session *session, unsigned reads);
/* The Reads alone: what was shown stays. */
void bs_look_reads(struct bs_session *session, unsigned reads);
/* The question that is open; not when session->look is BS_LOOK_OVER. */
struct bs_action bs_look_action(const struct bs_session *session);
/* Takes the answer to it: by RESULT and CODE; moves on to the next question or BS_LOOK_OVER. */
void bs_look_answer(struct bs_session *session, enum cc_result result, uint8_t code);

#endif
