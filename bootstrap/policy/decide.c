#include "bootstrap/policy/model.h"

#include <stdio.h>
#include <string.h>

static const struct policy_link default_link = {
    .ack_timeout_ms = 2000, .max_retransmit = 4, .block_bytes = 512, .budget_ms = 80000};

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

static const char *attribute_of(const struct pki_device *device, const char *name)
{
    for (size_t i = 0; device != NULL && i < device->attribute_count; i++) {
        if (strcmp(device->attributes[i].name, name) == 0) {
            return device->attributes[i].value;
        }
    }
    return NULL;
}

static bool rule_fits(const struct policy_rule *rule, const struct policy_subject *subject)
{
    const struct policy_match *match = &rule->match;
    const struct policy_attribute_match *attributes = match->attributes.items;
    if (!any_fits(&match->endpoints, subject->endpoint) ||
        !any_fits(&match->groups, subject->device != NULL ? subject->device->group : NULL)) {
        return false;
    }
    if (match->auth != SCHEMA_UNSET && (match->auth >> subject->auth & 1) == 0) {
        return false;
    }
    for (size_t i = 0; i < match->attributes.count; i++) {
        if (!any_fits(&attributes[i].values, attribute_of(subject->device, attributes[i].name))) {
            return false;
        }
    }
    return true;
}

static void take_rule(const struct policy_set *set, size_t index, struct policy_decision *decision)
{
    const struct policy_rule *rule = policy_rule_at(set, index);
    decision->rule = index;
    decision->wants_discover = rule->client.discover != 0;
    snprintf(decision->policy, sizeof decision->policy, "%s", rule->item.name);
    if (rule->link.name != NULL) {
        const struct policy_named_link *link =
            (const struct policy_named_link *)set->all.links.items + rule->link.index;
        decision->has_link = true;
        decision->link = (struct policy_link){.ack_timeout_ms = (uint32_t)link->ack_timeout_ms,
                                              .max_retransmit = (uint8_t)link->max_retransmit,
                                              .block_bytes = (uint16_t)link->block_bytes,
                                              .budget_ms = (uint32_t)link->budget_ms};
    }
    const char *reason = rule->deny != NULL ? rule->deny : rule->hold;
    decision->verdict = rule->deny != NULL   ? POLICY_DENY
                        : rule->hold != NULL ? POLICY_HOLD
                                             : POLICY_APPLY;
    snprintf(decision->reason, sizeof decision->reason, "%s", reason != NULL ? reason : "");
}

/* The policy that the device's record names; an unknown one holds it. */
static void take_override(const struct policy_set *set, const char *name,
                          struct policy_decision *decision)
{
    for (size_t i = 0; i < set->all.rules.count; i++) {
        if (strcmp(policy_rule_at(set, i)->item.name, name) == 0) {
            take_rule(set, i, decision);
            return;
        }
    }
    decision->verdict = POLICY_HOLD;
    snprintf(decision->reason, sizeof decision->reason,
             "the device is set to policy '%s', which does not exist", name);
}

void policy_decide(const struct policy_set *set, const struct policy_subject *subject,
                   bool is_final, int64_t now_at, struct policy_decision *decision)
{
    (void)is_final;
    (void)now_at; /* what is going on, not only what a device is, will need the time */
    *decision =
        (struct policy_decision){.rule = SIZE_MAX, .link = default_link, .wants_discover = true};
    if (subject->device != NULL && subject->device->disabled_at != 0) {
        decision->verdict = POLICY_DENY;
        snprintf(decision->reason, sizeof decision->reason, "the device is disabled");
        return;
    }
    if (subject->device != NULL && subject->device->policy[0] != '\0') {
        take_override(set, subject->device->policy, decision);
        return;
    }
    for (size_t i = 0; i < set->all.rules.count; i++) {
        if (rule_fits(policy_rule_at(set, i), subject)) {
            take_rule(set, i, decision);
            return;
        }
    }
    decision->verdict = (enum policy_verdict)set->all.unmatched;
    snprintf(decision->reason, sizeof decision->reason, "no policy matches");
}
