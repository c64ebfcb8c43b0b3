#include "pki/store_key.h"

#include "pki/seal.h"
#include "pki/wire.h"

#include <assert.h>
#include <string.h>

#define RAW_IDENTITY_MAX 64

enum identity_form { IDENTITY_RAW, IDENTITY_HASHED };

/* The longest keys: group, NUL, endpoint; age, kind, form, identity. */
_Static_assert(PKI_NAME_MAX + 1 + PKI_ENDPOINT_MAX <= PKI_KEY_MAX, "group key");
_Static_assert(8 + 2 + RAW_IDENTITY_MAX <= PKI_KEY_MAX, "age key");

static void end(struct pki_key *key, const struct pki_wire_out *out)
{
    enum pki_error error = pki_wire_out_end(out, &key->len);

    assert(error == PKI_OK);
    (void)error;
}

static void put_chars(struct pki_wire_out *out, const char *text)
{
    pki_wire_put_raw(out, (const uint8_t *)text, strlen(text));
}

struct pki_key pki_key_meta(const char *name)
{
    return pki_key_endpoint(name);
}

struct pki_key pki_key_number(uint64_t number)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    pki_wire_put_u64(&out, number);
    end(&key, &out);
    return key;
}

struct pki_key pki_key_endpoint(const char *endpoint)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    put_chars(&out, endpoint);
    end(&key, &out);
    return key;
}

struct pki_key pki_key_identity(uint8_t kind, const uint8_t *identity, size_t len)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));
    uint8_t hash[PKI_HASH_LEN];

    pki_wire_put_u8(&out, kind);
    if (len <= RAW_IDENTITY_MAX) {
        pki_wire_put_u8(&out, IDENTITY_RAW);
        pki_wire_put_raw(&out, identity, len);
    } else {
        pki_hash(hash, identity, len);
        pki_wire_put_u8(&out, IDENTITY_HASHED);
        pki_wire_put_raw(&out, hash, sizeof(hash));
    }
    end(&key, &out);
    return key;
}

struct pki_key pki_key_group(const char *group, const char *endpoint)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    put_chars(&out, group);
    pki_wire_put_u8(&out, 0);
    put_chars(&out, endpoint);
    end(&key, &out);
    return key;
}

struct pki_key pki_key_credential(uint64_t device_id, uint16_t server_id, uint32_t serial)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    pki_wire_put_u64(&out, device_id);
    pki_wire_put_u16(&out, server_id);
    pki_wire_put_u32(&out, serial);
    end(&key, &out);
    return key;
}

struct pki_key pki_key_history(uint64_t device_id, uint64_t sequence)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    pki_wire_put_u64(&out, device_id);
    pki_wire_put_u64(&out, sequence);
    end(&key, &out);
    return key;
}

struct pki_key pki_key_unknown_age(int64_t last_at, const struct pki_key *unknown)
{
    struct pki_key key;
    struct pki_wire_out out = pki_wire_out_init(key.data, sizeof(key.data));

    /* With the sign flipped the unsigned order of the file is the order of time. */
    pki_wire_put_u64(&out, (uint64_t)last_at ^ (UINT64_C(1) << 63));
    pki_wire_put_raw(&out, unknown->data, unknown->len);
    end(&key, &out);
    return key;
}

uint64_t pki_key_read(struct pki_span key, size_t offset, size_t len)
{
    uint64_t value = 0;

    if (key.len < offset + len) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | key.data[offset + i];
    }
    return value;
}

bool pki_key_begins(struct pki_span key, const struct pki_key *prefix, size_t len)
{
    return key.len >= len && memcmp(key.data, prefix->data, len) == 0;
}
