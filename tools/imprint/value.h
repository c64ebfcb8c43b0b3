/*
 * Values from the command line and from key files. Pure but for cli_key_read; nothing here prints a
 * secret.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "tools/imprint/command.h"

#define CLI_IDENTITY_MAX 128 /* octets of a PSK identity that DTLS here takes, as GnuTLS does */

enum cli_key_format { CLI_KEY_HEX, CLI_KEY_BASE64, CLI_KEY_RAW };

/* "hex", "base64", "raw" (NULL = hex) -> *FORMAT; false for anything else. */
bool cli_key_format(const char *name, enum cli_key_format *format);
/*
 * Decodes TEXT, the content of a key file in FORMAT without its last newline, into KEY. False:
 * REASON (256 octets) says what is wrong by place and length, never by content.
 */
bool cli_key_decode(const uint8_t *text, size_t len, enum cli_key_format format,
                    uint8_t key[static PKI_PSK_MAX], size_t *key_len, char reason[static 256]);
/* Reads the key that --psk-file and --psk-format of CALL name. KEY is wiped on failure. */
enum cli_status cli_key_read(const struct cli_call *call, uint8_t key[static PKI_PSK_MAX],
                             size_t *key_len);
/* pki_secret_read takes one newline off the end of the file PATH; of raw octets it may have been
 * one: puts it back where it is still missing. */
void cli_restore_newline(const char *path, uint8_t *text, size_t capacity, size_t *len);
/* A decimal number MIN..MAX; false for anything else, signs and blanks included. */
bool cli_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);
/* "5%", "0.25%": over 0 and up to 100, at most four places, in parts of a million. False: no such.
 */
bool cli_percent(const char *text, uint32_t *ppm);
/* The number given for OPTION, *VALUE as it is when none was; says what is wrong. */
enum cli_status cli_number_option(const struct cli_call *call, enum cli_option_id option,
                                  uint64_t min, uint64_t max, uint64_t *value);
/* --identity or --identity-hex into IDENTITY; untouched when neither was given; says what is wrong.
 */
enum cli_status cli_identity(const struct cli_call *call, uint8_t identity[static PKI_IDENTITY_MAX],
                             size_t *identity_len);
/* --group, --policy, --attr and --no-attr into DEVICE; says what is wrong. */
enum cli_status cli_device_options(struct cli_call *call, struct pki_device *device);
/* Says which field of DEVICE is out of bounds, if one is. */
enum cli_status cli_device_valid(const struct pki_device *device);

#endif
