#include "tests/support/policy_case.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1 << 16 };

struct policy_set *policy_case_set(const char *text)
{
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text("case.yaml", text, strlen(text), NULL, &report);
    for (size_t i = 0; set == NULL && i < report.count; i++) {
        char line[600];
        policy_report_line(&report, i, line, sizeof line);
        print_message("%s\n", line);
    }
    policy_report_clear(&report);
    assert_non_null(set);
    return set;
}

struct lwm2m_discover policy_case_discover(const char *text)
{
    struct lwm2m_discover discover = {0};
    assert_int_equal(lwm2m_discover_parse(text, strlen(text), &discover), LWM2M_OK);
    return discover;
}

struct policy_subject policy_case_subject(struct pki_device *device,
                                          const struct lwm2m_discover *discover)
{
    *device = (struct pki_device){.id = 7, .endpoint = "urn:dev:os:example-1"};
    device->auth = PKI_AUTH_PSK;
    memcpy(device->identity, "factory", 7);
    device->identity_len = 7;
    return (struct policy_subject){.device = device,
                                   .endpoint = device->endpoint,
                                   .auth = PKI_AUTH_PSK,
                                   .pct = LWM2M_FORMAT_SENML_CBOR,
                                   .seen.discover = discover};
}

void policy_case_random(void *context, uint8_t *out, size_t len)
{
    uint8_t *counter = context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*counter)++;
    }
}

uint32_t policy_case_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

struct lwm2m_discover policy_case_random_discover(uint32_t *seed)
{
    char text[2048];
    size_t used = (size_t)snprintf(text, sizeof text, "</>;lwm2m=1.%u",
                                   (unsigned)(policy_case_next(seed) % 3));
    for (unsigned i = 0; i < 10; i++) {
        uint32_t dice = policy_case_next(seed);
        char ssid[24] = "";
        if (dice % 4 != 0) {
            snprintf(ssid, sizeof ssid, ";ssid=%u", 100u + (unsigned)(dice >> 8) % 6);
        }
        if (dice % 3 != 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, ",</0/%u>%s", i, ssid);
        }
        if (dice % 5 != 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, ",</1/%u>%s", i, ssid);
        }
        if (dice % 7 == 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, ",</2/%u>,</21/%u>%s", i, i,
                                     ssid);
        }
    }
    static const char *const extras[] = {",</3/0>", ",</3>", ",</2>", ",</5>", ",</5/0>", ",</11>"};
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        if (policy_case_next(seed) % 2 == 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", extras[i]);
        }
    }
    return policy_case_discover(text);
}

/* ---- what must hold ---- */

static bool shows(const struct lwm2m_discover *discover, uint16_t object)
{
    for (size_t i = 0; i < discover->count; i++) {
        if (discover->entries[i].path.depth > 0 && discover->entries[i].path.id[0] == object) {
            return true;
        }
    }
    return false;
}

/* True when /0/INSTANCE is what the device shows, or may keep, as its bootstrap account. */
static bool is_bootstrap(const struct policy_plan *plan, const struct lwm2m_discover *discover,
                         uint16_t instance)
{
    for (size_t i = 0; discover != NULL && i < discover->count; i++) {
        const struct lwm2m_entry *entry = &discover->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == 0 && entry->path.id[1] == instance &&
            entry->ssid == 0) {
            return true;
        }
    }
    return plan->bootstrap_instance == (int32_t)instance;
}

static bool is_deleted(const struct policy_plan *plan, struct lwm2m_path path)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i].kind == POLICY_OP_DELETE && lwm2m_path_under(path, plan->ops[i].path)) {
            return true;
        }
    }
    return false;
}

static const char *broken_delete(const struct policy_plan *plan,
                                 const struct lwm2m_discover *discover, const struct policy_op *op)
{
    const struct lwm2m_path *path = &op->path;
    if (path->depth == 0) {
        return op == plan->ops && op->leaf_count == 0 ? NULL : "deletes everything, but not first";
    }
    if (path->depth > 2 || path->id[0] == LWM2M_OBJECT_DEVICE) {
        return "deletes a resource or the Device object";
    }
    if (path->id[0] == LWM2M_OBJECT_OSCORE && path->depth == 1) {
        return "deletes /21 as a whole";
    }
    if (path->id[0] == LWM2M_OBJECT_SECURITY && path->depth == 2 &&
        is_bootstrap(plan, discover, path->id[1])) {
        return "deletes the bootstrap account";
    }
    return op->leaf_count == 0 ? NULL : "a Delete has leaves";
}

