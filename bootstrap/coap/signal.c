#include "bootstrap/coap/signal.h"

#include <string.h>

#include "bootstrap/coap/option.h"

enum { DATAGRAM_HEADER = 4, OPTIONS_ROOM = 8 };
/* RFC 8323 11.2; numbers are those of one code each. */
enum { CSM_MAX_MESSAGE_SIZE = 2, CSM_BLOCK_WISE = 4, PING_CUSTODY = 2, ABORT_BAD_CSM_OPTION = 2 };

void cc_signals_init(struct cc_signals *signals)
{
    *signals = (struct cc_signals){.message_max = CC_MESSAGE_BASE_MAX};
}

/* ---- writing ---- */

struct parts {
    uint8_t code;
    const uint8_t *token;
    uint8_t token_len;
    uint8_t options[OPTIONS_ROOM];
    size_t options_len;
    const char *diagnostic;
};

static void put(struct cc_signal *out, const void *data, size_t len)
{
    memcpy(out->octets + out->len, data, len);
    out->len += len;
}

static void write_signal(const struct parts *parts, struct cc_signal *out)
{
    size_t room = CC_SIGNAL_MAX - CC_FRAME_HEADER_MAX - CC_TOKEN_MAX - OPTIONS_ROOM - 1;
    size_t text = parts->diagnostic != NULL ? strnlen(parts->diagnostic, room) : 0;
    size_t len = parts->options_len + (text > 0 ? 1 + text : 0);
    out->len = cc_frame_header(out->octets, parts->code, parts->token_len, len);
    if (parts->token_len > 0) {
        put(out, parts->token, parts->token_len);
    }
    put(out, parts->options, parts->options_len);
    if (text > 0) {
        out->octets[out->len++] = CC_PAYLOAD_MARKER;
        put(out, parts->diagnostic, text);
    }
}

/* RFC 8323 6: a Max-Message-Size over the base together with Block-Wise-Transfer announces BERT. */
void cc_signal_csm(struct cc_signal *out)
{
    struct parts parts = {.code = CC_CSM,
                          .options = {CSM_MAX_MESSAGE_SIZE << 4 | 2, CC_FRAME_MAX >> 8,
                                      CC_FRAME_MAX & 0xff,
                                      (CSM_BLOCK_WISE - CSM_MAX_MESSAGE_SIZE) << 4},
                          .options_len = 4};
    write_signal(&parts, out);
}

void cc_signal_release(struct cc_signal *out)
{
    write_signal(&(struct parts){.code = CC_RELEASE}, out);
}

void cc_signal_abort(struct cc_signal *out, const char *diagnostic)
{
    write_signal(&(struct parts){.code = CC_ABORT, .diagnostic = diagnostic}, out);
}

/* RFC 8323 5.6: the Abort names the option of a CSM that is its cause. */
static enum cc_signal_event refuse_option(uint8_t code, uint16_t number, struct cc_signal *answer)
{
    struct parts parts = {.code = CC_ABORT, .diagnostic = "unknown critical option"};
    if (code == CC_CSM) {
        size_t len = number > UINT8_MAX ? 2 : 1;
        parts.options[0] = (uint8_t)(ABORT_BAD_CSM_OPTION << 4 | len);
        parts.options[1] = (uint8_t)(len == 2 ? number >> 8 : number);
        parts.options[2] = (uint8_t)number;
        parts.options_len = 1 + len;
    }
    write_signal(&parts, answer);
    return CC_SIGNAL_BROKEN;
}

static enum cc_signal_event broken(const char *diagnostic, struct cc_signal *answer)
{
    cc_signal_abort(answer, diagnostic);
    return CC_SIGNAL_BROKEN;
}

/* ---- reading ---- */

static uint32_t value_of(const struct cc_option *option)
{
    uint32_t value = 0;
    for (size_t i = 0; i < option->len; i++) {
        value = value << 8 | option->value[i];
    }
    return value;
}

