#include "bootstrap/policy/build.h"

#include <string.h>

/* ---- which client ---- */

/* By what it sent; else as the policy or the last bootstrap named it. */
static void find_quirk(struct policy_build *build)
{
    const struct policy_subject *subject = build->subject;
    const struct pki_memory *memory = subject->memory;
    struct policy_traits traits = {
        .has_public_key = subject->auth == PKI_AUTH_RPK || subject->auth == PKI_AUTH_X509,
        .pct = subject->pct,
        .asked_pack = subject->is_pack || (memory != NULL && memory->asked_pack),
        .discover = build->shown};
    build->quirk = policy_quirk_of(&traits);
    build->is_recognised = build->quirk != NULL;
    if (build->quirk == NULL && build->rule->client.kind != NULL) {
        build->quirk = policy_quirk_by_name(build->rule->client.kind);
    }
    if (build->quirk == NULL && memory != NULL && memory->kind[0] != '\0') {
        build->quirk = policy_quirk_by_name(memory->kind);
    }
}

/*
 * lwm2m-bootstrap.md section 0: no request names a version. A pack is 1.2, `pct` at least 1.1,
 * whatever Discover shows: some clients show 1.0 always (clients.md).
 */
static uint16_t version_of(const struct policy_build *build)
{
    const struct policy_client *client = &build->rule->client;
    const struct pki_memory *memory = build->subject->memory;
    const uint16_t with_pct = LWM2M_VERSION(1, 1);
    uint16_t version = LWM2M_VERSION(1, 0);
    if (build->subject->is_pack) {
        return LWM2M_VERSION(1, 2);
    }
    bool is_shown = build->shown != NULL && build->shown->version != 0;
    if (build->quirk != NULL && build->quirk->version != 0 && (build->is_recognised || !is_shown)) {
        version = build->quirk->version;
    } else if (is_shown) {
        version = build->shown->version;
    } else if (client->version != SCHEMA_UNSET) {
        version = (uint16_t)client->version;
    } else if (memory != NULL && memory->version != 0) {
        version = memory->version;
    }
    bool has_pct = build->subject->pct != LWM2M_FORMAT_NONE;
    return has_pct && version < with_pct ? with_pct : version;
}

bool policy_build_is_instance_given(const struct policy_build *build)
{
    const struct policy_decision *decision = build->decision;
    const struct policy_rule *rules[POLICY_OVERLAYS_MAX + 1];
    size_t count = 0;
    rules[count++] = policy_rule_at(build->set, decision->rule);
    for (size_t i = 0; i < decision->overlay_count && i < POLICY_OVERLAYS_MAX; i++) {
        rules[count++] = policy_overlay_at(build->set, decision->overlays[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct policy_schema_reference *use = rules[i]->use.items;
        if (rules[i]->client.bootstrap_instance != SCHEMA_UNSET) {
            return true;
        }
        for (size_t j = 0; j < rules[i]->use.count; j++) {
            const struct policy_rule *block =
                (const struct policy_rule *)build->set->all.blocks.items + use[j].index;
            if (block->client.bootstrap_instance != SCHEMA_UNSET) {
                return true;
            }
        }
    }
    return false;
}

/* The account shown without ssid; of a pack what `acc` names; else the configured one, unless a
 * server's account stands there. */
static int32_t bootstrap_instance_of(const struct policy_build *build)
{
    int64_t given = build->rule->client.bootstrap_instance;
    int32_t configured = given == SCHEMA_UNSET ? 0 : (int32_t)given;
    for (size_t i = 0; i < build->subject->account_count; i++) {
        const struct lwm2m_path *path = &build->subject->account[i];
        if (path->depth == 2 && path->id[0] == LWM2M_OBJECT_SECURITY) {
            return path->id[1];
        }
    }
    if (build->shown == NULL) {
        return configured;
    }
    int32_t shown = lwm2m_discover_bootstrap_instance(build->shown);
    bool is_other = lwm2m_discover_find(
        build->shown, lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, (uint16_t)configured, 0, 0));
    return shown >= 0 ? shown : is_other ? -1 : configured;
}

void policy_observe(struct policy_build *build)
{
    find_quirk(build);
    build->version = version_of(build);
    build->bootstrap_instance = bootstrap_instance_of(build);
    build->aims.shows_bootstrap =
        build->shown != NULL && lwm2m_discover_bootstrap_instance(build->shown) >= 0;
}

/* ---- what it has ---- */

/* What is known without being shown: 1 yes, 0 no, -1 nothing. */
static int is_known(const struct policy_build *build, uint16_t object)
{
    const struct policy_array *given = &build->rule->client.objects;
    const struct lwm2m_path *paths = given->items;
    const struct pki_memory *memory = build->subject->memory;
    if (object <= LWM2M_OBJECT_SERVER || object == LWM2M_OBJECT_DEVICE) {
        return 1;
    }
    for (size_t i = 0; i < given->count; i++) {
        if (paths[i].id[0] == object) {
            return 1;
        }
    }
    for (size_t i = 0; memory != NULL && i < memory->object_count; i++) {
        if (memory->objects[i] == object) {
            return 1;
        }
    }
    bool has_list = given->count > 0 || (memory != NULL && memory->object_count > 0);
    return has_list ? 0 : -1;
}

bool policy_build_shows(const struct policy_build *build, uint16_t object)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        if (path->depth > 0 && path->id[0] == object) {
            return true;
        }
    }
    /* An object that a client lacks has crashed one that met it in a pack (clients.md). */
    int known = build->shown == NULL ? is_known(build, object) : 0;
    return known > 0 || (known < 0 && !build->subject->is_pack);
}

