#include "tests/support/coap_script.h"

#include "bootstrap/coap/exchange.h"
#include "bootstrap/coap/frame.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTBOX = 64, LINE = 8192, MESSAGE = 4 * CC_DATAGRAM_MAX };

struct datagram {
    uint8_t octets[MESSAGE];
    size_t len;
};

struct script {
    const char *name;
    const char *step;
    struct cc_parameters parameters;
    struct cc_exchange *exchange;
    uint64_t now_ms;
    struct datagram out[OUTBOX];
    size_t out_first, out_count;
    char got[128];
    size_t got_count;
    char ended[128];
    size_t ended_count;
    struct cc_ticket ticket;
    struct cc_response automatic;
    bool is_automatic;
    bool is_reliable;
};

static const uint8_t *pattern;

static void differs(const struct script *script, const char *what)
{
    fail_msg("%s: step \"%.80s\": %s", script->name, script->step, what);
}

/* ---- callbacks ---- */

static void on_send(void *context, const uint8_t *datagram, size_t len)
{
    struct script *script = context;
    assert_true(script->out_count - script->out_first < OUTBOX && len <= MESSAGE);
    struct datagram *slot = &script->out[script->out_count++ % OUTBOX];
    memcpy(slot->octets, datagram, len);
    slot->len = len;
}

static void on_stream(void *context, const struct cc_message *message)
{
    struct cc_frame_head head;
    uint8_t octets[MESSAGE];
    assert_int_equal(cc_frame_head(message, &head), CC_OK);
    assert_true(head.len + message->payload_len <= sizeof octets);
    memcpy(octets, head.octets + head.begin, head.len);
    if (message->payload_len > 0) {
        memcpy(octets + head.len, message->payload, message->payload_len);
    }
    on_send(context, octets, head.len + message->payload_len);
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct script *script = context;
    char code[8];
    char path[64];
    cc_message_path_text(request, path, sizeof path);
    snprintf(script->got, sizeof script->got, "%s %s %zu", cc_code_text(request->code, code), path,
             request->payload_len);
    script->got_count++;
    script->ticket = *ticket;
    if (request->payload_len > 0 && memcmp(request->payload, pattern, request->payload_len) != 0) {
        differs(script, "body handed up is not what was sent");
    }
    if (script->is_automatic && cc_exchange_respond(script->exchange, script->now_ms, ticket,
                                                    &script->automatic) != CC_OK) {
        differs(script, "automatic response refused");
    }
}

static void on_response(void *context, uint32_t id, enum cc_result result,
                        const struct cc_message *response)
{
    struct script *script = context;
    char code[8] = "";
    int used = snprintf(script->ended, sizeof script->ended, "%s", cc_result_text(result));
    if (response != NULL) {
        snprintf(script->ended + used, sizeof script->ended - (size_t)used, " %s %zu",
                 cc_code_text(response->code, code), response->payload_len);
        if (response->payload_len > 0 &&
            memcmp(response->payload, pattern, response->payload_len) != 0) {
            differs(script, "body of the response is not what was sent");
        }
    }
    assert_true(id != 0 && (result == CC_RESULT_RESPONSE) == (response != NULL));
    script->ended_count++;
}

static void on_trace(void *context, enum cc_direction direction, const struct cc_message *message,
                     bool is_repeat)
{
    (void)context;
    (void)is_repeat;
    assert_true((direction == CC_IN || direction == CC_OUT) && message != NULL);
}

static const struct cc_exchange_ops ops = {.send = on_send,
                                           .request = on_request,
                                           .response = on_response,
                                           .trace = on_trace,
                                           .random = on_random};

/* ---- steps ---- */

static uint8_t code_of(const char *text)
{
    static const char *const methods[] = {"empty", "GET", "POST", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(text, methods[i]) == 0) {
            return (uint8_t)i;
        }
    }
    unsigned class_ = 0;
    unsigned detail = 0;
    assert_int_equal(sscanf(text, "%u.%u", &class_, &detail), 2);
    return CC_CODE(class_, detail);
}

