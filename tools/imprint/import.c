/* imprint policy import */
#include "tools/imprint/home.h"
#include "tools/imprint/import.h"
#include "tools/imprint/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The policies that came of it, checked as any other. */
static enum cli_status check(const char *name, const char *text, size_t len)
{
    char line[1024];
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text(name, text, len, NULL, &report);
    for (size_t i = 0; i < report.count; i++) {
        policy_report_line(&report, i, line, sizeof line);
        cli_note("%s", line);
    }
    policy_report_clear(&report);
    policy_set_unref(set);
    return set != NULL ? CLI_DONE : cli_fail("what was imported makes no sound policies");
}

static enum cli_status write_out(const struct cli_call *call, const char *path, const char *text,
                                 size_t len)
{
    if (path == NULL) {
        fwrite(text, 1, len, stdout);
        return CLI_DONE;
    }
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (cli_has(call, CLI_OPT_FORCE) ? O_TRUNC : O_EXCL);
    int descriptor = open(path, flags, 0600);
    bool is_good =
        descriptor >= 0 && write(descriptor, text, len) == (ssize_t)len && fsync(descriptor) == 0;
    int reason = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return is_good            ? CLI_DONE
           : reason == EEXIST ? cli_fail("--out %s exists: --force replaces it", path)
                              : cli_fail("--out %s: %s", path, strerror(reason));
}

/* Nothing is written or stored unless all of it can be, or --partial says that less will do. */
static enum cli_status refuse(const struct cli_call *call, const struct cli_import *leshan)
{
    if (leshan->lost > 0 && !cli_has(call, CLI_OPT_PARTIAL)) {
        return cli_fail("%zu fields cannot be imported (above); --partial imports the rest",
                        leshan->lost);
    }
    if (leshan->secrets > 0 && !cli_has(call, CLI_OPT_STORE)) {
        return cli_fail("there are %zu secrets, which no policy file holds: --store puts them into "
                        "the home's store",
                        leshan->secrets);
    }
    return CLI_DONE;
}

static enum cli_status convert(struct cli_call *call, struct cli_import *leshan)
{
    char *text = NULL;
    size_t len = 0;
    const char *path = cli_value(call, CLI_OPT_OUT);
    path = path != NULL && strcmp(path, "-") == 0 ? NULL : path;
    size_t policies = cli_import_group(leshan);
    FILE *file = open_memstream(&text, &len);
    if (file == NULL) {
        return cli_fail("out of memory");
    }
    enum cli_status status = CLI_DONE;
    if (path != NULL && !cli_has(call, CLI_OPT_FORCE) && access(path, F_OK) == 0) {
        status = cli_fail("--out %s exists: --force replaces it", path);
    } else if (policies > 0) {
        cli_import_write(leshan, policies, file, path != NULL);
    }
    fclose(file);
    if (status == CLI_DONE) {
        status = refuse(call, leshan);
    }
    if (status == CLI_DONE && path != NULL) {
        status = cli_import_write_trust(leshan, path);
    }
    if (status == CLI_DONE && policies > 0) {
        status = check(path != NULL ? path : "imported.yaml", text, len);
    }
    if (status == CLI_DONE && cli_has(call, CLI_OPT_STORE)) {
        status = cli_import_store(leshan, call);
    }
    if (status == CLI_DONE && policies > 0) {
        status = write_out(call, path, text, len);
    }
    free(text);
    if (status == CLI_DONE) {
        cli_note("%zu devices, %zu policies", leshan->count, policies);
    }
    return status;
}

enum cli_status cli_policy_import(struct cli_call *call)
{
    struct cli_import leshan = {.devices = NULL};
    enum cli_status status = CLI_DONE;
    if (!cli_has(call, CLI_OPT_LESHAN)) {
        return cli_usage("policy import needs --leshan FILE");
    }
    if (cli_has(call, CLI_OPT_STORE)) {
        status = cli_home_choose(call);
        status = status == CLI_DONE ? cli_home_open(call, CLI_STORE_WRITE) : status;
    }
    for (size_t i = 0; i < call->given_count && status == CLI_DONE; i++) {
        if (call->given[i].option == CLI_OPT_LESHAN) {
            status = cli_import_read(&leshan, call->given[i].value);
        }
    }
    if (status == CLI_DONE && leshan.count == 0) {
        status = cli_fail("there is no device to import");
    }
    if (status == CLI_DONE) {
        status = convert(call, &leshan);
    }
    cli_import_clear(&leshan);
    return status;
}
