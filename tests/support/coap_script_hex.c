#include "tests/support/coap_script.h"

#include <stdio.h>

#include "bootstrap/coap/block.h"
#include "tests/support/cmocka_all.h"

enum { BODY = 1 << 17 };

static uint8_t pattern[BODY];

uint8_t coap_script_octet(size_t index)
{
    return (uint8_t)(index * 7 + (index >> 8));
}

const uint8_t *coap_script_pattern(void)
{
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = coap_script_octet(i);
    }
    return pattern;
}

size_t coap_script_hex(const char *text, uint8_t *out, size_t capacity)
{
    size_t len = 0;
    while (*text != '\0') {
        unsigned octet = 0;
        size_t offset = 0;
        size_t count = 0;
        int used = 0;
        if (*text == ' ') {
            text++;
            continue;
        }
        if (sscanf(text, "#%zu%n", &count, &used) == 1) {
            assert_true(capacity - len >= 8);
            uint64_t etag = cc_block_etag(coap_script_pattern(), count);
            for (size_t i = 0; i < 8; i++) {
                out[len++] = (uint8_t)(etag >> (56 - 8 * i));
            }
            text += used;
            continue;
        }
        if (sscanf(text, "@%zu+%zu%n", &offset, &count, &used) == 2) {
            assert_true(count <= capacity - len);
            for (size_t i = 0; i < count; i++) {
                out[len++] = coap_script_octet(offset + i);
            }
            text += used;
            continue;
        }
        assert_int_equal(sscanf(text, "%2x", &octet), 1);
        assert_true(len < capacity);
        out[len++] = (uint8_t)octet;
        text += 2;
    }
    return len;
}
