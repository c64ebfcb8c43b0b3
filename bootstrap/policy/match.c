#include "bootstrap/policy/match.h"

#include <stdio.h>
#include <string.h>

/* ---- what is known ---- */

/* As a plan knows it, but for what the policy that is being looked for says (observe.c). */
static uint16_t version_of(const struct policy_subject *subject, const struct policy_quirk *kind)
{
    const struct lwm2m_discover *shown = subject->seen.discover;
    const struct pki_memory *memory = subject->memory;
    bool has_pct = subject->pct != LWM2M_FORMAT_NONE;
    uint16_t version = LWM2M_VERSION(1, 0);
    if (subject->is_pack) {
        return LWM2M_VERSION(1, 2);
    }
    if (kind != NULL && kind->version != 0) {
        version = kind->version;
    } else if (shown != NULL && shown->version != 0) {
        version = shown->version;
    } else if (memory != NULL && memory->version != 0) {
        version = memory->version;
    } else if (shown == NULL && !has_pct) {
        return 0;
    }
    return has_pct && version < LWM2M_VERSION(1, 1) ? LWM2M_VERSION(1, 1) : version;
}

void policy_view_init(struct policy_view *view, const struct policy_subject *subject, bool is_final,
                      int64_t now_at)
{
    const struct pki_device *device = subject->device;
    const struct pki_memory *memory = subject->memory;
    struct policy_traits traits = {.pct = subject->pct,
                                   .asked_pack =
                                       subject->is_pack || (memory != NULL && memory->asked_pack),
                                   .discover = subject->seen.discover};
    *view = (struct policy_view){.subject = subject, .now_at = now_at, .is_final = is_final};
    if (subject->seen.discover != NULL) {
        view->kind = policy_quirk_of(&traits);
    }
    if (view->kind == NULL && memory != NULL && memory->kind[0] != '\0') {
        view->kind = policy_quirk_by_name(memory->kind);
    }
    view->version = version_of(subject, view->kind);
    if (device != NULL && memchr(device->identity, '\0', device->identity_len) == NULL) {
        memcpy(view->identity, device->identity, device->identity_len);
    }
}

/* ---- shares ---- */

