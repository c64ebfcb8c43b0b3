#include "bootstrap/policy/build.h"

/* What the client keeps by itself: how TLS ended, and when it was last bootstrapped (object 1). */
static bool is_its_own(struct lwm2m_path path)
{
    return path.id[0] == LWM2M_OBJECT_SERVER && (path.id[2] == 11 || path.id[2] == 12);
}

static void take_difference(struct policy_findings *findings, size_t index, bool *has_first)
{
    findings->first = *has_first ? findings->first : index;
    findings->is_one = !*has_first;
    *has_first = true;
}

/* Leaves of CONTENT under PATH that are none of LEAVES; both ascend. */
static void count_extra(const struct lwm2m_content *content, struct lwm2m_path path,
                        const struct lwm2m_leaf *leaves, size_t count,
                        struct policy_findings *findings)
{
    size_t at = 0;
    for (size_t i = 0; i < content->count; i++) {
        struct lwm2m_path found = content->leaves[i].path;
        if (!lwm2m_path_under(found, path)) {
            continue;
        }
        findings->is_read = true;
        while (at < count && lwm2m_path_compare(leaves[at].path, found) < 0) {
            at++;
        }
        bool is_wanted = at < count && lwm2m_path_compare(leaves[at].path, found) == 0;
        if (!is_wanted && !is_its_own(found) && content->leaves[i].value.type != LWM2M_NONE) {
            findings->extra_path = findings->extra == 0 ? found : findings->extra_path;
            findings->extra++;
        }
    }
}

void policy_compare(const struct lwm2m_content *content, struct lwm2m_path path,
                    const struct lwm2m_leaf *leaves, const bool *optional, size_t count,
                    struct policy_findings *findings)
{
    bool has_first = false;
    *findings = (struct policy_findings){0};
    if (content == NULL) {
        return;
    }
    count_extra(content, path, leaves, count, findings);
    for (size_t i = 0; findings->is_read && i < count; i++) {
        const struct lwm2m_value *value = lwm2m_content_find(content, leaves[i].path);
        if (value == NULL && optional[i]) {
            findings->missing_extra++;
        } else if (value == NULL) {
            findings->missing++;
            take_difference(findings, i, &has_first);
        } else if (!lwm2m_value_equal(value, &leaves[i].value)) {
            findings->wrong++;
            take_difference(findings, i, &has_first);
        }
    }
}