bool policy_build_shows_instance(const struct policy_build *build, uint16_t object)
{
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_path *path = &build->shown->entries[i].path;
        if (path->depth > 1 && path->id[0] == object) {
            return true;
        }
    }
    return false;
}

uint16_t policy_build_object_version(const struct policy_build *build, uint16_t object)
{
    const struct lwm2m_entry *entry =
        build->shown != NULL ? lwm2m_discover_find(build->shown, lwm2m_path_of(1, object, 0, 0, 0))
                             : NULL;
    return entry != NULL && entry->version != 0 ? entry->version
                                                : lwm2m_object_implied(object, build->version);
}

bool policy_build_owns(const struct policy_build *build, uint16_t ssid)
{
    for (size_t i = 0; i < build->account_count; i++) {
        if (build->accounts[i].server->id == ssid) {
            return true;
        }
    }
    return false;
}

/*
 * Each /0 instance that is shown without ssid (clients.md), the configured one when none is shown,
 * and what a Bootstrap-Pack-Request names as its own.
 */
bool policy_build_protects(const struct policy_build *build, uint16_t instance)
{
    struct lwm2m_path path = lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, instance, 0, 0);
    const struct lwm2m_entry *entry =
        build->shown != NULL ? lwm2m_discover_find(build->shown, path) : NULL;
    for (size_t i = 0; i < build->subject->account_count; i++) {
        if (lwm2m_path_compare(build->subject->account[i], path) == 0) {
            return true;
        }
    }
    return (entry != NULL && entry->ssid == 0) || build->bootstrap_instance == (int32_t)instance;
}

uint16_t policy_build_ssid(const struct policy_build *build, const struct lwm2m_entry *entry)
{
    const struct lwm2m_content *servers = build->subject->seen.servers;
    if (entry->ssid != 0 || entry->path.id[0] != LWM2M_OBJECT_SERVER || servers == NULL) {
        return entry->ssid;
    }
    const struct lwm2m_value *value = lwm2m_content_find(servers, lwm2m_path_child(entry->path, 0));
    bool is_id = value != NULL && value->type == LWM2M_INTEGER && value->as.integer > 0 &&
                 value->as.integer < LWM2M_ID_NONE;
    return is_id ? (uint16_t)value->as.integer : 0;
}

bool policy_build_keeps(const struct policy_build *build, const struct lwm2m_entry *entry)
{
    return build->rule->others == POLICY_OTHERS_KEEP &&
           !policy_build_owns(build, policy_build_ssid(build, entry));
}

bool policy_build_keeps_others(const struct policy_build *build)
{
    if (build->rule->others != POLICY_OTHERS_KEEP) {
        return false;
    }
    for (size_t i = 0; build->shown != NULL && i < build->shown->count; i++) {
        const struct lwm2m_entry *entry = &build->shown->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SECURITY &&
            entry->ssid != 0 && !policy_build_owns(build, entry->ssid)) {
            return true;
        }
    }
    return build->shown == NULL;
}

/* ---- what to read ---- */

/* True when /1 stands for a server of RULE, or for which is not shown. */
static bool has_own_server(const struct policy_set *set, const struct policy_rule *rule,
                           const struct lwm2m_discover *shown)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < shown->count; i++) {
        const struct lwm2m_entry *entry = &shown->entries[i];
        if (entry->path.depth != 2 || entry->path.id[0] != LWM2M_OBJECT_SERVER) {
            continue;
        }
        for (size_t j = 0; j < rule->grants.count; j++) {
            if (entry->ssid == 0 || entry->ssid == policy_server_at(set, grants[j].server)->id) {
                return true;
            }
        }
    }
    return false;
}

