#include "bootstrap/policy/language.h"

#include <string.h>

const struct policy_schema_word policy_stored_words[] = {{"stored", 1}, {NULL, 0}};
static const struct policy_schema_word keep_words[] = {{"keep", 1}, {NULL, 0}};
static const struct policy_schema_word renew_words[] = {
    {"always", 0}, {"never", INT64_MAX}, {NULL, 0}};
/* RFC 8152 table 10, for OSCORE those of a 13 or 7 octet nonce. */
static const struct policy_schema_word aead_words[] = {
    {"aes-ccm-16-64-128", 10},  {"aes-ccm-16-64-256", 11},  {"aes-ccm-64-64-128", 12},
    {"aes-ccm-64-64-256", 13},  {"aes-ccm-16-128-128", 30}, {"aes-ccm-16-128-256", 31},
    {"aes-ccm-64-128-128", 32}, {"aes-ccm-64-128-256", 33}, {NULL, 0}};
/* RFC 8152 tables 7 and 13; lwm2m-objects.md section 5, note 1 */
static const struct policy_schema_word hmac_words[] = {{"hmac-256-256", 5},   {"hmac-384-384", 6},
                                                       {"hmac-512-512", 7},   {"hkdf-sha-256", -10},
                                                       {"hkdf-sha-512", -11}, {NULL, 0}};

static bool is_word(const struct policy_node *node, const char *word)
{
    return node->kind == POLICY_YAML_SCALAR && !node->is_null && strcmp(node->text, word) == 0;
}

void policy_read_stored(struct policy_schema_context *context, const struct policy_node *node,
                        void *place)
{
    char quoted[POLICY_QUOTE_MAX];
    bool is_stored = is_word(node, policy_stored_words[0].word);
    if (!is_stored) {
        policy_error(context->report, node->key_mark,
                     "%s: making one is not supported by this version; it must be 'stored'",
                     policy_quote(node->key, node->key_len, quoted));
    }
    memcpy(place, &is_stored, sizeof is_stored);
}

/* ---- psk ---- */

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

const struct policy_schema_table policy_psk_table = {
    .what = "psk", .size = sizeof(struct policy_psk), .fields = psk_fields};

/* `psk: stored` or `psk: {..}` */
static void read_psk(struct policy_schema_context *context, const struct policy_node *node,
                     void *place)
{
    struct policy_psk *psk = place;
    psk->item.mark = node->key_mark;
    if (node->kind != POLICY_YAML_SCALAR) {
        policy_schema_read_map(context, node, &policy_psk_table, psk);
        return;
    }
    if (is_word(node, policy_stored_words[0].word)) {
        psk->is_stored = true;
        return;
    }
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, node->mark,
                 "psk: %s must be 'stored' or a map with bytes, identity, renew",
                 policy_quote(node->text, node->len, quoted));
}

/* ---- oscore ---- */

static const struct policy_schema_field oscore_fields[] = {
    {.key = "bytes",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_oscore, bytes),
     .min = 16,
     .max = 64,
     .fallback = "16",
     .help = "octets of a minted master secret"},
    {.key = "salt-bytes",
     .type = SCHEMA_INTEGER,
     .offset = AT(policy_oscore, salt_bytes),
     .min = 0,
     .max = 32,
     .fallback = "8",
     .help = "octets of a minted master salt; 0: none"},
    {.key = "aead",
     .type = SCHEMA_WORD,
     .offset = AT(policy_oscore, aead),
     .words = aead_words,
     .help = "algorithm; without it not written: aes-ccm-16-64-128"},
    {.key = "hmac",
     .type = SCHEMA_WORD,
     .offset = AT(policy_oscore, hmac),
     .words = hmac_words,
     .help = "key derivation; without it not written: SHA-256"},
    {.key = "sender",
     .type = SCHEMA_TEMPLATE,
     .offset = AT(policy_oscore, sender),
     .min = 1,
     .max = 64,
     .help = "the device's sender ID, at most 7 octets; without it minted"},
    {.key = "recipient",
     .type = SCHEMA_TEMPLATE,
     .offset = AT(policy_oscore, recipient),
     .min = 1,
     .max = 64,
     .help = "the server's sender ID, at most 7 octets; without it minted"},
    {.key = "renew",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_oscore, renew_s),
     .min = 3600,
     .max = SCHEMA_SECONDS_MAX,
     .fallback = "never",
     .words = renew_words,
     .help = "mint a new context at a bootstrap when the old one is older than this"},
    {0}};

