/*
 * Sessions by (listener, peer address): a chained hash table whose hash is keyed, since a peer
 * chooses its port.
 *
 * The table grows by itself, a few buckets at each insert: no operation is linear in the number of
 * entries. Nodes are members of the user's own struct. `steps` counts the work done, for the caller
 * to read and reset. Not thread safe.
 */
#ifndef CC_TABLE_H
#define CC_TABLE_H

#include "bootstrap/coap/address.h"

#define CC_TABLE_SEED 16

struct cc_key {
    struct cc_address peer;
    uint32_t listener;
};

struct cc_node {
    struct cc_node *next;
    uint64_t hash;
    struct cc_key key;
};

struct cc_buckets {
    struct cc_node **heads;
    size_t count; /* power of two, 0 = none */
};

struct cc_table {
    struct cc_buckets now;
    struct cc_buckets old; /* being moved into `now` */
    size_t moved;          /* buckets of `old` that are empty already */
    size_t entries;
    uint64_t steps;
    uint8_t seed[CC_TABLE_SEED];
};

/* CC_ENOMEM. */
enum cc_error cc_table_init(struct cc_table *table, const uint8_t seed[CC_TABLE_SEED]) MUST_USE;
/* Frees the buckets; the nodes are the caller's. */
void cc_table_clear(struct cc_table *table);

/* NULL when there is none. */
struct cc_node *cc_table_find(struct cc_table *table, const struct cc_key *key);
/* NODE->key is set by the caller and not in the table yet. */
void cc_table_insert(struct cc_table *table, struct cc_node *node);
void cc_table_remove(struct cc_table *table, struct cc_node *node);

/* SipHash-2-4 of DATA under SEED. */
uint64_t cc_siphash(const uint8_t seed[16], const void *data, size_t len);

#endif
