/*
 * Which run owns an endpoint's bootstrap: one at a time, the newer wins (sharded map, locked once a
 * bootstrap).
 */
#ifndef BS_OWNERS_H
#define BS_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bs_owners;

/* A run: the worker that drives it and a number that no other run of that worker has had. */
struct bs_owner {
    uint32_t worker;
    uint64_t run;
    bool is_secure; /* a credential proved the endpoint, not its name alone */
};

/* An empty map; NULL when out of memory. */
struct bs_owners *bs_owners_new(void);
void bs_owners_free(struct bs_owners *owners);
/* OWNER takes ENDPOINT over, but for one without security from one with. *IS_REPLACING tells
 * whether PREVIOUS held it. False when OWNER does not hold it: refused, or out of memory. */
bool bs_owners_claim(struct bs_owners *owners, const char *endpoint, struct bs_owner owner,
                     struct bs_owner *previous, bool *is_replacing);
/* OWNER lets ENDPOINT go; nothing happens when somebody newer holds it. */
void bs_owners_release(struct bs_owners *owners, const char *endpoint, struct bs_owner owner);
/* Who holds ENDPOINT; false when nobody. */
bool bs_owners_find(struct bs_owners *owners, const char *endpoint, struct bs_owner *owner);

#endif
