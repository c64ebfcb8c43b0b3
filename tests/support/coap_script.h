/*
 * Plays a scripted peer against one cc_exchange: time, randomness (all zero) and the wire are the
 * script's.
 *
 * A script is text, one step a line (or "; " between steps):
 *
 * - set block|body|retransmit|timeout|forgetful N: parameters, before anything else
 * - set reliable MAX: after other parameters; the messages are those of TCP (RFC 8323), the peer
 *   takes MAX octets in one; odd = it knows no blocks
 * - req METHOD PATH [PAYLOAD-LEN [QUERY]]: starts a request; "!ERROR" after it = it fails so
 * - in HEX: a datagram arrives
 * - out HEX: the next datagram sent must be this
 * - none: nothing was sent
 * - wait MS: time passes; timers run when due
 * - got METHOD PATH LEN: the handler was called with this
 * - auto CODE [LEN [FORMAT]]: from now on the handler answers so; "auto none" stops that
 * - respond CODE [LEN [FORMAT]]: answers the last request later; "!" at the end = CC_EINVAL
 * - end RESULT [CODE LEN]: our request ended so
 * - mem MAX: cc_exchange_memory is at most this
 *
 * HEX may hold blanks, "@OFFSET+LEN" for octets of the pattern which all bodies are made of, and
 * "#LEN" for the ETag of a body of LEN octets. Whatever was sent, handed up or ended and not asked
 * for fails the script.
 */
#ifndef IMPRINT_TESTS_SUPPORT_COAP_SCRIPT_H
#define IMPRINT_TESTS_SUPPORT_COAP_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* Octet of the pattern at INDEX. */
uint8_t coap_script_octet(size_t index);
/* All of it: 128 KiB. */
const uint8_t *coap_script_pattern(void);
/* Fills OUT with hex, pattern pieces included; returns the length. */
size_t coap_script_hex(const char *text, uint8_t *out, size_t capacity);
/* Runs; fails the cmocka test with name and step when something differs. */
void coap_script_run(const char *name, const char *script);

#endif
