/* What the control socket answers (docs/control.md). */
#include "bootstrap/server/daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GATHER_S 2 /* a worker that answers later is told as busy */

static void put_uint(struct lwm2m_json_writer *json, const char *key, uint64_t number)
{
    lwm2m_json_key(json, key);
    lwm2m_json_uint(json, number);
}

static void put_text(struct lwm2m_json_writer *json, const char *key, const char *text)
{
    lwm2m_json_key(json, key);
    lwm2m_json_text(json, text);
}

static void put_bool(struct lwm2m_json_writer *json, const char *key, bool boolean)
{
    lwm2m_json_key(json, key);
    lwm2m_json_bool(json, boolean);
}

/* ---- status ---- */

static void share_gather(struct bs_mail *mail, void *what)
{
    struct bs_gather *gather = what;
    pthread_mutex_lock(&gather->lock);
    gather->references++;
    pthread_mutex_unlock(&gather->lock);
    mail->gather = gather;
}

/* Adds every number of FROM to INTO: both are structs of counters. */
static void add(struct bs_worker_status *into, const struct bs_worker_status *from)
{
    into->running += from->running;
    into->mismatches += from->mismatches;
    into->disabled += from->disabled;
    for (size_t i = 0; i < BS_STATES; i++)
        into->states[i] += from->states[i];
    into->notes_dropped += from->notes_dropped;
    for (size_t i = 0; i <= PKI_RESULT_SUPERSEDED; i++)
        into->results[i] += from->results[i];
    into->endpoint.sessions += from->endpoint.sessions;
    into->endpoint.handshakes += from->endpoint.handshakes;
    into->endpoint.established += from->endpoint.established;
    into->endpoint.cookies += from->endpoint.cookies;
    into->endpoint.datagrams_in += from->endpoint.datagrams_in;
    into->endpoint.datagrams_out += from->endpoint.datagrams_out;
    for (size_t i = 0; i <= CC_REFUSED_CAPACITY; i++)
        into->endpoint.refused[i] += from->endpoint.refused[i];
    if (from->endpoint.work_per_packet_max > into->endpoint.work_per_packet_max)
        into->endpoint.work_per_packet_max = from->endpoint.work_per_packet_max;
}

/* Sums all workers. False when one did not answer in time. */
static bool gather_all(struct bs_daemon *daemon, struct bs_worker_status *sum)
{
    struct timespec until;
    struct bs_gather *gather = bs_gather_new(daemon->shared.worker_count);
    if (!gather)
        return false;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += GATHER_S;
    bs_daemon_post_all(daemon, BS_MAIL_STATUS, share_gather, gather);
    pthread_mutex_lock(&gather->lock);
    while (gather->missing &&
           pthread_cond_timedwait(&gather->all_in, &gather->lock, &until) != ETIMEDOUT)
        continue;
    bool is_whole = gather->missing == 0;
    for (uint32_t i = 0; i < daemon->shared.worker_count; i++)
        add(sum, &gather->statuses[i]);
    pthread_mutex_unlock(&gather->lock);
    bs_gather_unref(gather);
    return is_whole;
}

static void put_listeners(struct lwm2m_json_writer *json, const struct bs_daemon *daemon)
{
    char uri[CC_ADDRESS_TEXT + 16];
    lwm2m_json_key(json, "listeners");
    lwm2m_json_array_begin(json);
    for (size_t i = 0; i < daemon->listener_count; i++) {
        const struct bs_listener *listener = &daemon->listeners[i];
        snprintf(uri, sizeof uri, "%s://%s", listener->scheme, listener->bound);
        lwm2m_json_object_begin(json);
        put_text(json, "uri", uri);
        put_text(json, "bound", listener->bound);
        put_bool(json, "plain", listener->is_plain);
        lwm2m_json_object_end(json);
    }
    lwm2m_json_array_end(json);
}

