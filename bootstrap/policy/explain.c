#include "bootstrap/policy/match.h"

#include <stdio.h>
#include <string.h>

/* ---- why not ---- */

static void path_misfit(const struct policy_misfit *misfit, const char *what, char *out)
{
    char path[LWM2M_PATH_TEXT];
    lwm2m_path_text(misfit->path, path);
    snprintf(out, POLICY_REASON_MAX + 1, "%s %s", what, path);
}

static const char *value_of(const struct policy_view *view, const struct policy_misfit *misfit)
{
    const struct pki_device *device = view->subject->device;
    if (misfit->condition == POLICY_CONDITION_GROUP) {
        return device != NULL ? device->group : NULL;
    }
    for (size_t i = 0; device != NULL && i < device->attribute_count; i++) {
        if (strcmp(device->attributes[i].name, misfit->attribute) == 0) {
            return device->attributes[i].value;
        }
    }
    return NULL;
}

static void value_misfit(const struct policy_view *view, const struct policy_misfit *misfit,
                         char *out)
{
    char quoted[POLICY_QUOTE_MAX];
    const char *value = value_of(view, misfit);
    bool is_group = misfit->condition == POLICY_CONDITION_GROUP;
    const char *prefix = is_group ? "group" : "attr.";
    const char *name = is_group ? "" : misfit->attribute;
    if (value == NULL || *value == '\0') {
        snprintf(out, POLICY_REASON_MAX + 1, "%s%s is not set", prefix, name);
    } else {
        snprintf(out, POLICY_REASON_MAX + 1, "%s%s is %s", prefix, name,
                 policy_quote(value, strlen(value), quoted));
    }
}

void policy_misfit_text(const struct policy_view *view, const struct policy_misfit *misfit,
                        char *out)
{
    static const char *const transports[] = {"coap", "coaps", "coap+tcp", "coaps+tcp"};
    static const char *const fixed[] = {
        [POLICY_CONDITION_VALID] = "it is not valid now",
        [POLICY_CONDITION_ENDPOINT] = "the endpoint name does not fit",
        [POLICY_CONDITION_IDENTITY] = "the identity does not fit",
        [POLICY_CONDITION_SHARE] = "the device is not in the share",
    };
    const struct policy_subject *subject = view->subject;
    switch (misfit->condition) {
    case POLICY_CONDITION_NONE:
        out[0] = '\0';
        break;
    case POLICY_CONDITION_GROUP:
    case POLICY_CONDITION_ATTRIBUTE:
        value_misfit(view, misfit, out);
        break;
    case POLICY_CONDITION_AUTH:
        snprintf(out, POLICY_REASON_MAX + 1, "auth is %s", pki_auth_name(subject->auth));
        break;
    case POLICY_CONDITION_TRANSPORT:
        snprintf(out, POLICY_REASON_MAX + 1, "transport is %s", transports[subject->transport]);
        break;
    case POLICY_CONDITION_VERSION:
        if (view->version == 0) {
            snprintf(out, POLICY_REASON_MAX + 1, "the version is not known");
            break;
        }
        snprintf(out, POLICY_REASON_MAX + 1, "version is %u.%u", (unsigned)(view->version >> 8),
                 (unsigned)(view->version & 0xff));
        break;
    case POLICY_CONDITION_KIND:
        snprintf(out, POLICY_REASON_MAX + 1, "the device is taken for %s",
                 view->kind != NULL ? view->kind->name : "no known client");
        break;
    case POLICY_CONDITION_OBJECT:
        path_misfit(misfit, "the device does not show", out);
        break;
    case POLICY_CONDITION_LACKS:
        path_misfit(misfit,
                    policy_view_has_objects(view) ? "the device shows"
                                                  : "it is not known whether the device has",
                    out);
        break;
    default:
        snprintf(out, POLICY_REASON_MAX + 1, "%s", fixed[misfit->condition]);
        break;
    }
}

static const char *campaign_text(enum policy_campaign campaign)
{
    static const char *const texts[] = {
        [POLICY_CAMPAIGN_IN] = "",
        [POLICY_CAMPAIGN_NOT_STARTED] = "the rollout was not started",
        [POLICY_CAMPAIGN_PAUSED] = "the rollout is paused",
        [POLICY_CAMPAIGN_ABORTED] = "the rollout was aborted",
        [POLICY_CAMPAIGN_OUTSIDE] = "the device is not in the share of the rollout"};
    return texts[campaign];
}

