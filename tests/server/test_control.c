/* The control socket: request lines, answers, traces, and clients that misbehave. */
#include "tests/support/cmocka_all.h"

#include "bootstrap/server/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- lines ---- */

static const struct {
    const char *line;
    const char *command, *argument; /* NULL: refused */
    const char *why;
} lines[] = {
    {"{\"command\":\"status\"}", "status", "", NULL},
    {"{\"command\":\"trace\",\"filter\":\"127.0.0.1\"}", "trace", "127.0.0.1", NULL},
    {"{\"endpoint\":\"urn:a\",\"command\":\"kick\"}", "kick", "urn:a", NULL},
    {"", NULL, NULL, "a request is one JSON object a line"},
    {"[]", NULL, NULL, "a request is one JSON object a line"},
    {"{}", NULL, NULL, "\"command\" is missing"},
    {"{\"command\":\"\"}", NULL, NULL, "\"command\" is missing"},
    {"{\"command\":1}", NULL, NULL, "\"command\" must be a string"},
    {"{\"command\":\"status\",\"x\":1}", NULL, NULL, "unknown member \"x\""},
    {"{\"command\":\"status\"} x", NULL, NULL, "a request is one JSON object a line"},
    {"{\"command\":\"012345678901234567890123456789012\"}", NULL, NULL,
     "\"command\" is longer than 32 octets"},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct bs_control_request request;
        char why[128] = "";
        bool is_good = bs_control_parse(lines[i].line, strlen(lines[i].line), &request, why);
        assert_int_equal(is_good, lines[i].command != NULL);
        if (is_good) {
            assert_string_equal(request.command, lines[i].command);
            assert_string_equal(request.argument, lines[i].argument);
        } else {
            assert_string_equal(why, lines[i].why);
        }
    }
}

/* ---- the socket ---- */

static bool answer(void *context, const struct bs_control_request *request,
                   struct lwm2m_json_writer *json, char why[static 128])
{
    (void)context;
    if (request->argument[0]) {
        snprintf(why, 128, "no such endpoint");
        return false;
    }
    lwm2m_json_key(json, "sessions");
    lwm2m_json_int(json, 7);
    return true;
}

static const struct bs_control_command commands[] = {
    {"status", answer, false}, {"kick", answer, false}, {"trace", NULL, true}, {NULL, NULL, false}};

struct fixture {
    char path[64];
    struct bs_control *control;
    struct bs_trace_set *traces;
};

static void on_traces(void *context, struct bs_trace_set *set)
{
    struct fixture *fixture = context;
    bs_trace_set_unref(fixture->traces);
    fixture->traces = bs_trace_set_ref(set);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->path, sizeof fixture->path, "/tmp/imprint-control-%d.sock", (int)getpid());
    const struct bs_control_config config = {.path = fixture->path,
                                             .mode = 0600,
                                             .commands = commands,
                                             .context = fixture,
                                             .traces = on_traces};
    fixture->control = bs_control_new(&config);
    *state = fixture;
    return fixture->control ? 0 : 1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    bs_control_free(fixture->control);
    assert_int_equal(access(fixture->path, F_OK), -1);
    bs_trace_set_unref(fixture->traces);
    free(fixture);
    return 0;
}

