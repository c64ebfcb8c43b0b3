/* What the client does with the requests of its server, and the faults that a profile asks for. */
#include "tools/sim/client_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEPARATE_MS = 5, OVERHEAD_BYTES = 40, GARBAGE_BYTES = 24 };

static uint16_t format_of(const struct cc_message *request)
{
    uint32_t format = cc_message_uint(request, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    format =
        format == CC_FORMAT_NONE ? cc_message_uint(request, CC_OPT_ACCEPT, CC_FORMAT_NONE) : format;
    return format < CC_FORMAT_NONE ? (uint16_t)format : CC_FORMAT_NONE;
}

static void record(struct sim_client *client, const struct cc_message *request, uint8_t code)
{
    if (client->outcome.served_count == SIM_SERVED_MAX) {
        return;
    }
    struct sim_served *served = &client->outcome.served[client->outcome.served_count++];
    *served =
        (struct sim_served){.method = request->code, .code = code, .format = format_of(request)};
    cc_message_path_text(request, served->path, sizeof served->path);
}

/* ---- faults ---- */

static void make_garbage(struct sim_client *client, struct sim_answer *answer)
{
    sim_answer_clear(answer);
    answer->code = CC_CONTENT;
    answer->format = CC_FORMAT_NONE;
    answer->payload = malloc(GARBAGE_BYTES);
    if (answer->payload != NULL) {
        answer->payload_len = GARBAGE_BYTES;
        client->hub->random(NULL, answer->payload, GARBAGE_BYTES);
        answer->payload[0] = 0xff;
    }
}

/* A datagram larger than the client's buffer vanishes. */
static bool is_lost(const struct sim_client *client, const struct cc_message *request)
{
    uint32_t max = client->profile->datagram_max;
    return max != 0 && cc_message_option(request, CC_OPT_BLOCK1) == NULL &&
           request->payload_len + OVERHEAD_BYTES > max;
}

static bool is_step(const struct sim_client *client, uint32_t step)
{
    return step != 0 && client->step == step;
}

/* Makes ANSWER what the profile wants it to be at this step. */
static void spoil(struct sim_client *client, struct sim_answer *answer)
{
    const struct sim_profile *profile = client->profile;
    if (is_step(client, profile->garbage_at)) {
        make_garbage(client, answer);
    } else if (is_step(client, profile->code_at)) {
        sim_answer_clear(answer);
        answer->code = profile->code != 0 ? profile->code : CC_INTERNAL;
        answer->format = CC_FORMAT_NONE;
    } else if (answer->is_finish && answer->code == CC_CHANGED && client->finish_refusals > 0) {
        client->finish_refusals--;
        answer->code = CC_NOT_ACCEPTABLE;
        snprintf(answer->reason, sizeof answer->reason, "as told");
    }
}

/* ---- answers ---- */

static void on_finish(struct sim_client *client, const struct sim_answer *answer)
{
    if (answer->code == CC_CHANGED) {
        sim_client_succeed(client);
        return;
    }
    sim_client_note(client, "Finish refused: %s", answer->reason);
    if (client->profile->ends_at_refusal) {
        sim_client_fail(client, SIM_UNFINISHED, answer->reason);
    }
}

static void send(struct sim_client *client, const struct cc_ticket *ticket,
                 const struct sim_answer *answer)
{
    const struct cc_response response = {.code = answer->code,
                                         .content_format = answer->format,
                                         .payload = answer->payload,
                                         .payload_len = answer->payload_len};
    if (client->session == NULL) {
        return;
    }
    enum cc_error error = cc_session_respond(client->session, ticket, &response);
    if (error != CC_OK) {
        sim_client_note(client, "answer not sent: %s", cc_error_text(error));
    } else if (answer->is_finish) {
        on_finish(client, answer);
    }
    client->hub->is_mute = client->profile->silent_at != 0 && client->state == SIM_SERVING &&
                           client->step + 1 >= client->profile->silent_at;
}

void sim_client_send_late(struct sim_client *client)
{
    client->late_at_ms = UINT64_MAX;
    send(client, &client->late_ticket, &client->late);
    sim_answer_clear(&client->late);
}

/* 0 = at once. */
static uint32_t delay_ms(const struct sim_client *client, const struct sim_answer *answer)
{
    const struct sim_profile *profile = client->profile;
    if (profile->slow_ms != 0) {
        return profile->slow_ms;
    }
    return profile->separate || (profile->separate_finish && answer->is_finish) ? SEPARATE_MS : 0;
}

static void deliver(struct sim_client *client, const struct cc_ticket *ticket,
                    struct sim_answer *answer)
{
    uint32_t wait_ms = delay_ms(client, answer);
    if (wait_ms == 0) {
        send(client, ticket, answer);
        sim_answer_clear(answer);
        return;
    }
    sim_answer_clear(&client->late);
    client->late = *answer;
    client->late_ticket = *ticket;
    client->late_at_ms = sim_client_now_ms(client) + wait_ms;
}

void sim_client_serve(struct sim_client *client, const struct cc_message *request,
                      const struct cc_ticket *ticket)
{
    struct sim_answer answer = {0};
    if (client->hub->is_mute) { /* it came in the same round as what silenced the client */
        return;
    }
    if (is_lost(client, request)) {
        sim_client_note(client, "a datagram too large for the client is lost");
        return;
    }
    client->step++;
    client->outcome.requests++;
    if (is_step(client, client->profile->closes_at)) {
        record(client, request, 0);
        sim_client_fail(client, SIM_UNFINISHED, "closed its session");
        return;
    }
    sim_answer(client->config.device, request, &answer);
    spoil(client, &answer);
    record(client, request, answer.code);
    if (client->state == SIM_SERVING) {
        client->deadline_ms = sim_client_now_ms(client) + client->config.timeout_ms;
    }
    deliver(client, ticket, &answer);
    if (is_step(client, client->profile->again_at) && client->state == SIM_SERVING) {
        sim_client_request_again(client);
    }
}
