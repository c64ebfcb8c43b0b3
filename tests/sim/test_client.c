/*
 * A simulated device over real loopback, against a scripted bootstrap server: each row is what the
 * server does and how the bootstrap ends. Behaviour: clients.md "Anjay 3.x" and "Refusal is nearly
 * final".
 */
#include "tools/sim/client.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"
#include "tests/support/peer.h"
#include "tests/support/sim_device.h"

#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 6, CODES_MAX = 4, RUN_MS = 15000 };

struct step {
    uint8_t method;
    const char *path;
    const char *leaves; /* of a PUT */
    uint8_t expected;
};

static const struct row {
    const char *name;
    uint8_t codes[CODES_MAX]; /* answers to Bootstrap-Requests, in turn; 0 = close the session
                                 instead */
    struct step script[STEPS_MAX];
    unsigned retries;
    uint32_t timeout_ms;
    bool has_wrong_key;
    enum sim_result result;
    const char *reason;
    unsigned attempts, requests; /* Bootstrap-Requests that the server saw */
    const char *server_object;   /* /1 afterwards */
} rows[] = {
    {"finished",
     {CC_CHANGED},
     {{CC_GET, "/", NULL, CC_CONTENT},
      {CC_DELETE, "/1", NULL, CC_DELETED},
      {CC_PUT, "/0/1", TEST_SECURITY, CC_CHANGED},
      {CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED},
      {CC_POST, "/bs", NULL, CC_CHANGED}},
     0,
     5000,
     false,
     SIM_FINISHED,
     "",
     1,
     1,
     TEST_SERVER},
    {"Finish refused, corrected, repeated",
     {CC_CHANGED},
     {{CC_PUT, "/0/1", TEST_SECURITY, CC_CHANGED},
      {CC_POST, "/bs", NULL, CC_NOT_ACCEPTABLE},
      {CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED},
      {CC_POST, "/bs", NULL, CC_CHANGED}},
     0,
     5000,
     false,
     SIM_FINISHED,
     "",
     1,
     1,
     TEST_SERVER},
    {"refused with pct, accepted without",
     {CC_UNSUPPORTED_FORMAT, CC_CHANGED},
     {{CC_PUT, "/0/1", TEST_SECURITY, CC_CHANGED},
      {CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED},
      {CC_POST, "/bs", NULL, CC_CHANGED}},
     0,
     5000,
     false,
     SIM_FINISHED,
     "",
     1,
     2,
     TEST_SERVER},
    {"refused twice is final, retries or not",
     {CC_BAD_REQUEST, CC_BAD_REQUEST},
     {{0}},
     3,
     5000,
     false,
     SIM_REFUSED,
     "4.00",
     1,
     2,
     ""},
    {"5.03 is final at once",
     {CC_UNAVAILABLE},
     {{0}},
     3,
     5000,
     false,
     SIM_REFUSED,
     "5.03",
     1,
     1,
     ""},
    {"no Finish: rolled back",
     {CC_CHANGED},
     {{CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED}},
     0,
     300,
     false,
     SIM_UNFINISHED,
     "no Finish in time",
     1,
     1,
     ""},
    {"no Finish, then one that comes",
     {CC_CHANGED, CC_CHANGED},
     {{CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED},
      {CC_PUT, "/0/1", TEST_SECURITY, CC_CHANGED},
      {0}, /* silence in the first attempt */
      {CC_PUT, "/0/1", TEST_SECURITY, CC_CHANGED},
      {CC_PUT, "/1/0", TEST_SERVER, CC_CHANGED},
      {CC_POST, "/bs", NULL, CC_CHANGED}},
     1,
     300,
     false,
     SIM_FINISHED,
     "",
     2,
     2,
     TEST_SERVER},
    {"the server closes the session", {0}, {{0}}, 0, 5000, false, SIM_UNREACHABLE, "", 1, 1, ""},
    {"wrong key",
     {CC_CHANGED},
     {{0}},
     0,
     1000,
     true,
     SIM_UNREACHABLE,
     "no handshake in time",
     1,
     0,
     ""},
};

struct server {
    struct cc_endpoint *endpoint;
    const struct row *row;
    unsigned requests;
    size_t step;
    bool had_pct[CODES_MAX];
};

static bool on_psk(void *context, const uint8_t *identity, size_t identity_len, struct cc_psk *psk)
{
    (void)context;
    if (identity_len != 6 || memcmp(identity, "device", 6) != 0) {
        return false;
    }
    memcpy(psk->key, PEER_KEY, 16);
    psk->key_len = 16;
    return true;
}

