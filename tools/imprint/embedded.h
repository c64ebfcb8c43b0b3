/*
 * Files that travel inside the program: what `init` writes into a new home. The build makes the
 * data from the files themselves.
 */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

struct cli_embedded {
    const uint8_t *data;
    size_t len;
};

extern const struct cli_embedded cli_embedded_policy;   /* policies/one-server.yaml */
extern const struct cli_embedded cli_embedded_settings; /* tools/imprint/imprintd.yaml */

#endif
