/*
 * The judge is judged: a scripted bootstrap server in a thread of its own, good or bad in one way,
 * and the verdict that each case must give.
 */
#include "tools/sim/cases.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"
#include "tests/support/peer.h"
#include "tests/support/sim_device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum kind {
    GOOD,
    TRUSTING, /* takes every POST for a Bootstrap-Request */
    HARMFUL,  /* deletes the bootstrap account */
    ENDLESS,  /* sends no Finish */
    ODD,      /* answers 2.05 */
    CLOSED,   /* refuses everybody */
    HALF,     /* writes no /1 */
    TIMID     /* ends the run at the first refusal */
};

struct server {
    struct cc_endpoint *endpoint;
    enum kind kind;
    unsigned step;
    pthread_t thread;
    atomic_bool is_stopped;
    char uri[CC_ADDRESS_TEXT + 16];
};

#define SECURITY                                                                                   \
    "/0/3/0 s coaps://a.example; /0/3/1 b 0; /0/3/2 i 0; /0/3/3 o 6d31; /0/3/4 o; "                \
    "/0/3/5 o 00112233445566778899aabbccddeeff; /0/3/10 i 101"

static const struct step {
    uint8_t method;
    const char *path;
    const char *leaves;
} script[] = {{CC_GET, "/", NULL},
              {CC_DELETE, "/1", NULL},
              {CC_PUT, "/0/3", SECURITY},
              {CC_PUT, "/1/0", TEST_SERVER},
              {CC_POST, "/bs", NULL}};
enum { STEPS = sizeof script / sizeof script[0], FINISH = STEPS - 1 };

