/*
 * A UDP or TCP address: IPv4 or IPv6, port, scope; its text and its socket form. Literal addresses
 * only, no name is ever resolved.
 *
 * Pure. The unused octets of `ip` are zero, so that two equal addresses are equal octet by octet.
 */
#ifndef CC_ADDRESS_H
#define CC_ADDRESS_H

#include <sys/socket.h>

#include "bootstrap/coap/message.h"

#define CC_PORT_PLAIN  5683 /* RFC 7252 12.6 */
#define CC_PORT_SECURE 5684 /* RFC 7252 12.7 */

struct cc_address {
    uint8_t ip[16]; /* IPv4: the first four */
    uint32_t scope; /* of a link-local IPv6 address, else 0 */
    uint16_t port;
    uint16_t is_v6;
};

/* What a coap(s) URI says of the transport. */
struct cc_uri {
    struct cc_address address;
    bool is_secure;
    bool is_tcp;
};

/* "127.0.0.1:5684", "[::1]:0", "localhost:1"; without a port FALLBACK is taken. CC_EINVAL. */
enum cc_error cc_address_parse(const char *text, uint16_t fallback, struct cc_address *address)
    MUST_USE;
/* "coaps://HOST[:PORT][/]", "coap://..", "coaps+tcp://.." or "coap+tcp://..", HOST literal or
 * "localhost". CC_EINVAL. */
enum cc_error cc_uri_parse(const char *text, struct cc_uri *uri) MUST_USE;

/* From what the kernel gave; false for another family. */
bool cc_address_from_socket(const struct sockaddr *socket, struct cc_address *address);
/* Fills STORAGE and returns the length that bind, connect and sendmsg want. */
socklen_t cc_address_to_socket(const struct cc_address *address, struct sockaddr_storage *storage);

/* Same address, port and scope. */
bool cc_address_equal(const struct cc_address *a, const struct cc_address *b);
/* True for 0.0.0.0 and ::. */
bool cc_address_is_wildcard(const struct cc_address *address);
/* "127.0.0.1:5684", "[fe80::1%2]:5684"; always terminated. */
void cc_address_text(const struct cc_address *address, char *out, size_t capacity);

#endif
