/*
 * What a reload swaps as a whole: settings and policies, immutable and reference counted.
 */
#ifndef BS_SNAPSHOT_H
#define BS_SNAPSHOT_H

#include "bootstrap/policy/policy.h"
#include "bootstrap/policy/settings.h"

#include <stdatomic.h>

struct bs_snapshot {
    atomic_uint references;
    struct policy_settings settings;
    struct policy_set *policies;
    int64_t loaded_at;
    char *policies_path;
    char *objects_path; /* NULL: the built-in objects alone */
};

/* What the command line lays over the settings file. */
struct bs_overrides {
    const char *listen[POLICY_LISTENERS_MAX];
    size_t listen_count;
    bool allow_plain_secrets;
    unsigned workers; /* 0 = as the settings say */
};

/*
 * Loads H/imprintd.yaml, the object definitions and the policies that it names. NULL when REPORT
 * holds an error (or out of memory, which it says).
 */
struct bs_snapshot *bs_snapshot_load(const char *home, const struct bs_overrides *overrides,
                                     int64_t now_at, struct policy_report *report);
struct bs_snapshot *bs_snapshot_ref(struct bs_snapshot *snapshot);
void bs_snapshot_unref(struct bs_snapshot *snapshot);

#endif
