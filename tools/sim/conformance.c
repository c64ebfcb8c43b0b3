/* imprint-sim conformance: the cases, against any server. */
#include "bootstrap/lwm2m/json.h"
#include "tools/sim/cases.h"
#include "tools/sim/file.h"
#include "tools/sim/login.h"
#include "tools/sim/options.h"
#include "tools/sim/verbs.h"

#include <string.h>
#include <sys/prctl.h>

enum { CASE_DEFAULT_MS = 15000, VERDICTS = 4 };

struct arguments {
    struct sim_login login;
    const char *cases;
    uint32_t case_ms;
    bool is_list, is_json, is_help;
};

#define AT(member) offsetof(struct arguments, member)
static const struct sim_option options[] = {
    {"server", SIM_OPTION_TEXT, AT(login.server), "URI",
     "the server to be judged: coaps://, coap://, coaps+tcp:// or coap+tcp://HOST[:PORT]", 0, 0},
    {"endpoint", SIM_OPTION_TEXT, AT(login.endpoint), "NAME",
     "endpoint name that the server knows; default: that of the credentials file", 0, 0},
    {"credentials", SIM_OPTION_TEXT, AT(login.credentials), "FILE",
     "JSON as 'imprint device export NAME --json' prints it; needed for coaps", 0, 0},
    {"identity", SIM_OPTION_TEXT, AT(login.identity), "TEXT",
     "PSK identity, with --key-file instead of --credentials", 0, 0},
    {"key-file", SIM_OPTION_TEXT, AT(login.key_file), "FILE", "the PSK in hexadecimal", 0, 0},
    {"case", SIM_OPTION_TEXT, AT(cases), "LIST", "these cases only, a,b", 0, 0},
    {"case-timeout", SIM_OPTION_SECONDS, AT(case_ms), "SECONDS",
     "the time of one bootstrap, 1..600; default 15", 1, 600},
    {"list", SIM_OPTION_FLAG, AT(is_list), NULL, "list the cases and play none", 0, 0},
    {"json", SIM_OPTION_FLAG, AT(is_json), NULL, "JSON lines instead of a table", 0, 0},
    {"help", SIM_OPTION_FLAG, AT(is_help), NULL, "this text", 0, 0},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static int usage(const char *text)
{
    fprintf(stderr, "imprint-sim: %s; see imprint-sim conformance --help\n", text);
    return SIM_EXIT_USAGE;
}

/* True when NAME is one of LIST, "a,b"; NULL is all. */
static bool is_wanted(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0')) {
            return true;
        }
    }
    return list == NULL;
}

