/* What imprint policy explain prints. */
#include "tools/imprint/plan_show.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/subject.h"

#include <string.h>

struct telling {
    struct cli_table table;
    struct cli_json *json; /* NULL: the table */
};

static void tell_json(struct cli_json *json, const struct policy_explanation *one)
{
    cli_json_object(json, NULL);
    cli_json_string(json, "kind", one->is_overlay ? "overlay" : "policy");
    cli_json_string(json, "name", one->name);
    cli_json_bool(json, "fits", one->fits);
    cli_json_bool(json, "is_applied", one->is_applied);
    cli_json_string_if(json, "reason", one->reason);
    cli_json_string(json, "file", one->mark.file);
    cli_json_uint(json, "line", one->mark.line);
    cli_json_object_end(json);
}

static void tell(void *context, const struct policy_explanation *one)
{
    struct telling *telling = context;
    if (telling->json != NULL) {
        tell_json(telling->json, one);
        return;
    }
    cli_table_cell(&telling->table, "%s", one->is_overlay ? "overlay" : "policy");
    cli_table_cell(&telling->table, "%s", one->name);
    cli_table_cell(&telling->table, "%s", one->is_applied ? "applied" : one->fits ? "yes" : "no");
    cli_table_cell(&telling->table, "%s", one->reason[0] != '\0' ? one->reason : "-");
    cli_table_cell(&telling->table, "%s:%u", one->mark.file, one->mark.line);
}

static enum cli_status explain_json(struct cli_call *call, const struct policy_set *set,
                                    const struct policy_subject *view,
                                    const struct policy_decision *decision)
{
    struct cli_json json = {.file = stdout};
    struct telling telling = {.json = &json};
    cli_json_object(&json, NULL);
    cli_json_string(&json, "endpoint", view->endpoint);
    cli_json_string(&json, "verdict", cli_verdict(decision->verdict));
    cli_json_string_if(&json, "policy", decision->policy);
    cli_json_string_if(&json, "reason", decision->reason);
    cli_json_array(&json, "rules");
    policy_explain(set, view, call->now_at, tell, &telling);
    cli_json_array_end(&json);
    cli_json_array(&json, "rollouts");
    for (size_t i = 0; i < decision->rollout_count; i++) {
        cli_json_string(&json, NULL, decision->rollouts[i]);
    }
    cli_json_array_end(&json);
    cli_json_object_end(&json);
    return CLI_DONE;
}

enum cli_status cli_explain_show(struct cli_call *call, struct policy_set *set,
                                 struct cli_subject *subject)
{
    static const char *const head[] = {"KIND", "NAME", "FITS", "WHY", "WHERE"};
    struct policy_decision decision = {0};
    struct cli_plan_view view = {.set = set, .subject = &subject->view, .decision = &decision};
    struct telling telling = {.table = {.columns = 5}};
    policy_decide(set, &subject->view, true, call->now_at, &decision);
    if (cli_has(call, CLI_OPT_JSON)) {
        return explain_json(call, set, &subject->view, &decision);
    }
    cli_plan_text(&view);
    for (size_t i = 0; i < 5; i++) {
        cli_table_cell(&telling.table, "%s", head[i]);
    }
    policy_explain(set, &subject->view, call->now_at, tell, &telling);
    return cli_table_print(&telling.table, 0);
}
