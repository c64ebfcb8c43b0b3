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
lwm2m_encode_fn lwm2m_senml_json_encode;
lwm2m_decode_fn lwm2m_senml_json_decode;
lwm2m_encode_fn lwm2m_cbor_tree_encode; /* LwM2M CBOR */
lwm2m_decode_fn lwm2m_cbor_tree_decode;
lwm2m_encode_fn lwm2m_oma_json_encode; /* JSON of 1.0 */
lwm2m_decode_fn lwm2m_oma_json_decode;
lwm2m_encode_fn lwm2m_text_encode;
lwm2m_decode_fn lwm2m_text_decode;
lwm2m_encode_fn lwm2m_opaque_encode;
lwm2m_decode_fn lwm2m_opaque_decode;
lwm2m_encode_fn lwm2m_cbor_single_encode;
lwm2m_decode_fn lwm2m_cbor_single_decode;

/* Output cursor: counts on behind CAPACITY without writing, so that LEN is what was needed. */
struct lwm2m_out {
    uint8_t *data;
    size_t capacity;
    size_t len;
};
/* Octets behind the capacity are counted, not written. */
void lwm2m_out_put(struct lwm2m_out *out, const uint8_t *octets, size_t len);
/* The same, with a struct lwm2m_out as CONTEXT: a sink for lwm2m_json_writer. */
void lwm2m_out_sink(void *context, const char *text, size_t len);
/* The low WIDTH octets of NUMBER, most significant first; WIDTH up to 8. */
void lwm2m_out_number(struct lwm2m_out *out, uint64_t number, size_t width);
/* LWM2M_OK or LWM2M_ESPACE; *LEN is what was needed. */
enum lwm2m_error lwm2m_out_end(const struct lwm2m_out *out, size_t *len) MUST_USE;
/* The bits of the shorter float that holds VALUE; one NaN for all. WIDTH becomes 4 or 8. */
uint64_t lwm2m_float_bits(double value, size_t *width);
/* How many of COUNT leaves, one or more, agree with the first in their first DEPTH ids. */
size_t lwm2m_leaves_group(const struct lwm2m_leaf *leaves, size_t count, uint8_t depth);

#endif
