#include "bootstrap/coap/dtls_record.h"

#include <string.h>

#define TYPE_CCS  20
#define TYPE_DATA 23
#define MAJOR     254

#define HANDSHAKE_HEADER 12U
#define HANDSHAKE_MAX    2048U /* no message of a handshake with a PSK is larger */

static bool is_protected(const uint8_t *record)
{
    return record[3] != 0 || record[4] != 0;
}

static size_t number24(const uint8_t *octets)
{
    return (size_t)octets[0] << 16 | (size_t)octets[1] << 8 | octets[2];
}

/*
 * GnuTLS reserves room for the whole message that a fragment speaks of, up to 16 MB a message, from
 * a peer that has proved nothing but its address (RFC 6347 4.2.2: length, then fragment_length).
 */
static bool is_modest(const uint8_t *record, size_t len)
{
    size_t at = DTLS_RECORD_HEADER;
    while (len - at >= HANDSHAKE_HEADER) {
        const uint8_t *message = record + at;
        size_t room = len - at - HANDSHAKE_HEADER;
        size_t part = number24(message + 9);
        if (number24(message + 1) > HANDSHAKE_MAX || part > room) {
            return false;
        }
        at += HANDSHAKE_HEADER + part;
    }
    return at == len;
}

static bool is_acceptable(const uint8_t *record, size_t len)
{
    return record[0] >= TYPE_CCS && record[0] <= TYPE_DATA && record[1] == MAJOR &&
           len > DTLS_RECORD_HEADER &&
           (record[0] != CC_DTLS_TYPE_HANDSHAKE || is_protected(record) || is_modest(record, len));
}

/* Skips to the next record that is whole and could be one; its length, 0 at the end. */
static size_t settle(struct cc_records *records)
{
    while (records->len > DTLS_RECORD_HEADER) {
        const uint8_t *at = records->at;
        size_t len = DTLS_RECORD_HEADER + ((size_t)at[11] << 8 | at[12]);
        if (len > records->len) {
            break;
        }
        if (is_acceptable(at, len)) {
            return len;
        }
        records->at += len;
        records->len -= len;
    }
    records->len = 0;
    return 0;
}

struct cc_records cc_records_of(const uint8_t *datagram, size_t len)
{
    struct cc_records records = {.at = datagram, .len = len};
    struct cc_records walk = records;
    for (size_t record_len; (record_len = settle(&walk)) > 0;) {
        records.has_protected |= is_protected(walk.at);
        records.has_ccs |= !is_protected(walk.at) && walk.at[0] == TYPE_CCS;
        walk.at += record_len;
        walk.len -= record_len;
    }
    settle(&records);
    return records;
}

size_t cc_records_take(struct cc_records *records, void *out, size_t capacity)
{
    size_t len = settle(records);
    if (!len || len > capacity) {
        records->len = 0;
        return 0;
    }
    memcpy(out, records->at, len);
    records->at += len;
    records->len -= len;
    settle(records);
    return len;
}

bool cc_dtls_is_hello(const uint8_t *datagram, size_t len)
{
    return len > DTLS_HELLO_RANDOM + DTLS_RANDOM && datagram[0] == CC_DTLS_TYPE_HANDSHAKE &&
           datagram[3] == 0 && datagram[4] == 0 && datagram[DTLS_RECORD_HEADER] == 1;
}

uint64_t cc_dtls_hello_name(const uint8_t *datagram)
{
    uint64_t name = 0;
    for (size_t i = 0; i < DTLS_RANDOM; i++) {
        name = (name << 5 | name >> 59) ^ datagram[DTLS_HELLO_RANDOM + i];
        name *= UINT64_C(0x9e3779b97f4a7c15);
    }
    return name;
}

bool cc_dtls_is_protected(const uint8_t *datagram, size_t len, uint8_t *content_type)
{
    if (len < DTLS_RECORD_HEADER) {
        return false;
    }
    *content_type = datagram[0];
    return is_protected(datagram);
}
