/*
 * Inside the module: what the TLV encoder and decoder share (lwm2m-encodings.md section 3).
 */
#ifndef LWM2M_TLV_H
#define LWM2M_TLV_H

#include "bootstrap/lwm2m/formats.h"

/* Bits 7-6 of the type octet. */
enum lwm2m_tlv_kind {
    LWM2M_TLV_INSTANCE = 0,
    LWM2M_TLV_RESOURCE_INSTANCE = 1,
    LWM2M_TLV_MULTIPLE = 2,
    LWM2M_TLV_RESOURCE = 3
};

#define LWM2M_TLV_ID_16      0x20 /* bit 5: two octets of id */
#define LWM2M_TLV_LENGTH_MAX 0xffffff

#endif
