/* What the device holds: instances as they were shown at the beginning, values as written. */
#ifndef TESTS_E2E_PEER_STATE_H
#define TESTS_E2E_PEER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands there before the first bootstrap: an answer to Discover, of any version's form. */
void peer_state_begin(const char *discover);
/* From run to run; a file that is not there yet is no fault. False: it is unreadable. */
bool peer_state_load(const char *path);
bool peer_state_save(const char *path);

/* Each gives a response code of CoAP. Written values are merged with those that stand. */
int peer_state_write(const char *path, int format, const uint8_t *body, size_t len);
int peer_state_delete(const char *path);
int peer_state_discover(const char *path, char *out, size_t capacity);
/* OUT in FORMAT, the one asked for. */
int peer_state_read(const char *path, int format, uint8_t *out, size_t capacity, size_t *len);

#endif
