#include "tools/imprint/command.h"
#include "tools/imprint/say.h"

#include <string.h>

/* Whether ROW begins with the N whole WORDS. */
static bool begins_with(const char *row, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (strncmp(row, words[i], len) != 0 || (row[len] != ' ' && row[len] != '\0')) {
            return false;
        }
        row += len + (row[len] == ' ');
    }
    return true;
}

static void print_options(FILE *file, uint64_t options)
{
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        if ((options & CLI_BIT(i)) != 0) {
            char name[48];
            snprintf(name, sizeof name, "%s%s%s", cli_options[i].name,
                     cli_options[i].value != NULL ? " " : "",
                     cli_options[i].value != NULL ? cli_options[i].value : "");
            fprintf(file, "  %-24s %s\n", name, cli_options[i].help);
        }
    }
}

bool cli_help_list(FILE *file, const char *const *words, size_t n)
{
    bool is_any = false;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *command = &cli_commands[i];
        if (!begins_with(command->words, words, n)) {
            continue;
        }
        if (!is_any) {
            fputs("usage: imprint [options] COMMAND [arguments]\n\n", file);
        }
        is_any = true;
        char usage[80];
        snprintf(usage, sizeof usage, "%s%s%s", command->words, command->args[0] != '\0' ? " " : "",
                 command->args);
        fprintf(file, "  %-32s %s\n", usage, command->help);
    }
    if (is_any) {
        fputs("\nEverywhere:\n", file);
        print_options(file, CLI_GLOBAL);
    }
    return is_any;
}

void cli_help_command(FILE *file, const struct cli_command *command)
{
    fprintf(file, "usage: imprint %s%s%s%s\n\n%s\n", command->words,
            command->options != 0 ? " [options]" : "", command->args[0] != '\0' ? " " : "",
            command->args, command->help);
    if (command->details != NULL) {
        fprintf(file, "\n%s\n", command->details);
    }
    fputs("\nOptions:\n", file);
    print_options(file, command->options | CLI_GLOBAL);
}

enum cli_status cli_help(struct cli_call *call)
{
    size_t matches = 0, last = 0;
    for (size_t i = 0; i < cli_command_count; i++) {
        if (begins_with(cli_commands[i].words, call->args, call->arg_count)) {
            matches++;
            last = i;
        }
    }
    if (matches == 1) {
        cli_help_command(stdout, &cli_commands[last]);
        return CLI_DONE;
    }
    if (!cli_help_list(stdout, call->args, call->arg_count)) {
        return cli_usage("help: no command begins with '%s'", call->args[0]);
    }
    return CLI_DONE;
}
