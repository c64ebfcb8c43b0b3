/*
 * Requests of a bootstrap server as parsed messages, for tests of what a simulated device answers.
 */
#ifndef IMPRINT_TESTS_SUPPORT_SIM_REQUEST_H
#define IMPRINT_TESTS_SUPPORT_SIM_REQUEST_H

#include "bootstrap/coap/message.h"

#define TEST_REQUEST_MAX 1024

struct test_request {
    struct cc_message message;
    char path[64];
    uint8_t format[2];
    uint8_t payload[TEST_REQUEST_MAX];
};

/* FORMAT is Accept for GET, else Content-Format; CC_FORMAT_NONE = no option. */
void test_request_init(struct test_request *request, uint8_t method, const char *path,
                       uint16_t format);
/* LEAVES (as in lwm2m_text.h) as the payload. Asserts success. */
void test_request_body(struct test_request *request, const char *path, uint16_t format,
                       const char *leaves);

#endif
