#include "bootstrap/server/session_look.h"

/* What a bootstrap is about; /0 first: every client has it. */
static const uint16_t look_objects[] = {0, 1, 2, 21};

static const struct {
    unsigned bit;
    uint16_t object;
} look_reads[] = {{POLICY_READ_SERVERS, 1}, {POLICY_READ_ACCESS, 2}};

enum {
    LOOK_OBJECTS = sizeof look_objects / sizeof look_objects[0],
    LOOK_READS = sizeof look_reads / sizeof look_reads[0]
};

/* The next Read from INDEX on, or the end. */
static void go_to_read(struct bs_session *session, unsigned index)
{
    while (index < LOOK_READS && (session->look_reads & look_reads[index].bit) == 0) {
        index++;
    }
    session->look = index < LOOK_READS ? BS_LOOK_READ : BS_LOOK_OVER;
    session->look_index = (uint8_t)index;
    session->is_accept_tried = false;
}

void bs_look_begin(struct bs_session *session, unsigned reads)
{
    session->look = session->shows_by_object ? BS_LOOK_OBJECT : BS_LOOK_ROOT;
    session->look_index = 0;
    session->look_reads = (uint8_t)reads;
    session->has_seen = false;
    session->misses = 0;
}

void bs_look_reads(struct bs_session *session, unsigned reads)
{
    session->look_reads = (uint8_t)reads;
    go_to_read(session, 0);
}

struct bs_action bs_look_action(const struct bs_session *session)
{
    unsigned index = session->look_index;
    switch (session->look) {
    case BS_LOOK_OVER:
        break;
    case BS_LOOK_ROOT:
        return (struct bs_action){.kind = BS_ACTION_DISCOVER, .is_fresh = true};
    case BS_LOOK_OBJECT:
        return (struct bs_action){
            .kind = BS_ACTION_DISCOVER, .path = {{look_objects[index]}, 1}, .is_fresh = index == 0};
    case BS_LOOK_READ:
        return (struct bs_action){.kind = BS_ACTION_READ,
                                  .path = {{look_reads[index].object}, 1},
                                  .format = session->accepts[session->accept_index]};
    }
    return (struct bs_action){.kind = BS_ACTION_NONE};
}

static void answer_root(struct bs_session *session, enum cc_result result, bool is_shown)
{
    if (!is_shown && result == CC_RESULT_RESPONSE) {
        session->look = BS_LOOK_OBJECT;
        return;
    }
    session->misses = (uint8_t)(session->misses + !is_shown);
    go_to_read(session, 0);
}

static void answer_object(struct bs_session *session, enum cc_result result, bool is_shown)
{
    bool is_hopeless = session->look_index == 0 || result != CC_RESULT_RESPONSE;
    session->shows_by_object |= is_shown;
    if (!is_shown && is_hopeless) {
        session->misses++;
        go_to_read(session, 0);
        return;
    }
    session->look_index++;
    if (session->look_index == LOOK_OBJECTS) {
        go_to_read(session, 0);
    }
}

static void answer_read(struct bs_session *session, uint8_t code, bool is_shown)
{
    bool has_other = session->accepts[0] != session->accepts[1];
    if (code == CC_NOT_ACCEPTABLE && has_other && !session->is_accept_tried) {
        session->is_accept_tried = true;
        session->accept_index ^= 1;
        return;
    }
    session->misses = (uint8_t)(session->misses + !is_shown);
    go_to_read(session, session->look_index + 1u);
}

void bs_look_answer(struct bs_session *session, enum cc_result result, uint8_t code)
{
    bool is_shown = result == CC_RESULT_RESPONSE && code >> 5 == 2;
    session->has_seen |= is_shown;
    switch (session->look) {
    case BS_LOOK_OVER:
        break;
    case BS_LOOK_ROOT:
        answer_root(session, result, is_shown);
        break;
    case BS_LOOK_OBJECT:
        answer_object(session, result, is_shown);
        break;
    case BS_LOOK_READ:
        answer_read(session, result == CC_RESULT_RESPONSE ? code : 0, is_shown);
        break;
    }
}
