#include "bootstrap/coap/outbox.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 256 };

void cc_outbox_clear(struct cc_outbox *box)
{
    if (box->data != NULL) {
        explicit_bzero(box->data, box->capacity);
        free(box->data);
    }
    *box = (struct cc_outbox){.data = NULL};
}

static bool grow(struct cc_outbox *box, size_t want)
{
    size_t rest = box->end - box->begin;
    size_t capacity = want > 2 * rest ? want : 2 * rest;
    capacity = capacity > FIRST_BYTES ? capacity : FIRST_BYTES;
    uint8_t *data = malloc(capacity);
    if (data == NULL) {
        return false;
    }
    if (rest > 0) {
        memcpy(data, box->data + box->begin, rest);
    }
    cc_outbox_clear(box);
    *box = (struct cc_outbox){.data = data, .end = rest, .capacity = capacity};
    return true;
}

enum cc_error cc_outbox_put(struct cc_outbox *box, const uint8_t *data, size_t len, size_t max)
{
    size_t rest = box->end - box->begin;
    if (rest > max || len > max - rest) {
        return CC_ESPACE;
    }
    if (len > box->capacity - box->end && !grow(box, rest + len)) {
        return CC_ENOMEM;
    }
    if (len > 0) {
        memcpy(box->data + box->end, data, len);
        box->end += len;
    }
    return CC_OK;
}

const uint8_t *cc_outbox_rest(const struct cc_outbox *box, size_t *len)
{
    *len = box->end - box->begin;
    return *len > 0 ? box->data + box->begin : NULL;
}

void cc_outbox_sent(struct cc_outbox *box, size_t len)
{
    box->begin += len;
    if (box->begin == box->end) {
        cc_outbox_clear(box);
    }
}
