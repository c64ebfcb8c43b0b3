/* imprint policy plan: the daemon's own decision and plan, printed instead of sent. */
#include "tools/imprint/plan_show.h"
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_MAX 64
#define DISCOVER_MAX    65536

/* What a plan is made from; holds secrets. */
struct subject {
    struct pki_device device;
    struct pki_credential credentials[CREDENTIALS_MAX];
    size_t credential_count;
    struct lwm2m_discover discover;
    uint16_t format;
};

static enum cli_status read_discover(const char *path, struct lwm2m_discover *discover)
{
    static char text[DISCOVER_MAX + 1];
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    if (file == NULL) {
        return cli_fail("--discover %s: %s", path, strerror(errno));
    }
    size_t len = fread(text, 1, sizeof text, file);
    bool is_bad = ferror(file) != 0;
    if (!is_stdin) {
        fclose(file);
    }
    if (is_bad) {
        return cli_fail("--discover %s: cannot be read", path);
    }
    if (len > DISCOVER_MAX) {
        return cli_fail("--discover %s: more than %d octets", path, DISCOVER_MAX);
    }
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
    }
    enum lwm2m_error error = lwm2m_discover_parse(text, len, discover);
    return error == LWM2M_OK
               ? CLI_DONE
               : cli_fail(
                     "--discover %s is no answer to Discover in CoRE Link Format (RFC 6690): %s",
                     path, lwm2m_error_text(error));
}

static enum cli_status read_subject(struct cli_call *call, struct subject *subject)
{
    const char *name = cli_value(call, CLI_OPT_FORMAT);
    const char *discover = cli_value(call, CLI_OPT_DISCOVER);
    subject->format = LWM2M_FORMAT_NONE;
    if (name != NULL) {
        const struct lwm2m_format *format = lwm2m_format_by_name(name, strlen(name));
        if (format == NULL || format->encode == NULL || format->single_only) {
            return cli_usage("--format is tlv or senml-cbor, not '%s'", name);
        }
        subject->format = format->number;
    }
    enum cli_status status = cli_device_get(call, call->args[0], &subject->device);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error =
        pki_store_credentials(call->reader, subject->device.id, subject->credentials,
                              CREDENTIALS_MAX, &subject->credential_count);
    if (error != PKI_OK) {
        return cli_fail_pki(call->args[0], error, NULL);
    }
    return discover != NULL ? read_discover(discover, &subject->discover) : CLI_DONE;
}

static enum cli_status show(struct cli_call *call, struct policy_set *set, struct subject *subject)
{
    char reason[POLICY_REASON_MAX + 1] = "";
    struct policy_decision decision = {0};
    struct policy_plan *plan = NULL;
    bool is_json = cli_has(call, CLI_OPT_JSON);
    struct policy_subject view = {
        .device = &subject->device,
        .endpoint = subject->device.endpoint,
        .auth = subject->device.auth,
        .pct = subject->format,
        .seen.discover = cli_has(call, CLI_OPT_DISCOVER) ? &subject->discover : NULL,
        .credentials = subject->credentials,
        .credential_count = subject->credential_count,
    };
    policy_decide(set, &view, true, call->now_at, &decision);
    if (decision.verdict == POLICY_APPLY) {
        plan =
            policy_plan_new(set, &decision, &view, call->now_at, pki_secret_random, NULL, reason);
        if (plan == NULL) {
            return cli_fail("%s: policy %s gives no plan: %s", view.endpoint, decision.policy,
                            reason);
        }
    }
    enum cli_status status =
        is_json ? cli_plan_json(&view, &decision, plan) : cli_plan_text(&view, &decision, plan);
    policy_plan_free(plan);
    return status;
}

enum cli_status cli_policy_plan(struct cli_call *call)
{
    struct subject *subject = calloc(1, sizeof *subject);
    if (subject == NULL) {
        return cli_fail("out of memory");
    }
    enum cli_status status = read_subject(call, subject);
    if (status == CLI_DONE) {
        struct policy_set *set = cli_home_policy_set(call);
        status = set != NULL ? show(call, set, subject) : CLI_FAILED;
        policy_set_unref(set);
    }
    lwm2m_discover_clear(&subject->discover);
    pki_secret_wipe(subject, sizeof *subject);
    free(subject);
    return status;
}
