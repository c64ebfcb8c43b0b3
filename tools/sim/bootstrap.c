#include "bootstrap/lwm2m/codec.h"
#include "tools/sim/client.h"
#include "tools/sim/credentials.h"
#include "tools/sim/options.h"
#include "tools/sim/show.h"
#include "tools/sim/trace.h"
#include "tools/sim/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { FAULT_BYTES = 256, POLL_MAX_MS = 60000 };

struct arguments {
    const char *server;
    const char *endpoint;
    const char *credentials;
    const char *local;
    const char *dump;
    uint16_t format;
    uint16_t version;
    uint32_t instance;
    uint32_t retries;
    uint32_t timeout_ms;
    uint32_t hold_off_ms;
    uint32_t linger_ms;
    bool is_json;
    bool is_quiet;
    bool is_help;
};

#define AT(member) offsetof(struct arguments, member)
static const struct sim_option options[] = {
    {"server", SIM_OPTION_TEXT, AT(server), "URI",
     "bootstrap server, coaps://HOST[:PORT] or coap://..", 0, 0},
    {"endpoint", SIM_OPTION_TEXT, AT(endpoint), "NAME",
     "endpoint name; default: that of the credentials file", 0, 0},
    {"credentials", SIM_OPTION_TEXT, AT(credentials), "FILE",
     "JSON as 'imprint device export NAME --json' prints it; needed for coaps", 0, 0},
    {"format", SIM_OPTION_FORMAT, AT(format), "FORMAT",
     "preferred format, tlv or senml-cbor: sent as pct with LwM2M 1.1", 0, 0},
    {"version", SIM_OPTION_VERSION, AT(version), "1.0|1.1", "LwM2M version, 1.0 or 1.1", 0, 0},
    {"bootstrap-instance", SIM_OPTION_NUMBER, AT(instance), "N",
     "Security instance of the bootstrap account, 0..65534; default 0", 0, 65534},
    {"bind", SIM_OPTION_TEXT, AT(local), "ADDRESS", "local address, 127.0.0.1:0", 0, 0},
    {"timeout", SIM_OPTION_SECONDS, AT(timeout_ms), "SECONDS",
     "patience between two requests of the server, 1..86400; default 247", 1, 86400},
    {"retries", SIM_OPTION_NUMBER, AT(retries), "N",
     "further attempts when one fails but is not refused, 0..1000; default 0", 0, 1000},
    {"hold-off", SIM_OPTION_SECONDS, AT(hold_off_ms), "SECONDS",
     "Client Hold Off Time (/0/x/11), 0..3600; default 0", 0, 3600},
    {"linger", SIM_OPTION_SECONDS, AT(linger_ms), "SECONDS",
     "how long the session is kept after Finish, 0..3600; default 0.2", 0, 3600},
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

static void fill_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t used = 0; used < len;) {
        ssize_t got = getrandom(out + used, len - used, 0);
        if (got < 0 && errno != EINTR) {
            abort();
        }
        used += got > 0 ? (size_t)got : 0;
    }
}

/* ---- results ---- */

static void outcome_json(const struct sim_outcome *outcome, const char *endpoint,
                         struct lwm2m_json_writer *json)
{
    char code[8];
    lwm2m_json_key(json, "event");
    lwm2m_json_text(json, "outcome");
    lwm2m_json_key(json, "endpoint");
    lwm2m_json_text(json, endpoint);
    lwm2m_json_key(json, "result");
    lwm2m_json_text(json, sim_result_name(outcome->result));
    lwm2m_json_key(json, "reason");
    lwm2m_json_text(json, outcome->reason);
    lwm2m_json_key(json, "code");
    lwm2m_json_text(json, outcome->code == 0 ? "" : cc_code_text(outcome->code, code));
    lwm2m_json_key(json, "attempts");
    lwm2m_json_uint(json, outcome->attempts);
    lwm2m_json_key(json, "requests");
    lwm2m_json_uint(json, outcome->requests);
    lwm2m_json_key(json, "ms");
    lwm2m_json_uint(json, outcome->duration_ms);
}

