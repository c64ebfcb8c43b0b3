/*
 * The credentials file of one device: JSON as `imprint device export ENDPOINT --json` prints it.
 *
 *   {"endpoint": "..", "auth": "psk", "identity": "..", "identity_hex": "..", "psk_hex": ".."} more
 * keys are ignored
 */
#ifndef SIM_CREDENTIALS_H
#define SIM_CREDENTIALS_H

#include "bootstrap/coap/endpoint.h"

#define SIM_ENDPOINT_MAX 252 /* fits one Uri-Query option after "ep=" */

struct sim_credentials {
    char endpoint[SIM_ENDPOINT_MAX + 1]; /* "" when not given */
    uint8_t identity[CC_IDENTITY_MAX];
    size_t identity_len;
    uint8_t key[CC_KEY_MAX]; /* secret */
    size_t key_len;
    bool is_open; /* group or others may read the file: worth a warning */
};

/*
 * Reads PATH; identity_hex wins over identity. False: FAULT (FAULT_BYTES octets) says what is wrong
 * with which field, never its value, and CREDENTIALS is empty.
 */
bool sim_credentials_read(const char *path, struct sim_credentials *credentials, char *fault,
                          size_t fault_bytes) MUST_USE;
/*
 * IDENTITY as it stands and the key in hexadecimal that file KEY_PATH holds, whatever blanks stand
 * around it. As _read.
 */
bool sim_credentials_key(const char *identity, const char *key_path,
                         struct sim_credentials *credentials, char *fault, size_t fault_bytes)
    MUST_USE;
/* Wipes. */
void sim_credentials_clear(struct sim_credentials *credentials);

#endif