/* What the options of one signal said. An elective option of bad length is ignored (RFC 7252
 * 5.4.3). */
struct said {
    uint32_t message_max; /* 0 = not said */
    bool has_blocks;
    bool has_custody;
    bool has_unknown; /* a critical one; all that RFC 8323 knows are elective */
    uint16_t unknown;
};

static void hear(uint8_t code, const struct cc_option *option, struct said *said)
{
    if (option->number % 2 == 1) {
        said->unknown = said->has_unknown ? said->unknown : option->number;
        said->has_unknown = true;
    } else if (code == CC_CSM && option->number == CSM_MAX_MESSAGE_SIZE && option->len <= 4) {
        said->message_max = value_of(option);
    } else if (code == CC_CSM && option->number == CSM_BLOCK_WISE && option->len == 0) {
        said->has_blocks = true;
    } else if (code == CC_PING && option->number == PING_CUSTODY && option->len == 0) {
        said->has_custody = true;
    }
}

static bool hear_all(const struct cc_frame *frame, struct said *said)
{
    size_t token_len = frame->datagram[0] & 15;
    struct cc_walk walk = {.at = frame->datagram + DATAGRAM_HEADER + token_len,
                           .end = frame->datagram + frame->len};
    struct cc_option option;
    while (cc_walk_next(&walk, &option)) {
        hear(frame->code, &option, said);
    }
    return !walk.is_broken && walk.end - walk.at != 1;
}

/* RFC 8323 5.3: options not named keep their value. */
static enum cc_signal_event take_csm(struct cc_signals *signals, const struct said *said)
{
    enum cc_signal_event event = signals->has_csm ? CC_SIGNAL_LIMITS : CC_SIGNAL_READY;
    signals->has_csm = true;
    signals->has_blocks |= said->has_blocks;
    signals->message_max = said->message_max > 0 ? said->message_max : signals->message_max;
    return event;
}

/* RFC 8323 5.4: the token comes back. All before the Ping was handled when it is read, so that
 * custody can be told where it was asked for. */
static enum cc_signal_event pong(const struct cc_frame *frame, const struct said *said,
                                 struct cc_signal *answer)
{
    struct parts parts = {.code = CC_PONG,
                          .token = frame->datagram + DATAGRAM_HEADER,
                          .token_len = frame->datagram[0] & 15,
                          .options = {PING_CUSTODY << 4},
                          .options_len = said->has_custody ? 1 : 0};
    write_signal(&parts, answer);
    return CC_SIGNAL_ANSWER;
}

static enum cc_signal_event take_signal(struct cc_signals *signals, const struct cc_frame *frame,
                                        const struct said *said, struct cc_signal *answer)
{
    switch (frame->code) {
    case CC_CSM:
        return take_csm(signals, said);
    case CC_PING:
        return pong(frame, said, answer);
    case CC_RELEASE:
        signals->is_released = true;
        return CC_SIGNAL_RELEASED;
    default:
        return CC_SIGNAL_NOTHING;
    }
}

enum cc_signal_event cc_signal_take(struct cc_signals *signals, const struct cc_frame *frame,
                                    struct cc_signal *answer)
{
    struct said said = {.message_max = 0};
    if (frame->code == CC_EMPTY) {
        return CC_SIGNAL_NOTHING;
    }
    if (frame->code == CC_ABORT) {
        return CC_SIGNAL_ABORTED;
    }
    /* RFC 8323 5.3: a CSM is the first message on a connection. */
    if (!signals->has_csm && frame->code != CC_CSM) {
        return broken("CSM expected", answer);
    }
    if (frame->code >> 5 != 7) {
        return CC_SIGNAL_MESSAGE;
    }
    if (!hear_all(frame, &said)) {
        return broken("malformed message", answer);
    }
    if (said.has_unknown) {
        return refuse_option(frame->code, said.unknown, answer);
    }
    return take_signal(signals, frame, &said, answer);
}
