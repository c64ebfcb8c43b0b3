/*
 * JSON read token by token against the library that reads whole documents: both take and refuse the
 * same, but for what their headers say (depth, names twice, numbers beyond 64 bits), and what both
 * take says the same in both.
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

static void require_text(const struct lwm2m_json_node *node, const uint8_t *data, size_t len)
{
    const char *text;
    size_t text_len;
    require(lwm2m_json_get_string(node, "", &text, &text_len) == LWM2M_OK);
    require(text_len == len && (len == 0 || memcmp(text, data, len) == 0));
}

/* The library has no sign on a zero that is an integer, and no number above 2^63 - 1. */
static void require_scalar(const struct lwm2m_json_node *node, const struct lwm2m_scalar *scalar)
{
    int64_t number = 0;
    int64_t scanned = 0;
    double real = 0;
    bool boolean = false;
    switch (lwm2m_json_kind(node)) {
    case LWM2M_JSON_STRING:
        require(scalar->kind == LWM2M_SCALAR_TEXT);
        require_text(node, scalar->data, scalar->len);
        break;
    case LWM2M_JSON_INTEGER:
        require(lwm2m_json_get_int(node, "", &number) == LWM2M_OK);
        require(lwm2m_scalar_int64(scalar, &scanned) == LWM2M_OK ||
                lwm2m_double_bits(scalar->real) == lwm2m_double_bits(-0.0));
        require(number == scanned);
        break;
    case LWM2M_JSON_REAL:
        require(lwm2m_json_get_double(node, "", &real) == LWM2M_OK);
        require(scalar->kind == LWM2M_SCALAR_REAL &&
                lwm2m_double_bits(real) == lwm2m_double_bits(scalar->real));
        break;
    case LWM2M_JSON_BOOL:
        require(lwm2m_json_get_bool(node, "", &boolean) == LWM2M_OK);
        require(scalar->kind == LWM2M_SCALAR_BOOLEAN && boolean == scalar->boolean);
        break;
    default:
        require(lwm2m_json_kind(node) == LWM2M_JSON_NULL && scalar->kind == LWM2M_SCALAR_NULL);
        break;
    }
}

/* Walks both, which took it all. */
static void same(struct lwm2m_scan *scan, struct lwm2m_content *content,
                 const struct lwm2m_json_node *node)
{
    struct lwm2m_scan_group group;
    struct lwm2m_scalar scalar;
    const enum lwm2m_json_kind kind = lwm2m_json_kind(node);
    if (kind != LWM2M_JSON_OBJECT && kind != LWM2M_JSON_ARRAY) {
        require(lwm2m_scan_scalar(scan, content, &scalar) == LWM2M_OK);
        require_scalar(node, &scalar);
        return;
    }
    bool more = true;
    void *cursor = NULL;
    size_t count = 0;
    require(lwm2m_scan_enter(scan, kind == LWM2M_JSON_OBJECT ? '{' : '[', &group) == LWM2M_OK);
    for (;; count++) {
        const struct lwm2m_json_node *member = lwm2m_json_item(node, count);
        const uint8_t *key = NULL;
        const char *name = "";
        size_t len = 0;
        require(lwm2m_scan_more(scan, &group, &more) == LWM2M_OK);
        if (!more) {
            break;
        }
        if (kind == LWM2M_JSON_OBJECT) {
            member = lwm2m_json_next(node, &cursor, &name);
            require(lwm2m_scan_key(scan, content, &key, &len) == LWM2M_OK);
            require(member && strlen(name) == len && (len == 0 || memcmp(name, key, len) == 0));
        }
        same(scan, content, member);
    }
    require(count == lwm2m_json_count(node));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct lwm2m_scan start = {.at = data, .end = data + size};
    struct lwm2m_scan scan = start;
    struct lwm2m_json_fault fault;
    enum lwm2m_error error = lwm2m_scan_skip(&scan);
    const bool is_group = size > 0 && scan.at > data && (scan.at[-1] == ']' || scan.at[-1] == '}');
    error = error ? error : lwm2m_scan_end(&scan);
    require(scan.at <= scan.end && (error || scan.depth == 0));
    struct lwm2m_json_document *document = lwm2m_json_parse((const char *)data, size, size, &fault);
    if (!document) {
        /* A document is an array or an object; a value may be anything. */
        require(error || !is_group || is_expected(&fault));
        return 0;
    }
    require(error == LWM2M_OK || error == LWM2M_ELIMIT);
    if (!error) {
        struct lwm2m_content content = {0};
        scan = start;
        same(&scan, &content, lwm2m_json_root(document));
        lwm2m_content_clear(&content);
    }
    lwm2m_json_free(document);
    return 0;
}
