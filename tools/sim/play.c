#include "tools/sim/play.h"

#include "bootstrap/coap/block.h"
#include "tools/sim/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 150, RESET_WAIT_MS = 4000, RAW_WAIT_MS = 2000, QUIET_MS = 6000, REWORN = 0x2a };

/* ---- what comes in and goes out, as octets ---- */

static void send_code(struct sim_play *play, const struct cc_message *request, enum cc_type type,
                      uint8_t code)
{
    uint8_t datagram[CC_DATAGRAM_MAX];
    size_t len;
    struct cc_message answer = {.type = type, .code = code, .mid = request->mid};
    if (code != CC_EMPTY) {
        memcpy(answer.token, request->token, sizeof answer.token);
        answer.token_len = request->token_len;
    }
    if (cc_message_build(&answer, datagram, sizeof datagram, &len) == CC_OK) {
        sim_wire_send(play->wire, datagram, len);
    }
}

/* A request of the server; false when it is dealt with here. */
static bool take_request(struct sim_play *play, const struct cc_message *message)
{
    if (play->has_server_mid && play->server_mid == message->mid) {
        play->repeats++;
        return true;
    }
    play->has_server_mid = true;
    play->server_mid = message->mid;
    play->steps++;
    play->after_reset += play->reset_at != 0 && play->steps > play->reset_at;
    if (cc_message_option(message, CC_OPT_BLOCK1) != NULL) {
        play->is_block_upload = true;
        if (play->block_code != 0 && !play->has_refused_block) {
            play->has_refused_block = true;
            send_code(play, message, CC_ACK, play->block_code);
            return false;
        }
    }
    if (play->reset_at == play->steps) {
        send_code(play, message, CC_RST, CC_EMPTY);
        return false;
    }
    if (play->lose_at == play->steps) {
        play->is_losing = true;
        play->lost_mid = message->mid;
    }
    return true;
}

static void note_block(struct sim_play *play, const struct cc_message *message)
{
    const struct cc_option *etag = cc_message_option(message, CC_OPT_ETAG);
    const size_t len = etag == NULL || etag->len > sizeof play->etag ? 0 : etag->len;
    if (play->blocks++ == 0) {
        play->etag_len = len;
        memcpy(play->etag, len > 0 ? etag->value : play->etag, len);
    }
    play->etag_changed = play->etag_changed || len != play->etag_len ||
                         (len > 0 && memcmp(play->etag, etag->value, len) != 0);
}

static void take_answer(struct sim_play *play, const struct cc_message *message,
                        const uint8_t *datagram, size_t len)
{
    if (cc_message_option(message, CC_OPT_BLOCK2) != NULL) {
        note_block(play, message);
    }
    const bool is_raw = play->raw != NULL;
    if (message->type == CC_RST && message->mid == play->mid) {
        play->is_reset = true;
    }
    if (message->mid != play->mid || message->type != CC_ACK) {
        return;
    }
    play->answers++;
    if (play->answers == 1 && len <= sizeof play->first_answer) {
        memcpy(play->first_answer, datagram, len);
        play->first_answer_len = len;
    } else if (len != play->first_answer_len || memcmp(play->first_answer, datagram, len) != 0) {
        play->differ = true;
    }
    if (is_raw && message->code != CC_EMPTY) {
        play->is_answered = true;
        play->code = message->code;
    }
}

static bool filter_in(struct sim_play *play, const struct cc_message *message,
                      const uint8_t *datagram, size_t len)
{
    play->heard_at_ms = sim_clock_ms();
    if (message->code != CC_EMPTY && message->code >> 5 == 0) {
        return take_request(play, message);
    }
    take_answer(play, message, datagram, len);
    return true;
}

/* The client's own request goes out: kept, and sent again as it was told. */
static void note_request(struct sim_play *play, const struct cc_message *message,
                         const uint8_t *datagram, size_t len)
{
    if (play->first_len > 0 || len > sizeof play->first) {
        return;
    }
    memcpy(play->first, datagram, len);
    play->first_len = len;
    play->mid = message->mid;
}

static bool filter_out(struct sim_play *play, const struct cc_message *message,
                       const uint8_t *datagram, size_t len)
{
    if (message->type == CC_CON && message->code >> 5 == 0 && message->code != CC_EMPTY) {
        note_request(play, message, datagram, len);
    }
    if (message->type == CC_ACK && play->is_losing && message->mid == play->lost_mid) {
        play->is_losing = false;
        return false;
    }
    return true;
}

static bool on_datagram(void *context, enum cc_direction direction, const uint8_t *datagram,
                        size_t len)
{
    struct cc_message message;
    if (cc_message_parse(datagram, len, &message) != CC_OK) {
        return true;
    }
    return direction == CC_IN ? filter_in(context, &message, datagram, len)
                              : filter_out(context, &message, datagram, len);
}

/* ---- the device ---- */

static enum cc_error send_request(struct sim_play *play)
{
    const struct cc_request request = {.method = play->method != 0 ? play->method : CC_POST,
                                       .path = play->path != NULL ? play->path : "/bs",
                                       .queries = play->queries,
                                       .query_count = play->query_count,
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = play->accept != 0 ? play->accept : CC_FORMAT_NONE};
    return sim_wire_request(play->wire, &request);
}

/* A DELETE of the account by name, or a Write to its instance that it did not survive. */
static void note_harm(struct sim_play *play, const struct cc_message *request, int32_t account)
{
    char own[32];
    char path[32];
    snprintf(own, sizeof own, "/0/%d", (int)account);
    cc_message_path_text(request, path, sizeof path);
    bool is_deleted = request->code == CC_DELETE && strcmp(path, own) == 0;
    bool is_gone = sim_device_bootstrap_instance(play->device) != account;
    play->has_hurt = play->has_hurt || (account >= 0 && (is_deleted || is_gone));
}

