#include "bootstrap/policy/language.h"

static const struct policy_schema_word verdict_words[] = {
    {"hold", POLICY_HOLD}, {"deny", POLICY_DENY}, {NULL, 0}};
static const struct policy_schema_word others_words[] = {
    {"keep", POLICY_OTHERS_KEEP}, {"remove", POLICY_OTHERS_REMOVE}, {NULL, 0}};
static const struct policy_schema_word access_when_words[] = {
    {"several", POLICY_ACCESS_SEVERAL}, {"always", POLICY_ACCESS_ALWAYS}, {NULL, 0}};
static const struct policy_schema_word verify_words[] = {{"changed", POLICY_VERIFY_CHANGED},
                                                         {"always", POLICY_VERIFY_ALWAYS},
                                                         {"never", POLICY_VERIFY_NEVER},
                                                         {NULL, 0}};
static const struct policy_schema_word apply_words[] = {{"difference", POLICY_APPLY_DIFFERENCE},
                                                        {"erase", POLICY_APPLY_ERASE},
                                                        {"blank", POLICY_APPLY_BLANK},
                                                        {NULL, 0}};
static const struct policy_schema_word on_error_words[] = {
    {"stop", POLICY_STOP}, {"go-on", POLICY_GO_ON}, {"retry", POLICY_RETRY}, {NULL, 0}};

/* ---- access, links ---- */

static const struct policy_schema_table access_table = {
    .what = "access table", .size = sizeof(struct policy_access), .custom = policy_read_access};

static const struct policy_schema_field link_fields[] = {
    {.key = "ack-timeout",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(policy_named_link, ack_timeout_ms),
     .min = 500,
     .max = 60000,
     .fallback = "2s",
     .help = "first wait for an acknowledgement (RFC 7252 4.8 ACK_TIMEOUT)"},
    {.key = "max-retransmit",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_named_link, max_retransmit),
     .min = 0,
     .max = 10,
     .fallback = "4",
     .help = "retransmissions of a request (RFC 7252 4.8 MAX_RETRANSMIT)"},
    {.key = "block",
     .type = SCHEMA_WORD,
     .offset = AT(policy_named_link, block_bytes),
     .fallback = "512",
     .words = (const struct policy_schema_word[]){{"16", 16},
                                                  {"32", 32},
                                                  {"64", 64},
                                                  {"128", 128},
                                                  {"256", 256},
                                                  {"512", 512},
                                                  {"1024", 1024},
                                                  {NULL, 0}},
     .help = "octets of a block (RFC 7959)"},
    {.key = "budget",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(policy_named_link, budget_ms),
     .min = 5000,
     .max = 3600000,
     .fallback = "80s",
     .help = "the whole bootstrap, from the Bootstrap-Request"},
    {0}};

const struct policy_schema_table policy_link_table = {
    .what = "link", .size = sizeof(struct policy_named_link), .fields = link_fields};

/* ---- parts of a policy ---- */

#define ON_ERROR(word, member, text)                                                               \
    {                                                                                              \
        .key = word, .type = SCHEMA_WORD, .offset = AT(policy_on_error_rules, member),             \
        .words = on_error_words, .help = text                                                      \
    }

static const struct policy_schema_field on_error_fields[] = {
    ON_ERROR("discover", discover, "a Discover that is refused; without it go-on"),
    ON_ERROR("read", read, "a Read that is refused; without it go-on"),
    ON_ERROR("delete", remove, "a Delete that is refused; without it by what it deletes"),
    ON_ERROR("account", account, "a Write of /0, /1 or /21 that is refused; without it stop"),
    ON_ERROR("access", access, "a Write of /2 that is refused; without it stop if shown"),
    ON_ERROR("write", write, "another Write that is refused; without it go-on"),
    ON_ERROR("verify", verify, "a device that lacks something at the end; without it stop"),
    {0}};

static const struct policy_schema_table on_error_table = {
    .what = "on-error", .size = sizeof(struct policy_on_error_rules), .fields = on_error_fields};

