/*
 * Live traces: each CoAP message of the sessions somebody asked for, decoded, as one JSON line.
 * Secrets appear as lengths.
 *
 * The control socket subscribes filters; workers get the whole set by mail and publish the lines
 * that match to the hub, from where the control thread takes them. At most BS_TRACE_PENDING_MAX
 * lines wait; more are dropped and counted.
 */
#ifndef BS_TRACE_H
#define BS_TRACE_H

#include "bootstrap/coap/message.h"
#include "bootstrap/coap/exchange.h"
#include "bootstrap/server/queue.h"

#include <stdint.h>

#define BS_TRACE_SUBSCRIBERS_MAX 8
#define BS_TRACE_PENDING_MAX     20000
#define BS_TRACE_FILTER_MAX      255

/* Who listens. Immutable, reference counted. */
struct bs_trace_set {
    atomic_uint references;
    size_t count;
    struct bs_trace_filter {
        uint32_t subscriber; /* bit number */
        char filter[BS_TRACE_FILTER_MAX +
                    1]; /* endpoint, "address" or "address:port"; "" = everything */
    } filters[BS_TRACE_SUBSCRIBERS_MAX];
};
struct bs_trace_set *bs_trace_set_ref(struct bs_trace_set *set);
void bs_trace_set_unref(struct bs_trace_set *set);
/* Bits of the subscribers that want ENDPOINT at PEER; SET may be NULL. */
uint32_t bs_trace_match(const struct bs_trace_set *set, const char *endpoint, const char *peer);

struct bs_trace_line {
    struct bs_node node;
    uint32_t subscribers; /* bits */
    size_t len;
    char text[]; /* one JSON object and a newline */
};

struct bs_trace_hub;
/* WAKE is called, from any thread, when lines wait. */
struct bs_trace_hub *bs_trace_hub_new(void (*wake)(void *context), void *context);
void bs_trace_hub_free(struct bs_trace_hub *hub);
/* Lines waiting, oldest first; the taker frees each with free(BS_CONTAINER(node, struct
 * bs_trace_line, node)). */
struct bs_node *bs_trace_hub_take(struct bs_trace_hub *hub);
uint64_t bs_trace_hub_dropped(const struct bs_trace_hub *hub);

/* Whose session a line is about. */
struct bs_trace_origin {
    int64_t at_ms; /* since 1970 */
    uint64_t session;
    const char *endpoint; /* "" = not known yet */
    const char *peer;
    bool is_secure;
};
/* Publishes MESSAGE for SUBSCRIBERS. */
void bs_trace_message(struct bs_trace_hub *hub, uint32_t subscribers,
                      const struct bs_trace_origin *origin, enum cc_direction direction,
                      const struct cc_message *message, bool is_repeat);
/* Publishes an event "opened", "closed", "refused", "outcome" with a word of why (may be ""). */
void bs_trace_event(struct bs_trace_hub *hub, uint32_t subscribers,
                    const struct bs_trace_origin *origin, const char *event, const char *why);

#endif
