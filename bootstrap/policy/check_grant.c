#include "bootstrap/policy/check.h"
#include "bootstrap/policy/language.h"
#include "bootstrap/policy/template.h"

#include <string.h>

enum { SHORT_KEY = 16, SHORT_IDENTITY = 32, OSCORE_ID_MAX = 7 };

void policy_check_psk(struct policy_schema_context *context, const struct policy_psk *psk)
{
    if (psk->is_stored || psk->identity == NULL) {
        return;
    }
    size_t literal = policy_template_literal(psk->identity);
    if (literal > POLICY_IDENTITY_OCTETS_MAX) {
        policy_error(context->report, psk->item.mark,
                     "identity: more than %d octets, which servers need not take",
                     POLICY_IDENTITY_OCTETS_MAX);
    } else if (literal > SHORT_IDENTITY) {
        policy_warning(context->report, psk->item.mark,
                       "identity: some clients take no more than %d octets", SHORT_IDENTITY);
    }
    if (psk->bytes > SHORT_KEY) {
        policy_warning(context->report, psk->item.mark,
                       "bytes: some clients take no more than %d octets of key", SHORT_KEY);
    }
}

/* RFC 8613 3.3: an ID is shorter than the nonce by 6; and one context has two different ones. */
static void check_oscore(struct policy_schema_context *context, const struct policy_oscore *oscore)
{
    const char *ids[] = {oscore->sender, oscore->recipient};
    for (size_t i = 0; i < 2; i++) {
        if (ids[i] != NULL && policy_template_literal(ids[i]) > OSCORE_ID_MAX) {
            policy_error(context->report, oscore->item.mark, "oscore: %s has more than %d octets",
                         i == 0 ? "sender" : "recipient", OSCORE_ID_MAX);
        }
    }
    if (ids[0] != NULL && ids[1] != NULL && strcmp(ids[0], ids[1]) == 0) {
        policy_error(context->report, oscore->item.mark,
                     "oscore: sender and recipient must differ");
    }
}

/* What the device knows the server by: a certificate for cert, a public key for rpk. */
static void check_trust(struct policy_schema_context *context, const struct policy_grant *grant,
                        const struct policy_server *server)
{
    const char *what = grant->has_cert ? "certificate" : "public key";
    if (server->trust.item.mark.line == 0) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' has no trust: with %s: stored the device needs the server's %s",
                     server->item.name, grant->has_cert ? "cert" : "rpk", what);
        return;
    }
    enum policy_trust_form form = server->trust.der != NULL
                                      ? policy_trust_form(server->trust.der, server->trust.der_len)
                                      : POLICY_TRUST_NEITHER;
    enum policy_trust_form needed = grant->has_cert ? POLICY_TRUST_CERTIFICATE : POLICY_TRUST_KEY;
    if (form != POLICY_TRUST_NEITHER && form != needed) {
        policy_error(context->report, grant->item.mark,
                     "the trust of server '%s' is no %s, which %s: stored needs", server->item.name,
                     what, grant->has_cert ? "cert" : "rpk");
    }
}

/* lwm2m-objects.md section 8, rule 1: the scheme fits the mode. */
static void check_scheme(struct policy_schema_context *context, const struct policy_grant *grant,
                         const struct policy_server *server, const char *credential)
{
    bool has_oscore = grant->oscore.item.mark.line != 0;
    if (credential != NULL && !server->is_secure) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' has a URI without security, which a %s does not fit: "
                     "use coaps:// or nosec: true",
                     grant->item.name, credential);
    } else if (credential == NULL && server->is_secure) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' has a coaps URI, which %s does not fit", grant->item.name,
                     grant->nosec == 1 ? "nosec" : "oscore alone");
    } else if (credential == NULL && !has_oscore) {
        policy_warning(context->report, grant->item.mark,
                       "devices will speak to server '%s' without any protection",
                       grant->item.name);
    }
}

void policy_check_grant(struct policy_schema_context *context, struct policy_set *set,
                        struct policy_grant *grant)
{
    struct policy_schema_reference reference = {.name = grant->item.name, .mark = grant->item.mark};
    bool has_psk = grant->psk.item.mark.line != 0;
    bool has_oscore = grant->oscore.item.mark.line != 0;
    int count = has_psk + grant->has_rpk + grant->has_cert + (grant->nosec == 1);
    if (count != 1 && !(count == 0 && has_oscore)) {
        policy_error(context->report, grant->item.mark,
                     "server '%s' needs exactly one credential: psk, rpk, cert, or nosec: true; "
                     "oscore may stand beside it or alone",
                     grant->item.name);
    }
    policy_check_psk(context, &grant->psk);
    check_oscore(context, &grant->oscore);
    if (!policy_schema_resolve(context, &set->all.servers, sizeof(struct policy_server), "server",
                               &reference)) {
        return;
    }
    grant->server = reference.index;
    const struct policy_server *server = policy_server_at(set, grant->server);
    if (server->uri == NULL) {
        return;
    }
    if (grant->has_cert || grant->has_rpk) {
        check_trust(context, grant, server);
    }
    if (count == 1 || has_oscore) {
        check_scheme(context, grant, server,
                     has_psk           ? "psk"
                     : grant->has_rpk  ? "rpk"
                     : grant->has_cert ? "cert"
                                       : NULL);
    }
}
