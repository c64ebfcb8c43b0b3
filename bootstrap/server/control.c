#include "bootstrap/server/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
    int fd; /* -1 = free place */
    bool is_tracing;
    bool is_closing; /* hang up once everything is sent */
    char filter[BS_TRACE_FILTER_MAX + 1];
    char line[BS_CONTROL_LINE_MAX];
    size_t line_len;
    char *out;
    size_t out_len, out_capacity;
};

struct bs_control {
    struct bs_control_config config;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    int listener;
    int epoll;
    struct client clients[BS_CONTROL_CLIENTS_MAX];
};

/* ---- clients ---- */

static void publish_traces(struct bs_control *control)
{
    struct bs_trace_set *set = calloc(1, sizeof *set);
    if (!set)
        return; /* those who trace go on with what they had */
    atomic_init(&set->references, 1);
    for (uint32_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++) {
        const struct client *client = &control->clients[i];
        if (client->fd < 0 || !client->is_tracing)
            continue;
        set->filters[set->count].subscriber = i;
        memcpy(set->filters[set->count++].filter, client->filter, sizeof client->filter);
    }
    control->config.traces(control->config.context, set->count ? set : NULL);
    bs_trace_set_unref(set);
}

static void hang_up(struct bs_control *control, struct client *client)
{
    bool was_tracing = client->is_tracing;
    close(client->fd);
    free(client->out);
    *client = (struct client){.fd = -1};
    if (was_tracing)
        publish_traces(control);
}

