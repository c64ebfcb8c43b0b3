/*
 * One CoAP message (RFC 7252 section 3), parsed or to be built. The door of libcoap's codec is
 * pdu.c.
 *
 * Over TCP (RFC 8323) a message has neither type nor Message ID: `type` is CC_NON, `mid` a count of
 * the receiver's own. A parsed message borrows the datagram it was parsed from. Options ascend by
 * number; at most CC_OPTIONS_MAX. Pure: no I/O, no clock.
 */
#ifndef CC_MESSAGE_H
#define CC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MUST_USE
#define MUST_USE __attribute__((warn_unused_result))
#endif

#define CC_OPTIONS_MAX  32
#define CC_TOKEN_MAX    8
#define CC_DATAGRAM_MAX 2048

enum cc_error {
    CC_OK = 0,
    CC_ENOMEM,
    CC_EFORMAT,  /* not a CoAP message; silently ignored or Reset (RFC 7252 4.2, 4.3) */
    CC_EOPTION,  /* critical option unknown or malformed: 4.02 (RFC 7252 5.4.1) */
    CC_ESPACE,   /* buffer too small */
    CC_EINVAL,   /* argument out of bounds, bad URI */
    CC_EBUSY,    /* a request is outstanding already (NSTART = 1) */
    CC_ECLOSED,  /* session is closed */
    CC_EADDRESS, /* cannot bind or connect */
    CC_ECREDENTIAL,
    CC_EIO
};
/* A short phrase, static. */
const char *cc_error_text(enum cc_error error);

enum cc_type { CC_CON = 0, CC_NON = 1, CC_ACK = 2, CC_RST = 3 };

#define CC_CODE(class_, detail) ((uint8_t)((class_) << 5 | (detail)))
enum {
    CC_EMPTY = 0,
    CC_GET = CC_CODE(0, 1),
    CC_POST = CC_CODE(0, 2),
    CC_PUT = CC_CODE(0, 3),
    CC_DELETE = CC_CODE(0, 4),
    CC_CREATED = CC_CODE(2, 1),
    CC_DELETED = CC_CODE(2, 2),
    CC_CHANGED = CC_CODE(2, 4),
    CC_CONTENT = CC_CODE(2, 5),
    CC_CONTINUE = CC_CODE(2, 31),
    CC_BAD_REQUEST = CC_CODE(4, 0),
    CC_UNAUTHORIZED = CC_CODE(4, 1),
    CC_BAD_OPTION = CC_CODE(4, 2),
    CC_FORBIDDEN = CC_CODE(4, 3),
    CC_NOT_FOUND = CC_CODE(4, 4),
    CC_METHOD_NOT_ALLOWED = CC_CODE(4, 5),
    CC_NOT_ACCEPTABLE = CC_CODE(4, 6),
    CC_INCOMPLETE = CC_CODE(4, 8),
    CC_TOO_LARGE = CC_CODE(4, 13),
    CC_UNSUPPORTED_FORMAT = CC_CODE(4, 15),
    CC_INTERNAL = CC_CODE(5, 0),
    CC_NOT_IMPLEMENTED = CC_CODE(5, 1),
    CC_UNAVAILABLE = CC_CODE(5, 3)
};

enum {
    CC_OPT_IF_MATCH = 1,
    CC_OPT_URI_HOST = 3,
    CC_OPT_ETAG = 4,
    CC_OPT_IF_NONE_MATCH = 5,
    CC_OPT_URI_PORT = 7,
    CC_OPT_URI_PATH = 11,
    CC_OPT_CONTENT_FORMAT = 12,
    CC_OPT_MAX_AGE = 14,
    CC_OPT_URI_QUERY = 15,
    CC_OPT_ACCEPT = 17,
    CC_OPT_BLOCK2 = 23,
    CC_OPT_BLOCK1 = 27,
    CC_OPT_SIZE2 = 28,
    CC_OPT_SIZE1 = 60,
    CC_OPT_REQUEST_TAG = 292
};

#define CC_FORMAT_NONE 0xffff

struct cc_option {
    uint16_t number;
    uint16_t len;
    const uint8_t *value;
};

struct cc_message {
    enum cc_type type;
    uint8_t code;
    uint16_t mid;
    uint8_t token[CC_TOKEN_MAX];
    uint8_t token_len;
    struct cc_option options[CC_OPTIONS_MAX];
    size_t option_count;
    const uint8_t *payload;
    size_t payload_len;
};

/*
 * Parses one datagram. An elective option of bad length, of unknown number or once too often is
 * dropped (RFC 7252 5.4.1, 5.4.3, 5.4.5). If-Match and If-None-Match count as unknown: no resource
 * here is conditional. CC_EFORMAT: type and mid are filled where the header is readable, nothing
 * else, so that the caller can reject by Reset. CC_EOPTION: everything else is filled, so that the
 * caller can answer 4.02. CC_ENOMEM.
 */
enum cc_error cc_message_parse(const uint8_t *datagram, size_t len, struct cc_message *message)
    MUST_USE;
/* The same for a message of a reliable transport that was given a datagram's header (frame.h): its
 * payload may be of any size. */
enum cc_error cc_message_parse_stream(const uint8_t *octets, size_t len, struct cc_message *message)
    MUST_USE;
/* Builds the datagram. CC_ESPACE, CC_ENOMEM, CC_EINVAL (options not ascending, token too long, more
 * than code on an empty one). */
enum cc_error cc_message_build(const struct cc_message *message, uint8_t *out, size_t capacity,
                               size_t *len) MUST_USE;

/* First option of NUMBER, or NULL. */
const struct cc_option *cc_message_option(const struct cc_message *message, uint16_t number);
/* Value of an unsigned option; FALLBACK when absent or over 4 octets. */
uint32_t cc_message_uint(const struct cc_message *message, uint16_t number, uint32_t fallback);
/* True when the Uri-Path segments are exactly PATH ("bs", "1/0/7", "" = root). */
bool cc_message_path_is(const struct cc_message *message, const char *path);
/* Joins the Uri-Path as "/a/b" (escaped as in RFC 3986 where needed) into OUT, cut at CAPACITY-1;
 * for display. */
void cc_message_path_text(const struct cc_message *message, char *out, size_t capacity);
/* Value of Uri-Query NAME=...; false when absent. *COUNT (may be NULL): how often it occurs. */
bool cc_message_query(const struct cc_message *message, const char *name, const uint8_t **value,
                      size_t *len, size_t *count);
/* "2.05", "POST", "empty" .. into OUT; and the type's name. */
const char *cc_code_text(uint8_t code, char out[static 8]);
const char *cc_type_text(enum cc_type type);

#endif
