/*
 * How the session machine begins a step and how it ends: what the outcome says. Internal to the
 * machine; pure.
 */
#ifndef BS_SESSION_STEP_H
#define BS_SESSION_STEP_H

#include "bootstrap/server/session.h"

/* TEXT (may be NULL) into OUT, cut at CAPACITY - 1. */
void bs_step_text(char *out, size_t capacity, const char *text);
/* A step begins: "VERB" or "VERB /path"; every repair is open to it. */
void bs_step_set(struct bs_session *session, const char *verb, const struct lwm2m_path *path);
/* The same with a state, and the action that comes first. */
struct bs_action bs_step_begin(struct bs_session *session, enum bs_state state, const char *step,
                               enum bs_action_kind kind);

/* BS_ACTION_END with this outcome. */
struct bs_action bs_step_end(struct bs_session *session, enum pki_result result,
                             const char *reason);
/* The same, but UNCONFIRMED while Finish is unanswered: only the device knows then. */
struct bs_action bs_step_end_lost(struct bs_session *session, enum pki_result result,
                                  const char *reason);
/* FAILED by CODE. */
struct bs_action bs_step_end_refused(struct bs_session *session, uint8_t code);
/* FINISHED, with what was given up. */
struct bs_action bs_step_end_finished(struct bs_session *session, uint8_t code);

#endif
