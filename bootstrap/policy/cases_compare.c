#include "bootstrap/policy/cases_internal.h"

#include "bootstrap/policy/model.h"

#include <stdio.h>
#include <string.h>

static const char *verdict_name(enum policy_verdict verdict)
{
    return verdict == POLICY_APPLY ? "apply" : verdict == POLICY_HOLD ? "hold" : "deny";
}

/* Reports WHAT unless IS_SO; ACTUAL is what there is instead. */
static bool must(struct policy_report *report, const struct cases_expect *expect, bool is_so,
                 const char *what, const char *actual)
{
    if (!is_so) {
        policy_error(report, expect->item.mark, "%s is %s", what,
                     actual[0] != '\0' ? actual : "nothing");
    }
    return is_so;
}

static void list_add(char *list, size_t capacity, const char *word)
{
    size_t len = strlen(list);
    snprintf(list + len, capacity - len, "%s%s", len > 0 ? ", " : "", word);
}

static bool compare_formats(const struct cases_expect *expect, const struct policy_plan *plan,
                            struct policy_report *report)
{
    char list[256] = "";
    bool is_so = expect->formats.count == plan->format_count;
    for (size_t i = 0; i < plan->format_count; i++) {
        const struct lwm2m_format *format = lwm2m_format_by_number(plan->formats[i]);
        list_add(list, sizeof list, format != NULL ? format->name : "?");
        is_so = is_so && ((const int64_t *)expect->formats.items)[i] == plan->formats[i];
    }
    return must(report, expect, is_so, "the list of formats", list);
}

static bool compare_names(const struct cases_expect *expect, const struct policy_array *names,
                          const char *const *actual, size_t count, const char *what,
                          struct policy_report *report)
{
    char list[512] = "";
    bool is_so = names->count == count;
    for (size_t i = 0; i < count; i++) {
        list_add(list, sizeof list, actual[i]);
        is_so = is_so && strcmp(((const char *const *)names->items)[i], actual[i]) == 0;
    }
    return must(report, expect, is_so, what, list);
}

static bool compare_decision(const struct cases_expect *expect, const struct policy_set *set,
                             const struct policy_decision *decision, struct policy_report *report)
{
    const char *overlays[POLICY_OVERLAYS_MAX], *rollouts[PKI_ROLLOUTS_MAX];
    bool is_good = true;
    for (size_t i = 0; i < decision->overlay_count; i++) {
        overlays[i] = policy_overlay_at(set, decision->overlays[i])->item.name;
    }
    for (size_t i = 0; i < decision->rollout_count; i++) {
        rollouts[i] = decision->rollouts[i];
    }
    if (expect->verdict != SCHEMA_UNSET) {
        is_good &= must(report, expect, (int64_t)decision->verdict == expect->verdict,
                        "the verdict", verdict_name(decision->verdict));
    }
    if (expect->policy != NULL) {
        is_good &= must(report, expect, strcmp(decision->policy, expect->policy) == 0, "the policy",
                        decision->policy);
    }
    if (expect->reason != NULL) {
        is_good &= must(report, expect, strstr(decision->reason, expect->reason) != NULL,
                        "the reason", decision->reason);
    }
    if (expect->overlays.count > 0) {
        is_good &= compare_names(expect, &expect->overlays, overlays, decision->overlay_count,
                                 "the list of overlays", report);
    }
    if (expect->rollouts.count > 0) {
        is_good &= compare_names(expect, &expect->rollouts, rollouts, decision->rollout_count,
                                 "the list of rollouts", report);
    }
    return is_good;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool compare_plan(const struct cases_expect *expect, const struct policy_plan *plan,
                         struct policy_report *report)
{
    bool is_good = true;
    if (expect->formats.count > 0) {
        is_good &= compare_formats(expect, plan, report);
    }
    if (expect->is_unchanged != SCHEMA_UNSET) {
        is_good &= must(report, expect, plan->is_unchanged == (expect->is_unchanged == 1),
                        "unchanged", plan->is_unchanged ? "true" : "false");
    }
    if (expect->is_blind != SCHEMA_UNSET) {
        is_good &= must(report, expect, plan->is_blind == (expect->is_blind == 1), "blind",
                        plan->is_blind ? "true" : "false");
    }
    if (expect->note != NULL) {
        is_good &= must(report, expect, strstr(text_or_empty(plan->note), expect->note) != NULL,
                        "the note", text_or_empty(plan->note));
    }
    if (expect->client != NULL) {
        is_good &= must(report, expect, strcmp(text_or_empty(plan->kind), expect->client) == 0,
                        "the client", text_or_empty(plan->kind));
    }
    return is_good;
}

static bool asks_for_plan(const struct cases_expect *expect)
{
    return expect->formats.count > 0 || expect->is_unchanged != SCHEMA_UNSET ||
           expect->is_blind != SCHEMA_UNSET || expect->note != NULL || expect->client != NULL;
}

bool policy_cases_compare(const struct cases_expect *expect, const struct policy_set *set,
                          const struct policy_decision *decision, const struct policy_plan *plan,
                          struct policy_report *report)
{
    bool is_good = compare_decision(expect, set, decision, report);
    if (plan != NULL) {
        return compare_plan(expect, plan, report) && is_good;
    }
    return must(report, expect, !asks_for_plan(expect), "the plan", "") && is_good;
}