/* What is read spares something only where accounts may stay, which prints alone can tell. */
static unsigned reads_of(const struct policy_build *build)
{
    const struct policy_subject *subject = build->subject;
    const struct policy_rule *rule = build->rule;
    bool is_kept = rule->others == POLICY_OTHERS_KEEP;
    bool spares = rule->apply == POLICY_APPLY_DIFFERENCE && subject->print != NULL &&
                  subject->memory != NULL && subject->memory->print_count > 0;
    unsigned reads = 0;
    if (build->version < LWM2M_VERSION(1, 1)) {
        return 0;
    }
    if (spares && has_own_server(build->set, rule, build->shown)) {
        reads |= POLICY_READ_SERVERS;
    }
    if ((spares || is_kept) && rule->access.name != NULL &&
        policy_build_shows_instance(build, LWM2M_OBJECT_ACCESS_CONTROL)) {
        reads |= POLICY_READ_ACCESS;
    }
    return reads;
}

unsigned policy_reads(const struct policy_set *set, const struct policy_decision *decision,
                      const struct policy_subject *subject)
{
    struct policy_arena arena = {0};
    struct policy_rule rule;
    struct policy_build build = {.set = set,
                                 .decision = decision,
                                 .rule = &rule,
                                 .subject = subject,
                                 .shown = subject->seen.discover};
    unsigned reads = 0;
    if (decision->verdict == POLICY_APPLY && build.shown != NULL && !subject->is_pack &&
        policy_rule_effective(&arena, set, decision, &rule)) {
        policy_observe(&build);
        reads = reads_of(&build);
    }
    policy_arena_clear(&arena);
    return reads;
}

/* ---- formats ---- */

static bool is_listed(const uint16_t *numbers, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static void add_format(struct policy_plan *plan, uint16_t number)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    bool carries = format != NULL && format->encode != NULL && !format->single_only;
    if (carries && plan->format_count < POLICY_FORMATS_MAX &&
        !is_listed(plan->formats, plan->format_count, number)) {
        plan->formats[plan->format_count++] = number;
    }
}

/* What the version makes likely, best first (lwm2m-encodings.md 1.1): TLV is what 1.0 must have. */
static void add_usual(const struct policy_build *build, struct policy_plan *plan)
{
    bool is_first = build->version < LWM2M_VERSION(1, 1);
    add_format(plan, LWM2M_FORMAT_TLV);
    add_format(plan, LWM2M_FORMAT_SENML_CBOR);
    add_format(plan, LWM2M_FORMAT_SENML_JSON);
    if (build->version >= LWM2M_VERSION(1, 2)) {
        add_format(plan, LWM2M_FORMAT_LWM2M_CBOR);
    }
    if (is_first) {
        add_format(plan, LWM2M_FORMAT_JSON);
    }
}

/* Those that the device refused before come last, in their order. */
static void refused_last(const struct pki_memory *memory, struct policy_plan *plan)
{
    uint16_t sorted[POLICY_FORMATS_MAX];
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < plan->format_count; i++) {
            bool refused = is_listed(memory->refused, memory->refused_count, plan->formats[i]);
            if (refused == (pass == 1)) {
                sorted[count++] = plan->formats[i];
            }
        }
    }
    memcpy(plan->formats, sorted, count * sizeof sorted[0]);
}

/* lwm2m-encodings.md section 8: 1.1 and later must not use JSON of 1.0 unless who asks says so. */
static void add_known(const struct policy_build *build, struct policy_plan *plan, uint16_t number)
{
    if (number != LWM2M_FORMAT_JSON || build->version < LWM2M_VERSION(1, 1)) {
        add_format(plan, number);
    }
}

/* What the policy says, what the client asks for, what worked before, what such clients take. */
void policy_observe_formats(const struct policy_build *build, struct policy_plan *plan)
{
    const struct policy_client *client = &build->rule->client;
    const struct pki_memory *memory = build->subject->memory;
    const int64_t *given = client->formats.items;
    for (size_t i = 0; i < client->formats.count; i++) {
        add_format(plan, (uint16_t)given[i]);
    }
    add_format(plan, build->subject->pct);
    for (size_t i = 0; memory != NULL && i < memory->format_count; i++) {
        add_known(build, plan, memory->formats[i]);
    }
    for (size_t i = 0; build->quirk != NULL && i < POLICY_QUIRK_FORMATS_MAX &&
                       build->quirk->formats[i] != LWM2M_FORMAT_NONE;
         i++) {
        add_known(build, plan, build->quirk->formats[i]);
    }
    add_usual(build, plan);
    if (memory != NULL) {
        refused_last(memory, plan);
    }
}
