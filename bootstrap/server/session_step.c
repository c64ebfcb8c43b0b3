#include "bootstrap/server/session_step.h"

#include <stdio.h>
#include <string.h>

void bs_step_text(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%.*s", (int)(capacity - 1), text == NULL ? "" : text);
}

void bs_step_set(struct bs_session *session, const char *verb, const struct lwm2m_path *path)
{
    char text[25] = "";
    if (path != NULL) {
        lwm2m_path_text(*path, text);
    }
    snprintf(session->outcome.step, sizeof session->outcome.step, "%s%s%s", verb,
             path == NULL ? "" : " ", text);
    session->retries = 0;
    session->attempts = 0;
    session->formats_tried = 0;
    session->formats_refused = 0;
    session->without_optional = false;
}

struct bs_action bs_step_end(struct bs_session *session, enum pki_result result, const char *reason)
{
    session->outcome.result = result;
    bs_step_text(session->outcome.reason, sizeof session->outcome.reason, reason);
    session->state = BS_DONE;
    session->plan = NULL;
    return (struct bs_action){.kind = BS_ACTION_END};
}

/* Once Finish is out and unanswered, only the device knows whether it took the configuration. */
struct bs_action bs_step_end_lost(struct bs_session *session, enum pki_result result,
                                  const char *reason)
{
    bool is_open = session->state == BS_FINISHING && !session->is_waiting;
    return bs_step_end(session, is_open ? PKI_RESULT_UNCONFIRMED : result, reason);
}

struct bs_action bs_step_end_refused(struct bs_session *session, uint8_t code)
{
    char text[8];
    snprintf(text, sizeof text, "%d.%02d", code >> 5, code & 31);
    session->outcome.code = code;
    return bs_step_end(session, PKI_RESULT_FAILED, text);
}

/* One more thing that was given up, behind what TEXT says already. */
static void add_text(char text[static PKI_REASON_MAX + 1], bool is_so, const char *what)
{
    size_t used = strlen(text);
    if (is_so) {
        snprintf(text + used, PKI_REASON_MAX + 1 - used, "%s%s", used > 0 ? ", " : "", what);
    }
}

static void add_count(char text[static PKI_REASON_MAX + 1], unsigned count, const char *one,
                      const char *several)
{
    char what[64];
    snprintf(what, sizeof what, "%u %s", count, count == 1 ? one : several);
    add_text(text, count > 0, what);
}

struct bs_action bs_step_end_finished(struct bs_session *session, uint8_t code)
{
    char text[PKI_REASON_MAX + 1] = "";
    char difference[PKI_REASON_MAX + 16];
    snprintf(difference, sizeof difference, "differs: %s", session->outcome.reason);
    add_text(text, session->has_difference, difference);
    add_text(text, session->wants_discover && session->is_blind, "without discover");
    add_text(text, session->is_unverified, "not verified");
    add_text(text, session->is_half_verified, "verified in part");
    add_count(text, session->shortened, "write without its optional resources",
              "writes without their optional resources");
    add_count(text, session->skipped, "optional operation refused", "optional operations refused");
    add_count(text, session->verify_rounds + session->finish_rounds, "corrective round",
              "corrective rounds");
    session->outcome.code = code;
    return bs_step_end(session, PKI_RESULT_FINISHED, text);
}

struct bs_action bs_step_begin(struct bs_session *session, enum bs_state state, const char *step,
                               enum bs_action_kind kind)
{
    session->state = state;
    bs_step_set(session, step, NULL);
    return (struct bs_action){.kind = kind};
}
