#include "tools/imprint/subject.h"
#include "tools/imprint/file.h"
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 65536

static enum cli_status read_discover(struct cli_call *call, struct cli_subject *subject)
{
    static char text[ANSWER_MAX];
    const char *path = cli_value(call, CLI_OPT_AGAINST);
    size_t len = 0;
    if (path == NULL) {
        return CLI_DONE;
    }
    enum cli_status status = cli_file_read("--against", path, text, sizeof text, &len);
    if (status != CLI_DONE) {
        return status;
    }
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
    }
    enum lwm2m_error error = lwm2m_discover_parse(text, len, &subject->discover);
    subject->has_discover = error == LWM2M_OK;
    return error == LWM2M_OK
               ? CLI_DONE
               : cli_fail(
                     "--against %s is no answer to Discover in CoRE Link Format (RFC 6690): %s",
                     path, lwm2m_error_text(error));
}

/* A content format by its name. */
static enum cli_status format_of(const struct cli_call *call, enum cli_option_id option,
                                 uint16_t fallback, uint16_t *number)
{
    const char *name = cli_value(call, option);
    *number = fallback;
    if (name == NULL) {
        return CLI_DONE;
    }
    const struct lwm2m_format *format = lwm2m_format_by_name(name, strlen(name));
    if (format == NULL || format->single_only) {
        return cli_usage("%s is tlv, senml-json, senml-cbor, lwm2m-cbor or json, not '%s'",
                         cli_options[option].name, name);
    }
    *number = format->number;
    return CLI_DONE;
}

struct answer {
    enum cli_option_id option;
    uint16_t object;
    uint16_t format;
    struct lwm2m_content *content;
    bool *is_there;
};

static enum cli_status read_answer(const struct cli_call *call, const struct policy_set *set,
                                   const struct answer *answer)
{
    static char text[ANSWER_MAX];
    const char *path = cli_value(call, answer->option);
    const char *name = cli_options[answer->option].name;
    uint16_t format = LWM2M_FORMAT_NONE;
    size_t len = 0;
    if (path == NULL) {
        return CLI_DONE;
    }
    enum cli_status status = format_of(call, CLI_OPT_READ_FORMAT, LWM2M_FORMAT_SENML_JSON, &format);
    if (status == CLI_DONE) {
        status = cli_file_read(name, path, text, sizeof text, &len);
    }
    if (status != CLI_DONE) {
        return status;
    }
    struct lwm2m_path base = {.id = {answer->object}, .depth = 1};
    enum lwm2m_error error = lwm2m_decode(answer->format, base, policy_set_registry(set),
                                          (const uint8_t *)text, len, answer->content);
    *answer->is_there = error == LWM2M_OK;
    return error == LWM2M_OK
               ? CLI_DONE
               : cli_fail("%s %s is no answer to a Read of /%u in %s: %s", name, path,
                          (unsigned)answer->object, lwm2m_format_by_number(answer->format)->name,
                          lwm2m_error_text(error));
}

static enum cli_status read_answers(struct cli_call *call, const struct policy_set *set,
                                    uint16_t format, struct cli_subject *subject)
{
    const struct answer answers[] = {
        {CLI_OPT_READ_SERVERS, LWM2M_OBJECT_SERVER, format, &subject->servers,
         &subject->has_servers},
        {CLI_OPT_READ_ACCESS, LWM2M_OBJECT_ACCESS_CONTROL, format, &subject->access,
         &subject->has_access},
    };
    enum cli_status status = read_discover(call, subject);
    for (size_t i = 0; i < 2 && status == CLI_DONE; i++) {
        status = read_answer(call, set, &answers[i]);
    }
    if (status == CLI_DONE && (subject->has_servers || subject->has_access) &&
        !subject->has_discover) {
        status = cli_usage("--read-servers and --read-access need --against");
    }
    return status;
}

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    pki_store_print(context, data, len, print);
}

static void view(struct cli_call *call, struct cli_subject *subject)
{
    struct policy_subject *it = &subject->view;
    it->device = &subject->device;
    it->endpoint = subject->device.endpoint;
    it->auth = subject->device.auth;
    it->transport = subject->device.auth == PKI_AUTH_NONE ? POLICY_COAP : POLICY_COAPS;
    it->accept = LWM2M_FORMAT_NONE;
    it->seen.discover = subject->has_discover ? &subject->discover : NULL;
    it->seen.servers = subject->has_servers ? &subject->servers : NULL;
    it->seen.access = subject->has_access ? &subject->access : NULL;
    it->credentials = subject->credentials;
    it->memory = subject->has_memory ? &subject->memory : NULL;
    it->rollouts = subject->rollouts;
    it->print = print_of;
    it->print_context = call->store;
}

static enum cli_status read_store(struct cli_call *call, struct cli_subject *subject)
{
    enum cli_status status = cli_device_get(call, call->args[0], &subject->device);
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error =
        pki_store_credentials_alive(call->reader, subject->device.id, subject->credentials,
                                    CLI_CREDENTIALS_MAX, &subject->view.credential_count);
    if (error == PKI_OK) {
        error = pki_store_rollouts(call->reader, subject->rollouts, CLI_ROLLOUTS_MAX,
                                   &subject->view.rollout_count);
    }
    if (error == PKI_OK) {
        error = pki_store_memory(call->reader, subject->device.id, &subject->memory);
        subject->has_memory = error == PKI_OK;
        error = error == PKI_ENOTFOUND ? PKI_OK : error;
    }
    return error == PKI_OK ? CLI_DONE : cli_fail_pki(call->args[0], error, NULL);
}

struct cli_subject *cli_subject_new(struct cli_call *call, const struct policy_set *set,
                                    enum cli_status *status)
{
    struct cli_subject *subject = calloc(1, sizeof *subject);
    if (subject == NULL) {
        *status = cli_fail("out of memory");
        return NULL;
    }
    uint16_t format = LWM2M_FORMAT_NONE;
    *status = format_of(call, CLI_OPT_FORMAT, LWM2M_FORMAT_NONE, &subject->view.pct);
    if (*status == CLI_DONE) {
        *status = format_of(call, CLI_OPT_READ_FORMAT, LWM2M_FORMAT_SENML_JSON, &format);
    }
    if (*status == CLI_DONE) {
        *status = read_store(call, subject);
    }
    if (*status == CLI_DONE) {
        *status = read_answers(call, set, format, subject);
    }
    if (*status != CLI_DONE) {
        cli_subject_free(subject);
        return NULL;
    }
    view(call, subject);
    return subject;
}

void cli_subject_free(struct cli_subject *subject)
{
    if (subject != NULL) {
        lwm2m_discover_clear(&subject->discover);
        lwm2m_content_clear(&subject->servers);
        lwm2m_content_clear(&subject->access);
        pki_secret_wipe(subject, sizeof *subject);
        free(subject);
    }
}
