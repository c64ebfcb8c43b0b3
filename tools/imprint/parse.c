#include "tools/imprint/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
    struct cli_call *call;
    char *message;
    const char *words[CLI_WORDS_MAX + 4];
    size_t word_count;
};

static bool complain(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the message; always false. */
static bool complain(struct parser *parser, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->message, CLI_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

static bool option_unknown(struct parser *parser, const char *name)
{
    size_t best = 0;
    for (size_t i = 1; i < CLI_OPTIONS; i++) {
        if (cli_edits(name, cli_options[i].name) < cli_edits(name, cli_options[best].name)) {
            best = i;
        }
    }
    if (cli_is_near(name, cli_options[best].name)) {
        return complain(parser, "unknown option %s; did you mean %s?", name,
                        cli_options[best].name);
    }
    return complain(parser, "unknown option %s", name);
}

static bool option_find(const char *name, size_t len, enum cli_option_id *id)
{
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        if (strlen(cli_options[i].name) == len && memcmp(cli_options[i].name, name, len) == 0) {
            *id = (enum cli_option_id)i;
            return true;
        }
    }
    return false;
}

static bool option_keep(struct parser *parser, enum cli_option_id id, const char *value)
{
    struct cli_call *call = parser->call;
    if (cli_has(call, id) && !cli_options[id].is_repeatable) {
        return complain(parser, "%s is given twice", cli_options[id].name);
    }
    if (call->given_count == CLI_GIVEN_MAX) {
        return complain(parser, "too many options");
    }
    call->given[call->given_count].option = id;
    call->given[call->given_count].value = value;
    call->given_count++;
    return true;
}

/* One option at argv[0]; *USED says how many words it took. */
static bool option_take(struct parser *parser, int argc, const char *const *argv, int *used)
{
    const char *word = strcmp(argv[0], "-h") == 0 ? "--help" : argv[0];
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    enum cli_option_id id = CLI_OPT_HOME;
    *used = 1;
    if (!option_find(word, len, &id)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(len < 60 ? len : 60), word);
        return option_unknown(parser, name);
    }
    if (cli_options[id].value == NULL) {
        return equals == NULL ? option_keep(parser, id, "")
                              : complain(parser, "%s takes no value", cli_options[id].name);
    }
    if (equals != NULL) {
        return option_keep(parser, id, equals + 1);
    }
    if (argc < 2) {
        return complain(parser, "%s needs a value: %s", cli_options[id].name,
                        cli_options[id].value);
    }
    *used = 2;
    return option_keep(parser, id, argv[1]);
}

static bool split(struct parser *parser, int argc, const char *const *argv)
{
    bool is_plain = false;
    for (int i = 0, used = 1; i < argc; i += used) {
        used = 1;
        if (!is_plain && strcmp(argv[i], "--") == 0) {
            is_plain = true;
        } else if (!is_plain && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!option_take(parser, argc - i, argv + i, &used)) {
                return false;
            }
        } else if (parser->word_count == sizeof parser->words / sizeof parser->words[0]) {
            return complain(parser, "too many arguments");
        } else {
            parser->words[parser->word_count++] = argv[i];
        }
    }
    return true;
}

/* How many words of ROW stand at the head of what was typed; 0 unless all of them do. */
static size_t match_words(const struct parser *parser, const char *row)
{
    size_t n = 0;
    while (*row != '\0') {
        size_t len = strcspn(row, " ");
        if (n == parser->word_count || strlen(parser->words[n]) != len ||
            memcmp(parser->words[n], row, len) != 0) {
            return 0;
        }
        n++;
        row += len + (row[len] == ' ');
    }
    return n;
}

/* The first N words typed, joined by blanks, cut to what fits. */
static void join(const struct parser *parser, size_t n, char *out, size_t capacity)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && i < parser->word_count && at < capacity; i++) {
        int len = snprintf(out + at, capacity - at, "%s%s", i == 0 ? "" : " ", parser->words[i]);
        at += len > 0 ? (size_t)len : 0;
    }
}

static size_t words_in(const char *row)
{
    size_t n = 1;
    for (; *row != '\0'; row++) {
        n += *row == ' ';
    }
    return n;
}

static bool command_unknown(struct parser *parser)
{
    char typed[128], shown[128], nearest[160] = "";
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < cli_command_count; i++) {
        const char *row = cli_commands[i].words;
        join(parser, words_in(row), typed, sizeof typed);
        size_t edits = cli_edits(typed, row);
        size_t typed_len = strlen(typed);
        bool begins = strncmp(row, typed, typed_len) == 0 && row[typed_len] == ' ';
        if (begins || (cli_is_near(typed, row) && edits < best)) {
            best = begins ? 0 : edits;
            if (begins) {
                snprintf(nearest, sizeof nearest, "; see: imprint help %s", typed);
            } else {
                snprintf(nearest, sizeof nearest, "; did you mean: imprint %s?", row);
            }
        }
    }
    join(parser, 2, shown, sizeof shown);
    if (nearest[0] == '\0') {
        snprintf(nearest, sizeof nearest, "; see: imprint help");
    }
    return complain(parser, "unknown command: %s%s", shown, nearest);
}

static bool check_args(struct parser *parser)
{
    struct cli_call *call = parser->call;
    const struct cli_command *command = call->command;
    if (call->arg_count < command->args_min) {
        return complain(parser, "%s needs %s", command->words, command->args);
    }
    if (call->arg_count > command->args_max) {
        return complain(parser, "%s does not take '%s'", command->words,
                        call->args[command->args_max]);
    }
    for (size_t i = 0; i < call->given_count; i++) {
        enum cli_option_id id = call->given[i].option;
        if (((command->options | CLI_GLOBAL) & CLI_BIT(id)) == 0) {
            return complain(parser, "%s does not take %s", command->words, cli_options[id].name);
        }
    }
    return true;
}

static bool choose(struct parser *parser)
{
    struct cli_call *call = parser->call;
    size_t used = 0;
    for (size_t i = 0; i < cli_command_count; i++) {
        size_t n = match_words(parser, cli_commands[i].words);
        if (n > used) {
            used = n;
            call->command = &cli_commands[i];
        }
    }
    if (call->command == NULL) {
        return command_unknown(parser);
    }
    if (parser->word_count - used > CLI_WORDS_MAX) {
        return complain(parser, "too many arguments");
    }
    for (size_t i = used; i < parser->word_count; i++) {
        call->args[call->arg_count++] = parser->words[i];
    }
    return cli_has(call, CLI_OPT_HELP) || check_args(parser);
}

bool cli_parse(int argc, const char *const *argv, struct cli_call *call,
               char message[static CLI_MESSAGE_MAX])
{
    struct parser parser = {.call = call, .message = message};
    memset(call, 0, sizeof *call);
    message[0] = '\0';
    if (!split(&parser, argc, argv)) {
        return false;
    }
    if (parser.word_count > 0) {
        return choose(&parser);
    }
    if (cli_has(call, CLI_OPT_HELP) || cli_has(call, CLI_OPT_VERSION)) {
        return true;
    }
    return complain(&parser, "no command given; see: imprint help");
}

const char *cli_value(const struct cli_call *call, enum cli_option_id option)
{
    for (size_t i = call->given_count; i-- > 0;) {
        if (call->given[i].option == option) {
            return call->given[i].value;
        }
    }
    return NULL;
}

bool cli_has(const struct cli_call *call, enum cli_option_id option)
{
    return cli_value(call, option) != NULL;
}
