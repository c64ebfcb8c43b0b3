/*
 * Octets of heap that one open DTLS-PSK session costs a server: the growth of mallinfo2 over
 * SESSIONS sessions whose clients live in another process, each after one exchange. Prints one
 * line; fails above the budget of 12 kB a session.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/peer.h"

#define SESSIONS     1000
#define BUDGET_BYTES 12288
#define RUN_MS       60000

static void post_when_open(void *context, struct cc_session *session)
{
    struct peer *peer = context;
    peer->opened++;
    peer_post(session, 20);
}

/* The clients: connect all, ask once, stay until killed. */
static void clients_run(const char *uri)
{
    static struct peer client;
    struct cc_endpoint_config config = peer_config(&client);
    struct cc_handlers handlers = *config.handlers;
    handlers.opened = post_when_open;
    config.handlers = &handlers;
    peer_start(&client, &config);
    for (unsigned i = 0; i < SESSIONS; i++) {
        char identity[32];
        snprintf(identity, sizeof identity, "device-%06u", i);
        peer_connect(&client, uri, identity, PEER_KEY, NULL);
    }
    for (;;) {
        if (cc_endpoint_poll(client.endpoint, -1) != CC_OK) {
            _exit(1);
        }
    }
}

static bool all_asked(const void *peer)
{
    return ((const struct peer *)peer)->requests >= SESSIONS;
}

int main(void)
{
    static struct peer server = {.is_open = true};
    struct rlimit limit = {SESSIONS + 64, SESSIONS + 64};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        perror("open files");
    }
    peer_start(&server, NULL);
    peer_listen(&server, "coaps://127.0.0.1:0", false);
    pid_t pid = fork();
    if (pid == 0) {
        clients_run(server.uri);
    }
    size_t before = mallinfo2().uordblks;
    bool is_done = peer_run(&server, NULL, all_asked, &server, RUN_MS);
    size_t after = mallinfo2().uordblks;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (!is_done) {
        fprintf(stderr, "only %u of %d sessions opened\n", server.requests, SESSIONS);
        return EXIT_FAILURE;
    }
    size_t each = (after - before) / SESSIONS;
    printf("bytes per open session: %zu (budget %d)\n", each, BUDGET_BYTES);
    peer_stop(&server);
    return each <= BUDGET_BYTES ? EXIT_SUCCESS : EXIT_FAILURE;
}
