/* Bodies of Writes -> values: OMA LwM2M Core on data formats, RFC 8949, RFC 8428. */
#include "tests/e2e/peer_libcoap/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const uint8_t *body;
    size_t len, at;
    bool is_bad;
    char base_name[64];
    peer_leaf_fn *take;
    void *context;
};

bool peer_place_read(const char *text, struct peer_place *place)
{
    *place = (struct peer_place){0};
    while (*text == '/' && text[1] != '\0' && place->depth < 4) {
        char *end;
        place->id[place->depth++] = (int)strtol(text + 1, &end, 10);
        if (end == text + 1) {
            return false;
        }
        text = end;
    }
    return *text == '\0' || strcmp(text, "/") == 0;
}

enum peer_form peer_form_of(int format)
{
    switch (format) {
    case FORMAT_TLV:
        return FORM_TLV;
    case FORMAT_SENML_CBOR:
    case FORMAT_LWM2M_CBOR:
        return FORM_CBOR;
    case FORMAT_SENML_JSON:
    case FORMAT_JSON:
        return FORM_JSON;
    default:
        return FORM_NONE;
    }
}

static void give(struct reading *in, const struct peer_place *at, enum peer_form form,
                 const char *label, const uint8_t *data, size_t len)
{
    struct peer_leaf leaf = {.at = *at, .form = form, .data = (uint8_t *)data, .len = len};
    snprintf(leaf.label, sizeof leaf.label, "%s", label);
    in->is_bad |= at->depth < 3;
    if (!in->is_bad) {
        in->take(in->context, &leaf);
    }
}

/* ---- TLV ---- */

static unsigned big_endian(struct reading *in, unsigned octets, size_t end)
{
    unsigned value = 0;
    in->is_bad |= octets > end - in->at;
    for (; octets > 0 && !in->is_bad; octets--) {
        value = value << 8 | in->body[in->at++];
    }
    return value;
}

static void walk_tlv(struct reading *in, const struct peer_place *base, size_t end)
{
    while (in->at < end && !in->is_bad) {
        uint8_t type = in->body[in->at++];
        struct peer_place at = *base;
        unsigned id = big_endian(in, type & 0x20 ? 2 : 1, end);
        unsigned octets = type >> 3 & 3u;
        size_t size = octets > 0 ? big_endian(in, octets, end) : type & 7u;
        /* 0: an instance, in the body of an object; 1: in a resource; 2, 3: in an instance */
        int depth = type >> 6 == 0 ? 1 : type >> 6 == 1 ? 3 : 2;
        bool is_same = base->depth == depth + 1 && base->id[depth] == (int)id;
        in->is_bad |= (base->depth != depth && !is_same) || in->is_bad || size > end - in->at;
        if (in->is_bad) {
            return;
        }
        at.id[depth] = (int)id;
        at.depth = depth + 1;
        if (type >> 6 == 0 || type >> 6 == 2) {
            walk_tlv(in, &at, in->at + size);
        } else {
            give(in, &at, FORM_TLV, "", in->body + in->at, size);
            in->at += size;
        }
    }
}

/* ---- CBOR ---- */

/* The head of an item: its major type, and its number; behind it stands AT. */
static int head(struct reading *in, uint64_t *number)
{
    if (in->at >= in->len || in->is_bad) {
        in->is_bad = true;
        return -1;
    }
    uint8_t first = in->body[in->at++];
    unsigned low = first & 31u;
    *number = low;
    in->is_bad |= low > 27 || (low >= 24 && (1u << (low - 24)) > in->len - in->at);
    if (low >= 24 && !in->is_bad) {
        *number = 0;
        for (unsigned n = 1u << (low - 24); n > 0; n--) {
            *number = *number << 8 | in->body[in->at++];
        }
    }
    return in->is_bad ? -1 : first >> 5;
}

/* Steps over one item, which stands alone in a value. */
static void skip(struct reading *in)
{
    uint64_t number;
    int major = head(in, &number);
    if (major == 2 || major == 3) {
        in->is_bad |= number > in->len - in->at;
        in->at += in->is_bad ? 0 : (size_t)number;
    }
    in->is_bad |= major == 4 || major == 5 || major == 6;
}

