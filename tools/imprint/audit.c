/* imprint audit */
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"

#include <string.h>

struct walk {
    bool is_json;
    uint64_t left; /* to print; the rest of the chain is verified all the same */
    uint64_t last; /* number of the last good record */
};

static bool print(void *context, const struct pki_audit *record)
{
    struct walk *walk = context;
    char at[24], actor[256], action[256], subject[1024];
    walk->last = record->number;
    if (walk->left == 0) {
        return true;
    }
    walk->left--;
    if (walk->is_json) {
        struct cli_json json = {.file = stdout};
        cli_json_object(&json, NULL);
        cli_json_uint(&json, "number", record->number);
        cli_json_int(&json, "at", record->at);
        cli_json_string(&json, "actor", record->actor);
        cli_json_string(&json, "action", record->action);
        cli_json_string(&json, "subject", record->subject);
        cli_json_object_end(&json);
    } else {
        cli_safe(record->actor, strlen(record->actor), actor, sizeof actor);
        cli_safe(record->action, strlen(record->action), action, sizeof action);
        cli_safe(record->subject, strlen(record->subject), subject, sizeof subject);
        printf("%6llu  %-20s  %-20s  %-18s  %s\n", (unsigned long long)record->number,
               cli_time(record->at, at), actor, action, subject);
    }
    return true;
}

enum cli_status cli_audit(struct cli_call *call)
{
    struct walk walk = {.is_json = cli_has(call, CLI_OPT_JSON), .left = UINT64_MAX};
    uint64_t from = 1;
    enum cli_status status = cli_number_option(call, CLI_OPT_FROM, 1, UINT64_MAX, &from);
    if (status == CLI_DONE) {
        status = cli_number_option(call, CLI_OPT_LIMIT, 1, UINT64_MAX, &walk.left);
    }
    if (status != CLI_DONE) {
        return status;
    }
    enum pki_error error = pki_store_audit(call->reader, from, print, &walk);
    if (error == PKI_ECORRUPT) {
        return cli_fail("the audit chain is broken after record %llu: something changed it",
                        (unsigned long long)walk.last);
    }
    if (error != PKI_OK) {
        return cli_fail_pki("audit", error, NULL);
    }
    if (walk.last == 0) {
        cli_note("no records from %llu on", (unsigned long long)from);
    } else {
        cli_note("the chain holds up to record %llu", (unsigned long long)walk.last);
    }
    return CLI_DONE;
}
