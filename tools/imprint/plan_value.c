#include "tools/imprint/plan_value.h"
#include "tools/imprint/out.h"
#include "pki/secret.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 65536

static const struct lwm2m_resource *resource_of(const struct cli_plan_view *view,
                                                struct lwm2m_path path)
{
    return lwm2m_resource_at(policy_set_registry(view->set), path);
}

/* Whether the plan made these very octets, and the store does not know them yet. */
static bool is_minted(const struct policy_plan *plan, const struct lwm2m_value *value)
{
    for (size_t i = 0; i < plan->minted_count; i++) {
        const struct policy_minted *it = &plan->minted[i];
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
        cli_safe(value->as.bytes.data, len, out, CLI_VALUE_TEXT);
    } else if (len * 2 + 5 < CLI_VALUE_TEXT) {
        memcpy(out, "hex:", 4);
        pki_secret_hex(value->as.bytes.data, len, out + 4);
    } else {
        snprintf(out, CLI_VALUE_TEXT, "(%zu octets)", len);
    }
}

/* What is not known to be harmless is a secret. */
static bool is_secret(const struct cli_plan_view *view, const struct lwm2m_leaf *leaf)
{
    const struct lwm2m_resource *resource = resource_of(view, leaf->path);
    return lwm2m_type_has_bytes(leaf->value.type) &&
           (resource == NULL ? leaf->value.type == LWM2M_OPAQUE : resource->is_secret);
}

void cli_plan_value(const struct cli_plan_view *view, const struct lwm2m_leaf *leaf, char *out)
{
    const struct lwm2m_value *value = &leaf->value;
    if (is_secret(view, leaf)) {
        snprintf(out, CLI_VALUE_TEXT, "(%zu octets%s)", value->as.bytes.len,
                 is_minted(view->plan, value) ? ", minted" : "");
    } else if (lwm2m_type_has_bytes(value->type)) {
        octets_text(value, out);
    } else if (value->type == LWM2M_INTEGER || value->type == LWM2M_TIME) {
        snprintf(out, CLI_VALUE_TEXT, "%" PRId64, value->as.integer);
    } else if (value->type == LWM2M_UNSIGNED) {
        snprintf(out, CLI_VALUE_TEXT, "%" PRIu64, value->as.uinteger);
    } else if (value->type == LWM2M_FLOAT) {
        snprintf(out, CLI_VALUE_TEXT, "%g", value->as.real);
    } else if (value->type == LWM2M_BOOLEAN) {
        snprintf(out, CLI_VALUE_TEXT, "%s", value->as.boolean ? "true" : "false");
    } else if (value->type == LWM2M_OBJLNK) {
        snprintf(out, CLI_VALUE_TEXT, "%u:%u", (unsigned)value->as.link.object,
                 (unsigned)value->as.link.instance);
    } else {
        snprintf(out, CLI_VALUE_TEXT, "-");
    }
}

const char *cli_plan_name(const struct cli_plan_view *view, const struct lwm2m_leaf *leaf)
{
    const struct lwm2m_resource *resource = resource_of(view, leaf->path);
    return resource != NULL ? resource->name : "";
}

const char *cli_plan_format(uint16_t number)
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    return format != NULL ? format->name : "?";
}

/* ---- the octets of a Write ---- */

struct bodies {
    uint8_t real[BODY_MAX], other[BODY_MAX];
    size_t real_len, other_len;
    uint8_t changed[BODY_MAX]; /* the octets of changed secrets */
    struct lwm2m_leaf leaves[LWM2M_LEAVES_MAX];
};

/* COPY of LEAF with each octet of its secret another one, of the same kind. */
static bool change_secret(const struct lwm2m_leaf *leaf, struct lwm2m_leaf *copy,
                          struct bodies *bodies, size_t *used)
{
    size_t len = leaf->value.as.bytes.len;
    uint8_t *to = bodies->changed + *used;
    if (len > sizeof bodies->changed - *used) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = leaf->value.as.bytes.data[i];
        to[i] = leaf->value.type == LWM2M_OPAQUE ? (uint8_t)~octet : octet == 'x' ? 'y' : 'x';
    }
    copy->value.as.bytes.data = to;
    *used += len;
    return true;
}

/* Encodes OP once more with other secrets: what differs then is what came from them. */
static bool encode_other(const struct cli_plan_view *view, const struct policy_op *op,
                         struct bodies *bodies)
{
    size_t used = 0;
    bool is_good = op->leaf_count <= LWM2M_LEAVES_MAX;
    for (size_t i = 0; i < op->leaf_count && is_good; i++) {
        bodies->leaves[i] = op->leaves[i];
        if (is_secret(view, &op->leaves[i])) {
            is_good = change_secret(&op->leaves[i], &bodies->leaves[i], bodies, &used);
        }
    }
    return is_good && lwm2m_encode(view->plan->formats[0], op->path, bodies->leaves, op->leaf_count,
                                   bodies->other, BODY_MAX, &bodies->other_len) == LWM2M_OK;
}

/* Where the two cannot be laid beside each other, all of it is hidden. */
static void hide(const struct bodies *bodies, bool has_other, char *hex)
{
    bool is_alike = has_other && bodies->other_len == bodies->real_len;
    for (size_t i = 0; i < bodies->real_len; i++) {
        if (!is_alike || bodies->real[i] != bodies->other[i]) {
            hex[2 * i] = '.';
            hex[2 * i + 1] = '.';
        }
    }
}

char *cli_plan_octets(const struct cli_plan_view *view, size_t op, size_t *size)
{
    const struct policy_plan *plan = view->plan;
    struct bodies *bodies = calloc(1, sizeof *bodies);
    char *hex = NULL;
    *size = 0;
    if (bodies != NULL && plan->format_count > 0 &&
        policy_plan_encode(plan, op, plan->formats[0], false, bodies->real, BODY_MAX,
                           &bodies->real_len) == LWM2M_OK) {
        hex = malloc(2 * bodies->real_len + 1);
    }
    if (hex != NULL) {
        *size = bodies->real_len;
        pki_secret_hex(bodies->real, bodies->real_len, hex);
        if (!view->shows_secrets) {
            hide(bodies, encode_other(view, &plan->ops[op], bodies), hex);
        }
    }
    if (bodies != NULL) {
        pki_secret_wipe(bodies, sizeof *bodies);
        free(bodies);
    }
    return hex;
}
