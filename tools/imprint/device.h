/*
 * A device as it is shown.
 */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "tools/imprint/json.h"

/* The members of DEVICE that are no secret, into the open object of JSON. */
void cli_device_json(struct cli_json *json, const struct pki_device *device);
/* "NAME" or, when it is no text, "hex:.." of an identity; OUT has 2 * PKI_IDENTITY_MAX + 8 octets.
 */
char *cli_identity_text(const uint8_t *identity, size_t len, char *out);

#define CLI_IDENTITY_TEXT (2 * PKI_IDENTITY_MAX + 8)

#endif