static const struct lwm2m_leaf *leaf_at(const struct policy_op *op, uint16_t rid)
{
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (op->leaves[i].path.id[2] == rid) {
            return &op->leaves[i];
        }
    }
    return NULL;
}

static int64_t number_at(const struct policy_op *op, uint16_t rid)
{
    const struct lwm2m_leaf *leaf = leaf_at(op, rid);
    return leaf != NULL && leaf->value.type == LWM2M_INTEGER ? leaf->value.as.integer : -1;
}

/* True when DISCOVER shows a Server instance of SSID, and PLAN leaves it. */
static bool is_shown_for(const struct policy_plan *plan, const struct lwm2m_discover *discover,
                         int64_t ssid)
{
    for (size_t i = 0; discover != NULL && i < discover->count; i++) {
        const struct lwm2m_entry *entry = &discover->entries[i];
        if (entry->path.depth == 2 && entry->path.id[0] == LWM2M_OBJECT_SERVER &&
            entry->ssid == ssid && !is_deleted(plan, entry->path)) {
            return true;
        }
    }
    return false;
}

static const char *broken_security(const struct policy_plan *plan,
                                   const struct lwm2m_discover *discover,
                                   const struct policy_op *op)
{
    static const uint16_t needed[] = {0, 1, 2, 3, 4, 5, 10};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (leaf_at(op, needed[i]) == NULL) {
            return "a Security instance is not whole";
        }
    }
    if (is_bootstrap(plan, discover, op->path.id[1]) || leaf_at(op, 1)->value.as.boolean) {
        return "writes the bootstrap account";
    }
    bool has_key = leaf_at(op, 3)->value.as.bytes.len > 0 && leaf_at(op, 5)->value.as.bytes.len > 0;
    int64_t mode = number_at(op, 2);
    bool has_trust = leaf_at(op, 4)->value.as.bytes.len > 0;
    if (has_key != (mode != 3) || has_trust != (mode == 1 || mode == 2)) {
        return "mode and key material of a Security instance differ";
    }
    size_t pairs = 0;
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct policy_op *other = &plan->ops[i];
        bool is_pair = other->kind == POLICY_OP_WRITE && other->path.id[0] == 1 &&
                       number_at(other, 0) == number_at(op, 10);
        pairs += is_pair;
    }
    bool stands = pairs == 0 && is_shown_for(plan, discover, number_at(op, 10));
    return pairs == 1 || stands ? NULL : "a Security instance has not exactly one Server instance";
}

/* True when the instance that OP writes is shown for another server and is not deleted before. */
static bool is_of_another(const struct policy_plan *plan, const struct lwm2m_discover *discover,
                          const struct policy_op *op)
{
    const struct lwm2m_entry *entry =
        lwm2m_discover_find(discover, lwm2m_path_of(2, op->path.id[0], op->path.id[1], 0, 0));
    int64_t ssid = number_at(op, op->path.id[0] == LWM2M_OBJECT_SECURITY ? 10 : 0);
    return op->path.depth == 2 && entry != NULL && entry->ssid != ssid &&
           !is_deleted(plan, entry->path);
}

static const char *broken_leaves(const struct policy_op *op)
{
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (!lwm2m_path_under(op->leaves[i].path, op->path) ||
            (i > 0 && lwm2m_path_compare(op->leaves[i - 1].path, op->leaves[i].path) >= 0)) {
            return "leaves are not ascending under the path";
        }
    }
    bool is_part = op->path.depth == 3 && op->path.id[0] != LWM2M_OBJECT_SECURITY;
    return (op->path.depth == 2 || is_part) && op->leaf_count > 0
               ? NULL
               : "a Write is neither of an instance nor of a resource that may go alone";
}