static void want_write(struct bs_control *control, struct client *client, bool is_wanted)
{
    struct epoll_event event = {.events = EPOLLIN | (is_wanted ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = client};
    epoll_ctl(control->epoll, EPOLL_CTL_MOD, client->fd, &event);
}

static void flush(struct bs_control *control, struct client *client)
{
    while (client->out_len) {
        ssize_t sent = send(client->fd, client->out, client->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            want_write(control, client, true);
            return;
        }
        if (sent <= 0) {
            hang_up(control, client);
            return;
        }
        client->out_len -= (size_t)sent;
        memmove(client->out, client->out + sent, client->out_len);
    }
    if (client->is_closing)
        hang_up(control, client);
    else
        want_write(control, client, false);
}

/* False: the client was hung up on, because it does not read or there is no memory. */
static bool append(struct bs_control *control, struct client *client, const char *text, size_t len)
{
    if (client->out_len + len > client->out_capacity) {
        size_t capacity = client->out_len + len < 4096 ? 4096 : (client->out_len + len) * 2;
        char *out =
            client->out_len + len > BS_CONTROL_BACKLOG_MAX ? NULL : realloc(client->out, capacity);
        if (!out) {
            hang_up(control, client);
            return false;
        }
        client->out = out;
        client->out_capacity = capacity;
    }
    memcpy(client->out + client->out_len, text, len);
    client->out_len += len;
    return true;
}

/* ---- requests ---- */

static const struct bs_control_command *find(const struct bs_control *control, const char *name)
{
    for (const struct bs_control_command *row = control->config.commands; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static size_t tracing_count(const struct bs_control *control)
{
    size_t count = 0;
    for (size_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++)
        count += control->clients[i].fd >= 0 && control->clients[i].is_tracing;
    return count;
}

static bool run_command(struct bs_control *control, struct client *client,
                        const struct bs_control_request *request, struct lwm2m_json_writer *answer,
                        char why[static 128])
{
    const struct bs_control_command *row = find(control, request->command);
    if (!row) {
        snprintf(why, 128, "unknown command \"%.32s\"", request->command);
        return false;
    }
    if (row->is_trace && !client->is_tracing &&
        tracing_count(control) >= BS_TRACE_SUBSCRIBERS_MAX) {
        snprintf(why, 128, "at most %d traces at a time", BS_TRACE_SUBSCRIBERS_MAX);
        return false;
    }
    if (row->run && !row->run(control->config.context, request, answer, why))
        return false;
    if (row->is_trace) {
        client->is_tracing = true;
        memcpy(client->filter, request->argument, sizeof client->filter);
        publish_traces(control);
    }
    return true;
}

/* {"ok":true, members of the answer} or {"ok":false,"error":..., members}. False: hung up. */
static bool answer_line(struct bs_control *control, struct client *client, const char *line,
                        size_t len)
{
    struct bs_control_request request;
    struct lwm2m_json_writer members = {0}, json = {0};
    char why[128] = "";
    lwm2m_json_object_begin(&members);
    bool is_ok = bs_control_parse(line, len, &request, why) &&
                 run_command(control, client, &request, &members, why);
    lwm2m_json_object_end(&members);
    lwm2m_json_object_begin(&json);
    lwm2m_json_key(&json, "ok");
    lwm2m_json_bool(&json, is_ok);
    if (!is_ok) {
        lwm2m_json_key(&json, "error");
        lwm2m_json_text(&json, why);
    }
    bool is_alive = !json.error && !members.error && append(control, client, json.data, json.len);
    /* The members object "{...}" goes on where the head stops: a comma for its brace, if it has
     * any. */
    if (is_alive && members.len > 2)
        is_alive = append(control, client, ",", 1) &&
                   append(control, client, members.data + 1, members.len - 1);
    else if (is_alive)
        is_alive = append(control, client, "}", 1);
    is_alive = is_alive && append(control, client, "\n", 1);
    lwm2m_json_clear(&json);
    lwm2m_json_clear(&members);
    return is_alive;
}

/* Every whole line that waits. False: hung up. */
static bool answer_lines(struct bs_control *control, struct client *client)
{
    char *newline;
    while ((newline = memchr(client->line, '\n', client->line_len))) {
        size_t len = (size_t)(newline - client->line);
        if (!answer_line(control, client, client->line, len))
            return false;
        client->line_len -= len + 1;
        memmove(client->line, newline + 1, client->line_len);
    }
    return true;
}

static void read_client(struct bs_control *control, struct client *client)
{
    ssize_t got = recv(client->fd, client->line + client->line_len,
                       sizeof client->line - client->line_len, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        hang_up(control, client);
        return;
    }
    client->line_len += (size_t)got;
    if (!answer_lines(control, client))
        return;
    if (client->line_len == sizeof client->line) {
        static const char too_long[] =
            "{\"ok\":false,\"error\":\"a request line is at most 4095 octets\"}\n";
        client->is_closing = true;
        client->line_len = 0;
        if (!append(control, client, too_long, sizeof too_long - 1))
            return;
    }
    flush(control, client);
}

static void accept_client(struct bs_control *control)
{
    int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (size_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &control->clients[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        if (client->fd >= 0)
            continue;
        if (epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
            break;
        *client = (struct client){.fd = fd};
        return;
    }
    close(fd);
}

/* ---- life ---- */

/* The socket takes its folder's group, so that the mode means what it says. */
static bool share_with_group(const struct bs_control *control)
{
    char folder[sizeof control->path];
    struct stat status;
    snprintf(folder, sizeof folder, "%s", control->path);
    char *slash = strrchr(folder, '/');
    if (!(control->config.mode & 070) || !slash || slash == folder)
        return true;
    *slash = '\0';
    return stat(folder, &status) == 0 && lchown(control->path, (uid_t)-1, status.st_gid) == 0;
}

static bool bind_socket(struct bs_control *control)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(control->config.path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    snprintf(control->path, sizeof control->path, "%s", control->config.path);
    memcpy(address.sun_path, control->path, sizeof control->path);
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->listener < 0)
        return false;
    unlink(
        control->path); /* left by a daemon that was killed: the home's lock says that none runs */
    mode_t before = umask(0777 & ~control->config.mode);
    bool is_bound = bind(control->listener, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(before);
    return is_bound && share_with_group(control) && listen(control->listener, 16) == 0;
}

struct bs_control *bs_control_new(const struct bs_control_config *config)
{
    struct bs_control *control = calloc(1, sizeof *control);
    struct epoll_event event = {.events = EPOLLIN};
    if (!control)
        return NULL;
    control->config = *config;
    control->listener = -1;
    for (size_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++)
        control->clients[i].fd = -1;
    control->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (control->epoll < 0 || !bind_socket(control) ||
        epoll_ctl(control->epoll, EPOLL_CTL_ADD, control->listener, &event) < 0) {
        int error = errno;
        bs_control_free(control);
        errno = error;
        return NULL;
    }
    return control;
}

void bs_control_free(struct bs_control *control)
{
    if (!control)
        return;
    for (size_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i].fd >= 0) {
            control->clients[i].is_tracing = false;
            hang_up(control, &control->clients[i]);
        }
    if (control->listener >= 0) {
        close(control->listener);
        unlink(control->path);
    }
    if (control->epoll >= 0)
        close(control->epoll);
    free(control);
}

int bs_control_fd(const struct bs_control *control)
{
    return control->epoll;
}

void bs_control_serve(struct bs_control *control)
{
    struct epoll_event events[BS_CONTROL_CLIENTS_MAX];
    int count = epoll_wait(control->epoll, events, BS_CONTROL_CLIENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (!client) {
            accept_client(control);
            continue;
        }
        if (client->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            read_client(control, client);
        if (client->fd >= 0 && events[i].events & EPOLLOUT)
            flush(control, client);
    }
}

void bs_control_trace(struct bs_control *control, struct bs_trace_hub *hub)
{
    for (struct bs_node *node = bs_trace_hub_take(hub); node;) {
        struct bs_trace_line *line = BS_CONTAINER(node, struct bs_trace_line, node);
        node = node->next;
        for (size_t i = 0; i < BS_CONTROL_CLIENTS_MAX; i++) {
            struct client *client = &control->clients[i];
            if (client->fd >= 0 && client->is_tracing && line->subscribers & 1u << i &&
                append(control, client, line->text, line->len))
                flush(control, client);
        }
        free(line);
    }
}