static const struct policy_schema_field pause_fields[] = {
    {.key = "failed",
     .type = SCHEMA_PERCENT,
     .offset = AT(policy_pause, failed_ppm),
     .min = 1,
     .max = 1000000,
     .is_required = true,
     .help = "more failures than this part of the last outcomes pause the rollout"},
    {.key = "of-last",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_pause, of_last),
     .min = 1,
     .max = PKI_ROLLOUT_WINDOW_MAX,
     .fallback = "100",
     .help = "how many outcomes are looked back on"},
    {0}};

static const struct policy_schema_table pause_table = {
    .what = "pause", .size = sizeof(struct policy_pause), .fields = pause_fields};

static const struct policy_schema_field rollout_fields[] = {
    {.key = "share",
     .type = SCHEMA_PERCENT,
     .offset = AT(policy_rollout_rule, share_ppm),
     .min = 0,
     .max = 1000000,
     .help = "part of the matching devices, always the same ones; without it 100%"},
    {.key = "always",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_rollout_rule, always),
     .min = 1,
     .max = PKI_NAME_MAX,
     .help = "glob of a group that takes part whatever the share, or a list"},
    {.key = "pause",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rollout_rule, pause),
     .table = &pause_table,
     .help = "when it pauses by itself"},
    {0}};

static const struct policy_schema_table rollout_table = {
    .what = "rollout", .size = sizeof(struct policy_rollout_rule), .fields = rollout_fields};

/* ---- policies, overlays, blocks ---- */

enum { IN_POLICY = 1, IN_OVERLAY = 2, IN_BLOCK = 4 };

static const struct policy_schema_field rule_fields[] = {
    {.key = "name",
     .type = SCHEMA_NAME,
     .offset = AT(policy_rule, item.name),
     .is_required = true,
     .parts = IN_POLICY | IN_OVERLAY,
     .help = "its name in logs and outcomes"},
    {.key = "match",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, match),
     .table = &policy_match_table,
     .parts = IN_POLICY | IN_OVERLAY,
     .help = "which devices; without it every device"},
    {.key = "priority",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_rule, priority),
     .min = -1000000,
     .max = 1000000,
     .fallback = "0",
     .parts = IN_POLICY | IN_OVERLAY,
     .help = "of policies the higher is tried first; of overlays the higher is laid last"},
    {.key = "valid",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, valid),
     .table = &policy_valid_table,
     .parts = IN_POLICY | IN_OVERLAY,
     .help = "when it counts: from and until, in UTC"},
    {.key = "rollout",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, rollout),
     .table = &rollout_table,
     .parts = IN_OVERLAY,
     .help = "a campaign: counts once it was started by the operator, for a share of the devices"},
    {.key = "use",
     .type = SCHEMA_REFERENCES,
     .offset = AT(policy_rule, use),
     .parts = IN_POLICY | IN_OVERLAY,
     .help = "a name under blocks, or a list: what is given here counts over them"},
    {.key = "client",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, client),
     .table = &policy_client_table,
     .help = "what is known of these devices"},
    {.key = "link",
     .type = SCHEMA_REFERENCE,
     .offset = AT(policy_rule, link),
     .help = "a name under links"},
    {.key = "servers",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_rule, grants),
     .table = &policy_grant_table,
     .help = "servers to provision and by which credential"},
    {.key = "access",
     .type = SCHEMA_REFERENCE,
     .offset = AT(policy_rule, access),
     .help = "a name under access"},
    {.key = "access-when",
     .type = SCHEMA_WORD,
     .offset = AT(policy_rule, access_when),
     .fallback = "several",
     .is_late = true,
     .words = access_when_words,
     .help = "write access control when the device gets several servers, or always"},
    {.key = "others",
     .type = SCHEMA_WORD,
     .offset = AT(policy_rule, others),
     .fallback = "remove",
     .is_late = true,
     .words = others_words,
     .help = "server accounts that are not of this policy"},
    {.key = "delete",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_rule, deletes),
     .custom = policy_read_deletes,
     .form = SCHEMA_FORM_LIST,
     .help = "paths to delete besides: /o or /o/i"},
    {.key = "write",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_rule, writes),
     .custom = policy_read_writes,
     .form = SCHEMA_FORM_MAP,
     .help = "other instances to write: path: {resource: value}"},
    {.key = "required",
     .type = SCHEMA_PATHS,
     .offset = AT(policy_rule, required),
     .min = 2,
     .max = 2,
     .help = "instances under write without which the bootstrap has failed"},
    {.key = "bootstrap-server",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, move),
     .table = &policy_move_table,
     .help = "changes the bootstrap account, in place, as the last step"},
    {.key = "apply",
     .type = SCHEMA_WORD,
     .offset = AT(policy_rule, apply),
     .fallback = "difference",
     .is_late = true,
     .words = apply_words,
     .help = "send what the device lacks, or erase accounts or everything and write all"},
    {.key = "verify",
     .type = SCHEMA_WORD,
     .offset = AT(policy_rule, verify),
     .fallback = "changed",
     .is_late = true,
     .words = verify_words,
     .help = "ask the device at the end whether it holds all: when something was sent, or ever"},
    {.key = "pack",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_rule, pack),
     .fallback = "false",
     .is_late = true,
     .help = "LwM2M 1.2: answer a Bootstrap-Pack-Request; nobody learns whether it was applied"},
    {.key = "on-error",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, on_error),
     .table = &on_error_table,
     .help = "what a refusal does: stop, go-on or retry"},
    {.key = "hold",
     .type = SCHEMA_TEXT,
     .offset = AT(policy_rule, hold),
     .min = 1,
     .max = 120,
     .help = "accept the session, change nothing, tell the operator this reason"},
    {.key = "deny",
     .type = SCHEMA_TEXT,
     .offset = AT(policy_rule, deny),
     .min = 1,
     .max = 120,
     .help = "refuse the device, for this reason"},
    {0}};

