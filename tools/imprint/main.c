/* imprint: the operator's and the factory's command. */
#include "tools/imprint/home.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static enum cli_status run(struct cli_call *call)
{
    if (cli_has(call, CLI_OPT_VERSION)) {
        puts("imprint " IMPRINT_VERSION);
        return CLI_DONE;
    }
    if (call->command == NULL) {
        return cli_help_list(stdout, NULL, 0) ? CLI_DONE : CLI_FAILED;
    }
    if (cli_has(call, CLI_OPT_HELP)) {
        cli_help_command(stdout, call->command);
        return CLI_DONE;
    }
    if (pki_secret_setup() != PKI_OK) {
        return cli_fail("the cryptographic library cannot be initialised");
    }
    call->now_at = (int64_t)time(NULL);
    enum cli_status status =
        call->command->store == CLI_HOME_NONE ? CLI_DONE : cli_home_choose(call);
    if (status == CLI_DONE) {
        status = cli_home_open(call, call->command->store);
    }
    if (status == CLI_DONE) {
        status = call->command->run(call);
    }
    cli_home_close(call);
    return status;
}

int main(int argc, char **argv)
{
    static struct cli_call call;
    char message[CLI_MESSAGE_MAX];
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, and said so */
    cli_out_begin();
    if (!cli_parse(argc - 1, (const char *const *)(argv + 1), &call, message)) {
        if (call.command != NULL) {
            cli_usage("%s; see: imprint help %s", message, call.command->words);
        } else {
            cli_usage("%s", message);
        }
        return (int)cli_out_finish(CLI_USAGE);
    }
    return (int)cli_out_finish(run(&call));
}
