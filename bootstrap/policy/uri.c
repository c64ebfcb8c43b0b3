#include "bootstrap/policy/model.h"

#include <string.h>

static const struct scheme {
    const char *prefix;
    bool is_secure, is_tcp;
} schemes[] = {
    {"coaps://", true, false},
    {"coap://", false, false},
    {"coaps+tcp://", true, true},
    {"coap+tcp://", false, true},
};

static const char host_octets[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%";
static const char address_octets[] = "0123456789abcdefABCDEF:.%";

static const char *check_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");
    long value = 0;
    for (size_t i = 0; i < digits && i < 6; i++) {
        value = value * 10 + (port[i] - '0');
    }
    if (digits == 0 || digits > 5 || value < 1 || value > 65535) {
        return "has a port outside 1 to 65535";
    }
    return port[digits] == '\0' || strchr("/?", port[digits]) != NULL ? NULL
                                                                      : "has a malformed port";
}

static const char *check_authority(const char *host)
{
    const char *end = host + strspn(host, host_octets);
    if (*host == '[') {
        end = host + 1 + strspn(host + 1, address_octets);
        if (*end != ']' || end == host + 1) {
            return "has a malformed address in []";
        }
        end++;
    }
    if (end == host) {
        return "has no host";
    }
    if (*end == ':') {
        return check_port(end + 1);
    }
    return *end == '\0' || strchr("/?", *end) != NULL
               ? NULL
               : "has an octet that may not stand in a host name";
}

const char *policy_uri_check(const char *uri, bool *is_secure, bool *is_tcp)
{
    const struct scheme *scheme = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncmp(uri, schemes[i].prefix, strlen(schemes[i].prefix)) == 0) {
            scheme = &schemes[i];
        }
    }
    if (scheme == NULL) {
        return "must begin with coaps://, coap://, coaps+tcp:// or coap+tcp://";
    }
    for (const char *at = uri; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || strchr("#\"<>\\^`{|}", *at) != NULL) {
            return "has an octet that may not stand in a URI";
        }
    }
    if (is_secure != NULL) {
        *is_secure = scheme->is_secure;
    }
    if (is_tcp != NULL) {
        *is_tcp = scheme->is_tcp;
    }
    return check_authority(uri + strlen(scheme->prefix));
}

const char *policy_uri_authority(const char *uri, size_t *len)
{
    const char *scheme_end = strstr(uri, "://");
    const char *begin = scheme_end != NULL ? scheme_end + 3 : uri;
    bool is_name = false;
    for (*len = 0; begin[*len] != '\0' && (is_name || strchr("/?", begin[*len]) == NULL); ++*len) {
        is_name = begin[*len] == '{' || (is_name && begin[*len] != '}');
    }
    return begin;
}
