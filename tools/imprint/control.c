#include "tools/imprint/control.h"
#include "tools/imprint/home.h"
#include "tools/imprint/json.h"
#include "tools/imprint/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct cli_control {
    int descriptor;
    char *data;         /* CLI_CONTROL_LINE_MAX + 1 */
    size_t used, taken; /* octets held; those of the last line, newline included */
    char path[4096];
};

/* A path too long for an address is reached by way of the folder's descriptor. */
static bool address_of(const char *home, struct sockaddr_un *address, int *folder)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *folder = -1;
    int len = snprintf(address->sun_path, sizeof address->sun_path, "%s/control.sock", home);
    if (len < 0 || (size_t)len >= sizeof address->sun_path) {
        *folder = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
        snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/control.sock",
                 *folder);
        return *folder >= 0;
    }
    return true;
}

static int connect_home(const char *home)
{
    struct sockaddr_un address;
    int folder;
    if (!address_of(home, &address, &folder)) {
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 &&
        connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        descriptor = -1;
    }
    if (folder >= 0) {
        int reason = errno;
        close(folder);
        errno = reason;
    }
    return descriptor;
}

enum cli_status cli_control_open(const struct cli_call *call, struct cli_control **control)
{
    struct cli_control *it = calloc(1, sizeof *it);
    if (it == NULL || (it->data = malloc(CLI_CONTROL_LINE_MAX + 1)) == NULL ||
        cli_home_path(call, "control.sock", it->path) != CLI_DONE) {
        free(it);
        return cli_fail("out of memory");
    }
    it->descriptor = connect_home(call->home);
    if (it->descriptor < 0) {
        int reason = errno;
        cli_control_close(it);
        return reason == ENOENT || reason == ECONNREFUSED
                   ? cli_fail("no imprintd runs on %s; start one with: imprintd --home %s",
                              call->home, call->home)
                   : cli_fail("%s/control.sock: %s", call->home, strerror(reason));
    }
    *control = it;
    return CLI_DONE;
}

void cli_control_close(struct cli_control *control)
{
    if (control != NULL) {
        if (control->descriptor >= 0) {
            close(control->descriptor);
        }
        free(control->data);
        free(control);
    }
}

static enum cli_status send_all(struct cli_control *control, const char *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(control->descriptor, data + done, len - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return cli_fail("%s: %s", control->path, strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return CLI_DONE;
}

enum cli_status cli_control_line(struct cli_control *control, const char **line, size_t *len)
{
    memmove(control->data, control->data + control->taken, control->used - control->taken);
    control->used -= control->taken;
    control->taken = 0;
    *line = NULL;
    for (size_t seen = 0;;) {
        char *end = memchr(control->data + seen, '\n', control->used - seen);
        if (end != NULL) {
            *end = '\0';
            *line = control->data;
            *len = (size_t)(end - control->data);
            control->taken = *len + 1;
            return CLI_DONE;
        }
        seen = control->used;
        if (control->used == CLI_CONTROL_LINE_MAX) {
            return cli_fail("%s: the answer is longer than %u octets", control->path,
                            CLI_CONTROL_LINE_MAX);
        }
        ssize_t n = recv(control->descriptor, control->data + control->used,
                         CLI_CONTROL_LINE_MAX - control->used, 0);
        if (n == 0) {
            return CLI_DONE;
        }
        if (n < 0 && errno != EINTR) {
            bool is_late = errno == EAGAIN || errno == EWOULDBLOCK;
            return is_late ? cli_fail("%s: no answer in %d s", control->path, CLI_CONTROL_WAIT_S)
                           : cli_fail("%s: %s", control->path, strerror(errno));
        }
        control->used += n > 0 ? (size_t)n : 0;
    }
}

const char *cli_control_last(const struct cli_control *control)
{
    return control->data;
}

uint64_t cli_answer_uint(const struct lwm2m_json_node *node, const char *path)
{
    uint64_t value = 0;
    return lwm2m_json_get_uint(node, path, &value) == LWM2M_OK ? value : 0;
}

bool cli_answer_bool(const struct lwm2m_json_node *node, const char *path)
{
    bool value = false;
    return lwm2m_json_get_bool(node, path, &value) == LWM2M_OK && value;
}

/* Says why the daemon refused, and what it warns of; true when it did not refuse. */
static bool is_ok(const struct lwm2m_json_node *root)
{
    bool ok = false;
    const char *text = NULL;
    const struct lwm2m_json_node *problems = lwm2m_json_at(root, "problems");
    for (size_t i = 0; i < lwm2m_json_count(problems); i++) {
        if (lwm2m_json_get_string(lwm2m_json_item(problems, i), "", &text, NULL) == LWM2M_OK) {
            cli_note("%s", text);
        }
    }
    if (lwm2m_json_get_bool(root, "ok", &ok) == LWM2M_OK && ok) {
        return true;
    }
    if (lwm2m_json_get_string(root, "error", &text, NULL) != LWM2M_OK) {
        text = "the daemon refused, without a reason";
    }
    cli_fail("%s", text);
    return false;
}

static enum cli_status wait_at_most(struct cli_control *control, time_t seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    return setsockopt(control->descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0
               ? CLI_DONE
               : cli_fail("%s: %s", control->path, strerror(errno));
}

enum cli_status cli_control_ask(struct cli_control *control, const char *command, const char *key,
                                const char *value, struct lwm2m_json_document **answer)
{
    struct lwm2m_json_writer writer = {0};
    struct lwm2m_json_fault fault = {0};
    const char *line = NULL;
    size_t len = 0;
    lwm2m_json_object_begin(&writer);
    lwm2m_json_key(&writer, "command");
    lwm2m_json_text(&writer, command);
    if (key != NULL) {
        lwm2m_json_key(&writer, key);
        lwm2m_json_text(&writer, value);
    }
    lwm2m_json_object_end(&writer);
    enum cli_status status = writer.error == LWM2M_OK ? wait_at_most(control, CLI_CONTROL_WAIT_S)
                                                      : cli_fail("out of memory");
    if (status == CLI_DONE) {
        status = send_all(control, writer.data, writer.len);
    }
    lwm2m_json_clear(&writer);
    if (status == CLI_DONE) {
        status = send_all(control, "\n", 1);
    }
    if (status == CLI_DONE) {
        status = cli_control_line(control, &line, &len);
    }
    if (status != CLI_DONE) {
        return status;
    }
    if (line == NULL) {
        return cli_fail("%s: the daemon hung up without an answer", control->path);
    }
    *answer = lwm2m_json_parse(line, len, CLI_CONTROL_LINE_MAX, &fault);
    if (*answer == NULL) {
        return cli_fail("%s: the answer is no JSON: %s", control->path, fault.text);
    }
    if (!is_ok(lwm2m_json_root(*answer))) {
        lwm2m_json_free(*answer);
        *answer = NULL;
        return CLI_FAILED;
    }
    return wait_at_most(control, 0);
}

enum cli_status cli_control_once(struct cli_call *call, const char *command, const char *key,
                                 const char *value, struct lwm2m_json_document **answer)
{
    struct cli_control *control = NULL;
    enum cli_status status = cli_control_open(call, &control);
    if (status == CLI_DONE) {
        status = cli_control_ask(control, command, key, value, answer);
    }
    if (status == CLI_DONE && cli_has(call, CLI_OPT_JSON)) {
        puts(cli_control_last(control));
    }
    cli_control_close(control);
    return status;
}
