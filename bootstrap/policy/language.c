#include "bootstrap/policy/model.h"

#include <string.h>

#define AT(type, field) offsetof(struct type, field)

static const struct policy_schema_word forever_words[] = {{"forever", 0}, {NULL, 0}};
static const struct policy_schema_word renew_words[] = {
    {"always", 0}, {"never", INT64_MAX}, {NULL, 0}};
static const struct policy_schema_word verdict_words[] = {
    {"hold", POLICY_HOLD}, {"deny", POLICY_DENY}, {NULL, 0}};
static const struct policy_schema_word others_words[] = {
    {"keep", POLICY_OTHERS_KEEP}, {"remove", POLICY_OTHERS_REMOVE}, {NULL, 0}};
static const struct policy_schema_word access_when_words[] = {
    {"several", POLICY_ACCESS_SEVERAL}, {"always", POLICY_ACCESS_ALWAYS}, {NULL, 0}};
static const struct policy_schema_word auth_words[] = {{"none", 1 << PKI_AUTH_NONE},
                                                       {"psk", 1 << PKI_AUTH_PSK},
                                                       {"rpk", 1 << PKI_AUTH_RPK},
                                                       {"x509", 1 << PKI_AUTH_X509},
                                                       {NULL, 0}};
static const struct policy_schema_word version_words[] = {{"1.0", LWM2M_VERSION(1, 0)},
                                                          {"1.1", LWM2M_VERSION(1, 1)},
                                                          {"1.2", LWM2M_VERSION(1, 2)},
                                                          {NULL, 0}};

/* ---- servers ---- */

static const struct policy_schema_field server_fields[] = {
    {.key = "id",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_server, id),
     .min = 1,
     .max = 65534,
     .is_required = true,
     .help = "short server ID; no two servers have the same"},
    {.key = "uri",
     .type = SCHEMA_TEMPLATE,
     .offset = AT(policy_server, uri),
     .min = 1,
     .max = 255,
     .is_required = true,
     .help = "coaps://host[:port], coap://, coaps+tcp:// or coap+tcp://"},
    {.key = "lifetime",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, lifetime_s),
     .min = 1,
     .max = SCHEMA_SECONDS_MAX,
     .fallback = "1d",
     .words = forever_words,
     .help = "registration lifetime"},
    {.key = "binding",
     .type = SCHEMA_TEXT,
     .offset = AT(policy_server, binding),
     .min = 1,
     .max = 6,
     .help = "binding letters; without it U, or T for a +tcp URI"},
    {.key = "pmin",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, pmin_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "default minimum period of notifications"},
    {.key = "pmax",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, pmax_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "default maximum period of notifications"},
    {.key = "disable-timeout",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, disable_timeout_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "how long a disabled server stays so"},
    {.key = "store-notifications",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_server, store_notifications),
     .fallback = "true",
     .help = "keep notifications while offline or disabled"},
    {.key = "registration-order",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_server, order),
     .min = 0,
     .max = 65535,
     .help = "LwM2M 1.1: registration priority, ascending"},
    {.key = "registration-delay",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, initial_delay_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "LwM2M 1.1: wait before the first registration"},
    {.key = "registration-failure-blocks",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_server, failure_blocks),
     .help = "LwM2M 1.1: a failure here blocks the servers later in the order"},
    {.key = "bootstrap-on-registration-failure",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_server, bootstrap_on_failure),
     .help = "LwM2M 1.1: bootstrap again when the registration fails"},
    {.key = "retry-count",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_server, retry_count),
     .min = 0,
     .max = 1000000,
     .help = "LwM2M 1.1: attempts in a communication sequence"},
    {.key = "retry-timer",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, retry_timer_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "LwM2M 1.1: first delay between attempts"},
    {.key = "sequence-delay",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_server, sequence_delay_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "LwM2M 1.1: delay between communication sequences"},
    {.key = "sequence-count",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_server, sequence_count),
     .min = 0,
     .max = 1000000,
     .help = "LwM2M 1.1: sequences before a registration has failed"},
    {.key = "trigger",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_server, trigger),
     .help = "LwM2M 1.1: may be triggered by SMS"},
    {.key = "preferred-transport",
     .type = SCHEMA_TEXT,
     .offset = AT(policy_server, preferred_transport),
     .min = 1,
     .max = 1,
     .help = "LwM2M 1.1: the binding letter to start with"},
    {.key = "mute-send",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_server, mute_send),
     .help = "LwM2M 1.1: switch the Send operation off"},
    {.key = "sni", .type = SCHEMA_LATER, .help = "server name for certificates"},
    {.key = "apn", .type = SCHEMA_LATER, .help = "APN profile of the server"},
    {.key = "sms", .type = SCHEMA_LATER, .help = "SMS binding of the server"},
    {0}};

