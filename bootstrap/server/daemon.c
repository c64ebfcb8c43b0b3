#include "bootstrap/server/daemon.h"

#include "bootstrap/server/daemon_private.h"
#include "pki/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PASSPHRASE_MAX 1024

int64_t bs_daemon_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *what, const char *why)
{
    bool is_named = strncmp(why, what, strlen(what)) == 0;
    fprintf(stderr, "imprintd: %s%s%s\n", is_named ? "" : what, is_named ? "" : ": ", why);
    return 1;
}

static void print_report(const struct policy_report *report)
{
    char line[512];
    for (size_t i = 0; i < report->count; i++) {
        policy_report_line(report, i, line, sizeof line);
        fprintf(stderr, "%s\n", line);
    }
}

/* ---- starting ---- */

static bool load(struct bs_daemon *daemon)
{
    struct policy_report report = {0};
    daemon->snapshot = bs_snapshot_load(daemon->options->home, &daemon->options->overrides,
                                        daemon->started_at, &report);
    print_report(&report);
    policy_report_clear(&report);
    if (!daemon->snapshot)
        fail(daemon->options->home, "settings or policies have errors");
    return daemon->snapshot != NULL;
}

static bool open_store(struct bs_daemon *daemon)
{
    struct pki_fault fault = {0};
    uint8_t passphrase[PASSPHRASE_MAX + 1];
    size_t len = 0;
    struct pki_store_options options = {.map_bytes = daemon->snapshot->settings.map_bytes};
    if (daemon->options->passphrase_file) {
        if (pki_secret_read(daemon->options->passphrase_file, passphrase, PASSPHRASE_MAX, &len,
                            &fault) != PKI_OK) {
            fail("passphrase", fault.text);
            return false;
        }
        passphrase[len] = '\0';
        options.passphrase = (const char *)passphrase;
    }
    enum pki_error error =
        pki_store_open(daemon->options->home, &options, &daemon->shared.store, &fault);
    pki_secret_wipe(passphrase, sizeof passphrase);
    if (error)
        fail(daemon->options->home, fault.text);
    return error == PKI_OK;
}

/* One daemon a home: two would each keep their own idea of who bootstraps. */
static bool take_lock(struct bs_daemon *daemon)
{
    char *path = NULL;
    if (asprintf(&path, "%s/imprintd.lock", daemon->options->home) < 0)
        return false;
    daemon->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool is_taken = daemon->lock >= 0 && flock(daemon->lock, LOCK_EX | LOCK_NB) == 0;
    if (!is_taken)
        fail(path, daemon->lock >= 0 && errno == EWOULDBLOCK ? "another imprintd serves this home"
                                                             : strerror(errno));
    free(path);
    return is_taken;
}

static void wake_for_trace(void *context)
{
    const struct bs_daemon *daemon = context;
    uint64_t one = 1;
    if (write(daemon->wake, &one, sizeof one) < 0)
        return; /* a full counter is a wake-up too */
}

static bool make_parts(struct bs_daemon *daemon)
{
    struct bs_shared *shared = &daemon->shared;
    daemon->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    shared->log = bs_log_new(STDERR_FILENO);
    shared->owners = bs_owners_new();
    shared->trace = bs_trace_hub_new(wake_for_trace, daemon);
    shared->writer = shared->log ? bs_writer_new(shared->store, shared->log, 0) : NULL;
    shared->worker_count = daemon->snapshot->settings.workers;
    shared->workers = calloc(shared->worker_count, sizeof *shared->workers);
    pki_secret_random(NULL, shared->cookie_key, sizeof shared->cookie_key);
    if (daemon->wake < 0 || !shared->owners || !shared->trace || !shared->writer ||
        !shared->workers) {
        fail("start", "out of memory or threads");
        return false;
    }
    bs_log_configure(shared->log, (enum bs_level)daemon->snapshot->settings.log_level,
                     daemon->snapshot->settings.log_json);
    return true;
}

static bool make_workers(struct bs_daemon *daemon)
{
    struct bs_shared *shared = &daemon->shared;
    for (uint32_t i = 0; i < shared->worker_count; i++) {
        enum cc_error error = bs_worker_new(shared, i, daemon->snapshot, &shared->workers[i]);
        if (error) {
            fail("worker", cc_error_text(error));
            return false;
        }
    }
    return true;
}