/* Over a reliable transport, to a peer that takes messages of MAX octets. */
static void make_reliable(struct script *script, uint32_t max)
{
    struct cc_exchange_ops reliable = ops;
    reliable.send = NULL;
    reliable.stream = on_stream;
    cc_exchange_free(script->exchange, false);
    assert_int_equal(cc_exchange_new(&reliable, script, &script->parameters, &script->exchange),
                     CC_OK);
    cc_exchange_limits(script->exchange, max & ~1U, (max & 1) == 0);
    script->is_reliable = true;
}

static void step_set(struct script *script, const char *rest)
{
    char what[16];
    unsigned value = 0;
    assert_int_equal(sscanf(rest, "%15s %u", what, &value), 2);
    if (strcmp(what, "block") == 0) {
        script->parameters.block_bytes = (uint16_t)value;
    } else if (strcmp(what, "body") == 0) {
        script->parameters.body_max_bytes = value;
    } else if (strcmp(what, "retransmit") == 0) {
        script->parameters.max_retransmit = (uint8_t)value;
    } else if (strcmp(what, "forgetful") == 0) {
        script->parameters.is_forgetful = value != 0;
    } else if (strcmp(what, "timeout") == 0) {
        script->parameters.ack_timeout_ms = value;
    } else if (strcmp(what, "reliable") == 0) {
        make_reliable(script, value);
    } else {
        differs(script, "unknown parameter");
    }
    cc_exchange_parameters(script->exchange, &script->parameters);
}

static void step_req(struct script *script, const char *rest)
{
    char method[8];
    char path[512];
    size_t len = 0;
    char query[64] = "";
    int fields = sscanf(rest, "%7s %511s %zu %63[^! ]", method, path, &len, query);
    assert_true(fields >= 2);
    const char *queries[] = {query};
    struct cc_request request = {.method = code_of(method),
                                 .path = path,
                                 .queries = queries,
                                 .query_count = query[0] != '\0',
                                 .content_format = CC_FORMAT_NONE,
                                 .accept = CC_FORMAT_NONE,
                                 .payload = pattern,
                                 .payload_len = len};
    const char *mark = strchr(rest, '!');
    uint32_t id = 0;
    enum cc_error error = cc_exchange_request(script->exchange, script->now_ms, &request, &id);
    if (strcmp(cc_error_text(error), mark != NULL ? mark + 1 : "success") != 0) {
        differs(script, cc_error_text(error));
    }
}

static void read_frames(struct script *script, const uint8_t *octets, size_t len)
{
    struct cc_frame_reader reader = {.data = NULL};
    struct cc_octets input = {octets, len};
    struct cc_frame frame;
    assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    while (frame.datagram != NULL) {
        if (cc_exchange_input_stream(script->exchange, script->now_ms, frame.datagram, frame.len) !=
            CC_OK) {
            differs(script, "the connection cannot go on");
        }
        assert_int_equal(cc_frame_read(&reader, &input, &frame), CC_OK);
    }
    assert_int_equal(reader.need, 0);
}

static void step_in(struct script *script, const char *rest)
{
    uint8_t octets[LINE];
    size_t len = coap_script_hex(rest, octets, sizeof octets);
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, octets, len);
    if (script->is_reliable) {
        read_frames(script, exact, len);
    } else {
        cc_exchange_input(script->exchange, script->now_ms, exact, len);
    }
    free(exact);
}

static void show(const char *what, const uint8_t *octets, size_t len)
{
    print_error("%s ", what);
    for (size_t i = 0; i < len; i++) {
        print_error("%02x", octets[i]);
    }
    print_error("\n");
}

static void step_out(struct script *script, const char *rest)
{
    uint8_t octets[LINE];
    size_t len = coap_script_hex(rest, octets, sizeof octets);
    if (script->out_first == script->out_count) {
        differs(script, "nothing was sent");
    }
    const struct datagram *sent = &script->out[script->out_first++ % OUTBOX];
    if (sent->len != len || memcmp(sent->octets, octets, len) != 0) {
        show("expected", octets, len);
        show("sent    ", sent->octets, sent->len);
        differs(script, "another datagram was sent");
    }
}

static void step_none(struct script *script, const char *rest)
{
    (void)rest;
    if (script->out_first != script->out_count) {
        const struct datagram *sent = &script->out[script->out_first % OUTBOX];
        show("sent", sent->octets, sent->len);
        differs(script, "something was sent");
    }
}

