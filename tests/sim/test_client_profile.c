/*
 * What a profile does to a whole bootstrap: its own requests, its time, its faults. Each row runs a
 * client over loopback against a server that asks for Discover, writes one account and finishes.
 */
#include "tools/sim/client.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"
#include "tests/support/peer.h"
#include "tests/support/sim_device.h"

#include <stdio.h>
#include <string.h>

enum { RUN_MS = 15000, BODY_BYTES = 512 };

static const struct row {
    const char *behaviours;
    const char *pack; /* leaves of the server's Pack; "" = it has none, NULL = is not asked */
    enum sim_result result;
    const char *reason;
    unsigned requests;   /* of the server */
    unsigned bootstraps; /* Bootstrap-Requests that the server saw */
    uint64_t least_ms;
    const char *server_object;
} rows[] = {
    {"", NULL, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"separate", NULL, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"separate-finish", NULL, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"deaf", NULL, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"slow=50", NULL, SIM_FINISHED, "", 4, 1, 200, TEST_SERVER},
    {"version=1.2", TEST_SECURITY "; " TEST_SERVER, SIM_FINISHED, "", 0, 0, 0, TEST_SERVER},
    {"version=1.2,acc", TEST_SECURITY "; " TEST_SERVER, SIM_FINISHED, "", 0, 0, 0, TEST_SERVER},
    {"version=1.2", "", SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"version=1.2", TEST_SECURITY, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"silent-at=2", NULL, SIM_UNFINISHED, "no Finish in time", 1, 1, 300, ""},
    {"silent-at=1", NULL, SIM_UNFINISHED, "no Finish in time", 0, 1, 300, ""},
    {"closes-at=3", NULL, SIM_UNFINISHED, "closed its session", 3, 1, 0, ""},
    {"slow=600,budget=1", NULL, SIM_UNFINISHED, "no Finish within the client's budget", 2, 1, 1000,
     ""},
    {"code-at=2,code=5.03", NULL, SIM_UNFINISHED, "no Finish in time", 2, 1, 0, ""},
    {"code-at=4", NULL, SIM_UNFINISHED, "no Finish in time", 4, 1, 0, ""},
    {"garbage-at=1", NULL, SIM_FINISHED, "", 4, 1, 0, TEST_SERVER},
    {"forgets,ends-at-refusal", NULL, SIM_UNFINISHED, "no Server Account", 4, 1, 0, ""},
    {"datagram-max=60", NULL, SIM_UNFINISHED, "no Finish in time", 1, 1, 0, ""},
};

struct server {
    struct cc_endpoint *endpoint;
    const struct row *row;
    unsigned bootstraps, step;
    bool was_asked, had_acc;
};

static size_t encode(uint16_t format, const char *path, const char *leaves, uint8_t *body)
{
    size_t len = 0;
    struct lwm2m_path base;
    struct lwm2m_content content = {0};
    assert_int_equal(lwm2m_path_parse(path, strlen(path), &base), LWM2M_OK);
    test_leaves_parse(leaves, &content);
    assert_int_equal(
        lwm2m_encode(format, base, content.leaves, content.count, body, BODY_BYTES, &len),
        LWM2M_OK);
    lwm2m_content_clear(&content);
    return len;
}

static void send_step(struct server *server, struct cc_session *session)
{
    static const struct {
        uint8_t method;
        const char *path;
        const char *leaves;
    } script[] = {{CC_GET, "/", NULL},
                  {CC_PUT, "/0/1", TEST_SECURITY},
                  {CC_PUT, "/1/0", TEST_SERVER},
                  {CC_POST, "/bs", NULL}};
    uint8_t body[BODY_BYTES];
    uint32_t id;
    if (server->step == sizeof script / sizeof script[0]) {
        return;
    }
    const bool is_write = script[server->step].leaves != NULL;
    const bool is_discover = script[server->step].method == CC_GET;
    struct cc_request request = {.method = script[server->step].method,
                                 .path = script[server->step].path,
                                 .content_format = is_write ? LWM2M_FORMAT_TLV : CC_FORMAT_NONE,
                                 .accept = is_discover ? LWM2M_FORMAT_LINK : CC_FORMAT_NONE,
                                 .payload = body};
    if (is_write) {
        request.payload_len =
            encode(LWM2M_FORMAT_TLV, request.path, script[server->step].leaves, body);
    }
    assert_int_equal(cc_session_request(session, &request, &id), CC_OK);
}

