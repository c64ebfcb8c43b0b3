#include "pki/private_key.h"

#include "pki/secret.h"

#include <string.h>

/* ECPrivateKey: version 1, d of 32 octets; then the curve, P-256; then the public point. */
static const uint8_t begin[] = {0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t curve[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t point[] = {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04};
/* PKCS#8 version 1: id-ecPublicKey, P-256. */
static const uint8_t algorithm[] = {0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
                                    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
enum {
    D_OCTETS = 32,
    POINT_OCTETS = sizeof point + 64,
    SHORT_LEN = sizeof begin + D_OCTETS,
    HEADS = 8, /* of three elements, each of less than 256 octets, at most */
    PKCS8_MAX = sizeof algorithm + SHORT_LEN + POINT_OCTETS + HEADS + 1
};

static bool starts(const uint8_t *data, size_t len, const uint8_t *with, size_t with_len)
{
    return len >= with_len && memcmp(data, with, with_len) == 0;
}

/* The head of an element with TAG and LEN octets of content; returns how long it is. */
static size_t put_head(uint8_t *out, uint8_t tag, size_t len)
{
    size_t at = 0;
    out[at++] = tag;
    if (len >= 0x80) {
        out[at++] = 0x81;
    }
    out[at++] = (uint8_t)len;
    return at;
}

/* D, and the public point or NULL, of a SEC1 key; false when KEY is none. */
static bool read_sec1(const uint8_t *key, size_t len, const uint8_t **d, const uint8_t **public)
{
    bool is_short = len > 2 && key[0] == 0x30 && key[1] < 0x80 && len == 2u + key[1];
    const uint8_t *at = key + 2;
    *public = NULL;
    if (!is_short || len < 2u + SHORT_LEN || !starts(at, len - 2, begin, sizeof begin)) {
        return false;
    }
    *d = at + sizeof begin;
    at += SHORT_LEN;
    if (!starts(at, len - (size_t)(at - key), curve, sizeof curve)) {
        return false; /* of another curve, or of one that is said elsewhere */
    }
    at += sizeof curve;
    size_t left = len - (size_t)(at - key);
    if (left == POINT_OCTETS && starts(at, left, point, sizeof point)) {
        *public = at;
    }
    return left == 0 || *public != NULL;
}

bool pki_private_key_normalize(uint8_t *key, size_t capacity, size_t *len)
{
    const uint8_t *d;
    const uint8_t *public;
    uint8_t made[PKCS8_MAX];
    if (!read_sec1(key, *len, &d, &public)) {
        return false;
    }
    size_t inner = SHORT_LEN + (public != NULL ? (size_t)POINT_OCTETS : 0);
    size_t octets = 2 + inner;
    size_t whole = sizeof algorithm + 2 + octets;
    size_t at = put_head(made, 0x30, whole);
    memcpy(made + at, algorithm, sizeof algorithm);
    at += sizeof algorithm;
    at += put_head(made + at, 0x04, octets);
    at += put_head(made + at, 0x30, inner);
    memcpy(made + at, begin, sizeof begin);
    memcpy(made + at + sizeof begin, d, D_OCTETS);
    at += SHORT_LEN;
    if (public != NULL) {
        memcpy(made + at, public, POINT_OCTETS);
        at += POINT_OCTETS;
    }
    bool is_made = at <= capacity;
    if (is_made) {
        memcpy(key, made, at);
        *len = at;
    }
    pki_secret_wipe(made, sizeof made);
    return is_made;
}
