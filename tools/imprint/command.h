/*
 * The front of the command `imprint`: what a command is, and how words on the command line become a
 * call of one.
 *
 * Model. cli_commands is the one table: a row says its words, arguments, options, help, what it
 * needs of the store and the function that does it. Help, completion and the check of what was
 * typed all come from the rows. cli_parse is pure: it prints nothing and exits nowhere.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "pki/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What the program exits with. */
enum cli_status { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* What a command needs: nothing, the home's path, or the home's store opened before it runs: to
 * read, to read and leave an audit record where the home can be written, to write. */
enum cli_store { CLI_HOME_NONE, CLI_STORE_NONE, CLI_STORE_READ, CLI_STORE_RECORD, CLI_STORE_WRITE };

enum cli_option_id {
    CLI_OPT_HOME,
    CLI_OPT_PASSPHRASE_FILE,
    CLI_OPT_JSON,
    CLI_OPT_HELP,
    CLI_OPT_VERSION,
    CLI_OPT_PASSPHRASE,
    CLI_OPT_AUTH,
    CLI_OPT_PSK_FILE,
    CLI_OPT_PSK_FORMAT,
    CLI_OPT_IDENTITY,
    CLI_OPT_IDENTITY_HEX,
    CLI_OPT_BYTES,
    CLI_OPT_GROUP,
    CLI_OPT_ATTR,
    CLI_OPT_NO_ATTR,
    CLI_OPT_POLICY,
    CLI_OPT_AFTER,
    CLI_OPT_FROM,
    CLI_OPT_LIMIT,
    CLI_OPT_OUT,
    CLI_OPT_FORCE,
    CLI_OPT_SERVER,
    CLI_OPT_AGAINST,
    CLI_OPT_READ_SERVERS,
    CLI_OPT_READ_ACCESS,
    CLI_OPT_READ_FORMAT,
    CLI_OPT_HEX,
    CLI_OPT_SHOW_SECRETS,
    CLI_OPT_OBJECTS,
    CLI_OPT_SHARE,
    CLI_OPT_MODE,
    CLI_OPT_SECRET_FILE,
    CLI_OPT_PUBLIC_FILE,
    CLI_OPT_SENDER_HEX,
    CLI_OPT_RECIPIENT_HEX,
    CLI_OPT_LESHAN,
    CLI_OPT_STORE,
    CLI_OPT_PARTIAL,
    CLI_OPT_FORMAT,
    CLI_OPT_COUNT,
    CLI_OPTIONS /* how many */
};

#define CLI_BIT(option) ((uint64_t)1 << (option))
#define CLI_GLOBAL                                                                                 \
    (CLI_BIT(CLI_OPT_HOME) | CLI_BIT(CLI_OPT_PASSPHRASE_FILE) | CLI_BIT(CLI_OPT_HELP) |            \
     CLI_BIT(CLI_OPT_VERSION))

struct cli_option {
    const char *name;  /* with its dashes */
    const char *value; /* what follows it, in capitals; NULL: nothing does */
    bool is_repeatable;
    const char *help;
};

/* Indexed by enum cli_option_id. */
extern const struct cli_option cli_options[CLI_OPTIONS];

#define CLI_WORDS_MAX 8
#define CLI_GIVEN_MAX 64

struct cli_call;

struct cli_command {
    const char *words; /* "device add" */
    const char *args;  /* "ENDPOINT [FILE]"; "" = none */
    size_t args_min, args_max;
    uint64_t options; /* CLI_BITs; CLI_GLOBAL are taken everywhere */
    enum cli_store store;
    const char *help;    /* one line */
    const char *details; /* paragraphs for its own help; NULL = none */
    enum cli_status (*run)(struct cli_call *call);
};

/* Every command, grouped by noun in the order that help shows. */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* One call: what was typed, and what the runner opened for it. Strings are borrowed from argv. */
struct cli_call {
    const struct cli_command *command; /* NULL: only --help or --version, or nothing at all */
    const char *args[CLI_WORDS_MAX];
    size_t arg_count;
    struct {
        enum cli_option_id option;
        const char *value; /* "" for one without */
    } given[CLI_GIVEN_MAX];
    size_t given_count;
    char home[4096];
    int64_t now_at;
    struct pki_store *store;
    struct pki_reader *reader;
};

#define CLI_MESSAGE_MAX 512

/*
 * Parses ARGV (without the program's name) into CALL, which it zeroes first. False: MESSAGE holds
 * one sentence that says what is wrong and the nearest right word; CALL->command is the command
 * meant, if that much was clear.
 */
bool cli_parse(int argc, const char *const *argv, struct cli_call *call,
               char message[static CLI_MESSAGE_MAX]);

/* The value given for OPTION (the last one), NULL if none. */
const char *cli_value(const struct cli_call *call, enum cli_option_id option);
/* Whether OPTION was given. */
bool cli_has(const struct cli_call *call, enum cli_option_id option);

/* The number of edits (insert, delete, replace, swap) between A and B, at most 64 octets of each.
 */
size_t cli_edits(const char *a, const char *b);
/* True when WORD is close enough to be what was meant by TYPED. */
bool cli_is_near(const char *typed, const char *word);

/* The functions of the rows, one file a noun. */
enum cli_status cli_init(struct cli_call *call);
enum cli_status cli_device_add(struct cli_call *call);
enum cli_status cli_device_list(struct cli_call *call);
enum cli_status cli_device_show(struct cli_call *call);
enum cli_status cli_device_set(struct cli_call *call);
enum cli_status cli_device_enable(struct cli_call *call);
enum cli_status cli_device_disable(struct cli_call *call);
enum cli_status cli_device_remove(struct cli_call *call);
enum cli_status cli_device_export(struct cli_call *call);
enum cli_status cli_device_credential_set(struct cli_call *call);
enum cli_status cli_device_credential_list(struct cli_call *call);
enum cli_status cli_device_unknown(struct cli_call *call);
enum cli_status cli_policy_check(struct cli_call *call);
enum cli_status cli_policy_list(struct cli_call *call);
enum cli_status cli_policy_plan(struct cli_call *call);
enum cli_status cli_policy_import(struct cli_call *call);
enum cli_status cli_policy_schema(struct cli_call *call);
enum cli_status cli_policy_test(struct cli_call *call);
enum cli_status cli_client_list(struct cli_call *call);
enum cli_status cli_policy_explain(struct cli_call *call);
enum cli_status cli_rollout_start(struct cli_call *call);
enum cli_status cli_rollout_status(struct cli_call *call);
enum cli_status cli_rollout_pause(struct cli_call *call);
enum cli_status cli_rollout_resume(struct cli_call *call);
enum cli_status cli_rollout_abort(struct cli_call *call);
enum cli_status cli_audit(struct cli_call *call);
enum cli_status cli_home_stats(struct cli_call *call);
enum cli_status cli_trace(struct cli_call *call);
enum cli_status cli_daemon_status(struct cli_call *call);
enum cli_status cli_daemon_reload(struct cli_call *call);
enum cli_status cli_daemon_drain(struct cli_call *call);
enum cli_status cli_daemon_kick(struct cli_call *call);
enum cli_status cli_completion(struct cli_call *call);
enum cli_status cli_help(struct cli_call *call);

/* Prints the list of all commands, or of those that begin with WORDS (count N), to FILE; false when
 * there is none. */
bool cli_help_list(FILE *file, const char *const *words, size_t n);
/* Prints the help of COMMAND to FILE. */
void cli_help_command(FILE *file, const struct cli_command *command);

#endif
