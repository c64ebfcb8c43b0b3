/*
 * The formats of one resource: plain text, opaque and CBOR. The first octet chooses among them;
 * what decodes must encode, and decode again to the same, in every format.
 */
#include "tests/support/lwm2m_fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t formats[] = {LWM2M_FORMAT_TEXT, LWM2M_FORMAT_OPAQUE, LWM2M_FORMAT_CBOR};
    if (size > 0) {
        test_fuzz_format(formats[data[0] % 3], data + 1, size - 1);
    }
    return 0;
}