static void put_outcomes(struct lwm2m_json_writer *json, const struct bs_worker_status *sum)
{
    lwm2m_json_key(json, "outcomes");
    lwm2m_json_object_begin(json);
    for (int result = PKI_RESULT_FINISHED; result <= PKI_RESULT_SUPERSEDED; result++)
        put_uint(json, pki_result_name((enum pki_result)result), sum->results[result]);
    lwm2m_json_object_end(json);
}

/* Where the bootstraps under way are, by the machine's states; those that nobody is in are left
 * out. */
static void put_states(struct lwm2m_json_writer *json, const struct bs_worker_status *sum)
{
    lwm2m_json_key(json, "steps");
    lwm2m_json_object_begin(json);
    for (unsigned state = 0; state < BS_STATES; state++)
        if (sum->states[state])
            put_uint(json, bs_state_name((enum bs_state)state), sum->states[state]);
    lwm2m_json_object_end(json);
}

/* A disabled device has no key for the endpoint: it counts it as unknown, we do not. */
static uint64_t refused_of(const struct bs_worker_status *sum, enum cc_refusal refusal)
{
    uint64_t count = sum->endpoint.refused[refusal];
    if (refusal != CC_REFUSED_UNKNOWN_IDENTITY)
        return count;
    return count > sum->disabled ? count - sum->disabled : 0;
}

static void put_network(struct lwm2m_json_writer *json, const struct bs_worker_status *sum)
{
    static const char *const names[] = {"unknown_identity", "psk_mismatch", "handshake", "timeout",
                                        "capacity"};
    lwm2m_json_key(json, "sessions");
    lwm2m_json_object_begin(json);
    put_uint(json, "open", sum->endpoint.sessions);
    put_uint(json, "bootstrapping", sum->running);
    put_states(json, sum);
    lwm2m_json_object_end(json);
    lwm2m_json_key(json, "handshakes");
    lwm2m_json_object_begin(json);
    put_uint(json, "begun", sum->endpoint.handshakes);
    put_uint(json, "established", sum->endpoint.established);
    put_uint(json, "cookies", sum->endpoint.cookies);
    lwm2m_json_object_end(json);
    lwm2m_json_key(json, "refused");
    lwm2m_json_object_begin(json);
    for (size_t i = 0; i <= CC_REFUSED_CAPACITY; i++)
        put_uint(json, names[i], refused_of(sum, (enum cc_refusal)i));
    put_uint(json, "endpoint_mismatch", sum->mismatches);
    put_uint(json, "device_disabled", sum->disabled);
    lwm2m_json_object_end(json);
    lwm2m_json_key(json, "datagrams");
    lwm2m_json_object_begin(json);
    put_uint(json, "in", sum->endpoint.datagrams_in);
    put_uint(json, "out", sum->endpoint.datagrams_out);
    put_uint(json, "work_per_packet_max", sum->endpoint.work_per_packet_max);
    lwm2m_json_object_end(json);
}

static void put_store(struct lwm2m_json_writer *json, const struct bs_daemon *daemon)
{
    struct bs_writer_status queue;
    bs_writer_status(daemon->shared.writer, &queue);
    lwm2m_json_key(json, "policies");
    lwm2m_json_object_begin(json);
    put_text(json, "path", daemon->snapshot->policies_path);
    put_uint(json, "rules", policy_set_rule_count(daemon->snapshot->policies));
    put_text(json, "objects", daemon->snapshot->objects_path ? daemon->snapshot->objects_path : "");
    put_uint(json, "loaded_at", (uint64_t)daemon->snapshot->loaded_at);
    lwm2m_json_object_end(json);
    lwm2m_json_key(json, "queue");
    lwm2m_json_object_begin(json);
    put_uint(json, "depth", queue.depth);
    put_uint(json, "commits", queue.commits);
    put_uint(json, "records", queue.records);
    put_uint(json, "errors", queue.errors);
    put_uint(json, "dropped", queue.dropped);
    put_uint(json, "last_commit_us", queue.last_commit_us);
    lwm2m_json_object_end(json);
}

