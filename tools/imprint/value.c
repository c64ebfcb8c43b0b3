#include "tools/imprint/value.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A key file never needs more: 64 octets in hex, with blanks and a comment-free margin. */
#define KEY_FILE_MAX 512

bool cli_key_format(const char *name, enum cli_key_format *format)
{
    static const char *const names[] = {"hex", "base64", "raw"};
    *format = CLI_KEY_HEX;
    for (size_t i = 0; name != NULL && i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = (enum cli_key_format)i;
            return true;
        }
    }
    return name == NULL;
}

static size_t hex_digits(const uint8_t *text, size_t len)
{
    size_t n = 0;
    while (n < len && isxdigit(text[n]) != 0) {
        n++;
    }
    return n;
}

static bool decode_hex(const uint8_t *text, size_t len, uint8_t *key, size_t *key_len, char *reason)
{
    size_t digits = hex_digits(text, len);
    if (digits < len) {
        snprintf(
            reason, 256,
            "character %zu is no hex digit; if the file is not hex, say --psk-format base64 or raw",
            digits + 1);
        return false;
    }
    if (len % 2 != 0) {
        snprintf(reason, 256, "%zu hex digits: a key has an even number of them", len);
        return false;
    }
    if (pki_secret_unhex((const char *)text, len, key, PKI_PSK_MAX, key_len) != PKI_OK) {
        snprintf(reason, 256, "%zu hex digits are more than %d octets", len, PKI_PSK_MAX);
        return false;
    }
    return true;
}

static int base64_digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* A key in hex read as anything else is a wrong key that nobody notices: true, and the REASON. */
static bool is_hex_instead(const uint8_t *text, size_t len, const char *what, char *reason)
{
    bool is_hex = len > 0 && len % 2 == 0 && hex_digits(text, len) == len;
    if (is_hex) {
        snprintf(reason, 256,
                 "the file holds %zu hex digits, not %s: use --psk-format hex (a key that really "
                 "is such text can be given as the hex of its octets)",
                 len, what);
    }
    return is_hex;
}

static bool decode_base64(const uint8_t *text, size_t len, uint8_t *key, size_t *key_len,
                          char *reason)
{
    size_t data = len, out = 0;
    uint32_t bits = 0;
    if (is_hex_instead(text, len, "base64", reason)) {
        return false;
    }
    while (data > 0 && len - data < 2 && text[data - 1] == '=') {
        data--;
    }
    if (len % 4 != 0 || data * 3 / 4 > PKI_PSK_MAX) {
        snprintf(reason, 256, "%zu characters are no base64 of at most %d octets", len,
                 PKI_PSK_MAX);
        return false;
    }
    for (size_t i = 0; i < data; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0) {
            snprintf(reason, 256, "character %zu is not of base64", i + 1);
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0) {
            key[out++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
        }
    }
    *key_len = out;
    return true;
}

static bool decode_raw(const uint8_t *text, size_t len, uint8_t *key, size_t *key_len, char *reason)
{
    if (is_hex_instead(text, len, "raw octets", reason)) {
        return false;
    }
    if (len > PKI_PSK_MAX) {
        snprintf(reason, 256, "more than %d octets", PKI_PSK_MAX);
        return false;
    }
    memcpy(key, text, len);
    *key_len = len;
    return true;
}

bool cli_key_decode(const uint8_t *text, size_t len, enum cli_key_format format,
                    uint8_t key[static PKI_PSK_MAX], size_t *key_len, char reason[static 256])
{
    bool is_good = format == CLI_KEY_HEX      ? decode_hex(text, len, key, key_len, reason)
                   : format == CLI_KEY_BASE64 ? decode_base64(text, len, key, key_len, reason)
                                              : decode_raw(text, len, key, key_len, reason);
    if (is_good && *key_len < PKI_PSK_MIN) {
        snprintf(reason, 256, "%zu octets: a key has %d to %d", *key_len, PKI_PSK_MIN, PKI_PSK_MAX);
        return false;
    }
    return is_good;
}

void cli_restore_newline(const char *path, uint8_t *text, size_t capacity, size_t *len)
{
    struct stat info;
    if (*len < capacity && stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_size == (off_t)*len + 1) {
        text[(*len)++] = '\n';
    }
}

