/* imprint home stats */
#include "tools/imprint/json.h"
#include "tools/imprint/say.h"

enum cli_status cli_home_stats(struct cli_call *call)
{
    struct pki_store_stats stats = {0};
    enum pki_error error = pki_store_stats(call->reader, &stats);
    if (error != PKI_OK) {
        return cli_fail_pki("home stats", error, NULL);
    }
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"devices", stats.devices},       {"credentials", stats.credentials},
        {"unknowns", stats.unknowns},     {"audit_records", stats.audit_records},
        {"file_bytes", stats.file_bytes}, {"last_transaction", stats.last_transaction},
    };
    struct cli_json json = {.file = stdout};
    if (cli_has(call, CLI_OPT_JSON)) {
        cli_json_object(&json, NULL);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            cli_json_uint(&json, rows[i].name, rows[i].value);
        }
        cli_json_object_end(&json);
        return CLI_DONE;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        printf("%-17s %llu\n", rows[i].name, (unsigned long long)rows[i].value);
    }
    return CLI_DONE;
}
