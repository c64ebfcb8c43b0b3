/* imprint client list */
#include "tools/imprint/json.h"
#include "tools/imprint/out.h"
#include "bootstrap/policy/quirk.h"

static void row_json(const struct policy_quirk *quirk)
{
    struct cli_json json = {.file = stdout};
    cli_json_object(&json, NULL);
    cli_json_string(&json, "kind", quirk->name);
    cli_json_string(&json, "clients", quirk->clients);
    cli_json_object_end(&json);
}

enum cli_status cli_client_list(struct cli_call *call)
{
    struct cli_table table = {.columns = 2};
    const struct policy_quirk *quirk;
    bool is_json = cli_has(call, CLI_OPT_JSON);
    cli_table_cell(&table, "KIND");
    cli_table_cell(&table, "CLIENTS");
    for (size_t i = 0; (quirk = policy_quirk_at(i)) != NULL; i++) {
        if (is_json) {
            row_json(quirk);
        } else {
            cli_table_cell(&table, "%s", quirk->name);
            cli_table_cell(&table, "%s", quirk->clients);
        }
    }
    if (is_json) {
        cli_table_free(&table);
        return CLI_DONE;
    }
    return cli_table_print(&table, 0);
}