static bool is_case(const char *name, size_t len)
{
    const struct sim_case *row;
    for (size_t i = 0; (row = sim_case_at(i)) != NULL; i++) {
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool are_cases(const char *list)
{
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (!is_case(at, strcspn(at, ","))) {
            return false;
        }
    }
    return true;
}

static void pair(struct lwm2m_json_writer *json, const char *key, const char *text)
{
    lwm2m_json_key(json, key);
    lwm2m_json_text(json, text);
}

static void print_json(const struct sim_case *row, const char *verdict, const char *why,
                       uint64_t ms)
{
    struct lwm2m_json_writer json = {0};
    lwm2m_json_object_begin(&json);
    pair(&json, "event", "case");
    pair(&json, "name", row->name);
    pair(&json, "title", row->title);
    pair(&json, "section", row->section);
    if (verdict != NULL) {
        pair(&json, "verdict", verdict);
        pair(&json, "why", why);
        lwm2m_json_key(&json, "ms");
        lwm2m_json_uint(&json, ms);
    }
    lwm2m_json_object_end(&json);
    printf("%.*s\n", (int)json.len, json.data);
    lwm2m_json_clear(&json);
}

static void print_row(const struct arguments *arguments, const struct sim_case *row,
                      const char *verdict, const char *why, uint64_t ms)
{
    if (arguments->is_json) {
        print_json(row, verdict, why, ms);
        return;
    }
    printf("%-17s %-52s %-33s %s%s%s\n", row->name, row->title, row->section,
           verdict == NULL ? "" : verdict, verdict == NULL ? "" : ": ", why);
}

static void print_sums(const struct arguments *arguments, const unsigned sums[VERDICTS])
{
    if (!arguments->is_json) {
        printf("\n%s: %u pass, %u fail, %u inconclusive, %u not applicable\n",
               arguments->login.server, sums[SIM_PASS], sums[SIM_FAIL], sums[SIM_INCONCLUSIVE],
               sums[SIM_NOT_APPLICABLE]);
        return;
    }
    struct lwm2m_json_writer json = {0};
    lwm2m_json_object_begin(&json);
    pair(&json, "event", "sums");
    for (unsigned i = 0; i < VERDICTS; i++) {
        lwm2m_json_key(&json, sim_verdict_name((enum sim_verdict)i));
        lwm2m_json_uint(&json, sums[i]);
    }
    lwm2m_json_object_end(&json);
    printf("%.*s\n", (int)json.len, json.data);
    lwm2m_json_clear(&json);
}

static int judge_all(const struct arguments *arguments, const struct sim_credentials *credentials)
{
    struct sim_judge judge = {.connection = sim_login_connection(&arguments->login, credentials),
                              .endpoint = arguments->login.endpoint,
                              .case_ms = arguments->case_ms,
                              .is_stream = sim_uri_is_stream(arguments->login.server)};
    unsigned sums[VERDICTS] = {0};
    const struct sim_case *row;
    for (size_t i = 0; (row = sim_case_at(i)) != NULL; i++) {
        char why[SIM_WHY_MAX + 1] = "";
        uint64_t begun_ms = sim_clock_ms();
        /* The first case says what an ordinary bootstrap does here, whether it is wanted or not. */
        if (i > 0 && !is_wanted(arguments->cases, row->name)) {
            continue;
        }
        enum sim_verdict verdict = sim_case_run(row, &judge, why);
        if (is_wanted(arguments->cases, row->name)) {
            sums[verdict]++;
            print_row(arguments, row, sim_verdict_name(verdict), why, sim_clock_ms() - begun_ms);
        }
        if (!judge.is_reachable) {
            fprintf(stderr, "imprint-sim: %s: %s\n", arguments->login.server, why);
            return SIM_EXIT_FAILED;
        }
    }
    print_sums(arguments, sums);
    return sums[SIM_FAIL] == 0 ? SIM_EXIT_DONE : SIM_EXIT_FAILED;
}

static int list(const struct arguments *arguments)
{
    const struct sim_case *row;
    for (size_t i = 0; (row = sim_case_at(i)) != NULL; i++) {
        print_row(arguments, row, NULL, "", 0);
    }
    return SIM_EXIT_DONE;
}

int sim_verb_conformance(char **argv)
{
    struct arguments arguments = {.case_ms = CASE_DEFAULT_MS};
    if (!sim_options_parse(options, OPTION_COUNT, argv, &arguments, stderr)) {
        return SIM_EXIT_USAGE;
    }
    if (arguments.is_help) {
        puts("usage: imprint-sim conformance --server URI [options]\n");
        sim_options_help(options, OPTION_COUNT, stdout);
        return SIM_EXIT_DONE;
    }
    if (arguments.is_list) {
        return list(&arguments);
    }
    const char *wrong = sim_login_fault(&arguments.login);
    if (wrong == NULL && !are_cases(arguments.cases)) {
        wrong = "--case names no case";
    }
    if (wrong != NULL) {
        return usage(wrong);
    }
    struct sim_credentials credentials = {0};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int code = sim_login_load(&arguments.login, &credentials);
    if (code == SIM_EXIT_DONE) {
        code = judge_all(&arguments, &credentials);
    }
    sim_credentials_clear(&credentials);
    return code;
}
