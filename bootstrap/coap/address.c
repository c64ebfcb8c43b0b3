#include "bootstrap/coap/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 64

static bool port_parse(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    unsigned long value = strtoul(text, NULL, 10);
    if (value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* "fe80::1%2" or "fe80::1%eth0": the scope leaves the text. */
static bool scope_take(char *host, uint32_t *scope)
{
    char *percent = strchr(host, '%');
    *scope = 0;
    if (!percent) {
        return true;
    }
    *percent = '\0';
    uint16_t number;
    *scope = port_parse(percent + 1, &number) ? number : if_nametoindex(percent + 1);
    return *scope != 0;
}

static bool host_parse(char *host, bool is_bracketed, struct cc_address *address)
{
    if (is_bracketed) {
        address->is_v6 = 1;
        return scope_take(host, &address->scope) && inet_pton(AF_INET6, host, address->ip) == 1;
    }
    return inet_pton(AF_INET, strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host,
                     address->ip) == 1;
}

enum cc_error cc_address_parse(const char *text, uint16_t fallback, struct cc_address *address)
{
    struct cc_address parsed = {.port = fallback};
    char host[HOST_MAX];
    bool is_bracketed = text[0] == '[';
    const char *begin = text + (is_bracketed ? 1 : 0);
    size_t len = strcspn(begin, is_bracketed ? "]" : ":");
    if (len == 0 || len >= sizeof host) {
        return CC_EINVAL;
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    const char *rest = begin + len;
    if (is_bracketed && *rest++ != ']') {
        return CC_EINVAL;
    }
    if (*rest != '\0' && (*rest != ':' || !port_parse(rest + 1, &parsed.port))) {
        return CC_EINVAL;
    }
    if (!host_parse(host, is_bracketed, &parsed)) {
        return CC_EINVAL;
    }
    *address = parsed;
    return CC_OK;
}

/* What follows the scheme; NULL for another one. */
static const char *scheme_parse(const char *text, struct cc_uri *uri)
{
    static const struct {
        const char *text;
        bool is_secure;
        bool is_tcp;
    } schemes[] = {{"coaps://", true, false},
                   {"coap://", false, false},
                   {"coaps+tcp://", true, true},
                   {"coap+tcp://", false, true}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].text);
        if (strncasecmp(text, schemes[i].text, len) == 0) {
            *uri = (struct cc_uri){.is_secure = schemes[i].is_secure, .is_tcp = schemes[i].is_tcp};
            return text + len;
        }
    }
    return NULL;
}

enum cc_error cc_uri_parse(const char *text, struct cc_uri *uri)
{
    struct cc_uri parsed;
    char authority[HOST_MAX + 8];
    const char *begin = scheme_parse(text, &parsed);
    if (!begin) {
        return CC_EINVAL;
    }
    size_t len = strcspn(begin, "/");
    if (len >= sizeof authority || (begin[len] == '/' && begin[len + 1] != '\0')) {
        return CC_EINVAL;
    }
    memcpy(authority, begin, len);
    authority[len] = '\0';
    enum cc_error error = cc_address_parse(
        authority, parsed.is_secure ? CC_PORT_SECURE : CC_PORT_PLAIN, &parsed.address);
    if (error == CC_OK) {
        *uri = parsed;
    }
    return error;
}

bool cc_address_from_socket(const struct sockaddr *socket, struct cc_address *address)
{
    struct cc_address result = {.port = 0};
    if (socket->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, socket, sizeof v4);
        memcpy(result.ip, &v4.sin_addr, sizeof v4.sin_addr);
        result.port = ntohs(v4.sin_port);
    } else if (socket->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, socket, sizeof v6);
        memcpy(result.ip, &v6.sin6_addr, sizeof v6.sin6_addr);
        result.port = ntohs(v6.sin6_port);
        result.scope = v6.sin6_scope_id;
        result.is_v6 = 1;
    } else {
        return false;
    }
    *address = result;
    return true;
}

socklen_t cc_address_to_socket(const struct cc_address *address, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof *storage);
    if (!address->is_v6) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&v4.sin_addr, address->ip, sizeof v4.sin_addr);
        memcpy(storage, &v4, sizeof v4);
        return sizeof v4;
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(address->port),
                              .sin6_scope_id = address->scope};
    memcpy(&v6.sin6_addr, address->ip, sizeof v6.sin6_addr);
    memcpy(storage, &v6, sizeof v6);
    return sizeof v6;
}

bool cc_address_equal(const struct cc_address *a, const struct cc_address *b)
{
    return a->port == b->port && a->is_v6 == b->is_v6 && a->scope == b->scope &&
           memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool cc_address_is_wildcard(const struct cc_address *address)
{
    static const uint8_t none[16];
    return memcmp(address->ip, none, sizeof none) == 0;
}

void cc_address_text(const struct cc_address *address, char *out, size_t capacity)
{
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->ip, ip, sizeof ip);
    if (!address->is_v6) {
        snprintf(out, capacity, "%s:%u", ip, address->port);
    } else if (address->scope) {
        snprintf(out, capacity, "[%s%%%u]:%u", ip, address->scope, address->port);
    } else {
        snprintf(out, capacity, "[%s]:%u", ip, address->port);
    }
}