static void text_item(struct reading *in, char *out, size_t capacity)
{
    uint64_t number;
    int major = head(in, &number);
    in->is_bad |= major != 3 || number >= capacity || number > in->len - in->at;
    if (!in->is_bad) {
        memcpy(out, in->body + in->at, (size_t)number);
        out[number] = '\0';
        in->at += (size_t)number;
    }
}

static void senml_record(struct reading *in)
{
    uint64_t pairs, number;
    char name[64] = "", label[8], path[128];
    size_t value_at = 0, value_len = 0;
    bool is_map = head(in, &pairs) == 5;
    in->is_bad |= !is_map;
    for (; pairs > 0 && !in->is_bad; pairs--) {
        size_t key_at = in->at;
        int major = head(in, &number);
        if (major == 1 && number == 1) {
            text_item(in, in->base_name, sizeof in->base_name);
        } else if (major == 0 && number == 0) {
            text_item(in, name, sizeof name);
        } else {
            in->at = major == 3 ? key_at : in->at;
            if (major == 3) {
                text_item(in, label, sizeof label);
            }
            value_at = in->at;
            skip(in);
            value_len = in->at - value_at;
        }
    }
    struct peer_place at;
    snprintf(path, sizeof path, "%s%s", in->base_name, name);
    in->is_bad |= value_len == 0 || !peer_place_read(path, &at);
    if (!in->is_bad) {
        give(in, &at, FORM_CBOR, "", in->body + value_at, value_len);
    }
}

static void walk_senml_cbor(struct reading *in)
{
    uint64_t records = 0;
    bool is_array = head(in, &records) == 4;
    in->is_bad |= !is_array;
    for (; records > 0 && !in->is_bad; records--) {
        senml_record(in);
    }
}

/* A key of LwM2M CBOR: one ID or an array of them. */
static void key_ids(struct reading *in, struct peer_place *at)
{
    uint64_t number, count = 1;
    int major = head(in, &number);
    if (major == 4) {
        count = number;
        major = head(in, &number);
    }
    for (; !in->is_bad; major = head(in, &number)) {
        in->is_bad |= major != 0 || at->depth == 4 || number > 65535;
        if (!in->is_bad) {
            at->id[at->depth++] = (int)number;
        }
        if (--count == 0) {
            return;
        }
    }
}

static void walk_lwm2m_cbor(struct reading *in, const struct peer_place *base)
{
    uint64_t pairs;
    size_t begin = in->at;
    if (in->at < in->len && in->body[in->at] >> 5 != 5) {
        skip(in);
        give(in, base, FORM_CBOR, "", in->body + begin, in->at - begin);
        return;
    }
    for (head(in, &pairs); pairs > 0 && !in->is_bad; pairs--) {
        struct peer_place at = *base;
        key_ids(in, &at);
        if (!in->is_bad) {
            walk_lwm2m_cbor(in, &at);
        }
    }
}

/* ---- JSON ---- */

/* Behind a JSON text that begins at AT with its quote. */
static size_t text_end(const struct reading *in, size_t at)
{
    for (at++; at < in->len && in->body[at] != '"'; at++) {
        at += in->body[at] == '\\';
    }
    return at + 1;
}

static size_t token_end(const struct reading *in, size_t at)
{
    if (in->body[at] == '"') {
        return text_end(in, at);
    }
    while (at < in->len && strchr(",}] \n", in->body[at]) == NULL) {
        at++;
    }
    return at;
}

static void copy_text(const struct reading *in, size_t from, size_t to, char *out, size_t capacity)
{
    snprintf(out, capacity, "%.*s", (int)(to - from - 2), (const char *)in->body + from + 1);
}

