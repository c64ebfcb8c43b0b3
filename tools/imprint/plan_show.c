#include "tools/imprint/plan_show.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX   65536
#define VALUE_TEXT 1200

static const char *verdict_name(enum policy_verdict verdict)
{
    return verdict == POLICY_APPLY ? "apply" : verdict == POLICY_HOLD ? "hold" : "deny";
}

static const struct lwm2m_resource *resource_of(struct lwm2m_path path)
{
    const struct lwm2m_object *object = lwm2m_object_find(lwm2m_registry_builtin(), path.id[0]);
    return object != NULL && path.depth >= 3 ? lwm2m_resource_find(object, path.id[2]) : NULL;
}

static bool is_octets(enum lwm2m_type type)
{
    return type == LWM2M_OPAQUE || type == LWM2M_STRING || type == LWM2M_CORELNK;
}

/* Whether the plan made these very octets, and the store does not know them yet. */
static bool is_minted(const struct policy_plan *plan, const struct lwm2m_value *value)
{
    for (size_t i = 0; i < plan->minted_count; i++) {
        const struct pki_credential *it = &plan->minted[i];
        if (it->secret_len == value->as.bytes.len &&
            pki_secret_equal(it->secret, value->as.bytes.data, it->secret_len)) {
            return true;
        }
    }
    return false;
}

static void octets_text(const struct lwm2m_value *value, char *out)
{
    size_t len = value->as.bytes.len;
    if (len == 0) {
        memcpy(out, "(empty)", 8);
    } else if (value->type != LWM2M_OPAQUE || cli_is_text(value->as.bytes.data, len)) {
        cli_safe(value->as.bytes.data, len, out, VALUE_TEXT);
    } else if (len * 2 + 5 < VALUE_TEXT) {
        memcpy(out, "hex:", 4);
        pki_secret_hex(value->as.bytes.data, len, out + 4);
    } else {
        snprintf(out, VALUE_TEXT, "(%zu octets)", len);
    }
}

static void value_text(const struct policy_plan *plan, const struct lwm2m_leaf *leaf, char *out)
{
    const struct lwm2m_resource *resource = resource_of(leaf->path);
    const struct lwm2m_value *value = &leaf->value;
    /* What is not known to be harmless is shown as a length. */
    bool is_secret = is_octets(value->type) &&
                     (resource == NULL ? value->type == LWM2M_OPAQUE : resource->is_secret);
    if (is_secret) {
        snprintf(out, VALUE_TEXT, "(%zu octets%s)", value->as.bytes.len,
                 is_minted(plan, value) ? ", minted" : "");
    } else if (is_octets(value->type)) {
        octets_text(value, out);
    } else if (value->type == LWM2M_INTEGER || value->type == LWM2M_TIME) {
        snprintf(out, VALUE_TEXT, "%" PRId64, value->as.integer);
    } else if (value->type == LWM2M_UNSIGNED) {
        snprintf(out, VALUE_TEXT, "%" PRIu64, value->as.uinteger);
    } else if (value->type == LWM2M_FLOAT) {
        snprintf(out, VALUE_TEXT, "%g", value->as.real);
    } else if (value->type == LWM2M_BOOLEAN) {
        snprintf(out, VALUE_TEXT, "%s", value->as.boolean ? "true" : "false");
    } else if (value->type == LWM2M_OBJLNK) {
        snprintf(out, VALUE_TEXT, "%u:%u", (unsigned)value->as.link.object,
                 (unsigned)value->as.link.instance);
    } else {
        snprintf(out, VALUE_TEXT, "-");
    }
}

static const char *name_of(const struct lwm2m_leaf *leaf)
{
    const struct lwm2m_resource *resource = resource_of(leaf->path);
    return resource != NULL ? resource->name : "";
}

/* Octets of the body of OP in the format that is tried first; 0 when it cannot be encoded so. */
static size_t body_size(const struct policy_plan *plan, size_t op)
{
    size_t len = 0;
    uint8_t *body = malloc(BODY_MAX);
    if (body == NULL || plan->format_count == 0 ||
        policy_plan_encode(plan, op, plan->formats[0], false, body, BODY_MAX, &len) != LWM2M_OK) {
        len = 0;
    }
    if (body != NULL) {
        pki_secret_wipe(body, BODY_MAX);
        free(body);
    }
    return len;
}

static const char *format_name(uint16_t number)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    return format != NULL ? format->name : "?";
}

static void print_leaves(const struct policy_plan *plan, const struct policy_op *op)
{
    struct cli_table table = {.columns = 3};
    char path[25], value[VALUE_TEXT];
    for (size_t i = 0; i < op->leaf_count; i++) {
        value_text(plan, &op->leaves[i], value);
        cli_table_cell(&table, "%s", lwm2m_path_text(op->leaves[i].path, path));
        cli_table_cell(&table, "%s", name_of(&op->leaves[i]));
        cli_table_cell(&table, "%s%s", value,
                       op->is_optional != NULL && op->is_optional[i] ? "  (optional)" : "");
    }
    cli_table_print(&table, 10);
    pki_secret_wipe(value, sizeof value);
}

