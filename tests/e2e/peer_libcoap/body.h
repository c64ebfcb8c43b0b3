/*
 * The content formats as peer_libcoap reads and writes them: TLV, the CBOR formats and the JSON
 * ones. A value stays as it came (its octets, its CBOR item, its JSON token), so that it can be
 * given back in the same family of formats.
 */
#ifndef TESTS_E2E_PEER_BODY_H
#define TESTS_E2E_PEER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FORMAT_LINK = 40,
    FORMAT_SENML_JSON = 110,
    FORMAT_SENML_CBOR = 112,
    FORMAT_TLV = 11542,
    FORMAT_JSON = 11543,
    FORMAT_LWM2M_CBOR = 11544
};
enum { URI_MAX = 256, LABEL_MAX = 8 };

enum peer_form { FORM_NONE, FORM_TLV, FORM_CBOR, FORM_JSON };

struct peer_place {
    int id[4];
    int depth;
};

struct peer_leaf {
    struct peer_place at;
    enum peer_form form;
    char label[LABEL_MAX]; /* JSON: v, vs, vb, vd or vlo */
    uint8_t *data;
    size_t len;
};

/* "/1/0" and the like; false when it is none. */
bool peer_place_read(const char *text, struct peer_place *place);
enum peer_form peer_form_of(int format);

/* Borrows LEAF. */
typedef void peer_leaf_fn(void *context, const struct peer_leaf *leaf);
/* Calls TAKE for each value of BODY, which was written to BASE; false: it is not FORMAT. */
bool peer_body_walk(int format, const struct peer_place *base, const uint8_t *body, size_t len,
                    peer_leaf_fn *take, void *context);

/* A whole number or truth; -1 when LEAF is neither. */
long peer_leaf_number(const struct peer_leaf *leaf);
void peer_leaf_text(const struct peer_leaf *leaf, char out[static URI_MAX]);

/*
 * LEAVES, ascending and all of the family of FORMAT, as the answer to a Read of BASE. The octets
 * written; 0 also when there is no room.
 */
size_t peer_body_write(int format, const struct peer_place *base,
                       const struct peer_leaf *const *leaves, size_t count, uint8_t *out,
                       size_t capacity);

#endif
