#include "bootstrap/policy/check.h"

#include <string.h>

enum { COMPARED_MAX = 2000, SHORT_CERTIFICATE = 1000, USAGE_TRUST_ANCHOR = 2 };

/* ---- servers ---- */

static void lint_server(struct policy_schema_context *context, const struct policy_server *server)
{
    const struct policy_trust *trust = &server->trust;
    if (trust->der_len > SHORT_CERTIFICATE) {
        policy_warning(context->report, trust->item.mark,
                       "trust of server '%s': a certificate of %zu octets; some clients take no "
                       "more than %d",
                       server->item.name, trust->der_len, SHORT_CERTIFICATE);
    }
    if (trust->usage == USAGE_TRUST_ANCHOR && trust->matching > 0) {
        policy_warning(context->report, trust->item.mark,
                       "trust of server '%s': a hash is a trust anchor only when the server sends "
                       "that certificate",
                       server->item.name);
    }
}

/* ---- one policy ---- */

static bool has_secret(const struct policy_rule *rule)
{
    const struct policy_grant *grants = rule->grants.items;
    for (size_t i = 0; i < rule->grants.count; i++) {
        if (grants[i].nosec != 1 || grants[i].oscore.item.mark.line != 0) {
            return true;
        }
    }
    return rule->move.mints;
}

static void lint_plain(struct policy_schema_context *context, const struct policy_rule *rule)
{
    const int64_t plain = 1 << POLICY_COAP | 1 << POLICY_COAP_TCP;
    const struct policy_match *match = &rule->match;
    bool is_named = (match->transport != SCHEMA_UNSET && (match->transport & plain) != 0) ||
                    (match->auth != SCHEMA_UNSET && (match->auth & 1 << PKI_AUTH_NONE) != 0);
    if (is_named && has_secret(rule)) {
        policy_warning(context->report, match->item.mark,
                       "policy '%s' names devices without security: its keys are sent in the clear",
                       rule->item.name);
    }
}

static void lint_match(struct policy_schema_context *context, const struct policy_rule *rule)
{
    const struct policy_match *match = &rule->match;
    bool asks = match->version != SCHEMA_UNSET || match->kinds.count > 0 ||
                match->objects.count > 0 || match->lacks.count > 0;
    if (asks && rule->client.discover == 0) {
        policy_warning(context->report, match->item.mark,
                       "'%s' matches by what a device shows and does not ask it: it fits only "
                       "devices that showed it before",
                       rule->item.name);
    }
    if (match->share_ppm == 0) {
        policy_warning(context->report, match->item.mark, "'%s' matches 0%% of the devices",
                       rule->item.name);
    }
}

static void lint_rule(struct policy_schema_context *context, const struct policy_rule *rule,
                      bool is_overlay)
{
    if (rule->item.name == NULL) {
        return;
    }
    lint_plain(context, rule);
    lint_match(context, rule);
    policy_lint_kinds(context, rule);
    if (!is_overlay && rule->move.item.mark.line != 0) {
        policy_warning(context->report, rule->move.item.mark,
                       "bootstrap-server in a policy moves every matching device at once: an "
                       "overlay with a rollout does it by shares");
    }
}

/* ---- policies against each other ---- */

static int verdict_of(const struct policy_rule *rule)
{
    return rule->deny != NULL ? POLICY_DENY : rule->hold != NULL ? POLICY_HOLD : POLICY_APPLY;
}

static bool matches_all(const struct policy_rule *rule)
{
    static const struct policy_rule everything = {
        .match = {.auth = SCHEMA_UNSET,
                  .version = SCHEMA_UNSET,
                  .transport = SCHEMA_UNSET,
                  .share_ppm = SCHEMA_UNSET},
        .valid = {.from_at = SCHEMA_UNSET, .until_at = SCHEMA_UNSET}};
    return policy_match_covers(rule, &everything);
}

static void lint_pair(struct policy_schema_context *context, const struct policy_rule *before,
                      const struct policy_rule *rule)
{
    bool is_same = !matches_all(before) && policy_match_covers(rule, before);
    if (is_same && before->priority == rule->priority && verdict_of(before) != verdict_of(rule)) {
        policy_error(
            context->report, rule->item.mark,
            "policy '%s' contradicts policy '%s' at %s:%u: the same match, another verdict",
            rule->item.name, before->item.name, before->item.mark.file, before->item.mark.line);
    } else if (matches_all(before)) {
        policy_warning(context->report, rule->item.mark,
                       "never reached: policy '%s' before it matches every device",
                       before->item.name);
    } else {
        policy_warning(context->report, rule->item.mark,
                       "never reached: policy '%s' before it matches every device that it matches",
                       before->item.name);
    }
}

/* The first policy that leaves nothing to RULE, number INDEX; one that matches all always counts.
 */
static const struct policy_rule *covering(const struct policy_set *set, size_t index)
{
    const struct policy_rule *rule = policy_rule_at(set, index);
    for (size_t i = 0; i < index && i < COMPARED_MAX; i++) {
        const struct policy_rule *before = policy_rule_at(set, i);
        if (before->item.name != NULL && policy_match_covers(before, rule)) {
            return before;
        }
    }
    return NULL;
}

void policy_lint_rules(struct policy_schema_context *context, const struct policy_set *set)
{
    for (size_t i = 0; i < set->all.servers.count; i++) {
        lint_server(context, policy_server_at(set, i));
    }
    const struct policy_rule *all = NULL; /* the first that leaves nothing to any behind it */
    for (size_t i = 0; i < set->all.rules.count; i++) {
        const struct policy_rule *rule = policy_rule_at(set, i);
        lint_rule(context, rule, false);
        const struct policy_rule *before = all == NULL && i < COMPARED_MAX ? covering(set, i) : all;
        all = all == NULL && rule->item.name != NULL && matches_all(rule) ? rule : all;
        if (before != NULL && rule->item.name != NULL) {
            lint_pair(context, before, rule);
        }
    }
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        lint_rule(context, policy_overlay_at(set, i), true);
    }
}

/* ---- what time does ---- */

void policy_set_lint(const struct policy_set *set, int64_t now_at, struct policy_report *report)
{
    const struct policy_array *kinds[] = {&set->all.rules, &set->all.overlays};
    for (size_t i = 0; i < 2; i++) {
        const struct policy_rule *rules = kinds[i]->items;
        for (size_t j = 0; j < kinds[i]->count; j++) {
            const struct policy_valid *valid = &rules[j].valid;
            if (valid->until_at != SCHEMA_UNSET && valid->until_at <= now_at) {
                policy_warning(report, valid->item.mark, "'%s' counts no more: its validity ended",
                               rules[j].item.name);
            }
        }
    }
    policy_report_sort(report);
}
