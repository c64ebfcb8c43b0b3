/*
 * A simulated device's answer to one request of its bootstrap server (lwm2m-bootstrap.md section
 * 3): Discover, Read, Write, Delete, Finish.
 *
 * Strictness as in device.h; with the empty profile: no Content-Format at a Write is 4.05, a format
 * that the device's version lacks 4.15; Discover of an instance is 4.00; Read is for /1 and /2 from
 * LwM2M 1.1 on, 4.05 else, 4.06 for a format that cannot be given. Pure: no I/O.
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "bootstrap/coap/message.h"
#include "tools/sim/device.h"
#include "tools/sim/validate.h"

/* Zero-initialise; _clear wipes and frees. */
struct sim_answer {
    uint8_t code;
    uint16_t format; /* CC_FORMAT_NONE = none */
    uint8_t *payload;
    size_t payload_len;
    bool is_finish;                  /* the request was a Finish; accepted if CODE is 2.04 */
    char reason[SIM_REASON_MAX + 1]; /* why a Finish was refused; also its payload */
};

/* Carries REQUEST (whole body) out on DEVICE. */
void sim_answer(struct sim_device *device, const struct cc_message *request,
                struct sim_answer *answer);
/* Wipes the payload. */
void sim_answer_clear(struct sim_answer *answer);

#endif