static const struct policy_schema_table server_table = {
    .what = "server", .size = sizeof(struct policy_server), .fields = server_fields};

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

/* ---- policies ---- */

static const struct policy_schema_field psk_fields[] = {
    {.key = "bytes",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_psk, bytes),
     .min = PKI_PSK_MIN,
     .max = PKI_PSK_MAX,
     .fallback = "16",
     .help = "octets of a minted key"},
    {.key = "identity",
     .type = SCHEMA_TEMPLATE,
     .offset = AT(policy_psk, identity),
     .min = 1,
     .max = 255,
     .fallback = POLICY_IDENTITY_DEFAULT,
     .help = "PSK identity at that server"},
    {.key = "renew",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_psk, renew_s),
     .min = 3600,
     .max = SCHEMA_SECONDS_MAX,
     .fallback = "never",
     .words = renew_words,
     .help = "mint a new key at a bootstrap when the old one is older than this"},
    {0}};

static const struct policy_schema_table psk_table = {
    .what = "psk", .size = sizeof(struct policy_psk), .fields = psk_fields};

static const struct policy_schema_word stored_words[] = {{"stored", 1}, {NULL, 0}};

/* `psk: stored` or `psk: {..}` */
static void read_psk(struct policy_schema_context *context, const struct policy_node *node,
                     void *place)
{
    struct policy_psk *psk = place;
    psk->item.mark = node->key_mark;
    if (node->kind != POLICY_YAML_SCALAR) {
        policy_schema_read_map(context, node, &psk_table, psk);
        return;
    }
    if (!node->is_null && strcmp(node->text, stored_words[0].word) == 0) {
        psk->is_stored = true;
        return;
    }
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, node->mark,
                 "psk: %s must be 'stored' or a map with bytes, identity, renew",
                 policy_quote(node->text, node->len, quoted));
}

static const struct policy_schema_field grant_fields[] = {
    {.key = "psk",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_grant, psk),
     .custom = read_psk,
     .table = &psk_table,
     .words = stored_words,
     .help = "a pre-shared key: minted, or stored beforehand"},
    {.key = "nosec",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_grant, nosec),
     .help = "no security: for coap:// servers"},
    {.key = "cert", .type = SCHEMA_LATER, .help = "a certificate"},
    {.key = "rpk", .type = SCHEMA_LATER, .help = "a raw public key"},
    {.key = "est", .type = SCHEMA_LATER, .help = "enrolment over secure transport"},
    {.key = "oscore", .type = SCHEMA_LATER, .help = "OSCORE"},
    {.key = "trust", .type = SCHEMA_LATER, .help = "what the device trusts"},
    {0}};

static const struct policy_schema_table grant_table = {
    .what = "server of a policy", .size = sizeof(struct policy_grant), .fields = grant_fields};

static const struct policy_schema_field attribute_values = {
    .key = "attr", .type = SCHEMA_TEXTS, .min = 1, .max = PKI_ATTRIBUTE_VALUE_MAX};
/* `attr.NAME: glob` or a list of them; PLACE is the array of all. */
static void read_attribute(struct policy_schema_context *context, const struct policy_node *node,
                           void *place)
{
    const size_t prefix = strlen("attr.");
    char quoted[POLICY_QUOTE_MAX];
    if (node->key_len - prefix > PKI_ATTRIBUTE_NAME_MAX) {
        policy_error(context->report, node->key_mark, "%s: an attribute's name has 1 to %d octets",
                     policy_quote(node->key, node->key_len, quoted), PKI_ATTRIBUTE_NAME_MAX);
        return;
    }
    struct policy_attribute_match *match = policy_array_add(context->arena, place, sizeof *match);
    if (match != NULL) {
        match->name = policy_arena_text(context->arena, node->key + prefix, node->key_len - prefix);
        policy_schema_read_field(context, node, &attribute_values, &match->values);
    }
}

