#include "bootstrap/policy/match.h"

#include <stdio.h>
#include <string.h>

static const struct policy_link default_link = {
    .ack_timeout_ms = 2000, .max_retransmit = 4, .block_bytes = 512, .budget_ms = 80000};

static void take_on_error(const struct policy_on_error_rules *rules,
                          struct policy_decision *decision)
{
    if (rules->discover != SCHEMA_UNSET) {
        decision->needs_discover = rules->discover != POLICY_GO_ON;
    }
    if (rules->read != SCHEMA_UNSET) {
        decision->needs_reads = rules->read != POLICY_GO_ON;
    }
    if (rules->verify != SCHEMA_UNSET) {
        decision->keeps_difference = rules->verify == POLICY_GO_ON;
    }
}

/* What RULE gives of that which a decision carries; it counts over what was taken before. */
static void take_values(const struct policy_set *set, const struct policy_rule *rule,
                        struct policy_decision *decision)
{
    if (rule->client.discover != SCHEMA_UNSET) {
        decision->wants_discover = rule->client.discover != 0;
    }
    if (rule->verify != SCHEMA_UNSET) {
        decision->verify = (enum policy_verify)rule->verify;
    }
    if (rule->pack != SCHEMA_UNSET) {
        decision->allows_pack = rule->pack != 0;
    }
    take_on_error(&rule->on_error, decision);
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
    if (reason != NULL) {
        decision->verdict = rule->deny != NULL ? POLICY_DENY : POLICY_HOLD;
        snprintf(decision->reason, sizeof decision->reason, "%s", reason);
    }
}

static void take_rule(const struct policy_set *set, size_t index, struct policy_decision *decision)
{
    const struct policy_rule *rule = policy_rule_at(set, index);
    decision->rule = index;
    decision->verdict = POLICY_APPLY;
    snprintf(decision->policy, sizeof decision->policy, "%s", rule->item.name);
    take_values(set, rule, decision);
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

static void take_first(const struct policy_set *set, const struct policy_view *view,
                       struct policy_decision *decision)
{
    struct policy_misfit misfit;
    for (size_t i = 0; i < set->all.rules.count; i++) {
        enum policy_fit fit = policy_rule_fit(view, policy_rule_at(set, i), &misfit);
        if (fit != POLICY_DIFFERS) {
            take_rule(set, i, decision);
            decision->is_open = fit == POLICY_UNKNOWN;
            return;
        }
    }
    decision->verdict = (enum policy_verdict)set->all.unmatched;
    snprintf(decision->reason, sizeof decision->reason, "no policy matches");
}

/* Lays overlay INDEX over; one for which there is no room is as if it did not fit. */
static void take_overlay(const struct policy_set *set, size_t index,
                         struct policy_decision *decision)
{
    const struct policy_rule *overlay = policy_overlay_at(set, index);
    bool is_campaign = overlay->rollout.item.mark.line != 0;
    if (decision->overlay_count == POLICY_OVERLAYS_MAX ||
        (is_campaign && decision->rollout_count == PKI_ROLLOUTS_MAX)) {
        return;
    }
    decision->overlays[decision->overlay_count++] = (uint16_t)index;
    if (is_campaign) {
        decision->rollouts[decision->rollout_count++] = overlay->item.name;
    }
    take_values(set, overlay, decision);
}

static void take_overlays(const struct policy_set *set, const struct policy_view *view,
                          struct policy_decision *decision)
{
    struct policy_misfit misfit;
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        const struct policy_rule *overlay = policy_overlay_at(set, i);
        enum policy_fit fit = policy_rule_fit(view, overlay, &misfit);
        bool is_in = overlay->rollout.item.mark.line == 0 ||
                     policy_campaign_of(overlay, view->subject) == POLICY_CAMPAIGN_IN;
        if (fit == POLICY_DIFFERS || !is_in) {
            continue;
        }
        if (fit == POLICY_UNKNOWN && decision->wants_discover) {
            decision->is_open = true;
        } else if (fit == POLICY_FITS) {
            take_overlay(set, i, decision);
        }
    }
}

void policy_decide(const struct policy_set *set, const struct policy_subject *subject,
                   bool is_final, int64_t now_at, struct policy_decision *decision)
{
    struct policy_view view;
    *decision =
        (struct policy_decision){.rule = SIZE_MAX, .link = default_link, .wants_discover = true};
    if (subject->device != NULL && subject->device->disabled_at != 0) {
        decision->verdict = POLICY_DENY;
        snprintf(decision->reason, sizeof decision->reason, "the device is disabled");
        return;
    }
    policy_view_init(&view, subject, is_final, now_at);
    if (subject->device != NULL && subject->device->policy[0] != '\0') {
        take_override(set, subject->device->policy, decision);
    } else {
        take_first(set, &view, decision);
    }
    if (decision->rule != SIZE_MAX && (decision->verdict == POLICY_APPLY || decision->is_open)) {
        take_overlays(set, &view, decision);
    }
    if (decision->is_open) {
        decision->verdict = POLICY_APPLY;
        decision->reason[0] = '\0';
    }
}
