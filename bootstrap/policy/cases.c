#include "bootstrap/policy/cases_internal.h"

#include "bootstrap/policy/load.h"

#include <stdlib.h>
#include <string.h>

#define AT(type, field) offsetof(struct type, field)

/* ---- words ---- */

static const struct policy_schema_word auth_words[] = {{"none", PKI_AUTH_NONE},
                                                       {"psk", PKI_AUTH_PSK},
                                                       {"rpk", PKI_AUTH_RPK},
                                                       {"x509", PKI_AUTH_X509},
                                                       {NULL, 0}};
static const struct policy_schema_word mode_words[] = {
    {"psk", PKI_MODE_PSK},       {"rpk", PKI_MODE_RPK}, {"x509", PKI_MODE_X509},
    {"oscore", PKI_MODE_OSCORE}, {"sms", PKI_MODE_SMS}, {NULL, 0}};
static const struct policy_schema_word format_words[] = {{"none", LWM2M_FORMAT_NONE},
                                                         {"tlv", LWM2M_FORMAT_TLV},
                                                         {"senml-json", LWM2M_FORMAT_SENML_JSON},
                                                         {"senml-cbor", LWM2M_FORMAT_SENML_CBOR},
                                                         {"lwm2m-cbor", LWM2M_FORMAT_LWM2M_CBOR},
                                                         {"json", LWM2M_FORMAT_JSON},
                                                         {NULL, 0}};
static const struct policy_schema_word version_words[] = {{"1.0", LWM2M_VERSION(1, 0)},
                                                          {"1.1", LWM2M_VERSION(1, 1)},
                                                          {"1.2", LWM2M_VERSION(1, 2)},
                                                          {NULL, 0}};
static const struct policy_schema_word transport_words[] = {{"coap", POLICY_COAP},
                                                            {"coaps", POLICY_COAPS},
                                                            {"coap+tcp", POLICY_COAP_TCP},
                                                            {"coaps+tcp", POLICY_COAPS_TCP},
                                                            {NULL, 0}};
static const struct policy_schema_word verdict_words[] = {
    {"apply", POLICY_APPLY}, {"hold", POLICY_HOLD}, {"deny", POLICY_DENY}, {NULL, 0}};
static const struct policy_schema_word state_words[] = {{"running", PKI_ROLLOUT_RUNNING},
                                                        {"paused", PKI_ROLLOUT_PAUSED},
                                                        {"aborted", PKI_ROLLOUT_ABORTED},
                                                        {NULL, 0}};

/* ---- what the rows cannot read ---- */

/* attr.NAME: VALUE */
static void read_attribute(struct policy_schema_context *context, const struct policy_node *node,
                           void *place)
{
    const char *name = strchr(node->key, '.') + 1;
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    if (strlen(name) > PKI_ATTRIBUTE_NAME_MAX || node->len > PKI_ATTRIBUTE_VALUE_MAX) {
        policy_error(context->report, node->key_mark,
                     "an attribute has a name of up to %d octets "
                     "and a value of up to %d",
                     PKI_ATTRIBUTE_NAME_MAX, PKI_ATTRIBUTE_VALUE_MAX);
        return;
    }
    struct pki_attribute *slot = policy_array_add(context->arena, place, sizeof *slot);
    if (slot != NULL) {
        memcpy(slot->name, name, strlen(name));
        memcpy(slot->value, node->text, node->len);
    }
}

static bool read_head(const char *text, size_t len, struct cases_op *op)
{
    static const char remove[] = "delete ", write[] = "write ";
    size_t skip = len > sizeof write && memcmp(text, write, sizeof write - 1) == 0
                      ? sizeof write - 1
                  : len > sizeof remove - 1 && memcmp(text, remove, sizeof remove - 1) == 0
                      ? sizeof remove - 1
                      : 0;
    op->kind = skip == sizeof write - 1 ? POLICY_OP_WRITE : POLICY_OP_DELETE;
    return skip > 0 && lwm2m_path_parse(text + skip, len - skip, &op->path) == LWM2M_OK;
}

