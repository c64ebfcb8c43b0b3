/*
 * A worker: one thread, one cc_endpoint, its bootstraps. Nothing of it is shared on the path of a
 * packet (architecture, decisions 5, 12).
 *
 * Others reach a worker only by mail. A worker reaches the writer and its fellows the same way.
 */
#ifndef BS_WORKER_H
#define BS_WORKER_H

#include "bootstrap/coap/endpoint.h"
#include "bootstrap/server/log.h"
#include "bootstrap/server/owners.h"
#include "bootstrap/server/queue.h"
#include "bootstrap/server/session.h"
#include "bootstrap/server/snapshot.h"
#include "bootstrap/server/trace.h"
#include "bootstrap/server/writer.h"
#include "pki/store.h"

#include <pthread.h>

struct bs_worker;

/* What all workers of the daemon share. Lives longer than they do. */
struct bs_shared {
    struct pki_store *store;
    struct bs_log *log;
    struct bs_writer *writer;
    struct bs_owners *owners;
    struct bs_trace_hub *trace;
    uint8_t cookie_key[16];
    struct bs_worker **workers;
    uint32_t worker_count;
};

enum bs_mail_kind {
    BS_MAIL_SNAPSHOT,  /* snapshot: use it from now on */
    BS_MAIL_TRACE,     /* trace: the subscribers from now on, or NULL */
    BS_MAIL_STATUS,    /* gather: fill in and count down */
    BS_MAIL_SUPERSEDE, /* run: a newer bootstrap of its endpoint began */
    BS_MAIL_KICK,      /* run: the operator ends it, its session too */
    BS_MAIL_COMMITTED, /* job: came back from the writer */
    BS_MAIL_DRAIN,     /* no new handshakes; ends when the last bootstrap ended */
    BS_MAIL_STOP       /* give up what still runs and end */
};

struct bs_worker_status {
    struct cc_endpoint_stats endpoint;
    uint64_t running; /* bootstraps under way */
    uint64_t results[PKI_RESULT_SUPERSEDED + 1];
    uint64_t states[BS_STATES]; /* of those under way */
    uint64_t mismatches;        /* ep that is not the credential's */
    uint64_t disabled;          /* handshakes of disabled devices, unknown to the endpoint */
    uint64_t notes_dropped;
};

/* One status from each worker. Reference counted: a late answer finds it alive. */
struct bs_gather {
    pthread_mutex_t lock;
    pthread_cond_t all_in;
    uint32_t missing;
    uint32_t references;
    struct bs_worker_status statuses[];
};

struct bs_mail {
    struct bs_node node;
    enum bs_mail_kind kind;
    struct bs_snapshot *snapshot;
    struct bs_trace_set *trace;
    struct bs_gather *gather;
    struct bs_job *job;
    uint64_t run;
};

/* A worker without thread or listeners; INDEX is its place in SHARED->workers. CC_ENOMEM, CC_EIO.
 */
enum cc_error bs_worker_new(struct bs_shared *shared, uint32_t index, struct bs_snapshot *snapshot,
                            struct bs_worker **worker) MUST_USE;
/* Before bs_worker_start only. */
enum cc_error bs_worker_listen(struct bs_worker *worker, const char *uri,
                               char bound[CC_ADDRESS_TEXT]) MUST_USE;
bool bs_worker_start(struct bs_worker *worker) MUST_USE;
/* Takes MAIL (heap) over. From any thread. */
void bs_worker_post(struct bs_worker *worker, struct bs_mail *mail);
/* A letter of KIND; NULL when out of memory. */
struct bs_mail *bs_mail_new(enum bs_mail_kind kind);
/* True once the thread has nothing more to do (after DRAIN or STOP). */
bool bs_worker_is_done(const struct bs_worker *worker);
/* Waits for the thread's end. */
void bs_worker_join(struct bs_worker *worker);
/* Closes the sessions, frees. After all threads that post have ended. */
void bs_worker_free(struct bs_worker *worker);

/* Room for a status of each of WORKERS; NULL when out of memory. */
struct bs_gather *bs_gather_new(uint32_t workers);
void bs_gather_unref(struct bs_gather *gather);

#endif
