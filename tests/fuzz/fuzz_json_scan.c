/*
 * JSON read token by token against the library that reads whole documents: both take and refuse the
 * same, but for what their headers say (depth, names twice, numbers beyond 64 bits).
 */
#include "bootstrap/lwm2m/json.h"
#include "bootstrap/lwm2m/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
    if (!fact) {
        abort();
    }
}

/* What only the library refuses, by its own words. */
static bool is_expected(const struct lwm2m_json_fault *fault)
{
    return strstr(fault->text, "duplicate") || strstr(fault->text, "too big") ||
           strstr(fault->text, "overflow");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lwm2m_scan scan = {.at = data, .end = data + size};
    struct lwm2m_json_fault fault;
    enum lwm2m_error error = lwm2m_scan_skip(&scan);
    const bool is_group = size > 0 && scan.at > data && (scan.at[-1] == ']' || scan.at[-1] == '}');
    error = error ? error : lwm2m_scan_end(&scan);
    require(scan.at <= scan.end && (error || scan.depth == 0));
    struct lwm2m_json_document *document = lwm2m_json_parse((const char *)data, size, size, &fault);
    if (document) {
        require(error == LWM2M_OK || error == LWM2M_ELIMIT);
    } else {
        /* A document is an array or an object; a value may be anything. */
        require(error || !is_group || is_expected(&fault));
    }
    lwm2m_json_free(document);
    return 0;
}
