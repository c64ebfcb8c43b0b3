/* The command line of `imprint`: words to calls, and what is said about wrong ones. */
#include "tests/support/cmocka_all.h"
#include "tools/imprint/command.h"

#include <string.h>

#define ARGS_MAX 40

static bool parse(const char *line, struct cli_call *call, char message[static CLI_MESSAGE_MAX])
{
    static char words[1024];
    const char *argv[ARGS_MAX];
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(argc < ARGS_MAX);
        argv[argc++] = strcmp(word, "''") == 0 ? "" : word;
    }
    return cli_parse(argc, argv, call, message);
}

static void test_good(void **state)
{
    static const struct {
        const char *line, *words, *arg;
        enum cli_option_id option;
        const char *value;
    } rows[] = {
        {"init", "init", NULL, CLI_OPT_HOME, NULL},
        {"--home H init", "init", NULL, CLI_OPT_HOME, "H"},
        {"init --home H", "init", NULL, CLI_OPT_HOME, "H"},
        {"init --home=H", "init", NULL, CLI_OPT_HOME, "H"},
        {"device --home H add e --auth psk", "device add", "e", CLI_OPT_AUTH, "psk"},
        {"device add -- -e", "device add", "-e", CLI_OPT_HOME, NULL},
        {"device add e --psk-file -", "device add", "e", CLI_OPT_PSK_FILE, "-"},
        {"device set e --group ''", "device set", "e", CLI_OPT_GROUP, ""},
        {"device set e --group=", "device set", "e", CLI_OPT_GROUP, ""},
        {"device add e --attr a=1 --attr b=2", "device add", "e", CLI_OPT_ATTR, "b=2"},
        {"device credential set e --server 1", "device credential set", "e", CLI_OPT_SERVER, "1"},
        {"trace", "trace", NULL, CLI_OPT_COUNT, NULL},
        {"trace 192.0.2.1 --count 3", "trace", "192.0.2.1", CLI_OPT_COUNT, "3"},
        {"device add --help", "device add", NULL, CLI_OPT_HELP, ""},
        {"device add -h", "device add", NULL, CLI_OPT_HELP, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_call call;
        char message[CLI_MESSAGE_MAX];
        if (!parse(rows[i].line, &call, message)) {
            fail_msg("%s: %s", rows[i].line, message);
        }
        assert_string_equal(call.command->words, rows[i].words);
        assert_int_equal(call.arg_count, rows[i].arg != NULL);
        if (rows[i].arg != NULL) {
            assert_string_equal(call.args[0], rows[i].arg);
        }
        const char *value = cli_value(&call, rows[i].option);
        assert_int_equal(value != NULL, rows[i].value != NULL);
        if (value != NULL) {
            assert_string_equal(value, rows[i].value);
        }
    }
}

static void test_without_command(void **state)
{
    struct cli_call call;
    char message[CLI_MESSAGE_MAX];
    (void)state;
    assert_true(parse("--help", &call, message));
    assert_null(call.command);
    assert_true(parse("--version", &call, message));
    assert_true(cli_has(&call, CLI_OPT_VERSION));
}

static void test_wrong(void **state)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"", "no command given; see: imprint help"},
        {"--json", "no command given; see: imprint help"},
        {"statsu", "unknown command: statsu; did you mean: imprint status?"},
        {"device lsit", "unknown command: device lsit; did you mean: imprint device list?"},
        {"devcie list", "unknown command: devcie list; did you mean: imprint device list?"},
        {"device", "unknown command: device; see: imprint help device"},
        {"device credential",
         "unknown command: device credential; see: imprint help device credential"},
        {"xyzzy plugh", "unknown command: xyzzy plugh; see: imprint help"},
        {"device list --gruop g", "unknown option --gruop; did you mean --group?"},
        {"device list --xyzzy", "unknown option --xyzzy"},
        {"device list --group", "--group needs a value: NAME"},
        {"device list --group a --group b", "--group is given twice"},
        {"device list --json=1", "--json takes no value"},
        {"device list e", "device list does not take 'e'"},
        {"device list --bytes 8", "device list does not take --bytes"},
        {"device add", "device add needs ENDPOINT"},
        {"device add a b", "device add does not take 'b'"},
        {"device add a b c d e f g h i j k l m n", "too many arguments"},
        {"init --out f", "init does not take --out"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_call call;
        char message[CLI_MESSAGE_MAX];
        assert_false(parse(rows[i].line, &call, message));
        assert_string_equal(message, rows[i].message);
    }
}

static void test_too_many_options(void **state)
{
    const char *argv[2 * CLI_GIVEN_MAX + 5] = {"device", "add", "e"};
    struct cli_call call;
    char message[CLI_MESSAGE_MAX];
    int argc = 3;
    (void)state;
    for (size_t i = 0; i <= CLI_GIVEN_MAX; i++) {
        argv[argc++] = "--attr";
        argv[argc++] = "a=b";
    }
    assert_false(cli_parse(argc, argv, &call, message));
    assert_string_equal(message, "too many options");
}

static void test_edits(void **state)
{
    static const struct {
        const char *a, *b;
        size_t edits;
    } rows[] = {{"", "", 0},          {"a", "", 1},
                {"", "abc", 3},       {"list", "list", 0},
                {"lsit", "list", 1},  {"lst", "list", 1},
                {"liist", "list", 1}, {"mist", "list", 1},
                {"ca", "abc", 3},     {"kitten", "sitting", 3}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(cli_edits(rows[i].a, rows[i].b), rows[i].edits);
        assert_int_equal(cli_edits(rows[i].b, rows[i].a), rows[i].edits);
    }
    char a[200], b[200];
    memset(a, 'a', sizeof a - 1);
    memset(b, 'b', sizeof b - 1);
    a[sizeof a - 1] = b[sizeof b - 1] = '\0';
    assert_int_equal(cli_edits(a, b), 64);
}

/* What every row promises: a help line, arguments that match their bounds, options with help. */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *row = &cli_commands[i];
        assert_non_null(row->run);
        assert_true(strlen(row->help) > 10 && strlen(row->help) < 90);
        assert_true(row->args_min <= row->args_max);
        assert_int_equal(row->args_max == 0, row->args[0] == '\0');
        assert_int_equal(row->options & CLI_GLOBAL, 0);
    }
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        assert_non_null(cli_options[i].name);
        assert_memory_equal(cli_options[i].name, "--", 2);
        assert_true(strlen(cli_options[i].help) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),  cmocka_unit_test(test_without_command),
        cmocka_unit_test(test_wrong), cmocka_unit_test(test_too_many_options),
        cmocka_unit_test(test_edits), cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
