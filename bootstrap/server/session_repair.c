#include "bootstrap/server/session_repair.h"

/* Ways out of a refused Write, tried in this order. */
enum repair {
    REPAIR_AGAIN = 1,        /* the same once more */
    REPAIR_BLOCK = 2,        /* smaller blocks */
    REPAIR_OPTIONAL = 4,     /* without optional resources */
    REPAIR_FORMAT = 8,       /* next format */
    REPAIR_FORMAT_FIRST = 16 /* next format, while none has proven itself */
};

static const struct {
    uint8_t code;
    uint8_t repairs;
} write_repairs[] = {
    {CC_UNSUPPORTED_FORMAT, REPAIR_FORMAT},
    {CC_NOT_ACCEPTABLE, REPAIR_FORMAT}, /* Wakaama: a wrong format is 4.06 or 4.00 (clients.md) */
    {CC_BAD_REQUEST, REPAIR_OPTIONAL | REPAIR_FORMAT_FIRST},
    {CC_TOO_LARGE, REPAIR_BLOCK | REPAIR_OPTIONAL},
    {CC_INCOMPLETE, REPAIR_AGAIN | REPAIR_OPTIONAL},
};

bool bs_repair_again(struct bs_session *session)
{
    if (session->retries > 0) {
        return false;
    }
    session->retries++;
    return true;
}

static bool repair_block(struct bs_session *session)
{
    uint16_t now = session->block_bytes > 0 ? session->block_bytes : session->link_block_bytes;
    if (now / 2 < BS_BLOCK_MIN_BYTES) {
        return false;
    }
    session->block_bytes = now / 2;
    return true;
}

static bool repair_optional(struct bs_session *session)
{
    if (session->without_optional || !policy_op_has_optional(&session->plan->ops[session->op])) {
        return false;
    }
    session->without_optional = true;
    return true;
}

static bool repair_format(struct bs_session *session, bool is_unsent)
{
    size_t count = session->plan->format_count;
    if (session->formats_tried + 1u >= count) {
        return false;
    }
    if (!is_unsent) {
        session->formats_refused |= (uint8_t)(1u << session->format_index);
    }
    session->formats_tried++;
    session->format_index = (uint8_t)((session->format_index + 1u) % count);
    session->without_optional = false;
    return true;
}

static unsigned repairs_of(uint8_t code)
{
    for (size_t i = 0; i < sizeof write_repairs / sizeof write_repairs[0]; i++) {
        if (write_repairs[i].code == code) {
            return write_repairs[i].repairs;
        }
    }
    return REPAIR_OPTIONAL | (code >> 5 == 5 ? REPAIR_AGAIN : 0u);
}

bool bs_repair_write(struct bs_session *session, const struct bs_event *event)
{
    unsigned repairs = repairs_of(event->code);
    bool has_format = (repairs & REPAIR_FORMAT) != 0 ||
                      ((repairs & REPAIR_FORMAT_FIRST) != 0 && session->outcome.writes == 0);
    return ((repairs & REPAIR_AGAIN) != 0 && bs_repair_again(session)) ||
           ((repairs & REPAIR_BLOCK) != 0 && repair_block(session)) ||
           ((repairs & REPAIR_OPTIONAL) != 0 && repair_optional(session)) ||
           (has_format && repair_format(session, event->is_unsent));
}

void bs_repair_reset(struct bs_session *session)
{
    size_t count = session->plan->format_count;
    if (session->formats_tried > 0) {
        session->format_index =
            (uint8_t)((session->format_index + count - session->formats_tried) % count);
    }
    session->formats_tried = 0;
    session->formats_refused = 0;
    session->without_optional = false;
    session->retries = 0;
}

bool bs_repair_over(struct bs_session *session)
{
    const struct policy_op *op = &session->plan->ops[session->op];
    if (op->on_error != POLICY_RETRY || session->attempts >= POLICY_RETRIES) {
        return false;
    }
    session->attempts++;
    bs_repair_reset(session);
    return true;
}

static void note_refused(struct bs_session *session, uint16_t format)
{
    for (size_t i = 0; i < session->refused_count; i++) {
        if (session->refused[i] == format) {
            return;
        }
    }
    if (session->refused_count < POLICY_FORMATS_MAX) {
        session->refused[session->refused_count++] = format;
    }
}

void bs_repair_note(struct bs_session *session)
{
    session->worked = session->plan->formats[session->format_index];
    for (size_t i = 0; i < session->plan->format_count; i++) {
        if ((session->formats_refused & 1u << i) != 0) {
            note_refused(session, session->plan->formats[i]);
        }
    }
}

uint32_t bs_repair_wait_ms(const struct bs_event *event)
{
    if (event->code != CC_UNAVAILABLE) {
        return 0;
    }
    if (event->max_age_s == 0) {
        return BS_WAIT_MS;
    }
    return event->max_age_s < BS_WAIT_MAX_MS / 1000 ? event->max_age_s * 1000 : BS_WAIT_MAX_MS;
}
