/* What the client that a plan is made for is known not to take. */
#include "bootstrap/policy/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { R_MODE = 2, R_IDENTITY = 3, R_SERVER_KEY = 4, R_KEY = 5, MODE_PSK = 0 };

struct telling {
    const struct policy_quirk *quirk;
    char *out;
    size_t used;
};

static void tell(struct telling *telling, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whole sentences only: one that has no room is left out. */
static void tell(struct telling *telling, const char *format, ...)
{
    char text[POLICY_REASON_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *before = telling->used > 0 ? "; " : "";
    if (telling->used + strlen(before) + strlen(text) <= POLICY_REASON_MAX) {
        telling->used +=
            (size_t)snprintf(telling->out + telling->used, POLICY_REASON_MAX + 1 - telling->used,
                             "%s%s", before, text);
    }
}

static const struct lwm2m_value *value_of(const struct policy_goal *goal, uint16_t resource)
{
    for (size_t i = 0; i < goal->leaf_count; i++) {
        if (goal->leaves[i].path.id[2] == resource) {
            return &goal->leaves[i].value;
        }
    }
    return NULL;
}

static void tell_account(struct telling *telling, const struct policy_goal *goal)
{
    const struct policy_quirk *quirk = telling->quirk;
    const struct lwm2m_value *mode = value_of(goal, R_MODE);
    bool is_psk = mode != NULL && mode->as.integer == MODE_PSK;
    const struct {
        uint16_t resource;
        size_t max;
    } rows[] = {{R_IDENTITY, is_psk ? quirk->identity_max : quirk->credential_max},
                {R_SERVER_KEY, quirk->credential_max},
                {R_KEY, is_psk ? quirk->key_max : quirk->credential_max}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lwm2m_value *value = value_of(goal, rows[i].resource);
        if (rows[i].max != 0 && value != NULL && value->as.bytes.len > rows[i].max) {
            tell(telling, "/0/%u/%u has %zu octets, %s takes %zu", goal->path.id[1],
                 rows[i].resource, value->as.bytes.len, quirk->name, rows[i].max);
        }
    }
}

bool policy_plan_doubt(const struct policy_plan *plan, char *out)
{
    const struct policy_owned *owned = policy_block_of(plan);
    struct telling telling = {.out = out};
    size_t accounts = 0;
    out[0] = '\0';
    telling.quirk = plan->kind != NULL ? policy_quirk_by_name(plan->kind) : NULL;
    for (size_t i = 0; telling.quirk != NULL && i < owned->goal_count; i++) {
        const struct policy_goal *goal = &owned->goals[i];
        accounts += goal->class == POLICY_CLASS_SECURITY;
        if (goal->class == POLICY_CLASS_SECURITY || goal->class == POLICY_CLASS_BOOTSTRAP) {
            tell_account(&telling, goal);
        }
    }
    size_t most = telling.quirk != NULL ? telling.quirk->server_accounts_max : 0;
    if (most != 0 && accounts > most) {
        tell(&telling, "%zu servers, %s takes %zu", accounts, telling.quirk->name, most);
    }
    return out[0] != '\0';
}