/* The first worker's socket decides the port where the URI says 0; the others join it. */
static bool listen_on(struct bs_daemon *daemon, const char *uri)
{
    struct bs_listener *listener = &daemon->listeners[daemon->listener_count];
    char shared_uri[CC_ADDRESS_TEXT + 16];
    snprintf(listener->scheme, sizeof listener->scheme, "%.*s", (int)strcspn(uri, ":"), uri);
    listener->is_plain = strncmp(uri, "coaps", 5) != 0;
    for (uint32_t i = 0; i < daemon->shared.worker_count; i++) {
        enum cc_error error =
            bs_worker_listen(daemon->shared.workers[i], i ? shared_uri : uri, listener->bound);
        if (error) {
            fail(uri, error == CC_EADDRESS ? strerror(errno) : cc_error_text(error));
            return false;
        }
        snprintf(shared_uri, sizeof shared_uri, "%s://%s", listener->scheme, listener->bound);
    }
    daemon->listener_count++;
    BS_LOG(daemon->shared.log, BS_INFO, "listening", BS_TEXT("uri", uri),
           BS_TEXT("bound", listener->bound));
    return true;
}

static bool listen_all(struct bs_daemon *daemon)
{
    const struct policy_settings *settings = &daemon->snapshot->settings;
    for (size_t i = 0; i < settings->listen_count; i++)
        if (!listen_on(daemon, settings->listen[i]))
            return false;
    return true;
}

static void share_trace(struct bs_mail *mail, void *what)
{
    mail->trace = bs_trace_set_ref(what);
}

static void on_traces(void *context, struct bs_trace_set *set)
{
    bs_daemon_post_all(context, BS_MAIL_TRACE, share_trace, set);
}

static bool open_control(struct bs_daemon *daemon)
{
    char *path = NULL;
    if (asprintf(&path, "%s/control.sock", daemon->options->home) < 0)
        return false;
    const struct bs_control_config config = {.path = path,
                                             .mode = daemon->snapshot->settings.control_mode,
                                             .commands = bs_commands,
                                             .context = daemon,
                                             .traces = on_traces};
    daemon->control = bs_control_new(&config);
    if (!daemon->control)
        fail(path, strerror(errno));
    free(path);
    return daemon->control != NULL;
}

/* Blocked before any thread exists, so that all threads inherit it. */
static bool catch_signals(struct bs_daemon *daemon)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return daemon->signals >= 0;
}

static bool start_workers(struct bs_daemon *daemon)
{
    for (uint32_t i = 0; i < daemon->shared.worker_count; i++)
        if (!bs_worker_start(daemon->shared.workers[i])) {
            fail("worker", "no thread could be started");
            return false;
        }
    return true;
}

/* ---- running ---- */

void bs_daemon_post_all(struct bs_daemon *daemon, enum bs_mail_kind kind,
                        void (*share)(struct bs_mail *mail, void *what), void *what)
{
    for (uint32_t i = 0; i < daemon->shared.worker_count; i++) {
        struct bs_mail *mail = bs_mail_new(kind);
        if (!mail) {
            BS_LOG(daemon->shared.log, BS_ERROR, "memory",
                   BS_TEXT("reason", "a worker was not told"));
            continue;
        }
        if (share)
            share(mail, what);
        bs_worker_post(daemon->shared.workers[i], mail);
    }
}

static void share_snapshot(struct bs_mail *mail, void *what)
{
    mail->snapshot = bs_snapshot_ref(what);
}

static void log_problems(struct bs_daemon *daemon, const struct policy_report *report)
{
    char line[512];
    for (size_t i = 0; i < report->count; i++) {
        policy_report_line(report, i, line, sizeof line);
        BS_LOG(daemon->shared.log, report->problems[i].is_warning ? BS_WARNING : BS_ERROR, "reload",
               BS_TEXT("problem", line));
    }
}

bool bs_daemon_reload(struct bs_daemon *daemon, struct policy_report *report)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct bs_snapshot *snapshot =
        bs_snapshot_load(daemon->options->home, &daemon->options->overrides, now.tv_sec, report);
    log_problems(daemon, report);
    if (!snapshot) {
        BS_LOG(daemon->shared.log, BS_ERROR, "reload", BS_TEXT("result", "nothing changed"));
        return false;
    }
    bs_daemon_post_all(daemon, BS_MAIL_SNAPSHOT, share_snapshot, snapshot);
    bs_snapshot_unref(daemon->snapshot);
    daemon->snapshot = snapshot;
    bs_log_configure(daemon->shared.log, (enum bs_level)snapshot->settings.log_level,
                     snapshot->settings.log_json);
    BS_LOG(daemon->shared.log, BS_INFO, "reload", BS_TEXT("result", "done"),
           BS_NUMBER("rules", policy_set_rule_count(snapshot->policies)));
    return true;
}

