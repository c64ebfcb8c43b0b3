/* Values -> the answer to a Read. */
#include "tests/e2e/peer_libcoap/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writing {
    uint8_t *out;
    size_t capacity, len;
    bool is_full;
};

static void put(struct writing *to, const void *data, size_t len)
{
    to->is_full |= len > to->capacity - to->len;
    if (!to->is_full) {
        memcpy(to->out + to->len, data, len);
        to->len += len;
    }
}

static void put_text(struct writing *to, const char *format, ...)
{
    char text[192];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(to, text, len > 0 ? (size_t)len : 0);
}

static void path_text(const struct peer_place *at, char out[64])
{
    int len = 0;
    for (int i = 0; i < at->depth; i++) {
        len += snprintf(out + len, 64 - (size_t)len, "/%d", at->id[i]);
    }
}

/* ---- TLV ---- */

static void put_tlv(struct writing *to, unsigned kind, int id, const uint8_t *data, size_t len)
{
    uint8_t header[6];
    size_t at = 1;
    header[0] = (uint8_t)(kind << 6 | (id > 255 ? 0x20u : 0));
    if (id > 255) {
        header[at++] = (uint8_t)(id >> 8);
    }
    header[at++] = (uint8_t)id;
    if (len < 8) {
        header[0] |= (uint8_t)len;
    } else if (len < 256) {
        header[0] |= 0x08;
        header[at++] = (uint8_t)len;
    } else {
        header[0] |= 0x10;
        header[at++] = (uint8_t)(len >> 8);
        header[at++] = (uint8_t)len;
    }
    put(to, header, at);
    put(to, data, len);
}

/* How many of LEAVES stand under the same place as the first, DEPTH deep. */
static size_t run_of(const struct peer_leaf *const *leaves, size_t count, int depth)
{
    size_t run = 1;
    while (run < count && leaves[run]->at.depth > depth &&
           memcmp(leaves[run]->at.id, leaves[0]->at.id, sizeof(int) * (size_t)depth) == 0) {
        run++;
    }
    return run;
}

/* DEPTH: 1 instances, 2 resources, 3 resource instances. */
static void write_tlv(struct writing *to, const struct peer_leaf *const *leaves, size_t count,
                      int depth)
{
    static const unsigned kinds[] = {0, 0, 2, 1};
    while (count > 0) {
        const struct peer_leaf *leaf = leaves[0];
        size_t run = 1;
        if (leaf->at.depth == depth + 1) {
            put_tlv(to, depth == 3 ? 1 : 3, leaf->at.id[depth], leaf->data, leaf->len);
        } else {
            uint8_t inner[4096];
            struct writing nested = {.out = inner, .capacity = sizeof inner};
            run = run_of(leaves, count, depth + 1);
            write_tlv(&nested, leaves, run, depth + 1);
            put_tlv(to, kinds[depth], leaf->at.id[depth], inner, nested.len);
            to->is_full |= nested.is_full;
        }
        leaves += run;
        count -= run;
    }
}

/* ---- CBOR and JSON ---- */

static void write_senml_cbor(struct writing *to, const struct peer_leaf *const *leaves,
                             size_t count)
{
    static const uint8_t labels[] = {2, 2, 8, 3, 0, 0, 0, 4}; /* by major type: v, vd, vs, vb */
    char path[64];
    const uint8_t array[] = {0x99, (uint8_t)(count >> 8), (uint8_t)count};
    put(to, array, sizeof array);
    for (size_t i = 0; i < count; i++) {
        path_text(&leaves[i]->at, path);
        const uint8_t begin[] = {0xa2, 0x00, 0x78, (uint8_t)strlen(path)};
        put(to, begin, sizeof begin);
        put(to, path, strlen(path));
        put(to, &labels[leaves[i]->data[0] >> 5], 1);
        put(to, leaves[i]->data, leaves[i]->len);
    }
}

static void put_cbor_uint(struct writing *to, unsigned major, unsigned value)
{
    uint8_t item[] = {(uint8_t)(major << 5), (uint8_t)(value >> 8), (uint8_t)value};
    item[0] |= (uint8_t)(value < 24 ? value : value < 256 ? 24 : 25);
    put(to, item, 1);
    put(to, item + (value < 256 ? 2 : 1), value < 24 ? 0 : value < 256 ? 1 : 2);
}

/* Flat: one pair a value, its whole path as the key. */
static void write_lwm2m_cbor(struct writing *to, const struct peer_leaf *const *leaves,
                             size_t count)
{
    put_cbor_uint(to, 5, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        put_cbor_uint(to, 4, (unsigned)leaves[i]->at.depth);
        for (int n = 0; n < leaves[i]->at.depth; n++) {
            put_cbor_uint(to, 0, (unsigned)leaves[i]->at.id[n]);
        }
        put(to, leaves[i]->data, leaves[i]->len);
    }
}

static void write_senml_json(struct writing *to, const struct peer_leaf *const *leaves,
                             size_t count)
{
    char path[64];
    put_text(to, "[");
    for (size_t i = 0; i < count; i++) {
        path_text(&leaves[i]->at, path);
        put_text(to, "%s{\"n\":\"%s\",\"%s\":", i > 0 ? "," : "", path, leaves[i]->label);
        put(to, leaves[i]->data, leaves[i]->len);
        put_text(to, "}");
    }
    put_text(to, "]");
}

size_t peer_body_write(int format, const struct peer_place *base,
                       const struct peer_leaf *const *leaves, size_t count, uint8_t *out,
                       size_t capacity)
{
    struct writing to = {.out = out, .capacity = capacity};
    if (format == FORMAT_TLV) {
        write_tlv(&to, leaves, count, base->depth);
    } else if (format == FORMAT_SENML_CBOR) {
        write_senml_cbor(&to, leaves, count);
    } else if (format == FORMAT_LWM2M_CBOR) {
        write_lwm2m_cbor(&to, leaves, count);
    } else if (format == FORMAT_SENML_JSON) {
        write_senml_json(&to, leaves, count);
    }
    return to.is_full ? 0 : to.len;
}
