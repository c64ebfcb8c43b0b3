#include "bootstrap/policy/build.h"

#include <stdlib.h>
#include <string.h>

/* A plan and all that it points to, in one block. */
struct owned_plan {
    struct policy_plan plan;
    size_t bytes;
};

/* ---- what is known of the device ---- */

/* What the device shows counts; else what the policy says; else what its request tells. */
static uint16_t version_of(const struct policy_build *build)
{
    const struct policy_client *client = &build->rule->client;
    if (build->shown != NULL && build->shown->version != 0) {
        return build->shown->version;
    }
    if (client->version != SCHEMA_UNSET) {
        return (uint16_t)client->version;
    }
    return build->subject->pct != LWM2M_FORMAT_NONE ? LWM2M_VERSION(1, 1) : LWM2M_VERSION(1, 0);
}

/* The account shown without ssid; else the configured one, unless a server's account stands there.
 */
static int32_t bootstrap_instance_of(const struct policy_build *build)
{
    int32_t configured = (int32_t)build->rule->client.bootstrap_instance;
    if (build->shown == NULL) {
        return configured;
    }
    int32_t shown = lwm2m_discover_bootstrap_instance(build->shown);
    bool is_other = lwm2m_discover_find(
        build->shown, lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, (uint16_t)configured, 0, 0));
    return shown >= 0 ? shown : is_other ? -1 : configured;
}

static bool is_encodable(uint16_t number)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    return format != NULL && format->encode != NULL && !format->single_only;
}

static void add_format(struct policy_plan *plan, uint16_t number)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (plan->formats[i] == number) {
            return;
        }
    }
    if (plan->format_count < POLICY_FORMATS_MAX && is_encodable(number)) {
        plan->formats[plan->format_count++] = number;
    }
}

/*
 * lwm2m-encodings.md 1.1: the policy's word, then pct, then TLV, which every version knows, then
 * the others: what a device shows need not be what it speaks, and a 4.15 costs one exchange.
 */
static void choose_formats(const struct policy_build *build, struct policy_plan *plan)
{
    if (build->rule->client.format != SCHEMA_UNSET) {
        add_format(plan, (uint16_t)build->rule->client.format);
    }
    if (build->subject->pct != LWM2M_FORMAT_NONE) {
        add_format(plan, build->subject->pct);
    }
    add_format(plan, LWM2M_FORMAT_TLV);
    add_format(plan, LWM2M_FORMAT_SENML_CBOR);
    add_format(plan, LWM2M_FORMAT_SENML_JSON);
}

/* ---- drafts ---- */

static void delete_extras(struct policy_build *build)
{
    const struct policy_delete *deletes = build->rule->deletes.items;
    for (size_t i = 0; i < build->rule->deletes.count; i++) {
        struct lwm2m_path path = deletes[i].path;
        bool is_shown = path.depth == 1 ? policy_build_shows(build, path.id[0])
                                        : build->shown == NULL ||
                                              lwm2m_discover_find(build->shown, path) != NULL;
        if (is_shown) {
            policy_build_delete(build, path, false);
        }
    }
}

static void write_extras(struct policy_build *build)
{
    const struct policy_write *writes = build->rule->writes.items;
    for (size_t i = 0; i < build->rule->writes.count; i++) {
        if (!policy_build_shows(build, writes[i].path.id[0])) {
            policy_build_note(build, writes[i].path);
            continue;
        }
        struct policy_draft *draft = policy_build_write(build, writes[i].path, false);
        const struct lwm2m_leaf *leaves = writes[i].leaves.items;
        for (size_t j = 0; draft != NULL && j < writes[i].leaves.count; j++) {
            policy_build_leaf(build, draft, leaves[j], false);
        }
    }
}

static void take_accounts(struct policy_build *build)
{
    const struct policy_grant *grants = build->rule->grants.items;
    size_t count = build->rule->grants.count;
    build->accounts = policy_arena_array(&build->arena, count, sizeof *build->accounts);
    for (size_t i = 0; build->accounts != NULL && i < count; i++) {
        build->accounts[i].grant = &grants[i];
        build->accounts[i].server = policy_server_at(build->set, grants[i].server);
        build->account_count = i + 1;
    }
}

static void draft_all(struct policy_build *build)
{
    build->bootstrap_instance = bootstrap_instance_of(build);
    build->version = version_of(build);
    take_accounts(build);
    policy_accounts_place(build);
    policy_acl_delete(build);
    policy_accounts_delete(build);
    delete_extras(build);
    policy_accounts_write(build);
    if (!build->has_failed) {
        policy_acl_write(build);
        write_extras(build);
    }
    if (build->arena.is_failed) {
        policy_build_fail(build, "out of memory");
    }
}

/* ---- one tight block ---- */

struct totals {
    size_t leaves, octets;
};

static size_t bytes_of(const struct lwm2m_leaf *leaf)
{
    bool has_bytes = leaf->value.type == LWM2M_STRING || leaf->value.type == LWM2M_OPAQUE ||
                     leaf->value.type == LWM2M_CORELNK;
    return has_bytes ? leaf->value.as.bytes.len : 0;
}

static struct totals total(const struct policy_build *build)
{
    struct totals totals = {0, strlen(build->note) + 1};
    const struct policy_draft *drafts = build->drafts.items;
    for (size_t i = 0; i < build->drafts.count; i++) {
        const struct lwm2m_leaf *leaves = drafts[i].leaves.items;
        totals.leaves += drafts[i].leaves.count;
        for (size_t j = 0; j < drafts[i].leaves.count; j++) {
            totals.octets += bytes_of(&leaves[j]);
        }
    }
    return totals;
}

