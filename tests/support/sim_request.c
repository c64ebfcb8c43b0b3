#include "tests/support/sim_request.h"

#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <string.h>

static void add(struct test_request *request, uint16_t number, const void *value, size_t len)
{
    request->message.options[request->message.option_count++] =
        (struct cc_option){.number = number, .len = (uint16_t)len, .value = value};
}

void test_request_init(struct test_request *request, uint8_t method, const char *path,
                       uint16_t format)
{
    memset(request, 0, sizeof *request);
    request->message.code = method;
    strcpy(request->path, path);
    request->format[0] = (uint8_t)(format >> 8);
    request->format[1] = (uint8_t)(format & 255);
    for (char *save = NULL, *part = strtok_r(request->path, "/", &save); part != NULL;
         part = strtok_r(NULL, "/", &save)) {
        add(request, CC_OPT_URI_PATH, part, strlen(part));
    }
    if (format != CC_FORMAT_NONE) {
        add(request, method == CC_GET ? CC_OPT_ACCEPT : CC_OPT_CONTENT_FORMAT, request->format, 2);
    }
}

void test_request_body(struct test_request *request, const char *path, uint16_t format,
                       const char *leaves)
{
    struct lwm2m_path base;
    struct lwm2m_content content = {0};
    assert_int_equal(lwm2m_path_parse(path, strlen(path), &base), LWM2M_OK);
    test_leaves_parse(leaves, &content);
    request->message.payload = request->payload;
    assert_int_equal(lwm2m_encode(format, base, content.leaves, content.count, request->payload,
                                  sizeof request->payload, &request->message.payload_len),
                     LWM2M_OK);
    lwm2m_content_clear(&content);
}