static bool status(void *context, const struct bs_control_request *request,
                   struct lwm2m_json_writer *answer, char why[static 128])
{
    struct bs_daemon *daemon = context;
    struct bs_worker_status sum = {0};
    (void)request;
    if (!gather_all(daemon, &sum)) {
        snprintf(why, 128, "a worker did not answer within %d s", GATHER_S);
        return false;
    }
    put_text(answer, "version", IMPRINT_VERSION);
    put_uint(answer, "pid", (uint64_t)getpid());
    put_uint(answer, "started_at", (uint64_t)daemon->started_at);
    put_uint(answer, "uptime_s", (uint64_t)(bs_daemon_clock_ms() - daemon->started_ms) / 1000);
    put_bool(answer, "draining", daemon->drain_until_ms != 0);
    put_uint(answer, "workers", daemon->shared.worker_count);
    put_listeners(answer, daemon);
    put_network(answer, &sum);
    put_outcomes(answer, &sum);
    put_store(answer, daemon);
    put_uint(answer, "trace_dropped", bs_trace_hub_dropped(daemon->shared.trace));
    return true;
}

/* ---- the others ---- */

static bool reload(void *context, const struct bs_control_request *request,
                   struct lwm2m_json_writer *answer, char why[static 128])
{
    struct bs_daemon *daemon = context;
    struct policy_report report = {0};
    (void)request;
    bool is_loaded = bs_daemon_reload(daemon, &report);
    if (!is_loaded)
        snprintf(why, 128, "nothing was changed: settings or policies have errors");
    lwm2m_json_key(answer, "problems");
    lwm2m_json_array_begin(answer);
    for (size_t i = 0; i < report.count; i++) {
        char line[512];
        policy_report_line(&report, i, line, sizeof line);
        lwm2m_json_text(answer, line);
    }
    lwm2m_json_array_end(answer);
    if (is_loaded)
        put_uint(answer, "rules", policy_set_rule_count(daemon->snapshot->policies));
    policy_report_clear(&report);
    return is_loaded;
}

static bool drain(void *context, const struct bs_control_request *request,
                  struct lwm2m_json_writer *answer, char why[static 128])
{
    struct bs_daemon *daemon = context;
    (void)request;
    (void)why;
    bs_daemon_drain(daemon);
    put_uint(answer, "drain_ms", daemon->snapshot->settings.drain_ms);
    return true;
}

static bool kick(void *context, const struct bs_control_request *request,
                 struct lwm2m_json_writer *answer, char why[static 128])
{
    struct bs_daemon *daemon = context;
    struct bs_owner owner;
    (void)answer;
    if (!request->argument[0] ||
        !bs_owners_find(daemon->shared.owners, request->argument, &owner)) {
        snprintf(why, 128, "no bootstrap of that endpoint is under way");
        return false;
    }
    struct bs_mail *mail = bs_mail_new(BS_MAIL_KICK);
    if (!mail) {
        snprintf(why, 128, "out of memory");
        return false;
    }
    mail->run = owner.run;
    bs_worker_post(daemon->shared.workers[owner.worker], mail);
    return true;
}

static bool help(void *context, const struct bs_control_request *request,
                 struct lwm2m_json_writer *answer, char why[static 128])
{
    (void)context;
    (void)request;
    (void)why;
    lwm2m_json_key(answer, "commands");
    lwm2m_json_array_begin(answer);
    for (const struct bs_control_command *row = bs_commands; row->name; row++)
        lwm2m_json_text(answer, row->name);
    lwm2m_json_array_end(answer);
    return true;
}

const struct bs_control_command bs_commands[] = {
    {"status", status, false}, {"trace", NULL, true}, {"reload", reload, false},
    {"drain", drain, false},   {"kick", kick, false}, {"help", help, false},
    {NULL, NULL, false},
};
