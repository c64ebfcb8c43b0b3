#include "tests/support/policy_made.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

void policy_made_again(struct policy_made *made, int64_t now_at)
{
    uint8_t counter = 0x40;
    policy_plan_free(made->plan);
    policy_decide(made->set, &made->subject, true, now_at, &made->decision);
    made->plan = policy_plan_new(made->set, &made->decision, &made->subject, now_at,
                                 policy_case_random, &counter, made->reason);
}

void policy_made_init(struct policy_made *made, const char *text, const char *shown)
{
    *made = (struct policy_made){.set = policy_case_set(text), .has_discover = shown != NULL};
    if (shown != NULL) {
        made->discover = policy_case_discover(shown);
    }
    made->subject = policy_case_subject(&made->device, shown != NULL ? &made->discover : NULL);
    policy_made_again(made, POLICY_MADE_AT);
}

void policy_made_clear(struct policy_made *made)
{
    policy_plan_free(made->plan);
    policy_set_unref(made->set);
    lwm2m_discover_clear(&made->discover);
}

void policy_made_ops(const struct policy_plan *plan, char *out, size_t capacity)
{
    out[0] = '\0';
    for (size_t i = 0; plan != NULL && i < plan->op_count; i++) {
        char path[25];
        size_t used = strlen(out);
        snprintf(out + used, capacity - used, "%s%c%s%s", used > 0 ? " " : "",
                 plan->ops[i].kind == POLICY_OP_DELETE ? 'D' : 'W',
                 lwm2m_path_text(plan->ops[i].path, path), plan->ops[i].is_required ? "!" : "");
    }
}

const struct policy_op *policy_made_write(const struct policy_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        char text[25];
        if (plan->ops[i].kind == POLICY_OP_WRITE &&
            strcmp(lwm2m_path_text(plan->ops[i].path, text), path) == 0) {
            return &plan->ops[i];
        }
    }
    fail_msg("no write of %s", path);
    return NULL;
}

/* "0=3 1=0 2/101=15 3=101" */
static void list_leaves(const struct policy_op *op, char *out, size_t capacity)
{
    out[0] = '\0';
    for (size_t i = 0; i < op->leaf_count; i++) {
        const struct lwm2m_leaf *leaf = &op->leaves[i];
        size_t used = strlen(out);
        long long value = leaf->value.type == LWM2M_BOOLEAN ? leaf->value.as.boolean
                                                            : (long long)leaf->value.as.integer;
        used += (size_t)snprintf(out + used, capacity - used, "%s%u", i > 0 ? " " : "",
                                 (unsigned)leaf->path.id[2]);
        if (leaf->path.depth == 4) {
            used +=
                (size_t)snprintf(out + used, capacity - used, "/%u", (unsigned)leaf->path.id[3]);
        }
        if (leaf->value.type == LWM2M_STRING || leaf->value.type == LWM2M_OPAQUE) {
            snprintf(out + used, capacity - used, "=%.*s", (int)leaf->value.as.bytes.len,
                     (const char *)leaf->value.as.bytes.data);
        } else {
            snprintf(out + used, capacity - used, "=%lld", value);
        }
    }
}

void policy_made_leaves(const struct policy_plan *plan, const char *path, const char *expected)
{
    char text[600];
    list_leaves(policy_made_write(plan, path), text, sizeof text);
    assert_string_equal(text, expected);
}
