#include "bootstrap/coap/table.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS    64
#define MOVES_PER_INSERT 2

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

static uint64_t little_endian(const uint8_t *octets, size_t len)
{
    uint64_t value = 0;
    for (size_t i = len; i > 0; i--) {
        value = value << 8 | octets[i - 1];
    }
    return value;
}

uint64_t cc_siphash(const uint8_t seed[16], const void *data, size_t len)
{
    const uint8_t *octets = data;
    uint64_t k0 = little_endian(seed, 8);
    uint64_t k1 = little_endian(seed + 8, 8);
    struct sip s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                    k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        sip_word(&s, little_endian(octets + at, 8));
    }
    sip_word(&s, (uint64_t)len << 56 | little_endian(octets + at, len - at));
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint64_t key_hash(const struct cc_table *table, const struct cc_key *key)
{
    uint8_t octets[28];
    memcpy(octets, key->peer.ip, 16);
    memcpy(octets + 16, &key->peer.scope, 4);
    memcpy(octets + 20, &key->peer.port, 2);
    memcpy(octets + 22, &key->peer.is_v6, 2);
    memcpy(octets + 24, &key->listener, 4);
    return cc_siphash(table->seed, octets, sizeof octets);
}

enum cc_error cc_table_init(struct cc_table *table, const uint8_t seed[CC_TABLE_SEED])
{
    *table = (struct cc_table){.now.count = FIRST_BUCKETS};
    memcpy(table->seed, seed, CC_TABLE_SEED);
    table->now.heads = calloc(FIRST_BUCKETS, sizeof *table->now.heads);
    return table->now.heads ? CC_OK : CC_ENOMEM;
}

void cc_table_clear(struct cc_table *table)
{
    free(table->now.heads);
    free(table->old.heads);
    *table = (struct cc_table){.entries = 0};
}

/* The bucket that HASH lies in at this moment: still in the old array unless moved. */
static struct cc_node **bucket(struct cc_table *table, uint64_t hash)
{
    if (table->old.count) {
        size_t index = hash & (table->old.count - 1);
        if (index >= table->moved) {
            return &table->old.heads[index];
        }
    }
    return &table->now.heads[hash & (table->now.count - 1)];
}

static bool key_equal(const struct cc_key *a, const struct cc_key *b)
{
    return a->listener == b->listener && cc_address_equal(&a->peer, &b->peer);
}

struct cc_node *cc_table_find(struct cc_table *table, const struct cc_key *key)
{
    uint64_t hash = key_hash(table, key);
    struct cc_node *node = *bucket(table, hash);
    table->steps++;
    while (node && (node->hash != hash || !key_equal(&node->key, key))) {
        node = node->next;
        table->steps++;
    }
    return node;
}

static void move_bucket(struct cc_table *table)
{
    struct cc_node *node = table->old.heads[table->moved++];
    while (node) {
        struct cc_node *next = node->next;
        struct cc_node **head = &table->now.heads[node->hash & (table->now.count - 1)];
        node->next = *head;
        *head = node;
        node = next;
        table->steps++;
    }
}

/* Growth by doubling: the old array is empty long before the new one is full. */
static void grow(struct cc_table *table)
{
    if (!table->old.count && table->entries >= table->now.count) {
        struct cc_buckets bigger = {.count = table->now.count * 2};
        bigger.heads = calloc(bigger.count, sizeof *bigger.heads);
        if (!bigger.heads) {
            return; /* longer chains, tried again at the next insert */
        }
        table->old = table->now;
        table->now = bigger;
        table->moved = 0;
    }
    for (int i = 0; i < MOVES_PER_INSERT && table->moved < table->old.count; i++) {
        move_bucket(table);
    }
    if (table->old.count && table->moved == table->old.count) {
        free(table->old.heads);
        table->old = (struct cc_buckets){.count = 0};
    }
}

void cc_table_insert(struct cc_table *table, struct cc_node *node)
{
    grow(table);
    node->hash = key_hash(table, &node->key);
    struct cc_node **head = bucket(table, node->hash);
    node->next = *head;
    *head = node;
    table->entries++;
    table->steps++;
}

void cc_table_remove(struct cc_table *table, struct cc_node *node)
{
    struct cc_node **at = bucket(table, node->hash);
    while (*at && *at != node) {
        at = &(*at)->next;
        table->steps++;
    }
    if (*at) {
        *at = node->next;
        node->next = NULL;
        table->entries--;
    }
}
