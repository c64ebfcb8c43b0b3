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

enum cli_status cli_home_policies(const struct cli_call *call, char out[static 4096],
                                  struct policy_report *report)
{
    char file[4096];
    struct policy_settings settings = {0};
    if (cli_home_path(call, "imprintd.yaml", file) != CLI_DONE) {
        return CLI_FAILED;
    }
    policy_settings_default(&settings);
    enum cli_status status = CLI_FAILED;
    if (policy_settings_load(file, &settings, report)) {
        status = cli_home_path(call, settings.policies, out);
    }
    policy_settings_clear(&settings);
    return status;
}

enum cli_status cli_definitions(const struct cli_call *call, struct lwm2m_definitions **definitions,
                                struct policy_report *report)
{
    char path[4096];
    struct stat info;
    const char *given = cli_value(call, CLI_OPT_OBJECTS);
    *definitions = NULL;
    if (given == NULL) {
        if (call->home[0] == '\0' || cli_home_path(call, "objects", path) != CLI_DONE ||
            stat(path, &info) != 0) {
            return CLI_DONE;
        }
        given = path;
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