/* Where the next piece of each kind goes. */
struct cursor {
    struct lwm2m_leaf *leaves;
    bool *optional;
    uint8_t *octets;
};

static void copy_draft(const struct policy_draft *draft, struct cursor *at, struct policy_op *op)
{
    *op = (struct policy_op){.kind = draft->kind,
                             .path = draft->path,
                             .is_required = draft->is_required,
                             .leaves = at->leaves,
                             .is_optional = at->optional,
                             .leaf_count = draft->leaves.count};
    const struct lwm2m_leaf *leaves = draft->leaves.items;
    const bool *optional = draft->optional.items;
    for (size_t i = 0; i < draft->leaves.count; i++) {
        size_t len = bytes_of(&leaves[i]);
        *at->leaves = leaves[i];
        if (len > 0) {
            memcpy(at->octets, leaves[i].value.as.bytes.data, len);
            at->leaves->value.as.bytes.data = at->octets;
            at->octets += len;
        }
        *at->optional++ = optional[i];
        at->leaves++;
    }
}

static struct policy_plan *pack(struct policy_build *build)
{
    struct totals totals = total(build);
    size_t ops = build->drafts.count;
    size_t bytes = sizeof(struct owned_plan) + ops * sizeof(struct policy_op) +
                   totals.leaves * (sizeof(struct lwm2m_leaf) + sizeof(bool)) +
                   build->minted.count * sizeof(struct pki_credential) + totals.octets;
    struct owned_plan *owned = calloc(1, bytes);
    if (owned == NULL) {
        policy_build_fail(build, "out of memory");
        return NULL;
    }
    struct policy_plan *plan = &owned->plan;
    owned->bytes = bytes;
    plan->arena = owned;
    plan->ops = (struct policy_op *)(owned + 1);
    plan->op_count = ops;
    plan->minted = (struct pki_credential *)(plan->ops + ops);
    plan->minted_count = build->minted.count;
    if (plan->minted_count > 0) {
        memcpy(plan->minted, build->minted.items, plan->minted_count * sizeof *plan->minted);
    }
    struct cursor at = {.leaves = (struct lwm2m_leaf *)(plan->minted + plan->minted_count)};
    at.optional = (bool *)(at.leaves + totals.leaves);
    at.octets = (uint8_t *)(at.optional + totals.leaves);
    const struct policy_draft *drafts = build->drafts.items;
    for (size_t i = 0; i < ops; i++) {
        copy_draft(&drafts[i], &at, &plan->ops[i]);
    }
    memcpy(at.octets, build->note, strlen(build->note) + 1);
    plan->note = build->note[0] != '\0' ? (const char *)at.octets : NULL;
    plan->bootstrap_instance = build->bootstrap_instance;
    plan->is_blind = build->shown == NULL;
    choose_formats(build, plan);
    return plan;
}

/* ---- the interface ---- */

struct policy_plan *policy_plan_new(const struct policy_set *set,
                                    const struct policy_decision *decision,
                                    const struct policy_subject *subject, int64_t now_at,
                                    policy_random_fn *random, void *random_context, char *reason)
{
    struct policy_build build = {.set = set,
                                 .subject = subject,
                                 .shown = subject->seen.discover,
                                 .now_at = now_at,
                                 .random = random,
                                 .random_context = random_context,
                                 .reason = reason};
    struct policy_plan *plan = NULL;
    reason[0] = '\0';
    if (decision->verdict != POLICY_APPLY || decision->rule >= set->all.rules.count) {
        policy_build_fail(&build, "there is nothing to apply");
        return NULL;
    }
    build.rule = policy_rule_at(set, decision->rule);
    draft_all(&build);
    if (!build.has_failed) {
        plan = pack(&build);
    }
    policy_arena_clear(&build.arena);
    return plan;
}

void policy_plan_free(struct policy_plan *plan)
{
    if (plan != NULL) {
        struct owned_plan *owned = plan->arena;
        explicit_bzero(owned, owned->bytes);
        free(owned);
    }
}

size_t policy_plan_memory(const struct policy_plan *plan)
{
    const struct owned_plan *owned = plan->arena;
    return owned->bytes;
}

bool policy_op_has_optional(const struct policy_op *op)
{
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (op->is_optional[i]) {
            return true;
        }
    }
    return false;
}

enum lwm2m_error policy_plan_encode(const struct policy_plan *plan, size_t op, uint16_t format,
                                    bool without_optional, uint8_t *out, size_t capacity,
                                    size_t *len)
{
    const struct policy_op *write = &plan->ops[op];
    if (!without_optional || !policy_op_has_optional(write)) {
        return lwm2m_encode(format, write->path, write->leaves, write->leaf_count, out, capacity,
                            len);
    }
    struct lwm2m_leaf *leaves = calloc(write->leaf_count, sizeof *leaves);
    if (leaves == NULL) {
        return LWM2M_ENOMEM;
    }
    size_t count = 0;
    for (size_t i = 0; i < write->leaf_count; i++) {
        if (!write->is_optional[i]) {
            leaves[count++] = write->leaves[i];
        }
    }
    enum lwm2m_error error = lwm2m_encode(format, write->path, leaves, count, out, capacity, len);
    free(leaves);
    return error;
}
