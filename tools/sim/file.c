#include "tools/sim/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *scheme;
    enum sim_uri kind;
    bool is_stream;
} schemes[] = {
    {"coap://", SIM_URI_PLAIN, false},
    {"coaps://", SIM_URI_SECURE, false},
    {"coap+tcp://", SIM_URI_PLAIN, true},
    {"coaps+tcp://", SIM_URI_SECURE, true},
};

static size_t scheme_of(const char *text)
{
    size_t i = 0;
    while (i < sizeof schemes / sizeof schemes[0] &&
           strncmp(text, schemes[i].scheme, strlen(schemes[i].scheme)) != 0) {
        i++;
    }
    return i;
}

enum sim_uri sim_uri_kind(const char *text)
{
    size_t i = scheme_of(text);
    return i < sizeof schemes / sizeof schemes[0] ? schemes[i].kind : SIM_URI_BAD;
}

bool sim_uri_is_stream(const char *text)
{
    size_t i = scheme_of(text);
    return i < sizeof schemes / sizeof schemes[0] && schemes[i].is_stream;
}

static bool write_all(int fd, const char *data, size_t len)
{
    bool is_ok = true;
    for (size_t used = 0; is_ok && used < len;) {
        ssize_t put = write(fd, data + used, len - used);
        is_ok = put > 0 || errno == EINTR;
        used += put > 0 ? (size_t)put : 0;
    }
    return is_ok && fsync(fd) == 0;
}

bool sim_file_write(const char *path, const char *data, size_t len)
{
    char draft[4096];
    int cut = snprintf(draft, sizeof draft, "%s.new", path);
    if (cut < 0 || (size_t)cut >= sizeof draft) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (unlink(draft) != 0 && errno != ENOENT) {
        return false;
    }
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    bool is_ok = write_all(fd, data, len);
    return close(fd) == 0 && is_ok && rename(draft, path) == 0;
}

static bool read_all(int fd, char *data, size_t capacity, size_t *len)
{
    ssize_t got = 1;
    for (*len = 0; got > 0 && *len<capacity; *len += got> 0 ? (size_t)got : 0) {
        got = read(fd, data + *len, capacity - *len);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        if (got < 0) {
            return false;
        }
    }
    errno = EFBIG;
    return *len < capacity;
}

bool sim_file_read(const char *path, size_t limit, char **data, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    *data = calloc(1, limit + 1);
    bool is_ok = *data != NULL && read_all(fd, *data, limit + 1, len);
    int reason = errno;
    close(fd);
    if (!is_ok && *data != NULL) {
        explicit_bzero(*data, limit + 1);
        free(*data);
        *data = NULL;
    }
    errno = reason;
    return is_ok;
}

void sim_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t used = 0; used < len;) {
        ssize_t got = getrandom(out + used, len - used, 0);
        if (got < 0 && errno != EINTR) {
            abort();
        }
        used += got > 0 ? (size_t)got : 0;
    }
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sim_unhex(const char *text, size_t text_len, uint8_t *out, size_t capacity, size_t *len)
{
    if (text_len % 2 != 0 || text_len / 2 > capacity) {
        return false;
    }
    for (size_t i = 0; i < text_len; i += 2) {
        int high = digit(text[i]);
        int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    *len = text_len / 2;
    return true;
}
