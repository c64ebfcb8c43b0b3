/* What reaches a worker from other threads. */
#include "bootstrap/server/worker_private.h"

#include <stdlib.h>

struct bs_mail *bs_mail_new(enum bs_mail_kind kind)
{
    struct bs_mail *mail = calloc(1, sizeof *mail);
    if (mail)
        mail->kind = kind;
    return mail;
}

void bs_worker_post(struct bs_worker *worker, struct bs_mail *mail)
{
    if (bs_queue_push(&worker->mail, &mail->node))
        cc_endpoint_wake(worker->endpoint);
}

struct bs_gather *bs_gather_new(uint32_t workers)
{
    struct bs_gather *gather = calloc(1, sizeof *gather + workers * sizeof *gather->statuses);
    if (!gather)
        return NULL;
    pthread_mutex_init(&gather->lock, NULL);
    pthread_cond_init(&gather->all_in, NULL);
    gather->missing = workers;
    gather->references = 1;
    return gather;
}

void bs_gather_unref(struct bs_gather *gather)
{
    pthread_mutex_lock(&gather->lock);
    uint32_t left = --gather->references;
    pthread_mutex_unlock(&gather->lock);
    if (left)
        return;
    pthread_mutex_destroy(&gather->lock);
    pthread_cond_destroy(&gather->all_in);
    free(gather);
}

static void report(struct bs_worker *worker, struct bs_gather *gather)
{
    pthread_mutex_lock(&gather->lock);
    struct bs_worker_status *status = &gather->statuses[worker->index];
    cc_endpoint_stats(worker->endpoint, &status->endpoint);
    status->running = worker->running;
    for (size_t i = 0; i <= PKI_RESULT_SUPERSEDED; i++)
        status->results[i] = worker->results[i];
    status->mismatches = worker->mismatches;
    status->disabled = worker->disabled;
    for (uint32_t i = 0; i < worker->slot_count; i++)
        if (worker->slots[i].run)
            status->states[worker->slots[i].run->machine.state]++;
    status->notes_dropped = worker->notes.dropped;
    if (--gather->missing == 0)
        pthread_cond_signal(&gather->all_in);
    pthread_mutex_unlock(&gather->lock);
    bs_gather_unref(gather);
}

static void take_snapshot(struct bs_worker *worker, struct bs_snapshot *snapshot)
{
    bs_snapshot_unref(worker->snapshot);
    worker->snapshot = snapshot;
}

static void take_trace(struct bs_worker *worker, struct bs_trace_set *trace)
{
    bs_trace_set_unref(worker->trace);
    worker->trace = trace;
}

/* The run and its session: the device is told by close_notify, and need not wait for a Finish that
 * never comes. */
static void end_run(struct bs_worker *worker, uint64_t number, enum bs_event_kind why)
{
    struct bs_run *run = bs_run_find(worker, number);
    if (!run)
        return;
    struct cc_session *session = run->session;
    bs_run_interrupt(run, why);
    cc_session_close_later(session, 0);
}

static void start_draining(struct bs_worker *worker)
{
    worker->is_draining = true;
    cc_endpoint_drain(worker->endpoint);
}

static void read_one(struct bs_worker *worker, struct bs_mail *mail)
{
    switch (mail->kind) {
    case BS_MAIL_SNAPSHOT:
        take_snapshot(worker, mail->snapshot);
        break;
    case BS_MAIL_TRACE:
        take_trace(worker, mail->trace);
        break;
    case BS_MAIL_STATUS:
        report(worker, mail->gather);
        break;
    case BS_MAIL_SUPERSEDE:
        end_run(worker, mail->run, BS_EVENT_SUPERSEDED);
        break;
    case BS_MAIL_KICK:
        end_run(worker, mail->run, BS_EVENT_DRAIN);
        break;
    case BS_MAIL_COMMITTED:
        bs_run_committed(mail->job);
        break;
    case BS_MAIL_DRAIN:
        start_draining(worker);
        break;
    case BS_MAIL_STOP:
        worker->is_stopping = true;
        break;
    }
    free(mail);
}

void bs_worker_read_mail(void *context)
{
    struct bs_worker *worker = context;
    for (struct bs_node *node = bs_queue_take(&worker->mail); node;) {
        struct bs_node *next = node->next;
        read_one(worker, BS_CONTAINER(node, struct bs_mail, node));
        node = next;
    }
}
