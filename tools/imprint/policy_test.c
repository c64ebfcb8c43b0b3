/* imprint policy test: the cases beside the policies. */
#include "tools/imprint/home.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "bootstrap/policy/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_OCTETS 4096

static const char ending[] = ".cases.yaml";

struct run {
    struct cli_call *call;
    size_t cases, failed, files;
    bool is_json;
};

static bool is_case_file(const char *name)
{
    size_t len = strlen(name), skip = sizeof ending - 1;
    return len > skip && strcmp(name + len - skip, ending) == 0;
}

static bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

/* ---- what is printed ---- */

static void print_problems(const struct policy_report *report, int indent)
{
    char line[2048], safe[4096];
    for (size_t i = 0; i < report->count; i++) {
        policy_report_line(report, i, line, sizeof line);
        printf("%*s%s\n", indent, "", cli_safe(line, strlen(line), safe, sizeof safe));
    }
}

static void print_diff(const char *diff)
{
    for (const char *line = diff; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        printf("    %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void show_json(const char *file, const char *name, const struct policy_report *report,
                      bool has_passed, const char *diff)
{
    char line[2048];
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_json_string(&json, "file", file);
    cli_json_string_if(&json, "case", name);
    cli_json_bool(&json, "has_passed", has_passed);
    cli_json_array(&json, "problems");
    for (size_t i = 0; i < report->count; i++) {
        policy_report_line(report, i, line, sizeof line);
        cli_json_string(&json, NULL, line);
    }
    cli_json_array_end(&json);
    cli_json_string_if(&json, "difference", diff != NULL ? diff : "");
    cli_json_object_end(&json);
}

static void show(const struct run *run, const char *file, const char *name,
                 const struct policy_report *report, bool has_passed, const char *diff)
{
    char safe[2048];
    if (run->is_json) {
        show_json(file, name, report, has_passed, diff);
    } else if (!has_passed) {
        printf("FAILED  %s\n", cli_safe(name, strlen(name), safe, sizeof safe));
        print_problems(report, 2);
        if (diff != NULL) {
            print_diff(diff);
        }
    }
}

/* ---- one file ---- */

/* NAME beside FILE. */
static bool beside(const char *file, const char *name, char out[static PATH_OCTETS])
{
    const char *slash = strrchr(file, '/');
    int skip = slash != NULL && name[0] != '/' ? (int)(slash + 1 - file) : 0;
    int len = snprintf(out, PATH_OCTETS, "%.*s%s", skip, file, name);
    return len > 0 && len < PATH_OCTETS;
}

/* What FILE tests: what it names, else the file of its name, else the folder. */
static bool policies_of(const struct policy_cases *cases, const char *file,
                        char out[static PATH_OCTETS])
{
    const char *named = policy_cases_policies(cases);
    if (named != NULL) {
        return beside(file, named, out);
    }
    int stem = (int)(strlen(file) - (sizeof ending - 1));
    int len = snprintf(out, PATH_OCTETS, "%.*s.yaml", stem, file);
    return len > 0 && len < PATH_OCTETS && (is_there(out) || beside(file, ".", out));
}

static struct policy_set *set_of(struct run *run, const struct policy_cases *cases,
                                 const char *file, struct policy_report *report)
{
    char path[PATH_OCTETS];
    struct lwm2m_definitions *definitions = NULL;
    struct policy_set *set = NULL;
    const char *objects = policy_cases_objects(cases);
    enum cli_status status = CLI_DONE;
    if (objects != NULL && !cli_has(run->call, CLI_OPT_OBJECTS)) {
        definitions = beside(file, objects, path) ? policy_definitions_load(path, report) : NULL;
        status = definitions != NULL ? CLI_DONE : CLI_FAILED;
    } else {
        status = cli_definitions(run->call, &definitions, report);
    }
    if (status == CLI_DONE && policies_of(cases, file, path)) {
        set = policy_set_load(path, definitions, report);
    }
    lwm2m_definitions_unref(definitions);
    return set;
}

static void run_cases(struct run *run, const struct policy_cases *cases, const char *file,
                      const struct policy_set *set)
{
    for (size_t i = 0; i < policy_cases_count(cases); i++) {
        struct policy_report report = {0};
        char *diff = NULL;
        bool has_passed = policy_cases_run(cases, i, set, &report, &diff);
        show(run, file, policy_cases_name(cases, i), &report, has_passed, diff);
        run->cases++;
        run->failed += !has_passed;
        free(diff);
        policy_report_clear(&report);
    }
}

/* A file that cannot be run counts as one case that failed. */
static void run_file(struct run *run, const char *file)
{
    struct policy_report report = {0};
    struct policy_set *set = NULL;
    struct policy_cases *cases = policy_cases_load(file, &report);
    run->files++;
    if (cases != NULL) {
        set = set_of(run, cases, file, &report);
    }
    if (set != NULL) {
        run_cases(run, cases, file, set);
    } else {
        show(run, file, file, &report, false, NULL);
        run->cases++;
        run->failed++;
    }
    policy_set_unref(set);
    policy_cases_free(cases);
    policy_report_clear(&report);
}

/* ---- all of a folder ---- */

static int is_chosen(const struct dirent *entry)
{
    return is_case_file(entry->d_name);
}

static enum cli_status run_folder(struct run *run, const char *path)
{
    char file[PATH_OCTETS];
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_chosen, alphasort);
    if (count < 0) {
        return cli_fail("%s: %s", path, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (len > 0 && (size_t)len < sizeof file) {
            run_file(run, file);
        }
        free(entries[i]);
    }
    free(entries);
    return CLI_DONE;
}

static enum cli_status choose(struct cli_call *call, char path[static PATH_OCTETS])
{
    struct policy_report report = {0};
    if (call->arg_count > 0) {
        snprintf(path, PATH_OCTETS, "%s", call->args[0]);
        return CLI_DONE;
    }
    enum cli_status status = cli_home_choose(call);
    if (status == CLI_DONE) {
        status = cli_home_policies(call, path, &report);
        print_problems(&report, 0);
    }
    policy_report_clear(&report);
    return status;
}

enum cli_status cli_policy_test(struct cli_call *call)
{
    char path[PATH_OCTETS];
    struct stat info;
    struct run run = {.call = call, .is_json = cli_has(call, CLI_OPT_JSON)};
    enum cli_status status = choose(call, path);
    if (status != CLI_DONE) {
        return status;
    }
    if (stat(path, &info) != 0) {
        return cli_fail("%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        status = run_folder(&run, path);
    } else if (is_case_file(path)) {
        run_file(&run, path);
    } else {
        return cli_usage("policy test takes a folder or a file NAME%s, not '%s'", ending, path);
    }
    if (status == CLI_DONE && run.files == 0) {
        return cli_fail("%s: no case file NAME%s", path, ending);
    }
    if (status == CLI_DONE && run.failed > 0) {
        return cli_fail("%zu of %zu cases failed", run.failed, run.cases);
    }
    if (status == CLI_DONE) {
        cli_note("%zu case%s passed", run.cases, run.cases == 1 ? "" : "s");
    }
    return status;
}