/* ---- one after the other ---- */

static void explain_one(const struct policy_view *view, const struct policy_rule *rule,
                        struct policy_explanation *one)
{
    struct policy_misfit misfit;
    *one = (struct policy_explanation){.name = rule->item.name,
                                       .mark = {rule->item.mark.file, rule->item.mark.line}};
    one->fits = policy_rule_fit(view, rule, &misfit) == POLICY_FITS;
    policy_misfit_text(view, &misfit, one->reason);
}

static void explain_overlay(const struct policy_view *view, const struct policy_rule *overlay,
                            struct policy_explanation *one)
{
    explain_one(view, overlay, one);
    one->is_overlay = true;
    if (one->fits && overlay->rollout.item.mark.line != 0) {
        enum policy_campaign campaign = policy_campaign_of(overlay, view->subject);
        one->fits = campaign == POLICY_CAMPAIGN_IN;
        snprintf(one->reason, sizeof one->reason, "%s", campaign_text(campaign));
    }
}

static bool is_laid(const struct policy_decision *decision, size_t index)
{
    for (size_t i = 0; i < decision->overlay_count; i++) {
        if (decision->overlays[i] == index) {
            return true;
        }
    }
    return false;
}

/* Why a policy that fits is not applied. */
static const char *passed_over(const struct policy_subject *subject)
{
    const struct pki_device *device = subject->device;
    return device != NULL && device->disabled_at != 0    ? "the device is disabled"
           : device != NULL && device->policy[0] != '\0' ? "the device's record names another"
                                                         : "an earlier policy is applied";
}

void policy_explain(const struct policy_set *set, const struct policy_subject *subject,
                    int64_t now_at,
                    void (*tell)(void *context, const struct policy_explanation *one),
                    void *context)
{
    struct policy_decision decision;
    struct policy_explanation one;
    struct policy_view view;
    policy_decide(set, subject, true, now_at, &decision);
    policy_view_init(&view, subject, true, now_at);
    for (size_t i = 0; i < set->all.rules.count; i++) {
        explain_one(&view, policy_rule_at(set, i), &one);
        one.is_applied = decision.rule == i;
        if (one.is_applied && !one.fits) {
            snprintf(one.reason, sizeof one.reason, "the device's record names it");
        } else if (one.fits && !one.is_applied) {
            snprintf(one.reason, sizeof one.reason, "%s", passed_over(subject));
        }
        tell(context, &one);
    }
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        explain_overlay(&view, policy_overlay_at(set, i), &one);
        one.is_applied = is_laid(&decision, i);
        if (one.fits && !one.is_applied) {
            snprintf(one.reason, sizeof one.reason, "%s",
                     decision.rule == SIZE_MAX || decision.verdict != POLICY_APPLY
                         ? "no policy is applied that it could be laid over"
                         : "no more than 16 overlays and 8 rollouts are laid over one policy");
        }
        tell(context, &one);
    }
}

/* ---- rollouts ---- */

static const struct policy_rule *campaign_at(const struct policy_set *set, size_t index)
{
    for (size_t i = 0; i < set->all.overlays.count; i++) {
        const struct policy_rule *overlay = policy_overlay_at(set, i);
        if (overlay->rollout.item.mark.line != 0 && index-- == 0) {
            return overlay;
        }
    }
    return NULL;
}

const char *policy_set_rollout_name(const struct policy_set *set, size_t index)
{
    const struct policy_rule *overlay = campaign_at(set, index);
    return overlay != NULL ? overlay->item.name : NULL;
}

bool policy_set_rollout(const struct policy_set *set, const char *name, struct pki_rollout *rollout)
{
    const struct policy_rule *overlay = NULL;
    for (size_t i = 0; (overlay = campaign_at(set, i)) != NULL; i++) {
        if (strcmp(overlay->item.name, name) == 0) {
            break;
        }
    }
    if (overlay == NULL) {
        return false;
    }
    const struct policy_rollout_rule *rule = &overlay->rollout;
    bool pauses = rule->pause.item.mark.line != 0;
    *rollout = (struct pki_rollout){
        .share_ppm = rule->share_ppm != SCHEMA_UNSET ? (uint32_t)rule->share_ppm : 1000000,
        .pause_ppm = pauses ? (uint32_t)rule->pause.failed_ppm : 0,
        .pause_of = pauses ? (uint32_t)rule->pause.of_last : 0};
    snprintf(rollout->name, sizeof rollout->name, "%s", name);
    return true;
}
