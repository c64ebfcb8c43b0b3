#include "tools/imprint/import_file.h"
#include "tools/imprint/say.h"
#include "bootstrap/policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PATH_OCTETS = 4096 };

void cli_import_file_prefix(const char *path, char out[static CLI_LESHAN_PREFIX_MAX + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-";
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : path != NULL ? path : "";
    size_t len = strspn(name, letters);
    bool is_name = len > 0 && len <= CLI_LESHAN_PREFIX_MAX &&
                   (name[len] == '\0' || strcmp(name + len, ".yaml") == 0);
    snprintf(out, CLI_LESHAN_PREFIX_MAX + 1, "%.*s", is_name ? (int)len : 6,
             is_name ? name : "leshan");
}

/* NAME beside PATH. */
static void beside(const char *path, const char *name, char out[static PATH_OCTETS])
{
    const char *slash = strrchr(path, '/');
    snprintf(out, PATH_OCTETS, "%.*s%s", slash != NULL ? (int)(slash + 1 - path) : 0, path, name);
}

/* PATH under the name that it has until it is whole. */
static void unfinished(const char *path, char out[static PATH_OCTETS])
{
    snprintf(out, PATH_OCTETS, "%s.new", path);
}

static enum cli_status write_new(const char *path, const void *data, size_t len, bool is_forced)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (is_forced ? O_TRUNC : O_EXCL);
    int descriptor = open(path, flags, 0600);
    if (descriptor < 0) {
        return errno == EEXIST ? cli_fail("%s exists: --force replaces it", path)
                               : cli_fail("%s: %s", path, strerror(errno));
    }
    bool is_good = write(descriptor, data, len) == (ssize_t)len && fsync(descriptor) == 0;
    int reason = errno;
    is_good = close(descriptor) == 0 && is_good;
    if (!is_good) {
        unlink(path);
    }
    return is_good ? CLI_DONE : cli_fail("%s: %s", path, strerror(reason));
}

static enum cli_status write_trust(struct cli_import_file *file)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; i < file->book->trust.count && status == CLI_DONE; i++) {
        const struct cli_leshan_entry *entry = &file->book->trust.items[i];
        char name[PKI_NAME_MAX + 1], path[PATH_OCTETS];
        beside(file->path, cli_leshan_trust_name(file->book, i, name), path);
        status = write_new(path, entry->text, entry->len, file->is_forced);
        file->made += status == CLI_DONE;
    }
    return status;
}

/* The policies that came of it, checked as any other. */
static enum cli_status check(const struct cli_import_file *file)
{
    char line[1024];
    struct policy_report report = {0};
    const char *name = file->path != NULL ? file->path : "imported.yaml";
    struct policy_set *set = policy_set_load_text(name, file->text, file->len, NULL, &report);
    for (size_t i = 0; i < report.count; i++) {
        policy_report_line(&report, i, line, sizeof line);
        cli_note("%s", line);
    }
    policy_report_clear(&report);
    policy_set_unref(set);
    return set != NULL ? CLI_DONE : cli_fail("what was imported makes no sound policies");
}

enum cli_status cli_import_file_prepare(struct cli_import_file *file)
{
    char path[PATH_OCTETS];
    if (file->len == 0) {
        return CLI_DONE;
    }
    if (file->path == NULL) {
        return check(file);
    }
    if (!file->is_forced && access(file->path, F_OK) == 0) {
        return cli_fail("--out %s exists: --force replaces it", file->path);
    }
    enum cli_status status = write_trust(file);
    unfinished(file->path, path);
    status = status == CLI_DONE ? check(file) : status;
    return status == CLI_DONE ? write_new(path, file->text, file->len, true) : status;
}

enum cli_status cli_import_file_finish(struct cli_import_file *file, enum cli_status status)
{
    char path[PATH_OCTETS], name[PKI_NAME_MAX + 1];
    if (file->path == NULL || file->len == 0) {
        return status;
    }
    unfinished(file->path, path);
    if (status == CLI_DONE) {
        return rename(path, file->path) == 0 ? CLI_DONE
                                             : cli_fail("%s: %s", file->path, strerror(errno));
    }
    unlink(path);
    /* A file that was replaced is not lost: it held what a server shows to everybody. */
    for (size_t i = 0; i < file->made && !file->is_forced; i++) {
        beside(file->path, cli_leshan_trust_name(file->book, i, name), path);
        unlink(path);
    }
    return status;
}
