/*
 * What the fuzz targets of the content formats share.
 *
 * The first octet of an input chooses the request path, the rest is the document.
 */
#ifndef IMPRINT_TESTS_SUPPORT_LWM2M_FUZZ_H
#define IMPRINT_TESTS_SUPPORT_LWM2M_FUZZ_H

#include "bootstrap/lwm2m/codec.h"

/*
 * Decodes DATA as FORMAT. If that succeeds, the leaves must encode and read back the same; in every
 * other format too when all are defined, within their ranges and expressible there. Aborts when
 * not.
 */
void test_fuzz_format(uint16_t format, const uint8_t *data, size_t size);

#endif
