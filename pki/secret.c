#include "pki/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* The leak check of the address sanitizer traces its own process, which must be dumpable for it. */
#if defined(__SANITIZE_ADDRESS__)
#define MUST_STAY_DUMPABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MUST_STAY_DUMPABLE 1
#endif
#endif
#ifndef MUST_STAY_DUMPABLE
#define MUST_STAY_DUMPABLE 0
#endif

enum pki_error pki_secret_setup(void)
{
    const struct rlimit no_core = {0, 0};

    if (sodium_init() < 0) {
        return PKI_EIO;
    }
    if (setrlimit(RLIMIT_CORE, &no_core) != 0) {
        return PKI_EIO;
    }
    if (!MUST_STAY_DUMPABLE && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return PKI_EIO;
    }
    return PKI_OK;
}

void pki_secret_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    randombytes_buf(out, len);
}

void pki_secret_wipe(void *data, size_t len)
{
    sodium_memzero(data, len);
}

bool pki_secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

uint8_t *pki_secret_guarded_new(size_t len)
{
    uint8_t *data = sodium_malloc(len);

    if (data != NULL) {
        memset(data, 0, len);
    }
    return data;
}

void pki_secret_guarded_freeze(uint8_t *data)
{
    sodium_mprotect_readonly(data);
}

void pki_secret_guarded_free(uint8_t *data)
{
    sodium_free(data);
}

/* Switches the echo of terminal FD off; its former state goes to *BEFORE. */
static bool hide_input(int fd, struct termios *before)
{
    struct termios quiet;

    if (!isatty(fd) || tcgetattr(fd, before) != 0) {
        return false;
    }
    quiet = *before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
}

static enum pki_error read_all(int fd, bool is_line, uint8_t *out, size_t cap, size_t *len)
{
    size_t used = 0;

    for (;;) {
        ssize_t got = read(fd, out + used, cap - used);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return PKI_EIO;
        }
        used += (size_t)got;
        bool is_ended = got == 0 || (is_line && out[used - 1] == '\n');

        if (is_ended) {
            *len = used;
            return PKI_OK;
        }
        if (used == cap) {
            return PKI_EINVAL;
        }
    }
}

/* Reads into a larger buffer first, so that a file over CAP is told from one that just fits. */
static enum pki_error read_bounded(int fd, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t buffer[1024];
    struct termios before;
    bool is_hidden = hide_input(fd, &before);
    enum pki_error error = read_all(fd, is_hidden, buffer, sizeof(buffer), len);

    if (is_hidden) {
        tcsetattr(fd, TCSAFLUSH, &before);
    }
    if (error == PKI_OK && *len > 0 && buffer[*len - 1] == '\n') {
        *len -= 1;
    }
    if (error == PKI_OK && (*len == 0 || *len > cap)) {
        error = PKI_EINVAL;
    }
    if (error == PKI_OK) {
        memcpy(out, buffer, *len);
    } else {
        sodium_memzero(out, cap);
        *len = 0;
    }
    sodium_memzero(buffer, sizeof(buffer));
    return error;
}

static enum pki_error check_file(int fd, const char *path, struct pki_fault *fault)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return pki_fault_set(fault, PKI_EIO, "%s: %s", path, strerror(errno));
    }
    if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0) {
        return pki_fault_set(fault, PKI_EMODE,
                             "%s: mode %04o lets others at a secret; it must be 0600 or less", path,
                             (unsigned int)(status.st_mode & 07777));
    }
    return PKI_OK;
}

enum pki_error pki_secret_read(const char *path, uint8_t *out, size_t cap, size_t *len,
                               struct pki_fault *fault)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum pki_error error = PKI_OK;

    *len = 0;
    sodium_memzero(out, cap);
    if (fd < 0) {
        return pki_fault_set(fault, pki_error_from_errno(errno), "%s: %s", path, strerror(errno));
    }
    if (!is_input) {
        error = check_file(fd, path, fault);
    }
    if (error == PKI_OK) {
        error = read_bounded(fd, out, cap, len);
        if (error == PKI_EINVAL) {
            pki_fault_set(fault, error, "%s: must hold 1 to %zu octets", path, cap);
        } else if (error != PKI_OK) {
            pki_fault_set(fault, error, "%s: cannot be read", path);
        }
    }
    if (!is_input) {
        close(fd);
    }
    return error;
}

void pki_secret_hex(const uint8_t *data, size_t len, char *out)
{
    sodium_bin2hex(out, 2 * len + 1, data, len);
}

enum pki_error pki_secret_unhex(const char *text, size_t text_len, uint8_t *out, size_t cap,
                                size_t *len)
{
    size_t octets = 0;
    const char *end = NULL;

    if (text_len % 2 != 0 || text_len / 2 > cap ||
        sodium_hex2bin(out, cap, text, text_len, NULL, &octets, &end) != 0 ||
        end != text + text_len) {
        sodium_memzero(out, cap);
        *len = 0;
        return PKI_EINVAL;
    }
    *len = octets;
    return PKI_OK;
}
