/*
 * Small things that the verbs share: whole files written at once, randomness, server URIs.
 */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include "bootstrap/lwm2m/value.h"

/* Writes PATH whole or not at all, mode 0600. False: errno says why. */
bool sim_file_write(const char *path, const char *data, size_t len) MUST_USE;
/* Reads PATH, at most LIMIT octets; *DATA is the caller's to wipe and free. False: errno says why,
 * EFBIG for a larger one. */
bool sim_file_read(const char *path, size_t limit, char **data, size_t *len) MUST_USE;
/* Fills OUT from the kernel's generator; the callback of struct cc_endpoint_config. */
void sim_random(void *context, uint8_t *out, size_t len);

enum sim_uri { SIM_URI_BAD, SIM_URI_PLAIN, SIM_URI_SECURE };
/* What kind of server URI TEXT is: coap, coap+tcp; coaps, coaps+tcp. */
enum sim_uri sim_uri_kind(const char *text);
/* True for coap+tcp and coaps+tcp. */
bool sim_uri_is_stream(const char *text);

/* LEN octets from 2 * LEN digits at TEXT; false for anything else, or more than CAPACITY. */
bool sim_unhex(const char *text, size_t text_len, uint8_t *out, size_t capacity, size_t *len)
    MUST_USE;

#endif