/* One "key": token; AT stands on the key's quote. */
static void json_pair(struct reading *in, char name[64], struct peer_leaf *value)
{
    char key[8];
    size_t end = text_end(in, in->at);
    if (end > in->len || end - in->at - 2 >= sizeof key) {
        in->is_bad = true;
        return;
    }
    copy_text(in, in->at, end, key, sizeof key);
    for (in->at = end; in->at < in->len && strchr(": ", in->body[in->at]) != NULL; in->at++) {
    }
    in->is_bad |= in->at >= in->len;
    if (in->is_bad || in->body[in->at] == '[') {
        return;
    }
    end = token_end(in, in->at);
    in->is_bad |= end > in->len;
    if (strcmp(key, "bn") == 0 && !in->is_bad) {
        copy_text(in, in->at, end, in->base_name, sizeof in->base_name);
    } else if (strcmp(key, "n") == 0 && !in->is_bad) {
        copy_text(in, in->at, end, name, 64);
    } else if (!in->is_bad) {
        snprintf(value->label, sizeof value->label, "%s", key);
        value->data = (uint8_t *)in->body + in->at;
        value->len = end - in->at;
    }
    in->at = end;
}

/* Every object with a value is a record, in the list of SenML as in the "e" of the older format. */
static void walk_json(struct reading *in)
{
    char name[64] = "", path[128];
    struct peer_leaf value = {0};
    while (in->at < in->len && !in->is_bad) {
        uint8_t octet = in->body[in->at];
        if (octet == '"') {
            json_pair(in, name, &value);
            continue;
        }
        if (octet == '}' && value.data != NULL) {
            snprintf(path, sizeof path, "%s%s", in->base_name, name);
            in->is_bad |= !peer_place_read(path, &value.at);
            give(in, &value.at, FORM_JSON, value.label, value.data, value.len);
            value = (struct peer_leaf){0};
            name[0] = '\0';
        }
        in->at++;
    }
}

bool peer_body_walk(int format, const struct peer_place *base, const uint8_t *body, size_t len,
                    peer_leaf_fn *take, void *context)
{
    static const struct peer_place root = {0};
    struct reading in = {.body = body, .len = len, .take = take, .context = context};
    switch (format) {
    case FORMAT_TLV:
        walk_tlv(&in, base, len);
        break;
    case FORMAT_SENML_CBOR:
        walk_senml_cbor(&in);
        break;
    case FORMAT_LWM2M_CBOR:
        walk_lwm2m_cbor(&in, &root);
        break;
    default:
        walk_json(&in);
    }
    return !in.is_bad && in.at == len;
}

/* ---- single values ---- */

long peer_leaf_number(const struct peer_leaf *leaf)
{
    struct reading in = {.body = leaf->data, .len = leaf->len};
    uint64_t number = 0;
    char text[24];
    if (leaf->form == FORM_TLV) {
        unsigned value = leaf->len <= 4 ? big_endian(&in, (unsigned)leaf->len, leaf->len) : 0;
        return leaf->len <= 4 ? (long)value : -1;
    }
    if (leaf->form == FORM_CBOR) {
        int major = head(&in, &number);
        return major == 0 ? (long)number : major == 7 ? number == 21 : -1;
    }
    snprintf(text, sizeof text, "%.*s", (int)leaf->len, (const char *)leaf->data);
    return strcmp(text, "true") == 0    ? 1
           : strcmp(text, "false") == 0 ? 0
           : text[0] == '"'             ? -1
                                        : strtol(text, NULL, 10);
}

void peer_leaf_text(const struct peer_leaf *leaf, char out[static URI_MAX])
{
    struct reading in = {.body = leaf->data, .len = leaf->len};
    size_t len = 0;
    if (leaf->form == FORM_TLV) {
        snprintf(out, URI_MAX, "%.*s", (int)leaf->len, (const char *)leaf->data);
    } else if (leaf->form == FORM_CBOR) {
        out[0] = '\0';
        text_item(&in, out, URI_MAX);
    } else {
        for (size_t i = 1; i + 1 < leaf->len && len + 1 < URI_MAX; i++) {
            if (leaf->data[i] != '\\') {
                out[len++] = (char)leaf->data[i];
            }
        }
        out[len] = '\0';
    }
}
