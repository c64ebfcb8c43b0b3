/*
 * A bounded cursor over octets, to read and to write records with.
 *
 * The first error sticks: later reads give zeros, later writes do nothing, and the caller looks
 * once, at the end. Numbers are big-endian; octets and texts carry one octet of length, so that no
 * length can exceed 255, and blocks two; a length over the receiver's bound is refused before
 * anything is copied.
 */
#ifndef PKI_WIRE_H
#define PKI_WIRE_H

#include "pki/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki_wire_in {
    const uint8_t *at;
    const uint8_t *end;
    enum pki_error error; /* PKI_ECORRUPT once anything was wrong */
};

struct pki_wire_out {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    enum pki_error
        error; /* PKI_ELIMIT when CAP was too small, PKI_EINVAL for an oversized member */
};

/* A cursor over LEN octets at DATA, which stay the caller's. */
struct pki_wire_in pki_wire_in_init(const uint8_t *data, size_t len);
/* The next number, 0 after an error. */
uint8_t pki_wire_u8(struct pki_wire_in *in);
uint16_t pki_wire_u16(struct pki_wire_in *in);
uint32_t pki_wire_u32(struct pki_wire_in *in);
uint64_t pki_wire_u64(struct pki_wire_in *in);
int64_t pki_wire_i64(struct pki_wire_in *in);
/* A number under COUNT; anything else is an error. */
uint8_t pki_wire_enum(struct pki_wire_in *in, uint8_t count);
/* Exactly LEN octets without a length of their own. */
void pki_wire_raw(struct pki_wire_in *in, uint8_t *out, size_t len);
/* Up to CAP octets. */
void pki_wire_bytes(struct pki_wire_in *in, uint8_t *out, size_t cap, size_t *len);
/* Up to CAP octets behind a length of two. */
void pki_wire_block(struct pki_wire_in *in, uint8_t *out, size_t cap, size_t *len);
/* A text without NUL of under CAP octets; OUT is terminated. */
void pki_wire_text(struct pki_wire_in *in, char *out, size_t cap);
/*
 * The version octet that every record begins with: PKI_EVERSION sticks when it is over NEWEST,
 * PKI_ECORRUPT when it is 0.
 */
uint8_t pki_wire_version(struct pki_wire_in *in, uint8_t newest);
/* PKI_ECORRUPT sticks unless IS_SOUND. */
void pki_wire_refuse_unless(struct pki_wire_in *in, bool is_sound);
/* The sticky error, or PKI_ECORRUPT when octets are left over. */
enum pki_error pki_wire_in_end(const struct pki_wire_in *in) MUST_USE;
/* Ends a decoder: as pki_wire_in_end, and on any error the LEN octets of RECORD are wiped. */
enum pki_error pki_wire_in_finish(const struct pki_wire_in *in, void *record, size_t len) MUST_USE;

/* A cursor that writes up to CAP octets to DATA. */
struct pki_wire_out pki_wire_out_init(uint8_t *data, size_t cap);
/* Append a number. */
void pki_wire_put_u8(struct pki_wire_out *out, uint8_t value);
void pki_wire_put_u16(struct pki_wire_out *out, uint16_t value);
void pki_wire_put_u32(struct pki_wire_out *out, uint32_t value);
void pki_wire_put_u64(struct pki_wire_out *out, uint64_t value);
void pki_wire_put_i64(struct pki_wire_out *out, int64_t value);
void pki_wire_put_raw(struct pki_wire_out *out, const uint8_t *data, size_t len);
/* LEN up to 255. */
void pki_wire_put_bytes(struct pki_wire_out *out, const uint8_t *data, size_t len);
/* LEN up to 65535, behind a length of two octets. */
void pki_wire_put_block(struct pki_wire_out *out, const uint8_t *data, size_t len);
/* TEXT is terminated within CAP octets. */
void pki_wire_put_text(struct pki_wire_out *out, const char *text, size_t cap);
/* The sticky error; *LEN = octets written, 0 on error. */
enum pki_error pki_wire_out_end(const struct pki_wire_out *out, size_t *len) MUST_USE;

#endif