static void send_step(struct server *server, struct cc_session *session)
{
    const struct step *step = &server->row->script[server->step];
    uint8_t body[512];
    uint32_t id;
    if (server->step >= STEPS_MAX || step->path == NULL) {
        return;
    }
    struct cc_request request = {.method = step->method,
                                 .path = step->path,
                                 .content_format = CC_FORMAT_NONE,
                                 .accept =
                                     step->method == CC_GET ? LWM2M_FORMAT_LINK : CC_FORMAT_NONE,
                                 .payload = body};
    if (step->leaves != NULL) {
        struct lwm2m_path base;
        struct lwm2m_content content = {0};
        assert_int_equal(lwm2m_path_parse(step->path, strlen(step->path), &base), LWM2M_OK);
        test_leaves_parse(step->leaves, &content);
        request.content_format = LWM2M_FORMAT_TLV;
        assert_int_equal(lwm2m_encode(LWM2M_FORMAT_TLV, base, content.leaves, content.count, body,
                                      sizeof body, &request.payload_len),
                         LWM2M_OK);
        lwm2m_content_clear(&content);
    }
    assert_int_equal(cc_session_request(session, &request, &id), CC_OK);
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct server *server = context;
    const uint8_t *value;
    size_t len;
    assert_true(cc_message_path_is(request, "bs"));
    assert_true(cc_message_query(request, "ep", &value, &len, NULL));
    assert_true(server->requests < CODES_MAX);
    server->had_pct[server->requests] = cc_message_query(request, "pct", &value, &len, NULL);
    uint8_t code = server->row->codes[server->requests++];
    if (code == 0) {
        cc_session_close_later(session, 0);
        return;
    }
    const struct cc_response response = {.code = code, .content_format = CC_FORMAT_NONE};
    assert_int_equal(cc_session_respond(session, ticket, &response), CC_OK);
    if (code == CC_CHANGED) {
        if (server->requests > 1 && server->row->retries > 0) {
            server->step++; /* past the silence */
        }
        send_step(server, session);
    }
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    (void)id;
    struct server *server = context;
    if (result != CC_RESULT_CLOSED) {
        assert_int_equal(result, CC_RESULT_RESPONSE);
        assert_int_equal(response->code, server->row->script[server->step].expected);
        server->step++;
        send_step(server, session);
    }
}

static const struct cc_handlers handlers = {
    .psk = on_psk, .request = on_request, .response = on_response};

static void drive(struct server *server, struct sim_hub *hub, struct sim_client *client)
{
    uint64_t end = peer_clock_ms() + RUN_MS;
    while (!sim_client_is_done(client) && peer_clock_ms() < end) {
        assert_int_equal(cc_endpoint_poll(server->endpoint, 1), CC_OK);
        assert_int_equal(sim_hub_poll(hub, 1), CC_OK);
        sim_client_tick(client);
    }
    assert_true(sim_client_is_done(client));
    assert_true(sim_client_deadline(client) == UINT64_MAX);
}

static void assert_end(const struct row *row, const struct sim_outcome *outcome,
                       const struct server *server)
{
    assert_int_equal(outcome->result, row->result);
    if (row->reason[0] != '\0' || row->result == SIM_FINISHED) {
        assert_string_equal(outcome->reason, row->reason);
    } else {
        assert_int_not_equal(outcome->reason[0], '\0');
    }
    assert_int_equal(outcome->attempts, row->attempts);
    assert_int_equal(server->requests, row->requests);
    assert_int_equal(server->had_pct[0], row->requests > 0);
    /* only the request that follows a 4.xx goes without pct */
    assert_int_equal(server->had_pct[1], row->requests > 1 && row->codes[0] == CC_CHANGED);
}

static void run_row(const struct row *row, bool is_secure)
{
    struct server server = {.row = row};
    struct cc_endpoint_config config = {
        .handlers = &handlers, .context = &server, .random = peer_random};
    char bound[CC_ADDRESS_TEXT];
    char uri[CC_ADDRESS_TEXT + 16];
    cc_parameters_default(&config.parameters);
    config.handshake_fail_ms = 200;
    assert_int_equal(cc_endpoint_new(&config, &server.endpoint), CC_OK);
    assert_int_equal(cc_endpoint_listen(server.endpoint,
                                        is_secure ? "coaps://127.0.0.1:0" : "coap://127.0.0.1:0",
                                        false, bound),
                     CC_OK);
    snprintf(uri, sizeof uri, "%s://%s", is_secure ? "coaps" : "coap", bound);
    struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
    struct sim_client_config client_config = {.device = device,
                                              .endpoint = "device",
                                              .pct = LWM2M_FORMAT_TLV,
                                              .timeout_ms = row->timeout_ms,
                                              .retries = row->retries};
    client_config.connection = (struct cc_client){
        .uri = uri,
        .identity = is_secure ? (const uint8_t *)"device" : NULL,
        .identity_len = 6,
        .key = (const uint8_t *)(row->has_wrong_key ? "fedcba9876543210" : PEER_KEY),
        .key_len = 16};
    struct sim_hub *hub;
    assert_int_equal(sim_hub_open(&config.parameters, peer_random, &hub), CC_OK);
    struct sim_client *client = sim_client_new(hub, &client_config);
    assert_non_null(client);
    print_message("  %s over %s\n", row->name, is_secure ? "DTLS" : "UDP");
    drive(&server, hub, client);
    assert_end(row, sim_client_outcome(client), &server);
    assert_string_equal(test_device_text(device, "/1"), row->server_object);
    sim_client_free(client);
    sim_hub_close(hub);
    sim_device_free(device);
    cc_endpoint_free(server.endpoint);
}

static void test_secure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run_row(&rows[i], true);
    }
}

static void test_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        run_row(&rows[i], false);
    }
}

static void test_result_names(void **state)
{
    (void)state;
    assert_string_equal(sim_result_name(SIM_FINISHED), "finished");
    assert_string_equal(sim_result_name(SIM_UNFINISHED), "unfinished");
    assert_string_equal(sim_result_name((enum sim_result)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secure),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_result_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
