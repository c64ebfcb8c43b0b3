/*
 * Inside the module: the encoders and decoders that the rows of codec.c point at, and the output
 * cursor that they share. Callers outside use codec.h.
 *
 * An encoder gets leaves that ascend, are all under BASE and have no duplicates; a decoder may
 * leave sorting, duplicates across the document and the check against BASE to codec.c.
 */
#ifndef LWM2M_FORMATS_H
#define LWM2M_FORMATS_H

#include "bootstrap/lwm2m/codec.h"

lwm2m_encode_fn lwm2m_tlv_encode;
lwm2m_decode_fn lwm2m_tlv_decode;
lwm2m_encode_fn lwm2m_senml_cbor_encode;
lwm2m_decode_fn lwm2m_senml_cbor_decode;

/* Output cursor: counts on behind CAPACITY without writing, so that LEN is what was needed. */
struct lwm2m_out {
    uint8_t *data;
    size_t capacity;
    size_t len;
};
/* Octets behind the capacity are counted, not written. */
void lwm2m_out_put(struct lwm2m_out *out, const uint8_t *octets, size_t len);
/* The low WIDTH octets of NUMBER, most significant first; WIDTH up to 8. */
void lwm2m_out_number(struct lwm2m_out *out, uint64_t number, size_t width);
/* LWM2M_OK or LWM2M_ESPACE; *LEN is what was needed. */
enum lwm2m_error lwm2m_out_end(const struct lwm2m_out *out, size_t *len) MUST_USE;
/* The bits of the shorter float that holds VALUE; one NaN for all. WIDTH becomes 4 or 8. */
uint64_t lwm2m_float_bits(double value, size_t *width);

#endif