static int dial(struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(struct fixture *fixture, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    for (int i = 0; i < 4; i++)
        bs_control_serve(fixture->control);
}

/* What waits for the client now; "" when nothing, "(closed)" when hung up on. */
static const char *hear(int fd, char out[static 4096])
{
    ssize_t got = recv(fd, out, 4095, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN ? "" : "(closed)";
    out[got] = '\0';
    return got ? out : "(closed)";
}

static void test_answers(void **state)
{
    struct fixture *fixture = *state;
    char out[4096];
    int fd = dial(fixture);
    say(fixture, fd, "{\"command\":\"status\"}\n{\"command\":\"kick\",\"endpoint\":\"x\"}\n");
    assert_string_equal(hear(fd, out), "{\"ok\":true,\"sessions\":7}\n"
                                       "{\"ok\":false,\"error\":\"no such endpoint\"}\n");
    say(fixture, fd, "{\"command\":\"stat");
    assert_string_equal(hear(fd, out), "");
    say(fixture, fd, "us\"}\n{\"command\":\"dance\"}\n");
    assert_string_equal(hear(fd, out),
                        "{\"ok\":true,\"sessions\":7}\n"
                        "{\"ok\":false,\"error\":\"unknown command \\\"dance\\\"\"}\n");
    close(fd);
}

static void test_too_long(void **state)
{
    struct fixture *fixture = *state;
    char line[BS_CONTROL_LINE_MAX + 1], out[4096];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    int fd = dial(fixture);
    say(fixture, fd, line);
    assert_string_equal(hear(fd, out),
                        "{\"ok\":false,\"error\":\"a request line is at most 4095 octets\"}\n");
    assert_string_equal(hear(fd, out), "(closed)");
    close(fd);
}

static void test_mode(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_too_many_clients(void **state)
{
    struct fixture *fixture = *state;
    int fds[BS_CONTROL_CLIENTS_MAX + 1];
    char out[4096];
    for (size_t i = 0; i <= BS_CONTROL_CLIENTS_MAX; i++) {
        fds[i] = dial(fixture);
        for (int k = 0; k < 2; k++)
            bs_control_serve(fixture->control);
    }
    assert_string_equal(hear(fds[BS_CONTROL_CLIENTS_MAX], out), "(closed)");
    say(fixture, fds[0], "{\"command\":\"status\"}\n");
    assert_string_equal(hear(fds[0], out), "{\"ok\":true,\"sessions\":7}\n");
    for (size_t i = 0; i <= BS_CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
}

static void no_wake(void *context)
{
    (void)context;
}

static void publish(struct fixture *fixture, struct bs_trace_hub *hub, const char *endpoint,
                    const char *peer)
{
    const struct bs_trace_origin origin = {.endpoint = endpoint, .peer = peer};
    uint32_t subscribers = bs_trace_match(fixture->traces, endpoint, peer);
    if (subscribers)
        bs_trace_event(hub, subscribers, &origin, "opened", "");
    bs_control_trace(fixture->control, hub);
}

static void test_traces(void **state)
{
    struct fixture *fixture = *state;
    struct bs_trace_hub *hub = bs_trace_hub_new(no_wake, NULL);
    char out[4096];
    int one = dial(fixture), all = dial(fixture);
    say(fixture, one, "{\"command\":\"trace\",\"filter\":\"urn:a\"}\n");
    say(fixture, all, "{\"command\":\"trace\"}\n");
    assert_string_equal(hear(one, out), "{\"ok\":true}\n");
    assert_string_equal(hear(all, out), "{\"ok\":true}\n");
    publish(fixture, hub, "urn:a", "127.0.0.1:9");
    assert_non_null(strstr(hear(one, out), "\"endpoint\":\"urn:a\""));
    assert_non_null(strstr(hear(all, out), "\"endpoint\":\"urn:a\""));
    publish(fixture, hub, "urn:b", "127.0.0.1:9");
    assert_string_equal(hear(one, out), "");
    assert_non_null(strstr(hear(all, out), "\"endpoint\":\"urn:b\""));
    close(one);
    close(all);
    for (int i = 0; i < 4; i++)
        bs_control_serve(fixture->control);
    assert_null(fixture->traces);
    bs_trace_hub_free(hub);
}

static const struct {
    const char *filter, *endpoint, *peer;
    bool is_match;
} filters[] = {
    {"", "e", "127.0.0.1:5", true},
    {"e", "e", "127.0.0.1:5", true},
    {"e", "ee", "127.0.0.1:5", false},
    {"127.0.0.1", "e", "127.0.0.1:5", true},
    {"127.0.0.1:5", "e", "127.0.0.1:5", true},
    {"127.0.0.1:5", "e", "127.0.0.1:55", false},
    {"127.0.0.1", "e", "127.0.0.11:5", false},
    {"::1", "e", "[::1]:5", true},
    {"[::1]:5", "e", "[::1]:5", true},
    {"::", "e", "[::1]:5", false},
};

static void test_filters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct bs_trace_set set = {.count = 1, .filters[0].subscriber = 3};
        snprintf(set.filters[0].filter, sizeof set.filters[0].filter, "%s", filters[i].filter);
        assert_int_equal(bs_trace_match(&set, filters[i].endpoint, filters[i].peer),
                         filters[i].is_match ? 8 : 0);
    }
    assert_int_equal(bs_trace_match(NULL, "e", "p"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_filters),
        cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_clients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_traces, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
