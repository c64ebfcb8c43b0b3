/*
 * imprintd put together: home, store, log, writer, workers, control socket, signals.
 *
 * One thread (the caller's) runs signals and control; workers, writer and log have their own.
 */
#ifndef BS_DAEMON_H
#define BS_DAEMON_H

#include "bootstrap/server/snapshot.h"

struct bs_daemon_options {
    const char *home;
    const char *passphrase_file; /* NULL: the home's key file */
    struct bs_overrides overrides;
    bool is_check; /* -n: check settings, policies and store, then return */
};

/*
 * Runs until SIGTERM or SIGINT (drains; a second one ends at once), or "drain" on the control
 * socket. Errors go to standard error, one sentence each. Returns the exit code: 0 done, 1 failed.
 */
int bs_daemon_run(const struct bs_daemon_options *options);

#endif
