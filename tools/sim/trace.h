/*
 * Shows one bootstrap: a line a message, a line a note; as text or as JSON lines. Payloads are
 * never shown, only their size.
 *
 *      0.013 -> CON POST /bs?ep=a&pct=112                            mid 4711
 *      0.017 <- CON PUT  /0/1                senml-cbor     116 B    mid 201
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "bootstrap/coap/exchange.h"

#include <stdio.h>

#define SIM_TRACE_PATH_MAX 320

/* Zero-initialise but for OUT and the flags. */
struct sim_trace {
    FILE *out;
    bool is_json;
    bool is_quiet;
    /* last request of each direction, so that its answer can name it */
    struct {
        uint8_t token[CC_TOKEN_MAX];
        uint8_t token_len;
        uint8_t code;
        char path[SIM_TRACE_PATH_MAX];
    } requests[2];
};

/* The callbacks of struct sim_observer; CONTEXT is the struct sim_trace. */
void sim_trace_message(void *context, uint64_t at_ms, enum cc_direction direction,
                       const struct cc_message *message, bool is_repeat);
/* See _message. */
void sim_trace_note(void *context, uint64_t at_ms, const char *text);

#endif
