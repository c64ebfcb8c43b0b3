#include "bootstrap/policy/language.h"
#include "bootstrap/policy/load.h"

#include "bootstrap/policy/base64.h"

#include <stdlib.h>
#include <string.h>

enum { TAG_SEQUENCE = 0x30, TAG_BITS = 0x03, TRUST_OCTETS_MAX = 16384 };

/* ---- DER: just enough to know a certificate from a key, and a whole file from a cut one ---- */

struct der {
    uint8_t tag;
    const uint8_t *data;
    size_t len;
};

/* The element at *AT, which moves behind it; false when it does not fit before END. */
static bool der_next(const uint8_t **at, const uint8_t *end, struct der *out)
{
    const uint8_t *p = *at;
    if (end - p < 2) {
        return false;
    }
    out->tag = *p++;
    size_t len = *p++;
    if (len > 0x80) {
        size_t octets = len & 0x7f;
        if (octets > 3 || (size_t)(end - p) < octets) {
            return false;
        }
        for (len = 0; octets > 0; octets--) {
            len = len << 8 | *p++;
        }
    } else if (len == 0x80) {
        return false;
    }
    out->data = p;
    out->len = len;
    *at = p + len;
    return (size_t)(end - p) >= len;
}

enum policy_trust_form policy_trust_form(const uint8_t *der, size_t len)
{
    const uint8_t *at = der;
    struct der outer;
    struct der part[3];
    if (!der_next(&at, der + len, &outer) || at != der + len || outer.tag != TAG_SEQUENCE) {
        return POLICY_TRUST_NEITHER;
    }
    const uint8_t *end = outer.data + outer.len;
    size_t count = 0;
    for (at = outer.data; at < end; count++) {
        if (count == 3 || !der_next(&at, end, &part[count])) {
            return POLICY_TRUST_NEITHER;
        }
    }
    if (count == 3 && part[0].tag == TAG_SEQUENCE && part[1].tag == TAG_SEQUENCE &&
        part[2].tag == TAG_BITS) {
        return POLICY_TRUST_CERTIFICATE;
    }
    return count == 2 && part[0].tag == TAG_SEQUENCE && part[1].tag == TAG_BITS
               ? POLICY_TRUST_KEY
               : POLICY_TRUST_NEITHER;
}

/* ---- PEM ---- */

/* The first block of TEXT that is a certificate or a public key; false: there is none. */
static bool pem_decode(struct policy_arena *arena, const char *text, struct policy_trust *trust)
{
    static const char *const labels[] = {"CERTIFICATE", "PUBLIC KEY"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        char begin[40] = "-----BEGIN ";
        strcat(strcat(begin, labels[i]), "-----");
        const char *body = strstr(text, begin);
        const char *end = body != NULL ? strstr(body, "-----END ") : NULL;
        if (end == NULL) {
            continue;
        }
        body += strlen(begin);
        uint8_t *der = policy_arena_alloc(arena, (size_t)(end - body));
        size_t len = 0;
        if (der == NULL || !policy_base64_decode(body, (size_t)(end - body), der, &len)) {
            return false;
        }
        trust->der = der;
        trust->der_len = len;
        return true;
    }
    return false;
}

static void take_file(struct policy_schema_context *context, const struct policy_node *node,
                      const char *text, size_t len, struct policy_trust *trust)
{
    if (len > TRUST_OCTETS_MAX) {
        policy_error(context->report, node->mark, "certificate: the file is larger than %d octets",
                     TRUST_OCTETS_MAX);
        return;
    }
    char *copy = policy_arena_text(context->arena, text, len);
    if (copy == NULL) {
        return;
    }
    if (len > 0 && (uint8_t)text[0] == TAG_SEQUENCE) {
        trust->der = (const uint8_t *)copy;
        trust->der_len = len;
    } else if (!pem_decode(context->arena, copy, trust)) {
        policy_error(context->report, node->mark,
                     "certificate: the file holds no certificate and no public key in PEM or DER");
        return;
    }
    if (policy_trust_form(trust->der, trust->der_len) == POLICY_TRUST_NEITHER) {
        policy_error(context->report, node->mark,
                     "certificate: the file is no whole certificate or public key");
    }
}

void policy_read_trust_file(struct policy_schema_context *context, const struct policy_node *node,
                            void *place)
{
    struct policy_trust *trust = place;
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    trust->file = policy_arena_text(context->arena, node->text, node->len);
    char *path = policy_file_beside(context->file, node->text, node->mark, context->report);
    size_t len = 0;
    char *text = path != NULL ? policy_file_read(path, &len, context->report) : NULL;
    if (text != NULL) {
        take_file(context, node, text, len, trust);
    }
    free(text);
    free(path);
}