const struct policy_schema_table policy_rule_table = {
    .what = "policy", .size = sizeof(struct policy_rule), .fields = rule_fields, .part = IN_POLICY};

static const struct policy_schema_table overlay_table = {.what = "overlay",
                                                         .size = sizeof(struct policy_rule),
                                                         .fields = rule_fields,
                                                         .part = IN_OVERLAY};

static const struct policy_schema_table block_table = {
    .what = "block", .size = sizeof(struct policy_rule), .fields = rule_fields, .part = IN_BLOCK};

/* ---- the file ---- */

static const struct policy_schema_field document_fields[] = {
    {.key = "imprint",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_document, version),
     .min = 1,
     .max = 1,
     .is_required = true,
     .help = "version of the language: 1"},
    {.key = "include",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_document, include),
     .min = 1,
     .max = 255,
     .help = "a file beside this one, read before it, or a list"},
    {.key = "servers",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_document, servers),
     .table = &policy_server_table,
     .help = "LwM2M servers by name"},
    {.key = "access",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_document, access),
     .table = &access_table,
     .help = "access control tables by name"},
    {.key = "links",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_document, links),
     .table = &policy_link_table,
     .help = "kinds of link by name"},
    {.key = "blocks",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_document, blocks),
     .table = &block_table,
     .help = "pieces of policies by name, for use"},
    {.key = "policies",
     .type = SCHEMA_LIST,
     .offset = AT(policy_document, rules),
     .table = &policy_rule_table,
     .help = "what a device gets: the first match decides"},
    {.key = "overlays",
     .type = SCHEMA_LIST,
     .offset = AT(policy_document, overlays),
     .table = &overlay_table,
     .help = "what is going on: every match is laid over the policy"},
    {.key = "unmatched",
     .type = SCHEMA_WORD,
     .offset = AT(policy_document, unmatched),
     .words = verdict_words,
     .help = "a device that no policy matches; without it hold"},
    {.key = "profiles", .type = SCHEMA_LATER, .help = "certificate profiles"},
    {.key = "objects", .type = SCHEMA_LATER, .help = "object definitions"},
    {0}};

const struct policy_schema_table policy_language = {
    .what = "policy file", .size = sizeof(struct policy_document), .fields = document_fields};
