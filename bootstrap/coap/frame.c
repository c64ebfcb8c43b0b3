#include "bootstrap/coap/frame.h"

#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/option.h"

enum { DATAGRAM_HEADER = 4, FIRST_BYTES = 128, LEN_8 = 13, LEN_16 = 14, LEN_32 = 15 };
enum { BASE_8 = 13, BASE_16 = 269, BASE_32 = 65805 };

/* ---- reading ---- */

/* RFC 8323 3.2: extended length of 0, 1, 2 or 4 octets. */
static size_t extended_bytes(uint8_t nibble)
{
    static const uint8_t bytes[] = {[LEN_8] = 1, [LEN_16] = 2, [LEN_32] = 4};
    return bytes[nibble & 15];
}

static uint64_t length_of(const uint8_t *header)
{
    uint8_t nibble = header[0] >> 4;
    uint64_t value = 0;
    for (size_t i = 0; i < extended_bytes(nibble); i++) {
        value = value << 8 | header[1 + i];
    }
    switch (nibble) {
    case LEN_8:
        return BASE_8 + value;
    case LEN_16:
        return BASE_16 + value;
    case LEN_32:
        return BASE_32 + value;
    default:
        return nibble;
    }
}

void cc_frame_reader_clear(struct cc_frame_reader *reader)
{
    if (reader->data != NULL) {
        explicit_bzero(reader->data, reader->capacity);
        free(reader->data);
    }
    *reader = (struct cc_frame_reader){.data = NULL};
}

/* Room for MORE octets, at most doubled: who promises much and sends little holds little. */
static bool reserve(struct cc_frame_reader *reader, size_t more)
{
    size_t want = reader->len + more;
    if (want <= reader->capacity) {
        return true;
    }
    size_t capacity = want > 2 * reader->capacity ? want : 2 * reader->capacity;
    capacity = capacity < FIRST_BYTES ? FIRST_BYTES : capacity;
    capacity = capacity < reader->need ? capacity : reader->need;
    uint8_t *data = malloc(capacity);
    if (data == NULL) {
        return false;
    }
    if (reader->data != NULL) {
        memcpy(data, reader->data, reader->len);
        explicit_bzero(reader->data, reader->capacity);
        free(reader->data);
    }
    reader->data = data;
    reader->capacity = capacity;
    return true;
}

/* The header is whole: judges it and writes that of a datagram in its place. */
static enum cc_error begin(struct cc_frame_reader *reader)
{
    uint8_t token_len = reader->header[0] & 15;
    uint64_t rest = token_len + length_of(reader->header);
    if (token_len > CC_TOKEN_MAX) {
        return CC_EFORMAT;
    }
    if (reader->header_len + rest > CC_FRAME_MAX) {
        return CC_ESPACE;
    }
    reader->need = DATAGRAM_HEADER + (size_t)rest;
    if (!reserve(reader, DATAGRAM_HEADER)) {
        return CC_ENOMEM;
    }
    reader->data[0] = (uint8_t)(0x40 | CC_NON << 4 | token_len);
    reader->data[1] = reader->header[reader->header_len - 1];
    reader->data[2] = reader->data[3] = 0;
    reader->len = DATAGRAM_HEADER;
    return CC_OK;
}

static void take_header(struct cc_frame_reader *reader, struct cc_octets *input)
{
    while (input->len > 0 && (reader->header_len == 0 ||
                              reader->header_len < 2 + extended_bytes(reader->header[0] >> 4))) {
        reader->header[reader->header_len++] = *input->at++;
        input->len--;
    }
}

static enum cc_error take_rest(struct cc_frame_reader *reader, struct cc_octets *input)
{
    size_t missing = reader->need - reader->len;
    size_t len = input->len < missing ? input->len : missing;
    if (!reserve(reader, len)) {
        return CC_ENOMEM;
    }
    if (len > 0) {
        memcpy(reader->data + reader->len, input->at, len);
        reader->len += len;
        input->at += len;
        input->len -= len;
    }
    return CC_OK;
}

enum cc_error cc_frame_read(struct cc_frame_reader *reader, struct cc_octets *input,
                            struct cc_frame *frame)
{
    *frame = (struct cc_frame){.datagram = NULL};
    if (reader->is_whole) {
        cc_frame_reader_clear(reader);
    }
    enum cc_error error = CC_OK;
    if (reader->need == 0) {
        take_header(reader, input);
        if (reader->header_len == 0 ||
            reader->header_len < 2 + extended_bytes(reader->header[0] >> 4)) {
            return CC_OK;
        }
        error = begin(reader);
    }
    if (error == CC_OK) {
        error = take_rest(reader, input);
    }
    if (error == CC_OK && reader->len == reader->need) {
        reader->is_whole = true;
        *frame = (struct cc_frame){
            .datagram = reader->data, .len = reader->len, .code = reader->data[1]};
    }
    return error;
}

/* ---- writing ---- */

size_t cc_frame_header(uint8_t out[static CC_FRAME_HEADER_MAX], uint8_t code, uint8_t token_len,
                       size_t len)
{
    uint8_t nibble = len < BASE_8    ? (uint8_t)len
                     : len < BASE_16 ? LEN_8
                     : len < BASE_32 ? LEN_16
                                     : LEN_32;
    size_t value = len - (nibble == LEN_8    ? BASE_8
                          : nibble == LEN_16 ? BASE_16
                          : nibble == LEN_32 ? BASE_32
                                             : 0);
    size_t extra = extended_bytes(nibble);
    out[0] = (uint8_t)(nibble << 4 | token_len);
    for (size_t i = 0; i < extra; i++) {
        out[1 + i] = (uint8_t)(value >> (8 * (extra - 1 - i)));
    }
    out[1 + extra] = code;
    return 2 + extra;
}

enum cc_error cc_frame_head(const struct cc_message *message, struct cc_frame_head *head)
{
    /* The codec writes a datagram whose header ends where ours will end. */
    const size_t front = CC_FRAME_HEADER_MAX - DATAGRAM_HEADER;
    struct cc_message bare = *message;
    bare.payload = NULL;
    bare.payload_len = 0;
    size_t len = 0;
    enum cc_error error =
        cc_message_build(&bare, head->octets + front, sizeof head->octets - front - 1, &len);
    if (error != CC_OK) {
        return error;
    }
    size_t rest = len - DATAGRAM_HEADER;
    size_t body = rest - message->token_len;
    if (message->payload_len > 0) {
        head->octets[CC_FRAME_HEADER_MAX + rest++] = CC_PAYLOAD_MARKER;
        body += 1 + message->payload_len;
    }
    uint8_t header[CC_FRAME_HEADER_MAX];
    size_t header_len = cc_frame_header(header, message->code, message->token_len, body);
    head->begin = CC_FRAME_HEADER_MAX - header_len;
    memcpy(head->octets + head->begin, header, header_len);
    head->len = header_len + rest;
    return CC_OK;
}
