#include "tools/imprint/plan_value.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>

const char *cli_verdict(enum policy_verdict verdict)
{
    return verdict == POLICY_APPLY ? "apply" : verdict == POLICY_HOLD ? "hold" : "deny";
}

static void release(char *hex)
{
    if (hex != NULL) {
        pki_secret_wipe(hex, strlen(hex));
        free(hex);
    }
}

/* ---- text ---- */

static void print_leaves(const struct cli_plan_view *view, const struct policy_op *op)
{
    struct cli_table table = {.columns = 3};
    char path[LWM2M_PATH_TEXT], value[CLI_VALUE_TEXT];
    for (size_t i = 0; i < op->leaf_count; i++) {
        cli_plan_value(view, &op->leaves[i], value);
        cli_table_cell(&table, "%s", lwm2m_path_text(op->leaves[i].path, path));
        cli_table_cell(&table, "%s", cli_plan_name(view, &op->leaves[i]));
        cli_table_cell(&table, "%s%s", value,
                       op->is_optional != NULL && op->is_optional[i] ? "  (optional)" : "");
    }
    cli_table_print(&table, 10);
    pki_secret_wipe(value, sizeof value);
}

static void print_octets(const char *hex)
{
    for (size_t at = 0, len = strlen(hex); at < len; at += 64) {
        printf("          %.64s\n", hex + at);
    }
}

static void print_op(const struct cli_plan_view *view, size_t index)
{
    const struct policy_op *op = &view->plan->ops[index];
    char path[LWM2M_PATH_TEXT];
    size_t size;
    lwm2m_path_text(op->path, path);
    if (op->kind == POLICY_OP_DELETE) {
        printf("%4zu  DELETE %s%s\n", index + 1, path, op->is_required ? "" : "  (may fail)");
        return;
    }
    char *hex = cli_plan_octets(view, index, &size);
    printf("%4zu  WRITE  %-8s %s, %zu octets%s\n", index + 1, path,
           view->plan->format_count > 0 ? cli_plan_format(view->plan->formats[0]) : "?", size,
           op->is_required ? "" : "  (may fail)");
    print_leaves(view, op);
    if (view->shows_octets && hex != NULL) {
        print_octets(hex);
    }
    release(hex);
}

static void print_names(const char *what, const struct policy_decision *decision)
{
    char safe[512];
    for (size_t i = 0; i < decision->rollout_count; i++) {
        const char *name = decision->rollouts[i];
        printf("%s%s", i == 0 ? what : ", ", cli_safe(name, strlen(name), safe, sizeof safe));
    }
    if (decision->rollout_count > 0) {
        putchar('\n');
    }
}

static void print_plan(const struct cli_plan_view *view)
{
    const struct policy_plan *plan = view->plan;
    printf("%s; bootstrap account ", plan->is_blind ? "without Discover" : "with Discover");
    if (plan->bootstrap_instance >= 0) {
        printf("/0/%d is %s; formats", (int)plan->bootstrap_instance,
               plan->moves_bootstrap ? "written in place, last" : "never touched");
    } else {
        printf("unknown; formats");
    }
    for (size_t i = 0; i < plan->format_count; i++) {
        printf("%s %s", i == 0 ? "" : ",", cli_plan_format(plan->formats[i]));
    }
    putchar('\n');
    if (plan->kind != NULL) {
        printf("taken for the client %s\n", plan->kind);
    }
    if (plan->note != NULL) {
        char safe[1024];
        printf("left out: %s\n", cli_safe(plan->note, strlen(plan->note), safe, sizeof safe));
    }
    char doubt[POLICY_REASON_MAX + 1];
    if (policy_plan_doubt(plan, doubt)) {
        printf("may be refused: %s\n", doubt);
    }
    for (size_t i = 0; i < plan->op_count; i++) {
        print_op(view, i);
    }
    printf("%4zu  FINISH%s\n", plan->op_count + 1,
           plan->is_unchanged ? "  (the device has all of it)" : "");
}

enum cli_status cli_plan_text(const struct cli_plan_view *view)
{
    const struct policy_decision *decision = view->decision;
    const char *name = view->subject->endpoint;
    char endpoint[1024], reason[1024], policy[512];
    cli_safe(name, strlen(name), endpoint, sizeof endpoint);
    cli_safe(decision->reason, strlen(decision->reason), reason, sizeof reason);
    cli_safe(decision->policy, strlen(decision->policy), policy, sizeof policy);
    printf("%s: %s%s%s%s%s%s\n", endpoint, cli_verdict(decision->verdict),
           policy[0] != '\0' ? " policy " : "", policy, reason[0] != '\0' ? " (" : "", reason,
           reason[0] != '\0' ? ")" : "");
    print_names("rollouts: ", decision);
    if (view->plan != NULL) {
        print_plan(view);
    }
    return CLI_DONE;
}

