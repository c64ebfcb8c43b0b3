/*
 * What the session machine asks of the device, and what it makes of the answers: observing, acting,
 * verifying, correcting, finishing. Internal to the machine; pure.
 */
#ifndef BS_SESSION_ACT_H
#define BS_SESSION_ACT_H

#include "bootstrap/server/session.h"

/* Observes in STATE, under the name STEP, with READS at the end. */
struct bs_action bs_act_observe(struct bs_session *session, enum bs_state state, const char *step,
                                unsigned reads);
/* Asks the question that is open, or goes on from what was seen. */
struct bs_action bs_act_look(struct bs_session *session);
/* BS_ACTION_PLAN. */
struct bs_action bs_act_plan(struct bs_session *session);
/* Begins operation session->op, or what follows the last. */
struct bs_action bs_act_begin(struct bs_session *session);
/* True when PLAN writes something, for which it must name a format. */
bool bs_act_has_write(const struct policy_plan *plan);

/* BS_EVENT_RESPONSE: what was asked last is answered, or never will be. */
struct bs_action bs_act_response(struct bs_session *session, const struct bs_event *event);
/* BS_EVENT_WAITED: asks again. */
struct bs_action bs_act_waited(struct bs_session *session);
/* BS_EVENT_VERIFIED: Finish, a corrective round, or the end. */
struct bs_action bs_act_verified(struct bs_session *session, const struct bs_event *event);
/* BS_EVENT_CORRECTED: begins the round. */
struct bs_action bs_act_corrected(struct bs_session *session, const struct bs_event *event);

#endif