static const struct policy_schema_table oscore_table = {
    .what = "oscore context", .size = sizeof(struct policy_oscore), .fields = oscore_fields};

/* `oscore: stored` or `oscore: {..}` */
static void read_oscore(struct policy_schema_context *context, const struct policy_node *node,
                        void *place)
{
    struct policy_oscore *oscore = place;
    oscore->item.mark = node->key_mark;
    oscore->is_stored = is_word(node, policy_stored_words[0].word);
    if (!oscore->is_stored) {
        policy_schema_read_map(context, node, &oscore_table, oscore);
    }
}

/* ---- a server of a policy ---- */

static const struct policy_schema_field grant_fields[] = {
    {.key = "psk",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_grant, psk),
     .custom = read_psk,
     .table = &policy_psk_table,
     .words = policy_stored_words,
     .help = "a pre-shared key: minted, or stored beforehand"},
    {.key = "rpk",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_grant, has_rpk),
     .custom = policy_read_stored,
     .words = policy_stored_words,
     .help = "a raw public key that was stored beforehand"},
    {.key = "cert",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_grant, has_cert),
     .custom = policy_read_stored,
     .words = policy_stored_words,
     .help = "a certificate and its key that were stored beforehand"},
    {.key = "nosec",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(policy_grant, nosec),
     .help = "no security: for coap:// servers"},
    {.key = "oscore",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_grant, oscore),
     .custom = read_oscore,
     .table = &oscore_table,
     .words = policy_stored_words,
     .help = "an OSCORE context beside the credential, or alone for coap:// servers"},
    {.key = "est", .type = SCHEMA_LATER, .help = "enrolment over secure transport"},
    {.key = "trust", .type = SCHEMA_LATER, .help = "what the device trusts, by name"},
    {0}};

const struct policy_schema_table policy_grant_table = {
    .what = "server of a policy", .size = sizeof(struct policy_grant), .fields = grant_fields};

/* ---- the bootstrap account ---- */

static const struct policy_schema_field credential_fields[] = {
    {.key = "psk",
     .type = SCHEMA_CUSTOM,
     .offset = AT(policy_move, psk),
     .custom = read_psk,
     .table = &policy_psk_table,
     .help = "a new pre-shared key, minted"},
    {.key = "rpk", .type = SCHEMA_LATER, .help = "a new raw public key"},
    {.key = "cert", .type = SCHEMA_LATER, .help = "a new certificate"},
    {0}};

static const struct policy_schema_table credential_table = {
    .what = "credential", .size = sizeof(struct policy_move), .fields = credential_fields};

/* `credential: keep` or `credential: {psk: {..}}`; PLACE is the struct policy_move. */
static void read_credential(struct policy_schema_context *context, const struct policy_node *node,
                            void *place)
{
    struct policy_move *move = place;
    struct policy_move read = {0};
    if (is_word(node, keep_words[0].word)) {
        return;
    }
    policy_schema_read_map(context, node, &credential_table, &read);
    if (node->kind == POLICY_YAML_MAP && (read.psk.item.mark.line == 0 || read.psk.is_stored)) {
        policy_error(context->report, node->key_mark,
                     "credential must be 'keep' or a new psk: {psk: {..}}");
    }
    move->psk = read.psk;
    move->mints = true;
}

static const struct policy_schema_field move_fields[] = {
    {.key = "uri",
     .type = SCHEMA_TEMPLATE,
     .offset = AT(policy_move, uri),
     .min = 1,
     .max = 255,
     .help = "where the device bootstraps from then on; without it as before"},
    {.key = "credential",
     .type = SCHEMA_CUSTOM,
     .custom = read_credential,
     .table = &credential_table,
     .words = keep_words,
     .fallback = "keep",
     .help = "the credential that the device has, or a new one"},
    {.key = "hold-off",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_move, hold_off_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "how long the device waits before it asks for a bootstrap"},
    {.key = "timeout",
     .type = SCHEMA_SECONDS,
     .offset = AT(policy_move, timeout_s),
     .min = 0,
     .max = SCHEMA_SECONDS_MAX,
     .help = "after a bootstrap the device forgets the account after this; 0s: never"},
    {0}};

const struct policy_schema_table policy_move_table = {
    .what = "bootstrap-server", .size = sizeof(struct policy_move), .fields = move_fields};
