/* Leshan's list of credentials: by what a device authenticates. */
#include "tools/imprint/leshan.h"

#include <string.h>

enum { IDENTITY, KEY };

static const struct cli_leshan_field psk_fields[] = {
    [IDENTITY] = {"identity", IDENTITY, LESHAN_TEXT, 0, PKI_IDENTITY_MAX, NULL},
    [KEY] = {"key", KEY, LESHAN_HEX, 0, PKI_PSK_MAX, NULL}};

static void read_psk(struct cli_leshan_config *config, const struct lwm2m_json_node *details,
                     struct cli_leshan_place place, struct cli_leshan_report *report)
{
    struct cli_leshan_value *const values[] = {&config->login_identity, &config->login_key};
    static const size_t least[] = {1, PKI_PSK_MIN};
    place.instance = "details";
    for (size_t i = 0; i < 2; i++) {
        const struct lwm2m_json_node *node = lwm2m_json_at(details, psk_fields[i].key);
        const char *wrong =
            node == NULL ? "is missing" : cli_leshan_value(config, node, &psk_fields[i], values[i]);
        place.field = psk_fields[i].key;
        if (wrong == NULL && values[i]->len < least[i]) {
            wrong = "is too short";
        }
        if (wrong != NULL) {
            cli_leshan_error(report, place, "%s", wrong);
        }
    }
}

/* Keys of NODE that are not among COUNT of KNOWN. */
static void tell_unknown(const struct lwm2m_json_node *node, const char *const *known, size_t count,
                         struct cli_leshan_place place, struct cli_leshan_report *report)
{
    void *cursor = NULL;
    const struct lwm2m_json_node *child;
    while ((child = lwm2m_json_next(node, &cursor, &place.field)) != NULL) {
        size_t i = 0;
        while (i < count && strcmp(known[i], place.field) != 0) {
            i++;
        }
        if (i == count && lwm2m_json_kind(child) != LWM2M_JSON_NULL) {
            cli_leshan_lost(report, place, "is not known, and was not taken");
        }
    }
}

void cli_leshan_login(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                      struct cli_leshan_report *report)
{
    static const char *const known[] = {"endpoint", "tls", "oscore"};
    static const char *const known_tls[] = {"mode", "details"};
    static const char *const known_psk[] = {"identity", "key"};
    const struct lwm2m_json_node *tls = lwm2m_json_at(node, "tls");
    struct cli_leshan_place place = config->login_place, part = place;
    const char *mode = NULL;
    part.part = "tls";
    tell_unknown(node, known, 3, place, report);
    tell_unknown(tls, known_tls, 2, part, report);
    if (lwm2m_json_kind(lwm2m_json_at(node, "oscore")) > LWM2M_JSON_NULL) {
        place.part = "oscore";
        cli_leshan_lost(report, place, "a bootstrap over OSCORE is not supported: not taken");
    }
    if (lwm2m_json_kind(tls) <= LWM2M_JSON_NULL) {
        return;
    }
    part.field = "mode";
    if (lwm2m_json_get_string(tls, "mode", &mode, NULL) != LWM2M_OK) {
        cli_leshan_error(report, part, "must be psk, rpk or x509");
    } else if (strcmp(mode, "psk") != 0) {
        cli_leshan_lost(report, part,
                        "is not psk: add the device with its own key, this was not taken");
    } else {
        part.instance = "details";
        part.field = NULL;
        tell_unknown(lwm2m_json_at(tls, "details"), known_psk, 2, part, report);
        read_psk(config, lwm2m_json_at(tls, "details"), part, report);
    }
}