static const char *broken_body(const struct policy_plan *plan, size_t op, uint16_t format)
{
    static uint8_t body[BODY_MAX];
    size_t len = 0;
    struct lwm2m_content content = {0};
    if (policy_plan_encode(plan, op, format, false, body, sizeof body, &len) != LWM2M_OK ||
        lwm2m_decode(format, plan->ops[op].path, lwm2m_registry_builtin(), body, len, &content) !=
            LWM2M_OK) {
        return "a body does not survive encode and decode";
    }
    bool is_same = content.count == plan->ops[op].leaf_count;
    for (size_t i = 0; is_same && i < content.count; i++) {
        is_same = lwm2m_path_compare(content.leaves[i].path, plan->ops[op].leaves[i].path) == 0 &&
                  content.leaves[i].value.type == plan->ops[op].leaves[i].value.type;
    }
    lwm2m_content_clear(&content);
    return is_same ? NULL : "a body is not the same after encode and decode";
}

/* The bootstrap account, moved: in place, whole, last, and certain to be it. */
static const char *broken_move(const struct policy_plan *plan,
                               const struct lwm2m_discover *discover, const struct policy_op *op)
{
    size_t without_ssid = 0;
    for (size_t i = 0; discover != NULL && i < discover->count; i++) {
        const struct lwm2m_entry *entry = &discover->entries[i];
        without_ssid += entry->path.depth == 2 && entry->path.id[0] == 0 && entry->ssid == 0;
    }
    bool is_certain = discover == NULL || without_ssid == 1;
    bool is_it = op->path.depth == 2 && op->path.id[0] == LWM2M_OBJECT_SECURITY &&
                 op->path.id[1] == plan->bootstrap_instance && op->is_required;
    bool is_whole = op->leaf_count >= 6 && leaf_at(op, 1) != NULL &&
                    leaf_at(op, 1)->value.as.boolean && leaf_at(op, 10) == NULL;
    return is_certain && is_it && is_whole ? NULL : "the bootstrap account is not moved soundly";
}

static const char *broken_write(const struct policy_plan *plan,
                                const struct lwm2m_discover *discover, size_t index)
{
    const struct policy_op *op = &plan->ops[index];
    const char *broken = broken_leaves(op);
    if (plan->moves_bootstrap && index + 1 == plan->op_count) {
        return broken != NULL ? broken : broken_move(plan, discover, op);
    }
    if (broken == NULL && op->path.id[0] == LWM2M_OBJECT_SECURITY) {
        broken = broken_security(plan, discover, op);
    }
    if (broken == NULL && discover != NULL && op->path.id[0] > 1 &&
        !shows(discover, op->path.id[0])) {
        broken = "writes an object that the device lacks";
    }
    if (broken == NULL && discover != NULL && op->path.id[0] <= 1 &&
        is_of_another(plan, discover, op)) {
        broken = "writes over an account of another server";
    }
    for (size_t i = 0; i < index && broken == NULL; i++) {
        if (plan->ops[i].kind == POLICY_OP_WRITE &&
            lwm2m_path_compare(plan->ops[i].path, op->path) == 0) {
            broken = "writes an instance twice";
        }
    }
    for (size_t i = 0; i < plan->format_count && broken == NULL; i++) {
        broken = broken_body(plan, index, plan->formats[i]);
    }
    return broken;
}

const char *policy_case_broken(const struct policy_plan *plan,
                               const struct lwm2m_discover *discover)
{
    bool has_written = false;
    const char *broken = plan->format_count > 0 ? NULL : "has no format";
    for (size_t i = 0; i < plan->op_count && broken == NULL; i++) {
        const struct policy_op *op = &plan->ops[i];
        if (op->kind == POLICY_OP_WRITE) {
            has_written = true;
            broken = broken_write(plan, discover, i);
        } else {
            broken = has_written ? "deletes after a write" : broken_delete(plan, discover, op);
        }
    }
    if (broken == NULL && plan->is_blind != (discover == NULL)) {
        broken = "is_blind does not tell whether the device was asked";
    }
    return broken != NULL || has_written || discover != NULL ? broken : "writes nothing";
}
