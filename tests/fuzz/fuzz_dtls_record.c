/*
 * The walk over the DTLS records of a datagram: what is handed on to GnuTLS is always a whole
 * record, in order, out of the datagram, and the walk ends.
 *
 * Input: one datagram, in memory of exactly its size.
 */
#include "bootstrap/coap/dtls_record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* A whole record: header, and the length that it announces (RFC 6347 4.1). */
static void check_record(const uint8_t *record, size_t len)
{
    must(len > DTLS_RECORD_HEADER);
    must(DTLS_RECORD_HEADER + (size_t)(record[11] << 8 | record[12]) == len);
}

/* What is asked of a datagram as it came, before any record of it is handed on. */
static void look(const uint8_t *datagram, size_t size)
{
    uint8_t type = 0;
    bool is_protected = cc_dtls_is_protected(datagram, size, &type);
    must(!is_protected || (size >= DTLS_RECORD_HEADER && type == datagram[0]));
    if (cc_dtls_is_hello(datagram, size)) {
        must(!is_protected && type == CC_DTLS_TYPE_HANDSHAKE);
        must(cc_dtls_hello_name(datagram) == cc_dtls_hello_name(datagram));
    }
}

/* A record for which there is no room ends the walk. */
static void take_short(const uint8_t *datagram, size_t size)
{
    uint8_t record[CC_DATAGRAM_MAX];
    struct cc_records records = cc_records_of(datagram, size);
    if (records.len) {
        must(cc_records_take(&records, record, DTLS_RECORD_HEADER) == 0 && records.len == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *datagram = malloc(size ? size : 1);
    uint8_t record[CC_DATAGRAM_MAX];
    if (!datagram)
        return 0;
    if (size)
        memcpy(datagram, data, size);
    struct cc_records records = cc_records_of(datagram, size);
    size_t left = records.len + 1;
    while (records.len) {
        const uint8_t *before = records.at;
        must(records.len < left && before >= datagram && before + records.len <= datagram + size);
        left = records.len;
        size_t len = cc_records_take(&records, record, sizeof record);
        if (!len)
            break;
        check_record(record, len);
        must(memcmp(record, before, len) == 0);
    }
    must(cc_records_take(&records, record, sizeof record) == 0);
    take_short(datagram, size);
    look(datagram, size);
    free(datagram);
    return 0;
}
