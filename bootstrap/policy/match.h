/*
 * Does a policy or overlay fit a device? For deciding and for explaining. Internal; pure.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "bootstrap/policy/model.h"

/* What a condition is held against: made once for all rules. */
struct policy_view {
    const struct policy_subject *subject;
    int64_t now_at;
    bool is_final;                       /* there will be no Discover: what is remembered counts */
    const struct policy_quirk *kind;     /* NULL: not recognised */
    uint16_t version;                    /* LWM2M_VERSION; 0: unknown */
    char identity[PKI_IDENTITY_MAX + 1]; /* as a text; "" without one */
};

enum policy_fit { POLICY_FITS, POLICY_DIFFERS, POLICY_UNKNOWN /* until the device showed it */ };

enum policy_condition {
    POLICY_CONDITION_NONE,
    POLICY_CONDITION_VALID,
    POLICY_CONDITION_ENDPOINT,
    POLICY_CONDITION_IDENTITY,
    POLICY_CONDITION_GROUP,
    POLICY_CONDITION_AUTH,
    POLICY_CONDITION_TRANSPORT,
    POLICY_CONDITION_ATTRIBUTE,
    POLICY_CONDITION_SHARE,
    POLICY_CONDITION_VERSION,
    POLICY_CONDITION_KIND,
    POLICY_CONDITION_OBJECT,
    POLICY_CONDITION_LACKS
};

/* The first condition that does not fit. */
struct policy_misfit {
    enum policy_condition condition;
    const char *attribute;
    struct lwm2m_path path;
};

/* What is known of SUBJECT, for one decision; it must outlive VIEW. */
void policy_view_init(struct policy_view *view, const struct policy_subject *subject, bool is_final,
                      int64_t now_at);
/* True when it is known what objects the device has. */
bool policy_view_has_objects(const struct policy_view *view);
/* Holds RULE's match and validity against VIEW; MISFIT is set unless it fits. */
enum policy_fit policy_rule_fit(const struct policy_view *view, const struct policy_rule *rule,
                                struct policy_misfit *misfit);
/* Why not, as text: "group is 'a'", into OUT (POLICY_REASON_MAX+1 octets). */
void policy_misfit_text(const struct policy_view *view, const struct policy_misfit *misfit,
                        char *out);
/*
 * True when ENDPOINT is in the share of PPM parts of a million that NAME takes. The same devices
 * always; a larger share holds the smaller (docs/policy.md "match").
 */
bool policy_share_holds(const char *endpoint, const char *name, int64_t ppm);

/* Whether an overlay's rollout takes SUBJECT in. */
enum policy_campaign {
    POLICY_CAMPAIGN_IN,
    POLICY_CAMPAIGN_NOT_STARTED,
    POLICY_CAMPAIGN_PAUSED,
    POLICY_CAMPAIGN_ABORTED,
    POLICY_CAMPAIGN_OUTSIDE /* running, for others */
};
enum policy_campaign policy_campaign_of(const struct policy_rule *overlay,
                                        const struct policy_subject *subject);

#endif
