#include "bootstrap/server/owners.h"

#include "pki/secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS      64
#define BUCKETS_MIN 64

struct entry {
    struct entry *next;
    uint64_t hash;
    struct bs_owner owner;
    char endpoint[];
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t bucket_count; /* power of two */
    size_t entry_count;
};

struct bs_owners {
    uint64_t seed;
    struct shard shards[SHARDS];
};

/* FNV-1a over a random start: endpoint names come from outside, but only authenticated ones get
 * here. */
static uint64_t hash_of(const struct bs_owners *owners, const char *endpoint)
{
    uint64_t hash = owners->seed;
    for (const char *at = endpoint; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

struct bs_owners *bs_owners_new(void)
{
    struct bs_owners *owners = calloc(1, sizeof *owners);
    if (!owners)
        return NULL;
    pki_secret_random(NULL, (uint8_t *)&owners->seed, sizeof owners->seed);
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &owners->shards[i];
        pthread_mutex_init(&shard->lock, NULL);
        shard->bucket_count = BUCKETS_MIN;
        shard->buckets = calloc(BUCKETS_MIN, sizeof *shard->buckets);
        if (!shard->buckets) {
            bs_owners_free(owners);
            return NULL;
        }
    }
    return owners;
}

void bs_owners_free(struct bs_owners *owners)
{
    if (!owners)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &owners->shards[i];
        for (size_t b = 0; shard->buckets && b < shard->bucket_count; b++)
            while (shard->buckets[b]) {
                struct entry *entry = shard->buckets[b];
                shard->buckets[b] = entry->next;
                free(entry);
            }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->lock);
    }
    free(owners);
}

/* The link that points at ENDPOINT's entry, or at the NULL where it belongs. */
static struct entry **find(struct shard *shard, uint64_t hash, const char *endpoint)
{
    struct entry **link = &shard->buckets[(hash >> 6) & (shard->bucket_count - 1)];
    while (*link && ((*link)->hash != hash || strcmp((*link)->endpoint, endpoint) != 0))
        link = &(*link)->next;
    return link;
}

static void grow(struct shard *shard)
{
    size_t count = shard->bucket_count * 2;
    struct entry **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return; /* longer chains until memory comes back */
    for (size_t b = 0; b < shard->bucket_count; b++)
        while (shard->buckets[b]) {
            struct entry *entry = shard->buckets[b];
            shard->buckets[b] = entry->next;
            struct entry **link = &buckets[(entry->hash >> 6) & (count - 1)];
            entry->next = *link;
            *link = entry;
        }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->bucket_count = count;
}

static struct entry *insert(struct shard *shard, struct entry **link, uint64_t hash,
                            const char *endpoint)
{
    size_t len = strlen(endpoint) + 1;
    struct entry *entry = malloc(sizeof *entry + len);
    if (!entry)
        return NULL;
    memcpy(entry->endpoint, endpoint, len);
    entry->hash = hash;
    entry->next = NULL;
    *link = entry;
    if (++shard->entry_count > shard->bucket_count)
        grow(shard);
    return entry;
}

bool bs_owners_claim(struct bs_owners *owners, const char *endpoint, struct bs_owner owner,
                     struct bs_owner *previous, bool *is_replacing)
{
    uint64_t hash = hash_of(owners, endpoint);
    struct shard *shard = &owners->shards[hash % SHARDS];
    pthread_mutex_lock(&shard->lock);
    struct entry **link = find(shard, hash, endpoint);
    struct entry *entry = *link;
    bool is_refused = entry && entry->owner.is_secure && !owner.is_secure;
    *is_replacing = entry && !is_refused;
    if (*is_replacing)
        *previous = entry->owner;
    else if (!entry)
        entry = insert(shard, link, hash, endpoint);
    if (entry && !is_refused)
        entry->owner = owner;
    pthread_mutex_unlock(&shard->lock);
    return entry && !is_refused;
}

void bs_owners_release(struct bs_owners *owners, const char *endpoint, struct bs_owner owner)
{
    uint64_t hash = hash_of(owners, endpoint);
    struct shard *shard = &owners->shards[hash % SHARDS];
    pthread_mutex_lock(&shard->lock);
    struct entry **link = find(shard, hash, endpoint);
    struct entry *entry = *link;
    if (entry && entry->owner.worker == owner.worker && entry->owner.run == owner.run) {
        *link = entry->next;
        shard->entry_count--;
        free(entry);
    }
    pthread_mutex_unlock(&shard->lock);
}

bool bs_owners_find(struct bs_owners *owners, const char *endpoint, struct bs_owner *owner)
{
    uint64_t hash = hash_of(owners, endpoint);
    struct shard *shard = &owners->shards[hash % SHARDS];
    pthread_mutex_lock(&shard->lock);
    const struct entry *entry = *find(shard, hash, endpoint);
    if (entry)
        *owner = entry->owner;
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}