static bool build_json(const struct sim_outcome *outcome, const struct sim_device *device,
                       const char *endpoint, bool with_secrets, struct lwm2m_json_writer *json)
{
    lwm2m_json_object_begin(json);
    outcome_json(outcome, endpoint, json);
    lwm2m_json_key(json, "objects");
    sim_show_json(device, json, with_secrets);
    lwm2m_json_object_end(json);
    return json->error == LWM2M_OK;
}

static bool write_file(const char *path, const char *data, size_t len)
{
    char draft[4096];
    int cut = snprintf(draft, sizeof draft, "%s.new", path);
    if (cut < 0 || (size_t)cut >= sizeof draft) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (unlink(draft) != 0 && errno != ENOENT) {
        return false;
    }
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    bool is_ok = true;
    for (size_t used = 0; is_ok && used < len;) {
        ssize_t put = write(fd, data + used, len - used);
        is_ok = put > 0 || errno == EINTR;
        used += put > 0 ? (size_t)put : 0;
    }
    is_ok = is_ok && fsync(fd) == 0;
    return close(fd) == 0 && is_ok && rename(draft, path) == 0;
}

static bool dump(const struct arguments *arguments, const struct sim_outcome *outcome,
                 const struct sim_device *device)
{
    struct lwm2m_json_writer json = {0};
    bool is_ok = build_json(outcome, device, arguments->endpoint, true, &json) &&
                 write_file(arguments->dump, json.data, json.len);
    if (!is_ok) {
        fprintf(stderr, "imprint-sim: %s: %s\n", arguments->dump, strerror(errno));
    }
    lwm2m_json_clear(&json);
    return is_ok;
}

static void print_text(const struct arguments *arguments, const struct sim_outcome *outcome,
                       const struct sim_device *device)
{
    if (!arguments->is_quiet) {
        putchar('\n');
        sim_show_table(device, stdout);
        putchar('\n');
    }
    printf("%s: %s%s%s after %.3f s, %u %s, %u requests served\n", arguments->endpoint,
           sim_result_name(outcome->result), outcome->reason[0] ? ": " : "", outcome->reason,
           (double)outcome->duration_ms / 1000, outcome->attempts,
           outcome->attempts == 1 ? "attempt" : "attempts", outcome->requests);
}

static int report(const struct arguments *arguments, const struct sim_outcome *outcome,
                  const struct sim_device *device)
{
    int code = outcome->result == SIM_FINISHED ? SIM_EXIT_DONE : SIM_EXIT_FAILED;
    if (arguments->is_json) {
        struct lwm2m_json_writer json = {0};
        if (build_json(outcome, device, arguments->endpoint, false, &json)) {
            printf("%.*s\n", (int)json.len, json.data);
        } else {
            code = SIM_EXIT_FAILED;
        }
        lwm2m_json_clear(&json);
    } else {
        print_text(arguments, outcome, device);
    }
    if (arguments->dump != NULL && !dump(arguments, outcome, device)) {
        code = SIM_EXIT_FAILED;
    }
    return code;
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
    int code = error == CC_OK ? report(arguments, sim_client_outcome(client), config->device)
                              : failure(cc_error_text(error));
    sim_client_free(client);
    return code;
}