static void print_op(const struct policy_plan *plan, size_t index)
{
    const struct policy_op *op = &plan->ops[index];
    char path[25];
    lwm2m_path_text(op->path, path);
    if (op->kind == POLICY_OP_DELETE) {
        printf("%4zu  DELETE %s%s\n", index + 1, path, op->is_required ? "" : "  (may fail)");
        return;
    }
    printf("%4zu  WRITE  %-8s %s, %zu octets%s\n", index + 1, path,
           plan->format_count > 0 ? format_name(plan->formats[0]) : "?", body_size(plan, index),
           op->is_required ? "" : "  (may fail)");
    print_leaves(plan, op);
}

enum cli_status cli_plan_text(const struct policy_subject *subject,
                              const struct policy_decision *decision,
                              const struct policy_plan *plan)
{
    char endpoint[1024], reason[1024], policy[512];
    cli_safe(subject->endpoint, strlen(subject->endpoint), endpoint, sizeof endpoint);
    cli_safe(decision->reason, strlen(decision->reason), reason, sizeof reason);
    cli_safe(decision->policy, strlen(decision->policy), policy, sizeof policy);
    printf("%s: %s%s%s%s%s%s\n", endpoint, verdict_name(decision->verdict),
           policy[0] != '\0' ? " policy " : "", policy, reason[0] != '\0' ? " (" : "", reason,
           reason[0] != '\0' ? ")" : "");
    if (plan == NULL) {
        return CLI_DONE;
    }
    printf("%s; bootstrap account ", plan->is_blind ? "without Discover" : "with Discover");
    if (plan->bootstrap_instance >= 0) {
        printf("/0/%d is never touched; formats", (int)plan->bootstrap_instance);
    } else {
        printf("unknown; formats");
    }
    for (size_t i = 0; i < plan->format_count; i++) {
        printf("%s %s", i == 0 ? "" : ",", format_name(plan->formats[i]));
    }
    putchar('\n');
    for (size_t i = 0; i < plan->op_count; i++) {
        print_op(plan, i);
    }
    printf("%4zu  FINISH\n", plan->op_count + 1);
    return CLI_DONE;
}

static void leaf_json(struct cli_json *json, const struct policy_plan *plan,
                      const struct policy_op *op, size_t index)
{
    char path[25], value[VALUE_TEXT];
    const struct lwm2m_leaf *leaf = &op->leaves[index];
    value_text(plan, leaf, value);
    cli_json_object(json, NULL);
    cli_json_string(json, "path", lwm2m_path_text(leaf->path, path));
    cli_json_string_if(json, "name", name_of(leaf));
    cli_json_string(json, "value", value);
    cli_json_bool(json, "is_optional", op->is_optional != NULL && op->is_optional[index]);
    cli_json_object_end(json);
}

static void op_json(struct cli_json *json, const struct policy_plan *plan, size_t index)
{
    const struct policy_op *op = &plan->ops[index];
    char path[25];
    cli_json_object(json, NULL);
    cli_json_string(json, "op", op->kind == POLICY_OP_DELETE ? "delete" : "write");
    cli_json_string(json, "path", lwm2m_path_text(op->path, path));
    cli_json_bool(json, "is_required", op->is_required);
    if (op->kind == POLICY_OP_WRITE) {
        cli_json_uint(json, "size", body_size(plan, index));
        cli_json_array(json, "values");
        for (size_t i = 0; i < op->leaf_count; i++) {
            leaf_json(json, plan, op, i);
        }
        cli_json_array_end(json);
    }
    cli_json_object_end(json);
}

static void plan_json(struct cli_json *json, const struct policy_plan *plan)
{
    cli_json_bool(json, "is_blind", plan->is_blind);
    cli_json_int(json, "bootstrap_instance", plan->bootstrap_instance);
    cli_json_array(json, "formats");
    for (size_t i = 0; i < plan->format_count; i++) {
        cli_json_string(json, NULL, format_name(plan->formats[i]));
    }
    cli_json_array_end(json);
    cli_json_array(json, "ops");
    for (size_t i = 0; i < plan->op_count; i++) {
        op_json(json, plan, i);
    }
    cli_json_object(json, NULL);
    cli_json_string(json, "op", "finish");
    cli_json_object_end(json);
    cli_json_array_end(json);
}

enum cli_status cli_plan_json(const struct policy_subject *subject,
                              const struct policy_decision *decision,
                              const struct policy_plan *plan)
{
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_json_string(&json, "endpoint", subject->endpoint);
    cli_json_string(&json, "verdict", verdict_name(decision->verdict));
    cli_json_string_if(&json, "policy", decision->policy);
    cli_json_string_if(&json, "reason", decision->reason);
    if (plan != NULL) {
        plan_json(&json, plan);
    }
    cli_json_object_end(&json);
    return CLI_DONE;
}
