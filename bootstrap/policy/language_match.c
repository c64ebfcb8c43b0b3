#include "bootstrap/policy/language.h"

#include <string.h>

static const struct policy_schema_word auth_words[] = {{"none", 1 << PKI_AUTH_NONE},
                                                       {"psk", 1 << PKI_AUTH_PSK},
                                                       {"rpk", 1 << PKI_AUTH_RPK},
                                                       {"x509", 1 << PKI_AUTH_X509},
                                                       {NULL, 0}};
static const struct policy_schema_word minor_words[] = {
    {"1.0", 1 << 0}, {"1.1", 1 << 1}, {"1.2", 1 << 2}, {NULL, 0}};
static const struct policy_schema_word transport_words[] = {{"coap", 1 << POLICY_COAP},
                                                            {"coaps", 1 << POLICY_COAPS},
                                                            {"coap+tcp", 1 << POLICY_COAP_TCP},
                                                            {"coaps+tcp", 1 << POLICY_COAPS_TCP},
                                                            {NULL, 0}};
static const struct policy_schema_word version_words[] = {{"1.0", LWM2M_VERSION(1, 0)},
                                                          {"1.1", LWM2M_VERSION(1, 1)},
                                                          {"1.2", LWM2M_VERSION(1, 2)},
                                                          {NULL, 0}};
static const struct policy_schema_word format_words[] = {{"tlv", LWM2M_FORMAT_TLV},
                                                         {"senml-cbor", LWM2M_FORMAT_SENML_CBOR},
                                                         {"senml-json", LWM2M_FORMAT_SENML_JSON},
                                                         {"lwm2m-cbor", LWM2M_FORMAT_LWM2M_CBOR},
                                                         {"json", LWM2M_FORMAT_JSON},
                                                         {NULL, 0}};

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
    {.key = "identity",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_match, identities),
     .min = 1,
     .max = PKI_IDENTITY_MAX,
     .help = "glob of the PSK identity of the device, or a list: one must fit"},
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
    {.key = "transport",
     .type = SCHEMA_FLAGS,
     .offset = AT(policy_match, transport),
     .words = transport_words,
     .help = "what it came over, or a list: one must fit"},
    {.key = "attr.*",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_match, attributes),
     .custom = read_attribute,
     .form = SCHEMA_FORM_TEXTS,
     .help = "glob of an attribute of the device, or a list"},
    {.key = "version",
     .type = SCHEMA_FLAGS,
     .offset = AT(policy_match, version),
     .words = minor_words,
     .help = "LwM2M version that the device shows, or a list: one must fit"},
    {.key = "kind",
     .type = SCHEMA_TEXTS,
     .offset = AT(policy_match, kinds),
     .min = 1,
     .max = PKI_NAME_MAX,
     .help = "client that it is taken for, or a list: one must fit"},
    {.key = "object",
     .type = SCHEMA_PATHS,
     .offset = AT(policy_match, objects),
     .min = 1,
     .max = 2,
     .help = "path that the device shows, or a list: all must be there"},
    {.key = "lacks",
     .type = SCHEMA_PATHS,
     .offset = AT(policy_match, lacks),
     .min = 1,
     .max = 2,
     .help = "path that the device does not show, or a list: none may be there"},
    {.key = "share",
     .type = SCHEMA_PERCENT,
     .offset = AT(policy_match, share_ppm),
     .min = 0,
     .max = 1000000,
     .help = "this part of the devices, always the same ones"},
    {0}};

const struct policy_schema_table policy_match_table = {
    .what = "match", .size = sizeof(struct policy_match), .fields = match_fields};

static const struct policy_schema_field client_fields[] = {
    {.key = "version",
     .type = SCHEMA_WORD,
     .offset = AT(policy_client, version),
     .words = version_words,
     .help = "LwM2M version, for a device that does not show it"},
    {.key = "format",
     .type = SCHEMA_WORDS,
     .offset = AT(policy_client, formats),
     .words = format_words,
     .help = "content format to try first, or a list of them in order"},
    {.key = "kind",
     .type = SCHEMA_NAME,
     .offset = AT(policy_client, kind),
     .help = "client that it is, when it is not recognised"},
    {.key = "objects",
     .type = SCHEMA_PATHS,
     .offset = AT(policy_client, objects),
     .min = 1,
     .max = 1,
     .help = "objects that it has, for a device that cannot be asked or a pack"},
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
    {.key = "whole-objects",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_client, whole_objects),
     .fallback = "false",
     .is_late = true,
     .help = "write all instances of object 0, 1, 2 or 21 in one message"},
    {0}};

const struct policy_schema_table policy_client_table = {
    .what = "client", .size = sizeof(struct policy_client), .fields = client_fields};

static const struct policy_schema_field valid_fields[] = {{.key = "from",
                                                           .type = SCHEMA_DATE,
                                                           .offset = AT(policy_valid, from_at),
                                                           .min = 0,
                                                           .max = INT64_C(253402300799),
                                                           .help = "begin"},
                                                          {.key = "until",
                                                           .type = SCHEMA_DATE,
                                                           .offset = AT(policy_valid, until_at),
                                                           .min = 0,
                                                           .max = INT64_C(253402300799),
                                                           .help = "end; not part of it"},
                                                          {0}};

const struct policy_schema_table policy_valid_table = {
    .what = "valid", .size = sizeof(struct policy_valid), .fields = valid_fields};
