#include "tools/imprint/command.h"
#include "tools/imprint/say.h"

#include <string.h>

static void print_options(uint64_t options)
{
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        if ((options & CLI_BIT(i)) != 0) {
            printf(" %s", cli_options[i].name);
        }
    }
}

enum cli_status cli_completion(struct cli_call *call)
{
    if (strcmp(call->args[0], "bash") != 0) {
        return cli_usage("completion: '%s' is not a shell known here; there is: bash",
                         call->args[0]);
    }
    puts("# Completion of imprint for bash: source <(imprint completion bash)\n"
         "_imprint() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} line=\" \" words=\"\" options=\"\" word i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in\n"
         "        --home | --passphrase-file) ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) line+=\"${COMP_WORDS[i]} \" ;;\n"
         "        esac\n"
         "    done\n"
         "    while IFS='|' read -r word options; do\n"
         "        if [[ \"$line\" == \" $word \"* ]]; then\n"
         "            words+=\" $options\"\n"
         "        elif [[ \" $word \" == \"$line\"* ]]; then\n"
         "            word=\"$word \"\n"
         "            word=${word#\"${line# }\"}\n"
         "            words+=\" ${word%% *}\"\n"
         "        fi\n"
         "    done <<'END'");
    for (size_t i = 0; i < cli_command_count; i++) {
        printf("%s|", cli_commands[i].words);
        print_options(cli_commands[i].options | CLI_GLOBAL);
        putchar('\n');
    }
    puts("END\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "    if [[ ${#COMPREPLY[@]} -eq 0 && $cur != -* ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "    fi\n"
         "}\n"
         "complete -F _imprint imprint");
    return CLI_DONE;
}
