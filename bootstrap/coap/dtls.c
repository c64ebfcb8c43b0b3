#include "bootstrap/coap/dtls.h"

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap/coap/dtls_record.h"

#define COOKIE_PERIOD_MS 65536
#define PEER_MAX         32

/* What a cookie is bound to: the address and the period in which it was made. */
struct cookie_bond {
    uint8_t octets[PEER_MAX + 8];
    size_t len;
};

static struct cookie_bond bond_make(const struct cc_dtls_knock *knock, uint64_t period)
{
    struct cookie_bond bond = {.len = knock->peer_len + 8};
    memcpy(bond.octets, knock->peer, knock->peer_len);
    for (size_t i = 0; i < 8; i++) {
        bond.octets[knock->peer_len + i] = (uint8_t)(period >> (8 * i));
    }
    return bond;
}

enum cc_dtls_hello cc_dtls_hello(struct cc_dtls_context *context, const struct cc_dtls_knock *knock)
{
    if (!cc_dtls_is_hello(knock->datagram, knock->len) || knock->peer_len > PEER_MAX) {
        return CC_HELLO_NONE;
    }
    gnutls_datum_t key = {cc_dtls_cookie_key(context), CC_COOKIE_KEY};
    uint64_t period = knock->now_ms / COOKIE_PERIOD_MS;
    for (uint64_t back = 0; back < 2; back++) {
        struct cookie_bond bond = bond_make(knock, period - back);
        gnutls_dtls_prestate_st prestate = {0, 0, 0};
        /* The library reads the datagram only. */
        int rc = gnutls_dtls_cookie_verify(
            &key, bond.octets, bond.len, (void *)(uintptr_t)knock->datagram, knock->len, &prestate);
        if (rc == GNUTLS_E_SUCCESS) {
            return CC_HELLO_PROVED;
        }
        if (rc != GNUTLS_E_BAD_COOKIE) {
            return CC_HELLO_NONE;
        }
    }
    return CC_HELLO_BARE;
}

struct verify_out {
    uint8_t *octets;
    size_t len;
};

static ssize_t verify_push(gnutls_transport_ptr_t transport, const void *data, size_t len)
{
    struct verify_out *out = transport;
    if (len > CC_DTLS_VERIFY_MAX) {
        return -1;
    }
    memcpy(out->octets, data, len);
    out->len = len;
    return (ssize_t)len;
}

size_t cc_dtls_verify_request(struct cc_dtls_context *context, const struct cc_dtls_knock *knock,
                              uint8_t out[CC_DTLS_VERIFY_MAX])
{
    gnutls_datum_t key = {cc_dtls_cookie_key(context), CC_COOKIE_KEY};
    struct cookie_bond bond = bond_make(knock, knock->now_ms / COOKIE_PERIOD_MS);
    /* RFC 6347 4.2.1: the record sequence number of the ClientHello is taken over. */
    gnutls_dtls_prestate_st prestate = {.record_seq = knock->datagram[DTLS_SEQUENCE_LOW]};
    struct verify_out answer = {.octets = out, .len = 0};
    gnutls_dtls_cookie_send(&key, bond.octets, bond.len, &prestate, &answer, verify_push);
    return answer.len <= knock->len ? answer.len : 0;
}