static int run_device(const struct arguments *arguments, const struct sim_credentials *credentials,
                      struct sim_device *device)
{
    struct sim_trace trace = {
        .out = stdout, .is_json = arguments->is_json, .is_quiet = arguments->is_quiet};
    struct sim_client_config config = {
        .device = device,
        .endpoint = arguments->endpoint,
        .pct = arguments->version >= LWM2M_VERSION(1, 1) ? arguments->format : CC_FORMAT_NONE,
        .hold_off_ms = arguments->hold_off_ms,
        .timeout_ms = arguments->timeout_ms,
        .linger_ms = arguments->linger_ms,
        .retries = arguments->retries,
        .observer = {&trace, sim_trace_message, sim_trace_note},
        .connection = {.uri = arguments->server, .bind = arguments->local}};
    if (arguments->credentials != NULL) {
        config.connection.identity = credentials->identity;
        config.connection.identity_len = credentials->identity_len;
        config.connection.key = credentials->key;
        config.connection.key_len = credentials->key_len;
    }
    struct cc_parameters parameters;
    cc_parameters_default(&parameters);
    struct sim_hub *hub;
    enum cc_error error = sim_hub_open(&parameters, fill_random, &hub);
    if (error != CC_OK) {
        return failure(cc_error_text(error));
    }
    int code = run_client(arguments, hub, &config);
    sim_hub_close(hub);
    return code;
}

static int run(const struct arguments *arguments, const struct sim_credentials *credentials)
{
    bool has_psk = arguments->credentials != NULL;
    const struct sim_factory factory = {
        .version = arguments->version,
        .bootstrap_instance = (uint16_t)arguments->instance,
        .server_uri = arguments->server,
        .identity = has_psk ? credentials->identity : NULL,
        .identity_len = credentials->identity_len,
        .key = credentials->key,
        .key_len = credentials->key_len,
        .hold_off_s = arguments->hold_off_ms / 1000,
    };
    struct sim_device *device = sim_device_new(&factory);
    if (device == NULL) {
        return failure(cc_error_text(CC_ENOMEM));
    }
    int code = run_device(arguments, credentials, device);
    sim_device_free(device);
    return code;
}

static int check(const struct arguments *arguments)
{
    bool is_secure = arguments->server != NULL && strncmp(arguments->server, "coaps://", 8) == 0;
    if (arguments->server == NULL) {
        return usage("--server is needed");
    }
    if (!is_secure && strncmp(arguments->server, "coap://", 7) != 0) {
        return usage("--server wants coaps://HOST[:PORT] or coap://HOST[:PORT]");
    }
    if (is_secure != (arguments->credentials != NULL)) {
        return usage(is_secure ? "coaps needs --credentials" : "coap takes no --credentials");
    }
    if (!is_secure && arguments->endpoint == NULL) {
        return usage("--endpoint is needed without --credentials");
    }
    return SIM_EXIT_DONE;
}

static int load(struct arguments *arguments, struct sim_credentials *credentials)
{
    char fault[FAULT_BYTES];
    if (arguments->credentials == NULL) {
        return SIM_EXIT_DONE;
    }
    if (!sim_credentials_read(arguments->credentials, credentials, fault, sizeof fault)) {
        return failure(fault);
    }
    if (credentials->is_open) {
        fprintf(stderr, "imprint-sim: warning: %s can be read by others\n", arguments->credentials);
    }
    if (arguments->endpoint == NULL && credentials->endpoint[0] != '\0') {
        arguments->endpoint = credentials->endpoint;
    }
    return arguments->endpoint != NULL
               ? SIM_EXIT_DONE
               : usage("--endpoint is needed: the credentials file has none");
}

int sim_verb_bootstrap(char **argv)
{
    struct arguments arguments = {
        .format = LWM2M_FORMAT_SENML_CBOR, .version = LWM2M_VERSION(1, 1), .linger_ms = 200};
    if (!sim_options_parse(options, OPTION_COUNT, argv, &arguments, stderr)) {
        return SIM_EXIT_USAGE;
    }
    if (arguments.is_help) {
        puts("usage: imprint-sim bootstrap --server URI [options]\n");
        sim_options_help(options, OPTION_COUNT, stdout);
        return SIM_EXIT_DONE;
    }
    int code = check(&arguments);
    if (code != SIM_EXIT_DONE) {
        return code;
    }
    struct sim_credentials credentials = {0};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    code = load(&arguments, &credentials);
    if (code == SIM_EXIT_DONE) {
        code = run(&arguments, &credentials);
    }
    sim_credentials_clear(&credentials);
    return code;
}
