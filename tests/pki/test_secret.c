#include "tests/support/cmocka_all.h"

#include "pki/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char path[] = "/tmp/imprint-secret-XXXXXX";

static int group_setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 && close(fd) == 0 && pki_secret_setup() == PKI_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const void *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void no_core_file_is_left(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(pki_secret_setup(), PKI_OK);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_max, 0);
#ifndef __SANITIZE_ADDRESS__
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}

static void random_wipe_and_compare(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    (void)state;
    pki_secret_random(NULL, a, sizeof(a));
    assert_false(pki_secret_equal(a, b, sizeof(a)));
    memcpy(b, a, sizeof(a));
    assert_true(pki_secret_equal(a, b, sizeof(a)));
    pki_secret_wipe(a, sizeof(a));
    memset(b, 0, sizeof(b));
    assert_memory_equal(a, b, sizeof(a));
}

static void guarded_memory_holds(void **state)
{
    uint8_t *data = pki_secret_guarded_new(32);

    (void)state;
    assert_non_null(data);
    assert_int_equal(data[31], 0);
    data[31] = 7;
    pki_secret_guarded_freeze(data);
    assert_int_equal(data[31], 7);
    pki_secret_guarded_free(data);
    pki_secret_guarded_free(NULL);
}

static void file_loses_one_newline(void **state)
{
    static const struct {
        const char *content;
        size_t content_len;
        enum pki_error expected;
        size_t expected_len;
    } rows[] = {
        {"secret", 6, PKI_OK, 6},        {"secret\n", 7, PKI_OK, 6}, {"secret\n\n", 8, PKI_OK, 7},
        {"se\0ret", 6, PKI_OK, 6},       {"12345678", 8, PKI_OK, 8}, {"12345678\n", 9, PKI_OK, 8},
        {"123456789", 9, PKI_EINVAL, 0}, {"", 0, PKI_EINVAL, 0},     {"\n", 1, PKI_EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[8];
        size_t len = 99;
        struct pki_fault fault = {0};

        put(rows[i].content, rows[i].content_len, 0600);
        assert_int_equal(pki_secret_read(path, out, sizeof(out), &len, &fault), rows[i].expected);
        assert_int_equal(len, rows[i].expected_len);
        assert_memory_equal(out, rows[i].content, len);
        assert_int_equal(fault.code, rows[i].expected);
        assert_null(strstr(fault.text, "1234"));
    }
}

static void long_file_is_refused(void **state)
{
    static uint8_t large[5000];
    uint8_t out[255];
    size_t len;

    (void)state;
    put(large, sizeof(large), 0600);
    assert_int_equal(pki_secret_read(path, out, sizeof(out), &len, NULL), PKI_EINVAL);
}

static void open_file_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0644};
    uint8_t out[8];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct pki_fault fault = {0};

        put("secret", 6, modes[i]);
        assert_int_equal(pki_secret_read(path, out, sizeof(out), &len, &fault), PKI_EMODE);
        assert_non_null(strstr(fault.text, path));
    }
}

static void missing_file_is_told(void **state)
{
    struct pki_fault fault = {0};
    uint8_t out[8];
    size_t len;

    (void)state;
    assert_int_equal(pki_secret_read("/tmp/imprint-no-such", out, sizeof(out), &len, &fault),
                     PKI_ENOTFOUND);
    assert_non_null(strstr(fault.text, "/tmp/imprint-no-such"));
    assert_int_equal(pki_secret_read("/tmp", out, sizeof(out), &len, &fault), PKI_EIO);
}

static void standard_input_is_read_to_its_end(void **state)
{
    int ends[2];
    int before = dup(STDIN_FILENO);
    uint8_t out[16];
    size_t len;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "line\nline\n", 10), 10);
    close(ends[1]);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    assert_int_equal(pki_secret_read("-", out, sizeof(out), &len, NULL), PKI_OK);
    assert_int_equal(len, 9);
    assert_memory_equal(out, "line\nline", 9);
    assert_true(dup2(before, STDIN_FILENO) >= 0);
    close(before);
    close(ends[0]);
}

/* In a child: types a line once the terminal's echo is off. */
static void type_when_hidden(int master, int terminal)
{
    for (int i = 0; i < 1000; i++) {
        struct termios now;

        if (tcgetattr(terminal, &now) == 0 && (now.c_lflag & (tcflag_t)ECHO) == 0) {
            _exit(write(master, "hidden\n", 7) == 7 ? 0 : 1);
        }
        usleep(5000);
    }
    _exit(1);
}

/* A terminal gives one line, and does not show it. */
static void terminal_gives_a_line_without_echo(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int before = dup(STDIN_FILENO);
    uint8_t out[32];
    size_t len = 0;
    char seen[4096] = {0};

    (void)state;
    if (master < 0) {
        print_message("skipped: this machine has no pseudo-terminals\n");
        close(before);
        skip();
    }
    assert_true(grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    pid_t child;

    assert_true(terminal >= 0);
    assert_true(dup2(terminal, STDIN_FILENO) >= 0);
    child = fork();
    if (child == 0) {
        type_when_hidden(master, terminal);
    }
    enum pki_error error = pki_secret_read("-", out, sizeof(out), &len, NULL);

    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(dup2(before, STDIN_FILENO) >= 0);
    assert_int_equal(error, PKI_OK);
    assert_int_equal(len, 6);
    assert_memory_equal(out, "hidden", 6);
    /* An echo would stand in what the terminal showed. */
    assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    ssize_t shown = read(master, seen, sizeof(seen) - 1);

    assert_null(memmem(seen, shown > 0 ? (size_t)shown : 0, "hidden", 6));
    close(before);
    close(terminal);
    close(master);
}

static void hex_goes_both_ways(void **state)
{
    static const struct {
        const char *text;
        enum pki_error expected;
    } rows[] = {
        {"00ff7A", PKI_OK},   {"", PKI_OK},         {"0", PKI_EINVAL},
        {"0g", PKI_EINVAL},   {"00 1", PKI_EINVAL}, {"0011223344", PKI_EINVAL},
        {"00112233", PKI_OK},
    };
    uint8_t out[4];
    char hex[9];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pki_secret_unhex(rows[i].text, strlen(rows[i].text), out, 4, &len),
                         rows[i].expected);
        assert_int_equal(len, rows[i].expected == PKI_OK ? strlen(rows[i].text) / 2 : 0);
    }
    assert_int_equal(pki_secret_unhex("00fF7a01", 8, out, 4, &len), PKI_OK);
    pki_secret_hex(out, len, hex);
    assert_string_equal(hex, "00ff7a01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_core_file_is_left),
        cmocka_unit_test(random_wipe_and_compare),
        cmocka_unit_test(guarded_memory_holds),
        cmocka_unit_test(file_loses_one_newline),
        cmocka_unit_test(long_file_is_refused),
        cmocka_unit_test(open_file_is_refused),
        cmocka_unit_test(missing_file_is_told),
        cmocka_unit_test(standard_input_is_read_to_its_end),
        cmocka_unit_test(terminal_gives_a_line_without_echo),
        cmocka_unit_test(hex_goes_both_ways),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
