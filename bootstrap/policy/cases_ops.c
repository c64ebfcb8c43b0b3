/* The operations of a plan beside those that a case expects. */
#include "bootstrap/policy/cases_internal.h"

#include "bootstrap/policy/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 40, VALUE_MAX = 300, OPS_MAX = 1000 };

/* ---- one line an operation ---- */

static void op_line(enum policy_op_kind kind, struct lwm2m_path path, char out[static LINE_MAX])
{
    char text[LWM2M_PATH_TEXT];
    snprintf(out, LINE_MAX, "%s %s", kind == POLICY_OP_DELETE ? "delete" : "write",
             lwm2m_path_text(path, text));
}

static bool is_same(const struct cases_op *expected, const struct policy_op *op)
{
    return expected->kind == op->kind && lwm2m_path_compare(expected->path, op->path) == 0;
}

/* Lengths of the longest common part of what is left of both lists: a table of rows by columns. */
struct common {
    const struct cases_op *expected;
    const struct policy_op *ops;
    size_t rows, columns;
    uint16_t *lengths; /* (rows + 1) * (columns + 1) */
};

static uint16_t *length_at(const struct common *common, size_t row, size_t column)
{
    return &common->lengths[row * (common->columns + 1) + column];
}

static void measure(const struct common *common)
{
    for (size_t row = common->rows; row-- > 0;) {
        for (size_t column = common->columns; column-- > 0;) {
            uint16_t below = *length_at(common, row + 1, column);
            uint16_t right = *length_at(common, row, column + 1);
            bool is_common = is_same(&common->expected[row], &common->ops[column]);
            uint16_t both = (uint16_t)(*length_at(common, row + 1, column + 1) + 1);
            *length_at(common, row, column) = is_common ? both : below > right ? below : right;
        }
    }
}

static void write_lines(const struct common *common, FILE *out)
{
    char line[LINE_MAX];
    size_t row = 0, column = 0;
    while (row < common->rows || column < common->columns) {
        bool has_both = row < common->rows && column < common->columns;
        if (has_both && is_same(&common->expected[row], &common->ops[column])) {
            op_line(common->ops[column].kind, common->ops[column].path, line);
            fprintf(out, "  %s\n", line);
            row++;
            column++;
        } else if (column == common->columns ||
                   (has_both &&
                    *length_at(common, row + 1, column) >= *length_at(common, row, column + 1))) {
            op_line(common->expected[row].kind, common->expected[row].path, line);
            fprintf(out, "- %s\n", line);
            row++;
        } else {
            op_line(common->ops[column].kind, common->ops[column].path, line);
            fprintf(out, "+ %s\n", line);
            column++;
        }
    }
}

/* The difference as text; NULL: out of memory, or too long to be read. */
static char *difference(const struct cases_ops *ops, const struct policy_plan *plan)
{
    char *text = NULL;
    size_t len = 0;
    struct common common = {.expected = ops->items.items,
                            .ops = plan->ops,
                            .rows = ops->items.count,
                            .columns = plan->op_count};
    if (common.rows > OPS_MAX || common.columns > OPS_MAX) {
        return NULL;
    }
    common.lengths = calloc((common.rows + 1) * (common.columns + 1), sizeof *common.lengths);
    FILE *out = common.lengths != NULL ? open_memstream(&text, &len) : NULL;
    if (out != NULL) {
        measure(&common);
        write_lines(&common, out);
        fclose(out);
    }
    free(common.lengths);
    return text;
}

/* ---- the values of a Write ---- */

static const char *value_text(const struct lwm2m_value *value, char out[static VALUE_MAX])
{
    char link[LWM2M_LINK_TEXT];
    switch (value->type) {
    case LWM2M_STRING:
    case LWM2M_CORELNK:
        return policy_quote((const char *)value->as.bytes.data, value->as.bytes.len, out);
    case LWM2M_OPAQUE:
        snprintf(out, VALUE_MAX, "%zu octets", value->as.bytes.len);
        break;
    case LWM2M_UNSIGNED:
        snprintf(out, VALUE_MAX, "%" PRIu64, value->as.uinteger);
        break;
    case LWM2M_FLOAT:
        snprintf(out, VALUE_MAX, "%g", value->as.real);
        break;
    case LWM2M_BOOLEAN:
        return value->as.boolean ? "true" : "false";
    case LWM2M_OBJLNK:
        snprintf(out, VALUE_MAX, "%s", lwm2m_link_value_text(value->as.link, link));
        break;
    default:
        snprintf(out, VALUE_MAX, "%" PRId64, value->as.integer);
        break;
    }
    return out;
}

/* "16 octets" */
static bool is_length(const struct cases_leaf *leaf, size_t *len)
{
    char *end = NULL;
    unsigned long number = strtoul(leaf->text, &end, 10);
    *len = number;
    return leaf->text[0] >= '0' && leaf->text[0] <= '9' && strcmp(end, " octets") == 0;
}

