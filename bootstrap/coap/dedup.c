#include "bootstrap/coap/dedup.h"

#include <stdlib.h>
#include <string.h>

struct cc_seen *cc_dedup_find(const struct cc_dedup *dedup, uint16_t mid)
{
    for (size_t i = 0; dedup->rows != NULL && i < CC_DEDUP_MAX; i++) {
        if (dedup->rows[i].state != CC_SEEN_FREE && dedup->rows[i].mid == mid) {
            return &dedup->rows[i];
        }
    }
    return NULL;
}

struct cc_seen *cc_dedup_find_separate(const struct cc_dedup *dedup, uint16_t our_mid)
{
    for (size_t i = 0; dedup->rows != NULL && i < CC_DEDUP_MAX; i++) {
        if (dedup->rows[i].state == CC_SEEN_SEPARATE && dedup->rows[i].our_mid == our_mid) {
            return &dedup->rows[i];
        }
    }
    return NULL;
}

static bool is_older(const struct cc_seen *a, const struct cc_seen *b)
{
    return (int32_t)(a->order - b->order) < 0;
}

/* A free row, or else the oldest that is done. */
static struct cc_seen *find_room(const struct cc_dedup *dedup)
{
    struct cc_seen *oldest = NULL;
    for (size_t i = 0; i < CC_DEDUP_MAX; i++) {
        struct cc_seen *row = &dedup->rows[i];
        if (row->state == CC_SEEN_FREE) {
            return row;
        }
        if (row->state == CC_SEEN_DONE && (oldest == NULL || is_older(row, oldest))) {
            oldest = row;
        }
    }
    return oldest;
}

static void forget(struct cc_seen *row)
{
    cc_seen_drop_reply(row);
    *row = (struct cc_seen){.state = CC_SEEN_FREE};
}

struct cc_seen *cc_dedup_add(struct cc_dedup *dedup, const struct cc_message *message,
                             uint64_t expires_ms)
{
    if (dedup->rows == NULL) {
        dedup->rows = calloc(CC_DEDUP_MAX, sizeof *dedup->rows);
    }
    struct cc_seen *row = dedup->rows != NULL ? find_room(dedup) : NULL;
    if (row == NULL) {
        return NULL;
    }
    forget(row);
    row->state = CC_SEEN_OPEN;
    row->order = dedup->next_order++;
    row->expires_ms = expires_ms;
    row->mid = message->mid;
    row->is_confirmable = message->type == CC_CON;
    row->token_len = message->token_len;
    memcpy(row->token, message->token, message->token_len);
    return row;
}

static size_t kept_bytes(const struct cc_dedup *dedup)
{
    size_t sum = 0;
    for (size_t i = 0; i < CC_DEDUP_MAX; i++) {
        sum += dedup->rows[i].reply_len;
    }
    return sum;
}

/* Drops the oldest reply that nobody waits for; false when there is none. */
static bool drop_oldest(struct cc_dedup *dedup)
{
    struct cc_seen *oldest = NULL;
    for (size_t i = 0; i < CC_DEDUP_MAX; i++) {
        struct cc_seen *row = &dedup->rows[i];
        if (row->state == CC_SEEN_DONE && row->reply != NULL &&
            (oldest == NULL || is_older(row, oldest))) {
            oldest = row;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    cc_seen_drop_reply(oldest);
    return true;
}

enum cc_error cc_dedup_keep(struct cc_dedup *dedup, struct cc_seen *row, const uint8_t *reply,
                            size_t len)
{
    while (kept_bytes(dedup) + len > CC_DEDUP_BYTES_MAX) {
        if (!drop_oldest(dedup)) {
            return CC_ENOMEM;
        }
    }
    row->reply = malloc(len);
    if (row->reply == NULL) {
        return CC_ENOMEM;
    }
    memcpy(row->reply, reply, len);
    row->reply_len = (uint16_t)len;
    return CC_OK;
}

void cc_seen_drop_reply(struct cc_seen *row)
{
    if (row->reply != NULL) {
        explicit_bzero(row->reply, row->reply_len);
        free(row->reply);
    }
    row->reply = NULL;
    row->reply_len = 0;
}

void cc_dedup_expire(struct cc_dedup *dedup, uint64_t now_ms)
{
    size_t left = 0;
    for (size_t i = 0; dedup->rows != NULL && i < CC_DEDUP_MAX; i++) {
        struct cc_seen *row = &dedup->rows[i];
        if (row->state != CC_SEEN_FREE && row->expires_ms <= now_ms) {
            forget(row);
        }
        left += row->state != CC_SEEN_FREE;
    }
    if (left == 0) {
        cc_dedup_clear(dedup);
    }
}

uint64_t cc_dedup_deadline(const struct cc_dedup *dedup)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; dedup->rows != NULL && i < CC_DEDUP_MAX; i++) {
        const struct cc_seen *row = &dedup->rows[i];
        uint64_t at = row->expires_ms;
        bool is_due = row->state == CC_SEEN_SEPARATE || cc_seen_awaits_ack(row);
        if (is_due && row->backoff.deadline_ms < at) {
            at = row->backoff.deadline_ms;
        }
        if (row->state != CC_SEEN_FREE && at < first) {
            first = at;
        }
    }
    return first;
}

void cc_dedup_clear(struct cc_dedup *dedup)
{
    for (size_t i = 0; dedup->rows != NULL && i < CC_DEDUP_MAX; i++) {
        forget(&dedup->rows[i]);
    }
    free(dedup->rows);
    dedup->rows = NULL;
}

size_t cc_dedup_memory(const struct cc_dedup *dedup)
{
    return dedup->rows == NULL ? 0 : CC_DEDUP_MAX * sizeof *dedup->rows + kept_bytes(dedup);
}