/* ---- JSON ---- */

static void leaf_json(struct cli_json *json, const struct cli_plan_view *view,
                      const struct policy_op *op, size_t index)
{
    char path[LWM2M_PATH_TEXT], value[CLI_VALUE_TEXT];
    const struct lwm2m_leaf *leaf = &op->leaves[index];
    cli_plan_value(view, leaf, value);
    cli_json_object(json, NULL);
    cli_json_string(json, "path", lwm2m_path_text(leaf->path, path));
    cli_json_string_if(json, "name", cli_plan_name(view, leaf));
    cli_json_string(json, "value", value);
    cli_json_bool(json, "is_optional", op->is_optional != NULL && op->is_optional[index]);
    cli_json_object_end(json);
}

static void write_json(struct cli_json *json, const struct cli_plan_view *view, size_t index)
{
    const struct policy_op *op = &view->plan->ops[index];
    size_t size;
    char *hex = cli_plan_octets(view, index, &size);
    cli_json_uint(json, "size", size);
    if (view->shows_octets && hex != NULL) {
        cli_json_string(json, "octets", hex);
    }
    release(hex);
    cli_json_array(json, "values");
    for (size_t i = 0; i < op->leaf_count; i++) {
        leaf_json(json, view, op, i);
    }
    cli_json_array_end(json);
}

static void op_json(struct cli_json *json, const struct cli_plan_view *view, size_t index)
{
    const struct policy_op *op = &view->plan->ops[index];
    char path[LWM2M_PATH_TEXT];
    cli_json_object(json, NULL);
    cli_json_string(json, "op", op->kind == POLICY_OP_DELETE ? "delete" : "write");
    cli_json_string(json, "path", lwm2m_path_text(op->path, path));
    cli_json_bool(json, "is_required", op->is_required);
    if (op->kind == POLICY_OP_WRITE) {
        write_json(json, view, index);
    }
    cli_json_object_end(json);
}

static void plan_json(struct cli_json *json, const struct cli_plan_view *view)
{
    const struct policy_plan *plan = view->plan;
    char doubt[POLICY_REASON_MAX + 1] = "";
    policy_plan_doubt(plan, doubt);
    cli_json_bool(json, "is_blind", plan->is_blind);
    cli_json_bool(json, "is_unchanged", plan->is_unchanged);
    cli_json_int(json, "bootstrap_instance", plan->bootstrap_instance);
    cli_json_bool(json, "moves_bootstrap", plan->moves_bootstrap);
    cli_json_string_if(json, "client", plan->kind != NULL ? plan->kind : "");
    cli_json_string_if(json, "left_out", plan->note != NULL ? plan->note : "");
    cli_json_string_if(json, "doubt", doubt);
    cli_json_array(json, "formats");
    for (size_t i = 0; i < plan->format_count; i++) {
        cli_json_string(json, NULL, cli_plan_format(plan->formats[i]));
    }
    cli_json_array_end(json);
    cli_json_array(json, "ops");
    for (size_t i = 0; i < plan->op_count; i++) {
        op_json(json, view, i);
    }
    cli_json_object(json, NULL);
    cli_json_string(json, "op", "finish");
    cli_json_object_end(json);
    cli_json_array_end(json);
}

enum cli_status cli_plan_json(const struct cli_plan_view *view)
{
    struct cli_json json = {.file = stdout};
    const struct policy_decision *decision = view->decision;
    cli_json_object(&json, NULL);
    cli_json_string(&json, "endpoint", view->subject->endpoint);
    cli_json_string(&json, "verdict", cli_verdict(decision->verdict));
    cli_json_string_if(&json, "policy", decision->policy);
    cli_json_string_if(&json, "reason", decision->reason);
    if (decision->rollout_count > 0) {
        cli_json_array(&json, "rollouts");
        for (size_t i = 0; i < decision->rollout_count; i++) {
            cli_json_string(&json, NULL, decision->rollouts[i]);
        }
        cli_json_array_end(&json);
    }
    if (view->plan != NULL) {
        plan_json(&json, view);
    }
    cli_json_object_end(&json);
    return CLI_DONE;
}
