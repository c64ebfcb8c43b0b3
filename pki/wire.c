#include "pki/wire.h"

#include <string.h>

struct pki_wire_in pki_wire_in_init(const uint8_t *data, size_t len)
{
    return (struct pki_wire_in){.at = data, .end = data + len, .error = PKI_OK};
}

static void fail(struct pki_wire_in *in, enum pki_error error)
{
    if (in->error == PKI_OK) {
        in->error = error;
    }
}

static bool has(struct pki_wire_in *in, size_t len)
{
    if (in->error == PKI_OK && (size_t)(in->end - in->at) < len) {
        in->error = PKI_ECORRUPT;
    }
    return in->error == PKI_OK;
}

static uint64_t number(struct pki_wire_in *in, size_t octets)
{
    uint64_t value = 0;

    if (!has(in, octets)) {
        return 0;
    }
    for (size_t i = 0; i < octets; i++) {
        value = value << 8 | *in->at++;
    }
    return value;
}

uint8_t pki_wire_u8(struct pki_wire_in *in)
{
    return (uint8_t)number(in, 1);
}

uint16_t pki_wire_u16(struct pki_wire_in *in)
{
    return (uint16_t)number(in, 2);
}

uint32_t pki_wire_u32(struct pki_wire_in *in)
{
    return (uint32_t)number(in, 4);
}

uint64_t pki_wire_u64(struct pki_wire_in *in)
{
    return number(in, 8);
}

int64_t pki_wire_i64(struct pki_wire_in *in)
{
    return (int64_t)number(in, 8);
}

uint8_t pki_wire_enum(struct pki_wire_in *in, uint8_t count)
{
    uint8_t value = pki_wire_u8(in);

    if (value >= count) {
        fail(in, PKI_ECORRUPT);
        return 0;
    }
    return value;
}

void pki_wire_raw(struct pki_wire_in *in, uint8_t *out, size_t len)
{
    if (!has(in, len)) {
        memset(out, 0, len);
        return;
    }
    memcpy(out, in->at, len);
    in->at += len;
}

static void take(struct pki_wire_in *in, size_t claimed, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    if (claimed > cap) {
        fail(in, PKI_ECORRUPT);
    }
    if (has(in, claimed)) {
        memcpy(out, in->at, claimed);
        in->at += claimed;
        *len = claimed;
    }
}

void pki_wire_bytes(struct pki_wire_in *in, uint8_t *out, size_t cap, size_t *len)
{
    take(in, pki_wire_u8(in), out, cap, len);
}

void pki_wire_block(struct pki_wire_in *in, uint8_t *out, size_t cap, size_t *len)
{
    take(in, pki_wire_u16(in), out, cap, len);
}

void pki_wire_text(struct pki_wire_in *in, char *out, size_t cap)
{
    size_t len;

    pki_wire_bytes(in, (uint8_t *)out, cap - 1, &len);
    if (memchr(out, '\0', len) != NULL) {
        fail(in, PKI_ECORRUPT);
    }
    out[len] = '\0';
}

uint8_t pki_wire_version(struct pki_wire_in *in, uint8_t newest)
{
    uint8_t version = pki_wire_u8(in);

    if (version > newest) {
        fail(in, PKI_EVERSION);
    } else if (version == 0) {
        fail(in, PKI_ECORRUPT);
    }
    return version;
}

void pki_wire_refuse_unless(struct pki_wire_in *in, bool is_sound)
{
    if (!is_sound) {
        fail(in, PKI_ECORRUPT);
    }
}

enum pki_error pki_wire_in_end(const struct pki_wire_in *in)
{
    if (in->error == PKI_OK && in->at != in->end) {
        return PKI_ECORRUPT;
    }
    return in->error;
}

enum pki_error pki_wire_in_finish(const struct pki_wire_in *in, void *record, size_t len)
{
    enum pki_error error = pki_wire_in_end(in);

    if (error != PKI_OK) {
        explicit_bzero(record, len);
    }
    return error;
}

struct pki_wire_out pki_wire_out_init(uint8_t *data, size_t cap)
{
    return (struct pki_wire_out){.start = data, .at = data, .end = data + cap, .error = PKI_OK};
}

void pki_wire_put_raw(struct pki_wire_out *out, const uint8_t *data, size_t len)
{
    if (out->error == PKI_OK && (size_t)(out->end - out->at) < len) {
        out->error = PKI_ELIMIT;
    }
    if (out->error == PKI_OK && len > 0) {
        memcpy(out->at, data, len);
        out->at += len;
    }
}

static void put_number(struct pki_wire_out *out, uint64_t value, size_t octets)
{
    uint8_t data[8];

    for (size_t i = 0; i < octets; i++) {
        data[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
    }
    pki_wire_put_raw(out, data, octets);
}

void pki_wire_put_u8(struct pki_wire_out *out, uint8_t value)
{
    put_number(out, value, 1);
}

void pki_wire_put_u16(struct pki_wire_out *out, uint16_t value)
{
    put_number(out, value, 2);
}

void pki_wire_put_u32(struct pki_wire_out *out, uint32_t value)
{
    put_number(out, value, 4);
}

void pki_wire_put_u64(struct pki_wire_out *out, uint64_t value)
{
    put_number(out, value, 8);
}

void pki_wire_put_i64(struct pki_wire_out *out, int64_t value)
{
    put_number(out, (uint64_t)value, 8);
}

static void refuse(struct pki_wire_out *out)
{
    out->error = out->error == PKI_OK ? PKI_EINVAL : out->error;
}

void pki_wire_put_block(struct pki_wire_out *out, const uint8_t *data, size_t len)
{
    if (len > UINT16_MAX) {
        refuse(out);
        return;
    }
    pki_wire_put_u16(out, (uint16_t)len);
    pki_wire_put_raw(out, data, len);
}

void pki_wire_put_bytes(struct pki_wire_out *out, const uint8_t *data, size_t len)
{
    if (len > UINT8_MAX) {
        refuse(out);
        return;
    }
    pki_wire_put_u8(out, (uint8_t)len);
    pki_wire_put_raw(out, data, len);
}

void pki_wire_put_text(struct pki_wire_out *out, const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);

    if (len == cap) {
        refuse(out);
        return;
    }
    pki_wire_put_bytes(out, (const uint8_t *)text, len);
}

enum pki_error pki_wire_out_end(const struct pki_wire_out *out, size_t *len)
{
    *len = out->error == PKI_OK ? (size_t)(out->at - out->start) : 0;
    return out->error;
}