enum cli_status cli_key_read(const struct cli_call *call, uint8_t key[static PKI_PSK_MAX],
                             size_t *key_len)
{
    const char *path = cli_value(call, CLI_OPT_PSK_FILE);
    enum cli_key_format format = CLI_KEY_HEX;
    uint8_t text[KEY_FILE_MAX + 1];
    size_t len = 0;
    char reason[256] = "";
    struct pki_fault fault = {0};
    if (!cli_key_format(cli_value(call, CLI_OPT_PSK_FORMAT), &format)) {
        return cli_usage("--psk-format is hex, base64 or raw, not '%s'",
                         cli_value(call, CLI_OPT_PSK_FORMAT));
    }
    if (format == CLI_KEY_RAW && strcmp(path, "-") == 0) {
        return cli_usage("--psk-format raw needs a file, not standard input");
    }
    enum pki_error error = pki_secret_read(path, text, KEY_FILE_MAX, &len, &fault);
    if (error != PKI_OK) {
        return cli_fail_pki("--psk-file", error, &fault);
    }
    if (format == CLI_KEY_RAW) {
        cli_restore_newline(path, text, sizeof text, &len);
    }
    while (format != CLI_KEY_RAW && len > 0 && isspace(text[len - 1]) != 0) {
        len--;
    }
    bool is_good = cli_key_decode(text, len, format, key, key_len, reason);
    pki_secret_wipe(text, sizeof text);
    if (!is_good) {
        pki_secret_wipe(key, PKI_PSK_MAX);
        return cli_fail("--psk-file %s: %s", path, reason);
    }
    return CLI_DONE;
}

bool cli_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t number = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > (UINT64_MAX - 9) / 10) {
            return false;
        }
        number = number * 10 + (uint64_t)(*text - '0');
    }
    if (number < min || number > max) {
        return false;
    }
    *value = number;
    return true;
}

bool cli_percent(const char *text, uint32_t *ppm)
{
    uint64_t value = 0;
    int places = -1;
    size_t digits = 0;
    for (; *text != '\0' && *text != '%'; text++) {
        if (*text == '.' && places < 0 && digits > 0) {
            places = 0;
        } else if (*text >= '0' && *text <= '9' && places < 4 && digits < 9) {
            value = value * 10 + (uint64_t)(*text - '0');
            digits++;
            places += places >= 0;
        } else {
            return false;
        }
    }
    if (strcmp(text, "%") != 0 || digits == 0 || places == 0) {
        return false;
    }
    for (int i = places < 0 ? 0 : places; i < 4; i++) {
        value *= 10;
    }
    if (value == 0 || value > PKI_PPM_MAX) {
        return false;
    }
    *ppm = (uint32_t)value;
    return true;
}

enum cli_status cli_number_option(const struct cli_call *call, enum cli_option_id option,
                                  uint64_t min, uint64_t max, uint64_t *value)
{
    const char *text = cli_value(call, option);
    if (text == NULL || cli_number(text, min, max, value)) {
        return CLI_DONE;
    }
    if (max == UINT64_MAX) {
        return cli_usage("%s is a number from %llu, not '%s'", cli_options[option].name,
                         (unsigned long long)min, text);
    }
    return cli_usage("%s is a number from %llu to %llu, not '%s'", cli_options[option].name,
                     (unsigned long long)min, (unsigned long long)max, text);
}

enum cli_status cli_identity(const struct cli_call *call, uint8_t identity[static PKI_IDENTITY_MAX],
                             size_t *identity_len)
{
    const char *text = cli_value(call, CLI_OPT_IDENTITY);
    const char *hex = cli_value(call, CLI_OPT_IDENTITY_HEX);
    if (text != NULL && hex != NULL) {
        return cli_usage("give --identity or --identity-hex, not both");
    }
    const char *given = text != NULL ? text : hex;
    if (given == NULL) {
        return CLI_DONE;
    }
    size_t len = strlen(given);
    if (len == 0 || len > CLI_IDENTITY_MAX * (hex != NULL ? 2u : 1u)) {
        return cli_usage("%s: a PSK identity has 1 to %d octets",
                         hex != NULL ? "--identity-hex" : "--identity", CLI_IDENTITY_MAX);
    }
    if (hex != NULL) {
        return pki_secret_unhex(hex, len, identity, PKI_IDENTITY_MAX, identity_len) == PKI_OK
                   ? CLI_DONE
                   : cli_usage("--identity-hex is pairs of hex digits, not '%s'", hex);
    }
    memcpy(identity, text, len);
    *identity_len = len;
    return CLI_DONE;
}
