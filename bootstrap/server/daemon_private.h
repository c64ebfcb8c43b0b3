/*
 * Inside the daemon: shared between daemon.c and commands.c; nobody else includes it.
 */
#ifndef BS_DAEMON_PRIVATE_H
#define BS_DAEMON_PRIVATE_H

#include "bootstrap/server/control.h"
#include "bootstrap/server/daemon.h"
#include "bootstrap/server/worker.h"

struct bs_listener {
    char scheme[12]; /* "coaps+tcp" */
    char bound[CC_ADDRESS_TEXT];
    bool is_plain;
};

struct bs_daemon {
    const struct bs_daemon_options *options;
    struct bs_shared shared;
    struct bs_snapshot *snapshot;
    struct bs_control *control;
    struct bs_listener listeners[POLICY_LISTENERS_MAX];
    size_t listener_count;
    int lock;               /* H/imprintd.lock, held while we run */
    int signals;            /* signalfd */
    int wake;               /* eventfd: trace lines wait */
    int64_t started_at;     /* wall clock */
    int64_t started_ms;     /* monotonic */
    int64_t drain_until_ms; /* monotonic; 0 = not draining */
    bool is_stopping;
};

/* Ends with an empty row. */
extern const struct bs_control_command bs_commands[];

/* Monotonic milliseconds. */
int64_t bs_daemon_clock_ms(void);
/* Settings and policies again, whole or not at all. The problems go to the log, and into REPORT for
 * the caller to clear. */
bool bs_daemon_reload(struct bs_daemon *daemon, struct policy_report *report);
/* No new bootstraps; ends when the last is through or drain_ms is over. */
void bs_daemon_drain(struct bs_daemon *daemon);
/* One letter of KIND to each worker, its reference taken by SHARE (may be NULL). */
void bs_daemon_post_all(struct bs_daemon *daemon, enum bs_mail_kind kind,
                        void (*share)(struct bs_mail *mail, void *what), void *what);

#endif
