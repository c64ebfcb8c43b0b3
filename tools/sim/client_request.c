/* The client's own requests: Bootstrap-Pack-Request and Bootstrap-Request. */
#include "tools/sim/client_private.h"

#include "bootstrap/lwm2m/codec.h"

#include <stdio.h>

enum { QUERY_BYTES = 260, QUERIES_MAX = 3 };

struct draft {
    char ep[QUERY_BYTES], pct[QUERY_BYTES], acc[QUERY_BYTES];
    const char *queries[QUERIES_MAX];
    size_t count;
};

static void add_query(struct draft *draft, char *text, const char *name, const char *value)
{
    snprintf(text, QUERY_BYTES, "%s=%s", name, value);
    draft->queries[draft->count++] = text;
}

static void send_draft(struct sim_client *client, const struct draft *draft, bool is_pack)
{
    uint32_t id;
    const struct cc_request request = {.method = is_pack ? CC_GET : CC_POST,
                                       .path = is_pack ? "/bspack" : "/bs",
                                       .queries = draft->queries,
                                       .query_count = draft->count,
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = is_pack ? client->config.pack : CC_FORMAT_NONE};
    client->state = is_pack ? SIM_PACKING : SIM_REQUESTING;
    client->deadline_ms = UINT64_MAX;
    enum cc_error error = cc_session_request(client->session, &request, &id);
    if (error != CC_OK) {
        sim_client_fail(client, SIM_UNREACHABLE, cc_error_text(error));
    }
}

static void send_request(struct sim_client *client)
{
    struct draft draft = {.count = 0};
    if (client->config.endpoint != NULL) {
        add_query(&draft, draft.ep, "ep", client->config.endpoint);
    }
    if (client->has_pct) {
        char number[8];
        snprintf(number, sizeof number, "%u", client->config.pct);
        add_query(&draft, draft.pct, "pct",
                  client->config.pct_text != NULL ? client->config.pct_text : number);
    }
    send_draft(client, &draft, false);
}

/* lwm2m-bootstrap.md 3.7: `acc` names the instances of the bootstrap account. */
static void send_pack_request(struct sim_client *client)
{
    struct draft draft = {.count = 0};
    int32_t account = sim_device_bootstrap_instance(client->config.device);
    if (client->config.endpoint != NULL) {
        add_query(&draft, draft.ep, "ep", client->config.endpoint);
    }
    if (client->profile->acc && account >= 0) {
        char link[16];
        snprintf(link, sizeof link, "</0/%d>", (int)account);
        add_query(&draft, draft.acc, "acc", link);
    }
    send_draft(client, &draft, true);
}

void sim_client_first_request(struct sim_client *client)
{
    if (client->config.pack != 0) {
        send_pack_request(client);
    } else {
        send_request(client);
    }
}

void sim_client_request_again(struct sim_client *client)
{
    enum sim_state state = client->state;
    uint64_t deadline_ms = client->deadline_ms;
    send_request(client);
    if (client->state == SIM_REQUESTING) {
        client->state = state;
        client->deadline_ms = deadline_ms;
    }
}

/* ---- answers ---- */

/* Applies a Pack; false with REASON when it is of no use. */
static bool take_pack(struct sim_client *client, const struct cc_message *response, char *reason)
{
    struct sim_device *device = client->config.device;
    struct lwm2m_content content = {0};
    uint32_t format = cc_message_uint(response, CC_OPT_CONTENT_FORMAT, CC_FORMAT_NONE);
    enum lwm2m_error error =
        lwm2m_decode((uint16_t)format, (struct lwm2m_path){{0}, 0}, sim_device_registry(device),
                     response->payload, response->payload_len, &content);
    if (error != LWM2M_OK) {
        snprintf(reason, SIM_REASON_MAX + 1, "%s", lwm2m_error_text(error));
        return false;
    }
    uint8_t code = sim_device_pack(device, content.leaves, content.count);
    lwm2m_content_clear(&content);
    if (code != CC_CHANGED) {
        char text[8];
        snprintf(reason, SIM_REASON_MAX + 1, "cannot be written: %s", cc_code_text(code, text));
        return false;
    }
    return sim_validate(device, reason);
}

static void on_pack(struct sim_client *client, const struct cc_message *response)
{
    char reason[SIM_REASON_MAX + 1] = "";
    char code[8];
    if (response->code == CC_CONTENT && take_pack(client, response, reason)) {
        client->outcome.is_packed = true;
        sim_client_note(client, "Bootstrap-Pack applied");
        sim_client_succeed(client);
        return;
    }
    sim_client_note(client, "no Bootstrap-Pack: %s%s%s", cc_code_text(response->code, code),
                    reason[0] != '\0' ? ", " : "", reason);
    sim_device_rollback(client->config.device);
    if (!sim_device_begin(client->config.device)) {
        sim_client_fail(client, SIM_UNREACHABLE, cc_error_text(CC_ENOMEM));
        return;
    }
    send_request(client);
}

static void on_accepted(struct sim_client *client)
{
    client->state = SIM_SERVING;
    client->deadline_ms = sim_client_now_ms(client) + client->config.timeout_ms;
    client->hub->is_mute = client->profile->silent_at == 1;
}

void sim_client_response(struct sim_client *client, enum cc_result result,
                         const struct cc_message *response)
{
    char code[8];
    if (client->state != SIM_PACKING && client->state != SIM_REQUESTING) {
        return;
    }
    if (result != CC_RESULT_RESPONSE) {
        sim_client_fail(client, SIM_UNREACHABLE, cc_result_text(result));
        return;
    }
    client->outcome.code = response->code;
    if (client->state == SIM_PACKING) {
        on_pack(client, response);
    } else if (response->code >> 5 == 2) {
        on_accepted(client);
    } else if (response->code >> 5 == 4 && client->has_pct && !client->profile->no_pct_retry) {
        client->has_pct = false;
        send_request(client);
    } else {
        sim_client_fail(client, SIM_REFUSED, cc_code_text(response->code, code));
    }
}
