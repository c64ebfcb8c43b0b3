/*
 * Values of block-wise transfer (RFC 7959 2.2): the Block options, the key of a transfer, a growing
 * body.
 *
 * Pure. Bodies may be secret: they are wiped before their memory is given back.
 */
#ifndef CC_BLOCK_H
#define CC_BLOCK_H

#include "bootstrap/coap/message.h"

#define CC_SZX_MAX       6
#define CC_SZX_BERT      7 /* RFC 8323 6: counted in 1,024 octets, any number of those in a block */
#define CC_BLOCK_NONE    UINT32_MAX /* no Block option in a stored value */
#define CC_BLOCK_NUM_MAX 0xfffffU   /* 20 bits */
#define CC_BODY_LIMIT    (1U << 24) /* what 20 bits of 16-octet blocks reach */

struct cc_block {
    uint32_t num;
    uint8_t szx; /* 7 is reserved on a datagram transport (RFC 7959 2.2), else BERT */
    bool has_more;
};

/* The value of a Block option taken apart. */
struct cc_block cc_block_from(uint32_t value);
/* And put together. */
uint32_t cc_block_value(const struct cc_block *block);
/* Block option NUMBER of MESSAGE; false when absent. */
bool cc_block_get(const struct cc_message *message, uint16_t number, struct cc_block *block);
/* True when a block of LEN octets is as long as it must be: all but the last are full, and 7 is a
 * size on a reliable transport only. */
bool cc_block_is_sound(const struct cc_block *block, size_t len, bool is_reliable);
/* Octets of a block (BERT: of its unit), and where it begins in the body. */
size_t cc_block_bytes(uint8_t szx);
size_t cc_block_offset(const struct cc_block *block);
/* Largest block not over BYTES (16 .. 1024). */
uint8_t cc_block_szx(size_t bytes);

/*
 * What the messages of one transfer have in common: method and options but for the Block and Size
 * ones. With IS_BODY, Content-Format and Request-Tag count too: they belong to the body of a
 * request (RFC 9175 3.2).
 */
uint64_t cc_block_key(const struct cc_message *message, bool is_body);
/* ETag of a body: the same octets give the same tag. */
uint64_t cc_block_etag(const uint8_t *body, size_t len);

struct cc_body {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

/* Appends; CC_ESPACE when over MAX, CC_ENOMEM; on failure BODY is as before. */
enum cc_error cc_body_append(struct cc_body *body, const uint8_t *data, size_t len, size_t max)
    MUST_USE;
void cc_body_clear(struct cc_body *body);

#endif