void bs_daemon_drain(struct bs_daemon *daemon)
{
    if (daemon->drain_until_ms)
        return;
    daemon->drain_until_ms = bs_daemon_clock_ms() + daemon->snapshot->settings.drain_ms + 1;
    BS_LOG(daemon->shared.log, BS_INFO, "draining",
           BS_NUMBER("ms", daemon->snapshot->settings.drain_ms));
    bs_daemon_post_all(daemon, BS_MAIL_DRAIN, NULL, NULL);
}

static void stop(struct bs_daemon *daemon)
{
    if (daemon->is_stopping)
        return;
    daemon->is_stopping = true;
    bs_daemon_post_all(daemon, BS_MAIL_STOP, NULL, NULL);
}

static void read_signals(struct bs_daemon *daemon)
{
    struct signalfd_siginfo info;
    while (read(daemon->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        struct policy_report report = {0};
        if (info.ssi_signo == SIGHUP)
            (void)bs_daemon_reload(daemon, &report);
        else if (daemon->drain_until_ms)
            stop(daemon);
        else
            bs_daemon_drain(daemon);
        policy_report_clear(&report);
    }
}

static bool all_done(const struct bs_daemon *daemon)
{
    for (uint32_t i = 0; i < daemon->shared.worker_count; i++)
        if (!bs_worker_is_done(daemon->shared.workers[i]))
            return false;
    return true;
}

static void run(struct bs_daemon *daemon)
{
    struct pollfd fds[] = {{.fd = daemon->signals, .events = POLLIN},
                           {.fd = bs_control_fd(daemon->control), .events = POLLIN},
                           {.fd = daemon->wake, .events = POLLIN}};
    while (!daemon->drain_until_ms || !all_done(daemon)) {
        uint64_t ticks;
        if (poll(fds, 3, daemon->drain_until_ms ? 20 : -1) < 0 && errno != EINTR)
            break;
        if (fds[0].revents)
            read_signals(daemon);
        if (fds[1].revents)
            bs_control_serve(daemon->control);
        if (fds[2].revents && read(daemon->wake, &ticks, sizeof ticks) > 0)
            bs_control_trace(daemon->control, daemon->shared.trace);
        if (daemon->drain_until_ms && bs_daemon_clock_ms() > daemon->drain_until_ms)
            stop(daemon);
    }
}

/* ---- ending ---- */

static void close_all(struct bs_daemon *daemon)
{
    struct bs_shared *shared = &daemon->shared;
    for (uint32_t i = 0; shared->workers && i < shared->worker_count; i++)
        if (shared->workers[i])
            bs_worker_join(shared->workers[i]);
    bs_writer_free(shared->writer);
    bs_control_free(daemon->control);
    for (uint32_t i = 0; shared->workers && i < shared->worker_count; i++)
        bs_worker_free(shared->workers[i]);
    free(shared->workers);
    bs_trace_hub_free(shared->trace);
    bs_owners_free(shared->owners);
    if (shared->store)
        pki_store_close(shared->store);
    bs_log_free(shared->log);
    bs_snapshot_unref(daemon->snapshot);
    pki_secret_wipe(shared->cookie_key, sizeof shared->cookie_key);
    const int descriptors[] = {daemon->lock, daemon->signals, daemon->wake};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
}

static bool start(struct bs_daemon *daemon)
{
    if (!take_lock(daemon) || !catch_signals(daemon) || !make_parts(daemon) ||
        !make_workers(daemon) || !listen_all(daemon) || !open_control(daemon))
        return false;
    if (start_workers(daemon))
        return true;
    bs_daemon_drain(daemon); /* those that did start end at once */
    return false;
}

int bs_daemon_run(const struct bs_daemon_options *options)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct bs_daemon daemon = {.options = options,
                               .lock = -1,
                               .signals = -1,
                               .wake = -1,
                               .started_at = now.tv_sec,
                               .started_ms = bs_daemon_clock_ms()};
    bool is_good = load(&daemon) && open_store(&daemon);
    if (is_good && options->is_check) {
        size_t count = policy_set_rule_count(daemon.snapshot->policies);
        printf("imprintd: settings, policies (%zu) and store are good\n", count);
    } else if (is_good) {
        is_good = start(&daemon);
        if (is_good) {
            BS_LOG(daemon.shared.log, BS_INFO, "started", BS_TEXT("version", IMPRINT_VERSION),
                   BS_NUMBER("pid", getpid()), BS_NUMBER("workers", daemon.shared.worker_count));
            run(&daemon);
            BS_LOG(daemon.shared.log, BS_INFO, "stopped", BS_NUMBER("pid", getpid()));
        }
    }
    close_all(&daemon);
    return is_good ? 0 : 1;
}
