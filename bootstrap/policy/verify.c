#include "bootstrap/policy/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT = 48 };

/* A short text of VALUE; what is not printable in it becomes '?'. */
static void value_text(const struct lwm2m_value *value, char out[static VALUE_TEXT])
{
    char link[LWM2M_LINK_TEXT];
    switch (value->type) {
    case LWM2M_INTEGER:
    case LWM2M_TIME:
        snprintf(out, VALUE_TEXT, "%" PRId64, value->as.integer);
        return;
    case LWM2M_UNSIGNED:
        snprintf(out, VALUE_TEXT, "%" PRIu64, value->as.uinteger);
        return;
    case LWM2M_BOOLEAN:
        snprintf(out, VALUE_TEXT, "%s", value->as.boolean ? "true" : "false");
        return;
    case LWM2M_OBJLNK:
        snprintf(out, VALUE_TEXT, "%s", lwm2m_link_value_text(value->as.link, link));
        return;
    case LWM2M_STRING:
        break;
    default:
        snprintf(out, VALUE_TEXT, "another value");
        return;
    }
    size_t len = value->as.bytes.len < VALUE_TEXT - 1 ? value->as.bytes.len : VALUE_TEXT - 1;
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = value->as.bytes.data[i];
        out[i] = octet >= ' ' && octet <= '~' ? (char)octet : '?';
    }
    out[len] = '\0';
}

static void tell(char *reason, struct lwm2m_path path, const char *what)
{
    char text[LWM2M_PATH_TEXT];
    snprintf(reason, POLICY_REASON_MAX + 1, "%s %s", lwm2m_path_text(path, text), what);
}

static enum policy_state state_of_values(const struct policy_goal *goal,
                                         const struct lwm2m_content *content, char *reason)
{
    struct policy_findings findings;
    policy_compare(content, goal->path, goal->leaves, goal->optional, goal->leaf_count, &findings);
    bool has_extra = goal->class == POLICY_CLASS_ACCESS && findings.extra > 0;
    if (!findings.is_read) {
        tell(reason, goal->path, "is missing");
        return POLICY_STATE_MISSING;
    }
    if (findings.wrong + findings.missing == 0) {
        if (has_extra) {
            tell(reason, findings.extra_path, "is still there");
        }
        return has_extra ? POLICY_STATE_WRONG : POLICY_STATE_RIGHT;
    }
    const struct lwm2m_leaf *leaf = &goal->leaves[findings.first];
    const struct lwm2m_value *value = lwm2m_content_find(content, leaf->path);
    if (value == NULL) {
        tell(reason, leaf->path, "is missing");
        return POLICY_STATE_WRONG;
    }
    char path[LWM2M_PATH_TEXT];
    char found[VALUE_TEXT];
    char wanted[VALUE_TEXT];
    value_text(value, found);
    value_text(&leaf->value, wanted);
    snprintf(reason, POLICY_REASON_MAX + 1, "%s is %s, not %s", lwm2m_path_text(leaf->path, path),
             found, wanted);
    return POLICY_STATE_WRONG;
}

static bool is_uri(const struct policy_goal *goal, const char *uri)
{
    const struct lwm2m_value *wanted = &goal->leaves[0].value;
    return strlen(uri) == wanted->as.bytes.len &&
           memcmp(uri, wanted->as.bytes.data, wanted->as.bytes.len) == 0;
}

static enum policy_state state_of_entry(const struct policy_goal *goal,
                                        const struct lwm2m_discover *discover, char *reason)
{
    const struct lwm2m_entry *entry = lwm2m_discover_find(discover, goal->path);
    char path[LWM2M_PATH_TEXT];
    bool is_security =
        goal->class == POLICY_CLASS_SECURITY || goal->class == POLICY_CLASS_BOOTSTRAP;
    if (entry == NULL) {
        tell(reason, goal->path, "is missing");
        return POLICY_STATE_MISSING;
    }
    bool needs_ssid = goal->class == POLICY_CLASS_SECURITY;
    if (entry->ssid != goal->ssid && (entry->ssid != 0 || needs_ssid)) {
        snprintf(reason, POLICY_REASON_MAX + 1, "%s has short server ID %u, not %u",
                 lwm2m_path_text(goal->path, path), (unsigned)entry->ssid, (unsigned)goal->ssid);
        return POLICY_STATE_WRONG;
    }
    if (is_security && entry->uri != NULL && goal->leaf_count > 0 && !is_uri(goal, entry->uri)) {
        tell(reason, goal->path, "has another URI");
        return POLICY_STATE_WRONG;
    }
    return POLICY_STATE_RIGHT;
}

enum policy_state policy_verify_goal(const struct policy_goal *goal,
                                     const struct policy_observation *seen, char *reason)
{
    const struct lwm2m_content *content = goal->class == POLICY_CLASS_SERVER   ? seen->servers
                                          : goal->class == POLICY_CLASS_ACCESS ? seen->access
                                                                               : NULL;
    enum policy_state state = POLICY_STATE_RIGHT;
    /* What need not be there, or was refused and skipped, is not missed. */
    if (goal->on_error == POLICY_GO_ON) {
        return state;
    }
    if (seen->discover != NULL) {
        state = state_of_entry(goal, seen->discover, reason);
    }
    if (state == POLICY_STATE_RIGHT && content != NULL) {
        state = state_of_values(goal, content, reason);
    }
    return state;
}

static bool is_wanted(const struct policy_owned *owned, struct lwm2m_path path)
{
    for (size_t i = 0; i < owned->goal_count; i++) {
        if (lwm2m_path_compare(owned->goals[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

bool policy_verify_is_extra(const struct policy_plan *plan, const struct lwm2m_entry *entry)
{
    const struct policy_owned *owned = policy_block_of(plan);
    uint16_t object = entry->path.id[0];
    if (entry->path.depth != 2 || is_wanted(owned, entry->path)) {
        return false;
    }
    bool is_ours =
        object == LWM2M_OBJECT_SERVER ||
        ((object == LWM2M_OBJECT_SECURITY || object == LWM2M_OBJECT_OSCORE) && entry->ssid != 0);
    return (is_ours && owned->aims.is_sole) ||
           (object == LWM2M_OBJECT_ACCESS_CONTROL && owned->aims.is_access_exact);
}

static bool spares_bootstrap(const struct policy_plan *plan, const struct lwm2m_discover *discover,
                             char *reason)
{
    struct lwm2m_path path =
        lwm2m_path_of(2, LWM2M_OBJECT_SECURITY, (uint16_t)plan->bootstrap_instance, 0, 0);
    if (!policy_block_of(plan)->aims.shows_bootstrap ||
        lwm2m_discover_find(discover, path) != NULL) {
        return true;
    }
    tell(reason, path, "is missing, the bootstrap account");
    return false;
}

bool policy_plan_verify(const struct policy_plan *plan, const struct policy_observation *seen,
                        char *reason)
{
    const struct policy_owned *owned = policy_block_of(plan);
    reason[0] = '\0';
    for (size_t i = 0; i < owned->goal_count; i++) {
        if (policy_verify_goal(&owned->goals[i], seen, reason) != POLICY_STATE_RIGHT) {
            return false;
        }
    }
    for (size_t i = 0; seen->discover != NULL && i < seen->discover->count; i++) {
        if (policy_verify_is_extra(plan, &seen->discover->entries[i])) {
            tell(reason, seen->discover->entries[i].path, "is still there");
            return false;
        }
    }
    return seen->discover == NULL || spares_bootstrap(plan, seen->discover, reason);
}
