/* imprint policy check, policy list, policy schema */
#include "tools/imprint/home.h"
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"

#include <string.h>

static void print_problems(const struct policy_report *report, bool is_json)
{
    char line[2048], safe[4096];
    for (size_t i = 0; i < report->count; i++) {
        const struct policy_problem *problem = &report->problems[i];
        if (is_json) {
            struct cli_json json = {.file = stdout};
            cli_json_object(&json, NULL);
            cli_json_string(&json, "file", problem->file);
            cli_json_uint(&json, "line", problem->line);
            cli_json_uint(&json, "column", problem->column);
            cli_json_string(&json, "severity", problem->is_warning ? "warning" : "error");
            cli_json_string(&json, "text", problem->text);
            cli_json_object_end(&json);
        } else {
            policy_report_line(report, i, line, sizeof line);
            puts(cli_safe(line, strlen(line), safe, sizeof safe));
        }
    }
}

enum cli_status cli_policy_check(struct cli_call *call)
{
    char path[4096] = "";
    struct policy_report report = {0};
    struct lwm2m_definitions *definitions = NULL;
    struct policy_set *set = NULL;
    enum cli_status status = CLI_DONE;
    if (call->arg_count > 0) {
        snprintf(path, sizeof path, "%s", call->args[0]);
    } else {
        status = cli_home_choose(call);
        if (status == CLI_USAGE) {
            return status;
        }
        status = cli_home_policies(call, path, &report);
    }
    if (status == CLI_DONE) {
        status = cli_definitions(call, &definitions, &report);
    }
    if (status == CLI_DONE) {
        set = policy_set_load(path, definitions, &report);
    }
    if (set != NULL) {
        policy_set_lint(set, call->now_at, &report);
    }
    lwm2m_definitions_unref(definitions);
    print_problems(&report, cli_has(call, CLI_OPT_JSON));
    if (set == NULL) {
        status = cli_fail("%zu error%s", report.error_count, report.error_count == 1 ? "" : "s");
    } else {
        size_t rules = policy_set_rule_count(set);
        cli_note("%s: %zu polic%s, no errors", path, rules, rules == 1 ? "y" : "ies");
        policy_set_unref(set);
    }
    policy_report_clear(&report);
    return status;
}

static void to_output(void *context, const char *text, size_t len)
{
    (void)context;
    fwrite(text, 1, len, stdout);
}

enum cli_status cli_policy_schema(struct cli_call *call)
{
    struct lwm2m_json_writer writer = {.sink = to_output};
    (void)call;
    policy_language_schema(&writer);
    bool is_good = writer.error == LWM2M_OK;
    lwm2m_json_clear(&writer);
    putchar('\n');
    return is_good ? CLI_DONE : cli_fail("out of memory");
}

enum cli_status cli_policy_list(struct cli_call *call)
{
    char safe[1024];
    struct policy_set *set = cli_home_policy_set(call);
    if (set == NULL) {
        return CLI_FAILED;
    }
    for (size_t i = 0; i < policy_set_rule_count(set); i++) {
        const char *name = policy_set_rule_name(set, i);
        if (cli_has(call, CLI_OPT_JSON)) {
            struct cli_json json = {.file = stdout};
            cli_json_object(&json, NULL);
            cli_json_string(&json, "name", name);
            cli_json_object_end(&json);
        } else {
            puts(cli_safe(name, strlen(name), safe, sizeof safe));
        }
    }
    policy_set_unref(set);
    return CLI_DONE;
}
