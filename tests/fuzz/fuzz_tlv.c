/* TLV: what decodes must encode, and decode again to the same, in every format. */
#include "tests/support/lwm2m_fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_fuzz_format(LWM2M_FORMAT_TLV, data, size);
    return 0;
}
