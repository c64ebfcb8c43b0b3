#include "bootstrap/policy/build.h"

#include <string.h>

static bool shows_any_uri(const struct policy_build *build)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.id[0] == LWM2M_OBJECT_SECURITY && entry->ssid != 0 && entry->uri != NULL) {
            return true;
        }
    }
    return false;
}

/* A client that shows URIs must show this one; some show none at all (LwM2M 1.0). */
static bool shows_uri(const struct policy_build *build, const struct lwm2m_entry *entry,
                      const struct policy_wanted *wanted)
{
    const struct lwm2m_leaf *uri = wanted->leaves.items;
    if (entry->uri == NULL) {
        return !shows_any_uri(build);
    }
    return strlen(entry->uri) == uri->value.as.bytes.len &&
           memcmp(entry->uri, uri->value.as.bytes.data, uri->value.as.bytes.len) == 0;
}

/* True when the client, by what it sent now, replaces the instance that a Write names. */
static bool is_known_replacer(const struct policy_build *build, bool is_security)
{
    const struct policy_quirk *quirk = build->is_recognised ? build->quirk : NULL;
    return quirk != NULL && (is_security ? quirk->write_to_security : quirk->write_to_server) ==
                                POLICY_WRITE_REPLACES;
}

/* Objects 0 and 21 cannot be read: what is remembered of a confirmed bootstrap must do. */
static enum policy_fate fate_of_secret(const struct policy_build *build,
                                       const struct policy_wanted *wanted,
                                       const struct lwm2m_entry *entry)
{
    bool is_security = wanted->class == POLICY_CLASS_SECURITY;
    bool replaces = is_security && is_known_replacer(build, true);
    if (entry->ssid != wanted->ssid) {
        return POLICY_FATE_ANEW;
    }
    if (policy_print_same_content(build, wanted) &&
        (!is_security || shows_uri(build, entry, wanted))) {
        return POLICY_FATE_STANDS;
    }
    return replaces || policy_print_same_shape(build, wanted) ? POLICY_FATE_IN_PLACE
                                                              : POLICY_FATE_ANEW;
}

/* How to mend what differs by FINDINGS. IS_SINGLE: one resource of one value may be sent alone. */
static enum policy_fate fate_of_read(const struct policy_build *build, struct policy_wanted *wanted,
                                     const struct policy_findings *findings)
{
    bool is_server = wanted->class == POLICY_CLASS_SERVER;
    bool is_known = is_server && policy_print_same_shape(build, wanted);
    bool replaces = is_server && is_known_replacer(build, false);
    size_t extra = is_known ? 0 : findings->extra;
    size_t lacking = findings->missing + (is_known ? 0 : findings->missing_extra);
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    if (findings->wrong + lacking + extra == 0) {
        return POLICY_FATE_STANDS;
    }
    if (extra > 0 && !replaces) {
        return POLICY_FATE_ANEW;
    }
    bool is_single = is_server && !replaces && findings->is_one && findings->wrong + lacking == 1 &&
                     leaves[findings->first].path.depth == 3;
    if (is_single) {
        wanted->resource = leaves[findings->first].path.id[2];
        return POLICY_FATE_RESOURCE;
    }
    return POLICY_FATE_IN_PLACE;
}

static enum policy_fate fate_of_server(const struct policy_build *build,
                                       struct policy_wanted *wanted,
                                       const struct lwm2m_entry *entry)
{
    struct policy_findings findings;
    bool replaces = is_known_replacer(build, false);
    if (policy_build_ssid(build, entry) != wanted->ssid) {
        return POLICY_FATE_ANEW;
    }
    policy_compare(build->subject->seen.servers, wanted->path, wanted->leaves.items,
                   wanted->optional.items, wanted->leaves.count, &findings);
    if (findings.is_read) {
        return fate_of_read(build, wanted, &findings);
    }
    if (policy_print_same_content(build, wanted)) {
        return POLICY_FATE_STANDS;
    }
    return replaces || policy_print_same_shape(build, wanted) ? POLICY_FATE_IN_PLACE
                                                              : POLICY_FATE_ANEW;
}

static enum policy_fate fate_of_access(const struct policy_build *build,
                                       struct policy_wanted *wanted)
{
    struct policy_findings findings;
    policy_compare(build->subject->seen.access, wanted->path, wanted->leaves.items,
                   wanted->optional.items, wanted->leaves.count, &findings);
    if (findings.is_read) {
        return fate_of_read(build, wanted, &findings);
    }
    return policy_print_same_content(build, wanted) ? POLICY_FATE_STANDS : POLICY_FATE_ANEW;
}

/* True when an account of the last confirmed bootstrap still stands: the device was not reset. */
static bool is_as_left(const struct policy_build *build)
{
    const struct pki_memory *memory = build->subject->memory;
    for (size_t i = 0; memory != NULL && i < memory->print_count; i++) {
        const struct pki_print *print = &memory->prints[i];
        const struct lwm2m_entry *entry =
            policy_build_entry(build, lwm2m_path_of(2, print->object, print->instance, 0, 0));
        if (print->object == LWM2M_OBJECT_SECURITY && print->ssid != 0 && entry != NULL &&
            entry->ssid == print->ssid) {
            return true;
        }
    }
    return false;
}

/*
 * An instance that stands and of which the policy has one resource: a client that is known to
 * replace what a Write names would lose the others, so that only the resource is named.
 */
static enum policy_fate fate_of_other(const struct policy_build *build,
                                      struct policy_wanted *wanted)
{
    const struct policy_rule *rule = build->rule;
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    bool is_difference = rule->apply == POLICY_APPLY_DIFFERENCE;
    bool stays =
        wanted->path.id[0] == LWM2M_OBJECT_DEVICE || (is_difference && rule->deletes.count == 0);
    bool replaces = is_known_replacer(build, false);
    if (is_difference && is_as_left(build) && policy_print_same_content(build, wanted)) {
        return POLICY_FATE_STANDS;
    }
    if (replaces && stays && wanted->leaves.count == 1 && leaves[0].path.depth == 3) {
        wanted->resource = leaves[0].path.id[2];
        return POLICY_FATE_RESOURCE;
    }
    return POLICY_FATE_NEW;
}

enum policy_fate policy_fate_of(const struct policy_build *build, struct policy_wanted *wanted)
{
    const struct lwm2m_entry *entry = policy_build_entry(build, wanted->path);
    if (wanted->class == POLICY_CLASS_BOOTSTRAP) {
        bool is_same = wanted->fate == POLICY_FATE_NEW && entry != NULL &&
                       policy_print_same_content(build, wanted) &&
                       (entry->uri == NULL || shows_uri(build, entry, wanted));
        return is_same                           ? POLICY_FATE_STANDS
               : wanted->fate == POLICY_FATE_NEW ? POLICY_FATE_IN_PLACE
                                                 : wanted->fate;
    }
    if (entry == NULL) {
        return POLICY_FATE_NEW;
    }
    bool is_erased = build->rule->apply != POLICY_APPLY_DIFFERENCE;
    if (wanted->class == POLICY_CLASS_OTHER) {
        return fate_of_other(build, wanted);
    }
    if (is_erased) {
        return POLICY_FATE_ANEW;
    }
    if (wanted->class == POLICY_CLASS_SERVER) {
        return fate_of_server(build, wanted, entry);
    }
    return wanted->class == POLICY_CLASS_ACCESS ? fate_of_access(build, wanted)
                                                : fate_of_secret(build, wanted, entry);
}