/* "lifetime", "1", "2/101" below the instance at BASE; false when REPORT says why not. */
static bool leaf_path(const struct cases_leaf *leaf, const struct policy_set *set,
                      struct lwm2m_path base, struct lwm2m_path *path,
                      const struct lwm2m_resource **resource, struct policy_report *report)
{
    const char *slash = strchr(leaf->key, '/');
    size_t len = slash != NULL ? (size_t)(slash - leaf->key) : strlen(leaf->key);
    const struct lwm2m_object *object = lwm2m_object_find(policy_set_registry(set), base.id[0]);
    *resource = object != NULL ? lwm2m_resource_by_name(object, leaf->key, len) : NULL;
    char *end = NULL;
    unsigned long instance = slash != NULL ? strtoul(slash + 1, &end, 10) : 0;
    bool is_good = *resource != NULL && base.depth == 2 && instance < LWM2M_ID_NONE &&
                   (slash == NULL || (end != slash + 1 && *end == '\0'));
    if (!is_good) {
        policy_error(report, leaf->mark, "'%s' is no resource of /%u", leaf->key,
                     (unsigned)base.id[0]);
        return false;
    }
    *path = lwm2m_path_child(base, (*resource)->id);
    if (slash != NULL || (*resource)->is_multiple) {
        *path = lwm2m_path_child(*path, (uint16_t)instance);
    }
    return true;
}

static const struct lwm2m_value *find(const struct policy_op *op, struct lwm2m_path path)
{
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (lwm2m_path_compare(op->leaves[i].path, path) == 0) {
            return &op->leaves[i].value;
        }
    }
    return NULL;
}

static bool is_value(const struct cases_leaf *leaf, const struct lwm2m_resource *resource,
                     const struct lwm2m_value *actual, struct policy_report *report)
{
    struct policy_arena arena = {0};
    struct lwm2m_value expected;
    const struct policy_node node = {
        .kind = POLICY_YAML_SCALAR, .mark = leaf->mark, .text = leaf->text, .len = leaf->len};
    size_t len;
    if (is_length(leaf, &len) && lwm2m_type_has_bytes(actual->type)) {
        return len == actual->as.bytes.len;
    }
    /* An identity, say: octets that are text. */
    if (actual->type == LWM2M_OPAQUE && actual->as.bytes.len == leaf->len && leaf->len > 0 &&
        memcmp(actual->as.bytes.data, leaf->text, leaf->len) == 0) {
        return true;
    }
    const char *wrong = policy_value_parse(&arena, &node, resource->type, &expected);
    if (wrong != NULL) {
        policy_error(report, leaf->mark, "'%s': the value %s", leaf->key, wrong);
    }
    bool is_same_value = wrong == NULL && lwm2m_value_equal(&expected, actual);
    policy_arena_clear(&arena);
    return is_same_value;
}

static bool compare_leaf(const struct cases_leaf *leaf, const struct policy_set *set,
                         const struct policy_op *op, struct policy_report *report)
{
    const struct lwm2m_resource *resource;
    struct lwm2m_path path;
    char text[LWM2M_PATH_TEXT], value[VALUE_MAX];
    if (!leaf_path(leaf, set, op->path, &path, &resource, report)) {
        return false;
    }
    lwm2m_path_text(path, text);
    const struct lwm2m_value *actual = find(op, path);
    if (actual == NULL) {
        policy_error(report, leaf->mark, "%s is not written", text);
        return false;
    }
    bool is_so = is_value(leaf, resource, actual, report);
    if (!is_so) {
        policy_error(report, leaf->mark, "%s is %s", text, value_text(actual, value));
    }
    return is_so;
}

static bool compare_op(const struct cases_op *expected, const struct policy_set *set,
                       const struct policy_op *op, struct policy_report *report)
{
    bool is_good = true;
    for (size_t i = 0; i < expected->leaves.count; i++) {
        is_good &=
            compare_leaf((const struct cases_leaf *)expected->leaves.items + i, set, op, report);
    }
    return is_good;
}

bool policy_cases_compare_ops(const struct cases_ops *ops, const struct policy_set *set,
                              const struct policy_plan *plan, struct policy_report *report,
                              char **diff)
{
    const struct cases_op *expected = ops->items.items;
    if (plan == NULL) {
        policy_error(report, ops->mark, "there is no plan, so no operation");
        return ops->items.count == 0;
    }
    bool is_so = ops->items.count == plan->op_count;
    for (size_t i = 0; i < plan->op_count && is_so; i++) {
        is_so = is_same(&expected[i], &plan->ops[i]);
    }
    if (!is_so) {
        policy_error(report, ops->mark, "the operations are others");
        *diff = difference(ops, plan);
        return false;
    }
    for (size_t i = 0; i < plan->op_count; i++) {
        is_so &= compare_op(&expected[i], set, &plan->ops[i], report);
    }
    return is_so;
}
