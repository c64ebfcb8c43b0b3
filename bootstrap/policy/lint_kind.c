#include "bootstrap/policy/check.h"
#include "bootstrap/policy/template.h"

#include <string.h>

static void lint_key(struct policy_schema_context *context, const struct policy_psk *psk,
                     const struct policy_quirk *quirk)
{
    if (psk->item.mark.line == 0 || psk->is_stored || psk->identity == NULL) {
        return;
    }
    if (quirk->key_max != 0 && psk->bytes > (int64_t)quirk->key_max) {
        policy_warning(context->report, psk->item.mark, "bytes: %s takes no more than %zu octets",
                       quirk->name, quirk->key_max);
    }
    size_t literal = policy_template_literal(psk->identity);
    if (quirk->identity_max != 0 && literal > quirk->identity_max) {
        policy_warning(context->report, psk->item.mark,
                       "identity: %s takes no more than %zu octets", quirk->name,
                       quirk->identity_max);
    }
}

static void lint_kind(struct policy_schema_context *context, const struct policy_rule *rule,
                      const char *name)
{
    const struct policy_quirk *quirk = policy_quirk_by_name(name);
    const struct policy_grant *grants = rule->grants.items;
    if (quirk == NULL) {
        struct policy_nearest nearest = {.word = name, .len = strlen(name)};
        char quoted[POLICY_QUOTE_MAX];
        for (size_t i = 0; policy_quirk_at(i) != NULL; i++) {
            policy_nearest_try(&nearest, policy_quirk_at(i)->name);
        }
        policy_error(context->report, rule->item.mark, "kind: no client is called %s%s%s%s",
                     policy_quote(name, strlen(name), quoted),
                     nearest.best != NULL ? ": did you mean '" : "",
                     nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "'?" : "");
        return;
    }
    if (quirk->server_accounts_max != 0 && rule->grants.count > quirk->server_accounts_max) {
        policy_warning(context->report, rule->item.mark,
                       "%zu servers: %s takes no more than %zu accounts beside the bootstrap's",
                       rule->grants.count, quirk->name, quirk->server_accounts_max);
    }
    for (size_t i = 0; i < rule->grants.count; i++) {
        lint_key(context, &grants[i].psk, quirk);
        if (quirk->is_psk_only && (grants[i].has_rpk || grants[i].has_cert)) {
            policy_warning(context->report, grants[i].item.mark,
                           "server '%s': %s knows neither raw public keys nor certificates",
                           grants[i].item.name, quirk->name);
        }
    }
    lint_key(context, &rule->move.psk, quirk);
}

void policy_lint_kinds(struct policy_schema_context *context, const struct policy_rule *rule)
{
    const char *const *kinds = rule->match.kinds.items;
    for (size_t i = 0; i < rule->match.kinds.count; i++) {
        lint_kind(context, rule, kinds[i]);
    }
    if (rule->client.kind != NULL) {
        lint_kind(context, rule, rule->client.kind);
    }
}