static const struct policy_schema_field match_fields[] = {
    {.key = "endpoint",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_match, endpoints),
     .min = 1,
     .max = PKI_ENDPOINT_MAX,
     .help = "glob of the endpoint name, or a list: one must fit"},
    {.key = "group",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_match, groups),
     .min = 1,
     .max = PKI_NAME_MAX,
     .help = "glob of the device's group, or a list: one must fit"},
    {.key = "auth",
     .type = SCHEMA_FLAGS,
     .offset = AT(policy_match, auth),
     .words = auth_words,
     .help = "how the device authenticated, or a list: one must fit"},
    {.key = "attr.*",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_match, attributes),
     .custom = read_attribute,
     .help = "glob of an attribute of the device, or a list"},
    {0}};

static const struct policy_schema_table match_table = {
    .what = "match", .size = sizeof(struct policy_match), .fields = match_fields};

static const struct policy_schema_word format_words[] = {{"tlv", LWM2M_FORMAT_TLV},
                                                         {"senml-cbor", LWM2M_FORMAT_SENML_CBOR},
                                                         {"senml-json", LWM2M_FORMAT_SENML_JSON},
                                                         {"lwm2m-cbor", LWM2M_FORMAT_LWM2M_CBOR},
                                                         {NULL, 0}};

static const struct policy_schema_field client_fields[] = {
    {.key = "version",
     .type = SCHEMA_WORD,
     .offset = AT(policy_client, version),
     .words = version_words,
     .help = "LwM2M version, for a device that does not show it"},
    {.key = "format",
     .type = SCHEMA_WORD,
     .offset = AT(policy_client, format),
     .words = format_words,
     .help = "content format to try first"},
    {.key = "bootstrap-instance",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_client, bootstrap_instance),
     .min = 0,
     .max = 65534,
     .fallback = "0",
     .is_late = true,
     .help = "/0 instance of the bootstrap account, for a device that does not show it"},
    {.key = "discover",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_client, discover),
     .fallback = "true",
     .is_late = true,
     .help = "ask the device what it holds before the plan is made"},
    {0}};

static const struct policy_schema_table client_table = {
    .what = "client", .size = sizeof(struct policy_client), .fields = client_fields};

static const struct policy_schema_field rule_fields[] = {
    {.key = "name",
     .type = SCHEMA_NAME,
     .offset = AT(policy_rule, item.name),
     .is_required = true,
     .help = "its name in logs and outcomes"},
    {.key = "match",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, match),
     .table = &match_table,
     .help = "which devices; without it every device"},
    {.key = "client",
     .type = SCHEMA_MAP,
     .offset = AT(policy_rule, client),
     .table = &client_table,
     .help = "what is known of these devices"},
    {.key = "link",
     .type = SCHEMA_REFERENCE,
     .offset = AT(policy_rule, link),
     .help = "a name under links"},
    {.key = "servers",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_rule, grants),
     .table = &grant_table,
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
     .help = "paths to delete besides: /o or /o/i"},
    {.key = "write",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_rule, writes),
     .custom = policy_read_writes,
     .help = "other instances to write: path: {resource: value}"},
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
    {.key = "bootstrap-server", .type = SCHEMA_LATER, .help = "moving the bootstrap account"},
    {.key = "rollout", .type = SCHEMA_LATER, .help = "share of the devices"},
    {0}};

const struct policy_schema_table policy_rule_table = {
    .what = "policy", .size = sizeof(struct policy_rule), .fields = rule_fields};

/* ---- the file ---- */

static const struct policy_schema_field document_fields[] = {
    {.key = "imprint",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_document, version),
     .min = 1,
     .max = 1,
     .is_required = true,
     .help = "version of the language: 1"},
    {.key = "servers",
     .type = SCHEMA_NAMED,
     .offset = AT(policy_document, servers),
     .table = &server_table,
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
    {.key = "policies",
     .type = SCHEMA_LIST,
     .offset = AT(policy_document, rules),
     .table = &policy_rule_table,
     .help = "rules: the first match decides"},
    {.key = "unmatched",
     .type = SCHEMA_WORD,
     .offset = AT(policy_document, unmatched),
     .words = verdict_words,
     .help = "a device that no policy matches; without it hold"},
    {.key = "overlays", .type = SCHEMA_LATER, .help = "campaigns over policies"},
    {.key = "include", .type = SCHEMA_LATER, .help = "other files"},
    {.key = "profiles", .type = SCHEMA_LATER, .help = "certificate profiles"},
    {.key = "objects", .type = SCHEMA_LATER, .help = "object definitions"},
    {0}};

const struct policy_schema_table policy_language = {
    .what = "policy file", .size = sizeof(struct policy_document), .fields = document_fields};
