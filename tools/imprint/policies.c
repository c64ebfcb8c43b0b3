/* Where the home's policies are, and loading them. */
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "bootstrap/policy/settings.h"

#include <sys/stat.h>

static void say_problems(const struct policy_report *report)
{
    char line[1024];
    for (size_t i = 0; i < report->count; i++) {
        policy_report_line(report, i, line, sizeof line);
        cli_note("%s", line);
    }
}

static bool load_settings(const struct cli_call *call, struct policy_settings *settings,
                          struct policy_report *report)
{
    char file[4096];
    policy_settings_default(settings);
    return cli_home_path(call, "imprintd.yaml", file) == CLI_DONE &&
           policy_settings_load(file, settings, report);
}

enum cli_status cli_home_policies(const struct cli_call *call, char out[static 4096],
                                  struct policy_report *report)
{
    struct policy_settings settings = {0};
    enum cli_status status = load_settings(call, &settings, report)
                                 ? cli_home_path(call, settings.policies, out)
                                 : CLI_FAILED;
    policy_settings_clear(&settings);
    return status;
}

/* Where the home has its definitions: "" when it has none. */
static enum cli_status home_objects(const struct cli_call *call, char out[static 4096],
                                    struct policy_report *report)
{
    struct policy_settings settings = {0};
    struct stat info;
    enum cli_status status = CLI_FAILED;
    bool is_named = false;
    if (load_settings(call, &settings, report)) {
        is_named = settings.objects != NULL;
        status = cli_home_path(call, is_named ? settings.objects : "objects", out);
    }
    policy_settings_clear(&settings);
    if (status == CLI_DONE && !is_named && stat(out, &info) != 0) {
        out[0] = '\0';
    }
    return status;
}

enum cli_status cli_definitions(const struct cli_call *call, struct lwm2m_definitions **definitions,
                                struct policy_report *report)
{
    char path[4096] = "";
    const char *given = cli_value(call, CLI_OPT_OBJECTS);
    enum cli_status status = CLI_DONE;
    *definitions = NULL;
    if (given == NULL && call->home[0] != '\0') {
        status = home_objects(call, path, report);
        given = path;
    }
    if (status != CLI_DONE || given == NULL || given[0] == '\0') {
        return status;
    }
    *definitions = policy_definitions_load(given, report);
    return *definitions != NULL ? CLI_DONE : CLI_FAILED;
}

struct policy_set *cli_home_policy_set(const struct cli_call *call)
{
    char path[4096];
    struct policy_report report = {0};
    struct lwm2m_definitions *definitions = NULL;
    struct policy_set *set = NULL;
    if (cli_home_policies(call, path, &report) == CLI_DONE &&
        cli_definitions(call, &definitions, &report) == CLI_DONE) {
        set = policy_set_load(path, definitions, &report);
    }
    lwm2m_definitions_unref(definitions);
    if (set == NULL) {
        say_problems(&report);
        cli_fail("the policies of %s have errors", call->home);
    }
    policy_report_clear(&report);
    return set;
}
