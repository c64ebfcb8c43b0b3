/*
 * What the tests of faults share: homes that do not open, and files changed below the store.
 */
#ifndef IMPRINT_TESTS_PKI_FAULT_SUPPORT_H
#define IMPRINT_TESTS_PKI_FAULT_SUPPORT_H

#include "tests/pki/store_support.h"

#include <fcntl.h>

#define NOBODY 65534

static inline enum pki_error open_error(const struct home *home, const char *passphrase,
                                        bool is_read_only, struct pki_fault *fault)
{
    struct pki_store_options options = {.passphrase = passphrase, .read_only = is_read_only};
    struct pki_store *store = NULL;
    enum pki_error error = pki_store_open(home->path, &options, &store, fault);

    pki_store_close(store);
    return error;
}

/* What does not open says so in one line that names the place and no secret. */
static inline void assert_refused(const struct home *home, const char *passphrase,
                                  enum pki_error expected)
{
    struct pki_fault fault = {0};
    enum pki_error error = open_error(home, passphrase, false, &fault);

    if (error != expected) {
        fail_msg("%s, not %s", pki_error_text(error), pki_error_text(expected));
    }
    assert_int_equal(fault.code, expected);
    assert_non_null(strstr(fault.text, home->path));
    assert_null(strchr(fault.text, '\n'));
    assert_true(passphrase == NULL || strstr(fault.text, passphrase) == NULL);
}

static inline void path_in(const struct home *home, const char *name, char out[static 160])
{
    snprintf(out, 160, "%s%s%s", home->path, name[0] != '\0' ? "/" : "", name);
}

static inline size_t file_read(const char *path, uint8_t *out, size_t cap)
{
    int fd = open(path, O_RDONLY);
    ssize_t len;

    assert_true(fd >= 0);
    len = read(fd, out, cap);
    close(fd);
    assert_true(len >= 0);
    return (size_t)len;
}

static inline void file_write(const char *path, const uint8_t *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static inline void assert_device(struct pki_store *store, const char *endpoint,
                                 enum pki_error expected)
{
    struct pki_reader *reader = reader_new(store);
    struct pki_device device;

    assert_int_equal(pki_store_device_by_endpoint(reader, endpoint, &device), expected);
    pki_reader_free(reader);
}

/* A home with device "a" and "b". */
static inline void home_with_devices(struct home *home)
{
    home_init(home, NULL);
    struct pki_store *store = home_open(home, false);

    device_add(store, "a");
    device_add(store, "b");
    pki_store_close(store);
}

static inline bool count_record(void *context, const struct pki_audit *record)
{
    (void)record;
    *(unsigned int *)context += 1;
    return true;
}

#endif