static void record(struct sim_play *play, const struct cc_message *request, uint8_t code)
{
    uint32_t format = cc_message_uint(request, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    if (play->served_count == SIM_SERVED_MAX) {
        return;
    }
    struct sim_served *served = &play->served[play->served_count++];
    *served =
        (struct sim_served){.method = request->code, .code = code, .format = (uint16_t)format};
    cc_message_path_text(request, served->path, sizeof served->path);
}

static void on_request(void *context, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct sim_play *play = context;
    struct sim_answer answer = {0};
    int32_t account = sim_device_bootstrap_instance(play->device);
    play->requests++;
    play->heard_at_ms = sim_clock_ms();
    sim_answer(play->device, request, &answer);
    if (answer.is_finish && play->finishes++ < play->refuse_finishes) {
        answer.code = CC_NOT_ACCEPTABLE;
    }
    note_harm(play, request, account);
    record(play, request, answer.code);
    if (answer.is_finish && answer.code == CC_CHANGED) {
        play->is_finished = true;
        play->finished_at_ms = sim_clock_ms();
    }
    const struct cc_response response = {.code = answer.code,
                                         .content_format = answer.format,
                                         .payload = answer.payload,
                                         .payload_len = answer.payload_len};
    play->error = sim_wire_respond(play->wire, ticket, &response);
    sim_answer_clear(&answer);
    if (play->again_at != 0 && play->again_at == play->served_count && !play->is_again_sent) {
        play->is_again_sent = true;
        play->is_finished = false;
        play->error = send_request(play);
    }
}

static void on_response(void *context, enum cc_result result, const struct cc_message *response)
{
    struct sim_play *play = context;
    if (result == CC_RESULT_RESET) {
        play->is_reset = true;
    }
    if (result != CC_RESULT_RESPONSE) {
        return;
    }
    play->heard_at_ms = sim_clock_ms();
    if (play->is_again_sent) {
        play->again_code = response->code;
        return;
    }
    play->is_answered = true;
    play->code = response->code;
    play->answer_format =
        (uint16_t)cc_message_uint(response, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    play->payload = malloc(response->payload_len + 1);
    if (play->payload != NULL && response->payload_len > 0) {
        memcpy(play->payload, response->payload, response->payload_len);
        play->payload_len = response->payload_len;
    }
}

/* ---- the run ---- */

static void begin(struct sim_play *play)
{
    if (play->raw != NULL) {
        play->mid = play->raw_len >= 4 ? (uint16_t)((unsigned)play->raw[2] << 8 | play->raw[3]) : 0;
        sim_wire_send(play->wire, play->raw, play->raw_len);
        return;
    }
    play->error = send_request(play);
    if (play->is_doubled) {
        sim_wire_send(play->wire, play->first, play->first_len);
    }
    if (play->is_reworn) {
        uint8_t again[CC_DATAGRAM_MAX];
        memcpy(again, play->first, play->first_len);
        again[2] ^= REWORN;
        sim_wire_send(play->wire, again, play->first_len);
    }
}

/* Nothing more is to be expected. */
static bool is_over(const struct sim_play *play, uint64_t now_ms, uint64_t end_ms)
{
    bool is_refused = play->is_answered && play->code >> 5 != 2;
    bool is_fetched = play->is_answered && play->method == CC_GET;
    bool is_ended =
        is_refused || is_fetched || (play->raw != NULL && play->is_answered) || play->is_reset;
    uint64_t quiet_ms = now_ms - play->heard_at_ms;
    if (now_ms >= end_ms || play->error != CC_OK) {
        return true;
    }
    if (play->is_finished || (is_ended && !play->is_doubled)) {
        return quiet_ms >= LINGER_MS;
    }
    if (play->raw != NULL) {
        return quiet_ms >= RAW_WAIT_MS;
    }
    if (play->reset_at != 0 && play->steps >= play->reset_at) {
        return quiet_ms >= RESET_WAIT_MS;
    }
    return play->is_answered && quiet_ms >= (is_ended ? LINGER_MS : QUIET_MS);
}

void sim_play(struct sim_play *play)
{
    const struct sim_wire_config config = {.connection = play->connection,
                                           .handshake_ms = play->total_ms,
                                           .block_bytes = play->block_bytes,
                                           .context = play,
                                           .request = on_request,
                                           .response = on_response,
                                           .filter = on_datagram};
    uint64_t end_ms = sim_clock_ms() + play->total_ms;
    play->error = sim_wire_open(&config, &play->wire);
    if (play->error != CC_OK) {
        return;
    }
    play->heard_at_ms = sim_clock_ms();
    begin(play);
    while (!is_over(play, sim_clock_ms(), end_ms)) {
        uint64_t now_ms = sim_clock_ms();
        if (!sim_wire_poll(play->wire, now_ms < end_ms ? (uint32_t)(end_ms - now_ms) : 0)) {
            break;
        }
    }
    if (sim_wire_is_refused(play->wire) && !play->is_answered) {
        play->error = CC_EADDRESS;
    }
    play->quiet_ms = sim_clock_ms() - play->heard_at_ms;
    sim_wire_close(play->wire);
    play->wire = NULL;
}

bool sim_play_saw(const struct sim_play *play, uint8_t method, const char *prefix)
{
    for (size_t i = 0; i < play->served_count; i++) {
        if (play->served[i].method == method &&
            strncmp(play->served[i].path, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

void sim_play_clear(struct sim_play *play)
{
    if (play->payload != NULL) {
        explicit_bzero(play->payload, play->payload_len);
        free(play->payload);
    }
    explicit_bzero(play, sizeof *play);
}
