#include "bootstrap/lwm2m/definition_reader.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *lwm2m_definition_shown(const char *text, char out[static 33])
{
    size_t len = 0;
    while (len < 32 && text[len] >= ' ' && text[len] <= '~') {
        out[len] = text[len];
        len++;
    }
    out[len] = '\0';
    return out;
}

int32_t lwm2m_definition_id(const char *text)
{
    int32_t id = 0;
    size_t i = 0;
    for (; i < 6 && isdigit((unsigned char)text[i]); i++) {
        id = id * 10 + (text[i] - '0');
    }
    return i == 0 || text[i] != '\0' || id > LWM2M_ID_MAX ? -1 : id;
}

uint16_t lwm2m_definition_version(const char *text)
{
    unsigned major;
    unsigned minor;
    const bool is_version = strspn(text, "0123456789.") == strlen(text) && strlen(text) < 12 &&
                            sscanf(text, "%3u.%3u", &major, &minor) == 2 && major >= 1 &&
                            major <= UINT8_MAX && minor <= UINT8_MAX;
    return is_version ? LWM2M_VERSION(major, minor) : 0;
}

int lwm2m_definition_operations(const char *text)
{
    int operations = 0;
    for (; *text != '\0'; text++) {
        operations |= *text == 'R'   ? LWM2M_OP_READ
                      : *text == 'W' ? LWM2M_OP_WRITE
                      : *text == 'E' ? LWM2M_OP_EXECUTE
                                     : 0;
        if (strchr("RWE, ", *text) == NULL) {
            return -1;
        }
    }
    return operations;
}

int lwm2m_definition_type(const char *text)
{
    for (int type = LWM2M_STRING; type <= LWM2M_CORELNK; type++) {
        if (strcasecmp(text, lwm2m_type_name((enum lwm2m_type)type)) == 0) {
            return type;
        }
    }
    return *text == '\0' ? LWM2M_NONE : -1;
}

bool lwm2m_definition_is_secret(const char *name)
{
    static const char *const words[] = {"secret", "password", "passwd", "passphrase",
                                        "psk",    "pin",      "puk",    "token"};
    static const char *const phrases[] = {"private key", "shared key", "wep key", "key phrase"};
    for (const char *at = name; *at != '\0';) {
        const size_t len = strcspn(at, " -_/().,");
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (len == strlen(words[i]) && strncasecmp(at, words[i], len) == 0) {
                return true;
            }
        }
        at += len + (at[len] != '\0' ? 1 : 0);
    }
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (strcasestr(name, phrases[i]) != NULL) {
            return true;
        }
    }
    return false;
}