static uint64_t fnv1a(uint64_t hash, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* The finalizer of MurmurHash3: FNV alone spreads names that end alike too little. */
static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

bool policy_share_holds(const char *endpoint, const char *name, int64_t ppm)
{
    uint64_t hash = fnv1a(UINT64_C(0xcbf29ce484222325), endpoint, strlen(endpoint) + 1);
    hash = mix(fnv1a(hash, name, strlen(name)));
    return (int64_t)((hash >> 32) * 1000000 >> 32) < ppm;
}

/* ---- conditions ---- */

/* True when GLOBS is empty or one of them fits TEXT. */
static bool any_fits(const struct policy_array *globs, const char *text)
{
    const char *const *items = globs->items;
    for (size_t i = 0; i < globs->count; i++) {
        if (text != NULL && policy_glob_match(items[i], text)) {
            return true;
        }
    }
    return globs->count == 0;
}

static bool has_flag(int64_t flags, unsigned bit)
{
    return flags == SCHEMA_UNSET || (flags >> bit & 1) != 0;
}

static const char *attribute_of(const struct pki_device *device, const char *name)
{
    for (size_t i = 0; device != NULL && i < device->attribute_count; i++) {
        if (strcmp(device->attributes[i].name, name) == 0) {
            return device->attributes[i].value;
        }
    }
    return NULL;
}

static const char *misfit_attribute(const struct policy_match *match,
                                    const struct pki_device *device)
{
    const struct policy_attribute_match *attributes = match->attributes.items;
    for (size_t i = 0; i < match->attributes.count; i++) {
        if (!any_fits(&attributes[i].values, attribute_of(device, attributes[i].name))) {
            return attributes[i].name;
        }
    }
    return NULL;
}

static bool is_valid(const struct policy_valid *valid, int64_t now_at)
{
    return (valid->from_at == SCHEMA_UNSET || now_at >= valid->from_at) &&
           (valid->until_at == SCHEMA_UNSET || now_at < valid->until_at);
}

/* What is known before the device was asked anything. */
static enum policy_condition known_misfit(const struct policy_view *view,
                                          const struct policy_rule *rule,
                                          struct policy_misfit *misfit)
{
    const struct policy_match *match = &rule->match;
    const struct policy_subject *subject = view->subject;
    misfit->attribute = misfit_attribute(match, subject->device);
    return !is_valid(&rule->valid, view->now_at)             ? POLICY_CONDITION_VALID
           : !any_fits(&match->endpoints, subject->endpoint) ? POLICY_CONDITION_ENDPOINT
           : !any_fits(&match->identities, view->identity)   ? POLICY_CONDITION_IDENTITY
           : !any_fits(&match->groups, subject->device != NULL ? subject->device->group : NULL)
               ? POLICY_CONDITION_GROUP
           : !has_flag(match->auth, subject->auth)           ? POLICY_CONDITION_AUTH
           : !has_flag(match->transport, subject->transport) ? POLICY_CONDITION_TRANSPORT
           : misfit->attribute != NULL                       ? POLICY_CONDITION_ATTRIBUTE
           : match->share_ppm != SCHEMA_UNSET &&
                   !policy_share_holds(subject->endpoint, rule->item.name, match->share_ppm)
               ? POLICY_CONDITION_SHARE
               : POLICY_CONDITION_NONE;
}

static bool shows(const struct policy_subject *subject, struct lwm2m_path path)
{
    const struct lwm2m_discover *shown = subject->seen.discover;
    const struct pki_memory *memory = subject->memory;
    for (size_t i = 0; shown != NULL && i < shown->count; i++) {
        const struct lwm2m_path *entry = &shown->entries[i].path;
        if (entry->depth >= path.depth && entry->id[0] == path.id[0] &&
            (path.depth == 1 || entry->id[1] == path.id[1])) {
            return true;
        }
    }
    for (size_t i = 0; shown == NULL && memory != NULL && i < memory->object_count; i++) {
        if (path.depth == 1 && memory->objects[i] == path.id[0]) {
            return true;
        }
    }
    return false;
}

/* The first of PATHS that is shown, or is not, as IS_SHOWN says; NULL: none. */
static const struct lwm2m_path *first_path(const struct policy_subject *subject,
                                           const struct policy_array *paths, bool is_shown)
{
    const struct lwm2m_path *items = paths->items;
    for (size_t i = 0; i < paths->count; i++) {
        if (shows(subject, items[i]) == is_shown) {
            return &items[i];
        }
    }
    return NULL;
}

static bool kind_fits(const struct policy_view *view, const struct policy_array *kinds)
{
    const char *const *names = kinds->items;
    for (size_t i = 0; i < kinds->count; i++) {
        if (view->kind != NULL && strcmp(names[i], view->kind->name) == 0) {
            return true;
        }
    }
    return kinds->count == 0;
}

bool policy_view_has_objects(const struct policy_view *view)
{
    const struct pki_memory *memory = view->subject->memory;
    return view->subject->seen.discover != NULL || (memory != NULL && memory->object_count > 0);
}

static enum policy_condition shown_misfit(const struct policy_view *view,
                                          const struct policy_match *match,
                                          struct policy_misfit *misfit)
{
    if (match->version != SCHEMA_UNSET &&
        (view->version >> 8 != 1 || (match->version >> (view->version & 0xff) & 1) == 0)) {
        return POLICY_CONDITION_VERSION;
    }
    if (!kind_fits(view, &match->kinds)) {
        return POLICY_CONDITION_KIND;
    }
    const struct lwm2m_path *missing = first_path(view->subject, &match->objects, false);
    const struct lwm2m_path *there = first_path(view->subject, &match->lacks, true);
    if (there == NULL && !policy_view_has_objects(view) && match->lacks.count > 0) {
        there = match->lacks.items;
    }
    if (missing == NULL && there == NULL) {
        return POLICY_CONDITION_NONE;
    }
    misfit->path = missing != NULL ? *missing : *there;
    return missing != NULL ? POLICY_CONDITION_OBJECT : POLICY_CONDITION_LACKS;
}

enum policy_fit policy_rule_fit(const struct policy_view *view, const struct policy_rule *rule,
                                struct policy_misfit *misfit)
{
    const struct policy_match *match = &rule->match;
    *misfit = (struct policy_misfit){0};
    misfit->condition = known_misfit(view, rule, misfit);
    if (misfit->condition != POLICY_CONDITION_NONE) {
        return POLICY_DIFFERS;
    }
    misfit->condition = shown_misfit(view, match, misfit);
    bool asks = match->version != SCHEMA_UNSET || match->kinds.count > 0 ||
                match->objects.count > 0 || match->lacks.count > 0;
    bool is_waiting = asks && view->subject->seen.discover == NULL && !view->is_final &&
                      rule->client.discover != 0;
    return is_waiting                                   ? POLICY_UNKNOWN
           : misfit->condition != POLICY_CONDITION_NONE ? POLICY_DIFFERS
                                                        : POLICY_FITS;
}

/* ---- campaigns ---- */

static bool took_part(const struct pki_memory *memory, const char *name)
{
    for (size_t i = 0; memory != NULL && i < memory->rollout_count; i++) {
        if (strcmp(memory->rollouts[i], name) == 0) {
            return true;
        }
    }
    return false;
}

enum policy_campaign policy_campaign_of(const struct policy_rule *overlay,
                                        const struct policy_subject *subject)
{
    const struct policy_rollout_rule *rule = &overlay->rollout;
    const struct pki_rollout *rollout = NULL;
    for (size_t i = 0; i < subject->rollout_count; i++) {
        if (strcmp(subject->rollouts[i].name, overlay->item.name) == 0) {
            rollout = &subject->rollouts[i];
        }
    }
    if (rollout == NULL) {
        return POLICY_CAMPAIGN_NOT_STARTED;
    }
    bool is_running = rollout->state == PKI_ROLLOUT_RUNNING;
    if (!is_running && rollout->state != PKI_ROLLOUT_PAUSED) {
        return POLICY_CAMPAIGN_ABORTED;
    }
    if (took_part(subject->memory, overlay->item.name)) {
        return POLICY_CAMPAIGN_IN;
    }
    if (!is_running) {
        return POLICY_CAMPAIGN_PAUSED;
    }
    const char *group = subject->device != NULL ? subject->device->group : NULL;
    bool is_in = (rule->always.count > 0 && any_fits(&rule->always, group)) ||
                 policy_share_holds(subject->endpoint, overlay->item.name, rollout->share_ppm);
    return is_in ? POLICY_CAMPAIGN_IN : POLICY_CAMPAIGN_OUTSIDE;
}