static void send_step(struct server *server, struct cc_session *session)
{
    uint8_t body[512];
    uint32_t id;
    if (server->kind == HALF && server->step == 3) {
        server->step++;
    }
    if (server->step >= STEPS || (server->kind == ENDLESS && server->step == FINISH)) {
        return;
    }
    const struct step *step = &script[server->step];
    struct cc_request request = {.method = step->method,
                                 .path = step->path,
                                 .content_format = CC_FORMAT_NONE,
                                 .accept =
                                     step->method == CC_GET ? LWM2M_FORMAT_LINK : CC_FORMAT_NONE,
                                 .payload = body};
    if (server->kind == HARMFUL && step->method == CC_DELETE) {
        request.path = "/0/0";
    }
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

static uint8_t code_for(const struct server *server, const struct cc_message *request)
{
    const uint8_t *ep;
    size_t len = 0;
    size_t count = 0;
    bool has_ep = cc_message_query(request, "ep", &ep, &len, &count);
    if (server->kind == TRUSTING || server->kind == CLOSED || server->kind == ODD) {
        return server->kind == TRUSTING ? CC_CHANGED
               : server->kind == ODD    ? CC_CONTENT
                                        : CC_FORBIDDEN;
    }
    if (!cc_message_path_is(request, "bs")) {
        return CC_NOT_FOUND;
    }
    if (request->code != CC_POST) {
        return CC_METHOD_NOT_ALLOWED;
    }
    return has_ep && count == 1 && lwm2m_utf8_valid(ep, len) && len > 0 ? CC_CHANGED
                                                                        : CC_BAD_REQUEST;
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    struct server *server = context;
    const struct cc_response response = {.code = code_for(server, request),
                                         .content_format = CC_FORMAT_NONE};
    assert_int_equal(cc_session_respond(session, ticket, &response), CC_OK);
    if (response.code == CC_CHANGED) {
        cc_session_cancel(session);
        server->step = 0;
        send_step(server, session);
    }
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct server *server = context;
    (void)id;
    if (result != CC_RESULT_RESPONSE ||
        ((server->kind == TIMID || server->kind == HALF) && response->code >> 5 != 2)) {
        return;
    }
    if (server->step != FINISH || response->code != CC_NOT_ACCEPTABLE) {
        server->step++;
    }
    send_step(server, session);
}

static void *serve(void *context)
{
    struct server *server = context;
    while (!atomic_load(&server->is_stopped)) {
        if (cc_endpoint_poll(server->endpoint, 5) != CC_OK) {
            break;
        }
    }
    return NULL;
}

static void start(struct server *server, enum kind kind)
{
    static const struct cc_handlers handlers = {.request = on_request, .response = on_response};
    char bound[CC_ADDRESS_TEXT];
    struct cc_endpoint_config config = {
        .handlers = &handlers, .context = server, .random = peer_random};
    *server = (struct server){.kind = kind};
    cc_parameters_default(&config.parameters);
    config.parameters.ack_timeout_ms = 300;
    assert_int_equal(cc_endpoint_new(&config, &server->endpoint), CC_OK);
    assert_int_equal(cc_endpoint_listen(server->endpoint, "coap://127.0.0.1:0", false, bound),
                     CC_OK);
    snprintf(server->uri, sizeof server->uri, "coap://%s", bound);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    atomic_store(&server->is_stopped, true);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    cc_endpoint_free(server->endpoint);
}

static const struct row {
    enum kind kind;
    const char *name;
    enum sim_verdict verdict;
    const char *why; /* how it begins */
} rows[] = {
    {GOOD, "1.0-int-0", SIM_PASS, "2.04, 5 requests, Finish"},
    {GOOD, "1.1-int-1", SIM_PASS, "a complete Server Account was written"},
    {GOOD, "1.1-int-4", SIM_PASS, "deleted, the bootstrap account stands"},
    {GOOD, "1.1-int-5", SIM_PASS, "finished after 5 requests"},
    {GOOD, "1.1-int-8", SIM_INCONCLUSIVE, "nothing was read"},
    {GOOD, "1.2-int-11", SIM_NOT_APPLICABLE, "this client does not speak it"},
    {GOOD, "1.2-int-12", SIM_INCONCLUSIVE, "no Pack: 4.04"},
    {GOOD, "version-1.0", SIM_PASS, "finished"},
    {GOOD, "ep-none", SIM_NOT_APPLICABLE, "plain CoAP names nobody"},
    {GOOD, "ep-two", SIM_PASS, "refused: 4.00"},
    {GOOD, "ep-empty", SIM_PASS, "refused: 4.00"},
    {GOOD, "ep-utf8", SIM_PASS, "refused: 4.00"},
    {GOOD, "ep-long", SIM_PASS, "4.02, and a bootstrap afterwards finished"},
    {GOOD, "twice", SIM_PASS, "finished"},
    {GOOD, "token", SIM_PASS, "finished"},
    {GOOD, "lost-1", SIM_PASS, "finished after 5 requests, 1 repeated"},
    {GOOD, "reset", SIM_PASS, "finished"},
    {GOOD, "again", SIM_PASS, "finished"},
    {GOOD, "corrected", SIM_PASS, "4.06, 2 Finishes, the last one accepted"},
    {GOOD, "block-4.13", SIM_NOT_APPLICABLE, "no body came in blocks"},
    {GOOD, "discover-big", SIM_PASS, "finished"},
    {GOOD, "account-7", SIM_PASS, "finished"},
    {GOOD, "option", SIM_PASS, "4.02, and"},
    {GOOD, "ping", SIM_INCONCLUSIVE, "a ping was not answered"},
    {GOOD, "method", SIM_PASS, "refused: 4.05"},
    {GOOD, "path", SIM_PASS, "refused: 4.04"},
    {TRUSTING, "ep-two", SIM_FAIL, "accepted: 2.04"},
    {TRUSTING, "ep-utf8", SIM_FAIL, "accepted: 2.04"},
    {TRUSTING, "path", SIM_FAIL, "accepted: 2.04"},
    {TRUSTING, "1.2-int-12", SIM_FAIL, "no Pack: 2.04"},
    {HARMFUL, "1.0-int-0", SIM_FAIL, "the server deleted or replaced the bootstrap account"},
    {ENDLESS, "1.0-int-0", SIM_INCONCLUSIVE, "accepted, and no Finish after 4 requests"},
    {ENDLESS, "query", SIM_INCONCLUSIVE, "no Finish after 4 requests, nor in an ordinary"},
    {ODD, "1.0-int-0", SIM_FAIL, "answered 2.05, not 2.04"},
    {CLOSED, "1.0-int-0", SIM_INCONCLUSIVE, "refused: 4.03"},
    {HALF, "1.1-int-1", SIM_INCONCLUSIVE, ""},
    {TIMID, "no-discover", SIM_INCONCLUSIVE, "no harm was done"},
    {TIMID, "1.1-int-9", SIM_PASS, "the server gave up after 1 Finishes"},
};

static const struct sim_case *case_of(const char *name)
{
    const struct sim_case *found;
    for (size_t i = 0; (found = sim_case_at(i)) != NULL; i++) {
        if (strcmp(found->name, name) == 0) {
            return found;
        }
    }
    return NULL;
}

static void test_rows(void **state)
{
    (void)state;
    struct server server;
    struct sim_judge judge = {.endpoint = "a"};
    char why[SIM_WHY_MAX + 1];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (i == 0 || rows[i - 1].kind != row->kind) {
            start(&server, row->kind);
            judge = (struct sim_judge){
                .connection = {.uri = server.uri}, .endpoint = "a", .case_ms = 1500};
            judge.case_ms = row->kind == GOOD ? 8000 : 1500;
            sim_case_run(sim_case_at(0), &judge, why);
            assert_true(row->kind == HARMFUL || judge.is_reachable);
        }
        const struct sim_case *found = case_of(row->name);
        assert_non_null(found);
        enum sim_verdict verdict = sim_case_run(found, &judge, why);
        print_message("  %d %s: %s: %s\n", row->kind, row->name, sim_verdict_name(verdict), why);
        assert_int_equal(verdict, row->verdict);
        assert_memory_equal(why, row->why, strlen(row->why));
        if (i + 1 == sizeof rows / sizeof rows[0] || rows[i + 1].kind != row->kind) {
            stop(&server);
        }
    }
}

/* Names are what --case takes and what people quote: one each, and each case says by what it
 * judges. */
static void test_names(void **state)
{
    (void)state;
    const struct sim_case *row;
    for (size_t i = 0; (row = sim_case_at(i)) != NULL; i++) {
        assert_ptr_equal(case_of(row->name), row);
        assert_int_not_equal(row->section[0], '\0');
        assert_null(strchr(row->name, ','));
    }
    assert_string_equal(sim_verdict_name((enum sim_verdict)9), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
