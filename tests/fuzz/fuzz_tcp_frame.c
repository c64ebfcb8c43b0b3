/*
 * A connection of TCP (RFC 8323): reader, signals, requests and responses.
 *
 * Input: a length L, L octets that say where the stream is cut (in turns), then the stream. What
 * must hold: the pieces give the same messages, the same end and the same answers as the whole; no
 * more memory is held than what came asks for; nothing breaks what stands behind the reader.
 */
#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/exchange.h"
#include "bootstrap/coap/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
    struct cc_exchange *exchange;
    struct cc_frame_reader reader;
    struct cc_signals signals;
    uint64_t digest;
    size_t messages;
    bool is_over;
};

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void note(struct line *line, const void *data, size_t len)
{
    const uint8_t *octets = data;
    for (size_t i = 0; i < len; i++) {
        line->digest = (line->digest ^ octets[i]) * 0x100000001b3U;
    }
    line->digest = (line->digest ^ len) * 0x100000001b3U;
}

/* ---- what stands behind ---- */

static void on_stream(void *context, const struct cc_message *message)
{
    struct cc_frame_head head;
    must(cc_frame_head(message, &head) == CC_OK);
    note(context, head.octets + head.begin, head.len);
    note(context, message->payload, message->payload_len);
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct line *line = context;
    struct cc_response response = {.code = CC_CONTENT,
                                   .content_format = CC_FORMAT_NONE,
                                   .payload = request->payload,
                                   .payload_len = request->payload_len};
    note(line, request->payload, request->payload_len);
    if (request->code != CC_DELETE) {
        enum cc_error error = cc_exchange_respond(line->exchange, 1, ticket, &response);
        must(error == CC_OK || error == CC_ESPACE);
    }
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    (void)id;
    must((result == CC_RESULT_RESPONSE) == (response != NULL));
    note(context, &result, sizeof result);
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static void open_line(struct line *line)
{
    static const struct cc_exchange_ops ops = {
        .stream = on_stream, .request = on_request, .response = on_response, .random = on_random};
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    parameters.body_max_bytes = 4096;
    *line = (struct line){.digest = 1};
    cc_signals_init(&line->signals);
    must(cc_exchange_new(&ops, line, &parameters, &line->exchange) == CC_OK);
}

static void ready(struct line *line)
{
    static const uint8_t body[3000];
    struct cc_request request = {.method = CC_PUT,
                                 .path = "/a",
                                 .content_format = CC_FORMAT_NONE,
                                 .accept = CC_FORMAT_NONE,
                                 .payload = body,
                                 .payload_len = sizeof body};
    uint32_t id;
    uint32_t max = line->signals.message_max < 65536 ? line->signals.message_max : 65536;
    cc_exchange_limits(line->exchange, max, line->signals.has_blocks);
    enum cc_error error = cc_exchange_request(line->exchange, 1, &request, &id);
    must(error == CC_OK || error == CC_ESPACE);
}

static void take(struct line *line, const struct cc_frame *frame)
{
    struct cc_signal answer = {.len = 0};
    enum cc_signal_event event = cc_signal_take(&line->signals, frame, &answer);
    must(answer.len <= sizeof answer.octets);
    must((answer.len > 0) == (event == CC_SIGNAL_ANSWER || event == CC_SIGNAL_BROKEN));
    note(line, answer.octets, answer.len);
    note(line, &event, sizeof event);
    line->is_over = event == CC_SIGNAL_BROKEN || event == CC_SIGNAL_ABORTED;
    if (event == CC_SIGNAL_READY) {
        ready(line);
    } else if (event == CC_SIGNAL_MESSAGE) {
        must(line->signals.has_csm);
        line->is_over =
            cc_exchange_input_stream(line->exchange, 1, frame->datagram, frame->len) != CC_OK;
    }
}

/* ---- the stream ---- */

static void feed(struct line *line, const uint8_t *octets, size_t len)
{
    struct cc_octets input = {octets, len};
    while (!line->is_over) {
        struct cc_frame frame;
        enum cc_error error = cc_frame_read(&line->reader, &input, &frame);
        must(line->reader.capacity <= CC_FRAME_MAX + 4);
        if (error != CC_OK) {
            must(error == CC_EFORMAT || error == CC_ESPACE);
            note(line, &error, sizeof error);
            line->is_over = true;
        } else if (!frame.datagram) {
            must(input.len == 0);
            return;
        } else {
            must(frame.len >= 4 && frame.code == frame.datagram[1]);
            note(line, frame.datagram, frame.len);
            line->messages++;
            take(line, &frame);
        }
    }
}

static void close_line(struct line *line)
{
    cc_frame_reader_clear(&line->reader);
    cc_exchange_free(line->exchange, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line whole;
    static struct line cut;
    size_t cuts = size > 0 ? data[0] : 0;
    if (size < 1 + cuts) {
        return 0;
    }
    const uint8_t *stream = data + 1 + cuts;
    size_t len = size - 1 - cuts;
    open_line(&whole);
    feed(&whole, stream, len);
    close_line(&whole);
    open_line(&cut);
    for (size_t at = 0, turn = 0; at < len; turn++) {
        size_t want = cuts > 0 ? 1U + data[1 + turn % cuts] : 1;
        size_t piece = want < len - at ? want : len - at;
        uint8_t *exact = malloc(piece);
        must(exact != NULL);
        memcpy(exact, stream + at, piece);
        feed(&cut, exact, piece);
        free(exact);
        at += piece;
    }
    close_line(&cut);
    must(whole.digest == cut.digest && whole.messages == cut.messages);
    must(whole.is_over == cut.is_over);
    return 0;
}