static void step_wait(struct script *script, const char *rest)
{
    uint64_t until = script->now_ms + strtoull(rest, NULL, 10);
    for (uint64_t at = cc_exchange_deadline(script->exchange); at <= until;
         at = cc_exchange_deadline(script->exchange)) {
        script->now_ms = at;
        cc_exchange_timer(script->exchange, at);
        if (cc_exchange_deadline(script->exchange) <= at) {
            differs(script, "a deadline that passed stays");
        }
    }
    script->now_ms = until;
}

static void expect_event(struct script *script, const char *rest, const char *text, size_t *count)
{
    if (*count != 1 || strcmp(rest, text) != 0) {
        print_error("%zu events, the last: %s\n", *count, text);
        differs(script, "another event");
    }
    *count = 0;
}

static void step_got(struct script *script, const char *rest)
{
    expect_event(script, rest, script->got, &script->got_count);
}

static void step_end(struct script *script, const char *rest)
{
    expect_event(script, rest, script->ended, &script->ended_count);
}

static struct cc_response response_of(const char *rest)
{
    char code[8];
    size_t len = 0;
    unsigned format = CC_FORMAT_NONE;
    assert_true(sscanf(rest, "%7s %zu %u", code, &len, &format) >= 1);
    return (struct cc_response){.code = code_of(code),
                                .content_format = (uint16_t)format,
                                .payload = pattern,
                                .payload_len = len};
}

static void step_auto(struct script *script, const char *rest)
{
    script->is_automatic = strcmp(rest, "none") != 0;
    if (script->is_automatic) {
        script->automatic = response_of(rest);
    }
}

static void step_respond(struct script *script, const char *rest)
{
    struct cc_response response = response_of(rest);
    enum cc_error expected = strchr(rest, '!') != NULL ? CC_EINVAL : CC_OK;
    if (cc_exchange_respond(script->exchange, script->now_ms, &script->ticket, &response) !=
        expected) {
        differs(script, "respond");
    }
}

static void step_mem(struct script *script, const char *rest)
{
    size_t held = cc_exchange_memory(script->exchange);
    if (held > strtoull(rest, NULL, 10)) {
        print_error("held: %zu octets\n", held);
        differs(script, "more memory held");
    }
}

static const struct {
    const char *word;
    void (*run)(struct script *script, const char *rest);
} steps[] = {
    {"set", step_set},   {"req", step_req},         {"in", step_in},   {"out", step_out},
    {"none", step_none}, {"wait", step_wait},       {"got", step_got}, {"end", step_end},
    {"auto", step_auto}, {"respond", step_respond}, {"mem", step_mem},
};

/* What happened in this step and before it, unasked for, must have been asked for when the next
 * other step begins. */
static void check_asked(struct script *script, const char *word)
{
    bool is_question = strcmp(word, "out") == 0 || strcmp(word, "got") == 0 ||
                       strcmp(word, "end") == 0 || strcmp(word, "mem") == 0;
    if (is_question) {
        return;
    }
    step_none(script, NULL);
    if (script->got_count > 0) {
        differs(script, script->got);
    }
    if (script->ended_count > 0) {
        differs(script, script->ended);
    }
}

static void run_step(struct script *script, const char *line)
{
    char word[16] = "";
    int used = 0;
    sscanf(line, "%15s %n", word, &used);
    script->step = line;
    check_asked(script, word);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].word, word) == 0) {
            steps[i].run(script, line + used);
            return;
        }
    }
    differs(script, "unknown step");
}

void coap_script_run(const char *name, const char *text)
{
    static struct script script;
    pattern = coap_script_pattern();
    script = (struct script){.name = name, .step = "start", .now_ms = 1000};
    cc_parameters_default(&script.parameters);
    assert_int_equal(cc_exchange_new(&ops, &script, &script.parameters, &script.exchange), CC_OK);
    while (*text != '\0') {
        char line[LINE];
        size_t len = strcspn(text, ";\n");
        assert_true(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        run_step(&script, line);
        text += len;
        text += strspn(text, "; \n");
    }
    script.step = "end of script";
    check_asked(&script, "");
    cc_exchange_free(script.exchange, false);
}
