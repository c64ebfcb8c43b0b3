/*
 * The control socket: H/control.sock, one JSON object a line both ways (docs/control.md).
 *
 * Model. Owned by one thread, which calls bs_control_serve whenever bs_control_fd is readable.
 * Requests are rows of a table given by the user; a client that sends a line over
 * BS_CONTROL_LINE_MAX, or does not read its answers, is hung up on. Access is the socket's mode.
 */
#ifndef BS_CONTROL_H
#define BS_CONTROL_H

#include "bootstrap/lwm2m/json.h"
#include "bootstrap/server/trace.h"

#define BS_CONTROL_LINE_MAX     4096
#define BS_CONTROL_CLIENTS_MAX  32
#define BS_CONTROL_BACKLOG_MAX  (4u << 20) /* octets that a client may leave unread */
#define BS_CONTROL_ARGUMENT_MAX 255

/* One request line, checked. */
struct bs_control_request {
    char command[33];
    char argument[BS_CONTROL_ARGUMENT_MAX + 1]; /* "endpoint" or "filter"; "" = none */
};
/* Parses one line (no newline). False with a sentence in WHY: no JSON object, no "command", a
 * member that is not known or too long. */
bool bs_control_parse(const char *line, size_t len, struct bs_control_request *request,
                      char why[static 128]);

struct bs_control;

/* One command. RUN writes the members of the answer after "ok":true; false with a sentence in WHY:
 * "ok":false. */
struct bs_control_command {
    const char *name;
    bool (*run)(void *context, const struct bs_control_request *request,
                struct lwm2m_json_writer *answer, char why[static 128]);
    bool is_trace; /* the client stays and gets lines from the hub */
};

struct bs_control_config {
    const char *path;
    unsigned mode;
    const struct bs_control_command *commands; /* ends with a row without name */
    void *context;
    /* Called when the set of traces changed; takes a reference of its own if it keeps SET (NULL:
     * nobody traces). */
    void (*traces)(void *context, struct bs_trace_set *set);
};

/* Binds the socket (a stale one is replaced); where the mode names a group, that of the folder.
 * NULL with errno. */
struct bs_control *bs_control_new(const struct bs_control_config *config);
/* Hangs up, removes the socket. */
void bs_control_free(struct bs_control *control);
int bs_control_fd(const struct bs_control *control);
void bs_control_serve(struct bs_control *control);
/* Hands the hub's waiting lines to the clients that trace. */
void bs_control_trace(struct bs_control *control, struct bs_trace_hub *hub);

#endif