static void answer_pack(struct server *server, struct cc_session *session,
                        const struct cc_message *request, const struct cc_ticket *ticket)
{
    uint8_t body[BODY_BYTES];
    const uint8_t *acc;
    size_t len = 0;
    server->was_asked = true;
    server->had_acc =
        cc_message_query(request, "acc", &acc, &len, NULL) && memcmp(acc, "</0/0>", 6) == 0;
    assert_int_equal(cc_message_uint(request, CC_OPT_ACCEPT, 0), LWM2M_FORMAT_SENML_CBOR);
    const bool has_pack = server->row->pack != NULL && server->row->pack[0] != '\0';
    struct cc_response response = {.code = has_pack ? CC_CONTENT : CC_METHOD_NOT_ALLOWED,
                                   .content_format =
                                       has_pack ? LWM2M_FORMAT_SENML_CBOR : CC_FORMAT_NONE,
                                   .payload = body};
    if (has_pack) {
        response.payload_len = encode(LWM2M_FORMAT_SENML_CBOR, "/", server->row->pack, body);
    }
    assert_int_equal(cc_session_respond(session, ticket, &response), CC_OK);
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct server *server = context;
    if (cc_message_path_is(request, "bspack")) {
        answer_pack(server, session, request, ticket);
        return;
    }
    const struct cc_response response = {.code = CC_CHANGED, .content_format = CC_FORMAT_NONE};
    server->bootstraps++;
    server->step = 0;
    assert_int_equal(cc_session_respond(session, ticket, &response), CC_OK);
    cc_session_cancel(session);
    send_step(server, session);
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct server *server = context;
    (void)id;
    if (result == CC_RESULT_RESPONSE && response->code >> 5 == 2) {
        server->step++;
        send_step(server, session);
    }
}

static void run_row(const struct row *row)
{
    static const struct cc_handlers handlers = {.request = on_request, .response = on_response};
    struct server server = {.row = row};
    struct cc_endpoint_config config = {
        .handlers = &handlers, .context = &server, .random = peer_random};
    char bound[CC_ADDRESS_TEXT];
    char uri[CC_ADDRESS_TEXT + 16];
    struct sim_hub *hub;
    cc_parameters_default(&config.parameters);
    assert_int_equal(cc_endpoint_new(&config, &server.endpoint), CC_OK);
    assert_int_equal(cc_endpoint_listen(server.endpoint, "coap://127.0.0.1:0", false, bound),
                     CC_OK);
    snprintf(uri, sizeof uri, "coap://%s", bound);
    struct sim_device *device = test_device_with(row->behaviours, 0);
    const struct sim_client_config client_config = {
        .device = device,
        .endpoint = "device",
        .pct = LWM2M_FORMAT_TLV,
        .pack = row->pack != NULL ? LWM2M_FORMAT_SENML_CBOR : 0,
        .timeout_ms = row->least_ms > 300 ? 5000 : 300,
        .connection = {.uri = uri}};
    assert_int_equal(sim_hub_open(&config.parameters, peer_random, &hub), CC_OK);
    struct sim_client *client = sim_client_new(hub, &client_config);
    assert_non_null(client);
    uint64_t end = peer_clock_ms() + RUN_MS;
    print_message("  %s\n", row->behaviours);
    while (!sim_client_is_done(client) && peer_clock_ms() < end) {
        assert_int_equal(cc_endpoint_poll(server.endpoint, 1), CC_OK);
        assert_int_equal(sim_hub_poll(hub, 1), CC_OK);
        sim_client_tick(client);
    }
    const struct sim_outcome *outcome = sim_client_outcome(client);
    assert_int_equal(outcome->result, row->result);
    assert_string_equal(outcome->reason, row->reason);
    assert_int_equal(outcome->requests, row->requests);
    assert_int_equal(outcome->served_count, row->requests);
    assert_int_equal(outcome->is_packed, row->result == SIM_FINISHED && row->bootstraps == 0);
    assert_true(outcome->duration_ms >= row->least_ms);
    assert_int_equal(server.bootstraps, row->bootstraps);
    assert_int_equal(server.was_asked, row->pack != NULL);
    assert_int_equal(server.had_acc, strstr(row->behaviours, "acc") != NULL);
    assert_string_equal(test_device_text(device, "/1"), row->server_object);
    sim_client_free(client);
    sim_hub_close(hub);
    sim_device_free(device);
    cc_endpoint_free(server.endpoint);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run_row(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
