#include "tests/bench/idle.h"

#include "pki/secret.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PORT_SPREAD = 200, HELD_MAX = 10000 };

static const enum bench_purpose purposes[] = {BENCH_EXCHANGE, BENCH_STAY, BENCH_STALL};

static enum bench_purpose purpose_of(const struct cc_session *session)
{
    return *(const enum bench_purpose *)cc_session_data(session);
}

static void on_opened(void *context, struct cc_session *session)
{
    struct bench_idle *bench = context;
    enum bench_purpose purpose = purpose_of(session);
    if (purpose == BENCH_STAY) {
        bench->opened++;
        return;
    }
    uint32_t id;
    const struct cc_request request = {.method = purpose == BENCH_STALL ? CC_POST : CC_GET,
                                       .path = purpose == BENCH_STALL ? "/bs" : "/.well-known/core",
                                       .content_format = CC_FORMAT_NONE,
                                       .accept = CC_FORMAT_NONE};
    if (cc_session_request(session, &request, &id) != CC_OK)
        bench_die("request");
}

/* A device that goes along until its first Write, whose answer never comes: the server's Block1
 * body stays pending. */
static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    static const char shown[] = "</>;lwm2m=1.1,</0/0>,</1>,</3/0>";
    struct bench_idle *bench = context;
    struct cc_response response = {.code = CC_DELETED, .content_format = CC_FORMAT_NONE};
    if (request->code == CC_PUT) {
        bench->opened++;
        return;
    }
    if (request->code == CC_GET)
        response = (struct cc_response){.code = CC_CONTENT,
                                        .content_format = 40,
                                        .payload = (const uint8_t *)shown,
                                        .payload_len = sizeof shown - 1};
    if (cc_session_respond(session, ticket, &response) != CC_OK)
        bench_die("response");
}

static void on_response(void *context, struct cc_session *session, uint32_t id,
                        enum cc_result result, const struct cc_message *response)
{
    struct bench_idle *bench = context;
    (void)id;
    if (result != CC_RESULT_RESPONSE || !response)
        bench->refused++;
    else if (purpose_of(session) == BENCH_EXCHANGE)
        bench->opened++;
    if (purpose_of(session) == BENCH_EXCHANGE)
        cc_session_close_later(session, 0);
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    (void)context;
    (void)session;
    (void)reason;
}

static void on_refused(void *context, const char *peer, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    struct bench_idle *bench = context;
    (void)identity;
    (void)identity_len;
    fprintf(stderr, "bench_bootstrap: %s: %s\n", peer, cc_refusal_text(refusal));
    bench->refused++;
}

static const struct cc_handlers handlers = {.opened = on_opened,
                                            .request = on_request,
                                            .response = on_response,
                                            .closed = on_closed,
                                            .refused = on_refused};

static void dial(struct bench_idle *bench, const struct bench_server *server, unsigned index,
                 enum bench_purpose purpose)
{
    char endpoint[32], uri[CC_ADDRESS_TEXT + 8], local[32];
    uint8_t key[BENCH_KEY_LEN];
    struct cc_session *session = NULL;
    bench_device(index, endpoint, key);
    snprintf(uri, sizeof uri, "coaps://%s", server->address);
    snprintf(local, sizeof local, "127.0.%u.1:0", index / PORT_SPREAD % 200 + 1);
    const struct cc_client client = {.uri = uri,
                                     .identity = (const uint8_t *)endpoint,
                                     .identity_len = strlen(endpoint),
                                     .key = key,
                                     .key_len = BENCH_KEY_LEN,
                                     .bind = local};
    if (cc_endpoint_connect(bench->endpoint, &client, &session) != CC_OK)
        bench_die("connect (is the limit of open files high enough?)");
    cc_session_data_set(session, (void *)(uintptr_t)&purposes[purpose]);
}

/* ROUNDS handshakes with one exchange each. */
double bench_handshakes_us(struct bench_idle *bench, const struct bench_server *server,
                           unsigned rounds)
{
    unsigned started = 0;
    double before = bench_cpu_us(server);
    bench->opened = bench->refused = 0;
    while (bench->opened + bench->refused < rounds) {
        while (started < rounds && started - bench->opened - bench->refused < BENCH_AT_ONCE)
            dial(bench, server, started++ % BENCH_AT_ONCE, BENCH_EXCHANGE);
        if (cc_endpoint_poll(bench->endpoint, 5) != CC_OK)
            bench_die("poll");
    }
    if (bench->refused)
        bench_die("an exchange failed");
    return (bench_cpu_us(server) - before) / rounds;
}

/* COUNT sessions more, of devices FROM on, each brought as far as PURPOSE says. */
void bench_sessions_open(struct bench_idle *bench, const struct bench_server *server, unsigned from,
                         unsigned count, enum bench_purpose purpose)
{
    unsigned started = 0;
    bench->opened = bench->refused = 0;
    while (bench->opened < count) {
        while (started < count && started - bench->opened < 100)
            dial(bench, server, from + started++, purpose);
        if (cc_endpoint_poll(bench->endpoint, 5) != CC_OK || bench->refused)
            bench_die("open sessions");
    }
}

void bench_idle_open(struct bench_idle *bench)
{
    struct cc_endpoint_config config = {.handlers = &handlers,
                                        .context = bench,
                                        .random = pki_secret_random,
                                        .idle_ms = 3600000,
                                        .sessions_max = 100000};
    cc_parameters_default(&config.parameters);
    if (cc_endpoint_new(&config, &bench->endpoint))
        bench_die("endpoint");
}

/* COUNT sessions that stay open, held by a process of their own: the limit of open files is often
 * 20,000. */
static void hold(struct bench_idle *bench, const struct bench_server *server, unsigned from,
                 unsigned count)
{
    int ready[2];
    char octet;
    if (pipe(ready))
        bench_die("pipe");
    pid_t holder = fork();
    if (holder == 0) {
        close(ready[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bench_idle_open(bench);
        bench_sessions_open(bench, server, from, count, BENCH_STAY);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        while (cc_endpoint_poll(bench->endpoint, -1) == CC_OK)
            continue;
        _exit(0);
    }
    close(ready[1]);
    if (holder < 0 || read(ready[0], &octet, 1) != 1)
        bench_die("sessions to hold");
    close(ready[0]);
}

void bench_sessions_hold(struct bench_idle *bench, const struct bench_server *server, unsigned from,
                         unsigned count)
{
    for (unsigned held = 0; held < count; held += HELD_MAX)
        hold(bench, server, from + held, count - held < HELD_MAX ? count - held : HELD_MAX);
}
