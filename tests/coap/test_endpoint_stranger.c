/* Independent DTLS clients against our server: gnutls-cli and openssl s_client, where they are
 * installed. */
#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/peer.h"

#define KEY_HEX "30313233343536373839616263646566" /* PEER_KEY */

static struct peer server;

static int setup(void **state)
{
    (void)state;
    server = (struct peer){.identity = "device", .identity_len = 6};
    peer_start(&server, NULL);
    peer_listen(&server, "coaps://127.0.0.1:0", false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_stop(&server);
    return 0;
}

static pid_t start(const char *const arguments[], int *input)
{
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(pipes[0], 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(pipes[0]);
    *input = pipes[1];
    return pid;
}

/* The handshake completes, and the program's end (its input is over) reaches us as close_notify. */
static void greet(const char *const arguments[])
{
    int input;
    pid_t pid = start(arguments, &input);
    bool has_opened = peer_run(&server, NULL, peer_has_opened, &server, PEER_RUN_MS);
    int status = 0;
    if (!has_opened && waitpid(pid, &status, WNOHANG) == pid && WIFEXITED(status) &&
        WEXITSTATUS(status) == 127) {
        close(input);
        print_message("%s is not installed: skipped\n", arguments[0]);
        skip();
    }
    close(input);
    bool has_closed = has_opened && peer_run(&server, NULL, peer_has_closed, &server, PEER_RUN_MS);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(has_opened);
    assert_true(has_closed);
    assert_int_equal(server.close, CC_CLOSE_PEER);
    assert_int_equal(server.refused, 0);
}

static void greet_gnutls(const char *exchange)
{
    char priority[160];
    snprintf(priority, sizeof priority, "NONE:+VERS-DTLS1.2:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:%s",
             exchange);
    greet((const char *const[]){"gnutls-cli", "--udp", "--port", strrchr(server.bound, ':') + 1,
                                "--pskusername", "device", "--pskkey", KEY_HEX, "--priority",
                                priority, "127.0.0.1", NULL});
}

static void test_gnutls_ccm8(void **state)
{
    (void)state;
    greet_gnutls("+PSK:+AES-128-CCM-8:+AEAD");
}

static void test_gnutls_cbc(void **state)
{
    (void)state;
    greet_gnutls("+PSK:+AES-128-CBC:+SHA256");
}

static void greet_openssl(const char *suite)
{
    greet((const char *const[]){"openssl", "s_client", "-dtls1_2", "-connect", server.bound,
                                "-psk_identity", "device", "-psk", KEY_HEX, "-cipher", suite,
                                "-quiet", "-no_ign_eof", NULL});
}

static void test_openssl_ccm8(void **state)
{
    (void)state;
    greet_openssl("PSK-AES128-CCM8");
}

static void test_openssl_cbc(void **state)
{
    (void)state;
    greet_openssl("PSK-AES128-CBC-SHA256");
}

static void test_openssl_ecdhe(void **state)
{
    (void)state;
    greet_openssl("ECDHE-PSK-AES128-CBC-SHA256");
}

/* A suite that is not LwM2M's: an alert, and the refusal by its name. */
static void test_no_common_suite(void **state)
{
    (void)state;
    int input;
    pid_t pid = start((const char *const[]){"openssl", "s_client", "-dtls1_2", "-connect",
                                            server.bound, "-psk_identity", "device", "-psk",
                                            KEY_HEX, "-cipher", "PSK-AES256-GCM-SHA384", NULL},
                      &input);
    bool has_refused = peer_run(&server, NULL, peer_has_refused, &server, PEER_RUN_MS);
    int status = 0;
    bool is_absent = !has_refused && waitpid(pid, &status, WNOHANG) == pid && WIFEXITED(status) &&
                     WEXITSTATUS(status) == 127;
    close(input);
    if (is_absent) {
        print_message("openssl is not installed: skipped\n");
        skip();
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(has_refused);
    assert_int_equal(server.refusal, CC_REFUSED_HANDSHAKE);
    assert_int_equal(server.opened, 0);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_gnutls_ccm8),  CASE(test_gnutls_cbc),  CASE(test_openssl_ecdhe),
        CASE(test_openssl_ccm8), CASE(test_openssl_cbc), CASE(test_no_common_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
