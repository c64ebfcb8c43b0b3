#include "bootstrap/policy/check.h"

#include <string.h>

/* True when every text that RULE fits is one that BY fits. */
static bool glob_covers(const char *by, const char *rule)
{
    const char *star = NULL;
    const char *run = rule;
    while (*rule != '\0') {
        if (*by == '*') {
            star = by++;
            run = rule;
        } else if (*rule != '*' && (*by == '?' || *by == *rule)) {
            by++;
            rule++;
        } else if (star != NULL) {
            by = star + 1;
            rule = ++run;
        } else {
            return false;
        }
    }
    while (*by == '*') {
        by++;
    }
    return *by == '\0';
}

static bool one_covers(const struct policy_array *by, const char *glob)
{
    const char *const *globs = by->items;
    for (size_t i = 0; i < by->count; i++) {
        if (glob_covers(globs[i], glob)) {
            return true;
        }
    }
    return false;
}

/* Lists of which one must fit; an empty one fits all. */
static bool globs_cover(const struct policy_array *by, const struct policy_array *rule)
{
    const char *const *globs = rule->items;
    for (size_t i = 0; by->count > 0 && i < rule->count; i++) {
        if (!one_covers(by, globs[i])) {
            return false;
        }
    }
    return by->count == 0 || rule->count > 0;
}

static bool attributes_cover(const struct policy_match *by, const struct policy_match *rule)
{
    const struct policy_attribute_match *wanted = by->attributes.items;
    const struct policy_attribute_match *given = rule->attributes.items;
    for (size_t i = 0; i < by->attributes.count; i++) {
        bool is_covered = false;
        for (size_t j = 0; j < rule->attributes.count; j++) {
            is_covered = is_covered || (strcmp(wanted[i].name, given[j].name) == 0 &&
                                        globs_cover(&wanted[i].values, &given[j].values));
        }
        if (!is_covered) {
            return false;
        }
    }
    return true;
}

static bool flags_cover(int64_t by, int64_t rule)
{
    return by == SCHEMA_UNSET || (rule != SCHEMA_UNSET && (rule & ~by) == 0);
}

/* Paths that must all be shown, or none: what asks for more covers less. */
static bool paths_cover(const struct policy_array *by, const struct policy_array *rule)
{
    const struct lwm2m_path *wanted = by->items;
    const struct lwm2m_path *given = rule->items;
    for (size_t i = 0; i < by->count; i++) {
        bool is_given = false;
        for (size_t j = 0; j < rule->count; j++) {
            is_given = is_given || lwm2m_path_compare(wanted[i], given[j]) == 0;
        }
        if (!is_given) {
            return false;
        }
    }
    return true;
}

static bool time_covers(const struct policy_valid *by, const struct policy_valid *rule)
{
    bool from = by->from_at == SCHEMA_UNSET ||
                (rule->from_at != SCHEMA_UNSET && rule->from_at >= by->from_at);
    bool until = by->until_at == SCHEMA_UNSET ||
                 (rule->until_at != SCHEMA_UNSET && rule->until_at <= by->until_at);
    return from && until;
}

bool policy_match_covers(const struct policy_rule *by, const struct policy_rule *rule)
{
    const struct policy_match *a = &by->match;
    const struct policy_match *b = &rule->match;
    return a->share_ppm == SCHEMA_UNSET && time_covers(&by->valid, &rule->valid) &&
           globs_cover(&a->endpoints, &b->endpoints) && globs_cover(&a->groups, &b->groups) &&
           globs_cover(&a->identities, &b->identities) && globs_cover(&a->kinds, &b->kinds) &&
           attributes_cover(a, b) && flags_cover(a->auth, b->auth) &&
           flags_cover(a->version, b->version) && flags_cover(a->transport, b->transport) &&
           paths_cover(&a->objects, &b->objects) && paths_cover(&a->lacks, &b->lacks);
}