static void read_leaves(struct policy_schema_context *context, const struct policy_node *map,
                        struct cases_op *op)
{
    if (op->kind == POLICY_OP_DELETE || !policy_schema_expect(context, map, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *node = map->first; node != NULL; node = node->next) {
        struct cases_leaf *leaf = policy_schema_expect(context, node, POLICY_YAML_SCALAR)
                                      ? policy_array_add(context->arena, &op->leaves, sizeof *leaf)
                                      : NULL;
        if (leaf != NULL) {
            leaf->mark = node->mark;
            leaf->key = policy_arena_text(context->arena, node->key, node->key_len);
            leaf->text = policy_arena_text(context->arena, node->text, node->len);
            leaf->len = node->len;
        }
    }
}

/* "delete /0", "write /1/0", or a map of one such Write to its resources. */
static void read_op(struct policy_schema_context *context, const struct policy_node *node,
                    struct policy_array *ops)
{
    const struct policy_node *map = node->kind == POLICY_YAML_MAP ? node->first : NULL;
    struct cases_op op = {.mark = node->mark};
    bool is_read = map != NULL
                       ? node->count == 1 && read_head(map->key, map->key_len, &op)
                       : node->kind == POLICY_YAML_SCALAR && read_head(node->text, node->len, &op);
    if (!is_read || (map != NULL && op.kind == POLICY_OP_DELETE)) {
        policy_error(context->report, node->mark,
                     "an operation is 'delete PATH', 'write PATH' or 'write PATH: {resource: "
                     "value}'");
        return;
    }
    if (map != NULL) {
        read_leaves(context, map, &op);
    }
    struct cases_op *slot = policy_array_add(context->arena, ops, sizeof *slot);
    if (slot != NULL) {
        *slot = op;
    }
}

static void read_ops(struct policy_schema_context *context, const struct policy_node *node,
                     void *place)
{
    struct cases_ops *ops = place;
    ops->is_given = true;
    ops->mark = node->key_mark;
    if (policy_schema_expect(context, node, POLICY_YAML_LIST)) {
        for (const struct policy_node *item = node->first; item != NULL; item = item->next) {
            read_op(context, item, &ops->items);
        }
    }
}

/* ---- rows ---- */

#define TEXT(of, word, member, most, what)                                                         \
    {                                                                                              \
        .key = word, .type = SCHEMA_TEXT, .offset = AT(of, member), .min = 0, .max = (most),       \
        .help = what                                                                               \
    }
#define WORD(of, word, member, choice, usual, what)                                                \
    {                                                                                              \
        .key = word, .type = SCHEMA_WORD, .offset = AT(of, member), .words = (choice),             \
        .fallback = usual, .help = what                                                            \
    }
#define NUMBER(of, word, member, kind, least, most, usual, what)                                   \
    {                                                                                              \
        .key = word, .type = kind, .offset = AT(of, member), .min = (least), .max = (most),        \
        .fallback = usual, .help = what                                                            \
    }
#define TEXTS(of, word, member, what)                                                              \
    {                                                                                              \
        .key = word, .type = SCHEMA_TEXTS, .offset = AT(of, member), .min = 1,                     \
        .max = PKI_NAME_MAX, .help = what                                                          \
    }
#define FORMATS(of, word, member, what)                                                            \
    {                                                                                              \
        .key = word, .type = SCHEMA_WORDS, .offset = AT(of, member), .words = format_words,        \
        .help = what                                                                               \
    }

static const struct policy_schema_field device_rows[] = {
    TEXT(cases_device, "endpoint", endpoint, PKI_ENDPOINT_MAX, "its name"),
    TEXT(cases_device, "identity", identity, PKI_IDENTITY_MAX, "PSK identity; else the endpoint"),
    TEXT(cases_device, "group", group, PKI_NAME_MAX, "its group"),
    TEXT(cases_device, "policy", policy, PKI_NAME_MAX, "the policy that its record names"),
    WORD(cases_device, "auth", auth, auth_words, "psk", "how its session is authenticated"),
    {.key = "attr.*",
     .type = SCHEMA_CUSTOM,
     .offset = AT(cases_device, attributes),
     .custom = read_attribute,
     .help = "an attribute"},
    {0}};
static const struct policy_schema_table device_table = {
    .what = "device", .size = sizeof(struct cases_device), .fields = device_rows};

static const struct policy_schema_field reads_rows[] = {
    TEXT(cases_reads, "servers", servers, 65535, "the answer to a Read of /1"),
    TEXT(cases_reads, "access", access, 65535, "the answer to a Read of /2"),
    WORD(cases_reads, "format", format, format_words, "senml-json", "their content format"),
    {0}};
static const struct policy_schema_table reads_table = {
    .what = "reads", .size = sizeof(struct cases_reads), .fields = reads_rows};

static const struct policy_schema_field memory_rows[] = {
    WORD(cases_memory, "version", version, version_words, NULL, "the enabler that it showed"),
    TEXT(cases_memory, "client", kind, PKI_NAME_MAX, "the client that it was taken for"),
    FORMATS(cases_memory, "formats", formats, "content formats that worked, the last first"),
    FORMATS(cases_memory, "refused", refused, "content formats that it refused"),
    {.key = "objects",
     .type = SCHEMA_PATHS,
     .offset = AT(cases_memory, objects),
     .min = 1,
     .max = 1,
     .help = "objects that it showed"},
    NUMBER(cases_memory, "asked-pack", asked_pack, SCHEMA_BOOLEAN, 0, 1, "false",
           "it came with a Bootstrap-Pack-Request"),
    TEXTS(cases_memory, "rollouts", rollouts, "that it has taken part in"),
    {0}};
static const struct policy_schema_table memory_table = {
    .what = "memory", .size = sizeof(struct cases_memory), .fields = memory_rows};

static const struct policy_schema_field rollout_rows[] = {
    WORD(cases_rollout, "state", state, state_words, "running", "running, paused or aborted"),
    NUMBER(cases_rollout, "share", share_ppm, SCHEMA_PERCENT, 0, PKI_PPM_MAX, "100%",
           "of the devices"),
    {0}};
static const struct policy_schema_table rollout_table = {
    .what = "rollout", .size = sizeof(struct cases_rollout), .fields = rollout_rows};

static const struct policy_schema_field credential_rows[] = {
    NUMBER(cases_credential, "server", server, SCHEMA_INTEGER, 1, PKI_SERVER_BOOTSTRAP, NULL,
           "short server ID; 65535: this bootstrap server"),
    WORD(cases_credential, "mode", mode, mode_words, "psk", "psk, rpk, x509, oscore or sms"),
    NUMBER(cases_credential, "stored", is_stored, SCHEMA_BOOLEAN, 0, 1, "false",
           "put there by the operator, not minted"),
    NUMBER(cases_credential, "age", age_s, SCHEMA_SECONDS, 0, SCHEMA_SECONDS_MAX, "1d",
           "since it works"),
    NUMBER(cases_credential, "bytes", secret_len, SCHEMA_INTEGER, 0, PKI_SECRET_MAX, "16",
           "octets of its secret"),
    NUMBER(cases_credential, "public-bytes", public_len, SCHEMA_INTEGER, 0, PKI_PUBLIC_MAX, "0",
           "octets of its certificate, public key or salt"),
    TEXT(cases_credential, "identity", identity, PKI_IDENTITY_MAX, "PSK identity"),
    TEXT(cases_credential, "sender", sender, 32, "OSCORE sender ID"),
    TEXT(cases_credential, "recipient", recipient, 32, "OSCORE recipient ID"),
    {0}};
static const struct policy_schema_table credential_table = {
    .what = "credential", .size = sizeof(struct cases_credential), .fields = credential_rows};

static const struct policy_schema_field expect_rows[] = {
    WORD(cases_expect, "verdict", verdict, verdict_words, NULL, "apply, hold or deny"),
    TEXT(cases_expect, "policy", policy, PKI_NAME_MAX, "the policy that decides"),
    TEXT(cases_expect, "reason", reason, POLICY_REASON_MAX, "part of the verdict's reason"),
    TEXTS(cases_expect, "overlays", overlays, "what is laid over it, in order"),
    TEXTS(cases_expect, "rollouts", rollouts, "which count the outcome"),
    TEXT(cases_expect, "fails", fails, POLICY_REASON_MAX, "part of why there is no plan"),
    TEXT(cases_expect, "note", note, 1024, "part of what was left out, and why"),
    TEXT(cases_expect, "client", client, PKI_NAME_MAX, "the client that it is taken for"),
    FORMATS(cases_expect, "formats", formats, "the content formats to try, in order"),
    {.key = "operations",
     .type = SCHEMA_CUSTOM,
     .offset = AT(cases_expect, ops),
     .custom = read_ops,
     .help = "all Deletes and Writes, in order"},
    NUMBER(cases_expect, "unchanged", is_unchanged, SCHEMA_BOOLEAN, 0, 1, NULL,
           "the device has all of it"),
    NUMBER(cases_expect, "blind", is_blind, SCHEMA_BOOLEAN, 0, 1, NULL,
           "the plan is made without Discover"),
    {0}};
static const struct policy_schema_table expect_table = {
    .what = "expectation", .size = sizeof(struct cases_expect), .fields = expect_rows};

static const struct policy_schema_field case_rows[] = {
    {.key = "name",
     .type = SCHEMA_TEXT,
     .offset = AT(cases_case, item.name),
     .min = 1,
     .max = 200,
     .is_required = true,
     .help = "one line"},
    {.key = "device",
     .type = SCHEMA_MAP,
     .offset = AT(cases_case, device),
     .table = &device_table,
     .help = "who comes"},
    TEXT(cases_case, "discover", discover, 65535, "its answer to Discover; without: none"),
    TEXT(cases_case, "before", before, 65535,
         "what it answered when it was bootstrapped by this policy an hour ago"),
    {.key = "reads",
     .type = SCHEMA_MAP,
     .offset = AT(cases_case, reads),
     .table = &reads_table,
     .help = "its answers to Reads"},
    WORD(cases_case, "pct", pct, format_words, "none", "preferred content format"),
    NUMBER(cases_case, "pack", is_pack, SCHEMA_BOOLEAN, 0, 1, "false",
           "it asks with a Bootstrap-Pack-Request"),
    WORD(cases_case, "transport", transport, transport_words, "coaps", "of the session"),
    NUMBER(cases_case, "now", now_at, SCHEMA_DATE, 0, INT64_MAX, "2026-01-01", "the time"),
    {.key = "memory",
     .type = SCHEMA_MAP,
     .offset = AT(cases_case, memory),
     .table = &memory_table,
     .help = "what bootstraps have taught about it"},
    {.key = "rollouts",
     .type = SCHEMA_NAMED,
     .offset = AT(cases_case, rollouts),
     .table = &rollout_table,
     .help = "rollouts that were started"},
    {.key = "credentials",
     .type = SCHEMA_LIST,
     .offset = AT(cases_case, credentials),
     .table = &credential_table,
     .help = "what the store holds for it"},
    {.key = "expect",
     .type = SCHEMA_MAP,
     .offset = AT(cases_case, expect),
     .table = &expect_table,
     .is_required = true,
     .help = "what must come of it"},
    {0}};
static const struct policy_schema_table case_table = {
    .what = "case", .size = sizeof(struct cases_case), .fields = case_rows};

static const struct policy_schema_field file_rows[] = {
    TEXT(policy_cases, "policies", policies, 1024,
         "file or folder to test, beside this one; without: the file of the same name"),
    TEXT(policy_cases, "objects", objects, 1024, "object definitions, beside this file"),
    {.key = "cases",
     .type = SCHEMA_LIST,
     .offset = AT(policy_cases, all),
     .table = &case_table,
     .is_required = true,
     .help = "the cases"},
    {0}};
static const struct policy_schema_table file_table = {
    .what = "case file", .size = sizeof(struct policy_cases), .fields = file_rows};

/* ---- loading ---- */

struct policy_cases *policy_cases_load_text(const char *file, const char *text, size_t len,
                                            struct policy_report *report)
{
    size_t errors_before = report->error_count;
    struct policy_arena tree = {0};
    struct policy_cases *cases = calloc(1, sizeof *cases);
    if (cases == NULL) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
        return NULL;
    }
    struct policy_schema_context context = {
        .arena = &cases->arena,
        .report = report,
        .file = policy_arena_text(&cases->arena, file, strlen(file)),
    };
    struct policy_node *root = policy_yaml_parse(context.file, text, len, &tree, report);
    if (root != NULL) {
        policy_schema_read_map(&context, root, &file_table, cases);
    }
    policy_arena_clear(&tree);
    if (cases->arena.is_failed) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
    }
    if (report->error_count > errors_before) {
        policy_cases_free(cases);
        return NULL;
    }
    return cases;
}

struct policy_cases *policy_cases_load(const char *file, struct policy_report *report)
{
    size_t len;
    char *text = policy_file_read(file, &len, report);
    struct policy_cases *cases =
        text != NULL ? policy_cases_load_text(file, text, len, report) : NULL;
    free(text);
    return cases;
}

void policy_cases_free(struct policy_cases *cases)
{
    if (cases != NULL) {
        policy_arena_clear(&cases->arena);
        free(cases);
    }
}

const char *policy_cases_policies(const struct policy_cases *cases)
{
    return cases->policies;
}

const char *policy_cases_objects(const struct policy_cases *cases)
{
    return cases->objects;
}

size_t policy_cases_count(const struct policy_cases *cases)
{
    return cases->all.count;
}

const char *policy_cases_name(const struct policy_cases *cases, size_t index)
{
    return cases_at(cases, index)->item.name;
}
