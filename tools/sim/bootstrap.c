#include "bootstrap/lwm2m/codec.h"
#include "tools/sim/client.h"
#include "tools/sim/file.h"
#include "tools/sim/login.h"
#include "tools/sim/objects.h"
#include "tools/sim/options.h"
#include "tools/sim/report.h"
#include "tools/sim/state.h"
#include "tools/sim/trace.h"
#include "tools/sim/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { POLL_MAX_MS = 60000, MODE_PSK = 0 };

struct arguments {
    struct sim_login login;
    const char *local, *dump, *state, *profile_name, *behave, *pct, *knows, *objects;
    uint16_t format, version;
    uint32_t formats, instance, retries, timeout_ms, hold_off_ms, linger_ms;
    bool is_real_time, is_json, is_quiet, is_help;
    struct sim_profile profile;
};

#define AT(member) offsetof(struct arguments, member)
static const struct sim_option options[] = {
    {"server", SIM_OPTION_TEXT, AT(login.server), "URI",
     "bootstrap server: coaps://, coap://, coaps+tcp:// or coap+tcp://HOST[:PORT]", 0, 0},
    {"endpoint", SIM_OPTION_TEXT, AT(login.endpoint), "NAME",
     "endpoint name; default: that of the credentials file", 0, 0},
    {"credentials", SIM_OPTION_TEXT, AT(login.credentials), "FILE",
     "JSON as 'imprint device export NAME --json' prints it; needed for coaps", 0, 0},
    {"identity", SIM_OPTION_TEXT, AT(login.identity), "TEXT",
     "PSK identity, with --key-file instead of --credentials", 0, 0},
    {"key-file", SIM_OPTION_TEXT, AT(login.key_file), "FILE", "the PSK in hexadecimal", 0, 0},
    {"profile", SIM_OPTION_TEXT, AT(profile_name), "NAME",
     "behave as a known client does: see imprint-sim profiles", 0, 0},
    {"behave", SIM_OPTION_TEXT, AT(behave), "LIST",
     "single behaviours, a,b=1: see imprint-sim profiles", 0, 0},
    {"version", SIM_OPTION_VERSION, AT(version), "1.0|1.1|1.2",
     "LwM2M version; default: that of the profile, or 1.1", 0, 0},
    {"format", SIM_OPTION_FORMAT, AT(format), "FORMAT",
     "preferred format, as tlv or senml-cbor: sent as pct and asked for as Pack", 0, 0},
    {"pct", SIM_OPTION_TEXT, AT(pct), "TEXT",
     "sent as pct as it stands; a format's name is its number; none sends none", 0, 0},
    {"formats", SIM_OPTION_FORMATS, AT(formats), "LIST",
     "formats that the device reads, tlv,senml-cbor; default: those of its version", 0, 0},
    {"knows", SIM_OPTION_TEXT, AT(knows), "LIST", "further objects of the device, 5,3301", 0, 0},
    {"objects", SIM_OPTION_TEXT, AT(objects), "PATH",
     "definitions of further objects: an OMA XML file or a folder of them", 0, 0},
    {"bootstrap-instance", SIM_OPTION_NUMBER, AT(instance), "N",
     "Security instance of the bootstrap account, 0..65534; default 0", 0, 65534},
    {"state", SIM_OPTION_TEXT, AT(state), "FILE",
     "keep what the device holds from run to run (mode 0600)", 0, 0},
    {"bind", SIM_OPTION_TEXT, AT(local), "ADDRESS", "local address, 127.0.0.1:0", 0, 0},
    {"timeout", SIM_OPTION_SECONDS, AT(timeout_ms), "SECONDS",
     "patience between two requests of the server, 1..86400; default 247", 1, 86400},
    {"retries", SIM_OPTION_NUMBER, AT(retries), "N",
     "further attempts when one fails but is not refused, 0..1000; default 0", 0, 1000},
    {"hold-off", SIM_OPTION_SECONDS, AT(hold_off_ms), "SECONDS",
     "Client Hold Off Time (/0/x/11), 0..3600; default 0", 0, 3600},
    {"linger", SIM_OPTION_SECONDS, AT(linger_ms), "SECONDS",
     "how long the session is kept after Finish, 0..3600; default 0.2", 0, 3600},
    {"real-time", SIM_OPTION_FLAG, AT(is_real_time), NULL,
     "wait before the request as long as the profile's client does", 0, 0},
    {"json", SIM_OPTION_FLAG, AT(is_json), NULL, "JSON lines instead of text", 0, 0},
    {"quiet", SIM_OPTION_FLAG, AT(is_quiet), NULL, "only the outcome", 0, 0},
    {"dump", SIM_OPTION_TEXT, AT(dump), "FILE",
     "write what the device holds, secrets too, as JSON (mode 0600)", 0, 0},
    {"help", SIM_OPTION_FLAG, AT(is_help), NULL, "this text", 0, 0},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static int usage(const char *text)
{
    fprintf(stderr, "imprint-sim: %s; see imprint-sim bootstrap --help\n", text);
    return SIM_EXIT_USAGE;
}

static int failure(const char *text)
{
    fprintf(stderr, "imprint-sim: %s\n", text);
    return SIM_EXIT_FAILED;
}

/* ---- results ---- */

/* The device keeps what it holds, whatever became of the bootstrap: a failed one was rolled back.
 */
static int keep(const struct arguments *arguments, const struct sim_device *device, int code)
{
    char fault[SIM_FAULT_MAX + 1];
    if (arguments->state != NULL && !sim_state_save(arguments->state, device, fault)) {
        return failure(fault);
    }
    return code;
}

static int tell(const struct arguments *arguments, const struct sim_outcome *outcome,
                const struct sim_device *device)
{
    const struct sim_report report = {arguments->login.endpoint, arguments->profile_name, outcome,
                                      device};
    int code = outcome->result == SIM_FINISHED ? SIM_EXIT_DONE : SIM_EXIT_FAILED;
    if (!arguments->is_json) {
        sim_report_text(&report, arguments->is_quiet);
    } else if (!sim_report_json(&report)) {
        code = SIM_EXIT_FAILED;
    }
    if (arguments->dump != NULL && !sim_report_dump(&report, arguments->dump)) {
        fprintf(stderr, "imprint-sim: %s: %s\n", arguments->dump, strerror(errno));
        code = SIM_EXIT_FAILED;
    }
    return keep(arguments, device, code);
}

/* ---- the run ---- */

static enum cc_error loop(struct sim_hub *hub, struct sim_client *client)
{
    enum cc_error error = CC_OK;
    while (error == CC_OK && !sim_client_is_done(client)) {
        uint64_t now = sim_hub_now_ms(hub);
        uint64_t deadline = sim_client_deadline(client);
        uint64_t wait = deadline <= now ? 0 : deadline - now;
        error = sim_hub_poll(hub, wait < POLL_MAX_MS ? (int)wait : POLL_MAX_MS);
        if (error == CC_OK) {
            sim_client_tick(client);
        }
    }
    return error;
}

static int run_client(const struct arguments *arguments, struct sim_hub *hub,
                      const struct sim_client_config *config)
{
    struct sim_client *client = sim_client_new(hub, config);
    if (client == NULL) {
        return failure(cc_error_text(CC_ENOMEM));
    }
    enum cc_error error = loop(hub, client);
    int code = error == CC_OK ? tell(arguments, sim_client_outcome(client), config->device)
                              : failure(cc_error_text(error));
    sim_client_free(client);
    return code;
}

/* What the client asks for, and how. */
static void choose_formats(const struct arguments *arguments, struct sim_client_config *config)
{
    const struct sim_profile *profile = &arguments->profile;
    const uint16_t version = sim_device_version(config->device);
    const uint16_t format =
        arguments->format != 0 ? arguments->format : sim_profile_pct(profile, version);
    const bool is_packable = format == LWM2M_FORMAT_SENML_CBOR ||
                             format == LWM2M_FORMAT_SENML_JSON || format == LWM2M_FORMAT_LWM2M_CBOR;
    config->pct = version >= LWM2M_VERSION(1, 1) && !profile->no_pct ? format : CC_FORMAT_NONE;
    if (version >= LWM2M_VERSION(1, 2) && !profile->no_pack) {
        config->pack = is_packable ? format : LWM2M_FORMAT_SENML_CBOR;
    }
    if (arguments->pct == NULL) {
        return;
    }
    const struct lwm2m_format *named = lwm2m_format_by_name(arguments->pct, strlen(arguments->pct));
    config->pct = named != NULL ? named->number : CC_FORMAT_NONE;
    if (named == NULL && strcmp(arguments->pct, "none") != 0) {
        config->pct_text = arguments->pct;
    }
}

static int run_device(const struct arguments *arguments, const struct sim_credentials *credentials,
                      struct sim_device *device)
{
    struct sim_trace trace = {
        .out = stdout, .is_json = arguments->is_json, .is_quiet = arguments->is_quiet};
    struct sim_client_config config = {.device = device,
                                       .endpoint = arguments->login.endpoint,
                                       .hold_off_ms = arguments->hold_off_ms,
                                       .timeout_ms = arguments->timeout_ms,
                                       .linger_ms = arguments->linger_ms,
                                       .retries = arguments->retries,
                                       .is_real_time = arguments->is_real_time,
                                       .observer = {&trace, sim_trace_message, sim_trace_note},
                                       .connection =
                                           sim_login_connection(&arguments->login, credentials)};
    config.connection.bind = arguments->local;
    choose_formats(arguments, &config);
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    struct sim_hub *hub;
    enum cc_error error = sim_hub_open(&parameters, sim_random, &hub);
    if (error != CC_OK) {
        return failure(cc_error_text(error));
    }
    int code = run_client(arguments, hub, &config);
    sim_hub_close(hub);
    return code;
}

static void take_octets(const struct sim_instance *account, uint16_t resource, uint8_t *out,
                        size_t capacity, size_t *len)
{
    const struct lwm2m_value *value = sim_instance_value(account, resource);
    if (value != NULL && value->as.bytes.len <= capacity) {
        memcpy(out, value->as.bytes.data, value->as.bytes.len);
        *len = value->as.bytes.len;
    }
}

/* A device that was here before comes with the credential that it was left with. */
static int restore(const struct arguments *arguments, struct sim_credentials *credentials,
                   struct sim_device *device)
{
    char fault[SIM_FAULT_MAX + 1];
    bool is_there = false;
    if (arguments->state == NULL) {
        return SIM_EXIT_DONE;
    }
    if (!sim_state_load(arguments->state, device, &is_there, fault)) {
        return failure(fault);
    }
    int32_t id = sim_device_bootstrap_instance(device);
    const struct sim_instance *account =
        id < 0 ? NULL : sim_store_find(sim_device_store(device), 0, (uint16_t)id);
    const struct lwm2m_value *mode = account == NULL ? NULL : sim_instance_value(account, 2);
    if (is_there && credentials->key_len > 0 && mode != NULL && mode->as.integer == MODE_PSK) {
        take_octets(account, 3, credentials->identity, sizeof credentials->identity,
                    &credentials->identity_len);
        take_octets(account, 5, credentials->key, sizeof credentials->key, &credentials->key_len);
    }
    return SIM_EXIT_DONE;
}

static bool parse_objects(const char *text, uint16_t *objects, size_t *count)
{
    for (*count = 0; text != NULL && *text != '\0'; (*count)++) {
        char *end;
        unsigned long id = strtoul(text, &end, 10);
        if (*text < '0' || *text > '9' || id > LWM2M_ID_MAX || *count == SIM_OBJECTS_MAX ||
            (*end != ',' && *end != '\0')) {
            return false;
        }
        objects[*count] = (uint16_t)id;
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

/* DEFINITIONS: NULL, or what the types of the device's resources are taken from. */
static int run(const struct arguments *arguments, struct sim_credentials *credentials,
               const struct lwm2m_definitions *definitions)
{
    uint16_t more[SIM_OBJECTS_MAX];
    bool has_psk = credentials->key_len > 0;
    struct sim_factory factory = {
        .version = arguments->version,
        .profile = &arguments->profile,
        .bootstrap_instance = (uint16_t)arguments->instance,
        .server_uri = arguments->login.server,
        .identity = has_psk ? credentials->identity : NULL,
        .identity_len = credentials->identity_len,
        .key = credentials->key,
        .key_len = credentials->key_len,
        .hold_off_s = arguments->hold_off_ms / 1000,
        .more = more,
        .registry = lwm2m_definitions_registry(definitions),
    };
    if (!parse_objects(arguments->knows, more, &factory.more_count)) {
        return usage("--knows wants object IDs, 5,3301");
    }
    struct sim_device *device = sim_device_new(&factory);
    if (device == NULL) {
        return failure(cc_error_text(CC_ENOMEM));
    }
    int code = restore(arguments, credentials, device);
    if (code == SIM_EXIT_DONE) {
        code = run_device(arguments, credentials, device);
    }
    sim_device_free(device);
    return code;
}

static int run_defined(const struct arguments *arguments, struct sim_credentials *credentials)
{
    char fault[SIM_FAULT_MAX + 1];
    struct lwm2m_definitions *definitions = NULL;
    if (arguments->objects != NULL) {
        definitions = sim_objects_load(arguments->objects, fault);
        if (definitions == NULL) {
            return failure(fault);
        }
    }
    int code = run(arguments, credentials, definitions);
    lwm2m_definitions_unref(definitions);
    return code;
}

static int choose_profile(struct arguments *arguments)
{
    char fault[SIM_FAULT_MAX + 1];
    const struct sim_profile_row *row =
        arguments->profile_name == NULL ? NULL : sim_profile_by_name(arguments->profile_name);
    if (arguments->profile_name != NULL && row == NULL) {
        return usage("no such profile: see imprint-sim profiles");
    }
    if ((row != NULL && !sim_profile_apply(&arguments->profile, row->behaviours, fault)) ||
        (arguments->behave != NULL &&
         !sim_profile_apply(&arguments->profile, arguments->behave, fault))) {
        return usage(fault);
    }
    if (arguments->formats != 0) {
        arguments->profile.formats = arguments->formats;
    }
    return SIM_EXIT_DONE;
}

int sim_verb_bootstrap(char **argv)
{
    struct arguments arguments = {.linger_ms = 200};
    if (!sim_options_parse(options, OPTION_COUNT, argv, &arguments, stderr)) {
        return SIM_EXIT_USAGE;
    }
    if (arguments.is_help) {
        puts("usage: imprint-sim bootstrap --server URI [options]\n");
        sim_options_help(options, OPTION_COUNT, stdout);
        return SIM_EXIT_DONE;
    }
    const char *wrong = sim_login_fault(&arguments.login);
    int code = wrong != NULL ? usage(wrong) : choose_profile(&arguments);
    if (code != SIM_EXIT_DONE) {
        return code;
    }
    struct sim_credentials credentials = {0};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    code = sim_login_load(&arguments.login, &credentials);
    if (code == SIM_EXIT_DONE) {
        code = run_defined(&arguments, &credentials);
    }
    sim_credentials_clear(&credentials);
    return code;
}
